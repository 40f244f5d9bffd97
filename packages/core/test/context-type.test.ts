// §3: contextType, an object schema that describes the contextual inputs together.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, flowModel, FlowContext, FromContext } from '@flowmodel/core';
import { DateRangeContext } from '@flowmodel/core/contexts';
import { flowError, thrownBy } from './flow-error.ts';

const Ordered = z.object({ a: z.number().positive(), b: z.number() }).refine(({ a, b }) => a <= b, { message: 'a comes after b', path: ['a'] });
/** A context with fields that the models below do not read. */
const Omnibus = z.object({ a: z.number().positive(), b: z.number(), tenant: z.string() }).refine(({ a, b }) => a <= b, { message: 'a comes after b' });

const ordered = flowModel({ name: 'ordered', inputs: { a: FromContext(z.number()), b: FromContext(z.number()) }, contextType: Ordered }, ({ a, b }) => a * 10 + b);
const omnibus = flowModel({ name: 'omnibus', inputs: { a: FromContext(z.number()), b: FromContext(z.number()) }, contextType: Omnibus }, ({ a, b }) => a * 10 + b);
const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);

describe('definition', () => {
  test('CC-CTYPE-01 without a FromContext input it is DEFINITION', () => {
    expect(() => flowModel({ inputs: { a: z.number() }, contextType: z.object({ a: z.number() }) }, ({ a }) => a)).toThrow(flowError('DEFINITION', 'contextType', 'FromContext'));
    expect(() => flowModel({ inputs: {}, contextType: z.object({}) }, () => 1)).toThrow(flowError('DEFINITION', 'contextType'));
  });

  test.each([
    ['a schema of another type', z.number()],
    ['a record schema', z.record(z.string(), z.number())],
    ['a list schema', z.array(z.object({ a: z.number() }))],
    ['a plain record of schemas', { a: z.number() }],
    ['a class', class {}],
  ])('CC-CTYPE-02 %s is DEFINITION', (_what, contextType) => {
    expect(() => flowModel({ inputs: { a: FromContext(z.number()) }, contextType: contextType as never }, ({ a }) => a)).toThrow(flowError('DEFINITION', 'contextType'));
  });

  test.each([[false], [true]])('CC-CTYPE-03 it needs a field for every FromContext input; strictContext %s', (strictContext) => {
    const define = () => flowModel({ name: 'lacking', inputs: { a: FromContext(z.number()), zz: FromContext(z.number()) }, contextType: z.object({ a: z.number() }), strictContext }, ({ a }) => a);
    expect(define).toThrow(flowError('DEFINITION', 'lacking', "'zz'"));
  });

  test('CC-CTYPE-05 by default it may require fields that the model does not read', () => {
    const model = flowModel({ inputs: { a: FromContext(z.number()) }, contextType: z.object({ a: z.number(), tenant: z.string() }) }, ({ a }) => a + 2);
    expect(model().flow.computeSync({ a: 5 }).value).toBe(7);
  });

  test('CC-CTYPE-06 under strictContext every field that it requires is an input', () => {
    const inputs = { a: FromContext(z.number()) };
    expect(() => flowModel({ inputs, contextType: z.object({ a: z.number(), tenant: z.string() }), strictContext: true }, ({ a }) => a)).toThrow(flowError('DEFINITION', "'tenant'", 'strictContext'));
    const model = flowModel({ inputs, contextType: z.object({ a: z.number(), tenant: z.string().optional(), region: z.string().default('eu') }), strictContext: true }, ({ a }) => a);
    expect(model().flow.computeSync({ a: 5 }).value).toBe(5);
  });

  test('strictContext goes with contextType', () => {
    expect(() => flowModel({ inputs: { a: FromContext(z.number()) }, strictContext: true }, ({ a }) => a)).toThrow(flowError('DEFINITION', 'strictContext', 'contextType'));
  });

  test('it may be an object schema with refinements, a default or a pipe around it', () => {
    const model = flowModel({ inputs: { a: FromContext(z.number()) }, contextType: z.object({ a: z.number().positive() }).refine(({ a }) => a < 10).optional() }, ({ a }) => a);
    expect(model().flow.computeSync({ a: 5 }).value).toBe(5);
    expect(() => model().flow.computeSync({ a: -5 })).toThrow(flowError('INVALID_CONTEXT', 'a: number', '-5'));
  });
});

describe('validation of the resolved values', () => {
  test('CC-CTYPE-12 a field schema holds in addition to the one of the marker', () => {
    expect(ordered().flow.computeSync({ a: 1, b: 2 }).value).toBe(12);
    expect(() => ordered().flow.computeSync({ a: -1, b: 2 })).toThrow(flowError('INVALID_CONTEXT', 'a: number', '-1', 'ordered'));
    expect(() => ordered().flow.computeSync({ a: 1, b: 'two' as never })).toThrow(flowError('INVALID_CONTEXT', 'b: number', '"two"'));
  });

  test('CC-CTYPE-04, CC-CTYPE-10 a value has to satisfy both schemas; they are not compared with each other', () => {
    const mode = flowModel({ inputs: { mode: FromContext(z.string()) }, contextType: z.object({ mode: z.literal('a') }) }, ({ mode }) => mode);
    expect(mode().flow.computeSync({ mode: 'a' }).value).toBe('a');
    expect(() => mode().flow.computeSync({ mode: 'b' })).toThrow(flowError('INVALID_CONTEXT', 'mode: "a"', '"b"'));
    const nullable = flowModel({ inputs: { n: FromContext(z.number()) }, contextType: z.object({ n: z.number().nullable() }) }, ({ n }) => n);
    expect(nullable().flow.computeSync({ n: 1 }).value).toBe(1);
    expect(() => nullable().flow.computeSync({ n: null as never })).toThrow(flowError('INVALID_CONTEXT', 'n: number', 'null'));
  });

  test('CC-CTYPE-07 its refinements run on the resolved values, when the model reads all fields that it requires', () => {
    expect(() => ordered().flow.computeSync({ a: 5, b: 2 })).toThrow(flowError('INVALID_CONTEXT', 'a comes after b'));
    expect(() => ordered({ b: 2 }).flow.computeSync({ a: 5 })).toThrow(flowError('INVALID_CONTEXT', 'a comes after b'));
    expect(ordered({ b: 2 }).flow.computeSync({ a: 5, b: 6 }).value).toBe(56);
    expect(() => ordered().flow.withContext({ b: 1 }).flow.computeSync({ a: 5, b: 6 })).toThrow(flowError('INVALID_CONTEXT', 'a comes after b'));
  });

  test('CC-CTYPE-07 otherwise only its field schemas do', () => {
    expect(omnibus().flow.computeSync({ a: 5, b: 2 }).value).toBe(52);
    expect(() => omnibus().flow.computeSync({ a: -5, b: 2 })).toThrow(flowError('INVALID_CONTEXT', 'a: number'));
  });

  test('fields that it does not require count for the refinements when they are read', () => {
    const Window = z.object({ from: z.number(), to: z.number().optional() }).refine(({ from, to }) => to === undefined || from <= to, { message: 'backwards' });
    const span = flowModel({ inputs: { from: FromContext(z.number()), to: FromContext(z.number().optional()) }, contextType: Window }, ({ from, to }) => (to ?? from) - from);
    expect(span().flow.computeSync({ from: 3 }).value).toBe(0);
    expect(span().flow.computeSync({ from: 3, to: 5 }).value).toBe(2);
    expect(() => span().flow.computeSync({ from: 3, to: 1 })).toThrow(flowError('INVALID_CONTEXT', 'backwards'));
  });

  test('a missing field is MISSING_CONTEXT, not a failed refinement', () => {
    const error = thrownBy(() => ordered().flow.computeSync({ b: 2 } as never));
    expect(error).toEqual(flowError('MISSING_CONTEXT', 'a: number'));
    expect(error).not.toEqual(flowError('MISSING_CONTEXT', 'invalid'));
  });

  test('CC-CTYPE-09 the error is a FlowError that carries what the schema says', () => {
    const error = thrownBy(() => relay({ x: ordered() }).flow.computeSync({ a: 5, b: 2 }));
    expect(error).toEqual(flowError('INVALID_CONTEXT', 'a comes after b', 'relay.x'));
  });

  test('it is checked before any body runs, wherever the model stands', () => {
    let runs = 0;
    const first = flowModel({ inputs: { x: z.number() } }, ({ x }) => runs++ + x);
    const both = flowModel({ inputs: { p: z.number(), q: z.number() } }, ({ p, q }) => p + q);
    expect(() => both({ p: first({ x: 1 }), q: first({ x: ordered() }) }).flow.computeSync({ a: 5, b: 2 })).toThrow(flowError('INVALID_CONTEXT', 'a comes after b'));
    expect(runs).toBe(0);
  });

  test('CC-CTYPE-11 a richer context is accepted: extra fields, a FlowContext, an instance of a class', () => {
    class Visit {
      readonly a = 1;
      readonly b = 2;
      readonly requestId = 'abc';
    }
    expect(ordered().flow.computeSync({ a: 1, b: 2, tenant: 'x' }).value).toBe(12);
    expect(ordered().flow.computeSync(new FlowContext({ a: 1, b: 2, tenant: 'x' })).value).toBe(12);
    expect(ordered().flow.computeSync(new Visit()).value).toBe(12);
  });

  test('CC-CTYPE-13 its field order is no shorthand: a list or a string is INVALID_CONTEXT', () => {
    expect(() => ordered().flow.computeSync([1, 2] as never)).toThrow(flowError('INVALID_CONTEXT'));
    expect(() => ordered().flow.computeSync('1,2' as never)).toThrow(flowError('INVALID_CONTEXT'));
  });

  test('the body receives what the markers make of the values', () => {
    const model = flowModel({ inputs: { text: FromContext(z.string().trim()) }, contextType: z.object({ text: z.string().max(10) }) }, ({ text }) => text);
    expect(model().flow.computeSync({ text: ' x ' }).value).toBe('x');
  });

  test('a ready-made context schema', () => {
    const days = flowModel({ inputs: { startDate: FromContext(z.date()), endDate: FromContext(z.date()) }, contextType: DateRangeContext }, ({ startDate, endDate }) => (endDate.getTime() - startDate.getTime()) / 86_400_000);
    const startDate = new Date('2024-01-01');
    const endDate = new Date('2024-12-30');
    expect(days().flow.computeSync({ startDate, endDate }).value).toBe(364);
    expect(() => days().flow.computeSync({ startDate: endDate, endDate: startDate })).toThrow(flowError('INVALID_CONTEXT', 'startDate'));
  });
});

describe('CC-CTYPE-08 what is known early is checked early', () => {
  const constant = contextTransform({ name: 'constant', inputs: { n: z.number() } }, ({ n }) => n);
  const setBoth = contextTransform({ name: 'setBoth', inputs: { a: z.number(), b: z.number().optional() }, patches: { a: z.number(), b: z.number() } }, ({ a, b }) => ({ a, b }));
  const seeded = contextTransform({ name: 'seeded', inputs: { seed: FromContext(z.number().default(-1)) } }, ({ seed }) => seed);

  test('contextual defaults of a construction: BIND', () => {
    expect(() => ordered({ a: 5, b: 2 })).toThrow(flowError('BIND', 'ordered', 'a comes after b'));
    expect(() => ordered({ a: -5 })).toThrow(flowError('BIND', 'ordered', "'a'", '-5'));
    expect(() => ordered({ a: 5 })).not.toThrow();
    expect(() => ordered({ a: 1, b: 2 }).rebind({ b: 0 })).toThrow(flowError('BIND', 'a comes after b'));
  });

  test('with fields that the model does not read only the field schemas hold', () => {
    expect(() => omnibus({ a: 5, b: 2 })).not.toThrow();
    expect(() => omnibus({ a: -5, b: 2 })).toThrow(flowError('BIND', "'a'"));
  });

  test('literals of a wrapper: WITH_CONTEXT', () => {
    expect(() => ordered().flow.withContext({ a: 5, b: 2 })).toThrow(flowError('WITH_CONTEXT', 'ordered', 'a comes after b'));
    expect(() => ordered().flow.withContext({ a: -5 })).toThrow(flowError('WITH_CONTEXT', "'a'", '-5'));
    expect(() => ordered().flow.withContext({ a: 5 })).not.toThrow();
  });

  test('chained literals', () => {
    const first = ordered().flow.withContext({ a: 5 });
    expect(() => first.flow.withContext({ b: 2 })).toThrow(flowError('WITH_CONTEXT', 'a comes after b'));
    expect(first.flow.withContext({ b: 6 }).flow.computeSync({}).value).toBe(56);
    expect(() => first.flow.withContext({ b: 6 }).flow.withContext({ a: 7 })).toThrow(flowError('WITH_CONTEXT', 'a comes after b'));
  });

  test('static field transforms', () => {
    expect(() => ordered().flow.withContext({ a: constant({ n: 5 }), b: 2 })).toThrow(flowError('WITH_CONTEXT', 'a comes after b'));
    expect(() => ordered().flow.withContext({ a: constant({ n: -5 }) })).toThrow(flowError('WITH_CONTEXT', "'a'", '-5'));
  });

  test('static patch transforms', () => {
    expect(() => ordered().flow.withContext(setBoth({ a: 5, b: 2 }))).toThrow(flowError('WITH_CONTEXT', 'a comes after b'));
    expect(() => ordered().flow.withContext(setBoth({ a: -5 }))).toThrow(flowError('WITH_CONTEXT', "'a'", '-5'));
    expect(() => ordered().flow.withContext(setBoth({ a: 5 }), { b: 4 })).toThrow(flowError('WITH_CONTEXT', 'a comes after b'));
    expect(() => ordered().flow.withContext(setBoth({ a: 5 }))).not.toThrow();
  });

  test('CC-XFORM-10 a transform with a contextual input is not static, even where that has a default: its result is checked in the run', () => {
    const wrapper = ordered().flow.withContext({ a: seeded() });
    expect(() => wrapper.flow.computeSync({ b: 2 })).toThrow(flowError('INVALID_CONTEXT', 'a: number', '-1'));
    expect(wrapper.flow.computeSync({ b: 2, seed: 1 } as never).value).toBe(12);
  });

  test('a rewrite that is not known leaves the rest to the run', () => {
    const wrapper = ordered().flow.withContext({ a: 5 }).flow.withContext({ a: seeded(), b: 2 });
    expect(wrapper.flow.computeSync({ seed: 1 } as never).value).toBe(12);
    expect(() => wrapper.flow.computeSync({ seed: 3 } as never)).toThrow(flowError('INVALID_CONTEXT', 'a comes after b'));
  });

  test('the contextType of an upstream model is checked early too', () => {
    const branch = relay({ x: ordered() });
    expect(() => branch.flow.withContext({ a: -5 })).toThrow(flowError('WITH_CONTEXT', "'a'", 'ordered'));
    expect(() => branch.flow.withContext({ a: constant({ n: -5 }) })).toThrow(flowError('WITH_CONTEXT', "'a'", 'ordered'));
    expect(() => branch.flow.withContext({ a: 5, b: 2 })).toThrow(flowError('WITH_CONTEXT', 'ordered', 'a comes after b'));
  });

  test('what a static transform throws passes through as it is', () => {
    const failure = new Error('not today');
    const broken = contextTransform({ inputs: {} }, (): number => {
      throw failure;
    });
    const outcome = thrownBy(() => ordered().flow.withContext({ a: broken() }).flow.computeSync({ b: 1 }));
    expect(outcome).toBe(failure);
  });
});

describe('secret fields', () => {
  const Login = z.object({ user: z.string(), token: z.string().meta({ secret: true }) }).refine(({ user, token }) => user !== token, { message: 'too simple' });
  const login = flowModel({ name: 'login', inputs: { user: FromContext(z.string()), token: FromContext(z.string()) }, contextType: Login }, ({ user }) => user);
  const weak = { user: 'sesame', token: 'sesame' };

  test.each([
    ['BIND', () => login(weak)],
    ['WITH_CONTEXT', () => login().flow.withContext(weak)],
    ['INVALID_CONTEXT', () => login().flow.computeSync(weak)],
  ])('a failed refinement does not show them: %s', (code, run) => {
    const text = inspect(thrownBy(run), { depth: null });
    expect(text).toContain(code);
    expect(text).toContain('[secret]');
    expect(text).not.toContain('token: "sesame"');
    expect(text).not.toContain("token: 'sesame'");
  });
});
