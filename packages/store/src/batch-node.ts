/** Nodes that run `exec` once for each item that `prep` yields. */
import { FlowError } from '@flowmodel/core';
import { isPromise } from '@flowmodel/core/extending';
import type { FlowRun, GenericResult } from '@flowmodel/core';
import { unboxed } from './exec.ts';
import { executionOf } from './execution.ts';
import { typeName } from './errors.ts';
import { nodeName } from './names.ts';
import { Node } from './node.ts';
import type { ActionResult, AnyNode, MaybePromise } from './types.ts';

/** What a batch node's `prep` may yield: an iterable that is no string, or nothing for no items. */
export type Items<Item> = Iterable<Item> | null | undefined;

/**
 * A node whose `prep` yields items, whose `exec` computes one of them, and whose `post` gets the items and their results, in the order of the items. Retries
 * and fallback are per item. One item that fails for good fails the node. Items are computed one after the other; see {@link ParallelBatchNode}.
 *
 * What prep yields is read once: `post` gets an array as it is, and any other iterable as an array. Rejects with INVALID_RESULT for what is not iterable.
 *
 * @example
 * ```ts
 * interface Shared {
 *   words: string[];
 *   lengths?: number[];
 * }
 * class Lengths extends BatchNode<Shared, Record<string, unknown>, string, number> {
 *   override prep(shared: Shared): string[] {
 *     return shared.words;
 *   }
 *   override exec(word: string): number {
 *     return word.length;
 *   }
 *   override post(shared: Shared, _words: string[], lengths: number[]): void {
 *     shared.lengths = lengths;
 *   }
 * }
 * const shared: Shared = { words: ['to', 'be'] };
 * await new Lengths().run(shared);
 * console.log(shared.lengths); // [ 2, 2 ]
 * ```
 */
export class BatchNode<Shared = unknown, Params extends object = Record<string, unknown>, Item = unknown, Result = unknown, Action extends string = string> extends Node<Shared, Params, unknown, unknown, Action> {
  override prep(_shared: Shared): MaybePromise<Items<Item>> {
    return undefined;
  }

  /** Computes one item. */
  override exec(_item: Item, _run?: FlowRun): MaybePromise<Result | GenericResult<Result>> {
    return undefined as Result; // a node without an exec declares none
  }

  override post(_shared: Shared, _items: Item[], _results: Result[]): MaybePromise<ActionResult<Action>> {
    return undefined;
  }

  override execFallback(_item: Item, error: Error): MaybePromise<Result> {
    throw error;
  }

  /** The results of all items. */
  override async _exec(items: unknown): Promise<unknown[]> {
    const execution = executionOf(this)!; // called by _run
    const results: unknown[] = [];
    for (const item of items as readonly unknown[] | null | undefined ?? []) results.push(unboxed(await this._execItem(execution.at(0), item))); // attempts are counted per item
    return results;
  }

  protected override _callPrep(shared: Shared): unknown {
    const items: unknown = this.prep(shared);
    return isPromise(items) ? items.then((given) => listOf(this, given)) : listOf(this, items);
  }
}

/**
 * A {@link BatchNode} whose items are all computed at once. Results keep the order of the items. The first failure is the node's; an
 * evaluator such as `throttle` limits how many run at once.
 *
 * @example
 * ```ts
 * class Fetch extends ParallelBatchNode<{ pages: string[] }, Record<string, unknown>, number, string> {
 *   override prep(): number[] {
 *     return [1, 2, 3];
 *   }
 *   override async exec(page: number): Promise<string> {
 *     await Promise.resolve();
 *     return `page ${page}`;
 *   }
 *   override post(shared: { pages: string[] }, _numbers: number[], pages: string[]): void {
 *     shared.pages = pages;
 *   }
 * }
 * const shared = { pages: [] as string[] };
 * await new Fetch().run(shared);
 * console.log(shared.pages); // [ 'page 1', 'page 2', 'page 3' ]
 * ```
 */
export class ParallelBatchNode<Shared = unknown, Params extends object = Record<string, unknown>, Item = unknown, Result = unknown, Action extends string = string> extends BatchNode<Shared, Params, Item, Result, Action> {
  override async _exec(items: unknown): Promise<unknown[]> {
    const execution = executionOf(this)!; // called by _run
    const results = await Promise.all((items as readonly unknown[] | null | undefined ?? []).map((item) => this._execItem(execution.at(0), item)));
    return results.map(unboxed);
  }
}

/** Nothing, or the items as an array: read now, since a generator may read from the store. Throws INVALID_RESULT. */
function listOf(node: AnyNode, items: unknown): readonly unknown[] | null | undefined {
  if (items === null || items === undefined || Array.isArray(items)) return items;
  const isIterable = typeof items === 'object' && typeof (items as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
  if (isIterable) return [...(items as Iterable<unknown>)];
  const who = nodeName(node);
  const hint = typeof items === 'string' ? `Its characters are probably not meant; write [...text] if they are.` : 'Return an array or another iterable, or nothing for no items.';
  throw new FlowError('INVALID_RESULT', `${who}.prep: expected the items of the batch, got ${typeName(items)}. ${hint}`, { path: [who], details: { model: who, type: typeName(items) } });
}
