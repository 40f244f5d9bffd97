/** What a cell's key is made from, part by part, and which parts of two keys differ. */
import { structureText } from '../cache/structure.ts';
import type { Keys } from '../cache/keys.ts';
import { SECRET_TEXT } from '../errors.ts';
import { asContainer, asModel, UNSET } from '../model/brand.ts';
import { isSecretField, labelOf } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import { indexOf, isSlot, isSpecial } from '../plan/plan.ts';
import type { Activation } from '../run/activation.ts';
import { Problem } from '../run/problems.ts';
import { cut, valueText } from './text.ts';

/** One thing that a key depends on. */
interface Part {
  /** `input 'days'`, `context field 'startDate'`, `the code`. */
  readonly what: string;
  /** Equal for equal content. */
  readonly token: string;
  /** The value, to show what it was and is. */
  readonly shown: string | undefined;
  /** An input that a model is bound to: what became of it is told there. */
  readonly isUpstream: boolean;
}

/** How a cell differs from what it was, in words: `input 'days': 7 → 30`. Empty where it does not. */
export function differences(before: readonly Part[], now: readonly Part[]): string[] {
  const old = new Map(before.map((part) => [part.what, part]));
  const found: string[] = [];
  for (const { what, token, shown, isUpstream } of now) {
    const was = old.get(what);
    old.delete(what);
    if (was === undefined) found.push(`${what} is new`);
    else if (was.token !== token && was.isUpstream && isUpstream) found.push(`${what.replace(/^input/, 'upstream')} changed`);
    else if (was.token !== token) found.push(was.shown === undefined || shown === undefined || was.shown === shown ? `${what} changed` : `${what}: ${was.shown} → ${shown}`);
  }
  for (const { what } of old.values()) found.push(`${what} is gone`);
  return found;
}

const LONGEST = 40;

/** The parts of a cell's key, in the order that a reader looks for them. */
export function partsOf(keys: Keys, act: Activation, cell: number): Part[] {
  const { plan } = act;
  const model = plan.models[cell]!;
  const { definition } = model;
  const parts: Part[] = [];
  const add = (what: string, token: string | null, shown?: string, isUpstream = false): void => void parts.push({ what, token: token ?? '', shown, isUpstream });
  definition.inputs.forEach(({ name, role, index, schema }, i) => {
    const op = definition.kind === 'class' ? undefined : plan.ops[plan.offsets[cell]! + i];
    if (role === 'context' || role === 'resource') return;
    const upstream = upstreamOf(act, op);
    const isSecret = schema?.secret === true;
    add(`input '${name}'`, `${inputToken(keys, model, index, isSecret)}|${upstream?.map((one) => keys.of(act, one) ?? '').join() ?? ''}`, shownInput(model.values[index], isSecret), upstream !== undefined);
  });
  for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    if (isSlot(op)) addFields(keys, act, indexOf(op), cell, add);
  }
  add('the code', keys.texts.ofDefinition(definition));
  add('the evaluators', keys.evaluatorNames(act, cell));
  return parts;
}

function upstreamOf(act: Activation, op: number | undefined): readonly number[] | undefined {
  if (op === undefined) return undefined;
  if (op >= 0) return [op];
  const operand = isSpecial(op) ? act.plan.operands[indexOf(op)] : undefined;
  if (operand?.kind === 'lazy') return [operand.cell];
  return operand?.kind === 'container' ? operand.cells : undefined;
}

/** A literal by value, a model that is handed over by its structure; upstream models stand by their keys. */
function inputToken(keys: Keys, model: Model, index: number, isSecret: boolean): string {
  const value = model.values[index];
  const bound = asModel(value);
  if (value === UNSET || asContainer(value) !== undefined) return '';
  if (bound !== undefined) return model.definition.inputs[index]!.role === 'model' ? structureText(bound, keys.texts) : '';
  return keys.texts.ofValue(value, isSecret, () => labelOf(model.definition));
}

/** Of a container that holds models nothing is shown, nor of a secret that is no model. */
const shownInput = (value: unknown, isSecret: boolean): string | undefined =>
  value === UNSET ? 'not given' : asContainer(value) !== undefined ? undefined : isSecret && asModel(value) === undefined ? SECRET_TEXT : cut(valueText(value), LONGEST);

/** The context fields that a slot stands for: one, or all of a class model's. */
function addFields(keys: Keys, act: Activation, id: number, cell: number, add: (what: string, token: string | null, shown?: string) => void): void {
  const { plan } = act;
  const slot = plan.slots[id]!;
  const { definition } = plan.models[cell]!;
  const isComputed = plan.computedBelow[id]!.length > 0;
  const value = isComputed ? undefined : act.slot(id);
  if (slot.kind === 'parse') {
    const { field } = slot;
    const shown = isComputed || value instanceof Problem ? undefined : isSecretField(field) ? SECRET_TEXT : value === undefined ? 'not given' : cut(valueText(value), LONGEST);
    add(`context field '${field.name}'`, keys.slotText(act, id, definition), shown);
  } else if (slot.kind === 'object' && !isComputed && !(value instanceof Problem)) {
    for (const field of definition.contextFields) {
      const one = (value as Readonly<Record<string, unknown>>)[field.name];
      const isSecret = isSecretField(field);
      add(`context field '${field.name}'`, keys.texts.ofValue(one, isSecret, () => field.name), isSecret ? SECRET_TEXT : one === undefined ? 'not given' : cut(valueText(one), LONGEST));
    }
  } else if (slot.kind === 'object') add('the context', keys.slotText(act, id, definition));
}
