/** npm run bench [-- --quick] [--only question[,question]] */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { asynchronous } from './async.ts';
import { cold } from './cold.ts';
import type { Settings } from './grid.ts';
import { page, replaced } from './report.ts';
import type { Section } from './report.ts';
import { sync } from './sync.ts';

const questions: Readonly<Record<string, (settings: Settings) => Promise<Section>>> = { sync, async: asynchronous, cold };

const { values: args } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const unknown = args.only?.split(',').filter((name) => !(name in questions)) ?? [];
if (unknown.length > 0) throw new Error(`Expected --only ${Object.keys(questions).join('|')}, got '${unknown.join(',')}'`);

const log = (line: string): void => console.error(line);
const full: Settings = { sizes: [100, 1_000, 10_000, 100_000], effort: { rounds: 9, sampleMs: 10, warmUpMs: 60, budgetMs: 1_500 }, log };
const quick: Settings = { sizes: [100, 1_000], effort: { rounds: 3, sampleMs: 4, warmUpMs: 15, budgetMs: 200 }, log };

const start = performance.now();
const sections: Section[] = [];
for (const [name, ask] of Object.entries(questions)) {
  if (args.only === undefined || args.only.split(',').includes(name)) sections.push(await ask(args.quick ? quick : full));
}
const generated = page(sections, args.quick ? 'in quick mode' : 'in one process');
console.log(generated);
log(`${((performance.now() - start) / 1_000).toFixed(0)} s`);
if (!args.quick && args.only === undefined) {
  const document = new URL('../../docs/performance.md', import.meta.url);
  writeFileSync(document, replaced(readFileSync(document, 'utf8'), generated));
}
