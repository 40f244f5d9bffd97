import { FlowError } from '../errors.ts';
import type { Evaluator } from '../run/evaluation.ts';
import { isPromise } from '../run/results.ts';
import { assertEvaluator } from './compose.ts';

/**
 * Tries evaluators in order until one succeeds. When all fail, the error is an `AggregateError` with all of theirs, whose cause is the last. A cancelled
 * run tries no further ones. Transparent when all of them are.
 *
 * Throws DEFINITION for what is no evaluator, or for none at all.
 *
 * @example
 * ```ts
 * const standIn: Evaluator = { name: 'standIn', evaluate: () => 0 };
 * const broken = flowModel({ name: 'rate', inputs: {} }, (): number => { throw new Error('offline'); });
 * console.log((await broken().flow.compute({}, { evaluator: fallback(retry(), standIn) })).value); // 0
 * ```
 */
export function fallback(...evaluators: readonly Evaluator[]): Evaluator {
  if (evaluators.length === 0) throw new FlowError('DEFINITION', 'fallback takes at least one evaluator.');
  for (const evaluator of evaluators) assertEvaluator('fallback', evaluator);
  // The order counts: whether the body or a stand-in is asked first makes another value.
  const names = evaluators.map(({ name, transparent }) => (transparent === true ? 'next' : JSON.stringify(name)));
  return Object.freeze({
    name: `fallback(${names.filter((name, i) => name !== 'next' || names[i - 1] !== 'next').join(', ')})`,
    transparent: evaluators.every(({ transparent }) => transparent === true),
    evaluate(evaluation, next) {
      const errors: unknown[] = [];
      const from = (start: number): unknown => {
        for (let i = start; i < evaluators.length; i++) {
          try {
            const result = evaluators[i]!.evaluate(evaluation, next);
            if (!isPromise(result)) return result;
            return Promise.resolve(result).catch((error: unknown) => {
              note(error);
              return from(i + 1);
            });
          } catch (error) {
            note(error);
          }
        }
        throw new AggregateError(errors, `All ${evaluators.length} evaluators failed, the last with: ${errors.at(-1) instanceof Error ? (errors.at(-1) as Error).message : String(errors.at(-1))}`, { cause: errors.at(-1) });
      };
      const note = (error: unknown): void => {
        errors.push(error);
        if (evaluation.signal.aborted) throw error;
      };
      return from(0);
    },
  } satisfies Evaluator);
}
