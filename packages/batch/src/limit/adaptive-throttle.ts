import { evaluationServices } from '@flowmodel/core';
import type { Clock, EvaluationServices } from '@flowmodel/core';
import { assertKnown, assertWhole, show } from '@flowmodel/core/extending';
import { isRateLimit, retryAfterOf } from '../errors.ts';
import { admitted } from './admission.ts';
import type { Listener } from './admission.ts';
import { Gate } from './gate.ts';
import type { LimiterStats } from './gate.ts';
import { assertCallback, assertClock, problem, readLimits } from './options.ts';
import type { Cost, Rate } from './options.ts';
import type { Throttle } from './throttle.ts';

export interface AdaptiveThrottleOptions {
  /** How many are at work at once in the beginning. Default 5. */
  readonly initial?: number | undefined;
  /** Default 1. */
  readonly min?: number | undefined;
  /** Default 20. */
  readonly max?: number | undefined;
  /** What the level is multiplied by after a rate-limit error. Default 0.5. */
  readonly backoff?: number | undefined;
  /** How many attempts have to succeed in a row before the level grows. Default 10. */
  readonly recoverAfter?: number | undefined;
  /** What the level is multiplied by then; it grows by at least 1. Default 1.2. */
  readonly growth?: number | undefined;
  /** Whether an error says "too many requests". */
  readonly isRateLimit?: ((error: unknown) => boolean) | undefined;
  /** A rate to keep in addition. It does not adapt, and it survives a backoff. */
  readonly rate?: Rate | readonly Rate[] | undefined;
  readonly cost?: Cost | undefined;
  /** The clock of the first run that uses it by default. */
  readonly clock?: Clock | undefined;
  /** Hears each change of the level; what it throws is ignored. */
  readonly onChange?: ((level: number) => void) | undefined;
  /** Presets have it. */
  readonly asOf?: string | undefined;
}

const OPTIONS = ['initial', 'min', 'max', 'backoff', 'recoverAfter', 'growth', 'isRateLimit', 'rate', 'cost', 'clock', 'onChange', 'asOf'] as const;

/**
 * A throttle that finds the concurrency that a provider bears: one limit for everything that it is around, in all runs. A rate-limit error lowers it, once per burst: errors of
 * attempts that began before the level fell do not lower it again. So many successes in a row raise it. Either takes effect on the very next admission. Other errors change nothing. Errors
 * reach the caller as they are; to try again, stand it inside a retry: `compose(retry({ attempts: 5 }), adaptiveThrottle())`.
 *
 * Throws DEFINITION for options that make no sense.
 *
 * @example
 * ```ts
 * const adaptive = adaptiveThrottle({ initial: 8, min: 1, max: 32 });
 * const ask = flowModel({ name: 'ask', inputs: { n: FromContext(z.number()) }, evaluator: compose(retry({ attempts: 3 }), adaptive) }, async ({ n }, run) => {
 *   if (n === 2 && run.attempt === 1) throw new RateLimitError('busy');
 *   return n;
 * });
 * await mapFlow(ask(), [{ n: 1 }, { n: 2 }, { n: 3 }]);
 * console.log(adaptive.stats().limit, adaptive.stats().rateLimited); // 4 1
 * ```
 */
export function adaptiveThrottle(options: AdaptiveThrottleOptions = {}): Throttle {
  assertKnown('adaptiveThrottle', options, OPTIONS);
  const { initial = 5, min = 1, max = 20, backoff = 0.5, recoverAfter = 10, growth = 1.2, isRateLimit: isOne = isRateLimit, rate, cost, clock, onChange } = options;
  for (const [name, value] of Object.entries({ initial, min, max, recoverAfter })) assertWhole('adaptiveThrottle', name, value, 1);
  if (!(min <= initial && initial <= max)) throw problem('adaptiveThrottle', `expected min ≤ initial ≤ max, got ${min}, ${initial}, ${max}`);
  if (!(typeof backoff === 'number' && backoff > 0 && backoff < 1)) throw problem('adaptiveThrottle', `expected 'backoff' to be a factor between 0 and 1, got ${show(backoff)}`);
  if (!(typeof growth === 'number' && growth >= 1)) throw problem('adaptiveThrottle', `expected 'growth' to be a factor from 1 up, got ${show(growth)}`);
  for (const [name, value] of Object.entries({ isRateLimit: isOne, onChange })) assertCallback('adaptiveThrottle', name, value);
  assertClock('adaptiveThrottle', clock);
  const limits = readLimits('adaptiveThrottle', { concurrency: initial, rate, cost });

  let gate: Gate | undefined;
  let streak = 0;
  /** Attempts know in which generation they began; a backoff begins the next one. */
  let generation = 0;
  const gateFor = (services: EvaluationServices): Gate => (gate ??= new Gate(limits, clock ?? services.clock));
  const moveTo = (level: number): void => {
    streak = 0;
    const isChange = level !== gate!.limit;
    gate!.resize(level);
    if (!isChange) return;
    try {
      onChange?.(level);
    } catch {
      // A listener never changes a result.
    }
  };
  const listener: Listener = {
    begun: () => generation,
    succeeded(begunIn) {
      if (begunIn !== generation || ++streak < recoverAfter) return;
      moveTo(Math.min(max, Math.max(gate!.limit + 1, Math.floor(gate!.limit * growth))));
    },
    failed(error, begunIn) {
      if (!isOne(error)) return;
      gate!.noteRateLimit(retryAfterOf(error));
      if (begunIn !== generation) return;
      generation++;
      moveTo(Math.max(min, Math.floor(gate!.limit * backoff)));
    },
  };
  return Object.freeze({
    name: 'adaptiveThrottle',
    transparent: true,
    evaluate(evaluation, next) {
      const services = evaluationServices(evaluation);
      if (services.orchestrates) return next();
      return admitted('adaptiveThrottle', gateFor(services), evaluation, services, listener, next);
    },
    stats: (): LimiterStats => gate?.stats() ?? Object.freeze({ active: 0, queued: 0, admitted: 0, rateLimited: 0, windowCount: 0, limit: initial }),
  } satisfies Throttle);
}
