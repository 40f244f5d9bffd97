import { didYouMean, FlowError, listNames, show } from '../errors.ts';
import { asModel } from '../model/brand.ts';
import type { Definition } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import type { FlowRun } from './flow-run.ts';

/** Changes how chosen models are evaluated; `body` replaces theirs, which is how a test stubs a model. */
export interface Override {
  /** These models, by identity; a wrapper stands for itself. */
  readonly models?: readonly object[];
  /** Every model of these factories (or classes). */
  readonly factories?: readonly ((...args: never[]) => unknown)[] | readonly (abstract new (...args: never[]) => unknown)[];
  /** Called in place of the model's body, with the inputs that it would have received. */
  // oxlint-disable-next-line no-explicit-any -- one override may serve factories of many shapes
  readonly body?: (inputs: any, run: FlowRun) => unknown;
  readonly validateResult?: boolean;
}

/** Options of one `compute` call; they apply to the whole run and are merged over `configureFlow`'s. */
export interface ComputeOptions {
  /** Aborts the run: no further body starts, `run.signal` fires, compute rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** How many bodies may run at once; a body that waits for a nested evaluation gives its place back. No limit by default. */
  readonly concurrency?: number | undefined;
  /** What `Resource` inputs receive, by input name. */
  readonly resources?: Readonly<Record<string, unknown>> | undefined;
  /** False: results are not parsed by `output` schemas. */
  readonly validateResult?: boolean | undefined;
  readonly overrides?: readonly Override[] | undefined;
}

const KNOWN = ['signal', 'concurrency', 'resources', 'validateResult', 'overrides'] as const;

let defaults: ComputeOptions = {};

/**
 * Sets defaults for every later run in this process; they are merged over earlier ones, and a field given as `undefined` is reset.
 * Throws DEFINITION for options that do not exist or make no sense.
 *
 * @example
 * ```ts
 * configureFlow({ concurrency: 8 });
 * configureFlow({ concurrency: undefined }); // no limit again
 * ```
 */
export function configureFlow(options: ComputeOptions): void {
  checkOptions(options);
  defaults = merged(defaults, options);
}

/** A call's options over the defaults. Throws DEFINITION. */
export function resolveOptions(given: unknown): ComputeOptions {
  if (given === undefined) return defaults;
  checkOptions(given);
  return merged(defaults, given);
}

function merged(base: ComputeOptions, over: ComputeOptions): ComputeOptions {
  return {
    ...base,
    ...over,
    ...(over.resources && { resources: { ...base.resources, ...over.resources } }),
    ...(over.overrides && { overrides: [...(base.overrides ?? []), ...over.overrides] }),
  };
}

function checkOptions(options: unknown): asserts options is ComputeOptions {
  if (typeof options !== 'object' || options === null) throw problem(`expected an object, got ${show(options)}`);
  for (const name of Object.keys(options)) {
    if (!(KNOWN as readonly string[]).includes(name)) throw problem(`there is no option '${name}'.${didYouMean(name, KNOWN)} Options are ${listNames(KNOWN)}`);
  }
  const { concurrency, signal, resources, overrides } = options as ComputeOptions;
  if (concurrency !== undefined && !(typeof concurrency === 'number' && (Number.isInteger(concurrency) || concurrency === Infinity) && concurrency >= 1)) {
    throw problem(`'concurrency' is a whole number from 1 up, got ${show(concurrency)}`);
  }
  if (signal !== undefined && typeof (signal as { addEventListener?: unknown } | null)?.addEventListener !== 'function') throw problem(`'signal' is an AbortSignal, got ${show(signal)}`);
  if (resources !== undefined && (typeof resources !== 'object' || resources === null)) throw problem(`'resources' is a record by input name, got ${show(resources)}`);
  if (overrides !== undefined && !Array.isArray(overrides)) throw problem(`'overrides' is a list, got ${show(overrides)}`);
  for (const override of overrides ?? []) checkOverride(override);
}

function checkOverride(override: Override): void {
  const { models = [], factories = [] } = override;
  if (models.length + factories.length === 0) throw problem("an override names its 'models' or its 'factories'");
  for (const model of models) if (asModel(model) === undefined) throw problem(`an override's 'models' are models, got ${show(model)}`);
  for (const factory of factories) if (definitionsOf(factory) === undefined) throw problem(`an override's 'factories' are factories or model classes, got ${show(factory)}`);
}

const problem = (text: string): FlowError => new FlowError('DEFINITION', `Options: ${text}.`);

/** Factories and model classes carry what tells their models. */
function definitionsOf(factory: unknown): { readonly definition?: Definition } | undefined {
  return typeof factory === 'function' && ('definition' in factory || asModel((factory as { prototype?: unknown }).prototype) !== undefined) ? (factory as { definition?: Definition }) : undefined;
}

/** The override that applies to a model in a place, fields of later ones first. */
export function overrideFor(overrides: readonly Override[], model: Model, rewrites: unknown): Override | undefined {
  const found: Override[] = overrides.filter((override) => {
    const byModel = override.models?.some((target) => (target as Model).base === model && (target as Model).rewrites === rewrites) === true;
    const byFactory = override.factories?.some((factory) => (factory as { definition?: Definition }).definition === model.definition || (typeof (factory as { prototype?: unknown }).prototype === 'object' && model instanceof (factory as abstract new () => object))) === true;
    return byModel || byFactory;
  });
  return found.length === 0 ? undefined : (Object.assign({}, ...found) as Override);
}
