// What values are in keys (api.md §6, "Content-hash cache"): which are equal, which differ, and which are refused.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual, types } from 'node:util';
import { runInNewContext } from 'node:vm';
import { produce } from 'immer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultHasher, flowModel, FlowResult, GenericResult, registerCodec } from '@flowmodel/core';
import type { Hasher } from '@flowmodel/core';
import { nativeSha256, pureSha256 } from '../src/cache/sha256.ts'; // not chosen by name: the runtime decides
import { valueKey } from '../src/cache/value-key.ts'; // keys of models are made of these
import { refusal } from './refusal.ts';

const key = (value: unknown, hasher: Hasher = defaultHasher): string => valueKey(value, hasher, () => "load, context field 'range'");

/** Counts what it is asked. */
function counting(): Hasher & { calls: number } {
  return {
    name: 'counting',
    calls: 0,
    text(text) {
      return defaultHasher.text(text);
    },
    value(value) {
      this.calls++;
      return defaultHasher.value(value);
    },
  };
}

class Money {
  readonly #amount: number;
  constructor(amount: number) {
    this.#amount = amount;
  }
  toJSON(): unknown {
    return { amount: this.#amount };
  }
}
class Euros extends Money {}

/** The same value, in every way that JavaScript has to hold it a second time. */
const copied = (value: unknown): unknown => structuredClone(value);

describe('values that differ have different keys', () => {
  const different: [string, unknown, unknown][] = [
    ['-0 and 0', -0, 0],
    ['NaN and null', Number.NaN, null],
    ['null and undefined', null, undefined],
    ['a field that is undefined and a missing one', { a: undefined }, {}],
    ['a field that is null and one that is undefined', { a: null }, { a: undefined }],
    ["1 and '1'", 1, '1'],
    ['1 and 1n', 1, 1n],
    ['1 and true', 1, true],
    ["1n and '1'", 1n, '1'],
    ["true and 'true'", true, 'true'],
    ['0 and false', 0, false],
    ["'' and undefined", '', undefined],
    ["null and 'null'", null, 'null'],
    ['Infinity and -Infinity', Infinity, -Infinity],
    ['neighbouring numbers', 0.1 + 0.2, 0.3],
    ['a number and what it is rounded to as a bigint', 2 ** 53, 2n ** 53n + 1n],
    ['a date and its ISO string', new Date(0), new Date(0).toISOString()],
    ['a date and its number', new Date(5), 5],
    ['dates a millisecond apart', new Date(5), new Date(6)],
    ['an invalid date and NaN', new Date(Number.NaN), Number.NaN],
    ['an invalid date and null', new Date(Number.NaN), null],
    ['Maps in another order', new Map([['a', 1], ['b', 2]]), new Map([['b', 2], ['a', 1]])],
    ['a Map and an object', new Map([['a', 1]]), { a: 1 }],
    ['a Map and its entries', new Map([['a', 1]]), [['a', 1]]],
    ['a Map of numbers and one of strings', new Map([[1, 'a']]), new Map([['1', 'a']])],
    ['an empty Map and an empty Set', new Map(), new Set()],
    ['a Set and an array', new Set([1, 2]), [1, 2]],
    ['a Set that holds a twin', new Set([{ a: 1 }, { a: 1 }]), new Set([{ a: 1 }])],
    ['arrays in another order', [1, 2], [2, 1]],
    ['an array and an object with indices', ['a'], { 0: 'a' }],
    ['an empty array and an empty object', [], {}],
    ['a nested array and a flat one', [[1], 2], [1, [2]]],
    ['a hole and undefined', [1, , 3], [1, undefined, 3]], // oxlint-disable-line no-sparse-arrays -- meant
    ['holes at the end', Array(1), Array(2)],
    ['a typed array and an array', new Uint8Array([1, 2]), [1, 2]],
    ['typed arrays of different types', new Uint8Array([1, 2]), new Int8Array([1, 2])],
    ['a clamped one and a plain one', new Uint8Array([1]), new Uint8ClampedArray([1])],
    ['typed arrays with the same bytes', new Uint8Array([1, 0]), new Uint16Array([1])],
    ['a typed array and its buffer', new Uint8Array([1]), new Uint8Array([1]).buffer],
    ['a typed array and a DataView of it', new Uint8Array([1]), new DataView(new Uint8Array([1]).buffer)],
    ['a Buffer and a Uint8Array', Buffer.from([1, 2]), new Uint8Array([1, 2])],
    ['-0 and 0 in a typed array', new Float64Array([-0]), new Float64Array([0])],
    ['regular expressions with other flags', /a/g, /a/],
    ['a regular expression and its text', /a/, '/a/'],
    ['a URL and its text', new URL('http://a.b/'), 'http://a.b/'],
    ['URLs that differ behind the hash', new URL('http://a.b/#1'), new URL('http://a.b/#2')],
    ['strings that look like a list', ['a,b'], ['a', 'b']],
    ['strings that hold a separator', ['a;', 'b'], ['a', ';b']],
    ['strings that look like the text of another value', 'n1;', 1],
    ['strings that look like the text of a container', '@map', new Map()],
    ['arrays that look like a Map', ['@map'], new Map()],
    ['objects with keys that look like fields', { 'a:1,b': 2 }, { a: 1, b: 2 }],
    ...[';', ',', ':', '|', ''].map((separator): [string, unknown, unknown] => [`keys that look like fields with '${separator}' between`, { [`a${separator}n1;${separator}b`]: 2 }, { a: 1, b: 2 }]),
    ['keys that differ in case', { a: 1 }, { A: 1 }],
    ['the empty key', { '': 1 }, {}],
    ["an own '__proto__'", JSON.parse('{ "__proto__": 1 }'), {}],
    ["other values of '__proto__'", JSON.parse('{ "__proto__": 1 }'), JSON.parse('{ "__proto__": 2 }')],
    ['strings that Unicode holds equivalent', 'é', 'e\u0301'],
    ['lone surrogates', '\uD800', '\uD801'],
    ['a lone surrogate and the replacement character', '\uD800', '\uFFFD'],
    ['a lone surrogate and how it is written out', '\uD800', '\uFFFDd800'],
    ['lone surrogates in long strings', `${'x'.repeat(100)}\uD800`, `${'x'.repeat(100)}\uDC00`],
    ['lone surrogates in keys', { '\uD800': 1 }, { '\uDC00': 1 }],
    ['halves that do not make a pair', '\uDC00\uD800', '\uD800\uDC00'],
    ['long strings that differ at the end', `${'x'.repeat(5_000)}a`, `${'x'.repeat(5_000)}b`],
    ['long bigints that differ at the end', 10n ** 500n, 10n ** 500n + 1n],
    ['bigints of other sign', 5n, -5n],
    ['an instance and what its toJSON() yields', new Money(5), { amount: 5 }],
    ['instances of other content', new Money(5), new Money(6)],
    ['instances of other classes', new Money(5), new Euros(5)],
    ['a date and one of a subclass', new Date(5), new (class Moment extends Date {})(5)],
    ['a result and the value in it', new GenericResult(5), 5],
    ['a result and an object like it', new GenericResult(5), { value: 5 }],
    ['an object that says by toJSON() what it is, and that', { toJSON: () => 5 }, 5],
  ];
  it.each(different)('CC-KEY-26 %s', (_, a, b) => {
    expect(key(a)).not.toBe(key(b));
    expect(key([a])).not.toBe(key([b]));
    expect(key({ a })).not.toBe(key({ a: b }));
    expect(key(new Map([[a, b]]))).not.toBe(key(new Map([[b, a]])));
  });

  it('no two of all of these share a key', () => {
    const keys = new Map<string, unknown>();
    for (const value of different.flatMap(([, a, b]) => [a, b])) {
      const known = keys.get(key(value));
      if (known !== undefined) expect(value).toEqual(known); // named twice above
      keys.set(key(value), value);
    }
    expect(keys.size).toBeGreaterThan(100);
  });
});

describe('values that are equal have the same key', () => {
  it.each<[string, unknown, unknown]>([
    ['NaN is itself', Number.NaN, Number('x')],
    ['1 is 1.0', 1, Number('1.0')],
    ['invalid dates', new Date(Number.NaN), new Date('no date')],
    ['a date is its instant, whatever the zone it was written in', new Date('2024-01-01T01:00:00+01:00'), new Date('2024-01-01T00:00:00Z')],
    ['the order of keys', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    ['the order of keys that are numbers and others', { b: 1, 1: 2 }, { 1: 2, b: 1 }],
    ['the order of a Set', new Set([1, 'a', { b: 2 }]), new Set([{ b: 2 }, 'a', 1])],
    ['objects without a prototype are plain', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['an object inside is one wherever it comes from', { a: runInNewContext('({ b: [1] })') }, { a: { b: [1] } }],
    ['frozen or not', Object.freeze({ a: Object.freeze([1]) }), { a: [1] }],
    ['sealed or not', Object.seal({ a: 1 }), { a: 1 }],
    ['a getter is what it yields', { get a() { return 1; } }, { a: 1 }],
    ['a proxy is what it shows', new Proxy({ a: 1 }, {}), { a: 1 }],
    ['what cannot be enumerated does not count', Object.defineProperty({ a: 1 }, 'hidden', { value: 2 }), { a: 1 }],
    ['the place of a typed array in its buffer', new Uint8Array([0, 1, 2, 0]).subarray(1, 3), new Uint8Array([1, 2])],
    ['the place of a Buffer in its pool', Buffer.from('hello'), Buffer.concat([Buffer.from('hel'), Buffer.from('lo')])],
    ['where a search by a regular expression stands', Object.assign(/a/g, { lastIndex: 3 }), /a/g],
    ['flags in another order', new RegExp('a', 'gi'), new RegExp('a', 'ig')],
    ['URLs that are written differently', new URL('HTTP://a.b:80/./c'), new URL('http://a.b/c')],
    ['instances of equal content', new Money(5), new Money(5)],
    ['results of equal content', new GenericResult({ a: [1] }), new GenericResult({ a: [1] })],
    ['strings however they were put together', ['ab', 'c'].join(''), 'abc'],
  ])('CC-KEY-26 %s', (_, a, b) => {
    expect(key(a)).toBe(key(b));
    expect(key([a])).toBe(key([b]));
    expect(key({ deep: { a } })).toBe(key({ deep: { a: b } }));
  });

  it('what comes with the language is recognised across realms', () => {
    const foreign = runInNewContext('[new Date(5), new Map([["a", 1]]), new Set([1]), /x/g, new Uint8Array([1, 2]), new ArrayBuffer(2)]') as unknown[];
    expect(foreign.map((value) => key(value))).toEqual([new Date(5), new Map([['a', 1]]), new Set([1]), /x/g, new Uint8Array([1, 2]), new ArrayBuffer(2)].map((value) => key(value)));
    expect(types.isDate(foreign[0]) && !(foreign[0] instanceof Date)).toBe(true);
  });

  it('nor does the size of what is inside make values equal that are not, or unequal that are', () => {
    const keys = new Set<string>();
    for (let length = 0; length < 400; length++) {
      const text = 'x'.repeat(length % 60);
      const make = (): unknown[] => [{ list: Array.from({ length: Math.floor(length / 60) }, () => text), text }];
      for (const value of [make(), make()[0], [make()], [[make()]]]) {
        expect(key(value)).toBe(key(structuredClone(value)));
        keys.add(key(value));
      }
    }
    expect(keys.size).toBe(4 * 400);
  });

  it('sharing inside a value changes nothing', () => {
    const shared = { rows: [{ a: 1 }] };
    expect(key({ left: shared, right: shared, list: [shared, shared.rows] })).toBe(key({ left: { rows: [{ a: 1 }] }, right: { rows: [{ a: 1 }] }, list: [{ rows: [{ a: 1 }] }, [{ a: 1 }]] }));
  });

  it('copies have the key of their originals', () => {
    const plain = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: true, withNullPrototype: false });
    fc.assert(fc.property(plain, (value) => { expect(key(copied(value))).toBe(key(value)); }), { seed: 4, numRuns: 500 });
  });

  it('two values share a key exactly when they are deeply and strictly equal', () => {
    const small = fc.anything({ withBigInt: true, withDate: true, withSet: true, withTypedArray: true, withSparseArray: true, maxDepth: 2, maxKeys: 2 });
    const pair = fc.oneof(fc.tuple(small, small), small.map((value) => [value, copied(value)] as const));
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(key(a) === key(b)).toBe(isDeepStrictEqual(a, b));
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

describe('what is refused is named by its path', () => {
  const cycle: Record<string, unknown> = { rows: [{}] };
  (cycle['rows'] as Record<string, unknown>[])[0]!['up'] = cycle;
  const selfContained = new Map<string, unknown>();
  selfContained.set('me', selfContained);
  class Endless {
    toJSON(): unknown {
      return [new Endless()];
    }
  }
  class Opaque {
    readonly n = 1;
  }
  class Rows extends Array<number> {}
  class Lookup extends Map<string, number> {}
  class Quote extends FlowResult {
    readonly bid = 1;
  }
  const model = flowModel({ inputs: {} }, () => 1)();
  const detached = new Uint8Array(4);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();

  it.each<[string, unknown, string, string]>([
    ['a function', { items: [1, 2, 3, { fn: () => 1 }] }, 'at items[3].fn: a function (fn) cannot enter a key', 'Pass plain data'],
    ['a method', { start() {} }, 'at start: a function (start)', 'Pass plain data'],
    ['a class', [Opaque], 'at [0]: a function (Opaque)', 'Pass plain data'],
    ['a symbol', { a: Symbol('s') }, 'at a: a symbol', 'string'],
    ['a registered symbol', { a: Symbol.for('s') }, 'at a: a symbol', 'string'],
    ['a symbol for a key', { a: { [Symbol('s')]: 1 } }, 'at a: an object with a symbol for a key', 'Use strings'],
    ['a cycle', cycle, 'at rows[0].up: it holds itself', 'by a name'],
    ['a cycle through a Map', selfContained, 'at get("me"): it holds itself', 'by a name'],
    ['an instance of a class', { a: new Opaque() }, 'at a: an instance of Opaque', 'toJSON()'],
    ['an instance of a class without a name', [new (class {})()], 'at [0]: an instance of a class without a name', 'toJSON()'],
    ['a result of a class of its own', { a: new Quote() }, 'at a: an instance of Quote', 'toJSON()'],
    ['a subclass of Array', [Rows.of(1)], 'at [0]: an instance of Rows', 'toJSON()'],
    ['a subclass of Map', [new Lookup()], 'at [0]: an instance of Lookup', 'toJSON()'],
    ['a subclass of a typed array', [new (class Samples extends Float32Array {})(1)], 'at [0]: an instance of Samples', 'toJSON()'],
    ['an error', { cause: new TypeError('x') }, 'at cause: an instance of TypeError', 'plain data'],
    ['a boxed number', [Object(5)], 'at [0]: an instance of Number', 'plain data'],
    ['a promise', { later: Promise.resolve(1) }, 'at later: an instance of Promise', 'plain data'],
    ['a WeakMap', [new WeakMap()], 'at [0]: an instance of WeakMap', 'plain data'],
    ['a generator', [(function* () { yield 1; })()], 'at [0]: an instance of', 'plain data'],
    ['a model', { a: { b: model } }, 'at a.b: a model inside a value', 'Dependency(…)'],
    ['a property of an array', { m: 'abc'.match(/b/) }, "at m: an array with a property of its own ('groups')", 'an object that holds both'],
    ['what is in a Map', new Map([['a', { b: () => 1 }]]), 'at get("a").b: a function', 'plain data'],
    ['a key of a Map', new Map([[{ k: () => 1 }, 1]]), 'at keys()[0].k: a function', 'plain data'],
    ['what is in a Map under an object', new Map([[{}, () => 1]]), 'at values()[0]: a function', 'plain data'],
    ['what is in a Set', new Set([1, () => 1]), 'at values()[1]: a function', 'plain data'],
    ['what toJSON() yields', { a: { toJSON: () => ({ b: Symbol('s') }) } }, 'at a.toJSON().b: a symbol', 'string'],
    ['a toJSON() without end', new Endless(), 'yields new instances without end', 'plain data'],
    ['a key that is no name', { 'a b': [() => 1] }, 'at ["a b"][0]: a function', 'plain data'],
    ['a detached buffer', { bytes: detached }, 'at bytes: reading it failed', 'detached'],
    ['a revoked proxy', { proxy }, 'at proxy: reading it failed', 'revoked'],
    ['a lookalike of a date', { when: Object.create(Date.prototype) as unknown }, 'at when: reading it failed', ''],
  ])('CC-KEY-27 %s', (_, value, where, advice) => {
    const error = refusal(() => key(value));
    expect(error.code).toBe('UNHASHABLE');
    expect(error.message).toContain("load, context field 'range'");
    expect(error.message).toContain(where);
    expect(error.message).toContain(advice);
  });

  it.each([['a function', () => 1], ['a symbol', Symbol('s')], ['an instance', new Opaque()], ['a model', model]])('%s as the value itself is named without a path', (_, value) => {
    expect(refusal(() => key(value)).message).toMatch(/^load, context field 'range': /);
  });

  it('says that cacheable: false keeps a model out of caches', () => {
    expect(refusal(() => key([() => 1])).message).toContain('cacheable: false');
  });

  it('says where in the value, for programs', () => {
    expect(refusal(() => key({ items: [{ fn: () => 1 }] })).details).toMatchObject({ at: "load, context field 'range'", valuePath: 'items[0].fn' });
  });

  it('what a getter, toJSON() or a proxy throws is the cause', () => {
    const cause = new Error('no');
    const fail = (): never => {
      throw cause;
    };
    for (const value of [{ a: { get b() { return fail(); } } }, { a: { toJSON: fail } }, { a: new Proxy({}, { ownKeys: fail }) }, { a: [Object.defineProperty([0], 0, { get: fail, enumerable: true })] }]) {
      const error = refusal(() => key(value));
      expect(error).toMatchObject({ code: 'UNHASHABLE', cause });
      expect(error.message).toMatch(/at a(\[0\]\[0\])?: reading it failed: no/);
    }
  });

  it('the message is asked for only when there is one', () => {
    const at = (): string => {
      throw new Error('asked');
    };
    expect(valueKey({ a: [1, new Date()] }, defaultHasher, at)).toMatch(/^#/);
  });
});

describe('instances say what they are by a codec', () => {
  it('a codec that is registered comes before toJSON(), by its own name', () => {
    class Point {
      readonly x: number;
      constructor(x: number) {
        this.x = x;
      }
    }
    expect(refusal(() => key([new Point(1)])).message).toContain('register a codec');
    registerCodec({ name: 'Point of value-keys', class: Point, encode: ({ x }) => x, decode: (x) => new Point(Number(x)) });
    expect(key(new Point(1))).toBe(key(new Point(1)));
    expect(key(new Point(1))).not.toBe(key(new Point(2)));
    expect(key(new Point(1))).not.toBe(key(1));
  });
});

describe('the text of a key', () => {
  it('primitives and dates are written out, without hashing', () => {
    const never: Hasher = {
      name: 'never',
      text: () => expect.unreachable('hashed'),
      value: () => expect.unreachable('hashed'),
    };
    const values = [1, -0, 1.5, 'library', '', true, null, undefined, 7n, new Date(5), 'x'.repeat(64)];
    expect(new Set(values.map((value) => key(value, never))).size).toBe(values.length);
  });

  it('longer strings are hashed, so that a text stays short', () => {
    expect(key('x'.repeat(1_000_000)).length).toBeLessThan(100);
    expect(key({ a: 'x'.repeat(1_000_000) }).length).toBeLessThan(100);
    expect(key(10n ** 1_000n).length).toBeLessThan(100);
  });

  it('texts tell where they end: put one after another they stay unambiguous', () => {
    const primitive = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.bigInt(), fc.boolean(), fc.constant(null), fc.constant(undefined), fc.date({ noInvalidDate: false }));
    const joined = (values: readonly unknown[]): string => values.map((value) => key(value)).join('');
    fc.assert(
      fc.property(fc.array(primitive, { maxLength: 4 }), fc.array(primitive, { maxLength: 4 }), (a, b) => {
        expect(joined(a) === joined(b)).toBe(key(a) === key(b));
      }),
      { seed: 4, numRuns: 300 },
    );
    // What stands around a string's own characters, around two strings, is the text of no string.
    const two = joined(['a', 'b']);
    const [before, after] = key('?').split('?').map(({ length }) => length) as [number, number];
    for (let from = 0; from <= before; from++) expect(key(two.slice(from, two.length - after))).not.toBe(two);
  });

  it('no text that is made or hashed has lone surrogates, which hashers of bytes would confuse', () => {
    const texts: string[] = [];
    const noting: Hasher = { name: 'noting', text: (text) => (texts.push(text), 'T'), value: (value) => (texts.push(...(value as string[])), 'V') };
    const halves = ['\uD800', `\uDC00${'x'.repeat(100)}`];
    for (const half of halves) texts.push(key(half, noting), key({ [half]: half }, noting), key(new Map([[half, [half]]]), noting), key(Array.from({ length: 100 }, () => ({ [half]: half })), noting));
    expect(texts.length).toBeGreaterThan(10);
    expect(texts.filter((text) => Buffer.from(text, 'utf8').toString('utf8') !== text)).toEqual([]);
  });

  it('CC-KEY-32 the default hash is SHA-256 in hexadecimal, the same in every process', () => {
    expect(defaultHasher.text('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'); // FIPS 180-4
    expect(key({ a: [1, 'b', null], c: new Map([[1n, new Set(['x'])]]) })).toMatch(/^#[0-9a-f]{64};$/);
  });

  it('SHA-256 in JavaScript and the runtime’s own yield the same, for whatever text', () => {
    const native = nativeSha256()!;
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => { expect(pureSha256(text)).toBe(native(text)); }), { seed: 4 });
    for (const text of ['', 'é', '\u{1F600}', '\uD800', 'a\uDC00b', '\uFFFD', 'x'.repeat(100_000)]) expect(pureSha256(text)).toBe(native(text));
    expect(native('é\u{1F600}')).toBe(createHash('sha256').update('é\u{1F600}', 'utf8').digest('hex'));
    expect(new Set(['\uD800', '\uDC00', '\uFFFD', '\uFFFDd800', '\uFFFD='].map(pureSha256)).size).toBe(5);
  });
});

describe('the hasher', () => {
  it('receives a container as an array of texts, in which large ones stand by their hash', () => {
    const received: unknown[] = [];
    const hasher: Hasher = { name: 'own', text: () => 'T', value: (value) => `V${received.push(value)}` };
    const large = Array.from({ length: 100 }, (_, i) => i);
    expect(key({ list: [1, { deep: true }], large: [large], name: 'x' }, hasher)).toMatch(/^#V\d;$/);
    for (const parts of received) {
      expect(Array.isArray(parts)).toBe(true);
      expect((parts as unknown[]).every((part) => typeof part === 'string')).toBe(true);
    }
    expect(received[0]).toHaveLength(100);
    expect(JSON.stringify(received.slice(1))).toContain('#V1;');
  });

  it('that only knows JSON tells the same values apart', () => {
    const json: Hasher = { name: 'json', text: (text) => defaultHasher.text(text), value: (value) => defaultHasher.text(JSON.stringify(value)) };
    expect(key({ b: 1, a: [undefined, -0] }, json)).toBe(key({ a: [undefined, -0], b: 1 }, json));
    expect(key([undefined], json)).not.toBe(key([null], json));
    expect(key(new Map([[1, 2]]), json)).not.toBe(key(new Set([1, 2]), json));
  });

  it('is asked at most once for each container, however often it is shared', () => {
    const hasher = counting();
    let value: unknown = [1];
    for (let i = 0; i < 500; i++) value = { left: value, right: value }; // 2^500 paths
    expect(key(value, hasher)).toMatch(/^#/);
    expect(hasher.calls).toBeLessThanOrEqual(501);
  });

  it('is asked once for a table of small rows', () => {
    const hasher = counting();
    key(Array.from({ length: 1_000 }, (_, id) => ({ id, name: `row ${id}`, tags: ['a', 'b'] })), hasher);
    expect(hasher.calls).toBe(1);
  });

  it.each([['small', 1], ['large', 100]])('hashes each %s frozen value once ever', (_, length) => {
    const hasher = counting();
    const value = Object.freeze(Array.from({ length }, (__, i) => Object.freeze({ i })));
    const first = key(value, hasher);
    expect(hasher.calls).toBe(1);
    expect(key(value, hasher)).toBe(first);
    expect(hasher.calls).toBe(1);
  });

  it('does not hash a frozen value again inside another one, nor walk it', () => {
    let walked = 0;
    const rows = Object.freeze(Array.from({ length: 100 }, (_, i) => Object.freeze(new Proxy(Object.freeze({ i }), { ownKeys: (row) => (walked++, Reflect.ownKeys(row)) }))));
    const hasher = counting();
    key(rows, hasher);
    const before = walked;
    expect(before).toBeGreaterThan(0);
    key({ rows }, hasher);
    key(Object.freeze([rows, rows[0]]), hasher);
    expect(walked).toBe(before);
    expect(hasher.calls).toBe(3);
  });

  it('the key does not depend on what is remembered', () => {
    for (const length of [1, 100]) {
      const make = (): readonly object[] => Object.freeze(Array.from({ length }, (_, i) => Object.freeze({ i })));
      const [within, alone] = [make(), make()];
      const wrapped = key({ a: within });
      expect(key(within)).toBe(key(alone));
      expect(key({ a: alone })).toBe(wrapped);
      expect(key({ a: make() })).toBe(wrapped);
      expect(key(within[0])).toBe(key({ i: 0 }));
    }
  });

  it('has no part in what another one remembers', () => {
    const [a, b] = [counting(), counting()];
    const value = Object.freeze([1]);
    key(value, a);
    key(value, b);
    expect([a.calls, b.calls]).toEqual([1, 1]);
  });

  it.each<[string, () => { value: object; change: () => void }]>([
    ['an object', () => { const value = { a: 1 }; return { value, change: () => void (value.a = 2) }; }],
    ['an object inside a frozen one', () => { const inner = { a: 1 }; return { value: Object.freeze([inner]), change: () => void (inner.a = 2) }; }],
    ['a shared object inside a frozen one', () => { const inner = { a: 1 }; return { value: Object.freeze([Object.freeze([inner]), inner]), change: () => void (inner.a = 2) }; }],
    ['a large object met before, inside a frozen one', () => { const inner = Array.from({ length: 100 }, () => 1); const value = Object.freeze([inner]); key([inner, value]); return { value, change: () => void (inner[0] = 2) }; }],
    ['a date in a frozen object', () => { const at = new Date(1); return { value: Object.freeze({ at }), change: () => void at.setTime(2) }; }],
    ['a frozen date', () => { const at = Object.freeze(new Date(1)); return { value: Object.freeze([at]), change: () => void at.setTime(2) }; }],
    ['a frozen Map', () => { const map = Object.freeze(new Map([[1, 1]])); return { value: Object.freeze([map]), change: () => void map.set(1, 2) }; }],
    ['a frozen Set', () => { const set = Object.freeze(new Set([1])); return { value: Object.freeze([set]), change: () => void set.add(2) }; }],
    ['a typed array', () => { const bytes = new Uint8Array([1]); return { value: Object.freeze([bytes]), change: () => void (bytes[0] = 2) }; }],
    ['a frozen instance', () => { let n = 1; const value = Object.freeze(new (class Counter { toJSON() { return n; } })()); return { value: Object.freeze([value]), change: () => void (n = 2) }; }],
    ['a frozen object with toJSON()', () => { let n = 1; return { value: Object.freeze({ toJSON: () => n }), change: () => void (n = 2) }; }],
    ['a frozen object with a getter', () => { let n = 1; return { value: Object.freeze({ get n() { return n; } }), change: () => void (n = 2) }; }],
    ['a frozen array with a getter', () => { let n = 1; return { value: Object.freeze(Object.defineProperty([0], 0, { get: () => n, enumerable: true })), change: () => void (n = 2) }; }],
  ])('forgets what can still change: %s', (_, make) => {
    const { value, change } = make();
    const before = key(value);
    expect(key(value)).toBe(before);
    change();
    expect(key(value)).not.toBe(before);
  });
});

describe('size is no obstacle', () => {
  it('100,000 levels', () => {
    let value: unknown = 1;
    let longer: unknown = 2;
    for (let i = 0; i < 100_000; i++) [value, longer] = [i % 2 === 0 ? [value] : { value }, i % 2 === 0 ? [longer] : { value: longer }];
    expect(key(value)).not.toBe(key(longer));
  });

  it('a refusal at the bottom of 10,000 levels has a message that can be read', () => {
    let value: unknown = { fn: () => 1 };
    for (let i = 0; i < 10_000; i++) value = { a: value };
    const { message } = refusal(() => key(value));
    expect(message).toContain('a.a.fn: a function (fn)');
    expect(message.length).toBeLessThan(1_000);
  });

  it('a chain of 10,000 instances with toJSON()', () => {
    class Link {
      readonly next: Link | undefined;
      constructor(next: Link | undefined) {
        this.next = next;
      }
      toJSON(): unknown {
        return { next: this.next };
      }
    }
    let chain: Link | undefined;
    for (let i = 0; i < 9_000; i++) chain = new Link(chain);
    expect(key(chain)).not.toBe(key(chain!.next));
  });

  it('20,000 instances with toJSON() beside each other', () => {
    const coins = Array.from({ length: 20_000 }, (_, i) => new Money(i));
    expect(key(coins)).toBe(key([...coins]));
    expect(key(coins)).not.toBe(key(coins.toReversed()));
  });

  it('200,000 rows, and one of them changed', () => {
    const rows = Array.from({ length: 200_000 }, (_, id) => ({ id, name: `row ${id}` }));
    const before = key(rows);
    rows[199_999]!.name = 'changed';
    expect(key(rows)).not.toBe(before);
  });

  it('ten megabytes of bytes', () => {
    const bytes = new Uint8Array(10_000_000);
    const before = key(bytes);
    bytes[9_999_999] = 1;
    expect(key(bytes)).not.toBe(before);
  });

  it('a draft is what it shows, at the time', () => {
    const keys: string[] = [];
    produce({ a: 1 }, (draft) => {
      keys.push(key(draft));
      draft.a = 2;
      keys.push(key(draft));
    });
    expect(keys).toEqual([key({ a: 1 }), key({ a: 2 })]);
  });
});
