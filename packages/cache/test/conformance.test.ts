// packages.md, @flowmodel/cache: one kit that every cache passes; a cache that breaks a rule is told which.
import { Keyv } from 'keyv';
import { Keyv as Keyv5 } from 'keyv-5';
import { describe, expect, it } from 'vitest';
import { FlowError, memoryCache, tieredCache } from '@flowmodel/core';
import type { CacheEntry, ResultCache } from '@flowmodel/core';
import { cacheConformance, cacheRules, keyvCache, sqliteCache } from '@flowmodel/cache';
import { file } from './folder.ts';

const asynchronous = (cache: ResultCache): ResultCache => ({
  get: async (key) => cache.get(key),
  set: async (key, entry) => cache.set(key, entry),
  delete: async (key) => cache.delete(key),
  clear: async () => cache.clear(),
});

describe('every cache of ours keeps every rule', () => {
  it.each<[string, () => ResultCache]>([
    ['memoryCache', () => memoryCache()],
    ['memoryCache with maxSize and ttl', () => memoryCache({ maxSize: 100_000_000, ttl: 60_000 })],
    ['sqliteCache', () => sqliteCache({ path: file() })],
    ['sqliteCache with maxBytes and ttl', () => sqliteCache({ path: file(), maxBytes: 100_000_000, ttl: 60_000 })],
    ['sqliteCache without a file', () => sqliteCache({ path: ':memory:' })],
    ['keyvCache', () => keyvCache(new Keyv())],
    ['keyvCache with a namespace and a listener', () => keyvCache(new Keyv({ namespace: 'results', ttl: 60_000 }).on('error', () => {}) as Keyv)],
    ['keyvCache on Keyv 5', () => keyvCache(new Keyv5())],
    ['tieredCache of memory and disk', () => tieredCache(memoryCache(), sqliteCache({ path: file() }))],
    ['tieredCache of disk and Keyv', () => tieredCache(sqliteCache({ path: file() }), keyvCache(new Keyv()))],
    ['an asynchronous one without getMany', () => asynchronous(memoryCache())],
  ])('%s', async (_, create) => {
    await expect(cacheConformance(create)).resolves.toBeUndefined();
  });
});

/** A memory, and what is wrong with it. */
function broken(flaw: (right: ResultCache, entries: Map<string, CacheEntry>) => Partial<ResultCache & Disposable>): () => ResultCache {
  return () => {
    const entries = new Map<string, CacheEntry>();
    const right: ResultCache = {
      get: (key) => entries.get(key),
      getMany: (keys) => keys.map((key) => entries.get(key)),
      set: (key, entry) => void entries.set(key, entry),
      delete: (key) => void entries.delete(key),
      clear: () => entries.clear(),
    };
    return { ...right, ...flaw(right, entries) };
  };
}

const flaws: readonly [rule: string, flaw: string, create: () => ResultCache][] = [
  ['a new cache is empty', 'null for a miss', broken((_, entries) => ({ get: (key) => entries.get(key) ?? (null as never) }))],
  ['a new cache is empty', 'an empty entry for a miss', broken((_, entries) => ({ get: (key) => entries.get(key) ?? { value: undefined } }))],
  ['a new cache is empty', 'getMany leaves misses out', broken((_, entries) => ({ getMany: (keys) => keys.flatMap((key) => entries.get(key) ?? []) }))],
  ['what is set is a hit', 'stores nothing', broken(() => ({ set: () => {} }))],
  ['what is set is a hit', 'forgets what was read once', broken((right, entries) => ({ get: (key) => { const found = right.get(key); entries.delete(key); return found; } }))],
  ['what is set is a hit', 'hands over bare values', broken((_, entries) => ({ get: (key) => entries.get(key)?.value as CacheEntry }))],
  ['undefined, null and other empty values are hits', 'no value is no hit', broken((_, entries) => ({ get: (key) => (entries.get(key)?.value === undefined ? undefined : entries.get(key)) }))],
  ['undefined, null and other empty values are hits', 'NaN through JSON', broken((_, entries) => ({ get: (key) => (Number.isNaN(entries.get(key)?.value) ? { value: null } : entries.get(key)) }))],
  ['values come back as they were', 'everything through JSON', broken((right) => ({ set: (key, entry) => right.set(key, typeof entry.value === 'object' ? { ...entry, value: JSON.parse(JSON.stringify(entry.value)) as unknown } : entry) }))],
  ['values come back as they were', 'structuredClone loses classes', broken((right) => ({ set: (key, entry) => right.set(key, { ...entry, value: typeof entry.value === 'object' ? structuredClone(entry.value) : entry.value }) }))],
  ['large values come back whole', 'cut at 64 KB', broken((right) => ({ set: (key, entry) => right.set(key, Array.isArray(entry.value) ? { ...entry, value: entry.value.slice(0, 1_000) } : entry) }))],
  ['the source comes back exactly', 'drops it', broken((right) => ({ set: (key, { value }) => right.set(key, { value }) }))],
  ['the source comes back exactly', 'cuts it', broken((right) => ({ set: (key, { value, source }) => right.set(key, source === undefined ? { value } : { value, source: source.slice(0, 255) }) }))],
  ['the source comes back exactly', 'empty for none', broken((right) => ({ set: (key, { value, source = '' }) => right.set(key, { value, source }) }))],
  ['a later entry takes the place of an earlier one', 'the first stays', broken((right, entries) => ({ set: (key, entry) => void (entries.has(key) || right.set(key, entry)) }))],
  ['a later entry takes the place of an earlier one', 'the source of the first stays', broken((right, entries) => ({ set: (key, { value, source }) => right.set(key, entries.has(key) ? { value, source: entries.get(key)!.source! } : { value, source: source! }) }))],
  ['keys are told apart', 'capitals are small', broken((right) => ({ get: (key) => right.get(key.toLowerCase()), set: (key, entry) => right.set(key.toLowerCase(), entry) }))],
  ['keys are told apart', 'only 64 characters count', broken((right) => ({ get: (key) => right.get(key.slice(0, 64)), set: (key, entry) => right.set(key.slice(0, 64), entry) }))],
  ['keys are told apart', 'a plain object as the store', () => inObject()],
  ['delete removes one entry and no other', 'deletes nothing', broken(() => ({ delete: () => {} }))],
  ['delete removes one entry and no other', 'deletes all', broken((right) => ({ delete: () => right.clear() }))],
  ['delete removes one entry and no other', 'fails for what is not there', broken((_, entries) => ({ delete: (key) => { if (!entries.delete(key)) throw new Error('unknown key'); } }))],
  ['clear removes every entry', 'clears nothing', broken(() => ({ clear: () => {} }))],
  ['clear removes every entry', 'keeps one', broken((_, entries) => ({ clear: () => { for (const key of [...entries.keys()].slice(1)) entries.delete(key); } }))],
  ['clear removes every entry', 'stops for good', broken((right, entries) => ({ clear: () => { entries.clear(); entries.set = () => entries; }, set: right.set }))],
  ['getMany answers in the order of the keys', 'in the order of the store', broken((_, entries) => ({ getMany: (keys) => { const found = [...entries].filter(([key]) => keys.includes(key)).map(([, entry]) => entry); return keys.map((key, i) => (entries.size < 100 ? entries.get(key) : found[i])); } }))],
  ['getMany answers in the order of the keys', 'a key that is asked for twice answers once', broken((right) => ({ getMany: (keys) => keys.map((key, i) => (keys.indexOf(key) < i ? undefined : (right.get(key) as CacheEntry))) }))],
  ['operations at the same time do not mix', 'one answer for all who wait', () => mixing()],
  ['what cannot be kept is refused', 'functions are dropped', broken((right) => ({ set: (key, entry) => right.set(key, typeof (entry.value as { keep?: unknown } | null | undefined)?.keep === 'function' ? { ...entry, value: {} } : entry) }))],
  ['a second run computes nothing', 'writes on values, which runs have frozen', broken((right) => ({ set: (key, entry) => { if (isPlain(entry.value)) Object.defineProperty(entry.value, 'cachedAt', { value: 1, configurable: true }); return right.set(key, entry); } }))],
  ['disposing of it twice is no error', 'throws when closed twice', broken(() => { let isOpen = true; return { [Symbol.dispose]: () => { if (!isOpen) throw new Error('closed'); isOpen = false; } }; })],
  ['every operation ends', 'get never answers', broken(() => ({ get: async () => new Promise(() => {}) }))],
  ['every operation ends', 'set never ends', broken(() => ({ set: async () => new Promise(() => {}) }))],
];

const isPlain = (value: unknown): value is object => typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function inObject(): ResultCache {
  const entries: Record<string, CacheEntry | undefined> = {};
  return { get: (key) => entries[key], set: (key, entry) => void (entries[key] = entry), delete: (key) => void delete entries[key], clear: () => { for (const key of Object.keys(entries)) delete entries[key]; } };
}

/** Remembers the key that was asked for in one place. */
function mixing(): ResultCache {
  const entries = new Map<string, CacheEntry>();
  let asked = '';
  return {
    get: async (key) => { asked = key; await Promise.resolve(); return entries.get(asked); },
    getMany: (keys) => keys.map((key) => entries.get(key)),
    set: async (key, entry) => void entries.set(key, entry),
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
  };
}

describe('a cache that breaks a rule is told which', () => {
  it.each(flaws)('%s: %s', async (rule, _, create) => {
    const error: unknown = await cacheConformance(create, { timeout: 20 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FlowError);
    const { code, message, details } = error as FlowError;
    expect({ code, ...details }).toEqual({ code: 'CACHE', rule });
    expect(message).toContain(`'${rule}'`);
  });

  it('there is a broken cache for each rule', () => {
    expect(new Set(flaws.map(([rule]) => rule))).toEqual(new Set(cacheRules));
  });

  it('what the cache threw is the cause', async () => {
    const down = new Error('the server is down');
    const error = await cacheConformance(broken(() => ({ get: () => { throw down; } }))).catch((thrown: unknown) => thrown);
    expect((error as FlowError).cause).toBe(down);
    expect((error as FlowError).message).toContain('the server is down');
  });

  it('caches are disposed of, also the broken ones', async () => {
    let open = 0;
    const create = (right: ResultCache) => (): ResultCache & Disposable => {
      open++;
      let isOpen = true;
      return Object.assign(Object.create(right) as ResultCache, { [Symbol.dispose]: () => { if (isOpen) open--; isOpen = false; } });
    };
    await cacheConformance(create(broken(() => ({}))()));
    expect(open).toBe(0);
    await cacheConformance(create(broken(() => ({ set: () => {} }))())).catch(() => {});
    expect(open).toBe(0);
  });
});

describe('what is refused', () => {
  it.each<[string, unknown, unknown, string]>([
    ['a cache in place of a maker of caches', memoryCache(), {}, "expected 'createCache' to be a function"],
    ['an unknown option', () => memoryCache(), { timout: 1 }, "there is no option 'timout'. Did you mean 'timeout'?"],
    ['no time at all', () => memoryCache(), { timeout: 0 }, "expected 'timeout' to be a number from 1 up, got 0"],
  ])('%s', async (_, createCache, options, message) => {
    await expect(cacheConformance(createCache as never, options as never)).rejects.toMatchObject({ code: 'DEFINITION', message: expect.stringContaining(message) as string });
  });
});
