import { FlowError } from '../errors.ts';
import { LONGEST_WAIT } from '../run/clock.ts';
import type { Clock } from '../run/clock.ts';
import { evaluationServices } from '../run/evaluation.ts';
import type { Evaluation, Evaluator } from '../run/evaluation.ts';
import { isPromise } from '../run/results.ts';
import { assertFunction, assertKnown, assertNumber, assertWhole } from '../assert.ts';

export interface RetryOptions {
  /** How often the body may be called, the first call included. Default 3. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt. Default 0. */
  readonly delay?: number;
  /** What the delay is multiplied by after each further failure. Default 2. */
  readonly backoff?: number;
  /** The longest single wait, jitter included, in milliseconds. No limit by default. */
  readonly maxDelay?: number;
  /** Added to each wait: a random time up to so many milliseconds. Default 0. */
  readonly jitter?: number;
  /** Whether an error is worth another attempt; all are by default. */
  readonly when?: (error: unknown) => boolean;
}

/**
 * Calls a body again when it fails, with the same inputs: what is upstream does not run again. The last error reaches the caller as it is. While it waits, its
 * places under `concurrency` and `limitConcurrency` are free for others. A run that is cancelled does not wait any longer, nor does it try again. Under `computeSync` a wait is ASYNC_IN_SYNC; without a delay retrying works there too.
 *
 * Throws DEFINITION for options that make no sense.
 *
 * @example
 * ```ts
 * let calls = 0;
 * const flaky = flowModel({ name: 'flaky', inputs: {}, evaluator: retry({ attempts: 3 }) }, () => {
 *   if (++calls < 3) throw new Error('not yet');
 *   return calls;
 * });
 * console.log((await flaky().flow.compute()).value); // 3
 * ```
 */
export function retry(options: RetryOptions = {}): Evaluator {
  assertKnown('retry', options, ['attempts', 'delay', 'backoff', 'maxDelay', 'jitter', 'when']);
  const { attempts = 3, delay = 0, backoff = 2, maxDelay = Infinity, jitter = 0, when = () => true } = options;
  assertWhole('retry', 'attempts', attempts, 1);
  assertNumber('retry', 'delay', delay, 0);
  assertNumber('retry', 'backoff', backoff, 0);
  assertNumber('retry', 'maxDelay', maxDelay, 0);
  assertNumber('retry', 'jitter', jitter, 0);
  assertFunction('retry', 'when', when);

  /** The wait after so many failures. */
  const waitAfter = (failures: number): number => Math.min(delay * backoff ** (failures - 1) + (jitter === 0 ? 0 : Math.random() * jitter), maxDelay, LONGEST_WAIT);

  return Object.freeze({
    name: 'retry',
    transparent: true,
    evaluate(evaluation, next) {
      let tried = 0;
      /** Whether there is another attempt, and after what wait; throws the error where there is none. */
      const again = (error: unknown): number => {
        if (tried >= attempts || evaluation.signal.aborted || !when(error)) throw error;
        const delayMs = waitAfter(tried);
        const { emit, isSync } = servicesOf(evaluation);
        if (delayMs > 0 && isSync) {
          throw new FlowError('ASYNC_IN_SYNC', `retry would wait ${delayMs} ms, which computeSync cannot. Use compute, or retry without a delay.`, { cause: error, path: evaluation.path });
        }
        emit({ type: 'retry', attempt: evaluation.attempt + tried - 1, delayMs, error });
        return delayMs;
      };
      const attempt = (): unknown => {
        for (;;) {
          tried++;
          let wait: number;
          try {
            const result = next();
            return isPromise(result) ? Promise.resolve(result).catch((error: unknown) => paused(evaluation, again(error), attempt)) : result;
          } catch (error) {
            wait = again(error);
          }
          if (wait > 0) return paused(evaluation, wait, attempt);
        }
      };
      return attempt();
    },
  } satisfies Evaluator);
}

function servicesOf(evaluation: Evaluation): { readonly emit: ReturnType<typeof evaluationServices>['emit']; readonly isSync: boolean } {
  const services = evaluationServices(evaluation);
  return { emit: (event) => services.emit(event), isSync: services.isSync };
}

/** Goes on after a wait; at once without one. Rejects when the evaluation is not wanted any more. */
async function paused(evaluation: Evaluation, ms: number, go: () => unknown): Promise<unknown> {
  const services = evaluationServices(evaluation);
  if (ms > 0) await services.rest(sleep(services.clock, ms, evaluation.signal));
  return go();
}

function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = (): void => end(() => reject(signal.reason as Error));
    const timer = clock.setTimeout(() => end(resolve), ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
