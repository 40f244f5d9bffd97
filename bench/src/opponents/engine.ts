import type { Graph } from '../shapes.ts';

/** What a body may return: a number, or a promise of one. */
export type Value = number | Promise<number>;

/** Computes the whole graph from the given seed; every call from the start, with nothing remembered that depends on the seed. */
export type Run = (seed: number) => Value;

/** One way to compute a graph. `build` is what has to be done once per graph. */
export interface Engine {
  readonly name: string;
  /** How it is used here, for the reader of the table. */
  readonly says: string;
  build(graph: Graph): Run;
}
