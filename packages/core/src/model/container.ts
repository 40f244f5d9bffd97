/** A `Dependency` container: plain data with models anywhere inside. */
import { issueText, pathText } from '../errors.ts';
import { asModel, containerBrand } from './brand.ts';
import { bindError } from './bind-error.ts';
import { labelOf, showFor } from './definition.ts';
import type { Definition, InputSpec } from './definition.ts';
import { frozenCopy, isPlainObject } from './frozen.ts';
import type { Model } from './model.ts';
import { defOf, isSchema, parseSync, unwrapped, validatorOf } from './schema.ts';
import type * as core from 'zod/v4/core';

const DEEPEST = 200;

export interface Leaf {
  readonly path: readonly (string | number)[];
  /** `counts[0]`, as it stands in paths. */
  readonly label: string;
  readonly model: Model;
}

/** One object or array on the way to a model: a copy of it is made for each evaluation. */
interface Holder {
  readonly source: object;
  /** The holder above and the key there; the container itself has none. */
  readonly parent: number;
  readonly key: string | number;
}

/** A frozen copy of the container, models in place, and where they stand. */
export class Container {
  readonly data: object;
  readonly leaves: readonly Leaf[];
  readonly #holders: Holder[] = [];
  /** Per leaf, the holder that it stands in and its key there. */
  readonly #homes: readonly number[];
  readonly #keys: readonly (string | number)[];

  constructor(data: object, leaves: readonly Leaf[]) {
    this.data = data;
    this.leaves = leaves;
    const ids = new Map<string, number>();
    this.#homes = leaves.map(({ path }) => this.#home(path.slice(0, -1), ids));
    this.#keys = leaves.map(({ path }) => path.at(-1)!);
  }

  #home(path: readonly (string | number)[], ids: Map<string, number>): number {
    const name = JSON.stringify(path);
    let id = ids.get(name);
    if (id === undefined) {
      const parent = path.length === 0 ? -1 : this.#home(path.slice(0, -1), ids);
      const key = path.at(-1) ?? '';
      const source = parent < 0 ? this.data : ((this.#holders[parent]!.source as Record<string | number, unknown>)[key] as object);
      id = this.#holders.push({ source, parent, key }) - 1;
      ids.set(name, id);
    }
    return id;
  }

  get [containerBrand](): true {
    return true;
  }

  /** The container with every model replaced by its value, `values[cells[i]]` for leaf i; frozen like the rest of it. */
  fill(values: readonly unknown[], cells: readonly number[]): unknown {
    const copies = this.#holders.map(({ source }) => (Array.isArray(source) ? source.slice() : { ...source }) as Record<string | number, unknown>);
    this.#holders.forEach(({ parent, key }, i) => {
      if (parent >= 0) copies[parent]![key] = copies[i];
    });
    for (let i = 0; i < cells.length; i++) copies[this.#homes[i]!]![this.#keys[i]!] = values[cells[i]!];
    for (const copy of copies) Object.freeze(copy);
    return copies[0];
  }
}

/** A container when there is a model somewhere inside, otherwise nothing. Literal parts are checked against the schema now. Throws BIND. */
export function containerOf(definition: Definition, input: InputSpec, value: object | null): Container | undefined {
  const leaves: Leaf[] = [];
  const visit: { readonly at: unknown; readonly path: readonly (string | number)[] }[] = [{ at: value, path: [] }];
  while (visit.length > 0) {
    const { at, path } = visit.pop()!;
    const model = asModel(at);
    if (model !== undefined) {
      leaves.push({ path, label: leafLabel(input.name, path), model });
    } else if (Array.isArray(at) || isPlainObject(at)) {
      if (path.length > DEEPEST) throw bindError(definition, input, `it is nested deeper than ${DEEPEST} levels, or holds itself. Flatten it.`);
      const entries: (readonly [string | number, unknown])[] = Array.isArray(at) ? at.map((item, i) => [i, item] as const) : Object.entries(at);
      if (entries.some(([key]) => key === '__proto__')) throw bindError(definition, input, "a field cannot be named '__proto__'.");
      for (let i = entries.length - 1; i >= 0; i--) visit.push({ at: entries[i]![1], path: [...path, entries[i]![0]] });
    }
  }
  if (leaves.length === 0) return undefined;
  checkLiterals(definition, input, value, input.schema!.schema, []);
  return new Container(frozenCopy(value as object), leaves);
}

const leafLabel = (name: string, path: readonly (string | number)[]): string => pathText([name, ...path]);

const holdsModel = (value: unknown): boolean =>
  asModel(value) !== undefined || (Array.isArray(value) ? value.some(holdsModel) : isPlainObject(value) && Object.values(value).some(holdsModel));

/** Parses the parts without models by the part of the schema that is theirs, as far as schema and container can be walked side by side. */
function checkLiterals(definition: Definition, input: InputSpec, value: unknown, schema: core.$ZodType, path: readonly (string | number)[]): void {
  if (asModel(value) !== undefined) return;
  if (path.length > 0 && !holdsModel(value)) {
    const validator = validatorOf(schema);
    const result = parseSync(validator, value, () => `${labelOf(definition)}, input '${input.name}'`);
    if (!result.ok) {
      const label = leafLabel(input.name, path);
      throw bindError(definition, { ...input, name: label }, `expected ${validator.type}, got ${showFor(validator, value)} (${issueText(result.issues)}).`, { issues: result.issues }, result.error);
    }
    return;
  }
  const def = defOf(unwrapped(schema));
  if (Array.isArray(value)) {
    const items = def.type === 'tuple' ? (def['items'] as core.$ZodType[]) : undefined;
    if (items !== undefined && (value.length < items.length || (value.length > items.length && !isSchema(def['rest'])))) {
      throw bindError(definition, { ...input, name: leafLabel(input.name, path) }, `expected ${items.length} elements, got ${value.length}.`);
    }
    value.forEach((item, i) => {
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
