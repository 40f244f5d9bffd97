/** A failed run of a workflow document is told by its nodes, with file, line and column. */
import { afterAll, expect, test, vi } from 'vitest';
import { Folder, flowmodel } from './command.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = new Folder({
  'definitions.ts': `
import { flowModel } from '@flowmodel/core';
import { z } from 'zod';
export const risky = flowModel({ name: 'risky', inputs: { text: z.string() }, output: z.object({ text: z.string() }) }, ({ text }) => {
  if (text === 'bad') throw new Error('cannot take it');
  return { text };
});
`,
  'flows/main.yaml': "inputs:\n  name: { type: string }\nnodes:\n  - id: child\n    type: workflow\n    params: { workflow_ref: child.yaml, param_mapping: { text: $name } }\noutputs:\n  part: { source: '${child.out}' }\n",
  'flows/child.yaml': "inputs:\n  text: {}\nnodes:\n  - { id: deep, type: risky, params: { text: '${text}' } }\n  - { id: look, type: risky, params: { text: '${text.part}' } }\noutputs:\n  out: { source: '${deep.text}' }\n",
  'flows/wrong.yaml': "nodes:\n  - { id: child, type: workflow, params: { workflow_ir: { nodes: [{ id: inner, type: risky, prams: {} }] } } }\n",
});
afterAll(() => folder.remove());
const start = (...args: readonly string[]) => flowmodel([...args, '--import', './definitions.ts'], { cwd: folder.path });

test('what a body threw', () => {
  const { status, stdout, stderr } = start('run', 'flows/main.yaml', 'name=bad');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^error: flows\/child\.yaml:4:5, node 'deep' \(risky\) failed\n {2}in flows\/main\.yaml:4:5, node 'child' \(workflow\)\n {2}Error: cannot take it\n {6}at /);
});

test('what the document gets wrong in a run', () => {
  const { status, stderr } = start('run', 'flows/main.yaml', 'name=fine');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: WORKFLOW flows\/child\.yaml:5:5, node 'look' \(risky\): \$\{text\.part\} has no value: .*\n {2}in flows\/main\.yaml:4:5, node 'child' \(workflow\)\n$/);
});

test('validate names the node, and the file that an inline child stands in', () => {
  const { stdout } = start('validate', 'flows/wrong.yaml');
  expect(stdout).toMatch(/^flows\/wrong\.yaml:2:\d+: node 'inner': there is no key 'prams' here\. Did you mean 'params'\?/);
});
