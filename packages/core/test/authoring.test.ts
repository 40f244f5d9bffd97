// Contract §1.1: flowModel(options, body), the factory, and what each kind of input binds and receives.
import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import * as core from '@flowmodel/core';
import { configureFlow, contextTransform, Dependency, flowModel, FromContext, GenericResult, isModel, Lazy, ModelInput, Resource } from '@flowmodel/core';
import type { CallableModel, FlowRun } from '@flowmodel/core';
import { refusal } from './refusal.ts';

const foo = flowModel({ name: 'foo', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value * 10);
const seven = flowModel({ inputs: {} }, () => 7);

describe('the factory', () => {
  it('CC-AUTH-01 a function becomes a factory, and the factory makes models: 11 and 12 give 23', async () => {
    const model = foo({ a: 11 });
    expect([isModel(foo), isModel(model)]).toEqual([false, true]);
    expect((await model.flow.compute({ b: 12 })).value).toBe(23);
    expect(model.flow.computeSync({ b: 12 }).value).toBe(23);
  });

  it('CC-AUTH-02 with few options or with many the factory is of the same kind', async () => {
    const bare = flowModel({ inputs: { n: z.number() } }, ({ n }) => n + 1);
    const optioned = flowModel({ name: 'optioned', description: 'adds one', version: '2', autoUnwrap: true, inputs: { n: z.number() } }, ({ n }) => n + 1);
    expect((await bare({ n: 1 }).flow.compute()).value).toBe(2);
    expect(await optioned({ n: 1 }).flow.compute()).toBe(2);
  });

  it('CC-AUTH-02 so it is with transforms', () => {
    const bare = contextTransform({ inputs: { value: FromContext(z.number()) } }, ({ value }) => value + 1);
    const optioned = contextTransform({ name: 'addOne', description: 'adds one', version: '1', output: z.number(), inputs: { value: FromContext(z.number()) } }, ({ value }) => value + 1);
    for (const transform of [bare, optioned]) expect(source().flow.withContext({ value: transform() }).flow.computeSync({ value: 4 }).value).toBe(50);
  });

  it('inputs are bound by name, in any order and in any subset', () => {
    const join = flowModel({ inputs: { first: z.string(), second: z.string() } }, ({ first, second }) => `${first}-${second}`);
    expect(join({ second: 'b', first: 'a' }).flow.computeSync().value).toBe('a-b');
    expect(join({ second: 'b' }).inputs).toEqual({ second: 'b' });
    expect(join().inputs).toEqual({});
    expect(join({}).inputs).toEqual({});
  });

  it('CC-AUTH-08 a positional argument is BIND', () => {
    expect(refusal(() => foo(11 as never))).toMatchObject({ code: 'BIND', message: expect.stringContaining('foo') as string });
    expect(refusal(() => foo([11] as never)).code).toBe('BIND');
    expect(refusal(() => foo('a' as never)).code).toBe('BIND');
    expect(refusal(() => foo(null as never)).code).toBe('BIND');
    expect(refusal(() => foo(source() as never)).code).toBe('BIND');
  });

  it('a model without a name computes', () => {
    expect(flowModel({ inputs: { n: z.number() } }, ({ n }) => n * 2)({ n: 21 }).flow.computeSync().value).toBe(42);
  });

  it('one factory makes any number of independent models', () => {
    const [one, two] = [foo({ a: 1 }), foo({ a: 2 })];
    expect([one, two].map((model) => model.flow.computeSync({ b: 10 }).value)).toEqual([11, 12]);
  });

  it('CC-AUTH-34 options of a definition are optional, and each holds for its models only', () => {
    const inputs = { n: z.number() };
    const strict = flowModel({ inputs, output: z.string() }, ({ n }) => n as unknown as string);
    const lax = flowModel({ inputs, output: z.string(), validateResult: false }, ({ n }) => n as unknown as string);
    expect(refusal(() => strict({ n: 1 }).flow.computeSync()).code).toBe('INVALID_RESULT');
    expect(lax({ n: 1 }).flow.computeSync().value).toBe(1);

    const list = [[1], [2]];
    const frozen = flowModel({ inputs: {} }, () => [[1], [2]]);
    const thawed = flowModel({ inputs: {}, freeze: false }, () => list);
    expect(Object.isFrozen(frozen().flow.computeSync().value[0])).toBe(true);
    expect(thawed().flow.computeSync().value).toBe(list);
    expect(Object.isFrozen(list)).toBe(false);
  });

  it('CC-AUTH-37 the parts that models are made of are not public', () => {
    const internal = new Set(['Model', 'BoundTransform', 'Container', 'Definition', 'InputSpec', 'Frame', 'Plan', 'Run', 'ComputedOverride', 'ClosedContextRewrite']);
    expect(Object.keys(core).filter((name) => internal.has(name))).toEqual([]);
    const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { exports: Record<string, unknown> };
    expect(Object.keys(exports).filter((path) => path.includes('*'))).toEqual([]);
  });
});

describe('the body', () => {
  it('may be synchronous or asynchronous', async () => {
    const later = flowModel({ inputs: { n: z.number() } }, async ({ n }) => {
      await Promise.resolve();
      return n + 1;
    });
    expect((await later({ n: 1 }).flow.compute()).value).toBe(2);
    expect((await foo({ a: later({ n: 1 }) }).flow.compute({ b: 3 })).value).toBe(5);
  });

  it('receives the declared inputs by name, and a run', () => {
    const probe = flowModel({ inputs: { a: z.number(), b: FromContext(z.string()) } }, (inputs, run: FlowRun) => {
      expect(inputs).toEqual({ a: 1, b: 'x' });
      expect(Object.keys(inputs)).toEqual(['a', 'b']);
      expect(run.attempt).toBe(1);
      expect(run.signal.aborted).toBe(false);
      return 'seen';
    });
    expect(probe({ a: 1 }).flow.computeSync({ b: 'x', c: 'ambient' }).value).toBe('seen');
  });

  it('CC-AUTH-05 the type of the result is inferred, and `output` checks it where stated', () => {
    const inferred = flowModel({ inputs: { n: z.number() } }, ({ n }) => ({ half: n / 2 }));
    expectTypeOf(inferred({ n: 1 }).flow.computeSync()).toEqualTypeOf<GenericResult<{ half: number }>>();
    expect(inferred({ n: 1 }).flow.computeSync()).toEqual(new GenericResult({ half: 0.5 }));
    const stated = flowModel({ inputs: { n: z.number() }, output: z.object({ half: z.number() }) }, ({ n }) => ({ half: n / 2, more: true }));
    expect(stated({ n: 1 }).flow.computeSync().value).toEqual({ half: 0.5 });
  });
});

describe('names of inputs', () => {
  it('CC-AUTH-03 only FromContext makes an input contextual; one called `context` is regular', () => {
    const loader = flowModel({ name: 'loader', inputs: { context: z.object({ start: z.number(), end: z.number() }), scale: FromContext(z.number()) } }, ({ context, scale }) => (context.end - context.start) * scale);
    const model = loader({ context: { start: 2, end: 9 } });
    expect(model.flow.computeSync({ scale: 2 }).value).toBe(14);
    expect(refusal(() => model.flow.computeSync({ context: { start: 0, end: 1 }, scale: 2 } as never)).code).toBe('REGULAR_OVERRIDE');
  });

  it('CC-AUTH-10 no name of the framework is reserved', () => {
    const names = ['meta', 'context_type', 'contextType', 'type_', 'inputs', 'rebind', 'toJSON', 'definition', 'constructor', 'toString', 'hasOwnProperty', 'then', 'run'] as const;
    const sum = flowModel({ inputs: Object.fromEntries(names.map((name) => [name, z.number()])) }, (inputs) => names.map((name) => inputs[name]));
    const bound = sum(Object.fromEntries(names.map((name, i) => [name, i])));
    expect((bound as CallableModel<number[]>).flow.computeSync()).toEqual(new GenericResult(names.map((_, i) => i)));
    const contextual = flowModel({ inputs: Object.fromEntries(names.map((name) => [name, FromContext(z.number())])) }, (inputs) => names.map((name) => inputs[name]));
    expect((contextual() as CallableModel<number[]>).flow.computeSync(Object.fromEntries(names.map((name, i) => [name, i])))).toEqual(new GenericResult(names.map((_, i) => i)));
  });

  it('CC-AUTH-10 a contextual field with the name of an inherited member is missing until it is given', () => {
    const odd = flowModel({ name: 'odd', inputs: { constructor: FromContext(z.any()), valueOf: FromContext(z.any()) } }, (inputs) => Object.keys(inputs).length);
    const error = refusal(() => (odd() as CallableModel).flow.computeSync({}));
    expect(error.code).toBe('MISSING_CONTEXT');
    expect(error.message).toContain('constructor');
    expect(error.message).toContain('valueOf');
  });

  it('CC-AUTH-11 an input called `flow` hides nothing', () => {
    const model = flowModel({ inputs: { flow: z.number(), value: FromContext(z.number()) } }, ({ flow, value }) => flow + value)({ flow: 10 });
    expect(model.inputs.flow).toBe(10);
    expect(model.flow.computeSync({ value: 5 }).value).toBe(15);
  });

  it('CC-AUTH-12 `flow` can be taken off a model, and that of a wrapper is the wrapper’s', () => {
    const { flow } = source();
    const { flow: wrapped } = source().flow.withContext({ value: 3 });
    expect(flow.computeSync({ value: 1 }).value).toBe(10);
    expect(wrapped.computeSync({ value: 1 }).value).toBe(30);
    expect(wrapped.withContext({ value: 4 }).flow.computeSync().value).toBe(40);
  });
});

describe('what each kind of input binds and receives', () => {
  it('without a marker: a literal or a model that yields it; the body receives the value', () => {
    expect(foo({ a: 1 }).flow.computeSync({ b: 2 }).value).toBe(3);
    expect(foo({ a: seven() }).flow.computeSync({ b: 2 }).value).toBe(9);
  });

  it('FromContext: optionally a contextual default; the body receives the value', () => {
    expect(source({ value: 2 }).flow.computeSync().value).toBe(20);
    expect(source().flow.computeSync({ value: 3 }).value).toBe(30);
  });

  it('Lazy: a model; the body receives a thunk', async () => {
    const pick = flowModel({ inputs: { wanted: z.boolean(), fallback: Lazy(z.number()) } }, async ({ wanted, fallback }) => (wanted ? await fallback() : -1));
    const pickSync = flowModel({ inputs: { fallback: Lazy(z.number()) } }, ({ fallback }) => fallback.sync());
    expect((await pick({ wanted: true, fallback: seven() }).flow.compute()).value).toBe(7);
    expect((await pick({ wanted: false, fallback: seven() }).flow.compute()).value).toBe(-1);
    expect(pickSync({ fallback: seven() }).flow.computeSync().value).toBe(7);
  });

  it('Lazy over an optional schema: unbound, the body receives undefined', () => {
    const pick = flowModel({ inputs: { fallback: Lazy(z.number().optional()) } }, ({ fallback }) => fallback === undefined);
    expect(pick().flow.computeSync().value).toBe(true);
    expect(pick({ fallback: seven() }).flow.computeSync().value).toBe(false);
  });

  it('Dependency: models anywhere inside; the body receives their values in place', () => {
    const total = flowModel({ inputs: { parts: Dependency(z.object({ list: z.array(z.number()), one: z.number() })) } }, ({ parts }) => parts);
    expect(total({ parts: { list: [1, seven()], one: seven() } }).flow.computeSync().value).toEqual({ list: [1, 7], one: 7 });
    expect(total({ parts: { list: [1], one: 2 } }).flow.computeSync().value).toEqual({ list: [1], one: 2 });
  });

  it('ModelInput: a model; the body receives it unevaluated, and its needs are not the graph’s', async () => {
    let evaluations = 0;
    const counted = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => {
      evaluations += 1;
      return value * 10;
    });
    const idle = flowModel({ inputs: { each: ModelInput(z.number()) } }, ({ each }) => isModel(each));
    expect(idle({ each: counted() }).flow.computeSync().value).toBe(true);
    expect(evaluations).toBe(0);

    const twice = flowModel({ inputs: { each: ModelInput(z.number()) } }, async ({ each }, run) => [await run.compute(each, { value: 1 }), await run.compute(each, { value: 2 })]);
    expect((await twice({ each: counted() }).flow.compute()).value).toEqual([10, 20]);
    expect(evaluations).toBe(2);
  });

  it('Resource: nothing is bound; the body receives what the run supplies, the very object', () => {
    const rates = new Map([['EUR', 1.1]]);
    const handed = flowModel({ inputs: { rates: Resource<Map<string, number>>() } }, ({ rates: given }) => given === rates);
    expect(handed().flow.computeSync({}, { resources: { rates } }).value).toBe(true);
    expect(refusal(() => handed({ rates } as never)).code).toBe('BIND');
    configureFlow({ resources: { rates } });
    try {
      expect(handed().flow.computeSync().value).toBe(true);
      expect(handed().flow.computeSync({}, { resources: { rates: new Map() } }).value).toBe(false);
    } finally {
      configureFlow({ resources: undefined });
    }
    expect(refusal(() => handed().flow.computeSync()).code).toBe('MISSING_RESOURCE');
  });
});

describe('required, optional and default', () => {
  it.each([
    ['z.any()', z.any()],
    ['z.unknown()', z.unknown()],
    ['z.coerce.number()', z.coerce.number()],
    ['z.coerce.string()', z.coerce.string()],
    ['z.coerce.boolean()', z.coerce.boolean()],
    ['z.preprocess()', z.preprocess((value) => value ?? 1, z.number())],
    ['z.nullable()', z.number().nullable()],
  ])('%s is required', (_, schema) => {
    const regular: CallableModel = flowModel({ inputs: { x: schema } }, ({ x }) => x)();
    const contextual: CallableModel = flowModel({ inputs: { x: FromContext(schema) } }, ({ x }) => x)();
    expect(refusal(() => regular.flow.computeSync()).code).toBe('UNBOUND_INPUT');
    expect(refusal(() => contextual.flow.computeSync()).code).toBe('MISSING_CONTEXT');
  });

  it.each([
    ['optional', z.number().optional(), undefined],
    ['default', z.number().default(3), 3],
    ['default made by a function', z.number().default(() => 3), 3],
    ['prefault', z.number().prefault(3), 3],
    ['nullish', z.number().nullish(), undefined],
    ['default under nullable', z.number().default(3).nullable(), 3],
    ['default before a pipe', z.number().default(3).pipe(z.number()), 3],
    ['optional any', z.any().optional(), undefined],
  ])('%s is not required', (_, schema, expected) => {
    const regular: CallableModel = flowModel({ inputs: { x: schema } }, ({ x }) => x)();
    const contextual: CallableModel = flowModel({ inputs: { x: FromContext(schema) } }, ({ x }) => x)();
    expect(regular.flow.computeSync()).toEqual(new GenericResult(expected));
    expect(contextual.flow.computeSync()).toEqual(new GenericResult(expected));
  });

  it('schemas are read, never tried: no check runs before there is a value', () => {
    let checks = 0;
    const counting = z.custom<number>(() => {
      checks += 1;
      return true;
    });
    const model: CallableModel = flowModel({ inputs: { a: counting, b: FromContext(counting) } }, ({ a, b }) => a + b)();
    expect(refusal(() => model.flow.computeSync()).code).toBe('UNBOUND_INPUT');
    expect(checks).toBe(0);
  });

  it('undefined is "not given" and null is a value', () => {
    const show = flowModel({ inputs: { n: z.number().nullable().default(1) } }, ({ n }) => n);
    expect(show({ n: undefined }).flow.computeSync().value).toBe(1);
    expect(show({ n: null }).flow.computeSync().value).toBeNull();
    expect(show({ n: undefined }).inputs).toEqual(show().inputs);
    expect(refusal(() => (foo({ a: undefined }) as CallableModel).flow.computeSync(new core.FlowContext({ b: 1 }))).code).toBe('UNBOUND_INPUT');
  });

  it('CC-AUTH-17 an optional contextual input may be missing; a nullable one must be given, if only as null', () => {
    const optional = flowModel({ inputs: { a: FromContext(z.number().optional()) } }, ({ a }) => a ?? -1);
    const nullable = flowModel({ inputs: { a: FromContext(z.number().nullable()) } }, ({ a }) => a ?? -1);
    expect(optional().flow.computeSync().value).toBe(-1);
    expect(optional().flow.computeSync({ a: 4 }).value).toBe(4);
    expect(refusal(() => (nullable() as CallableModel).flow.computeSync()).code).toBe('MISSING_CONTEXT');
    expect(nullable().flow.computeSync({ a: null }).value).toBe(-1);
  });

  it('CC-AUTH-18 a default beats the absence that optional allows', () => {
    expect(flowModel({ inputs: { a: FromContext(z.number().optional().default(3)) } }, ({ a }) => a)().flow.computeSync().value).toBe(3);
    expect(flowModel({ inputs: { a: FromContext(z.number().default(3).optional()) } }, ({ a }) => a)().flow.computeSync().value).toBe(3);
  });

  it('CC-AUTH-19 nullable with a default of null is optional', () => {
    const model = flowModel({ inputs: { a: FromContext(z.number().nullable().default(null)) } }, ({ a }) => a ?? -1)();
    expect(model.flow.computeSync().value).toBe(-1);
    expect(model.flow.computeSync({ a: null }).value).toBe(-1);
    expect(model.flow.computeSync({ a: 5 }).value).toBe(5);
  });

  it('a default that a function makes is made for each model', () => {
    let made = 0;
    const numbered = flowModel({ inputs: { id: z.number().default(() => ++made) } }, ({ id }) => id);
    const [first, second] = [numbered(), numbered()];
    expect(first.flow.computeSync().value).not.toBe(second.flow.computeSync().value);
    expect(first.flow.computeSync().value).toBe(first.flow.computeSync().value);
  });
});
