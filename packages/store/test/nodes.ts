/** Nodes that several tests are made of. */
import type { Clock } from '@flowmodel/core';
import { Node } from '@flowmodel/store';

export interface Numbers {
  current: number;
}

/** Sets the number in prep. */
export class SetTo extends Node<Numbers> {
  #n: number;

  constructor(n: number) {
    super();
    this.#n = n;
  }

  override prep(shared: Numbers): void {
    shared.current = this.#n;
  }
}

export class Add extends Node<Numbers> {
  #n: number;

  constructor(n: number) {
    super();
    this.#n = n;
  }

  override prep(shared: Numbers): void {
    shared.current += this.#n;
  }
}

export class Multiply extends Node<Numbers> {
  #n: number;

  constructor(n: number) {
    super();
    this.#n = n;
  }

  override async prep(shared: Numbers): Promise<void> {
    shared.current *= this.#n;
  }
}

/** Says which sign the number has. */
export class Sign extends Node<Numbers> {
  override post(shared: Numbers): 'positive' | 'negative' {
    return shared.current >= 0 ? 'positive' : 'negative';
  }
}

/** What `Work` works on. */
export interface Task {
  input: unknown;
  output?: unknown;
  posts?: number;
}

/** Counts calls of exec. */
export class Work extends Node<Task> {
  calls: unknown[] = [];
  preps = 0;
  override prep(shared: Task): unknown {
    this.preps++;
    return shared.input;
  }
  override async exec(input: unknown): Promise<unknown> {
    this.calls.push(input);
    await Promise.resolve();
    return { of: input };
  }
  override post(shared: Task, _input: unknown, output: unknown): void {
    shared.output = output;
    shared.posts = (shared.posts ?? 0) + 1;
  }
}

/** Collects the process's warnings while `work` runs. */
export async function warningsOf(work: () => unknown): Promise<string[]> {
  const heard: string[] = [];
  const listen = (warning: Error): void => void (warning.name === 'FlowWarning' && heard.push(warning.message));
  process.on('warning', listen);
  try {
    await work();
    await new Promise((resolve) => setImmediate(resolve)); // warnings are emitted on the next tick
  } finally {
    process.off('warning', listen);
  }
  return heard;
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string; readonly details?: Readonly<Record<string, unknown>> }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('Expected a rejection');
}

/** A promise, and what opens it. */
export function gate(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** After everything that can happen without a timer. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets every wait pass at once, and notes how long each would have been. */
export const impatientClock = (waits: number[]): Clock => ({
  now: () => 0,
  setTimeout(callback: () => void, ms: number) {
    waits.push(ms);
    queueMicrotask(callback);
    return 0;
  },
  clearTimeout: () => {},
});
