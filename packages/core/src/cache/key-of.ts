import { expectModel } from '../model/expect-model.ts';
import type { Model } from '../model/model.ts';
import { planOf } from '../plan/planner.ts';
import { contextFor } from '../run/given.ts';
import { resolveOptions, treatOf } from '../run/options.ts';
import type { ComputeOptions } from '../run/options.ts';
import { Run } from '../run/run.ts';
import type { ModelYielding } from '../types.ts';
import { Keys } from './keys.ts';
import { remembering } from './remembering.ts';
import { rootKeyPlace } from './root-keys.ts';

/**
 * The content key of a model in a context: what a cache knows its result by. Equal for equal content on every machine: the model's name and code,
 * its inputs by value or by their own keys, the context fields that it and its upstream consume, as parsed. Other fields, where a value came
 * from, and the order of keys do not count. Runs no bodies.
 *
 * Throws UNHASHABLE for what cannot be told from others, and what `compute` would throw for an incomplete context.
 *
 * @example
 * ```ts
 * const double = flowModel({ name: 'double.keyed', inputs: { n: FromContext(z.number()) } }, ({ n }) => n * 2);
 * console.log(keyOf(double(), { n: 1, unused: true }) === keyOf(double({ n: 1 }))); // true
 * console.log(keyOf(double(), { n: 1 }) === keyOf(double(), { n: -1 })); // false
 * ```
 */
export function keyOf(model: ModelYielding<unknown>, context?: object, options?: ComputeOptions): string {
  const subject: Model = expectModel('keyOf(', model);
  const resolved = { ...resolveOptions(options), cache: undefined, observer: undefined };
  const plan = planOf(subject, treatOf(resolved));
  const fields = contextFor(subject, context);
  const place = rootKeyPlace(plan, fields, resolved, 'keyOf');
  const known = place?.get();
  if (known !== undefined) return known.key;
  const run = new Run(plan, fields, resolved, true, remembering);
  run.checkEager(run.main);
  const keys = new Keys(resolved);
  const key = keys.of(run.main, plan.root)!; // without a cache every key that cannot be made is thrown
  place?.set({ key, source: keys.source(run.main, plan.root) });
  return key;
}
