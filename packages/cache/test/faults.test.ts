// Issue 4, point 8: a cache that fails, hangs, lies or cuts off at its n-th operation, for every n: the result is right all the same, and the observer is told once.
import { setImmediate as turn } from 'node:timers/promises';
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { Dependency, flowModel, FromContext, memoryCache, tieredCache } from '@flowmodel/core';
import type { CacheEntry, Clock, ResultCache } from '@flowmodel/core';
import { z } from 'zod';
import { keyvCache, sqliteCache } from '@flowmodel/cache';
import { textStore } from './text-store.ts';

/* ---------- the scenario: a graph of levels and sharing, computed twice ---------- */

const part = flowModel({ name: 'part', inputs: { i: z.number(), n: FromContext(z.number()) } }, ({ i, n }) => ({ list: [i * n], at: new Date(i) }));
const pair = flowModel({ name: 'pair', inputs: { a: z.object({ list: z.array(z.number()) }), b: z.object({ list: z.array(z.number()) }) } }, ({ a, b }) => new Map([['sum', a.list[0]! + b.list[0]!]]));
const total = flowModel({ name: 'total', inputs: { pairs: Dependency(z.array(z.instanceof(Map))) } }, ({ pairs }) => pairs.reduce((sum, map) => sum + Number(map.get('sum')), 0));
const parts = [1, 2, 3].map((i) => part({ i }));
const model = total({ pairs: [pair({ a: parts[0]!, b: parts[1]! }), pair({ a: parts[1]!, b: parts[2]! })] });

/** A time that is over as soon as nothing else is left to do. */
const impatient: Clock = { now: () => 0, setTimeout: (callback) => setImmediate(callback), clearTimeout: (timer) => clearImmediate(timer as NodeJS.Immediate) };

/** Two computes, and a third in another context that shares nothing. Yields what the observer was told. */
async function scenario(cache: ResultCache): Promise<string[]> {
  const warnings: string[] = [];
  const observer = { warning: ({ code, message }: { readonly code: string; readonly message: string }) => void warnings.push(`${code} ${message}`) };
  for (const [n, expected] of [[10, 80], [10, 80], [1, 8]] as const) {
    const { value } = await model.flow.compute({ n }, { cache, observer, clock: impatient, cacheTimeout: 50 });
    expect(value).toBe(expected);
    await turn(); // what is stored is not waited for by the run
    await turn();
  }
  return warnings;
}

/** The number of operations that `run` leads to, and the same with a fault at each of them. */
async function atEach(run: (at: number, count: () => number) => Promise<void>): Promise<number> {
  let operations = 0;
  await run(Infinity, () => ++operations);
  for (let at = 1; at <= operations; at++) {
    let n = 0;
    await run(at, () => ++n);
  }
  return operations;
}

/* ---------- caches that go wrong ---------- */

type Fault = 'fails' | 'hangs' | 'lies' | 'cuts off';
type Operation = 'get' | 'getMany' | 'set';
const FORGED: CacheEntry = { value: 666, source: 'another' };

/** What is found, as a lie or with something missing; each of them is an entry. */
const bent = (fault: Fault, found: CacheEntry | undefined): CacheEntry => (fault === 'lies' ? FORGED : { ...(found ?? FORGED), source: (found?.source ?? 'cut').slice(0, -1) });

/** A cache whose n-th operation goes wrong. `hit` is told which that was. */
function faulty(cache: ResultCache, fault: Fault, isAsync: boolean, at: number, count: () => number, hit: (operation: Operation) => void): ResultCache {
  const operation = <T>(name: Operation, right: () => T, wrong: (answer: Awaited<T>) => Awaited<T>): T => {
    const isWrong = count() === at;
    if (isWrong) hit(name);
    const answer = (): T | Promise<Awaited<T>> => {
      if (!isWrong) return right();
      if (fault === 'fails') throw new Error('the store is down');
      if (fault === 'hangs') return new Promise<never>(() => {});
      const found = right();
      return found instanceof Promise ? found.then(wrong) : wrong(found as Awaited<T>);
    };
    return (isAsync ? (async () => answer())() : answer()) as T; // as the interface allows
  };
  return {
    get: (key) => operation('get', () => cache.get(key), (found) => bent(fault, found)),
    getMany: (keys) => operation('getMany', () => cache.getMany!(keys), (found) => found.map((entry) => bent(fault, entry))),
    set: (key, entry) =>
      operation('set', () => cache.set(key, entry), () => {
        void cache.set(key, bent(fault, entry));
      }),
    delete: (key) => cache.delete(key),
    clear: () => cache.clear(),
  };
}

const caches: readonly [string, () => ResultCache][] = [
  ['memoryCache', () => memoryCache()],
  ['sqliteCache', () => sqliteCache({ path: ':memory:' })],
  ['keyvCache', () => keyvCache(new Keyv())],
  ['tieredCache', () => tieredCache(memoryCache(), sqliteCache({ path: ':memory:' }))],
];

describe.each(caches)('%s, and what stands before it', (_, create) => {
  it.each<[Fault, boolean]>([
    ['fails', false],
    ['fails', true],
    ['hangs', true],
    ['lies', false],
    ['lies', true],
    ['cuts off', false],
    ['cuts off', true],
  ])('%s (asynchronously: %s)', async (fault, isAsync) => {
    const operations = await atEach(async (at, count) => {
      let where: Operation | undefined;
      const warnings = await scenario(faulty(create(), fault, isAsync, at, count, (operation) => (where = operation)));
      const isTold = where !== undefined && (where !== 'set' || fault === 'fails');
      expect(where !== undefined).toBe(at !== Infinity);
      // Otherwise at most once: a set that hangs is not waited for, and what it bent may never be asked for.
      if (at === Infinity || isTold || warnings.length > 0) expect({ at, where, warnings }).toEqual({ at, where, warnings: at === Infinity ? [] : [expect.stringMatching(/^CACHE /)] });
    });
    expect(operations).toBeGreaterThan(12);
  });
});

describe('a store below keyvCache', () => {
  it.each<Fault>(['fails', 'hangs', 'lies', 'cuts off'])('%s', async (fault) => {
    const operations = await atEach(async (at, count) => {
      const texts = new Map<string, string>();
      let where: string | undefined;
      const bend = (answer: unknown): unknown => {
        if (Array.isArray(answer)) return answer.map(bend);
        if (typeof answer !== 'string') return answer;
        return fault === 'lies' ? [...texts.values()].find((text) => text !== answer) : answer.slice(0, answer.length / 2);
      };
      const store = textStore(texts, (operation, right) => {
        if (count() !== at) return right();
        where = operation;
        if (fault === 'fails') throw new Error('the store is down');
        if (fault === 'hangs') return new Promise(() => {});
        const answer = right();
        if (operation !== 'set') return bend(answer);
        for (const [key, text] of texts) texts.set(key, String(bend(text)));
        return answer;
      });
      const warnings = await scenario(keyvCache(new Keyv({ store })));
      const isTold = fault === 'fails' || (fault === 'hangs' && where !== 'set');
      expect(where !== undefined).toBe(at !== Infinity);
      // What the digest finds out is a miss, and no failure.
      expect({ at, where, warnings }).toEqual({ at, where, warnings: where !== undefined && isTold ? [expect.stringMatching(/^CACHE /)] : [] });
    });
    expect(operations).toBeGreaterThan(12);
  });
});

it('two runs at the same time, with a cache that fails at any of its operations', async () => {
  for (let at = 1; at <= 20; at++) {
    let n = 0;
    const cache = faulty(memoryCache(), 'fails', true, at, () => ++n, () => {});
    const values = await Promise.all([10, 10, 1].map(async (each) => (await model.flow.compute({ n: each }, { cache })).value));
    expect(values).toEqual([80, 80, 8]);
  }
});

it('computeSync with a cache that fails, lies or cuts off at any of its operations', async () => {
  for (const fault of ['fails', 'lies', 'cuts off'] as const) {
    await atEach(async (at, count) => {
      const cache = faulty(sqliteCache({ path: ':memory:' }), fault, false, at, count, () => {});
      for (const [n, expected] of [[10, 80], [10, 80], [1, 8]] as const) expect(model.flow.computeSync({ n }, { cache }).value).toBe(expected);
    });
  }
});

const throwing = (name: 'value' | 'source'): CacheEntry =>
  Object.defineProperty({ value: 1, source: 'x' }, name, {
    enumerable: true,
    get: () => {
      throw new Error('a getter of the store');
    },
  });

describe('a cache that hands over anything', () => {
  it.each<[string, () => unknown]>([
    ['null', () => null],
    ['false', () => false],
    ['a number', () => 7],
    ['a text', () => 'value'],
    ['a list', () => []],
    ['an object without a value', () => ({ source: 'x' })],
    ['an entry without a source', () => ({ value: 1 })],
    ['an entry whose source is no text', () => ({ value: 1, source: 5 })],
    ['an entry whose source cannot be read', () => throwing('source')],
    ['a function', () => () => 1],
  ])('%s', async (_, make) => {
    for (const isAsync of [false, true]) {
      const answer = <T>(value: T): T => (isAsync ? Promise.resolve(value) : value) as T;
      const cache: ResultCache = { get: () => answer(make() as CacheEntry), getMany: (keys) => answer(keys.map(() => make() as CacheEntry)), set: () => {}, delete: () => {}, clear: () => {} };
      expect(await scenario(cache)).toHaveLength(3); // once for each run
    }
  });

  it('entries that are decoded only when they are read, and cannot be', async () => {
    for (const isAsync of [false, true]) {
      const sources = new Map<string, string | undefined>();
      const lazy = (key: string): CacheEntry | undefined => (sources.has(key) ? Object.defineProperty(throwing('value'), 'source', { value: sources.get(key) }) : undefined);
      const cache: ResultCache = {
        get: (key) => (isAsync ? Promise.resolve(lazy(key)) : lazy(key)),
        getMany: (keys) => (isAsync ? Promise.resolve(keys.map(lazy)) : keys.map(lazy)),
        set: (key, { source }) => void sources.set(key, source),
        delete: () => {},
        clear: () => {},
      };
      expect(await scenario(cache)).toEqual([expect.stringMatching(/^CACHE /)]); // the second run has met them
      for (let i = 0; i < 3; i++) expect(model.flow.computeSync({ n: 10 }, { cache: isAsync ? memoryCache() : cache }).value).toBe(80);
    }
  });

  it.each<[string, (keys: readonly string[]) => unknown]>([
    ['no list', () => undefined],
    ['an object', () => ({})],
    ['a shorter list', (keys) => keys.slice(1).map(() => undefined)],
    ['a longer list', (keys) => [...keys, ''].map(() => undefined)],
    ['a list of holes', (keys) => new Array<undefined>(keys.length)],
  ])('getMany yields %s', async (_, getMany) => {
    for (const isAsync of [false, true]) {
      const cache = memoryCache();
      await scenario({ get: () => undefined, getMany: (keys) => (isAsync ? Promise.resolve(getMany(keys)) : getMany(keys)) as never, set: cache.set.bind(cache), delete: () => {}, clear: () => {} });
    }
  });
});
