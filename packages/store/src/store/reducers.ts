/** How a write is combined with what another pass wrote to the same path meanwhile. */

/**
 * Resolves a conflict at one path of a created store: `current` is what stands there by now, `incoming` what the phase wrote,
 * `base` what it started from. Undefined where there is nothing. Returns what shall stand there; pure and synchronous.
 */
export type Reducer<T = unknown> = (current: T, incoming: T, base: T) => T;

/**
 * Reducers by path: `counter`, or dotted, `stats.total`. A reducer is responsible for everything at and below its path.
 * Those of an inner flow come before those of an outer one, and those before the store's own.
 */
export type Reducers = Readonly<Record<string, (current: never, incoming: never, base: never) => unknown>>;

/**
 * A reducer that adds the difference that the phase made.
 *
 * @example
 * ```ts
 * console.log(sum(3, 1, 0)); // 4
 * ```
 */
export const sum: Reducer<number> = (current, incoming, base) => (current ?? 0) + (incoming ?? 0) - (base ?? 0);

/**
 * A reducer for records and Maps: the keys that the phase wrote or deleted, over the current ones.
 *
 * @example
 * ```ts
 * console.log(assign({ a: 1, b: 2 }, { b: 0, c: 3 }, { b: 0 })); // { a: 1, b: 2, c: 3 }
 * ```
 */
export const assign = <T extends object>(current: T, incoming: T, base: T): T => {
  const [now, next, before] = [entriesOf(current), entriesOf(incoming), entriesOf(base)];
  for (const [key, value] of next) if (!before.has(key) || !Object.is(before.get(key), value)) now.set(key, value);
  for (const key of before.keys()) if (!next.has(key)) now.delete(key);
  return (incoming instanceof Map || current instanceof Map ? now : Object.fromEntries(now as Map<string, unknown>)) as T; // the same kind of container
};

const entriesOf = (container: object | undefined): Map<unknown, unknown> => new Map<unknown, unknown>(container instanceof Map ? container : Object.entries(container ?? {}));

/**
 * A reducer for lists: what the phase put behind what it found goes to the end of the current list. It never removes.
 *
 * @example
 * ```ts
 * console.log(append(['a', 'b'], ['a', 'c'], ['a'])); // [ 'a', 'b', 'c' ]
 * ```
 */
export const append = <T>(current: readonly T[], incoming: readonly T[], base: readonly T[]): T[] => {
  const [now, next, before] = [current ?? [], incoming ?? [], base ?? []];
  let same = 0;
  while (same < before.length && same < next.length && Object.is(before[same], next[same])) same++;
  return [...now, ...next.slice(same)];
};
