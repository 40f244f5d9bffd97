// Contract §1.1 and §5: regular inputs, their literals, defaults and upstream models.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FlowContext, FlowError, flowModel, flowPathOf, FlowResult, FromContext, GenericResult, isModel, Lazy, modelClass, ModelInput } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { refusal, rejection } from './refusal.ts';

const foo = flowModel({ name: 'foo', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
const load = flowModel({ name: 'load', inputs: { offset: z.number(), value: FromContext(z.number()) } }, ({ offset, value }) => offset + value);
const constant = flowModel({ name: 'constant', inputs: { n: z.unknown() } }, ({ n }) => n as number);

describe('what satisfies a regular input', () => {
  it('CC-REG-01 a literal, a schema default or an upstream model', () => {
    const scaled = flowModel({ inputs: { n: z.number().default(3), value: FromContext(z.number()) } }, ({ n, value }) => n * value);
    expect(scaled({ n: 2 }).flow.computeSync({ value: 5 }).value).toBe(10);
    expect(scaled().flow.computeSync({ value: 5 }).value).toBe(15);
    expect(scaled({ n: load({ offset: 1 }) }).flow.computeSync({ value: 5 }).value).toBe(30);
  });

  it('CC-REG-01 never the runtime context, not even one that holds its name', async () => {
    const error = await rejection((foo() as CallableModel).flow.compute(new FlowContext({ a: 1, b: 2 })));
    expect(error.code).toBe('UNBOUND_INPUT');
    expect(error.message).toContain('a');
  });

  it('CC-REG-02 an upstream model is evaluated in the same context and its value is passed on: 24', async () => {
    expect((await foo({ a: load({ offset: 5 }) }).flow.compute({ value: 7, b: 12 })).value).toBe(24);
  });

  it('CC-REG-03 a model may be made with inputs unbound; computing it is UNBOUND_INPUT, naming model and inputs', async () => {
    const three = flowModel({ name: 'three', inputs: { z: z.number(), a: z.string(), m: z.number().default(1) } }, ({ z: last, a }) => `${a}${last}`);
    const model = three();
    expect(model.inputs).toEqual({ m: 1 });
    const error = await rejection((model as CallableModel).flow.compute());
    expect(error.code).toBe('UNBOUND_INPUT');
    for (const part of ['three', 'a: string', 'z: number']) expect(error.message).toContain(part);
    expect(error.message).not.toContain('m: number');
    expect(three({ z: 1, a: 'x' }).flow.computeSync().value).toBe('x1');
  });

  it('CC-REG-14 unbound inputs are told before any upstream model runs', () => {
    let runs = 0;
    const noted = flowModel({ inputs: {} }, () => ++runs);
    const pair = flowModel({ name: 'pair', inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => left + right);
    expect(refusal(() => (pair({ left: noted() }) as CallableModel).flow.computeSync()).code).toBe('UNBOUND_INPUT');
    expect(runs).toBe(0);
  });

  it('CC-REG-19 ambient fields of any name are accepted, and never satisfy a regular input upstream', async () => {
    const model: CallableModel = foo({ a: load() });
    const error = await rejection(model.flow.compute({ value: 1, b: 2, offset: 3, more: true }));
    expect(error.code).toBe('UNBOUND_INPUT');
    expect(error.message).toContain('foo.a');
    expect((await foo({ a: load({ offset: 1 }) }).flow.compute({ value: 1, b: 2, offset: 300, more: true })).value).toBe(4);
  });

  it('CC-REG-20 a name may be regular on one model and contextual on an upstream one: 112', async () => {
    const left = flowModel({ inputs: { a: FromContext(z.number()) } }, ({ a }) => a);
    const combine = flowModel({ inputs: { a: z.number(), left: z.number(), bonus: FromContext(z.number()) } }, ({ a, left: l, bonus }) => a + l + bonus);
    expect((await combine({ a: 100, left: left() }).flow.compute(new FlowContext({ a: 7, bonus: 5 }))).value).toBe(112);
  });

  it('CC-REG-27 one model may be bound into several others; it is not copied', () => {
    const shared = load({ offset: 1 });
    const [one, two] = [foo({ a: shared }), foo({ a: shared })];
    expect(one.inputs.a).toBe(shared);
    expect(two.inputs.a).toBe(shared);
  });

  it('CC-REG-28 pipelines: (2 + 5) * 3 + 4 is 25', async () => {
    const plus = flowModel({ inputs: { x: z.number(), n: z.number() } }, ({ x, n }) => x + n);
    const times = flowModel({ inputs: { x: z.number(), n: z.number() } }, ({ x, n }) => x * n);
    const value = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value: v }) => v);
    const model = plus({ x: times({ x: plus({ x: value(), n: 5 }), n: 3 }), n: 4 });
    expect((await model.flow.compute({ value: 2 })).value).toBe(25);
  });

  it('CC-REG-18 two models alike are two evaluations, one model bound twice is one', () => {
    let runs = 0;
    const counted = flowModel({ inputs: { n: z.number() } }, ({ n }) => {
      runs += 1;
      return n;
    });
    const sum = flowModel({ inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => left + right);
    expect(counted({ n: 1 })).not.toBe(counted({ n: 1 }));
    sum({ left: counted({ n: 1 }), right: counted({ n: 1 }) }).flow.computeSync();
    expect(runs).toBe(2);
    const one = counted({ n: 1 });
    sum({ left: one, right: one }).flow.computeSync();
    expect(runs).toBe(3);
  });
});

describe('literals', () => {
  it('CC-REG-04 are parsed when the model is made: "3" becomes 3 where the schema coerces', () => {
    const coercing = flowModel({ inputs: { x: z.coerce.number() } }, ({ x }) => x + 1);
    expect(coercing({ x: '3' }).inputs.x).toBe(3);
    expect(coercing({ x: '3' }).flow.computeSync().value).toBe(4);
  });

  it('CC-REG-04 a bad one is BIND, naming model, input, type and value', () => {
    const error = refusal(() => foo({ a: 'zz' as never }));
    expect(error.code).toBe('BIND');
    for (const part of ['foo', "'a'", 'number', '"zz"']) expect(error.message).toContain(part);
  });

  it('a bad one inside a structure is BIND with the path of the issue', () => {
    const rows = flowModel({ name: 'rows', inputs: { table: z.object({ rows: z.array(z.object({ n: z.number() })) }) } }, ({ table }) => table.rows.length);
    const error = refusal(() => rows({ table: { rows: [{ n: 1 }, { n: 'two' as never }] } }));
    expect(error.code).toBe('BIND');
    expect(error.message).toContain('rows[1].n');
    expect(error.details['issues']).toMatchObject([{ path: ['rows', 1, 'n'] }]);
  });

  it('constraints of a schema hold', () => {
    const positive = flowModel({ inputs: { n: z.number().positive(), tags: z.array(z.string()).min(1) } }, ({ n }) => n);
    expect(refusal(() => positive({ n: -1 })).code).toBe('BIND');
    expect(refusal(() => positive({ tags: [] })).code).toBe('BIND');
    expect(positive({ n: 1, tags: ['x'] }).flow.computeSync().value).toBe(1);
  });

  it.each([NaN, Infinity, -Infinity])('z.number() takes no %s', (value) => {
    expect(refusal(() => foo({ a: value })).code).toBe('BIND');
  });

  it('CC-REG-05 defaults that zod parses are parsed when the model is made', () => {
    const coercing = flowModel({ name: 'coercing', inputs: { k: z.coerce.number().prefault('7') } }, ({ k }) => k);
    expect(coercing().inputs).toEqual({ k: 7 });
    const wrong = flowModel({ name: 'wrong', inputs: { k: z.coerce.number().prefault('zz') } }, ({ k }) => k);
    expect(refusal(() => wrong())).toMatchObject({ code: 'BIND', message: expect.stringContaining("'k'") as string });
    expect(wrong({ k: 1 }).flow.computeSync().value).toBe(1);
  });

  it('CC-REG-05 a bad contextual default of a schema is INVALID_CONTEXT, before any body runs', () => {
    let runs = 0;
    const counted = flowModel({ inputs: {} }, () => ++runs);
    const wrong = flowModel({ name: 'wrongDefault', inputs: { n: z.number(), k: FromContext(z.coerce.number().prefault('zz')) } }, ({ k }) => k);
    expect(refusal(() => wrong({ n: counted() }).flow.computeSync()).code).toBe('INVALID_CONTEXT');
    expect(runs).toBe(0);
  });

  it('CC-REG-07 the validator’s own error is the cause of BIND and INVALID_RESULT', () => {
    const positive = flowModel({ inputs: { n: z.number().positive() } }, ({ n }) => n);
    for (const error of [refusal(() => positive({ n: -1 })), refusal(() => positive({ n: constant({ n: -1 }) }).flow.computeSync())]) {
      expect(error.cause).toMatchObject({ issues: [{ code: 'too_small', minimum: 0 }] });
      expect(error.cause).toBeInstanceOf(z.core.$ZodError);
    }
  });

  it('CC-REG-07 what a custom check throws reaches the caller as it is', async () => {
    const broken = new RangeError('check is broken');
    const schema = z.number().refine((): boolean => {
      throw broken;
    });
    const regular = flowModel({ inputs: { n: schema } }, ({ n }) => n);
    const contextual = flowModel({ inputs: { n: FromContext(schema) } }, ({ n }) => n);
    expect(() => regular({ n: 1 })).toThrow(broken);
    await expect(regular({ n: constant({ n: 1 }) }).flow.compute()).rejects.toBe(broken);
    await expect(contextual().flow.compute({ n: 1 })).rejects.toBe(broken);
  });

  it('CC-REG-08 an input that does not exist is BIND, naming the one that was meant', () => {
    const error = refusal(() => load({ ofset: 1 } as never));
    expect(error.code).toBe('BIND');
    for (const part of ['load', "'ofset'", "'offset'"]) expect(error.message).toContain(part);
    expect(refusal(() => load({ toString: 1 } as never)).code).toBe('BIND');
  });

  it('a model factory bound in place of a model is BIND, saying to call it', () => {
    expect(refusal(() => foo({ a: constant as never }))).toMatchObject({ code: 'BIND', message: expect.stringMatching(/call it/i) as string });
  });

  it('a literal for Lazy or ModelInput is BIND, and so is a factory', () => {
    const pick = flowModel({ name: 'pick', inputs: { fallback: Lazy(z.number()), each: ModelInput(z.number()) } }, () => 1);
    for (const error of [refusal(() => pick({ fallback: 5 as never })), refusal(() => pick({ each: 5 as never })), refusal(() => pick({ fallback: constant as never }))]) {
      expect(error.code).toBe('BIND');
      expect(error.message).toContain('pick');
      expect(error.message).toMatch(/model/);
    }
    expect(refusal(() => pick({ fallback: null as never })).code).toBe('BIND');
  });

  it.each([
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['a bigint', 10n],
    ['an object without a prototype', Object.create(null)],
    ['a class instance', new (class Odd { x = 1; })()],
    ['an invalid date', new Date(NaN)],
    ['a map', new Map([[1, 2]])],
    ['a proxy', new Proxy({}, {})],
  ])('%s in place of a number is BIND like any other value', (_, value) => {
    const error = refusal(() => foo({ a: value as never }));
    expect(error.code).toBe('BIND');
    expect(error.message).toContain("'a'");
  });

  it('data that holds itself is BIND where the schema does not allow it', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(refusal(() => foo({ a: loop as never })).code).toBe('BIND');
  });
});

describe('upstream values', () => {
  const bonus = flowModel({ name: 'bonus', inputs: { x: z.coerce.number(), more: z.number() } }, ({ x, more }) => x + more);

  it('CC-REG-06 are parsed by the consumer right before its body: "42" and 10 give 52', () => {
    expect(bonus({ x: constant({ n: '42' }), more: 10 }).flow.computeSync().value).toBe(52);
  });

  it('CC-REG-06 one that does not fit is INVALID_RESULT, naming both ends', () => {
    const error = refusal(() => bonus({ x: constant({ n: 'not_a_number' }), more: 10 }).flow.computeSync());
    expect(error.code).toBe('INVALID_RESULT');
    for (const part of ['bonus', "'x'", 'constant', 'not_a_number']) expect(error.message).toContain(part);
  });

  it('CC-REG-06 each consumer parses with its own schema, from the value as it was yielded', () => {
    const text = flowModel({ inputs: { x: z.string() } }, ({ x }) => x);
    const both = flowModel({ inputs: { a: z.number(), b: z.string() } }, ({ a, b }) => [a, b]);
    const shared = constant({ n: '42' });
    expect((both({ a: bonus({ x: shared, more: 0 }), b: text({ x: shared as never }) }) as CallableModel<unknown[]>).flow.computeSync()).toMatchObject({ value: [42, '42'] });
  });

  it('CC-REG-06 a schema that transforms is applied once per edge', () => {
    const doubled = flowModel({ inputs: { x: z.number().transform((n) => n * 2) } }, ({ x }) => x);
    expect(doubled({ x: 4 }).flow.computeSync().value).toBe(8);
    expect(doubled({ x: constant({ n: 4 }) }).flow.computeSync().value).toBe(8);
    expect(doubled({ x: doubled({ x: 4 }) }).flow.computeSync().value).toBe(16);
  });

  it('undefined from upstream is "not given": a default takes its place, a required input is INVALID_RESULT', () => {
    const nothing = constant({ n: undefined as never });
    const silent = flowModel({ name: 'silent', inputs: {} }, (): number | undefined => undefined);
    const defaulted = flowModel({ inputs: { x: z.number().default(3) } }, ({ x }) => x);
    expect(defaulted({ x: silent() }).flow.computeSync().value).toBe(3);
    expect(refusal(() => foo({ a: silent() as CallableModel<any> }).flow.computeSync({ b: 1 }))).toMatchObject({ code: 'INVALID_RESULT', message: expect.stringContaining('silent') as string });
    expect(refusal(() => (nothing as CallableModel).flow.computeSync()).code).toBe('UNBOUND_INPUT');
  });

  it('CC-REG-10 boxes are unwrapped, results of another class are passed whole', () => {
    class Quote extends FlowResult {
      readonly bid = 9;
      readonly ask = 11;
    }
    const boxed = flowModel({ inputs: {} }, () => new GenericResult(5));
    const quote = flowModel({ inputs: {} }, () => new Quote());
    const seen = flowModel({ inputs: { x: z.any() } }, ({ x }) => [x]);
    expect(seen({ x: boxed() }).flow.computeSync().value).toEqual([5]);
    const mid = flowModel({ inputs: { q: z.instanceof(Quote) } }, ({ q }) => (q instanceof Quote ? (q.bid + q.ask) / 2 : -1));
    expect(mid({ q: quote() }).flow.computeSync().value).toBe(10);
  });

  it('CC-REG-11 so an input never receives the box, whatever its schema: one that asks for it is INVALID_RESULT', () => {
    const boxed = flowModel({ name: 'boxed', inputs: {} }, () => new GenericResult(5));
    const wants = flowModel({ name: 'wants', inputs: { x: z.instanceof(GenericResult) } }, ({ x }) => x.value);
    expect(refusal(() => (wants({ x: boxed() as never }) as CallableModel).flow.computeSync()).code).toBe('INVALID_RESULT');
  });

  it('CC-REG-12 class-based models serve as upstream models and see the fields that they declare: 37', () => {
    let seen: unknown;
    class Source extends modelClass({ name: 'Source', context: z.object({ value: z.number() }), output: z.number() }) {
      call(context: { value: number }): number {
        seen = context;
        return context.value * 10;
      }
    }
    expect(foo({ a: new Source() }).flow.computeSync({ value: 3, b: 7 }).value).toBe(37);
    expect(seen).toEqual({ value: 3 });
  });

  it('CC-REG-15 an upstream error reaches the caller as the same object, and its path can be asked for', async () => {
    const boom = new TypeError('no data');
    const child = flowModel({ name: 'child', inputs: {} }, (): number => {
      throw boom;
    });
    const middle = flowModel({ name: 'middle', inputs: { y: z.number() } }, ({ y }) => y);
    const root = flowModel({ name: 'root', inputs: { x: z.number() } }, ({ x }) => x);
    const model = root({ x: middle({ y: child() }) });
    expect(() => model.flow.computeSync()).toThrow(boom);
    await expect(model.flow.compute()).rejects.toBe(boom);
    expect(flowPathOf(boom)).toEqual(['root', 'x', 'y', 'child']);
    expect(boom).not.toBeInstanceOf(FlowError);
  });
});

describe('models inside unmarked containers', () => {
  it('CC-REG-09 are literals where the schema allows them, and are not evaluated', () => {
    let runs = 0;
    const counted = flowModel({ inputs: {} }, () => ++runs);
    const count = flowModel({ inputs: { list: z.array(z.any()) } }, ({ list }) => list.filter((item) => isModel(item)).length);
    expect(count({ list: [counted(), 2] }).flow.computeSync().value).toBe(1);
    expect(runs).toBe(0);
  });

  it('CC-REG-09 elsewhere they are BIND, naming the path and suggesting Dependency', () => {
    const sum = flowModel({ name: 'sum', inputs: { list: z.array(z.number()), deep: z.object({ rows: z.array(z.number()) }) } }, () => 1);
    const flat = refusal(() => sum({ list: [1, load({ offset: 1 })] as never }));
    expect(flat.code).toBe('BIND');
    for (const part of ['sum', 'list', '[1]', 'load', 'Dependency']) expect(flat.message).toContain(part);
    const deep = refusal(() => sum({ deep: { rows: [load({ offset: 1 })] } as never }));
    for (const part of ['deep', 'rows[0]', 'Dependency']) expect(deep.message).toContain(part);
  });

  it('CC-REG-09 their needs are not the graph’s', () => {
    const count = flowModel({ inputs: { list: z.array(z.any()) } }, ({ list }) => list.length);
    expect((count({ list: [foo()] }) as CallableModel).flow.computeSync()).toMatchObject({ value: 1 });
  });
});

describe('the caller’s own data', () => {
  it('is copied before it is frozen, so that it is neither frozen nor aliased', () => {
    const list = [[1], [2]];
    const sum = flowModel({ inputs: { list: z.array(z.array(z.number())) } }, ({ list: rows }) => rows.flat().reduce((a, b) => a + b, 0));
    const model = sum({ list });
    list[0]!.push(100);
    list.push([1000]);
    expect(model.flow.computeSync().value).toBe(3);
    expect(Object.isFrozen(list) || Object.isFrozen(list[0])).toBe(false);
    expect(Object.isFrozen(model.inputs.list) && Object.isFrozen(model.inputs.list[0])).toBe(true);
  });

  it('stays so when it comes by the context', () => {
    const list = [[1], [2]];
    const push = flowModel({ inputs: { list: FromContext(z.array(z.array(z.number()))) } }, ({ list: rows }) => rows);
    const { value } = push().flow.computeSync({ list });
    expect(value).toEqual([[1], [2]]);
    list[0]!.push(100);
    expect(value).toEqual([[1], [2]]);
    expect(Object.isFrozen(list) || Object.isFrozen(list[0])).toBe(false);
  });

  it('a body that mutates its input is stopped', () => {
    const naughty = flowModel({ inputs: { list: z.array(z.number()) } }, ({ list }) => list.push(3));
    expect(() => naughty({ list: [1] }).flow.computeSync()).toThrow(TypeError);
  });
});
