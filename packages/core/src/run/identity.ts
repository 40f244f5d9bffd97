/**
 * Which evaluations are the same one. A plan keeps apart what different slots feed; in a run those slots may turn out to hold equal
 * values. A cell's identity is its model, the parsed context values that it receives and the identities upstream of it; cells of one identity
 * are evaluated once. Consulted only where a plan has one model in several cells with equal values, or where bodies compute models themselves.
 */
import { sameValue } from '../context/equal.ts';
import { show } from '../errors.ts';
import { isPlainObject } from '../model/frozen.ts';
import { eachUpstream, indexOf, isConstant, isSlot, isSpecial } from '../plan/plan.ts';
import type { Operand, Plan } from '../plan/plan.ts';
import { slotInputs } from '../plan/slots.ts';
import type { Slot } from '../plan/slots.ts';
import type { Model } from '../model/model.ts';
import type { Activation } from './activation.ts';
import { Problem } from './problems.ts';
import type { Solo } from './solo.ts';
import { EMPTY } from './states.ts';

export interface Place {
  readonly act: Activation;
  readonly cell: number;
}

/** Per cell the number of its identity, where that is known. */
type Numbers = readonly (number | undefined)[];

/** What cells of one identity have in common: its number, and where it is evaluated, once some cell has claimed it. */
export class Known {
  readonly id: number;
  act: Activation | undefined = undefined;
  cell = -1;
  #solo: Solo | undefined = undefined;

  constructor(id: number) {
    this.id = id;
  }

  get place(): Place | undefined {
    if (this.#solo !== undefined) this.movedTo(this.#solo.act);
    return this.act === undefined ? undefined : (this as Known & Place); // cell is set along with it
  }

  /** The solo has an activation, which stands for it from now on. */
  movedTo(act: Activation): void {
    this.act = act;
    this.cell = 0;
    this.#solo = undefined;
  }

  /** False where it is evaluated elsewhere. */
  takeFor(solo: Solo): boolean {
    if (this.act !== undefined || this.#solo !== undefined) return false;
    this.#solo = solo;
    return true;
  }
}

export class Identities {
  readonly #models = new Map<unknown, number>();
  readonly #contentOf: (model: Model) => unknown;
  readonly #keyOf: (act: Activation, cell: number) => string | undefined;
  readonly #symbols = new Map<unknown, number>();
  /** Objects met so far by what is cheap to tell apart; `sameValue` decides within a bucket. */
  readonly #buckets = new Map<string, object[]>();
  readonly #objects = new Map<object, number>();
  /** Per activation and cell of a lazy branch, its identity as if nothing had run. */
  readonly #branches = new Map<Activation, (number | undefined)[]>();
  readonly #known = new Map<string, Known>();
  readonly #withOne = new Map<unknown, Map<number | string, Known>>();
  /** Who asks for many evaluations asks for one model again and again. */
  #lastModel: Model | undefined = undefined;
  #lastTable = new Map<number | string, Known>();
  #count = 0;

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
    const byKey = this.#byKey(act, cell);
    const byContent = this.#byContent(act, cell);
    const first = byKey ?? byContent ?? this.#nameless();
    if (act.plan.volatileCells.has(cell)) {
      act.identities[cell] = first.id;
      return undefined;
    }
    const place = byKey?.place ?? byContent?.place;
    act.identities[cell] = place?.act.identities[place.cell] ?? first.id;
    for (const known of [first, byContent]) {
      if (known === undefined || known.place !== undefined) continue;
      known.act = place?.act ?? act;
      known.cell = place?.cell ?? cell;
    }
    return place === undefined || (place.act === act && place.cell === cell) ? undefined : place;
  }

  /** A cell that was given up is no place to join any more. */
  forget(act: Activation, cell: number): void {
    for (const known of [this.#byKey(act, cell), this.#byContent(act, cell)]) {
      if (known?.act === act && known.cell === cell) known.act = undefined;
    }
  }

  /** The place of a key, if some cell has claimed it. */
  known(act: Activation, cell: number): Place | undefined {
    const key = this.#keyOf(act, cell);
    return key === undefined ? undefined : this.#known.get(`#${key}`)?.place;
  }

  #byKey(act: Activation, cell: number): Known | undefined {
    const key = this.#keyOf(act, cell);
    return key === undefined ? undefined : this.#knownAs(`#${key}`);
  }

  /** By what a cell is made from, where all of that is known. */
  #byContent(act: Activation, cell: number): Known | undefined {
    // A name costs more than many a body. What has one input, a plain value, needs none: bodies ask for such models by the thousand.
    const slot = onlySlot(act.plan, cell);
    if (slot !== undefined && !isWaiting(act, slot)) {
      const value = act.slot(slot);
      if (isPlainKey(value)) return this.#knownWith(act.plan.models[cell]!, value);
    }
    const name = this.#formed(act, cell, act.identities, this.#filled);
    return name === undefined ? undefined : this.#knownAs(name);
  }

  /** The same for a model of which nothing but plain values counts: those of its context fields, in the order of its inputs, where `fields` has something. */
  ofPlain(model: Model, fields: readonly unknown[], values: readonly unknown[]): Known {
    let count = 0;
    let only: unknown;
    for (let i = 0; i < fields.length; i++) {
      if (fields[i] === undefined) continue;
      only = values[i];
      count++;
    }
    if (count === 1 && isPlainKey(only)) return this.#knownWith(model, only);
    let name = String(numberOf(this.#models, this.#contentOf(model)));
    for (let i = 0; i < fields.length; i++) if (fields[i] !== undefined) name += `;${this.valueKey(values[i])}`;
    return this.#knownAs(name);
  }

  #nameless(): Known {
    return new Known(this.#count++);
  }

  #knownAs(name: string): Known {
    let known = this.#known.get(name);
    if (known === undefined) this.#known.set(name, (known = new Known(this.#count++)));
    return known;
  }

  /** A model that receives one plain value. */
  #knownWith(model: Model, value: number | string): Known {
    const table = model === this.#lastModel ? this.#lastTable : this.#tableOf(model);
    let known = table.get(value);
    if (known === undefined) table.set(value, (known = new Known(this.#count++)));
    return known;
  }

  #tableOf(model: Model): Map<number | string, Known> {
    const content = this.#contentOf(model);
    let table = this.#withOne.get(content);
    if (table === undefined) this.#withOne.set(content, (table = new Map()));
    this.#lastModel = model;
    return (this.#lastTable = table);
  }

  /** What a cell is made from, as text: its model, the numbers of the cells that it needs, and what its slots hold. Undefined where one of those has no number yet, or no value. */
  #formed(act: Activation, cell: number, numbers: Numbers, slotKey: (act: Activation, slot: number) => string | undefined): string | undefined {
    const { plan } = act;
    let key = `${numberOf(this.#models, this.#contentOf(plan.models[cell]!))}${plan.treatments.get(cell)?.name ?? ''}`;
    for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
      const op = plan.ops[i]!;
      if (op >= 0) {
        if (numbers[op] === undefined) return undefined;
        key += `,${numbers[op]}`;
      } else if (isSlot(op)) {
        const value = slotKey(act, indexOf(op));
        if (value === undefined) return undefined;
        key += value;
      } else if (isSpecial(op)) {
        const operand = plan.operands[indexOf(op)]!;
        if (operand.kind === 'lazy') key += `?${this.#branch(act, operand)}`;
        else if (operand.kind === 'container' || operand.kind === 'after') {
          for (const upstream of operand.cells) {
            if (numbers[upstream] === undefined) return undefined;
            if (operand.kind === 'container') key += `,${numbers[upstream]}`;
          }
        }
      }
    }
    return key;
  }

  readonly #filled = (act: Activation, slot: number): string | undefined => (isWaiting(act, slot) ? undefined : `;${this.valueKey(act.slot(slot))}`);

  /**
   * The identity of a lazy branch, which has not run: formed like that of its cells, but with what feeds a computed field in place of its
   * value, and with what is missing or wrong in place of a value that is not there.
   */
  #branch(act: Activation, operand: Operand & { kind: 'lazy' }): number {
    const target = act.plan.extend(operand);
    act.grow();
    const known = this.#branches.get(act) ?? [];
    this.#branches.set(act, known);
    const slotKey = (owner: Activation, id: number): string => {
      if (owner.plan.computedBelow[id]!.length > 0) {
        const slot = owner.plan.slots[id]!;
        if (slot.kind === 'computed') return `m${known[slot.cell]}`;
        const how = slot.kind === 'transform' ? [slot.transform.definition, ...slot.transform.values].map((part) => this.valueKey(part)).join() : slot.kind;
        return `(${how}${slotInputs(slot).map((input) => slotKey(owner, input)).join()})`;
      }
      const value = owner.slot(id);
      return value instanceof Problem ? `!${value.what.map((what) => (what.kind === 'thrown' ? show(String(what.error)) : `${what.kind}${what.field}${what.kind === 'invalid' ? this.valueKey(what.value) : ''}`)).join()}` : `;${this.valueKey(value)}`;
    };
    const stack = [target];
    while (stack.length > 0) {
      const cell = stack.at(-1)!;
      const missing: number[] = [];
      if (known[cell] === undefined) {
        eachUpstream(act.plan, cell, (upstream) => {
          if (known[upstream] === undefined) missing.push(upstream);
        });
      }
      if (missing.length > 0) stack.push(...missing);
      else {
        stack.pop();
        known[cell] ??= -1 - this.#knownAs(this.#formed(act, cell, known, slotKey)!).id;
      }
    }
    return known[target]!;
  }

  /** Equal values get equal keys, and no key is the beginning of another followed by a separator. */
  valueKey(value: unknown): string {
    switch (typeof value) {
      case 'number':
        return Object.is(value, -0) ? '-0' : `${value}`;
      case 'string':
        return `s${value.length}:${value}`;
      case 'symbol':
      case 'function':
        return `m${numberOf(this.#symbols, value)}`;
      case 'object':
        return value === null ? 'null' : `o${this.#objectId(value)}`;
      default:
        return `${typeof value}${String(value)}`;
    }
  }

  #objectId(value: object): number {
    let id = this.#objects.get(value);
    if (id === undefined) {
      const fingerprint = fingerprintOf(value);
      const bucket = this.#buckets.get(fingerprint);
      const twin = bucket?.find((known) => sameValue(known, value));
      id = twin === undefined ? this.#objects.size : this.#objects.get(twin)!;
      if (bucket === undefined) this.#buckets.set(fingerprint, [value]);
      else if (twin === undefined) bucket.push(value);
      this.#objects.set(value, id);
    }
    return id;
  }
}

/** Equal for equal values, and different for most others. */
function fingerprintOf(value: object): string {
  if (value instanceof Date) return `d${value.getTime()}`;
  if (Array.isArray(value)) return `a${value.length},${value.slice(0, 4).map(hint).join()}`;
  if (!isPlainObject(value)) return value.constructor?.name ?? '';
  const keys = Object.keys(value);
  if (keys.length > 1) keys.sort();
  let text = '';
  for (let i = 0; i < keys.length && i < 8; i++) text += `${keys[i]!}:${hint(value[keys[i]!])},`;
  return text;
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

/** What a map can tell apart as identities do. */
const isPlainKey = (value: unknown): value is string | number => typeof value === 'string' || (typeof value === 'number' && !Object.is(value, -0));

/** The slot that a cell is made from, if there is nothing else: what is bound to its model, and what only has to run before it, because a slot is made from it, does not count. */
function onlySlot(plan: Plan, cell: number): number | undefined {
  if (plan.treatments.size > 0 && plan.treatments.has(cell)) return undefined;
  let only: number | undefined;
  const end = plan.offsets[cell + 1]!;
  for (let i = plan.offsets[cell]!; i < end; i++) {
    const op = plan.ops[i]!;
    if (isConstant(op)) continue;
    if (isSlot(op)) {
      if (only !== undefined) return undefined;
      only = indexOf(op);
    } else if (!isSpecial(op) || plan.operands[indexOf(op)]!.kind !== 'after') return undefined;
  }
  return only;
}

/** Whether a slot is made from a model's value that is not there: it was not looked at, since what needs it came from the cache. */
const isWaiting = ({ plan, values }: Activation, id: number): boolean => plan.computedBelow[id]!.some((below) => values[(plan.slots[below] as Slot & { kind: 'computed' }).cell] === EMPTY); // ids in computedBelow are of this kind
