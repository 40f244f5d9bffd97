// Contract §3: compute and computeSync, what they accept, and their guardrails.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Dependency, FlowContext, flowModel, FromContext, GenericResult, Lazy, memoryCache, modelClass, ModelInput, Resource, retry } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { refusal, rejection } from './refusal.ts';

const foo = flowModel({ name: 'foo', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
const triple = flowModel({ name: 'triple', inputs: { value: FromContext(z.number()) } }, ({ value }) => value * 3);
const bare = flowModel({ name: 'bare', autoUnwrap: true, inputs: { value: FromContext(z.number()) } }, ({ value }) => value * 3);

class Pair extends modelClass({
  name: 'Pair',
  inputs: { factor: z.number().default(1) },
  context: z.object({ value: z.number().default(7), tag: z.string().default('default') }),
  output: z.unknown(),
}) {
  call({ value, tag }: { value: number; tag: string }): unknown {
    return [value * this.inputs.factor, tag];
  }
}

describe('contexts', () => {
  it('CC-COMP-01 there is one context; fields as a second argument are refused', async () => {
    for (const model of [foo({ a: 1 }), foo({ a: 1 }).flow.withContext({ b: 2 }), new Pair()] as CallableModel[]) {
      const error = await rejection(model.flow.compute({ b: 1 }, { b: 2 } as never));
      expect(error.code).toBe('DEFINITION');
      expect(error.message).toContain("'b'");
    }
  });

  it('CC-COMP-02 a plain object, a FlowContext or an instance of a class of one’s own: 12 and 15', async () => {
    class SimpleContext {
      readonly value: number;
      constructor(value: number) {
        this.value = value;
      }
    }
    expect((await triple().flow.compute({ value: 4 })).value).toBe(12);
    expect((await triple().flow.compute(new FlowContext({ value: 4 }))).value).toBe(12);
    expect((await triple().flow.compute(new SimpleContext(5))).value).toBe(15);
    const withoutPrototype = Object.assign(Object.create(null) as { value: number }, { value: 6 });
    expect((await triple().flow.compute(withoutPrototype)).value).toBe(18);
  });

  it('CC-COMP-03 no context is an empty one', async () => {
    const model = triple({ value: 2 });
    expect((await model.flow.compute()).value).toBe(6);
    expect((await model.flow.compute(undefined)).value).toBe(6);
    expect((await model.flow.compute({})).value).toBe(6);
  });

  it.each([
    ['null', null],
    ['an array', [1, 2]],
    ['a string', 'value=1'],
    ['a number', 4],
    ['a function', () => 1],
    ['a map', new Map([['value', 1]])],
    ['a set', new Set([1])],
    ['a date', new Date()],
    ['a promise of a context', Promise.resolve({ value: 1 })],
    ['a typed array', new Uint8Array(2)],
    ['a model', triple()],
  ])('CC-COMP-13, CC-COMP-14 %s is no context: INVALID_CONTEXT', async (_, context) => {
    const model: CallableModel = triple({ value: 1 });
    expect((await rejection(model.flow.compute(context as never))).code).toBe('INVALID_CONTEXT');
    expect(refusal(() => model.flow.computeSync(context as never)).code).toBe('INVALID_CONTEXT');
  });

  it('CC-COMP-08 fields that nobody reads are ambient, never an error', async () => {
    expect((await foo({ a: 1 }).flow.compute({ b: 5, zzz: 3, list: [1] })).value).toBe(6);
  });

  it('CC-COMP-09 values are parsed by whoever reads them; what nobody reads is not looked at', async () => {
    const coercing = flowModel({ inputs: { b: FromContext(z.coerce.number()) } }, ({ b }) => b + 1);
    expect((await coercing().flow.compute({ b: '5', other: Symbol('raw') })).value).toBe(6);
  });

  it('the caller’s context is left alone', async () => {
    const context = { b: 5, extra: { deep: [1] } };
    await foo({ a: 1 }).flow.compute(context);
    expect(context).toEqual({ b: 5, extra: { deep: [1] } });
    expect(Object.isFrozen(context) || Object.isFrozen(context.extra)).toBe(false);
  });

  it('CC-COMP-24 a field may be called as an option or a parameter of the framework is', async () => {
    const model = flowModel({ inputs: { dependencies: FromContext(z.number()), signal: FromContext(z.number()), context: FromContext(z.number()), options: FromContext(z.number()) } }, (inputs) => Object.values(inputs));
    expect((await model().flow.compute({ dependencies: 1, signal: 2, context: 3, options: 4 })).value).toEqual([1, 2, 3, 4]);
  });
});

describe('results', () => {
  it('CC-COMP-11, CC-COMP-23 compute resolves to what computeSync returns; a model itself cannot be called', async () => {
    const model = triple();
    expect(await model.flow.compute({ value: 4 })).toEqual(new GenericResult(12));
    expect(model.flow.computeSync({ value: 4 })).toEqual(new GenericResult(12));
    expect(model).not.toBeTypeOf('function');
  });

  it('CC-COMP-23 with autoUnwrap both yield the bare value', async () => {
    expect(await bare().flow.compute({ value: 4 })).toBe(12);
    expect(bare().flow.computeSync({ value: 4 })).toBe(12);
  });

  it('compute rejects, it does not throw', async () => {
    const model: CallableModel = foo();
    const attempts = [() => model.flow.compute({ a: 1 }), () => model.flow.compute('x' as never), () => model.flow.compute({}, { nope: 1 } as never), () => model.flow.compute({})];
    expect(await Promise.all(attempts.map(async (attempt) => (await rejection(attempt())).code))).toEqual(['UNBOUND_INPUT', 'INVALID_CONTEXT', 'DEFINITION', 'UNBOUND_INPUT']);
  });
});

describe('guardrails of plain contexts', () => {
  const lazy = flowModel({
    name: 'kinds',
    inputs: { literal: z.number(), later: Lazy(z.number()), parts: Dependency(z.array(z.number())), model: ModelInput(z.number()), b: FromContext(z.number()) },
  }, ({ b }) => b);

  it('CC-COMP-04 a key that names an unbound regular input is UNBOUND_INPUT', async () => {
    const error = await rejection((foo() as CallableModel).flow.compute({ a: 1, b: 2 }));
    expect(error.code).toBe('UNBOUND_INPUT');
    for (const part of ['foo', "'a'"]) expect(error.message).toContain(part);
  });

  it.each(['literal', 'later', 'parts', 'model'])('CC-COMP-04 so it is for every kind of regular input: %s', (name) => {
    expect(refusal(() => (lazy() as CallableModel).flow.computeSync({ [name]: 1, b: 1 }))).toMatchObject({ code: 'UNBOUND_INPUT', message: expect.stringContaining(`'${name}'`) as string });
  });

  it('CC-COMP-05 a key that names a bound one is REGULAR_OVERRIDE', async () => {
    const error = await rejection(foo({ a: 1 }).flow.compute({ a: 2, b: 2 } as never));
    expect(error.code).toBe('REGULAR_OVERRIDE');
    for (const part of ['foo', "'a'", 'rebind', 'FlowContext']) expect(error.message).toContain(part);
  });

  it('CC-COMP-05 a regular input left at its default counts as bound', () => {
    const defaulted = flowModel({ inputs: { n: z.number().default(1) } }, ({ n }) => n);
    expect(refusal(() => defaulted().flow.computeSync({ n: 2 } as never)).code).toBe('REGULAR_OVERRIDE');
  });

  it('CC-COMP-05 a FlowContext is ambient only, and so the way round', async () => {
    const left = flowModel({ inputs: { a: FromContext(z.number()) } }, ({ a }) => a);
    const model = flowModel({ name: 'combine', inputs: { a: z.number(), left: z.number() } }, ({ a, left: l }) => a + l)({ a: 100, left: left() });
    expect((await model.flow.compute(new FlowContext({ a: 7 }))).value).toBe(107);
    expect((await rejection(model.flow.compute({ a: 7 } as never))).code).toBe('REGULAR_OVERRIDE');
    expect(refusal(() => (foo() as CallableModel).flow.computeSync(new FlowContext({ a: 7, b: 1 }))).code).toBe('UNBOUND_INPUT');
  });

  it('CC-COMP-06 of both the unbound one is reported', () => {
    const two = flowModel({ name: 'two', inputs: { first: z.number(), second: z.number() } }, ({ first, second }) => first + second);
    const error = refusal(() => (two({ first: 1 }) as CallableModel).flow.computeSync({ first: 1, second: 2 }));
    expect(error.code).toBe('UNBOUND_INPUT');
    expect(error.message).toContain("'second'");
  });

  it('CC-COMP-10 they hold on wrappers too', async () => {
    const wrapped = foo({ a: 1 }).flow.withContext({ b: 2 });
    expect((await rejection(wrapped.flow.compute({ a: 99 } as never))).code).toBe('REGULAR_OVERRIDE');
    expect(refusal(() => (foo().flow.withContext({ b: 2 }) as CallableModel).flow.computeSync({ a: 99 })).code).toBe('UNBOUND_INPUT');
    expect((await wrapped.flow.compute(new FlowContext({ a: 99 }))).value).toBe(3);
  });

  it('they hold on class-based models', () => {
    expect(refusal(() => new Pair().flow.computeSync({ factor: 2 } as never)).code).toBe('REGULAR_OVERRIDE');
  });

  it('they look at the root only: the names of upstream inputs are free', () => {
    expect(triple({ value: 1 }).flow.computeSync({ a: 5 }).value).toBe(3);
    const outer = flowModel({ inputs: { x: z.number() } }, ({ x }) => x);
    expect(outer({ x: foo({ a: 1 }) }).flow.computeSync({ a: 50, b: 1 }).value).toBe(2);
  });

  it('undefined is not given, also here', () => {
    expect(foo({ a: 1 }).flow.computeSync({ a: undefined, b: 2 }).value).toBe(3);
  });

  it('the name of a Resource is no regular input: a field of that name is ambient', () => {
    const upstream = flowModel({ inputs: { db: FromContext(z.string()) } }, ({ db }) => db);
    const root = flowModel({ inputs: { db: Resource<{ rows: number }>(), name: z.string() } }, ({ db, name }) => `${name}:${db.rows}`);
    expect(root({ name: upstream() }).flow.computeSync({ db: 'people' }, { resources: { db: { rows: 3 } } }).value).toBe('people:3');
  });
});

describe('options and class-based models', () => {
  it('CC-COMP-16 options hold through wrappers and for class-based models', async () => {
    const rated = flowModel({ inputs: { value: FromContext(z.number()), rate: Resource<number>() } }, ({ value, rate }) => value * rate);
    const resources = { rate: 3 };
    expect((await rated().flow.withContext({ value: 5 }).flow.compute({}, { resources })).value).toBe(15);
    expect((await new Pair().flow.compute({}, { overrides: [{ factories: [Pair], body: () => 15 }] })).value).toBe(15);
  });

  it('CC-COMP-18 a context schema with defaults makes compute() legal; fields override single defaults', async () => {
    expect((await new Pair().flow.compute()).value).toEqual([7, 'default']);
    expect((await new Pair().flow.compute({ value: 3 })).value).toEqual([3, 'default']);
    expect((await new Pair().flow.compute({ tag: 'runtime' })).value).toEqual([7, 'runtime']);
  });

  it('CC-COMP-18 so does a default of the context as a whole', async () => {
    class Whole extends modelClass({ name: 'Whole', context: z.object({ value: z.number() }).default({ value: 7 }), output: z.number() }) {
      call({ value }: { value: number }): number {
        return value;
      }
    }
    expect((await new Whole().flow.compute()).value).toBe(7);
    expect((await new Whole().flow.compute({ value: 3 })).value).toBe(3);
  });

  it('CC-COMP-20 an optional context is undefined where none is given', async () => {
    class Maybe extends modelClass({ name: 'Maybe', context: z.object({ value: z.number() }).optional(), output: z.unknown() }) {
      call(context: { value: number } | undefined): unknown {
        return context === undefined ? 'none' : context.value;
      }
    }
    expect((await new Maybe().flow.compute()).value).toBe('none');
    expect((await new Maybe().flow.compute(undefined)).value).toBe('none');
    expect((await new Maybe().flow.compute({ value: 3 })).value).toBe(3);
  });

  it('CC-COMP-21, CC-COMP-22 a richer context, or one of another class, is read by its values', async () => {
    class Request {
      readonly value = 4;
      readonly tag = 'mine';
      readonly requestId = 'abc';
    }
    let seen: unknown;
    class Probe extends modelClass({ name: 'Probe', context: z.object({ value: z.number(), tag: z.string() }), output: z.number() }) {
      call(context: { value: number; tag: string }): number {
        seen = context;
        return context.value;
      }
    }
    expect((await new Probe().flow.compute(new Request())).value).toBe(4);
    expect(seen).toEqual({ value: 4, tag: 'mine' });
    expect((await new Probe().flow.compute(new FlowContext({ value: 5, tag: 'bag', more: 1 }))).value).toBe(5);
    expect(seen).toEqual({ value: 5, tag: 'bag' });
  });
});

describe('options in the place of the context', () => {
  const constant = flowModel({ name: 'constant', inputs: { a: z.number() } }, ({ a }) => a)({ a: 1 }) as CallableModel;
  const model = constant as { readonly flow: { compute(context: object, options?: object): Promise<unknown>; computeSync(context: object): unknown } };

  it.each<[string, object]>([
    ['a cache', { cache: memoryCache() }],
    ['an observer', { observer: () => {} }],
    ['an observer with methods', { observer: { 'node:end': () => {} } }],
    ['an evaluator', { evaluator: retry({ attempts: 2 }) }],
    ['a signal', { signal: new AbortController().signal }],
    ['overrides', { overrides: [{ models: [constant], body: () => 2 }] }],
    ['several', { concurrency: 2, cache: memoryCache() }],
  ])('%s: refused, since it would change nothing', async (_, options) => {
    const names = Object.keys(options);
    const expected = { code: 'INVALID_CONTEXT', path: ['constant'], details: { options: names }, message: expect.stringContaining(`Options come second: compute({}, { ${names.join(', ')} }).`) as string };
    expect(await rejection(model.flow.compute(options))).toMatchObject(expected);
    expect(refusal(() => model.flow.computeSync(options))).toMatchObject(expected);
  });

  it('what may be data is a context field, read or not', async () => {
    const reader = flowModel({ name: 'cacheReader', inputs: { cache: FromContext(z.unknown()) } }, ({ cache }) => typeof cache)();
    expect((await reader.flow.compute({ cache: memoryCache() })).value).toBe('object');
    for (const context of [{ cache: 'warm' }, { concurrency: 2 }, { signal: 3, clock: 'utc' }, { cache: memoryCache(), day: 1 }, new FlowContext({ cache: memoryCache() })]) {
      expect(await model.flow.compute(context)).toMatchObject({ value: 1 });
    }
    expect(await model.flow.compute({ signal: 'red' }, { cache: memoryCache() })).toMatchObject({ value: 1 });
  });
});
