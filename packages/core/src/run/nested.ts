/** What `run.compute` is given, checked. */
import { FlowError, show } from '../errors.ts';
import { asModel } from '../model/brand.ts';
import type { Model } from '../model/model.ts';
import { indexOf, isSlot } from '../plan/plan.ts';
import { contextFor } from './given.ts';
import type { Activation } from './activation.ts';
import { Problem } from './problems.ts';

/** Throws BIND. */
export function nestedModel(value: unknown): Model {
  const model = asModel(value);
  if (model !== undefined) return model;
  const fix = typeof value === 'function' && 'definition' in value ? 'Call the factory first.' : 'Pass a model: a ModelInput, or one made by a factory.';
  throw new FlowError('BIND', `run.compute evaluates models, got ${show(value)}. ${fix}`);
}

/** The given fields, or else the ones that the calling cell itself consumes, as its body receives them: that is what its identity is made of. Throws INVALID_CONTEXT, REGULAR_OVERRIDE, UNBOUND_INPUT. */
export function nestedContext(act: Activation, cell: number, model: Model, given: unknown): Readonly<Record<string, unknown>> {
  return given === undefined ? consumedFields(act, cell) : contextFor(model, given);
}

/** The context fields that a cell itself consumes, as its body receives them. */
export function consumedFields(act: Activation, cell: number): Record<string, unknown> {
  const { plan } = act;
  const fields: Record<string, unknown> = {};
  for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    if (!isSlot(op)) continue;
    const slot = plan.slots[indexOf(op)]!;
    const value = act.slot(indexOf(op));
    if (value === undefined || value instanceof Problem) continue;
    if (slot.kind === 'parse') fields[slot.field.name] = value;
    else if (slot.kind === 'object') Object.assign(fields, value);
  }
  return fields;
}
