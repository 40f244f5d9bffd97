import type { Activation } from './activation.ts';
import { fullPath } from './paths.ts';
import { askBrand, runBrand } from './flow-run.ts';
import type { Asking, BodyServices, FlowRun, NestedOptions, Progress, Receiver } from './flow-run.ts';
import type { AnyModel } from '../types.ts';
import type { Operand } from '../plan/plan.ts';
import type { Asker, Hold } from './evaluation.ts';
import type { Seat } from './seats.ts';
import { PENDING } from './states.ts';
import type { Task } from './task.ts';

/** What a caller asks its run to do. */
export interface RunServices extends BodyServices {
  signal(): AbortSignal;
  nested(caller: Caller, model: unknown, context: unknown, signal: AbortSignal | undefined): Promise<unknown>;
  ask(caller: Caller, model: unknown, context: unknown, signal: AbortSignal | undefined, receiver: Receiver): void;
  nestedSync(caller: Caller, model: unknown, context: unknown): unknown;
  branch(caller: Caller, operand: LazyOperand): Promise<unknown>;
  branchSync(caller: Caller, operand: LazyOperand): unknown;
}

export type LazyOperand = Operand & { readonly kind: 'lazy' };

/** One thing that a body waits for; `break` ends the wait with an error. */
export interface Wait {
  readonly act: Activation;
  readonly cell: number;
  break(error: unknown): void;
  /** Goes on waiting, for the same cell of another activation, in another run. */
  move?(services: RunServices, act: Activation): void;
}

/** What a body is to be handed, or told, once it has its place back. */
export interface Delivery {
  deliver(): void;
}

/** A cell whose body may ask the run for more: the `run` that the body receives. */
export class Caller implements FlowRun, Asking, Seat, Asker {
  /** The run; another one from when the body outlives its own. */
  services: RunServices;
  act: Activation;
  readonly cell: number;
  readonly attempt = 1;
  /** The cells that the body waits for right now. */
  readonly waits = new Set<Wait>();
  /** How many evaluations it waits for besides that wait for nobody. */
  solos = 0;
  /** The body's place among the working ones; it gives it back while it waits. */
  isTaken = false;
  readonly isCounted: boolean;
  /** The evaluation, in a run with evaluators, an observer or a cache. */
  task: Task | undefined = undefined;
  /** What evaluators hold for the body, and give back while it waits. */
  readonly holds: Hold[] = [];
  /** Whether evaluators have back what they held; while they are about to, those who want to go on queue up. */
  #held: 'yes' | 'no' | 'soon' = 'yes';
  readonly #resumes: (() => void)[] = [];
  /** What the body is to be handed as soon as it has its place back. */
  readonly deliveries = new Set<Delivery>();
  /** Between two of its calls: it has no place, and needs none yet. */
  isResting = false;

  constructor(services: RunServices, act: Activation, cell: number) {
    this.services = services;
    this.act = act;
    this.cell = cell;
    this.isCounted = !act.plan.models[cell]!.definition.orchestrates;
  }

  get signal(): AbortSignal {
    return this.services.signal();
  }

  get model(): AnyModel {
    return this.act.plan.models[this.cell] as unknown as AnyModel; // the static side of the same object
  }

  hasMark(owner: object): boolean {
    return this.task?.hasMark(owner) === true;
  }

  get [runBrand](): BodyServices {
    return this.services;
  }

  compute<V>(model: object, context?: object, options?: NestedOptions): Promise<V> {
    return this.services.nested(this, model, context, options?.signal) as Promise<V>; // the model's own value type
  }

  [askBrand](model: object, context: object | undefined, signal: AbortSignal | undefined, receiver: Receiver): void {
    this.services.ask(this, model, context, signal, receiver);
  }

  computeSync<V>(model: object, context?: object): V {
    return this.services.nestedSync(this, model, context) as V;
  }

  progress(_progress: Progress): void {
    // Nobody listens without an observer.
  }

  branch(operand: LazyOperand): Promise<unknown> {
    return this.services.branch(this, operand);
  }

  branchSync(operand: LazyOperand): unknown {
    return this.services.branchSync(this, operand);
  }

  get isWaiting(): boolean {
    return this.solos > 0 || this.waits.size > 0;
  }

  /** Whether the body is at work, or would be with its place. */
  get isReady(): boolean {
    return this.act.values[this.cell] === PENDING && !this.isWaiting && !this.isResting;
  }

  /** The body waits: what is held for it is free for others. */
  pause(): void {
    if (this.#held !== 'yes' || this.holds.length === 0) return;
    this.#held = 'no';
    for (const hold of this.holds) hold.pause();
  }

  /** The body wants to go on; calls back when it has back what was held for it. */
  resume(go: () => void): void {
    if (this.#held === 'yes') return go();
    this.#resumes.push(go);
    if (this.#held === 'soon') return;
    this.#held = 'soon';
    const next = (i: number): void => (i === this.holds.length ? this.#resumed() : this.holds[i]!.resume(() => next(i + 1)));
    next(0);
  }

  #resumed(): void {
    this.#held = 'yes';
    if (this.isWaiting) this.pause(); // it has begun to wait for something else meanwhile
    for (const go of this.#resumes.splice(0)) go();
  }

  path(): string[] {
    return fullPath(this.act, this.cell);
  }
}
