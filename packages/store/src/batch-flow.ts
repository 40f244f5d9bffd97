/** Flows that run their graph once for each item of params. */
import { executionOf } from './execution.ts';
import { Flow } from './flow.ts';
import { nodeName } from './names.ts';
import { mergedParams, paramsList } from './params.ts';
import { cancelled } from './run-scope.ts';
import type { RunScope } from './run-scope.ts';
import { isStore } from './store/managed-store.ts';
import type { ActionResult, MaybePromise } from './types.ts';

/**
 * A flow whose `prep` yields a list of params: its graph runs once for each, one after the other, always from the start. Each pass sees the flow's own params with
 * the item's over them. All passes share the store. Nothing instead of a list means no pass; a failure ends the flow. Its actions are those of its own `post`, by
 * default none.
 *
 * Rejects with INVALID_CONTEXT, naming every bad index, for items that are not plain objects.
 *
 * @example
 * ```ts
 * interface Shared {
 *   doubled: Record<string, number>;
 * }
 * class Double extends Node<Shared, { key: string; n: number }> {
 *   override post(shared: Shared): void {
 *     shared.doubled[this.params.key] = this.params.n * 2;
 *   }
 * }
 * class All extends BatchFlow<Shared> {
 *   override prep(): { key: string; n: number }[] {
 *     return [{ key: 'a', n: 1 }, { key: 'b', n: 2 }];
 *   }
 * }
 * const shared: Shared = { doubled: {} };
 * await new All(new Double()).run(shared);
 * console.log(shared.doubled); // { a: 2, b: 4 }
 * ```
 */
export class BatchFlow<Shared = unknown, Params extends object = Record<string, unknown>, Passes extends readonly object[] = readonly object[], Action extends string = string> extends Flow<Shared, Params, Action> {
  /** The params of each pass. */
  override prep(_shared: Shared): MaybePromise<Passes | null | undefined> {
    return [] as readonly object[] as Passes; // no pass
  }

  /** Returns nothing by default: the actions of single passes end with them. */
  override post(_shared: Shared, _passes: Passes, _none: undefined): MaybePromise<ActionResult<Action>> {
    return undefined;
  }

  protected override async _passes(shared: Shared, list: unknown): Promise<undefined> {
    for (const item of this._paramsOf(list)) await this._orchestrate(shared, item);
  }

  /** Of each pass, checked and merged. */
  protected _paramsOf(list: unknown): readonly object[] {
    const { params } = executionOf(this)!; // called by _run
    return paramsList(nodeName(this), list).map((item) => mergedParams(params, item));
  }
}

/**
 * A {@link BatchFlow} whose passes all run at once. Over a created store no update is lost: see `StoreConflictError`; the first failure ends the other passes there.
 * Over a plain object the other passes go on, as in the reference.
 *
 * @example
 * ```ts
 * class Count extends Node<{ count: number }> {
 *   override post(shared: { count: number }): void {
 *     shared.count += 1;
 *   }
 * }
 * class Ten extends ParallelBatchFlow<{ count: number }> {
 *   override prep(): object[] {
 *     return Array.from({ length: 10 }, (_, i) => ({ i }));
 *   }
 * }
 * const store = createStore({ count: 0 });
 * await new Ten(new Count()).run(store);
 * console.log(store.state.count); // 10
 * ```
 */
export class ParallelBatchFlow<Shared = unknown, Params extends object = Record<string, unknown>, Passes extends readonly object[] = readonly object[], Action extends string = string> extends BatchFlow<Shared, Params, Passes, Action> {
  protected override async _passes(shared: Shared, list: unknown): Promise<undefined> {
    const items = this._paramsOf(list);
    if (!isStore(shared)) {
      await Promise.all(items.map((item) => this._orchestrate(shared, item)));
      return;
    }
    const { scope } = executionOf(this)!; // called by _run
    await together(nodeName(this), scope, (inner) => items.map((item) => this._orchestrate(shared, item, inner)));
  }
}

/** Passes of which the first failure cancels the others. */
async function together(who: string, scope: RunScope, start: (inner: RunScope) => Promise<unknown>[]): Promise<void> {
  const controller = new AbortController();
  try {
    await Promise.all(start(scope.inside({ signal: controller.signal })));
  } catch (error) {
    controller.abort(cancelled(who, new Error('another pass failed', { cause: error })));
    throw error;
  }
}
