// §3: FlowContext, the immutable bag of context fields.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FlowContext, flowModel, FromContext, modelClass } from '@flowmodel/core';
import { flowError, thrownBy } from './flow-error.ts';

const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value);

describe('fields', () => {
  test('CC-FCTX-01 any named fields, read by name', () => {
    const context = new FlowContext({ month: 1, label: 'x', nothing: null });
    expect(context.get('month')).toBe(1);
    expect(context.get('label')).toBe('x');
    expect(context.get('nothing')).toBeNull();
    expect(context.get('absent')).toBeUndefined();
    expect([context.has('month'), context.has('nothing'), context.has('absent')]).toEqual([true, true, false]);
  });

  test('CC-FCTX-01 toObject gives them as a plain object of its own', () => {
    const context = new FlowContext({ month: 1, year: 2024 });
    expect(context.toObject()).toEqual({ month: 1, year: 2024 });
    expect(Object.entries(context.toObject())).toEqual([['month', 1], ['year', 2024]]);
    const copy = context.toObject();
    copy.month = 2;
    expect(context.get('month')).toBe(1);
  });

  test('undefined is not given', () => {
    const context = new FlowContext({ month: undefined, year: 2024 });
    expect(context.has('month')).toBe(false);
    expect(context.toObject()).toEqual({ year: 2024 });
    expect(Object.keys(context.toObject())).toEqual(['year']);
    expect(context.equals(new FlowContext({ year: 2024 }))).toBe(true);
  });

  test('names of methods and of the prototype are fields like any others', () => {
    const context = new FlowContext({ get: 1, constructor: 2, toString: 3, hasOwnProperty: 4 });
    expect(['get', 'constructor', 'toString', 'hasOwnProperty'].map((name) => context.get(name))).toEqual([1, 2, 3, 4]);
    expect(new FlowContext({}).has('toString')).toBe(false);
    expect(new FlowContext({}).get('constructor')).toBeUndefined();
  });

  test('a field named __proto__ is data', () => {
    const context = new FlowContext(JSON.parse('{ "__proto__": { "polluted": true }, "a": 1 }') as object);
    expect(context.has('__proto__')).toBe(true);
    expect(context.has('polluted')).toBe(false);
    expect('polluted' in context.toObject()).toBe(false);
    expect(context.equals(new FlowContext({ a: 1 }))).toBe(false);
  });

  test('a context is made from another one, and from an instance of a class', () => {
    class Visit {
      readonly a = 1;
      readonly b = 2;
    }
    expect(new FlowContext(new FlowContext({ a: 1 })).toObject()).toEqual({ a: 1 });
    expect(new FlowContext(new Visit()).toObject()).toEqual({ a: 1, b: 2 });
  });

  test.each([[5], ['a=1'], [null], [undefined], [[1, 2]], [new Map([['a', 1]])], [new Set(['a'])], [new Date(0)], [new Uint8Array(1)], [() => ({ a: 1 })]])(
    'CC-FCTX-09, CC-FCTX-10 there is no shorthand, and nothing is looked up: %o is INVALID_CONTEXT',
    (value) => {
      expect(() => new FlowContext(value as never)).toThrow(flowError('INVALID_CONTEXT', 'plain object'));
    },
  );

  test('a model is no context', () => {
    expect(() => new FlowContext(source())).toThrow(flowError('INVALID_CONTEXT', 'source'));
    expect(() => source().flow.computeSync(source() as never)).toThrow(flowError('INVALID_CONTEXT', 'source'));
  });
});

describe('immutability', () => {
  test('CC-FCTX-02 nothing can be assigned, nor changed deep inside', () => {
    const context = new FlowContext({ month: 1, rows: [{ n: 1 }], options: { deep: { list: [1] } } });
    expect(() => {
      (context as unknown as { month: number }).month = 2;
    }).toThrow(TypeError);
    expect(() => context.get('rows').push({ n: 2 })).toThrow(TypeError);
    expect(() => {
      context.get('options').deep.list[0] = 2;
    }).toThrow(TypeError);
  });

  test("CC-FCTX-08 the caller's own data is copied: neither frozen nor seen to change", () => {
    const mine = { rows: [1], day: new Date('2024-01-01') };
    const context = new FlowContext(mine);
    mine.rows.push(2);
    mine.day.setUTCFullYear(1999);
    expect(context.get('rows')).toEqual([1]);
    expect(context.get('day').getUTCFullYear()).toBe(2024);
    expect(Object.isFrozen(mine)).toBe(false);
    expect(Object.isFrozen(mine.rows)).toBe(false);
  });

  test('CC-FCTX-08 the same holds for a plain context while a run is under way', async () => {
    const first = flowModel({ inputs: {} }, async () => {
      await Promise.resolve();
      return 0;
    });
    const rows = flowModel({ inputs: { x: z.number(), rows: FromContext(z.array(z.number())) } }, ({ x, rows }) => rows.length + x);
    const mine = { rows: [1] };
    const running = rows({ x: first() }).flow.compute(mine);
    mine.rows.push(2);
    mine.rows = [];
    expect((await running).value).toBe(1);
    expect(Object.isFrozen(mine)).toBe(false);
  });

  test('with gives a new context, and undefined removes', () => {
    const january = new FlowContext({ month: 1, year: 2024 });
    const february = january.with({ month: 2 });
    expect(february.toObject()).toEqual({ month: 2, year: 2024 });
    expect(january.get('month')).toBe(1);
    expect(january.with({ day: 5 }).toObject()).toEqual({ month: 1, year: 2024, day: 5 });
    expect(january.with({ year: undefined }).has('year')).toBe(false);
    expect(january.with({ month: null }).get('month')).toBeNull();
  });

  test('update changes a draft, deep inside too', () => {
    const before = new FlowContext({ window: { days: 7 }, tags: ['a'] });
    const after = before.update((draft) => {
      draft.window.days = 30;
      draft.tags.push('b');
    });
    expect(after.toObject()).toEqual({ window: { days: 30 }, tags: ['a', 'b'] });
    expect(before.toObject()).toEqual({ window: { days: 7 }, tags: ['a'] });
  });

  test('update that sets a date, wherever it stands, leaves the original as it was', () => {
    const context = new FlowContext({ start: new Date(1), window: { ends: [new Date(2)], marks: new Map([['mid', new Date(3)]]) }, label: { text: 'x' } });
    const changed = context.update((draft) => {
      draft.start.setTime(10);
      draft.window.ends[0]!.setTime(20);
      draft.window.marks.get('mid')!.setTime(30);
    });
    expect(changed.toObject()).toEqual({ start: new Date(10), window: { ends: [new Date(20)], marks: new Map([['mid', new Date(30)]]) }, label: { text: 'x' } });
    expect(context.toObject()).toEqual({ start: new Date(1), window: { ends: [new Date(2)], marks: new Map([['mid', new Date(3)]]) }, label: { text: 'x' } });
    expect(changed.get('label')).toBe(context.get('label'));
  });

  test('a date that it hands out is the reader’s own', () => {
    const context = new FlowContext({ start: new Date(1) });
    context.get('start').setTime(2);
    context.toObject().start.setTime(3);
    expect(context.get('start')).toEqual(new Date(1));
  });

  test('update may delete a field; what the recipe returns does not matter', () => {
    const before = new FlowContext<{ a: number; b?: number }>({ a: 1, b: 2 });
    expect(before.update((draft) => delete draft.b).toObject()).toEqual({ a: 1 });
    expect(before.update((draft) => void (draft.a = 5)).toObject()).toEqual({ a: 5, b: 2 });
  });
});

describe('equality is by content', () => {
  const same = (a: unknown, b: unknown): boolean => new FlowContext({ v: a }).equals(new FlowContext({ v: b }));

  test('CC-FCTX-03 the order of fields does not count', () => {
    expect(new FlowContext({ a: 1, b: 2 }).equals(new FlowContext({ b: 2, a: 1 }))).toBe(true);
    expect(new FlowContext({ a: 1 }).equals(new FlowContext({ a: 1, b: 2 }))).toBe(false);
    expect(new FlowContext({ a: 1 }).equals(new FlowContext({ b: 1 }))).toBe(false);
    const three = [new FlowContext({ a: 1, b: [1] }), new FlowContext({ b: [1], a: 1 }), new FlowContext({ a: 2 })];
    expect(three.filter((context, i) => three.findIndex((other) => other.equals(context)) === i)).toHaveLength(2);
  });

  test.each([
    ['lists', [1, [2]], [1, [2]], [[2], 1]],
    ['objects', { a: { b: 1 } }, { a: { b: 1 } }, { a: { b: 2 } }],
    ['dates', new Date(5), new Date(5), new Date(6)],
    ['sets, in any order', new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1]), new Set([1, { a: 2 }])],
    ['maps, in their order', new Map([['a', 1], ['b', 2]]), new Map([['a', 1], ['b', 2]]), new Map([['b', 2], ['a', 1]])],
    ['objects with the keys in another order', { a: 1, b: 2 }, { b: 2, a: 1 }, { a: 2, b: 1 }],
    ['an undefined field and none', { a: 1, b: undefined }, { a: 1, b: undefined }, { a: 1, c: undefined }],
  ])('CC-FCTX-03 %s', (_what, value, equal, different) => {
    expect(same(value, equal)).toBe(true);
    expect(same(value, different)).toBe(false);
  });

  test.each([[Number.NaN, Number.NaN, true], [0, -0, false], [1, 1n, false], [1, '1', false], [null, 0, false], ['é', 'e\u0301', false]])('primitives as by Object.is: %o and %o', (a, b, equal) => {
    expect(same(a, b)).toBe(equal);
  });

  test('CC-FCTX-04 containers of different kinds are never equal', () => {
    const kinds = [[1], { 0: 1 }, new Set([1]), new Map([[0, 1]]), new Uint8Array([1]), '1'];
    expect(kinds.flatMap((a, i) => kinds.filter((b, k) => i !== k && same(a, b)))).toEqual([]);
  });

  test.each([
    ['list', [1], [1, 2]],
    ['object', { a: 1 }, { a: 1, b: 2 }],
    ['set', new Set([1]), new Set([1, 2])],
    ['map', new Map([['a', 1]]), new Map([['a', 1], ['b', 2]])],
  ])('a part of a %s is not equal to the whole', (_what, part, whole) => {
    expect([same(part, whole), same(whole, part)]).toEqual([false, false]);
  });

  test('CC-FCTX-05 values that have no content to compare are equal by identity, and computing with them works', () => {
    class Client {
      readonly url = 'x';
    }
    const client = new Client();
    expect(same(client, client)).toBe(true);
    expect(same(client, new Client())).toBe(false);
    const f = () => 1;
    expect(same(f, f)).toBe(true);
    expect(same(f, () => 1)).toBe(false);
    const url = flowModel({ inputs: { client: FromContext(z.instanceof(Client)) } }, ({ client }) => client.url);
    expect(url().flow.computeSync(new FlowContext({ client })).value).toBe('x');
  });

  test('CC-FCTX-06 a plain object is never equal', () => {
    expect(new FlowContext({ a: 1 }).equals({ a: 1 })).toBe(false);
    expect(new FlowContext({}).equals(undefined)).toBe(false);
    expect(new FlowContext({}).equals(null)).toBe(false);
  });

  test('data that holds itself can be compared', () => {
    const loop = (): object => {
      const object: { self?: object; n: number } = { n: 1 };
      object.self = object;
      return object;
    };
    expect(same(loop(), loop())).toBe(true);
    expect(same(loop(), { n: 1, self: { n: 1, self: {} } })).toBe(false);
  });

  test('so can Sets that hold themselves, alone and among others, and deep ones', () => {
    const loop = (...more: readonly unknown[]): Set<unknown> => {
      const set = new Set<unknown>(more);
      return set.add(set);
    };
    expect(same(loop(), loop())).toBe(true);
    expect(same(loop({ n: 1 }, { n: 2 }), loop({ n: 2 }, { n: 1 }))).toBe(true);
    expect(same(loop({ n: 1 }, { n: 2 }), loop({ n: 2 }, { n: 3 }))).toBe(false);
    const deep = (bottom: number): Set<unknown> => {
      let set = new Set<unknown>([bottom]);
      for (let i = 0; i < 20_000; i++) set = new Set([set]);
      return set;
    };
    expect(same(deep(1), deep(1))).toBe(true);
    expect(same(deep(1), deep(2))).toBe(false);
  });

  test('a very deep value can be held and compared', () => {
    const deep = (bottom: number): object => {
      let value: object = { bottom };
      for (let i = 0; i < 100_000; i++) value = { value };
      return value;
    };
    const context = new FlowContext({ v: deep(1) });
    expect(context.equals(new FlowContext({ v: deep(1) }))).toBe(true);
    expect(context.equals(new FlowContext({ v: deep(2) }))).toBe(false);
  });
});

describe('as the argument of compute', () => {
  const add = flowModel({ name: 'add', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
  const readsA = flowModel({ name: 'readsA', inputs: { a: FromContext(z.number()) } }, ({ a }) => a * 10);

  test('it computes as a plain object does', async () => {
    expect((await add({ a: 1 }).flow.compute(new FlowContext({ b: 2, extra: 'ambient' }))).value).toBe(3);
    expect(() => add({ a: 1 }).flow.computeSync(new FlowContext({ c: 2 }) as never)).toThrow(flowError('MISSING_CONTEXT', 'b: number'));
  });

  test('its fields are ambient only: a name may be regular at the root and contextual upstream', () => {
    const combine = flowModel({ name: 'combine', inputs: { a: z.number(), left: z.number() } }, ({ a, left }) => a + left);
    const graph = combine({ a: 100, left: readsA() });
    expect(graph.flow.computeSync(new FlowContext({ a: 7 })).value).toBe(170);
    expect(() => graph.flow.computeSync({ a: 7 } as never)).toThrow(flowError('REGULAR_OVERRIDE', "'a'", 'FlowContext'));
  });

  test('it never fills an unbound regular input', () => {
    expect(() => add().flow.computeSync(new FlowContext({ a: 1, b: 2 }) as never)).toThrow(flowError('UNBOUND_INPUT', 'a: number'));
  });

  test('CC-FCTX-11 a model that reads no context takes any', () => {
    class Constant extends modelClass({ output: z.number() }) {
      call(context: object): number {
        return Object.keys(context).length;
      }
    }
    expect(new Constant().flow.computeSync(new FlowContext({ a: 1, b: 2 })).value).toBe(0);
    expect(new Constant().flow.computeSync({ a: 1 }).value).toBe(0);
    expect(new Constant().flow.computeSync().value).toBe(0);
  });

  test('an error in it does not change it', () => {
    const context = new FlowContext({ b: 'two' });
    const error = thrownBy(() => add({ a: 1 }).flow.computeSync(context as never));
    expect(error).toEqual(flowError('INVALID_CONTEXT', 'b: number', '"two"'));
    expect(context.toObject()).toEqual({ b: 'two' });
  });
});

test('it prints its fields on one line, cut short where they are many', () => {
  expect(inspect(new FlowContext({ month: 1, label: 'x' }))).toBe('FlowContext { month: 1, label: "x" }');
  const long = inspect(new FlowContext(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`field${i}`, i]))));
  expect(long).not.toContain('\n');
  expect(long.length).toBeLessThan(150);
});

test('a recipe works on containers as they were, beside a date too: the length of an array, and objects without a prototype', () => {
  const bare = Object.assign(Object.create(null) as { n: number }, { n: 1 });
  const list = [new Date(0)];
  list.length = 3;
  const updated = new FlowContext({ data: { list, bare } }).update((draft) => {
    draft.data.list[0]!.setTime(5);
  });
  const { data } = updated.toObject();
  expect([data.list[0]!.getTime(), data.list.length, Object.getPrototypeOf(data.bare)]).toEqual([5, 3, null]);
  expect(list[0]!.getTime()).toBe(0);
});
