/** A cache under test: each operation ends within a time, and its answer is looked at. */
import { encodeValue } from '@flowmodel/core';
import type { CacheEntry, ResultCache } from '@flowmodel/core';

/** A rule is broken; `rule` is set where the cache breaks another one than that being checked. */
export class Violation extends Error {
  readonly rule: string | undefined;

  constructor(message: string, rule?: string) {
    super(message);
    this.rule = rule;
  }
}

export const ENDS = 'every operation ends';

export class Subject {
  readonly cache: ResultCache;
  readonly #timeout: number;

  constructor(cache: ResultCache, timeout: number) {
    this.cache = cache;
    this.#timeout = timeout;
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    return entryOf(`get('${shown(key)}')`, await this.inTime('get', () => this.cache.get(key)));
  }

  async set(key: string, value: unknown, source?: string): Promise<void> {
    await this.inTime('set', () => this.cache.set(key, Object.freeze(source === undefined ? { value } : { value, source })));
  }

  async delete(key: string): Promise<void> {
    await this.inTime('delete', () => this.cache.delete(key));
  }

  async clear(): Promise<void> {
    await this.inTime('clear', () => this.cache.clear());
  }

  /** Where the cache has none, one by one. */
  async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    if (this.cache.getMany === undefined) return Promise.all(keys.map(async (key) => this.get(key)));
    const found: unknown = await this.inTime('getMany', () => this.cache.getMany!(keys));
    if (!Array.isArray(found) || found.length !== keys.length) throw new Violation(`getMany of ${keys.length} keys yields a list of as many, got ${Array.isArray(found) ? `one of ${found.length}` : typeof found}`);
    return Array.from(found, (entry, i) => entryOf(`getMany, key ${i}`, entry));
  }

  async dispose(): Promise<void> {
    const disposable = this.cache as Partial<AsyncDisposable & Disposable>;
    await this.inTime('dispose', () => (Symbol.asyncDispose in this.cache ? disposable[Symbol.asyncDispose]?.() : disposable[Symbol.dispose]?.()));
  }

  async inTime<T>(operation: string, work: () => T | PromiseLike<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Violation(`${operation} has not ended within ${this.#timeout} ms`, ENDS)), this.#timeout);
    });
    try {
      return await Promise.race([work(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function entryOf(what: string, entry: unknown): CacheEntry | undefined {
  if (entry === undefined) return undefined;
  if (typeof entry !== 'object' || entry === null || !('value' in entry)) throw new Violation(`${what} yields an entry { value, source } or undefined, got ${entry === null ? 'null' : typeof entry}`);
  return entry;
}

/* ---------- expectations ---------- */

export function missing(what: string, entry: CacheEntry | undefined): void {
  if (entry !== undefined) throw new Violation(`${what}: expected undefined, got an entry with ${cut(text(entry.value))}`);
}

export function holding(what: string, entry: CacheEntry | undefined, value: unknown): void {
  if (entry === undefined) throw new Violation(`${what}: expected an entry with ${cut(text(value))}, got undefined`);
  const [expected, found] = [text(value), text(entry.value)];
  if (found !== expected) throw new Violation(`${what}: expected ${cut(expected)}, got ${cut(found)}`);
}

/** Equal texts are equal values, kinds, order and -0 included. */
function text(value: unknown): string {
  try {
    return JSON.stringify(encodeValue(value));
  } catch {
    return `something that is no data (${typeof value})`;
  }
}

const cut = (long: string): string => (long.length > 300 ? `${long.slice(0, 150)}…${long.slice(-100)} (${long.length} characters)` : long);

export const shown = (key: string): string => (key.length > 20 ? `${key.slice(0, 20)}…` : key);
