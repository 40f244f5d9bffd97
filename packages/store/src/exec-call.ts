import type { Evaluation, FlowRun } from '@flowmodel/core';
import { currentExecution, within } from './execution.ts';
import type { Execution } from './execution.ts';

/** One call of `exec`. An object of a class, so that the core neither copies nor freezes what prep yielded; a key is made from its JSON. */
export class ExecCall {
  readonly prep: unknown;
  readonly params: object;
  readonly #execution: Execution;

  /** The execution that an evaluation belongs to, if it is one of an exec. */
  static executionOf({ inputs }: Evaluation): Execution | undefined {
    const { call } = inputs;
    return call instanceof ExecCall ? call.#execution : undefined;
  }

  constructor(prep: unknown, execution: Execution) {
    this.prep = prep;
    this.params = execution.params;
    this.#execution = execution;
  }

  toJSON(): { readonly prep: unknown; readonly params: object } {
    return { prep: this.prep, params: this.params };
  }

  /** The body. Other attempts, and items of a batch, have an execution of their own, for `this.currentRetry`. */
  perform(run: FlowRun | undefined): unknown {
    const execution = this.#execution;
    const { node } = execution;
    const attempt = run === undefined ? 0 : run.attempt - 1;
    execution.currentRetry = attempt;
    if (attempt === 0 && currentExecution() === execution) return node.exec(this.prep, run); // an exec that declares no second parameter gets none
    return within(attempt === 0 ? execution : execution.at(attempt), () => node.exec(this.prep, run));
  }
}
