import type { Clock } from '@flowmodel/core';

/** The system's time, for limiters that live outside runs. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  setTimeout: (callback: () => void, ms: number): unknown => setTimeout(callback, ms),
  clearTimeout: (timer: unknown): void => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
});
