/** `modelFromJSON`: a document's models again. What it names is looked up, never executed. */
import { bindTransform, fromField } from '../authoring/context-transform.ts';
import { modelOf } from '../authoring/model-of.ts';
import { rewrite } from '../context/with-context.ts';
import type { GivenRewrite } from '../context/with-context.ts';
import { FlowError, show } from '../errors.ts';
import { asModel } from '../model/brand.ts';
import type { Definition } from '../model/definition.ts';
import { defaultDefinitions } from '../model/definitions.ts';
import type { DefinitionRegistry } from '../model/definitions.ts';
import type { Model } from '../model/model.ts';
import { ComputedOverride } from '../model/rewrites.ts';
import type { BoundTransform } from '../model/transform.ts';
import type { CallableModel, ModelYielding } from '../types.ts';
import { defaultCodecs } from './codecs.ts';
import { decode } from './decode.ts';
import type { DocumentModel, DocumentRewrite, DocumentWrapper, FlowDocument } from './document.ts';
import { placeOf } from './encode.ts';
import type { CodecOptions } from './encode.ts';
import { FIELD_TYPES, typeNamed } from './field-types.ts';
import type { Trail } from './fold.ts';
import type { Json } from './json.ts';
import { Meter } from './limits.ts';
import { readDocument } from './read-document.ts';
import type { Graph } from './read-document.ts';

/** What a reader looks models up in; a `ModelRegistry` is one. */
export interface ModelLookup {
  get(path: string): ModelYielding<unknown>;
}

export interface ModelFromJSONOptions extends CodecOptions {
  /** The definitions that the document names; the process-wide ones by default. */
  readonly definitions?: DefinitionRegistry;
  /** What `{ "$ref": path }` in the document resolves to. */
  readonly registry?: ModelLookup;
}

/**
 * The model that a document (or its text) describes: the same key, the same result, and one instance wherever the document has one node.
 * Definitions are found by name, so import the modules that define them first. Nodes that the root does not reach are ignored.
 *
 * Throws DESERIALIZE for unknown names and versions, documents that are malformed or too large, and bindings that their definitions refuse.
 *
 * @example
 * ```ts
 * const double = flowModel({ name: 'double.carried', inputs: { n: z.number() } }, ({ n }) => n * 2);
 * const text = JSON.stringify(double({ n: double({ n: 1 }) }));
 * console.log(String(modelFromJSON(text))); // double.carried({ n: double.carried(…) })
 * console.log(modelFromJSON(text).flow.computeSync().value); // 4
 * ```
 */
export function modelFromJSON(document: FlowDocument | string | object, options: ModelFromJSONOptions = {}): CallableModel {
  return built(readDocument(document, options.limits ?? {}), options);
}

/** Builds what was read. */
export function built(graph: Graph, options: ModelFromJSONOptions): CallableModel {
  const building = new Building(graph, options);
  for (const id of graph.order) building.build(id);
  return building.models.get(graph.root)! as unknown as CallableModel; // what a document holds is known at run time only
}

class Building {
  readonly models = new Map<string, Model>();
  readonly #graph: Graph;
  readonly #options: ModelFromJSONOptions;
  readonly #definitions: DefinitionRegistry;
  readonly #meter: Meter;
  readonly #standIns: Readonly<Record<string, (content: Json) => unknown>>;
  /** Transforms by their name and what is bound to them: equal ones are one, so that they run once. */
  readonly #transforms = new Map<string, BoundTransform>();
  #id = '';
  #place = '';
  #trail: Trail = [];

  constructor(graph: Graph, options: ModelFromJSONOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#definitions = options.definitions ?? defaultDefinitions;
    this.#meter = new Meter(options.limits ?? {}, (problem) => this.#fail(problem));
    this.#standIns = { $node: (content) => this.#node(content), $ref: (content) => this.#registered(content) };
  }

  build(id: string): void {
    this.#id = id;
    this.#place = '';
    const node = this.#graph.nodes.get(id)!;
    try {
      this.models.set(id, 'model' in node ? this.#model(node) : this.#wrapper(node));
    } catch (error) {
      if (error instanceof FlowError && error.code === 'DESERIALIZE') throw error;
      this.#trail = [];
      this.#fail(error instanceof Error ? error.message : String(error), error); // a binding that is refused; a schema or constructor that throws
    }
  }

  #model({ model: name, inputs }: DocumentModel): Model {
    const definition = this.#definitions.get(name);
    if (definition.kind === 'field' || definition.kind === 'patch') this.#fail(`${show(name)} is a context transform, not a model.`);
    return modelOf(definition, this.#bindings(inputs)) as unknown as Model; // types are phantom
  }

  #bindings(inputs: DocumentModel['inputs']): Record<string, unknown> {
    const bindings: Record<string, unknown> = {};
    for (const name of Object.keys(inputs)) {
      this.#place = name;
      if (name === '__proto__') this.#fail('no input has that name.');
      bindings[name] = this.#decoded(inputs[name]!);
    }
    this.#place = '';
    return bindings;
  }

  #wrapper({ wraps, context }: DocumentWrapper): Model {
    const model = typeof wraps === 'string' ? this.#node(wraps) : this.#registered(wraps.$ref);
    const [first] = context;
    const closed = first !== undefined && 'closed' in first ? first.closed : undefined;
    const rewrites = context.slice(closed === undefined ? 0 : 1).map((each) => this.#rewrite(each));
    this.#place = '';
    return rewrite(model, closed, rewrites);
  }

  #rewrite(given: DocumentRewrite): GivenRewrite {
    if ('closed' in given) return this.#fail("'closed' comes first.");
    if (!('field' in given)) return { patch: this.#transform(given.transform, given.inputs) };
    const { field } = given;
    this.#place = field;
    if ('transform' in given) return { field, value: this.#transform(given.transform, given.inputs) };
    if ('fromField' in given) return { field, value: this.#reader(given.fromField, given.type) };
    if ('value' in given) return { field, value: this.#decoded(given.value) };
    const model = asModel(this.#decoded(given.computed));
    return model === undefined ? this.#fail("'computed' is { \"$node\": id } or { \"$ref\": path }.") : { field, value: new ComputedOverride(model) };
  }

  #transform(name: string, inputs: DocumentModel['inputs']): BoundTransform {
    const source = JSON.stringify([name, inputs]);
    let transform = this.#transforms.get(source);
    if (transform === undefined) {
      const definition: Definition = this.#definitions.get(name);
      if (definition.kind !== 'field' && definition.kind !== 'patch') this.#fail(`${show(name)} is a model, not a context transform.`);
      transform = bindTransform(definition, this.#bindings(inputs));
      this.#transforms.set(source, transform);
    }
    return transform;
  }

  #reader(field: string, type: string): BoundTransform {
    const source = JSON.stringify({ field, type });
    const transform = this.#transforms.get(source) ?? (fromField(field, typeNamed(type) ?? this.#fail(`there is no type ${show(type)} for fromField. Types are ${FIELD_TYPES.join(', ')}.`)) as unknown as BoundTransform); // types are phantom
    this.#transforms.set(source, transform);
    return transform;
  }

  #decoded(data: Json): unknown {
    const trail: Trail = [];
    this.#trail = trail;
    return decode(data, { codecs: this.#options.codecs ?? defaultCodecs, meter: this.#meter, trail, fail: (problem, cause) => this.#fail(problem, cause), standIns: this.#standIns });
  }

  #node(content: Json): Model {
    return (typeof content === 'string' ? this.models.get(content) : undefined) ?? this.#fail(`there is no node ${show(content)}.`);
  }

  #registered(content: Json): Model {
    if (typeof content !== 'string') return this.#fail(`'$ref' is a path, got ${show(content)}.`);
    const { registry } = this.#options;
    if (registry === undefined) return this.#fail(`it refers to ${show(content)} of a registry. Pass one: modelFromJSON(document, { registry }).`);
    try {
      return asModel(registry.get(content)) ?? this.#fail(`the registry has no model at ${show(content)}.`);
    } catch (error) {
      return this.#fail((error as Error).message, error);
    }
  }

  #fail(problem: string, cause?: unknown): never {
    const place = this.#place === '' ? '' : `, '${this.#place.slice(0, 100)}'`;
    throw new FlowError('DESERIALIZE', `The document, node '${this.#id.slice(0, 100)}'${place}${placeOf(this.#trail)}: ${problem}`, { details: { node: this.#id, ...(this.#place !== '' && { input: this.#place }) }, cause });
  }
}
