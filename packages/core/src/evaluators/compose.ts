import { FlowError, show } from '../errors.ts';
import { runChain } from '../run/chain.ts';
import type { Evaluation, Evaluator } from '../run/evaluation.ts';

/**
 * Several evaluators as one; the first is the outermost. Transparent when all of them are; otherwise the names of those that are not join cache keys.
 * `compose()` does nothing. Throws DEFINITION for what is no evaluator.
 *
 * @example
 * ```ts
 * const robust = compose(logging(), retry({ attempts: 3, delay: 100 }), timeout(5000)); // 5 s for each of three attempts
 * ```
 */
export function compose(...evaluators: readonly Evaluator[]): Evaluator {
  for (const evaluator of evaluators) assertEvaluator('compose', evaluator);
  const names = evaluators.filter((evaluator) => evaluator.transparent !== true).map(({ name }) => name);
  return Object.freeze({
    name: `compose(${names.map((name) => JSON.stringify(name)).join(', ')})`,
    transparent: names.length === 0,
    evaluate: (evaluation, next: (inner?: Evaluation) => unknown) => runChain(evaluators, evaluation, next),
  } satisfies Evaluator);
}

/** Throws DEFINITION. */
export function assertEvaluator(who: string, evaluator: unknown): asserts evaluator is Evaluator {
  if (typeof (evaluator as { evaluate?: unknown } | null | undefined)?.evaluate === 'function') return;
  throw new FlowError('DEFINITION', `${who} takes evaluators ({ name, evaluate }), got ${show(evaluator)}.${typeof evaluator === 'function' ? ' Call it first.' : ''}`);
}
