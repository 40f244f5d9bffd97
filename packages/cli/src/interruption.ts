/** Ctrl-C aborts what runs; a second one does not wait for that. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof EXIT_CODES;

export class Interruption {
  readonly #controller = new AbortController();
  readonly #listeners: readonly (readonly [Signal, () => void])[];
  #received: Signal | undefined;
  #isArmed = false;

  constructor() {
    const names = Object.keys(EXIT_CODES) as Signal[];
    this.#listeners = names.map((name) => [name, () => this.#receive(name)] as const);
    for (const [name, listener] of this.#listeners) process.on(name, listener);
  }

  /** From now on a first signal aborts; before, there is nothing to abort, and it ends the process. */
  arm(): AbortSignal {
    this.#isArmed = true;
    return this.#controller.signal;
  }

  /** What a shell expects of a process that was interrupted; undefined when it was not. */
  get exitCode(): number | undefined {
    return this.#received === undefined ? undefined : EXIT_CODES[this.#received];
  }

  /** As the signal would. */
  stop(name: Signal): void {
    this.#received ??= name;
    if (!this.#isArmed) process.exit(EXIT_CODES[name]);
    this.#controller.abort(new Error(name === 'SIGINT' ? 'interrupted' : 'terminated'));
  }

  #receive(name: Signal): void {
    if (this.#received !== undefined) process.exit(EXIT_CODES[name]);
    this.stop(name);
  }

  end(): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener);
  }
}
