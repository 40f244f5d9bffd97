/**
 * One schedule of a scenario. What may happen next are moves: a gate opens, a timer fires, something that was announced happens. The explorer makes one
 * move after another, in an order that its choices decide, and lets none, a few or all of the reactions run in between.
 */
import { show } from '../errors.ts';
import { watchedAbort } from './aborts.ts';
import type { WatchedAbort } from './aborts.ts';
import type { Choices } from './choices.ts';
import type { Finding, FindingKind, Scenario, Schedule } from './schedule.ts';
import { Timers } from './timers.ts';
import { turn } from './turn.ts';

export interface PlayOptions {
  readonly mostMoves: number;
  readonly timersMayStay: boolean;
}

interface Move {
  readonly name: string;
  readonly act: () => void;
}

/** After a move: a whole turn, or so many microtasks before the next one. The first is what a replay does where nothing was decided. */
const PAUSES = ['turn', 'turn', 0, 1, 2, 3] as const;

/** Turns without a move before a schedule counts as standing still: code under test may take a turn of its own. */
const PATIENCE = 3;

export class Play implements Schedule {
  readonly clock = new Timers();
  /** What happened, for people. */
  readonly account: string[] = [];
  moves = 0;
  finding: Finding | undefined = undefined;
  readonly #choices: Choices;
  readonly #options: PlayOptions;
  /** Moves that have to be made, and moves that need not be. */
  readonly #due = new Set<Move>();
  readonly #optional = new Set<Move>();
  readonly #labels = new Set<string>();
  readonly #entered = new Map<string, number>();
  readonly #watched = new Map<Promise<unknown>, string>();
  readonly #aborts: WatchedAbort[] = [];
  readonly #names = new Map<string, number>();
  #isDone = false;
  /** All reactions have run: timers fire only then, as they do in an event loop. */
  #isQuiet = false;

  constructor(choices: Choices, options: PlayOptions) {
    this.#choices = choices;
    this.#options = options;
  }

  /* ---------- the schedule, as scenarios see it ---------- */

  gate<T>(name: string, outcome?: T | (() => T), { signal }: { readonly signal?: AbortSignal } = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#due.delete(move);
        reject(signal!.reason as Error);
      };
      const open = (): void => {
        signal?.removeEventListener('abort', onAbort);
        let value: T;
        try {
          value = typeof outcome === 'function' ? (outcome as () => T)() : (outcome as T);
        } catch (error) {
          return void reject(error);
        }
        resolve(value);
      };
      const move: Move = { name: `${this.#numbered(name)} opens`, act: open };
      if (signal?.aborted === true) return void reject(signal.reason as Error);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#due.add(move);
    });
  }

  later(name: string, act: () => void): void {
    this.#due.add({ name: this.#numbered(name), act });
  }

  perhaps(name: string, act: () => void): void {
    this.#optional.add({ name: this.#numbered(name), act });
  }

  signal(name: string, reason: unknown = new Error(`${name} aborted`)): AbortSignal {
    const abort = watchedAbort(name);
    this.#aborts.push(abort);
    this.perhaps(`${name} aborts`, () => abort.controller.abort(reason));
    return abort.controller.signal;
  }

  choose(alternatives: number): number;
  choose<T>(alternatives: readonly T[]): T;
  choose(alternatives: number | readonly unknown[]): unknown {
    return typeof alternatives === 'number' ? this.#choices.below(alternatives) : alternatives[this.#choices.below(alternatives.length)];
  }

  once(label: string): void {
    if (this.#labels.has(label)) throw this.fail('double run', `${label} ran twice`);
    this.#labels.add(label);
    this.account.push(`  ${label} runs`);
  }

  enter(label: string, most: number): () => void {
    const inside = (this.#entered.get(label) ?? 0) + 1;
    this.#entered.set(label, inside);
    if (inside > most) throw this.fail('too many at once', `${inside} at once in ${label}, of at most ${most}`);
    let isIn = true;
    return () => {
      if (isIn) this.#entered.set(label, this.#entered.get(label)! - 1);
      isIn = false;
    };
  }

  watch<T>(label: string, promise: Promise<T>): Promise<T> {
    this.#watched.set(promise, label);
    const settled = (): void => void this.#watched.delete(promise);
    promise.then(settled, settled);
    return promise;
  }

  note(text: string): void {
    this.account.push(`  ${text}`);
  }

  /** Notes the first finding; returns an error to throw where there is somebody to throw it at. */
  fail(kind: FindingKind, text: string, cause?: unknown): Error {
    this.finding ??= { kind, text, cause };
    return new Error(`${kind}: ${text}`, { cause });
  }

  #numbered(name: string): string {
    const number = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, number);
    return number === 1 ? name : `${name} (${number})`;
  }

  /* ---------- playing it ---------- */

  async play(scenario: Scenario): Promise<Finding | undefined> {
    this.#begin(scenario);
    await this.#pause();
    while (!this.#isDone && this.finding === undefined) {
      if (!(await this.#move(true))) break;
    }
    await this.#wrapUp();
    return this.finding;
  }

  #begin(scenario: Scenario): void {
    const failed = (error: unknown): void => {
      this.#isDone = true;
      this.fail('failure', error instanceof Error ? error.message : show(error), error);
    };
    try {
      Promise.resolve(scenario(this)).then(() => {
        this.#isDone = true;
      }, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Makes a move, and lets reactions run. False where there is none to make. */
  async #move(isUnderWay: boolean): Promise<boolean> {
    if (this.#choosable(isUnderWay).length === 0 && !(await this.#hasAnother(isUnderWay))) {
      if (isUnderWay) this.#standsStill();
      return false;
    }
    if (this.moves++ === this.#options.mostMoves) {
      this.fail('no end', `${this.#options.mostMoves} moves, and no end of it`);
      return false;
    }
    const all = this.#choosable(isUnderWay);
    const move = all[this.#choices.below(all.length)]!;
    this.#due.delete(move);
    this.#optional.delete(move);
    this.account.push(move.name);
    try {
      move.act();
    } catch (error) {
      this.fail('failure', `'${move.name}' threw: ${error instanceof Error ? error.message : show(error)}`, error);
    }
    await this.#pause();
    return true;
  }

  /** What may happen now: as long as something has to, also what need not. */
  #choosable(isUnderWay: boolean): Move[] {
    const due = [...this.#due];
    const timer = this.clock.next;
    if (timer !== undefined && this.#isQuiet && (isUnderWay || this.#options.timersMayStay)) due.push({ name: `a timer of ${timer.ms} ms fires, at ${timer.at}`, act: () => this.clock.fire(timer) });
    return due.length === 0 ? [] : [...due, ...(isUnderWay ? this.#optional : [])];
  }

  async #hasAnother(isUnderWay: boolean): Promise<boolean> {
    for (let i = 0; i < PATIENCE; i++) {
      await turn();
      this.#isQuiet = true;
      if (this.#isDone && isUnderWay) return false;
      if (this.#choosable(isUnderWay).length > 0) return true;
    }
    return false;
  }

  #standsStill(): void {
    if (this.#isDone || this.finding !== undefined) return;
    const awaited = [...this.#watched.values()];
    this.fail('deadlock', `nothing can move any more, and the scenario still waits${awaited.length === 0 ? '' : ` (for ${awaited.join(', ')})`}`);
  }

  async #pause(): Promise<void> {
    const pause = PAUSES[this.#choices.below(PAUSES.length)]!;
    this.#isQuiet = pause === 'turn';
    if (pause === 'turn') return turn();
    if (pause === 0) this.account.push('  at once');
    for (let i = 0; i < pause; i++) await Promise.resolve();
  }

  /* ---------- the end ---------- */

  /** When the scenario is done: what is late comes late, and nothing may be left. */
  async #wrapUp(): Promise<void> {
    await turn();
    if (this.finding !== undefined) return;
    this.account.push('the scenario is done');
    this.#checkTimers();
    while (this.finding === undefined) if (!(await this.#move(false))) break;
    await turn();
    for (const { name, controller, listeners } of this.#aborts) {
      if (!controller.signal.aborted && listeners() > 0) this.fail('leftover listener', `${listeners()} on the signal ${name}, after all is done`);
    }
    for (const move of this.#optional) move.act();
    await turn();
    this.#checkTimers();
    if (this.#watched.size > 0) this.fail('lost wake-up', `${[...this.#watched.values()].join(', ')} never settled`);
  }

  #checkTimers(): void {
    if (this.#options.timersMayStay || this.clock.pending === 0) return;
    this.fail('leftover timer', `${this.clock.pending} left, the next one of ${this.clock.next!.ms} ms`);
  }
}
