/** Contract §10: messages name the model and the field, show the offending value cut to 100 characters, and say what to do instead. One row for each situation. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, FlowContext, flowModel, FromContext, Lazy, modelClass, ModelInput, Resource } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { refusal } from './refusal.ts';

const price = flowModel({ name: 'msg.price', inputs: { item: z.string(), count: z.number(), day: FromContext(z.number()), unit: FromContext(z.string().default('EUR')) } }, ({ count, day }) => count * day);
const total = flowModel({ name: 'msg.total', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
const lazily = flowModel({ name: 'msg.lazily', inputs: { l: Lazy(z.number()) } }, () => 1);
const asks = flowModel({ name: 'msg.asks', inputs: { m: ModelInput(z.number()) } }, () => 1);
const listed = flowModel({ name: 'msg.listed', inputs: { xs: z.array(z.number()) } }, () => 1);
const parts = flowModel({ name: 'msg.parts', inputs: { xs: Dependency(z.array(z.number())) } }, () => 1);
const supplied = flowModel({ name: 'msg.supplied', inputs: { db: Resource<string>() } }, ({ db }) => db);
const constant = flowModel({ name: 'msg.constant', inputs: {} }, () => 1);
const shift = contextTransform({ name: 'msg.shift', inputs: { day: FromContext(z.number()), by: z.number() }, output: z.number() }, ({ day, by }) => day + by);
const patch = contextTransform({ name: 'msg.patch', inputs: {}, patches: { day: z.number() } }, () => ({ day: 1 }));
const bound = price({ item: 'chair', count: 2 });
const any = (value: unknown): never => value as never;

type Row = readonly [what: string, code: string, act: () => unknown, ...words: readonly (string | RegExp)[]];

/** Each message has the code and all the words, and ends like a sentence. */
const rows = (list: readonly Row[]): void =>
  void test.each(list.map(([what, code, act, ...words]) => [what, code, act, words] as const))('%s: %s', (_what, code, act, words) => {
    const error = refusal(act);
    expect(error.code).toBe(code);
    for (const word of words) expect(error.message).toMatch(word instanceof RegExp ? word : new RegExp(word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')));
    expect(error.message).toMatch(/[.)\]}]$|\?$/);
  });

describe('CC-ERR-01 of definitions', () => {
  const define = (inputs: () => object, options: object = {}) => (): unknown => flowModel({ name: 'msg.odd', replace: true, inputs: inputs(), ...options } as never, () => 1);
  rows([
    ['an input that is no schema', 'DEFINITION', define(() => ({ x: 5 })), 'msg.odd', "'x'", '5'],
    ['a marker inside another', 'DEFINITION', define(() => ({ x: FromContext(any(Lazy(z.number()))) })), 'one marker'],
    ['a marker inside a schema', 'DEFINITION', define(() => ({ x: z.array(any(FromContext(z.number()))) })), "'x'"],
    ['a marker that was not called', 'DEFINITION', define(() => ({ x: FromContext })), "'x'"],
    ['a model for a default', 'DEFINITION', define(() => ({ x: FromContext(z.any().default(bound)) })), "'x'", /model/],
    ['a contextType without a field for an input', 'DEFINITION', define(() => ({ x: FromContext(z.number()) }), { contextType: z.object({ y: z.number() }) }), "'x'"],
    ['a marker where zod takes options', 'DEFINITION', define(() => ({ x: z.record(z.string(), any(Dependency(z.number()))) })), "'x'", 'marker'],
    ['patches and an output', 'DEFINITION', () => contextTransform({ name: 'msg.odd', inputs: {}, patches: { day: z.number() }, output: z.number() } as never, (() => ({})) as never), 'msg.odd', "'output'", "'patches'"],
    ['an option that does not exist', 'DEFINITION', define(() => ({}), { cachable: true }), "'cachable'", "Did you mean 'cacheable'"],
    ['a name that is taken', 'DUPLICATE_NAME', () => flowModel({ name: 'msg.price', inputs: {} }, () => 1), "'msg.price'", 'replace: true'],
    ['a class without a context schema', 'DEFINITION', () => modelClass({ name: 'msg.Odd', inputs: {}, context: 5 } as never), /context/],
  ]);
});

describe('CC-ERR-02 of construction', () => {
  rows([
    ['a literal of the wrong type', 'BIND', () => price({ count: any('two') }), 'msg.price', "'count'", '"two"', 'number'],
    ['a contextual default of the wrong type', 'BIND', () => price({ day: any('monday') }), 'msg.price', "'day'", '"monday"'],
    ['a model for a contextual input', 'BIND', () => price({ day: any(bound) }), 'msg.price', "'day'", /withContext|computed/],
    ['a literal for a lazy input', 'BIND', () => lazily({ l: any(5) }), 'msg.lazily', "'l'", '5'],
    ['a literal for a model input', 'BIND', () => asks({ m: any(5) }), 'msg.asks', "'m'", '5'],
    ['a model inside a literal', 'BIND', () => listed({ xs: any([1, bound]) }), 'msg.listed', 'xs[1]', 'Dependency'],
    ['a literal that is wrong inside', 'BIND', () => listed({ xs: any([1, 'two']) }), 'msg.listed', 'xs[1]', 'expected number'],
    ['a promise for a literal', 'BIND', () => price({ count: any(Promise.resolve(2)) }), 'msg.price', "'count'", 'promise', 'Await it', 'bind the model itself'],
    ['a promise inside a literal', 'BIND', () => listed({ xs: any([1, Promise.resolve(2)]) }), 'xs[1]', 'Await it'],
    ['the result of a compute for a literal', 'BIND', () => total({ a: any(constant().flow.computeSync()), b: 1 }), 'msg.total', "'a'", 'GenericResult', '.value', 'the model itself'],
    ['the result of a compute beside models', 'BIND', () => parts({ xs: any([bound, constant().flow.computeSync()]) }), 'msg.parts', 'xs[1]', 'GenericResult', '.value'],
    ['an input that does not exist', 'BIND', () => price({ itm: 'x' } as never), 'msg.price', "'itm'", "Did you mean 'item'"],
    ['a factory that was not called', 'BIND', () => total({ a: any(price) }), 'msg.total', "'a'"],
  ]);
});

describe('CC-ERR-03 of computing', () => {
  rows([
    ['an unbound input', 'UNBOUND_INPUT', () => price({ item: 'x' }).flow.computeSync(any({ day: 1 })), 'msg.price', "'count'"],
    ['an unbound input further up', 'UNBOUND_INPUT', () => total({ a: price({ item: 'x' }), b: 1 }).flow.computeSync(any({ day: 1 })), 'msg.total.a', "'count'"],
    ['a key that names an unbound input', 'UNBOUND_INPUT', () => price({ item: 'x' }).flow.computeSync(any({ day: 1, count: 2 })), 'msg.price', "'count'"],
    ['a key that names a bound input', 'REGULAR_OVERRIDE', () => bound.flow.computeSync(any({ day: 1, count: 3 })), 'msg.price', "'count'", /rebind|FlowContext/],
    ['a missing field', 'MISSING_CONTEXT', () => total({ a: bound, b: 1 }).flow.computeSync(any({})), 'msg.total', '- day: number', 'msg.total.a', /withContext/],
    ['a mistyped field', 'MISSING_CONTEXT', () => bound.flow.computeSync(any({ dya: 1 })), "'dya'", "did you mean 'day'"],
    ['an invalid field', 'INVALID_CONTEXT', () => bound.flow.computeSync(any({ day: 'monday' })), '- day: number', '"monday"'],
    ['what is no context', 'INVALID_CONTEXT', () => bound.flow.computeSync(any([1])), 'msg.price', '[1]'],
    ['an option that does not exist', 'DEFINITION', () => bound.flow.computeSync({ day: 1 }, any({ concurency: 2 })), "'concurency'", "Did you mean 'concurrency'"],
  ]);
});

describe('CC-ERR-04 of withContext', () => {
  const rewrite = (...given: unknown[]) => (): unknown => (bound.flow.withContext as (...all: unknown[]) => unknown)(...given);
  rows([
    ['a field that nobody reads', 'WITH_CONTEXT', rewrite({ dya: 1 }), 'msg.price', "'dya'", "'day'"],
    ['a regular input', 'WITH_CONTEXT', rewrite({ count: 1 }), 'msg.price', "'count'", 'rebind({ count: … })', 'factory'],
    ['a regular input in a patch', 'WITH_CONTEXT', rewrite(contextTransform({ inputs: {}, patches: { count: z.number() } }, () => ({}))()), "'count'", 'rebind({ count: … })'],
    ['a resource', 'WITH_CONTEXT', () => supplied().flow.withContext(any({ db: 1 })), "'db'", 'resources: { db: … }'],
    ['a literal of the wrong type', 'WITH_CONTEXT', rewrite({ day: 'monday' }), "'day'", '"monday"'],
    ['a field transform by position', 'WITH_CONTEXT', rewrite(shift({ by: 1 })), 'msg.shift', /by (its )?name|field/],
    ['a patch by name', 'WITH_CONTEXT', rewrite({ day: patch() }), 'msg.patch', /position|first|patch/],
    ['a transform that was not called', 'WITH_CONTEXT', rewrite({ day: shift }), /[Cc]all it first/],
    ['a function', 'WITH_CONTEXT', rewrite({ day: () => 1 }), "'day'"],
  ]);
});

describe('CC-ERR-05 of transforms', () => {
  rows([
    ['a regular input that is not bound', 'BIND', () => shift(any({})), 'msg.shift', "'by'"],
    ['a contextual input that is', 'BIND', () => shift(any({ by: 1, day: 2 })), 'msg.shift', "'day'"],
    ['an input that does not exist', 'BIND', () => shift(any({ by: 1, dya: 2 })), 'msg.shift', "'dya'"],
    ['a lazy input', 'DEFINITION', () => contextTransform({ name: 'msg.t.lazy', inputs: { l: any(Lazy(z.number())) }, output: z.number() }, () => 1), 'msg.t.lazy', "'l'"],
    ['a missing field of its own', 'MISSING_CONTEXT', () => bound.flow.withContext({ day: shift({ by: 1 }) }).flow.computeSync(any({})), '- day: number'],
    ['a promise', 'TRANSFORM', () => bound.flow.withContext(contextTransform({ name: 'msg.t.later', inputs: {}, patches: { day: z.number() } }, any(async () => ({ day: 1 })))()).flow.computeSync(), 'msg.t.later'],
    ['a patch that is no record', 'TRANSFORM', () => bound.flow.withContext(contextTransform({ name: 'msg.t.list', inputs: {}, patches: { day: z.number() } }, any(() => [1]))()).flow.computeSync(), 'msg.t.list', '[1]'],
    ['a result that its schema refuses', 'TRANSFORM', () => bound.flow.withContext(contextTransform({ name: 'msg.t.text', inputs: {}, patches: { day: z.number() } }, any(() => ({ day: 'monday' })))()).flow.computeSync(), 'msg.t.text', '"monday"'],
  ]);
});

test('CC-ERR-06 an offending value is shown, cut to 100 characters, wherever it is refused', () => {
  const long = 'x'.repeat(100_000);
  const rowsOf = Array.from({ length: 100_000 }, (_, i) => i);
  for (const act of [
    () => price({ count: any(long) }),
    () => price({ count: any(rowsOf) }),
    () => bound.flow.computeSync(any({ day: long })),
    () => bound.flow.computeSync(any(long)),
    () => bound.flow.withContext({ day: any(long) }),
    () => (total({ a: flowModel({ inputs: {} }, () => long)() as unknown as CallableModel<number>, b: 1 })).flow.computeSync(),
  ]) {
    const { message } = refusal(act);
    expect(message.length).toBeLessThan(600);
    expect(message).toContain('…');
  }
});

test('CC-ERR-07 lists are in one order, whatever the order of what was given', () => {
  const message = (context: object): string => refusal(() => total({ a: bound, b: 1 }).flow.withContext({ unit: 'USD' }).flow.computeSync(context as never)).message;
  expect(message({ z: 1, a: 2 })).toBe(message({ a: 2, z: 1 }));
  const legal = (given: object): string | undefined => /This branch reads .*/.exec(refusal(() => total({ a: bound, b: 1 }).flow.withContext(given as never)).message)?.[0];
  expect([legal({ zzz: 1, day: 1 }), legal({ aaa: 2 })]).toEqual(["This branch reads 'day' and 'unit'.", "This branch reads 'day' and 'unit'."]);
  expect(refusal(() => bound.flow.computeSync(new FlowContext({}) as never)).message).toMatch(/day/);
});
