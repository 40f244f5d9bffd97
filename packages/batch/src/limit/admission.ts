/** One attempt on its way through a gate: what all throttles do. */
import { FlowError } from '@flowmodel/core';
import { isPromise } from '@flowmodel/core/extending';
import type { Evaluation, EvaluationServices } from '@flowmodel/core';
import type { Gate } from './gate.ts';
import { Pass } from './pass.ts';
import { wayOf } from './way.ts';

/** Hears how attempts end. */
export interface Listener {
  /** What is noted at the start of an attempt, and told at its end. */
  begun(): number;
  succeeded(mark: number): void;
  failed(error: unknown, mark: number): void;
}

/**
 * Lets an attempt through when it is its turn. While its body waits for nested evaluations its place is free for others. Throws CYCLE for a body that asks by
 * `run.compute` for what has to pass the same gate, ASYNC_IN_SYNC where `computeSync` would have to wait, CANCELLED at a limiter that was disposed of, what `cost` throws.
 */
export function admitted(who: string, gate: Gate, evaluation: Evaluation, services: EvaluationServices, listener: Listener, next: () => unknown): unknown {
  if (services.callWithin((asker) => asker.hasMark(gate)) !== undefined) throw reentered(who, evaluation);
  const { attempt, signal } = evaluation;
  const way = wayOf(services);
  const outside = way.through(gate);
  if (outside !== undefined) {
    const isFirst = !outside.isPassedOn && outside.attempt === attempt;
    outside.isPassedOn = true;
    if (isFirst) return heard(signal, listener, next);
    outside.end(); // one more attempt takes a token and a place of its own
  }
  const pass = new Pass(gate, gate.costsOf(who, evaluation.inputs), evaluation);
  const work = (): unknown => {
    services.mark(gate);
    return heard(signal, listener, next, pass);
  };
  if (way.tryEnter(pass)) {
    way.add(pass);
    return work();
  }
  if (services.isSync) {
    throw new FlowError('ASYNC_IN_SYNC', `${evaluation.path.join('.')}: ${who} would make it wait, which computeSync cannot. Use compute.`, { path: evaluation.path });
  }
  way.add(pass);
  // The body belongs to this evaluation's asynchronous context, not to that of whoever leaves the gate: hence a promise.
  return way.enter(pass).then(() => {
    if (!signal.aborted) return work();
    pass.end(); // given up since
    throw signal.reason;
  });
}

/** Calls the body. `pass`: what it ends with it; none where the same gate stands further outside and holds the place. */
function heard(signal: AbortSignal, listener: Listener, next: () => unknown, pass?: Pass): unknown {
  const mark = listener.begun();
  const isHeard = (): boolean => pass?.isPassedOn !== true;
  const succeeded = (value: unknown): unknown => {
    if (isHeard()) listener.succeeded(mark); // before the place is free, so that it counts for who comes next
    pass?.end();
    return value;
  };
  const failed = (error: unknown): never => {
    if (isHeard() && !signal.aborted) listener.failed(error, mark); // what a body throws that was told to stop is not the provider's word
    pass?.end();
    throw error;
  };
  let result: unknown;
  try {
    result = next();
  } catch (error) {
    return failed(error);
  }
  return isPromise(result) ? result.then(succeeded, failed) : succeeded(result);
}

function reentered(who: string, { path }: Evaluation): FlowError {
  const text = `${path.join('.')}: ${who} would have it wait for a place that the body which asked for it holds itself. Define that body with orchestrates: true, so that limiters let it through, or give the nested model a limiter of its own.`;
  return new FlowError('CYCLE', text, { path });
}
