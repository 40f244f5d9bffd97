import type { FlowEvent, Observer } from '../run/events.ts';

/** What became of evaluations. */
export interface RunCounts {
  /** Evaluations that began: their inputs were there. */
  readonly started: number;
  /** Calls of bodies, and of stubs in their place, by evaluations that have ended; those that a retry made included. */
  readonly calls: number;
  /** Evaluations that ended with a value of their own. */
  readonly computed: number;
  /** Values that came from the cache, or from another run that was at it. */
  readonly cached: number;
  readonly failed: number;
  readonly cancelled: number;
}

export interface RunCounter {
  /** For the option `observer`; for several runs if you like. */
  readonly observer: Observer;
  /** Of all models. */
  readonly total: RunCounts;
  /** Of the models of that name. */
  of(model: string): RunCounts;
  /** Of the evaluation at a path, such as `visitorDelta.previous.countVisitors`; a shared one has the path through its first consumer. */
  at(path: string): RunCounts;
  /** Calls by name of model, for a comparison at one go. */
  calls(): Readonly<Record<string, number>>;
  /** Begins again at 0. */
  reset(): void;
}

type Counts = { -readonly [K in keyof RunCounts]: RunCounts[K] };

const zero = (): Counts => ({ started: 0, calls: 0, computed: 0, cached: 0, failed: 0, cancelled: 0 });

/**
 * Counts what runs do. Models without a name count as what events call them.
 *
 * @example
 * ```ts
 * import { flowModel, memoryCache } from '@flowmodel/core';
 * import { countRuns } from '@flowmodel/core/testing';
 *
 * const answer = flowModel({ name: 'answer', inputs: {} }, () => 42);
 * const runs = countRuns();
 * const options = { cache: memoryCache(), observer: runs.observer };
 * await answer().flow.compute({}, options);
 * await answer().flow.compute({}, options);
 * console.log(runs.of('answer').calls, runs.of('answer').cached); // 1 1
 * ```
 */
export function countRuns(): RunCounter {
  const byModel = new Map<string, Counts>();
  const byPath = new Map<string, Counts>();
  let total = zero();
  const place = (counts: Map<string, Counts>, name: string): Counts => {
    let found = counts.get(name);
    if (found === undefined) counts.set(name, (found = zero()));
    return found;
  };
  return {
    observer: (event: FlowEvent) => {
      if (event.type !== 'node:start' && event.type !== 'node:end') return;
      for (const counts of [total, place(byModel, event.model), place(byPath, event.path.join('.'))]) {
        if (event.type === 'node:start') counts.started++;
        else {
          counts.calls += event.attempts;
          counts[event.status]++;
        }
      }
    },
    get total() {
      return { ...total };
    },
    of: (model) => ({ ...(byModel.get(model) ?? zero()) }),
    at: (path) => ({ ...(byPath.get(path) ?? zero()) }),
    calls: () => Object.fromEntries([...byModel].map(([name, { calls }]) => [name, calls])),
    reset: () => {
      total = zero();
      byModel.clear();
      byPath.clear();
    },
  };
}
