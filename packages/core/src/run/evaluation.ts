/** The seam of evaluators: what they are, and what they are given. */
import type { FlowContext } from '../context/flow-context.ts';
import type { AnyModel } from '../types.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { EventBody } from './events.ts';
import type { FlowRun } from './flow-run.ts';
import type { Scope } from './scope.ts';

/**
 * Wraps the evaluation of a model, its inputs resolved: may run it, run it again, replace it, refuse it. Evaluators hold no state of a run;
 * what they need per run they keep by `evaluationServices(evaluation).perRun`.
 *
 * @example
 * ```ts
 * const doubled: Evaluator = { name: 'doubled', evaluate: async (_evaluation, next) => Number(await next()) * 2 };
 * const n = flowModel({ name: 'n', inputs: {} }, () => 21);
 * console.log((await n().flow.compute({}, { evaluator: doubled })).value); // 42
 * ```
 */
export interface Evaluator {
  readonly name: string;
  /** True: returns exactly what `next()` returns, so that it stays out of cache keys. The name of any other evaluator joins them. */
  readonly transparent?: boolean;
  /** Returns the value, or a promise of it. Calling `next` again runs the body again, as the next attempt. */
  evaluate(evaluation: Evaluation, next: () => unknown): unknown;
}

/** One evaluation of one model, as an evaluator sees it. */
export interface Evaluation {
  readonly model: AnyModel;
  /** What the body receives. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The context fields that the model itself consumes, parsed. Other fields are not to be had, so that a result cannot depend on what is not in its key. */
  readonly context: FlowContext;
  /** The content key. Throws UNHASHABLE. */
  readonly key: string;
  /** Counts calls of the body, from 1 up. */
  readonly attempt: number;
  /** Fires when the outcome is not wanted any more. */
  readonly signal: AbortSignal;
  readonly path: readonly string[];
  readonly run: FlowRun;
}

/** What evaluators may ask of the run beyond the evaluation itself. */
export interface EvaluationServices {
  readonly clock: Clock;
  /** Under `computeSync`: nothing may wait. */
  readonly isSync: boolean;
  /** Whether the model's body mainly awaits other evaluations; limiters let it through. */
  readonly orchestrates: boolean;
  /** The evaluation as the events of an observer name it; undefined without one. Logs and traces refer to it. */
  readonly spanId: string | undefined;
  /** Sends an event about this evaluation to the observer, if there is one. */
  emit(event: EventBody): void;
  /** State for the duration of this run: made once for each owner, usually the evaluator itself. */
  perRun<T>(owner: object, make: () => T): T;
  /** Notes something on this evaluation, for evaluations that its body asks for by `run.compute` or a thunk. */
  mark(owner: object): void;
  /** Whether an enclosing evaluation has that mark. */
  isWithin(owner: object): boolean;
  /**
   * The call of `run.compute` that this evaluation is part of, made by the nearest enclosing evaluation that suits: the same object for all that belongs to the
   * call. A thunk's branch belongs to the call that its body belongs to.
   */
  callWithin(suits: (asker: Asker) => boolean): object | undefined;
  /** Called when the body begins to wait for a nested evaluation, and when it wants to go on: `resume` calls back once it may. */
  whileWaiting(hold: Hold): void;
  /**
   * For a wait between two calls of the body: its place under `concurrency`, and what other evaluators hold for it, are free for others meanwhile. Resolves when the
   * wait is over and it has them back.
   */
  rest(wait: Promise<void>): Promise<void>;
}

/** An evaluation whose body calls `run.compute`. */
export interface Asker {
  readonly model: AnyModel;
  hasMark(owner: object): boolean;
}

/** What a body holds and gives back while it waits. */
export interface Hold {
  pause(): void;
  resume(go: () => void): void;
}

/** Where the engine's own evaluations carry their services. */
export const evaluationBrand: unique symbol = Symbol.for('flowmodel.evaluation') as never;

/** What the engine's own evaluations can do in addition. */
export interface EngineEvaluation extends Evaluation {
  readonly [evaluationBrand]: EvaluationServices;
  readonly scope: Scope;
  /** The same evaluation inside a narrower scope; `isAgain`: for one more attempt. */
  within(scope: Scope, isAgain: boolean): EngineEvaluation;
}

export const asEngineEvaluation = (evaluation: Evaluation): EngineEvaluation | undefined => (evaluationBrand in evaluation ? (evaluation as EngineEvaluation) : undefined);

/**
 * What an evaluator may ask of the run, for authors of evaluators: the clock, state per run, events, limits. An evaluation that the engine did not make
 * (a test's own) gets the system's clock, and its state lives as long as its `run` object.
 *
 * @example
 * ```ts
 * const counting: Evaluator = {
 *   name: 'counting',
 *   transparent: true,
 *   evaluate(evaluation, next) {
 *     evaluationServices(evaluation).perRun(counting, () => ({ count: 0 })).count++;
 *     return next();
 *   },
 * };
 * ```
 */
export function evaluationServices(evaluation: Evaluation): EvaluationServices {
  return asEngineEvaluation(evaluation)?.[evaluationBrand] ?? detached(evaluation);
}

const states = new WeakMap<object, Map<object, unknown>>();

/** State by owner, for as long as `holder` lives. */
export function stateIn<T>(holder: object, owner: object, make: () => T): T {
  let found = states.get(holder);
  if (found === undefined) states.set(holder, (found = new Map()));
  if (!found.has(owner)) found.set(owner, make());
  return found.get(owner) as T;
}

const detached = (evaluation: Evaluation): EvaluationServices => ({
  clock: systemClock,
  isSync: false,
  orchestrates: false,
  spanId: undefined,
  emit: () => {},
  perRun: (owner, make) => stateIn(evaluation.run ?? evaluation, owner, make),
  mark: () => {},
  isWithin: () => false,
  callWithin: () => undefined,
  whileWaiting: () => {},
  rest: (wait) => wait,
});
