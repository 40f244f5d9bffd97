import { inspect } from 'node:util';
import { flowModel, FromContext } from '@flowmodel/core';
import { checkWorkflow, compileWorkflow, parseWorkflow } from '@flowmodel/workflow';
import type { WorkflowIssue } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { models, problems, refusal } from './models.ts';

describe('everything is validated before anything runs', () => {
  test('all problems of a document are told together, in the order of the text, with the nearest names', () => {
    const { compile, ran } = models();
    const text = `
inputs:
  name: { type: string }
nodes:
  - { id: a, type: shot, params: {} }
  - { id: b, type: shout, params: { txt: 1 } }
  - { id: c, type: shout, params: { text: '\${nmae}' } }
  - { id: d, type: add, params: { a: '\${c}', b: 'x' } }
  - { id: d, type: add, params: { a: 1 } }
edges:
  - { from: c, to: dd }
outputs:
  out: { source: '\${score}' }
`;
    const error = refusal(() => compile(text, { file: 'main.yaml' }));
    expect(error.phase).toBe('compile');
    expect(error.issues.map(({ line, at, message }) => `${line} ${at.join('.')}: ${message}`)).toEqual([
      "5 nodes.0.type: no flow model is named 'shot'. Did you mean 'shout'? Known are 'workflow', 'echo', 'shout', 'add', 'total', 'score', 'visits', 'risky', 'decide', 'slow', 'lazily', 'twice', 'client' and 'Window'. Import the module that defines it.",
      "6 nodes.1: node 'b' lacks the input 'text' of shout. Give it in params: text: ${…}.",
      "6 nodes.1.params.txt: shout has no input 'txt'. Did you mean 'text'? Its inputs are 'text'.",
      "7 nodes.2.params.text: ${nmae}: there is no input and no node 'nmae'. Did you mean 'name'? Known are 'name', 'a', 'b', 'c' and 'd'.",
      "8 nodes.3.params.a: 'a' of add expects number, and ${c} is string.",
      "8 nodes.3.params.b: 'b' of add: Invalid input: expected number, received string.",
      "9 nodes.4.id: there is another node 'd'; ids are unique.",
      "11 edges.0.to: there is no node 'dd'. The nodes are 'a', 'b', 'c' and 'd'.",
      "13 outputs.out.source: ${score}: there is no input and no node 'score'. Known are 'name', 'a', 'b', 'c' and 'd'.",
    ]);
    expect(error.message).toContain("main.yaml:5:20, node 'a', type: no flow model is named");
    expect(ran).toEqual([]);
  });

  test('NW38 a grandchild is validated too, and zero nodes run', () => {
    const { compile, ran } = models();
    const grandchild = { inputs: { x: {} }, nodes: [{ id: 'deep', type: 'shout', params: { text: '${y}' } }] };
    const child = { nodes: [{ id: 'first', type: 'echo', params: { value: 1 } }, { id: 'nested', type: 'workflow', params: { workflow_ir: grandchild, param_mapping: { x: 1 } } }] };
    const document = { nodes: [{ id: 'before', type: 'echo', params: { value: 1 } }, { id: 'child', type: 'workflow', params: { workflow_ir: child } }] };
    expect(problems(() => compile(document))).toEqual([expect.stringContaining("${y}: there is no input and no node 'y'")]);
    expect(ran).toEqual([]);
  });

  test('positions inside an inline child are those of the text around it', () => {
    const { compile } = models();
    const text = `nodes:
  - id: child
    type: workflow
    params:
      workflow_ir:
        nodes:
          - { id: a, type: nothing }
`;
    expect(refusal(() => compile(text, { file: 'main.yaml' })).issues).toMatchObject([{ line: 7, column: 28, file: 'main.yaml#<inline>' }]);
  });

  test('checkWorkflow tells the same without throwing', () => {
    const { definitions } = models();
    expect(checkWorkflow('nodes: [', { definitions }).issues).toMatchObject([{ phase: 'parse', line: 1 }]);
    expect(checkWorkflow('nodes: [{ id: a, type: none }]', { definitions }).issues).toMatchObject([{ phase: 'compile', line: 1 }]);
    expect(checkWorkflow('nodes: [{ id: a, type: echo, params: { value: 1 } }]', { definitions })).toEqual({ issues: [], warnings: [] });
  });

  test('a document that parseWorkflow read keeps its positions', () => {
    const { compile } = models();
    const document = parseWorkflow('nodes:\n  - { id: a, type: none }', { file: 'x.yaml' });
    expect(refusal(() => compile(document)).issues).toMatchObject([{ file: 'x.yaml', line: 2 }]);
  });
});

describe('NW36, NW39 nodes and edges', () => {
  test('a document without nodes is refused', () => {
    const { compile } = models();
    expect(refusal(() => compile({ nodes: [] })).message).toContain('a workflow has at least one node');
  });

  test('an unknown type lists at most 20 known ones', () => {
    const { definitions, compile } = models();
    for (let i = 0; i < 30; i++) flowModel({ name: `model${i}`, definitions, inputs: {} }, () => i);
    const [problem] = problems(() => compile({ nodes: [{ id: 'a', type: 'zzz' }] }));
    expect(problem).toContain('and 24 more');
  });

  test('NW39 nearest names disregard case, hyphens and underscores', () => {
    const { compile } = models();
    const document = { inputs: { user_name: {} }, nodes: [{ id: 'a', type: 'echo', params: { value: '${userName} ${User-Name}' } }] };
    expect(problems(() => compile(document))).toEqual([expect.stringContaining("Did you mean 'user_name'?"), expect.stringContaining("Did you mean 'user_name'?")]);
  });

  test('nodes that wait for each other are refused, with the circle', () => {
    const { compile } = models();
    const document = { nodes: [{ id: 'a', type: 'echo', params: { value: '${c}' } }, { id: 'b', type: 'echo', params: { value: '${a}' } }, { id: 'c', type: 'echo', params: { value: '${b}' } }] };
    const [problem] = problems(() => compile(document));
    expect(problem).toMatch(/the nodes wait for each other: (a -> b -> c -> a|b -> c -> a -> b|c -> a -> b -> c)\. A document has no loops/);
    expect(problems(() => compile({ nodes: [{ id: 'a', type: 'echo', params: { value: 1 } }], edges: [{ from: 'a', to: 'a' }] }))[0]).toContain('a -> a');
  });

  test('edges form circles too', () => {
    const { compile } = models();
    const nodes = ['a', 'b'].map((id) => ({ id, type: 'echo', params: { value: 1 } }));
    expect(problems(() => compile({ nodes, edges: [{ from: 'a', to: 'b' }, { from: 'b', to: 'a' }] }))[0]).toContain('the nodes wait for each other');
  });
});

describe('NW31 to NW34 types', () => {
  const check = (node: object, inputs: object = {}): string[] => {
    const { compile } = models();
    return problems(() => compile({ inputs, nodes: [{ id: 's', type: 'score', params: { text: 'x' } }, node] }));
  };

  test.each([
    [{ id: 'n', type: 'shout', params: { text: '${s}' } }, "'text' of shout expects string, and ${s} is object"],
    [{ id: 'n', type: 'shout', params: { text: '${s.score}' } }, "expects string, and ${s.score} is number"],
    [{ id: 'n', type: 'shout', params: { text: '${s.note}' } }, 'expects string, and ${s.note} is string | null'],
    [{ id: 'n', type: 'add', params: { a: '${s.label}' } }, 'expects number, and ${s.label} is string'],
    [{ id: 'n', type: 'add', params: { a: '${s.score} apples' } }, "'a' of add expects number, and it is string"],
    [{ id: 'n', type: 'total', params: { values: '${s}' } }, "'values' of total expects array, and ${s} is object"],
    [{ id: 'n', type: 'shout', params: { text: '${s.scoer}' } }, "${s.scoer}: there is no 'scoer' in it. Did you mean 'score'? It has 'score', 'label' and 'note'"],
    [{ id: 'n', type: 'shout', params: { text: '${s.label.size}' } }, "${s.label.size}: 'size' is asked of string"],
    [{ id: 'n', type: 'shout', params: { text: '${s.score[0]}' } }, '${s.score[0]}: element [0] is asked of number'],
    [{ id: 'n', type: 'visits', params: { place: 'x', days: '${s.label}' } }, "'days' of visits expects number, and ${s.label} is string"],
    [{ id: 'n', type: 'shout', params: { text: ['${s.label}'] } }, "'text' of shout expects string, and it is array"],
    [{ id: 'n', type: 'lazily', params: { wanted: true, branch: '${s.score}' } }, "'branch' of lazily expects string, and ${s.score} is number"],
  ])('NW34 %j', (node, message) => {
    expect(check(node)).toEqual([expect.stringContaining(message)]);
  });

  test('NW34 any goes anywhere, and what is not known is not refused', async () => {
    const { run } = models();
    const nodes = [{ id: 'any', type: 'echo', params: { value: 'text' } }, { id: 'n', type: 'shout', params: { text: '${any}' } }, { id: 'm', type: 'echo', params: { value: '${any.deep}' } }];
    expect(await run({ nodes: nodes.slice(0, 2), outputs: { out: { source: '${n}' } } })).toEqual({ out: 'TEXT' });
    await expect(run({ nodes, outputs: { out: { source: '${m}' } } })).rejects.toMatchObject({ phase: 'resolve' });
  });

  test.each([
    ['string', 'add', { a: '${x}' }],
    ['object', 'shout', { text: '${x}' }],
    ['array', 'add', { a: '${x}' }],
    ['boolean', 'shout', { text: '${x}' }],
  ])('NW34 an input of type %s does not suit %s', (type, node, params) => {
    expect(check({ id: 'n', type: node, params }, { x: { type } })).toEqual([expect.stringContaining(`\${x} is ${type}`)]);
  });

  test('NW32 a path into an input of type object or any is left to the run, into a text it is refused', () => {
    const { compile } = models();
    const nodes = [{ id: 'n', type: 'echo', params: { value: '${x.a.b}' } }];
    expect(() => compile({ inputs: { x: { type: 'object' } }, nodes })).not.toThrow();
    expect(() => compile({ inputs: { x: {} }, nodes })).not.toThrow();
    expect(problems(() => compile({ inputs: { x: { type: 'string' } }, nodes }))[0]).toContain("'a' is asked of string");
  });

  test('a literal is checked by the schema of its input', () => {
    expect(check({ id: 'n', type: 'total', params: { values: [1, 'x'] } })).toEqual(["nodes.1.params.values: 'values' of total: at 1: Invalid input: expected number, received string."]);
  });

  test('an object is compared field by field', () => {
    const { definitions, compile } = models();
    flowModel({ name: 'form', definitions, inputs: { form: z.object({ name: z.string(), size: z.number().optional() }) } }, () => 1);
    const node = (form: object) => ({ inputs: { s: { type: 'string' }, n: { type: 'number' } }, nodes: [{ id: 'n', type: 'form', params: { form } }] });
    expect(() => compile(node({ name: '${s}' }))).not.toThrow();
    expect(problems(() => compile(node({ name: '${n}' })))).toEqual([expect.stringContaining("it is object: 'name' is number, not string")]);
    expect(problems(() => compile(node({ size: '${n}' })))).toEqual([expect.stringContaining("it is object: 'name' is missing")]);
  });

  test('what only the core can know is told at its node: a rule over several fields of the context', () => {
    const { definitions, compile } = models();
    const contextType = z.object({ from: z.number(), to: z.number() }).refine(({ from, to }) => from <= to, 'from comes after to');
    flowModel({ name: 'window', definitions, inputs: { from: FromContext(z.number()), to: FromContext(z.number()) }, contextType }, ({ from, to }) => to - from);
    expect(problems(() => compile({ nodes: [{ id: 'a', type: 'echo', params: { value: 1 } }, { id: 'w', type: 'window', params: { from: 2, to: 1 } }] }))).toEqual([expect.stringMatching(/^nodes\.1: .*from comes after to/)]);
  });

  test('what a coercing schema accepts is not guessed', async () => {
    const { definitions, run } = models();
    flowModel({ name: 'coerced', definitions, inputs: { n: z.coerce.number() } }, ({ n }) => n);
    expect(await run({ inputs: { s: { type: 'string' } }, nodes: [{ id: 'c', type: 'coerced', params: { n: '${s}' } }], outputs: { n: { source: '${c}' } } }, { s: '7' })).toEqual({ n: 7 });
  });
});

describe('NW33, NW35, NW37 inputs and outputs', () => {
  test('NW33 a declared input that nothing uses is a warning', async () => {
    const { compile } = models();
    const warnings: WorkflowIssue[] = [];
    const text = "inputs: { used: {}, idle: { type: string } }\nnodes: [{ id: n, type: echo, params: { value: '${used}' } }]";
    const model = compile(text, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings.map(({ message, line }) => `${line} ${message}`)).toEqual(["1 nothing uses the input 'idle'."]);
    expect((await model.flow.compute({ used: 1 })).value).toEqual({});
  });

  test('NW33 what only an error keeps from being used is no warning', () => {
    const { definitions } = models();
    expect(checkWorkflow("inputs: { used: {} }\nnodes: [{ id: n, type: echo, params: { value: '${usde}' } }]", { definitions })).toMatchObject({ issues: [{ node: 'n' }], warnings: [] });
  });

  test.each([
    ['$name', 1],
    ['to $name.', 1],
    ['$n.field[0]', 1],
    ['$nobody', 0],
    ['$$name', 0],
    ['5 $', 0],
    ['${name}', 0],
  ])('%j in the params of a model is a warning where it names something: it is text', async (value, count) => {
    const { compile } = models();
    const warnings: WorkflowIssue[] = [];
    compile({ inputs: { name: {} }, nodes: [{ id: 'n', type: 'echo', params: { value: '${name}' } }, { id: 'm', type: 'echo', params: { value: { in: [value] } } }] }, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings.map(({ at }) => at)).toEqual(Array.from({ length: count }, () => ['nodes', 1, 'params', 'value', 'in', 0]));
    if (value === '$name') expect(warnings[0]!.message).toBe("'$name' is text here. The params of a model refer to a value with braces: ${name}; and '$$name' is the text without a doubt.");
  });

  test('NW35 required, default, null default, empty text and 0', async () => {
    const { run } = models();
    const inputs = { a: { type: 'string' }, b: { type: 'string', default: 'b' }, c: { type: 'string', default: null }, d: { type: 'string', default: '' }, e: { type: 'number', default: 0 } };
    const document = { inputs, nodes: [{ id: 'n', type: 'echo', params: { value: ['${a}', '${b}', '${c}', '${d}', '${e}'] } }], outputs: { all: { source: '${n}' } } };
    expect(await run(document, { a: 'a' })).toEqual({ all: ['a', 'b', null, '', 0] });
    expect(await run(document, { a: '', b: '', c: 'c', e: 5 })).toEqual({ all: ['', '', 'c', '', 5] });
    expect(await run(document, { a: 'a', c: null })).toEqual({ all: ['a', 'b', null, '', 0] });
    await expect(run(document, { a: 'a', b: null })).rejects.toThrow(/b: string, got null/);
  });

  test('NW35 all that is missing or of a wrong type is one error, before anything runs', async () => {
    const { run, ran } = models();
    const document = { inputs: { a: { type: 'string' }, b: { type: 'number' }, c: {} }, nodes: [{ id: 'first', type: 'echo', params: { value: 1 } }, { id: 'n', type: 'echo', params: { value: ['${a}', '${b}', '${c}'] } }], outputs: { all: { source: '${n}' } } };
    await expect(run(document, { b: 'x' })).rejects.toThrow(/a: string[^]*b: number, got "x"/);
    expect(ran).toEqual([]);
  });

  test('NW35 the environment is never looked at', async () => {
    const { run } = models();
    const document = { inputs: { HOME: { type: 'string', default: 'nowhere' } }, nodes: [{ id: 'n', type: 'echo', params: { value: '${HOME}' } }], outputs: { home: { source: '${n}' } } };
    expect(process.env['HOME']).toBeDefined();
    expect(await run(document)).toEqual({ home: 'nowhere' });
  });

  test('a default has the type of its input', () => {
    const { compile } = models();
    expect(problems(() => compile({ inputs: { n: { type: 'number', default: 'x' } }, nodes: [{ id: 'e', type: 'echo', params: { value: '${n}' } }] }))).toEqual(["inputs.n.default: the default of 'n' is string, and its type is number."]);
  });

  test('NW31, NW37 an output refers to a value', () => {
    const { compile } = models();
    const nodes = [{ id: 'n', type: 'score', params: { text: 'x' } }];
    expect(problems(() => compile({ nodes, outputs: { out: { source: 'n.score' } } }))[0]).toContain("the source of 'out' refers to nothing");
    expect(problems(() => compile({ nodes, outputs: { out: { source: '${n.scoer}' } } }))[0]).toContain("Did you mean 'score'?");
  });

  test('a secret input never prints', async () => {
    const { run, compile } = models();
    const document = { inputs: { token: { type: 'string', secret: true } }, nodes: [{ id: 'n', type: 'shout', params: { text: '${token}' } }], outputs: {} };
    const error = (await run(document, { token: 12345678 }).catch((error: unknown) => error)) as Error;
    expect(error.message).toContain('token');
    expect(error.message).not.toContain('12345678');
    expect(inspect(compile(document).flow.withContext({ token: 'hunter2' }))).not.toContain('hunter2');
  });
});

describe('nodes of every kind of model', () => {
  test('contextual inputs come from params, or from the input of the same name; undeclared optional ones stay at their default', async () => {
    const { run } = models();
    const nodes = [
      { id: 'own', type: 'visits', params: { place: 'a', days: 1 } },
      { id: 'same', type: 'visits', params: { place: 'b' } },
      { id: 'made', type: 'visits', params: { place: 'c', days: '${own.days}', verbose: true } },
    ];
    const document = { inputs: { days: { type: 'number', default: 7 } }, nodes, outputs: { all: { source: '${own} ${same.days} ${made}' } } };
    expect(await run(document, { verbose: true })).toEqual({ all: '{"place":"a","days":1,"verbose":false} 7 {"place":"c","days":1,"verbose":true}' });
  });

  test('a contextual input that is neither is told', () => {
    const { compile } = models();
    expect(problems(() => compile({ nodes: [{ id: 'v', type: 'visits', params: { place: 'a' } }] }))).toEqual(["nodes.0: node 'v' lacks 'days' (number), which visits reads from the context. Give it in params, or declare an input 'days'."]);
  });

  test('what a node makes of its context does not reach the nodes that it refers to', async () => {
    const { run } = models();
    const nodes = [
      { id: 'up', type: 'visits', params: { place: 'up' } },
      { id: 'down', type: 'visits', params: { place: '${up.place} ${up.days}', days: 99 } },
      { id: 'list', type: 'total', params: { values: ['${up.days}', '${down.days}', 1000] } },
    ];
    const document = { inputs: { days: { type: 'number' } }, nodes, outputs: { place: { source: '${down.place}' }, days: { source: '${down.days}' }, sum: { source: '${list}' } } };
    expect(await run(document, { days: 3 })).toEqual({ place: 'up 3', days: 99, sum: 1102 });
  });

  test('lazy, model, dependency and class inputs, and resources', async () => {
    const { compile } = models();
    const nodes = [
      { id: 'text', type: 'shout', params: { text: 'x' } },
      { id: 'yes', type: 'lazily', params: { wanted: true, branch: '${text}' } },
      { id: 'no', type: 'lazily', params: { wanted: false, branch: 'never ${text}' } },
      { id: 'visits', type: 'visits', params: { place: 'p' } },
      { id: 'twice', type: 'twice', params: { each: '${visits}' } },
      { id: 'window', type: 'Window', params: { unit: 'days', days: '${twice[1].days}' } },
      { id: 'client', type: 'client' },
    ];
    const outputs = Object.fromEntries(['yes', 'no', 'twice', 'window', 'client'].map((id) => [id, { source: `\${${id}}` }]));
    const { value } = await compile({ inputs: { days: { type: 'number' } }, nodes, outputs }).flow.compute({ days: 5 }, { resources: { http: { get: () => 'got' } } });
    expect(value).toEqual({ yes: 'X', no: 'unasked', twice: [{ place: 'p', days: 1, verbose: false }, { place: 'p', days: 2, verbose: false }], window: '2 days', client: 'got' });
  });

  test.each([
    [{ id: 'n', type: 'lazily', params: { wanted: true, branch: 'literal' } }, "'branch' of lazily is lazy, and a literal is not"],
    [{ id: 'n', type: 'twice', params: { each: 1 } }, "'each' of twice takes a node"],
    [{ id: 'n', type: 'client', params: { http: 1 } }, "'http' of client is a resource, which the run supplies"],
    [{ id: 'n', type: 'Window', params: { unit: '${x}', days: 1 } }, "'unit' of Window takes a literal, since Window is a class"],
    [{ id: 'n', type: 'Window', params: { unit: 'd' } }, "lacks 'days'"],
  ])('%j', (node, message) => {
    const { compile } = models();
    expect(problems(() => compile({ inputs: { x: { type: 'string' } }, nodes: [node] }))).toEqual([expect.stringContaining(message)]);
  });

  test('every node runs, also one that no output needs', async () => {
    const { run, ran } = models();
    expect(await run({ nodes: [{ id: 'n', type: 'shout', params: { text: 'x' } }] })).toEqual({});
    expect(ran).toEqual(['shout']);
  });

  test('the process-wide definitions are the default', async () => {
    flowModel({ name: 'validation.processWide', inputs: {} }, () => 'here');
    const model = compileWorkflow({ nodes: [{ id: 'n', type: 'validation.processWide' }], outputs: { out: { source: '${n}' } } });
    expect((await model.flow.compute()).value).toEqual({ out: 'here' });
  });
});
