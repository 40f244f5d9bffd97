import type { Evaluation } from '@flowmodel/core';
import type { Gate } from './gate.ts';

const nothing = (): void => {};

/** One passage of an evaluation through one gate, from the first wish to the end of its attempt. */
export class Pass {
  readonly gate: Gate;
  readonly costs: readonly number[];
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** Whether it has a place now. */
  isHeld = false;
  /** Whether it was let in, so that after every wait it wants its place back. */
  isIn = false;
  isOver = false;
  /** The same gate stands once more further inside, and it is that passage which counts and is heard. */
  isPassedOn = false;
  /** Why it is sent away. */
  refusal: Error | undefined = undefined;
  #since = 0;
  #leaveQueue = nothing;
  #unreserve = nothing;

  constructor(gate: Gate, costs: readonly number[], { attempt, signal }: Pick<Evaluation, 'attempt' | 'signal'>) {
    this.gate = gate;
    this.costs = costs;
    this.attempt = attempt;
    this.signal = signal;
  }

  /** Neither over nor given up: a body that goes on after that keeps its place to its end, and has no part in what the next attempt does. */
  get isWanted(): boolean {
    return !this.isOver && !this.signal.aborted;
  }

  /** Throws once the gate is closed. */
  tryEnter(): boolean {
    if (!this.gate.tryEnter(this.costs)) return false;
    this.#admitted();
    return true;
  }

  /** Resolves when it is let in, sent away, or over. */
  queue(isEarly: boolean): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#admitted();
        this.#unreserve = this.gate.reserve(() => (this.isHeld = false));
        resolve();
      };
      const refuse = (error: Error): void => {
        this.refusal = error;
        resolve();
      };
      const leave = this.gate.enter({ costs: this.costs, go, refuse }, isEarly);
      this.#leaveQueue = () => {
        leave();
        resolve();
      };
    });
  }

  #admitted(): void {
    this.isHeld = this.isIn = true;
    this.#since = this.gate.admittedAt;
  }

  /** Whether the body may begin now, as far as this gate is concerned: its costs count from now on. If not, it is as if it had never been let in. */
  mayBegin(): boolean {
    this.#unreserve();
    if (this.gate.redate(this.costs, this.#since)) {
      this.#since = this.gate.admittedAt;
      return true;
    }
    this.isIn = false;
    this.gate.takeBack(this.costs, this.#since);
    this.give();
    return false;
  }

  give(): void {
    this.#unreserve();
    if (!this.isHeld) return;
    this.isHeld = false;
    this.gate.leave();
  }

  /** Takes its place back, before everybody who has not begun. */
  reenter(go: () => void): void {
    this.gate.reenter(() => {
      this.isHeld = true;
      if (this.isOver) this.give();
      go();
    });
  }

  end(): void {
    this.isOver = true;
    this.#leaveQueue();
    this.give();
  }
}
