// The core runs wherever JavaScript does: one smoke suite (runtimes/smoke.ts) in every runtime, and the table of docs/runtimes.md.
// FLOWMODEL_UPDATE_RUNTIMES=1 writes the table anew. What this machine lacks is skipped, or fails under FLOWMODEL_REQUIRE_SERVICES=1.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { runtimes } from './runtimes/runtimes.ts';
import type { Outcome } from './runtimes/runtimes.ts';
import { sampleKeys } from './runtimes/sample-keys.ts';

vi.setConfig({ testTimeout: 120_000 }); // each test starts a process

const isRequired = process.env['FLOWMODEL_REQUIRE_SERVICES'] === '1';
const results = new Map<string, Outcome>();

test.for(runtimes)('$name: $how', async ({ name, run }, { skip }) => {
  const outcome = await run();
  results.set(name, outcome);
  if ('missing' in outcome) {
    if (isRequired) throw new Error(`Expected ${outcome.missing} on this machine.`);
    return skip(`${outcome.missing} is not on this machine`);
  }
  expect(outcome.report.failed).toEqual([]);
  expect(outcome.report.passed).toBeGreaterThanOrEqual(22);
  expect(outcome.report.keys).toEqual(sampleKeys()); // CC-KEY-32
});

test('docs/runtimes.md has these runtimes and no others, all of which passed', () => {
  const page = new URL('../../../docs/runtimes.md', import.meta.url);
  if (process.env['FLOWMODEL_UPDATE_RUNTIMES'] === '1') writeFileSync(page, readFileSync(page, 'utf8').replace(TABLE, `${HEAD}${rows().join('')}`));
  const [, ...found] = TABLE.exec(readFileSync(page, 'utf8')) ?? [];
  const documented = found[0]?.trim().split('\n').map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())) ?? [];
  expect(documented.map(([name, , how, result]) => ({ name, how, result }))).toEqual(runtimes.map(({ name, how }) => ({ name, how, result: 'passed' })));
});

const HEAD = '| runtime | version | what runs | result |\n|---|---|---|---|\n';
const TABLE = /\| runtime \|.*\n\|[-|]+\|\n((?:\|.*\n)*)/;

const rows = (): string[] =>
  runtimes.map(({ name, how }) => {
    const outcome = results.get(name);
    if (outcome === undefined) return `| ${name} | | ${how} | failed |\n`;
    if ('missing' in outcome) return `| ${name} | | ${how} | not run: ${outcome.missing} is missing |\n`;
    return `| ${name} | ${outcome.version} | ${how} | ${outcome.report.failed.length === 0 ? 'passed' : 'failed'} |\n`;
  });
