// UPDATE_GOLDEN=1 writes the golden files anew.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 60_000 }); // each test starts a process

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));

function weather(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@flowmodel/source', cli, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
  return { status, stdout, stderr };
}

const goldenFile = (name: string): URL => new URL(`golden/${name}.txt`, import.meta.url);
const golden = (name: string): string => readFileSync(goldenFile(name), 'utf8');

describe('the printed report', () => {
  const reports = [
    { name: 'default', args: [] },
    { name: 'seattle-summer', args: ['--city', 'Seattle', '--from', '2014-06-01', '--to', '2014-08-31'] },
    { name: 'averages', args: ['--city', 'new york', '--from', '2012-02-01', '--to', '2012-04-15'] },
    { name: 'nothing-to-compare', args: ['--from', '2012-03-01'] },
    { name: 'help', args: ['--help'] },
  ];

  test.for(reports)('is the golden file $name', ({ name, args }) => {
    const { status, stdout, stderr } = weather(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(goldenFile(name), stdout);
    expect(stdout).toBe(golden(name));
  });

  test.for(['Pacific/Kiritimati', 'Pacific/Pago_Pago'])('is the same in the time zone %s', (TZ) => {
    expect(weather([], { TZ }).stdout).toBe(golden('default'));
  });

  test('fits into 80 columns', () => {
    const lines = reports.flatMap(({ name }) => golden(name).split('\n'));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('wrong input: one line on stderr, nothing on stdout, exit code 2', () => {
  test.for([
    { args: ['--from', '2015-99-99'], line: "error: option '--from <day>' argument '2015-99-99' is invalid. Give a day of the calendar, as 2015-10-01." },
    { args: ['--to', '2015-02-29'], line: "error: option '--to <day>' argument '2015-02-29' is invalid. Give a day of the calendar, as 2015-10-01." },
    { args: ['--from', 'yesterday'], line: "error: option '--from <day>' argument 'yesterday' is invalid. Give a day of the calendar, as 2015-10-01." },
    { args: ['--from', '2015-03-02', '--to', '2015-03-01'], line: 'error: the first day, 2015-03-02, comes after the last, 2015-03-01' },
    { args: ['--from', '2016-01-01', '--to', '2016-01-31'], line: 'error: 2016-01-01 to 2016-01-31 is not in the data, which goes from 2012-01-01 to 2015-12-31' },
    { args: ['--from', '2011-12-31', '--to', '2012-01-31'], line: 'error: 2011-12-31 to 2012-01-31 is not in the data, which goes from 2012-01-01 to 2015-12-31' },
    { args: ['--city', 'Seatle'], line: "error: there is no city 'Seatle' in the data; it has New York and Seattle" },
    { args: ['--city', 'Seattle', 'two\nlines'], line: "error: there is no city 'two lines' in the data; it has New York and Seattle" },
    { args: ['--city'], line: "error: option '--city <name...>' argument missing" },
    { args: ['--town', 'Seattle'], line: "error: unknown option '--town' (Did you mean --to?)" },
    { args: ['Seattle'], line: 'error: too many arguments. Expected 0 arguments but got 1: Seattle.' },
  ])('$line', ({ args, line }) => {
    expect(weather(args)).toEqual({ status: 2, stdout: '', stderr: `${line}\n` });
  });
});
