import type { Model } from '../model/model.ts';
import type { Plan } from './plan.ts';
import type { Frame } from './slots.ts';

/** Tells the slots that feed a branch. */
export type Key = string | number;

/** The cells placed so far. */
type Cells = Pick<Plan, 'models' | 'frames' | 'volatileCells' | 'treatments'>;

/** Numbers the plannings of this process, so that a model's mark tells whose it is. */
let plannings = 0;

/**
 * Which cells a model has in a plan: at most one in the runtime context, and others by the slots that feed its branch there.
 *
 * The first is asked for once per edge, so while a plan is made it stands on the model itself (`mark`, `markedCell`). Nothing else runs
 * meanwhile; lazy branches, which join a plan later, go by a map made from the plan.
 */
export class Places {
  /** Whether some model has several cells. */
  repeats = false;
  readonly #planning = ++plannings;
  readonly #cells: Cells;
  readonly #root: Frame;
  #isClosed = false;
  #plain: Map<Model, number> | undefined = undefined;
  readonly #framed = new Map<Model, Map<Key, number>>();

  constructor(cells: Cells, root: Frame) {
    this.#cells = cells;
    this.#root = root;
  }

  /** The plan is made; marks are no longer its own. */
  close(): void {
    this.#isClosed = true;
  }

  /** The cell of a model in the runtime context, or -1. `key` tells the slots that feed its branch there. */
  plain(model: Model, key: () => Key): number {
    const cell = this.#plainCell(model);
    if (cell >= 0) return cell;
    return this.#framed.size === 0 ? -1 : (this.#framed.get(model)?.get(key()) ?? -1);
  }

  /** The cell of a model where these slots feed its branch, or -1. */
  framed(model: Model, key: Key, plainKey: () => Key): number {
    const cell = this.#framed.get(model)?.get(key);
    if (cell !== undefined) return cell;
    const plain = this.#plainCell(model);
    return plain >= 0 && plainKey() === key ? plain : -1;
  }

  set(model: Model, key: Key | undefined, cell: number): void {
    const others = this.#framed.size === 0 ? undefined : this.#framed.get(model);
    if (key === undefined) {
      if (others !== undefined) this.repeats = true;
      this.#setPlain(model, cell);
      return;
    }
    if (others !== undefined || this.#plainCell(model) >= 0) this.repeats = true;
    if (others === undefined) this.#framed.set(model, new Map([[key, cell]]));
    else others.set(key, cell);
  }

  #plainCell(model: Model): number {
    if (!this.#isClosed) return model.mark === this.#planning ? model.markedCell : -1;
    return this.#map().get(model) ?? -1;
  }

  #setPlain(model: Model, cell: number): void {
    if (this.#isClosed) {
      this.#map().set(model, cell);
      return;
    }
    model.mark = this.#planning;
    model.markedCell = cell;
  }

  #map(): Map<Model, number> {
    if (this.#plain === undefined) {
      this.#plain = new Map();
      const { models, frames, volatileCells, treatments } = this.#cells;
      for (let cell = 0; cell < models.length; cell++) if (frames[cell] === this.#root && !volatileCells.has(cell) && !treatments.has(cell)) this.#plain.set(models[cell]!, cell);
    }
    return this.#plain;
  }
}
