/**
 * The instances of a batch: each is a nested evaluation of `each` in the run that the batch is part of, so that dedupe, cache, limits, cancellation and events are the
 * run's. What is done here is only to begin them one after the other, as the batch's own limit allows, and to gather how they end.
 */
import { FlowContext, FlowError, runServices } from '@flowmodel/core';
import { computeInto } from '@flowmodel/core/extending';
import type { AnyModel, Clock, FlowRun } from '@flowmodel/core';
import type { Receiver } from '@flowmodel/core/extending';
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
  /** An item that could not be made ready, as its entry shows it: frozen, too. */
  shown(item: Params): Params;
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
  if (job.items.length === 0) return Promise.resolve(new Tally(0, run).stats(0));
  return new Promise((resolve, reject) => void new Items(job, run, resolve, reject).begin());
}

/**
 * A batch on its way.
 *
 * - `#next`: the items before it have begun.
 * - `#isQueued`: whether the next one waits for a window of the batch's own limit.
 * - `#isProceeding`: whether somebody up the stack begins items: instances that are done at once must not make the stack deeper.
 */
class Items {
  readonly job: ItemsJob;
  readonly #run: FlowRun;
  readonly #resolve: (stats: BatchStats) => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #tally: Tally;
  readonly #gate: Gate;
  readonly #contextOf: (params: Params) => object;
  /** Tells the instances under way that the batch is over; the run that it is part of may go on. */
  readonly #stop: AbortController | undefined;
  readonly #nested: { readonly signal?: AbortSignal };
  #next = 0;
  #isOver = false;
  #isQueued = false;
  #isProceeding = false;

  constructor(job: ItemsJob, run: FlowRun, resolve: (stats: BatchStats) => void, reject: (error: unknown) => void) {
    this.job = job;
    this.#run = run;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = run.signal;
    this.#clock = runServices(run).clock;
    this.#startedAt = this.#clock.now();
    this.#tally = new Tally(job.items.length, run);
    this.#gate = new Gate(job.limits, this.#clock);
    this.#contextOf = contextsOf(job);
    this.#stop = job.mayEndEarly ? new AbortController() : undefined;
    this.#nested = this.#stop === undefined ? {} : { signal: this.#stop.signal };
  }

  begin(): void {
    this.job.whenRead?.(() => this.#proceed());
    if (this.#signal.aborted) return this.#onAbort();
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#proceed();
  }

  readonly #onAbort = (): void => this.#end(() => this.#reject(this.#signal.reason), this.#signal.reason);

  #end(settle: () => void, reason?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#gate.clear();
    this.#signal.removeEventListener('abort', this.#onAbort);
    settle();
    if (reason !== undefined) this.#stop?.abort(reason);
  }

  /** Begins what may begin. */
  #proceed(): void {
    if (this.#isProceeding) return;
    this.#isProceeding = true;
    const { job } = this;
    const hasRates = job.limits.rates.length > 0;
    try {
      while (!this.#isOver && !this.#isQueued && this.#next < job.items.length && job.isFull?.() !== true) {
        if (hasRates) this.#queue();
        else if (this.#gate.tryEnter()) this.#beginNext();
        else return;
      }
    } finally {
      this.#isProceeding = false;
    }
  }

  #queue(): void {
    this.#isQueued = true;
    let costs: readonly number[];
    try {
      costs = this.#gate.costsOf(this.job.who, this.job.items[this.#next]);
    } catch (error) {
      const index = this.#next++;
      return void Promise.resolve().then(() => {
        this.#isQueued = false;
        this.#failed(this.job.shown(this.job.items[index]!), index, error);
        this.#proceed();
      });
    }
    this.#gate.enter({
      costs,
      go: () => {
        this.#isQueued = false;
        this.#beginNext();
        this.#proceed();
      },
    });
  }

  #beginNext(): void {
    const { job } = this;
    const index = this.#next++;
    const item = job.items[index]!;
    let params: Params;
    try {
      params = job.prepared(item);
    } catch (error) {
      return void Promise.resolve().then(() => this.failed(job.shown(item), index, error)); // as late as every other outcome
    }
    computeInto(this.#run, job.each, this.#contextOf(params), this.#nested, new Instance(this, params, index));
  }

  succeeded(params: Params, index: number, value: unknown): void {
    this.#settle(Object.freeze({ status: 'ok', params, value }), index);
    this.#leave();
  }

  failed(params: Params, index: number, error: unknown): void {
    this.#failed(params, index, error);
    this.#leave();
  }

  #failed(params: Params, index: number, error: unknown): void {
    if (this.#signal.aborted) this.#onAbort();
    else if (this.job.onError === 'fail') this.#end(() => this.#reject(error), error ?? true);
    else this.#settle(Object.freeze({ status: 'error', params, error }), index);
  }

  #settle(entry: Entry, index: number): void {
    if (this.#isOver) return;
    this.job.settled(entry, index);
    this.#tally.add(entry.status);
    if (this.#tally.isComplete) this.#end(() => this.#resolve(this.#tally.stats(this.#clock.now() - this.#startedAt)));
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#gate.leave();
    this.#proceed();
  }
}

/** What becomes of one instance. */
class Instance implements Receiver {
  readonly #items: Items;
  readonly #params: Params;
  readonly #index: number;

  constructor(items: Items, params: Params, index: number) {
    this.#items = items;
    this.#params = params;
    this.#index = index;
  }

  resolve(value: unknown): void {
    this.#items.succeeded(this.#params, this.#index, value);
  }

  reject(error: unknown): void {
    this.#items.failed(this.#params, this.#index, error);
  }
}

/** The same under `computeSync`, one after the other. Throws what `runItems` rejects with, and ASYNC_IN_SYNC where a rate would make it wait. */
export function runItemsSync(job: ItemsJob, run: FlowRun): BatchStats {
  const { clock } = runServices(run);
  const startedAt = clock.now();
  const tally = new Tally(job.items.length, run);
  const gate = new Gate(job.limits, clock);
  const contextOf = contextsOf(job);
  job.items.forEach((item, index) => {
    let params: Params | undefined;
    let entry: Entry;
    let isIn = false;
    try {
      isIn = gate.tryEnter(gate.costsOf(job.who, item));
      if (!isIn) throw new FlowError('ASYNC_IN_SYNC', `${job.who}: its rate would make it wait, which computeSync cannot. Use compute.`);
      params = job.prepared(item);
      entry = { status: 'ok', params, value: run.computeSync(job.each, contextOf(params)) };
    } catch (error) {
      if (job.onError === 'fail' || run.signal.aborted || (error instanceof FlowError && error.code === 'ASYNC_IN_SYNC')) throw error;
      entry = { status: 'error', params: params ?? job.shown(item), error };
    }
    if (isIn) gate.leave();
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
    return Object.freeze({ total: this.#total, ok: this.#ok, failed: this.#failed, skipped: this.#total - this.#ok - this.#failed, durationMs: Math.round(durationMs * 1_000) / 1_000 }); // clocks know microseconds; the rest is rounding
  }
}
