/**
 * One evaluation's way through the gates around it: a run's throttle, its model's, several of one `compose`. Whoever waits at one of them holds nothing of the others,
 * nor of the run's concurrency. Places are taken back in one order for all, so that no two evaluations wait for each other. What was taken of a window counts from the
 * moment in which the body begins.
 */
import type { EvaluationServices } from '@flowmodel/core';
import type { Gate } from './gate.ts';
import type { Pass } from './pass.ts';

const ways = new WeakMap<EvaluationServices, Way>();

export function wayOf(services: EvaluationServices): Way {
  let way = ways.get(services);
  if (way === undefined) ways.set(services, (way = new Way(services)));
  return way;
}

export class Way {
  readonly #services: EvaluationServices;
  /** Outermost first. */
  #passes: Pass[] = [];
  /** What it holds is given back, or being taken back; of an attempt that was given up this may still go on. */
  #rest: Promise<void> | undefined = undefined;

  constructor(services: EvaluationServices) {
    this.#services = services;
    services.whileWaiting({ pause: () => this.#pause(), resume: (go) => this.#resume(go) });
  }

  /** The passage through that gate which is not over. */
  through(gate: Gate): Pass | undefined {
    return this.#passes.find((pass) => pass.gate === gate && pass.isWanted);
  }

  add(pass: Pass): void {
    if (this.#passes.length > 0) this.#passes = this.#passes.filter(({ isOver }) => !isOver);
    this.#passes.push(pass);
  }

  /** False where it has to wait. Throws once the gate is closed. */
  tryEnter(pass: Pass): boolean {
    return this.#rest === undefined && pass.tryEnter();
  }

  /** Resolves when the pass is let in and everything outside of it is held again. Rejects with the signal's reason, and with that of a closed gate. */
  enter(pass: Pass): Promise<void> {
    const { signal } = pass;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        pass.end();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settle = (then: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        then();
      };
      this.#enter(pass).then(
        () => settle(resolve),
        (error: unknown) => {
          pass.end();
          settle(() => reject(error));
        },
      );
      if (signal.aborted) onAbort();
    });
  }

  async #enter(pass: Pass): Promise<void> {
    while (this.#rest !== undefined) await this.#rest;
    let next: Pass | undefined = pass;
    for (let isEarly = false; next !== undefined && !pass.isOver; isEarly = true) {
      await this.#restUntil(next.queue(isEarly));
      if (next.refusal !== undefined) throw next.refusal;
      if (!pass.isOver) next = this.#passes.find((one) => one.isIn && one.isWanted && one.attempt === pass.attempt && !one.mayBegin());
    }
  }

  #restUntil(wait: Promise<void>): Promise<void> {
    return (this.#rest = this.#services.rest(wait).then(() => (this.#rest = undefined)));
  }

  #pause(): void {
    for (const pass of this.#passes) if (pass.isWanted) pass.give();
  }

  #resume(go: () => void): void {
    const wanted = this.#passes.filter(({ isIn, isWanted }) => isIn && isWanted).toSorted((a, b) => a.gate.order - b.gate.order);
    const next = wanted.findIndex(({ isHeld }) => !isHeld);
    if (next === -1) return go();
    for (const later of wanted.slice(next + 1)) later.give();
    wanted[next]!.reenter(() => this.#resume(go));
  }
}
