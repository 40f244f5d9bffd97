/** Named instances in a tree. */
import { upstreamOf } from '../context/contract.ts';
import { didYouMean, FlowError, listNames, show } from '../errors.ts';
import { asModel } from '../model/brand.ts';
import { expectModel } from '../model/expect-model.ts';
import type { Model } from '../model/model.ts';
import type { CallableModel, ModelYielding } from '../types.ts';
import { built } from './from-json.ts';
import type { ModelFromJSONOptions } from './from-json.ts';
import { dependenciesFirst } from './order.ts';
import { documentError, readDocument } from './read-document.ts';
import type { Graph } from './read-document.ts';

/**
 * Models by path: `/visitors/delta`. A path without a leading slash starts at the folder of the registry, which is `/` unless `at` said otherwise; `./` and `../` work
 * as in file systems. A model may have several paths; every one of them, and every `{ "$ref": path }` in a document, is the same instance.
 *
 * @example
 * ```ts
 * const add = flowModel({ name: 'add.registered', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
 * const registry = new ModelRegistry();
 * registry.set('/sums/three', add({ a: 1, b: 2 }));
 * const document = { flowmodel: 1, root: 'more', nodes: { more: { model: 'add.registered', inputs: { a: { $ref: '/sums/three' }, b: 4 } } } };
 * console.log(modelFromJSON(document, { registry }).flow.computeSync().value); // 7
 * console.log(registry.list()); // [ '/sums/three' ]
 * ```
 */
export class ModelRegistry {
  /** By full path; shared by the registries of all folders. */
  #models = new Map<string, Model>();
  #folder = '/';

  /** Puts a model under a path, in place of what may be there. Throws BIND for what is no model, DEFINITION for what is no path. */
  set(path: string, model: ModelYielding<unknown>): this {
    const full = this.#full(path);
    if (full === '/') throw new FlowError('DEFINITION', "'/' is the root folder of a registry. Give the model a name: '/delta'.");
    this.#models.set(full, expectModel('ModelRegistry.set(path, ', model));
    return this;
  }

  /** Throws UNKNOWN_MODEL with the nearest paths. */
  get(path: string): CallableModel {
    const full = this.#full(path);
    const model = this.#models.get(full);
    if (model !== undefined) return model as unknown as CallableModel; // what is registered is known at run time only
    const paths = [...this.#models.keys()];
    const fromRoot = `/${path}`;
    const hint = this.#models.has(fromRoot) ? ` Did you mean '${fromRoot}'?` : didYouMean(full, paths);
    throw new FlowError('UNKNOWN_MODEL', `No model is registered at ${show(full)}.${hint}${paths.length <= 10 ? ` Registered are ${listNames(paths)}.` : ''}`, { details: { path: full } });
  }

  has(path: string): boolean {
    return this.#models.has(this.#full(path));
  }

  /** Whether there was one. Models that are bound to it keep it. */
  delete(path: string): boolean {
    return this.#models.delete(this.#full(path));
  }

  /** The full paths in a folder and below, in the order in which they were set. Without a folder, those of this registry's own. */
  list(folder = '.'): string[] {
    const full = this.#full(folder);
    const start = full === '/' ? '/' : `${full}/`;
    return [...this.#models.keys()].filter((path) => path.startsWith(start));
  }

  /** The same registry, with relative paths starting at a folder. */
  at(folder: string): ModelRegistry {
    const registry = new ModelRegistry();
    registry.#models = this.#models;
    registry.#folder = this.#full(folder);
    return registry;
  }

  /** All paths of a model. */
  pathsOf(model: ModelYielding<unknown>): string[] {
    return [...this.#models].filter(([, registered]) => registered === asModel(model)).map(([path]) => path);
  }

  /** The paths of the registered models that a model is built upon, near ones first. */
  dependenciesOf(model: ModelYielding<unknown>): string[] {
    const seen = new Set<Model>([expectModel('ModelRegistry.dependenciesOf(', model)]);
    for (const each of seen) for (const upstream of [...upstreamOf(each), ...unevaluatedIn(each)]) seen.add(upstream);
    const paths = new Map<Model, string[]>();
    for (const [path, registered] of this.#models) paths.set(registered, [...(paths.get(registered) ?? []), path]);
    return [...seen].slice(1).flatMap((each) => paths.get(each) ?? []);
  }

  /**
   * Registers a record of documents by path. They may refer to each other by `{ "$ref": path }`, in any order; relative paths start at the folder of the
   * document. Either all of them are registered, or none.
   *
   * Throws DESERIALIZE, also for references that form a cycle, which it names.
   */
  load(documents: Readonly<Record<string, object | string>>, options: Omit<ModelFromJSONOptions, 'registry'> = {}): this {
    const graphs = new Map(Object.keys(documents).map((path) => [this.#full(path), readDocument(documents[path], options.limits ?? {})]));
    const loaded = new Map<string, Model>();
    for (const path of loadingOrder(graphs)) {
      const folder = this.at(folderOf(path));
      const registry = { get: (ref: string) => (loaded.get(folder.#full(ref)) as unknown as CallableModel | undefined) ?? folder.get(ref) };
      loaded.set(path, asModel(built(graphs.get(path)!, { ...options, registry }))!); // whatever is built is one
    }
    for (const path of graphs.keys()) this.#models.set(path, loaded.get(path)!);
    return this;
  }

  #full(path: string): string {
    return fullPath(this.#folder, path);
  }
}

/** Models that bodies compute themselves. */
const unevaluatedIn = ({ definition, values }: Model): Model[] =>
  definition.inputs.filter(({ role }) => role === 'model').map(({ index }) => asModel(values[index])).filter((model) => model !== undefined);

const folderOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));

/** Throws DEFINITION. */
function fullPath(folder: string, path: string): string {
  const fail = (problem: string): never => {
    throw new FlowError('DEFINITION', `A path of a registry is like '/visitors/delta', got ${show(path)}: ${problem}`, { details: { path } });
  };
  if (typeof path !== 'string' || path === '') fail('expected a text that is not empty.');
  const names = path.startsWith('/') ? [] : folder.split('/').filter((name) => name !== '');
  for (const name of (path.startsWith('/') ? path.slice(1) : path).split('/')) {
    if (name === '' && path !== '/') fail('a name is missing.');
    else if (name === '..' && names.pop() === undefined) fail('it leads above the root.');
    else if (name !== '' && name !== '.' && name !== '..') names.push(name);
  }
  return `/${names.join('/')}`;
}

/** Each document after those that it refers to. Throws DESERIALIZE. */
function loadingOrder(graphs: ReadonlyMap<string, Graph>): string[] {
  const needsOf = (path: string): string[] => [...graphs.get(path)!.paths].map((ref) => resolved(path, ref)).filter((ref) => graphs.has(ref));
  return dependenciesFirst(graphs.keys(), needsOf, (cycle) => documentError(`documents refer to each other in a cycle: ${cycle}.`));
}

function resolved(path: string, ref: string): string {
  try {
    return fullPath(folderOf(path), ref);
  } catch (error) {
    return documentError((error as Error).message, error);
  }
}
