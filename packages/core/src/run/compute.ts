/** The engine that models are given: `compute`, `computeSync`, `withContext`. */
import { withContext } from '../context/with-context.ts';
import type { Engine } from '../model/engine.ts';
import type { Model } from '../model/model.ts';
import { planOf } from '../plan/planner.ts';
import { contextFor } from './given.ts';
import { resolveOptions, treatOf } from './options.ts';
import { Run } from './run.ts';

function runOf(model: Model, context: unknown, given: unknown, isSync: boolean): Run {
  const options = resolveOptions(given);
  return new Run(planOf(model, treatOf(options)), contextFor(model, context), options, isSync);
}

export const engine: Engine = {
  compute(model, context, options) {
    try {
      return runOf(model, context, options, false).compute();
    } catch (error) {
      return Promise.reject(error);
    }
  },
  computeSync: (model, context, options) => runOf(model, context, options, true).computeSync(),
  withContext,
};
