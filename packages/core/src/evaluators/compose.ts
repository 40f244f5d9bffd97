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
  const parts = evaluators.flatMap((evaluator) => partsOf.get(evaluator) ?? [evaluator]);
  const names = parts.filter((evaluator) => evaluator.transparent !== true).map(({ name }) => name);
  const composed = Object.freeze({
    // What is around a single opaque one is transparent, so keys see that one alone.
    name: names.length === 1 ? names[0]! : `compose(${names.map((name) => JSON.stringify(name)).join(', ')})`,
    transparent: names.length === 0,
    evaluate: (evaluation, next: (inner?: Evaluation) => unknown) => runChain(parts, evaluation, next),
  } satisfies Evaluator);
  partsOf.set(composed, parts);
  return composed;
}

/** What a composed evaluator is made of, so that compositions of compositions are flat. */
const partsOf = new WeakMap<Evaluator, readonly Evaluator[]>();

/** Throws DEFINITION. */
export function assertEvaluator(who: string, evaluator: unknown): asserts evaluator is Evaluator {
  if (typeof (evaluator as { evaluate?: unknown } | null | undefined)?.evaluate === 'function') return;
  throw new FlowError('DEFINITION', `${who} takes evaluators ({ name, evaluate }), got ${show(evaluator)}.${typeof evaluator === 'function' ? ' Call it first.' : ''}`);
}
