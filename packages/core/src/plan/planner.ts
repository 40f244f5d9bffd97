/** Planning: a root model becomes flat arrays in topological order, once, and is remembered. */
import { readsOf } from '../context/contract.ts';
import { asContainer, asModel, UNSET } from '../model/brand.ts';
import type { Container } from '../model/container.ts';
import type { InputSpec } from '../model/definition.ts';
import { Model } from '../model/model.ts';
import { Places } from './places.ts';
import type { Key } from './places.ts';
import { constantOperand, indexOf, isSlot, slotOperand, specialOperand } from './plan.ts';
import type { Operand, Plan, Treatment } from './plan.ts';
import { Frame, slotInputs, SlotTable } from './slots.ts';
import type { Slot } from './slots.ts';

const plansOf = new WeakMap<Treat, WeakMap<Model, Plan>>();

/** Finds the treatment of a base model that was bound with these rewrites around it. */
export type Treat = (base: Model, rewrites: unknown) => Treatment | undefined;

const asDefined: Treat = () => undefined;

/** The plan of a model; made once, since models are immutable, and once more for each other way of treating models. */
export function planOf(model: Model, treat: Treat = asDefined): Plan {
  let plans = plansOf.get(treat);
  if (plans === undefined) plansOf.set(treat, (plans = new WeakMap()));
  let plan = plans.get(model);
  if (plan === undefined) plans.set(model, (plan = new Planner(model, treat)));
  return plan;
}

/** A model being placed: its children first, then itself. */
interface Step {
  readonly model: Model;
  readonly frame: Frame;
  /** Its place among the cells of its model in rewritten frames. */
  readonly key: Key | undefined;
  readonly isVolatile: boolean;
  readonly treatment: Treatment | undefined;
  /** The cells of the children placed so far. */
  readonly cells: number[];
  /** Of a model whose inputs are all regular: the input looked at next. Such a model needs none of the rest. */
  next: number;
  readonly more: StepContext | undefined;
}

interface StepContext {
  readonly children: readonly Model[];
  /** Where children stand in other frames than the model itself. */
  readonly childFrames: readonly Frame[] | undefined;
  /** Slots by context field, and the computed slots among what they are made from; these are the last children. */
  readonly slots: readonly number[];
  readonly computed: readonly number[];
}

const NONE: readonly never[] = [];

class Planner implements Plan {
  readonly root: number;
  readonly eagerCells: number;
  readonly models: Model[] = [];
  readonly frames: Frame[] = [];
  readonly offsets: number[] = [0];
  readonly ops: number[] = [];
  readonly constants: unknown[] = [];
  readonly operands: Operand[] = [];
  readonly eagerSlots: readonly number[];
  readonly unbound: { readonly cell: number; readonly input: InputSpec }[] = [];
  usesResources = false;
  hasLazy = false;
  readonly volatileCells = new Set<number>();
  readonly treatments = new Map<number, Treatment>();
  readonly #table = new SlotTable();
  readonly #places = new Places(this, this.#table.root);
  readonly #treat: Treat;

  constructor(model: Model, treat: Treat) {
    this.#treat = treat;
    this.root = this.#place(model, this.#table.root);
    this.#places.close();
    this.eagerCells = this.models.length;
    this.eagerSlots = this.#neededSlots();
  }

  get slots(): readonly Slot[] {
    return this.#table.slots;
  }

  get computedBelow(): readonly (readonly number[])[] {
    return this.#table.computedBelow;
  }

  get repeats(): boolean {
    return this.#places.repeats;
  }

  sourceOf(frame: Frame, field: string): number {
    return this.#table.resolve(frame, field);
  }

  extend(operand: Operand & { kind: 'lazy' }): number {
    if (operand.cell < 0) operand.cell = this.#place(operand.model, operand.frame);
    return operand.cell;
  }

  /** Places a model and all that it needs; depth first, in declaration order, without recursion. Returns its cell. */
  #place(root: Model, rootFrame: Frame): number {
    const stack: Step[] = [];
    let cell = this.#visit(root, rootFrame, stack);
    while (stack.length > 0) {
      const step = stack[stack.length - 1]!;
      if (cell >= 0) step.cells.push(cell);
      cell = step.more === undefined ? this.#nextInput(step, stack) : this.#nextChild(step, step.more, stack);
      if (cell === DONE) {
        stack.pop();
        cell = step.more === undefined ? this.#finishRegular(step) : this.#finish(step, step.more);
      }
    }
    return cell;
  }

  /** The cell of the next upstream model of a regular-only model, DEEPER with a step on the stack, or DONE. */
  #nextInput(step: Step, stack: Step[]): number {
    const { values } = step.model;
    while (step.next < values.length) {
      const value = values[step.next++];
      if (typeof value === 'object' && (value instanceof Model || asModel(value) !== undefined)) return this.#visit(value as Model, step.frame, stack);
    }
    return DONE;
  }

  #nextChild(step: Step, { children, childFrames, computed }: StepContext, stack: Step[]): number {
    const next = step.cells.length;
    if (next === children.length) return DONE;
    const slot = computed[next - (children.length - computed.length)];
    const placed = slot === undefined ? -1 : this.#computedSlot(slot).cell; // another consumer may have placed it meanwhile
    return placed >= 0 ? placed : this.#visit(children[next]!, childFrames?.[next] ?? step.frame, stack);
  }

  /** The cell of a model in a frame, or DEEPER and a new step on the stack. */
  #visit(model: Model, outer: Frame, stack: Step[]): number {
    const { base } = model;
    const frame = model.rewrites === undefined ? outer : new Frame(outer, model.rewrites);
    const treatment = this.#treat === asDefined ? undefined : this.#treat(base, model.rewrites);
    const isVolatile = treatment?.isVolatile ?? base.definition.volatile;
    let key: Key | undefined;
    if (treatment !== undefined) key = `${treatment.name}:${this.#readsKey(base, frame)}`;
    else if (frame !== this.#table.root) key = this.#readsKey(base, frame);
    if (!isVolatile) {
      const cell = key === undefined ? this.#places.plain(base, () => this.#readsKey(base, frame)) : this.#places.framed(base, key, () => this.#readsKey(base, this.#table.root));
      if (cell >= 0) return cell;
    }
    stack.push({ model: base, frame, key, isVolatile, treatment, cells: [], next: 0, more: base.definition.isRegular ? undefined : this.#context(base, frame) });
    return DEEPER;
  }

  /** The slots of everything that a branch reads, in the order of its contract; of one slot, its number. */
  #readsKey(model: Model, frame: Frame): Key {
    const reads = readsOf(model);
    let key: Key = '';
    for (const field of reads.keys()) {
      const slot = this.#table.resolve(frame, field);
      key = reads.size === 1 ? slot : `${key}${slot},`;
    }
    return key;
  }

  #context(model: Model, frame: Frame): StepContext {
    const { definition, values } = model;
    const children: Model[] = [];
    if (definition.kind !== 'class') {
      for (const { role, index } of definition.inputs) {
        const value = values[index];
        if (typeof value !== 'object' || role === 'context' || role === 'lazy' || role === 'model') continue;
        const container = asContainer(value);
        if (container !== undefined) for (const leaf of container.leaves) children.push(leaf.model);
        else if (asModel(value) !== undefined) children.push(value as Model);
      }
    }
    const slots = definition.contextFields.length === 0 ? NONE : this.#contextSlots(model, frame);
    const below = this.#computedIn(slots);
    const computed = below.length === 0 ? NONE : below.filter((slot) => this.#computedSlot(slot).cell < 0);
    if (computed.length === 0) return { children, childFrames: undefined, slots, computed };
    const childFrames = children.map(() => frame);
    for (const slot of computed) {
      const source = this.#computedSlot(slot);
      children.push(source.model);
      childFrames.push(source.frame);
    }
    return { children, childFrames, slots, computed };
  }

  /** One slot per context field, then the object-level check where there is one; a class model has one slot in all. */
  #contextSlots(model: Model, frame: Frame): number[] {
    const { definition, values } = model;
    const fields = definition.contextFields;
    const slots: number[] = [];
    if (definition.kind === 'function') {
      for (const field of fields) slots.push(this.#table.parse(definition, field, this.#table.resolve(frame, field.name), values[field.input!.index]));
      if (definition.context?.whole !== true) return slots;
    }
    const sources = fields.map((field) => this.#table.resolve(frame, field.name));
    slots.push(definition.kind === 'class' ? this.#table.object(definition, sources) : this.#table.check(definition, sources, fields.map((field) => values[field.input!.index])));
    return slots;
  }

  #computedIn(slots: readonly number[]): readonly number[] {
    let found: Set<number> | undefined;
    for (const slot of slots) for (const computed of this.computedBelow[slot]!) (found ??= new Set()).add(computed);
    return found === undefined ? NONE : [...found];
  }

  #computedSlot(slot: number): Slot & { kind: 'computed' } {
    return this.slots[slot] as Slot & { kind: 'computed' }; // ids in computedBelow are of this kind
  }

  /** A cell whose inputs are all regular: literals, and the upstream cells in order. */
  #finishRegular(step: Step): number {
    const { model, cells } = step;
    const { values, definition } = model;
    const cell = this.models.length;
    let child = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value === 'object' && (value instanceof Model || asModel(value) !== undefined)) this.ops.push(cells[child++]!);
      else {
        this.#constant(value);
        if (value === UNSET && definition.inputs[i]!.required) this.unbound.push({ cell, input: definition.inputs[i]! });
      }
    }
    return this.#add(step);
  }

  #finish(step: Step, { slots, computed }: StepContext): number {
    const { model, frame, cells } = step;
    const { definition } = model;
    const cell = this.models.length;
    let child = 0;
    let slot = 0;
    if (definition.kind === 'class' && slots.length > 0) this.ops.push(slotOperand(slots[slot++]!));
    for (const input of definition.inputs) {
      const value = model.values[input.index];
      if (value === UNSET && input.required && input.role !== 'context') this.unbound.push({ cell, input });
      if (definition.kind === 'class') continue;
      if (input.role === 'context') this.ops.push(slotOperand(slots[slot++]!));
      else if (input.role === 'resource') this.#special({ kind: 'resource', name: input.name });
      else if (typeof value !== 'object' || input.role === 'model') this.#constant(value);
      else if (asContainer(value) !== undefined) {
        const container = value as Container;
        this.#special({ kind: 'container', container, cells: cells.slice(child, child + container.leaves.length) });
        child += container.leaves.length;
      } else if (asModel(value) === undefined) this.#constant(value);
      else if (input.role === 'lazy') this.#special({ kind: 'lazy', model: value as Model, frame, cell: -1 });
      else this.ops.push(cells[child++]!);
    }
    while (slot < slots.length) this.ops.push(slotOperand(slots[slot++]!));
    for (const source of computed) this.#computedSlot(source).cell = cells[child++]!;
    // Edges to the cells that computed fields come from.
    const after = this.#computedIn(slots).map((source) => this.#computedSlot(source).cell);
    if (after.length > 0) this.#special({ kind: 'after', cells: after });
    return this.#add(step);
  }

  /** The cell whose operands were written last. */
  #add({ model, frame, key, isVolatile, treatment }: Step): number {
    const cell = this.models.push(model) - 1;
    this.frames.push(frame);
    this.offsets.push(this.ops.length);
    if (treatment !== undefined) this.treatments.set(cell, treatment);
    if (isVolatile) this.volatileCells.add(cell);
    else this.#places.set(model, key, cell);
    return cell;
  }

  #constant(value: unknown): void {
    this.ops.push(constantOperand(this.constants.push(value === UNSET ? undefined : value) - 1));
  }

  #special(operand: Operand): void {
    this.ops.push(specialOperand(this.operands.push(operand) - 1));
    if (operand.kind === 'resource') this.usesResources = true;
    else if (operand.kind === 'lazy') this.hasLazy = true;
  }

  /** What eager cells need of the slots, without those that wait for a computed field. */
  #neededSlots(): number[] {
    if (this.slots.length === 0) return [];
    const needed = new Uint8Array(this.slots.length);
    for (const op of this.ops) if (isSlot(op)) needed[indexOf(op)] = 1;
    const found: number[] = [];
    for (let slot = this.slots.length - 1; slot >= 0; slot--) {
      if (needed[slot] === 0) continue;
      for (const input of slotInputs(this.slots[slot]!)) needed[input] = 1;
      if (this.computedBelow[slot]!.length === 0) found.push(slot);
    }
    return found.toReversed();
  }
}

const DONE = -1;
const DEEPER = -2;
