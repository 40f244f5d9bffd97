/** What a refusal says: the file, the line and column, the node, and what to write instead. */
import { compileWorkflow, composeConfig, parseWorkflow, WorkflowError } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { models, refusal } from './models.ts';

const NODES = 'nodes:\n  - { id: a, type: echo, params: { value: 1 } }\n';
/** The problems of a text, one a line, as the message of the error tells them. */
const told = (text: string, file = 'flow.yaml'): string => refusal(() => models().compile(text, { file })).message;

describe('the form of a document', () => {
  test.each([
    ['a mistyped type of an input', `inputs:\n  n: { type: strng }\n${NODES}`, "flow.yaml:2:14, inputs.n.type: 'type' cannot be 'strng'. Did you mean 'string'? It has to be 'any', 'string', 'number', 'boolean', 'object' or 'array'."],
    ['a mistyped type of a node', 'nodes:\n  - { id: a, type: workflw }', "flow.yaml:2:20, node 'a', type: no flow model is named 'workflw'. Did you mean 'workflow'?"],
    ['a mistyped storage mode', 'nodes:\n  - { id: a, type: workflow, params: { workflow_ref: x.yaml, storage_mode: scopd } }', "flow.yaml:2:76, node 'a', params.storage_mode: 'storage_mode' cannot be 'scopd'. Did you mean 'scoped'?"],
    ['a mistyped key of a node', 'nodes:\n  - { id: a, type: echo, parms: {} }', "flow.yaml:2:26, node 'a', parms: there is no key 'parms' here. Did you mean 'params'?"],
    ['a mistyped key of the document', `${NODES}output: {}`, "flow.yaml:3:1, output: there is no key 'output' here. Did you mean 'outputs'?"],
    ['a key of a nested workflow outside of its params', 'nodes:\n  - { id: a, type: workflow, workflow_ref: x.yaml, params: {} }', "flow.yaml:2:30, node 'a', workflow_ref: there is no key 'workflow_ref' here. It belongs into 'params': params: { workflow_ref: … }."],
    ['a missing key', 'nodes:\n  - { id: a }', "flow.yaml:2:5, node 'a', type: 'type' is missing; it has to be the name of a flow model, or 'workflow'."],
    ['an input in short', `inputs: { a: string }\n${NODES}`, "flow.yaml:1:14, inputs.a: 'a' has to be a record, as { type: string }; here stands a text."],
    ['an output in short', `${NODES}outputs:\n  x: $a`, "flow.yaml:4:6, outputs.x: 'x' has to be a record, as { source: '${node}' }; here stands a text."],
    ['a node in short', 'nodes: [echo]', 'flow.yaml:1:9, nodes[0]: it has to be a record, as { id: load, type: readText }; here stands a text.'],
    ['nodes by name', 'nodes:\n  a: { type: echo }', "flow.yaml:2:3, nodes: 'nodes' has to be a list, as [{ id: load, type: readText }]; here stands a record."],
    ['a retry in short', 'nodes:\n  - { id: a, type: echo, retry: 3 }', "flow.yaml:2:33, node 'a', retry: 'retry' has to be a record, as { attempts: 3 }; here stands a number."],
    ['a time with a unit', 'nodes:\n  - { id: a, type: echo, timeout: 5s }', "flow.yaml:2:35, node 'a', timeout: 'timeout' has to be a number of milliseconds; here stands a text."],
    ['a text', 'hello', 'flow.yaml:1:1: the document has to be a record, whose key nodes is the list of nodes; here stands a text.'],
  ])('%s', (_name, text, message) => {
    expect(told(text)).toContain(message);
  });

  test.each([['', 'flow.yaml'], ['\n# only a comment\n', 'flow.yaml'], ['', 'flow.json'], ['---\n', 'flow.yaml']])('an empty file says what a document has at least: %j in %s', (text, file) => {
    expect(told(text, file)).toBe(`${file}:1:1: it is empty, and a workflow has at least one node. Write nodes: [{ id: load, type: readText }], with the name of a flow model as type.`);
  });

  test('a value is not repeated unless it looks like a name', () => {
    expect(told(`inputs:\n  n: { type: 'a secret, perhaps' }\n${NODES}`)).not.toContain('secret');
  });

  test('a node without an id is told by its number', () => {
    expect(told('nodes:\n  - { type: echo }')).toContain("flow.yaml:2:5, nodes[0].id: 'id' is missing; it has to be a name.");
  });
});

describe('text that is no YAML or JSON', () => {
  test.each([
    ['flow.yaml', `${NODES}inputs:\n  x: {}\n  y: {}\n  x: {}\n`, "flow.yaml:6:3: the key 'x' stands twice, first at 4:3; leave one out."],
    ['flow.json', '{ "nodes": [{ "id": "a", "id": "b", "type": "echo" }] }', "flow.json:1:26: the key 'id' stands twice, first at 1:15; leave one out."],
  ])('a key that stands twice is named, with the first place, in %s', (file, text, message) => {
    expect(told(text, file)).toBe(message);
  });

  test('of a file that is no workflow, keys that stand twice are not named', () => {
    expect(told('password: 1\npassword: 2')).toBe('flow.yaml:2:1: a key stands twice, first at 1:1; leave one out.');
  });

  test.each([
    ['{ "nodes": [], }', "1:16: it is not valid JSON: a comma stands before a closing bracket; leave it out."],
    ["{ 'nodes': [] }", '1:3: it is not valid JSON: texts and keys stand in double quotes.'],
    ['{ // nodes\n}', '1:3: it is not valid JSON: JSON has no comments; YAML has, in a file that ends in .yaml.'],
    ['{ "nodes": [', 'it is not valid JSON: the text ends too early; a quote or a bracket is not closed.'],
  ])('JSON %j', (text, message) => {
    expect(told(text, 'flow.json')).toContain(message);
  });

  test('one slip is told once', () => {
    const { issues } = refusal(() => parseWorkflow('nodes:\n  - { id: a, type: echo, params: { value: ${x} } }'));
    expect(issues.map(({ line, message }) => `${line} ${message}`)).toEqual(["2 something stands here that does not belong; a template inside brackets has to be quoted: '${name}'."]);
  });
});

describe('nodes in issues', () => {
  const CHILD = 'nodes:\n  - id: outer\n    type: workflow\n    params:\n      workflow_ir:\n        nodes:\n          - { id: inner, type: shuot }\n';

  test('an issue names the node that it is about, inside an inline child the node of the child', () => {
    const { issues } = refusal(() => models().compile(CHILD));
    expect(issues).toMatchObject([{ node: 'inner', line: 7, column: 32, at: ['nodes', 0, 'type'] }]);
    expect(refusal(() => parseWorkflow('nodes: 7')).issues).toMatchObject([{ node: undefined }]);
  });

  test('in a batch, the node of the document', () => {
    const text = "nodes:\n  - { id: other, type: echo, params: { value: 1 } }\n  - { id: each, type: shout, batch: { items: [1] }, params: { txt: '${item}' } }";
    for (const issue of refusal(() => models().compile(text)).issues) expect(issue).toMatchObject({ node: 'each', line: 3 });
  });

  test('of a document given as data there are no positions, but nodes', () => {
    const { definitions } = models();
    const error = refusal(() => compileWorkflow({ nodes: [{ id: 'a', type: 'shuot' }] }, { definitions }));
    expect(error).toBeInstanceOf(WorkflowError);
    expect(error.message).toContain("node 'a', type: no flow model is named 'shuot'. Did you mean 'shout'?");
  });
});

describe('configuration', () => {
  test('an empty override is null, and a key that stands twice in one is named', () => {
    expect(composeConfig({ a: { b: 1 } }, { overrides: ['a='] }).values).toMatchObject([{ path: 'a', value: null }]);
    expect(refusal(() => composeConfig({ a: 1 }, { overrides: ['a={ b: 1, b: 2 }'] })).message).toContain("the key 'b' stands twice");
  });
});
