/**
 * Content keys of a plan's cells, bottom up: a Merkle hash. What a key is made from, its *source*, is a text:
 *
 *     model name @ code version | own literals, by input | what comes from elsewhere, in the order of the plan's operands
 *
 * where an upstream value stands by its key, a context field by its parsed value, and a lazy branch by the key that it would have (what its
 * context lacks by a mark). A field that a wrapper computes from a model stands by how it is computed, since no body has run yet.
 * What stands for a cell in the sources of others is its key and a checksum of its own source, so that two cells whose keys collide (with a
 * weak hasher) still have consumers of different sources: a run compares sources on every hit.
 *
 * Each cell is visited once, so shared structure costs nothing however many paths lead to it.
 *
 * A cell is *tainted* when it, or anything upstream of it, is volatile, replaced, or not validated: no cache may keep it. A tainted cell has no
 * key, nor has one that cannot be hashed but is not to be cached either.
 */
import { FlowError } from '../errors.ts';
import { UNSET } from '../model/brand.ts';
import { isSecretField, labelOf } from '../model/definition.ts';
import type { Definition } from '../model/definition.ts';
import { eachUpstream, indexOf, isSlot, isSpecial } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { slotInputs } from '../plan/slots.ts';
import type { Activation } from '../run/activation.ts';
import type { Evaluator } from '../run/evaluation.ts';
import type { ComputeOptions, Overridden, Override } from '../run/options.ts';
import { Problem } from '../run/problems.ts';
import { inOrder } from './container-order.ts';
import { ModelTexts } from './model-texts.ts';
import { opaqueName } from './treated.ts';

/** Per cell of an activation. */
interface Derived {
  /** `undefined`: not derived yet. `null`: there is none. */
  readonly keys: (string | null | undefined)[];
  readonly sources: string[];
  /** What stands for a cell in the sources of its consumers. */
  readonly refs: string[];
  readonly tainted: boolean[];
  /** Texts of slots that are made from computed values. */
  readonly slots: Map<number, string | null>;
}

export class Keys {
  readonly texts: ModelTexts;
  readonly #options: ComputeOptions;
  /** UNHASHABLE is thrown for cells that a cache would keep; without a cache, for all. */
  readonly #isCaching: boolean;
  readonly #derived = new Map<Activation, Derived>();

  constructor(options: ComputeOptions) {
    this.texts = new ModelTexts(options);
    this.#options = options;
    this.#isCaching = options.cache !== undefined;
  }

  /** A cell's key, `null` where it has none. Throws UNHASHABLE. */
  of(act: Activation, cell: number): string | null {
    const derived = this.#in(act);
    if (derived.keys[cell] === undefined) this.#derive(act, cell, derived);
    return derived.keys[cell]!;
  }

  known(act: Activation, cell: number): string | undefined {
    return this.#derived.get(act)?.keys[cell] ?? undefined;
  }

  /** What stands for a cell in the sources of others, `null` where it has no key. Throws UNHASHABLE. */
  refOf(act: Activation, cell: number): string | null {
    return this.of(act, cell) === null ? null : this.#in(act).refs[cell]!;
  }

  source(act: Activation, cell: number): string {
    return this.#in(act).sources[cell]!;
  }

  /** Lets go of all but what is tainted. */
  forget(act: Activation): void {
    const derived = this.#derived.get(act);
    if (derived === undefined) return;
    if (derived.tainted.includes(true)) this.#derived.set(act, { ...derived, sources: [], refs: [], slots: new Map() });
    else this.#derived.delete(act);
  }

  /** A key that was derived in an earlier run. */
  adopt(act: Activation, cell: number, key: string, source: string): void {
    const derived = this.#in(act);
    derived.keys[cell] = key;
    derived.sources[cell] = source;
    derived.refs[cell] = `${key}.${checksum(source)}`;
  }

  isTainted(act: Activation, cell: number): boolean {
    return this.#derived.get(act)?.tainted[cell] === true;
  }

  taint(act: Activation, cell: number): void {
    this.#in(act).tainted[cell] = true;
  }

  isCacheable(act: Activation, cell: number): boolean {
    return overrideOf(act.plan, cell)?.cacheable ?? act.plan.models[cell]!.definition.cacheable;
  }

  #in(act: Activation): Derived {
    let derived = this.#derived.get(act);
    if (derived === undefined) this.#derived.set(act, (derived = { keys: [], sources: [], refs: [], tainted: [], slots: new Map() }));
    return derived;
  }

  /* ---------- bottom up ---------- */

  #derive(act: Activation, target: number, derived: Derived): void {
    const stack = [target];
    while (stack.length > 0) {
      const cell = stack[stack.length - 1]!;
      if (derived.keys[cell] !== undefined) {
        stack.pop();
        continue;
      }
      const before = stack.length;
      eachKeyed(act, cell, (upstream) => {
        if (derived.keys[upstream] === undefined) stack.push(upstream);
      });
      if (stack.length > before) continue;
      stack.pop();
      this.#deriveOne(act, cell, derived);
    }
  }

  #deriveOne(act: Activation, cell: number, derived: Derived): void {
    const override = overrideOf(act.plan, cell);
    let tainted = act.plan.volatileCells.has(cell) || override?.body !== undefined || derived.tainted[cell] === true || this.texts.treated.asksReplaced(act.plan.models[cell]!);
    let hasKeys = true;
    eachKeyed(act, cell, (upstream) => {
      tainted ||= derived.tainted[upstream] === true;
      hasKeys &&= derived.keys[upstream] !== null;
    });
    derived.tainted[cell] = tainted;
    derived.keys[cell] = null;
    if ((tainted && this.#isCaching) || !hasKeys) {
      derived.tainted[cell] = true;
      return;
    }
    try {
      const source = this.#sourceOf(act, cell, derived);
      if (source === null) derived.tainted[cell] = true;
      else {
        derived.sources[cell] = source;
        derived.keys[cell] = this.texts.hasher.text(source);
        derived.refs[cell] = `${derived.keys[cell]}.${checksum(source)}`;
      }
    } catch (error) {
      if (!this.#isCaching || this.isCacheable(act, cell)) {
        derived.keys[cell] = undefined;
        throw error;
      }
      derived.tainted[cell] = true;
    }
  }

  #sourceOf(act: Activation, cell: number, derived: Derived): string | null {
    const { plan } = act;
    const { definition } = plan.models[cell]!;
    let source = this.texts.ofModel(plan.models[cell]!);
    const names = this.evaluatorNames(act, cell);
    if (names !== '') source += `|e${names}`;
    for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
      const op = plan.ops[i]!;
      if (op >= 0) source += `^${derived.refs[op]!}`;
      else if (isSlot(op)) {
        const text = this.slotText(act, indexOf(op), definition);
        if (text === null) return null;
        source += `;${text}`;
      } else if (isSpecial(op)) {
        const operand = plan.operands[indexOf(op)]!;
        if (operand.kind === 'lazy') source += `?${derived.refs[operand.cell]!}`;
        else if (operand.kind === 'container') source += `[${inOrder(operand.container).map((i) => derived.refs[operand.cells[i]!]!).join()}]`;
      }
    }
    return source;
  }

  /** The names of the evaluators around a cell that are not transparent. */
  evaluatorNames(act: Activation, cell: number): string {
    const own = overrideOf(act.plan, cell)?.evaluator ?? (act.plan.models[cell]!.definition.evaluator as Evaluator | undefined);
    const ofRun = opaqueName(this.#options.evaluator); // is around nested evaluations too, which the cell's own is not: they stand apart
    return ofRun === '' ? opaqueName(own) : `${ofRun}/${opaqueName(own)}`;
  }

  /* ---------- slots ---------- */

  /** A context value as it stands in a key; `null` where it is made from something without a key. */
  slotText(act: Activation, id: number, reader: Definition): string | null {
    const derived = this.#in(act);
    if (act.plan.computedBelow[id]!.length > 0) return this.#symbolicText(act, id, derived);
    const value = act.slot(id);
    if (value instanceof Problem) return `!${value.what.map((what) => (what.kind === 'thrown' ? `thrown ${String(what.error)}` : `${what.kind} ${what.field} ${what.kind === 'invalid' ? this.texts.ofValue(what.value, what.schema.secret || isSecretSlot(act, id), () => fieldName(act, id, reader)) : ''}`)).join()}`;
    return this.texts.ofValue(value, isSecretSlot(act, id), () => fieldName(act, id, reader));
  }

  /** How a value will be made that no body has computed yet. Slots are made from lower ids only. */
  #symbolicText(act: Activation, target: number, derived: Derived): string | null {
    const { plan } = act;
    const texts = derived.slots;
    const stack = [target];
    while (stack.length > 0) {
      const id = stack[stack.length - 1]!;
      if (texts.has(id)) {
        stack.pop();
        continue;
      }
      const slot = plan.slots[id]!;
      const inputs = slotInputs(slot);
      const missing = inputs.filter((input) => plan.computedBelow[input]!.length > 0 && !texts.has(input));
      if (missing.length > 0) {
        stack.push(...missing);
        continue;
      }
      stack.pop();
      const parts = inputs.map((input) => (plan.computedBelow[input]!.length > 0 ? texts.get(input)! : this.#givenText(act, input)));
      const how = slot.kind === 'transform' ? this.texts.ofTransform(slot.transform.definition, slot.transform.values)
        : slot.kind === 'parse' && slot.fallback !== UNSET ? this.texts.ofValue(slot.fallback, isSecretSlot(act, id), () => fieldName(act, id, slot.owner))
        : slot.kind === 'pick' ? slot.field
        : slot.kind === 'computed' ? derived.refs[slot.cell]
        : '';
      const whole = how === null || how === undefined || parts.includes(null as never) ? null : `(${slot.kind} ${how}|${parts.join()})`;
      texts.set(id, whole === null ? null : `#${this.texts.hasher.text(whole)}`);
    }
    return texts.get(target)!;
  }

  #givenText(act: Activation, id: number): string {
    const value = act.slot(id);
    return value instanceof Problem ? '!' : this.texts.ofValue(value, isSecretSlot(act, id), () => fieldName(act, id, undefined));
  }
}

/** The cells that stand in a cell's key: what it needs, and the branches that it may ask for. Extends the plan by these. */
function eachKeyed(act: Activation, cell: number, visit: (upstream: number) => void): void {
  const { plan } = act;
  eachUpstream(plan, cell, visit);
  if (!plan.hasLazy) return;
  for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    const operand = isSpecial(op) ? plan.operands[indexOf(op)] : undefined;
    if (operand?.kind !== 'lazy') continue;
    if (operand.cell < 0) {
      plan.extend(operand);
      act.grow();
    }
    visit(operand.cell);
  }
}

const overrideOf = (plan: Plan, cell: number): Override | undefined => (plan.treatments.size === 0 ? undefined : (plan.treatments.get(cell) as Overridden | undefined)?.override);

/** Whether a slot is read as a secret. */
function isSecretSlot(act: Activation, id: number): boolean {
  const slot = act.plan.slots[id]!;
  if (slot.kind === 'parse') return isSecretField(slot.field);
  return (slot.kind === 'object' || slot.kind === 'check') && slot.owner.contextFields.some(isSecretField);
}

function fieldName(act: Activation, id: number, reader: Definition | undefined): string {
  const slot = act.plan.slots[id]!;
  const owner = reader ?? (slot.kind === 'parse' ? slot.owner : undefined);
  const field = slot.kind === 'parse' ? slot.field.name : slot.kind === 'runtime' || slot.kind === 'pick' ? slot.field : undefined;
  return `${owner === undefined ? '' : `${labelOf(owner)}, `}context${field === undefined ? '' : ` field '${field}'`}`;
}

/** Two FNV-1a sums from different starts: independent of the hasher, and quick. */
function checksum(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
  }
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
}

/** Throws UNHASHABLE where there is no key. */
export function demandKey(key: string | null, act: Activation, cell: number): string {
  if (key !== null) return key;
  const name = labelOf(act.plan.models[cell]!.definition);
  throw new FlowError('UNHASHABLE', `${name} has no key here: something upstream of it is volatile, replaced, or cannot be hashed.`, { details: { model: name } });
}
