// packages.md, @flowmodel/cache: keyvCache keeps results wherever Keyv can, and hands them over only as they were.
import { Keyv } from 'keyv';
import type { KeyvStorageAdapter } from 'keyv';
import { Keyv as Keyv5 } from 'keyv-5';
import { describe, expect, it } from 'vitest';
import { CodecRegistry, flowModel, FlowError, FromContext } from '@flowmodel/core';
import type { CacheEntry } from '@flowmodel/core';
import { z } from 'zod';
import { keyvCache } from '@flowmodel/cache';
import type { KeyvCacheOptions, KeyvStore } from '@flowmodel/cache';
import { textStore } from './text-store.ts';

/** Versions differ in where they keep what: both on a Map that the test can reach into. */
const versions: readonly [string, (store: Map<string, unknown>, namespace?: string) => KeyvStore][] = [
  ['Keyv 6', (store, namespace) => new Keyv({ store, ...(namespace === undefined ? {} : { namespace }) })],
  ['Keyv 5', (store, namespace) => new Keyv5({ store, ...(namespace === undefined ? {} : { namespace }) })],
];

const entry: CacheEntry = { value: new Map([['n', 1n]]), source: 'from "here"' };

describe.each(versions)('%s', (_, create) => {
  it('an entry comes back to another cache on the same store', async () => {
    const store = new Map<string, unknown>();
    await keyvCache(create(store)).set('a', entry);
    const other = keyvCache(create(store));
    expect(await other.get('a')).toStrictEqual(entry);
    expect(await other.getMany(['b', 'a', 'a'])).toStrictEqual([undefined, entry, entry]);
  });

  it('namespaces are apart', async () => {
    const store = new Map<string, unknown>();
    const [one, other] = [keyvCache(create(store, 'one')), keyvCache(create(store, 'other'))];
    await one.set('a', { value: 1 });
    await other.set('a', { value: 2 });
    expect([await one.get('a'), await other.get('a')]).toStrictEqual([{ value: 1 }, { value: 2 }]);
  });

  it('an entry of which one character is another is a miss and removed', async () => {
    const keyv = create(new Map());
    const cache = keyvCache(keyv);
    await cache.set('a', entry);
    const good = (await keyv.get('a')) as string;
    for (let i = 0; i < good.length; i++) {
      await keyv.set('a', good.slice(0, i) + String.fromCharCode(good.charCodeAt(i) ^ 1) + good.slice(i + 1));
      expect(await (i % 2 === 0 ? cache.get('a') : cache.getMany(['a']).then(([found]) => found)), `character ${i}`).toBeUndefined();
      expect(await keyv.get('a')).toBeUndefined();
    }
    await keyv.set('a', good);
    expect(await cache.get('a')).toStrictEqual(entry);
  });

  it('an entry that is cut off, moved, or of something else is a miss and removed', async () => {
    const keyv = create(new Map());
    const cache = keyvCache(keyv);
    await cache.set('a', entry);
    await cache.set('b', { value: 'b' });
    const [good, other] = [(await keyv.get('a')) as string, (await keyv.get('b')) as string];
    for (const bad of [other, good.slice(0, -1), good.slice(0, good.length / 2), `${good} `, '', 'text', ' ', '{}', { value: 1 }, 7, [], false]) {
      await keyv.set('a', bad as string);
      expect(await cache.getMany(['a', 'b'])).toStrictEqual([undefined, { value: 'b' }]);
      expect(await keyv.get('a')).toBeUndefined();
    }
  });
});

it("an entry that Keyv itself cannot parse is a miss and removed; others are had", async () => {
  const texts = new Map<string, string>();
  const cache = keyvCache(new Keyv({ store: textStore(texts) }));
  for (const key of 'abc') await cache.set(key, { value: key });
  texts.set('b', texts.get('b')!.slice(0, 40));
  expect(await cache.getMany(['a', 'b', 'c'])).toStrictEqual([{ value: 'a' }, undefined, { value: 'c' }]);
  expect(texts.has('b')).toBe(false);
  texts.set('c', '{');
  expect(await cache.get('c')).toBeUndefined();
  expect(texts.has('c')).toBe(false);
});

it('a garbled entry that the store does not let go of is a miss all the same', async () => {
  const texts = new Map<string, string>();
  const cache = keyvCache(new Keyv({ store: textStore(texts, (operation, answer) => {
    if (operation.startsWith('delete')) throw new Error('read only');
    return answer();
  }) }));
  await cache.set('a', { value: 1 });
  texts.set('a', texts.get('a')!.replace('[1]', '[2]'));
  expect([await cache.get('a'), ...(await cache.getMany(['a']))]).toEqual([undefined, undefined]);
  expect(texts.get('a')).toContain('[2]');
});

const failing = (error: Error): KeyvStorageAdapter =>
  textStore(new Map(), () => {
    throw error;
  });

describe('a store that fails', () => {
  const down = new Error('the server is down');

  it('fails the operation, and the run goes on and tells once', async () => {
    const cache = keyvCache(new Keyv({ store: failing(down) }));
    await expect(cache.get('a')).rejects.toBe(down);
    await expect(cache.getMany(['a', 'b'])).rejects.toBe(down);
    await expect(cache.set('a', { value: 1 })).rejects.toBe(down);
    await expect(cache.delete('a')).rejects.toBe(down);
    await expect(cache.clear()).rejects.toBe(down);

    const warnings: string[] = [];
    const one = flowModel({ name: 'one', inputs: {} }, () => 1);
    const sum = flowModel({ name: 'sum', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
    const { value } = await sum({ a: one() }).flow.compute({ b: 2 }, { cache, observer: { warning: ({ code, message }) => void warnings.push(`${code}: ${message}`) } });
    expect(value).toBe(3);
    expect(warnings).toEqual(['CACHE: The cache failed on get: the server is down. The run goes on without it.']);
  });

  it('with a listener, a failed set is a CACHE error and a failed get a miss', async () => {
    const told: unknown[] = [];
    const keyv = new Keyv({ store: failing(down) });
    keyv.on('error', (error) => void told.push(error));
    const cache = keyvCache(keyv);
    expect(await cache.get('a')).toBeUndefined();
    await expect(cache.set('a', { value: 1 })).rejects.toMatchObject({ code: 'CACHE' });
    expect(told).toEqual([down, down]);
  });
});

it('a value that cannot be encoded is refused, and nothing is stored', async () => {
  const store = new Map<string, unknown>();
  await expect(keyvCache(new Keyv({ store })).set('a', { value: () => 1 })).rejects.toMatchObject({ code: 'SERIALIZE' });
  expect(store.size).toBe(0);
});

it('codecs of its own; who does not know a class has a miss, and leaves the entry', async () => {
  class Money {
    readonly amount: bigint;
    constructor(amount: bigint) {
      this.amount = amount;
    }
  }
  const codecs = new CodecRegistry();
  codecs.add({ name: 'Money', class: Money, encode: ({ amount }) => amount, decode: (amount) => new Money(z.bigint().parse(amount)) });
  const keyv = new Keyv();
  const cache = keyvCache(keyv, { codecs });
  await cache.set('a', { value: new Money(5n) });
  expect(await keyvCache(keyv).get('a')).toBeUndefined();
  expect(await cache.get('a')).toStrictEqual({ value: new Money(5n) });
});

it('disposing of it disconnects the Keyv', async () => {
  let connections = 1;
  const store = Object.assign(textStore(new Map()), { disconnect: async () => void connections-- });
  const keyv = new Keyv({ store });
  {
    await using cache = keyvCache(keyv);
    await cache.set('a', { value: 1 });
  }
  expect(connections).toBe(0);
});

it.each<[string, unknown, unknown, string]>([
  ['nothing', undefined, {}, 'expects a Keyv'],
  ['a Map', new Map(), {}, 'without getMany()'],
  ['an unknown option', new Keyv(), { ttl: 5 }, "there is no option 'ttl'"],
])('%s is refused', (_, keyv, options, text) => {
  const make = (): unknown => keyvCache(keyv as KeyvStore, options as KeyvCacheOptions);
  expect(make).toThrow(FlowError);
  expect(make).toThrow(text);
});
