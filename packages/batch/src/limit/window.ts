import { FlowError } from '@flowmodel/core';
import { show } from '@flowmodel/core/extending';
import { problem } from './options.ts';
import type { ReadRate } from './options.ts';

/** What was taken of one rate, and when: a window that slides. Entries leave as they age. */
export class Window {
  readonly rate: ReadRate;
  readonly #times: number[] = [];
  readonly #costs: number[] = [];
  #head = 0;
  #used = 0;

  constructor(rate: ReadRate) {
    this.rate = rate;
  }

  /** What an attempt will take. Throws DEFINITION for what is no cost, RATE_LIMIT for more than the window ever has. */
  costOf(who: string, inputs: unknown): number {
    const { cost, limit } = this.rate;
    if (cost === undefined) return 1;
    const taken: unknown = cost(inputs as never); // what the author of `cost` said the inputs are
    if (typeof taken !== 'number' || !(taken >= 0)) throw problem(who, `expected 'cost' to yield a number from 0 up, got ${show(taken)}`);
    if (taken > limit) throw new FlowError<'RATE_LIMIT'>('RATE_LIMIT', `${who}: one attempt costs ${taken}, more than the ${limit} of a whole window: it would wait for ever. Make it smaller, or raise the limit.`);
    return taken;
  }

  /** Milliseconds until so much can be taken; 0: now. */
  waitFor(cost: number, now: number): number {
    this.#prune(now);
    let excess = this.#used + cost - this.rate.limit;
    if (excess <= TINY) return 0;
    for (let i = this.#head; i < this.#times.length; i++) {
      excess -= this.#costs[i]!;
      if (excess <= TINY) return this.#times[i]! + this.rate.interval - now;
    }
    return this.rate.interval; // never more than a whole window, see costOf
  }

  take(cost: number, now: number): void {
    if (cost === 0) return;
    this.#times.push(now);
    this.#costs.push(cost);
    this.#used += cost;
  }

  /** Whether what was taken then was still counted; it is not any more. */
  remove(cost: number, at: number): boolean {
    for (let i = this.#times.length - 1; i >= this.#head && this.#times[i]! >= at; i--) {
      if (this.#times[i] !== at || this.#costs[i] !== cost) continue;
      this.#times.splice(i, 1);
      this.#costs.splice(i, 1);
      this.#used -= cost;
      return true;
    }
    return cost === 0;
  }

  /** What `remove` removed. */
  putBack(cost: number, at: number): void {
    if (cost === 0) return;
    const i = this.#times.findLastIndex((time) => time <= at) + 1;
    this.#times.splice(Math.max(i, this.#head), 0, at);
    this.#costs.splice(Math.max(i, this.#head), 0, cost);
    this.#used += cost;
  }

  count(now: number): number {
    this.#prune(now);
    return this.#used;
  }

  #prune(now: number): void {
    const { interval } = this.rate;
    while (this.#head < this.#times.length && now - this.#times[this.#head]! >= interval) this.#used -= this.#costs[this.#head++]!;
    if (this.#head === this.#times.length) {
      this.#used = 0; // what rounding left
      this.#times.length = this.#costs.length = this.#head = 0;
    } else if (this.#head > 1_024 && this.#head > this.#times.length / 2) {
      this.#times.splice(0, this.#head);
      this.#costs.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

/** Sums of fractions are not exact. */
const TINY = 1e-9;
