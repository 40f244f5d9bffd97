import { PGraph } from 'p-graph';
import type { DependencyList, PGraphNode } from 'p-graph';
import type { Bodies } from '../bodies.ts';
import type { Engine, Value } from './engine.ts';
import { tasksOf } from './tasks.ts';

/** The graph is made once and run again and again; its tasks pass values through an array. */
export const pGraph = (bodies: Bodies<Value>, isSync: boolean): Engine => ({
  name: 'p-graph',
  says: 'p-graph: one PGraph, run again for each seed; values pass through an array',
  build(graph) {
    const values: number[] = [];
    const nodes = new Map<string, PGraphNode>();
    for (const [i, task] of tasksOf(graph, bodies, values).entries()) {
      const run = isSync ? () => void (values[i] = task() as number) : async () => void (values[i] = await task());
      nodes.set(String(i), { run });
    }
    const edges: DependencyList = [];
    for (let i = 0; i < graph.kinds.length; i++) {
      for (let p = graph.starts[i]!; p < graph.starts[i + 1]!; p++) edges.push([String(graph.parents[p]!), String(i)]);
    }
    const runner = new PGraph(nodes, edges);
    return async (seed) => {
      values[0] = seed;
      await runner.run();
      return values[graph.root]!;
    };
  },
});
