/** What does the first compute of a fresh graph cost: binding, planning, running? The code is warm, the graph is new. */
import { forSync } from './engines.ts';
import { gridTable, growth, legend, overGrid, ratiosTo, ratioTarget } from './grid.ts';
import type { Point, Settings } from './grid.ts';
import { isTiming } from './measure.ts';
import { digits } from './report.ts';
import type { Section, Target } from './report.ts';

export async function cold(settings: Settings): Promise<Section> {
  const points = await overGrid('cold', forSync, (engine, graph) => (seed) => engine.build(graph)(seed), settings);
  const largest = settings.sizes.at(-1)!;
  return {
    title: 'Cold: a fresh graph and its first `computeSync`',
    intro: `Nanoseconds per node, median (min–max); bold: as a multiple of flowmodel's median. Each run builds the graph in the engine's own form and computes it once. The definitions of node kinds exist beforehand; the loops need no building.\n\n${legend(forSync)}`,
    tables: [gridTable(points, forSync)],
    targets: [
      perNode(points),
      ratioTarget('cold / effect, build included', ratiosTo(points, 'flowmodel', 'effect'), 1, '< 1×'),
      ratioTarget('cold / effect in order (no graph is built)', ratiosTo(points, 'flowmodel', 'effect, in order'), 1, '< 1×'),
      ratioTarget('cold / p-graph, build included', ratiosTo(points, 'flowmodel', 'p-graph'), 1, '< 1×'),
      ratioTarget(`cold, per node at N = ${largest.toLocaleString('en-US')} / at 1,000`, growth(points, 'flowmodel', 1_000, largest), 1.5),
    ],
  };
}

const LIMIT = 700;

function perNode(points: readonly Point[]): Target {
  const found = points.flatMap(({ shape, size, outcomes }) => {
    const ours = outcomes.get('flowmodel');
    return ours !== undefined && isTiming(ours) ? [{ where: `${shape} ${size.toLocaleString('en-US')}`, median: ours.median }] : [];
  });
  const sorted = found.toSorted((a, b) => b.median - a.median);
  const over = sorted.filter(({ median }) => median > LIMIT);
  const list = over.length === 0 ? '' : `; over in ${over.length} of ${sorted.length}: ${over.slice(0, 8).map(({ where, median }) => `${where} ${digits(median)}`).join(', ')}${over.length > 8 ? ', …' : ''}`;
  return {
    what: 'cold: bind, plan and run, ns per node',
    wanted: '≤ 700',
    measured: sorted.length === 0 ? '–' : `${digits(sorted.at(-1)!.median)} to ${digits(sorted[0]!.median)} (${sorted[0]!.where})${list}`,
    isMet: sorted.length > 0 && over.length === 0,
  };
}
