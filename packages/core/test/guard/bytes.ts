// Prints, as JSON, how many bytes are allocated per node. The young generation is so large that nothing is collected meanwhile.
import { getHeapStatistics } from 'node:v8';
import { layered } from './graph.ts';

export interface Bytes {
  /** By one run, after others. */
  readonly warm: number;
  /** By the same, with asynchronous bodies. */
  readonly warmAsync: number;
  /** By the first run of a graph whose definitions are warm: planning and one run. */
  readonly first: number;
  /** The same for a graph of a tenth of the size: what grows faster than the graph shows here. */
  readonly firstOfSmall: number;
  /** Of the first, what stays as long as the graph: its plan. */
  readonly kept: number;
}

const collect = (): void => {
  if (globalThis.gc === undefined) throw new Error('Expected node --expose-gc.');
  void globalThis.gc();
};
const used = (): number => getHeapStatistics().used_heap_size;

/** The least of several: now and then the compiler allocates something too. */
async function least(times: number, measure: () => number | Promise<number>): Promise<number> {
  const found: number[] = [];
  for (let i = 0; i < times; i++) found.push(await measure());
  return Math.min(...found);
}

async function allocated(act: () => unknown): Promise<number> {
  collect();
  const before = used();
  await act();
  return used() - before;
}

/** What stays allocated. */
async function kept(act: () => unknown): Promise<number> {
  return allocated(async () => {
    await act();
    collect();
  });
}

const perNode = (bytes: number, count: number): number => Math.round((bytes / count) * 10) / 10;
const big = layered(100, 100);
const small = (): ReturnType<typeof layered> => layered(100, 10);
for (let seed = 0; seed < 30; seed++) {
  big.root.flow.computeSync({ seed });
  small().root.flow.computeSync({ seed });
  await big.asyncRoot.flow.compute({ seed });
}

const firstRun = async (measure: typeof allocated, make: () => ReturnType<typeof layered>): Promise<number> => {
  const graph = make();
  return perNode(await measure(() => graph.root.flow.computeSync({ seed: 1 })), graph.count);
};

const bytes: Bytes = {
  warm: perNode(await least(10, () => allocated(() => big.root.flow.computeSync({ seed: 1 }))), big.count),
  warmAsync: perNode(await least(10, () => allocated(() => big.asyncRoot.flow.compute({ seed: 1 }))), big.count),
  first: await least(5, () => firstRun(allocated, () => layered(100, 100))),
  firstOfSmall: await least(5, () => firstRun(allocated, small)),
  kept: await least(5, () => firstRun(kept, () => layered(100, 100))),
};
console.log(JSON.stringify(bytes));
