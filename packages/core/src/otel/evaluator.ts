import { context } from '@opentelemetry/api';
import { FlowError, show } from '../errors.ts';
import { evaluationServices } from '../run/evaluation.ts';
import type { Evaluator } from '../run/evaluation.ts';
import type { OtelObserver } from './observer.ts';

/**
 * Makes an evaluation's span the active one while its body works, so that what the body calls (an instrumented HTTP client, a database driver) becomes a child
 * of it, and `trace.getActiveSpan()` finds it. The spans are those of the given observer, which the run has to have too. Transparent: keys and values stay what they are.
 *
 * Goes last in `compose`, next to the body: an evaluator between the two might call the body from somewhere else. Needs a context manager, as the SDK for Node.js
 * registers one; without it nothing is active.
 *
 * Throws DEFINITION for what is no such observer.
 *
 * @example
 * ```ts
 * import { otelEvaluator, otelObserver } from '@flowmodel/core/otel';
 *
 * const observer = otelObserver();
 * configureFlow({ observer, evaluator: compose(retry(), otelEvaluator(observer)) }); // once, for all runs
 * ```
 */
export function otelEvaluator(observer: OtelObserver): Evaluator {
  if (typeof (observer as Partial<OtelObserver> | undefined)?.contextOf !== 'function') {
    throw new FlowError('DEFINITION', `otelEvaluator: expected the observer that otelObserver() made, got ${show(observer)}. Give the run both.`);
  }
  return Object.freeze({
    name: 'otel',
    transparent: true,
    evaluate(evaluation, next) {
      const { spanId } = evaluationServices(evaluation);
      const within = spanId === undefined ? undefined : observer.contextOf(spanId);
      return within === undefined ? next() : context.with(within, next);
    },
  } satisfies Evaluator);
}
