/**
 * Who may work, and when: the one limiter behind `createLimiter`, throttles and batches. Neither p-limit nor p-queue serves here: their timers are the system's and
 * cannot be put under a test's control, an admitted task cannot give its place back while it waits for a nested evaluation and take it again, p-limit knows no rates, and p-queue counts
 * starts but no costs and cannot be told to hold off until a provider's Retry-After is over.
 *
 * The state, and what always holds:
 * - `active`: places taken; never raised above `limit`. After `resize` to less it may be above until enough have left.
 * - `resuming`: those at work before that want their place back. They pass nobody's window, and come before everybody who has not begun.
 * - `early`: those that had been admitted, and could not begin because another gate made them wait: they come before everybody else who has not begun.
 * - `waiting`: those that have not begun, first come first served. The first one takes from every window and takes its place in the same moment, so that no
 *   place is held while a window is waited for, and no start comes later than what it was counted for.
 * - `reserved`: those that have a place and have not begun, since they wait for what else they need. Who was at work before takes their place, lest each waits for the other.
 * - `timer`: set if and only if the first one waits for a window or a pause, and for nothing else.
 */
import type { Clock } from '@flowmodel/core';
import type { ReadOptions } from './options.ts';
import { Window } from './window.ts';

/** What every limiter says of itself. */
export interface LimiterStats {
  /** At work now. */
  readonly active: number;
  /** Waiting to begin. */
  readonly queued: number;
  /** Begun so far. */
  readonly admitted: number;
  /** What the window of the (first) rate holds now: attempts, or their costs. 0 without a rate. */
  readonly windowCount: number;
  /** How many may be at work at once, now. */
  readonly limit: number;
  /** Attempts that failed because a provider said "too many". */
  readonly rateLimited: number;
}

/** Somebody who wants to work. */
export interface Applicant {
  /** Per window. */
  readonly costs: readonly number[];
  go(): void;
  /** Told when everybody who waits is sent away. */
  refuse?(error: Error): void;
}

const LONGEST_WAIT = 2 ** 31 - 1;
const FREE: readonly number[] = [];

/** Counts of one gate, or of several together. */
export interface Totals {
  active: number;
  queued: number;
  admitted: number;
  rateLimited: number;
}

export const noTotals = (): Totals => ({ active: 0, queued: 0, admitted: 0, rateLimited: 0 });

let made = 0;

export class Gate {
  /** Whoever takes places of several gates takes them in this order, so that two never wait for each other. */
  readonly order = made++;
  limit: number;
  readonly clock: Clock;
  /** When the latest one was let in, by what windows count; read at once. */
  admittedAt = 0;
  readonly #windows: readonly Window[];
  #active = 0;
  readonly #totals: Totals;
  readonly #resuming = new Set<() => void>();
  readonly #waiting = new Set<Applicant>();
  readonly #early = new Set<Applicant>();
  readonly #reserved = new Set<() => void>();
  #refusal: (() => Error) | undefined = undefined;
  #whenIdle: (() => void)[] = [];
  #timer: unknown = undefined;
  #heldUntil = -Infinity;
  #isPumping = false;

  constructor({ concurrency, rates }: ReadOptions, clock: Clock, totals = noTotals()) {
    this.#totals = totals;
    this.limit = concurrency;
    this.clock = clock;
    this.#windows = rates.map((rate) => new Window(rate));
  }

  /** What an attempt will take of each window. Throws DEFINITION, RATE_LIMIT, and what `cost` throws. */
  costsOf(who: string, inputs: unknown): readonly number[] {
    return this.#windows.length === 0 ? FREE : this.#windows.map((window) => window.costOf(who, inputs));
  }

  /** Begins at once if nobody has to wait; otherwise false, and nothing has changed. Throws once the gate is closed. */
  tryEnter(costs: readonly number[] = FREE): boolean {
    if (this.#refusal !== undefined) throw this.#refusal();
    if (this.#active >= this.limit || this.#waiting.size > 0 || this.#early.size > 0 || this.#resuming.size > 0 || this.#waitMs(costs) > 0) return false;
    this.#admit(costs);
    return true;
  }

  /** Calls `go` when the applicant may begin, which may be now; returns how to leave the queue, which is harmless afterwards. */
  enter(applicant: Applicant, isEarly = false): () => void {
    if (this.#refusal !== undefined) {
      applicant.refuse?.(this.#refusal());
      return () => {};
    }
    const queue = isEarly ? this.#early : this.#waiting;
    queue.add(applicant);
    this.#totals.queued++;
    this.#pump();
    return () => {
      if (!queue.delete(applicant)) return;
      this.#totals.queued--;
      this.#pump();
    };
  }

  /** Somebody is done, or waits for something else meanwhile. */
  leave(): void {
    this.#active--;
    this.#totals.active--;
    this.#pump();
    this.#tellIfIdle();
  }

  /** What was admitted at that time begins now: its costs count from now on. False if the windows, or a pause, do not allow that. */
  redate(costs: readonly number[], since: number): boolean {
    if (this.#windows.length === 0 && this.#heldUntil === -Infinity) return true;
    const now = (this.admittedAt = this.clock.now());
    const wasCounted = this.#windows.map((window, i) => window.remove(costs[i]!, since));
    if (this.#waitMs(costs) === 0) {
      this.#windows.forEach((window, i) => window.take(costs[i]!, now));
      return true;
    }
    this.#windows.forEach((window, i) => wasCounted[i] === true && window.putBack(costs[i]!, since));
    return false;
  }

  /** Somebody admitted at that time has not begun after all: it counts nowhere. */
  takeBack(costs: readonly number[], since: number): void {
    this.#windows.forEach((window, i) => window.remove(costs[i]!, since));
    this.#totals.admitted--;
    this.#pump();
  }

  /** Sends away everybody who has not begun, and whoever comes; resolves when nobody is at work any more. */
  close(refusal: () => Error): Promise<void> {
    this.#refusal = refusal;
    for (const applicant of this.clear()) applicant.refuse?.(refusal());
    const idle = new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    this.#tellIfIdle();
    return idle;
  }

  #tellIfIdle(): void {
    if (this.#whenIdle.length === 0 || this.#active > 0) return;
    for (const tell of this.#whenIdle.splice(0)) tell();
  }

  /** Calls back once there is a place for somebody who has begun before. */
  reenter(go: () => void): void {
    this.#resuming.add(go);
    this.#pump();
  }

  /** Whoever has a place does not work yet: `lose` tells that somebody who was at work before has got it. Returns how to begin. */
  reserve(lose: () => void): () => void {
    this.#reserved.add(lose);
    this.#pump();
    return () => void this.#reserved.delete(lose);
  }

  /** From the very next admission on. */
  resize(limit: number): void {
    this.limit = limit;
    this.#pump();
  }

  /** Sends away everybody who has not begun. */
  clear(): readonly Applicant[] {
    const gone = [...this.#early, ...this.#waiting];
    this.#totals.queued -= gone.length;
    this.#early.clear();
    this.#waiting.clear();
    this.#stopTimer();
    return gone;
  }

  stats(): LimiterStats {
    return Object.freeze({ ...this.#totals, windowCount: this.windowCount, limit: this.limit });
  }

  get windowCount(): number {
    return this.#windows[0]?.count(this.clock.now()) ?? 0;
  }

  /** An attempt failed because a provider said "too many"; it may have said for how long. */
  noteRateLimit(retryAfterMs: number | undefined): void {
    this.#totals.rateLimited++;
    if (retryAfterMs !== undefined) this.#heldUntil = Math.max(this.#heldUntil, this.clock.now() + retryAfterMs); // a timer that comes too early waits again
  }

  /** One loop at a time: who is let in may leave, or send others in, before `go` returns. */
  #pump(): void {
    if (this.#isPumping) return;
    if (this.#waiting.size === 0 && this.#early.size === 0 && this.#resuming.size === 0) return this.#stopTimer(); // nobody is there, which is the rule
    this.#isPumping = true;
    try {
      for (;;) {
        if (this.#resuming.size > 0) this.#makeRoom();
        if (this.#active >= this.limit) break;
        const [resumed] = this.#resuming;
        if (resumed !== undefined) {
          this.#resuming.delete(resumed);
          this.#active++;
          this.#totals.active++;
          resumed();
          continue;
        }
        const queue = this.#early.size > 0 ? this.#early : this.#waiting;
        const [first] = queue;
        if (first === undefined) break;
        const wait = this.#waitMs(first.costs);
        if (wait > 0) {
          this.#setTimer(wait);
          return;
        }
        queue.delete(first);
        this.#totals.queued--;
        this.#admit(first.costs);
        first.go();
      }
      this.#stopTimer();
    } finally {
      this.#isPumping = false;
    }
  }

  #makeRoom(): void {
    for (const lose of this.#reserved) {
      if (this.#active < this.limit) return;
      this.#reserved.delete(lose);
      this.#active--;
      this.#totals.active--;
      lose();
    }
  }

  #admit(costs: readonly number[]): void {
    this.#active++;
    this.#totals.active++;
    this.#totals.admitted++;
    if (this.#windows.length === 0) return;
    const now = (this.admittedAt = this.clock.now());
    this.#windows.forEach((window, i) => window.take(costs[i]!, now));
  }

  #waitMs(costs: readonly number[]): number {
    if (this.#windows.length === 0 && this.#heldUntil === -Infinity) return 0;
    const now = this.clock.now();
    let wait = Math.max(0, this.#heldUntil - now);
    this.#windows.forEach((window, i) => (wait = Math.max(wait, window.waitFor(costs[i]!, now))));
    return wait;
  }

  #setTimer(ms: number): void {
    this.#stopTimer();
    this.#timer = this.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, Math.min(ms, LONGEST_WAIT));
  }

  #stopTimer(): void {
    if (this.#timer === undefined) return;
    this.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
