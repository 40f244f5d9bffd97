// Contract §10: one class, a closed set of codes; messages name model and field, show the value, and say what to do.
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { DefinitionRegistry, Dependency, FlowContext, FlowError, flowModel, flowPathOf, FromContext, Lazy, Resource } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { deferred } from './deferred.ts';
import { refusal } from './refusal.ts';

const definitions = new DefinitionRegistry();
const LONG = 'x'.repeat(1000);

const report = flowModel({ name: 'report', definitions, inputs: { days: z.number(), region: FromContext(z.number()) } }, ({ days, region }) => days + region);
const echo = flowModel({ name: 'echo', definitions, inputs: { it: z.unknown() } }, ({ it: value }) => value as never);
const rates = flowModel({ name: 'rates', definitions, inputs: { client: Resource<object>() } }, () => 1);
const typed = flowModel({ name: 'typed', definitions, inputs: { it: z.unknown() }, output: z.number() }, ({ it: value }) => value as never);
const later = flowModel({ name: 'later', definitions, inputs: {} }, async () => 1);
const pick = flowModel({ name: 'pick', definitions, inputs: { fallback: Lazy(z.string()) } }, () => 1);
const awaits = flowModel({ name: 'awaits', definitions, inputs: { text: z.string().refine((text) => Promise.resolve(text !== '')) } }, () => 1);
const loose = (model: object): CallableModel => model as CallableModel;

interface Case {
  readonly code: FlowError['code'];
  readonly when: string;
  readonly act: () => unknown;
  /** What the message names: the model, the field. */
  readonly names: readonly string[];
  /** What it says to do instead. */
  readonly advice: RegExp;
  /** Whether LONG is the offending value. */
  readonly showsValue?: true;
}

const cases: readonly Case[] = [
  { code: 'DEFINITION', when: 'an input is no schema', act: () => flowModel({ name: 'broken', inputs: { days: LONG as never } }, () => 1), names: ['broken', "'days'"], advice: /schema/, showsValue: true },
  { code: 'DEFINITION', when: 'the body is no function', act: () => flowModel({ name: 'broken', inputs: {} }, LONG as never), names: ['broken'], advice: /function/, showsValue: true },
  { code: 'DEFINITION', when: 'an option of a run does not exist', act: () => later().flow.computeSync({}, { evaluater: LONG } as never), names: ['evaluater'], advice: /option/i },
  { code: 'BIND', when: 'a literal does not fit', act: () => report({ days: LONG as never }), names: ['report', "'days'"], advice: /bind/i, showsValue: true },
  { code: 'BIND', when: 'a contextual default does not fit', act: () => report({ region: LONG as never }), names: ['report', "'region'"], advice: /bind/i, showsValue: true },
  { code: 'BIND', when: 'bindings are no record', act: () => report(LONG as never), names: ['report'], advice: /report\(\{/, showsValue: true },
  { code: 'BIND', when: 'a Lazy input gets a literal', act: () => pick({ fallback: LONG as never }), names: ['pick', "'fallback'"], advice: /bind a model/i, showsValue: true },
  { code: 'BIND', when: 'a resource is bound', act: () => rates({ client: {} } as never), names: ['rates', "'client'"], advice: /resources:/ },
  { code: 'UNBOUND_INPUT', when: 'a regular input is not bound', act: () => loose(report()).flow.computeSync({ region: 1 }), names: ['report', 'days'], advice: /bind/i },
  { code: 'UNBOUND_INPUT', when: 'the context names an unbound input', act: () => loose(report()).flow.computeSync({ days: 1, region: 1 }), names: ['report', "'days'"], advice: /report\(\{ days:/ },
  { code: 'REGULAR_OVERRIDE', when: 'the context names a bound input', act: () => loose(report({ days: 1 })).flow.computeSync({ days: 1, region: 1 }), names: ['report', "'days'"], advice: /rebind\(.*FlowContext/s },
  { code: 'MISSING_CONTEXT', when: 'a field is missing', act: () => loose(report({ days: 1 })).flow.computeSync(), names: ['report', 'region: number'], advice: /compute.*withContext/s },
  { code: 'MISSING_RESOURCE', when: 'a resource is missing', act: () => rates().flow.computeSync(), names: ['rates', 'client'], advice: /resources:.*configureFlow/s },
  { code: 'INVALID_CONTEXT', when: 'a field does not fit', act: () => report({ days: 1 }).flow.computeSync({ region: LONG as never }), names: ['report', 'region: number'], advice: /pass values/i, showsValue: true },
  { code: 'INVALID_CONTEXT', when: 'a context is no record', act: () => loose(report({ days: 1 })).flow.computeSync(LONG as never), names: ['report'], advice: /plain object.*FlowContext/s, showsValue: true },
  { code: 'INVALID_RESULT', when: 'a result breaks its output schema', act: () => typed({ it: LONG }).flow.computeSync(), names: ['typed', 'number'], advice: /change/i, showsValue: true },
  { code: 'INVALID_RESULT', when: 'an upstream value does not fit', act: () => report({ days: echo({ it: LONG }) }).flow.computeSync({ region: 1 }), names: ['report', "'days'", 'echo', 'number'], advice: /change/i, showsValue: true },
  { code: 'DUPLICATE_NAME', when: 'a name is taken', act: () => flowModel({ name: 'report', definitions, inputs: {} }, () => 1), names: ["'report'"], advice: /another name.*replace: true/s },
  { code: 'UNKNOWN_MODEL', when: 'a name is not defined', act: () => definitions.get('reprot'), names: ["'reprot'", "'report'"], advice: /import/i },
  { code: 'ASYNC_IN_SYNC', when: 'a body returns a promise', act: () => later().flow.computeSync(), names: ['later'], advice: /use compute\b/i },
  { code: 'ASYNC_IN_SYNC', when: 'a schema returns a promise', act: () => awaits({ text: 'x' }), names: ['awaits', "'text'"], advice: /in a model/ },
];

describe('the catalogue', () => {
  it.each(cases)('$code, when $when: names what is concerned and says what to do', ({ code, act, names, advice }) => {
    const error = refusal(act);
    expect(error.code).toBe(code);
    for (const name of names) expect(error.message).toContain(name);
    expect(error.message).toMatch(advice);
  });

  it.each(cases.filter(({ showsValue }) => showsValue))('$code, when $when: shows the value, cut to 100 characters', ({ act }) => {
    const { message } = refusal(act);
    expect(message).toContain('x'.repeat(90));
    expect(message).not.toContain('x'.repeat(101));
  });

  it.each([
    ['a list', Array.from({ length: 500 }, (_, i) => i), '[0, 1, 2'],
    ['an object', Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])), '{ k0: 0'],
    ['a deep object', { a: { b: { c: { d: 'deep' } } } }, '{ a: { b:'],
    ['null', null, 'null'],
    ['a date', new Date('2024-01-02T03:04:05Z'), '2024-01-02T03:04:05.000Z'],
    ['an invalid date', new Date(NaN), 'Invalid Date'],
    ['a bigint', 12n, '12n'],
    ['a symbol', Symbol('sym'), 'Symbol(sym)'],
    ['not a number', NaN, 'NaN'],
    ['a class instance', new (class Quote {})(), 'Quote'],
    ['a function', function named() {}, 'named'],
    ['text with quotes and lines', 'a "b"\nc', '"a \\"b\\"\\nc"'],
  ])('values are shown as one would write them: %s', (_, value, text) => {
    const { message } = refusal(() => report({ days: value as never }));
    expect(message).toContain(text);
    const shown = message.slice(message.indexOf(text));
    expect(shown.split(' (')[0]!.length).toBeLessThanOrEqual(100);
  });
});

describe('FlowError', () => {
  it('is an Error with a code, a name, details, a path and a cause', () => {
    const error = refusal(() => report({ days: 'x' as never }));
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(FlowError);
    expect(error.name).toBe('FlowError');
    expect(Object.isFrozen(error.details)).toBe(true);
    expect(error.path).toEqual(['report', 'days']);
    const cause = new RangeError('why');
    const made = new FlowError('CACHE', 'lost', { cause, path: ['a', 'b'], details: { key: 'k' } });
    expect([made.code, made.message, made.cause, made.path, made.details]).toEqual(['CACHE', 'lost', cause, ['a', 'b'], { key: 'k' }]);
    const plain = new FlowError('CACHE', 'lost');
    expect([plain.cause, plain.path, plain.details]).toEqual([undefined, undefined, {}]);
  });

  it('packages subclass it with codes of their own', () => {
    class StoreError extends FlowError<'STORE_CONFLICT'> {}
    const error = new StoreError('STORE_CONFLICT', 'somebody was faster');
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toBeInstanceOf(StoreError);
    expect(new FlowError('BIND', 'x')).not.toBeInstanceOf(StoreError);
  });

  it('of another install is recognised', async () => {
    vi.resetModules();
    const other = await import('@flowmodel/core');
    expect(other.FlowError).not.toBe(FlowError);
    expect(new other.FlowError('BIND', 'x')).toBeInstanceOf(FlowError);
    for (const value of [new Error('x'), { code: 'BIND' }, null, 'BIND']) expect(value instanceof FlowError).toBe(false);
  });

  it('the path of an error tells where in the graph it arose', () => {
    const bad = refusal(() => report({ days: typed({ it: 'x' }) }).flow.computeSync({ region: 1 }));
    expect(bad.path).toEqual(['report', 'days', 'typed']);
    expect(flowPathOf(bad)).toEqual(['report', 'days', 'typed']);
    const sync = refusal(() => report({ days: later() }).flow.computeSync({ region: 1 }));
    expect(flowPathOf(sync)).toEqual(['report', 'days', 'later']);
    expect(flowPathOf(new Error('x'))).toBeUndefined();
    expect(flowPathOf('thrown text')).toBeUndefined();
  });

  it('what a body throws is not wrapped', async () => {
    class Domain extends Error {}
    for (const thrown of [new Domain('no data'), 'text', undefined, null, 0, { code: 'BIND' }]) {
      const throws = flowModel({ inputs: {} }, (): number => {
        // oxlint-disable-next-line typescript/only-throw-error -- bodies may throw anything
        throw thrown;
      });
      const outcome = await throws().flow.compute().then(() => 'resolved', (error: unknown) => ({ error }));
      expect(outcome).toEqual({ error: thrown });
      expect((outcome as { error: unknown }).error).toBe(thrown);
    }
  });
});

describe('ASYNC_IN_SYNC', () => {
  it('is thrown wherever in the graph the promise comes up, naming that model', () => {
    const error = refusal(() => report({ days: later() }).flow.computeSync({ region: 1 }));
    expect(error.code).toBe('ASYNC_IN_SYNC');
    expect(error.message).toContain('later');
  });

  it('covers thenables, thunks and containers', () => {
    // oxlint-disable-next-line unicorn/no-thenable -- what a body may hand back instead of a promise
    const thenable = flowModel({ name: 'thenable', inputs: {} }, () => ({ then: (resolve: (value: number) => void) => resolve(1) }));
    expect(refusal(() => thenable().flow.computeSync())).toMatchObject({ code: 'ASYNC_IN_SYNC', message: expect.stringContaining('thenable') as string });
    const pick = flowModel({ name: 'picky', inputs: { fallback: Lazy(z.number()) } }, ({ fallback }) => fallback.sync());
    expect(refusal(() => pick({ fallback: later() }).flow.computeSync())).toMatchObject({ code: 'ASYNC_IN_SYNC', message: expect.stringContaining('later') as string });
    const sum = flowModel({ name: 'summed', inputs: { values: Dependency(z.array(z.number())) } }, ({ values }) => values.length);
    expect(refusal(() => sum({ values: [later()] }).flow.computeSync()).code).toBe('ASYNC_IN_SYNC');
  });

  it('leaves no unhandled rejection behind when the promise fails later', async () => {
    const { promise, reject } = deferred<number>();
    const fails = flowModel({ name: 'fails', inputs: {} }, () => promise);
    expect(refusal(() => fails().flow.computeSync()).code).toBe('ASYNC_IN_SYNC');
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    reject(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('the same model computes by compute', async () => {
    expect((await report({ days: later() }).flow.compute(new FlowContext({ region: 1 }))).value).toBe(2);
  });
});
