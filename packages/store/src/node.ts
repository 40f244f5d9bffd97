/** Nodes whose `exec` is retried. */
import { FlowError } from '@flowmodel/core';
import { show } from '@flowmodel/core/extending';
import { BaseNode, ownOptions } from './base-node.ts';
import { evaluate, ONCE } from './exec.ts';
import type { Attempts } from './exec.ts';
import { executionOf } from './execution.ts';
import type { Execution } from './execution.ts';
import { nodeName, setNodeName } from './names.ts';
import { checkAttempts, checkNodeOptions, checkWait } from './options.ts';
import type { NodeOptions } from './options.ts';
import type { MaybePromise } from './types.ts';

/**
 * A node whose `exec` is retried: `maxRetries` attempts in all, `wait` seconds between them; when all have failed, `execFallback` has the say.
 * Only `exec` is retried: `prep` and `post` run once. Throws DEFINITION for less than one attempt.
 *
 * @example
 * ```ts
 * interface Shared {
 *   question: string;
 *   answer?: string;
 * }
 * class Answer extends Node<Shared, Record<string, unknown>, string, string> {
 *   override prep(shared: Shared): string {
 *     return shared.question;
 *   }
 *   override exec(question: string): string {
 *     if (this.currentRetry === 0) throw new Error('busy');
 *     return `${question} 42.`;
 *   }
 *   override post(shared: Shared, _question: string, answer: string): void {
 *     shared.answer = answer;
 *   }
 * }
 * const shared: Shared = { question: 'What is six times seven?' };
 * await new Answer(3).run(shared);
 * console.log(shared.answer); // What is six times seven? 42.
 * ```
 */
export class Node<Shared = unknown, Params extends object = Record<string, unknown>, Prep = unknown, Exec = unknown, Action extends string = string> extends BaseNode<Shared, Params, Prep, Exec, Action> {
  /** How often `exec` may be called, the first call included. */
  maxRetries: number;
  /** Seconds between two attempts. */
  wait: number;

  /** Attempts and seconds between them, or options. */
  constructor(maxRetries: number | NodeOptions = 1, wait = 0) {
    super();
    const who = nodeName(this);
    if (typeof maxRetries === 'number') {
      checkAttempts(who, maxRetries);
      checkWait(who, wait);
      this.maxRetries = maxRetries;
      this.wait = wait;
      return;
    }
    checkNodeOptions(who, maxRetries);
    if (wait !== 0) throw new FlowError('DEFINITION', `${who}: beside options, 'wait' is one of them, and here it is ${show(wait)}. Write { maxRetries: 3, wait: 1 }.`);
    this.maxRetries = maxRetries.maxRetries ?? 1;
    this.wait = maxRetries.wait ?? 0;
    this[ownOptions] = maxRetries;
    if (maxRetries.name !== undefined) setNodeName(this, maxRetries.name);
  }

  /** The attempt that is being made, from 0 up; of the executing pass and item. An `_exec` with attempts of its own sets it. */
  get currentRetry(): number {
    return executionOf(this)?.currentRetry ?? 0;
  }

  set currentRetry(attempt: number) {
    const execution = executionOf(this);
    if (execution !== undefined) execution.currentRetry = attempt;
  }

  /** What `exec` would have yielded, after the last attempt has failed. Rethrows the error by default. Its value is never cached. */
  execFallback(_prepRes: Prep, error: Error): MaybePromise<Exec> {
    throw error;
  }

  override _exec(prepRes: unknown): unknown {
    return this.exec === BaseNode.prototype.exec ? undefined : this._execItem(executionOf(this)!, prepRes); // called by _run
  }

  protected _execItem(execution: Execution, prepRes: unknown): Promise<unknown> {
    return evaluate(execution, this.execFallback === Node.prototype.execFallback ? withoutFallback(this) : this, this[ownOptions], prepRes);
  }
}

/** The default fallback does nothing. */
const withoutFallback = ({ maxRetries, wait }: Attempts): Attempts => (maxRetries === 1 ? ONCE : { maxRetries, wait });
