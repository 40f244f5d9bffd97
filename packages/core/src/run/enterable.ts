/** Which cells can be entered where transforms of wrappers lack an input: what stands behind such a wrapper only is told, but decides no code. */
import { asContainer } from '../model/brand.ts';
import type { Model } from '../model/model.ts';
import type { Rewrites } from '../model/rewrites.ts';
import { indexOf, isSpecial } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { Frame, Slot } from '../plan/slots.ts';

export type TransformSlot = Slot & { readonly kind: 'transform' };

/** The cells that can be reached without entering a branch whose wrapper has a hindered transform. */
export function enterableCells(plan: Plan, hindered: readonly TransformSlot[]): ReadonlySet<number> {
  const found = new Set<number>();
  const root = plan.frames[plan.root]!;
  if (root.parent === undefined || !isHindered(plan, root.rewrites, root.parent, hindered)) found.add(plan.root);
  else for (const computed of computedFor(plan, plan.root)) found.add(computed);
  for (const cell of found) {
    for (const { model, cell: upstream } of edgesOf(plan, cell)) {
      if (!isHindered(plan, model?.rewrites, plan.frames[cell]!, hindered)) found.add(upstream);
      else for (const computed of computedFor(plan, upstream)) found.add(computed);
    }
  }
  return found;
}

/** The cells that a wrapper computes fields from: they stand before it, not behind. */
function computedFor(plan: Plan, cell: number): readonly number[] {
  const last = plan.ops[plan.offsets[cell + 1]! - 1];
  const operand = last !== undefined && isSpecial(last) ? plan.operands[indexOf(last)] : undefined;
  return operand?.kind === 'after' ? operand.cells : [];
}

/** Whether one of these transforms is a hindered one: the same, over the same sources. */
function isHindered(plan: Plan, rewrites: Rewrites | undefined, outer: Frame, hindered: readonly TransformSlot[]): boolean {
  return (rewrites?.list ?? []).some((rewrite) => {
    if (rewrite.kind !== 'patch' && rewrite.kind !== 'field') return false;
    const { definition, values } = rewrite.transform;
    return hindered.some(
      ({ transform, inputs }) =>
        transform.definition === definition &&
        transform.values.every((value, i) => Object.is(value, values[i])) &&
        inputs.every((input, i) => (plan.slots[input] as Slot & { kind: 'parse' }).source === plan.sourceOf(outer, definition.contextFields[i]!.name)),
    );
  });
}

/** The eager edges of a cell, with the models as they were bound. */
function edgesOf(plan: Plan, cell: number): { readonly model: Model | undefined; readonly cell: number }[] {
  const { values, definition } = plan.models[cell]!;
  const start = plan.offsets[cell]!;
  const edges: { model: Model | undefined; cell: number }[] = [];
  for (let i = start; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    const value = definition.kind === 'class' ? undefined : values[i - start];
    if (op >= 0) edges.push({ model: value as Model, cell: op });
    else if (isSpecial(op)) {
      const operand = plan.operands[indexOf(op)]!;
      if (operand.kind === 'container') operand.cells.forEach((upstream, k) => edges.push({ model: asContainer(value)?.leaves[k]?.model, cell: upstream }));
      else if (operand.kind === 'after') for (const upstream of operand.cells) edges.push({ model: undefined, cell: upstream });
    }
  }
  return edges;
}
