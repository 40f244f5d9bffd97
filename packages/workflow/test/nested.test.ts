import { flowModel, FromContext, graphOf, keyOf } from '@flowmodel/core';
import { parseWorkflow, runWorkflow } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { models, problems, refusal } from './models.ts';

/** A child that yields what it sees. */
const seeing = (inputs: object, extra: object = {}) => ({
  inputs,
  nodes: [{ id: 'seen', type: 'echo', params: { value: Object.fromEntries(Object.keys(inputs).map((name) => [name, `\${${name}}`])) } }],
  outputs: { seen: { source: '${seen}' } },
  ...extra,
});

const any = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { type: 'any', default: 'unseen' }]));

/** A parent with one nested node. */
const parent = (params: object, rest: { inputs?: object; nodes?: object[]; outputs?: object; node?: object } = {}) => ({
  inputs: rest.inputs ?? {},
  nodes: [...(rest.nodes ?? []), { id: 'nested', type: 'workflow', params, ...rest.node }],
  outputs: rest.outputs ?? { out: { source: '${nested}' } },
});

describe('NW7 to NW14 param_mapping', () => {
  test('NW7 templates and literals, each with its type', async () => {
    const { run } = models();
    const mapping = { data: '${input_data}', key: '${config.api_key}', static: 'fixed_value', n: 10, flag: true, none: null, list: [1, '$n'] };
    const document = parent({ workflow_ir: seeing(any(...Object.keys(mapping))), param_mapping: mapping }, { inputs: { input_data: {}, config: {}, n: {} } });
    expect(await run(document, { input_data: 'test_value', config: { api_key: 'secret' }, n: 7 })).toEqual({
      out: { seen: { data: 'test_value', key: 'secret', static: 'fixed_value', n: 10, flag: true, none: null, list: [1, 7] } },
    });
  });

  test('NW8 only mapped names reach the child', async () => {
    const { run } = models();
    const document = parent({ workflow_ir: seeing(any('a', 'b')), param_mapping: { a: '$x' } }, { inputs: { x: {}, b: {} }, nodes: [{ id: 'uses', type: 'echo', params: { value: '${b}' } }] });
    expect(await run(document, { x: 1, b: 2 })).toEqual({ out: { seen: { a: 1, b: 'unseen' } } });
  });

  test('NW9 values are those of the run, not of the compilation', async () => {
    const { compile } = models();
    const model = compile(parent({ workflow_ir: seeing(any('a')), param_mapping: { a: 'x $x' } }, { inputs: { x: {} } }));
    expect((await model.flow.compute({ x: 1 })).value).toEqual({ out: { seen: { a: 'x 1' } } });
    expect((await model.flow.compute({ x: 2 })).value).toEqual({ out: { seen: { a: 'x 2' } } });
  });

  test('NW10 inputs come before nodes of the same name', async () => {
    const { compile, definitions } = models();
    const warnings: string[] = [];
    const document = { inputs: { both: {} }, nodes: [{ id: 'both', type: 'echo', params: { value: 'of the node' } }, { id: 'n', type: 'echo', params: { value: '${both}' } }], outputs: { out: { source: '${n}' } } };
    const model = compile(document, { definitions, onWarning: ({ message }) => warnings.push(message) });
    expect((await model.flow.compute({ both: 'from_planner' })).value).toEqual({ out: 'from_planner' });
    expect(warnings).toEqual(["${both} is the input 'both', which hides the node of that name."]);
  });

  test('NW11 a missing variable is an error before anything runs', () => {
    const { compile } = models();
    expect(problems(() => compile(parent({ workflow_ir: seeing(any('a')), param_mapping: { a: '${not_there}' } })))).toEqual([
      "nodes.0.params.param_mapping.a: ${not_there}: there is no input and no node 'not_there'. Known are 'nested'.",
    ]);
  });

  test('NW12 what a child receives is frozen', async () => {
    const { run } = models();
    const { out } = (await run(parent({ workflow_ir: seeing(any('list')), param_mapping: { list: '$list' } }, { inputs: { list: { type: 'array' } } }), { list: [[1]] })) as { out: { seen: { list: number[][] } } };
    expect(Object.isFrozen(out.seen.list[0])).toBe(true);
  });

  test('NW13 two nodes with one child do not share params', async () => {
    const { run } = models();
    const child = seeing(any('a'));
    const nodes = ['one', 'two'].map((id) => ({ id, type: 'workflow', params: { workflow_ir: child, param_mapping: { a: id } } }));
    expect(await run({ nodes, outputs: { both: { source: '${one.seen.a} ${two.seen.a}' } } })).toEqual({ both: 'one two' });
  });

  test('C4, NW14 templates inside objects of a mapping are resolved, those of an inline child are not the parent’s', async () => {
    const { run } = models();
    const child = { inputs: { config: { type: 'object' }, name: { default: 'of the child' } }, nodes: [{ id: 'n', type: 'echo', params: { value: '${config.retry} ${name}' } }], outputs: { out: { source: '${n}' } } };
    const document = parent({ workflow_ir: child, param_mapping: { config: { timeout: 30, retry: '$settings.retry_count' } } }, { inputs: { settings: {}, name: {} }, nodes: [{ id: 'u', type: 'echo', params: { value: '${name}' } }] });
    expect(await run(document, { settings: { retry_count: 3 }, name: 'of the parent' })).toEqual({ out: { out: '3 of the child' } });
  });

  test('NW38 a missing and an unknown input of the child, with the nearest names', () => {
    const { compile } = models();
    const child = seeing({ city: { type: 'string' }, days: { type: 'number', default: 1 } });
    expect(problems(() => compile(parent({ workflow_ir: child, param_mapping: { cty: 'x' } })))).toEqual([
      "nodes.0.params.param_mapping.cty: the child has no input 'cty'. Did you mean 'city'? Its inputs are 'city' and 'days'.",
      "nodes.0: node 'nested' lacks the input 'city' of its child. Map it: param_mapping: { city: … }.",
    ]);
  });

  test('NW34 the type of a mapped value is checked against the input of the child', () => {
    const { compile } = models();
    const child = seeing({ n: { type: 'number' } });
    const nodes = [{ id: 's', type: 'score', params: { text: 'x' } }];
    expect(problems(() => compile(parent({ workflow_ir: child, param_mapping: { n: '$s.label' } }, { nodes })))).toEqual([expect.stringContaining("'n' of the child expects number, and $s.label is string")]);
    expect(problems(() => compile(parent({ workflow_ir: child, param_mapping: { n: 'seven' } })))).toEqual([expect.stringContaining("'n' of the child expects number, and it is string")]);
    expect(() => compile(parent({ workflow_ir: child, param_mapping: { n: '$s.score' } }, { nodes }))).not.toThrow();
  });
});

describe('C2, C3, NW44 storage modes', () => {
  const inputs = { child_a: {}, other: {} };
  const uses = [{ id: 'child_node', type: 'echo', params: { value: ['${child_a}', '${other}'] } }];
  const child = seeing(any('a', 'p', 'other', 'child_a', 'node', 'child_node'));
  const seen = async (params: object, options: object = {}) => {
    const { run } = models();
    const { out } = await run(parent({ workflow_ir: child, param_mapping: { p: '$child_a' }, ...params }, { inputs, nodes: uses }), { child_a: 1, other: 2 }, options);
    return Object.fromEntries(Object.entries((out as { seen: object }).seen).filter(([, value]) => value !== 'unseen'));
  };

  test.each([{}, { storage_mode: 'isolated' }, { storage_mode: 'mapped' }])('C2 %j: the child sees its mapped params only', async (params) => {
    expect(await seen(params)).toEqual({ p: 1 });
  });

  test('C3 scoped: also the names with the prefix, stripped', async () => {
    expect(await seen({ storage_mode: 'scoped' })).toEqual({ p: 1, a: 1, node: [1, 2] });
  });

  test('C3 stripPrefix: false keeps the names', async () => {
    expect(await seen({ storage_mode: 'scoped', stripPrefix: false })).toEqual({ p: 1, child_a: 1, child_node: [1, 2] });
  });

  test('C3 what scoped would take is told where it is missing', () => {
    const { compile } = models();
    const needy = seeing({ text: { type: 'string' } });
    const lacking = (params: object) => problems(() => compile(parent({ workflow_ir: needy, ...params }, { inputs: { chil_text: {} }, nodes: [{ id: 'n', type: 'echo', params: { value: '${chil_text}' } }] })));
    expect(lacking({ storage_mode: 'scoped' })).toEqual(["nodes.1: node 'nested' lacks the input 'text' of its child. Map it: param_mapping: { text: … }, or have an input or a node 'child_text' here, which 'scoped' shows the child; there is 'chil_text'."]);
    expect(lacking({})).toEqual(["nodes.1: node 'nested' lacks the input 'text' of its child. Map it: param_mapping: { text: … }."]);
  });

  test('C3 another prefix', async () => {
    expect(await seen({ storage_mode: 'scoped', scope_prefix: 'oth', stripPrefix: false })).toEqual({ p: 1, other: 2 });
  });

  test('a mapped param comes before what the scope shows', async () => {
    expect(await seen({ storage_mode: 'scoped', param_mapping: { a: 'mapped' } })).toEqual({ a: 'mapped', node: [1, 2] });
  });

  test('NW44 shared: everything, and only when it is allowed', async () => {
    expect(await seen({ storage_mode: 'shared' }, { allowSharedStorage: true })).toEqual({ p: 1, child_a: 1, other: 2, child_node: [1, 2] });
    const { compile } = models();
    expect(problems(() => compile(parent({ workflow_ir: child, storage_mode: 'shared' })))).toEqual([expect.stringContaining('compile with allowSharedStorage: true')]);
  });

  test('NW45 an unknown mode is an error', () => {
    const { compile } = models();
    expect(refusal(() => compile(parent({ workflow_ir: child, storage_mode: 'private' }))).message).toContain("node 'nested', params.storage_mode");
  });

  test('a node that itself waits for the nested one is not shown to it', async () => {
    const { run } = models();
    const nodes = [{ id: 'child_after', type: 'echo', params: { value: '${nested}' } }];
    const { out } = await run(parent({ workflow_ir: seeing(any('after')), storage_mode: 'scoped' }, { nodes }));
    expect(out).toEqual({ seen: { after: 'unseen' } });
  });

  test.each(['isolated', 'scoped'])('an ambient field is not seen by the nodes of a child, nor by what is upstream of them: %s', async (mode) => {
    const { run } = models();
    const inner = { nodes: [{ id: 'up', type: 'visits', params: { place: 'deep', days: 1 } }], outputs: { v: { source: '${up.verbose}' } } };
    const child = {
      nodes: [
        { id: 'up', type: 'visits', params: { place: 'up', days: 1 } },
        { id: 'down', type: 'visits', params: { place: '${up.verbose}!', days: 2 } },
        { id: 'deep', type: 'workflow', params: { workflow_ir: inner } },
      ],
      outputs: { all: { source: '${up.verbose} ${down.verbose} ${down.place} ${deep.v}' } },
    };
    const document = parent({ workflow_ir: child, storage_mode: mode }, { inputs: { verbose: {} }, nodes: [{ id: 'v', type: 'echo', params: { value: '${verbose}' } }] });
    expect(await run(document, { verbose: true })).toEqual({ out: { all: 'false false false! false' } });
  });

  test('a child that declares the field and is not given it does not see it either', async () => {
    const { run } = models();
    const child = { inputs: { days: { type: 'number', default: 5 } }, nodes: [{ id: 'v', type: 'visits', params: { place: 'x' } }], outputs: { days: { source: '${v.days}' } } };
    const document = parent({ workflow_ir: child }, { inputs: { days: { type: 'number' } }, nodes: [{ id: 'v', type: 'visits', params: { place: 'y' } }], outputs: { out: { source: '${nested.days} ${v.days}' } } });
    expect(await run(document, { days: 9 })).toEqual({ out: '5 9' });
  });
});

describe('C5, NW49, NW50 output_mapping', () => {
  const child = {
    nodes: [{ id: 's', type: 'score', params: { text: 'hello' } }, { id: 'e', type: 'echo', params: { value: { status: { code: 7, list: ['x'] } } } }],
    outputs: { result: { source: '${e}' }, score: { source: '${s.score}' }, private: { source: '${s.label}' } },
  };

  test('NW49 each child key to its parent key', async () => {
    const { run } = models();
    const document = parent({ workflow_ir: child, output_mapping: { score: 'analysis_score', result: 'parent_result' } }, { outputs: { a: { source: '$analysis_score' }, b: { source: '${parent_result.status.code}' } } });
    expect(await run(document)).toEqual({ a: 5, b: 7 });
  });

  test('C5 paths on both sides', async () => {
    const { run } = models();
    const mapping = { 'result.status.code': 'report.status', 'result.status.list[0]': 'report.items.first', score: 'severity' };
    const document = parent({ workflow_ir: child, output_mapping: mapping }, { outputs: { all: { source: '$report' }, status: { source: '$report.status' }, first: { source: '${report.items.first}!' }, items: { source: '${report.items}' }, severity: { source: '$severity' } } });
    expect(await run(document)).toEqual({ all: { status: 7, items: { first: 'x' } }, status: 7, first: 'x!', items: { first: 'x' }, severity: 5 });
  });

  test('NW49 unlisted outputs stay private, listed ones are also under the node', async () => {
    const { compile, run } = models();
    const params = { workflow_ir: child, output_mapping: { score: 'severity' } };
    expect(await run(parent(params, { outputs: { s: { source: '${nested.score} ${severity}' } } }))).toEqual({ s: '5 5' });
    expect(problems(() => compile(parent(params, { outputs: { s: { source: '${nested.private}' } } })))[0]).toContain("${nested.private}: there is no 'private' in it");
  });

  test('NW49 of the node as a whole, and of an output that is listed in part, only what is listed is there', async () => {
    const { compile, run } = models();
    const params = { workflow_ir: child, output_mapping: { score: 'severity', 'result.status.code': 'code' } };
    const outputs = { whole: { source: '${nested}' }, result: { source: '${nested.result}' }, code: { source: '${nested.result.status.code}' }, mapped: { source: '$code' } };
    expect(await run(parent(params, { outputs }))).toEqual({ whole: { score: 5, result: { status: { code: 7 } } }, result: { status: { code: 7 } }, code: 7, mapped: 7 });
    expect(problems(() => compile(parent(params, { outputs: { s: { source: '${nested.result.status.list}' } } })))).toEqual([
      "outputs.s.source: ${nested.result.status.list}: there is no 'list' in it. It has 'code'. What the output_mapping of the node does not list is private.",
    ]);
  });

  test('NW49 the shorter of two listed paths holds the longer; an element has no place in a record', async () => {
    const { run } = models();
    const params = { workflow_ir: child, output_mapping: { 'result.status': 'status', 'result.status.code': 'code', 'result.status.list[0]': 'first' } };
    expect(await run(parent(params, { outputs: { whole: { source: '${nested}' }, first: { source: '${nested.result.status.list[0]} $first' } } }))).toEqual({ whole: { result: { status: { code: 7, list: ['x'] } } }, first: 'x x' });
  });

  test('NW50 a field that no path is mapped to is an error at build time, at any depth', () => {
    const { compile } = models();
    const params = { workflow_ir: child, output_mapping: { score: 'report.deep.score' } };
    expect(problems(() => compile(parent(params, { outputs: { s: { source: '${report.deep.scoer}' } } })))).toEqual(["outputs.s.source: ${report.deep.scoer}: there is no 'scoer' in it. Did you mean 'score'? It has 'score'."]);
  });

  test('NW50 a part that the child does not have in the run is told of the node that maps it', async () => {
    const { compile } = models();
    const params = { workflow_ir: child, output_mapping: { 'result.status.nope': 'report.nope', score: 'report.score' } };
    const error: unknown = await runWorkflow(compile(parent(params, { outputs: { all: { source: '$report' } } }))).catch((error: unknown) => error);
    expect(error).toMatchObject({ phase: 'resolve', message: "node 'nested' (workflow): 'result.status.nope' of node 'nested' has no value: there is no 'nope' in a record. Its keys are 'code' and 'list'. Change the output_mapping, or give the child an output that has it." });
  });

  test('without an output_mapping all outputs are under the node', async () => {
    const { run } = models();
    expect(await run(parent({ workflow_ir: child }, { outputs: { s: { source: '${nested.score} ${nested.private} ${nested.result.status.list[0]}' } } }))).toEqual({ s: '5 h x' });
  });

  test('NW50 an unknown output of the child is an error at build time, with the known ones', () => {
    const { compile } = models();
    expect(problems(() => compile(parent({ workflow_ir: child, output_mapping: { scoer: 'x' } }, { outputs: {} })))).toEqual([
      "nodes.0.params.output_mapping.scoer: the child has no output 'scoer'. Did you mean 'score'? Its outputs are 'result', 'score' and 'private'.",
    ]);
    expect(problems(() => compile(parent({ workflow_ir: child, output_mapping: { 'score.deep': 'x' } }, { outputs: {} })))).toEqual([expect.stringContaining("'score.deep': 'deep' is asked of number")]);
  });

  test('NW50 one that is not there in the run is an error of the run', async () => {
    const { run } = models();
    const document = parent({ workflow_ir: child, output_mapping: { 'result.status.nope': 'x' } }, { outputs: { x: { source: '$x' } } });
    await expect(run(document)).rejects.toMatchObject({ code: 'WORKFLOW', phase: 'resolve', message: expect.stringContaining("there is no 'nope'") });
  });

  test.each([
    [{ score: 'taken' }, { taken: {} }, "'taken' is the name of an input already"],
    [{ score: 'node' }, {}, "'node' is the name of a node already"],
    [{ score: 'x', private: 'x' }, {}, "'x' is written by 'score' too"],
    [{ score: 'x', private: 'x.y' }, {}, "'x.y' is written by 'score' too"],
    [{ score: 'x[0]' }, {}, 'not with elements'],
    [{ 'a b': 'x' }, {}, 'is not a template'],
    [{ score: '__proto__' }, {}, "a key cannot be"],
  ])('a target that cannot be: %j', (mapping, inputs, message) => {
    const { compile } = models();
    const nodes = [{ id: 'node', type: 'echo', params: { value: Object.keys(inputs).map((name) => `\${${name}}`) } }];
    const found = problems(() => compile(parent({ workflow_ir: child, output_mapping: mapping }, { inputs, nodes, outputs: {} })));
    if (message === 'a key cannot be') expect(found.join()).toContain("'__proto__' cannot be looked up");
    else expect(found.join()).toContain(message);
  });

  test('NW46 no key is special: what upstream reserves is an ordinary name here', async () => {
    const { run } = models();
    const document = parent({ workflow_ir: child, output_mapping: { score: '_pflow_depth' } }, { outputs: { d: { source: '$_pflow_depth' } } });
    expect(await run(document)).toEqual({ d: 5 });
  });
});

describe('NW1, NW47, NW48, NW51, NW56 keys, and what cannot happen here', () => {
  test('NW1 the keys and their defaults', () => {
    const document = parseWorkflow({ nodes: [{ id: 'n', type: 'workflow', params: { workflow_ref: 'child.yaml' } }] });
    expect(document.nodes[0]!.params).toEqual({ workflow_ref: 'child.yaml', storage_mode: 'isolated', scope_prefix: 'child_', stripPrefix: true, max_depth: 10 });
    const all = { workflow_ref: 'c', param_mapping: {}, output_mapping: {}, storage_mode: 'scoped', scope_prefix: 'x', stripPrefix: false, max_depth: 1, error_action: 'e' };
    expect(parseWorkflow({ nodes: [{ id: 'n', type: 'workflow', params: all }] }).nodes[0]!.params).toEqual(all);
    expect(refusal(() => parseWorkflow({ nodes: [{ id: 'n', type: 'workflow', params: { workflow_name: 'saved' } }] })).message).toContain("there is no key 'workflow_name' here");
  });

  test('NW47 shared: output_mapping works, and a child cannot write over what the parent has', async () => {
    const { run } = models();
    const child = { inputs: { a: {} }, nodes: [{ id: 'a2', type: 'echo', params: { value: 'of the child' } }, { id: 'depth', type: 'echo', params: { value: '${a} ${a2}' } }], outputs: { a: { source: '${a2}' }, depth: { source: '${depth}' } } };
    const document = parent({ workflow_ir: child, storage_mode: 'shared', output_mapping: { depth: 'seen' } }, { inputs: { a: {} }, nodes: [{ id: 'depth', type: 'echo', params: { value: 1 } }], outputs: { all: { source: '${a} ${depth} ${seen}' } } });
    expect(await run(document, { a: 'own' }, { allowSharedStorage: true })).toEqual({ all: 'own 1 own of the child' });
  });

  test('NW48 nested values are frozen, so that no child can change them under its parent', async () => {
    const { definitions, run } = models();
    flowModel({ name: 'mutates', definitions, inputs: { value: z.object({ list: z.array(z.number()) }) } }, ({ value }) => value.list.push(1));
    const child = { inputs: { a: {} }, nodes: [{ id: 'm', type: 'mutates', params: { value: '${a}' } }] };
    const document = parent({ workflow_ir: child, storage_mode: 'scoped' }, { inputs: { child_a: {} }, outputs: { a: { source: '${child_a}' } } });
    await expect(run(document, { child_a: { list: [] } })).rejects.toThrow(TypeError);
  });

  test('NW51 outputs that are false, 0, empty or null are kept', async () => {
    const { run } = models();
    const values = { a: false, b: 0, c: '', d: [], e: {}, f: null };
    const child = { nodes: [{ id: 'n', type: 'echo', params: { value: values } }], outputs: Object.fromEntries(Object.keys(values).map((key, i) => [key, { source: i % 2 === 0 ? `\${n.${key}}` : `$n.${key}` }])) };
    expect(await run(parent({ workflow_ir: child }))).toEqual({ out: values });
  });

  test.each([0, false, '', null])('NW56 an explicit param wins over an input or a node of its name: %j', async (value) => {
    const { definitions, run } = models();
    flowModel({ name: 'both', definitions, inputs: { plain: z.unknown(), field: FromContext(z.unknown()) } }, ({ plain, field }) => [plain, field]);
    const nodes = [{ id: 'plain', type: 'echo', params: { value: 'of a node' } }, { id: 'n', type: 'both', params: { plain: value, field: value } }];
    const document = { inputs: { field: { default: 'of an input' } }, nodes: [...nodes, { id: 'm', type: 'both', params: { plain: value } }], outputs: { n: { source: '${n}' }, m: { source: '${m}' } } };
    expect(await run(document)).toEqual({ n: [value, value], m: [value, 'of an input'] });
  });
});

describe('NW40, NW41 depth and circles', () => {
  const nest = (levels: number, limit?: number): object =>
    levels === 0 ? { nodes: [{ id: 'n', type: 'echo', params: { value: 'bottom' } }], outputs: { out: { source: '${n}' } } } : { nodes: [{ id: 'n', type: 'workflow', params: { workflow_ir: nest(levels - 1, limit), ...(limit !== undefined && { max_depth: limit }) } }], outputs: { out: { source: '${n.out}' } } };

  test('NW40 ten levels by default', async () => {
    const { compile, run } = models();
    expect(await run(nest(10))).toEqual({ out: 'bottom' });
    const error = refusal(() => compile(nest(11)));
    expect(error.phase).toBe('depth');
    expect(error.message).toContain('Maximum workflow nesting depth (10) exceeded');
  });

  test('NW40 max 1 at depth 0 runs, max 0 never does, depth 5 with max 5 fails', async () => {
    const { compile, run } = models();
    expect(await run(nest(1, 1))).toEqual({ out: 'bottom' });
    expect(refusal(() => compile(nest(1, 0))).phase).toBe('depth');
    expect(refusal(() => compile(nest(6, 5))).message).toContain('nesting depth (5) exceeded: this node stands at depth 5');
    expect(await run(nest(12, 20))).toEqual({ out: 'bottom' });
  });

  test('NW40 the depth is checked before anything is loaded', () => {
    const { compile } = models();
    const document = { nodes: [{ id: 'n', type: 'workflow', params: { workflow_ref: 'no-such-file.yaml', max_depth: 0 } }] };
    expect(refusal(() => compile(document)).issues.map(({ phase }) => phase)).toEqual(['depth']);
  });

  test('NW5, NW41 an inline child is called <inline>', () => {
    const { compile } = models();
    expect(refusal(() => compile(parent({ workflow_ir: { nodes: [{ id: 'x', type: 'nope' }] } }, { outputs: {} }))).issues[0]!.file).toBe('<inline>');
  });

  test('NW6 a reference made of a template is refused, with what to do instead', () => {
    const { compile } = models();
    expect(problems(() => compile({ inputs: { which: {} }, nodes: [{ id: 'n', type: 'workflow', params: { workflow_ref: '${which}' } }] }))[0]).toContain("'workflow_ref' takes no template");
  });
});

describe('a nested workflow is part of the static graph', () => {
  const child = { inputs: { x: { type: 'number' } }, nodes: [{ id: 'sum', type: 'add', params: { a: '${x}', b: 10 } }], outputs: { sum: { source: '${sum}' } } };
  const document = parent({ workflow_ir: child, param_mapping: { x: '$first' } }, { inputs: { n: { type: 'number' } }, nodes: [{ id: 'first', type: 'add', params: { a: '${n}' } }] });

  test('its nodes are in the graph', () => {
    const { compile } = models();
    const names = graphOf(compile(document), { n: 1 }).nodes.map(({ name }) => name);
    expect(names.filter((name) => name === 'add')).toHaveLength(2);
  });

  test('it runs without a promise where its nodes do', () => {
    const { compile } = models();
    expect(compile(document).flow.computeSync({ n: 1 }).value).toEqual({ out: { sum: 12 } });
  });

  test('contexts nest where an output is itself a node with a context, an input, or an output of a grandchild', async () => {
    const { run } = models();
    const grandchild = { inputs: { days: { type: 'number' } }, nodes: [{ id: 'v', type: 'visits', params: { place: 'deep' } }], outputs: { days: { source: '${v.days}' }, given: { source: '${days}' } } };
    const child = {
      inputs: { days: { type: 'number' } },
      nodes: [{ id: 'v', type: 'visits', params: { place: 'own' } }, { id: 'w', type: 'visits', params: { place: 'w', days: '${days}' } }, { id: 'g', type: 'workflow', params: { workflow_ir: grandchild, param_mapping: { days: '$sum' } } }, { id: 'sum', type: 'add', params: { a: '${days}' } }],
      outputs: { node: { source: '${v}' }, made: { source: '${w}' }, input: { source: '${days}' }, deep: { source: '${g.days}' }, given: { source: '${g.given}' } },
    };
    const document = parent({ workflow_ir: child, param_mapping: { days: '$more' } }, { inputs: { days: { type: 'number' } }, nodes: [{ id: 'more', type: 'add', params: { a: '${days}', b: 100 } }], outputs: Object.fromEntries(['node', 'made', 'input', 'deep', 'given'].map((name) => [name, { source: `\${nested.${name}}` }])) });
    expect(await run(document, { days: 1 })).toEqual({ node: { place: 'own', days: 101, verbose: false }, made: { place: 'w', days: 101, verbose: false }, input: 101, deep: 102, given: 102 });
  });

  test('an output that nobody refers to is computed all the same: every node runs', async () => {
    const { run, ran } = models();
    const child = { nodes: [{ id: 'a', type: 'shout', params: { text: 'a' } }, { id: 'b', type: 'echo', params: { value: 'b' } }], outputs: { a: { source: '${a}' }, b: { source: '${b}' } } };
    expect(await run(parent({ workflow_ir: child }, { outputs: { a: { source: '${nested.a}' } } }))).toEqual({ a: 'A' });
    expect(ran.splice(0).toSorted()).toEqual(['echo', 'shout']);
    expect(await run(parent({ workflow_ir: child }, { outputs: {} }))).toEqual({});
    expect(ran.toSorted()).toEqual(['echo', 'shout']);
  });

  test('equal children in equal contexts run once', async () => {
    const { run, ran } = models();
    const nodes = ['one', 'two', 'three'].map((id) => ({ id, type: 'workflow', params: { workflow_ir: child, param_mapping: { x: id === 'three' ? 2 : '$n' } } }));
    expect(await run({ inputs: { n: { type: 'number' } }, nodes, outputs: { all: { source: '${one.sum} ${two.sum} ${three.sum}' } } }, { n: 1 })).toEqual({ all: '11 11 12' });
    expect(ran).toEqual(['add', 'add']);
  });

  test('an undeclared ambient field does not change a key', () => {
    const { compile } = models();
    const model = compile(document);
    expect(keyOf(model, { n: 1, verbose: true })).toBe(keyOf(model, { n: 1 }));
    expect(keyOf(model, { n: 2 })).not.toBe(keyOf(model, { n: 1 }));
  });

  test('the compiled model takes part in other graphs like any model', async () => {
    const { compile } = models();
    const model = compile(document);
    expect((await model.flow.withContext({ n: 5 }).flow.compute()).value).toEqual({ out: { sum: 16 } });
    expect(() => model.flow.withContext({ verbose: true })).toThrow(/not a contextual field/);
  });
});
