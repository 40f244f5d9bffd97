/** Graph documents, workflows and configurations: run and validated. */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { cli, Folder, flowmodel } from './command.ts';

vi.setConfig({ testTimeout: 60_000 });

const definitions = `
import { flowModel, FromContext, ModelRegistry } from '@flowmodel/core';
import { z } from 'zod';
export const visits = flowModel({ name: 'visits', inputs: { place: z.string(), day: FromContext(z.date()) }, output: z.number() }, ({ place, day }) => place.length * day.getUTCDate());
export const change = flowModel({ name: 'change', inputs: { now: z.number(), before: z.number() } }, ({ now, before }) => now - before);
export const shout = flowModel({ name: 'shout', inputs: { text: z.string() }, output: z.string() }, ({ text }) => text.toUpperCase());
export const registry = new ModelRegistry().set('/visits/zoo', visits({ place: 'zoo' }));
`;
const graph = { flowmodel: 1, root: 'change', nodes: { change: { model: 'change', inputs: { now: { $node: 'visits' }, before: 1 } }, visits: { model: 'visits', inputs: { place: 'library' } } } };
const workflow = `inputs:
  name: { type: string }
nodes:
  - { id: greeting, type: shout, params: { text: 'hello \${name}' } }
outputs:
  text: { source: '\${greeting}' }
`;

const folder = new Folder({
  'definitions.ts': definitions,
  'graph.json': JSON.stringify(graph),
  'referring.json': JSON.stringify({ ...graph, nodes: { change: { model: 'change', inputs: { now: { $ref: '/visits/zoo' }, before: 1 } } } }),
  'unknown.json': JSON.stringify({ ...graph, nodes: { change: { model: 'chnage', inputs: {} } } }),
  'unbound.json': JSON.stringify({ ...graph, nodes: { change: { model: 'change', inputs: { now: 1 } } } }),
  'flow.yaml': workflow,
  'flow.json': JSON.stringify({ inputs: { name: { type: 'string' } }, nodes: [{ id: 'greeting', type: 'shout', params: { text: '${name}' } }], outputs: { text: { source: '${greeting}' } } }),
  'wrong.yaml': workflow.replace('type: shout', 'type: shuot').replace('${greeting}', '${gretting}'),
  'parent.yaml': "inputs:\n  name: { type: string }\nnodes:\n  - { id: child, type: workflow, params: { workflow_ref: wrong.yaml, param_mapping: { name: '${name}' } } }\noutputs:\n  text: { source: '${child.text}' }\n",
  'malformed.yaml': 'nodes: [\n  { id: a',
  'malformed.json': '{ "nodes": ',
  'config.yaml': 'place: zoo\nvisits:\n  current: { $model: visits, place: { $ref: /place } }\nchange: { $model: change, now: { $ref: /visits/current }, before: 1 }\n',
  'other.ts': "import { ModelRegistry } from '@flowmodel/core';\nexport const registry = new ModelRegistry();",
  'site.yaml': 'place: museum\n',
  'more.yaml': 'more: { $model: visits, place: zoo }\n',
  'site2.json': '{ "place": "park" }',
  'day.yaml': 'day: 31\nvisits: { $model: visits, place: zoo }\n',
  'throws.ts': "throw new RangeError('no configuration');",
});
afterAll(() => folder.remove());
const start = (command: string, ...args: readonly string[]) => flowmodel([command, ...args], { cwd: folder.path });
const defined = ['--import', './definitions.ts'];

describe('run', () => {
  test('a graph document, with the definitions of a module', () => {
    expect(start('run', 'graph.json', 'day=2024-01-03', ...defined)).toEqual({ status: 0, stdout: '20\n', stderr: '' });
  });

  test('a graph document that refers to a registry of that module', () => {
    expect(start('run', 'referring.json', 'day=2024-01-03', ...defined)).toEqual({ status: 0, stdout: '8\n', stderr: '' });
    expect(start('run', 'referring.json', 'day=2024-01-03', '--import', './other.ts', ...defined)).toEqual({ status: 0, stdout: '8\n', stderr: '' }); // another registry comes first
  });

  test.for(['flow.yaml', 'flow.json'])('a workflow document: %s', (file) => {
    const { status, stdout } = start('run', file, 'name=ada', '--select', 'text', ...defined);
    expect({ status, stdout }).toEqual({ status: 0, stdout: file === 'flow.yaml' ? 'HELLO ADA\n' : 'ADA\n' });
  });

  test('a workflow document that lacks an input: which node needs it, where it is declared, how to give it', () => {
    const { status, stderr } = start('run', 'flow.yaml', ...defined);
    expect(status).toBe(2);
    for (const text of ["name: string (needed by node 'greeting')", "'name' is an input of the document, declared at flow.yaml:2:3.", 'On the command line: name=…']) expect(stderr).toContain(text);
  });

  test('an input of an instance given as context: how a configuration is overridden', () => {
    const { status, stderr } = start('run', 'config.yaml#/visits/current', 'day=2024-01-03', ...defined, '--context', '{"place":"park"}');
    expect(status).toBe(2);
    expect(stderr).toContain('REGULAR_OVERRIDE');
    expect(stderr).toContain('visits.now.place=zoo');
  });

  test('an instance of a configuration', () => {
    expect(start('run', 'config.yaml#/change', 'day=2024-01-03', ...defined)).toEqual({ status: 0, stdout: '8\n', stderr: '' });
    expect(start('run', 'config.yaml#/visits/current', 'day=2024-01-03', ...defined).stdout).toBe('9\n');
  });

  test('what leads into a configuration overrides it, all else is context', () => {
    const { status, stdout, stderr } = start('run', 'config.yaml#/change', 'place=library', 'change.before=2', 'day=2024-01-03', ...defined);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '19\n', stderr: '' });
    expect(start('inspect', 'config.yaml#/visits/current', 'visits.current.place=park', ...defined).stdout).toMatch(/^visits\(\{ place: "park" \}\)/);
  });

  test('an override that leads nowhere is an error', () => {
    expect(start('run', 'config.yaml#/change', 'change.befor=2', ...defined)).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/error: WORKFLOW .*befor/) });
  });

  test('so is one into a model that is not there, where a name is near', () => {
    expect(start('run', 'config.yaml#/change', 'chnage.before=2', 'day=2024-01-03', ...defined)).toEqual({ status: 2, stdout: '', stderr: expect.stringContaining("'chnage.before=2' overrides nothing: the configuration has no 'chnage'. Did you mean 'change'?") });
  });

  test('--context reaches a field whose name the configuration uses, too', () => {
    const { stdout } = start('run', 'day.yaml#/visits', '--context', 'day=2024-01-03', 'day=1', ...defined);
    expect(stdout).toBe('9\n');
  });

  test('--config merges files over a configuration, later ones over earlier ones, and pairs over all', () => {
    const run = (...more: readonly string[]) => start('run', 'config.yaml#/change', '--config', 'site.yaml', '--config', 'site2.json', 'day=2024-01-03', ...more, ...defined);
    expect(run()).toEqual({ status: 0, stdout: '11\n', stderr: '' }); // 'park' · 3 − 1
    expect(run('place=zoo').stdout).toBe('8\n');
    expect(start('graph', 'config.yaml#/change', '--config', 'site.yaml', ...defined).stdout).toContain('museum');
    expect(start('graph', 'config.yaml#/more', '--config', 'more.yaml', 'more.place=garden', ...defined).stdout).toContain('garden'); // what only the second file names
  });

  test('--config goes with configurations, and its file has to be there', () => {
    expect(start('run', 'flow.yaml', '--config', 'site.yaml', ...defined)).toMatchObject({ status: 2, stderr: "error: 'flow.yaml' is no configuration, and --config is merged over one.\n" });
    expect(start('run', 'definitions.ts#/visits/zoo', '--config', 'site.yaml')).toMatchObject({ status: 2, stderr: "error: 'definitions.ts' is no configuration, and --config is merged over one.\n" });
    expect(start('run', 'config.yaml#/change', '--config', 'nowhere.yaml', ...defined)).toMatchObject({ status: 2, stderr: expect.stringContaining("'nowhere.yaml' cannot be read") });
  });

  test('which instance has to be said', () => {
    expect(start('run', 'config.yaml', ...defined)).toMatchObject({ status: 2, stderr: expect.stringContaining("'config.yaml' holds '/visits/current' and '/change'. Say which: config.yaml#/visits/current.") });
    expect(start('run', 'config.yaml#/chnage', ...defined)).toMatchObject({ status: 2, stderr: expect.stringContaining("Did you mean '/change'?") });
    expect(start('run', 'graph.json#/change', ...defined)).toMatchObject({ status: 2, stderr: expect.stringContaining("'graph.json' is one model") });
  });

  test.for([
    ['graph.json', 'DESERIALIZE', 'visits'],
    ['flow.yaml', 'WORKFLOW', 'shout'],
    ['config.yaml#/change', 'WORKFLOW', 'visits'],
  ] as const)('%s without its definitions: the option that imports them is named', ([file, code, name]) => {
    const advice = String.raw`named '${name}'\..* Import the module that defines it: --import <module>\.`;
    expect(start('run', file)).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(new RegExp(`^error: ${code} .*${advice}`, 's')) });
    expect(start('validate', file)).toMatchObject({ status: 1, stdout: expect.stringMatching(new RegExp(advice)), stderr: '' });
  });

  test('inspect, explain and graph take documents, too', () => {
    expect(start('inspect', 'graph.json', ...defined).stdout).toMatch(/^change\(\{ now: visits\(…\), before: 1 \}\)/);
    expect(start('graph', 'flow.yaml', ...defined).stdout).toContain('flowchart LR');
    expect(start('explain', 'config.yaml#/change', ...defined).stdout).toMatch(/missing +change\.now/);
  });
});

describe('validate', () => {
  test('says what is whole, and what it needs', () => {
    const { status, stdout, stderr } = start('validate', 'graph.json', 'flow.yaml', 'config.yaml#/change', ...defined);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe('graph.json: ok, needs day: Date\nflow.yaml: ok, needs name: string\nconfig.yaml#/change: ok, needs day: Date\n');
  });

  test('tells all problems of a workflow, with line and column; exit code 1', () => {
    const { status, stdout } = start('validate', 'wrong.yaml', 'flow.yaml', ...defined);
    expect(status).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^wrong\.yaml:4:\d+: .*shuot.*Did you mean 'shout'/);
    expect(lines[1]).toMatch(/^wrong\.yaml:6:\d+: .*gretting/);
    expect(lines[2]).toBe('flow.yaml: ok, needs name: string');
  });

  test.for([
    ['unknown.json', /^unknown\.json: .*chnage.*Did you mean 'change'/],
    ['unbound.json', /^unbound\.json: 'before' \(number\) of change is not bound$/],
    ['malformed.yaml', /^malformed\.yaml:\d+:\d+: /],
    ['malformed.json', /^malformed\.json:\d+:\d+: /],
    ['throws.ts', /throws\.ts does not load/],
  ] as const)('%s', ([file, line]) => {
    const { status, stdout, stderr } = start('validate', file, ...defined);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout.split('\n')[0]).toMatch(line);
  });

  test('a mistake in a nested workflow is told where it stands', () => {
    const { status, stdout } = start('validate', 'parent.yaml', ...defined);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^wrong\.yaml:4:\d+: .*shuot/);
  });

  test('all models of a configuration', () => {
    const { status, stdout } = start('validate', 'config.yaml', ...defined);
    expect({ status, lines: stdout.trimEnd().split('\n').toSorted() }).toEqual({ status: 0, lines: ['config.yaml#/change: ok, needs day: Date', 'config.yaml#/visits/current: ok, needs day: Date'] });
  });

  test('--json has the same as data', () => {
    const { status, stdout } = start('validate', 'wrong.yaml', 'graph.json', '--json', ...defined);
    expect(status).toBe(1);
    const [wrong, whole] = JSON.parse(stdout) as { ok: boolean; problems: { message: string; line?: number }[]; needs?: object }[];
    expect(wrong).toMatchObject({ file: 'wrong.yaml', ok: false, problems: [{ line: 4 }, { line: 6 }] });
    expect(whole).toEqual({ file: 'graph.json', ok: true, problems: [], warnings: [], needs: { day: 'Date' } });
  });

  test('a file that is not there is a usage error', () => {
    expect(start('validate', 'nowhere.yaml')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining("There is no file 'nowhere.yaml'") });
  });

  test('a model of a module is checked, too', () => {
    expect(flowmodel(['validate', 'visitors.ts#delta', 'behaviour.ts#unbound'], { cwd: `${cli}/test/modules` })).toMatchObject({
      status: 1,
      stdout: "visitors.ts#delta: ok, needs startDate: Date, endDate: Date\nbehaviour.ts#unbound: 'loaded' (number) of total is not bound\n",
    });
  });
});
