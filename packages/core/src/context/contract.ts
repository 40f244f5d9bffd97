/** What a branch reads from the context that enters it: the basis of legal `withContext` targets and of merging equal evaluations. */
import type { ContextField, Definition } from '../model/definition.ts';
import { asContainer, asModel } from '../model/brand.ts';
import type { Model } from '../model/model.ts';

/** One reader of a field: a model's or a transform's contextual input. */
export interface Reader {
  readonly definition: Definition;
  readonly field: ContextField;
}

/** Field → who reads it. Maps are shared between models wherever a model adds nothing. */
export type Reads = ReadonlyMap<string, readonly Reader[]>;

const NOTHING: Reads = new Map();
const known = new WeakMap<Model, Reads>();

/** The models directly upstream whose needs are part of a model's contract, in declaration order. A wrapper's are its base and its computed fields. */
export function upstreamOf(model: Model): Model[] {
  if (model.rewrites !== undefined) {
    return [model.base, ...model.rewrites.list.flatMap((rewrite) => (rewrite.kind === 'computed' ? [rewrite.model] : []))];
  }
  const found: Model[] = [];
  for (const { role, index } of model.definition.inputs) {
    if (role === 'model') continue;
    const value = model.values[index];
    const container = asContainer(value);
    if (container !== undefined) for (const leaf of container.leaves) found.push(leaf.model);
    else if (role !== 'context' && asModel(value) !== undefined) found.push(value as Model);
  }
  return found;
}

/** What a model and its upstream read, lazy branches included. Iterative, and once per model. */
export function readsOf(model: Model): Reads {
  const stack = [model];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    if (known.has(top)) {
      stack.pop();
      continue;
    }
    const missing = upstreamOf(top).filter((upstream) => !known.has(upstream));
    if (missing.length > 0) {
      for (let i = missing.length - 1; i >= 0; i--) stack.push(missing[i]!);
      continue;
    }
    known.set(top, top.rewrites === undefined ? ownReads(top) : wrapperReads(top));
    stack.pop();
  }
  return known.get(model)!;
}

function ownReads(model: Model): Reads {
  let reads = NOTHING;
  for (const upstream of upstreamOf(model)) reads = union(reads, known.get(upstream)!);
  return union(reads, fieldReads(model.definition));
}

function wrapperReads(wrapper: Model): Reads {
  const { list, kept } = wrapper.rewrites!;
  const supplied = new Set(list.flatMap((rewrite) => (rewrite.kind === 'patch' ? [] : [rewrite.field])));
  const base = known.get(wrapper.base)!;
  let reads: Reads = base;
  if (kept !== undefined || [...supplied].some((field) => base.has(field))) {
    reads = new Map([...base].filter(([field]) => !supplied.has(field) && kept?.has(field) !== false));
  }
  for (const rewrite of list) {
    if (rewrite.kind === 'computed') reads = union(reads, known.get(rewrite.model)!);
    else if (rewrite.kind !== 'literal') reads = union(reads, fieldReads(rewrite.transform.definition));
  }
  return reads;
}

const ownFields = new WeakMap<Definition, Reads>();

function fieldReads(definition: Definition): Reads {
  let reads = ownFields.get(definition);
  if (reads === undefined) {
    reads = definition.contextFields.length === 0 ? NOTHING : new Map(definition.contextFields.map((field) => [field.name, [{ definition, field }]]));
    ownFields.set(definition, reads);
  }
  return reads;
}

/** The union of two maps; one of the two where it holds the other already. */
function union(a: Reads, b: Reads): Reads {
  if (a === b || b.size === 0) return a;
  if (a.size === 0) return b;
  if (b.size > a.size) return union(b, a);
  let merged: Map<string, readonly Reader[]> | undefined;
  for (const [field, readers] of b) {
    const present = (merged ?? a).get(field);
    if (present === readers) continue;
    const added = present === undefined ? readers : readers.filter(({ field: own }) => !present.some((reader) => reader.field === own));
    if (added.length === 0) continue;
    merged ??= new Map(a);
    merged.set(field, present === undefined ? added : [...present, ...added]);
  }
  return merged ?? a;
}
