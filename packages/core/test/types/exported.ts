// What a user's package exports: every inferred type must be nameable in its declarations (`declaration: true`).
import { z } from 'zod';
import { closedContext, computed, contextTransform, Dependency, flowModel, FlowContext, FlowResult, FromContext, fromField, GenericResult, Lazy, modelClass, ModelInput, modelsOf, Resource, transformsOf } from '@flowmodel/core';
import type { BindingsOf, CallableModel, ContextOf, Inputs, PatchInputs, Shape, ValueOf } from '@flowmodel/core';

/* ---------- factories and models ---------- */

export const shape = { a: z.number(), b: FromContext(z.number()), l: Lazy(z.string().optional()), d: Dependency(z.array(z.number())), m: ModelInput(z.number().optional()), r: Resource<Map<string, number>>(), e: z.enum(['x', 'y']).optional() };
export const everything = flowModel({ name: 'everything', inputs: shape }, ({ a, b }) => a + b);
export const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()), at: FromContext(z.date().optional()) } }, ({ value }) => value);
export const word = flowModel({ name: 'word', inputs: { t: FromContext(z.string()) } }, async ({ t }) => t);
export const bound = everything({ a: source(), l: word(), d: [1, source(), 2] });
export const rebound = bound.rebind({ a: 1, l: undefined });
export const redrafted = bound.rebind((draft) => {
  draft.a = 3;
});
export const inputs = bound.inputs;
export const list = Array.from({ length: 3 }, () => source());
declare const flag: boolean;
export const either = flag ? source() : everything({ a: 2 });
export default everything;

/* ---------- rewrites ---------- */

export const shift = contextTransform({ name: 'shift', inputs: { value: FromContext(z.number()), by: z.number() }, patches: { value: z.number() } }, ({ value, by }) => ({ value: value + by }));
export const plus = contextTransform({ name: 'plus', inputs: { value: FromContext(z.number()), by: z.number().default(1) } }, ({ value, by }) => value + by);
export const shiftByOne = shift({ by: 1 });
export const plusOne = plus();
export const bySource = computed(source());
export const onlyValue = closedContext('value');
export const fromTitle = fromField('title', z.string());
export const renamed = bound.flow.withContext({ value: 3, t: fromTitle });
export const shifted = bound.flow.withContext(shiftByOne, { value: plusOne });
export const closed = bound.flow.withContext(onlyValue, { b: bySource, t: 'x' });

/* ---------- results, contexts, classes ---------- */

export class Quote extends FlowResult {
  readonly bid: number = 1;
}
export const quote = flowModel({ name: 'quote', inputs: {} }, () => new Quote());
export const boxed = flowModel({ name: 'boxed', inputs: {}, autoUnwrap: true }, () => new GenericResult([1]));
export const parsed = flowModel({ name: 'parsed', inputs: {}, output: z.string().transform(Number) }, () => '1');
export const perhapsQuote = flowModel({ name: 'perhapsQuote', inputs: {} }, (): Quote | number => (flag ? new Quote() : 1));
export const context = new FlowContext({ value: 1 });
export const pending = bound.flow.compute({ b: 1, value: 2, t: 'x' });
export class Scale extends modelClass({ name: 'Scale', inputs: { factor: z.number(), each: ModelInput(z.number()) }, context: z.object({ n: z.number() }), output: z.number() }) {
  call({ n }: { n: number }): number {
    return n * this.inputs.factor;
  }
}
export const scale = new Scale({ factor: 2, each: source() });
export const scaled = everything({ a: scale });

/* ---------- generic in a model, in a shape, in a schema, in a body ---------- */

export function withModel<M extends CallableModel<number>>(model: M) {
  return everything({ a: model, d: [model] });
}
export function withNeeds<N, U>(model: CallableModel<number, N, U>) {
  return everything({ a: model });
}
export function rewrittenBy<M extends CallableModel<number>>(model: M) {
  return bound.flow.withContext({ value: computed(model) });
}
export function withShape<S extends Shape>(declared: S) {
  return flowModel({ inputs: declared }, () => 1);
}
export function withSchema<S extends z.ZodType>(schema: S) {
  return flowModel({ inputs: { x: schema } }, ({ x }) => [x]);
}
export function withBody<T>(body: (n: number) => T) {
  return flowModel({ inputs: { x: z.number() } }, ({ x }) => body(x));
}
export function transformOf<S extends z.ZodType>(schema: S) {
  return contextTransform({ inputs: { x: FromContext(schema) } }, ({ x }) => x);
}
export function classOf<S extends z.ZodType>(schema: S) {
  return modelClass({ inputs: { x: schema }, output: schema });
}
export type Contract = { readonly value: ValueOf<typeof bound>; readonly context: ContextOf<typeof bound>; readonly bindings: BindingsOf<typeof everything>; readonly inputs: Inputs<typeof shape> };

/* ---------- decorated classes ---------- */

export const visit = { place: z.string(), days: FromContext(z.number()) };
const patches = { days: z.number() };
export class Visitors {
  @flowModel({ inputs: visit })
  static count({ place, days }: Inputs<typeof visit>) {
    return place.length * days;
  }
  @contextTransform({ inputs: visit, patches })
  static later({ place, days }: PatchInputs<typeof visit, typeof patches>) {
    return { days: days + place.length };
  }
}
export const visitors = modelsOf(Visitors);
export const windows = transformsOf(Visitors);
