/** Asking for cells in an asynchronous run: each counts what it still waits for, and is queued when that is nothing. */
import { eachUpstream } from '../plan/plan.ts';
import type { Activation } from './activation.ts';
import type { Run } from './run.ts';
import { EMPTY, Failure, isUnfinished } from './states.ts';

/** Demands every eager cell that has not run. */
export function demandEager(run: Run, act: Activation): void {
  const { eagerCells } = act.plan;
  const { values } = act;
  if (act.remaining !== undefined) {
    for (let cell = 0; cell < eagerCells; cell++) if (values[cell] === EMPTY && act.remaining[cell]! < 0) schedule(run, act, cell);
    return;
  }
  // Nobody has asked for any: the counts of the plan, less what is done.
  const { starts, targets, counts } = act.dependents;
  const remaining = (act.remaining = counts.slice());
  for (let cell = 0; cell < eagerCells; cell++) {
    const value = values[cell];
    if (value === EMPTY) {
      if (remaining[cell] === 0) run.seats.push({ act, cell });
    } else if (value instanceof Failure) run.fail(act, cell, value.error);
    else if (!isUnfinished(value)) for (let i = starts[cell]!; i < starts[cell + 1]!; i++) remaining[targets[i]!]!--;
  }
}

/** Demands a cell and all that it needs. */
export function demand(run: Run, act: Activation, target: number): void {
  run.isAsync = true;
  // What a cache knew may need nothing of what stands above it; otherwise a root needs every eager cell.
  if (act.remaining === undefined && target === act.plan.root && run.managed?.memory.isOn !== true) return demandEager(run, act);
  act.counts();
  for (const cell of act.closure(target, true)) schedule(run, act, cell);
}

function schedule(run: Run, act: Activation, cell: number): void {
  let waiting = 0;
  let failure: Failure | undefined;
  eachUpstream(act.plan, cell, (upstream) => {
    const value = act.values[upstream];
    if (value instanceof Failure) failure ??= value;
    else if (isUnfinished(value)) waiting++;
  });
  act.counts()[cell] = waiting;
  if (failure !== undefined) run.fail(act, cell, failure.error);
  else if (waiting === 0) run.seats.push({ act, cell });
}
