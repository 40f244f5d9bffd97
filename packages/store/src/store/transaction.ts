/** One phase's work on a created store: a draft of the latest state, and what becomes of it. */
import { current, freeze, isDraft } from 'immer';
import type { Patch } from 'immer';
import type { Execution } from '../execution.ts';
import type { Path } from './paths.ts';
import { asDrafts, noting, Reads, replaced } from './views.ts';
import { nodeName } from '../names.ts';
import { immer } from './immer.ts';
import type { ManagedStore } from './managed-store.ts';

export type Phase = 'prep' | 'post';

/** Who does not know of recent commits: an open phase, or a node between its prep and its post. */
export interface Watcher {
  /** How many commits it knows of. */
  readonly since: number;
  readonly execution: Execution;
  /** Whether it is a node that has read, and no open phase; commits of what the node itself runs are known to it. */
  readonly isNode: boolean;
}

/** What a node's `prep` read, and in which state: its `post` may rest on it. */
export interface Seen extends Watcher {
  readonly reads: Reads;
  /** The state as prep left it in its own eyes. */
  readonly state: unknown;
}

export class Transaction implements Watcher {
  readonly store: ManagedStore<object>;
  readonly execution: Execution;
  readonly phase: Phase;
  readonly base: object;
  readonly since: number;
  readonly isNode = false;
  /** What the phase read; undefined where nobody will ask. */
  readonly reads: Reads | undefined;
  readonly idleWrites: Path[] = [];
  ended: string | undefined = undefined;
  readonly #draft: object;

  constructor(store: ManagedStore<object>, execution: Execution, phase: Phase, tracksReads: boolean) {
    this.store = store;
    this.execution = execution;
    this.phase = phase;
    this.base = store.state;
    this.since = store.commits;
    this.reads = tracksReads ? new Reads() : undefined;
    this.#draft = immer.createDraft(this.base);
  }

  /** What the phase works on. */
  get draft(): object {
    return noting(this.#draft, this);
  }

  /** The phase's own result, with drafts turned into frozen data. */
  detached(result: unknown): unknown {
    return replaced(asDrafts(result), (object) => (isDraft(object) ? freeze(current(object), true) : undefined));
  }

  /** The state as the phase made it, and how it differs from what it found. */
  finish(needsPatches: boolean): { readonly state: object; readonly patches: readonly Patch[] } {
    let patches: readonly Patch[] = [];
    this.#end();
    const state: object = immer.finishDraft(this.#draft, needsPatches ? (made) => (patches = made) : undefined);
    return { state, patches };
  }

  discard(): void {
    this.#end();
    immer.finishDraft(this.#draft); // revokes it; what it made goes nowhere
  }

  #end(): void {
    this.ended = `${nodeName(this.execution.node)}.${this.phase}`;
  }
}
