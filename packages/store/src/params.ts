/** Params: copied when they are set, frozen all the way down, shared by reference from then on. */
import { FlowError } from '@flowmodel/core';
import { isPlainObject } from '@flowmodel/core/extending';
import { typeName } from './errors.ts';

const frozen = new WeakSet<object>();

/** No params. */
export const NO_PARAMS: Readonly<Record<string, unknown>> = Object.freeze({});
frozen.add(NO_PARAMS);

/** A frozen copy of plain data; class instances and functions stay what they are. What is such a copy already is taken as it is. */
export function frozenParams<T>(value: T, made = new Map<object, object>()): T {
  if (typeof value !== 'object' || value === null || frozen.has(value)) return value;
  const isArray = Array.isArray(value);
  if (!isArray && !isPlainObject(value)) return value;
  let copy = made.get(value);
  if (copy === undefined) {
    made.set(value, (copy = isArray ? new Array<unknown>(value.length) : {})); // before what is in it, which may lead back
    for (const [name, item] of Object.entries(value)) Object.defineProperty(copy, name, { value: frozenParams<unknown>(item, made), enumerable: true }); // any name is safe
    frozen.add(Object.freeze(copy));
  }
  return copy as T & object;
}

/** What `setParams` was given. Throws INVALID_CONTEXT unless names can be looked up in it. */
export function ownParamsOf(node: string, params: unknown): object {
  if (typeof params === 'object' && params !== null && !(Symbol.iterator in params)) return frozenParams(params);
  throw new FlowError('INVALID_CONTEXT', `${node}.setParams: params are an object, got ${typeName(params)}. Write setParams({ file: 'a.txt' }).`, { details: { type: typeName(params) } });
}

/** A batch item over the flow's own params; the item wins. */
export const mergedParams = (own: object, item: object): object => frozenParams({ ...own, ...item });

/** The params of every pass of a batch flow. Nothing means no pass. Throws INVALID_CONTEXT, naming every bad index and its type. */
export function paramsList(flow: string, list: unknown): readonly object[] {
  if (list === null || list === undefined) return [];
  if (!Array.isArray(list)) {
    throw new FlowError('INVALID_CONTEXT', `${flow}.prep: expected an array of params, one plain object for each pass, got ${typeName(list)}. Return an array, or nothing for no pass.`, { details: { type: typeName(list) } });
  }
  const items: unknown[] = Array.from(list); // holes are seen, too
  const bad = items.flatMap((item, index) => (isPlainObject(item) ? [] : [{ index, type: typeName(item) }]));
  if (bad.length > 0) {
    const named = bad.slice(0, 10).map(({ index, type }) => `[${index}] is ${type}`).join(', ');
    throw new FlowError('INVALID_CONTEXT', `${flow}.prep: params of a pass are plain objects, and ${named}${bad.length > 10 ? ` and ${bad.length - 10} more are not` : ''}. Return an array of plain objects.`, { details: { items: bad } });
  }
  return items as object[];
}
