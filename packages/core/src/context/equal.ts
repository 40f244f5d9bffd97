import { isPlainObject } from '../model/frozen.ts';

/**
 * Equality of context values: `Object.is` on primitives, by content on dates and plain containers, by identity on everything else.
 * The order of keys and of Set members does not count, that of arrays and Maps does.
 */
export const sameValue = (a: unknown, b: unknown): boolean => same(a, b, new Map());

type Pair = [left: unknown, right: unknown];

/** Pairs that were met before are `assumed` to be equal, since data may hold itself. */
function same(a: unknown, b: unknown, assumed: Map<unknown, unknown>): boolean {
  const pending: Pair[] = [[a, b]];
  while (pending.length > 0) {
    const [left, right] = pending.pop()!;
    if (Object.is(left, right)) continue;
    if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
    if (assumed.get(left) === right) continue;
    assumed.set(left, right);
    const parts = partsOf(left, right, assumed);
    if (parts === undefined) return false;
    pending.push(...parts);
  }
  return true;
}

/** The pairs that must be equal for two objects to be; nothing when they differ already. */
function partsOf(left: object, right: object, assumed: ReadonlyMap<unknown, unknown>): Pair[] | undefined {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length ? left.map((item, i) => [item, (right as unknown[])[i]] as Pair) : undefined;
  }
  if (left instanceof Date && right instanceof Date) return Object.is(left.getTime(), right.getTime()) ? [] : undefined;
  if (left instanceof Map && right instanceof Map) {
    if (left.size !== right.size) return undefined;
    const others = [...right];
    return [...left].flatMap(([key, value], i) => [[key, others[i]![0]], [value, others[i]![1]]] as Pair[]);
  }
  if (left instanceof Set && right instanceof Set) return membersOf(left, right, assumed);
  if (!isPlainObject(left) || !isPlainObject(right)) return undefined;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length || !keys.every((key) => Object.hasOwn(right, key))) return undefined;
  return keys.map((key) => [left[key], right[key]]);
}

/** Members have no order: where more than one of each set is left, it is tried which ones go together. */
function membersOf(left: ReadonlySet<unknown>, right: ReadonlySet<unknown>, assumed: ReadonlyMap<unknown, unknown>): Pair[] | undefined {
  if (left.size !== right.size) return undefined;
  const others = new Set(right);
  const open = [...left].filter((item) => !others.delete(item));
  if (open.length === 1) return [[open[0], [...others][0]]];
  for (const item of open) {
    const twin = [...others].map((other) => ({ other })).find(({ other }) => same(item, other, new Map(assumed)));
    if (twin === undefined) return undefined;
    others.delete(twin.other);
  }
  return [];
}
