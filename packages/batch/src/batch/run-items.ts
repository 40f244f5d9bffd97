/**
 * The instances of a batch: each is a nested evaluation of `each` in the run that the batch is part of, so that dedupe, cache, limits, cancellation and events are the
 * run's. What is done here is only to begin them one after the other, as the batch's own limit allows, and to gather how they end.
 */
import { FlowContext, FlowError, runServices } from '@flowmodel/core';
import type { AnyModel, FlowRun } from '@flowmodel/core';
import { Gate } from '../limit/gate.ts';
import type { ReadOptions } from '../limit/options.ts';
import type { BatchStats, SettledEntry } from './types.ts';

type Params = Readonly<Record<string, unknown>>;
export type Entry = SettledEntry<Params, unknown>;

export interface ItemsJob {
  readonly who: string;
  readonly each: AnyModel;
  readonly items: readonly Params[];
  /** What an instance gets of its item, frozen. May throw: that instance has failed. */
  prepared(item: Params): Params;
  /** The runtime context as far as `each` reads it. */
  readonly context: Params;
  /** Whether instances get a FlowContext, see `CarriedFields`. */
  readonly isAmbient: boolean;
  readonly limits: ReadOptions;
  readonly onError: 'collect' | 'fail';
  /** Whether the batch may end while its run goes on and instances are under way, which are then told: by the first error, or by an evaluator around it. */
  readonly mayEndEarly: boolean;
  /** Entries as they come. */
  settled(entry: Entry, index: number): void;
  /** Entries wait to be read: nothing more begins until `whenRead` calls back. */
  readonly isFull?: (() => boolean) | undefined;
  whenRead?(proceed: () => void): void;
}

/** Resolves when every item has its entry; rejects with the first error under `fail`, and with the signal's reason. */
export function runItems(job: ItemsJob, run: FlowRun): Promise<BatchStats> {
  const { who, items, limits, onError } = job;
  const { clock } = runServices(run);
  const startedAt = clock.now();
  const tally = new Tally(items.length, run);
  if (items.length === 0) return Promise.resolve(tally.stats(0));
  const gate = new Gate(limits, clock);
  const hasRates = limits.rates.length > 0;
  const { signal } = run;
  const contextOf = contextsOf(job);
  /** Tells the instances under way that the batch is over; the run that it is part of may go on. */
  const stop = job.mayEndEarly ? new AbortController() : undefined;
  const nested = stop && { signal: stop.signal };
  return new Promise((resolve, reject) => {
    let next = 0;
    let isOver = false;
    let isQueued = false;
    const end = (settle: () => void, reason?: unknown): void => {
      if (isOver) return;
      isOver = true;
      gate.clear();
      signal.removeEventListener('abort', onAbort);
      settle();
      if (reason !== undefined) stop?.abort(reason);
    };
    const onAbort = (): void => end(() => reject(signal.reason as Error), signal.reason);
    const settle = (entry: Entry, index: number): void => {
      if (isOver) return;
      job.settled(entry, index);
      tally.add(entry.status);
      gate.leave();
      if (tally.isComplete) end(() => resolve(tally.stats(clock.now() - startedAt)));
      else proceed();
    };
    const begin = (): void => {
      const index = next++;
      const item = items[index]!;
      let params = item;
      const failed = (error: unknown): void => {
        if (signal.aborted) onAbort();
        else if (onError === 'fail') end(() => reject(error), error ?? true);
        else settle(Object.freeze({ status: 'error', params, error }), index);
      };
      try {
        params = job.prepared(item);
      } catch (error) {
        return void Promise.resolve().then(() => failed(error)); // as late as any other outcome
      }
      run.compute(job.each, contextOf(params), nested).then((value) => settle(Object.freeze({ status: 'ok', params, value }), index), failed);
    };
    const proceed = (): void => {
      const mayBegin = (): boolean => !isOver && !isQueued && next < items.length && job.isFull?.() !== true;
      while (mayBegin()) {
        if (!hasRates) {
          if (!gate.tryEnter()) return;
          begin();
          continue;
        }
        isQueued = true;
        let costs: readonly number[];
        try {
          costs = gate.costsOf(who, items[next]);
        } catch (error) {
          return end(() => reject(error));
        }
        gate.enter({
          costs,
          go() {
            isQueued = false;
            begin();
          },
        });
      }
    };
    job.whenRead?.(proceed);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    proceed();
  });
}

/** The same under `computeSync`, one after the other. Throws what `runItems` rejects with, and ASYNC_IN_SYNC where a rate would make it wait. */
export function runItemsSync(job: ItemsJob, run: FlowRun): BatchStats {
  const { clock } = runServices(run);
  const startedAt = clock.now();
  const tally = new Tally(job.items.length, run);
  const gate = new Gate(job.limits, clock);
  const contextOf = contextsOf(job);
  job.items.forEach((item, index) => {
    if (!gate.tryEnter(gate.costsOf(job.who, item))) throw new FlowError('ASYNC_IN_SYNC', `${job.who}: its rate would make it wait, which computeSync cannot. Use compute.`);
    let params = item;
    let entry: Entry;
    try {
      params = job.prepared(item);
      entry = { status: 'ok', params, value: run.computeSync(job.each, contextOf(params)) };
    } catch (error) {
      if (job.onError === 'fail' || run.signal.aborted || (error instanceof FlowError && error.code === 'ASYNC_IN_SYNC')) throw error;
      entry = { status: 'error', params, error };
    }
    gate.leave();
    job.settled(Object.freeze(entry), index);
    tally.add(entry.status);
  });
  return tally.stats(clock.now() - startedAt);
}

/** What an instance gets: what all share, and the item's fields over it. */
function contextsOf({ context, isAmbient }: ItemsJob): (params: Params) => object {
  const merged = Object.keys(context).length === 0 ? (params: Params): object => params : (params: Params): object => ({ ...context, ...params });
  return isAmbient ? (params) => new FlowContext(merged(params)) : merged;
}

class Tally {
  readonly #total: number;
  readonly #run: FlowRun;
  #ok = 0;
  #failed = 0;

  constructor(total: number, run: FlowRun) {
    this.#total = total;
    this.#run = run;
    this.#tell();
  }

  get isComplete(): boolean {
    return this.#ok + this.#failed === this.#total;
  }

  add(status: Entry['status']): void {
    if (status === 'ok') this.#ok++;
    else this.#failed++;
    this.#tell();
  }

  #tell(): void {
    this.#run.progress({ completed: this.#ok + this.#failed, total: this.#total, failed: this.#failed });
  }

  stats(durationMs: number): BatchStats {
    return Object.freeze({ total: this.#total, ok: this.#ok, failed: this.#failed, skipped: this.#total - this.#ok - this.#failed, durationMs });
  }
}
