import type { Model } from '../model/model.ts';
import type { Plan } from './plan.ts';

/** Tells the slots that feed a branch. */
export type Key = string | number;

/** Numbers the plannings of this process, so that a model's mark tells whose it is. */
let plannings = 0;

/** Longer lists of one model's cells get an index. */
const LONG = 8;

/**
 * Which cells a model has in a plan: one for each choice of slots that feed its branch.
 *
 * They are asked for once per edge, so while a plan is made the first of a model's cells stands on the model itself (`mark`, `markedCell`) and
 * each cell tells the next. Nothing else runs meanwhile; lazy branches, which join a plan later, go by a map made from the plan.
 */
export class Places {
  /** Whether some model has several cells. */
  repeats = false;
  readonly #planning = ++plannings;
  readonly #cells: Pick<Plan, 'models' | 'volatileCells'>;
  /** A model's key in the runtime context. Cells placed there have no key, since most plans never need one. */
  readonly #rootKey: (model: Model) => Key;
  /** Per cell its key, and the next cell of its model or -1; as long as there are cells in rewritten contexts, empty otherwise. */
  readonly #keys: (Key | undefined)[] = [];
  readonly #next: number[] = [];
  readonly #indexes = new Map<Model, Map<Key, number>>();
  #isClosed = false;
  #firsts: Map<Model, number> | undefined = undefined;

  constructor(cells: Pick<Plan, 'models' | 'volatileCells'>, rootKey: (model: Model) => Key) {
    this.#cells = cells;
    this.#rootKey = rootKey;
  }

  /** The plan is made; marks are no longer its own. */
  close(): void {
    this.#isClosed = true;
  }

  /** The cell of a model where these slots feed its branch, or -1. `key`: undefined for the runtime context. */
  find(model: Model, key: Key | undefined): number {
    let cell = this.#first(model);
    if (cell < 0 || (key === undefined && this.#keys.length === 0)) return cell;
    let rootKey: Key | undefined;
    for (let passed = 0; cell >= 0; cell = this.#next[cell] ?? -1) {
      const placed = this.#keys[cell];
      if (placed === key) return cell;
      if (placed === undefined || key === undefined) {
        rootKey ??= this.#rootKey(model);
        if ((placed ?? rootKey) === (key ?? rootKey)) return cell;
      }
      if (++passed === LONG) return this.#index(model).get(key ?? this.#rootKey(model)) ?? -1;
    }
    return -1;
  }

  set(model: Model, key: Key | undefined, cell: number): void {
    const first = this.#first(model);
    if (first >= 0) this.repeats = true;
    if (first >= 0 || key !== undefined) {
      while (this.#keys.length <= cell) {
        this.#keys.push(undefined);
        this.#next.push(-1);
      }
      this.#keys[cell] = key;
      this.#next[cell] = first;
      if (this.#indexes.size > 0) this.#indexes.get(model)?.set(key ?? this.#rootKey(model), cell);
    }
    if (this.#isClosed) {
      this.#map().set(model, cell);
    } else {
      model.mark = this.#planning;
      model.markedCell = cell;
    }
  }

  /** The cell of a model that was placed last, or -1. */
  #first(model: Model): number {
    if (!this.#isClosed) return model.mark === this.#planning ? model.markedCell : -1;
    return this.#map().get(model) ?? -1;
  }

  #map(): Map<Model, number> {
    if (this.#firsts === undefined) {
      const { models, volatileCells } = this.#cells;
      this.#firsts = new Map();
      for (let cell = 0; cell < models.length; cell++) if (!volatileCells.has(cell)) this.#firsts.set(models[cell]!, cell);
    }
    return this.#firsts;
  }

  #index(model: Model): Map<Key, number> {
    let index = this.#indexes.get(model);
    if (index === undefined) {
      index = new Map();
      for (let cell = this.#first(model); cell >= 0; cell = this.#next[cell] ?? -1) index.set(this.#keys[cell] ?? this.#rootKey(model), cell);
      this.#indexes.set(model, index);
    }
    return index;
  }
}
