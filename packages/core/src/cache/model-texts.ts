/**
 * What a model is by itself, as a text in which models of equal content are the same: name and code, literals, and the structure of the models that its body
 * evaluates itself. What comes from elsewhere, upstream values and the context, stands only by its place.
 */
import { FlowError } from '../errors.ts';
import { asContainer, asModel, UNSET } from '../model/brand.ts';
import type { Container } from '../model/container.ts';
import { labelOf } from '../model/definition.ts';
import type { Definition, InputSpec } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import type { ComputeOptions } from '../run/options.ts';
import { changeableAmong, isFixed } from './changeable.ts';
import { codeVersionOf } from './code-version.ts';
import { inOrder } from './container-order.ts';
import { defaultHasher } from './default-hasher.ts';
import type { Hasher } from './hasher.ts';
import { structureText } from './structure.ts';
import { Treated } from './treated.ts';
import { valueKey } from './value-key.ts';

/** The texts of one run. Throw UNHASHABLE. */
export class ModelTexts {
  readonly hasher: Hasher;
  readonly treated: Treated;
  readonly #codeVersion: ComputeOptions['codeVersion'];
  readonly #own: WeakMap<Model, string>;
  /** Of models that hold what may change, or what this run's overrides reach: for this run only. */
  readonly #ownNow = new WeakMap<Model, string>();
  /** Of models that stand unevaluated in others: for this run only. */
  readonly structures = new WeakMap<Model, string>();

  constructor(options: ComputeOptions) {
    this.hasher = options.hasher ?? defaultHasher;
    this.treated = new Treated(options);
    this.#codeVersion = options.codeVersion;
    this.#own = ownTexts(this.hasher, options.codeVersion);
  }

  /** The same text for models of the same content. */
  ofModel(model: Model): string {
    const isOfRun = this.treated.hasOverrides && asksModels(model); // the overrides are told in it
    let text = this.#ownNow.get(model) ?? (isOfRun ? undefined : this.#own.get(model));
    if (text !== undefined) return text;
    text = this.#makeOwn(model);
    (isOfRun || !hasFixedText(model) ? this.#ownNow : this.#own).set(model, text);
    return text;
  }

  ofDefinition(definition: Definition): string {
    return `${JSON.stringify(definition.name ?? '')}@${codeVersionOf(definition, this.#codeVersion, this.hasher)}`;
  }

  ofTransform(definition: Definition, values: readonly unknown[]): string {
    const literals = values.map((value, i) => (value === UNSET ? '-' : this.ofValue(value, definition.inputs[i]!.schema?.secret === true, () => inputName(definition, definition.inputs[i]!))));
    return `${this.ofDefinition(definition)}(${literals.join()})`;
  }

  /** A value as it stands in a source, which stores may keep: secrets by their hash only. */
  ofValue(value: unknown, isSecret: boolean, at: () => string): string {
    if (!isSecret) return valueKey(value, this.hasher, at);
    try {
      return `$${this.hasher.text(valueKey(value, this.hasher, at))}`;
    } catch (error) {
      // The path within a secret is part of it.
      throw error instanceof FlowError && error.code === 'UNHASHABLE' ? new FlowError('UNHASHABLE', `${at()}: the secret cannot be hashed. Take one that is plain data, or define the model with cacheable: false.`) : error;
    }
  }

  #makeOwn(model: Model): string {
    const { definition, values } = model;
    let text = this.ofDefinition(definition);
    for (const input of definition.inputs) {
      if (input.role === 'context' || input.role === 'resource') continue;
      const value = values[input.index];
      const container = asContainer(value);
      const bound = container === undefined ? asModel(value) : undefined;
      const at = (): string => inputName(definition, input);
      const isSecret = input.schema?.secret === true;
      text += `|${JSON.stringify(input.name)}=`;
      if (value === UNSET) text += '-';
      else if (container !== undefined) text += this.#containerText(container, isSecret, at);
      else if (input.role === 'lazy') text += '?';
      else if (bound === undefined) text += this.ofValue(value, isSecret, at);
      else text += input.role === 'model' ? structureText(bound, this) : '^';
    }
    return text;
  }

  #containerText(container: Container, isSecret: boolean, at: () => string): string {
    const blanks = container.leaves.map(() => null);
    const data = container.fill(blanks, blanks.map((_, i) => i));
    return `${this.ofValue(data, isSecret, at)}[${inOrder(container).map((i) => JSON.stringify(container.leaves[i]!.path)).join()}]`;
  }
}

const inputName = (definition: Definition, { name }: InputSpec): string => `${labelOf(definition)}, input '${name}'`;

const asksModels = ({ definition }: Model): boolean => definition.inputs.some(({ role }) => role === 'model');

/** Whether all that stands in a model's own text is a copy of ours: its literals, and the graphs that its body evaluates itself. */
const hasFixedText = ({ definition, values }: Model): boolean =>
  changeableAmong(values).length === 0 && definition.inputs.every(({ role, index }) => role !== 'model' || values[index] === UNSET || isFixed(values[index] as Model));

const memos = new WeakMap<Hasher, Map<string, WeakMap<Model, string>>>();

/** Literals are frozen and code does not change: each model's own text is made once for each way of making it. */
function ownTexts(hasher: Hasher, mode = 'source'): WeakMap<Model, string> {
  let byMode = memos.get(hasher);
  if (byMode === undefined) memos.set(hasher, (byMode = new Map()));
  let texts = byMode.get(mode);
  if (texts === undefined) byMode.set(mode, (texts = new WeakMap()));
  return texts;
}
