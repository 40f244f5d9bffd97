/** What do large graphs cost in time and memory, and is everything given back? */
import { asyncBodies, syncBodies } from './bodies.ts';
import { clock, collect } from './measure.ts';
import { factoriesOf, modelOf } from './opponents/flowmodel.ts';
import { inlined } from './opponents/loop.ts';
import { digits, times } from './report.ts';
import type { Section, Target } from './report.ts';
import { shapes } from './shapes.ts';
import type { Graph, ShapeName } from './shapes.ts';

export interface Large {
  readonly shape: ShapeName;
  readonly size: number;
}

export interface MemorySettings {
  readonly large: readonly Large[];
  readonly shortLived: number;
  readonly log: (line: string) => void;
}

const syncFactories = factoriesOf(syncBodies);
const asyncFactories = factoriesOf(asyncBodies);

/** Bytes in use, after everything that can go has gone. Typed arrays live outside the heap. */
async function inUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5)); // weak references are cleared between jobs
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

interface Life {
  readonly shape: ShapeName;
  readonly count: number;
  readonly bindMs: number;
  readonly firstMs: number;
  readonly nextMs: number;
  readonly asyncMs: number;
  readonly asyncBodiesMs: number;
  readonly modelBytes: number;
  readonly planBytes: number;
  readonly leftBytes: number;
  readonly isCollected: boolean;
}

export async function memory(settings: MemorySettings): Promise<Section> {
  const lives: Life[] = [];
  await life(shapes.layered.make(1_000)); // compiled code and caches come into being here
  for (const { shape, size } of settings.large) {
    const found = await life(shapes[shape].make(size));
    lives.push(found);
    settings.log(`memory ${shape} ${size}: ${JSON.stringify(found)}`);
  }
  const leak = await shortLived(settings.shortLived);
  settings.log(`memory, ${settings.shortLived} short-lived graphs: ${leak.bytes} bytes left`);
  return {
    title: 'Large graphs and memory',
    intro:
      'Each graph is bound, computed (the first time plans it), computed again with another context, computed by `compute`, and let go. A graph of the same shape with async bodies is bound and computed once more. Times in nanoseconds per node, one run each; sizes in bytes per node after a full collection. *Model*: a model with its bindings. *Cell*: its place in the plan. *Left*: what is still in use when all of it has been let go.',
    tables: [
      {
        head: ['shape', 'nodes', 'bind', 'first `computeSync`', 'next `computeSync`', '`compute`', '`compute`, async bodies, first', 'bytes per model', 'bytes per cell', 'left, in all', 'collected'],
        rows: lives.map((each) => [
          each.shape,
          each.count.toLocaleString('en-US'),
          ...[each.bindMs, each.firstMs, each.nextMs, each.asyncMs, each.asyncBodiesMs].map((ms) => digits((ms * 1e6) / each.count)),
          digits(each.modelBytes / each.count),
          digits(each.planBytes / each.count),
          `${digits(each.leftBytes / 1_024)} KiB`,
          each.isCollected ? 'yes' : 'no',
        ]),
      },
      {
        head: ['short-lived graphs', 'nodes each', 'in use before, MiB', 'in use after, MiB', 'left per graph, bytes'],
        rows: [[settings.shortLived.toLocaleString('en-US'), '1,000', digits(leak.before / 2 ** 20), digits((leak.before + leak.bytes) / 2 ** 20), digits(leak.bytes / settings.shortLived)]],
      },
    ],
    targets: [
      ...linear(lives),
      {
        what: 'graphs, plans and values collected after use',
        wanted: 'all',
        measured: `${lives.filter(({ isCollected }) => isCollected).length} of ${lives.length}; at most ${digits(Math.max(...lives.map(({ leftBytes }) => leftBytes)) / 1_024)} KiB left`,
        isMet: lives.every(({ isCollected, leftBytes, count, modelBytes }) => isCollected && leftBytes < (modelBytes * 1_000) / count + 512 * 1_024),
      },
      {
        what: `memory left by ${settings.shortLived.toLocaleString('en-US')} short-lived graphs`,
        wanted: 'none (< 100 bytes per graph)',
        measured: `${digits(leak.bytes / settings.shortLived)} bytes per graph`,
        isMet: leak.bytes < 100 * settings.shortLived,
      },
    ],
  };
}

async function life(graph: Graph): Promise<Life> {
  const expected = inlined.build(graph) as (seed: number) => number;
  const before = await inUse();
  const { models, ...found } = await used(graph, expected, before);
  const asyncBodiesMs = await usedAsync(graph, expected);
  const left = await inUse();
  return { ...found, shape: graph.shape, count: graph.count, asyncBodiesMs, leftBytes: left - before, isCollected: models.deref() === undefined };
}

/** In a function of its own, so that nothing on the stack holds the graph afterwards. */
async function used(graph: Graph, expected: (seed: number) => number, before: number) {
  let start = clock();
  const root = modelOf(syncFactories, graph);
  const bindMs = clock() - start;
  const bound = await inUse();

  start = clock();
  check(root.flow.computeSync({ seed: 1 }).value, expected(1));
  const firstMs = clock() - start;
  start = clock();
  check(root.flow.computeSync({ seed: 2 }).value, expected(2));
  const nextMs = clock() - start;
  const planned = await inUse();

  start = clock();
  check((await root.flow.compute({ seed: 3 })).value, expected(3));
  const asyncMs = clock() - start;
  return { bindMs, firstMs, nextMs, asyncMs, modelBytes: bound - before, planBytes: planned - bound, models: new WeakRef(root) };
}

async function usedAsync(graph: Graph, expected: (seed: number) => number): Promise<number> {
  const root = modelOf(asyncFactories, graph);
  const start = clock();
  check((await root.flow.compute({ seed: 4 })).value, expected(4));
  return clock() - start;
}

async function shortLived(count: number): Promise<{ readonly before: number; readonly bytes: number }> {
  const graph = shapes.layered.make(1_000);
  const expected = inlined.build(graph) as (seed: number) => number;
  const use = async (seed: number): Promise<void> => {
    check(modelOf(syncFactories, graph).flow.computeSync({ seed }).value, expected(seed));
    check((await modelOf(asyncFactories, graph).flow.compute({ seed })).value, expected(seed));
  };
  for (let i = 0; i < 50; i++) await use(i);
  const before = await inUse();
  for (let i = 0; i < count; i++) await use(i);
  return { before, bytes: (await inUse()) - before };
}

function check(value: number, expected: number): void {
  if (value !== expected) throw new Error(`Expected ${expected}, got ${value}`);
}

/** Per node, the largest graph of a shape beside the smallest one. */
function linear(lives: readonly Life[]): Target[] {
  return [...new Set(lives.map(({ shape }) => shape))].flatMap((shape) => {
    const own = lives.filter((each) => each.shape === shape);
    const [small, large] = [own[0]!, own.at(-1)!];
    if (small === large) return [];
    const ratio = (of: (each: Life) => number): number => of(large) / large.count / (of(small) / small.count);
    const time = ratio((each) => each.bindMs + each.firstMs);
    const bytes = ratio((each) => each.modelBytes + each.planBytes);
    return [
      {
        what: `${shape}, ${large.count.toLocaleString('en-US')} nodes: time and memory per node / at ${small.count.toLocaleString('en-US')}`,
        wanted: 'linear (≤ 1.5×)',
        measured: `bind and first compute ${times(time)}, memory ${times(bytes)}`,
        isMet: time <= 1.5 && bytes <= 1.5,
      },
    ];
  });
}
