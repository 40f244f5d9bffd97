/** Where a cell stands in its graph. Worked out only when somebody asks: for errors and inspections. */
import { notePath } from '../errors.ts';
import type { Activation } from './activation.ts';
import { labelOf } from '../model/definition.ts';
import { indexOf, isSpecial } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';

/** Input labels from the root down to a cell, through its first consumer in declaration order. Undefined where lazy branches were never called for. */
export function pathTo(plan: Plan, target: number): string[] | undefined {
  interface Way {
    readonly cell: number;
    readonly label: string;
    readonly from: Way | undefined;
  }
  const seen = new Set<number>();
  const stack: Way[] = [{ cell: plan.root, label: rootLabel(plan), from: undefined }];
  while (stack.length > 0) {
    const way = stack.pop()!;
    if (way.cell === target) {
      const labels: string[] = [];
      for (let at: Way | undefined = way; at !== undefined; at = at.from) labels.push(at.label);
      return labels.toReversed();
    }
    if (seen.has(way.cell)) continue;
    seen.add(way.cell);
    for (const edge of edgesOf(plan, way.cell).toReversed()) stack.push({ ...edge, from: way });
  }
  return undefined;
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
      else if (operand.kind === 'after') for (const upstream of operand.cells) edges.push({ cell: upstream, label: 'computed' });
      else if (operand.kind === 'lazy' && operand.cell >= 0) edges.push({ cell: operand.cell, label });
    }
  }
  return edges;
}

/** The path of a failure: down to the model, and the model's name. */
export function failurePath(plan: Plan, cell: number): string[] {
  const path = pathTo(plan, cell) ?? [rootLabel(plan), '…'];
  return cell === plan.root ? path : [...path, labelOf(plan.models[cell]!.definition)];
}

/** Where the nested evaluation was asked for; nothing for a run's root. */
export const callerPath = (act: Activation): readonly string[] => act.caller?.path() ?? [];

/** Remembers where an error arose. */
export const noteFailure = (error: unknown, act: Activation, cell: number): void => notePath(error, () => [...callerPath(act), ...failurePath(act.plan, cell)]);
