import { inspectHook, transformBrand, UNSET } from './brand.ts';
import { labelOf, showFor } from './definition.ts';
import type { Definition } from './definition.ts';

/** The definitions of `fromField`: documents hold them by field and type, since they have no name. */
export const readers = new WeakSet<Definition>();

/** A transform with its regular inputs bound. Plain data, like a model. */
export class BoundTransform {
  readonly definition: Definition;
  /** Per declared input: the parsed literal or default, or UNSET for contextual ones. */
  readonly values: readonly unknown[];
  /** The literals as given; the same array where parsing changed nothing. */
  readonly given: readonly unknown[];

  constructor(definition: Definition, values: readonly unknown[], given: readonly unknown[]) {
    this.definition = definition;
    this.values = values;
    this.given = given;
  }

  get [transformBrand](): true {
    return true;
  }

  /** `previousWindow({ days: 30 })`, `fromField('day')` */
  toString(): string {
    if (readers.has(this.definition)) return this.definition.description!;
    const args = this.definition.inputs.filter((input) => this.given[input.index] !== UNSET).map((input) => `${input.name}: ${showFor(input.schema, this.given[input.index])}`);
    return `${labelOf(this.definition)}(${args.length === 0 ? '' : `{ ${args.join(', ')} }`})`;
  }

  [inspectHook](): string {
    return this.toString();
  }
}
