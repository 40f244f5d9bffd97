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

/** The models directly upstream whose needs are part of a model's contract, in declaration order. A wrapper's are its base and its computed fields. */
export function upstreamOf(model: Model): Model[] {
  const found: Model[] = [];
  if (model.rewrites !== undefined) {
    found.push(model.base);
    for (const rewrite of model.rewrites.list) if (rewrite.kind === 'computed') found.push(rewrite.model);
    return found;
  }
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
  if (model.reads !== undefined) return model.reads as Reads;
  const stack = [model];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    if (top.reads !== undefined) {
      stack.pop();
      continue;
    }
    const upstream = upstreamOf(top);
    const before = stack.length;
    for (let i = upstream.length - 1; i >= 0; i--) if (upstream[i]!.reads === undefined) stack.push(upstream[i]!);
    if (stack.length > before) continue;
    top.reads = top.rewrites === undefined ? ownReads(top, upstream) : wrapperReads(top);
    stack.pop();
  }
  return model.reads as unknown as Reads;
}

function ownReads(model: Model, upstream: readonly Model[]): Reads {
  let reads = fieldReads(model.definition);
  for (const one of upstream) reads = union(reads, readsOf(one));
  return reads;
}

function wrapperReads(wrapper: Model): Reads {
  const { list, kept } = wrapper.rewrites!;
  let reads = readsOf(wrapper.base);
  const isSupplied = (field: string): boolean => list.some((rewrite) => rewrite.kind !== 'patch' && rewrite.field === field);
  const hidden = [...reads.keys()].filter((field) => isSupplied(field) || kept?.has(field) === false);
  if (hidden.length === reads.size) reads = NOTHING;
  else if (hidden.length > 0) reads = new Map([...reads].filter(([field]) => !hidden.includes(field)));
  for (const rewrite of list) {
    if (rewrite.kind === 'computed') reads = union(reads, readsOf(rewrite.model));
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
