/** Work that ends when a test says so, and counts how much of it is under way. */
export class Desk {
  active = 0;
  peak = 0;
  readonly started: string[] = [];
  readonly #open: { readonly name: string; end(outcome: () => unknown): void }[] = [];

  work(name: string): Promise<unknown> {
    this.started.push(name);
    this.peak = Math.max(this.peak, ++this.active);
    return new Promise((resolve, reject) => {
      this.#open.push({
        name,
        end: (outcome) => {
          this.active--;
          try {
            resolve(outcome());
          } catch (error) {
            reject(error);
          }
        },
      });
    });
  }

  get waiting(): number {
    return this.#open.length;
  }

  /** Ends the oldest, or the one of that name. */
  async end(name?: string, outcome: () => unknown = () => name): Promise<void> {
    const at = name === undefined ? 0 : this.#open.findIndex((one) => one.name === name);
    const [one] = this.#open.splice(at, 1);
    one!.end(outcome);
    await settled();
  }

  async endAll(): Promise<void> {
    await settled();
    while (this.#open.length > 0) await this.end();
  }
}

/** Everything that follows from what has happened has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
