/** What does an item of a batch cost, beside the packages that map over promises? */
import { batchModel, createLimiter, mapFlow } from '@flowmodel/batch';
import { DefinitionRegistry, flowModel, FromContext } from '@flowmodel/core';
import Bottleneck from 'bottleneck';
import pLimit from 'p-limit';
import pMap from 'p-map';
import PQueue from 'p-queue';
import { z } from 'zod';
import { compare, isTiming } from './measure.ts';
import type { Contender, Effort, Outcome } from './measure.ts';
import { digits, timed, timedBeside, times } from './report.ts';
import type { Section } from './report.ts';

export interface BatchSettings {
  readonly items: number;
  readonly concurrency: number;
  readonly effort: Effort;
  readonly log: (line: string) => void;
}

type Items = readonly { readonly n: number }[];

// oxlint-disable-next-line require-await -- a body that is asynchronous and does nothing
const body = async ({ n }: { readonly n: number }): Promise<number> => n + 1;

const definitions = new DefinitionRegistry();
const each = flowModel({ name: 'each', definitions, inputs: { n: FromContext(z.number()) } }, body)();
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const sumOfEntries = (results: readonly ({ status: 'ok'; value: number } | { status: 'error' })[]): number => sumOf(results.map((entry) => (entry.status === 'ok' ? entry.value : Number.NaN)));

async function barePool(items: Items, concurrency: number): Promise<number[]> {
  const values = new Array<number>(items.length);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      values[i] = await body(items[i]!);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return values;
}

const P_MAP = 'p-map';
const POOL = 'bare pool';
const OURS = 'mapFlow';
const ITERATED = 'mapFlow, iterated';
const BATCH = 'batchModel';
const LIMITER = 'createLimiter';
const NAMES = [POOL, 'p-limit', 'p-queue', 'bottleneck', LIMITER, OURS, ITERATED, BATCH];

function contenders(concurrency: number, items: (seed: number) => Items): Contender[] {
  const batch = batchModel({ name: 'batch', definitions, inputs: { items: z.array(z.object({ n: z.number() })) }, item: z.object({ n: z.number() }), params: ({ items: list }) => list, each, concurrency });
  const contender = (name: string, run: (list: Items) => Promise<number>): Contender => ({ name, run: (seed) => run(items(seed)) });
  return [
    contender(P_MAP, async (list) => sumOf(await pMap(list, body, { concurrency }))),
    contender(POOL, async (list) => sumOf(await barePool(list, concurrency))),
    contender('p-limit', async (list) => {
      const limit = pLimit(concurrency);
      return sumOf(await Promise.all(list.map((item) => limit(() => body(item)))));
    }),
    contender('p-queue', async (list) => sumOf(await new PQueue({ concurrency }).addAll(list.map((item) => () => body(item))))),
    contender('bottleneck', async (list) => {
      const limiter = new Bottleneck({ maxConcurrent: concurrency });
      return sumOf(await Promise.all(list.map((item) => limiter.schedule(() => body(item)))));
    }),
    contender(LIMITER, async (list) => {
      const limiter = createLimiter({ concurrency });
      return sumOf(await Promise.all(list.map((item) => limiter.run(() => body(item)))));
    }),
    contender(OURS, async (list) => sumOfEntries((await mapFlow(each, list, { concurrency })).results)),
    contender(ITERATED, async (list) => {
      let sum = 0;
      for await (const entry of mapFlow(each, list, { concurrency })) if (entry.status === 'ok') sum += entry.value;
      return sum;
    }),
    contender(BATCH, async (list) => sumOfEntries((await batch({ items: list }).flow.compute()).value.results)),
  ];
}

export async function batchItems({ items, concurrency, effort, log }: BatchSettings): Promise<Section> {
  const listOf = (seed: number): Items => Array.from({ length: items }, (_, i) => ({ n: seed + i }));
  const expected = (seed: number): number => items * (seed + 1) + (items * (items - 1)) / 2;
  const outcomes = await compare(contenders(concurrency, listOf), items, expected, effort);
  const theirs = outcomes.get(P_MAP);
  log(`batch: ${[...outcomes].map(([name, outcome]) => `${name} ${isTiming(outcome) ? digits(outcome.median) : outcome.failed}`).join(', ')}`);
  const rows = NAMES.map((name) => [name, timedBeside(outcomes.get(name), theirs)]);
  const ratio = ratioOf(outcomes.get(OURS), theirs);
  return {
    title: 'Batch: an item of a map',
    intro: `Nanoseconds per item of ${items.toLocaleString('en-US')}, ${concurrency} at a time, median (min–max); bold: as a multiple of p-map's median. An item's body is an async function that adds one.`,
    tables: [{ head: ['', 'time'], rows: [[P_MAP, timed(theirs)], ...rows] }],
    notes: ['An item of `mapFlow` and `batchModel` is an evaluation: its fields are checked by the schemas that read them, it is found again when an equal one comes, it has a path, an entry and a part in the progress. The others call a function.', 'bottleneck waits for a timer with every job, 2 ms or so, and so may have no answer in time.'],
    targets: [{ what: `${items.toLocaleString('en-US')} items at ${concurrency}, mapFlow / ${P_MAP}`, wanted: '≤ 1.5×', measured: times(ratio), isMet: ratio <= 1.5 }],
  };
}

const ratioOf = (ours: Outcome | undefined, theirs: Outcome | undefined): number => (ours !== undefined && theirs !== undefined && isTiming(ours) && isTiming(theirs) ? ours.median / theirs.median : Infinity);
