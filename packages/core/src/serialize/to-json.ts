/** `model.toJSON()`: a graph as a document. No recursion: models are numbered as they are met, and written one after the other. */
import { FlowError, joinPath, pathText } from '../errors.ts';
import { asContainer, asModel, UNSET } from '../model/brand.ts';
import { labelOf } from '../model/definition.ts';
import type { Definition } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import type { Rewrite } from '../model/rewrites.ts';
import { readers } from '../model/transform.ts';
import type { BoundTransform } from '../model/transform.ts';
import { defaultCodecs } from './codecs.ts';
import type { CodecRegistry } from './codecs.ts';
import type { DocumentNode, DocumentRewrite, FlowDocument } from './document.ts';
import { encode, placeOf, tooMuch } from './encode.ts';
import type { CodecOptions } from './encode.ts';
import { FIELD_TYPES, nameOfType } from './field-types.ts';
import { pathOf } from './fold.ts';
import type { Trail } from './fold.ts';
import type { Json } from './json.ts';
import { Meter } from './limits.ts';

/** `options` is the key that `JSON.stringify` passes, or options. Throws SERIALIZE. */
export function toJSON(model: Model, options: unknown): FlowDocument {
  const { codecs = defaultCodecs, limits = {} } = (typeof options === 'object' && options !== null ? options : {}) as CodecOptions;
  return new Writing(codecs, limits).document(model);
}

/** A model that was met: its id, and which model it was met in, for messages. */
interface Met {
  readonly id: string;
  readonly consumer: Model | undefined;
  readonly place: string;
}

class Writing {
  /** In the order in which they were met, which is the order of the document; grows while it is gone through. */
  readonly #met = new Map<Model, Met>();
  /** Per wanted id, how often it was given. */
  readonly #ids = new Map<string, number>();
  readonly #codecs: CodecRegistry;
  readonly #meter: Meter;
  /** What is being written. */
  #model!: Model;
  #place = '';
  #trail: Trail = [];

  constructor(codecs: CodecRegistry, limits: object) {
    this.#codecs = codecs;
    this.#meter = new Meter(limits, (problem) => this.#fail(tooMuch(this.#trail, problem)));
  }

  document(model: Model): FlowDocument {
    this.#model = model;
    const root = this.#idOf(model);
    const nodes: Record<string, DocumentNode> = {};
    for (const [met, { id }] of this.#met) {
      this.#model = met;
      this.#place = '';
      nodes[id] = met.rewrites === undefined ? { model: this.#nameOf(met.definition, 'model'), inputs: this.#inputs(met) } : { wraps: this.#idOf(met.base), context: this.#context(met) };
    }
    return { flowmodel: 1, root, nodes };
  }

  #idOf(model: Model): string {
    const known = this.#met.get(model);
    if (known !== undefined) return known.id;
    const { name = '' } = model.definition;
    const wanted = model.rewrites === undefined ? name : `${name}.withContext`;
    const id = this.#free(wanted === '__proto__' ? '-' : wanted);
    this.#met.set(model, { id, consumer: this.#met.size === 0 ? undefined : this.#model, place: this.#place });
    return id;
  }

  /** The name itself, then with numbers. */
  #free(wanted: string): string {
    for (;;) {
      const count = (this.#ids.get(wanted) ?? 0) + 1;
      this.#ids.set(wanted, count);
      const id = count === 1 ? wanted : `${wanted}-${count}`;
      if (count === 1) return id;
      if (!this.#ids.has(id)) {
        this.#ids.set(id, 1);
        return id;
      }
    }
  }

  #nameOf({ name, inputs }: Definition, what: 'model' | 'transform'): string {
    if (name !== undefined) return name;
    const shape = inputs.length === 0 ? '{}' : `{ ${inputs.map((input) => input.name).join(', ')} }`;
    return this.#fail(`a ${what} without a name (its inputs are ${shape}) cannot be found again. Give it one: ${what === 'model' ? 'flowModel' : 'contextTransform'}({ name: '…', … }).`);
  }

  #inputs({ definition, given }: Model | BoundTransform): Record<string, Json> {
    const inputs: Record<string, Json> = {};
    for (const { name, index, schema } of definition.inputs) {
      const value = given[index];
      if (value === UNSET) continue;
      this.#place = name;
      const data = asContainer(value)?.data ?? value;
      if (schema?.secret === true && !holdsOnlyModels(data)) this.#fail('a secret does not go into documents. Take it from the context: FromContext(schema), given to compute; or from a Resource.');
      inputs[name] = this.#encoded(data);
    }
    return inputs;
  }

  #context({ rewrites }: Model): DocumentRewrite[] {
    const { list, kept } = rewrites!;
    const context = list.map((rewrite) => this.#rewrite(rewrite));
    return kept === undefined ? context : [{ closed: [...kept] }, ...context];
  }

  #rewrite(rewrite: Rewrite): DocumentRewrite {
    this.#place = rewrite.kind === 'patch' ? labelOf(rewrite.transform.definition) : rewrite.field;
    switch (rewrite.kind) {
      case 'patch':
        return this.#transform(rewrite.transform);
      case 'field':
        return { field: rewrite.field, ...(readers.has(rewrite.transform.definition) ? this.#reader(rewrite.transform.definition) : this.#transform(rewrite.transform)) };
      case 'computed':
        return { field: rewrite.field, computed: { $node: this.#idOf(rewrite.model) } };
      case 'literal':
        if (rewrite.isSecret) this.#fail('a secret does not go into documents. Leave it to the runtime context.');
        return { field: rewrite.field, value: this.#encoded(rewrite.value) };
    }
  }

  #transform(transform: BoundTransform): { transform: string; inputs: Record<string, Json> } {
    const name = this.#nameOf(transform.definition, 'transform');
    return { transform: name, inputs: this.#inputs(transform) };
  }

  #reader({ inputs: [input] }: Definition): { fromField: string; type: string } {
    const { name, schema } = input!;
    const type = nameOfType(schema!) ?? this.#fail(`the schema of fromField('${name}', …) says more than a type, and schemas do not travel. Plain ${FIELD_TYPES.join(', ')} do; else define a contextTransform with a name.`);
    return { fromField: name, type };
  }

  #encoded(value: unknown): Json {
    const trail: Trail = [];
    this.#trail = trail;
    return encode(value, {
      codecs: this.#codecs,
      meter: this.#meter,
      trail,
      fail: (problem, cause) => this.#fail(problem, cause),
      standFor: (model) => ({ $node: this.#idOf(model as Model) }),
    });
  }

  #fail(problem: string, cause?: unknown): never {
    const path = this.#path();
    const place = this.#place === '' ? '' : `, '${this.#place}'`;
    throw new FlowError('SERIALIZE', `${labelOf(this.#model.definition)}${place}${placeOf(this.#trail)}: ${problem} (${joinPath(path).slice(0, 500)})`, {
      path,
      details: { model: this.#model.definition.name, input: this.#place === '' ? undefined : this.#place, at: pathText(pathOf(this.#trail)) },
      cause,
    });
  }

  /** From the root down to what is being written: names of inputs, with the root's and the model's own names around them. */
  #path(): string[] {
    const places = this.#place === '' ? [] : [this.#place];
    let top = this.#model;
    for (let met = this.#met.get(top); met?.consumer !== undefined; met = this.#met.get(top)) {
      if (met.place !== '') places.push(met.place); // a wrapper and its base are one place
      top = met.consumer;
    }
    return [labelOf(top.definition), ...places.toReversed()];
  }
}

/** Whether nothing but models and the containers around them stands here. */
function holdsOnlyModels(data: unknown): boolean {
  const pending = [data];
  for (const item of pending) {
    if (asModel(item) !== undefined) continue;
    if (typeof item !== 'object' || item === null || asContainer(item) !== undefined) return false;
    const prototype = Object.getPrototypeOf(item) as object | null;
    if (!Array.isArray(item) && prototype !== null && prototype !== Object.prototype) return false;
    const inner = Object.values(item) as unknown[];
    if (inner.length === 0) return false;
    for (const part of inner) pending.push(part);
  }
  return true;
}
