/** What a run owes an answer. */

/** Somebody who waits for the run: the caller for all of it, a body for a part. */
export interface Open {
  /** The others of its run, in a ring; see `OpenOnes`. */
  before: Open | undefined;
  after: Open | undefined;
  /** The run is over without an answer. */
  reject(reason: unknown): void;
}

/** Those of one run, in the order of asking. A ring through themselves: to join a set and leave it again costs as much as a small evaluation. */
export class OpenOnes {
  #first: Open | undefined = undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  add(one: Open): void {
    const first = this.#first;
    if (first === undefined) {
      this.#first = one.before = one.after = one;
      return;
    }
    const last = first.before!;
    one.before = last;
    one.after = first;
    first.before = last.after = one;
  }

  /** False if it is not in here any more. */
  delete(one: Open): boolean {
    const { before, after } = one;
    if (after === undefined) return false;
    before!.after = after;
    after.before = before;
    one.before = one.after = undefined;
    if (this.#first === one) this.#first = after === one ? undefined : after;
    return true;
  }

  /** Tells all of them that the run is over. */
  rejectAll(reason: unknown): void {
    for (let one = this.#first; one !== undefined; one = this.#first) {
      this.delete(one);
      one.reject(reason);
    }
  }
}
