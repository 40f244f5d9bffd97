import type { FlowContext } from '../context/flow-context.ts';
import type { ModelYielding } from '../types.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';

export interface Progress {
  readonly completed: number;
  readonly total?: number;
  readonly failed?: number;
  readonly message?: string;
}

/** Options of one nested evaluation. */
export interface NestedOptions {
  /** When it fires, the promise rejects with CANCELLED, and what nobody else in the run waits for ends: its bodies' `run.signal` fires, and no further one starts. */
  readonly signal?: AbortSignal | undefined;
}

/** A body's view of the run that it is part of; the second argument of bodies. */
export interface FlowRun {
  /** Fires when the run is cancelled or over. */
  readonly signal: AbortSignal;
  /** 1 on the first attempt. */
  readonly attempt: number;
  /**
   * Evaluates a model inside this run, with its dedupe, signal and limits, and yields the unwrapped value.
   * Without `context` the model sees the fields that the caller itself consumes and no others; a given one replaces them.
   * Rejects as `compute` does, and with CYCLE when the model waits for its caller.
   */
  compute<V>(model: ModelYielding<V>, context?: object | FlowContext, options?: NestedOptions): Promise<V>;
  /** As `compute`, without promises. */
  computeSync<V>(model: ModelYielding<V>, context?: object | FlowContext): V;
  /** Says how far the body has come. */
  progress(progress: Progress): void;
}

/** What a body may know of its run beyond `FlowRun`. */
export interface BodyServices {
  readonly clock: Clock;
  /** Under `computeSync`: nothing may wait. */
  readonly isSync: boolean;
}

/** Where the engine's own `run` objects carry their services. */
export const runBrand: unique symbol = Symbol.for('flowmodel.run') as never;

const DETACHED: BodyServices = Object.freeze({ clock: systemClock, isSync: false });

/**
 * The clock of a body's run, and whether it may wait, for packages whose bodies keep time. A `run` that the engine did not make (a test's own) has the system's clock.
 *
 * @example
 * ```ts
 * const timed = flowModel({ name: 'timed', inputs: {} }, (_, run) => runServices(run).clock.now());
 * console.log(typeof (await timed().flow.compute()).value); // number
 * ```
 */
export const runServices = (run: FlowRun): BodyServices => (run as Partial<Record<typeof runBrand, BodyServices>>)[runBrand] ?? DETACHED;
