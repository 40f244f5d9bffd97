import { FlowError } from '@flowmodel/core';
import type { CacheEntry, CodecRegistry, ResultCache } from '@flowmodel/core';
import { checkOptions } from './options.ts';
import { seal, unseal } from './sealed.ts';

/** The part of a Keyv that is used. A `new Keyv(…)` of version 5 or 6 fits. */
export interface KeyvStore {
  get(key: string): Promise<unknown>;
  getMany(keys: string[]): Promise<readonly unknown[]>;
  set(key: string, value: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  clear(): Promise<void>;
  disconnect(): Promise<void>;
}

export interface KeyvCacheOptions {
  /** Codecs of classes; the process-wide ones (`registerCodec`) by default. */
  readonly codecs?: CodecRegistry;
}

export interface KeyvCache extends ResultCache, AsyncDisposable {
  get(key: string): Promise<CacheEntry | undefined>;
  getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]>;
  /** Rejects with SERIALIZE for a value that cannot be encoded. */
  set(key: string, entry: CacheEntry): Promise<void>;
  delete(key: string): Promise<void>;
  /** Removes the entries of the Keyv's namespace. */
  clear(): Promise<void>;
}

/**
 * A cache in whatever Keyv has an adapter for: Redis, Valkey, Postgres, MongoDB, Memcached, etcd. Namespace, time to live and compression are the Keyv's own.
 *
 * Every entry is one text with a digest over its key and value: one that the store garbled, cut off or mixed up is a miss and is removed. Disposing of the cache disconnects the Keyv.
 *
 * A Keyv with a listener for `error` tells that listener what goes wrong, and answers as if there were no entry; without one it throws, and the run's observer is told.
 *
 * Throws DEFINITION for what is no Keyv.
 *
 * @example
 * ```ts
 * import { Keyv } from 'keyv';
 * const cache = keyvCache(new Keyv({ namespace: 'results', ttl: 86_400_000 }));
 * await cache.set('key', { value: 42n });
 * console.log(await cache.get('key')); // { value: 42n }
 * ```
 */
export function keyvCache(keyv: KeyvStore, options: KeyvCacheOptions = {}): KeyvCache {
  checkOptions('keyvCache', options, ['codecs']);
  const lacks = METHODS.find((method) => typeof (keyv as Partial<KeyvStore> | null | undefined)?.[method] !== 'function');
  if (lacks !== undefined) throw new FlowError('DEFINITION', `keyvCache expects a Keyv of version 5 or newer, got something without ${lacks}(). Write keyvCache(new Keyv(store)).`);
  return new SealedInKeyv(keyv, options.codecs);
}

const METHODS = ['get', 'getMany', 'set', 'delete', 'clear', 'disconnect'] as const;

/** Between the digest and the text. */
const SEPARATOR = ' ';

class SealedInKeyv implements KeyvCache {
  readonly #keyv: KeyvStore;
  readonly #codecs: CodecRegistry | undefined;

  constructor(keyv: KeyvStore, codecs: CodecRegistry | undefined) {
    this.#keyv = keyv;
    this.#codecs = codecs;
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    let stored: unknown;
    try {
      stored = await this.#keyv.get(key);
    } catch (error) {
      if (isUnreadable(error)) return this.#remove(key);
      throw error;
    }
    return this.#opened(key, stored);
  }

  async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    if (keys.length === 0) return [];
    let stored: readonly unknown[];
    try {
      stored = await this.#keyv.getMany([...keys]);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return Promise.all(keys.map(async (key) => this.get(key))); // one of them is, the others may be had
    }
    return Promise.all(keys.map(async (key, i) => this.#opened(key, stored[i])));
  }

  async set(key: string, entry: CacheEntry): Promise<void> {
    const { text, digest } = seal(key, entry, '', this.#codecs);
    // A Keyv with a listener for errors tells that one, and says no more than this.
    if ((await this.#keyv.set(key, `${digest}${SEPARATOR}${text}`)) === false) throw new FlowError('CACHE', "The Keyv did not store an entry. Its event 'error' says why.");
  }

  async delete(key: string): Promise<void> {
    await this.#keyv.delete(key);
  }

  async clear(): Promise<void> {
    await this.#keyv.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keyv.disconnect();
  }

  async #opened(key: string, stored: unknown): Promise<CacheEntry | undefined> {
    if (stored === undefined || stored === null) return undefined;
    if (typeof stored !== 'string') return this.#remove(key);
    const end = stored.indexOf(SEPARATOR);
    const entry = unseal(key, stored.slice(end + 1), stored.slice(0, end), '', this.#codecs);
    if (entry === 'garbled') return this.#remove(key);
    return entry === 'foreign' ? undefined : entry; // another process may know its class
  }

  /** It is a miss in any case; that it cannot be removed is no reason to fail. */
  async #remove(key: string): Promise<undefined> {
    await this.#keyv.delete(key).catch(() => {});
  }
}

/** The Keyv could not parse what its store handed over. */
const isUnreadable = (error: unknown): boolean => error instanceof SyntaxError;
