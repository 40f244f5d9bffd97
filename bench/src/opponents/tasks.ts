import { shift } from '../bodies.ts';
import type { Bodies } from '../bodies.ts';
import { JOIN, LITERAL, MIX, SEED, SHIFT, SOURCE, STEP } from '../shapes.ts';
import type { Graph } from '../shapes.ts';
import type { Value } from './engine.ts';

/**
 * One function per node for the libraries that only order tasks and leave the passing of values to the user: it reads what it needs
 * from `values`, which the runs of one graph share, and calls the body. Who calls it stores the result.
 */
export function tasksOf({ kinds, starts, parents, weights }: Graph, { source, step, join, mix, total }: Bodies<Value>, values: number[]): (() => Value)[] {
  return Array.from(kinds, (kind, i) => {
    const start = starts[i]!;
    const weight = weights[i]!;
    const [a, b, c] = [parents[start]!, parents[start + 1]!, parents[start + 2]!];
    switch (kind) {
      case SEED:
        return () => values[i]!;
      case LITERAL:
        return () => weight;
      case SHIFT:
        return () => shift({ seed: values[a]!, by: weight });
      case SOURCE:
        return () => source({ seed: values[a]!, weight });
      case STEP:
        return () => step({ value: values[a]!, weight });
      case JOIN:
        return () => join({ left: values[a]!, right: values[b]!, weight });
      case MIX:
        return () => mix({ left: values[a]!, right: values[b]!, seed: values[c]! });
      default: {
        const own = Array.from(parents.subarray(start, starts[i + 1]));
        return () => total({ values: own.map((parent) => values[parent]!) });
      }
    }
  });
}
