// Contract §9: rich values as plain JSON data and back, exactly; what is no data, or not as it should be, is told.
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecRegistry, decodeValue, encodeValue, flowModel, FlowError, FlowResult, GenericResult, registerCodec } from '@flowmodel/core';
import type { CodecOptions, Json } from '@flowmodel/core';
import { replayed } from './property/replayed.ts';
import { refusal } from './refusal.ts';

/** Through text, as documents and stores do it. */
const carried = (value: unknown, options?: CodecOptions): unknown => decodeValue(JSON.parse(JSON.stringify(encodeValue(value, options))), options);
const undecodable = (data: unknown, options?: CodecOptions): FlowError => {
  const error = refusal(() => decodeValue(data, options));
  expect(error.code).toBe('DESERIALIZE');
  return error;
};
const unencodable = (value: unknown, options?: CodecOptions): FlowError => {
  const error = refusal(() => encodeValue(value, options));
  expect(error.code).toBe('SERIALIZE');
  return error;
};

describe('what travels', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a number', 1.5],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['-0', -0],
    ['a BigInt', 2n ** 70n],
    ['a negative BigInt', -5n],
    ['a date', new Date('2024-02-29T12:00:00.123Z')],
    ['a date before Christ', new Date(-1e14)],
    ['an invalid date', new Date(Number.NaN)],
    ['a URL', new URL('https://example.org:8080/a b?q=ü#x')],
    ['a regular expression', /a\/(?<name>b)[/]/giu],
    ['an empty regular expression', new RegExp('')],
    ['an empty array', []],
    ['an empty object', {}],
    ['a Map with keys of all kinds', new Map<unknown, unknown>([[{ a: 1 }, 1], [Number.NaN, new Map([[new Date(0), new Set([1])]])], [undefined, undefined]])],
    ['a Set', new Set<unknown>([1, '1', 1n, null, undefined, [1]])],
    ['an undefined field', { a: undefined, b: [undefined] }],
    ['a string with a lone surrogate', 'a\ud800b\udc00'],
    ['a key with a lone surrogate', { '\ud800': '\udfff' }],
    ['a GenericResult', new GenericResult({ when: new Date(0) })],
    ['an ArrayBuffer', new Uint8Array([0, 127, 128, 255]).buffer],
    ['a DataView', new DataView(new Uint8Array([1, 2, 3]).buffer)],
    ['a Buffer', Buffer.from('grüße')],
  ])('%s', (_, value) => {
    const copy = carried(value);
    expect(copy).toStrictEqual(value);
    expect(Object.is(copy, value) || typeof value === 'object').toBe(true);
  });

  it.each([Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array])('typed arrays: %o', (Class) => {
    const value = Class.from([0, 1, 2, 200, 65_535]);
    const copy = carried(value);
    expect(copy).toStrictEqual(value);
    expect((copy as Uint8Array).constructor).toBe(Class);
  });

  it('typed arrays of BigInts, and NaN and -0 in arrays of floats', () => {
    for (const value of [BigInt64Array.from([-1n, 2n ** 62n]), BigUint64Array.from([2n ** 64n - 1n]), Float64Array.from([Number.NaN, -0, Infinity])]) expect(carried(value)).toStrictEqual(value);
  });

  it('elements are written with the low byte first', () => {
    expect(encodeValue(Uint16Array.of(1, 256))).toEqual({ $Uint16Array: btoa('\u0001\u0000\u0000\u0001') });
  });

  it('a view of a part of a buffer travels alone', () => {
    const { buffer } = Uint8Array.from([1, 2, 3, 4, 5]);
    const copy = carried(new Uint8Array(buffer, 1, 3)) as Uint8Array;
    expect([...copy]).toEqual([2, 3, 4]);
    expect(copy.buffer.byteLength).toBe(3);
  });

  it('large binary data', () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256);
    expect(Buffer.compare(carried(bytes) as Uint8Array, bytes)).toBe(0);
  });

  // oxlint-disable no-sparse-arrays
  it.each<[string, unknown[]]>([
    ['in front', [, 1]],
    ['in the middle', [1, , , { a: 2 }]],
    ['at the end', [1, ,]],
    ['nothing else', new Array(7)],
  ])('holes of arrays stay holes: %s', (_, value) => {
    const copy = carried(value) as unknown[];
    expect(copy).toHaveLength(value.length);
    expect(Object.keys(copy)).toEqual(Object.keys(value));
    expect(copy).toStrictEqual(value);
  });
  // oxlint-enable no-sparse-arrays

  it('objects without a prototype come back without one', () => {
    const value = Object.assign(Object.create(null) as Record<string, unknown>, { a: 1, $b: { c: 2 } });
    const copy = carried(value) as object;
    expect(Object.getPrototypeOf(copy)).toBeNull();
    expect({ ...copy }).toEqual({ a: 1, $b: { c: 2 } });
    expect(Object.getPrototypeOf(carried(Object.create(null)))).toBeNull();
  });

  it('the order of fields is kept', () => {
    expect(Object.keys(carried({ b: 1, a: 2, $c: 3 }) as object)).toEqual(['b', 'a', '$c']);
  });

  it('what is plain JSON is written as it is', () => {
    const value = { text: 'a', list: [1, 2.5, true, null, { deep: [] }] };
    expect(encodeValue(value)).toEqual(value);
  });

  it('the encoded form is readable', () => {
    const value = { at: new Date(0), n: 5n, by: new Map([['a', -0]]), seen: new Set([1]), none: undefined, where: new URL('https://example.org/'), re: /a/g };
    expect(encodeValue(value)).toEqual({
      at: { $date: '1970-01-01T00:00:00.000Z' },
      n: { $bigint: '5' },
      by: { $map: [['a', { $number: '-0' }]] },
      seen: { $set: [1] },
      none: { $undefined: true },
      where: { $url: 'https://example.org/' },
      re: { $regexp: ['a', 'g'] },
    });
  });
});

describe('names that mean something', () => {
  it.each(['$date', '$$date', '$', '$ref', '$node', '$class', '$hole', '$bare', '$__proto__', '$undefined'])('a plain object with the field %s is no tag', (key) => {
    for (const value of [{ [key]: true }, { [key]: [{ [key]: 'x' }], other: 1 }]) expect(carried(value)).toStrictEqual(value);
  });

  it('fields named like what objects inherit stay fields of their own', () => {
    const value = JSON.parse('{ "__proto__": { "polluted": true }, "constructor": { "prototype": { "polluted": true } }, "toString": 1, "hasOwnProperty": null }') as object;
    const copy = carried(value) as Record<string, unknown>;
    expect(Object.keys(copy)).toEqual(Object.keys(value));
    expect(Object.getOwnPropertyDescriptor(copy, '__proto__')?.value).toEqual({ polluted: true });
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('errors', () => {
  it.each([new Error('a'), new TypeError('b'), new RangeError('c'), new SyntaxError('d'), new ReferenceError('e'), new EvalError('f'), new URIError('g')])('travel with message and cause, without their stacks: %o', (error) => {
    error.cause = new Error('deeper', { cause: { when: new Date(0) } });
    const copy = carried(error) as Error;
    expect(copy).toBeInstanceOf(error.constructor);
    expect(copy).not.toBe(error);
    expect(copy.message).toBe(error.message);
    expect((copy.cause as Error).message).toBe('deeper');
    expect((copy.cause as Error).cause).toEqual({ when: new Date(0) });
    expect(copy.stack).toBe(`${error.name}: ${error.message}`);
  });

  it('keep their own fields', () => {
    const copy = carried(Object.assign(new Error('no such file'), { code: 'ENOENT', errno: -2 })) as Error;
    expect(Object.entries(copy)).toEqual([['code', 'ENOENT'], ['errno', -2]]);
  });

  it('an AggregateError keeps its errors', () => {
    const copy = carried(new AggregateError([new TypeError('a'), 2n], 'all failed', { cause: 'x' })) as AggregateError;
    expect(copy).toBeInstanceOf(AggregateError);
    expect(copy.errors[0]).toBeInstanceOf(TypeError);
    expect(copy.errors[1]).toBe(2n);
    expect(copy.cause).toBe('x');
  });

  it('a FlowError keeps code, details and path', () => {
    const copy = carried(new FlowError('TIMEOUT', 'too slow', { details: { ms: 5 }, path: ['a', 'b'] })) as FlowError;
    expect(copy).toBeInstanceOf(FlowError);
    expect([copy.code, copy.message, copy.details, copy.path]).toEqual(['TIMEOUT', 'too slow', { ms: 5 }, ['a', 'b']]);
  });

  it('a subclass needs a codec', () => {
    class Lost extends Error {}
    expect(unencodable(new Lost('x')).message).toContain('Lost');
  });
});

describe('codecs of classes', () => {
  class Money {
    readonly amount: bigint;
    constructor(amount: bigint) {
      this.amount = amount;
    }
  }
  class Wallet extends FlowResult {
    readonly coins: readonly Money[];
    constructor(coins: readonly Money[]) {
      super();
      this.coins = coins;
    }
  }
  const codecs = new CodecRegistry();
  codecs.add({
    name: 'Money',
    class: Money,
    encode: ({ amount }) => amount,
    decode: (amount) => {
      if (typeof amount !== 'bigint') throw new TypeError('no amount');
      return new Money(amount);
    },
  });
  codecs.add({ name: 'Wallet', class: Wallet, encode: ({ coins }) => ({ coins }), decode: (data) => new Wallet((data as Wallet).coins) });

  it('instances travel, also inside each other, and results of one’s own', () => {
    const wallet = new Wallet([new Money(1n), new Money(2n)]);
    const copy = carried({ wallet: new Map([['mine', wallet]]) }, { codecs }) as { wallet: Map<string, Wallet> };
    const mine = copy.wallet.get('mine')!;
    expect(mine).toBeInstanceOf(Wallet);
    expect(mine.coins[1]).toBeInstanceOf(Money);
    expect(mine).toEqual(wallet);
  });

  it('the name of the codec stands in the data', () => {
    expect(encodeValue(new Money(3n), { codecs })).toEqual({ $class: 'Money', data: { $bigint: '3' } });
  });

  it('the process-wide ones serve where none are given', () => {
    class Point {
      readonly x = 1;
    }
    registerCodec({ name: 'codec.test Point', class: Point, encode: () => null, decode: () => new Point() });
    expect(carried([new Point()])).toStrictEqual([new Point()]);
    expect(unencodable(new Point(), { codecs }).message).toContain('Point');
  });

  it('a class without a codec is SERIALIZE, naming place, class and what to do', () => {
    class Secret {}
    const error = unencodable({ rows: [1, { owner: new Secret() }] });
    expect(error.message).toContain('rows[1].owner');
    expect(error.message).toContain('Secret');
    expect(error.message).toContain('registerCodec');
    expect(error.details['at']).toBe('rows[1].owner');
  });

  it('a subclass is not written as its parent', () => {
    class Euro extends Money {}
    unencodable(new Euro(1n), { codecs });
    class Days extends Date {}
    unencodable(new Days());
    class List extends Array {}
    unencodable(List.from([1]));
    class Bytes extends Uint8Array {}
    unencodable(new Bytes(1));
  });

  it('a codec unknown to the reader is DESERIALIZE, naming it and the nearest', () => {
    const error = undecodable({ a: [{ $class: 'Mony', data: 1 }] }, { codecs });
    expect(error.message).toContain("Did you mean 'Money'");
    expect(error.message).toContain('a[0]');
    undecodable({ $class: '__proto__', data: 1 }, { codecs });
  });

  it('what a codec throws is the cause', () => {
    expect(undecodable({ $class: 'Money', data: 'much' }, { codecs }).cause).toBeInstanceOf(TypeError);
    const broken = new CodecRegistry();
    const thrown = new Error('no');
    broken.add({ name: 'Money', class: Money, encode: () => { throw thrown; }, decode: () => ({}) as Money });
    expect(unencodable(new Money(1n), { codecs: broken }).cause).toBe(thrown);
    expect(undecodable({ $class: 'Money', data: 1 }, { codecs: broken }).message).toContain('Money');
  });

  it('a name and a class have one codec each', () => {
    class Other {}
    const money = { name: 'Money', class: Money, encode: () => 1, decode: () => new Money(0n) };
    expect(refusal(() => codecs.add(money)).code).toBe('DUPLICATE_NAME');
    expect(refusal(() => codecs.add({ ...money, name: 'Cash' })).code).toBe('DUPLICATE_NAME');
    expect(refusal(() => codecs.add({ ...money, class: Other as unknown as typeof Money })).code).toBe('DUPLICATE_NAME');
    const own = new CodecRegistry();
    own.add(money);
    own.add({ ...money, name: 'Cash' }, { replace: true });
    expect(own.names()).toEqual(['Cash']);
    expect([own.has('Money'), own.has('Cash')]).toEqual([false, true]);
  });

  it.each<[string, object]>([
    ['no name', { name: '' }],
    ['no class', { class: {} }],
    ['an arrow function as the class', { class: () => 1 }],
    ['no encode', { encode: undefined }],
    ['no decode', { decode: 1 }],
    ['a class that needs none', { class: Date }],
    ['plain objects', { class: Object }],
  ])('%s is DEFINITION', (_, change) => {
    const codec = { name: 'x', class: Money, encode: () => 1, decode: () => new Money(0n), ...change };
    expect(refusal(() => new CodecRegistry().add(codec as never)).code).toBe('DEFINITION');
  });
});

describe('what is no data', () => {
  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a promise', Promise.resolve(1)],
    ['a WeakMap', new WeakMap()],
    ['a boxed number', Object(1)],
    ['a generator', (function* () {})()],
    ['a field named by a symbol', { [Symbol('s')]: 1 }],
    ['an array with a field', Object.assign([1], { index: 0 })],
    ['a model', flowModel({ inputs: {} }, () => 1)()],
    ['a getter that throws', { get bad() { throw new Error('no'); } }],
  ])('%s is SERIALIZE, naming the place', (_, value) => {
    expect(unencodable({ deep: [value] }).message).toContain('deep[0]');
  });

  it('what holds itself', () => {
    const list: unknown[] = [];
    list.push({ list });
    expect(unencodable(list).message).toContain('holds itself');
    const map = new Map<unknown, unknown>();
    map.set('self', [1, map]);
    expect(unencodable(map).message).toContain('holds itself');
  });

  it('what holds itself is told where it does for the first time', () => {
    const node: Record<string, unknown> = {};
    node['rows'] = [1, { up: node }];
    const error = unencodable({ top: node });
    expect(error.message).toContain('The value at top.rows[1].up: it holds itself');
    expect(error.details).toMatchObject({ at: 'top.rows[1].up' });
    const wide: { list: unknown[] } = { list: [] };
    for (let i = 0; i < 10; i++) wide.list.push(wide);
    expect(unencodable(wide, { limits: { nodes: 100 } }).message).toContain('at list[0]: it holds itself');
  });

  it('sharing is written out, and bounded', () => {
    const shared = { a: 1 };
    expect(carried([shared, shared])).toStrictEqual([{ a: 1 }, { a: 1 }]);
    let doubled: unknown = 1;
    for (let i = 0; i < 60; i++) doubled = [doubled, doubled];
    expect(unencodable(doubled, { limits: { nodes: 10_000 } }).message).toContain('10000 values');
  });
});

describe('what was not written by the codec', () => {
  it.each<[string, unknown]>([
    ['an own __proto__', JSON.parse('{ "a": { "__proto__": { "x": 1 } } }')],
    ['an unknown tag', { $dat: 1 }],
    ['two tags', { $date: null, $set: [] }],
    ['a field beside a tag', { $date: null, a: 1 }],
    ['an unknown field of an instance', { $class: 'x', data: 1, more: 2 }],
    ['an instance without data', { $class: 'x' }],
    ['a date that is none', { $date: 'yesterday' }],
    ['a date that is another', { $date: '2024-02-30T00:00:00.000Z' }],
    ['a date without its time', { $date: '2024-02-01' }],
    ['a date as a number', { $date: 0 }],
    ['a BigInt with letters', { $bigint: '0x10' }],
    ['a BigInt with a sign and no value', { $bigint: '-0' }],
    ['an empty BigInt', { $bigint: '' }],
    ['a BigInt of a million digits', { $bigint: '9'.repeat(1_000_000) }],
    ['a number that is one of JSON', { $number: '1' }],
    ['a number named like an inherited field', { $number: 'toString' }],
    ['undefined as a value', { $undefined: undefined }],
    ['undefined that is not', { $undefined: false }],
    ['a Map without pairs', { $map: [[1]] }],
    ['a Map with a key twice', { $map: [[1, 1], [1, 2]] }],
    ['a Set with a member twice', { $set: ['a', 'a'] }],
    ['a Set that is no list', { $set: {} }],
    ['a URL that is none', { $url: 'nowhere' }],
    ['a regular expression that is none', { $regexp: ['(', ''] }],
    ['a regular expression with unknown flags', { $regexp: ['a', 'gg'] }],
    ['bytes that are no base64', { $Uint8Array: 'a b' }],
    ['half an element', { $Float64Array: btoa('abc') }],
    ['bytes as a list', { $Uint8Array: [1, 2] }],
    ['a hole outside an array', { $hole: 1 }],
    ['a number of holes that is none', [{ $hole: -1 }]],
    ['half a hole', [{ $hole: 0.5 }]],
    ['no holes', [{ $hole: 0 }]],
    ['a hole with a field', [{ $hole: 1, a: 2 }]],
    ['billions of holes', [{ $hole: 4_000_000_000 }]],
    ['holes, and holes again', Array.from({ length: 10 }, () => ({ $hole: 1_000_000 }))],
    ['no prototype around a tag', { $bare: { $date: null } }],
    ['no prototype around a list', { $bare: [] }],
    ['an error without a message', { $Error: 1 }],
    ['an error with fields that are no record', { $Error: 'x', fields: 'y' }],
    ['an error with an unknown field', { $Error: 'x', stack: 'y' }],
    ['a function', [() => 1]],
    ['undefined', { a: undefined }],
    ['NaN', [Number.NaN]],
    ['a BigInt', 1n],
    ['a date object', { a: new Date() }],
    ['a Map', new Map()],
  ])('%s is DESERIALIZE', (_, data) => {
    undecodable(data);
  });

  it('names the place', () => {
    expect(undecodable({ rows: [1, { when: { $date: 'x' } }] }).message).toContain('rows[1].when');
    expect(undecodable({ by: { $map: [[1, 2], [3, { $set: 4 }]] } }).message).toContain('by[1]');
  });

  it('data that holds itself, or throws when it is read', () => {
    const list: unknown[] = [];
    list.push(list);
    undecodable(list);
    const thrown = new Error('no');
    expect(undecodable({ get bad() { throw thrown; } }).cause).toBe(thrown);
  });

  it('prototypes stay as they are', () => {
    const before = Reflect.ownKeys(Object.prototype);
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      for (const data of [`{ "${key}": { "polluted": 1 } }`, `{ "$${key}": { "polluted": 1 } }`, `{ "$bare": { "$${key}": { "polluted": 1 } } }`, `{ "$Error": "x", "fields": { "$${key}": 1 } }`]) {
        try {
          decodeValue(JSON.parse(data));
        } catch (error) {
          expect(error).toBeInstanceOf(FlowError);
        }
      }
    }
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('limits', () => {
  const nested = (levels: number): unknown => {
    let value: unknown = 1;
    for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
    return value;
  };

  it('depth, in both directions, with a way to raise it', () => {
    expect(unencodable(nested(10_000)).message).toContain('limits.depth');
    expect(undecodable(nested(10_000)).message).toContain('limits.depth');
    expect(carried(nested(500))).toEqual(nested(500));
    const limits = { depth: 20_000 };
    let inner = decodeValue(encodeValue(nested(10_000), { limits }), { limits });
    for (let i = 9999; i >= 0; i--) inner = i % 2 === 0 ? (inner as unknown[])[0] : (inner as { a: unknown }).a;
    expect(inner).toBe(1);
  });

  it('values', () => {
    const limits = { nodes: 10 };
    expect(carried(Array.from({ length: 9 }, () => 1), { limits })).toHaveLength(9);
    expect(unencodable(Array.from({ length: 10 }, () => 1), { limits }).message).toContain('limits.nodes');
    expect(undecodable(Array.from({ length: 10 }, () => 1), { limits }).message).toContain('limits.nodes');
    unencodable(new Array(2 ** 32 - 1));
  });

  it('characters', () => {
    const limits = { bytes: 10 };
    for (const value of ['12345678901', ['123456', '78901'], { '123456': '78901' }, new Uint8Array(9)]) {
      unencodable(value, { limits });
      expect(undecodable(encodeValue(value), { limits }).message).toContain('limits.bytes');
    }
    expect(carried({ '12345': '67890' }, { limits })).toEqual({ '12345': '67890' });
  });

  it('what is no limit is DEFINITION', () => {
    for (const limits of [{ deep: 1 }, { depth: -1 }, { nodes: Number.NaN }, { bytes: '1' }]) expect(refusal(() => encodeValue(1, { limits: limits as never })).code).toBe('DEFINITION');
  });
});

describe('properties', () => {
  const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true, withTypedArray: true, withSparseArray: true, withUnicodeString: true, maxDepth: 4 });
  /** Half of all names mean something. */
  const named = fc.dictionary(fc.oneof(fc.constantFrom('$date', '$$', '$class', 'data', '$ref', '__proto__', 'constructor', '$__proto__'), fc.string()), anything, { noNullPrototype: true });

  it('whatever is data comes back as it was, through text', () => {
    fc.assert(
      // vitest's own comparison takes a field named `constructor` for the class.
      fc.property(fc.oneof(anything, named), (value) => isDeepStrictEqual(carried(value), value)),
      { ...replayed, numRuns: 2000 },
    );
  });

  it('encoded data is plain JSON: text keeps it', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const data = encodeValue(value);
        expect(JSON.parse(JSON.stringify(data)) as Json).toStrictEqual(data);
      }),
      { ...replayed, numRuns: 500 },
    );
  });

  it('whatever JSON is read, it is a value or a DESERIALIZE error', () => {
    const tag = fc.constantFrom('$date', '$map', '$set', '$bigint', '$number', '$undefined', '$hole', '$bare', '$class', '$url', '$regexp', '$Error', '$Uint8Array', '$result', 'data', 'fields', 'a', '__proto__');
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.string(), fc.constantFrom('2024-01-01T00:00:00.000Z', '5', 'NaN', 'AAAA')),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.array(fc.tuple(tag, tie('json')), { maxLength: 3 }).map((entries) => JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`) as unknown),
      ),
    }));
    fc.assert(
      fc.property(json, (data) => {
        try {
          decodeValue(data);
        } catch (error) {
          expect(error).toBeInstanceOf(FlowError);
          expect((error as FlowError).code).toBe('DESERIALIZE');
        }
      }),
      { ...replayed, numRuns: 3000 },
    );
  });
});
