import type { Clock } from '../run/clock.ts';

/** What a scenario is played with. Everything asynchronous in it goes by these; then the explorer alone decides what happens when. */
export interface Schedule {
  /** Timers that fire in the order in which they are due, whenever the explorer gets to them. */
  readonly clock: Clock;
  /**
   * A promise that resolves when the explorer opens the gate: the time that a body, a request, a cache takes. It yields the outcome; a function is
   * called when the gate opens, and what it throws is the rejection. With a signal, its abort rejects the promise with the signal's reason.
   */
  gate(name: string): Promise<void>;
  gate<T>(name: string, outcome: T | (() => T), options?: { readonly signal?: AbortSignal }): Promise<T>;
  /** Something that happens at some time: the explorer calls it once. */
  later(name: string, act: () => void): void;
  /** Something that may happen or not; nothing may depend on it. A schedule in which only such things are left stands still. */
  perhaps(name: string, act: () => void): void;
  /** A signal that perhaps aborts. No listener may be left on it when all is done. */
  signal(name: string, reason?: unknown): AbortSignal;
  /** A whole number from 0 to less than `alternatives`, or one of a list: for whatever else may be one way or another. */
  choose(alternatives: number): number;
  choose<T>(alternatives: readonly T[]): T;
  /** Notes that something runs. The second time with one label is a double run, which fails the schedule and throws. */
  once(label: string): void;
  /** Notes that something has begun, of which at most so many may be under way at once; call what it returns when it ends. */
  enter(label: string, most: number): () => void;
  /** A promise that has to settle by the time that nothing moves any more; otherwise its wake-up was lost. Returns the promise. */
  watch<T>(label: string, promise: Promise<T>): Promise<T>;
  /** A line for the account of a failure. */
  note(text: string): void;
}

/** Starts something, and resolves when all that it awaits is done. What it throws is the failure of the schedule: assertions go in here. */
export type Scenario = (schedule: Schedule) => unknown;

/** What a schedule can come to grief by. */
export type FindingKind =
  | 'failure'
  | 'deadlock'
  | 'lost wake-up'
  | 'double run'
  | 'too many at once'
  | 'leftover timer'
  | 'leftover listener'
  | 'unhandled rejection'
  | 'no end';

export interface Finding {
  readonly kind: FindingKind;
  readonly text: string;
  readonly cause?: unknown;
}
