import type { Place } from './identity.ts';
import type { Solo } from './solo.ts';

/** A body's place among the working ones. Bodies that only orchestrate work without taking one of the limited places. */
export interface Seat {
  isTaken: boolean;
  readonly isCounted: boolean;
}

/**
 * Who may work: cells that can start, first come first served, and bodies that want their place back.
 *
 * - `active`: taken places that count, never more than `limit`.
 * - `working`: all taken places. At 0 with nothing queued nothing can happen any more but by a body's own doing.
 */
export class Seats {
  readonly limit: number;
  active = 0;
  working = 0;
  /** Waiting from `#head` up to `#tail`. Emptied, it keeps its room: to cut an array to nothing and grow it again costs more than a small body. */
  readonly #queue: (Place | Solo | undefined)[] = [];
  /** Cells of orchestrating models: they need no place. */
  readonly #free: Place[] = [];
  readonly #resumes: (() => void)[] = [];
  #head = 0;
  #tail = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get isIdle(): boolean {
    return this.working === 0 && this.#free.length === 0 && this.#head === this.#tail && this.#resumes.length === 0;
  }

  /** Whether who comes now may begin at once. */
  get isFree(): boolean {
    return this.active < this.limit && this.#head === this.#tail && this.#free.length === 0 && this.#resumes.length === 0;
  }

  push(place: Place): void {
    if (place.act.plan.models[place.cell]!.definition.orchestrates) this.#free.push(place);
    else this.#queue[this.#tail++] = place;
  }

  pushSolo(solo: Solo): void {
    this.#queue[this.#tail++] = solo;
  }

  take(seat: Seat): void {
    seat.isTaken = true;
    this.working++;
    if (seat.isCounted) this.active++;
  }

  release(seat: Seat): void {
    if (!seat.isTaken) return;
    seat.isTaken = false;
    this.working--;
    if (seat.isCounted) this.active--;
  }

  /** The same for a body that never asks for anything, and so never gives its place back before its end. */
  takeOne(isCounted: boolean): void {
    this.working++;
    if (isCounted) this.active++;
  }

  releaseOne(isCounted: boolean): void {
    this.working--;
    if (isCounted) this.active--;
  }

  hasRoomFor(seat: Seat): boolean {
    return !seat.isCounted || this.active < this.limit;
  }

  /** Calls back once there is room; at once if there is. */
  whenFree(seat: Seat, go: () => void): void {
    if (this.hasRoomFor(seat)) go();
    else this.#resumes.push(go);
  }

  /** The next thing to do, bodies that continue first; undefined when there is nothing, or no room. */
  next(): Place | Solo | (() => void) | undefined {
    if (this.#free.length > 0) return this.#free.shift();
    if (this.active >= this.limit) return undefined;
    if (this.#resumes.length > 0) return this.#resumes.shift();
    if (this.#head === this.#tail) return undefined;
    const place = this.#queue[this.#head];
    this.#queue[this.#head++] = undefined;
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    return place;
  }

  clear(): void {
    this.#queue.length = this.#head = this.#tail = this.#resumes.length = this.#free.length = 0;
  }
}
