// Bodies: what they receive, what they may return, and what becomes of it.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { Dependency, flowModel, FlowResult, FromContext, GenericResult, Lazy } from '@flowmodel/core';
import type { FlowRun, Inputs, LazyThunk, ValueOf } from '@flowmodel/core';

const one = flowModel({ name: 'one', inputs: {} }, () => 1);
const add = flowModel({ name: 'add', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);

/* ---------- inputs ---------- */

const shape = {
  text: z.string(),
  year: FromContext(z.number().default(2024)),
  later: Lazy(z.number()),
  perhaps: Lazy(z.number().optional()),
  rows: Dependency(z.array(z.object({ n: z.number() }))),
  mode: z.enum(['fast', 'slow']).optional(),
};
expectTypeOf<Inputs<typeof shape>>().toEqualTypeOf<{
  readonly text: string;
  readonly year: number;
  readonly later: LazyThunk<number>;
  readonly perhaps: LazyThunk<number | undefined> | undefined;
  readonly rows: { n: number }[];
  readonly mode: 'fast' | 'slow' | undefined;
}>();
const all = flowModel({ name: 'all', inputs: shape }, async (inputs, run) => {
  expectTypeOf(inputs).toEqualTypeOf<Inputs<typeof shape>>();
  expectTypeOf(run).toEqualTypeOf<FlowRun>();
  expectTypeOf(inputs.later()).toEqualTypeOf<Promise<number>>();
  expectTypeOf(inputs.later.sync()).toEqualTypeOf<number>();
  expectTypeOf(run.compute(add({ a: 1, b: 2 }))).toEqualTypeOf<Promise<number>>();
  expectTypeOf(run.computeSync(add({ a: 1, b: 2 }), { any: 1 })).toEqualTypeOf<number>();
  // @ts-expect-error inputs are readonly
  inputs.text = 'x';
  // @ts-expect-error an unbound lazy input is undefined
  await inputs.perhaps();
  return (await inputs.perhaps?.()) ?? inputs.later.sync();
});
expectTypeOf<ValueOf<ReturnType<typeof all>>>().toEqualTypeOf<number>();
void all({ text: 'x', later: one(), rows: [] }).flow.compute();
void all({ text: 'x', later: one(), perhaps: one(), rows: [{ n: one() }] }).flow.compute();
// @ts-expect-error later is unbound
void all({ text: 'x', rows: [] }).flow.compute();
// @ts-expect-error a literal is no lazy dependency
all({ later: 1 });
// @ts-expect-error a literal is no lazy dependency, optional or not
all({ perhaps: 1 });

/* ---------- results ---------- */

const value = <R>(model: { readonly flow: { compute(): Promise<R> } }) => model.flow.compute();
expectTypeOf(value(one())).toEqualTypeOf<Promise<GenericResult<number>>>();

const asynchronous = flowModel({ inputs: {} }, async () => ({ rows: [1] }))();
expectTypeOf<ValueOf<typeof asynchronous>>().toEqualTypeOf<{ rows: number[] }>();
expectTypeOf(asynchronous.flow.compute()).toEqualTypeOf<Promise<GenericResult<{ rows: number[] }>>>();

const union = flowModel({ inputs: { flag: z.boolean() } }, ({ flag }) => (flag ? { ok: true as const, n: 1 } : { ok: false as const, why: 'x' }))({ flag: true });
expectTypeOf<ValueOf<typeof union>>().toEqualTypeOf<{ ok: true; n: number; why?: never } | { ok: false; why: string; n?: never }>();
expectTypeOf(union.flow.computeSync()).toEqualTypeOf<GenericResult<ValueOf<typeof union>>>();

declare const flag: boolean;
const sometimes = flowModel({ inputs: {} }, (): string | Promise<string> => (flag ? 'x' : Promise.resolve('y')))();
expectTypeOf(sometimes.flow.compute()).toEqualTypeOf<Promise<GenericResult<string>>>();
const optional = flowModel({ inputs: {} }, (): number | undefined => (flag ? 1 : undefined))();
expectTypeOf(optional.flow.computeSync().value).toEqualTypeOf<number | undefined>();
const boolean = flowModel({ inputs: {} }, (): boolean => flag)();
expectTypeOf(boolean.flow.computeSync()).toEqualTypeOf<GenericResult<boolean>>();
const nothing = flowModel({ inputs: {} }, () => {})();
expectTypeOf(nothing.flow.computeSync()).toEqualTypeOf<GenericResult<void>>();
const fails = flowModel({ inputs: {} }, (): never => {
  throw new Error('x');
})();
expectTypeOf(fails.flow.computeSync()).toEqualTypeOf<GenericResult<never>>();
const anything = flowModel({ inputs: {} }, (): any => 1)();
expectTypeOf(anything.flow.computeSync()).toEqualTypeOf<GenericResult<any>>();
const unknown = flowModel({ inputs: {} }, (): unknown => 1)();
expectTypeOf(unknown.flow.computeSync()).toEqualTypeOf<GenericResult<unknown>>();

// an optional value does not feed a required input
// @ts-expect-error may be undefined
add({ a: optional });
const takesOptional = flowModel({ inputs: { n: z.number().optional() } }, ({ n }) => n ?? 0);
void takesOptional({ n: optional }).flow.compute();
// @ts-expect-error yields void
add({ a: nothing });

/* ---------- results of the body's own ---------- */

class Quote extends FlowResult {
  readonly bid: number = 1;
  readonly ask: number = 2;
}
const quote = flowModel({ name: 'quote', inputs: {} }, () => new Quote())();
expectTypeOf<ValueOf<typeof quote>>().toEqualTypeOf<Quote>();
expectTypeOf(quote.flow.compute()).toEqualTypeOf<Promise<Quote>>();
expectTypeOf(quote.flow.computeSync().ask).toEqualTypeOf<number>();
const spread = flowModel({ name: 'spread', inputs: { quote: z.instanceof(Quote) } }, ({ quote: { bid, ask } }) => ask - bid);
void spread({ quote }).flow.compute();
void spread({ quote: new Quote() }).flow.compute();
// @ts-expect-error a plain object is no Quote
spread({ quote: { bid: 1, ask: 2 } });

const boxed = flowModel({ inputs: {} }, async () => new GenericResult([1]))();
expectTypeOf<ValueOf<typeof boxed>>().toEqualTypeOf<number[]>();
expectTypeOf(boxed.flow.compute()).toEqualTypeOf<Promise<GenericResult<number[]>>>();

class Tagged extends GenericResult<number> {
  readonly tag: string = 'x';
}
const tagged = flowModel({ inputs: {} }, () => new Tagged(1))();
expectTypeOf<ValueOf<typeof tagged>>().toEqualTypeOf<number>();
expectTypeOf(tagged.flow.computeSync()).toEqualTypeOf<Tagged>();
void add({ a: tagged, b: 1 }).flow.compute();

const quoteOrNumber = flowModel({ inputs: {} }, (): Quote | number => (flag ? new Quote() : 1))();
expectTypeOf<ValueOf<typeof quoteOrNumber>>().toEqualTypeOf<Quote | number>();
expectTypeOf(quoteOrNumber.flow.computeSync()).toEqualTypeOf<Quote | GenericResult<number>>();

/* ---------- autoUnwrap ---------- */

const bare = flowModel({ inputs: {}, autoUnwrap: true }, () => [1])();
expectTypeOf(bare.flow.compute()).toEqualTypeOf<Promise<number[]>>();
expectTypeOf(bare.flow.computeSync()).toEqualTypeOf<number[]>();
expectTypeOf<ValueOf<typeof bare>>().toEqualTypeOf<number[]>();
expectTypeOf(flowModel({ inputs: {}, autoUnwrap: false }, () => 1)().flow.computeSync()).toEqualTypeOf<GenericResult<number>>();
expectTypeOf(flowModel({ inputs: {}, autoUnwrap: true }, () => new Quote())().flow.computeSync()).toEqualTypeOf<Quote>();
expectTypeOf(flowModel({ inputs: {}, autoUnwrap: true, output: z.string().transform(Number) }, () => '1')().flow.computeSync()).toEqualTypeOf<number>();

/* ---------- output schemas ---------- */

const counted = flowModel({ inputs: {}, output: z.string().transform((text) => text.length) }, () => 'four')();
expectTypeOf<ValueOf<typeof counted>>().toEqualTypeOf<number>();
expectTypeOf(counted.flow.compute()).toEqualTypeOf<Promise<GenericResult<number>>>();
void add({ a: counted, b: 1 }).flow.compute();
const defaulted = flowModel({ inputs: {}, output: z.object({ n: z.number().default(1) }) }, async () => ({}))();
expectTypeOf<ValueOf<typeof defaulted>>().toEqualTypeOf<{ n: number }>();
const boxedOutput = flowModel({ inputs: {}, output: z.coerce.number() }, () => new GenericResult('1'))();
expectTypeOf(boxedOutput.flow.computeSync()).toEqualTypeOf<GenericResult<number>>();
expectTypeOf<ValueOf<typeof boxedOutput>>().toEqualTypeOf<number>();
const quoteOutput = flowModel({ inputs: {}, output: z.instanceof(Quote) }, () => new Quote())();
expectTypeOf(quoteOutput.flow.computeSync()).toEqualTypeOf<Quote>();
// @ts-expect-error the body returns what `output` rejects
flowModel({ inputs: {}, output: z.number() }, () => 'x');
// @ts-expect-error the promise is of what `output` rejects
flowModel({ inputs: {}, output: z.number() }, async () => 'x');
// @ts-expect-error a field is missing
flowModel({ inputs: {}, output: z.object({ n: z.number() }) }, () => ({}));
flowModel({ inputs: {}, output: z.enum(['a', 'b']) }, () => (flag ? 'a' : 'b'));
flowModel({ inputs: {}, output: z.object({ mode: z.enum(['a', 'b']), pairs: z.array(z.tuple([z.number(), z.string()])) }) }, () => ({ mode: 'a', pairs: [[1, 'x']] }));
flowModel({ inputs: {}, output: z.object({ mode: z.enum(['a', 'b']) }) }, async () => ({ mode: 'a' }));
flowModel({ inputs: {}, output: z.tuple([z.number(), z.string()]) }, () => [1, 'x']);
flowModel({ inputs: {}, output: z.tuple([z.number(), z.string()]) }, async () => [1, 'x']);
flowModel({ inputs: {}, output: z.tuple([z.number(), z.string()]) }, () => [1, 'x'] as const);
flowModel({ inputs: {}, output: z.object({ xs: z.array(z.number()) }) }, (): { readonly xs: readonly number[] } => ({ xs: [1] }));
