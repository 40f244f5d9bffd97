import { flowModel, memoryCache } from '@flowmodel/core';
import { runWorkflow, WorkflowError } from '@flowmodel/workflow';
import type { WorkflowIssue } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { models, problems, refusal, Refused } from './models.ts';

const outputs = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, { source: `\${${id}}` }]));
const inputs = { text: { type: 'string' } };

/** A node that may fail, a way on and a way out. */
const routed = (extra: object = {}) => ({
  inputs,
  nodes: [
    { id: 'risky', type: 'risky', error_action: 'failed', params: { text: '${text}' } },
    { id: 'good', type: 'shout', params: { text: '${risky.text}' } },
    { id: 'handler', type: 'shout', params: { text: 'handled: ${risky.error.message}' } },
    { id: 'end', type: 'shout', params: { text: { $value: 'after ${good}', default: 'after the handler' } } },
  ],
  edges: [{ from: 'risky', to: 'handler', action: 'failed' }, { from: 'good', to: 'end' }, { from: 'handler', to: 'end' }],
  outputs: outputs('good', 'handler', 'end'),
  ...extra,
});

describe('NW53, NW54 one policy for failures', () => {
  test('without an error_action what a body throws is thrown as it is', async () => {
    const { run } = models();
    const document = { inputs, nodes: [{ id: 'n', type: 'risky', params: { text: '${text}' } }], outputs: outputs('n') };
    await expect(run(document, { text: 'bad' })).rejects.toThrow(Refused);
  });

  test('runWorkflow throws one type of error, with phase, path and cause', async () => {
    const { compile } = models();
    const child = { inputs, nodes: [{ id: 'n', type: 'risky', params: { text: '${text}' } }], outputs: { text: { source: '${n.text}' } } };
    const model = compile({ inputs, nodes: [{ id: 'c', type: 'workflow', params: { workflow_ir: child, param_mapping: { text: '$text' } } }], outputs: { text: { source: '${c.text}' } } });
    expect(await runWorkflow(model, { text: 'fine' })).toEqual({ text: 'fine' });
    const error = await runWorkflow(model, { text: 'bad' }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(WorkflowError);
    expect(error).toMatchObject({ code: 'WORKFLOW', phase: 'run', cause: expect.any(Refused), details: { phase: 'run', path: expect.arrayContaining(['risky']) } });
    await expect(runWorkflow(model)).rejects.toMatchObject({ phase: 'run', cause: { code: 'MISSING_CONTEXT' } });
    await expect(runWorkflow(model, { text: 'fine' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('with one, the edges with that action are followed, and the others are not', async () => {
    const { run, ran } = models();
    expect(await run(routed(), { text: 'fine' })).toEqual({ good: 'FINE', end: 'AFTER FINE' });
    expect(ran).toEqual(['risky', 'shout', 'shout']);
    ran.length = 0;
    expect(await run(routed(), { text: 'bad' })).toEqual({ handler: 'HANDLED: CANNOT TAKE BAD', end: 'AFTER THE HANDLER' });
    expect(ran).toEqual(['risky', 'shout', 'shout']);
  });

  test('outputs of nodes that did not run are left out; a default stands in for them', async () => {
    const { run } = models();
    const document = routed({ outputs: { good: { source: '${good}' }, text: { source: 'it is ${good}' }, sure: { source: { $value: '${good}', default: 'nothing' } } } });
    expect(await run(document, { text: 'bad' })).toEqual({ sure: 'nothing' });
    expect(await run(document, { text: 'fine' })).toEqual({ good: 'FINE', text: 'it is FINE', sure: 'FINE' });
  });

  test('an error says message, phase, code, path and cause', async () => {
    const { run } = models();
    const document = routed({ outputs: { error: { source: '${risky.error}' }, action: { source: '${risky.action}' } } });
    const { error, action } = await run(document, { text: 'bad' });
    expect(error).toMatchObject({ message: 'cannot take bad', phase: 'run', code: null, path: expect.arrayContaining(['risky']), cause: expect.any(Refused) });
    expect(action).toBe('failed');
  });

  test('an output that lacks its value is left out only where the node was skipped; a node that ran has to have it', async () => {
    const { run } = models();
    const document = {
      inputs,
      nodes: [{ id: 'decide', type: 'decide', params: { text: '${text}' } }, { id: 'n', type: 'echo', params: { value: '${text}' } }],
      edges: [{ from: 'decide', to: 'n', action: 'go' }],
      outputs: { part: { source: '${n.part}' } },
    };
    expect(await run(document, { text: 'stop' })).toEqual({});
    await expect(run(document, { text: 'go' })).rejects.toMatchObject({ phase: 'resolve', message: expect.stringContaining("there is no 'part' in a string") });
  });

  test('after a failure an edge without an action is not followed', async () => {
    const { run, ran } = models();
    const document = {
      inputs,
      nodes: [{ id: 'n', type: 'risky', error_action: 'failed', params: { text: '${text}' } }, { id: 'next', type: 'shout', params: { text: 'on' } }, { id: 'why', type: 'echo', params: { value: '${n.error.message}' } }],
      edges: [{ from: 'n', to: 'next' }],
      outputs: outputs('next', 'why'),
    };
    expect(await run(document, { text: 'fine' })).toEqual({ next: 'ON' });
    expect(await run(document, { text: 'bad' })).toEqual({ why: 'cannot take bad' });
    expect(ran).toEqual(['risky', 'shout', 'risky', 'echo']);
  });

  test('a nested node routes the failure of its child', async () => {
    const { run } = models();
    const child = { inputs, nodes: [{ id: 'n', type: 'risky', params: { text: '${text}' } }], outputs: { text: { source: '${n.text}' } } };
    const nodes = [
      { id: 'child', type: 'workflow', params: { workflow_ir: child, param_mapping: { text: '$text' }, output_mapping: { text: 'result' }, error_action: 'failed' } },
      { id: 'use', type: 'shout', params: { text: '${result}' } },
      { id: 'report', type: 'shout', params: { text: '${child.error.message}' } },
    ];
    const document = { inputs, nodes, edges: [{ from: 'child', to: 'report', action: 'failed' }], outputs: outputs('use', 'report', 'result') };
    expect(await run(document, { text: 'fine' })).toEqual({ use: 'FINE', result: 'fine' });
    expect(await run(document, { text: 'bad' })).toEqual({ report: 'CANNOT TAKE BAD' });
  });

  test("NW53 an empty error_action of a nested node is 'error'", async () => {
    const { run } = models();
    const child = { nodes: [{ id: 'n', type: 'risky', params: { text: 'bad' } }] };
    const document = { nodes: [{ id: 'child', type: 'workflow', params: { workflow_ir: child, error_action: '' } }, { id: 'h', type: 'echo', params: { value: 'handled' } }], edges: [{ from: 'child', to: 'h', action: 'error' }], outputs: outputs('h') };
    expect(await run(document)).toEqual({ h: 'handled' });
  });

  test.each([
    ['compile', { workflow_ir: { nodes: [{ id: 'x', type: 'none' }] } }],
    ['parse', { workflow_ir: { nodes: [{ id: 'x' }] } }],
    ['load', { workflow_ref: 'no-such-file.json' }],
    ['depth', { workflow_ir: { nodes: [{ id: 'x', type: 'echo', params: { value: 1 } }] }, max_depth: 0 }],
  ])('NW54 a %s failure of a child is thrown when it is compiled, or routed when it runs', async (phase, params) => {
    const { compile, run } = models();
    const document = (error_action?: string) => ({
      nodes: [
        { id: 'child', type: 'workflow', params: { ...params, ...(error_action !== undefined && { error_action, output_mapping: { out: 'result' } }) } },
        { id: 'use', type: 'echo', params: { value: error_action === undefined ? 1 : '${result}' } },
        { id: 'report', type: 'echo', params: { value: error_action === undefined ? 1 : '${child.error.phase}: ${child.error.message}' } },
      ],
      outputs: outputs('use', 'report'),
    });
    expect(refusal(() => compile(document())).phase).toBe(phase);
    const routed = await run(document('failed'));
    expect(Object.keys(routed)).toEqual(['report']);
    expect(routed['report']).toMatch(new RegExp(`^${phase}: the workflow '.*' does not compile: `));
  });

  test('names that a skipped child is mapped to are left out of the outputs, alone and as a record', async () => {
    const { run } = models();
    const child = { nodes: [{ id: 's', type: 'score', params: { text: 'abc' } }], outputs: { score: { source: '${s.score}' }, label: { source: '${s.label}' } } };
    const document = {
      inputs,
      nodes: [
        { id: 'decide', type: 'decide', params: { text: '${text}' } },
        { id: 'child', type: 'workflow', params: { workflow_ir: child, output_mapping: { score: 'report.score', label: 'report.texts.label' } } },
        { id: 'use', type: 'echo', params: { value: '${report}' } },
      ],
      edges: [{ from: 'decide', to: 'child', action: 'go' }],
      outputs: { all: { source: '$report' }, texts: { source: '$report.texts' }, node: { source: '${child}' }, use: { source: '${use}' }, instead: { source: { $value: '$report', default: 'none' } } },
    };
    const report = { score: 3, texts: { label: 'a' } };
    expect(await run(document, { text: 'go' })).toEqual({ all: report, texts: report.texts, node: { score: 3, label: 'a' }, use: report, instead: report });
    expect(await run(document, { text: 'stop' })).toEqual({ instead: 'none' });
  });

  test.each([
    ['its error_action is another one', { id: 'n', type: 'risky', error_action: 'failed', params: { text: '${text}' } }, 'faild', "node 'n' never has the action 'faild'. Did you mean 'failed'? It has 'default' and 'failed'."],
    ['its value has no action', { id: 'n', type: 'score', params: { text: '${text}' } }, 'high', "node 'n' never has the action 'high'. It has 'default'."],
    ['it is a number', { id: 'n', type: 'add', params: { a: 1 } }, 'high', "node 'n' never has the action 'high'."],
    ['it is a batch', { id: 'n', type: 'decide', batch: { items: ['go'] }, params: { text: '${item}' } }, 'go', "node 'n' never has the action 'go'."],
    ['its child does not compile', { id: 'n', type: 'workflow', params: { workflow_ref: 'none.yaml', error_action: 'lost' } }, 'default2', "node 'n' never has the action 'default2'. It has 'lost'."],
  ])('an edge that nothing can follow is refused: %s', (_why, node, action, message) => {
    const { compile } = models();
    const document = { inputs, nodes: [node, { id: 'next', type: 'echo', params: { value: '${text}' } }, { id: 'last', type: 'echo', params: { value: { $value: '${n.error}', default: 1 } } }], edges: [{ from: 'n', to: 'next', action }] };
    const found = problems(() => compile(document));
    expect(found).toEqual([expect.stringContaining(message)]);
    expect(found[0]).toMatch(/^edges\.0\.action: /);
  });

  test('an edge whose action a node may have is not, but one next to its error_action is a warning', () => {
    const { compile } = models();
    const warnings: WorkflowIssue[] = [];
    const document = (type: string, action: string) => ({ inputs, nodes: [{ id: 'n', type, error_action: 'failed', params: { [type === 'echo' ? 'value' : 'text']: '${text}' } }, { id: 'next', type: 'echo', params: { value: '${n.error.message}' } }], edges: [{ from: 'n', to: 'next', action }] });
    const onWarning = (warning: WorkflowIssue): void => void warnings.push(warning);
    for (const [type, action] of [['shout', 'GO'], ['decide', 'go'], ['echo', 'go'], ['decide', 'failed']] as const) compile(document(type, action), { onWarning });
    expect(warnings).toEqual([]);
    compile(document('decide', 'faild'), { onWarning });
    expect(warnings.map(({ at, message }) => `${at.join('.')}: ${message}`)).toEqual(["edges.0.action: the error_action of node 'n' is 'failed', not 'faild'."]);
  });

  test('a routed failure that leads nowhere is refused: it would be a silent one', () => {
    const { compile } = models();
    const document = { inputs, nodes: [{ id: 'risky', type: 'risky', error_action: 'failed', params: { text: '${text}' } }], outputs: outputs('risky') };
    expect(problems(() => compile(document))).toEqual([expect.stringContaining("routes its failure to 'failed', and no edge with that action leaves it")]);
  });

  test('the error action default goes on along the default edges', async () => {
    const { run } = models();
    const document = { inputs, nodes: [{ id: 'risky', type: 'risky', error_action: 'default', params: { text: '${text}' } }, { id: 'next', type: 'echo', params: { value: { $value: '${risky.text}', default: 'nothing' } } }], edges: [{ from: 'risky', to: 'next' }], outputs: outputs('next') };
    expect(await run(document, { text: 'fine' })).toEqual({ next: 'fine' });
    expect(await run(document, { text: 'bad' })).toEqual({ next: 'nothing' });
  });

  test('cancelling is no failure of the node', async () => {
    const { definitions, compile } = models();
    const abort = new AbortController();
    flowModel({ name: 'aborts', definitions, inputs: {} }, () => {
      abort.abort(new Error('enough'));
      return new Promise(() => {});
    });
    const document = { nodes: [{ id: 'n', type: 'aborts', error_action: 'failed' }], outputs: { e: { source: '${n.error.message}' } } };
    await expect(compile(document).flow.compute({}, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('a routed failure is not served from a cache, and what did not fail is', async () => {
    const { definitions, compile, ran } = models();
    let isDown = true;
    flowModel({ name: 'service', definitions, inputs: { text: z.string() }, output: z.object({ text: z.string() }) }, ({ text }) => {
      if (isDown) throw new Error('down');
      return { text };
    });
    const document = routed({ nodes: [{ id: 'before', type: 'shout', params: { text: 'b' } }, { id: 'risky', type: 'service', error_action: 'failed', params: { text: '${before}' } }, ...routed().nodes.slice(1)], inputs: {} });
    const model = compile(document);
    const cache = memoryCache();
    expect((await model.flow.compute({}, { cache })).value).toMatchObject({ handler: 'HANDLED: DOWN' });
    isDown = false;
    ran.length = 0;
    expect((await model.flow.compute({}, { cache })).value).toEqual({ good: 'B', end: 'AFTER B' });
    expect(ran).toEqual(['shout', 'shout']); // good and end; before is cached
  });

  test('missing inputs are told before anything runs, also those that only a branch needs', async () => {
    const { run, ran } = models();
    const document = routed({ inputs: { text: { type: 'string' }, late: { type: 'string' } }, nodes: [...routed().nodes.slice(0, 2), { id: 'handler', type: 'shout', params: { text: '${late} ${risky.error.message}' } }, routed().nodes[3]] });
    await expect(run(document, { text: 'fine' })).rejects.toMatchObject({ code: 'MISSING_CONTEXT', message: expect.stringContaining('late') });
    expect(ran).toEqual([]);
  });
});

describe('NW52 actions', () => {
  const branching = {
    inputs,
    nodes: [
      { id: 'decide', type: 'decide', params: { text: '${text}' } },
      { id: 'left', type: 'shout', params: { text: 'left of ${decide.text}' } },
      { id: 'right', type: 'shout', params: { text: 'right' } },
      { id: 'other', type: 'shout', params: { text: 'other' } },
      { id: 'join', type: 'echo', params: { value: ['left', 'right', 'other'].map((id) => ({ $value: `\${${id}}`, default: null })) } },
    ],
    edges: [
      { from: 'decide', to: 'left', action: 'left' },
      { from: 'decide', to: 'right', action: 'right' },
      { from: 'decide', to: 'other' },
      ...['left', 'right', 'other'].map((from) => ({ from, to: 'join' })),
    ],
    outputs: outputs('join'),
  };

  test.each([
    ['left', ['LEFT OF LEFT', null, null]],
    ['right', [null, 'RIGHT', null]],
    ['anything', [null, null, 'OTHER']],
    ['default', [null, null, 'OTHER']],
  ])('NW52 the action %s', async (text, join) => {
    const { run, ran } = models();
    expect(await run(branching, { text })).toEqual({ join });
    expect(ran).toEqual(['shout', 'echo']);
  });

  test('a node that yields text yields its action', async () => {
    const { run } = models();
    const document = { inputs, nodes: [{ id: 'a', type: 'slow', params: { text: '${text}' } }, { id: 'b', type: 'echo', params: { value: 1 } }], edges: [{ from: 'a', to: 'b', action: 'go' }], outputs: outputs('b') };
    expect(await run(document, { text: 'go' })).toEqual({ b: 1 });
    expect(await run(document, { text: 'stay' })).toEqual({});
  });

  test("a child's output named action is the action of its node", async () => {
    const { run } = models();
    const child = { inputs, nodes: [{ id: 'd', type: 'decide', params: { text: '${text}' } }], outputs: { action: { source: '${d.action}' } } };
    const document = { inputs, nodes: [{ id: 'child', type: 'workflow', params: { workflow_ir: child, param_mapping: { text: '$text' } } }, { id: 'b', type: 'echo', params: { value: 1 } }], edges: [{ from: 'child', to: 'b', action: 'go' }], outputs: outputs('b') };
    expect(await run(document, { text: 'go' })).toEqual({ b: 1 });
    expect(await run(document, { text: 'no' })).toEqual({});
  });

  test('what comes after a skipped node is skipped', async () => {
    const { run, ran } = models();
    const document = { inputs, nodes: [{ id: 'a', type: 'slow', params: { text: '${text}' } }, { id: 'b', type: 'shout', params: { text: 'b' } }, { id: 'c', type: 'shout', params: { text: '${b}' } }, { id: 'd', type: 'echo', params: { value: 'd' } }], edges: [{ from: 'a', to: 'b', action: 'go' }, { from: 'c', to: 'd' }], outputs: outputs('b', 'c', 'd') };
    expect(await run(document, { text: 'stay' })).toEqual({});
    expect(ran).toEqual(['slow stay']);
    expect(await run(document, { text: 'go' })).toEqual({ b: 'B', c: 'B', d: 'd' });
  });

  test('a node that is reached without a value that it needs says so', async () => {
    const { run } = models();
    const document = { ...branching, nodes: [...branching.nodes.slice(0, 4), { id: 'join', type: 'echo', params: { value: '${left}' } }] };
    await expect(run(document, { text: 'right' })).rejects.toMatchObject({ code: 'WORKFLOW', phase: 'resolve', message: "node 'join' was reached, but ${left} has no value: its node was skipped. Give it a default: { $value: '${left}', default: … }." });
    await expect(run(document, { text: 'right' })).rejects.toBeInstanceOf(WorkflowError);
  });

  test('an edge without data is an order: the second starts when the first is done', async () => {
    const { definitions, run } = models();
    const log: string[] = [];
    const step = (name: string, isSlow: boolean) =>
      flowModel({ name, definitions, inputs: {} }, async () => {
        log.push(`${name} starts`);
        for (let turns = isSlow ? 10 : 1; turns > 0; turns--) await Promise.resolve();
        log.push(`${name} ends`);
        return name;
      });
    step('first', true);
    step('second', false);
    const nodes = [{ id: 'b', type: 'second' }, { id: 'a', type: 'first' }];
    expect(await run({ nodes, edges: [{ from: 'a', to: 'b' }], outputs: outputs('a', 'b') })).toEqual({ a: 'first', b: 'second' });
    expect(log).toEqual(['first starts', 'first ends', 'second starts', 'second ends']);
    log.length = 0;
    await run({ nodes, outputs: outputs('a', 'b') });
    expect(log.slice(0, 2).toSorted()).toEqual(['first starts', 'second starts']);
  });

  test('an edge that a template already says changes nothing: the graph stays synchronous', () => {
    const { compile } = models();
    const document = { nodes: [{ id: 'a', type: 'shout', params: { text: 'a' } }, { id: 'b', type: 'shout', params: { text: '${a}' } }], edges: [{ from: 'a', to: 'b' }], outputs: outputs('b') };
    expect(compile(document).flow.computeSync().value).toEqual({ b: 'A' });
  });
});

describe('NW55 retries and timeouts', () => {
  test('a node is tried again as it declares', async () => {
    const { definitions, run } = models();
    let calls = 0;
    flowModel({ name: 'flaky', definitions, inputs: {} }, () => {
      calls += 1;
      if (calls < 3) throw new Error('not yet');
      return calls;
    });
    const node = (attempts: number) => ({ nodes: [{ id: 'n', type: 'flaky', retry: { attempts } }], outputs: outputs('n') });
    expect(await run(node(3))).toEqual({ n: 3 });
    calls = 0;
    await expect(run(node(2))).rejects.toThrow('not yet');
    expect(calls).toBe(2);
  });

  test('what failed often enough is routed', async () => {
    const { run, ran } = models();
    const document = { nodes: [{ id: 'n', type: 'risky', params: { text: 'bad' }, retry: { attempts: 3 }, error_action: 'failed' }], outputs: { e: { source: '${n.error.message}' } } };
    expect(await run(document)).toEqual({ e: 'cannot take bad' });
    expect(ran).toEqual(['risky', 'risky', 'risky']);
  });

  test('a timeout is a failure of the node', async () => {
    const { definitions, run } = models();
    flowModel({ name: 'never', definitions, inputs: {} }, () => new Promise(() => {}));
    const document = { nodes: [{ id: 'n', type: 'never', timeout: 1, error_action: 'late' }], outputs: { code: { source: '${n.error.code}' } } };
    expect(await run(document)).toEqual({ code: 'TIMEOUT' });
  });

  test('NW55 a nested node has neither: they go to the nodes of the child', () => {
    const { compile } = models();
    const child = { nodes: [{ id: 'n', type: 'echo', params: { value: 1 } }] };
    expect(problems(() => compile({ nodes: [{ id: 'c', type: 'workflow', params: { workflow_ir: child }, retry: { attempts: 2 }, timeout: 5 }] }))).toHaveLength(2);
  });
});
