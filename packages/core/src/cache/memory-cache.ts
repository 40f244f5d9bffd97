import { LRUCache } from 'lru-cache';
import { assertKnown } from '../assert.ts';
import { FlowError, show } from '../errors.ts';
import { flightCount } from './flights.ts';
import type { CacheEntry, ResultCache } from './result-cache.ts';
import { sizeEstimate } from './size-estimate.ts';

export interface MemoryCacheOptions {
  /** The most entries it keeps. Default 10,000, or without limit where `maxSize` is given. */
  readonly max?: number;
  /** The most approximate bytes that it keeps. A value above that is served to those who wait for it and not kept. Default: no limit, and no sizes are estimated. */
  readonly maxSize?: number;
  /** How long an entry is kept, in milliseconds. Default: as long as there is room. */
  readonly ttl?: number;
}

/** Since the cache was made. */
export interface MemoryCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly stores: number;
  /** Entries dropped for want of room, or too old. */
  readonly evictions: number;
  /** Evaluations under way, in all runs, whose results will be stored. */
  readonly inFlight: number;
  /** Entries kept now; those that are too old count until they are asked for. */
  readonly size: number;
}

/** A cache in this process's memory. Disposing of it clears it. */
export interface MemoryCache extends ResultCache, Disposable, AsyncDisposable {
  get(key: string): CacheEntry | undefined;
  set(key: string, entry: CacheEntry): void;
  delete(key: string): void;
  clear(): void;
  getMany(keys: readonly string[]): readonly (CacheEntry | undefined)[];
  stats(): MemoryCacheStats;
}

const DEFAULT_MAX = 10_000;

/** Looked up for each reading, so that a test's clock counts; to lru-cache, an entry of time 0 has no age. */
const CLOCK = { now: (): number => performance.now() + 1 };

/**
 * A cache of results in memory that drops what was used least recently. It answers at once, so that `computeSync` can use it too.
 *
 * Throws DEFINITION for options that it does not know or that are no positive integers.
 *
 * @example
 * ```ts
 * let runs = 0;
 * const square = flowModel({ name: 'square', inputs: { n: FromContext(z.number()) } }, ({ n }) => { runs++; return n * n; });
 * const cache = memoryCache({ max: 1_000, ttl: 60_000 });
 * await square().flow.compute({ n: 4 }, { cache });
 * console.log((await square().flow.compute({ n: 4 }, { cache })).value, runs); // 16 1
 * ```
 */
export function memoryCache(options: MemoryCacheOptions = {}): MemoryCache {
  checkOptions(options);
  return new LeastRecentlyUsed(options);
}

class LeastRecentlyUsed implements MemoryCache {
  readonly #entries: LRUCache<string, CacheEntry>;
  #hits = 0;
  #misses = 0;
  #stores = 0;
  #evictions = 0;

  constructor({ max, maxSize, ttl }: MemoryCacheOptions) {
    this.#entries = new LRUCache<string, CacheEntry>({
      max: max ?? (maxSize === undefined ? DEFAULT_MAX : 0), // 0: without limit
      ...(maxSize === undefined ? undefined : { maxSize, sizeCalculation: (entry, key) => Math.ceil(sizeEstimate([key, entry], maxSize)) }),
      ...(ttl === undefined ? undefined : { ttl, ttlResolution: 0, perf: CLOCK }), // a resolution would take timers
      dispose: (_, key, reason) => {
        if (reason === 'evict' || reason === 'expire') this.#evictions++;
      },
    });
  }

  get(key: string): CacheEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#misses++;
    else this.#hits++;
    return entry;
  }

  getMany(keys: readonly string[]): readonly (CacheEntry | undefined)[] {
    return keys.map((key) => this.get(key));
  }

  set(key: string, entry: CacheEntry): void {
    this.#entries.set(key, entry);
    this.#stores++;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  stats(): MemoryCacheStats {
    return { hits: this.#hits, misses: this.#misses, stores: this.#stores, evictions: this.#evictions, inFlight: flightCount(this), size: this.#entries.size };
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.clear();
  }
}

const OPTIONS = ['max', 'maxSize', 'ttl'];

function checkOptions(options: unknown): void {
  assertKnown('memoryCache', options, OPTIONS);
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0)) throw new FlowError('DEFINITION', `memoryCache: '${name}' is a positive integer, got ${show(value)}. Leave it out for ${name === 'max' ? `the default of ${DEFAULT_MAX}` : 'no limit'}.`);
  }
}
