import { FlowError } from '../errors.ts';
import type { Clock } from '../run/clock.ts';
import { Timers } from './timers.ts';
import { turn } from './turn.ts';

/** Time that passes when a test says so. Milliseconds throughout, from 0. */
export interface VirtualClock extends Clock {
  now(): number;
  /** Throws DEFINITION for a wait of more than 2,147,483,647 ms, which the system's timers cannot do. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Lets so many milliseconds pass: timers fire in their order, and what promises set off happens before the next one. Rejects with what a timer throws. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until no timer is left. Rejects with DEFINITION when 100,000 have fired and there are still some. */
  runAll(): Promise<void>;
  /** Timers that are set now. A test that ends with 0 leaves none behind. */
  readonly pending: number;
  /** All waits that were asked for so far, in ms and in order. */
  readonly waits: readonly number[];
}

const MOST_TIMERS = 100_000;

/**
 * A clock for the option `clock`, and for any code that takes `{ now, setTimeout, clearTimeout }`. Tests with it neither sleep nor depend on the machine.
 *
 * @example
 * ```ts
 * import { flowModel, retry } from '@flowmodel/core';
 * import { virtualClock } from '@flowmodel/core/testing';
 *
 * let calls = 0;
 * const flaky = flowModel({ name: 'flaky', inputs: {}, evaluator: retry({ attempts: 3, delay: 1_000 }) }, async () => {
 *   if (++calls < 3) throw new Error('not yet');
 *   return calls;
 * });
 * const clock = virtualClock();
 * const result = flaky().flow.compute({}, { clock });
 * await clock.advance(3_000); // waits of one and of two seconds
 * console.log((await result).value, clock.now(), clock.pending); // 3 3000 0
 * ```
 */
export function virtualClock(): VirtualClock {
  return new Virtual();
}

class Virtual extends Timers implements VirtualClock {
  async advance(ms: number): Promise<void> {
    const end = this.now() + ms;
    for (;;) {
      await turn();
      const timer = this.next;
      if (timer === undefined || timer.at > end) break;
      this.fire(timer);
    }
    this.moveTo(end);
  }

  async runAll(): Promise<void> {
    for (let fired = 0; ; fired++) {
      await turn();
      const timer = this.next;
      if (timer === undefined) return;
      if (fired === MOST_TIMERS) throw new FlowError('DEFINITION', `runAll: ${MOST_TIMERS} timers have fired and ${this.pending} are set. Something sets timers for ever; use advance(ms).`);
      this.fire(timer);
    }
  }
}
