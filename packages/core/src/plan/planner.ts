/** Planning: a root model becomes flat arrays in topological order, once, and is remembered. */
import { fieldsOf, readsOf } from '../context/contract.ts';
import { asContainer, asModel, UNSET } from '../model/brand.ts';
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
  if (treat === asDefined) return ((model.derived ??= {}).plan ??= new Planner(model, treat)) as Plan;
  let plans = plansOf.get(treat);
  if (plans === undefined) plansOf.set(treat, (plans = new WeakMap()));
  let plan = plans.get(model);
  if (plan === undefined) plans.set(model, (plan = new Planner(model, treat)));
  return plan;
}

/** A model being placed: its children first, then itself. Used again and again, since there is one for each model on the way down. */
class Step {
  model!: Model;
  frame!: Frame;
  /** Its place among the cells of its model; undefined in the runtime context. */
  key: Key | undefined;
  isVolatile = false;
  treatment: Treatment | undefined;
  /** Where the cells of its children begin in the list of cells that are not taken up yet. */
  first = 0;
  /** The input looked at next, the leaf in it where it is a container, and then the computed slot. */
  input = 0;
  leaf = 0;
  source = 0;
  /** Slots by context field, and the computed slots among what they are made from; the models of these are the last children. */
  slots: readonly number[] = NONE;
  computed: readonly number[] = NONE;
}

const NONE: readonly never[] = [];

class Planner implements Plan {
  readonly origin: Model;
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
  hasEvaluators = false;
  hasRun = false;
  spans: readonly object[] | undefined = undefined;
  dependents: object | undefined = undefined;
  solo: object | undefined = undefined;
  rootKeys: object | undefined = undefined;
  readonly volatileCells = new Set<number>();
  readonly treatments = new Map<number, Treatment>();
  readonly #table = new SlotTable();
  readonly #places = new Places(this, (model) => this.#readsKey(model, this.#table.root));
  readonly #treat: Treat;
  /** The way down to the model being placed, `#depth` steps, and the cells of children that wait for their parents, `#waiting` of them. */
  #steps: Step[] = [];
  #depth = 0;
  #cells: number[] = [];
  #waiting = 0;

  constructor(model: Model, treat: Treat) {
    this.origin = model;
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
    let cell = this.#visit(root, rootFrame);
    while (this.#depth > 0) {
      const step = this.#steps[this.#depth - 1]!;
      if (cell >= 0) this.#cells[this.#waiting++] = cell;
      cell = this.#placeChildren(step);
      if (cell === DEEPER) continue;
      this.#depth--;
      cell = this.#finish(step);
      this.#waiting = step.first;
    }
    this.#steps = [];
    this.#cells = [];
    return cell;
  }

  /** Goes on with a step's children. DEEPER when one has to be placed first, DONE when all are. */
  #placeChildren(step: Step): number {
    const { definition, values } = step.model;
    const { inputs, isRegular } = definition;
    const end = definition.kind === 'class' ? 0 : values.length;
    while (step.input < end) {
      const value = values[step.input];
      if (typeof value !== 'object' || (!isRegular && isNoChild(inputs[step.input]!.role))) step.input++;
      else if (value instanceof Model || asModel(value) !== undefined) {
        step.input++;
        if (!this.#hasCell(value as Model, step.frame)) return DEEPER;
      } else {
        const leaves = isRegular ? NONE : (asContainer(value)?.leaves ?? NONE);
        while (step.leaf < leaves.length) if (!this.#hasCell(leaves[step.leaf++]!.model, step.frame)) return DEEPER;
        step.leaf = 0;
        step.input++;
      }
    }
    while (step.source < step.computed.length) {
      const slot = this.#computedSlot(step.computed[step.source++]!);
      if (slot.cell >= 0) this.#cells[this.#waiting++] = slot.cell; // another consumer has placed it meanwhile
      else if (!this.#hasCell(slot.model, slot.frame)) return DEEPER;
    }
    return DONE;
  }

  /** Whether a child has its cell, which then waits for the parent; otherwise there is a step for it. */
  #hasCell(child: Model, frame: Frame): boolean {
    const cell = this.#visit(child, frame);
    if (cell >= 0) this.#cells[this.#waiting++] = cell;
    return cell >= 0;
  }

  /** The cell of a model in a frame, or DEEPER and a new step. */
  #visit(model: Model, outer: Frame): number {
    const { base, rewrites } = model;
    const treatment = this.#treat === asDefined ? undefined : this.#treat(base, rewrites);
    const isVolatile = treatment?.isVolatile ?? base.definition.volatile;
    let frame = outer;
    let key: Key | undefined;
    if (rewrites !== undefined) {
      // Most wrappers are met in places where the model has its cell already, and then need no frame.
      const fields = fieldsOf(readsOf(base));
      const slot = fields.length === 1 ? this.#table.rewritten(outer, rewrites, fields[0]!) : -1;
      if (slot >= 0 && treatment === undefined && !isVolatile) {
        const cell = this.#places.find(base, slot);
        if (cell >= 0) return cell;
      }
      frame = new Frame(outer, rewrites);
      if (slot >= 0) frame.setSource(fields[0]!, slot);
    }
    if (treatment !== undefined) key = `${treatment.name}:${this.#readsKey(base, frame)}`;
    else if (frame !== this.#table.root) key = this.#readsKey(base, frame);
    if (!isVolatile) {
      const cell = this.#places.find(base, key);
      if (cell >= 0) return cell;
    }
    this.#enter(base, frame, key, isVolatile, treatment);
    return DEEPER;
  }

  #enter(model: Model, frame: Frame, key: Key | undefined, isVolatile: boolean, treatment: Treatment | undefined): void {
    const { definition } = model;
    if (this.#depth === this.#steps.length) this.#steps.push(new Step());
    const step = this.#steps[this.#depth++]!;
    step.model = model;
    step.frame = frame;
    step.key = key;
    step.isVolatile = isVolatile;
    step.treatment = treatment;
    step.first = this.#waiting;
    step.input = 0;
    step.leaf = 0;
    step.source = 0;
    step.slots = definition.contextFields.length === 0 ? NONE : this.#contextSlots(model, frame);
    const below = this.#computedIn(step.slots);
    step.computed = below.length === 0 ? NONE : below.filter((slot) => this.#computedSlot(slot).cell < 0);
  }

  /** The slots of everything that a branch reads, in the order of its contract, as one number. */
  #readsKey(model: Model, frame: Frame): number {
    const fields = fieldsOf(readsOf(model));
    if (fields.length === 0) return -1;
    let key = this.#table.resolve(frame, fields[0]!);
    for (let i = 1; i < fields.length; i++) key = this.#table.pair(key, this.#table.resolve(frame, fields[i]!));
    return key;
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

  /** A model whose children have their cells gets its own. */
  #finish(step: Step): number {
    const { model, slots, computed } = step;
    const { definition, values } = model;
    if (definition.evaluator !== undefined) this.hasEvaluators = true;
    let child = step.first;
    if (!definition.isRegular) child = this.#operands(step);
    else {
      for (let i = 0; i < values.length; i++) {
        const value = values[i];
        if (typeof value === 'object' && (value instanceof Model || asModel(value) !== undefined)) this.ops.push(this.#cells[child++]!);
        else {
          this.#constant(value);
          if (value === UNSET && definition.inputs[i]!.required) this.unbound.push({ cell: this.models.length, input: definition.inputs[i]! });
        }
      }
    }
    for (const source of computed) this.#computedSlot(source).cell = this.#cells[child++]!;
    // Edges to the cells that computed fields come from.
    const sources = this.#computedIn(slots);
    if (sources.length > 0) this.#special({ kind: 'after', cells: sources.map((source) => this.#computedSlot(source).cell) });
    return this.#add(step);
  }

  /** Writes the operands of a model that has inputs of other roles. Returns where the cells of computed fields begin. */
  #operands({ model, frame, first, slots }: Step): number {
    const { definition } = model;
    const cell = this.models.length;
    let child = first;
    let slot = 0;
    if (definition.kind === 'class' && slots.length > 0) this.ops.push(slotOperand(slots[slot++]!));
    for (const input of definition.inputs) {
      const value = model.values[input.index];
      if (value === UNSET && input.required && input.role !== 'context') this.unbound.push({ cell, input });
      if (definition.kind === 'class') continue;
      if (input.role === 'context') this.ops.push(slotOperand(slots[slot++]!));
      else if (input.role === 'resource') this.#special({ kind: 'resource', name: input.name });
      else if (typeof value !== 'object' || input.role === 'model') this.#constant(value);
      else if (value instanceof Model || asModel(value) !== undefined) {
        if (input.role === 'lazy') this.#special({ kind: 'lazy', model: value as Model, frame, cell: -1 });
        else this.ops.push(this.#cells[child++]!);
      } else {
        const container = asContainer(value);
        if (container === undefined) this.#constant(value);
        else this.#special({ kind: 'container', container, cells: this.#cells.slice(child, (child += container.leaves.length)) });
      }
    }
    while (slot < slots.length) this.ops.push(slotOperand(slots[slot++]!));
    return child;
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

/** Inputs whose models are no upstream cells. */
const isNoChild = (role: InputSpec['role']): boolean => role === 'context' || role === 'lazy' || role === 'model';

const DONE = -1;
const DEEPER = -2;
