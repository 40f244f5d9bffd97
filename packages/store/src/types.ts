/** The static contract: what the compiler knows of nodes, their actions and what stands behind them. Everything here is erased. */
import type { BaseNode } from './base-node.ts';

/** A value, or a promise of it: phases may be synchronous or not. */
export type MaybePromise<T> = T | Promise<T>;

/** Data that is read and not written, all the way down. */
export type DeepReadonly<T> =
  T extends (...args: never[]) => unknown ? T
  : T extends ReadonlyMap<infer K, infer V> ? ReadonlyMap<K, DeepReadonly<V>>
  : T extends ReadonlySet<infer V> ? ReadonlySet<DeepReadonly<V>>
  : T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
  : T;

/** What a `post` may return: an action, or nothing, which means the action `default`. */
export type ActionResult<Action extends string = string> = Action | null | undefined | void;

/** The actions that a node's `post` can return, and therefore the ones that can be wired. Nothing and the empty string are `default`. */
export type ActionsOf<N> = N extends { post: (...args: never[]) => infer R } ? ActionIn<Awaited<R>> : string;
type ActionIn<R> = Exclude<Extract<R, string>, ''> | ([Extract<R, null | undefined | void | ''>] extends [never] ? never : 'default');

/** Any node, whatever store, params and actions it has. */
export type AnyNode = BaseNode<unknown, object>;

/** What follows the node in `next`: an action, which may be left out where `post` can return nothing. */
export type ActionArgument<N> = 'default' extends ActionsOf<N> ? [action?: ActionsOf<N>] : [action: ActionsOf<N>];
