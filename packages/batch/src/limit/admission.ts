/** One attempt on its way through a gate: what all throttles do. */
import { FlowError } from '@flowmodel/core';
import { isPromise } from '@flowmodel/core/extending';
import type { Evaluation, EvaluationServices } from '@flowmodel/core';
import type { Gate } from './gate.ts';

/** Hears how attempts end. */
export interface Listener {
  /** What is noted at the start of an attempt, and told at its end. */
  begun(): number;
  succeeded(mark: number): void;
  failed(error: unknown, mark: number): void;
}

/**
 * Lets an attempt through when it is its turn. While its body waits for nested evaluations its place is free for others. Throws CYCLE for a body that asks by
 * `run.compute` for what has to pass the same gate, ASYNC_IN_SYNC where `computeSync` would have to wait, what `cost` throws.
 */
export function admitted(who: string, gate: Gate, evaluation: Evaluation, services: EvaluationServices, listener: Listener, next: () => unknown): unknown {
  if (services.callWithin((asker) => asker.hasMark(gate)) !== undefined) throw reentered(who, evaluation);
  const costs = gate.costsOf(who, evaluation.inputs);
  if (gate.tryEnter(costs)) return work(gate, services, listener, next);
  if (services.isSync) {
    throw new FlowError('ASYNC_IN_SYNC', `${evaluation.path.join('.')}: ${who} would make it wait, which computeSync cannot. Use compute.`, { path: evaluation.path });
  }
  const { signal } = evaluation;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      leave();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    // Not on the stack of whoever leaves the gate: the body belongs to this evaluation's asynchronous context.
    let begin!: () => void;
    new Promise<void>((admit) => (begin = admit)).then(() => work(gate, services, listener, next)).then(resolve, reject);
    const go = (): void => {
      signal.removeEventListener('abort', onAbort);
      begin();
    };
    const leave = gate.enter({ costs, go });
    if (signal.aborted) onAbort();
  });
}

/** The body, which has a place. */
function work(gate: Gate, services: EvaluationServices, listener: Listener, next: () => unknown): unknown {
  let isHeld = true;
  let isDone = false;
  const give = (): void => {
    if (!isHeld) return;
    isHeld = false;
    gate.leave();
  };
  services.mark(gate);
  services.whileWaiting({
    pause: give,
    resume(go) {
      if (isDone) return go();
      gate.reenter(() => {
        isHeld = true;
        if (isDone) give();
        go();
      });
    },
  });
  const mark = listener.begun();
  const succeeded = (value: unknown): unknown => {
    isDone = true;
    listener.succeeded(mark); // before the place is free, so that it counts for who comes next
    give();
    return value;
  };
  const failed = (error: unknown): never => {
    isDone = true;
    listener.failed(error, mark);
    give();
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
