/** Places in the state: keys from the root down. */
import { pathText } from '@flowmodel/core/extending';

export type Path = readonly unknown[];

/** Whether one place lies in the other. */
export function overlap(a: Path, b: Path): boolean {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (!sameKey(a[i], b[i])) return false;
  return true;
}

/** Whether `path` is `place` or lies in it. */
export const isWithin = (path: Path, place: Path): boolean => path.length >= place.length && overlap(path, place);

/** Proxies know an array's index as a string, patches as a number. */
const sameKey = (a: unknown, b: unknown): boolean => Object.is(a, b) || (typeof a !== typeof b && isIndexLike(a) && isIndexLike(b) && String(a) === String(b));
const isIndexLike = (key: unknown): boolean => typeof key === 'string' || typeof key === 'number';

/** What stands at a place; undefined where there is nothing. */
export function valueAt(state: unknown, path: Path): unknown {
  let value = state;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = value instanceof Map ? value.get(key) : (value as Record<PropertyKey, unknown>)[key as PropertyKey];
  }
  return value;
}

/** Where a patch writes. Any change of a Set concerns the whole of it. */
export function placeOf(patchPath: Path, state: unknown): Path {
  const parent = patchPath.slice(0, -1);
  return valueAt(state, parent) instanceof Set ? parent : patchPath;
}

/** `a.b[0]` for `['a', 'b', 0]`. */
export const placeText = (path: Path): string => (path.length === 0 ? '(the whole store)' : pathText(path.map((key) => (typeof key === 'number' ? key : String(key)))));
