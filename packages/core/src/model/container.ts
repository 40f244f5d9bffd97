/** A `Dependency` container: plain data with models anywhere inside. */
import { issueText, pathText } from '../errors.ts';
import { asModel, containerBrand } from './brand.ts';
import { bindError, resultHint } from './bind-error.ts';
import { labelOf, showFor } from './definition.ts';
import type { Definition, InputSpec } from './definition.ts';
import { frozenCopy, isPlainObject } from './frozen.ts';
import type { Model } from './model.ts';
import { defOf, isSchema, parseSync, unwrapped, validatorOf } from './schema.ts';
import type * as core from 'zod/v4/core';

const DEEPEST = 200;

/** One object or array on the way to a model: a copy of it is made for each evaluation. */
interface Holder {
  /** The holder above and the key there; the container itself has the input's name. */
  readonly above: Holder | undefined;
  readonly key: string | number;
  /** Its number among the holders of models, given once a model is found below it. */
  id: number;
}

/** A model in a container. */
export class Leaf {
  readonly model: Model;
  readonly key: string | number;
  readonly holder: Holder;

  constructor(model: Model, key: string | number, holder: Holder) {
    this.model = model;
    this.key = key;
    this.holder = holder;
  }

  get path(): readonly (string | number)[] {
    return [...pathOf(this.holder).slice(1), this.key];
  }

  /** `counts[0]`, as it stands in paths. */
  get label(): string {
    return pathText([...pathOf(this.holder), this.key]);
  }
}

/** The keys from the input's name down to a holder. */
function pathOf(holder: Holder): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Holder | undefined = holder; at !== undefined; at = at.above) path.push(at.key);
  return path.toReversed();
}

/** A frozen copy of the container, models in place, and where they stand. */
export class Container {
  readonly data: object;
  readonly leaves: readonly Leaf[];
  /** What to copy for each evaluation; the container itself is the first. */
  readonly #sources: readonly object[];
  readonly #holders: readonly Holder[];

  constructor(data: object, leaves: readonly Leaf[], holders: readonly Holder[]) {
    this.data = data;
    this.leaves = leaves;
    this.#holders = holders;
    const sources: object[] = [];
    for (const { above, key } of holders) sources.push(above === undefined ? data : ((sources[above.id] as Record<string | number, unknown>)[key] as object));
    this.#sources = sources;
  }

  get [containerBrand](): true {
    return true;
  }

  /** Whether it is an array of nothing but models. */
  get isFlat(): boolean {
    return this.#holders.length === 1 && Array.isArray(this.data) && this.data.length === this.leaves.length;
  }

  /** The container with every model replaced by its value, `values[cells[i]]` for leaf i; frozen like the rest of it. */
  fill(values: readonly unknown[], cells: readonly number[]): unknown {
    if (this.isFlat) return Object.freeze(chosen(values, cells));
    const copies = this.#sources.map((source) => (Array.isArray(source) ? elementsOf(source as unknown[]) : { ...source }) as Record<string | number, unknown>);
    this.#holders.forEach(({ above, key, id }) => {
      if (above !== undefined) copies[above.id]![key] = copies[id];
    });
    for (let i = 0; i < cells.length; i++) copies[this.leaves[i]!.holder.id]![this.leaves[i]!.key] = values[cells[i]!];
    for (const copy of copies) Object.freeze(copy);
    return copies[0];
  }
}

function chosen(values: readonly unknown[], cells: readonly number[]): unknown[] {
  const found = new Array<unknown>(cells.length);
  for (let i = 0; i < cells.length; i++) found[i] = values[cells[i]!];
  return found;
}

/** The elements of a frozen array. V8 slices those tens of times slower than it copies them one by one. */
function elementsOf(source: readonly unknown[]): unknown[] {
  const copy = new Array<unknown>(source.length);
  for (let i = 0; i < source.length; i++) if (i in source) copy[i] = source[i];
  return copy;
}

/** A container when there is a model somewhere inside, otherwise nothing. Literal parts are checked against the schema now. Throws BIND. */
export function containerOf(definition: Definition, input: InputSpec, value: object | null): Container | undefined {
  if (!isWalked(value)) return undefined;
  const leaves: Leaf[] = [];
  const holders: Holder[] = [];
  const enter = (at: object, here: Holder, depth: number): void => {
    if (depth > DEEPEST) throw bindError(definition, input, `it is nested deeper than ${DEEPEST} levels, or holds itself. Flatten it.`);
    if (Array.isArray(at)) for (let i = 0; i < at.length; i++) look((at as unknown[])[i], i, here, depth);
    else {
      for (const key of Object.keys(at)) {
        if (key === '__proto__') throw bindError(definition, input, "a field cannot be named '__proto__'.");
        look((at as Record<string, unknown>)[key], key, here, depth);
      }
    }
  };
  const look = (item: unknown, key: string | number, here: Holder, depth: number): void => {
    const model = asModel(item);
    if (model !== undefined) leaves.push(new Leaf(model, key, numbered(here, holders)));
    else if (isWalked(item)) enter(item, { above: here, key, id: -1 }, depth + 1);
  };
  enter(value, { above: undefined, key: input.name, id: -1 }, 0);
  if (leaves.length === 0) return undefined;
  checkLiterals(definition, input, value, input.schema!.schema, []);
  return new Container(frozenCopy(value), leaves, holders);
}

const isWalked = (value: unknown): value is object => typeof value === 'object' && value !== null && (Array.isArray(value) || isPlainObject(value));

/** A holder of a model, and those above it, get numbers: from the top down. */
function numbered(holder: Holder, holders: Holder[]): Holder {
  if (holder.id >= 0) return holder;
  if (holder.above !== undefined) numbered(holder.above, holders);
  holder.id = holders.push(holder) - 1;
  return holder;
}

const holdsModel = (value: unknown): boolean =>
  asModel(value) !== undefined || (Array.isArray(value) ? value.some(holdsModel) : isPlainObject(value) && Object.values(value).some(holdsModel));

/** Parses the parts without models by the part of the schema that is theirs, as far as schema and container can be walked side by side. */
function checkLiterals(definition: Definition, input: InputSpec, value: unknown, schema: core.$ZodType, path: readonly (string | number)[]): void {
  if (asModel(value) !== undefined) return;
  if (path.length > 0 && !holdsModel(value)) {
    const validator = validatorOf(schema);
    const result = parseSync(validator, value, () => `${labelOf(definition)}, input '${input.name}'`);
    if (!result.ok) {
      const label = pathText([input.name, ...path]);
      const hint = resultHint(value);
      const got = hint === undefined ? `${showFor(validator, value)} (${issueText(result.issues)}).` : hint;
      throw bindError(definition, { ...input, name: label }, `expected ${validator.type}, got ${got}`, { issues: result.issues }, result.error);
    }
    return;
  }
  const def = defOf(unwrapped(schema));
  if (Array.isArray(value)) {
    const items = def.type === 'tuple' ? (def['items'] as core.$ZodType[]) : undefined;
    if (items !== undefined && (value.length < items.length || (value.length > items.length && !isSchema(def['rest'])))) {
      throw bindError(definition, { ...input, name: pathText([input.name, ...path]) }, `expected ${items.length} elements, got ${value.length}.`);
    }
    value.forEach((item, i) => {
      if (asModel(item) !== undefined) return;
      const element = def.type === 'array' ? def['element'] : (items?.[i] ?? def['rest']);
      if (isSchema(element)) checkLiterals(definition, input, item, element, [...path, i]);
    });
  } else if (isPlainObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      const field = def.type === 'object' ? (def['shape'] as Record<string, unknown>)[key] : def.type === 'record' ? def['valueType'] : undefined;
      if (isSchema(field)) checkLiterals(definition, input, item, field, [...path, key]);
    }
  }
}
