import { FlowError, show } from '../errors.ts';
import { LONGEST_WAIT } from '../run/clock.ts';
import type { Clock } from '../run/clock.ts';

export interface Timer {
  /** When it is due, on the clock that it belongs to. */
  readonly at: number;
  /** The wait that was asked for. */
  readonly ms: number;
  readonly callback: () => void;
}

/** Timers that fire when somebody says so; time stands still in between. */
export class Timers implements Clock {
  #now = 0;
  /** In the order in which they were set. */
  readonly #set = new Set<Timer>();
  readonly waits: number[] = [];

  now(): number {
    return this.#now;
  }

  /** Throws DEFINITION for a wait that no system's timer can do: those fire at once, which nobody means. */
  setTimeout(callback: () => void, ms = 0): unknown {
    if (Number.isNaN(ms) || ms > LONGEST_WAIT) throw new FlowError('DEFINITION', `A timer waits 0 to ${LONGEST_WAIT} ms, got ${show(ms)}. The system's timers would fire at once.`);
    const wait = Math.max(ms, 0);
    const timer: Timer = { at: this.#now + wait, ms: wait, callback };
    this.waits.push(wait);
    this.#set.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#set.delete(timer as Timer);
  }

  get pending(): number {
    return this.#set.size;
  }

  /** The one that is due first; of those due at the same time, the one that was set first. */
  get next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#set) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }

  /** Lets it be the time of a timer, and calls it back. */
  fire(timer: Timer): void {
    this.#set.delete(timer);
    this.moveTo(timer.at);
    timer.callback();
  }

  moveTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }
}
