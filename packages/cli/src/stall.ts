/** Something waits for a promise, and no timer, connection or file is left that could settle it: Node would end the process without a word. */
export class StallError extends Error {
  override readonly name = 'StallError';
}

export class Stall {
  /** Rejects with a StallError. */
  readonly happened: Promise<never>;
  /** Who waits. */
  waiting: () => string = () => 'the command';
  #listener!: () => void;

  constructor() {
    this.happened = new Promise((_, reject) => {
      this.#listener = () => reject(new StallError(`${this.waiting()} will never be done: a promise is waited for, and nothing is left that could settle it.`));
    });
    process.once('beforeExit', this.#listener);
  }

  end(): void {
    process.off('beforeExit', this.#listener);
  }
}
