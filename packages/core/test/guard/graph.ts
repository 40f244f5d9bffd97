/** A layered graph, as models and as the nodes of a hand-written memoized recursion. Both call the same bodies. */
import { z } from 'zod';
import { Dependency, flowModel, FromContext } from '@flowmodel/core';
import type { CallableModel, GenericResult } from '@flowmodel/core';

const source = ({ seed, weight }: { seed: number; weight: number }): number => (seed * 7 + weight) | 0;
const join = ({ left, right, weight }: { left: number; right: number; weight: number }): number => (left * 2 + right * 3 + weight) | 0;
const total = ({ values }: { values: readonly number[] }): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum = (sum * 3 + values[i]!) | 0;
  return sum;
};

const sourceModel = flowModel({ inputs: { seed: FromContext(z.number()), weight: z.number() } }, source);
const joinModel = flowModel({ inputs: { left: z.number(), right: z.number(), weight: z.number() } }, join);
const totalModel = flowModel({ inputs: { values: Dependency(z.array(z.number())) } }, total);
const joinLater = flowModel({ inputs: { left: z.number(), right: z.number(), weight: z.number() } }, async (inputs) => join(inputs));

interface Node {
  readonly parents: readonly Node[];
  readonly weight: number;
}
export type Root = CallableModel<number, any, any, GenericResult<number>>; // any: what it needs is checked at run time

export interface Layered {
  /** Evaluations. */
  readonly count: number;
  readonly root: Root;
  /** The same graph, whose joins return promises. */
  readonly asyncRoot: Root;
  readonly recursion: (seed: number) => number;
  readonly asyncRecursion: (seed: number) => Promise<number>;
}

/** `rows` layers of `width` nodes, each of which reads two of the layer before; one node reads the last layer. */
export function layered(width: number, rows: number): Layered {
  const weightOf = (row: number, column: number): number => ((row * width + column) % 97) + 1;
  const partner = (row: number, column: number): number => (column * 7 + row) % width;
  const columns = Array.from({ length: width }, (_, column) => column);
  let nodes: Node[] = columns.map((column) => ({ parents: [], weight: weightOf(0, column) }));
  let models: CallableModel<number>[] = columns.map((column) => sourceModel({ weight: weightOf(0, column) }));
  let later = models;
  for (let row = 1; row < rows; row++) {
    const below = { nodes, models, later };
    nodes = columns.map((column) => ({ parents: [below.nodes[column]!, below.nodes[partner(row, column)]!], weight: weightOf(row, column) }));
    models = columns.map((column) => joinModel({ left: below.models[column]!, right: below.models[partner(row, column)]!, weight: weightOf(row, column) }));
    later = columns.map((column) => joinLater({ left: below.later[column]!, right: below.later[partner(row, column)]!, weight: weightOf(row, column) }));
  }
  return {
    count: width * rows + 1,
    root: totalModel({ values: models }),
    asyncRoot: totalModel({ values: later }),
    recursion: recursionOver(nodes),
    asyncRecursion: asyncRecursionOver(nodes),
  };
}

/** The memo that one reaches for first. */
function recursionOver(last: readonly Node[]): (seed: number) => number {
  return (seed) => {
    const memo = new Map<Node, number>();
    const value = (node: Node): number => {
      let known = memo.get(node);
      if (known === undefined) memo.set(node, (known = bodyOf(node)));
      return known;
    };
    const bodyOf = ({ parents, weight }: Node): number => (parents.length === 0 ? source({ seed, weight }) : join({ left: value(parents[0]!), right: value(parents[1]!), weight }));
    return total({ values: last.map(value) });
  };
}

function asyncRecursionOver(last: readonly Node[]): (seed: number) => Promise<number> {
  return async (seed) => {
    const memo = new Map<Node, Promise<number>>();
    const value = (node: Node): Promise<number> => {
      let known = memo.get(node);
      if (known === undefined) memo.set(node, (known = bodyOf(node)));
      return known;
    };
    const bodyOf = async ({ parents, weight }: Node): Promise<number> => {
      if (parents.length === 0) return source({ seed, weight });
      const [left, right] = await Promise.all([value(parents[0]!), value(parents[1]!)]);
      return join({ left, right, weight });
    };
    return total({ values: await Promise.all(last.map(value)) });
  };
}
