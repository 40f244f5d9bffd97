/**
 * One node at work: what belongs to this pass and item, and not to the node. Nodes are shared by all passes and never copied, so whatever
 * differs between passes stands here, and a node finds it through the asynchronous context.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { nodeName } from './names.ts';
import type { AnyNode } from './types.ts';
import type { RunScope } from './run-scope.ts';
import type { Seen } from './store/transaction.ts';

export class Execution {
  readonly node: AnyNode;
  /** Frozen. */
  readonly params: object;
  readonly scope: RunScope;
  /** The flow that runs the node, or the node whose phase called `run`. */
  readonly parent: Execution | undefined;
  /** The attempt that `exec` is at, from 0 up. */
  currentRetry: number;
  /** What `prep` read from a created store, until `post` is done. */
  seen: Seen | undefined = undefined;
  /** The span in an observer's eyes. */
  spanId: string | undefined = undefined;

  /** The same for all that belongs to one call of `run`. */
  readonly run: object;

  constructor(node: AnyNode, params: object, scope: RunScope, parent: Execution | undefined, currentRetry = 0, run: object = parent?.run ?? {}) {
    this.node = node;
    this.params = params;
    this.scope = scope;
    this.parent = parent;
    this.currentRetry = currentRetry;
    this.run = run;
  }

  /** The same work seen from another attempt, from one item of a batch, or in a narrower scope. */
  at(currentRetry: number, scope = this.scope): Execution {
    const part = new Execution(this.node, this.params, scope, this, currentRetry);
    part.spanId = this.spanId;
    return part;
  }

  /** The names of the flows around, outermost first, and of the node. */
  path(): string[] {
    const names: string[] = [];
    for (let one: Execution | undefined = this; one !== undefined; one = one.parent) if (one.node !== one.parent?.node) names.unshift(nodeName(one.node)); // oxlint-disable-line typescript/no-this-alias
    return names;
  }

  /** Whether this is that execution, or a part of it. */
  isWithin(other: Execution): boolean {
    for (let one: Execution | undefined = this; one !== undefined; one = one.parent) if (one === other) return true; // oxlint-disable-line typescript/no-this-alias
    return false;
  }
}

const running = new AsyncLocalStorage<Execution>();

/** Calls `work` as a part of an execution; also what it awaits. */
export const within = <T>(execution: Execution, work: () => T): T => running.run(execution, work);

/** The innermost execution, whatever node it is of. */
export const currentExecution = (): Execution | undefined => running.getStore();

/** The innermost execution of a node; undefined outside its phases. */
export function executionOf(node: AnyNode): Execution | undefined {
  let execution = running.getStore();
  while (execution !== undefined && execution.node !== node) execution = execution.parent;
  return execution;
}
