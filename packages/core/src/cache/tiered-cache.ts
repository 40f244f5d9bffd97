import { FlowError, show } from '../errors.ts';
import { isPromise } from '../run/results.ts';
import type { CacheEntry, ResultCache } from './result-cache.ts';

type Found = CacheEntry | undefined;
type Answers = readonly Found[];
type MaybePromise<T> = T | Promise<T>;

/**
 * Several caches as one, the fastest first: memory before disk before a server. An entry is looked for in order, and put into the tiers before
 * the one that had it; `set`, `delete` and `clear` go to all. Answers at once as long as the tiers asked do. Disposing of it disposes of its tiers.
 *
 * A tier that fails does not keep the others from answering. When none has an answer, or when not all of them could be changed, an AggregateError
 * with the failures follows, once all have been tried; the run counts that as a miss and tells the observer.
 *
 * Throws DEFINITION for what is no cache.
 *
 * @example
 * ```ts
 * const [near, far] = [memoryCache({ max: 100 }), memoryCache()];
 * far.set('key', { value: 42 });
 * const cache = tieredCache(near, far);
 * console.log(cache.get('key'), near.get('key')); // { value: 42 } { value: 42 }
 * ```
 */
export function tieredCache(...tiers: readonly ResultCache[]): ResultCache & AsyncDisposable {
  if (tiers.length === 0) throw new FlowError('DEFINITION', 'tieredCache expects caches, the fastest first, got none. Write tieredCache(memoryCache(), other).');
  for (const tier of tiers) {
    const lacks = METHODS.find((method) => typeof (tier as Partial<ResultCache> | null | undefined)?.[method] !== 'function');
    if (lacks !== undefined) throw new FlowError('DEFINITION', `tieredCache expects caches, got ${show(tier)}, which has no method ${lacks}.`);
  }
  return new Tiers(tiers);
}

const METHODS = ['get', 'set', 'delete', 'clear'] as const;

class Tiers implements ResultCache, AsyncDisposable {
  readonly #tiers: readonly ResultCache[];

  constructor(tiers: readonly ResultCache[]) {
    this.#tiers = tiers;
  }

  get(key: string): MaybePromise<Found> {
    return this.#ask([key], (tier) => then(tier.get(key), (entry) => [entry]), ([entry]) => entry);
  }

  getMany(keys: readonly string[]): MaybePromise<Answers> {
    return this.#ask(keys, askMany, (entries) => entries);
  }

  set(key: string, entry: CacheEntry): MaybePromise<void> {
    return this.#change('set', (tier) => tier.set(key, entry));
  }

  delete(key: string): MaybePromise<void> {
    return this.#change('delete', (tier) => tier.delete(key));
  }

  clear(): MaybePromise<void> {
    return this.#change('clear', (tier) => tier.clear());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#change('dispose', async (tier) => {
      const disposable = tier as Partial<AsyncDisposable & Disposable>;
      if (Symbol.asyncDispose in tier) await disposable[Symbol.asyncDispose]?.();
      else disposable[Symbol.dispose]?.();
    });
  }

  /** Tier by tier, each for the keys that are still missing. */
  #ask<T>(keys: readonly string[], ask: (tier: ResultCache, keys: readonly string[]) => MaybePromise<Answers>, answer: (entries: Answers) => T): MaybePromise<T> {
    const entries: Found[] = keys.map(() => undefined);
    const failures: unknown[] = [];
    const from = (level: number): MaybePromise<T> => {
      const missing = keys.flatMap((_, i) => (entries[i] === undefined ? [i] : []));
      if (level === this.#tiers.length || missing.length === 0) {
        if (failures.length > 0 && missing.length === keys.length) throw aggregate('get', failures);
        return answer(entries);
      }
      const wanted = missing.map((i) => keys[i]!);
      const found = attempt(() => ask(this.#tiers[level]!, wanted), failures);
      return then(found, (answers) => {
        wanted.forEach((key, i) => {
          const entry = answers?.[i] ?? undefined;
          if (entry === undefined) return;
          entries[missing[i]!] = entry;
          this.#writeBack(level, key, entry);
        });
        return from(level + 1);
      });
    };
    return from(0);
  }

  /** Nobody waits for it, and what fails here is told by the next change. */
  #writeBack(level: number, key: string, entry: CacheEntry): void {
    for (const tier of this.#tiers.slice(0, level)) void attempt(() => tier.set(key, entry), []);
  }

  /** All tiers at once. */
  #change(what: string, change: (tier: ResultCache) => MaybePromise<void>): MaybePromise<void> {
    const failures: unknown[] = [];
    const pending = this.#tiers.map((tier) => attempt(() => change(tier), failures)).filter((result): result is Promise<void> => isPromise(result));
    const finish = (): void => {
      if (failures.length > 0) throw aggregate(what, failures);
    };
    return pending.length === 0 ? finish() : Promise.all(pending).then(finish);
  }
}

const askMany = (tier: ResultCache, keys: readonly string[]): MaybePromise<Answers> => {
  if (tier.getMany !== undefined) return tier.getMany(keys);
  const answers = keys.map((key) => tier.get(key));
  return answers.some((answer) => isPromise(answer)) ? Promise.all(answers.map(async (answer) => answer)) : (answers as Answers); // none of them is a promise
};


const then = <T, U>(value: MaybePromise<T>, go: (value: T) => MaybePromise<U>): MaybePromise<U> => (isPromise(value) ? value.then(go) : go(value));

/** Nothing for an action that fails, now or later; what it failed with joins the failures. */
function attempt<T>(action: () => MaybePromise<T>, failures: unknown[]): MaybePromise<T | undefined> {
  const failed = (error: unknown): undefined => void failures.push(error);
  try {
    const result = action();
    return isPromise(result) ? result.then((value) => value, failed) : result;
  } catch (error) {
    return failed(error);
  }
}

const aggregate = (what: string, failures: readonly unknown[]): AggregateError =>
  new AggregateError(failures, `tieredCache: ${what} failed in ${failures.length === 1 ? 'one tier' : `${failures.length} tiers`}: ${failures.map((error) => (error instanceof Error ? error.message : String(error))).join('; ')}`);
