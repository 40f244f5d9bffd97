import { eachUpstream } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';

/** The cells downstream of each cell, flat: `targets` from `starts[cell]` up to `starts[cell + 1]`; one that consumes a cell twice, twice. */
export interface Dependents {
  readonly cells: number;
  readonly starts: Int32Array;
  readonly targets: Int32Array;
  /** Per cell how many cells it waits for before anything has run, counted as in `targets`; -1 where only a lazy branch may ask for it. */
  readonly counts: readonly number[];
}

/** Made when a run first goes asynchronous, and again after a plan has grown. */
export function dependentsOf(plan: Plan): Dependents {
  let found = plan.dependents as Dependents | undefined; // written here only
  if (found === undefined || found.cells < plan.models.length) plan.dependents = found = invert(plan);
  return found;
}

function invert(plan: Plan): Dependents {
  const cells = plan.models.length;
  const starts = new Int32Array(cells + 1);
  const counts = new Array<number>(cells).fill(-1);
  for (let cell = 0; cell < cells; cell++) {
    let count = 0;
    eachUpstream(plan, cell, (upstream) => {
      starts[upstream + 1]!++;
      count++;
    });
    if (cell < plan.eagerCells) counts[cell] = count;
  }
  for (let cell = 0; cell < cells; cell++) starts[cell + 1]! += starts[cell]!;
  const next = starts.slice();
  const targets = new Int32Array(starts[cells]!);
  for (let cell = 0; cell < cells; cell++) {
    eachUpstream(plan, cell, (upstream) => {
      targets[next[upstream]!++] = cell;
    });
  }
  return { cells, starts, targets, counts };
}
