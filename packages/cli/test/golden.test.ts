// UPDATE_GOLDEN=1 writes the golden files anew. Escapes are shown as ␛, times as …, keys as (key).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { cli, flowmodel, terminal, visible, withoutTimes, workspace } from './command.ts';

vi.setConfig({ testTimeout: 120_000 });

function compare(name: string, text: string): void {
  const file = join(cli, 'test', 'golden', `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

const days = ['startDate=2024-01-01', 'endDate=2024-01-31'];
const document = ['rows.yaml', '--import', './rows.ts'];
const weather = join(workspace, 'examples', 'weather');
const autumn = ['startDate=2015-10-01', 'endDate=2015-12-31'];

const cases: readonly { readonly name: string; readonly args: readonly string[]; readonly cwd?: string }[] = [
  { name: 'run', args: ['run', 'visitors.ts#delta', ...days] },
  { name: 'run-verbose', args: ['run', 'visitors.ts#delta', ...days, '--verbose'] },
  { name: 'run-json', args: ['run', 'visitors.ts#delta', ...days, '--json', '--quiet'] },
  { name: 'run-missing', args: ['run', 'visitors.ts#delta', 'startDate=soon', 'enddate=2024-01-31'] },
  { name: 'run-weather', args: ['run', 'src/pipeline.ts', ...autumn, '--select', '[0].previous'], cwd: weather },
  { name: 'inspect', args: ['inspect', 'visitors.ts#delta', 'startDate=2024-01-01', '--dependencies', 'recursive'] },
  { name: 'inspect-weather', args: ['inspect', 'src/pipeline.ts'], cwd: weather },
  { name: 'explain', args: ['explain', 'visitors.ts#delta', 'startDate=2024-01-01'] },
  { name: 'graph', args: ['graph', 'visitors.ts#delta', ...days] },
  { name: 'graph-dot', args: ['graph', 'visitors.ts#delta', '--format', 'dot', '--direction', 'TB'] },
  { name: 'graph-json', args: ['graph', 'visitors.ts#delta', '--format', 'json'] },
  { name: 'graph-document', args: ['graph', ...document, 'file=abc'] },
  { name: 'explain-document', args: ['explain', ...document] },
  { name: 'inspect-document', args: ['inspect', ...document, '--dependencies', 'recursive'] },
  { name: 'help', args: ['--help'] },
  ...['run', 'inspect', 'explain', 'graph', 'validate', 'completion'].map((command) => ({ name: `help-${command}`, args: [command, '--help'] })),
];

describe('through pipes: stdout, then stderr; no colours, no live line', () => {
  test.for(cases)('$name', ({ name, args, cwd }) => {
    const { status, stdout, stderr } = flowmodel(args, { cwd });
    expect(stdout + stderr).not.toContain('\u001B');
    compare(`${name}.pipe`, `${withoutTimes(stdout)}--- stderr, exit code ${status}\n${withoutTimes(stderr)}`);
  });
});

describe('in a terminal: colours, a summary', () => {
  test.for(cases.filter(({ name }) => !/^help-|^graph/.test(name)))('$name', ({ name, args, cwd }) => {
    const { status, screen } = terminal(args, { cwd });
    compare(`${name}.terminal`, `${visible(screen)}--- exit code ${status}\n`);
  });

  test('NO_COLOR is heard', () => {
    const { screen } = terminal(['run', 'visitors.ts#delta', ...days], { env: { NO_COLOR: '1' } });
    expect(visible(screen)).not.toContain('␛[');
    expect(screen).toContain('3 computed in');
  });
});

describe('pictures', () => {
  test('svg is drawn by Graphviz', () => {
    const { status, stdout, stderr } = flowmodel(['graph', 'visitors.ts#delta', '--format', 'svg']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^<\?xml|^<svg/);
    expect(stdout).toMatch(/<text[^>]*>visitorDelta<\/text>/);
    expect(stdout.match(/<g id="node\d+"/g)).toHaveLength(3);
    expect(stdout.match(/<g id="edge\d+"/g)).toHaveLength(2);
  });

  test('of a document, with the ids of its nodes', () => {
    const { status, stdout } = flowmodel(['graph', ...document, 'file=abc', '--format', 'svg']);
    expect(status).toBe(0);
    const texts = [...stdout.matchAll(/font-size="11.00">(.*?)<\/text>/g)].map(([, text]) => text!);
    expect(texts.toSorted()).toEqual(['${file}', '${other.rows}', '${raw.rows}', '= &quot;abc&quot;', 'fixed ${file}', 'other: load', 'raw: load', 'rows.yaml', 'total: sum']);
  });

  test('explain draws what it says', () => {
    expect(flowmodel(['explain', 'visitors.ts#delta', ...days, '--format', 'mermaid']).stdout).toMatch(/visitorDelta<br\/>run/);
  });
});
