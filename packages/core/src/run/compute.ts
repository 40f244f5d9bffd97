/** `compute` and `computeSync`: options resolved, the plan looked up, a run made. */
import type { Model } from '../model/model.ts';
import { planOf } from '../plan/planner.ts';
import { contextFor } from './given.ts';
import { resolveOptions, treatOf } from './options.ts';
import { Run } from './run.ts';

function runOf(model: Model, context: unknown, given: unknown, isSync: boolean): Run {
  const options = resolveOptions(given);
  return new Run(planOf(model, treatOf(options)), contextFor(model, context), options, isSync);
}

export function compute(model: Model, context: unknown, options: unknown): Promise<unknown> {
  try {
    return runOf(model, context, options, false).compute();
  } catch (error) {
    return Promise.reject(error);
  }
}

export const computeSync = (model: Model, context: unknown, options: unknown): unknown => runOf(model, context, options, true).computeSync();
