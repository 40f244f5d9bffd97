import { assertKnown } from '../assert.ts';
import { didYouMean, FlowError, listNames, show } from '../errors.ts';
import { asModel } from '../model/brand.ts';
import type { Definition } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import type { Treatment } from '../plan/plan.ts';
import type { Treat } from '../plan/planner.ts';
import type { Unchecked } from '../types.ts';
import type { Hasher } from '../cache/hasher.ts';
import type { ResultCache } from '../cache/result-cache.ts';
import type { Clock } from './clock.ts';
import type { Evaluator } from './evaluation.ts';
import type { Observer } from './events.ts';
import type { FlowRun } from './flow-run.ts';

/** Changes how chosen models are evaluated; `body` replaces theirs, which is how a test stubs a model. */
export interface Override {
  /** These models, by identity; a wrapper stands for itself. */
  readonly models?: readonly object[];
  /** Every model of these factories (or classes). */
  readonly factories?: readonly (((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown))[];
  /** Called in place of the model's body, with the inputs that it would have received. */
  readonly body?: (inputs: Unchecked, run: FlowRun) => unknown; // one override may serve factories of many shapes
  readonly validateResult?: boolean;
  /** Whether they are evaluated anew for each consumer. */
  readonly volatile?: boolean;
  /** In place of the evaluator that the model was defined with, inside the run's own. */
  readonly evaluator?: Evaluator;
  /** Whether their results may be stored in a cache and served from it. */
  readonly cacheable?: boolean;
}

/** Options of one `compute` call; they apply to the whole run and are merged over `configureFlow`'s. */
export interface ComputeOptions {
  /** Aborts the run: no further body starts, `run.signal` fires, compute rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** How many bodies may run at once; a body that waits for a nested evaluation, or before another attempt, gives its place back. No limit by default. */
  readonly concurrency?: number | undefined;
  /** What `Resource` inputs receive, by input name. */
  readonly resources?: Readonly<Record<string, unknown>> | undefined;
  /** False: results are not parsed by `output` schemas. */
  readonly validateResult?: boolean | undefined;
  readonly overrides?: readonly Override[] | undefined;
  /** Around every evaluation of the run, outside the models' own evaluators. */
  readonly evaluator?: Evaluator | undefined;
  /** Where results are looked up and kept, by content. */
  readonly cache?: ResultCache | undefined;
  /** Milliseconds; a cache answer that takes longer is a miss. 2,000 by default. */
  readonly cacheTimeout?: number | undefined;
  /** Hears what the run does. */
  readonly observer?: Observer | undefined;
  /** How keys are hashed. */
  readonly hasher?: Hasher | undefined;
  /** What of the code enters keys where a definition does not say: `'source'` (default) its text and `version`, `'explicit'` only `version`. */
  readonly codeVersion?: 'source' | 'explicit' | undefined;
  /** The time that timeouts, waits and durations go by; the system's by default. */
  readonly clock?: Clock | undefined;
}

/** Whether a run needs more than bodies and values. */
export function isManaged({ cache, evaluator, observer, overrides }: ComputeOptions): boolean {
  return cache !== undefined || evaluator !== undefined || observer !== undefined || overrides?.some((override) => override.evaluator !== undefined) === true;
}

const KNOWN = ['signal', 'concurrency', 'resources', 'validateResult', 'overrides', 'evaluator', 'cache', 'cacheTimeout', 'observer', 'hasher', 'codeVersion', 'clock'] as const;

/** What cannot be taken for data, by the option that it is. */
const UNMISTAKABLE: Readonly<Record<string, (value: unknown) => boolean>> = {
  signal: (value) => hasMethods(value, ['addEventListener', 'throwIfAborted']),
  overrides: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'object' && one !== null && ('models' in one || 'factories' in one)),
  evaluator: (value) => hasMethods(value, ['evaluate']),
  cache: (value) => hasMethods(value, ['get', 'set', 'delete', 'clear']),
  observer: (value) => typeof value === 'function' || EVENTS.some((type) => hasMethods(value, [type])),
  hasher: (value) => hasMethods(value, ['text', 'value']),
  clock: (value) => hasMethods(value, ['now', 'setTimeout']),
};

/** The names of a context that is nothing but options; undefined for every other one. */
export function optionsIn(context: object): readonly string[] | undefined {
  const names = Object.keys(context);
  if (names.length === 0 || !names.every((name) => (KNOWN as readonly string[]).includes(name))) return undefined;
  return names.some((name) => UNMISTAKABLE[name]?.((context as Readonly<Record<string, unknown>>)[name]) === true) ? names : undefined;
}

const OVERRIDABLE = ['models', 'factories', 'body', 'validateResult', 'volatile', 'evaluator', 'cacheable'] as const;

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

/** Whether `configureFlow` has set anything that later runs go by. */
export const hasDefaults = (): boolean => Object.values(defaults).some((value) => value !== undefined);

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
  assertKnown('Options', options, KNOWN);
  const { concurrency, signal, resources, overrides, validateResult } = options as ComputeOptions;
  if (validateResult !== undefined && typeof validateResult !== 'boolean') throw problem(`'validateResult' is true or false, got ${show(validateResult)}`);
  if (concurrency !== undefined && !(typeof concurrency === 'number' && (Number.isInteger(concurrency) || concurrency === Infinity) && concurrency >= 1)) {
    throw problem(`'concurrency' is a whole number from 1 up, got ${show(concurrency)}`);
  }
  if (signal !== undefined && typeof (signal as { addEventListener?: unknown } | null)?.addEventListener !== 'function') throw problem(`'signal' is an AbortSignal, got ${show(signal)}`);
  if (resources !== undefined && (typeof resources !== 'object' || resources === null)) throw problem(`'resources' is a record by input name, got ${show(resources)}`);
  if (overrides !== undefined && !Array.isArray(overrides)) throw problem(`'overrides' is a list, got ${show(overrides)}`);
  for (const override of overrides ?? []) checkOverride(override);
  checkParts(options); // its names are known to be right, and the values are what is checked
}

function checkParts({ evaluator, cache, cacheTimeout, observer, hasher, codeVersion, clock }: ComputeOptions): void {
  if (evaluator !== undefined) checkEvaluator('evaluator', evaluator);
  if (cache !== undefined && !hasMethods(cache, ['get', 'set', 'delete', 'clear'])) throw problem(`'cache' is a ResultCache (get, set, delete, clear), such as memoryCache(), got ${show(cache)}`);
  if (cacheTimeout !== undefined && !(typeof cacheTimeout === 'number' && cacheTimeout > 0)) throw problem(`'cacheTimeout' is a number of milliseconds above 0, got ${show(cacheTimeout)}`);
  if (observer !== undefined && typeof observer !== 'function' && (typeof observer !== 'object' || observer === null)) throw problem(`'observer' is a function, or an object with a method per event type, got ${show(observer)}`);
  if (typeof observer === 'object' && Object.keys(observer).length > 0 && !EVENTS.some((type) => typeof (observer as Readonly<Record<string, unknown>>)[type] === 'function')) {
    const fix = 'observer' in observer ? 'Pass its .observer' : `It has ${listNames(Object.keys(observer).slice(0, 5))}`;
    throw problem(`an observer has methods named ${listNames(EVENTS)}, and this one has none of them. ${fix}`);
  }
  if (hasher !== undefined && !hasMethods(hasher, ['text', 'value'])) throw problem(`'hasher' is a Hasher (text, value), got ${show(hasher)}`);
  if (codeVersion !== undefined && codeVersion !== 'source' && codeVersion !== 'explicit') throw problem(`'codeVersion' is 'source' or 'explicit', got ${show(codeVersion)}`);
  if (clock !== undefined && !hasMethods(clock, ['now', 'setTimeout', 'clearTimeout'])) throw problem(`'clock' has now, setTimeout and clearTimeout, got ${show(clock)}`);
}

function checkEvaluator(name: string, evaluator: unknown): void {
  if (!hasMethods(evaluator, ['evaluate'])) throw problem(`'${name}' is an Evaluator ({ name, evaluate }), got ${show(evaluator)}`);
  if (typeof (evaluator as { name?: unknown }).name !== 'string') throw problem(`'${name}' needs a name, a string: it joins cache keys and messages`);
}

const EVENTS = ['run:start', 'node:start', 'node:end', 'retry', 'progress', 'warning', 'run:end'] as const;

const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  (typeof value === 'object' || typeof value === 'function') && value !== null && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

function checkOverride(override: Override): void {
  for (const name of Object.keys(override)) if (!(OVERRIDABLE as readonly string[]).includes(name)) throw problem(`an override has no '${name}'.${didYouMean(name, OVERRIDABLE)} It has ${listNames(OVERRIDABLE)}`);
  const { models = [], factories = [], body, validateResult, volatile, evaluator, cacheable } = override;
  if (evaluator !== undefined) checkEvaluator('evaluator', evaluator);
  if (body !== undefined && typeof body !== 'function') throw problem(`an override's 'body' is a function, got ${show(body)}`);
  for (const flag of [validateResult, volatile, cacheable]) if (flag !== undefined && typeof flag !== 'boolean') throw problem(`'validateResult', 'volatile' and 'cacheable' of an override are true or false, got ${show(flag)}`);
  if (models.length + factories.length === 0) throw problem("an override names its 'models' or its 'factories'");
  for (const model of models) if (asModel(model) === undefined) throw problem(`an override's 'models' are models, got ${show(model)}`);
  for (const factory of factories) if (definitionsOf(factory) === undefined) throw problem(`an override's 'factories' are factories or model classes, got ${show(factory)}`);
}

const problem = (text: string): FlowError => new FlowError('DEFINITION', `Options: ${text}.`);

/** Factories and model classes carry what tells their models. */
function definitionsOf(factory: unknown): { readonly definition?: Definition } | undefined {
  return typeof factory === 'function' && ('definition' in factory || asModel((factory as { prototype?: unknown }).prototype) !== undefined) ? (factory as { definition?: Definition }) : undefined;
}

/** What a run's overrides make of a model. */
export interface Overridden extends Treatment {
  readonly override: Override;
}

const known = new WeakMap<readonly Override[], Treat>();

/** How planning treats models under some options; undefined without overrides. */
export function treatOf({ overrides }: ComputeOptions): Treat | undefined {
  if (overrides === undefined || overrides.length === 0) return undefined;
  let treat = known.get(overrides);
  if (treat === undefined) known.set(overrides, (treat = treatBy(overrides)));
  return treat;
}

/** Overrides of one model are merged, fields of later ones first; an undefined field says nothing. */
function treatBy(overrides: readonly Override[]): Treat {
  const merged = new Map<string, Overridden>();
  return (base, rewrites) => {
    const applying = overrides.filter((override) => applies(override, base, rewrites));
    if (applying.length === 0) return undefined;
    const name = applying.map((override) => overrides.indexOf(override)).join();
    let found = merged.get(name);
    if (found === undefined) {
      const override = Object.assign({}, ...applying.map(given)) as Override;
      merged.set(name, (found = { name: `o${name}`, isVolatile: override.volatile, override }));
    }
    return found;
  };
}

const given = (override: Override): object => Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined));

function applies({ models, factories }: Override, base: Model, rewrites: unknown): boolean {
  const isNamed = models?.some((target) => (target as Model).base === base && (target as Model).rewrites === rewrites);
  return isNamed === true || factories?.some((factory) => isOf(base, factory)) === true;
}

/** Factories carry their definition; classes are told by their instances. */
function isOf(base: Model, factory: unknown): boolean {
  const { definition, prototype } = factory as { readonly definition?: unknown; readonly prototype?: unknown };
  return definition === base.definition || (typeof prototype === 'object' && prototype !== null && Object.prototype.isPrototypeOf.call(prototype, base));
}
