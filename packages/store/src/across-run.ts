/**
 * Evaluators keep what they need per run by `evaluationServices(evaluation).perRun`: how many are at work, say. Each `exec` is a run of the core, but
 * to whoever calls `flow.run` that is the run. So evaluators that are handed to nodes, flows and runs find their state there.
 */
import { evaluationServices } from '@flowmodel/core';
import type { Evaluation, EvaluationServices, Evaluator } from '@flowmodel/core';
import { ExecCall } from './exec-call.ts';
import { currentExecution } from './execution.ts';

/** Where the core's evaluations carry their services. */
const servicesKey = Symbol.for('flowmodel.evaluation');

const wrapped = new WeakMap<Evaluator, Evaluator>();

/** The same evaluator, with its state per run of a flow. */
export function acrossRun(evaluator: Evaluator): Evaluator {
  let own = wrapped.get(evaluator);
  if (own === undefined) {
    const { name, transparent } = evaluator;
    own = { name, ...(transparent !== undefined && { transparent }), evaluate: (evaluation, next) => evaluator.evaluate(inFlow(evaluation), next) };
    wrapped.set(evaluator, own);
  }
  return own;
}

/** An evaluation whose `perRun` is the flow's, also inside `compose`. */
function inFlow(evaluation: Evaluation): Evaluation {
  const run = (ExecCall.executionOf(evaluation) ?? currentExecution())?.run;
  return run === undefined || !(servicesKey in evaluation) ? evaluation : viewOf(evaluation, run);
}

function viewOf(evaluation: Evaluation, run: object): Evaluation {
  const services = evaluationServices(evaluation);
  const own: EvaluationServices = instead(services, { perRun: <T>(owner: object, make: () => T): T => stateIn(run, owner, make) });
  const within = (evaluation as { within?: (...args: unknown[]) => Evaluation }).within; // of the core's own, which `compose` narrows for each part
  return instead(evaluation, { [servicesKey]: own, ...(within !== undefined && { within: (...args: unknown[]) => viewOf(within.apply(evaluation, args), run) }) });
}

/** An object with some of its properties replaced. Its own code sees the object itself: it has private fields. */
function instead<T extends object>(object: T, replaced: Readonly<Record<PropertyKey, unknown>>): T {
  return new Proxy(object, {
    get(target, key) {
      if (Object.hasOwn(replaced, key)) return replaced[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const states = new WeakMap<object, Map<object, unknown>>();

function stateIn<T>(run: object, owner: object, make: () => T): T {
  let ofRun = states.get(run);
  if (ofRun === undefined) states.set(run, (ofRun = new Map()));
  if (!ofRun.has(owner)) ofRun.set(owner, make());
  return ofRun.get(owner) as T;
}
