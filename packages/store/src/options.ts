/** What nodes, flows and runs can be told. */
import { FlowError } from '@flowmodel/core';
import { assertKnown, show } from '@flowmodel/core/extending';
import type { Clock, ComputeOptions, Evaluator, Observer, ResultCache } from '@flowmodel/core';
import type { Reducers } from './store/reducers.ts';

/** Options of one `run`; they hold for every `exec` on the way. */
export interface RunOptions {
  /** Aborts the run: no further phase starts, what is under way is not waited for, and `run` rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** Hears what nodes do: `node:start`, `node:end`, `retry`, `warning` and the rest of the core's events. */
  readonly observer?: Observer | undefined;
  /** Around every `exec`, outside the nodes' own evaluators. */
  readonly evaluator?: Evaluator | undefined;
  /** Where results of `exec` are looked up and kept, by content. */
  readonly cache?: ResultCache | undefined;
  /** The time that waits and timeouts go by; the system's by default. */
  readonly clock?: Clock | undefined;
}

/** Options of a node. */
export interface NodeOptions {
  /** What the node is called in messages, patches, events and pictures; its class by default. In cache keys it stands for the node: see `cache`. */
  readonly name?: string | undefined;
  /** How often `exec` may be called, the first call included. 1 by default. */
  readonly maxRetries?: number | undefined;
  /** Seconds between two attempts. 0 by default. */
  readonly wait?: number | undefined;
  /** Milliseconds for each attempt. No limit by default. */
  readonly timeout?: number | undefined;
  /** Around each attempt. */
  readonly evaluator?: Evaluator | undefined;
  /**
   * Where results of `exec` are kept, by what `prep` yielded, the params and the source of `exec`; `false`: nowhere, also where the flow has a cache.
   * A node without a `name` shares them with nobody; nodes of one name share them, also across processes.
   */
  readonly cache?: ResultCache | false | undefined;
  /** Joins cache keys: change it when what `exec` depends on has changed. */
  readonly version?: string | undefined;
  /** Hears this node: its `node:start` and `node:end`, and what is inside; along with the observers of the flow and the run. */
  readonly observer?: Observer | undefined;
  /** Aborts this node wherever it is at work, as that of a run does; the flow around it rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a flow. `observer`, `evaluator` and `cache` hold for every `exec` inside; `signal` aborts the flow in every run. */
export interface FlowOptions extends Pick<RunOptions, 'signal' | 'observer' | 'evaluator' | 'cache'> {
  readonly name?: string | undefined;
  /** How many nodes one pass may run. 1,000,000 by default. */
  readonly maxSteps?: number | undefined;
  /** Milliseconds for the flow as a whole, its own prep and post included. No limit by default. */
  readonly timeout?: number | undefined;
  /** How conflicts of parallel passes over a created store are resolved, by path. */
  readonly reducers?: Reducers | undefined;
}

export const NO_OPTIONS: NodeOptions = Object.freeze({});

const NODE = ['name', 'maxRetries', 'wait', 'timeout', 'evaluator', 'cache', 'version', 'observer', 'signal'] as const satisfies (keyof NodeOptions)[];
const FLOW = ['name', 'maxSteps', 'timeout', 'signal', 'observer', 'evaluator', 'cache', 'reducers'] as const satisfies (keyof FlowOptions)[];
const RUN = ['signal', 'observer', 'evaluator', 'cache', 'clock'] as const satisfies (keyof RunOptions & keyof ComputeOptions)[];

type Checked = Readonly<Record<string, unknown>>;

export function checkNodeOptions(who: string, options: NodeOptions): void {
  assertKnown(who, options, NODE);
  checkAttempts(who, options.maxRetries ?? 1);
  checkWait(who, options.wait);
  checkCommon(who, options);
  if (options.cache !== undefined && options.cache !== false) checkCache(who, options.cache);
  if (options.version !== undefined && typeof options.version !== 'string') throw problem(who, `'version' is a string, got ${show(options.version)}`);
}

export function checkFlowOptions(who: string, options: FlowOptions): void {
  assertKnown(who, options, FLOW);
  checkCommon(who, options);
  if (options.cache !== undefined) checkCache(who, options.cache);
  const { maxSteps, reducers } = options;
  if (maxSteps !== undefined && !(maxSteps === Infinity || (Number.isInteger(maxSteps) && maxSteps >= 1))) throw problem(who, `'maxSteps' is a whole number from 1 up, got ${show(maxSteps)}`);
  if (reducers !== undefined) checkReducers(who, reducers);
}

export function checkRunOptions(who: string, options: RunOptions): void {
  assertKnown(who, options, RUN);
  checkCommon(who, options);
  const { cache, clock } = options;
  if (cache !== undefined) checkCache(who, cache);
  if (clock !== undefined && !hasMethod(clock, 'now')) throw problem(who, `'clock' has now, setTimeout and clearTimeout, got ${show(clock)}`);
}

/** Throws DEFINITION: 0 attempts would mean that `exec` never runs and `post` gets nothing. */
export function checkAttempts(who: string, maxRetries: unknown): void {
  if (Number.isInteger(maxRetries) && (maxRetries as number) >= 1) return;
  throw problem(who, `'maxRetries' counts all attempts and is a whole number from 1 up, got ${show(maxRetries)}`);
}

/** Throws DEFINITION. */
export const checkWait = (who: string, wait: unknown): void => checkNumber(who, 'wait', wait, 'seconds');

export function checkReducers(who: string, reducers: Reducers): void {
  if (typeof reducers !== 'object' || reducers === null) throw problem(who, `'reducers' is a record by path, got ${show(reducers)}`);
  for (const [path, reducer] of Object.entries(reducers)) if (typeof reducer !== 'function') throw problem(who, `the reducer of '${path}' is a function (current, incoming, base) => next, got ${show(reducer)}`);
}

function checkCommon(who: string, options: object): void {
  const { name, timeout, signal, evaluator, observer } = options as Checked;
  if (name !== undefined && (typeof name !== 'string' || name === '')) throw problem(who, `'name' is a string, got ${show(name)}`);
  checkNumber(who, 'timeout', timeout, 'milliseconds');
  if (signal !== undefined && !hasMethod(signal, 'addEventListener')) throw problem(who, `'signal' is an AbortSignal, got ${show(signal)}`);
  if (evaluator !== undefined && !hasMethod(evaluator, 'evaluate')) throw problem(who, `'evaluator' is an evaluator ({ name, evaluate }), got ${show(evaluator)}`);
  if (observer !== undefined && typeof observer !== 'function' && (typeof observer !== 'object' || observer === null)) throw problem(who, `'observer' is a function or an object with a method per event type, got ${show(observer)}`);
}

const hasMethod = (value: unknown, name: string): boolean => typeof (value as Checked | null | undefined)?.[name] === 'function';

function checkNumber(who: string, name: string, value: unknown, unit: string): void {
  if (value !== undefined && !(typeof value === 'number' && value >= 0)) throw problem(who, `'${name}' is a number of ${unit} from 0 up, got ${show(value)}`);
}

function checkCache(who: string, cache: unknown): void {
  if (!hasMethod(cache, 'get')) throw problem(who, `'cache' is a ResultCache such as memoryCache(), got ${show(cache)}`);
}

const problem = (who: string, text: string): FlowError => new FlowError('DEFINITION', `${who}: ${text}.`);
