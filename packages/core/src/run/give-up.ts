/** Nested evaluations that are not wanted any more, while their run goes on. */
import type { Activation } from './activation.ts';
import type { Run } from './run.ts';
import { EMPTY, Failure, PENDING } from './states.ts';

/** Ends what is under way in an activation, and in those that its bodies asked for, as far as nobody else waits for it. */
export function giveUp(run: Run, act: Activation, error: unknown): void {
  const failure = new Failure(error);
  const stack = [act];
  while (stack.length > 0) {
    const one = stack.pop()!;
    for (let cell = 0; cell < one.values.length; cell++) {
      const value = one.values[cell];
      if (value === EMPTY) one.values[cell] = failure;
      if (value !== PENDING || one.followed.has(cell)) continue;
      const caller = one.callerAt(cell);
      const task = caller?.task;
      if (task === undefined ? !one.joined.delete(cell) : run.managed?.giveUp(task, error) !== true) continue;
      one.values[cell] = failure;
      if (caller === undefined) continue;
      run.seats.release(caller);
      for (const wait of caller.waits) {
        if (wait.act.caller === caller) stack.push(wait.act);
        wait.break(error);
      }
    }
  }
}
