/**
 * The seam to the core: an `exec` is an evaluation of a core model whose body is that `exec`. Retries, timeouts, caching, cancellation and events
 * are the core's; this file says how a node's options become evaluators. Only the fallback is not one: what it yields must never be cached.
 * Where the core would have nothing to do, `exec` is called without it.
 */
import { compose, DefinitionRegistry, flowModel, FromContext, GenericResult, retry, timeout } from '@flowmodel/core';
import { hasDefaults } from '@flowmodel/core/extending';
import type { CallableModel, ComputeOptions, Evaluator } from '@flowmodel/core';
import { z } from 'zod';
import { ExecCall } from './exec-call.ts';
import { within } from './execution.ts';
import type { Execution } from './execution.ts';
import { givenName, nodeName } from './names.ts';
import { checkAttempts, NO_OPTIONS } from './options.ts';
import type { NodeOptions } from './options.ts';
import { acrossRun } from './across-run.ts';
import type { AnyNode } from './types.ts';

/** How often, and what if in vain. */
export interface Attempts {
  readonly maxRetries: number;
  /** Seconds. */
  readonly wait: number;
  execFallback?(prepRes: unknown, error: Error): unknown;
}

export const ONCE: Attempts = Object.freeze({ maxRetries: 1, wait: 0 });

/** An exec may return what a model computed in its box: as between models, the value goes on. */
export const unboxed = (result: unknown): unknown => (result instanceof GenericResult ? (result.value as unknown) : result);

interface Evaluable {
  readonly maxRetries: number;
  readonly wait: number;
  readonly model: CallableModel;
}

const cached = new WeakMap<object, Evaluable>();
const uncached = new WeakMap<object, Evaluable>();

/** Evaluates `exec` for what prep yielded, or for one item of it. A `GenericResult` may still be in its box. */
export function evaluate(execution: Execution, attempts: Attempts, options: NodeOptions, prep: unknown): Promise<unknown> {
  if (isBare(execution, attempts, options)) return withFallback(execution, attempts, prep, called(new ExecCall(prep, execution)));
  const model = modelFor(execution, attempts, options);
  const outcome = model.flow.compute({ call: new ExecCall(prep, execution) }, optionsFor(execution, options)) as Promise<unknown>;
  return withFallback(execution, attempts, prep, outcome);
}

/** Whether a run of the core would do nothing but call the body: nobody retries, limits, caches, cancels or watches it, and `exec` asks for no `run`. */
function isBare({ node, scope }: Execution, { maxRetries }: Attempts, options: NodeOptions): boolean {
  return maxRetries === 1 && options === NO_OPTIONS && node.exec.length < 2 && scope.computeOptions === undefined && scope.tracer === undefined && !hasDefaults();
}

/** As such a run would call it: what is thrown rejects, and what is yielded comes a turn later. */
function called(call: ExecCall): Promise<unknown> {
  try {
    return Promise.resolve(call.perform(undefined));
  } catch (error) {
    return Promise.reject(error);
  }
}

function withFallback(execution: Execution, attempts: Attempts, prep: unknown, outcome: Promise<unknown>): Promise<unknown> {
  if (attempts.execFallback === undefined) return outcome;
  return outcome.catch((error: unknown) => {
    if (execution.scope.signal?.aborted === true) throw error; // cancelled, and not failed
    return within(execution, () => attempts.execFallback!(prep, error as Error));
  });
}

function optionsFor(execution: Execution, { cache }: NodeOptions): ComputeOptions | undefined {
  const { computeOptions, tracer } = execution.scope;
  if (cache === undefined && tracer === undefined) return computeOptions;
  return { ...computeOptions, ...(cache !== undefined && { cache: cache === false ? undefined : cache }), ...(tracer !== undefined && { observer: tracer.forwarder(execution) }) };
}

/** The model of a node, made anew when its attempts have changed. */
function modelFor({ node, scope }: Execution, attempts: Attempts, options: NodeOptions): CallableModel {
  const { maxRetries, wait } = attempts;
  const isCached = options.cache !== false && (options.cache ?? scope.cache) !== undefined;
  const models = isCached ? cached : uncached;
  const known = models.get(node);
  if (known !== undefined && known.maxRetries === maxRetries && known.wait === wait) return known.model; // fields, which may be set at any time
  const model = makeModel(node, attempts, options, isCached);
  models.set(node, { maxRetries, wait, model });
  return model;
}

let instances = 0;
const thisProcess = crypto.randomUUID();

function makeModel(node: AnyNode, attempts: Attempts, options: NodeOptions, isCached: boolean): CallableModel {
  const name = nodeName(node);
  const definition = {
    name: `${name}.exec`,
    definitions: new DefinitionRegistry(), // several nodes may have one name
    inputs: { call: FromContext(z.any()) },
    freeze: false, // the value is post's
    autoUnwrap: true,
    cacheable: isCached, // not by a default cache that nobody meant for this node
    // Fields of a node are not in its key, so nodes that were not given the same name are different.
    version: givenName(node) === undefined ? `${thisProcess}-${++instances}` : (options.version ?? ''),
    codeDeps: [node.exec as () => unknown],
    ...evaluatorOf(attempts, options, name),
  };
  const wantsRun = node.exec.length > 1 || attempts.maxRetries > 1;
  const factory = wantsRun
    ? flowModel(definition, ({ call }, run) => (call as ExecCall).perform(run))
    : flowModel(definition, ({ call }) => (call as ExecCall).perform(undefined));
  return factory() as CallableModel;
}

/** Outermost first: attempts, what the node was given, the time for one attempt. */
function evaluatorOf({ maxRetries, wait }: Attempts, options: NodeOptions, name: string): { readonly evaluator?: Evaluator } {
  checkAttempts(name, maxRetries); // fields, and as such may have been set to anything
  const parts = [
    ...(maxRetries > 1 ? [retry({ attempts: maxRetries, delay: wait * 1_000, backoff: 1 })] : []),
    ...(options.evaluator === undefined ? [] : [acrossRun(options.evaluator)]),
    ...(options.timeout === undefined ? [] : [timeout(options.timeout)]),
  ];
  return parts.length === 0 ? {} : { evaluator: parts.length === 1 ? parts[0]! : compose(...parts) };
}

/* ---------- a model as a node ---------- */

const ofModels = new WeakMap<object, Evaluable & { readonly evaluator?: Evaluator }>();

/** Computes a model for a node: the node's evaluator is around every body of its graph. */
export function evaluateModel(execution: Execution, attempts: Attempts, options: NodeOptions, model: object, context: object): Promise<unknown> {
  const { node, scope } = execution;
  const { maxRetries, wait } = attempts;
  let known = ofModels.get(node);
  if (known?.maxRetries !== maxRetries || known.wait !== wait) ofModels.set(node, (known = { maxRetries, wait, model: model as CallableModel, ...evaluatorOf(attempts, options, nodeName(node)) }));
  const { evaluator } = known;
  const all = scope.evaluator !== undefined && evaluator !== undefined ? compose(scope.evaluator, evaluator) : (evaluator ?? scope.evaluator);
  const outcome = (model as CallableModel).flow.compute(context, { ...optionsFor(execution, options), ...(all !== undefined && { evaluator: all }) }) as Promise<unknown>;
  return withFallback(execution, attempts, context, outcome.then(unboxed));
}

/* ---------- a flow as a whole ---------- */

/** The work of a flow with a time limit. */
class FlowCall {
  readonly perform: (signal: AbortSignal) => Promise<unknown>;

  constructor(perform: (signal: AbortSignal) => Promise<unknown>) {
    this.perform = perform;
  }
}

const wholes = new WeakMap<object, CallableModel>();

/** Runs a flow as one evaluation that has so many milliseconds. */
export function evaluateWhole(flow: object, name: string, ms: number, { scope }: Execution, work: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  let model = wholes.get(flow);
  if (model === undefined) {
    const options = { name, definitions: new DefinitionRegistry(), inputs: { call: FromContext(z.any()) }, freeze: false, autoUnwrap: true, cacheable: false, orchestrates: true, evaluator: timeout(ms) };
    model = flowModel(options, ({ call }, run) => (call as FlowCall).perform(run.signal))() as CallableModel;
    wholes.set(flow, model);
  }
  const { signal, clock } = scope;
  return model.flow.compute({ call: new FlowCall(work) }, { ...(signal !== undefined && { signal }), ...(clock !== undefined && { clock }) }) as Promise<unknown>;
}
