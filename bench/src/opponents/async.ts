import { auto } from 'async';
import type { Bodies } from '../bodies.ts';
import { SOURCE } from '../shapes.ts';
import type { Engine, Value } from './engine.ts';
import { tasksOf } from './tasks.ts';

type Callback = (error: Error | null, value?: number) => void;
type Task = ((...args: unknown[]) => void) | (() => Promise<number>);

/** `auto` takes the graph anew for each run; its tasks are made once, and pass values through an array (faster than its `results`). */
export const asyncAuto = (bodies: Bodies<Value>, isSync: boolean): Engine => ({
  name: 'async',
  says: 'async: `auto` over tasks made once; values pass through an array',
  build(graph) {
    const { kinds, starts, parents, root } = graph;
    const values: number[] = [];
    const tasks: Record<string, (string | Task)[]> = {};
    for (const [i, task] of tasksOf(graph, bodies, values).entries()) {
      const settle = (callback: Callback): void => {
        values[i] = task() as number;
        callback(null, values[i]);
      };
      const own: Task = isSync || kinds[i]! < SOURCE ? (...args: unknown[]) => settle(args.at(-1) as Callback) : async () => (values[i] = await task());
      const needs = new Set(parents.subarray(starts[i], starts[i + 1]));
      tasks[`n${i}`] = [...Array.from(needs, (parent) => `n${parent}`), own];
    }
    return (seed) =>
      new Promise((resolve, reject) => {
        values[0] = seed;
        auto(tasks as never, (error) => (error ? reject(error) : resolve(values[root]!))); // its types want the keys spelled out
      });
  },
});
