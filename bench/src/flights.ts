/** What is the framework's share where bodies do real work: 200,000 flights, 60 nodes? */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import type { Profiler } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { Dependency, flowModel, FromContext, Resource } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { z } from 'zod';
import { clock, collect, summary } from './measure.ts';
import { digits, timed } from './report.ts';
import type { Section } from './report.ts';

export interface FlightsSettings {
  readonly rounds: number;
  readonly log: (line: string) => void;
}

interface Flight {
  readonly delay: number;
  readonly distance: number;
  /** Hour of departure with a fraction, 0 to 24. */
  readonly time: number;
}

/** A class, so that passing it on costs an `instanceof` and no copy. */
class Flights {
  readonly rows: readonly Flight[];

  constructor(rows: readonly Flight[]) {
    this.rows = rows;
  }
}

const flights = z.instanceof(Flights);
const stats = z.object({ label: z.string(), count: z.number(), mean: z.number(), late: z.number(), p90: z.number() });
type Stats = z.infer<typeof stats>;

/* ---------- the work, as plain functions ---------- */

const clean = ({ all, maxDelay }: { readonly all: Flights; readonly maxDelay: number }): Flights => new Flights(all.rows.filter(({ delay }) => Math.abs(delay) <= maxDelay));

const inHour = ({ table, hour }: { readonly table: Flights; readonly hour: number }): Flights => new Flights(table.rows.filter(({ time }) => Math.floor(time) === hour));

const inBand = ({ table, from, to }: { readonly table: Flights; readonly from: number; readonly to: number }): Flights => new Flights(table.rows.filter(({ distance }) => distance >= from && distance < to));

function describe({ table, label, lateAfter }: { readonly table: Flights; readonly label: string; readonly lateAfter: number }): Stats {
  const delays = Float64Array.from(table.rows, ({ delay }) => delay).toSorted();
  if (delays.length === 0) return { label, count: 0, mean: 0, late: 0, p90: 0 };
  let sum = 0;
  let late = 0;
  for (const delay of delays) {
    sum += delay;
    if (delay > lateAfter) late++;
  }
  return { label, count: delays.length, mean: sum / delays.length, late: late / delays.length, p90: delays[Math.floor(delays.length * 0.9)]! };
}

function correlation({ table }: { readonly table: Flights }): number {
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (const { delay, distance } of table.rows) {
    n++;
    x += distance;
    y += delay;
    xx += distance * distance;
    yy += delay * delay;
    xy += distance * delay;
  }
  return (n * xy - x * y) / Math.sqrt((n * xx - x * x) * (n * yy - y * y));
}

const worst = ({ groups }: { readonly groups: readonly Stats[] }): Stats => groups.reduce((a, b) => (b.late > a.late ? b : a));

const report = (inputs: { readonly overall: Stats; readonly worstHour: Stats; readonly worstBand: Stats; readonly related: number }): string =>
  [inputs.overall, inputs.worstHour, inputs.worstBand].map(({ label, count, mean, late, p90 }) => `${label}: ${count} flights, ${mean.toFixed(2)} min, ${(late * 100).toFixed(2)} % late, p90 ${p90}`).join('; ') +
  `; delay and distance ${inputs.related.toFixed(4)}`;

/* ---------- the graph ---------- */

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const BANDS = [{ from: 0, to: 500 }, { from: 500, to: 1_000 }, { from: 1_000, to: 10_000 }];

const cleaned = flowModel({ name: 'cleaned', inputs: { all: Resource<Flights>(), maxDelay: FromContext(z.number()) } }, clean);
const hourly = flowModel({ name: 'hourly', inputs: { table: flights, hour: z.number().int() } }, inHour);
const banded = flowModel({ name: 'banded', inputs: { table: flights, from: z.number(), to: z.number() } }, inBand);
const described = flowModel({ name: 'described', inputs: { table: flights, label: z.string(), lateAfter: FromContext(z.number()) }, output: stats }, describe);
const correlated = flowModel({ name: 'correlated', inputs: { table: flights } }, correlation);
const worstOf = flowModel({ name: 'worstOf', inputs: { groups: Dependency(z.array(stats)) }, output: stats }, worst);
const reported = flowModel({ name: 'reported', inputs: { overall: stats, worstHour: stats, worstBand: stats, related: z.number() } }, report);

/** Clean, 24 × 2 by hour, 3 × 2 by distance, overall, related, two comparisons, the report. */
const NODES = 60;

function graph() {
  const table = cleaned();
  const hours = HOURS.map((hour) => described({ table: hourly({ table, hour }), label: `hour ${hour}` }));
  const bands = BANDS.map(({ from, to }) => described({ table: banded({ table, from, to }), label: `${from} to ${to} miles` }));
  return reported({
    overall: described({ table, label: 'all' }),
    worstHour: worstOf({ groups: hours }),
    worstBand: worstOf({ groups: bands }),
    related: correlated({ table }),
  });
}

/** The same calls without a framework: what a script would do. */
function byHand(all: Flights, { maxDelay, lateAfter }: Context): string {
  const table = clean({ all, maxDelay });
  const hours = HOURS.map((hour) => describe({ table: inHour({ table, hour }), label: `hour ${hour}`, lateAfter }));
  const bands = BANDS.map(({ from, to }) => describe({ table: inBand({ table, from, to }), label: `${from} to ${to} miles`, lateAfter }));
  return report({
    overall: describe({ table, label: 'all', lateAfter }),
    worstHour: worst({ groups: hours }),
    worstBand: worst({ groups: bands }),
    related: correlation({ table }),
  });
}

interface Context {
  readonly maxDelay: number;
  readonly lateAfter: number;
}

/* ---------- the measurement ---------- */

/** Sixty nodes a compute take a while to become compiled code, so they are warmed up on a few rows; the bodies, on all of them. */
const WARM_UP = { few: 1_000, all: 3 };

export async function flightsShare(settings: FlightsSettings): Promise<Section> {
  const file = fileURLToPath(new URL('../data/flights-200k.json', import.meta.resolve('vega-datasets')));
  const all = new Flights(JSON.parse(readFileSync(file, 'utf8')) as Flight[]);
  const root = graph();
  const compute = (context: Context, table = all): string => root.flow.computeSync(context, { resources: { all: table } }).value;
  const context = (i: number): Context => ({ maxDelay: 600 + i, lateAfter: 15 + (i % 5) });
  if (countOf(root) !== NODES) throw new Error(`Expected ${NODES} nodes, got ${countOf(root)}`);
  const answer = compute(context(0));
  if (answer !== byHand(all, context(0))) throw new Error('Expected the same report from both');

  const warmUp = (): void => {
    const few = new Flights(all.rows.slice(0, 500));
    for (let i = 0; i < WARM_UP.few; i++) compute(context(i), few);
    for (let i = 0; i < WARM_UP.all; i++) compute(context(i));
  };
  const profile = await profiled(warmUp, () => {
    for (let i = 0; i < settings.rounds; i++) compute(context(i));
  });
  const samples = { ours: [] as number[], hand: [] as number[] };
  for (let i = 0; i < settings.rounds + WARM_UP.all; i++) {
    const ours = timeOf(() => compute(context(i)));
    const hand = timeOf(() => byHand(all, context(i)));
    if (i < WARM_UP.all) continue;
    samples.ours.push(ours);
    samples.hand.push(hand);
  }
  const [ours, hand] = [summary(samples.ours), summary(samples.hand)];
  const share = sharesOf(profile);
  settings.log(`flights: ${timed(ours)} ms beside ${timed(hand)} ms by hand; framework ${percent(share.framework)}`);
  return {
    title: 'A real case: 200,000 flights',
    intro: `\`flights-200k.json\` of vega-datasets (${all.rows.length.toLocaleString('en-US')} rows), aggregated by ${NODES} nodes: rows cleaned, split by hour and by distance, described by count, mean, share of late flights and 90th percentile, compared and reported. Stats are validated on the way in and out; the table is passed on as an instance of a class. The report: “${answer}”.`,
    tables: [
      { head: ['', 'ms per compute'], rows: [['flowmodel, `computeSync` on a plan', timed(ours)], ['the same functions called by hand', timed(hand)]] },
      { head: ['the profile by where the time went', 'share'], rows: [['the bodies, and what they call', percent(share.work)], ['flowmodel and zod', percent(share.framework)], ['garbage collection', percent(share.collector)], ['the rest of the runtime', percent(share.other)]] },
      { head: ['functions by self time', 'share'], rows: share.top.map(({ name, part }) => [name, percent(part)]) },
    ],
    notes: [`The profile is V8's, at 200 µs, over ${settings.rounds} computes; a built-in counts for the function that called it.`],
    targets: [
      {
        what: 'flights: the share of flowmodel and zod in the profile',
        wanted: '≤ 1 %',
        measured: `${percent(share.framework)}; beside the same calls by hand ${digits(ours.median)} ms to ${digits(hand.median)} ms`,
        isMet: share.framework <= 0.01,
      },
    ],
  };
}

const percent = (part: number): string => `${(part * 100).toFixed(2)} %`;

function timeOf(work: () => unknown): number {
  collect();
  const start = clock();
  work();
  return clock() - start;
}

/** The models of a graph, shared ones once. */
function countOf(root: CallableModel): number {
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (typeof value === 'object' && value !== null && 'flow' in value && !seen.has(value)) {
      seen.add(value);
      for (const input of Object.values((value as CallableModel).inputs)) visit(input);
    }
  };
  visit(root);
  return seen.size;
}

/** V8 knows what it inlined where only in code that it compiled while a profile was being taken, so one is taken of the warming up too. */
async function profiled(warmUp: () => void, work: () => void): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  warmUp();
  await session.post('Profiler.stop');
  await session.post('Profiler.start');
  work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return profile;
}

type Owner = 'work' | 'framework' | 'collector' | 'other';

interface Shares extends Readonly<Record<Owner, number>> {
  readonly top: readonly { readonly name: string; readonly part: number }[];
}

/** Self time by owner, in samples rather than in time between them, which other programs stretch. Frames without a file of their own (built-ins) belong to who called them; compiled-at-run-time code is the framework's. */
function sharesOf({ nodes }: Profiler.Profile): Shares {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<number, Owner>();
  const names = new Map<number, string>();
  const pending: [Profiler.ProfileNode, Owner, string][] = [[nodes[0]!, 'other', '']];
  while (pending.length > 0) {
    const [node, above, caller] = pending.pop()!;
    const owner = ownerOf(node.callFrame) ?? above;
    const own = node.callFrame.functionName;
    const name = own === '' ? `a function in ${caller}` : own;
    owners.set(node.id, owner);
    names.set(node.id, owner === 'framework' ? `${name}, flowmodel` : name);
    for (const child of node.children ?? []) pending.push([byId.get(child)!, owner, own === '' ? caller : own]);
  }
  const sums: Record<Owner, number> = { work: 0, framework: 0, collector: 0, other: 0 };
  const self = new Map<string, number>();
  let total = 0;
  for (const { id, callFrame, hitCount = 0 } of nodes) {
    if (callFrame.functionName === '(idle)' || callFrame.url === 'node:inspector') continue; // the profiler itself
    total += hitCount;
    sums[owners.get(id)!] += hitCount;
    const name = names.get(id)!;
    self.set(name, (self.get(name) ?? 0) + hitCount);
  }
  const top = [...self].toSorted((a, b) => b[1] - a[1]).slice(0, 12).map(([name, hits]) => ({ name, part: hits / total }));
  return { work: sums.work / total, framework: sums.framework / total, collector: sums.collector / total, other: sums.other / total, top };
}

function ownerOf({ url, functionName, scriptId }: { readonly url: string; readonly functionName: string; readonly scriptId: string }): Owner | undefined {
  if (functionName === '(garbage collector)') return 'collector';
  if (functionName === '(program)' || functionName === '(root)') return 'other';
  if (url.includes('/packages/core/') || /\/node_modules\/(zod|immer|object-hash|lru-cache)\//.test(url)) return 'framework';
  if (url.endsWith('/flights.ts')) return 'work';
  return url === '' && scriptId !== '0' ? 'framework' : undefined;
}
