/** Where a cell stands in its graph. Worked out only when somebody asks: for errors and inspections. */
import { notePath } from '../errors.ts';
import type { Activation } from './activation.ts';
import { labelOf } from '../model/definition.ts';
import { indexOf, isSlot, isSpecial } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';

interface Way {
  readonly label: string;
  readonly from: Way | undefined;
}

/** The way to each cell that has one, as far as the plan had grown. Logs and events ask for many. */
const known = new WeakMap<Plan, { readonly cells: number; readonly ways: ReadonlyMap<number, Way> }>();

/** Input labels from the root down to a cell, through its first consumer in declaration order. Undefined where lazy branches were never called for. */
export function pathTo(plan: Plan, target: number): string[] | undefined {
  let found = known.get(plan);
  if (found === undefined || found.cells < plan.models.length) known.set(plan, (found = { cells: plan.models.length, ways: waysFrom(plan) }));
  const way = found.ways.get(target);
  if (way === undefined) return undefined;
  const labels: string[] = [];
  for (let at: Way | undefined = way; at !== undefined; at = at.from) labels.push(at.label);
  return labels.toReversed();
}

function waysFrom(plan: Plan): Map<number, Way> {
  const ways = new Map<number, Way>();
  const stack = [{ cell: plan.root, way: { label: rootLabel(plan), from: undefined } as Way }];
  while (stack.length > 0) {
    const { cell, way } = stack.pop()!;
    if (ways.has(cell)) continue;
    ways.set(cell, way);
    for (const edge of edgesOf(plan, cell).toReversed()) if (!ways.has(edge.cell)) stack.push({ cell: edge.cell, way: { label: edge.label, from: way } });
  }
  return ways;
}

export const rootLabel = (plan: Plan): string => plan.models[plan.root]!.definition.name ?? '<root>';

/** The edges upstream of a cell with the inputs' names; lazy ones once they are planned. */
function edgesOf(plan: Plan, cell: number): { readonly cell: number; readonly label: string }[] {
  const { inputs } = plan.models[cell]!.definition;
  const start = plan.offsets[cell]!;
  const edges: { cell: number; label: string }[] = [];
  for (let i = start; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    const label = inputs[i - start]?.name ?? 'computed';
    if (op >= 0) edges.push({ cell: op, label });
    else if (isSpecial(op)) {
      const operand = plan.operands[indexOf(op)]!;
      if (operand.kind === 'container') operand.cells.forEach((upstream, k) => edges.push({ cell: upstream, label: operand.container.leaves[k]!.label }));
      else if (operand.kind === 'after') for (const upstream of operand.cells) edges.push({ cell: upstream, label: fieldFrom(plan, cell, upstream) });
      else if (operand.kind === 'lazy' && operand.cell >= 0) edges.push({ cell: operand.cell, label });
    }
  }
  return edges;
}

/** The input of a cell that another one is computed for. */
function fieldFrom(plan: Plan, cell: number, upstream: number): string {
  const start = plan.offsets[cell]!;
  const isFrom = (op: number): boolean =>
    isSlot(op) &&
    plan.computedBelow[indexOf(op)]!.some((id) => {
      const slot = plan.slots[id]!;
      return slot.kind === 'computed' && slot.cell === upstream;
    });
  const at = plan.ops.slice(start, plan.offsets[cell + 1]).findIndex(isFrom);
  return plan.models[cell]!.definition.inputs[at]?.name ?? 'computed';
}

/** The path of a failure: down to the model, and the model's name. */
export function failurePath(plan: Plan, cell: number): string[] {
  const path = pathTo(plan, cell) ?? [rootLabel(plan), '…'];
  return cell === plan.root ? path : [...path, labelOf(plan.models[cell]!.definition)];
}

/** Where the nested evaluation was asked for; nothing for a run's root. */
export function callerPath(act: Activation): readonly string[] {
  const parts: string[][] = [];
  for (let { caller } = act; caller !== undefined; caller = caller.act.caller) parts.push(failurePath(caller.act.plan, caller.cell));
  return parts.toReversed().flat();
}

/** The path of a failure from the run's root, through whoever asked for the nested evaluation. */
export const fullPath = (act: Activation, cell: number): string[] => [...callerPath(act), ...failurePath(act.plan, cell)];

/** Remembers where an error arose. */
export const noteFailure = (error: unknown, act: Activation, cell: number): void => notePath(error, () => fullPath(act, cell));
