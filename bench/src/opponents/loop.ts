import { shift } from '../bodies.ts';
import type { Bodies } from '../bodies.ts';
import { JOIN, LITERAL, MIX, SEED, SHIFT, SOURCE, STEP, TOTAL } from '../shapes.ts';
import type { Graph } from '../shapes.ts';
import type { Engine, Run } from './engine.ts';

/** The limit: one loop over flat arrays in topological order, a fresh record for each body. */
export const loop = (bodies: Bodies<number>): Engine => ({
  name: 'loop',
  says: 'hand-written: one loop over flat arrays in topological order',
  build: (graph) => (seed) => topological(graph, bodies, seed),
});

function topological({ kinds, starts, parents, weights, root }: Graph, { source, step, join, mix, total }: Bodies<number>, seed: number): number {
  const values = new Array<number>(kinds.length).fill(0);
  for (let i = 0; i < kinds.length; i++) {
    const start = starts[i]!;
    switch (kinds[i]!) {
      case SEED:
        values[i] = seed;
        break;
      case LITERAL:
        values[i] = weights[i]!;
        break;
      case SHIFT:
        values[i] = shift({ seed: values[parents[start]!]!, by: weights[i]! });
        break;
      case SOURCE:
        values[i] = source({ seed: values[parents[start]!]!, weight: weights[i]! });
        break;
      case STEP:
        values[i] = step({ value: values[parents[start]!]!, weight: weights[i]! });
        break;
      case JOIN:
        values[i] = join({ left: values[parents[start]!]!, right: values[parents[start + 1]!]!, weight: weights[i]! });
        break;
      case MIX:
        values[i] = mix({ left: values[parents[start]!]!, right: values[parents[start + 1]!]!, seed: values[parents[start + 2]!]! });
        break;
      case TOTAL: {
        const inputs: number[] = [];
        for (let p = start; p < starts[i + 1]!; p++) inputs.push(values[parents[p]!]!);
        values[i] = total({ values: inputs });
      }
    }
  }
  return values[root]!;
}

/** For honesty, what the arithmetic itself costs: no function call, no record, typed arrays. */
export const inlined: Engine = {
  name: 'loop, inlined',
  says: 'the same loop with the arithmetic written into it: no calls, no records',
  build({ kinds, starts, parents, weights, root }): Run {
    return (seed) => {
      const values = new Int32Array(kinds.length);
      for (let i = 0; i < kinds.length; i++) {
        const start = starts[i]!;
        const weight = weights[i]!;
        switch (kinds[i]!) {
          case SEED:
            values[i] = seed;
            break;
          case LITERAL:
            values[i] = weight;
            break;
          case SHIFT:
            values[i] = values[parents[start]!]! + weight;
            break;
          case SOURCE:
            values[i] = values[parents[start]!]! * 7 + weight;
            break;
          case STEP:
            values[i] = values[parents[start]!]! * 3 + weight;
            break;
          case JOIN:
            values[i] = values[parents[start]!]! * 2 + values[parents[start + 1]!]! * 3 + weight;
            break;
          case MIX:
            values[i] = values[parents[start]!]! * 2 + values[parents[start + 1]!]! * 3 + values[parents[start + 2]!]!;
            break;
          case TOTAL: {
            let sum = 0;
            for (let p = start; p < starts[i + 1]!; p++) sum = (sum * 3 + values[parents[p]!]!) | 0;
            values[i] = sum;
          }
        }
      }
      return values[root]!;
    };
  },
};
