/** What is the framework's share where bodies do real work: 200,000 flights, 60 nodes? */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
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
  const delays = Float64Array.from(table.rows, ({ delay }) => delay).sort();
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
const BANDS = [0, 500, 1_000, 2_000, Infinity].slice(0, -1).map((from, i, all) => ({ from, to: all[i + 1] ?? 1e9 }));

const cleaned = flowModel({ name: 'cleaned', inputs: { all: Resource<Flights>(), maxDelay: FromContext(z.number()) } }, clean);
const hourly = flowModel({ name: 'hourly', inputs: { table: flights, hour: z.number().int() } }, inHour);
const banded = flowModel({ name: 'banded', inputs: { table: flights, from: z.number(), to: z.number() } }, inBand);
const described = flowModel({ name: 'described', inputs: { table: flights, label: z.string(), lateAfter: FromContext(z.number()) }, output: stats }, describe);
const correlated = flowModel({ name: 'correlated', inputs: { table: flights } }, correlation);
const worstOf = flowModel({ name: 'worstOf', inputs: { groups: Dependency(z.array(stats)) }, output: stats }, worst);
const reported = flowModel({ name: 'reported', inputs: { overall: stats, worstHour: stats, worstBand: stats, related: z.number() } }, report);

/** 1 + 24 × 2 + 4 × 2 + 1 + 1 + 2 + 1 = 62, less the two nodes that `overall` and `related` share with nobody. */
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
