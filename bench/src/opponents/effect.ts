import { Effect } from 'effect';
import { shift } from '../bodies.ts';
import type { Bodies } from '../bodies.ts';
import { JOIN, LITERAL, MIX, SEED, SHIFT, SOURCE, STEP } from '../shapes.ts';
import type { Graph } from '../shapes.ts';
import type { Engine, Value } from './engine.ts';
import { tasksOf } from './tasks.ts';

type Cell = Effect.Effect<number>;

type Lift = (body: () => Value) => Cell;
const liftSync: Lift = (body) => Effect.sync(body as () => number);
const liftAsync: Lift = (body) => Effect.promise(body as () => Promise<number>);

/** `Effect.cached` is its way to share a result within a run. The caches are part of the program, so every run has its own. */
export const effect = (bodies: Bodies<Value>, isSync: boolean): Engine => ({
  name: 'effect',
  says: 'effect: a lazy graph, one `Effect.cached` per node',
  build: (graph) => (seed) => (isSync ? Effect.runSync(cached(graph, bodies, liftSync, seed)) : Effect.runPromise(cached(graph, bodies, liftAsync, seed))),
});

/** No graph and nothing concurrent, but the cheapest way to write it with effects. */
export const effectInOrder = (bodies: Bodies<Value>, isSync: boolean): Engine => ({
  name: 'effect, in order',
  says: 'effect: the hand-written loop as one generator that yields an effect per node; the effects are made once',
  build(graph) {
    const { kinds, root } = graph;
    const values: number[] = [];
    const tasks = tasksOf(graph, bodies, values);
    const effects = tasks.map((task, i) => (isSync || kinds[i]! < SOURCE ? liftSync(task) : liftAsync(task)));
    const program = Effect.gen(function* () {
      for (let i = 1; i < effects.length; i++) values[i] = yield* effects[i]!;
      return values[root]!;
    });
    return (seed) => {
      values[0] = seed;
      return isSync ? Effect.runSync(program) : Effect.runPromise(program);
    };
  },
});

const cached = ({ kinds, starts, parents, weights, root }: Graph, { source, step, join, mix, total }: Bodies<Value>, lift: Lift, seed: number): Cell =>
  Effect.gen(function* () {
    const cells: Cell[] = [];
    for (let i = 0; i < kinds.length; i++) {
      const start = starts[i]!;
      const weight = weights[i]!;
      const [a, b, c] = [cells[parents[start]!]!, cells[parents[start + 1]!]!, cells[parents[start + 2]!]!];
      switch (kinds[i]!) {
        case SEED:
          cells[i] = Effect.succeed(seed);
          break;
        case LITERAL:
          cells[i] = Effect.succeed(weight);
          break;
        case SHIFT:
          cells[i] = yield* Effect.cached(Effect.map(a, (given) => shift({ seed: given, by: weight })));
          break;
        case SOURCE:
          cells[i] = yield* Effect.cached(Effect.flatMap(a, (given) => lift(() => source({ seed: given, weight }))));
          break;
        case STEP:
          cells[i] = yield* Effect.cached(Effect.flatMap(a, (value) => lift(() => step({ value, weight }))));
          break;
        case JOIN:
          cells[i] = yield* Effect.cached(Effect.flatMap(Effect.all([a, b]), ([left, right]) => lift(() => join({ left, right, weight }))));
          break;
        case MIX:
          cells[i] = yield* Effect.cached(Effect.flatMap(Effect.all([a, b, c]), ([left, right, given]) => lift(() => mix({ left, right, seed: given }))));
          break;
        default: {
          const all = Array.from(parents.subarray(start, starts[i + 1]), (parent) => cells[parent]!);
          cells[i] = yield* Effect.cached(Effect.flatMap(Effect.all(all, { concurrency: 'unbounded' }), (values) => lift(() => total({ values }))));
        }
      }
    }
    return yield* cells[root]!;
  });
