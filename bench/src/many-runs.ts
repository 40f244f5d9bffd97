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
let arrived = Promise.withResolvers<void>();
let missing = 0;

const gatedBodies: Bodies<Value> = {
  source: async (inputs) => {
    if (--missing === 0) arrived.resolve();
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
  const runners = engines.map((engine) => ({ name: engine.name, run: engine.build(graph) as (seed: number) => Promise<number> }));
  const total = settings.inFlight.at(-1)!;
  const samples = new Map(engines.map(({ name }) => [name, settings.inFlight.map((): number[] => [])]));
  for (let round = -1; round < settings.rounds; round++) {
    for (const [i, runs] of settings.inFlight.entries()) {
      for (const { name, run } of runners) {
        collect();
        const start = clock();
        for (let done = 0; done < total; done += runs) await flight(run, runs);
        if (round >= 0) samples.get(name)![i]!.push(((clock() - start) * 1e6) / total / graph.count);
      }
    }
  }
  const flights = new Map<string, Flight[]>();
  for (const { name, run } of runners) {
    const own: Flight[] = [];
    for (const [i, runs] of settings.inFlight.entries()) {
      const outcome = summary(samples.get(name)![i]!);
      own.push({ runs, outcome, bytesPerRun: (await heldBy(run, runs)) / runs });
      settings.log(`${runs} in flight, ${name}: ${timed(outcome)}`);
    }
    flights.set(name, own);
  }
  const replan = await replanning();
  const ours = flights.get('flowmodel')!;
  const growth = (own: readonly Flight[]): number[] => own.slice(1).map(({ outcome }) => outcome.median / own[0]!.outcome.median);
  const growthText = (name: string): string => growth(flights.get(name)!).map((ratio, i) => `${ours[i + 1]!.runs.toLocaleString('en-US')}: ${times(ratio)}`).join(', ');
  return {
    title: 'Many runs of one plan at once',
    intro: `One plan of ${graph.count} nodes (layered); the ${sources} sources wait at a gate that opens when every run has come to all of its own, so all runs are in flight at once, each with another seed. Every value is checked. Each sample is ${total.toLocaleString('en-US')} runs, so many at a time. Nanoseconds per node, median (min–max); memory is what a run holds while it waits.`,
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
        measured: `${growthText('flowmodel')} (the promise memo: ${growthText('promise memo')})`,
        isMet: Math.max(...growth(ours)) <= 1.1,
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

/** Starts the runs, sees all of them wait, lets them go on, and checks what they yield. */
async function flight(run: (seed: number) => Promise<number>, runs: number, whileWaiting?: () => void): Promise<void> {
  gate = Promise.withResolvers();
  arrived = Promise.withResolvers();
  missing = runs * sources;
  const promises: Promise<number>[] = [];
  for (let seed = 0; seed < runs; seed++) promises.push(run(seed));
  await arrived.promise;
  whileWaiting?.();
  gate.resolve();
  const values = await Promise.all(promises);
  for (const [seed, value] of values.entries()) if (value !== expected(seed)) throw new Error(`Expected ${expected(seed)} for seed ${seed}, got ${value}`);
}

/** Bytes on the heap while the runs wait. */
async function heldBy(run: (seed: number) => Promise<number>, runs: number): Promise<number> {
  let held = 0;
  collect();
  const before = process.memoryUsage().heapUsed;
  await flight(run, runs, () => {
    collect();
    held = process.memoryUsage().heapUsed - before;
  });
  return held;
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
