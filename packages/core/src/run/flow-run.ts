import type { FlowContext } from '../context/flow-context.ts';
import type { ModelYielding } from '../types.ts';

export interface Progress {
  readonly completed: number;
  readonly total?: number;
  readonly failed?: number;
  readonly message?: string;
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
  compute<V>(model: ModelYielding<V>, context?: object | FlowContext): Promise<V>;
  /** As `compute`, without promises. */
  computeSync<V>(model: ModelYielding<V>, context?: object | FlowContext): V;
  /** Says how far the body has come. */
  progress(progress: Progress): void;
}
