/** Which slots of a plan hold secrets, so that nothing that is shown of them tells one. */
import { isSecretField } from '../model/definition.ts';
import { UNSET } from '../model/brand.ts';
import type { BoundTransform } from '../model/transform.ts';
import type { Plan } from './plan.ts';
import type { Slot } from './slots.ts';

const known = new WeakMap<Plan, Uint8Array>();

/** `secretSlots` of a plan, as far as it has grown. */
export function secretSlotsOf(plan: Plan): Uint8Array {
  let marks = known.get(plan);
  if (marks === undefined || marks.length < plan.slots.length) known.set(plan, (marks = secretSlots(plan.slots)));
  return marks;
}

/** 1 for each slot that a reader calls a secret, that a secret may be taken from, or that is made from one. */
export function secretSlots(slots: readonly Slot[]): Uint8Array {
  const marks = new Uint8Array(slots.length);
  for (const slot of slots) markRead(slot, marks);
  // Ids are topological: what a secret is picked from is found going down, what is made from one going up.
  for (let id = slots.length - 1; id >= 0; id--) {
    const slot = slots[id]!;
    if (marks[id] === 1 && slot.kind === 'pick') marks[slot.otherwise] = 1;
  }
  for (let id = 0; id < slots.length; id++) if (isMadeFromSecret(slots, slots[id]!, marks)) marks[id] = 1;
  return marks;
}

function markRead(slot: Slot, marks: Uint8Array): void {
  if (slot.kind === 'parse' && isSecretField(slot.field)) marks[slot.source] = 1;
  if (slot.kind !== 'object' && slot.kind !== 'check') return;
  slot.owner.contextFields.forEach((field, i) => {
    if (isSecretField(field)) marks[slot.sources[i]!] = 1;
  });
}

function isMadeFromSecret(slots: readonly Slot[], slot: Slot, marks: Uint8Array): boolean {
  if (slot.kind === 'transform') {
    return tellsSecret(slot.transform) || slot.inputs.some((input) => marks[(slots[input] as Slot & { kind: 'parse' }).source] === 1);
  }
  if (slot.kind === 'computed') return slot.model.definition.output?.secret === true;
  if (slot.kind !== 'pick') return false;
  return marks[slot.otherwise] === 1 || slot.patches.some((patch) => marks[patch] === 1);
}

/** Whether a transform declares a secret, as an input that it has or as what it writes. */
export function tellsSecret({ definition, values }: BoundTransform): boolean {
  return (
    definition.output?.secret === true ||
    Object.values(definition.patches ?? {}).some((patch) => patch.secret) ||
    definition.inputs.some((input) => input.schema?.secret === true && (input.role === 'context' || values[input.index] !== UNSET))
  );
}
