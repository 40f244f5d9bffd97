/** Data that is handed on: copied and frozen all the way down once, known as such from then on, and untouched otherwise. */
import { inspect, isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { flowModel, FromContext } from '@flowmodel/core';
import { frozenCopy } from '@flowmodel/core/extending';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { replayed } from './property/replayed.ts';

const isData = (value: unknown): value is object => typeof value === 'object' && value !== null && !(value instanceof Date);

/** All containers inside a value, itself included. */
function containersIn(value: unknown): Set<object> {
  const found = new Set<object>();
  const stack = [value];
  while (stack.length > 0) {
    const one = stack.pop();
    if (!isData(one) || found.has(one)) continue;
    found.add(one);
    stack.push(...(one instanceof Map ? [...one].flat() : one instanceof Set ? one : Object.values(one)));
  }
  return found;
}

const frozenAll = (value: unknown): boolean => [...containersIn(value)].every((one) => one instanceof Map || one instanceof Set || Object.isFrozen(one));
const anyData = fc.anything({ withDate: true, withMap: true, withSet: true, withNullPrototype: true, withSparseArray: true, withObjectString: true, key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')) });

describe('a frozen copy', () => {
  test('equals what it was made from, which stays as it was, and shares no container with it', () => {
    fc.assert(
      fc.property(anyData, (data) => {
        const before = inspect(data, { depth: null });
        const copy = frozenCopy(data);
        expect(isDeepStrictEqual(copy, data)).toBe(true);
        expect(inspect(data, { depth: null })).toBe(before);
        expect(frozenAll(copy)).toBe(true);
        const own = containersIn(data);
        for (const container of containersIn(copy)) {
          expect(own.has(container)).toBe(false);
          expect(Object.keys(container)).toEqual(Reflect.ownKeys(container).filter((key) => !(Array.isArray(container) && key === 'length')));
        }
        for (const container of own) expect(Object.isFrozen(container)).toBe(false);
      }),
      { ...replayed, numRuns: 2_000 },
    );
  });

  test('is known as one, so that it is not copied again', () => {
    for (const data of [{ a: 1 }, { a: { b: [1, { c: 2 }] } }, [1, 2], [{ a: 1 }], Object.assign(Object.create(null) as object, { a: [] })]) {
      const copy = frozenCopy(data);
      expect(frozenCopy(copy)).toBe(copy);
      expect(frozenCopy({ inside: copy }).inside).toBe(copy);
      expect(frozenCopy({ inside: copy, beside: {} }).inside).toBe(copy);
    }
  });

  test('what somebody else froze is copied: it may hold what is not frozen', () => {
    const inner = { n: 1 };
    const theirs = Object.freeze({ inner, list: Object.freeze([inner]) });
    const copy = frozenCopy(theirs);
    inner.n = 2;
    expect(copy).toEqual({ inner: { n: 1 }, list: [{ n: 1 }] });
    expect(copy.inner).toBe(copy.list[0]);
    expect(frozenAll(copy)).toBe(true);
  });

  test('a copy of a copy by anybody is not taken for frozen', () => {
    const copy = frozenCopy({ a: { n: 1 }, b: 2 });
    for (const mutable of [{ ...copy }, Object.assign({}, copy), structuredClone(copy), Object.create(Object.getPrototypeOf(copy) as object, Object.getOwnPropertyDescriptors(copy)) as typeof copy]) {
      const again = frozenCopy(mutable);
      expect(again).not.toBe(mutable);
      expect(again).toEqual(copy);
    }
  });

  test('dates, Maps and Sets are copied each time: nothing freezes them', () => {
    for (const data of [new Date(5), new Map([['k', { n: 1 }]]), new Set([1])]) {
      const copy = frozenCopy(data);
      expect(copy).not.toBe(data);
      expect(copy).toEqual(data);
      expect(frozenCopy(copy)).not.toBe(copy);
      expect(Object.isFrozen(frozenCopy({ data, beside: {} }).data)).toBe(false);
    }
  });

  test('sharing and cycles are kept', () => {
    const shared = { n: 1 };
    const data: { list: unknown[]; self?: unknown; map: Map<unknown, unknown> } = { list: [shared, shared], map: new Map([[shared, shared]]) };
    data.self = data;
    const copy = frozenCopy(data);
    expect(copy.self).toBe(copy);
    expect(copy.list[0]).toBe(copy.list[1]);
    expect([...copy.map][0]).toEqual([copy.list[0], copy.list[0]]);
    expect([...copy.map.keys()][0]).toBe(copy.list[0]);
    expect(frozenAll(copy)).toBe(true);
  });
});

describe('a result', () => {
  const seed = FromContext(z.number());
  const yielding = async (make: () => unknown): Promise<unknown> => (await flowModel({ inputs: { seed } }, make)().flow.compute({ seed: 1 })).value;

  test('is frozen in place, all the way down', async () => {
    const list = [{ n: 1 }, new Map([['k', { deep: [1] }]]), new Map([[{ key: [1] }, 1]]), new Set([[2]])];
    const value = { list, again: list };
    expect(await yielding(() => value)).toBe(value);
    expect(frozenAll(value)).toBe(true);
  });

  test('also where the body had closed some of it before', async () => {
    const inner = { list: [1] };
    const sealed = Object.seal({ inner: { list: [2] } });
    const value = Object.freeze({ inner, sealed, fixed: Object.preventExtensions({ part: [3] }) });
    expect(await yielding(() => value)).toBe(value);
    expect(frozenAll(value)).toBe(true);
    expect(frozenCopy(value)).toBe(value);
  });

  test('that holds itself is frozen once and for all', async () => {
    const value: { self?: unknown; map: Map<string, unknown> } = { map: new Map() };
    value.self = value;
    value.map.set('map', value.map);
    value.map.set('part', { n: 1 });
    expect(await yielding(() => value)).toBe(value);
    expect(frozenAll(value)).toBe(true);
  });

  test('that cannot be frozen to the end is not taken for frozen from then on', async () => {
    const make = (): { readonly first: { n: number }; readonly list: { n: number }[]; readonly sealed: { part: { n: number } }; readonly map: Map<string, { n: number }>; thorn: unknown } => {
      const value = { first: { n: 1 }, list: [{ n: 1 }], sealed: Object.preventExtensions({ part: { n: 1 } }), map: new Map([['k', { n: 1 }]]), thorn: { n: 1 } as unknown };
      Object.defineProperty(value.thorn, 'sting', { enumerable: true, configurable: true, get: () => thorn() });
      return value;
    };
    let thorn = (): unknown => {
      throw new RangeError('it stings');
    };
    const value = make();
    await expect(yielding(() => value)).rejects.toThrow('it stings');
    const parts = [value, value.first, value.list, value.sealed];
    thorn = () => 'blunt';
    for (const part of parts) expect(frozenCopy(part)).not.toBe(part);
    expect(await yielding(() => value)).toBe(value);
    for (const part of parts) expect(frozenCopy(part)).toBe(part);
    expect(frozenAll(value)).toBe(true);
  });

  test('nor what only says that it is frozen', async () => {
    const stubborn = new Proxy({ inner: { n: 1 } }, { preventExtensions: () => false });
    await expect(yielding(() => stubborn)).rejects.toThrow(TypeError);
    expect(frozenCopy(stubborn)).not.toBe(stubborn);
    expect(frozenCopy(stubborn)).toEqual({ inner: { n: 1 } });
  });
});

describe('what the mark is not seen by', () => {
  const copy = frozenCopy({ a: { n: 1 }, list: [1, { b: 2 }] });

  test('comparison, printing, and clones for another thread', () => {
    expect(copy).toStrictEqual({ a: { n: 1 }, list: [1, { b: 2 }] });
    expect(inspect(copy, { showHidden: true, depth: null })).toBe(inspect(Object.freeze({ a: { n: 1 }, list: [1, { b: 2 }] }), { showHidden: true, depth: null }));
    expect(Reflect.ownKeys(copy)).toEqual(['a', 'list']);
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(copy);
    const { message: clone } = receiveMessageOnPort(port2) as { message: typeof copy };
    port1.close();
    expect(clone).toStrictEqual(copy);
    expect(frozenCopy(clone)).not.toBe(clone);
  });

  test('data of another realm', () => {
    const theirs = runInNewContext('({ a: { n: [1, 2] }, m: new Map([[{ k: 1 }, 1]]) })') as { a: { n: number[] } };
    const ours = frozenCopy(theirs);
    expect(ours).not.toBe(theirs);
    expect(Object.isFrozen(theirs)).toBe(false);
    expect([ours, ours.a, ours.a.n].every((one) => Object.isFrozen(one))).toBe(true);
    expect(Object.getPrototypeOf(ours)).toBe(Object.getPrototypeOf(theirs));
    expect(frozenCopy(ours)).toBe(ours);
  });

  test('typed arrays and instances stay what they are', () => {
    class Point {
      x = 1;
    }
    const data = { bytes: new Uint8Array([1]), point: new Point(), when: new Date(5) };
    const held = frozenCopy(data);
    expect(held.bytes).toBe(data.bytes);
    expect(held.point).toBe(data.point);
    expect(Object.isFrozen(held.point)).toBe(false);
    expect(held.when).not.toBe(data.when);
    expect(held.when).toEqual(data.when);
  });
});
