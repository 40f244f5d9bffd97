// UPDATE_GOLDEN=1 writes the golden files anew.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';

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

describe('--cache', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weather-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'results.sqlite');
  /** Without the last section, which says how often bodies ran. */
  const figures = (report: string): string => report.slice(0, report.indexOf('\nThe graph,'));

  test('a second process computes nothing, and prints the same', () => {
    const first = weather(['--cache', file]);
    const second = weather(['--cache', file]);
    expect(first).toEqual({ status: 0, stdout: golden('default'), stderr: '' });
    expect(second.stderr).toBe('');
    expect(figures(second.stdout)).toBe(figures(first.stdout));
    expect(second.stdout).toMatch(/\n\nNo body ran: the report came from the cache\.\n$/);
  });

  test('another window computes what is new in it', () => {
    const { stdout } = weather(['--cache', file, '--from', '2015-08-01']);
    expect(figures(stdout)).toBe(figures(weather(['--from', '2015-08-01']).stdout));
    expect(stdout).toMatch(/windowFigures *│ +6 │/); // of each city: the window, and the two that it is compared with; the months are known
    expect(stdout).not.toMatch(/(readText|parseDays|daysOfCity) *│/);
  });

  test('--explain says so before anything is computed', () => {
    const { status, stdout } = weather(['--cache', file, '--from', '2015-07-01', '--explain']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\s*run +weatherReport /m);
    expect(stdout).toMatch(/^\s*run +weatherReport\.cities\[0\]\.figures\.measured /m);
    expect(stdout).toMatch(/^\s*cached +weatherReport\.cities\[1\]\.months\[11\] /m);
    expect(stdout).toMatch(/^\s*lazy +weatherReport\.cities\[0\]\.yearEarlier\.other\.usual /m);
  });

  test('a file that is no cache is wrong input', () => {
    const other = join(folder, 'notes.txt');
    writeFileSync(other, 'no database, but long enough to be taken for one by its size'.repeat(10));
    const { status, stdout, stderr } = weather(['--cache', other]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .*notes\.txt' is no SQLite database.*\n$/);
  });
});

test('--explain without a cache: everything would run', () => {
  const { stdout } = weather(['--explain']);
  expect(stdout).toContain('there is no cache');
  expect(stdout).not.toContain('Precipitation');
});

test('--unreliable: a read that fails and one that hangs are tried again', () => {
  const { status, stdout, stderr } = weather(['--unreliable']);
  expect({ status, stdout }).toEqual({ status: 0, stdout: golden('default') });
  expect(stderr.trim().split('\n')).toEqual([
    'readText: attempt 1 failed: the disk did not respond',
    expect.stringMatching(/^readText: attempt 2 failed: .* took longer than 1000 ms/),
  ]);
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
