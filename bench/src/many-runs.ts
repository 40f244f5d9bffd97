/** What do many runs of one plan at once cost, each with a context of its own? Do they keep apart, and is the plan kept? */
import { syncBodies } from './bodies.ts';
import type { Bodies } from './bodies.ts';
import { clock, collect, summary } from './measure.ts';
import type { Timing } from './measure.ts';
import { flowmodel, factoriesOf, modelOf } from './opponents/flowmodel.ts';
import { inlined } from './opponents/loop.ts';
import { promiseMemo } from './opponents/promise-memo.ts';
import type { Value } from './opponents/engine.ts';
import { digits, timed, times } from './report.ts';
import type { Section } from './report.ts';
import { shapes, SOURCE } from './shapes.ts';

export interface ManyRunsSettings {
  readonly inFlight: readonly number[];
  readonly rounds: number;
  readonly log: (line: string) => void;
}

/** The sources wait at a gate that opens when all runs have come to it. */
let gate = Promise.withResolvers<void>();
let waiting = 0;

const gatedBodies: Bodies<Value> = {
  source: async (inputs) => {
    waiting++;
    await gate.promise;
    return syncBodies.source(inputs);
  },
  step: syncBodies.step,
  join: async (inputs) => syncBodies.join(inputs),
  mix: syncBodies.mix,
  total: syncBodies.total,
};

const graph = shapes.layered.make(1_000);
const sources = graph.kinds.filter((kind) => kind === SOURCE).length;
const expected = inlined.build(graph) as (seed: number) => number;

interface Flight {
  readonly runs: number;
  readonly outcome: Timing;
  readonly bytesPerRun: number;
}

export async function manyRuns(settings: ManyRunsSettings): Promise<Section> {
  const engines = [flowmodel(gatedBodies, false), promiseMemo(gatedBodies)];
  const flights = new Map<string, Flight[]>(engines.map(({ name }) => [name, []]));
  const runners = engines.map((engine) => ({ engine, run: engine.build(graph) as (seed: number) => Promise<number> }));
  for (const { run } of runners) for (let i = 0; i < 5; i++) await flight(run, 100);
  for (const runs of settings.inFlight) {
    const samples = new Map<string, { ns: number; bytes: number }[]>();
    for (let round = 0; round < settings.rounds * Math.max(1, 50 / runs); round++) {
      for (const { engine, run } of runners) samples.set(engine.name, [...(samples.get(engine.name) ?? []), await flight(run, runs)]);
    }
    for (const [name, found] of samples) {
      const outcome = summary(found.map(({ ns }) => ns), runs * graph.count);
      flights.get(name)!.push({ runs, outcome, bytesPerRun: summary(found.map(({ bytes }) => bytes / runs)).median });
      settings.log(`${runs} in flight, ${name}: ${timed(outcome)}`);
    }
  }
  const replan = await replanning();
  const ours = flights.get('flowmodel')!;
  const worst = Math.max(...ours.slice(1).map(({ outcome }) => outcome.median / ours[0]!.outcome.median));
  return {
    title: 'Many runs of one plan at once',
    intro: `One plan of ${graph.count} nodes (layered); the ${sources} sources wait at a gate that opens when every run has come to all of its own, so all runs are in flight at once, each with another seed. Every value is checked. Nanoseconds per node, median (min–max); memory is what a run holds while it waits.`,
    tables: [
      {
        head: ['runs in flight', ...engines.flatMap(({ name }) => [name, `${name}, KiB per run`])],
        rows: ours.map(({ runs }, i) => [
          runs.toLocaleString('en-US'),
          ...engines.flatMap(({ name }) => {
            const { outcome, bytesPerRun } = flights.get(name)![i]!;
            return [timed(outcome), digits(bytesPerRun / 1_024)];
          }),
        ]),
      },
      {
        head: ['computes of one graph', 'ns per node'],
        rows: [
          ['first (plans)', digits(replan.first)],
          ['second, another context', digits(replan.second)],
          ['later ones, other contexts each, median', digits(replan.later)],
        ],
      },
    ],
    targets: [
      { what: 'runs in flight at once: right values', wanted: 'all', measured: `${ours.at(-1)!.runs.toLocaleString('en-US')} runs, all of them`, isMet: true },
      {
        what: `cost per run, ${ours.at(-1)!.runs.toLocaleString('en-US')} in flight / one`,
        wanted: 'no more (≤ 1.1×)',
        measured: ours.slice(1).map(({ runs, outcome }) => `${runs.toLocaleString('en-US')}: ${times(outcome.median / ours[0]!.outcome.median)}`).join(', '),
        isMet: worst <= 1.1,
      },
      {
        what: 'plans made by 1,000 computes that differ in context only',
        wanted: '0',
        measured: String(replan.plans),
        isMet: replan.plans === 0,
      },
    ],
  };
}

/** Starts the runs, sees all of them wait, lets them go on. The time without the look at the heap. */
async function flight(run: (seed: number) => Promise<number>, runs: number): Promise<{ ns: number; bytes: number }> {
  gate = Promise.withResolvers();
  waiting = 0;
  const isMany = runs >= 100;
  if (isMany) collect();
  const before = process.memoryUsage().heapUsed;
  const start = clock();
  const promises: Promise<number>[] = [];
  for (let seed = 0; seed < runs; seed++) promises.push(run(seed));
  for (let turn = 0; waiting < runs * sources; turn++) {
    if (turn > 1_000) throw new Error(`Expected ${runs * sources} sources to wait, got ${waiting}`);
    await null;
  }
  let took = clock() - start;
  if (isMany) collect();
  const bytes = process.memoryUsage().heapUsed - before;
  const rest = clock();
  gate.resolve();
  const values = await Promise.all(promises);
  took += clock() - rest;
  for (const [seed, value] of values.entries()) if (value !== expected(seed)) throw new Error(`Expected ${expected(seed)} for seed ${seed}, got ${value}`);
  return { ns: took * 1e6, bytes };
}

/** Looks at the plan itself, an internal of the core: it has to be the same one throughout. */
async function replanning(): Promise<{ readonly first: number; readonly second: number; readonly later: number; readonly plans: number }> {
  const { planOf } = (await import(new URL('plan/planner.js', import.meta.resolve('@flowmodel/core')).href)) as { planOf: (model: unknown) => unknown };
  const root = modelOf(factoriesOf(syncBodies), graph);
  const timeOf = (seed: number): number => {
    const start = clock();
    const { value } = root.flow.computeSync({ seed });
    const took = clock() - start;
    if (value !== expected(seed)) throw new Error(`Expected ${expected(seed)}, got ${value}`);
    return (took * 1e6) / graph.count;
  };
  const first = timeOf(1);
  const plan = planOf(root);
  const second = timeOf(2);
  let plans = 0;
  const later: number[] = [];
  for (let seed = 3; seed < 1_003; seed++) {
    later.push(timeOf(seed));
    if (planOf(root) !== plan) plans++;
  }
  return { first, second, later: summary(later).median, plans };
}
