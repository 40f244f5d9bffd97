import { readFileSync } from 'node:fs';
import { FlowError } from '@flowmodel/core';
import { parseWorkflow, WorkflowError, workflowJsonSchema } from '@flowmodel/workflow';
import type { WorkflowIssue } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { models, refusal } from './models.ts';

const places = (issues: readonly WorkflowIssue[]): string[] => issues.map(({ line, column, at }) => `${line}:${column} ${at.join('.')}`);

const yaml = `
inputs:
  name: { type: string }
  times: { type: number, default: 2 }
nodes:
  - id: greeting
    type: shout
    params: { text: 'Hello \${name}' }
  - id: child
    type: workflow
    params:
      workflow_ir:
        inputs: { n: { type: number } }
        nodes: [{ id: inner, type: add, params: { a: '\${n}' } }]
        outputs: { sum: { source: '\${inner}' } }
      param_mapping: { n: $times }
      output_mapping: { sum: more }
outputs:
  text: { source: '\${greeting}' }
  more: { source: '\${more}' }
`;

describe('JSON and YAML', () => {
  test('YAML, JSON and data are one document', async () => {
    const { run } = models();
    const document = parseWorkflow(yaml);
    const text = JSON.stringify(document, null, 2);
    expect(parseWorkflow(text, { file: 'main.json' })).toEqual(document);
    expect(parseWorkflow(text)).toEqual(document);
    expect(parseWorkflow(JSON.parse(text) as object)).toEqual(document);
    for (const each of [yaml, text, document, JSON.parse(text) as object]) expect(await run(each, { name: 'Ada' })).toEqual({ text: 'HELLO ADA', more: 3 });
  });

  test('a document that was read is frozen, and the data that it was read from is not', () => {
    const data = { nodes: [{ id: 'a', type: 'echo', params: { value: [1] } }] };
    const document = parseWorkflow(data);
    expect(Object.isFrozen(document.nodes[0]!.params)).toBe(true);
    data.nodes[0]!.params.value.push(2);
    expect(document.nodes[0]!.params).toEqual({ value: [1] });
  });

  test('everything wrong with the form is told together, with line and column', () => {
    const error = refusal(() =>
      parseWorkflow(
        `inputs:
  days: { type: int }
nodes:
  - id: 1st
    type: load
  - id: child
    type: workflow
    params: { storage_mod: isolated, max_depth: -1 }
edgs: []
outputs:
  text: { sorce: x }
`,
        { file: 'flows/main.yaml' },
      ),
    );
    expect(error).toBeInstanceOf(WorkflowError);
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ name: 'WorkflowError', code: 'WORKFLOW', phase: 'parse', details: { phase: 'parse' } });
    expect(places(error.issues)).toEqual(['2:17 inputs.days.type', '4:9 nodes.0.id', '8:15 nodes.1.params.storage_mod', '8:49 nodes.1.params.max_depth', '9:1 edgs', '11:9 outputs.text.source', '11:11 outputs.text.sorce']);
    expect(error.message).toContain("flows/main.yaml:9:1, edgs: there is no key 'edgs' here. Did you mean 'edges'?");
    expect(error.message).toContain("Did you mean 'storage_mode'?");
    expect(error.message.split('\n')[0]).toBe('7 problems:');
  });

  test.each([
    ['a: [1, 2', 1],
    ['nodes:\n  - id: a\n   type: b', 3],
    ['nodes: "open', 1],
    ['\tnodes: []', 1],
    ['a: 1\na: 2', 2],
    ['a: *nowhere', 1],
    ['--- 1\n--- 2', 2],
    ['a: !!js/function x', 1],
  ])('YAML that is malformed is told with its line: %j', (text, line) => {
    const error = refusal(() => parseWorkflow(text));
    expect(error.phase).toBe('parse');
    expect(error.issues[0]).toMatchObject({ line, phase: 'parse' });
  });

  test.each([
    ['{"nodes": [1,}', 1],
    ['{\n  "nodes": [],\n  nodes: 1\n}', 3],
    ['{"a": 1, "a": 2}', 1],
    ['', 1],
    ['# no JSON\n{}', 1],
  ])('a .json file is read by the rules of JSON: %j', (text, line) => {
    expect(refusal(() => parseWorkflow(text, { file: 'x.json' })).issues[0]).toMatchObject({ line, file: 'x.json' });
  });

  test.each(['root:x:0:0:SECRET:/root:/bin/sh', 'a: "SECRET', '[SECRET, {', '*SECRET', 'SECRET: 1\nSECRET: 2', '{"a": SECRET'])('what a malformed file holds is not told: %j', (text) => {
    expect(refusal(() => parseWorkflow(text)).message).not.toContain('SECRET');
    expect(refusal(() => parseWorkflow(text, { format: 'json' })).message).not.toContain('SECRET');
  });

  test('aliases work, and do not blow up', () => {
    const document = parseWorkflow('nodes:\n  - &a { id: a, type: echo, params: { value: 1 } }\n  - { <<: 1, id: b, type: echo }\n'.replace('<<: 1, ', ''));
    expect(document.nodes).toHaveLength(2);
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${['b', 'c', 'd', 'e', 'f', 'g'].map((name, i) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdef'[i]}`).join(', ')}]`).join('\n')}`;
    expect(refusal(() => parseWorkflow(bomb)).message).toContain('aliases expand to too much');
  });

  test.each([
    ['depth', `${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['depth in a document', `{"nodes":[{"id":"a","type":"echo","params":{"v":${'['.repeat(200)}${']'.repeat(200)}}}]}`],
    ['an alias that holds itself', 'nodes: &a [*a]'],
  ])('%s is refused, not a crash', (_what, text) => {
    expect(refusal(() => parseWorkflow(text)).issues.length).toBeGreaterThan(0);
  });

  test('a document that holds itself is refused as data too', () => {
    const document: { nodes: unknown[] } = { nodes: [] };
    document.nodes.push({ id: 'a', type: 'workflow', params: { workflow_ir: document } });
    expect(refusal(() => parseWorkflow(document))).toMatchObject({ phase: 'cycle' });
  });

  test('functions and models are no data', () => {
    expect(refusal(() => parseWorkflow({ nodes: [{ id: 'a', type: 'echo', params: { value: () => 1 } }] })).message).toContain('expected data, got a function');
  });
});

describe('NW2 the source of a nested workflow', () => {
  test.each([
    [{}, "requires either 'workflow_ref' (a file) or 'workflow_ir' (the child itself)"],
    [{ workflow_ir: {} }, 'requires either'],
    [{ workflow_ref: '' }, 'requires either'],
    [{ workflow_ref: 'a.yaml', workflow_ir: { nodes: [] } }, 'give only one'],
  ])('NW2 %j', (params, message) => {
    expect(refusal(() => parseWorkflow({ nodes: [{ id: 'n', type: 'workflow', params }] })).message).toContain(message);
  });

  test("the reference page's spelling of the type is the same", () => {
    expect(refusal(() => parseWorkflow({ nodes: [{ id: 'n', type: 'pflow.nodes.workflow', params: {} }] })).message).toContain('requires either');
  });
});

describe('the JSON Schema', () => {
  test('the published file is what the schemas say', () => {
    const file = readFileSync(new URL('../workflow.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(file)).toEqual(workflowJsonSchema());
  });

  test('it knows the keys of the reference', () => {
    const text = JSON.stringify(workflowJsonSchema());
    for (const key of ['workflow_ref', 'workflow_ir', 'param_mapping', 'output_mapping', 'storage_mode', 'scope_prefix', 'max_depth', 'error_action', 'stripPrefix']) expect(text).toContain(`"${key}"`);
  });
});
