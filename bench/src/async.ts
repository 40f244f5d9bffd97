/** How fast is `compute` of a planned graph whose bodies return promises? */
import { forAsync, libraries } from './engines.ts';
import { gridTable, growth, legend, overGrid, ratiosTo, ratioTarget } from './grid.ts';
import type { Settings } from './grid.ts';
import type { Section } from './report.ts';

export async function asynchronous(settings: Settings): Promise<Section> {
  const points = await overGrid('async', forAsync, (engine, graph) => engine.build(graph), settings);
  const largest = settings.sizes.at(-1)!;
  const competing = forAsync.map(({ name }) => name).filter((name) => libraries.includes(name));
  return {
    title: 'Asynchronous: `compute` over async bodies',
    intro: `Nanoseconds per node, median (min–max); bold: as a multiple of flowmodel's median. The bodies are async functions that do not wait for anything. *pocketflow* and *effect, in order* run one node after the other; the rest would run independent nodes at once.\n\n${legend(forAsync)}`,
    tables: [gridTable(points, forAsync)],
    targets: [
      ratioTarget('`compute`, async bodies / promise memo', ratiosTo(points, 'flowmodel', 'promise memo'), 1.3),
      ...competing.map((name) => ratioTarget(`\`compute\`, async bodies / ${name}`, ratiosTo(points, 'flowmodel', name), 1, '< 1×')),
      ratioTarget(`async, per node at N = ${largest.toLocaleString('en-US')} / at 1,000`, growth(points, 'flowmodel', 1_000, largest), 1.5),
    ],
  };
}
