/** How many turns of the promise queue a store may take that takes no time: one in memory, behind a few promises. */
const TURNS = 64;

/** The results of one run that an asynchronous cache is storing. */
export class Stores {
  #underWay = 0;

  add(stored: PromiseLike<unknown>, failed: (error: unknown) => void): void {
    this.#underWay++;
    const isDone = (): unknown => this.#underWay--;
    stored.then(isDone, (error: unknown) => {
      isDone();
      failed(error);
    });
  }

  /** Nothing where all is stored; else resolves when it is, or when that turns out to take time: nobody waits for a network. */
  settled(): Promise<void> | undefined {
    return this.#underWay === 0 ? undefined : this.#turns();
  }

  async #turns(): Promise<void> {
    for (let i = 0; i < TURNS && this.#underWay > 0; i++) await Promise.resolve();
  }
}
