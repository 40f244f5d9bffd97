/** What a cache of results is: the seam that every cache, ours and others', fits. */

/** A result in its box, so that `undefined` and `null` results are hits too. */
export interface CacheEntry {
  readonly value: unknown;
  /** What the key was made from. The run compares it on a hit: an entry of another source (a collision of hashes, a mix-up in a store) is a miss. */
  readonly source?: string;
}

/**
 * Results by key. Methods may answer at once or by a promise; `computeSync` needs answers at once. A cache that throws, hangs or
 * hands over something else than it was given costs time, never a right result.
 *
 * @example
 * ```ts
 * const entries = new Map<string, CacheEntry>();
 * const cache: ResultCache = {
 *   get: (key) => entries.get(key),
 *   set: (key, entry) => void entries.set(key, entry),
 *   delete: (key) => void entries.delete(key),
 *   clear: () => entries.clear(),
 * };
 * ```
 */
export interface ResultCache {
  get(key: string): CacheEntry | undefined | Promise<CacheEntry | undefined>;
  set(key: string, entry: CacheEntry): void | Promise<void>;
  delete(key: string): void | Promise<void>;
  clear(): void | Promise<void>;
  /** Several at once, in the order of the keys: one round trip for a level of a graph. */
  getMany?(keys: readonly string[]): readonly (CacheEntry | undefined)[] | Promise<readonly (CacheEntry | undefined)[]>;
}
