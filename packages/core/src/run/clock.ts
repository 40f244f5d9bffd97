/** Time, as the engine and its evaluators see it; tests put a virtual one in its place by the option `clock`. Milliseconds throughout. */
export interface Clock {
  /** A time that never goes back; only differences mean something. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
};

/** The longest wait that timers can do; longer ones would fire at once. */
export const LONGEST_WAIT = 2 ** 31 - 1;
