/** How fast is `computeSync` of a planned graph when only the context changes? */
import { forSync, libraries } from './engines.ts';
import { gridTable, growth, legend, overGrid, ratiosTo, ratioTarget } from './grid.ts';
import type { Settings } from './grid.ts';
import type { Section } from './report.ts';

export async function sync(settings: Settings): Promise<Section> {
  const points = await overGrid('warm', forSync, (engine, graph) => engine.build(graph), settings);
  const largest = settings.sizes.at(-1)!;
  return {
    title: 'Warm: `computeSync` on a plan',
    intro: `Nanoseconds per node, median (min–max); bold: as a multiple of flowmodel's median. Every run has another seed, so nothing is left over from the one before.\n\n${legend(forSync)}`,
    tables: [gridTable(points, forSync)],
    targets: [
      ratioTarget('warm `computeSync` / memoized recursion', ratiosTo(points, 'flowmodel', 'recursion'), 1),
      ratioTarget('warm `computeSync` / memoized recursion by id', ratiosTo(points, 'flowmodel', 'recursion by id'), 1),
      ratioTarget('warm `computeSync` / topological loop', ratiosTo(points, 'flowmodel', 'loop'), 1.5),
      ...libraries.map((name) => ratioTarget(`warm \`computeSync\` / ${name}`, ratiosTo(points, 'flowmodel', name), 1, '< 1×')),
      ratioTarget(`warm, per node at N = ${largest.toLocaleString('en-US')} / at 1,000`, growth(points, 'flowmodel', 1_000, largest), 1.5),
    ],
  };
}
