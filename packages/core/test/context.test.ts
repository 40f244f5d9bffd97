// Contract §3: what a contextual input receives, and which layer wins.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contextTransform, FlowContext, flowModel, FromContext, isModel } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { deferred } from './deferred.ts';
import { refusal, rejection } from './refusal.ts';

const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value * 10);
const add = flowModel({ name: 'add', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);

describe('precedence', () => {
  const layered = flowModel({ name: 'layered', inputs: { n: FromContext(z.number().default(1)) } }, ({ n }) => n);

  it('CC-PREC-01 schema default, then instance default, then runtime context, then withContext: 1, 2, 3, 4', () => {
    expect(layered().flow.computeSync().value).toBe(1);
    expect(layered({ n: 2 }).flow.computeSync().value).toBe(2);
    expect(layered({ n: 2 }).flow.computeSync({ n: 3 }).value).toBe(3);
    expect(layered({ n: 2 }).flow.withContext({ n: 4 }).flow.computeSync({ n: 3 }).value).toBe(4);
  });

  it('CC-PREC-01 a layer that is left out is passed over', () => {
    expect(layered().flow.computeSync({ n: 3 }).value).toBe(3);
    expect(layered().flow.withContext({ n: 4 }).flow.computeSync().value).toBe(4);
    expect(layered({ n: 2 }).flow.withContext({ n: 4 }).flow.computeSync().value).toBe(4);
  });

  it('CC-PREC-02 withContext beats a value that the caller passes to compute', async () => {
    expect((await add({ a: 1 }).flow.withContext({ b: 2 }).flow.compute({ b: 99 })).value).toBe(3);
  });

  it('CC-PREC-03 a contextual input bound at construction is a default: 15, then 17', async () => {
    const model = add({ a: 10, b: 5 });
    expect((await model.flow.compute()).value).toBe(15);
    expect((await model.flow.compute({ b: 7 })).value).toBe(17);
    expect(model.inputs).toEqual({ a: 10, b: 5 });
  });

  it('CC-PREC-04 an input left at its schema default stays contextual, and is not bound: 7, then 12', async () => {
    const plus = flowModel({ inputs: { a: z.number(), b: FromContext(z.number().default(5)) } }, ({ a, b }) => a + b);
    expect((await plus({ a: 2 }).flow.compute()).value).toBe(7);
    expect((await plus({ a: 2 }).flow.compute({ b: 10 })).value).toBe(12);
    expect(plus({ a: 2 }).inputs).toEqual({ a: 2 });
  });

  it('CC-PREC-05 null in the runtime context is a value, undefined is none', async () => {
    const nullable = flowModel({ inputs: { n: FromContext(z.number().nullable().default(1)) } }, ({ n }) => n);
    const model = nullable({ n: 2 });
    expect((await model.flow.compute({ n: null })).value).toBeNull();
    expect((await model.flow.compute({ n: undefined })).value).toBe(2);
    expect((await nullable().flow.compute({ n: undefined })).value).toBe(1);
    expect((await model.flow.compute(new FlowContext({ n: undefined }))).value).toBe(2);
  });

  it('CC-PREC-05 null where the schema takes none is INVALID_CONTEXT, and not the default', () => {
    expect(refusal(() => layered({ n: 2 }).flow.computeSync({ n: null as never })).code).toBe('INVALID_CONTEXT');
  });

  it('CC-PREC-06 a field that no layer gives is MISSING_CONTEXT, naming model, field and type', async () => {
    const three = flowModel({ name: 'three', inputs: { z: FromContext(z.date()), a: FromContext(z.array(z.string())), k: FromContext(z.number().default(1)) } }, ({ k }) => k);
    const error = await rejection((three() as CallableModel).flow.compute());
    expect(error.code).toBe('MISSING_CONTEXT');
    for (const part of ['three', 'z: Date', 'a: string[]', 'withContext']) expect(error.message).toContain(part);
    expect(error.message).not.toContain('k: number');
  });

  it('CC-PREC-07 an instance default belongs to one instance', () => {
    const sum = flowModel({ inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => left + right);
    const model = sum({ left: source({ value: 1 }), right: source({ value: 2 }) });
    expect(model.flow.computeSync().value).toBe(30);
    expect(model.flow.computeSync({ value: 5 }).value).toBe(100);
  });

  it('CC-PREC-07, CC-CTX-08 instance and schema defaults do not reach upstream models', () => {
    const leaf = flowModel({ name: 'leaf', inputs: { v: FromContext(z.number()) } }, ({ v }) => v);
    const root = flowModel({ name: 'root', inputs: { x: z.number(), v: FromContext(z.number().default(9)) } }, ({ x, v }) => x + v);
    for (const model of [root({ x: leaf(), v: 5 }), root({ x: leaf() })]) {
      const error = refusal(() => (model as CallableModel).flow.computeSync());
      expect(error.code).toBe('MISSING_CONTEXT');
      expect(error.message).toContain('root.x');
    }
    expect(root({ x: leaf(), v: 5 }).flow.computeSync({ v: 1 }).value).toBe(2);
  });

  it('CC-CTX-08 nor transforms: they read the context that enters the wrapper', () => {
    const shift = contextTransform({ name: 'shift', inputs: { value: FromContext(z.number()) } }, ({ value }) => value + 1);
    const wrapped = source({ value: 4 }).flow.withContext({ value: shift() });
    expect(refusal(() => (wrapped as CallableModel).flow.computeSync()).code).toBe('MISSING_CONTEXT');
    expect(wrapped.flow.computeSync({ value: 7 }).value).toBe(80);
  });
});

describe('values from the context', () => {
  it.each([
    ['BIND', 'an instance default', () => add({ b: 'zz' as never })],
    ['INVALID_CONTEXT', 'the runtime context', () => add({ a: 1 }).flow.computeSync({ b: 'zz' as never })],
    ['INVALID_CONTEXT', 'the runtime context in a FlowContext', () => (add({ a: 1 }) as CallableModel).flow.computeSync(new FlowContext({ b: 'zz' }))],
    ['WITH_CONTEXT', 'withContext', () => add({ a: 1 }).flow.withContext({ b: 'zz' as never })],
  ])('CC-CTX-01 every layer is checked, and the code tells which: %s for %s', (code, _, act) => {
    const error = refusal(act);
    expect(error.code).toBe(code);
    for (const part of ['add', "'b'", 'number', '"zz"']) expect(error.message).toContain(part);
  });

  it('CC-CTX-01 every layer is parsed with the input’s schema, once', () => {
    const half = flowModel({ inputs: { n: FromContext(z.string().transform((text) => text.length)) } }, ({ n }) => n);
    const fallback = flowModel({ inputs: { n: FromContext(z.string().transform((text) => text.length).prefault('abc')) } }, ({ n }) => n);
    expect(half({ n: 'ab' }).flow.computeSync().value).toBe(2);
    expect(half().flow.computeSync({ n: 'abcd' }).value).toBe(4);
    expect(half().flow.withContext({ n: 'abcde' }).flow.computeSync().value).toBe(5);
    expect(fallback().flow.computeSync().value).toBe(3);
  });

  it('CC-CTX-02 a contextual default may not be a model', () => {
    const error = refusal(() => add({ a: 1, b: source() as never }));
    expect(error.code).toBe('BIND');
    for (const part of ['add', "'b'", 'withContext']) expect(error.message).toContain(part);
  });

  it('CC-CTX-03 a field whose schema takes models receives one as data, unevaluated', () => {
    let runs = 0;
    const counted = flowModel({ inputs: {} }, () => ++runs)();
    const holder = flowModel({ inputs: { model: FromContext(z.custom<object>(isModel)) } }, ({ model }) => model === counted);
    expect(holder().flow.computeSync({ model: counted }).value).toBe(true);
    expect(holder().flow.withContext({ model: counted }).flow.computeSync().value).toBe(true);
    expect(runs).toBe(0);
  });

  it('CC-CTX-04 a function is plain data for a field whose schema takes functions, in every layer', () => {
    const apply = flowModel({ inputs: { f: FromContext(z.custom<(n: number) => number>((value) => typeof value === 'function')) } }, ({ f }) => f(2));
    const addOne = (n: number): number => n + 1;
    expect(apply({ f: addOne }).flow.computeSync().value).toBe(3);
    expect(apply().flow.computeSync({ f: addOne }).value).toBe(3);
    expect(apply().flow.withContext({ f: addOne }).flow.computeSync().value).toBe(3);
  });

  it('CC-CTX-06 a body sees the inputs that it declares, never the whole context', () => {
    const probe = flowModel({ inputs: { a: z.number(), b: FromContext(z.number()) } }, (inputs) => Object.keys(inputs));
    expect(probe({ a: 1 }).flow.computeSync({ b: 2, c: 3, d: 4 }).value).toEqual(['a', 'b']);
  });

  it('class instances pass by identity', () => {
    class Clock {
      readonly now = 5;
    }
    const clock = new Clock();
    const read = flowModel({ inputs: { clock: FromContext(z.instanceof(Clock)) } }, ({ clock: given }) => given === clock);
    expect(read().flow.computeSync({ clock }).value).toBe(true);
  });
});

describe('the ambient context', () => {
  it('CC-CTX-05 flows to every upstream model, undeclared fields included: 121', async () => {
    const inner = flowModel({ inputs: { value: FromContext(z.number()), bonus: FromContext(z.number()) } }, ({ value, bonus }) => value + bonus);
    const middle = flowModel({ inputs: { x: z.number() } }, ({ x }) => x + 1);
    const outer = flowModel({ inputs: { x: z.number(), value: FromContext(z.number()) } }, ({ x, value }) => x + value * 3);
    expect((await outer({ x: middle({ x: inner() }) }).flow.compute({ value: 5, bonus: 100 })).value).toBe(121);
  });

  it('CC-CTX-07 a name means the same field everywhere, unless a wrapper rewrites it for its branch', () => {
    const sum = flowModel({ inputs: { left: z.number(), right: z.number(), value: FromContext(z.number()) } }, ({ left, right, value }) => [left, right, value]);
    const base = source();
    expect(sum({ left: base, right: source() }).flow.computeSync({ value: 1 }).value).toEqual([10, 10, 1]);
    expect(sum({ left: base.flow.withContext({ value: 7 }), right: base }).flow.computeSync({ value: 1 }).value).toEqual([70, 10, 1]);
  });

  it('upstream models see values as they were given, not as the root parsed them', () => {
    const upstream = flowModel({ name: 'upstream', inputs: { d: FromContext(z.string()) } }, ({ d }) => d.length);
    const root = flowModel({ inputs: { n: z.number(), d: FromContext(z.string().transform((text) => text.length * 100)) } }, ({ n, d }) => [n, d]);
    expect(root({ n: upstream() }).flow.computeSync({ d: 'abc' }).value).toEqual([3, 300]);
  });

  it('each consumer parses a field with its own schema', () => {
    const asDate = flowModel({ inputs: { day: FromContext(z.coerce.date()) } }, ({ day }) => day.getUTCFullYear());
    const asText = flowModel({ inputs: { day: FromContext(z.string()) } }, ({ day }) => day);
    const both = flowModel({ inputs: { year: z.number(), text: z.string() } }, ({ year, text }) => [year, text]);
    expect((both({ year: asDate(), text: asText() }) as CallableModel).flow.computeSync({ day: '2024-05-06' })).toMatchObject({ value: [2024, '2024-05-06'] });
  });

  it('CC-CTX-09 overlapping runs of one model do not interfere', async () => {
    const gates = Array.from({ length: 20 }, () => deferred());
    const slow = flowModel({ inputs: { i: FromContext(z.number()) } }, async ({ i }) => {
      await gates[i]?.promise;
      return i;
    });
    const model = add({ a: slow() });
    const runs = gates.map((_, i) => model.flow.compute({ i, b: i * 100 }));
    for (const gate of gates.toReversed()) gate.resolve();
    expect((await Promise.all(runs)).map((result) => result.value)).toEqual(gates.map((_, i) => i + i * 100));
  });

  it('a run sees the context as it was when compute was called', async () => {
    const { promise: gate, resolve: open } = deferred();
    const first = flowModel({ inputs: {} }, async () => gate.then(() => 1));
    const late = flowModel({ inputs: { after: z.number(), list: FromContext(z.array(z.number())) } }, ({ list }) => list);
    const context = { list: [1] };
    const run = late({ after: first() }).flow.compute(context);
    context.list.push(2);
    context.list = [3];
    open();
    expect((await run).value).toEqual([1]);
  });
});
