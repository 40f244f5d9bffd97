/**
 * The cache of a run, guarded: whatever it does costs time, never a result. One that throws or hangs knows nothing, and what is none of our entries is a miss. The
 * observer hears of it once.
 */
import { FlowError } from '../errors.ts';
import { LONGEST_WAIT, systemClock } from '../run/clock.ts';
import { isPromise } from '../run/results.ts';
import type { Run } from '../run/run.ts';
import { CacheFailure, garbled, slow, verified } from './entries.ts';
import type { Flights } from './flights.ts';
import type { CacheEntry, ResultCache } from './result-cache.ts';
import { Stores } from './stores.ts';

export type Answers = readonly (CacheEntry | undefined)[];

const CACHE_TIMEOUT = 2000;

export class GuardedCache {
  readonly #cache: ResultCache;
  readonly #flights: Flights;
  readonly #run: Run;
  /** It did not answer in time: it is not asked again. */
  #isSlow = false;
  #hasWarned = false;
  /** End the waits for its answers. */
  readonly #waiting = new Set<() => void>();
  readonly #stores = new Stores();

  constructor(cache: ResultCache, flights: Flights, run: Run) {
    this.#cache = cache;
    this.#flights = flights;
    this.#run = run;
  }

  /** Entries by key. A cache that throws, or takes too long, does not know them. With `now` there is no waiting for it. */
  ask(keys: readonly string[], now: boolean): Answers | Promise<Answers> {
    if (this.#isSlow) return noneOf(keys);
    const found = keys.length > 1 && this.#cache.getMany !== undefined ? this.#many(keys) : this.#each(keys);
    return isPromise<Answers>(found) ? this.#inTime(found, now, keys) : found;
  }

  #many(keys: readonly string[]): Answers | Promise<Answers> {
    try {
      const found = this.#cache.getMany!(keys);
      return isPromise<Answers>(found) ? Promise.resolve(found) : listed(found);
    } catch (error) {
      return this.#nothing(keys, new CacheFailure('getMany', error));
    }
  }

  #each(keys: readonly string[]): Answers | Promise<Answers> {
    const unknown = (error: unknown): undefined => void this.#warn(new CacheFailure('get', error));
    const found = keys.map((key) => {
      try {
        return this.#cache.get(key);
      } catch (error) {
        return unknown(error);
      }
    });
    return found.some((entry) => isPromise(entry)) ? Promise.all(found.map((entry) => Promise.resolve(entry).catch(unknown))) : (found as Answers);
  }

  #nothing(keys: readonly string[], error: FlowError): Answers {
    this.#warn(error);
    return noneOf(keys);
  }

  #inTime(answers: Promise<Answers>, now: boolean, keys: readonly string[]): Answers | Promise<Answers> {
    if (now) {
      answers.catch(() => {});
      if (this.#run.isSync) throw new FlowError('ASYNC_IN_SYNC', 'The cache answers by a promise, which computeSync cannot await. Use compute, or a cache that answers at once, such as memoryCache().');
      return this.#nothing(keys, new CacheFailure('get', 'it answers by a promise where none can be awaited'));
    }
    const { clock = systemClock, cacheTimeout = CACHE_TIMEOUT } = this.#run.options;
    return new Promise((resolve) => {
      let isDone = false;
      const end = (found: Answers): void => {
        if (isDone) return;
        isDone = true;
        if (timer !== undefined) clock.clearTimeout(timer);
        this.#waiting.delete(stop);
        resolve(found);
      };
      const stop = (): void => end([]);
      const late = (): void => {
        this.#isSlow = true;
        end(this.#nothing(keys, slow(cacheTimeout)));
      };
      const timer = cacheTimeout > LONGEST_WAIT ? undefined : clock.setTimeout(late, cacheTimeout);
      this.#waiting.add(stop);
      answers.then((found) => end(listed(found)), (error: unknown) => end(this.#nothing(keys, new CacheFailure('get', error))));
    });
  }

  /** The entry, if it is one, and of this source. */
  checked(entry: unknown, source: string): CacheEntry | undefined {
    if (entry === undefined) return undefined;
    const good = verified(entry, source);
    if (good === undefined) this.#warn(garbled());
    return good;
  }

  keep(key: string, entry: CacheEntry): void {
    if (this.#isSlow) return;
    try {
      const stored = this.#cache.set(key, entry);
      if (!isPromise(stored)) return;
      this.#flights.storing(key, entry, stored);
      this.#stores.add(stored, (error) => this.#warn(new CacheFailure('set', error)));
    } catch (error) {
      this.#warn(new CacheFailure('set', error));
    }
  }

  stored(): Promise<void> | undefined {
    return this.#stores.settled();
  }

  /** The run is over: it waits for no answer. */
  leave(): void {
    for (const stop of this.#waiting) stop();
  }

  /** Once per run: a cache that is down has much to say. */
  #warn(error: FlowError): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#run.managed!.warn(error.code, error.message, error.cause ?? error);
  }
}

const noneOf = (keys: readonly string[]): Answers => keys.map(() => undefined);
const listed = (found: unknown): Answers => (Array.isArray(found) ? (found as Answers) : []);
