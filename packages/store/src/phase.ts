/** One prep or post, on a plain object or on a draft of a created store. */
import { isPromise } from '@flowmodel/core/extending';
import type { Execution } from './execution.ts';
import { nodeName } from './names.ts';
import { untilAborted } from './run-scope.ts';
import { isStore } from './store/managed-store.ts';
import type { ManagedStore } from './store/managed-store.ts';
import type { Phase } from './store/transaction.ts';

/**
 * Runs a phase; its value, or a promise of it. A plain object is handed over as it is. `isRead`: whether the node has a post that may rest on
 * what this phase reads. Throws CANCELLED, and `StoreConflictError`.
 */
export function runPhase(execution: Execution, phase: Phase, shared: unknown, isRead: boolean, call: (shared: unknown) => unknown): unknown {
  const { scope } = execution;
  if (scope.signal !== undefined) scope.assertOpen(nodeName(execution.node));
  if (isStore(shared)) return inTransaction(execution, phase, shared, isRead, call);
  const result = call(shared);
  return scope.signal !== undefined && isPromise(result) ? untilAborted(Promise.resolve(result), scope.signal, nodeName(execution.node)) : result;
}

function inTransaction(execution: Execution, phase: Phase, store: ManagedStore<object>, isRead: boolean, call: (shared: unknown) => unknown): unknown {
  const { signal } = execution.scope;
  const transaction = store.open(execution, phase, isRead);
  const fail = (error: unknown): never => {
    store.discard(transaction);
    throw error;
  };
  const commit = (result: unknown): unknown => {
    let detached: unknown;
    try {
      if (signal !== undefined) execution.scope.assertOpen(nodeName(execution.node)); // nobody waits for it any more
      detached = transaction.detached(result);
    } catch (error) {
      fail(error);
    }
    store.commit(transaction);
    return detached;
  };
  let result: unknown;
  try {
    result = call(transaction.draft);
  } catch (error) {
    fail(error);
  }
  if (!isPromise(result)) return commit(result);
  const settled = Promise.resolve(result).then(commit, fail);
  // A phase that never ends must not keep its draft open for ever.
  return signal === undefined ? settled : untilAborted(settled, signal, nodeName(execution.node)).catch(fail);
}

/** The node is through, however it ended: nothing rests on what its prep had read any more. */
export function leave(execution: Execution, shared: unknown): void {
  if (execution.seen !== undefined && isStore(shared)) shared.forget(execution.seen);
}

