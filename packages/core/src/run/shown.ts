/** What events show of values: secrets are masked, whoever calls them so. */
import { readsOf } from '../context/contract.ts';
import { SECRET_TEXT } from '../errors.ts';
import { isSecretField } from '../model/definition.ts';
import { indexOf, isSlot, isSpecial } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { secretSlotsOf } from '../plan/secret-slots.ts';
import type { Activation } from './activation.ts';
import type { Place } from './identity.ts';
import { Problem } from './problems.ts';
import { EMPTY } from './states.ts';

const known = new WeakMap<Plan, { readonly slots: number; readonly fields: ReadonlySet<string> }>();

/** The context fields that some reader in the graph calls a secret: lazy branches, class models and what wrappers supply included. */
function secretFields(plan: Plan): ReadonlySet<string> {
  let found = known.get(plan);
  if (found === undefined || found.slots < plan.slots.length) {
    const fields = new Set<string>();
    for (const [name, readers] of readsOf(plan.origin)) if (readers.some(({ field }) => isSecretField(field))) fields.add(name);
    for (const slot of plan.slots) {
      if (slot.kind === 'parse' && isSecretField(slot.field)) fields.add(slot.field.name);
      else if (slot.kind === 'object') for (const field of slot.owner.contextFields) if (isSecretField(field)) fields.add(field.name);
    }
    known.set(plan, (found = { slots: plan.slots.length, fields }));
  }
  return found.fields;
}

/** Whether a reader calls a field a secret: in this graph, or in the one of a body that asked for this. */
function isSecretHere(act: Activation, name: string): boolean {
  for (let at: Activation | undefined = act; at !== undefined; at = at.caller?.act) if (secretFields(at.plan).has(name)) return true;
  return false;
}

export function givenContext(act: Activation): Readonly<Record<string, unknown>> {
  const secrets = secretFields(act.plan);
  return Object.freeze(Object.fromEntries(Object.entries(act.context).map(([name, value]) => [name, secrets.has(name) ? SECRET_TEXT : value])));
}

/**
 * What tells an evaluation from others of its model: the context fields that its body consumes and, of a nested evaluation, those that its upstream
 * reads of the given context. Fills no slot: what is not known yet is left out.
 */
export function shownFields({ act, cell }: Place): Readonly<Record<string, unknown>> {
  const { plan } = act;
  const marks = secretSlotsOf(plan);
  const fields: Record<string, unknown> = {};
  const note = (name: string, value: unknown, isTold: boolean): void => {
    if (value !== undefined) fields[name] = isTold || isSecretHere(act, name) ? SECRET_TEXT : value;
  };
  for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    if (!isSlot(op)) continue;
    const slot = plan.slots[indexOf(op)]!;
    const value = act.slots[indexOf(op)];
    if (value === EMPTY || value instanceof Problem) continue;
    if (slot.kind === 'parse') note(slot.field.name, value, marks[slot.source] === 1);
    else if (slot.kind === 'object') slot.owner.contextFields.forEach(({ name }, at) => note(name, (value as Readonly<Record<string, unknown>>)[name], marks[slot.sources[at]!] === 1));
  }
  if (cell === plan.root) for (const name of readsOf(plan.origin).keys()) if (!Object.hasOwn(fields, name) && Object.hasOwn(act.context, name)) note(name, act.context[name], false);
  return fields;
}

/** A body's inputs, with what a schema on either side calls a secret masked. */
export function shownInputs(act: Activation, cell: number, inputs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { plan } = act;
  const { definition } = plan.models[cell]!;
  const isSecret = (upstream: number): boolean => plan.models[upstream]!.definition.output?.secret === true;
  let shown: Record<string, unknown> | undefined;
  const hide = (name: string): void => {
    (shown ??= { ...inputs })[name] = SECRET_TEXT;
  };
  const marks = secretSlotsOf(plan);
  const isMade = (source: number): boolean => marks[source] === 1;
  definition.contextFields.forEach(({ name, input }, i) => {
    if (!Object.hasOwn(inputs, name)) return;
    const slot = plan.slots[indexOf(plan.ops[plan.offsets[cell]! + (input?.index ?? 0)]!)]!;
    const isTold = slot.kind === 'parse' ? isMade(slot.source) : slot.kind === 'object' && isMade(slot.sources[i]!);
    if (isTold || isSecretHere(act, name)) hide(name);
  });
  definition.inputs.forEach(({ name, schema }, i) => {
    const op = plan.ops[plan.offsets[cell]! + i];
    if (definition.kind === 'class' || op === undefined) return;
    const operand = isSpecial(op) ? plan.operands[indexOf(op)] : undefined;
    if (schema?.secret === true || (op >= 0 && isSecret(op)) || (operand?.kind === 'container' && operand.cells.some(isSecret))) hide(name);
  });
  return shown ?? inputs;
}

export const shownValue = (act: Activation, cell: number, value: unknown): unknown => (act.plan.models[cell]!.definition.output?.secret === true ? SECRET_TEXT : value);
