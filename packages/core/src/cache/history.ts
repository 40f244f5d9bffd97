/** What a cache saw last of each root model: enough to say afterwards what has changed since. Kept in this process only. */
import type { Definition } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import type { ComputeOptions } from '../run/options.ts';
import type { ResultCache } from './result-cache.ts';

export interface Seen {
  readonly model: Model;
  readonly context: Readonly<Record<string, unknown>>;
  readonly options: ComputeOptions;
}

/** How many roots are remembered for a cache. */
const MOST = 100;

const histories = new WeakMap<ResultCache, Map<string | Definition, Seen>>();

const nameOf = ({ definition }: Model): string | Definition => definition.name ?? definition;

/** A run of a model with a cache. */
export function noteRun(cache: ResultCache, model: Model, context: Readonly<Record<string, unknown>>, options: ComputeOptions): void {
  let history = histories.get(cache);
  if (history === undefined) histories.set(cache, (history = new Map()));
  history.delete(nameOf(model)); // the latest stands last
  history.set(nameOf(model), { model, context, options });
  if (history.size > MOST) history.delete(history.keys().next().value!);
}

/** The last run of a model of that name with a cache; without one, the last of all. */
export function lastRun(cache: ResultCache, model: Model): Seen | undefined {
  const history = histories.get(cache);
  return history?.get(nameOf(model)) ?? [...(history?.values() ?? [])].at(-1);
}
