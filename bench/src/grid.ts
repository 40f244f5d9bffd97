/** Shapes by sizes: the grid that the warm, asynchronous and cold comparisons share. */
import { clock, compare, isTiming } from './measure.ts';
import type { Contender, Effort, Outcome } from './measure.ts';
import { inlined } from './opponents/loop.ts';
import type { Engine, Run } from './opponents/engine.ts';
import { times, timed, timedBeside } from './report.ts';
import type { Table, Target } from './report.ts';
import { shapeNames, shapes } from './shapes.ts';
import type { Graph, ShapeName } from './shapes.ts';

export interface Point {
  readonly shape: ShapeName;
  readonly size: number;
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

export interface Settings {
  readonly sizes: readonly number[];
  readonly effort: Effort;
  readonly log: (line: string) => void;
}

/** Contexts made by transforms multiply with depth: small sizes only. */
const sizesOf = (shape: ShapeName, sizes: readonly number[]): readonly number[] => (shape === 'transforms' ? sizes.filter((size) => size <= 1_000) : sizes);

/** Times per node, in nanoseconds. `contend`: what one engine does in a run. */
export async function overGrid(question: string, engines: readonly Engine[], contend: (engine: Engine, graph: Graph) => Run, settings: Settings): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const shape of shapeNames) {
    const forecast = new Forecast();
    for (const size of sizesOf(shape, settings.sizes)) {
      const start = clock();
      const graph = shapes[shape].make(size);
      const expected = inlined.build(graph) as (seed: number) => number;
      const tried = engines.filter(({ name }) => forecast.seconds(name, graph.count) <= TOO_LONG);
      const contenders: Contender[] = tried.map((engine) => ({ name: engine.name, run: lazily(() => contend(engine, graph)) }));
      const outcomes = await compare(contenders, graph.count, expected, settings.effort);
      for (const { name } of engines) if (!outcomes.has(name)) outcomes.set(name, { failed: forecast.excuse(name, graph.count) });
      for (const [name, outcome] of outcomes) forecast.note(name, graph.count, outcome);
      points.push({ shape, size, outcomes });
      const seconds = ((clock() - start) / 1_000).toFixed(1);
      settings.log(`${question} ${shape} ${size}: ${engines.map(({ name }) => `${name} ${timed(outcomes.get(name))}`).join(' | ')} (${seconds} s)`);
    }
  }
  return points;
}

/** Runs that would take longer than this, in seconds, are not tried. */
const TOO_LONG = 2;

/** What a run on a larger graph will take, if the cost per node goes on growing as it did between the last two sizes. */
class Forecast {
  readonly #known = new Map<string, { readonly count: number; readonly perNode: number; readonly growth: number }>();
  /** What went wrong with a smaller graph goes wrong with a larger one. */
  readonly #failures = new Map<string, string>();

  note(name: string, count: number, outcome: Outcome): void {
    if (!isTiming(outcome)) return void this.#failures.set(name, outcome.failed);
    const before = this.#known.get(name);
    this.#known.set(name, { count, perNode: outcome.median, growth: before === undefined ? 1 : Math.max(1, outcome.median / before.perNode) });
  }

  excuse(name: string, count: number): string {
    return this.#failures.get(name) ?? `not tried: about ${Math.round(this.seconds(name, count))} s a run`;
  }

  seconds(name: string, count: number): number {
    const last = this.#known.get(name);
    if (this.#failures.has(name)) return Infinity;
    return last === undefined ? 0 : (count * last.perNode * last.growth) / 1e9;
  }
}

/** Built by the first run, so that an engine that cannot build fails like one that cannot run. */
function lazily(build: () => Run): Run {
  let run: Run | undefined;
  return (seed) => (run ??= build())(seed);
}

export function gridTable(points: readonly Point[], engines: readonly Engine[]): Table {
  const others = engines.slice(1);
  return {
    head: ['shape', 'N', engines[0]!.name, ...others.map(({ name }) => name)],
    rows: points.map(({ shape, size, outcomes }) => {
      const ours = outcomes.get(engines[0]!.name);
      return [shape, size.toLocaleString('en-US'), timed(ours), ...others.map(({ name }) => timedBeside(outcomes.get(name), ours))];
    }),
  };
}

export const legend = (engines: readonly Engine[]): string => engines.map(({ name, says }) => `- *${name}*: ${says}`).join('\n');

interface Ratio {
  readonly ratio: number;
  readonly where: string;
}

/** Our time as a multiple of another engine's, at each point that both could do. */
export function ratiosTo(points: readonly Point[], ours: string, other: string): Ratio[] {
  return points.flatMap(({ shape, size, outcomes }) => {
    const [mine, theirs] = [outcomes.get(ours), outcomes.get(other)];
    return mine !== undefined && theirs !== undefined && isTiming(mine) && isTiming(theirs) ? [{ ratio: mine.median / theirs.median, where: `${shape} ${size.toLocaleString('en-US')}` }] : [];
  });
}

/** Met when every point is: says the range, and where the worst ones are. */
export function ratioTarget(what: string, ratios: readonly Ratio[], limit: number, wanted = `≤ ${limit.toFixed(1)}×`): Target {
  const sorted = ratios.toSorted((a, b) => b.ratio - a.ratio);
  const over = sorted.filter(({ ratio }) => ratio > limit);
  const range = sorted.length === 0 ? '–' : `${times(sorted.at(-1)!.ratio)} to ${times(sorted[0]!.ratio)} (${sorted[0]!.where})`;
  const count = over.length === 0 ? '' : `; over in ${over.length} of ${sorted.length}: ${over.slice(0, 6).map(({ where, ratio }) => `${where} ${times(ratio)}`).join(', ')}${over.length > 6 ? ', …' : ''}`;
  return { what, wanted, measured: range + count, isMet: sorted.length > 0 && over.length === 0 };
}

/** How the cost per node grows from one size to another, shape by shape. */
export function growth(points: readonly Point[], name: string, from: number, to: number): Ratio[] {
  return shapeNames.flatMap((shape) => {
    const at = (size: number): Outcome | undefined => points.find((point) => point.shape === shape && point.size === size)?.outcomes.get(name);
    const [small, large] = [at(from), at(to)];
    return small !== undefined && large !== undefined && isTiming(small) && isTiming(large) ? [{ ratio: large.median / small.median, where: shape }] : [];
  });
}
