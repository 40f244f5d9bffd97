/** Evaluators around a body, the first outermost. */
import { asEngineEvaluation } from './evaluation.ts';
import type { Evaluation, Evaluator } from './evaluation.ts';
import { isPromise } from './results.ts';
import { Scope } from './scope.ts';

/**
 * Runs `body` inside `parts`. Each `next()` has a scope of its own; when an evaluator has its outcome, what it called for and did not
 * wait for is told by its signal. A second `next()` is the next attempt.
 */
export function runChain(parts: readonly Evaluator[], evaluation: Evaluation, body: (evaluation: Evaluation) => unknown, from = 0): unknown {
  const part = parts[from];
  if (part === undefined) return body(evaluation);
  let calls = 0;
  const open = new Set<Scope>();
  // A chain inside this one hands on where it stands, so that what ends there ends the body.
  const next = (inner = evaluation): unknown => {
    const own = asEngineEvaluation(inner);
    if (own === undefined) return runChain(parts, inner, body, from + 1); // a test's own evaluation has no scopes
    const scope = new Scope(own.scope);
    const done = (): void => {
      open.delete(scope);
      scope.close();
    };
    open.add(scope);
    return finally_(() => runChain(parts, own.within(scope, calls++ > 0), body, from + 1), done);
  };
  let error: unknown = undefined;
  return finally_(
    () => part.evaluate(evaluation, next),
    () => {
      for (const scope of open) scope.abort(error);
    },
    (thrown) => (error = thrown),
  );
}

/** Calls `after` once the outcome of `work` is there, at once if it is; `failed` before it with what was thrown. */
function finally_(work: () => unknown, after: () => void, failed?: (error: unknown) => void): unknown {
  let result: unknown;
  try {
    result = work();
  } catch (error) {
    failed?.(error);
    after();
    throw error;
  }
  if (!isPromise(result)) {
    after();
    return result;
  }
  return Promise.resolve(result).then(
    (value) => {
      after();
      return value;
    },
    (error: unknown) => {
      failed?.(error);
      after();
      throw error;
    },
  );
}
