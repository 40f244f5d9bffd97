import { BaseNode, Flow } from 'pocketflow';
import type { Bodies } from '../bodies.ts';
import type { Engine, Value } from './engine.ts';
import { tasksOf } from './tasks.ts';

interface Shared {
  readonly values: number[];
}

class Step extends BaseNode<Shared> {
  readonly index: number;
  readonly task: () => Value;

  constructor(index: number, task: () => Value) {
    super();
    this.index = index;
    this.task = task;
  }

  override async exec(): Promise<number> {
    return this.task();
  }

  override async post({ values }: Shared, _: unknown, result: number): Promise<undefined> {
    values[this.index] = result;
    return undefined;
  }
}

/** A flow has one successor per action, not many parents: the graph is put in topological order by hand, and runs node by node. */
export const pocketflow = (bodies: Bodies<Value>): Engine => ({
  name: 'pocketflow',
  says: 'pocketflow: a Flow along the topological order, made once; values in the shared store',
  build(graph) {
    const shared: Shared = { values: [] };
    const steps = tasksOf(graph, bodies, shared.values).map((task, i) => new Step(i, task));
    for (let i = 0; i + 1 < steps.length; i++) steps[i]!.next(steps[i + 1]!);
    const flow = new Flow<Shared>(steps[0]!);
    return async (seed) => {
      shared.values[0] = seed;
      await flow.run(shared);
      return shared.values[graph.root]!;
    };
  },
});
