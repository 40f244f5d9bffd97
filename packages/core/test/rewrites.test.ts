// §4, how rewrites combine: patches and overrides, chaining and nesting, rewrites that do not run. Computed fields and closed contexts stand in nested-workflows.test.ts.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, flowModel, FromContext, fromField, GenericResult } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { flowError } from './flow-error.ts';

const load = flowModel({ name: 'load', inputs: { start: FromContext(z.number()), end: FromContext(z.number()) } }, ({ start, end }) => start * 1000 + end);
const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value);
const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);
const root = flowModel({ name: 'root', inputs: { x: z.number(), v: FromContext(z.number()) } }, ({ x, v }) => x * 100 + v);
const leaf = flowModel({ name: 'leaf', inputs: { v: FromContext(z.number()) } }, ({ v }) => v);
const pair = flowModel({ name: 'pair', inputs: { a: FromContext(z.number()), b: FromContext(z.number()) } }, ({ a, b }) => [a, b]);

const window = { start: FromContext(z.number()), end: FromContext(z.number()) };
const shift = contextTransform({ name: 'shift', inputs: { ...window, by: z.number() }, patches: { start: z.number(), end: z.number() } }, ({ start, end, by }) => ({ start: start + by, end: end + by }));
const bump = contextTransform({ name: 'bump', inputs: { start: FromContext(z.number()), by: z.number() } }, ({ start, by }) => start + by);
const plus = contextTransform({ name: 'plus', inputs: { value: FromContext(z.number()), by: z.number() } }, ({ value, by }) => value + by);
const plusV = contextTransform({ name: 'plusV', inputs: { v: FromContext(z.number()), by: z.number() } }, ({ v, by }) => v + by);
const fromSeed = contextTransform({ name: 'fromSeed', inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed + 1);
const fromA = contextTransform({ name: 'fromA', inputs: { a: FromContext(z.number()) } }, ({ a }) => a + 3);
/** Writes those of a and b that it is given. */
const set = contextTransform({ name: 'set', inputs: { a: z.number().optional(), b: z.number().optional() }, patches: { a: z.number(), b: z.number() } }, ({ a, b }) => ({ a, b }));
const setA = contextTransform({ name: 'setA', inputs: { to: z.number() }, patches: { a: z.number() } }, ({ to }) => ({ a: to }));

describe('within one call', () => {
  test('CC-WITH-13 patches apply left to right, then overrides: an override beats a patch', () => {
    const wrapper = load().flow.withContext(shift({ by: 10 }), { start: 100 });
    expect(wrapper.flow.computeSync({ start: 1, end: 2 }).value).toBe(100_012);
  });

  test('CC-WITH-14 every transform reads the original context: shift 10 and bump 100 on (1, 2)', () => {
    const wrapper = load().flow.withContext(shift({ by: 10 }), { start: bump({ by: 100 }) });
    expect(wrapper.flow.computeSync({ start: 1, end: 2 }).value).toBe(101_012);
  });

  test('CC-WITH-15 of two patches that write the same fields the later one wins, and nothing adds up', () => {
    const days = flowModel({ inputs: { startDate: FromContext(z.date()), endDate: FromContext(z.date()) } }, ({ startDate, endDate }) => [startDate, endDate]);
    const later = (date: Date, by: number): Date => new Date(date.getTime() + by * 86_400_000);
    const move = contextTransform(
      { inputs: { startDate: FromContext(z.date()), endDate: FromContext(z.date()), days: z.number() }, patches: { startDate: z.date(), endDate: z.date() } },
      ({ startDate, endDate, days }) => ({ startDate: later(startDate, days), endDate: later(endDate, days) }),
    );
    const january = { startDate: new Date('2024-01-08'), endDate: new Date('2024-01-31') };
    const expected = [new Date('2024-01-05'), new Date('2024-01-28')];
    expect(days().flow.withContext(move({ days: -7 }), move({ days: -3 })).flow.computeSync(january).value).toEqual(expected);
    expect(days().flow.withContext(move({ days: -7 })).flow.withContext(move({ days: -3 })).flow.computeSync(january).value).toEqual(expected);
  });

  test('CC-WITH-29 reading the original context makes swapping work', () => {
    const sides = flowModel({ inputs: { x: FromContext(z.number()), y: FromContext(z.number()) } }, ({ x, y }) => x * 10 + y);
    const swapped = sides().flow.withContext({ x: fromField('y', z.number()), y: fromField('x', z.number()) });
    expect(swapped.flow.computeSync({ x: 1, y: 2 }).value).toBe(21);
    const fromY = contextTransform({ inputs: { y: FromContext(z.number()) } }, ({ y }) => y + 1);
    const fromX = contextTransform({ inputs: { x: FromContext(z.number()) } }, ({ x }) => x + 10);
    const sum = flowModel({ inputs: { x: FromContext(z.number()), y: FromContext(z.number()) } }, ({ x, y }) => x + y);
    expect(sum().flow.withContext({ x: fromY() }).flow.withContext({ y: fromX() }).flow.computeSync({ x: 1, y: 2 }).value).toBe(14);
  });
});

describe('a patch may leave fields out', () => {
  test('a field that it leaves out keeps its incoming value', () => {
    expect(pair().flow.withContext(set({ a: 5 })).flow.computeSync({ a: 1, b: 2 }).value).toEqual([5, 2]);
    expect(pair().flow.withContext(set({})).flow.computeSync({ a: 1, b: 2 }).value).toEqual([1, 2]);
  });

  test('a later patch that leaves a field out lets an earlier rewrite of it stand', () => {
    expect(pair().flow.withContext(set({ a: 5, b: 6 }), set({ b: 7 })).flow.computeSync({}).value).toEqual([5, 7]);
    expect(pair().flow.withContext({ a: 5 }).flow.withContext(set({ b: 7 })).flow.computeSync({}).value).toEqual([5, 7]);
  });

  test('what it leaves out is still needed, if nothing else supplies it', () => {
    const wrapper = pair().flow.withContext(set({ a: 5 }));
    expect(() => wrapper.flow.computeSync({})).toThrow(flowError('MISSING_CONTEXT', 'b: number'));
    expect(() => wrapper.flow.computeSync({})).not.toThrow(flowError('MISSING_CONTEXT', 'a: number'));
  });

  test('null in a patch is a value', () => {
    const clear = contextTransform({ inputs: {}, patches: { v: z.number().nullable() } }, () => ({ v: null }));
    const nullable = flowModel({ inputs: { v: FromContext(z.number().nullable()) } }, ({ v }) => String(v));
    expect(nullable().flow.withContext(clear()).flow.computeSync({ v: 1 }).value).toBe('null');
  });
});

describe('chained calls', () => {
  test('CC-WITH-16 chaining flattens: +2 then +10 on 5 gives 15', () => {
    const wrapper = source().flow.withContext({ value: plus({ by: 2 }) }).flow.withContext({ value: plus({ by: 10 }) });
    expect(wrapper.flow.computeSync({ value: 5 }).value).toBe(15);
  });

  test('CC-WITH-16 chained rewrites of different fields both hold', () => {
    const wrapper = pair().flow.withContext({ a: 10 }).flow.withContext({ b: fromA() });
    expect(wrapper.flow.computeSync({ a: 1 }).value).toEqual([10, 4]);
  });

  test('CC-WITH-17 the order of chained calls counts: a later patch beats an earlier override, and the other way round', () => {
    expect(pair().flow.withContext({ a: 1 }).flow.withContext(setA({ to: 2 })).flow.computeSync({ b: 0 }).value).toEqual([2, 0]);
    expect(pair().flow.withContext(setA({ to: 2 })).flow.withContext({ a: 1 }).flow.computeSync({ b: 0 }).value).toEqual([1, 0]);
  });

  test('CC-WITH-21 what a patch writes is not what a later field transform reads', () => {
    const wrapper = pair().flow.withContext(setA({ to: 2 })).flow.withContext({ b: fromA() });
    expect(wrapper.flow.computeSync({ a: 10 }).value).toEqual([2, 13]);
  });

  test('the first wrapper stays what it was', () => {
    const first = source().flow.withContext({ value: 1 });
    first.flow.withContext({ value: 2 });
    expect(first.flow.computeSync({}).value).toBe(1);
  });
});

describe('nested wrappers', () => {
  test('CC-WITH-22 the original context of an inner wrapper is what the outer one made', () => {
    const wrapper = root({ x: leaf().flow.withContext({ v: plusV({ by: 10 }) }) }).flow.withContext({ v: 3 });
    expect(wrapper.flow.computeSync({ v: 9 }).value).toBe(1303);
  });

  test('CC-WITH-23 nesting through another model composes: +2 inside +10 on 5 gives 17', () => {
    const inner = source().flow.withContext({ value: plus({ by: 2 }) });
    const outer = relay({ x: inner }).flow.withContext({ value: plus({ by: 10 }) });
    expect(outer.flow.computeSync({ value: 5 }).value).toBe(17);
  });

  test('an inner literal shields its branch from an outer rewrite of the same field', () => {
    const graph = root({ x: leaf().flow.withContext({ v: 1 }) }).flow.withContext({ v: 2 });
    expect(graph.flow.computeSync({}).value).toBe(102);
  });

  test('the inputs of an inner transform are fields that an outer wrapper may rewrite', () => {
    const inner = source().flow.withContext({ value: fromSeed() });
    expect(relay({ x: inner }).flow.withContext({ seed: 6 }).flow.computeSync({}).value).toBe(7);
  });

  test('10,000 nested wrappers compose', () => {
    let model: CallableModel<number> = source();
    for (let i = 0; i < 10_000; i++) model = relay({ x: model }).flow.withContext({ value: plus({ by: 1 }) });
    expect(model.flow.computeSync({ value: 0 })).toEqual(new GenericResult(10_000));
  });
});

describe('rewrites that a later override covers do not run and need nothing', () => {
  const counted = () => {
    const runs: string[] = [];
    const field = contextTransform({ inputs: { seed: FromContext(z.number()) } }, ({ seed }) => {
      runs.push('field');
      return seed;
    });
    const patch = contextTransform({ inputs: { seed: FromContext(z.number()) }, patches: { a: z.number(), b: z.number() } }, ({ seed }) => {
      runs.push('patch');
      return { a: seed, b: seed };
    });
    return { runs, field, patch };
  };

  test('CC-WITH-18 a field transform under a later override, chained', () => {
    const { runs, field } = counted();
    const wrapper = source().flow.withContext({ value: field() }).flow.withContext({ value: 1 });
    expect(wrapper.flow.computeSync({} as never).value).toBe(1);
    expect(runs).toEqual([]);
  });

  test('a patch all of whose fields are overridden, by its own call or by chained ones', () => {
    const { runs, patch } = counted();
    expect(pair().flow.withContext(patch(), { a: 1, b: 2 }).flow.computeSync({} as never).value).toEqual([1, 2]);
    expect(pair().flow.withContext(patch()).flow.withContext({ a: 1 }).flow.withContext({ b: 2 }).flow.computeSync({} as never).value).toEqual([1, 2]);
    expect(runs).toEqual([]);
  });

  test('a patch with a field left over runs, and needs what it reads', () => {
    const { runs, patch } = counted();
    const wrapper = pair().flow.withContext(patch(), { a: 1 });
    expect(() => wrapper.flow.computeSync({} as never)).toThrow(flowError('MISSING_CONTEXT', 'seed: number'));
    expect(wrapper.flow.computeSync({ seed: 5 }).value).toEqual([1, 5]);
    expect(runs).toEqual(['patch']);
  });

  test('a later patch does not kill an earlier rewrite, since it may leave the field out', () => {
    const { runs, field } = counted();
    const wrapper = pair().flow.withContext({ a: field(), b: 0 }).flow.withContext(setA({ to: 2 }));
    expect(wrapper.flow.computeSync({ seed: 5 }).value).toEqual([2, 0]);
    expect(runs).toEqual(['field']);
    expect(() => wrapper.flow.computeSync({} as never)).toThrow(flowError('MISSING_CONTEXT', 'seed: number'));
  });

  test('an override that is undefined covers nothing', () => {
    const wrapper = source().flow.withContext({ value: fromSeed() }).flow.withContext({ value: undefined });
    expect(wrapper.flow.computeSync({ seed: 5 }).value).toBe(6);
  });
});

describe('the inputs of transforms', () => {
  test('CC-WITH-27 a transform may read fields that the wrapped model does not declare; they become inputs of the wrapper', () => {
    const wrapper = source().flow.withContext({ value: fromSeed() });
    expect(wrapper.flow.computeSync({ seed: 1 }).value).toBe(2);
    expect(wrapper.flow.computeSync({ seed: 1, value: 50 }).value).toBe(2);
  });

  test('CC-WITH-28 a missing one is MISSING_CONTEXT, and names the field, its type and who needs it', () => {
    const wrapper = relay({ x: source().flow.withContext({ value: fromSeed() }) });
    expect(() => wrapper.flow.computeSync({ value: 1 } as never)).toThrow(flowError('MISSING_CONTEXT', 'seed: number', 'relay.x'));
  });

  test('CC-WITH-26 a result that a reader rejects is INVALID_CONTEXT, before any body runs', () => {
    const ran: string[] = [];
    const first = flowModel({ inputs: {} }, () => ran.push('first'));
    const second = flowModel({ name: 'second', inputs: { x: z.number(), v: FromContext(z.number()) } }, ({ v }) => ran.push(`second ${v}`));
    const text = contextTransform({ inputs: {} }, () => 'zz');
    const wrapper = second({ x: first() }).flow.withContext({ v: text() as never });
    expect(() => wrapper.flow.computeSync({} as never)).toThrow(flowError('INVALID_CONTEXT', 'v: number', '"zz"', 'second'));
    expect(ran).toEqual([]);
  });

  test('CC-WITH-26 each reader parses the result by its own schema', () => {
    const iso = contextTransform({ inputs: {} }, () => '2024-05-01');
    const year = flowModel({ inputs: { day: FromContext(z.coerce.date()) } }, ({ day }) => day.getUTCFullYear());
    const both = flowModel({ inputs: { x: z.number(), day: FromContext(z.string()) } }, ({ x, day }) => `${x} ${day.length}`);
    expect(both({ x: year() }).flow.withContext({ day: iso() as never }).flow.computeSync({} as never).value).toBe('2024 10');
  });
});

describe('fromField', () => {
  test('reads another field: a renaming for one branch', async () => {
    const sum = flowModel({ inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => left * 100 + right);
    const graph = sum({ left: source().flow.withContext({ value: fromField('temperature', z.number()) }), right: source() });
    expect((await graph.flow.compute({ temperature: 21, value: 5 })).value).toBe(2105);
  });

  test('the field that it reads is needed, and checked by its schema', () => {
    const wrapper = source().flow.withContext({ value: fromField('temperature', z.number().max(50)) });
    expect(() => wrapper.flow.computeSync({ value: 1 } as never)).toThrow(flowError('MISSING_CONTEXT', 'temperature: number'));
    expect(() => wrapper.flow.computeSync({ temperature: 99 })).toThrow(flowError('INVALID_CONTEXT', 'temperature: number', '99'));
  });

  test('a default of its schema stands in', () => {
    const wrapper = source().flow.withContext({ value: fromField('temperature', z.number().default(20)) });
    expect(wrapper.flow.computeSync({} as never).value).toBe(20);
  });

  test('is a field transform: positionally it is WITH_CONTEXT', () => {
    expect(() => source().flow.withContext(fromField('temperature', z.number()) as never)).toThrow(flowError('WITH_CONTEXT', 'by field name'));
  });
});

describe('one model in many contexts', () => {
  /** A model that each of 40 wrappers puts into one of 20 contexts, and that stands in the runtime context too, first or last. */
  const graphOf = (seen: number[], isBareFirst: boolean, wrap: (model: CallableModel<number>, to: number) => unknown) => {
    const counted = flowModel({ inputs: { value: FromContext(z.number()), other: FromContext(z.number().default(0)) } }, ({ value, other }) => {
      seen.push(value);
      return value * 1000 + other;
    });
    const sum = flowModel({ inputs: { all: Dependency(z.array(z.number())) } }, ({ all }) => all);
    const model = counted();
    const wrapped = Array.from({ length: 40 }, (_, i) => wrap(model as never, i % 20));
    return sum({ all: (isBareFirst ? [model, ...wrapped] : [...wrapped, model]) as never });
  };
  const expected = Array.from({ length: 40 }, (_, i) => (i % 20) * 1000 + 7);

  test.each([true, false])('literals: one evaluation per context, that of the run among them (bare model first: %s)', (isBareFirst) => {
    const seen: number[] = [];
    const graph = graphOf(seen, isBareFirst, (model, value) => model.flow.withContext({ value } as never));
    const all = graph.flow.computeSync({ value: 50, other: 7 } as never).value;
    expect(all).toEqual(isBareFirst ? [50_007, ...expected] : [...expected, 50_007]);
    expect(seen.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 20 }, (_, i) => i), 50]);
  });

  test.each([true, false])('transforms: one evaluation per context (bare model first: %s)', (isBareFirst) => {
    const seen: number[] = [];
    const graph = graphOf(seen, isBareFirst, (model, by) => model.flow.withContext({ value: plus({ by: by + 1 }) } as never));
    graph.flow.computeSync({ value: 50, other: 7 } as never);
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => 50 + i));
  });
});
