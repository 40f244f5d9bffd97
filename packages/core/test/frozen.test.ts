/** Data that is handed on: copied and frozen all the way down once, known as such from then on, and untouched otherwise. */
import { inspect, isDeepStrictEqual } from 'node:util';
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
    const list = [{ n: 1 }, new Map([['k', { deep: [1] }]]), new Set([[2]])];
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
});
