/** What holds for everything inside one run, or inside one flow of it. */
import { compose, FlowError } from '@flowmodel/core';
import { show } from '@flowmodel/core/extending';
import type { Clock, ComputeOptions, Evaluator, ResultCache } from '@flowmodel/core';
import { acrossRun } from './across-run.ts';
import type { FlowOptions, RunOptions } from './options.ts';
import type { Reducers } from './store/reducers.ts';
import { Tracer } from './tracer.ts';

interface Parts {
  readonly signal: AbortSignal | undefined;
  readonly evaluator: Evaluator | undefined;
  readonly cache: ResultCache | undefined;
  readonly clock: Clock | undefined;
  readonly tracer: Tracer | undefined;
  /** Of the flows around, the innermost first. */
  readonly reducers: readonly Reducers[];
}

export class RunScope implements Parts {
  readonly signal: AbortSignal | undefined;
  readonly evaluator: Evaluator | undefined;
  readonly cache: ResultCache | undefined;
  readonly clock: Clock | undefined;
  readonly tracer: Tracer | undefined;
  readonly reducers: readonly Reducers[];
  /** For the core; undefined where it need not be told anything. */
  readonly computeOptions: ComputeOptions | undefined;

  private constructor(parts: Parts) {
    this.signal = parts.signal;
    this.evaluator = parts.evaluator;
    this.cache = parts.cache;
    this.clock = parts.clock;
    this.tracer = parts.tracer;
    this.reducers = parts.reducers;
    const given = Object.entries({ signal: parts.signal, evaluator: parts.evaluator, cache: parts.cache, clock: parts.clock }).filter(([, value]) => value !== undefined);
    this.computeOptions = given.length === 0 ? undefined : Object.fromEntries(given);
  }

  static readonly plain = new RunScope({ signal: undefined, evaluator: undefined, cache: undefined, clock: undefined, tracer: undefined, reducers: [] });

  static of({ signal, observer, evaluator, cache, clock }: RunOptions): RunScope {
    return new RunScope({ signal, evaluator: evaluator && acrossRun(evaluator), cache, clock, tracer: observer === undefined ? undefined : new Tracer([observer], clock), reducers: [] });
  }

  /** The scope inside a flow, or inside a node, whose evaluator and cache are no part of it. */
  inside({ signal, observer, evaluator, cache, reducers }: Pick<FlowOptions, 'signal' | 'observer' | 'evaluator' | 'cache' | 'reducers'>): RunScope {
    if (signal === undefined && observer === undefined && evaluator === undefined && cache === undefined && reducers === undefined) return this;
    return new RunScope({
      clock: this.clock,
      signal: signal === undefined || this.signal === undefined ? (signal ?? this.signal) : AbortSignal.any([this.signal, signal]),
      evaluator: evaluator === undefined ? this.evaluator : this.evaluator === undefined ? acrossRun(evaluator) : compose(this.evaluator, acrossRun(evaluator)),
      cache: cache ?? this.cache,
      tracer: observer === undefined ? this.tracer : (this.tracer?.with(observer) ?? new Tracer([observer], this.clock)),
      reducers: reducers === undefined ? this.reducers : [reducers, ...this.reducers],
    });
  }

  /** Throws CANCELLED when nothing may start any more. */
  assertOpen(who: string): void {
    if (this.signal?.aborted === true) throw cancelled(who, this.signal.reason);
  }
}

/** The reason itself where it says already that the run is cancelled, or out of time. */
export function cancelled(who: string, reason: unknown): FlowError {
  if (reason instanceof FlowError && (reason.code === 'CANCELLED' || reason.code === 'TIMEOUT')) return reason;
  return new FlowError('CANCELLED', `${who} was cancelled: ${reason instanceof Error ? reason.message : show(reason)}.`, { path: [who], cause: reason });
}

/** A phase's promise, given up when the signal aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, who: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelled(who, signal.reason));
    const settle = (go: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      go();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then((value) => settle(() => resolve(value)), (error: unknown) => settle(() => reject(error)));
    if (signal.aborted) onAbort(); // the phase itself may have aborted it
  });
}
