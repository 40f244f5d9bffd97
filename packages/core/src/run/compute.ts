/** `compute` and `computeSync`: options resolved, the plan looked up, a run made where the outcome is not known without one. */
import type { Engine } from '../model/engine.ts';
import type { Model } from '../model/model.ts';
import { planOf } from '../plan/planner.ts';
import { contextFor, refuseOptions } from './given.ts';
import type { Remembering } from './memory.ts';
import { resolveOptions, treatOf } from './options.ts';
import { Run } from './run.ts';

/** The two, with the way that results are remembered. */
export function computing(remembering: Remembering): Pick<Engine, 'compute' | 'computeSync'> {
  const begin = (model: Model, context: unknown, given: unknown, isSync: boolean): Run | { readonly outcome: unknown } => {
    if (given === undefined && context !== undefined) refuseOptions(model, context);
    const options = resolveOptions(given);
    const plan = planOf(model, treatOf(options));
    const fields = contextFor(model, context);
    const known = options.cache === undefined ? undefined : remembering.known(model, plan, fields, options);
    return known ?? new Run(plan, fields, options, isSync, remembering);
  };
  return {
    compute(model, context, options) {
      try {
        const begun = begin(model, context, options, false);
        return begun instanceof Run ? answerOf(begun) : Promise.resolve(begun.outcome);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    computeSync(model, context, options) {
      const begun = begin(model, context, options, true);
      return begun instanceof Run ? begun.computeSync() : begun.outcome;
    },
  };
}

/** A result is handed over once a cache has stored it, unless that takes time. */
function answerOf(run: Run): Promise<unknown> {
  const outcome = run.compute();
  const { managed } = run;
  return managed?.memory.isOn === true ? outcome.then((value) => (managed.ended === undefined ? value : managed.ended.then(() => value))) : outcome;
}
