/** What a run that remembers asks of the cache: the seam between `run/`, which evaluates, and `cache/`, which knows keys. */
import type { Model } from '../model/model.ts';
import type { Plan } from '../plan/plan.ts';
import type { Activation } from './activation.ts';
import type { ComputeOptions } from './options.ts';
import type { Run } from './run.ts';
import type { Task } from './task.ts';

/** Keys, and with a cache what is remembered by them, for one run. */
export interface Memory {
  /** Whether there is a cache; without one, keys can still be had. */
  readonly isOn: boolean;
  /** The content key of a cell. Throws UNHASHABLE. */
  keyOf(act: Activation, cell: number): string;
  /** Its key if it was derived already. */
  knownKey(act: Activation, cell: number): string | undefined;
  /** The content key of a cell, undefined where it has none. */
  identityOf(act: Activation, cell: number): string | undefined;
  /** Something equal for models of equal content. */
  contentOf(model: Model): unknown;
  /**
   * Looks up a cell, and where that is not remembered what it needs, level by level. Hits become values. A promise where the cache answers
   * by one; with `now`, such a cache is passed over (ASYNC_IN_SYNC under `computeSync`). Throws UNHASHABLE.
   */
  lookUp(act: Activation, cell: number, now: boolean): Promise<void> | undefined;
  /** Before a cell's body: true where another run has its result by now, or is at it. */
  recall(act: Activation, cell: number): boolean;
  /** A body works on; other runs may wait for it. */
  share(task: Task): void;
  /** What has become of a task: kept, and told to the runs that wait for it. */
  settle(task: Task, value: unknown): void;
  /** The result, and all that is made from it, is not for other runs. */
  taint(act: Activation, cell: number): void;
  isTainted(act: Activation, cell: number): boolean;
  /** Whether a nested evaluation was under an evaluator that the key of its reader does not tell of. */
  isUntold(reader: { readonly act: Activation; readonly cell: number }, act: Activation): boolean;
  /** The run is over: true where other runs still wait for the task. */
  isWanted(task: Task): boolean;
  /** A nested evaluation is done: what its keys were made from is not needed any more. */
  forget(act: Activation): void;
  /** The run is over: it waits for no other run. */
  leave(): void;
  /** Nothing where all is stored; else resolves when it is, or when that turns out to take time. */
  stored(): Promise<void> | undefined;
}

/** How the engine remembers, put in by `engine.ts`: `run/` does not know `cache/`. */
export interface Remembering {
  memoryOf(run: Run): Memory;
  /** The outcome of a whole computation that is known without a run; undefined where there has to be one. */
  known(model: Model, plan: Plan, context: Readonly<Record<string, unknown>>, options: ComputeOptions): { readonly outcome: unknown } | undefined;
}
