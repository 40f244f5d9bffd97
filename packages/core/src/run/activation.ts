/**
 * One plan in one context: the values of its slots and cells in one run.
 *
 * A run has one activation for its root, and one more for each nested `run.compute`.
 */
import { runTransform } from '../context/transform.ts';
import { UNSET } from '../model/brand.ts';
import { labelOf } from '../model/definition.ts';
import type { Definition } from '../model/definition.ts';
import { frozenCopy } from '../model/frozen.ts';
import { parseSync } from '../model/schema.ts';
import type { Validator } from '../model/schema.ts';
import { eachUpstream } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { slotInputs } from '../plan/slots.ts';
import type { Slot } from '../plan/slots.ts';
import { objectProblem, Problem } from './problems.ts';
import { EMPTY, isUnfinished } from './states.ts';
import type { Caller } from './caller.ts';
import { dependentsOf } from './dependents.ts';
import type { Dependents } from './dependents.ts';

/** Who is told a cell's value or `Failure`. */
export interface Waiter {
  told(outcome: unknown): void;
}

/** What only some cells have. */
interface Extras {
  waiters: Map<number, Waiter[]> | undefined;
  callers: Map<number, Caller> | undefined;
  boxes: Map<number, unknown> | undefined;
  joined: Map<number, { readonly act: Activation; readonly cell: number }> | undefined;
  prefetched: Set<number> | undefined;
  askers: Map<number, Caller> | undefined;
  followed: Set<number> | undefined;
}

export class Activation {
  readonly plan: Plan;
  /** The given context; own fields only. */
  context: Readonly<Record<string, unknown>>;
  /** Who asked for it by `run.compute`; undefined for the run's root. */
  readonly caller: Caller | undefined;
  /** How many nested evaluations this one stands in. */
  readonly depth: number;
  /** Per slot: its value, a `Problem`, or EMPTY. */
  slots: unknown[];
  /** Per cell: its unwrapped value, a `Failure`, or a state. Grows with the plan. */
  readonly values: unknown[];
  /** Per cell, once the run is asynchronous: upstream cells still to finish, -1 while nobody asked for it. */
  remaining: number[] | undefined = undefined;
  /** The first who waits for the root: for most nested evaluations the only one that waits for anything. */
  #rootWaiter: Waiter | undefined = undefined;
  /** What only some cells have; made when the first one does. */
  #extras: Extras | undefined = undefined;
  #dependents: Dependents | undefined = undefined;
  #identities: (number | undefined)[] | undefined = undefined;

  constructor(plan: Plan, context: Readonly<Record<string, unknown>>, caller: Caller | undefined) {
    this.plan = plan;
    this.context = context;
    this.caller = caller;
    this.depth = caller === undefined ? 0 : caller.act.depth + 1;
    this.slots = blank(plan.slots.length);
    this.values = blank(plan.models.length);
  }

  get #more(): Extras {
    return (this.#extras ??= { waiters: undefined, callers: undefined, boxes: undefined, joined: undefined, prefetched: undefined, askers: undefined, followed: undefined });
  }

  /** Tells a cell's value or `Failure` when it is there. */
  whenSettled(cell: number, waiter: Waiter): void {
    if (cell === this.plan.root && this.#rootWaiter === undefined && this.#extras?.waiters?.has(cell) !== true) {
      this.#rootWaiter = waiter;
      return;
    }
    const waiters = (this.#more.waiters ??= new Map<number, Waiter[]>());
    const others = waiters.get(cell);
    if (others === undefined) waiters.set(cell, [waiter]);
    else others.push(waiter);
  }

  /** A cell has its value or `Failure`. */
  tell(cell: number, value: unknown): void {
    const first = cell === this.plan.root ? this.#rootWaiter : undefined;
    const others = this.#extras?.waiters?.get(cell);
    if (others !== undefined) this.#extras!.waiters!.delete(cell);
    if (first !== undefined) {
      this.#rootWaiter = undefined;
      first.told(value);
    }
    for (const waiter of others ?? NOBODY) waiter.told(value);
  }

  /** Cells whose body asked the run for something. */
  get callers(): Map<number, Caller> {
    return (this.#more.callers ??= new Map());
  }

  /** The boxes that bodies returned themselves, passed on to the caller as they are. */
  get boxes(): Map<number, unknown> {
    return (this.#more.boxes ??= new Map());
  }

  callerAt(cell: number): Caller | undefined {
    return this.#extras?.callers?.get(cell);
  }

  /** The consumers of each cell, as far as the plan has grown. */
  get dependents(): Dependents {
    if (this.#dependents === undefined || this.#dependents.cells < this.plan.models.length) this.#dependents = dependentsOf(this.plan);
    return this.#dependents;
  }

  boxOf(cell: number): unknown {
    return this.#extras?.boxes?.get(cell);
  }

  /** Per cell, in a run that looks for equal evaluations: the number of its identity. */
  get identities(): (number | undefined)[] {
    return (this.#identities ??= new Array<number | undefined>(this.values.length));
  }

  /** Cells that wait for the same evaluation in another place. */
  get joined(): Map<number, { readonly act: Activation; readonly cell: number }> {
    return (this.#more.joined ??= new Map());
  }

  /** Cells of class models whose `deps` were asked for. */
  get prefetched(): Set<number> {
    return (this.#more.prefetched ??= new Set());
  }

  /** In a managed run, the bodies that asked for lazy cells. */
  get askers(): Map<number, Caller> {
    return (this.#more.askers ??= new Map());
  }

  /** Cells that the same evaluation in another place waits for. */
  get followed(): Set<number> {
    return (this.#more.followed ??= new Set());
  }

  /** Another activation of the same plan in the same context, in which what is done here is done. */
  settledCopy(): Activation {
    const copy = new Activation(this.plan, this.context, this.caller);
    this.slots.forEach((value, id) => (copy.slots[id] = value));
    this.values.forEach((value, cell) => {
      if (!isUnfinished(value)) copy.values[cell] = value;
    });
    for (const [cell, box] of this.#extras?.boxes ?? []) copy.boxes.set(cell, box);
    return copy;
  }

  /**
   * A nested evaluation is done: it keeps what others may still take over, and lets go of what it took to get there. One body may ask for a
   * hundred thousand of them in one run.
   */
  release(): void {
    if (this.plan.hasLazy || this.values.some(isUnfinished)) return;
    this.slots = NOTHING;
    this.context = NO_CONTEXT;
    this.remaining = undefined;
    const boxes = this.#extras?.boxes;
    this.#extras = boxes === undefined ? undefined : { waiters: undefined, callers: undefined, boxes, joined: undefined, prefetched: undefined, askers: undefined, followed: undefined };
  }

  /** `remaining`, made the first time. */
  counts(): number[] {
    return (this.remaining ??= new Array<number>(this.values.length).fill(-1));
  }

  /** Fills the slots that eager cells need and that wait for no cell; false when one has a problem. */
  fillEarly(): boolean {
    let isFine = true;
    for (const id of this.plan.eagerSlots) if (this.fill(id) instanceof Problem) isFine = false;
    return isFine;
  }

  /** Makes room for what lazy branches have added to the plan since. */
  grow(): void {
    while (this.slots.length < this.plan.slots.length) this.slots.push(EMPTY);
    while (this.values.length < this.plan.models.length) {
      this.values.push(EMPTY);
      this.remaining?.push(-1);
    }
  }

  /** The value of a slot, filled with all that it is made from if it is not yet. */
  slot(id: number): unknown {
    const known = this.slots[id];
    if (known !== EMPTY) return known;
    const stack = [id];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const missing = this.slots[top] === EMPTY ? slotInputs(this.plan.slots[top]!).filter((input) => this.slots[input] === EMPTY) : [];
      if (missing.length > 0) stack.push(...missing);
      else {
        if (this.slots[top] === EMPTY) this.fill(top);
        stack.pop();
      }
    }
    return this.slots[id];
  }

  /** Fills a slot whose inputs are filled. */
  fill(id: number): unknown {
    return (this.slots[id] = this.#made(id, this.plan.slots[id]!));
  }

  #made(id: number, slot: Slot): unknown {
    switch (slot.kind) {
      case 'runtime':
        return frozenCopy(this.context[slot.field]);
      case 'absent':
        return undefined;
      case 'literal':
        return slot.value;
      case 'computed':
        return this.values[slot.cell];
      case 'transform':
        return this.#transformed(slot);
      case 'pick':
        return this.#picked(slot);
      case 'parse':
        return parsedSlot(id, slot, this.slots[slot.source]);
      case 'object':
      case 'check':
        return this.#object(id, slot);
    }
  }

  #transformed(slot: Slot & { kind: 'transform' }): unknown {
    const inputs = new Array<unknown>(slot.inputs.length);
    let isFine = true;
    for (let i = 0; i < inputs.length; i++) {
      inputs[i] = this.slots[slot.inputs[i]!];
      if (inputs[i] instanceof Problem) isFine = false;
    }
    if (!isFine) return Problem.among(inputs);
    try {
      return runTransform(slot.transform, inputs);
    } catch (error) {
      return new Problem({ kind: 'thrown', error });
    }
  }

  #picked(slot: Slot & { kind: 'pick' }): unknown {
    const otherwise = this.slots[slot.otherwise];
    const written = slot.patches.map((patch) => this.slots[patch]);
    // What a patch lacks is missing even where a later one writes the field: it might have left it out.
    const problem = Problem.among([...written, otherwise]);
    if (problem !== undefined) return problem;
    const value = written.map((patch) => (patch as Readonly<Record<string, unknown>>)[slot.field]).find((one) => one !== undefined);
    return value === undefined ? otherwise : value;
  }

  /** A class model's context object, or the check of a `contextType` as a whole. */
  #object(id: number, slot: Slot & { kind: 'object' | 'check' }): unknown {
    const { context, contextFields } = slot.owner;
    const fields: Record<string, unknown> = {};
    const problem = Problem.among(slot.sources.map((source) => this.slots[source]));
    if (problem !== undefined) return problem;
    for (let i = 0; i < contextFields.length; i++) {
      const given = this.slots[slot.sources[i]!];
      const fallback = slot.kind === 'check' ? slot.fallbacks[i] : UNSET;
      const value = given === undefined && fallback !== UNSET ? fallback : given;
      if (value !== undefined) fields[contextFields[i]!.name] = value;
    }
    if (slot.kind === 'check' && context!.requiredFields.some((name) => fields[name] === undefined)) return undefined; // reported field by field
    try {
      const input = withDefaults(slot.owner, context!.schema, fields);
      const result = parseSync(context!.schema, input, () => `${labelOf(slot.owner)}, context`);
      return result.ok ? frozenCopy(result.value) : objectProblem(id, slot.owner, fields, result.issues);
    } catch (error) {
      return new Problem({ kind: 'thrown', error });
    }
  }

  /** The cells not begun that a cell needs, itself included, upstream first; `undemanded`: only those that nobody asked for yet. */
  closure(target: number, undemanded: boolean): number[] {
    const isOpen = (cell: number): boolean => this.values[cell] === EMPTY && !(undemanded && this.remaining![cell]! >= 0);
    const order: number[] = [];
    const done = new Map<number, boolean>(); // false: entered
    const stack = [target];
    while (stack.length > 0) {
      const cell = stack.at(-1)!;
      const state = done.get(cell);
      if (state === undefined && isOpen(cell)) {
        done.set(cell, false);
        const before = stack.length;
        eachUpstream(this.plan, cell, (upstream) => {
          if (isOpen(upstream) && !done.has(upstream)) stack.push(upstream);
        });
        reverseFrom(stack, before);
      } else {
        stack.pop();
        if (state === false) {
          done.set(cell, true);
          order.push(cell);
        }
      }
    }
    return order;
  }
}

/** A field as its reader gets it, or what is wrong with it. */
export function parsedSlot(id: number, { field, fallback, owner }: Slot & { kind: 'parse' }, given: unknown): unknown {
  if (given instanceof Problem) return given;
  const value = given === undefined && fallback !== UNSET ? fallback : given;
  if (value === undefined && field.required) return new Problem({ kind: 'missing', slot: id, field: field.name, type: field.schema.type });
  const where = (): string => `${labelOf(owner)}, context field '${field.name}'`;
  try {
    const result = parseSync(field.schema, value, where);
    if (!result.ok) return new Problem({ kind: 'invalid', slot: id, field: field.name, schema: field.schema, value, issues: result.issues });
    if (field.also !== undefined && value !== undefined) {
      const also = parseSync(field.also, value, where);
      if (!also.ok) return new Problem({ kind: 'invalid', slot: id, field: field.name, schema: field.also, value, issues: also.issues });
    }
    return typeof result.value === 'object' && result.value !== value ? frozenCopy(result.value) : result.value;
  } catch (error) {
    return new Problem({ kind: 'thrown', error });
  }
}

const NOBODY: readonly Waiter[] = [];
const NOTHING: unknown[] = [];
const NO_CONTEXT: Readonly<Record<string, unknown>> = Object.freeze({});

/** Copied for small arrays, which is faster than filling them. */
const BLANK: readonly unknown[] = new Array<unknown>(1024).fill(EMPTY);

const blank = (length: number): unknown[] => (length === 1 ? [EMPTY] : length <= BLANK.length ? BLANK.slice(0, length) : new Array<unknown>(length).fill(EMPTY));

function reverseFrom(stack: number[], from: number): void {
  for (let i = from, j = stack.length - 1; i < j; i++, j--) [stack[i], stack[j]] = [stack[j]!, stack[i]!];
}

/** The fields of a context schema's own default stand in for those not given; a schema that may be left out is when nothing is given. */
function withDefaults(owner: Definition, validator: Validator, fields: Readonly<Record<string, unknown>>): unknown {
  if (!validator.optional) return fields;
  if (Object.keys(fields).length === 0) return undefined;
  const fallback = parseSync(validator, undefined, () => labelOf(owner));
  return fallback.ok && typeof fallback.value === 'object' ? { ...fallback.value, ...fields } : fields;
}
