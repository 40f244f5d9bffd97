/** What failed in a run is told by the nodes of the documents that lead there. */
import { flowModel, flowPathOf, FromContext, ModelInput } from '@flowmodel/core';
import { compileWorkflow, runWorkflow, workflowPlacesOf, WorkflowError } from '@flowmodel/workflow';
import type { WorkflowModel } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { models, Refused } from './models.ts';

async function failureOf(model: WorkflowModel, inputs: object = {}): Promise<WorkflowError> {
  const error: unknown = await runWorkflow(model, inputs).catch((error: unknown) => error);
  if (!(error instanceof WorkflowError)) throw new Error('it did not fail as a workflow does', { cause: error });
  return error;
}

const run = (text: string, inputs: object = {}): Promise<WorkflowError> => failureOf(models().compile(text, { file: 'flow.yaml' }), inputs);

/** `c` holds `b`, which holds `a`, which fails. */
const TWICE = `inputs: { text: { type: string } }
nodes:
  - id: c
    type: workflow
    params:
      workflow_ir:
        inputs: { t: { type: string } }
        nodes:
          - id: b
            type: workflow
            params:
              workflow_ir:
                inputs: { deep: { type: string } }
                nodes:
                  - { id: a, type: risky, params: { text: '\${deep}' } }
                outputs: { text: { source: '\${a.text}' } }
              param_mapping: { deep: 'bad $t' }
        outputs: { text: { source: '\${b.text}' } }
      param_mapping: { t: $text }
  - { id: user, type: shout, params: { text: '\${c.text}' } }
outputs:
  out: { source: '\${user}' }
`;

describe('runWorkflow names the node that failed, and the nodes around it', () => {
  test('what a body threw, in a child of a child; the nodes that would have read the value are not named', async () => {
    const error = await run(TWICE, { text: 'x' });
    expect(error.message).toBe("flow.yaml:15:21, node 'a' (risky): cannot take bad x\n  in flow.yaml:9:13, node 'b' (workflow)\n  in flow.yaml:3:5, node 'c' (workflow)");
    expect(error).toMatchObject({ phase: 'run', cause: expect.any(Refused) });
    expect(error.details['places']).toMatchObject([{ node: 'c', line: 3, column: 5, at: ['nodes', 0], type: 'workflow' }, { node: 'b', line: 9 }, { node: 'a', line: 15, file: 'flow.yaml#<inline>#<inline>' }]);
  });

  test('a value that a document computes for its child is not in the child', async () => {
    const text = `nodes:
  - { id: first, type: risky, params: { text: bad } }
  - id: child
    type: workflow
    params:
      workflow_ir:
        inputs: { x: {} }
        nodes: [{ id: inner, type: echo, params: { value: ['\${x}'] } }]
        outputs: { out: { source: '\${inner}' } }
      param_mapping: { x: '\${first.text}' }
outputs:
  out: { source: '\${child.out}' }
`;
    expect((await run(text)).message).toBe("flow.yaml:2:5, node 'first' (risky): cannot take bad");
  });

  test('a part that a value does not have: the node whose params ask for it', async () => {
    const text = "inputs: { list: { type: array } }\nnodes:\n  - { id: a, type: echo, params: { value: '${list[3]}' } }\n";
    const error = await run(text, { list: [1] });
    expect(error.phase).toBe('resolve');
    expect(error.message).toBe("flow.yaml:3:5, node 'a' (echo): ${list[3]} has no value: there is no element 3 in a list of 1. Give it a default: { $value: '${list[3]}', default: … }.");
  });

  test('asked for by the mapping of a nested node: that node', async () => {
    const child = "{ inputs: { x: {} }, nodes: [{ id: inner, type: echo, params: { value: '${x}' } }], outputs: { out: { source: '${inner}' } } }";
    const text = `inputs: { given: {} }\nnodes:\n  - { id: child, type: workflow, params: { workflow_ir: ${child}, param_mapping: { x: '\${given.a}' } } }\noutputs: { out: { source: '\${child.out}' } }`;
    const error = await run(text, { given: null });
    expect(error.message).toBe("flow.yaml:3:5, node 'child' (workflow): ${given.a} has no value: there is no 'a' in null. Give it a default: { $value: '${given.a}', default: … }.");
  });

  test('asked for by an output: the output', async () => {
    const text = "inputs: { given: {} }\nnodes: [{ id: a, type: echo, params: { value: '${given}' } }]\noutputs:\n  out: { source: '${a.b}' }";
    expect((await run(text, { given: { c: 1 } })).message).toContain("flow.yaml:4:18, output 'out': ${a.b} has no value: there is no 'b' in a record.");
  });

  test('a value of a wrong type between two nodes', async () => {
    const text = "nodes:\n  - { id: a, type: echo, params: { value: text } }\n  - { id: sum, type: add, params: { a: '${a}' } }";
    expect((await run(text)).message).toMatch(/^flow\.yaml:3:5, node 'sum' \(add\): add, input 'a': expected number, but echo yielded "text"/);
  });

  test.each([
    ['${a.n}', "inputs: { given: {} }\nnodes: [{ id: a, type: echo, params: { value: { n: text } } }, { id: sum, type: add, params: { a: '${a.n}' } }]"],
    ['${given}', "inputs: { given: {} }\nnodes: [{ id: sum, type: add, params: { a: '${given}' } }]"],
    ["node 'c'", "inputs: { given: {} }\nnodes: [{ id: c, type: workflow, params: { workflow_ir: { nodes: [{ id: a, type: echo, params: { value: 1 } }], outputs: { o: { source: '${a}' } } } } }, { id: sum, type: visits, params: { place: '${c}', days: 1 } }]"],
  ])('a value of a wrong type: what stands in the document yielded it, %s', async (source, text) => {
    const { definitions } = models();
    flowModel({ name: 'visits', definitions, replace: true, inputs: { place: z.unknown().refine((value) => typeof value === 'string', 'expected a text'), days: z.number() } }, ({ place }) => place);
    const error = await failureOf(compileWorkflow(text, { definitions }), { given: 'text' });
    expect(error.message).toContain(`but ${source} yielded`);
    expect(error.message).not.toContain('workflow.');
    expect(error.cause).toMatchObject({ code: 'INVALID_RESULT' });
  });

  test('a value of a wrong type on its way into a child', async () => {
    const child = "{ inputs: { n: { type: number } }, nodes: [{ id: sum, type: add, params: { a: '${n}' } }], outputs: { out: { source: '${sum}' } } }";
    const text = `nodes:\n  - { id: a, type: echo, params: { value: text } }\n  - { id: child, type: workflow, params: { workflow_ir: ${child}, param_mapping: { n: '\${a}' } } }\noutputs: { out: { source: '\${child.out}' } }`;
    const error = await run(text);
    expect(error.message).toMatch(/^flow\.yaml:3:\d+, node 'sum' \(add\): [^]*n: number, got "text"[^]*\n {2}in flow\.yaml:3:5, node 'child' \(workflow\)$/);
  });

  test('a node behind an edge, and one that routes its failures and whose handler fails', async () => {
    const text = `nodes:
  - { id: first, type: risky, error_action: failed, params: { text: bad } }
  - { id: handler, type: risky, params: { text: 'bad again: \${first.error.message}' } }
edges:
  - { from: first, to: handler, action: failed }
outputs:
  out: { source: '\${handler.text}' }
`;
    expect((await run(text)).message).toBe("flow.yaml:3:5, node 'handler' (risky): cannot take bad again: cannot take bad");
  });

  test('an item of a batch, and a nested workflow in one', async () => {
    const plain = "nodes:\n  - { id: each, type: risky, batch: { items: [fine, bad] }, params: { text: '${item}' } }";
    expect((await run(plain)).message).toBe("flow.yaml:2:5, node 'each' (risky): cannot take bad");
    const child = "{ inputs: { t: {} }, nodes: [{ id: inner, type: risky, params: { text: '${t}' } }], outputs: { out: { source: '${inner.text}' } } }";
    const nested = `nodes:\n  - { id: each, type: workflow, batch: { items: [bad] }, params: { workflow_ir: ${child}, param_mapping: { t: $item } } }`;
    expect((await run(nested)).message).toMatch(/^flow\.yaml:2:\d+, node 'inner' \(risky\): cannot take bad\n {2}in flow\.yaml:2:5, node 'each' \(workflow\)$/);
  });

  test('a node that changes its own context reads others outside of it', async () => {
    const text = "inputs: { days: { type: number } }\nnodes:\n  - { id: up, type: visits, params: { place: p } }\n  - { id: down, type: visits, params: { place: '${up.days.x}', days: 9 } }";
    const { definitions } = models();
    flowModel({ name: 'visits', definitions, replace: true, inputs: { place: z.string(), days: FromContext(z.number()) } }, ({ place, days }) => ({ place, days }));
    const error = await failureOf(compileWorkflow(text, { definitions, file: 'flow.yaml' }), { days: 1 });
    expect(error.details['places']).toMatchObject([{ node: 'down', line: 4 }]);
  });

  test('a node that another one computes', async () => {
    const { definitions } = models();
    flowModel({ name: 'again', definitions, inputs: { each: ModelInput(z.unknown()) } }, ({ each }, run) => run.compute(each));
    const text = "nodes:\n  - { id: inner, type: risky, params: { text: bad } }\n  - { id: outer, type: again, params: { each: '${inner}' } }\noutputs: { out: { source: '${outer}' } }";
    const error = await failureOf(compileWorkflow(text, { definitions, file: 'flow.yaml' }));
    expect(error.message).toBe("flow.yaml:2:5, node 'inner' (risky): cannot take bad\n  in flow.yaml:3:5, node 'outer' (again)");
  });

  test('a timeout', async () => {
    const { definitions } = models();
    flowModel({ name: 'forever', definitions, inputs: {} }, () => new Promise(() => {}));
    const error = await failureOf(compileWorkflow('nodes: [{ id: late, type: forever, timeout: 1 }]', { definitions, file: 'flow.yaml' }));
    expect(error.message).toMatch(/^flow\.yaml:1:9, node 'late' \(forever\): /);
    expect(error.cause).toMatchObject({ code: 'TIMEOUT' });
  });

  test('missing inputs: where they are declared', async () => {
    const error = await run("inputs:\n  name: { type: string }\nnodes: [{ id: a, type: shout, params: { text: '${name}' } }]");
    expect(error.message).toContain("'name' is an input of the document, declared at flow.yaml:2:3.");
    expect(error.cause).toMatchObject({ code: 'MISSING_CONTEXT' });
  });

  test('missing inputs: the nodes that need them, also inside of others', async () => {
    const { message } = await run(`inputs:
  name: { type: string }
nodes:
  - { id: a, type: shout, params: { text: '\${name}' } }
  - { id: b, type: shout, params: { text: '\${name}, \${a}' } }
  - id: c
    type: workflow
    params:
      param_mapping: { word: '\${name}' }
      workflow_ir: { inputs: { word: { type: string } }, nodes: [{ id: d, type: shout, params: { text: '\${word}' } }], outputs: { text: { source: '\${d}' } } }
outputs: { b: { source: '\${b}' }, c: { source: '\${c.text}' } }`, { nam: 'Ada' });
    expect(message).toMatch(/^workflow cannot run \('name'\): /); // no single node is to blame
    expect(message).toContain("\n  - name: string (needed by node 'b', node 'd' in node 'c'). The context has 'nam': did you mean 'name'?\n");
  });

  test('a document given as data has no positions', async () => {
    const { compile } = models();
    const error = await failureOf(compile({ nodes: [{ id: 'a', type: 'risky', params: { text: 'bad' } }] }));
    expect(error.message).toBe("node 'a' (risky): cannot take bad");
  });
});

describe('workflowPlacesOf', () => {
  test('for callers of compute, who get what was thrown as it is; also where the document is part of a graph', async () => {
    const { compile, definitions } = models();
    const model = compile("nodes:\n  - { id: a, type: risky, params: { text: bad } }\noutputs: { text: { source: '${a.text}' } }", { file: 'flow.yaml' });
    const around = flowModel({ name: 'around', definitions, inputs: { parts: z.array(z.unknown()), of: z.unknown() } }, ({ of }) => of)({ parts: [1], of: model });
    for (const each of [model, around]) {
      const error: unknown = await each.flow.compute().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(Refused);
      expect(workflowPlacesOf(error, each)).toMatchObject([{ node: 'a', file: 'flow.yaml', line: 2, column: 5 }]);
    }
  });

  test('of what did not fail in a document there are none', async () => {
    const { definitions } = models();
    const fails = flowModel({ name: 'fails', definitions, inputs: {} }, (): number => {
      throw new Error('no');
    })();
    const error: unknown = await fails.flow.compute().catch((error: unknown) => error);
    expect(flowPathOf(error)).toEqual(['fails']);
    expect(workflowPlacesOf(error, fails)).toEqual([]);
    expect(workflowPlacesOf(new Error('elsewhere'), fails)).toEqual([]);
    expect(workflowPlacesOf('text', fails)).toEqual([]);
  });
});
