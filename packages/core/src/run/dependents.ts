import { eachUpstream } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';

/** The cells downstream of each cell, flat; made when a run first goes asynchronous, and again after a plan has grown. */
interface Dependents {
  readonly cells: number;
  readonly starts: Int32Array;
  readonly targets: Int32Array;
}

const known = new WeakMap<Plan, Dependents>();

/** Calls back with each eager consumer of a cell; with one that consumes it twice, twice. */
export function eachDependent(plan: Plan, cell: number, visit: (dependent: number) => void): void {
  let found = known.get(plan);
  if (found === undefined || found.cells < plan.models.length) known.set(plan, (found = invert(plan)));
  const end = found.starts[cell + 1]!;
  for (let i = found.starts[cell]!; i < end; i++) visit(found.targets[i]!);
}

function invert(plan: Plan): Dependents {
  const cells = plan.models.length;
  const starts = new Int32Array(cells + 1);
  for (let cell = 0; cell < cells; cell++) eachUpstream(plan, cell, (upstream) => void starts[upstream + 1]!++);
  for (let cell = 0; cell < cells; cell++) starts[cell + 1]! += starts[cell]!;
  const next = starts.slice();
  const targets = new Int32Array(starts[cells]!);
  for (let cell = 0; cell < cells; cell++) {
    eachUpstream(plan, cell, (upstream) => {
      targets[next[upstream]!++] = cell;
    });
  }
  return { cells, starts, targets };
}
