import type { Clock } from '@flowmodel/core';

/** Time that passes when a test says so. */
export class ManualClock implements Clock {
  #now = 0;
  #last = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  /** The waits that were asked for, in ms. */
  readonly waits: number[] = [];

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): number {
    this.waits.push(ms);
    this.#timers.set(++this.#last, { at: this.#now + ms, callback });
    return this.#last;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Lets everything happen that happens within so many ms, promises included. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = [...this.#timers].filter(([, { at }]) => at <= end).toSorted(([a, x], [b, y]) => x.at - y.at || a - b)[0];
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.#now = next[1].at;
      next[1].callback();
    }
    this.#now = end;
  }
}
