/** What pictures and explanations of a compiled document show: the names that its author knows, and nothing of how it was compiled. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explain, flowModel, graphOf, keyOf, ModelRegistry, toDot, toMermaid } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { compileWorkflowFile } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { models } from './models.ts';

/** The first line of each box. */
const titles = (model: CallableModel, context?: object): string[] => [...toDot(graphOf(model, context)).matchAll(/^ {2}n\d+ \[label="(.*?)(?:\\n|")/gm)].map(([, title]) => title!);

const rows = `
inputs: { file: { type: string } }
nodes:
  - { id: raw, type: score, params: { text: '\${file}' } }
  - { id: other, type: score, params: { text: 'fixed \${file}' } }
  - { id: total, type: add, params: { a: '\${raw.score}', b: '\${other.score}' } }
  - { id: add, type: add, params: { a: 1, b: '\${total}' } }
outputs: { total: { source: '\${add}' } }
`;

describe('a node is called by its id, and what stands between nodes by what stands in the document', () => {
  const { compile } = models();
  const model = compile(rows, { file: 'rows.yaml' });

  test('in a picture', () => {
    expect(toMermaid(graphOf(model, { file: 'abc' })).replaceAll('#36;', '$').replaceAll('#34;', "'")).toBe(`flowchart LR
  n0["rows.yaml"]
  n1["add<br/>a = 1"]
  n2["total: add"]
  n3["\${raw.score}"]
  n4["raw: score"]
  n5["\${file}<br/>= 'abc'"]
  n6["\${other.score}"]
  n7["other: score"]
  n8["fixed \${file}"]
  n1 -->|"outputs.total"| n0
  n2 -->|"b"| n1
  n3 -->|"a"| n2
  n6 -->|"b"| n2
  n4 -->|"from"| n3
  n5 -->|"text"| n4
  n7 -->|"from"| n6
  n8 -->|"text"| n7
  n5 -->|"values[0]"| n8
`);
  });

  test('in an explanation, also in what is waited for; the paths stay in the data', async () => {
    const found = await explain(model);
    expect(String(found).split('\n').slice(1).map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['waiting', 'rows.yaml', 'waits for ${file}'],
      ['waiting', 'add', 'waits for ${file}'],
      ['waiting', 'total: add', 'waits for ${file}'],
      ['waiting', '${raw.score}', 'waits for ${file}'],
      ['waiting', 'raw: score', 'waits for ${file}'],
      ['missing', '${file}', "context lacks 'file'"],
      ['waiting', '${other.score}', 'waits for ${file}'],
      ['waiting', 'other: score', 'waits for ${file}'],
      ['waiting', 'fixed ${file}', 'waits for ${file}'],
    ]);
    expect(found.nodes[5]!.path).toBe('workflow.outputs.total.b.a.from.text');
  });

  test('in an inspection', () => {
    const text = String(model.flow.inspect(undefined, { dependencies: 'recursive' }));
    expect(text).toContain('-> total: add({ a: ${raw.score}, b: ${other.score} })');
    expect(text).toMatch(/file +string +for \$\{file\}$/m);
    expect(text).not.toContain('workflow.');
  });

  test('the same node by hand has the same key', () => {
    const { definitions } = models();
    const value = flowModel({ name: 'by-hand', definitions, inputs: { text: z.string() } }, ({ text }) => text);
    const compiled = compile({ nodes: [{ id: 'n', type: 'by-hand', params: { text: 'x' } }], outputs: { out: { source: '${n}' } } }, { definitions });
    const node = (compiled.inputs['outputs'] as { readonly out: CallableModel }).out;
    expect(keyOf(node)).toBe(keyOf(value({ text: 'x' })));
    expect(titles(node)).toEqual(['n: by-hand']);
  });
});

describe('the document itself', () => {
  const nodes = [{ id: 'n', type: 'echo', params: { value: 1 } }];
  test.each([
    ['by its name', { name: 'monthly figures', nodes }, { file: 'flow.yaml' }, 'monthly figures'],
    ['by its file', { nodes }, { file: 'flow.yaml' }, 'flow.yaml'],
    ['as a workflow', { nodes }, {}, 'workflow'],
  ])('is called %s', (_, document, options, title) => {
    expect(titles(models().compile(document, options))[0]).toBe(title);
  });
});

describe('nested workflows', () => {
  const child = { inputs: { x: { type: 'number' } }, nodes: [{ id: 'double', type: 'add', params: { a: '${x}', b: '${x}' } }, { id: 'sum', type: 'add', params: { a: '${double}', b: 10 } }], outputs: { sum: { source: '${sum}' }, given: { source: '${x}' } } };
  const nested = (id: string, value: unknown, child_: object = child) => ({ id, type: 'workflow', params: { workflow_ir: child_, param_mapping: { x: value } } });

  test('their nodes are called by both ids; two with one child have their own', () => {
    const document = { inputs: { n: { type: 'number' } }, nodes: [nested('one', '${n}'), nested('two', 7), { id: 'both', type: 'add', params: { a: '${one.sum}', b: '${two.sum}' } }, { id: 'given', type: 'echo', params: { value: '${one.given}' } }], outputs: { both: { source: '${both}' }, given: { source: '${given}' } } };
    const found = titles(models().compile(document), { n: 1 });
    expect(found).toEqual(['workflow', 'both: add', 'one.sum: add', 'one.double: add', '${x} in one', 'two.sum: add', 'two.double: add', '${x} in two', 'given: echo', 'output given in one', 'output given in two']);
  });

  test('on an edge into a child stands what it is given, by the name of the node that gives it', () => {
    const document = { nodes: [{ id: 'first', type: 'add', params: { a: 1 } }, nested('one', '${first}')], outputs: { out: { source: '${one.sum}' } } };
    expect(toDot(graphOf(models().compile(document)))).toContain(String.raw`closedContext()\nx ← computed(first)`);
  });

  test('of a child in a child by all ids', () => {
    const outer = { inputs: { x: { type: 'number' } }, nodes: [nested('inner', '${x}')], outputs: { sum: { source: '${inner.sum}' } } };
    expect(titles(models().compile({ nodes: [nested('outer', 1, outer)], outputs: { out: { source: '${outer.sum}' } } }))).toContain('outer.inner.double: add');
  });

  test('of a child in a file that two documents share by the ids of each', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
    try {
      const { definitions } = models();
      writeFileSync(join(folder, 'child.json'), JSON.stringify(child));
      const parents = ['a', 'b'].map((id) => {
        writeFileSync(join(folder, `${id}.json`), JSON.stringify({ nodes: [{ id, type: 'workflow', params: { workflow_ref: 'child.json', param_mapping: { x: 1 } } }], outputs: { out: { source: `\${${id}.sum}` } } }));
        return compileWorkflowFile(join(folder, `${id}.json`), { definitions });
      });
      expect(parents.map((parent) => titles(parent).filter((title) => title.endsWith('add')))).toEqual([['a.sum: add', 'a.double: add'], ['b.sum: add', 'b.double: add']]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('what the compiler puts around nodes', () => {
  const { compile } = models();

  test('failures, actions and gates by the node that they are about', () => {
    const document = {
      inputs: { text: { type: 'string' } },
      nodes: [{ id: 'try', type: 'risky', params: { text: '${text}' }, error_action: 'failed' }, { id: 'mend', type: 'echo', params: { value: '${try.error.message}' } }],
      edges: [{ from: 'try', to: 'mend', action: 'failed' }],
      outputs: { mended: { source: '${mend}' } },
    };
    expect(titles(compile(document)).toSorted()).toEqual(['${mend}, if any', '${text}', '${try.error.message}', 'gate of mend', 'mend: echo', 'outcome of try', 'try try', 'try: risky', 'workflow']);
  });

  test('defaults, containers', () => {
    const document = {
      inputs: { a: { type: 'object' }, b: {} },
      nodes: [{ id: 'n', type: 'echo', params: { value: { $value: '${a.x}', default: 5 } } }, { id: 'm', type: 'echo', params: { value: { list: ['${b}', 2], text: 'about ${n}' } } }],
      outputs: { n: { source: '${n}' }, m: { source: '${m}' } },
    };
    expect(titles(compile(document))).toEqual(['workflow', 'n: echo', '${a.x} or 5', '${a.x}, if any', '${a}', 'm: echo', '{ list: [${b}, 2], text: about ${n} }', '${b}']);
  });

  test('a node for every item: the node, what is done with its items, and the node by itself', () => {
    const document = { inputs: { names: { type: 'array' } }, nodes: [{ id: 'each', type: 'shout', params: { text: '${item}!' }, batch: { items: '${names}', as: 'item' } }], outputs: { all: { source: '${each.results}' } } };
    expect(titles(compile(document))).toEqual(['workflow', '${each.results}', 'each', 'each, each item', '${names}', 'an item', 'each: shout', '${item}!', '${item}']);
  });

  test('registered models by the id of the node or by their path, and by their own names', () => {
    const { definitions } = models();
    const found = flowModel({ name: 'found', definitions, inputs: {} }, () => 1);
    const registry = new ModelRegistry().set('/found', found()).set('/more', found());
    const document = { nodes: [{ id: 'n', type: '/found' }, { id: 'm', type: 'echo', params: { value: { $ref: '/more' } } }], outputs: { n: { source: '${n}' }, m: { source: '${m}' } } };
    expect(titles(compile(document, { definitions, registry }))).toEqual(['workflow', 'n', 'found', 'm: echo', '/more', 'found']);
  });
});
