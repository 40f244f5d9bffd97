/** npm run bench [-- --quick] [--only question[,question]] */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { asynchronous } from './async.ts';
import { batchItems } from './batch.ts';
import { cache } from './cache.ts';
import { cold } from './cold.ts';
import { diskCache } from './disk-cache.ts';
import { flightsShare } from './flights.ts';
import type { Settings } from './grid.ts';
import { keys } from './keys.ts';
import { manyRuns } from './many-runs.ts';
import { memory } from './memory.ts';
import type { Large } from './memory.ts';
import { page, replaced } from './report.ts';
import type { Section } from './report.ts';
import { size } from './size.ts';
import { storeSteps } from './store.ts';
import { sync } from './sync.ts';

const { values: args } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const log = (line: string): void => console.error(line);

const grid: Settings = args.quick
  ? { sizes: [100, 1_000], effort: { rounds: 3, sampleMs: 4, warmUpMs: 20, budgetMs: 100 }, log }
  : { sizes: [100, 1_000, 10_000, 100_000], effort: { rounds: 7, sampleMs: 10, warmUpMs: 60, budgetMs: 700 }, log };

/** The smallest of a shape is what the others are held against. */
const large: readonly Large[] = args.quick
  ? [{ shape: 'chain', size: 10_000 }, { shape: 'layered', size: 10_000 }]
  : [
      { shape: 'chain', size: 10_000 },
      { shape: 'chain', size: 100_000 },
      { shape: 'layered', size: 10_000 },
      { shape: 'layered', size: 100_000 },
      { shape: 'layered', size: 1_000_000 },
    ];

const questions: Readonly<Record<string, () => Promise<Section>>> = {
  sync: () => sync(grid),
  async: () => asynchronous(grid),
  cold: () => cold(grid),
  memory: () => memory({ large, shortLived: args.quick ? 100 : 1_000, log }),
  'many-runs': () => manyRuns({ inFlight: args.quick ? [1, 100] : [1, 10, 100, 1_000], rounds: args.quick ? 3 : 9, log }),
  flights: () => flightsShare({ rounds: args.quick ? 3 : 11, log }),
  keys: () => keys({ rows: args.quick ? [1, 100] : [1, 100, 10_000], effort: grid.effort, log }),
  cache: () => cache({ sizes: args.quick ? [10, 1_000] : [10, 1_000, 100_000], effort: grid.effort, log }),
  'disk-cache': () => diskCache({ entries: args.quick ? 500 : 5_000, effort: grid.effort, log }),
  store: () => storeSteps({ steps: 10_000, effort: { ...grid.effort, budgetMs: args.quick ? 500 : 3_000 }, log }),
  batch: () => batchItems({ items: args.quick ? 1_000 : 10_000, concurrency: 8, effort: { ...grid.effort, budgetMs: args.quick ? 500 : 4_000 }, log }),
  size: () => size(),
};

const asked = args.only?.split(',') ?? Object.keys(questions);
const unknown = asked.filter((name) => !(name in questions));
if (unknown.length > 0) throw new Error(`Expected --only ${Object.keys(questions).join('|')}, got '${unknown.join(',')}'`);

const start = performance.now();
const sections: Section[] = [];
for (const name of asked) sections.push(await questions[name]!());
const generated = page(sections, args.quick ? 'in quick mode' : 'in one process');
console.log(generated);
log(`${((performance.now() - start) / 1_000).toFixed(0)} s`);

// Only a whole run may replace the table that stands in the docs.
if (!args.quick && args.only === undefined) {
  const document = new URL('../../docs/performance.md', import.meta.url);
  writeFileSync(document, replaced(readFileSync(document, 'utf8'), generated));
}
