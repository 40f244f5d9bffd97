// `tieredCache` (api.md §6, "Content-hash cache"): several caches as one, the fastest first.
import { describe, expect, it } from 'vitest';
import { flowModel, FromContext, memoryCache, tieredCache } from '@flowmodel/core';
import type { CacheEntry, MemoryCache, ResultCache } from '@flowmodel/core';
import { z } from 'zod';
import { deferred, settled, unhandledDuring } from './deferred.ts';
import { refusal } from './refusal.ts';

/** A memory cache that answers by promises. */
function later(cache: MemoryCache): ResultCache {
  return {
    get: async (key) => cache.get(key),
    set: async (key, entry) => cache.set(key, entry),
    delete: async (key) => cache.delete(key),
    clear: async () => cache.clear(),
    getMany: async (keys) => cache.getMany(keys),
  };
}

const down = (message: string): never => {
  throw new Error(message);
};

/** Fails in every way, at once or later. */
const broken = (message: string): ResultCache => ({ get: () => down(message), set: () => down(message), delete: () => down(message), clear: () => down(message) });
const brokenLater = (message: string): ResultCache => ({
  get: async () => down(message),
  set: async () => down(message),
  delete: async () => down(message),
  clear: async () => down(message),
  getMany: async () => down(message),
});

/** Notes what it is asked. */
function noting(cache: ResultCache): ResultCache & { readonly calls: unknown[] } {
  const calls: unknown[] = [];
  return {
    calls,
    get: (key) => (calls.push(['get', key]), cache.get(key)),
    set: (key, entry) => (calls.push(['set', key]), cache.set(key, entry)),
    delete: (key) => (calls.push(['delete', key]), cache.delete(key)),
    clear: () => (calls.push(['clear']), cache.clear()),
    getMany: (keys) => (calls.push(['getMany', [...keys]]), keys.map((key) => cache.get(key) as CacheEntry | undefined)),
  };
}

const entry = (value: unknown): CacheEntry => ({ value });

/** What it fails with: the message, and what failed in the tiers. */
async function failuresOf(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error instanceof AggregateError ? { message: error.message, errors: error.errors.map((inner: unknown) => (inner as Error).message) } : error;
  }
  return 'no failure';
}

describe('reading', () => {
  it('asks in order, and no further than the first that has the entry', () => {
    const [near, far] = [noting(memoryCache()), noting(memoryCache())];
    void near.set('a', entry(1));
    void far.set('b', entry(2));
    near.calls.length = far.calls.length = 0;
    const cache = tieredCache(near, far);
    expect(cache.get('a')).toEqual(entry(1));
    expect(far.calls).toEqual([]);
    expect(cache.get('b')).toEqual(entry(2));
    expect(cache.get('x')).toBeUndefined();
    expect(far.calls).toEqual([['get', 'b'], ['get', 'x']]);
  });

  it('puts an entry into the tiers before the one that had it, and not into those after', () => {
    const tiers = [memoryCache(), memoryCache(), memoryCache(), memoryCache()];
    tiers[2]!.set('a', entry(1));
    expect(tieredCache(...tiers).get('a')).toEqual(entry(1));
    expect(tiers.map((tier) => tier.get('a'))).toEqual([entry(1), entry(1), entry(1), undefined]);
  });

  it.each([[undefined], [null], [false]])('an entry with the result %s is found', (value) => {
    const [near, far] = [memoryCache(), memoryCache()];
    far.set('a', entry(value));
    expect(tieredCache(near, far).get('a')).toEqual(entry(value));
    expect(near.get('a')).toEqual(entry(value));
  });

  it('null where an entry should be is a miss', () => {
    const sloppy: ResultCache = { ...broken('unused'), get: () => null as never, getMany: () => [null as never] };
    expect(tieredCache(sloppy).get('a')).toBeUndefined();
    expect(tieredCache(sloppy).getMany!(['a'])).toEqual([undefined]);
  });

  it('keeps an entry as it is, its source too', () => {
    const [near, far] = [memoryCache(), memoryCache()];
    const stored: CacheEntry = { value: { a: 1 }, source: 'load@1' };
    far.set('a', stored);
    expect(tieredCache(near, far).get('a')).toBe(stored);
    expect(near.get('a')).toBe(stored);
  });
});

describe('reading many', () => {
  it('asks each tier for what is still missing, in one go', () => {
    const [near, middle, far] = [noting(memoryCache()), noting(memoryCache()), noting(memoryCache())];
    void near.set('a', entry(1));
    void middle.set('b', entry(2));
    void far.set('c', entry(3));
    for (const { calls } of [near, middle, far]) calls.length = 0;
    expect(tieredCache(near, middle, far).getMany!(['x', 'a', 'b', 'c'])).toEqual([undefined, entry(1), entry(2), entry(3)]);
    expect(near.calls).toEqual([['getMany', ['x', 'a', 'b', 'c']], ['set', 'b'], ['set', 'c']]);
    expect(middle.calls).toEqual([['getMany', ['x', 'b', 'c']], ['set', 'c']]);
    expect(far.calls).toEqual([['getMany', ['x', 'c']]]);
  });

  it('does not ask further when all are found, nor for nothing', () => {
    const far = noting(memoryCache());
    const near = memoryCache();
    near.set('a', entry(1));
    expect(tieredCache(near, far).getMany!(['a'])).toEqual([entry(1)]);
    expect(tieredCache(near, far).getMany!([])).toEqual([]);
    expect(far.calls).toEqual([]);
  });

  it('tiers without getMany are asked key by key', async () => {
    const { getMany: _, ...single } = noting(memoryCache());
    void single.set('a', entry(1));
    expect(tieredCache(single).getMany!(['a', 'b'])).toEqual([entry(1), undefined]);
    const { getMany: __, ...slow } = later(memoryCache());
    await slow.set('a', entry(1));
    expect(await tieredCache(slow).getMany!(['a', 'b'])).toEqual([entry(1), undefined]);
  });

  it('answers that are too few, too many or none are misses', () => {
    const lying = (answers: unknown): ResultCache => ({ ...broken('unused'), getMany: () => answers as never });
    expect(tieredCache(lying([entry(1)])).getMany!(['a', 'b'])).toEqual([entry(1), undefined]);
    expect(tieredCache(lying([entry(1), undefined, entry(3)])).getMany!(['a', 'b'])).toEqual([entry(1), undefined]);
    expect(tieredCache(lying(undefined)).getMany!(['a'])).toEqual([undefined]);
  });
});

describe('changing', () => {
  it('set, delete and clear go to all tiers', () => {
    const tiers = [memoryCache(), memoryCache()];
    const cache = tieredCache(...tiers);
    expect(cache.set('a', entry(1))).toBeUndefined();
    void cache.set('b', entry(2));
    void cache.set('c', entry(3));
    expect(tiers.map((tier) => tier.stats().size)).toEqual([3, 3]);
    expect(cache.delete('a')).toBeUndefined();
    expect(tiers.map((tier) => tier.get('a'))).toEqual([undefined, undefined]);
    expect(cache.clear()).toBeUndefined();
    expect(tiers.map((tier) => tier.stats().size)).toEqual([0, 0]);
  });

  it('waits for the tiers that answer later', async () => {
    const far = memoryCache();
    const gate = deferred();
    const cache = tieredCache(memoryCache(), { ...later(far), set: async (key, stored) => gate.promise.then(() => far.set(key, stored)) });
    let isDone = false;
    const set = Promise.resolve(cache.set('a', entry(1))).then(() => (isDone = true));
    await settled();
    expect(isDone).toBe(false);
    gate.resolve();
    await set;
    expect(far.get('a')).toEqual(entry(1));
  });

  it('disposing of it disposes of its tiers, whichever way they know', async () => {
    const disposed: string[] = [];
    const plain = memoryCache();
    const one = Object.assign(later(memoryCache()), { [Symbol.asyncDispose]: async () => void disposed.push('one') });
    const two = Object.assign(later(memoryCache()), { [Symbol.dispose]: () => void disposed.push('two') });
    plain.set('a', entry(1));
    {
      await using cache = tieredCache(plain, later(memoryCache()), one, two);
      expect(await cache.get('a')).toEqual(entry(1));
    }
    expect(disposed).toEqual(['one', 'two']);
    expect(plain.stats().size).toBe(0);
  });
});

describe('at once or later', () => {
  it('answers at once as long as the tiers that are asked do', async () => {
    const near = memoryCache();
    const far = memoryCache();
    const cache = tieredCache(near, later(far));
    near.set('a', entry(1));
    far.set('b', entry(2));
    expect(cache.get('a')).toEqual(entry(1));
    expect(cache.getMany!(['a'])).toEqual([entry(1)]);
    expect(cache.get('b')).toBeInstanceOf(Promise);
    await settled();
    expect(near.get('b')).toEqual(entry(2));
    expect(cache.get('b')).toEqual(entry(2));
  });

  it('a slow tier before a fast one', async () => {
    const [slow, fast] = [memoryCache(), memoryCache()];
    fast.set('a', entry(1));
    expect(await tieredCache(later(slow), fast).get('a')).toEqual(entry(1));
    expect(slow.get('a')).toEqual(entry(1));
  });

  it('an answer does not wait until it has been put into the tiers before', async () => {
    const far = memoryCache();
    far.set('a', entry(1));
    const stuck: ResultCache = { ...later(memoryCache()), set: () => new Promise(() => {}) };
    expect(await tieredCache(stuck, far).get('a')).toEqual(entry(1));
  });

  it('computeSync can use it', () => {
    const square = flowModel({ name: 'square', replace: true, inputs: { n: FromContext(z.number()) } }, ({ n }) => n * n);
    const [near, far] = [memoryCache(), memoryCache()];
    const cache = tieredCache(near, far);
    expect([4, 4].map((n) => square().flow.computeSync({ n }, { cache }).value)).toEqual([16, 16]);
    near.clear();
    expect(square().flow.computeSync({ n: 4 }, { cache }).value).toBe(16);
    expect([near.stats().stores, far.stats().stores]).toEqual([2, 1]);
  });
});

describe.each([['at once', broken], ['later', brokenLater]])('a tier that fails %s', (_, fails) => {
  it('does not keep the others from answering', async () => {
    const good = memoryCache();
    good.set('a', entry(1));
    expect(await tieredCache(fails('near'), good).get('a')).toEqual(entry(1));
    expect(await tieredCache(good, fails('far')).get('a')).toEqual(entry(1));
    expect(await tieredCache(fails('near'), good).getMany!(['a', 'b'])).toEqual([entry(1), undefined]);
  });

  it('is told when no tier has an answer, after all have been asked', async () => {
    const good = noting(memoryCache());
    const told = { message: 'tieredCache: get failed in one tier: near', errors: ['near'] };
    expect(await failuresOf(() => tieredCache(fails('near'), good).get('a'))).toEqual(told);
    expect(await failuresOf(() => tieredCache(fails('near'), good).getMany!(['a', 'b']))).toEqual(told);
    expect(good.calls).toEqual([['get', 'a'], ['getMany', ['a', 'b']]]);
    expect(await failuresOf(() => tieredCache(fails('near'), fails('far')).get('a'))).toEqual({ message: 'tieredCache: get failed in 2 tiers: near; far', errors: ['near', 'far'] });
  });

  it('does not keep the others from being changed, and is told', async () => {
    for (const [method, args] of [['set', ['a', entry(1)]], ['delete', ['a']], ['clear', []]] as const) {
      const good = noting(memoryCache());
      const cache = tieredCache(fails('near'), good, fails('far'));
      const change = cache[method].bind(cache) as (...given: readonly unknown[]) => unknown;
      expect(await failuresOf(() => change(...args))).toEqual({ message: `tieredCache: ${method} failed in 2 tiers: near; far`, errors: ['near', 'far'] });
      expect(good.calls).toHaveLength(1);
    }
  });

  it('leaves no rejection that nobody handles', async () => {
    const good = memoryCache();
    good.set('a', entry(1));
    const cache = tieredCache(fails('near'), good, fails('far'));
    expect(
      await unhandledDuring(async () => {
        await cache.get('a');
        await cache.getMany!(['a']);
        await failuresOf(() => cache.get('x'));
        await failuresOf(() => cache.set('b', entry(2)));
      }),
    ).toEqual([]);
  });

  it('costs no result', async () => {
    const square = flowModel({ name: 'square', replace: true, inputs: { n: FromContext(z.number()) } }, ({ n }) => n * n);
    const good = memoryCache();
    for (const cache of [tieredCache(fails('near'), good), tieredCache(good, fails('far')), tieredCache(fails('one'), fails('two'))]) {
      expect((await square().flow.compute({ n: 4 }, { cache })).value).toBe(16);
    }
    expect(good.stats()).toMatchObject({ stores: 1, hits: 1 });
  });
});

describe('what it is made of', () => {
  it.each<[string, unknown[], string]>([
    ['nothing', [], 'expects caches, the fastest first, got none'],
    ['no cache', [memoryCache(), 5], 'got 5, which has no method get'],
    ['undefined', [undefined], 'got undefined'],
    ['what cannot be cleared', [{ get: () => undefined, set: () => undefined, delete: () => undefined }], 'has no method clear'],
    ['a list of caches', [[memoryCache()]], 'has no method get'],
  ])('%s is refused', (_, tiers, says) => {
    const error = refusal(() => tieredCache(...(tiers as ResultCache[])));
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toContain(says);
  });

  it('tiered caches can be tiers', () => {
    const tiers = [memoryCache(), memoryCache(), memoryCache()];
    tiers[2]!.set('a', entry(1));
    expect(tieredCache(tiers[0]!, tieredCache(tiers[1]!, tiers[2]!)).get('a')).toEqual(entry(1));
    expect(tiers.map((tier) => tier.get('a'))).toEqual([entry(1), entry(1), entry(1)]);
  });
});
