// `memoryCache` (api.md §6, "Content-hash cache"): bounded, counted, at once. How runs use caches is told elsewhere.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { flowModel, FromContext, memoryCache } from '@flowmodel/core';
import type { MemoryCacheOptions, ResultCache } from '@flowmodel/core';
import { z } from 'zod';
import { sizeEstimate } from '../src/cache/size-estimate.ts'; // approximate on purpose; nobody else needs it
import { deferred } from './deferred.ts';
import { refusal } from './refusal.ts';

const fill = (cache: ResultCache, ...keys: string[]): void => {
  for (const key of keys) void cache.set(key, { value: key });
};

describe('entries', () => {
  it('a stored entry is a hit, as the same object', () => {
    const cache = memoryCache();
    const entry = { value: Object.freeze([1]), source: 's' };
    cache.set('a', entry);
    expect(cache.get('a')).toBe(entry);
    expect(cache.get('b')).toBeUndefined();
  });

  it.each([[undefined], [null], [0], [''], [false], [Number.NaN]])('a result of %s is a hit', (value) => {
    const cache = memoryCache({ maxSize: 1_000 });
    cache.set('a', { value });
    expect(cache.get('a')).toEqual({ value });
  });

  it('a later entry takes the place of an earlier one', () => {
    const cache = memoryCache();
    cache.set('a', { value: 1 });
    cache.set('a', { value: 2 });
    expect(cache.get('a')).toEqual({ value: 2 });
    expect(cache.stats()).toMatchObject({ size: 1, stores: 2, evictions: 0 });
  });

  it('delete and clear', () => {
    const cache = memoryCache();
    fill(cache, 'a', 'b', 'c');
    cache.delete('a');
    cache.delete('unknown');
    expect(cache.getMany(['a', 'b', 'c'])).toEqual([undefined, { value: 'b' }, { value: 'c' }]);
    cache.clear();
    expect(cache.getMany(['a', 'b', 'c'])).toEqual([undefined, undefined, undefined]);
    expect(cache.stats()).toMatchObject({ size: 0, evictions: 0 });
  });

  it('getMany answers in the order of the keys, repeated ones too', () => {
    const cache = memoryCache();
    fill(cache, 'a', 'b');
    expect(cache.getMany(['b', 'x', 'a', 'b'])).toEqual([{ value: 'b' }, undefined, { value: 'a' }, { value: 'b' }]);
    expect(cache.getMany([])).toEqual([]);
  });

  it('keys are any strings', () => {
    const cache = memoryCache();
    fill(cache, '', '__proto__', 'constructor');
    expect(cache.getMany(['', '__proto__', 'constructor', 'toString'])).toEqual([{ value: '' }, { value: '__proto__' }, { value: 'constructor' }, undefined]);
  });

  it('two caches have nothing in common', () => {
    const [a, b] = [memoryCache(), memoryCache()];
    fill(a, 'key');
    expect(b.get('key')).toBeUndefined();
  });

  it('disposing of it clears it', async () => {
    const cache = memoryCache();
    {
      using used = cache;
      fill(used, 'a');
      expect(used.stats().size).toBe(1);
    }
    expect(cache.stats().size).toBe(0);
    {
      await using used = cache;
      fill(used, 'a');
      expect(used.stats().size).toBe(1);
    }
    expect(cache.stats().size).toBe(0);
  });
});

describe('max', () => {
  it('L9: the entry that was used least recently goes', () => {
    const cache = memoryCache({ max: 3 });
    fill(cache, 'a', 'b', 'c');
    cache.get('a');
    fill(cache, 'd');
    expect(cache.getMany(['a', 'b', 'c', 'd']).map((entry) => entry?.value)).toEqual(['a', undefined, 'c', 'd']);
    expect(cache.stats()).toMatchObject({ size: 3, evictions: 1 });
  });

  it('CC-EVAL-15 a cache is bounded by default', () => {
    const cache = memoryCache();
    for (let i = 0; i < 20_000; i++) fill(cache, String(i));
    expect(cache.stats()).toMatchObject({ size: 10_000, evictions: 10_000, stores: 20_000 });
  });
});

describe('maxSize', () => {
  const text = (bytes: number): string => 'x'.repeat(bytes / 2);

  it('entries go when the values take more than that', () => {
    const cache = memoryCache({ maxSize: 10_000 });
    for (const key of ['a', 'b', 'c']) cache.set(key, { value: text(4_000) });
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('c')).toEqual({ value: text(4_000) });
    expect(cache.stats()).toMatchObject({ size: 2, evictions: 1 });
  });

  it('a value above it is not kept, nor is what stood in its place, and the others stay', () => {
    const cache = memoryCache({ maxSize: 10_000 });
    fill(cache, 'a', 'b');
    cache.set('a', { value: text(20_000) });
    expect(cache.getMany(['a', 'b'])).toEqual([undefined, { value: 'b' }]);
  });

  it('a value above it is served all the same', () => {
    let runs = 0;
    const large = flowModel({ name: 'large', replace: true, inputs: { n: FromContext(z.number()) } }, ({ n }) => {
      runs++;
      return text(n);
    });
    const cache = memoryCache({ maxSize: 10_000 });
    for (const n of [20_000, 20_000, 2_000, 2_000]) expect(large().flow.computeSync({ n }, { cache }).value).toBe(text(n));
    expect(runs).toBe(3);
  });

  it('without max, any number of entries', () => {
    const cache = memoryCache({ maxSize: 100_000_000 });
    for (let i = 0; i < 20_000; i++) fill(cache, String(i));
    expect(cache.stats()).toMatchObject({ size: 20_000, evictions: 0 });
  });

  it('with max, both hold', () => {
    const cache = memoryCache({ max: 2, maxSize: 100_000 });
    fill(cache, 'a', 'b', 'c');
    expect(cache.stats()).toMatchObject({ size: 2, evictions: 1 });
  });
});

describe('ttl', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('an entry is a hit until it is too old, however often it is used', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const cache = memoryCache({ ttl: 100 });
    fill(cache, 'a');
    vi.advanceTimersByTime(60);
    expect(cache.get('a')).toEqual({ value: 'a' });
    vi.advanceTimersByTime(60);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 1, evictions: 1, size: 0 });
  });

  it('storing it again makes it young again', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const cache = memoryCache({ ttl: 100 });
    for (let i = 0; i < 3; i++) {
      fill(cache, 'a');
      vi.advanceTimersByTime(60);
    }
    expect(cache.get('a')).toEqual({ value: 'a' });
  });

  it('takes no timers', () => {
    vi.useFakeTimers();
    const cache = memoryCache({ ttl: 100, max: 10, maxSize: 1_000 });
    fill(cache, 'a');
    cache.get('a');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('stats', () => {
  it('counts hits, misses and stores, also those of getMany', () => {
    const cache = memoryCache();
    fill(cache, 'a', 'b');
    cache.get('a');
    cache.get('x');
    cache.getMany(['a', 'b', 'y', 'z']);
    expect(cache.stats()).toEqual({ hits: 3, misses: 3, stores: 2, evictions: 0, inFlight: 0, size: 2 });
  });

  it('CC-EVAL-16 is a picture of that moment', () => {
    const cache = memoryCache();
    const before = cache.stats();
    fill(cache, 'a');
    expect(before).toMatchObject({ stores: 0, size: 0 });
  });

  it('counts the evaluations under way in all runs', async () => {
    const { promise, resolve } = deferred<number>();
    const slow = flowModel({ name: 'slow', replace: true, inputs: { n: FromContext(z.number()) } }, () => promise);
    const cache = memoryCache();
    const runs = [1, 2, 2].map((n) => slow().flow.compute({ n }, { cache }));
    await vi.waitFor(() => expect(cache.stats().inFlight).toBe(2));
    resolve(7);
    expect((await Promise.all(runs)).map(({ value }) => value)).toEqual([7, 7, 7]);
    expect(cache.stats()).toMatchObject({ inFlight: 0, stores: 2, size: 2 });
  });
});

describe('what runs keep in it', () => {
  it('CC-EVAL-13 a failure is not kept: the next compute runs the body again', async () => {
    let runs = 0;
    const flaky = flowModel({ name: 'flaky', replace: true, inputs: {} }, () => {
      if (++runs === 1) throw new Error('no');
      return runs;
    });
    const cache = memoryCache();
    await expect(flaky().flow.compute({}, { cache })).rejects.toThrow('no');
    expect(cache.stats()).toMatchObject({ stores: 0, size: 0, inFlight: 0 });
    expect((await flaky().flow.compute({}, { cache })).value).toBe(2);
    expect((await flaky().flow.compute({}, { cache })).value).toBe(2);
  });

  it('CC-EVAL-14 a hit is the same value, and nobody can change it', () => {
    const list = flowModel({ name: 'list', replace: true, inputs: {} }, () => ({ rows: [1, 2] }));
    const cache = memoryCache();
    const first = list().flow.computeSync({}, { cache }).value;
    expect(() => first.rows.push(3)).toThrow(TypeError);
    const second = list().flow.computeSync({}, { cache }).value;
    expect(second).toBe(first);
    expect(second).toEqual({ rows: [1, 2] });
  });

  it('CC-EVAL-17 options are copied and merged, and the cache in them stays the one cache', () => {
    let runs = 0;
    const one = flowModel({ name: 'one', replace: true, inputs: {} }, () => ++runs);
    const options = { cache: memoryCache() };
    expect([options, { ...options }, { ...options, concurrency: 1 }].map((given) => one().flow.computeSync({}, given).value)).toEqual([1, 1, 1]);
    expect(options.cache.stats()).toMatchObject({ hits: 2, stores: 1 });
  });
});

describe('options', () => {
  it.each<[string, unknown, string]>([
    ['zero', { max: 0 }, "'max' is a positive integer, got 0"],
    ['a negative number', { maxSize: -1 }, "'maxSize' is a positive integer, got -1"],
    ['a fraction', { ttl: 0.5 }, "'ttl' is a positive integer, got 0.5"],
    ['infinity', { max: Infinity }, "'max' is a positive integer, got Infinity"],
    ['NaN', { max: Number.NaN }, "'max' is a positive integer, got NaN"],
    ['a text', { ttl: '1m' }, "'ttl' is a positive integer, got \"1m\""],
    ['null', { max: null }, "'max' is a positive integer, got null"],
    ['an unknown option', { maxsize: 5 }, "there is no option 'maxsize'. Did you mean 'maxSize'?"],
    ['no object', 5, 'expected an options object, got 5'],
  ])('%s is refused', (_, options, says) => {
    const error = refusal(() => memoryCache(options as MemoryCacheOptions));
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toContain(says);
  });

  it('undefined is not given', () => {
    expect(memoryCache({ max: undefined, maxSize: undefined, ttl: undefined }).stats().size).toBe(0);
  });
});

describe('the estimate of sizes', () => {
  it('grows with what there is', () => {
    const values: unknown[] = [1, 'a', 'a'.repeat(100), ['a'.repeat(100), 1], { a: ['a'.repeat(100), 1] }, new Map([['k', { a: ['a'.repeat(100), 1] }]]), new Set(Array.from({ length: 100 }, (_, i) => i)), new Float64Array(1_000)];
    const sizes = values.map((value) => sizeEstimate(value));
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(new Set(sizes).size).toBe(values.length);
    expect(sizes.at(-1)).toBeGreaterThanOrEqual(8_000);
  });

  it('counts what is shared once, and ends on cycles', () => {
    const shared = 'x'.repeat(0) + JSON.stringify(Array.from({ length: 100 }));
    const row = { shared };
    const cycle: Record<string, unknown> = { row };
    cycle['self'] = cycle;
    expect(sizeEstimate([row, row, row])).toBeLessThan(sizeEstimate([{ shared }, { shared }, { shared }]));
    expect(sizeEstimate(cycle)).toBeLessThan(2_000);
  });

  it('stops where it is known to be too large', () => {
    let read = 0;
    const rows = Array.from({ length: 1_000 }, () => new Proxy({ a: 'x'.repeat(100) }, { ownKeys: (row) => (read++, Reflect.ownKeys(row)) }));
    expect(sizeEstimate(rows, 10_000)).toBeGreaterThan(10_000);
    expect(read).toBeLessThan(100);
  });

  it('does not run getters', () => {
    expect(sizeEstimate({ get a(): never { throw new Error('run'); } })).toBeGreaterThan(0);
  });

  it('100,000 levels', () => {
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++) value = [value];
    expect(sizeEstimate(value)).toBeGreaterThan(1_000_000);
  });
});
