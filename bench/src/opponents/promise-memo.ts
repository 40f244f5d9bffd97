import { shift } from '../bodies.ts';
import type { Bodies } from '../bodies.ts';
import { JOIN, LITERAL, MIX, SEED, SHIFT, SOURCE, STEP } from '../shapes.ts';
import type { Engine, Value } from './engine.ts';
import { nodesOf } from './nodes.ts';
import type { Node } from './nodes.ts';

/** Promises are started in topological order: a recursive start would overflow the stack on deep graphs. Parents all run already when one is awaited. */
export const promiseMemo = (bodies: Bodies<Value>): Engine => ({
  name: 'promise memo',
  says: 'hand-written: one promise per node, remembered by node number and started in topological order',
  build(graph) {
    const nodes = nodesOf(graph);
    return (seed) => {
      const memo = new Array<Promise<number>>(nodes.length);
      for (let id = 0; id < nodes.length; id++) memo[id] = promiseOf(nodes[id]!, bodies, memo, seed);
      return memo.at(-1)!;
    };
  },
});

async function promiseOf({ kind, parents, weight }: Node, { source, step, join, mix, total }: Bodies<Value>, memo: readonly Promise<number>[], seed: number): Promise<number> {
  switch (kind) {
    case SEED:
      return seed;
    case LITERAL:
      return weight;
    case SHIFT:
      return shift({ seed: await memo[parents[0]!.id]!, by: weight });
    case SOURCE:
      return source({ seed: await memo[parents[0]!.id]!, weight });
    case STEP:
      return step({ value: await memo[parents[0]!.id]!, weight });
    case JOIN:
      return join({ left: await memo[parents[0]!.id]!, right: await memo[parents[1]!.id]!, weight });
    case MIX:
      return mix({ left: await memo[parents[0]!.id]!, right: await memo[parents[1]!.id]!, seed: await memo[parents[2]!.id]! });
    default:
      return total({ values: await Promise.all(parents.map((parent) => memo[parent.id]!)) });
  }
}
