import { asModel } from '../model/brand.ts';
import { FlowError, show } from '../errors.ts';
import type { FlowRun } from '../run/flow-run.ts';
import type { Override } from '../run/options.ts';
import type { FlowModel, Inputs, MaybePromise, ModelFactory, ModelYielding, Shape } from '../types.ts';

/** What a stub puts in the place of a body: a value, or a body. A function is a body, also where models yield functions. */
export type Replacement<I, V> = V | Promise<V> | ((inputs: I, run: FlowRun) => MaybePromise<V>);

/**
 * An entry for the option `overrides` that replaces a body: of one model, or of every model of a factory or class. What the stub yields passes through
 * the model's `output` schema as the body's result would; what is made from it is never kept in a cache. A body given here receives the inputs that
 * the real one would have received, or, for a class, the context.
 *
 * Throws DEFINITION for a target that is none of these.
 *
 * @example
 * ```ts
 * import { flowModel, FromContext } from '@flowmodel/core';
 * import { stub } from '@flowmodel/core/testing';
 * import { z } from 'zod';
 *
 * const rate = flowModel({ name: 'rate', inputs: { day: FromContext(z.number()) } }, async (): Promise<number> => { throw new Error('no network in tests'); });
 * const price = flowModel({ name: 'price', inputs: { rate: z.number() } }, ({ rate }) => rate * 100);
 * const model = price({ rate: rate() });
 * console.log((await model.flow.compute({ day: 1 }, { overrides: [stub(rate, 2)] })).value); // 200
 * console.log((await model.flow.compute({ day: 3 }, { overrides: [stub(rate, ({ day }) => day * 2)] })).value); // 600
 * ```
 */
export function stub<S extends Shape, V, R>(target: ModelFactory<S, V, R>, replacement: Replacement<Inputs<S>, NoInfer<V>>): Override;
export function stub<C, V>(target: abstract new (...args: never[]) => ModelYielding<V> & { call(context: C, run: FlowRun): unknown }, replacement: Replacement<C, NoInfer<V>>): Override;
export function stub<V, S extends Shape, B, R>(target: FlowModel<V, S, B, R>, replacement: Replacement<Inputs<S>, NoInfer<V>>): Override;
export function stub<V>(target: ModelYielding<V>, replacement: Replacement<Readonly<Record<string, unknown>>, NoInfer<V>>): Override;
export function stub(target: object, replacement: unknown): Override {
  const body = typeof replacement === 'function' ? (replacement as NonNullable<Override['body']>) : () => replacement;
  if (asModel(target) !== undefined) return { models: [target], body };
  if (typeof target === 'function' && ('definition' in target || asModel((target as { prototype?: unknown }).prototype) !== undefined)) return { factories: [target as never], body };
  throw new FlowError('DEFINITION', `stub: expected a model, a factory or a model class, got ${show(target)}.`);
}
