/** What a branch reads from the context that enters it: the basis of legal `withContext` targets and of merging equal evaluations. */
import type { ContextField, Definition } from '../model/definition.ts';
import { asContainer, asModel } from '../model/brand.ts';
import { Model } from '../model/model.ts';
import type { Rewrites } from '../model/rewrites.ts';

/** One reader of a field: a model's or a transform's contextual input. */
export interface Reader {
  readonly definition: Definition;
  readonly field: ContextField;
}

/** Field → who reads it. Maps are shared between models wherever a model adds nothing. */
export type Reads = ReadonlyMap<string, readonly Reader[]>;

/** A `Reads` with what has been worked out about it. */
class ReadMap extends Map<string, readonly Reader[]> {
  fields: readonly string[] | undefined = undefined;
  /** Graphs repeat themselves: the last union with another map, and with what. */
  joined: ReadMap | undefined = undefined;
  union: ReadMap | undefined = undefined;
  /** Whether some reader also goes by a `contextType`; undefined until asked for. */
  hasContextType: boolean | undefined = undefined;
}

const NOTHING = new ReadMap();

/** The fields of a contract, in its order. */
export const fieldsOf = (reads: Reads): readonly string[] => ((reads as ReadMap).fields ??= [...reads.keys()]);

/** Whether something in a branch with these reads is checked by a `contextType`. */
export function readsContextType(reads: Reads): boolean {
  const map = reads as ReadMap;
  if (map.hasContextType === undefined) {
    map.hasContextType = false;
    for (const readers of map.values()) for (const { field } of readers) if (field.also !== undefined) map.hasContextType = true;
  }
  return map.hasContextType;
}

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
  return (model.reads as ReadMap | undefined) ?? settle(model);
}

function settle(model: Model): ReadMap {
  const found = readsFrom(model);
  if (found !== undefined) return (model.reads = found);
  const stack = [model];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const reads = (top.reads as ReadMap | undefined) ?? readsFrom(top);
    if (reads !== undefined) {
      top.reads = reads;
      stack.pop();
      continue;
    }
    const upstream = upstreamOf(top);
    for (let i = upstream.length - 1; i >= 0; i--) if (upstream[i]!.reads === undefined) stack.push(upstream[i]!);
  }
  return model.reads as ReadMap;
}

/** What a model reads, if that is known of everything upstream of it. */
function readsFrom(model: Model): ReadMap | undefined {
  if (model.rewrites !== undefined) return wrapperReads(model);
  const { definition, values } = model;
  let reads = fieldReads(definition);
  // The models of `upstreamOf`, without a list of them.
  for (const { role, index } of definition.inputs) {
    if (role === 'model' || role === 'context') continue;
    const value = values[index];
    if (typeof value !== 'object' || value === null) continue;
    if (value instanceof Model || asModel(value) !== undefined) {
      const more = (value as Model).reads as ReadMap | undefined;
      if (more === undefined) return undefined;
      reads = union(reads, more);
    } else {
      for (const leaf of asContainer(value)?.leaves ?? NONE) {
        const more = leaf.model.reads as ReadMap | undefined;
        if (more === undefined) return undefined;
        reads = union(reads, more);
      }
    }
  }
  return reads;
}

const NONE: readonly never[] = [];

function wrapperReads(wrapper: Model): ReadMap | undefined {
  const { list, kept } = wrapper.rewrites!;
  const below = wrapper.base.reads as ReadMap | undefined;
  if (below === undefined) return undefined;
  for (const rewrite of list) if (rewrite.kind === 'computed' && rewrite.model.reads === undefined) return undefined;
  let hidden = 0;
  for (const field of below.keys()) if (isHidden(field, list, kept)) hidden++;
  let reads = hidden === 0 ? below : NOTHING;
  if (hidden > 0 && hidden < below.size) {
    reads = new ReadMap();
    for (const [field, readers] of below) if (!isHidden(field, list, kept)) reads.set(field, readers);
  }
  for (const rewrite of list) {
    if (rewrite.kind === 'computed') reads = union(reads, rewrite.model.reads as ReadMap);
    else if (rewrite.kind !== 'literal') reads = union(reads, fieldReads(rewrite.transform.definition));
  }
  return reads;
}

/** Whether what a branch reads of a field does not come from outside its wrapper. */
function isHidden(field: string, list: Rewrites['list'], kept: Rewrites['kept']): boolean {
  for (const rewrite of list) if (rewrite.kind !== 'patch' && rewrite.field === field) return true;
  return kept?.has(field) === false;
}

const ownFields = new WeakMap<Definition, ReadMap>();

function fieldReads(definition: Definition): ReadMap {
  if (definition.contextFields.length === 0) return NOTHING;
  let reads = ownFields.get(definition);
  if (reads === undefined) ownFields.set(definition, (reads = new ReadMap(definition.contextFields.map((field) => [field.name, [{ definition, field }]]))));
  return reads;
}

/** The union of two maps, in the order of the first; one of the two where it is just that. */
function union(a: ReadMap, b: ReadMap): ReadMap {
  if (a === b || b.size === 0) return a;
  if (a.size === 0) return b;
  if (a.joined === b) return a.union!;
  const found = b.size > a.size ? joined(b, a) : joined(a, b);
  a.joined = b;
  a.union = found;
  return found;
}

function joined(a: ReadMap, b: ReadMap): ReadMap {
  let merged: ReadMap | undefined;
  for (const [field, readers] of b) {
    const present = (merged ?? a).get(field);
    if (present === readers) continue;
    const added = present === undefined ? readers : readers.filter(({ field: own }) => !present.some((reader) => reader.field === own));
    if (added.length === 0) continue;
    merged ??= new ReadMap(a);
    merged.set(field, present === undefined ? added : [...present, ...added]);
  }
  return merged === undefined ? a : isSame(merged, b) ? b : merged;
}

/** Whether two maps hold the same in the same order, so that one of them will do for many models. */
function isSame(a: ReadMap, b: ReadMap): boolean {
  if (a.size !== b.size) return false;
  const fields = b.entries();
  for (const [field, readers] of a) {
    const [otherField, others] = fields.next().value!;
    if (field !== otherField || readers.length !== others.length || !readers.every((reader, i) => reader.field === others[i]!.field)) return false;
  }
  return true;
}
