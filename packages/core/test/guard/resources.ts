// Prints, as JSON, how many promises, timers and other asynchronous resources one warm run of 10,001 nodes makes, by type.
import { createHook } from 'node:async_hooks';
import { layered } from './graph.ts';

type Counts = Readonly<Record<string, number>>;
export interface Resources {
  readonly computeSync: Counts;
  readonly compute: Counts;
  /** Of a graph with 9,900 asynchronous bodies. */
  readonly asyncBodies: Counts;
}

const { root, asyncRoot } = layered(100, 100);
let counts: Record<string, number> = {};
const hook = createHook({
  init(_id, type) {
    counts[type] = (counts[type] ?? 0) + 1;
  },
});

/** What a warm run makes. */
async function made(act: () => void | Promise<unknown>): Promise<Counts> {
  for (let i = 0; i < 5; i++) await act();
  counts = {};
  hook.enable();
  const outcome = act();
  if (outcome !== undefined) await outcome;
  hook.disable();
  return counts;
}

const resources: Resources = {
  computeSync: await made(() => void root.flow.computeSync({ seed: 1 })),
  compute: await made(() => root.flow.compute({ seed: 1 })),
  asyncBodies: await made(() => asyncRoot.flow.compute({ seed: 1 })),
};
console.log(JSON.stringify(resources));
