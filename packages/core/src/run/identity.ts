/**
 * Which evaluations are the same one. A plan keeps apart what different slots feed; in a run those slots may turn out to hold equal
 * values. A cell's identity is its model, the parsed context values that it receives and the identities upstream of it; cells of one identity
 * are evaluated once. Consulted only where a plan has one model in several cells with equal values, or where bodies compute models themselves.
 */
import { sameValue } from '../context/equal.ts';
import { show } from '../errors.ts';
import { isPlainObject } from '../model/frozen.ts';
import { eachUpstream, indexOf, isSlot, isSpecial } from '../plan/plan.ts';
import type { Operand, Plan } from '../plan/plan.ts';
import { slotInputs } from '../plan/slots.ts';
import type { Model } from '../model/model.ts';
import type { Activation } from './activation.ts';
import { Problem } from './problems.ts';
import { EMPTY } from './states.ts';

export interface Place {
  readonly act: Activation;
  readonly cell: number;
}

export class Identities {
  readonly #models = new Map<unknown, number>();
  readonly #contentOf: (model: Model) => unknown;
  readonly #keyOf: (act: Activation, cell: number) => string | undefined;
  readonly #primitives = new Map<unknown, number>();
  /** Objects met so far by what is cheap to tell apart; `sameValue` decides within a bucket. */
  readonly #buckets = new Map<string, object[]>();
  readonly #objects = new Map<object, number>();
  /** Per activation and cell of a lazy branch, its identity as if nothing had run. */
  readonly #branches = new Map<Activation, Map<number, number>>();
  readonly #ids = new Map<string, number>();
  readonly #places = new Map<number, Place>();

  /**
   * `contentOf`: what makes two models the same; without a cache, being one object. `keyOf`: with a cache, a cell's content key, by which
   * a cell is known whose upstream was never looked at.
   */
  constructor(contentOf: (model: Model) => unknown = (model) => model, keyOf: (act: Activation, cell: number) => string | undefined = () => undefined) {
    this.#contentOf = contentOf;
    this.#keyOf = keyOf;
  }

  /** Takes in an activation that ran without identities so far. */
  adopt(act: Activation): void {
    for (let cell = 0; cell < act.values.length; cell++) if (act.values[cell] !== EMPTY) this.claim(act, cell);
  }

  /** The place where a cell's evaluation happened or happens already, if it does; otherwise it is this one from now on. */
  claim(act: Activation, cell: number): Place | undefined {
    const names = this.#identify(act, cell);
    const place = act.plan.volatileCells.has(cell) ? undefined : names.map((id) => this.#places.get(id)).find((known) => known !== undefined);
    act.identities[cell] = place?.act.identities[place.cell] ?? names[0]!;
    if (act.plan.volatileCells.has(cell)) return undefined;
    const here = place ?? { act, cell };
    for (const id of names) if (!this.#places.has(id)) this.#places.set(id, here);
    return here.act === act && here.cell === cell ? undefined : here;
  }

  /** A cell that was given up is no place to join any more. */
  forget(act: Activation, cell: number): void {
    for (const id of this.#identify(act, cell)) {
      const place = this.#places.get(id);
      if (place?.act === act && place.cell === cell) this.#places.delete(id);
    }
  }

  /** The place of a key, if some cell has claimed it. */
  known(act: Activation, cell: number): Place | undefined {
    const key = this.#keyOf(act, cell);
    const id = key === undefined ? undefined : this.#ids.get(`#${key}`);
    return id === undefined ? undefined : this.#places.get(id);
  }

  /** What a cell is known by: its key, and what it is made from where all of that is known. The first is never missing. */
  #identify(act: Activation, cell: number): number[] {
    const key = this.#keyOf(act, cell);
    const names = key === undefined ? [] : [numberOf(this.#ids, `#${key}`)];
    let isKnown = true;
    eachUpstream(act.plan, cell, (upstream) => {
      isKnown &&= act.identities[upstream] !== undefined;
    });
    if (isKnown) names.push(this.#formed(act, cell, (upstream) => act.identities[upstream]!, (slot) => `;${this.valueId(act.slot(slot))}`));
    return names.length > 0 ? names : [numberOf(this.#ids, `alone ${this.#ids.size}`)];
  }

  #formed(act: Activation, cell: number, idOf: (upstream: number) => number, slotKey: (slot: number) => string): number {
    const { plan } = act;
    let key = `${numberOf(this.#models, this.#contentOf(plan.models[cell]!))}${plan.treatments.get(cell)?.name ?? ''}`;
    for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
      const op = plan.ops[i]!;
      if (op >= 0) key += `,${idOf(op)}`;
      else if (isSlot(op)) key += slotKey(indexOf(op));
      else if (isSpecial(op)) {
        const operand = plan.operands[indexOf(op)]!;
        if (operand.kind === 'container') for (const upstream of operand.cells) key += `,${idOf(upstream)}`;
        else if (operand.kind === 'lazy') key += `?${this.#branch(act, operand)}`;
      }
    }
    return numberOf(this.#ids, key);
  }

  /**
   * The identity of a lazy branch, which has not run: formed like that of its cells, but with what feeds a computed field in place of its
   * value, and with what is missing or wrong in place of a value that is not there.
   */
  #branch(act: Activation, operand: Operand & { kind: 'lazy' }): number {
    const target = act.plan.extend(operand);
    act.grow();
    const known = this.#branches.get(act) ?? new Map<number, number>();
    this.#branches.set(act, known);
    const slotKey = (id: number): string => {
      if (act.plan.computedBelow[id]!.length > 0) {
        const slot = act.plan.slots[id]!;
        if (slot.kind === 'computed') return `m${known.get(slot.cell)}`;
        const how = slot.kind === 'transform' ? [slot.transform.definition, ...slot.transform.values].map((part) => this.valueId(part)).join() : slot.kind;
        return `(${how}${slotInputs(slot).map(slotKey).join()})`;
      }
      const value = act.slot(id);
      return value instanceof Problem ? `!${value.what.map((what) => (what.kind === 'thrown' ? show(String(what.error)) : `${what.kind}${what.field}${what.kind === 'invalid' ? this.valueId(what.value) : ''}`)).join()}` : `;${this.valueId(value)}`;
    };
    const stack = [target];
    while (stack.length > 0) {
      const cell = stack.at(-1)!;
      const missing: number[] = [];
      if (!known.has(cell)) {
        eachUpstream(act.plan, cell, (upstream) => {
          if (!known.has(upstream)) missing.push(upstream);
        });
      }
      if (missing.length > 0) stack.push(...missing);
      else {
        stack.pop();
        if (!known.has(cell)) known.set(cell, -1 - this.#formed(act, cell, (upstream) => known.get(upstream)!, slotKey));
      }
    }
    return known.get(target)!;
  }

  /** Equal values get equal numbers. */
  valueId(value: unknown): number {
    if (typeof value !== 'object' || value === null) return 2 * numberOf(this.#primitives, Object.is(value, -0) ? '-0 as a number' : typeof value === 'string' ? `s${value}` : value);
    let id = this.#objects.get(value);
    if (id === undefined) {
      const fingerprint = fingerprintOf(value);
      const bucket = this.#buckets.get(fingerprint) ?? [];
      const twin = bucket.find((known) => sameValue(known, value));
      id = twin === undefined ? this.#objects.size : this.#objects.get(twin)!;
      if (twin === undefined) this.#buckets.set(fingerprint, [...bucket, value]);
      this.#objects.set(value, id);
    }
    return 2 * id + 1;
  }
}

/** Equal for equal values, and different for most others. */
function fingerprintOf(value: object): string {
  if (value instanceof Date) return `d${value.getTime()}`;
  if (Array.isArray(value)) return `a${value.length},${value.slice(0, 4).map(hint).join()}`;
  if (!isPlainObject(value)) return value.constructor?.name ?? '';
  return Object.keys(value).toSorted().slice(0, 8).map((key) => `${key}:${hint(value[key])}`).join();
}

const hint = (value: unknown): string => (typeof value === 'object' && value !== null ? 'o' : typeof value === 'function' ? 'f' : `${typeof value}${String(value)}`);

function numberOf<K>(numbers: Map<K, number>, key: K): number {
  let number = numbers.get(key);
  if (number === undefined) numbers.set(key, (number = numbers.size));
  return number;
}

/** Per plan, the slots that feed the same reader: only among these can equal values make two cells the same evaluation. */
const rivals = new WeakMap<Plan, readonly (readonly number[])[]>();

function rivalsIn(plan: Plan): readonly (readonly number[])[] {
  let found = rivals.get(plan);
  if (found === undefined) {
    const byReader = new Map<object, number[]>();
    for (const id of plan.eagerSlots) {
      const slot = plan.slots[id]!;
      const reader = slot.kind === 'parse' ? slot.field : slot.kind === 'object' || slot.kind === 'check' ? slot.owner : undefined;
      if (reader === undefined) continue;
      const slots = byReader.get(reader);
      if (slots === undefined) byReader.set(reader, [id]);
      else slots.push(id);
    }
    found = [...byReader.values()].filter((slots) => slots.length > 1);
    rivals.set(plan, found);
  }
  return found;
}

/** Whether two of the slots that feed the same reader hold equal values, so that cells the plan keeps apart may be the same evaluation. */
export function anyEqual(act: Activation): boolean {
  for (const slots of rivalsIn(act.plan)) {
    const values = slots.map((id) => act.slot(id));
    if (values.length > FEW ? anyEqualAmong(values) : anyEqualPair(values)) return true;
  }
  return false;
}

/** So many values are compared pair by pair, which is quicker than making a set of them. */
const FEW = 16;

function anyEqualPair(values: readonly unknown[]): boolean {
  for (let i = 1; i < values.length; i++) for (let j = 0; j < i; j++) if (isEqual(values[i], values[j])) return true;
  return false;
}

const isEqual = (value: unknown, other: unknown): boolean =>
  value === other || (typeof value === 'object' && value !== null ? typeof other === 'object' && sameValue(value, other) : Number.isNaN(value) && Number.isNaN(other));

function anyEqualAmong(values: readonly unknown[]): boolean {
  const primitives = new Set<unknown>();
  const objects: object[] = [];
  for (const value of values) {
    if (typeof value !== 'object' || value === null) {
      if (primitives.has(value)) return true;
      primitives.add(value);
    } else {
      if (objects.some((other) => sameValue(other, value))) return true;
      objects.push(value);
    }
  }
  return false;
}
