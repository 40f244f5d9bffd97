import { DefinitionRegistry, FlowContext } from '@flowmodel/core';
import type { AnyModel, ComputeOptions, ContextOf, ContextWith, GenericResult, ValueOf } from '@flowmodel/core';
import { assertKnown } from '@flowmodel/core/extending';
import { problem } from '../limit/options.ts';
import { defineBatch } from './define-batch.ts';
import type { RawBatch } from './define-batch.ts';
import { checkedList } from './list.ts';
import { Mapping } from './mapping.ts';
import type { BatchLimits, BatchValue, BatchValueOf, EachModel, Fitting, SettledEntry } from './types.ts';

/** Options of a run but `concurrency`, which here is the instances'. */
type RunOptions = Omit<ComputeOptions, 'concurrency'>;

export interface MapFlowOptions<C, P = never, K extends string | number = string> extends BatchLimits, RunOptions {
  /** What all items share; an item's fields win. */
  readonly context?: C | undefined;
  /** Makes `value.byKey`. Keys must differ. */
  readonly keyBy?: (params: P) => K;
}

/** A batch on its way: await it for its value, or iterate it for entries as they finish. Nothing runs before that, and it does so once. */
export interface FlowMap<P, V, Value = BatchValue<P, V>> extends Promise<Value>, AsyncIterable<SettledEntry<P, V>, void> {}

type Rest<E, P> = Omit<ContextOf<E>, keyof P>;
type SharedContext<E, P> = ContextWith<Rest<E, P>> | FlowContext<Rest<E, P>>;
type Arguments<E, P, K extends string | number> = {} extends Rest<E, P> ? [options?: MapFlowOptions<SharedContext<E, P>, P, K>] : [options: MapFlowOptions<SharedContext<E, P>, P, K> & { readonly context: SharedContext<E, P> }];

const LIMITS = ['context', 'keyBy', 'concurrency', 'rate', 'cost', 'onError', 'asOf'] as const;
const RUN = ['signal', 'resources', 'validateResult', 'overrides', 'evaluator', 'cache', 'cacheTimeout', 'observer', 'hasher', 'codeVersion', 'clock'] as const satisfies readonly (keyof RunOptions)[];

/**
 * Evaluates a model for each of some items, all in one run: `batchModel` without a definition. Awaited, it yields the same value. Iterated, it yields entries as they
 * finish, keeps none of them, and begins no more than the reader reads; `break` aborts the rest.
 *
 * Throws DEFINITION, UNBOUND_INPUT, and INVALID_CONTEXT for a list that is none; rejects as a batch does.
 *
 * @example
 * ```ts
 * const area = flowModel({ name: 'area', inputs: { width: FromContext(z.number()), height: FromContext(z.number()) } }, ({ width, height }) => width * height);
 * const { results, stats } = await mapFlow(area(), [{ width: 2 }, { width: 3 }], { context: { height: 10 }, concurrency: 2 });
 * console.log(results.map((entry) => entry.status === 'ok' && entry.value), stats.ok); // [ 20, 30 ] 2
 * for await (const entry of mapFlow(area(), [{ width: 2 }], { context: { height: 10 } })) console.log(entry.params); // { width: 2 }
 * ```
 */
export function mapFlow<E extends EachModel, P extends object, K extends string | number = never>(model: E & Fitting<E, P>, items: readonly P[], ...rest: Arguments<E, P, K>): FlowMap<P, ValueOf<E>, BatchValueOf<P, ValueOf<E>, K>> {
  const [options = {}] = rest as [MapFlowOptions<object, P, K>?];
  assertKnown('mapFlow', options, [...LIMITS, ...RUN]);
  const { context, keyBy, concurrency, rate, cost, onError, asOf: _asOf, signal, ...runOptions } = options;
  if (context !== undefined && (typeof context !== 'object' || context === null)) throw problem('mapFlow', "'context' is a plain object or a FlowContext");
  const list = checkedList('mapFlow', items, 'Write mapFlow(model, [{ … }, { … }]).');
  const batch: RawBatch = {
    who: 'mapFlow', inputs: {}, item: undefined, concurrency, rate, cost, onError,
    params: () => list,
    each: model as unknown as AnyModel, // any model is one; its type says more
    keyBy: keyBy,
    model: { name: 'mapFlow', definitions: new DefinitionRegistry() },
  };
  const factory = defineBatch(batch); // what makes no sense is told at the call
  const mapping = new Mapping(concurrency, (sink, stop) => {
    batch.sink = sink;
    const ambient = context instanceof FlowContext ? context : new FlowContext(context ?? {});
    const signals = [signal, stop].filter((one) => one !== undefined);
    const run = factory().flow.compute(ambient, { ...runOptions, ...(signals.length > 0 && { signal: AbortSignal.any(signals) }) });
    return (run as Promise<GenericResult<BatchValue<object, unknown>>>).then(({ value }) => value);
  });
  return mapping as unknown as FlowMap<P, ValueOf<E>, BatchValueOf<P, ValueOf<E>, K>>; // the class behind the interface
}
