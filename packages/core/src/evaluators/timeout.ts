import { FlowError, joinPath } from '../errors.ts';
import { LONGEST_WAIT } from '../run/clock.ts';
import { evaluationServices } from '../run/evaluation.ts';
import type { Evaluator } from '../run/evaluation.ts';
import { isPromise } from '../run/results.ts';
import { assertNumber } from '../assert.ts';

/**
 * Gives an evaluation so many milliseconds; inside `retry`, each attempt. One that takes longer fails with TIMEOUT, and its body's `run.signal` fires.
 * Under `computeSync` there is nothing to wait for: a body that answers at once is in time.
 *
 * Throws DEFINITION for a time that is none.
 *
 * @example
 * ```ts
 * const slow = flowModel({ name: 'slow', inputs: {}, evaluator: timeout(10) }, (_, run) => new Promise<number>((_resolve, reject) => {
 *   run.signal.addEventListener('abort', () => reject(run.signal.reason));
 * }));
 * await slow().flow.compute().catch((error: FlowError) => console.log(error.code)); // TIMEOUT
 * ```
 */
export function timeout(ms: number): Evaluator {
  assertNumber('timeout', 'ms', ms, 0, 'a number of milliseconds');
  return Object.freeze({
    name: 'timeout',
    transparent: true,
    evaluate(evaluation, next) {
      const result = next();
      if (!isPromise(result) || ms > LONGEST_WAIT) return result;
      const { clock } = evaluationServices(evaluation);
      return new Promise((resolve, reject) => {
        const timer = clock.setTimeout(() => {
          const { path } = evaluation;
          reject(new FlowError('TIMEOUT', `${joinPath(path)} took longer than ${ms} ms. Give it more time, or make the body faster; it can listen to run.signal.`, { path, details: { ms, attempt: evaluation.attempt } }));
        }, ms);
        const stop = (): void => clock.clearTimeout(timer);
        evaluation.signal.addEventListener('abort', stop, { once: true });
        const settle = (go: () => void): void => {
          stop();
          evaluation.signal.removeEventListener('abort', stop);
          go();
        };
        result.then((value) => settle(() => resolve(value)), (error: unknown) => settle(() => reject(error)));
      });
    },
  } satisfies Evaluator);
}
