/** How the engine remembers: the memory of a run, and outcomes that need none. */
import { deepFreeze } from '../model/frozen.ts';
import type { Remembering } from '../run/memory.ts';
import { isPromise, boxedValue } from '../run/results.ts';
import type { CacheEntry, ResultCache } from './result-cache.ts';
import { unboxed, verified } from './entries.ts';
import { noteRun } from './history.ts';
import { Remembered } from './remembered.ts';
import { rootKeyPlace } from './root-keys.ts';

/** Caches that answer by promises: only a run can wait for them. */
const waiting = new WeakSet<ResultCache>();

export const remembering: Remembering = {
  memoryOf: (run) => new Remembered(run),

  /** A root whose key is known and whose value is in the cache: no run is made, nothing is planned, derived or checked again. */
  known(model, plan, context, options) {
    const { cache, observer, signal, validateResult } = options;
    if (cache === undefined || waiting.has(cache) || observer !== undefined || signal?.aborted === true || validateResult === false || plan.usesResources) return undefined;
    const root = rootKeyPlace(plan, context, options)?.get();
    if (root === undefined) return undefined;
    let entry: ReturnType<typeof cache.get>;
    try {
      entry = cache.get(root.key);
    } catch {
      return undefined; // the run asks again, and tells
    }
    if (isPromise<CacheEntry>(entry)) {
      entry.then(undefined, () => {});
      waiting.add(cache);
      return undefined;
    }
    const found = entry === undefined ? undefined : verified(entry, root.source);
    if (found === undefined) return undefined;
    noteRun(cache, model, context, options);
    const { value, box } = unboxed(model.definition.freeze ? deepFreeze(found.value) : found.value);
    return { outcome: boxedValue(model.definition, value, box) };
  },
};
