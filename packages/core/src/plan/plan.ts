/**
 * A plan: a root model as flat arrays in topological order.
 *
 * A *cell* is a model in a frame. Two frames that feed everything a model's branch reads from the same slots are one cell, so sharing,
 * however deep, costs nothing; a volatile model is a cell anew for each consumer's edge. Lazy branches join the plan when first called for.
 */
import type { Container } from '../model/container.ts';
import type { InputSpec } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import type { Frame, Slot } from './slots.ts';

/**
 * Operands are numbers: from 0 up a cell's id; below, with the lowest two bits of the complement telling which, an index into the plan's
 * `constants`, its `slots` or its `operands`.
 */
export const constantOperand = (index: number): number => ~(index << 2);
export const slotOperand = (slot: number): number => ~((slot << 2) | 1);
export const specialOperand = (index: number): number => ~((index << 2) | 2);
export const isConstant = (op: number): boolean => op < 0 && (~op & 3) === 0;
export const isSlot = (op: number): boolean => op < 0 && (~op & 3) === 1;
export const isSpecial = (op: number): boolean => op < 0 && (~op & 3) === 2;
/** The index that an operand below 0 stands for. */
export const indexOf = (op: number): number => ~op >> 2;

export type Operand =
  /** `cell`: -1 until first called for. */
  | { readonly kind: 'lazy'; readonly model: Model; readonly frame: Frame; cell: number }
  | { readonly kind: 'container'; readonly container: Container; readonly cells: readonly number[] }
  | { readonly kind: 'resource'; readonly name: string }
  /** No input: cells that must be done first, because a slot of this cell is made from them. */
  | { readonly kind: 'after'; readonly cells: readonly number[] };

/** How a run's options change a model in a wrapper; `name` tells one treatment from another. */
export interface Treatment {
  readonly name: string;
  readonly isVolatile: boolean | undefined;
}

export interface Plan {
  /** The model that was planned; a wrapper as it is. */
  readonly origin: Model;
  readonly root: number;
  /** The cells below this id are needed in every run; later ones belong to lazy branches. */
  readonly eagerCells: number;
  /** Per cell: its model, its frame, and where its operands start (one more entry than cells). */
  readonly models: readonly Model[];
  readonly frames: readonly Frame[];
  readonly offsets: readonly number[];
  /** Per cell: one operand per declared input (or one for a class model's context), then operands that are no inputs. */
  readonly ops: readonly number[];
  /** Literals in the order of their reading: a warm run walks through them instead of hopping from model to model. */
  readonly constants: readonly unknown[];
  readonly operands: readonly Operand[];
  readonly slots: readonly Slot[];
  readonly computedBelow: readonly (readonly number[])[];
  /** The slots that eager cells need and that can be filled before any body runs, lowest first. */
  readonly eagerSlots: readonly number[];
  /** Regular inputs without a value. */
  readonly unbound: readonly { readonly cell: number; readonly input: InputSpec }[];
  /** Cells of volatile models: never shared, never looked up. */
  readonly volatileCells: ReadonlySet<number>;
  /** Cells that the run's options treat in a way of their own; equal cells are the same evaluation only under the same treatment. */
  readonly treatments: ReadonlyMap<number, Treatment>;
  /** Whether some model stands in several cells. */
  readonly repeats: boolean;
  /** Whether some model has `Resource` inputs, `Lazy` inputs. */
  readonly usesResources: boolean;
  readonly hasLazy: boolean;
  /** Whether some model was defined with an evaluator of its own. */
  readonly hasEvaluators: boolean;
  /**
   * What runs note on a plan: whether there was one, and which cells a kernel runs (`run/kernel.ts`), the consumers of
   * each cell (`run/dependents.ts`), whether it is evaluated as a solo (`run/solo.ts`), keys of roots (`cache/root-keys.ts`). Weak maps would do, but keep short-lived plans alive until a full collection.
   */
  hasRun: boolean;
  spans: readonly object[] | undefined;
  dependents: object | undefined;
  solo: object | undefined;
  rootKeys: object | undefined;
  /** The slot that feeds a field in a frame. */
  sourceOf(frame: Frame, field: string): number;
  /** Adds a lazy branch; returns its cell. */
  extend(operand: Operand & { kind: 'lazy' }): number;
}

/** Calls back with each cell that a cell needs first, in declaration order; repeated ones repeatedly. */
export function eachUpstream(plan: Plan, cell: number, visit: (upstream: number) => void): void {
  const end = plan.offsets[cell + 1]!;
  for (let i = plan.offsets[cell]!; i < end; i++) {
    const op = plan.ops[i]!;
    if (op >= 0) visit(op);
    else if (isSpecial(op)) {
      const operand = plan.operands[indexOf(op)]!;
      if (operand.kind === 'container' || operand.kind === 'after') for (const upstream of operand.cells) visit(upstream);
    }
  }
}
