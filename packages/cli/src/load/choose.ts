/** Which export of a module is meant, and what model it is. */
import { didYouMean, listNames } from '@flowmodel/core/extending';
import type { CallableModel } from '@flowmodel/core';
import { UsageError } from '../usage-error.ts';
import type { Core } from './core.ts';
import type { Exports } from './module.ts';

type Callable = (...args: unknown[]) => unknown;

/** What an export is to the command; undefined for anything else. */
type Kind = 'model' | 'factory' | 'class' | 'registry' | undefined;

/** What a factory carries. */
interface Definition {
  readonly kind: 'function' | 'class' | 'field' | 'patch';
}

export class Chooser {
  readonly #core: Core;
  /** For messages: the file as it was written. */
  readonly #file: string;

  constructor(core: Core, file: string) {
    this.#core = core;
    this.#file = file;
  }

  /** Throws a UsageError, with the nearest names, for a fragment that leads to no model. */
  async model(exports: Exports, fragment: string | undefined): Promise<CallableModel> {
    if (fragment === undefined) return this.#only(exports);
    const slash = fragment.indexOf('/');
    if (slash === 0) return this.#registered(this.#onlyRegistry(exports), fragment);
    if (slash > 0) return this.#registered(await this.#named(exports, fragment.slice(0, slash)), fragment.slice(slash));
    return this.#asModel(await this.#named(exports, fragment), fragment);
  }

  /** Every registry that a module exports. */
  registriesIn(exports: Exports): InstanceType<Core['ModelRegistry']>[] {
    return Object.values(exports).filter((value) => value instanceof this.#core.ModelRegistry);
  }

  /* ---------- without a name ---------- */

  async #only(exports: Exports): Promise<CallableModel> {
    const { default: byDefault } = exports;
    if (this.#kindOf(byDefault) !== undefined || typeof byDefault === 'function') return this.#asModel(byDefault, 'default');
    for (const kind of ['model', 'factory', 'class'] as const) {
      const names = Object.keys(exports).filter((name) => this.#kindOf(exports[name]) === kind);
      if (names.length === 1) return this.#asModel(exports[names[0]!], names[0]!);
      if (names.length > 1) throw new UsageError(`${this.#file} exports several ${kind === 'model' ? 'models' : 'definitions'}: ${listNames(names)}. Say which: ${this.#file}#${names[0]}.`);
    }
    const [registry] = this.registriesIn(exports);
    if (registry !== undefined) throw new UsageError(`${this.#file} exports a registry, with ${listNames(registry.list())}. Say which: ${this.#file}#${registry.list()[0] ?? '/name'}.`);
    throw new UsageError(`${this.#file} exports no model${this.#namesText(exports)}. Export one: export const delta = visitorDelta({ … }).`);
  }

  #onlyRegistry(exports: Exports): unknown {
    const registries = this.registriesIn(exports);
    if (exports['default'] instanceof this.#core.ModelRegistry) return exports['default'];
    if (registries.length === 1) return registries[0];
    throw new UsageError(`${this.#file} exports ${registries.length === 0 ? 'no ModelRegistry' : 'several registries: put the name of one before the path'}. A path needs one: export const registry = new ModelRegistry().`);
  }

  /* ---------- by name ---------- */

  /** `delta`; `models.delta` in a plain object; `Visitors.count` of a class with decorated methods. */
  async #named(exports: Exports, name: string): Promise<unknown> {
    let scope = exports;
    let value: unknown = exports;
    const parts = name.split('.');
    for (const [i, part] of parts.entries()) {
      if (!Object.hasOwn(scope, part)) {
        const where = i === 0 ? this.#file : `${this.#file}#${parts.slice(0, i).join('.')}`;
        throw new UsageError(`${where} has no ${i === 0 ? 'export ' : ''}'${part}'.${didYouMean(part, Object.keys(scope))}${i === 0 ? ` It exports ${this.#usable(scope)}.` : ''}`);
      }
      value = scope[part];
      scope = this.#scopeIn(value);
    }
    return value;
  }

  #scopeIn(value: unknown): Exports {
    if (typeof value === 'function') {
      try {
        return this.#core.modelsOf(value) as Exports;
      } catch {
        return {}; // no class, or nothing in it is decorated
      }
    }
    return typeof value === 'object' && value !== null && !this.#core.isModel(value) ? (value as Exports) : {};
  }

  #registered(registry: unknown, path: string): CallableModel {
    if (!(registry instanceof this.#core.ModelRegistry)) throw new UsageError(`Before the path '${path}' stands no ModelRegistry.`);
    try {
      return registry.get(path);
    } catch (error) {
      if (error instanceof this.#core.FlowError) throw new UsageError(error.message, { cause: error });
      throw error;
    }
  }

  /* ---------- what it is ---------- */

  #kindOf(value: unknown): Kind {
    if (this.#core.isModel(value)) return 'model';
    if (value instanceof this.#core.ModelRegistry) return 'registry';
    if (typeof value !== 'function') return undefined;
    if (this.#core.isModel((value as { readonly prototype?: unknown }).prototype)) return 'class';
    return definitionOf(value) !== undefined && !isTransform(value) ? 'factory' : undefined;
  }

  async #asModel(value: unknown, name: string): Promise<CallableModel> {
    switch (this.#kindOf(value)) {
      case 'model':
        return value as CallableModel;
      case 'factory':
        return this.#complete((value as Callable)() as CallableModel, name);
      case 'class':
        return this.#complete(new (value as new () => CallableModel)(), name);
      case 'registry': {
        const paths = (value as InstanceType<Core['ModelRegistry']>).list();
        throw new UsageError(`'${name}' of ${this.#file} is a registry, with ${listNames(paths)}. Say which: ${this.#file}#${name === 'default' ? '' : name}${paths[0] ?? '/name'}.`);
      }
      default:
        return this.#made(value, name);
    }
  }

  /** A plain function that makes a model, asynchronous or not. */
  async #made(value: unknown, name: string): Promise<CallableModel> {
    if (typeof value === 'function' && value.length === 0 && !isTransform(value) && !/^class\b/.test(Function.prototype.toString.call(value))) {
      const made: unknown = await (value as Callable)();
      if (this.#core.isModel(made)) return made;
      throw new UsageError(`'${name}' of ${this.#file} is a function that does not return a model.`);
    }
    const what = isTransform(value) ? 'a context transform, and no model' : typeof value === 'function' && value.length > 0 ? `a function of ${value.length} arguments, and the command calls only what needs none` : 'no model';
    throw new UsageError(`'${name}' of ${this.#file} is ${what}. Export a model: export const delta = visitorDelta({ … }).`);
  }

  /** A model of a factory that was called without bindings. */
  #complete(model: CallableModel, name: string): CallableModel {
    const { unboundInputs } = model.flow.inspect(undefined, { dependencies: 'none' });
    const needs = Object.entries(unboundInputs).map(([input, { type }]) => `${input}: ${type}`);
    if (needs.length === 0) return model;
    throw new UsageError(`'${name}' of ${this.#file} makes models, and needs ${needs.join(', ')} for that. Export a model: export const my${name[0]!.toUpperCase()}${name.slice(1)} = ${name}({ ${Object.keys(unboundInputs).map((input) => `${input}: …`).join(', ')} }).`);
  }

  #usable(exports: Exports): string {
    const names = Object.keys(exports).filter((name) => this.#kindOf(exports[name]) !== undefined);
    return names.length > 0 ? listNames(names) : listNames(Object.keys(exports)) || 'nothing';
  }

  #namesText(exports: Exports): string {
    const names = Object.keys(exports);
    return names.length === 0 ? '' : `; it exports ${listNames(names)}`;
  }
}

/** Of factories, and of transforms that are bound. */
const definitionOf = (value: unknown): Definition | undefined => ((typeof value === 'function' || typeof value === 'object') && value !== null && Object.hasOwn(value, 'definition') ? (value as { readonly definition?: Definition }).definition : undefined);

const isTransform = (value: unknown): boolean => ['field', 'patch'].includes(definitionOf(value)?.kind ?? '');
