/** One wait of a body: for a nested evaluation, or for a lazy branch. The body gives its place back until it is there. */
import type { Activation, Waiter } from './activation.ts';
import type { Asks } from './asks.ts';
import type { Caller, Delivery, RunServices, Wait } from './caller.ts';
import type { Receiver } from './flow-run.ts';
import type { Open } from './open.ts';
import type { Run } from './run.ts';
import type { Seats } from './seats.ts';
import { Failure } from './states.ts';

export class Request implements Open, Wait, Waiter, Delivery {
  before: Open | undefined = undefined;
  after: Open | undefined = undefined;
  readonly act: Activation;
  readonly cell: number;
  readonly #run: Run;
  readonly #caller: Caller;
  readonly #receiver: Receiver;
  /** What the body is to be handed, once that is known. */
  #found: unknown = undefined;

  constructor(run: Run, caller: Caller, act: Activation, cell: number, receiver: Receiver) {
    this.#run = run;
    this.#caller = caller;
    this.#receiver = receiver;
    this.act = act;
    this.cell = cell;
    caller.waits.add(this);
    run.open.add(this);
    run.seats.release(caller);
    caller.pause();
  }

  /** The cell has its outcome: a value or a `Failure`. */
  told(outcome: unknown): void {
    this.#run.managed?.inherit(this.#caller, this.act, this.cell);
    this.#run.asks.release(this.act, this.cell);
    this.#settle(outcome);
  }

  /** Ends the wait with an error. */
  break(error: unknown): void {
    this.#settle(new Failure(error));
  }

  #settle(outcome: unknown): void {
    if (!this.#caller.waits.delete(this)) return;
    this.#found = outcome;
    deliverInPlace(this.#run.seats, this.#caller, this);
  }

  /** Hands over what was found, wherever the body's place is. */
  deliver(): void {
    if (!this.#run.open.delete(this)) return; // the run is over, and the body was told so
    const found = this.#found;
    if (found instanceof Failure) this.#receiver.reject(found.error);
    else this.#receiver.resolve(found);
  }

  /** The run is over. */
  reject(reason: unknown): void {
    this.#receiver.reject(reason);
  }

  move(services: RunServices, target: Activation): void {
    if (!this.#caller.waits.delete(this)) return;
    this.#run.open.delete(this);
    (services as Asks).request(this.#caller, target, this.cell, this.#receiver);
  }
}

/** Hands a body what it waited for as soon as it has its place back; at once if it has no need of one. */
export function deliverInPlace(seats: Seats, caller: Caller, delivery: Delivery): void {
  if (!caller.isReady || caller.isTaken) return delivery.deliver();
  if (caller.holds.length === 0 && seats.hasRoomFor(caller)) {
    seats.take(caller);
    return delivery.deliver();
  }
  caller.deliveries.add(delivery);
  seats.whenFree(caller, () => {
    if (caller.isReady && !caller.isTaken) seats.take(caller);
    caller.resume(() => {
      if (caller.deliveries.delete(delivery)) delivery.deliver();
    });
  });
}

/** Receives for a promise. Nobody is obliged to await it: a dependency called for and not used is no crash. */
export class Deferred implements Receiver {
  readonly promise: Promise<unknown>;
  resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.#reject = reject;
    });
  }

  reject(reason: unknown): void {
    this.promise.catch(ignore);
    this.#reject(reason);
  }
}

const ignore = (): void => {};
