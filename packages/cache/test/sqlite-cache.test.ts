// packages.md, @flowmodel/cache: sqliteCache keeps results in a file, within its limits, and hands them over only as they were.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CodecRegistry, flowModel, FlowError, FlowResult, FromContext, registerCodec } from '@flowmodel/core';
import { z } from 'zod';
import { sqliteCache } from '@flowmodel/cache';
import type { SqliteCacheOptions } from '@flowmodel/cache';
import { file } from './folder.ts';

const refusal = (work: () => unknown): FlowError => {
  try {
    work();
  } catch (error) {
    if (error instanceof FlowError) return error;
    throw error;
  }
  throw new Error('expected it to be refused');
};

/** Changes the file from outside. */
function meddle(path: string, ...sql: readonly string[]): void {
  const database = new DatabaseSync(path);
  for (const one of sql) database.exec(one);
  database.close();
}

/** A value that takes this many bytes in the file. */
const taking = (bytes: number): string => 'x'.repeat(bytes - '[""]'.length);

describe('what is stored', () => {
  it('outlives the object and stands in one file', () => {
    const path = file();
    {
      using cache = sqliteCache({ path });
      cache.set('a', { value: new Map([['n', 1n]]), source: 'from' });
    }
    expect(existsSync(`${path}-wal`)).toBe(false);
    using cache = sqliteCache({ path });
    expect(cache.get('a')).toStrictEqual({ value: new Map([['n', 1n]]), source: 'from' });
  });

  it('is seen by another object at once', () => {
    const path = file();
    using one = sqliteCache({ path });
    using other = sqliteCache({ path });
    one.set('a', { value: 1 });
    expect(other.get('a')).toStrictEqual({ value: 1 });
    other.clear();
    expect(one.get('a')).toBeUndefined();
  });

  it('comes back equal, whatever the value and the source', () => {
    using cache = sqliteCache({ path: ':memory:' });
    const values = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true });
    fc.assert(
      fc.property(values, fc.string({ unit: 'binary' }), (value, source) => {
        cache.set('key', { value, source });
        expect(cache.get('key')).toStrictEqual({ value, source });
      }),
      { seed: 20_240_101, numRuns: 500 },
    );
  });

  it('is a value of a class where the class has a codec', () => {
    class Quote extends FlowResult {
      readonly bid: number;
      constructor(bid: number) {
        super();
        this.bid = bid;
      }
    }
    registerCodec({ name: 'Quote of the cache', class: Quote, encode: ({ bid }) => bid, decode: (bid) => new Quote(z.number().parse(bid)) });
    let runs = 0;
    const quote = flowModel({ name: 'quote', inputs: { mid: FromContext(z.number()) } }, ({ mid }) => {
      runs++;
      return new Quote(mid - 1);
    })();
    const path = file();
    for (let i = 0; i < 2; i++) {
      using cache = sqliteCache({ path });
      const result = quote.flow.computeSync({ mid: 10 }, { cache });
      expect(result).toBeInstanceOf(Quote);
      expect(result.bid).toBe(9);
    }
    expect(runs).toBe(1);
  });

  it('is encoded by codecs of its own where they are given', () => {
    class Money {
      readonly amount: bigint;
      constructor(amount: bigint) {
        this.amount = amount;
      }
    }
    const codecs = new CodecRegistry();
    codecs.add({ name: 'Money', class: Money, encode: ({ amount }) => amount, decode: (amount) => new Money(z.bigint().parse(amount)) });
    const path = file();
    using cache = sqliteCache({ path, codecs });
    cache.set('a', { value: [new Money(5n)] });
    expect(cache.get('a')?.value).toStrictEqual([new Money(5n)]);
    using stranger = sqliteCache({ path });
    expect(stranger.get('a')).toBeUndefined();
    expect(cache.get('a')?.value).toStrictEqual([new Money(5n)]); // it stays for those who know the class
  });

  it('is nothing, and is told, where a value cannot be encoded', async () => {
    class Handle {
      readonly descriptor = 1;
    }
    using cache = sqliteCache({ path: ':memory:' });
    expect(refusal(() => cache.set('a', { value: new Handle() })).code).toBe('SERIALIZE');
    expect(cache.get('a')).toBeUndefined();

    const warnings: string[] = [];
    const open = flowModel({ name: 'open', inputs: {} }, () => new Handle())();
    const { value } = await open.flow.compute({}, { cache, observer: { warning: ({ code, message }) => void warnings.push(`${code} ${message}`) } });
    expect(value).toBeInstanceOf(Handle);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^CACHE .*Handle has no codec/);
  });

  it('holds no secret of the context, neither a short nor a long one', async () => {
    const secret = z.string().meta({ secret: true });
    const login = flowModel({ name: 'login', inputs: { token: FromContext(secret) } }, ({ token }) => token.length);
    const path = file();
    {
      using cache = sqliteCache({ path });
      for (const token of ['hunter2', 'hunter2-'.repeat(20)]) await login().flow.compute({ token }, { cache });
      expect(cache.stats().size).toBe(2);
    }
    expect(readFileSync(path).includes('hunter2')).toBe(false);
  });

  it('is frozen when a run hands it out, like a computed one', async () => {
    const rows = flowModel({ name: 'rows', inputs: { n: FromContext(z.number()) } }, ({ n }) => [{ n }])();
    using cache = sqliteCache({ path: ':memory:' });
    for (let i = 0; i < 3; i++) {
      const { value } = await rows.flow.compute({ n: 1 }, { cache });
      expect([Object.isFrozen(value), Object.isFrozen(value[0])]).toEqual([true, true]);
    }
  });
});

describe('maxBytes', () => {
  const of = (options: Partial<SqliteCacheOptions> = {}) => sqliteCache({ path: ':memory:', maxBytes: 1_000, ...options });

  it('counts what the values take', () => {
    using cache = of();
    cache.set('a', { value: taking(300) });
    cache.set('b', { value: taking(200) });
    expect(cache.stats()).toMatchObject({ size: 2, bytes: 500 });
    cache.set('a', { value: taking(100) });
    expect(cache.stats()).toMatchObject({ size: 2, bytes: 300 });
    cache.delete('b');
    expect(cache.stats()).toMatchObject({ size: 1, bytes: 100 });
    cache.clear();
    expect(cache.stats()).toMatchObject({ size: 0, bytes: 0 });
  });

  it('counts bytes, not characters', () => {
    using cache = of();
    cache.set('a', { value: '漢字' });
    expect(cache.stats().bytes).toBe('[""]'.length + 6);
  });

  it('lets the oldest go, and no more than needed', () => {
    using cache = of();
    for (const key of 'abcd') cache.set(key, { value: taking(250) });
    expect(cache.stats()).toMatchObject({ size: 4, bytes: 1_000, evictions: 0 });
    cache.set('e', { value: taking(251) });
    expect('abcde'.split('').filter((key) => cache.get(key) !== undefined).join('')).toBe('cde');
    expect(cache.stats()).toMatchObject({ size: 3, bytes: 751, evictions: 2 });
  });

  it('what is stored again is new', () => {
    using cache = of();
    for (const key of 'abcda') cache.set(key, { value: taking(250) });
    cache.set('e', { value: taking(250) });
    expect('abcde'.split('').filter((key) => cache.get(key) !== undefined).join('')).toBe('acde');
  });

  it('a value over it is not kept, nor what it would have replaced', () => {
    using cache = of();
    for (const key of 'ab') cache.set(key, { value: taking(400) });
    cache.set('a', { value: taking(1_001) });
    expect([cache.get('a'), cache.get('b')?.value]).toEqual([undefined, taking(400)]);
    cache.set('a', { value: taking(1_000) });
    expect(cache.get('a')?.value).toBe(taking(1_000));
  });

  it('holds for what an earlier process with another limit has left', () => {
    const path = file();
    {
      using cache = of({ path, maxBytes: 10_000 });
      for (let i = 0; i < 20; i++) cache.set(`key${i}`, { value: taking(500) });
    }
    using cache = of({ path });
    cache.set('new', { value: taking(500) });
    expect(cache.stats()).toMatchObject({ size: 2, bytes: 1_000 });
  });

  it('puts the sums right when damage has made them wrong', () => {
    const path = file();
    {
      using cache = of({ path });
      cache.set('a', { value: taking(100) });
    }
    meddle(path, 'UPDATE about SET bytes = 1000000');
    using cache = of({ path });
    cache.set('b', { value: taking(100) });
    cache.set('c', { value: taking(100) });
    expect(cache.stats()).toMatchObject({ size: 1, bytes: 100 });
    expect(cache.get('c')?.value).toBe(taking(100));
  });
});

describe('ttl', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('an entry is a miss from then on, and removed', () => {
    using cache = sqliteCache({ path: ':memory:', ttl: 1_000 });
    cache.set('a', { value: 1 });
    vi.setSystemTime(Date.now() + 999);
    expect(cache.get('a')).toStrictEqual({ value: 1 });
    vi.setSystemTime(Date.now() + 1);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ size: 0, evictions: 1 });
  });

  it('counts across processes, by the limit of the one that reads', () => {
    const path = file();
    using endless = sqliteCache({ path });
    endless.set('a', { value: 1 });
    vi.setSystemTime(Date.now() + 5_000);
    using brief = sqliteCache({ path, ttl: 6_000 });
    expect(brief.getMany(['a'])).toStrictEqual([{ value: 1 }]);
    vi.setSystemTime(Date.now() + 1_000);
    expect(endless.get('a')).toStrictEqual({ value: 1 });
    expect(brief.getMany(['a'])).toStrictEqual([undefined]);
    expect(endless.get('a')).toBeUndefined();
  });

  it('starts anew when an entry is stored again', () => {
    using cache = sqliteCache({ path: ':memory:', ttl: 1_000 });
    cache.set('a', { value: 1 });
    vi.setSystemTime(Date.now() + 900);
    cache.set('a', { value: 2 });
    vi.setSystemTime(Date.now() + 900);
    expect(cache.get('a')).toStrictEqual({ value: 2 });
  });

  it('what nobody asks for goes as others come', () => {
    using cache = sqliteCache({ path: ':memory:', ttl: 1_000 });
    for (let i = 0; i < 10; i++) cache.set(`old${i}`, { value: i });
    vi.setSystemTime(Date.now() + 1_000);
    for (let i = 0; i < 10; i++) cache.set(`new${i}`, { value: i });
    expect(cache.stats()).toMatchObject({ size: 10, evictions: 10 });
  });

  it('an entry from the future is none: the clock has been put back', () => {
    using cache = sqliteCache({ path: ':memory:', ttl: 1_000 });
    cache.set('a', { value: 1 });
    vi.setSystemTime(Date.now() - 60_000);
    expect(cache.get('a')).toBeUndefined();
  });
});

describe('in a run', () => {
  it('a second process computes nothing', () => {
    const path = file();
    let runs = 0;
    const square = flowModel({ name: 'square', inputs: { n: FromContext(z.number()) } }, ({ n }) => {
      runs++;
      return n * n;
    });
    const total = flowModel({ name: 'total', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => {
      runs++;
      return a + b;
    });
    const model = total({ a: square(), b: square().flow.withContext({ n: 3 }) });
    for (let i = 0; i < 2; i++) {
      using cache = sqliteCache({ path });
      expect(model.flow.computeSync({ n: 2 }, { cache }).value).toBe(13);
      expect(runs).toBe(3);
    }
  });

  it('a level of the graph is one question', () => {
    const path = file();
    let runs = 0;
    const part = flowModel({ name: 'part', inputs: { i: z.number() } }, ({ i }) => i);
    const sum = flowModel({ name: 'sum', inputs: { a: z.number(), b: z.number(), c: z.number() } }, ({ a, b, c }) => {
      runs++;
      return a + b + c;
    });
    const model = sum({ a: part({ i: 1 }), b: part({ i: 2 }), c: part({ i: 3 }) });
    using cache = sqliteCache({ path });
    const asked: string[] = [];
    const watched = { get: (key: string) => { asked.push('get'); return cache.get(key); }, getMany: (keys: readonly string[]) => { asked.push(`getMany ${keys.length}`); return cache.getMany(keys); }, set: cache.set.bind(cache), delete: cache.delete.bind(cache), clear: cache.clear.bind(cache) };
    model.flow.computeSync({}, { cache: watched });
    expect(asked).toEqual(['get', 'getMany 3']);
    expect(runs).toBe(1);
  });
});

describe('beside a process that holds the file', () => {
  it('reading goes on; writing waits for a while and is then a CACHE error', () => {
    const path = file();
    using cache = sqliteCache({ path });
    cache.set('a', { value: 1 });
    const holder = new DatabaseSync(path);
    holder.exec('BEGIN IMMEDIATE');
    expect(cache.get('a')).toStrictEqual({ value: 1 });
    expect(refusal(() => cache.set('b', { value: 2 }))).toMatchObject({ code: 'CACHE', message: expect.stringContaining('locked') as string });
    using late = sqliteCache({ path }); // opening takes no turn
    expect(late.get('a')).toStrictEqual({ value: 1 });
    holder.exec('ROLLBACK');
    cache.set('b', { value: 2 });
    expect(late.get('b')).toStrictEqual({ value: 2 });
    holder.close();
  });
});

describe('stats', () => {
  it('count hits, misses and stores, getMany by the key', () => {
    using cache = sqliteCache({ path: ':memory:' });
    cache.set('a', { value: 1 });
    cache.get('a');
    cache.get('b');
    cache.getMany(['a', 'b', 'c', 'a']);
    expect(cache.stats()).toStrictEqual({ hits: 3, misses: 3, stores: 1, evictions: 0, garbled: 0, rebuilds: 0, size: 1, bytes: 3 });
  });
});

describe('closing', () => {
  it.each<[string, (cache: ReturnType<typeof sqliteCache>) => unknown]>([
    ['get', (cache) => cache.get('a')],
    ['getMany', (cache) => cache.getMany(['a', 'b'])],
    ['set', (cache) => cache.set('a', { value: 1 })],
    ['delete', (cache) => cache.delete('a')],
    ['clear', (cache) => cache.clear()],
    ['stats', (cache) => cache.stats()],
  ])('%s of a closed cache is a CACHE error', (_, use) => {
    const cache = sqliteCache({ path: ':memory:' });
    cache.close();
    expect(refusal(() => use(cache))).toMatchObject({ code: 'CACHE', message: expect.stringContaining('closed') as string });
  });

  it('closing twice, by any of its names, is no error', async () => {
    const cache = sqliteCache({ path: file() });
    cache.close();
    cache[Symbol.dispose]();
    await cache[Symbol.asyncDispose]();
    expect(refusal(() => cache.get('a')).code).toBe('CACHE');
  });

  it('a run goes on without a cache that was closed, and tells once', async () => {
    const cache = sqliteCache({ path: ':memory:' });
    cache.close();
    const warnings: string[] = [];
    const answer = flowModel({ name: 'answer', inputs: {} }, () => 42)();
    const { value } = await answer.flow.compute({}, { cache, observer: { warning: ({ message }) => void warnings.push(message) } });
    expect([value, warnings.length]).toEqual([42, 1]);
  });
});

describe('what is refused', () => {
  it.each<[string, unknown, string]>([
    ['no options', undefined, 'expected an options object, got undefined'],
    ['no path', {}, "'path' is the name of a file"],
    ['an empty path', { path: '' }, "'path' is the name of a file"],
    ['an unknown option', { path: ':memory:', max: 5 }, "there is no option 'max'. Options are 'path', 'maxBytes', 'ttl' and 'codecs'"],
    ['a limit of nothing', { path: ':memory:', maxBytes: 0 }, "'maxBytes' is a positive integer, got 0"],
    ['a broken ttl', { path: ':memory:', ttl: 0.5 }, "'ttl' is a positive integer, got 0.5"],
    ['codecs that are none', { path: ':memory:', codecs: {} }, "'codecs' is a CodecRegistry"],
  ])('%s', (_, options, text) => {
    const { code, message } = refusal(() => sqliteCache(options as SqliteCacheOptions));
    expect(code).toBe('DEFINITION');
    expect(message).toContain(text);
  });

  it('options that are undefined are left out', () => {
    using cache = sqliteCache({ path: ':memory:', maxBytes: undefined!, ttl: undefined!, codecs: undefined! });
    cache.set('a', { value: 1 });
    expect(cache.get('a')).toStrictEqual({ value: 1 });
  });

  it('a folder that is not there', () => {
    const folder = join(dirname(file()), 'missing');
    const { code, message } = refusal(() => sqliteCache({ path: join(folder, 'cache.sqlite') }));
    expect(code).toBe('CACHE');
    expect(message).toBe(`The cache '${join(folder, 'cache.sqlite')}' cannot be made: there is no folder '${folder}'. Make it first, or name a file in a folder that is there.`);
    expect(existsSync(folder)).toBe(false);
  });

  it('a folder in place of a file', () => {
    const path = file();
    mkdirSync(path);
    expect(refusal(() => sqliteCache({ path }))).toMatchObject({ code: 'CACHE', message: `'${path}' is a folder. Name a file in it for the cache.` });
  });

  it('a file that is no database stays as it is', () => {
    const path = file();
    writeFileSync(path, 'name;amount\nrent;1000\n'.repeat(500));
    const before = readFileSync(path);
    expect(refusal(() => sqliteCache({ path }))).toMatchObject({ code: 'CACHE', message: expect.stringContaining(`'${path}' is no SQLite database`) as string });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("somebody else's database stays as it is", () => {
    const path = file();
    meddle(path, 'CREATE TABLE accounts (id INTEGER)', 'INSERT INTO accounts VALUES (7)');
    const before = readFileSync(path);
    expect(refusal(() => sqliteCache({ path }))).toMatchObject({ code: 'CACHE', message: expect.stringContaining('is a database of something else') as string });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("somebody else's empty database, by its application id", () => {
    const path = file();
    meddle(path, 'PRAGMA application_id = 77', 'VACUUM');
    expect(refusal(() => sqliteCache({ path })).code).toBe('CACHE');
  });
});

describe('a file of another format', () => {
  it.each([
    ['a higher one', 'UPDATE about SET format = 99'],
    ['one without a format', 'DELETE FROM about'],
    ['one of other tables', 'DROP TABLE about; DROP TABLE entries; CREATE TABLE "odd ""one""" (a)'],
  ])('%s is emptied and used', (_, sql) => {
    const path = file();
    {
      using cache = sqliteCache({ path });
      cache.set('a', { value: 1 });
    }
    meddle(path, sql);
    using cache = sqliteCache({ path });
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', { value: 2 });
    expect(cache.get('a')).toStrictEqual({ value: 2 });
    expect(cache.stats()).toMatchObject({ size: 1, bytes: 3 });
  });

  it('an empty file is a new one', () => {
    const path = file();
    writeFileSync(path, '');
    using cache = sqliteCache({ path });
    cache.set('a', { value: 1 });
    expect(cache.get('a')).toStrictEqual({ value: 1 });
  });
});

it('a relative path means the folder of the time when the cache was made', () => {
  const path = file();
  const here = process.cwd();
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(dirname(path));
  using cache = sqliteCache({ path: 'relative.sqlite' });
  cwd.mockReturnValue(here);
  cache.set('a', { value: 1 });
  expect(existsSync(join(dirname(path), 'relative.sqlite'))).toBe(true);
  cwd.mockRestore();
});
