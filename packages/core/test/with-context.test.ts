// §4, what withContext accepts and what it rewrites. How rewrites combine stands in rewrites.test.ts.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, flowModel, FromContext, fromField, isModel, Lazy, ModelInput } from '@flowmodel/core';
import { flowError, thrownBy } from './flow-error.ts';

const add = flowModel({ name: 'add', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value);
const leaf = flowModel({ name: 'leaf', inputs: { v: FromContext(z.number()) } }, ({ v }) => v);
const root = flowModel({ name: 'root', inputs: { x: z.number(), v: FromContext(z.number()) } }, ({ x, v }) => x * 100 + v);
const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);
const three = flowModel({ name: 'three', inputs: { left: z.number(), right: z.number(), plain: z.number() } }, ({ left, right, plain }) => [left, right, plain]);

const plus = contextTransform({ name: 'plus', inputs: { value: FromContext(z.number()), amount: z.number() } }, ({ value, amount }) => value + amount);
const constant = contextTransform({ name: 'constant', inputs: { n: z.number() } }, ({ n }) => n);
const setB = contextTransform({ name: 'setB', inputs: { to: z.number() }, patches: { b: z.number() } }, ({ to }) => ({ b: to }));

describe('a wrapper is a new model', () => {
  test('CC-WITH-01 withContext returns a new model and leaves its source as it was', () => {
    const model = add({ a: 2 });
    const wrapper = model.flow.withContext({ b: 7 });
    expect(wrapper).not.toBe(model);
    expect(wrapper.flow.computeSync({}).value).toBe(9);
    expect(model.flow.computeSync({ b: 5 }).value).toBe(7);
    expect(() => model.flow.computeSync({} as never)).toThrow(flowError('MISSING_CONTEXT', 'b'));
  });

  test('a rewrite beats the value that the caller of compute passes', async () => {
    const wrapper = add({ a: 1 }).flow.withContext({ b: 2 });
    expect((await wrapper.flow.compute({ b: 99 })).value).toBe(3);
  });

  test('CC-WITH-24 without arguments it is a transparent wrapper', () => {
    const wrapper = add({ a: 1 }).flow.withContext();
    expect(wrapper.flow.computeSync({ b: 2 }).value).toBe(3);
    expect(() => wrapper.flow.computeSync({} as never)).toThrow(flowError('MISSING_CONTEXT', 'b'));
  });

  test('CC-WITH-38 a wrapper is a model: it can be bound, rebound and wrapped', () => {
    const wrapper = add({ a: 1 }).flow.withContext({ b: 2 });
    expect(isModel(wrapper)).toBe(true);
    expect(wrapper.inputs).toEqual({ a: 1 });
    expect(relay({ x: wrapper }).flow.computeSync().value).toBe(3);
    expect(wrapper.rebind({ a: 10 }).flow.computeSync({}).value).toBe(12);
    expect(wrapper.flow.withContext({ b: 5 }).flow.computeSync({}).value).toBe(6);
  });

  test('CC-WITH-38 an override of the run that names a wrapper holds there and not on the bare model', () => {
    const bare = source();
    const wrapper = bare.flow.withContext({ value: 3 });
    const graph = three({ left: wrapper, right: bare, plain: bare.flow.withContext({ value: 4 }) });
    const overrides = [{ models: [wrapper], body: ({ value }: { value: number }) => value + 100 }];
    expect(graph.flow.computeSync({ value: 1 }, { overrides }).value).toEqual([103, 1, 4]);
  });
});

describe('what a rewrite reaches', () => {
  test('CC-WITH-03 the branch and nothing beside it', async () => {
    const base = source();
    const graph = three({
      left: base.flow.withContext({ value: plus({ amount: 1 }) }),
      right: base.flow.withContext({ value: plus({ amount: 10 }) }),
      plain: base,
    });
    expect((await graph.flow.compute({ value: 5 })).value).toEqual([6, 15, 5]);
  });

  test('CC-WITH-04 the wrapped model and its whole upstream subtree', () => {
    const wrapper = root({ x: leaf() }).flow.withContext({ v: 3 });
    expect(wrapper.flow.computeSync({ v: 9 }).value).toBe(303);
  });

  test('CC-WITH-05 ambient fields that it does not touch pass through', () => {
    const graph = root({ x: add({ a: 1 }) }).flow.withContext({ v: 3 });
    expect(graph.flow.computeSync({ b: 4 }).value).toBe(503);
  });

  test('a field that only an upstream model reads is a legal target', () => {
    const wrapper = relay({ x: relay({ x: leaf() }) }).flow.withContext({ v: 1 });
    expect(wrapper.flow.computeSync({ v: 2 }).value).toBe(1);
  });

  test('a field that only a lazy branch, or a model inside a container, reads is a legal target', () => {
    const lazy = flowModel({ inputs: { fallback: Lazy(z.number()) } }, ({ fallback }) => fallback.sync());
    expect(lazy({ fallback: leaf() }).flow.withContext({ v: 4 }).flow.computeSync({}).value).toBe(4);
    const total = flowModel({ inputs: { rows: Dependency(z.array(z.number())) } }, ({ rows }) => rows.length * 10 + rows[1]!);
    expect(total({ rows: [1, leaf()] }).flow.withContext({ v: 5 }).flow.computeSync({}).value).toBe(25);
  });

  test('a shared model is rewritten in one branch only', () => {
    const shared = leaf();
    const pair = flowModel({ inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => [left, right]);
    const graph = pair({ left: relay({ x: shared }).flow.withContext({ v: 1 }), right: relay({ x: shared }) });
    expect(graph.flow.computeSync({ v: 2 }).value).toEqual([1, 2]);
  });
});

describe('targets that nobody in the branch reads', () => {
  test('CC-WITH-02 a regular input is no target: WITH_CONTEXT names the contextual ones', () => {
    expect(() => add({ a: 1 }).flow.withContext({ a: 2 } as never)).toThrow(flowError('WITH_CONTEXT', 'add', "'a'", 'regular', "'b'"));
  });

  test('an unknown field is WITH_CONTEXT, with the legal fields and the nearest of them', () => {
    const model = root({ x: add({ a: 1 }) });
    expect(() => model.flow.withContext({ vv: 2 } as never)).toThrow(flowError('WITH_CONTEXT', "'vv'", "Did you mean 'v'", "'b'"));
  });

  test('a patch that declares such a field is WITH_CONTEXT at the call, naming the transform', () => {
    expect(() => leaf().flow.withContext(setB({ to: 1 }) as never)).toThrow(flowError('WITH_CONTEXT', "'b'", 'setB', "'v'"));
  });

  test('the needs of a ModelInput are no part of the branch', () => {
    const each = flowModel({ inputs: { model: ModelInput(z.number()) } }, ({ model }, run) => run.computeSync(model, { v: 1 }));
    expect(() => each({ model: leaf() }).flow.withContext({ v: 2 } as never)).toThrow(flowError('WITH_CONTEXT', "'v'"));
  });

  test('a field that an inner wrapper supplies is read from the context by nobody', () => {
    const inner = leaf().flow.withContext({ v: 1 });
    // @ts-expect-error the compiler knows it, too
    expect(() => relay({ x: inner }).flow.withContext({ v: 2 })).toThrow(flowError('WITH_CONTEXT', "'v'"));
  });
});

describe('positional arguments are bound patch transforms', () => {
  test.each([
    ['a function', () => ({ b: 1 })],
    ['a number', 5],
    ['null', null],
    ['a string', 'b'],
    ['a list', [setB({ to: 1 })]],
    ['a Map', new Map([['b', 1]])],
  ])('CC-WITH-06 %s is WITH_CONTEXT', (_what, arg) => {
    expect(() => add({ a: 1 }).flow.withContext(arg as never)).toThrow(flowError('WITH_CONTEXT', 'positional', 'patch transform'));
  });

  test('CC-WITH-06 the record of overrides comes last, and there is one', () => {
    const model = add({ a: 1 });
    expect(() => model.flow.withContext({ b: 1 } as never, setB({ to: 2 }))).toThrow(flowError('WITH_CONTEXT', 'last'));
    expect(() => model.flow.withContext({ b: 1 } as never, { b: 2 })).toThrow(flowError('WITH_CONTEXT', 'last'));
  });

  test('a model is told how a field takes the value of a model', () => {
    expect(() => add({ a: 1 }).flow.withContext(leaf() as never)).toThrow(flowError('WITH_CONTEXT', 'computed('));
  });

  test('CC-WITH-07 a field transform is passed by field name', () => {
    expect(() => source().flow.withContext(plus({ amount: 1 }) as never)).toThrow(flowError('WITH_CONTEXT', 'plus', 'by field name'));
  });

  test('CC-WITH-08 a patch transform is passed positionally', () => {
    expect(() => add({ a: 1 }).flow.withContext({ b: setB({ to: 1 }) } as never)).toThrow(flowError('WITH_CONTEXT', 'setB', "'b'", 'positionally'));
  });

  test('CC-WITH-11 a transform factory is told to be called first, in either place', () => {
    expect(() => add({ a: 1 }).flow.withContext(setB as never)).toThrow(flowError('WITH_CONTEXT', 'Call', 'first'));
    expect(() => add({ a: 1 }).flow.withContext({ b: constant } as never)).toThrow(flowError('WITH_CONTEXT', "'b'", 'Call it first'));
  });
});

describe('overrides', () => {
  test('CC-WITH-09 an override is a literal or a bound field transform', () => {
    const model = add({ a: 10 });
    expect(model.flow.withContext({ b: 5 }).flow.computeSync({}).value).toBe(15);
    expect(model.flow.withContext({ b: constant({ n: 6 }) }).flow.computeSync({}).value).toBe(16);
    expect(model.flow.withContext({ b: plus({ amount: 2 }) }).flow.computeSync({ value: 5 }).value).toBe(17);
  });

  test('CC-WITH-10 a literal is checked at the call', () => {
    expect(() => add({ a: 1 }).flow.withContext({ b: 'not a number' } as never)).toThrow(flowError('WITH_CONTEXT', 'withContext', "'b'", 'number', 'not a number'));
  });

  test('CC-WITH-10 a literal must satisfy every reader in the branch, and the message names the one that it does not', () => {
    const positive = flowModel({ name: 'positive', inputs: { x: z.number(), v: FromContext(z.number().positive()) } }, ({ x, v }) => x + v);
    const branch = positive({ x: leaf() });
    expect(branch.flow.withContext({ v: 1 }).flow.computeSync({}).value).toBe(2);
    expect(() => branch.flow.withContext({ v: -1 })).toThrow(flowError('WITH_CONTEXT', "'v'", 'positive', '-1'));
  });

  test('a literal is kept as given, and each reader parses it by its own schema', () => {
    const length = flowModel({ inputs: { day: FromContext(z.string()) } }, ({ day }) => day.length);
    const both = flowModel({ inputs: { x: z.number(), day: FromContext(z.coerce.date()) } }, ({ x, day }) => [x, day.getUTCFullYear()]);
    expect(both({ x: length() }).flow.withContext({ day: '2024-03-01' } as never).flow.computeSync({} as never).value).toEqual([10, 2024]);
  });

  test('undefined is no rewrite, null is a value', () => {
    const nullable = flowModel({ inputs: { v: FromContext(z.number().nullable()) } }, ({ v }) => String(v));
    expect(nullable().flow.withContext({ v: undefined }).flow.computeSync({ v: 3 }).value).toBe('3');
    expect(nullable().flow.withContext({ v: null }).flow.computeSync({ v: 3 }).value).toBe('null');
    expect(() => leaf().flow.withContext({ v: null } as never)).toThrow(flowError('WITH_CONTEXT', "'v'", 'null'));
  });

  test('a literal is copied: the caller may change its own object, and no body can change the copy', () => {
    const rows = flowModel({ inputs: { rows: FromContext(z.array(z.number())) } }, ({ rows }) => rows);
    const mine = [1, 2];
    const wrapper = rows().flow.withContext({ rows: mine });
    mine.push(3);
    expect(wrapper.flow.computeSync({}).value).toEqual([1, 2]);
    expect(Object.isFrozen(mine)).toBe(false);
    expect(Object.isFrozen(wrapper.flow.computeSync({}).value)).toBe(true);
  });

  test('CC-WITH-11 a raw function is no literal for a field of another type', () => {
    expect(() => add({ a: 1 }).flow.withContext({ b: (() => 1) as never })).toThrow(flowError('WITH_CONTEXT', "'b'", 'number', 'contextTransform'));
  });

  test.each([
    ['z.any()', z.any()],
    ['z.unknown()', z.unknown()],
    ['z.any().optional()', z.any().optional()],
    ['z.unknown().nullable()', z.unknown().nullable()],
  ])('CC-WITH-11 nor for an untyped field: %s', (_what, schema) => {
    const anything = flowModel({ inputs: { b: FromContext(schema) } }, ({ b }) => typeof b);
    expect(() => anything().flow.withContext({ b: () => 1 })).toThrow(flowError('WITH_CONTEXT', "'b'", 'contextTransform'));
    expect(anything().flow.withContext({ b: 1 }).flow.computeSync({}).value).toBe('number');
  });

  test('CC-WITH-12 a function is a literal for a field whose schema accepts functions', () => {
    const call = flowModel({ inputs: { f: FromContext(z.custom<() => number>((value) => typeof value === 'function')) } }, ({ f }) => f());
    expect(call().flow.withContext({ f: () => 3 }).flow.computeSync({}).value).toBe(3);
  });

  test('a model is no literal: WITH_CONTEXT says computed', () => {
    expect(() => leaf().flow.withContext({ v: leaf() } as never)).toThrow(flowError('WITH_CONTEXT', "'v'", 'got leaf()', 'computed('));
  });
});

describe('what a wrapper prints', () => {
  test('a field that reads another', () => {
    expect(inspect(add({ a: 10 }).flow.withContext({ b: fromField('amount', z.number()) }))).toBe("add({ a: 10 }).flow.withContext({ b: fromField('amount') })");
  });

  test('CC-WITH-37 the text reads like the call, on one line', () => {
    const wrapper = add({ a: 10 }).flow.withContext(setB({ to: 1 }), { b: plus({ amount: 2 }) });
    expect(inspect(wrapper)).toBe('add({ a: 10 }).flow.withContext({ b: plus({ amount: 2 }) })');
    const shift = contextTransform({ name: 'shiftV', inputs: { by: z.number() }, patches: { v: z.number(), b: z.number() } }, ({ by }) => ({ v: by }));
    expect(inspect(root({ x: add({ a: 1 }) }).flow.withContext(shift({ by: 1 }), { b: 2 }))).toBe('root({ x: add(…) }).flow.withContext(shiftV({ by: 1 }), { b: 2 })');
  });

  test('a wrapper inside a printed model is cut short', () => {
    expect(inspect(relay({ x: leaf().flow.withContext({ v: 1 }) }))).toMatch(/^relay\(\{ x: leaf\(.*\)\.withContext\(…\) \}\)$/);
  });

  test('CC-WITH-20 rewrites that a later override covers are not shown', () => {
    const wrapper = source().flow.withContext({ value: plus({ amount: 1 }) }).flow.withContext({ value: 2 });
    expect(inspect(wrapper)).toBe('source().flow.withContext({ value: 2 })');
  });
});

describe('what messages and pictures show of values', () => {
  const secret = z.string().min(8).meta({ secret: true });
  const login = flowModel({ name: 'login', inputs: { token: FromContext(secret) } }, ({ token }) => token.length);
  const account = flowModel({ name: 'account', inputs: { user: FromContext(z.object({ name: z.string(), password: secret })) } }, ({ user }) => user.name);
  const setToken = contextTransform({ name: 'setToken', inputs: { to: secret }, patches: { token: secret } }, ({ to }) => ({ token: to }));

  /** All that there is to see of what a call throws. */
  const thrown = (run: () => unknown): string => inspect(thrownBy(run), { depth: null });

  test('a long value is cut to 100 characters', () => {
    const message = thrown(() => leaf().flow.withContext({ v: 'x'.repeat(10_000) } as never));
    expect(message).toContain('WITH_CONTEXT');
    expect(message).toMatch(/x{50}/);
    expect(message).not.toMatch(/x{101}/);
  });

  test('a secret literal prints as [secret]', () => {
    const wrapper = login().flow.withContext({ token: 'open sesame' });
    expect(inspect(wrapper)).toBe('login().flow.withContext({ token: [secret] })');
  });

  test('a secret inside a literal does not print', () => {
    const wrapper = account().flow.withContext({ user: { name: 'Ali', password: 'open sesame' } });
    expect(inspect(wrapper)).toMatch(/^account\(\)\.flow\.withContext\((?!.*sesame)/);
  });

  test('a secret argument of a transform prints as [secret]', () => {
    expect(inspect(login().flow.withContext(setToken({ to: 'open sesame' })))).toBe('login().flow.withContext(setToken({ to: [secret] }))');
  });

  test('an error about a secret literal does not show it', () => {
    const text = thrown(() => login().flow.withContext({ token: 'sesame' }));
    expect(text).toContain('WITH_CONTEXT');
    expect(text).not.toContain('sesame');
  });

  test('an error about a literal that holds a secret does not show it', () => {
    const text = thrown(() => account().flow.withContext({ user: { name: 5 as never, password: 'open sesame' } }));
    expect(text).toContain('WITH_CONTEXT');
    expect(text).not.toContain('sesame');
  });

  test('an error about a record in the wrong place does not show the secrets in it', () => {
    const text = thrown(() => login().flow.withContext({ token: 'open sesame' } as never, setToken({ to: 'open sesame' })));
    expect(text).toContain('WITH_CONTEXT');
    expect(text).not.toContain('sesame');
  });
});
