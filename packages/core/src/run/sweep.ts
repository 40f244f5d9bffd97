/** The synchronous part of a run: its root's cells one after another, for as long as no promise comes up. */
import { demand, demandEager } from './demand.ts';
import { spansOf } from './kernel.ts';
import { noteFailure } from './paths.ts';
import type { Run } from './run.ts';
import { EMPTY, Failure, isUnfinished } from './states.ts';

/** Runs the root's cells in plan order. False when a promise came up: the rest is for the queue. */
export function sweep(run: Run): boolean {
  if (run.managed?.memory.isOn === true) return sweepRest(run);
  const act = run.main;
  const { plan, slots, values } = act;
  const { constants, offsets, ops, eagerCells } = plan;
  const spans = isOrdinary(run) ? spansOf(plan) : [];
  let next = 0;
  let cell = 0;
  run.isBusy = true;
  try {
    while (cell < eagerCells) {
      const span = spans[next];
      if (span !== undefined && span.from <= cell && run.identities === undefined) {
        if (cell < span.to) cell = span.kernel(run, values, slots, constants, offsets, ops, cell, span.to);
        if (cell === span.to) next++;
      }
      if (!run.isAsync && (span === undefined || cell !== span.to)) {
        const value = values[cell];
        if (value === EMPTY) run.start(act, cell);
        else if (value instanceof Failure) throw value.error;
        cell++;
      }
      if (run.isOver) throw run.reason;
      if (run.isAsync) {
        demandEager(run, act);
        return false;
      }
    }
  } catch (error) {
    if (run.isOver) throw error;
    while (cell < eagerCells - 1 && !isUnfinished(values[cell]) && !(values[cell] instanceof Failure)) cell++; // a kernel does not say how far it came
    values[cell] = new Failure(error);
    noteFailure(error, act, cell);
    throw error;
  } finally {
    run.isBusy = false;
  }
  return true;
}

/** The same for what the cache did not know. */
function sweepRest(run: Run): boolean {
  const act = run.main;
  const { root } = act.plan;
  run.isBusy = true;
  try {
    for (const cell of act.closure(root, false)) {
      if (run.isAsync) break;
      try {
        if (act.values[cell] === EMPTY) run.start(act, cell);
      } catch (error) {
        run.fail(act, cell, error);
        throw error;
      }
      if (run.isOver) throw run.reason;
      const value = act.values[cell];
      if (value instanceof Failure) throw value.error;
    }
  } finally {
    run.isBusy = false;
  }
  if (run.isAsync) demand(run, act, root);
  return !run.isAsync;
}

/** Whether nobody can look at single cells, or evaluate one out of turn. */
function isOrdinary(run: Run): boolean {
  return run.managed === undefined && run.main.plan.treatments.size === 0 && run.identities === undefined && run.options.signal === undefined && !run.main.plan.hasLazy;
}
