/**
 * A created store: the state, its history, and optimistic concurrency between passes.
 *
 * - `state`, `commits`: the latest state, and how many phases have changed it.
 * - `#log`: the places that recent commits wrote, kept as long as some open phase, or some node between its prep and its post, does not
 *   know of them.
 * - `#watchers`: those phases and nodes.
 */
import { FlowError } from '@flowmodel/core';
import { assertFunction, isPromise, show } from '@flowmodel/core/extending';
import type { Patch } from 'immer';
import type { Execution } from '../execution.ts';
import { nodeName } from '../names.ts';
import type { DeepReadonly } from '../types.ts';
import { StoreConflictError } from '../errors.ts';
import type { Store, StoreCommit, StoreListener, StoreOptions } from './create-store.ts';
import { immer } from './immer.ts';
import { isWithin, overlap, placeOf, placeText, valueAt } from './paths.ts';
import type { Path } from './paths.ts';
import type { Reducer, Reducers } from './reducers.ts';
import { Transaction } from './transaction.ts';
import type { Phase, Seen, Watcher } from './transaction.ts';

interface Logged {
  /** The commit's number, from 1 up. */
  readonly number: number;
  readonly execution: Execution;
  readonly places: readonly Path[];
}

/** A write that another pass got in the way of. */
interface Conflict {
  readonly place: Path;
  readonly other: Execution;
  /** Whether it was prep that read what is outdated now; otherwise it is the draft. */
  readonly byRead: boolean;
}

const storeBrand: unique symbol = Symbol.for('flowmodel.store') as never;

export const isStore = (shared: unknown): shared is ManagedStore<object> => typeof shared === 'object' && shared !== null && storeBrand in shared;

/** Node's hook for `console.log`. */
const inspectHook: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

export class ManagedStore<State extends object> implements Store<State> {
  readonly [storeBrand] = true;
  commits = 0;
  #state: State;
  readonly #reducers: Reducers;
  readonly #history: { readonly states: State[]; readonly commits: StoreCommit[] } | undefined;
  readonly #listeners = new Set<StoreListener<State>>();
  readonly #log: Logged[] = [];
  readonly #watchers = new Set<Watcher>();

  constructor(initial: State, { history = true, reducers = {} }: StoreOptions) {
    this.#state = initial;
    this.#reducers = reducers;
    this.#history = history ? { states: [initial], commits: [] } : undefined;
  }

  get state(): DeepReadonly<State> {
    return this.#state as DeepReadonly<State>; // frozen
  }

  /** `Store { commits: 3, state: { n: 6 } }` */
  [inspectHook](depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    return `Store ${inspect({ commits: this.commits, state: this.#state }, { ...options, depth })}`;
  }

  get patches(): readonly StoreCommit[] {
    return this.#history?.commits ?? [];
  }

  at(step: number): DeepReadonly<State> {
    const state = this.#history === undefined ? (step === this.commits ? this.#state : undefined) : this.#history.states[step];
    if (state === undefined) {
      const known = this.#history === undefined ? `only step ${this.commits}: it keeps no history` : `steps 0 to ${this.commits}`;
      throw new FlowError('DEFINITION', `store.at(${show(step)}): this store has ${known}.`);
    }
    return state as DeepReadonly<State>;
  }

  subscribe(listener: StoreListener<State>): () => void {
    assertFunction('store.subscribe', 'listener', listener);
    const own: StoreListener<State> = (state, commit) => listener(state, commit); // one given twice is called twice
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /* ---------- phases ---------- */

  /** `isRead`: whether the node has a post that may rest on what this phase reads. */
  open(execution: Execution, phase: Phase, isRead: boolean): Transaction {
    // A reducer wants to know whether post started from what it found or from what prep had read.
    const tracksReads = phase === 'prep' ? isRead : execution.seen !== undefined && this.#hasReducers(execution);
    const transaction = new Transaction(this as unknown as ManagedStore<object>, execution, phase, tracksReads);
    this.#watchers.add(transaction);
    return transaction;
  }

  /** The phase failed, or its run is over. Nothing happens to one that is through already. */
  discard(transaction: Transaction): void {
    if (!this.#watchers.delete(transaction)) return;
    transaction.discard();
    this.#prune();
  }

  /** Makes what a phase wrote the latest state. Throws `StoreConflictError`, and then commits nothing. */
  commit(transaction: Transaction): void {
    const { execution, phase } = transaction;
    this.#watchers.delete(transaction);
    const isShared = this.#isWatchedByOthers(execution) || this.#log.length > 0 || this.#state !== transaction.base;
    const { state, patches } = transaction.finish(isShared || this.#history !== undefined || this.#listeners.size > 0);
    if (phase === 'prep' && transaction.reads !== undefined) {
      const { since, reads } = transaction;
      execution.seen = { since, execution, isNode: true, reads, state };
      this.#watchers.add(execution.seen);
    }
    const places = isShared ? patches.map(({ path }) => placeOf(path, transaction.base)) : [];
    const conflicts = isShared ? this.#conflicts(transaction, [...places, ...transaction.idleWrites]) : [];
    if (state === transaction.base && conflicts.length === 0) return;
    if (this.#state === transaction.base && conflicts.length === 0) this.#advance(transaction, state as State, patches, places);
    else this.#merge(transaction, state, patches, conflicts);
  }

  /** The node is through with what its prep had read. */
  forget(seen: Seen): void {
    this.#watchers.delete(seen);
    this.#prune();
  }

  #advance(transaction: Transaction, state: State, patches: readonly Patch[], places: readonly Path[]): void {
    const { execution, phase } = transaction;
    this.#state = state;
    this.commits++;
    if (this.#isWatchedByOthers(execution)) this.#log.push({ number: this.commits, execution, places });
    this.#prune();
    if (this.#history === undefined && this.#listeners.size === 0) return;
    const commit: StoreCommit = Object.freeze({ node: nodeName(execution.node), phase, patches });
    this.#history?.commits.push(commit);
    this.#history?.states.push(state);
    for (const listener of this.#listeners) this.#tell(listener, commit);
  }

  #tell(listener: StoreListener<State>, commit: StoreCommit): void {
    try {
      listener(this.state, commit);
    } catch (error) {
      process.emitWarning(`A listener of a store threw: ${error instanceof Error ? error.message : String(error)}`, 'FlowWarning');
    }
  }

  /* ---------- conflicts ---------- */

  #conflicts({ execution, since }: Transaction, places: readonly Path[]): Conflict[] {
    const { seen } = execution;
    const found: Conflict[] = [];
    for (const { number, execution: other, places: written } of this.#log) {
      const isNew = number > since;
      const wasRead = seen !== undefined && number > seen.since && !other.isWithin(execution);
      if (!isNew && !wasRead) continue;
      for (const place of places) {
        if (!written.some((one) => overlap(one, place))) continue;
        const byRead = wasRead && seen.reads.touches(place);
        if (isNew || byRead) found.push({ place, other, byRead });
      }
    }
    return found;
  }

  /** The phase's patches over the latest state; where they conflict, what the reducers say. */
  #merge(transaction: Transaction, made: object, patches: readonly Patch[], conflicts: readonly Conflict[]): void {
    const resolved = new Map<string, { readonly place: Path; readonly value: unknown }>();
    for (const conflict of conflicts) {
      const reducer = this.#reducerFor(transaction.execution, conflict.place);
      const isGone = reducer !== undefined && typeof valueAt(this.#state, reducer.place.slice(0, -1)) !== 'object';
      if (reducer === undefined || isGone) throw this.#lost(transaction, conflict);
      const key = reducer.path;
      if (!resolved.has(key)) resolved.set(key, { place: reducer.place, value: this.#reduced(transaction, made, reducer.place, reducer.reduce, conflicts) });
    }
    const reduced = [...resolved.values()];
    const clean = patches.filter(({ path }) => !reduced.some(({ place }) => isWithin(path, place)));
    const [state, effective] = immer.produceWithPatches(this.#state, (draft) => {
      void immer.applyPatches(draft, clean); // in place
      for (const { place, value } of reduced) put(draft, place, value);
    });
    if (state !== this.#state) this.#advance(transaction, state, effective, effective.map(({ path }) => placeOf(path, this.#state)));
  }

  #reduced({ base, reads, execution: { seen } }: Transaction, made: object, place: Path, reduce: Reducer, conflicts: readonly Conflict[]): unknown {
    // Post may have computed from what prep had read long ago, or from what it found itself.
    const isStale = conflicts.some((conflict) => conflict.byRead && isWithin(conflict.place, place)) && reads?.touches(place) !== true;
    const value = reduce(valueAt(this.#state, place), valueAt(made, place), valueAt(isStale ? seen!.state : base, place));
    if (isPromise(value)) throw new FlowError('DEFINITION', `The reducer of '${placeText(place)}' returned a promise. A commit cannot wait: write it without async.`);
    return value;
  }

  #hasReducers({ scope }: Execution): boolean {
    return scope.reducers.length > 0 || Object.keys(this.#reducers).length > 0;
  }

  /** The reducer at or above a place: the innermost flow's first, the longest path first. */
  #reducerFor(execution: Execution, place: Path): { readonly path: string; readonly place: Path; readonly reduce: Reducer } | undefined {
    for (const reducers of [...execution.scope.reducers, this.#reducers]) {
      const found = Object.keys(reducers)
        .map((path) => ({ path, place: path.split('.') }))
        .filter((candidate) => isWithin(place, candidate.place))
        .toSorted((a, b) => b.place.length - a.place.length)[0];
      if (found !== undefined) return { ...found, reduce: reducers[found.path] as unknown as Reducer };
    }
    return undefined;
  }

  #lost({ execution, phase }: Transaction, { place, other, byRead }: Conflict): StoreConflictError {
    const [node, first, path] = [nodeName(execution.node), nodeName(other.node), placeText(place)];
    const what = byRead ? `after ${node} had read it in prep` : `while ${node}.${phase} was at work`;
    return new StoreConflictError(
      `'${path}' was changed by ${first} in another pass ${what}, so ${node}.${phase} would overwrite an update that it does not know. Declare a reducer (reducers: { ${/^\w+$/.test(path) ? path : JSON.stringify(path)}: sum }), or read and write it in one post that is not async.`,
      { path: [node], details: { path, node, other: first, nodes: [first, node] } },
    );
  }

  /* ---------- who must know of what ---------- */

  #isWatchedByOthers(execution: Execution): boolean {
    for (const watcher of this.#watchers) if (!watcher.isNode || !execution.isWithin(watcher.execution)) return true;
    return false;
  }

  #prune(): void {
    let known = 0;
    while (known < this.#log.length && !this.#isNews(this.#log[known]!)) known++;
    if (known > 0) this.#log.splice(0, known);
  }

  /** Whether anybody at work does not know of a commit yet. */
  #isNews({ number, execution }: Logged): boolean {
    for (const { since, isNode, execution: watching } of this.#watchers) if (number > since && !(isNode && execution.isWithin(watching))) return true;
    return false;
  }
}

function put(draft: object, place: Path, value: unknown): void {
  const parent = valueAt(draft, place.slice(0, -1)) as object;
  const key = place.at(-1);
  if (parent instanceof Map) parent.set(key, value);
  else (parent as Record<PropertyKey, unknown>)[key as PropertyKey] = value;
}
