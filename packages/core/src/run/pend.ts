/** Bodies that hand back a promise: their places, and what becomes of their outcomes. */
import { FlowError } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import type { Activation } from './activation.ts';
import type { Caller } from './caller.ts';
import { finished, isPrimitive, settlingOnce } from './results.ts';
import type { Run } from './run.ts';
import type { Seat } from './seats.ts';
import { PENDING } from './states.ts';

/** A body handed back a promise. */
export function pend(run: Run, act: Activation, cell: number, thenable: PromiseLike<unknown>): void {
  const { definition } = act.plan.models[cell]!;
  const promise = settlingOnce(thenable);
  if (run.isSync) {
    promise.then(ignore, ignore); // its outcome is nobody's any more
    throw new FlowError('ASYNC_IN_SYNC', `${labelOf(definition)} returned a promise under computeSync. Use compute, or make the body synchronous.`, { details: { model: definition.name } });
  }
  const caller = act.callerAt(cell);
  if (caller === undefined) return pendAlone(run, act, cell, promise, !definition.orchestrates, definition.output === undefined);
  const settle = hold(run, act, cell);
  promise.then(
    (result) => settle(() => run.succeed(act, cell, finished(act, cell, result, run.validates(act, cell, run.overrideOf(act, cell))))),
    (error: unknown) => settle(() => run.fail(act, cell, error)),
  );
}

/** The most frequent case by far, with as little as possible for each body: one that has asked for nothing. */
function pendAlone(run: Run, act: Activation, cell: number, promise: Promise<unknown>, isCounted: boolean, isPlain: boolean): void {
  const { seats } = run;
  act.values[cell] = PENDING;
  run.isAsync = true;
  seats.takeOne(isCounted);
  promise.then(
    (result) => {
      if (run.isOver) return;
      seats.releaseOne(isCounted);
      try {
        run.succeed(act, cell, isPlain && isPrimitive(result) ? result : finished(act, cell, result, run.validates(act, cell, run.overrideOf(act, cell))));
      } catch (error) {
        run.fail(act, cell, error);
      }
      run.drain();
    },
    (error: unknown) => {
      if (run.isOver) return;
      seats.releaseOne(isCounted);
      run.fail(act, cell, error);
      run.drain();
    },
  );
}

/** A body works on, on a place of its own; what is returned takes in its outcome, unless the run is over by then. */
export function hold(run: Run, act: Activation, cell: number): (finish: () => void) => void {
  act.values[cell] = PENDING;
  run.isAsync = true;
  const caller = act.callerAt(cell);
  const seat: Seat = caller ?? { isTaken: false, isCounted: !act.plan.models[cell]!.definition.orchestrates };
  if (!isWaiting(caller)) run.seats.take(seat);
  return (finish) => {
    if (run.isOver) return;
    run.seats.release(seat);
    try {
      finish();
    } catch (error) {
      run.fail(act, cell, error);
    }
    run.drain();
  };
}

const ignore = (): void => {};
const isWaiting = (caller: Caller | undefined): boolean => caller !== undefined && (caller.isWaiting || caller.isResting);
