import { RateLimitError } from '@flowmodel/batch';
import type { Clock } from '@flowmodel/core';

/** A provider in virtual time: so many requests at once are answered after 200 ms, more are refused after 20 ms and told to come again in a second. Halfway its capacity falls. */
export class Provider {
  requests = 0;
  answered = 0;
  active = 0;
  readonly #clock: Clock;
  readonly #capacityAt: (ms: number) => number;

  constructor(clock: Clock, capacityAt: (ms: number) => number) {
    this.#clock = clock;
    this.#capacityAt = capacityAt;
  }

  async ask(question: number): Promise<number> {
    this.requests++;
    if (this.active >= this.#capacityAt(this.#clock.now())) {
      await this.#wait(20);
      throw new RateLimitError('too many requests', { retryAfter: 1 });
    }
    this.active++;
    await this.#wait(200);
    this.active--;
    this.answered++;
    return question * 2;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.setTimeout(() => resolve(), ms));
  }
}
