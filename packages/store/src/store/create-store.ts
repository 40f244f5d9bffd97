/** `createStore` and what it returns. */
import { FlowError } from '@flowmodel/core';
import { assertKnown, isPlainObject, show } from '@flowmodel/core/extending';
import { freeze, isDraftable } from 'immer';
import type { Patch } from 'immer';
import { typeName } from '../errors.ts';
import { checkReducers } from '../options.ts';
import type { DeepReadonly } from '../types.ts';
import { isStore, ManagedStore } from './managed-store.ts';
import type { Reducers } from './reducers.ts';

/** What one phase changed. */
export interface StoreCommit {
  /** The name of the node. */
  readonly node: string;
  readonly phase: 'prep' | 'post';
  /** Immer patches, in the form of RFC 6902 with paths as arrays. */
  readonly patches: readonly Patch[];
}

/** A shared store that keeps its state safe; made by `createStore`. Hand it to `run` in place of a plain object. */
export interface Store<State> {
  /** The latest state, frozen. */
  readonly state: DeepReadonly<State>;
  /** What was changed, and by which node, in the order of the commits. Empty without history. */
  readonly patches: readonly StoreCommit[];
  /** The state after the first `step` commits; 0 is the initial one. Throws DEFINITION for a step that there is not. */
  at(step: number): DeepReadonly<State>;
  /** Calls back after every commit. What a listener throws is reported as a warning and changes nothing. Returns how to stop it. */
  subscribe(listener: StoreListener<State>): () => void;
}

export type StoreListener<State> = (state: DeepReadonly<State>, commit: StoreCommit) => void;

export interface StoreOptions {
  /** False: `patches` stays empty and `at` knows only the latest state. For long runs; true by default. */
  readonly history?: boolean | undefined;
  /** How conflicts are resolved, by path; those of a flow come first. */
  readonly reducers?: Reducers | undefined;
}

/**
 * A safe shared store. Each `prep` and `post` works on a draft of the latest state and commits it as one set of patches when it is done; a
 * phase that throws commits nothing, and no update of a parallel pass is lost: see {@link StoreConflictError}. `initial` is copied; what
 * is no plain data, array, Map or Set (connections, handles) is passed through as it is. What extends Map or
 * Set becomes a plain one, since Immer takes it for one. Throws DEFINITION for anything else as the state, and for unknown options.
 *
 * @example
 * ```ts
 * class Count extends Node<{ words: string[]; count: number }> {
 *   override post(shared: { words: string[]; count: number }): void {
 *     shared.count = shared.words.length;
 *   }
 * }
 * const store = createStore({ words: ['to', 'be'], count: 0 });
 * await new Count().run(store);
 * console.log(store.state.count, store.at(0).count); // 2 0
 * console.log(store.patches[0]?.node); // Count
 * ```
 */
export function createStore<State extends object>(initial: State, options: StoreOptions = {}): Store<State> {
  if (isStore(initial)) throw new FlowError('DEFINITION', 'createStore: got a created store. Hand it to run as it is, or copy what it holds: createStore(store.state).');
  if (!isDraftable(initial)) throw new FlowError('DEFINITION', `createStore: expected a plain object as the initial state, got ${typeName(initial)}. Put it into one: createStore({ value: … }).`);
  checkStoreOptions(options);
  return new ManagedStore<State>(freeze(copyOf(initial, new Map()), true) as State, options);
}

function checkStoreOptions(options: StoreOptions): void {
  const who = 'createStore';
  assertKnown(who, options, ['history', 'reducers'] satisfies (keyof StoreOptions)[]);
  const { history, reducers } = options;
  if (history !== undefined && typeof history !== 'boolean') throw new FlowError('DEFINITION', `${who}: 'history' is true or false, got ${show(history)}.`);
  if (reducers !== undefined) checkReducers(who, reducers);
}

/** Plain containers copied, so that a caller's own object is never frozen or aliased. */
function copyOf(value: unknown, made: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (made.has(value)) return made.get(value);
  if (value instanceof Map) {
    const copy = new Map<unknown, unknown>();
    made.set(value, copy);
    for (const [key, item] of value) copy.set(key, copyOf(item, made));
    return copy;
  }
  if (value instanceof Set) {
    const copy = new Set<unknown>();
    made.set(value, copy);
    for (const item of value) copy.add(copyOf(item, made));
    return copy;
  }
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  const copy: object = Array.isArray(value) ? [] : (Object.create(Object.getPrototypeOf(value) as object | null) as object);
  made.set(value, copy);
  for (const key of Object.keys(value)) Object.defineProperty(copy, key, { value: copyOf((value as Record<string, unknown>)[key], made), enumerable: true, configurable: true, writable: true });
  return copy;
}
