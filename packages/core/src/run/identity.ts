/**
 * Which evaluations are the same one. A plan keeps apart what different slots feed; in a run those slots may turn out to hold equal
 * values. A cell's identity is its model, the parsed context values that it receives and the identities upstream of it; cells of one identity
 * are evaluated once. Consulted only where a plan has one model in several cells with equal values, or where bodies compute models themselves.
 */
import { sameValue } from '../context/equal.ts';
import { isPlainObject } from '../model/frozen.ts';
import { indexOf, isConstant, isSlot } from '../plan/plan.ts';
import type { Model } from '../model/model.ts';
import type { Activation } from './activation.ts';
import { EMPTY } from './states.ts';

export interface Place {
  readonly act: Activation;
  readonly cell: number;
}

export class Identities {
  readonly #models = new Map<Model, number>();
  readonly #primitives = new Map<unknown, number>();
  /** Objects met so far by what is cheap to tell apart; `sameValue` decides within a bucket. */
  readonly #buckets = new Map<string, object[]>();
  readonly #objects = new Map<object, number>();
  readonly #activations = new Map<Activation, number>();
  readonly #ids = new Map<string, number>();
  readonly #places = new Map<number, Place>();

  /** Takes in an activation that ran without identities so far. */
  adopt(act: Activation): void {
    for (let cell = 0; cell < act.values.length; cell++) if (act.values[cell] !== EMPTY) this.claim(act, cell);
  }

  /** The place where a cell's evaluation happened or happens already, if it does; otherwise it is this one from now on. */
  claim(act: Activation, cell: number): Place | undefined {
    const id = this.#identify(act, cell);
    act.identities[cell] = id;
    if (act.plan.models[cell]!.definition.volatile) return undefined;
    const place = this.#places.get(id);
    if (place === undefined) this.#places.set(id, { act, cell });
    return place?.act === act && place.cell === cell ? undefined : place;
  }

  #identify(act: Activation, cell: number): number {
    const { plan } = act;
    const model = plan.models[cell]!;
    let key = String(numberOf(this.#models, model));
    for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
      const op = plan.ops[i]!;
      if (op >= 0) key += `,${act.identities[op]}`;
      else if (isConstant(op)) continue;
      else if (isSlot(op)) key += `;${this.valueId(act.slot(indexOf(op)))}`;
      else {
        const operand = plan.operands[indexOf(op)]!;
        if (operand.kind === 'container') for (const upstream of operand.cells) key += `,${act.identities[upstream]}`;
        // A lazy branch has not run: it is what it would read.
        else if (operand.kind === 'lazy') key += `?${operand.reads.map((slot) => (plan.computedBelow[slot]!.length > 0 ? `c${numberOf(this.#activations, act)}.${slot}` : this.valueId(act.slot(slot)))).join('.')}`;
      }
    }
    return numberOf(this.#ids, key);
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

/** Whether two of the slots that could feed the same input hold equal values, so that cells the plan keeps apart may be the same evaluation. */
export function anyEqual(act: Activation): boolean {
  const { plan } = act;
  const identities = new Identities();
  const seen = new Map<object, Set<number>>();
  const isRepeated = (id: number, reader: object): boolean => {
    const values = seen.get(reader) ?? new Set();
    if (values.size === 0) seen.set(reader, values);
    return values.size === values.add(identities.valueId(act.slot(id))).size;
  };
  for (const id of plan.eagerSlots) {
    const slot = plan.slots[id]!;
    const reader = slot.kind === 'parse' ? slot.field : slot.kind === 'object' || slot.kind === 'check' ? slot.owner : undefined;
    if (reader !== undefined && isRepeated(id, reader)) return true;
  }
  const lazyReads = new Set(plan.hasLazy ? plan.operands.flatMap((operand) => (operand.kind === 'lazy' ? operand.reads : [])) : []);
  for (const id of lazyReads) if (plan.computedBelow[id]!.length === 0 && isRepeated(id, plan)) return true;
  return false;
}
