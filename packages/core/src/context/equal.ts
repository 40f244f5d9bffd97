import { isPlainObject } from '../model/frozen.ts';

/**
 * Equality of context values: `Object.is` on primitives, by content on dates and plain containers, by identity on everything else.
 * The order of keys and of Set members does not count, that of arrays and Maps does.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  const pending: [unknown, unknown][] = [[a, b]];
  const assumed = new Map<unknown, unknown>(); // data may hold itself
  while (pending.length > 0) {
    const [left, right] = pending.pop()!;
    if (Object.is(left, right)) continue;
    if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
    if (assumed.get(left) === right) continue;
    assumed.set(left, right);
    const parts = partsOf(left, right);
    if (parts === undefined) return false;
    pending.push(...parts);
  }
  return true;
}

/** The pairs that must be equal for two objects to be; nothing when they differ already. */
function partsOf(left: object, right: object): [unknown, unknown][] | undefined {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length ? left.map((item, i) => [item, (right as unknown[])[i]] as [unknown, unknown]) : undefined;
  }
  if (left instanceof Date && right instanceof Date) return Object.is(left.getTime(), right.getTime()) ? [] : undefined;
  if (left instanceof Map && right instanceof Map) {
    if (left.size !== right.size) return undefined;
    const others = [...right];
    return [...left].flatMap(([key, value], i) => [[key, others[i]![0]], [value, others[i]![1]]] as [unknown, unknown][]);
  }
  if (left instanceof Set && right instanceof Set) {
    if (left.size !== right.size) return undefined;
    const unmatched = new Set(right);
    for (const item of left) {
      const twin = unmatched.has(item) ? { item } : [...unmatched].map((other) => ({ item: other })).find((other) => sameValue(item, other.item));
      if (twin === undefined) return undefined;
      unmatched.delete(twin.item);
    }
    return [];
  }
  if (!isPlainObject(left) || !isPlainObject(right)) return undefined;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length || !keys.every((key) => Object.hasOwn(right, key))) return undefined;
  return keys.map((key) => [left[key], right[key]]);
}
