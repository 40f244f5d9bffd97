import type { AnyModel, FlowRun, GenericResult, Inputs, ModelFactory, ModelOptions, Shape, ValueOf } from '@flowmodel/core';
import { assertKnown } from '@flowmodel/core/extending';

import { defineBatch } from './define-batch.ts';
import type { BatchLimits, BatchValueOf, CarriedShape, EachModel, Fitting, GivenItem, ItemOf, ItemSchema, ListOf } from './types.ts';

export interface BatchModelOptions<S extends Shape, E extends EachModel, I extends ItemSchema, P extends object, K extends string | number> extends Omit<ModelOptions, 'orchestrates' | 'freeze'>, BatchLimits {
  /** What the list is made from; may be bound to upstream models. */
  readonly inputs: S;
  /** The context fields that each instance gets from its item. With it, the other needs of `each` are checked before anything runs, and the batch can be cached. */
  readonly item?: I;
  /** One item per instance, as a plain object. */
  readonly params: (inputs: Inputs<S>, run: FlowRun) => ListOf<GivenItem<I, P>>;
  /** What is evaluated for each item; the item's fields are context fields for it and everything upstream. May be a batch itself. */
  readonly each: E & Fitting<E, ItemOf<I, P>>;
  /** Makes `value.byKey`. Keys must differ. */
  readonly keyBy?: (params: GivenItem<I, P>) => K;
}

type Combined<A, B> = { readonly [K in keyof A | keyof B]: K extends keyof A ? A[K] : K extends keyof B ? B[K] : never };

/** Makes models of one batch: its own inputs, and the context that `each` needs beyond the items. */
export type BatchFactory<S extends Shape, E, Item, K> =
  Combined<S, CarriedShape<E, Item, S>> extends infer All extends Shape ? ModelFactory<All, BatchValueOf<Item, ValueOf<E>, K>, GenericResult<BatchValueOf<Item, ValueOf<E>, K>>> : never;

/**
 * One graph for many parameter sets. `params` makes a list of items; for each item, `each` is evaluated in the runtime context with the item's fields laid over it, in the
 * same run. The value has one settled entry per item, in the items' order. Batches may be nested: the inner one sees the fields of the outer one's item.
 *
 * Throws DEFINITION, DUPLICATE_NAME, UNBOUND_INPUT. Evaluations reject with INVALID_CONTEXT for a list that is none, before anything begins; under `onError: 'fail'` with the first error of an
 * instance; and with CANCELLED.
 *
 * @example
 * ```ts
 * const greet = flowModel({ name: 'greet', inputs: { name: FromContext(z.string()), greeting: FromContext(z.string()) } }, ({ name, greeting }) => `${greeting}, ${name}!`);
 * const greetings = batchModel({
 *   name: 'greetings',
 *   inputs: { names: z.array(z.string()) },
 *   item: z.object({ name: z.string() }),
 *   params: ({ names }) => names.map((name) => ({ name })),
 *   each: greet(),
 *   concurrency: 2,
 * });
 * const { value } = await greetings({ names: ['Ada', 'Alan'] }).flow.compute({ greeting: 'Hello' });
 * console.log(value.results.map((entry) => (entry.status === 'ok' ? entry.value : entry.error))); // [ 'Hello, Ada!', 'Hello, Alan!' ]
 * ```
 */
export function batchModel<const S extends Shape, E extends EachModel, I extends ItemSchema = undefined, P extends object = object, K extends string | number = never>(
  options: BatchModelOptions<S, E, I, P, K>,
): BatchFactory<S, E, ItemOf<I, P>, K> {
  const who = `batchModel${typeof options?.name === 'string' ? ` '${options.name}'` : ''}`;
  assertKnown(who, options, [...OWN, ...OF_MODELS]);
  const { inputs, item, params, each, keyBy, concurrency, rate, cost, onError, asOf: _asOf, ...model } = options;
  const factory: unknown = defineBatch({
    who, inputs, item, concurrency, rate, cost, onError, model,
    params: params as (inputs: object, run: FlowRun) => unknown, // what it is given is what `inputs` declares
    each: each as unknown as AnyModel, // any model is one; its type says more
    keyBy: keyBy,
  });
  return factory as BatchFactory<S, E, ItemOf<I, P>, K>; // proven by the type tests
}

const OWN = ['inputs', 'item', 'params', 'each', 'keyBy', 'concurrency', 'rate', 'cost', 'onError', 'asOf'] as const;
const OF_MODELS = ['name', 'description', 'version', 'codeVersion', 'codeDeps', 'definitions', 'replace', 'validateResult', 'volatile', 'cacheable', 'localOnly', 'evaluator'] as const;
