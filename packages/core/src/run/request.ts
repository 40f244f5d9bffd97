/** One wait of a body: for a nested evaluation, or for a lazy branch. The body gives its place back until it is there. */
import type { Activation } from './activation.ts';
import type { Asks } from './asks.ts';
import type { Caller, RunServices, Wait } from './caller.ts';
import type { Run } from './run.ts';
import { Failure, PENDING } from './states.ts';

export class Request implements Wait {
  readonly act: Activation;
  readonly cell: number;
  readonly promise: Promise<unknown>;
  readonly #run: Run;
  readonly #caller: Caller;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;
  /** What the body is to be handed, once that is known. */
  #found: unknown = undefined;

  constructor(run: Run, caller: Caller, act: Activation, cell: number) {
    this.#run = run;
    this.#caller = caller;
    this.act = act;
    this.cell = cell;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    caller.waits.add(this);
    run.open.add(this);
    run.seats.release(caller);
    caller.pause();
  }

  /** The cell has its outcome: a value or a `Failure`. */
  settle(outcome: unknown): void {
    if (!this.#caller.waits.delete(this)) return;
    this.#found = outcome;
    const { seats } = this.#run;
    if (!this.#isAtWork()) return this.deliver();
    if (this.#caller.holds.length === 0 && seats.hasRoomFor(this.#caller)) {
      seats.take(this.#caller);
      return this.deliver();
    }
    this.#caller.deliveries.add(this);
    seats.whenFree(this.#caller, () => {
      if (this.#isAtWork()) seats.take(this.#caller);
      this.#caller.resume(() => {
        if (this.#caller.deliveries.delete(this)) this.deliver();
      });
    });
  }

  /** Ends the wait with an error. */
  break(error: unknown): void {
    this.settle(new Failure(error));
  }

  /** Hands over what was found, wherever the body's place is. */
  deliver(): void {
    this.#run.open.delete(this);
    const found = this.#found;
    if (found instanceof Failure) this.#refuse(found.error);
    else this.#resolve(found);
  }

  /** The run is over. */
  reject(error: unknown): void {
    this.#refuse(error);
  }

  move(services: RunServices, target: Activation): void {
    if (!this.#caller.waits.delete(this)) return;
    this.#run.open.delete(this);
    (services as Asks).request(this.#caller, target, this.cell).then(this.#resolve, (error: unknown) => this.#refuse(error));
  }

  /** Nobody is obliged to await what a body asked for: a dependency called for and not used is no crash. */
  #refuse(error: unknown): void {
    this.promise.catch(ignore);
    this.#reject(error);
  }

  /** Whether the body works on as soon as it has what it waited for. */
  #isAtWork(): boolean {
    const { act, cell, waits, isTaken } = this.#caller;
    return act.values[cell] === PENDING && waits.size === 0 && !isTaken;
  }
}

const ignore = (): void => {};
