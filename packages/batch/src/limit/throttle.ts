import { evaluationServices } from '@flowmodel/core';
import type { EvaluationServices, Evaluator } from '@flowmodel/core';
import { assertKnown, show } from '@flowmodel/core/extending';
import { isBatch } from '../batch/known.ts';
import { isRateLimit, retryAfterOf } from '../errors.ts';
import { admitted } from './admission.ts';
import type { Listener } from './admission.ts';
import { Gate, noTotals } from './gate.ts';
import type { LimiterStats } from './gate.ts';
import { gateOf } from './limiter.ts';
import type { Limiter } from './limiter.ts';
import { limiters } from './limiters.ts';
import { assertCallback, assertClock, problem, readLimits } from './options.ts';
import type { LimiterOptions } from './options.ts';

/**
 * `run`: all evaluations of one run together. `instance`: those of one instance, that is of one item of the nearest batch around them, so that a batch's limit
 * and this one multiply.
 */
export type ThrottleScope = 'run' | 'instance';

export interface ThrottleOptions extends LimiterOptions {
  /** What shares the limit. Default `run`. */
  readonly scope?: ThrottleScope | undefined;
  /** A limiter that others share, or the name of one in `limiters`, in place of a limit of its own. */
  readonly limiter?: Limiter | string | undefined;
  /** Whether an error says "too many requests". */
  readonly isRateLimit?: ((error: unknown) => boolean) | undefined;
  /** Presets have it. */
  readonly asOf?: string | undefined;
}

/** An evaluator that makes evaluations wait, with the state of its limit. */
export interface Throttle extends Evaluator {
  /** Of all its limits together; `windowCount` is that of the latest, `limit` that of each. */
  stats(): LimiterStats;
}

const OPTIONS = ['concurrency', 'rate', 'cost', 'clock', 'scope', 'limiter', 'isRateLimit', 'asOf'] as const;

/**
 * Makes evaluations wait for a place and for the rate, first come first served. Each attempt counts: stand it inside a retry, `compose(retry(), throttle({ … }))`.
 * No place is held while the rate is waited for, nor while a body waits for what it asked for; models with `orchestrates: true`, batches among them, pass through. When a provider
 * says how long to wait (`retryAfter`, Retry-After), nobody begins until then.
 *
 * Throws DEFINITION for options that make no sense; evaluations fail with CYCLE, ASYNC_IN_SYNC, RATE_LIMIT, and with DEFINITION for an unknown limiter.
 *
 * @example
 * ```ts
 * const fetchOne = flowModel(
 *   { name: 'fetchOne', inputs: { id: FromContext(z.number()) }, evaluator: throttle({ concurrency: 2, rate: { limit: 100, interval: '1m' } }) },
 *   async ({ id }) => id * 10,
 * );
 * const { results } = await mapFlow(fetchOne(), [{ id: 1 }, { id: 2 }, { id: 3 }]);
 * console.log(results.map((entry) => entry.status)); // [ 'ok', 'ok', 'ok' ]
 * ```
 */
export function throttle(options: ThrottleOptions): Throttle {
  assertKnown('throttle', options, OPTIONS);
  const { scope = 'run', limiter, isRateLimit: isOne = isRateLimit, clock } = options;
  if (scope !== 'run' && scope !== 'instance') throw problem('throttle', `expected 'scope' to be 'run' or 'instance', got ${show(scope)}. For a limit that more share, give 'limiter'`);
  assertCallback('throttle', 'isRateLimit', isOne);
  assertClock('throttle', clock);
  const limits = readLimits('throttle', options);
  if (limiter === undefined && options.concurrency === undefined && limits.rates.length === 0) throw problem('throttle', "there is nothing to limit: give 'concurrency', 'rate' or 'limiter'");
  const totals = noTotals();
  let latest: Gate | undefined;
  const makeGate = (services: EvaluationServices): Gate => (latest = new Gate(limits, clock ?? services.clock, totals));
  const gateFor = (services: EvaluationServices): Gate => {
    const ofRun = services.perRun(evaluator, (): { all?: Gate; byInstance?: WeakMap<object, Gate> } => ({}));
    const instance = scope === 'instance' ? services.callWithin(({ model }) => isBatch(model)) : undefined;
    if (instance === undefined) return (ofRun.all ??= makeGate(services));
    ofRun.byInstance ??= new WeakMap();
    let gate = ofRun.byInstance.get(instance);
    if (gate === undefined) ofRun.byInstance.set(instance, (gate = makeGate(services)));
    return gate;
  };
  const evaluator: Throttle = Object.freeze({
    name: 'throttle',
    transparent: true,
    evaluate(evaluation, next) {
      const services = evaluationServices(evaluation);
      if (services.orchestrates) return next();
      const gate = limiter === undefined ? gateFor(services) : sharedGate(limiter);
      return admitted('throttle', gate, evaluation, services, listening(gate, isOne), next);
    },
    stats(): LimiterStats {
      if (limiter !== undefined) return sharedGate(limiter).stats();
      return Object.freeze({ ...totals, windowCount: latest?.windowCount ?? 0, limit: limits.concurrency });
    },
  } satisfies Throttle);
  if (limiter !== undefined) checkShared(options, limiter);
  return evaluator;
}

function checkShared(options: ThrottleOptions, limiter: unknown): void {
  for (const name of ['concurrency', 'rate', 'cost', 'clock', 'scope'] as const) if (options[name] !== undefined) throw problem('throttle', `'${name}' does not go with 'limiter': the limiter has limits of its own`);
  if (typeof limiter !== 'string' && gateOf(limiter) === undefined) throw problem('throttle', `'limiter' is one made by createLimiter, or the name of one in limiters, got ${show(limiter)}`);
}

/** Looked up when it is needed, so that a name may be registered, or replaced, later. */
const sharedGate = (limiter: Limiter | string): Gate => gateOf(typeof limiter === 'string' ? limiters.get(limiter) : limiter)!;

const listening = (gate: Gate, isOne: (error: unknown) => boolean): Listener => ({
  begun: () => 0,
  succeeded: () => {},
  failed(error) {
    if (isOne(error)) gate.noteRateLimit(retryAfterOf(error));
  },
});
