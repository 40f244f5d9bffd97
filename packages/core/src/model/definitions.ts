import { didYouMean, FlowError, listNames } from '../errors.ts';
import type { Definition } from './definition.ts';

/**
 * Definitions by name: what documents refer to. A name belongs to one definition.
 *
 * @example
 * ```ts
 * const definitions = new DefinitionRegistry();
 * flowModel({ name: 'double', definitions, inputs: { n: z.number() } }, ({ n }) => n * 2);
 * console.log(definitions.names()); // [ 'double' ]
 * ```
 */
export class DefinitionRegistry {
  readonly #definitions = new Map<string, Definition>();

  /** Adds a definition under its name; one without a name is not kept. Throws DUPLICATE_NAME unless `replace` is given. */
  add(definition: Definition, options: { readonly replace?: boolean | undefined } = {}): void {
    const { name } = definition;
    if (name === undefined) return;
    if (this.#definitions.has(name) && this.#definitions.get(name) !== definition && options.replace !== true) {
      throw new FlowError('DUPLICATE_NAME', `A definition named '${name}' exists already. Give this one another name, pass replace: true (hot reload), or its own registry: definitions: new DefinitionRegistry().`, {
        details: { name },
      });
    }
    this.#definitions.set(name, definition);
  }

  /** Throws UNKNOWN_MODEL with the nearest names. */
  get(name: string): Definition {
    const definition = this.#definitions.get(name);
    if (definition !== undefined) return definition;
    const names = this.names();
    const known = names.length <= 10 ? ` Known are ${listNames(names)}.` : ` ${names.length} names are known.`;
    throw new FlowError('UNKNOWN_MODEL', `No definition is named '${name}'.${didYouMean(name, names)}${known} Import the module that defines it.`, { details: { name } });
  }

  has(name: string): boolean {
    return this.#definitions.has(name);
  }

  names(): string[] {
    return [...this.#definitions.keys()];
  }
}

/** The process-wide registry that definitions join by default. */
export const defaultDefinitions = new DefinitionRegistry();
