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

/** Who is told what becomes of a nested evaluation. */
export interface Receiver {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What a body may know of its run beyond `FlowRun`. */
export interface BodyServices {
  readonly clock: Clock;
  /** Under `computeSync`: nothing may wait. */
  readonly isSync: boolean;
}

/** Where the engine's own `run` objects carry their services. */
export const runBrand: unique symbol = Symbol.for('flowmodel.run') as never;

/** Where the engine's own `run` objects take requests without a promise. */
export const askBrand: unique symbol = Symbol.for('flowmodel.ask') as never;

export interface Asking {
  [askBrand](model: object, context: object | undefined, signal: AbortSignal | undefined, receiver: Receiver): void;
}

/**
 * `run.compute` for bodies that ask for very many evaluations: a receiver is told what becomes of each, in the moment in which it is known, which may be before this
 * returns, and no promise is made. The receiver must not throw.
 *
 * @example
 * ```ts
 * import { computeInto } from '@flowmodel/core/extending';
 * const square = flowModel({ name: 'square', inputs: { n: FromContext(z.number()) } }, ({ n }) => n * n)();
 * const both = flowModel({ name: 'both', inputs: {} }, (_, run) => new Promise<number[]>((resolve, reject) => {
 *   const squares: number[] = [];
 *   const receiver = { resolve: (value: unknown) => void (squares.push(value as number) === 2 && resolve(squares)), reject };
 *   for (const n of [3, 4]) computeInto(run, square, { n }, {}, receiver);
 * }));
 * console.log((await both().flow.compute()).value); // [ 9, 16 ]
 * ```
 */
export function computeInto(run: FlowRun, model: ModelYielding<unknown>, context: object | undefined, { signal }: NestedOptions, receiver: Receiver): void {
  if (askBrand in run) (run as FlowRun & Asking)[askBrand](model, context, signal, receiver);
  else run.compute(model, context, { signal }).then((value) => receiver.resolve(value), (error: unknown) => receiver.reject(error));
}

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
