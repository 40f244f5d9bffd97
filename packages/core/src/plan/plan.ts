/**
 * Planning: a root model becomes flat arrays in topological order, once, and is remembered.
 *
 * A *cell* is a model in a frame. Two frames that feed everything a model's branch reads from the same slots are one cell, so sharing,
 * however deep, costs nothing; a volatile model is a cell anew for each consumer's edge. Lazy branches join the plan when first called for.
 */
import { readsOf } from '../context/contract.ts';
import { asModel, UNSET } from '../model/brand.ts';
import { Container } from '../model/container.ts';
import type { InputSpec } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import { Frame, slotInputs, SlotTable } from './slots.ts';
import type { Slot } from './slots.ts';

/** An operand that is read from the model's own values. */
export const LITERAL = -1;
/** Operands are numbers: a cell's id, LITERAL, a slot or an index into `operands`. */
export const slotOperand = (slot: number): number => -2 - 2 * slot;
const specialOperand = (index: number): number => -3 - 2 * index;
export const isSlotOperand = (op: number): boolean => op < LITERAL && op % 2 === 0;
export const slotOf = (op: number): number => (-2 - op) >> 1;
export const specialOf = (op: number): number => (-3 - op) >> 1;

export type Operand =
  /** `reads`: the slots of all that the branch reads. `cell`: -1 until first called for. */
  | { readonly kind: 'lazy'; readonly model: Model; readonly frame: Frame; readonly reads: readonly number[]; cell: number }
  | { readonly kind: 'container'; readonly container: Container; readonly cells: readonly number[] }
  | { readonly kind: 'resource'; readonly name: string }
  /** No input: cells that must be done first, because a slot of this cell is made from them. */
  | { readonly kind: 'after'; readonly cells: readonly number[] };

export interface Plan {
  readonly root: number;
  /** The cells below this id are needed in every run; later ones belong to lazy branches. */
  readonly eagerCells: number;
  /** Per cell: its model, its frame, and where its operands start (one more entry than cells). */
  readonly models: readonly Model[];
  readonly frames: readonly Frame[];
  readonly offsets: readonly number[];
  /** Per cell: one operand per declared input (or one for a class model's context), then operands that are no inputs. */
  readonly ops: readonly number[];
  readonly operands: readonly Operand[];
  readonly slots: readonly Slot[];
  readonly computedBelow: readonly (readonly number[])[];
  /** The slots that eager cells need and that can be filled before any body runs, lowest first. */
  readonly eagerSlots: readonly number[];
  /** Regular inputs without a value. */
  readonly unbound: readonly { readonly cell: number; readonly input: InputSpec }[];
  /** Whether some model stands in several cells. */
  readonly repeats: boolean;
  /** Whether some model has `Resource` inputs, `Lazy` inputs. */
  readonly usesResources: boolean;
  readonly hasLazy: boolean;
  /** Adds a lazy branch; returns its cell. */
  extend(operand: Operand & { kind: 'lazy' }): number;
}

const plans = new WeakMap<Model, Plan>();

export function planOf(model: Model): Plan {
  let plan = plans.get(model);
  if (plan === undefined) plans.set(model, (plan = new Planner(model)));
  return plan;
}

/** Cells of one model: the one in the runtime context, and others by the slots that feed their branch. */
interface Placed {
  plain: number;
  byReads: Map<string, number> | undefined;
}

/** One model being placed: its children first, then itself. */
interface Step {
  readonly model: Model;
  readonly frame: Frame;
  readonly children: readonly Model[];
  /** Where children stand in other frames than the model itself. */
  readonly childFrames: readonly Frame[] | undefined;
  readonly cells: number[];
  /** Slots by context field, and the computed slots among what they are made from. */
  readonly slots: readonly number[];
  readonly computed: readonly number[];
  readonly key: string | undefined;
}

const NONE: readonly never[] = [];

class Planner implements Plan {
  readonly root: number;
  readonly eagerCells: number;
  readonly models: Model[] = [];
  readonly frames: Frame[] = [];
  readonly offsets: number[] = [0];
  readonly ops: number[] = [];
  readonly operands: Operand[] = [];
  readonly eagerSlots: readonly number[];
  readonly unbound: { readonly cell: number; readonly input: InputSpec }[] = [];
  repeats = false;
  usesResources = false;
  hasLazy = false;
  readonly #table = new SlotTable();
  #placed = new Map<Model, Placed>();

  constructor(model: Model) {
    this.root = this.#place(model, this.#table.root);
    this.eagerCells = this.models.length;
    this.eagerSlots = this.#neededSlots();
    // Only lazy branches look cells up again.
    if (!this.hasLazy) this.#placed = new Map();
  }

  get slots(): readonly Slot[] {
    return this.#table.slots;
  }

  get computedBelow(): readonly (readonly number[])[] {
    return this.#table.computedBelow;
  }

  extend(operand: Operand & { kind: 'lazy' }): number {
    if (operand.cell < 0) operand.cell = this.#place(operand.model, operand.frame);
    return operand.cell;
  }

  /** Places a model and all that it needs; depth first, in declaration order, without recursion. Returns its cell. */
  #place(root: Model, rootFrame: Frame): number {
    const stack: Step[] = [];
    let result = this.#visit(root, rootFrame, stack);
    while (stack.length > 0) {
      const step = stack.at(-1)!;
      if (result >= 0) {
        step.cells.push(result);
        result = -1;
      }
      const next = step.cells.length;
      const computed = step.computed[next - (step.children.length - step.computed.length)];
      if (computed !== undefined && this.#computedSlot(computed).cell >= 0) {
        result = this.#computedSlot(computed).cell; // another consumer placed it meanwhile
      } else if (next < step.children.length) {
        result = this.#visit(step.children[next]!, step.childFrames?.[next] ?? step.frame, stack);
      } else {
        stack.pop();
        result = this.#finish(step);
      }
    }
    return result;
  }

  /** The cell of a model in a frame, or -1 and a new step on the stack. */
  #visit(model: Model, outer: Frame, stack: Step[]): number {
    const frame = model.rewrites === undefined ? outer : new Frame(outer, model.rewrites);
    const { base } = model;
    const { definition } = base;
    let key: string | undefined;
    if (!definition.volatile) {
      const placed = this.#placed.get(base);
      if (frame === this.#table.root) {
        if (placed !== undefined) {
          if (placed.plain >= 0) return placed.plain;
          placed.plain = placed.byReads?.get(this.#readsKey(base, frame)) ?? -1;
          if (placed.plain >= 0) return placed.plain;
        }
      } else {
        key = this.#readsKey(base, frame);
        if (placed !== undefined) {
          if (placed.byReads === undefined) placed.byReads = new Map(placed.plain < 0 ? NONE : [[this.#readsKey(base, this.#table.root), placed.plain]]);
          const cell = placed.byReads.get(key);
          if (cell !== undefined) return cell;
        }
      }
    }
    stack.push(this.#step(base, frame, key));
    return -1;
  }

  #readsKey(model: Model, frame: Frame): string {
    return this.#reads(model, frame).join();
  }

  /** The slots of everything that a branch reads, in the order of its contract. */
  #reads(model: Model, frame: Frame): number[] {
    const reads: number[] = [];
    for (const field of readsOf(model).keys()) reads.push(this.#table.resolve(frame, field));
    return reads;
  }

  #step(model: Model, frame: Frame, key: string | undefined): Step {
    const { definition, values } = model;
    const children: Model[] = [];
    if (definition.kind !== 'class') {
      for (const { role, index } of definition.inputs) {
        const value = values[index];
        if (typeof value !== 'object' || role === 'context' || role === 'lazy' || role === 'model') continue;
        if (value instanceof Container) for (const leaf of value.leaves) children.push(leaf.model);
        else if (asModel(value) !== undefined) children.push(value as Model);
      }
    }
    if (definition.contextFields.length === 0) return { model, frame, children, childFrames: undefined, cells: [], slots: NONE, computed: NONE, key };

    const slots = this.#contextSlots(model, frame);
    const computed = [...new Set(slots.flatMap((slot) => this.computedBelow[slot]!))].filter((slot) => this.#computedSlot(slot).cell < 0);
    if (computed.length === 0) return { model, frame, children, childFrames: undefined, cells: [], slots, computed, key };
    const childFrames = children.map(() => frame);
    for (const slot of computed) {
      const source = this.#computedSlot(slot);
      children.push(source.model);
      childFrames.push(source.frame);
    }
    return { model, frame, children, childFrames, cells: [], slots, computed, key };
  }

  /** One slot per context field, then the object-level check where there is one; a class model has one slot in all. */
  #contextSlots(model: Model, frame: Frame): number[] {
    const { definition, values } = model;
    const sources = definition.contextFields.map((field) => this.#table.resolve(frame, field.name));
    if (definition.kind === 'class') return [this.#table.object(definition, sources)];
    const fallbacks = definition.contextFields.map((field) => values[field.input!.index]);
    const slots = sources.map((source, i) => this.#table.parse(definition, definition.contextFields[i]!, source, fallbacks[i]));
    if (definition.context?.whole === true) slots.push(this.#table.check(definition, sources, fallbacks));
    return slots;
  }

  #finish(step: Step): number {
    const { model, frame, cells, slots, key } = step;
    const { definition } = model;
    const cell = this.models.push(model) - 1;
    this.frames.push(frame);
    let child = 0;
    let slot = 0;
    if (definition.kind === 'class') {
      if (slots.length > 0) this.ops.push(slotOperand(slots[slot++]!));
      for (const input of definition.inputs) this.#noteUnbound(cell, input);
    } else {
      for (const input of definition.inputs) {
        const value = model.values[input.index];
        this.#noteUnbound(cell, input);
        if (input.role === 'context') this.ops.push(slotOperand(slots[slot++]!));
        else if (input.role === 'resource') this.#special({ kind: 'resource', name: input.name });
        else if (typeof value !== 'object' || input.role === 'model') this.ops.push(LITERAL);
        else if (value instanceof Container) {
          this.#special({ kind: 'container', container: value, cells: cells.slice(child, child + value.leaves.length) });
          child += value.leaves.length;
        } else if (asModel(value) === undefined) this.ops.push(LITERAL);
        else if (input.role === 'lazy') this.#lazy(value as Model, frame);
        else this.ops.push(cells[child++]!);
      }
    }
    while (slot < slots.length) this.ops.push(slotOperand(slots[slot++]!));
    for (const computed of step.computed) this.#computedSlot(computed).cell = cells[child++]!;
    this.#after(slots);
    this.offsets.push(this.ops.length);
    if (!definition.volatile) this.#remember(model, frame, key, cell);
    return cell;
  }

  #computedSlot(slot: number): Slot & { kind: 'computed' } {
    return this.slots[slot] as Slot & { kind: 'computed' }; // ids in computedBelow are of this kind
  }

  /** Edges to the cells that computed fields come from. */
  #after(slots: readonly number[]): void {
    const computed = new Set(slots.flatMap((slot) => this.computedBelow[slot]!));
    if (computed.size > 0) this.#special({ kind: 'after', cells: [...computed].map((slot) => this.#computedSlot(slot).cell) });
  }

  #special(operand: Operand): void {
    this.ops.push(specialOperand(this.operands.push(operand) - 1));
    if (operand.kind === 'resource') this.usesResources = true;
    else if (operand.kind === 'lazy') this.hasLazy = true;
  }

  #lazy(model: Model, frame: Frame): void {
    const inner = model.rewrites === undefined ? frame : new Frame(frame, model.rewrites);
    this.#special({ kind: 'lazy', model, frame, reads: this.#reads(model.base, inner), cell: -1 });
  }

  #noteUnbound(cell: number, input: InputSpec): void {
    if (input.required && this.models[cell]!.values[input.index] === UNSET && input.role !== 'context') this.unbound.push({ cell, input });
  }

  #remember(model: Model, frame: Frame, key: string | undefined, cell: number): void {
    const placed = this.#placed.get(model);
    if (placed === undefined) {
      this.#placed.set(model, { plain: key === undefined ? cell : -1, byReads: key === undefined ? undefined : new Map([[key, cell]]) });
      return;
    }
    this.repeats = true;
    if (frame === this.#table.root) placed.plain = cell;
    if (placed.byReads !== undefined) placed.byReads.set(key ?? this.#readsKey(model, frame), cell);
    else if (key !== undefined) placed.byReads = new Map([[key, cell]]);
  }

  /** What eager cells need of the slots, without those that wait for a computed field. */
  #neededSlots(): number[] {
    const needed = new Uint8Array(this.slots.length);
    for (const op of this.ops) if (isSlotOperand(op)) needed[slotOf(op)] = 1;
    const found: number[] = [];
    for (let slot = this.slots.length - 1; slot >= 0; slot--) {
      if (needed[slot] === 0) continue;
      for (const input of slotInputs(this.slots[slot]!)) needed[input] = 1;
      if (this.computedBelow[slot]!.length === 0) found.push(slot);
    }
    return found.toReversed();
  }
}

/** Calls back with each cell that a cell needs first, in declaration order; repeated ones repeatedly. */
export function eachUpstream(plan: Plan, cell: number, visit: (upstream: number) => void): void {
  const end = plan.offsets[cell + 1]!;
  for (let i = plan.offsets[cell]!; i < end; i++) {
    const op = plan.ops[i]!;
    if (op >= 0) visit(op);
    else if (op < LITERAL && !isSlotOperand(op)) {
      const operand = plan.operands[specialOf(op)]!;
      if (operand.kind === 'container' || operand.kind === 'after') for (const upstream of operand.cells) visit(upstream);
    }
  }
}
