/** What does remembering cost: a second compute with a warm cache, and a first one that keeps everything? */
import { flowModel, FromContext, memoryCache } from '@flowmodel/core';
import type { AnyModel, ComputeOptions } from '@flowmodel/core';
import { z } from 'zod';
import { compare, isTiming } from './measure.ts';
import type { Contender, Effort, Outcome } from './measure.ts';
import { digits, timed } from './report.ts';
import type { Section, Target } from './report.ts';

export interface CacheSettings {
  readonly sizes: readonly number[];
  readonly effort: Effort;
  readonly log: (line: string) => void;
}

const source = flowModel({ name: 'bench.cache.source', inputs: { seed: FromContext(z.number()), day: FromContext(z.date()), place: FromContext(z.string()) } }, ({ seed }) => seed);
const node = flowModel({ name: 'bench.cache.node', inputs: { a: z.number(), b: z.number(), n: z.number() } }, ({ a, b, n }) => (a + b * 3 + n) % 1_000_003);

/** Layers of ten; each node reads two of the layer before. */
function graph(size: number): AnyModel {
  let layer: AnyModel[] = Array.from({ length: 10 }, () => source());
  for (let made = 0; made < size; made += 10) layer = layer.map((_, i) => node({ a: layer[i]!, b: layer[(i + 1) % 10]!, n: made + i } as never));
  return node({ a: layer[0]!, b: layer[1]!, n: 0 } as never);
}

const day = new Date(0);
const contextOf = (seed: number): object => ({ seed, day, place: 'library' });

const HIT = 'hit, at the root';
const COLD = 'first compute with an empty cache, per node';
const PLAIN = 'the same without a cache, per node';

interface Row {
  readonly size: number;
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

async function measure(size: number, { effort, log }: CacheSettings): Promise<Row> {
  const model = graph(size) as unknown as { readonly flow: { computeSync(context: object, options?: ComputeOptions): { readonly value: number } } };
  const warm = memoryCache({ max: 10 * size + 1_000 });
  const expected = model.flow.computeSync(contextOf(0), { cache: warm }).value;
  const hit: Contender = { name: HIT, run: (seed) => (model.flow.computeSync(contextOf(0), { cache: warm }).value === expected ? seed : Number.NaN) };
  const cold: Contender = { name: COLD, run: (seed) => (Number.isFinite(model.flow.computeSync(contextOf(seed), { cache: memoryCache({ max: 10 * size + 1_000 }) }).value) ? seed : Number.NaN) };
  const plain: Contender = { name: PLAIN, run: (seed) => (Number.isFinite(model.flow.computeSync(contextOf(seed)).value) ? seed : Number.NaN) };
  const outcomes = new Map<string, Outcome>([...(await compare([hit], 1, (seed) => seed, effort)), ...(await compare([cold, plain], size, (seed) => seed, effort))]);
  log(`cache ${size}: ${[...outcomes].map(([name, outcome]) => `${name} ${timed(outcome)}`).join(' | ')}`);
  return { size, outcomes };
}

export async function cache(settings: CacheSettings): Promise<Section> {
  const rows: Row[] = [];
  for (const size of settings.sizes) rows.push(await measure(size, settings));
  return {
    title: 'Remembering',
    intro: 'A layered graph with three context fields and a memory cache; nanoseconds. A hit looks at no node but the root: the context\'s fields become a text, the text gives the key, the key the value. A first compute derives a SHA-256 key per node, asks for it, and keeps what it computes.',
    tables: [{ head: ['', ...rows.map(({ size }) => size.toLocaleString('en-US'))], rows: [HIT, COLD, PLAIN].map((name) => [name, ...rows.map(({ outcomes }) => timed(outcomes.get(name)))]) }],
    targets: [target(rows)],
  };
}

const LIMIT = 5_000;

function target(rows: readonly Row[]): Target {
  const medians = rows.map(({ outcomes }) => {
    const outcome = outcomes.get(HIT);
    return outcome !== undefined && isTiming(outcome) ? outcome.median : Number.NaN;
  });
  return {
    what: 'second compute with a warm cache, whatever the graph\'s size, ns',
    wanted: '≤ 5,000',
    measured: rows.map(({ size }, i) => `${size.toLocaleString('en-US')} nodes: ${digits(medians[i]!)}`).join(', '),
    isMet: medians.every((median) => median <= LIMIT),
  };
}
