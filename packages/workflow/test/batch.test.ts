import { flowModel, memoryCache } from '@flowmodel/core';
import { parseWorkflow } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { models, problems, refusal } from './models.ts';

const outputs = { all: { source: '${each}' } };
const each = (batch: object, rest: object = {}) => ({ id: 'each', type: 'risky', batch, params: { text: '${item}' }, ...rest });

describe('NW57 the keys of a batch', () => {
  test('NW57 their defaults', () => {
    const document = parseWorkflow({ nodes: [each({ items: '${list}' })] });
    expect(document.nodes[0]!.batch).toEqual({ items: '${list}', as: 'item', error_handling: 'fail_fast', parallel: false, max_concurrent: 10, max_retries: 1, retry_wait: 0 });
  });

  test.each([{}, { items: 7 }, { items: [], max_concurrent: 0 }, { items: [], max_concurrent: 101 }, { items: [], max_retries: 0 }, { items: [], max_retries: 11 }, { items: [], retry_wait: -1 }, { items: [], error_handling: 'ignore' }, { items: [], unknown: 1 }])(
    'NW57 %j is refused',
    (batch) => {
      expect(refusal(() => parseWorkflow({ nodes: [each(batch)] })).issues.length).toBeGreaterThan(0);
    },
  );
});

describe('NW58 items', () => {
  test('NW58 a template, or a list with templates, whose types are kept', async () => {
    const { run } = models();
    const nodes = (items: unknown) => [{ id: 'each', type: 'echo', batch: { items }, params: { value: ['${item}', '${__index__}'] } }];
    const values = async (items: unknown) => ((await run({ inputs: { list: {}, n: {} }, nodes: [...nodes(items), { id: 'u', type: 'echo', params: { value: '${list} ${n}' } }], outputs }, { list: [1, 'two', null], n: 5 }))['all'] as { results: { value: unknown }[] }).results.map(({ value }) => value);
    expect(await values('${list}')).toEqual([[1, 0], ['two', 1], [null, 2]]);
    expect(await values(['${n}', 'x ${n}', 7, { a: '${list}' }])).toEqual([[5, 0], ['x 5', 1], [7, 2], [{ a: [1, 'two', null] }, 3]]);
    expect(await values([])).toEqual([]);
  });

  test.each([
    [null, 'got null'],
    ['[1, 2]', 'got a text; parse it in a node first'],
    [{ a: 1 }, 'got a object'],
  ])('NW58 no list: %j', async (list, message) => {
    const { run } = models();
    await expect(run({ inputs: { list: {} }, nodes: [each({ items: '${list}' })], outputs }, { list })).rejects.toMatchObject({ phase: 'resolve', message: expect.stringContaining(message) });
  });

  test('NW58 what cannot be a list is told when the document is compiled', () => {
    const { compile } = models();
    expect(problems(() => compile({ inputs: { text: { type: 'string' } }, nodes: [each({ items: '${text}' })], outputs }))).toEqual([expect.stringContaining("'items' of node 'each' expects array, and ${text} is string")]);
  });
});

describe('NW59 each item by itself', () => {
  test('NW59 the item and its number, beside what the document has', async () => {
    const { run } = models();
    const nodes = [{ id: 'up', type: 'shout', params: { text: 'up' } }, { id: 'each', type: 'echo', batch: { items: '${list}', as: 'city' }, params: { value: '${__index__} ${city.name} ${up} ${k}' } }];
    const { all } = await run({ inputs: { list: { type: 'array' }, k: { type: 'number', default: 3 } }, nodes, outputs }, { list: [{ name: 'Rome' }, { name: 'Lyon' }] });
    expect(all).toMatchObject({ results: [{ item: { name: 'Rome' }, value: '0 Rome UP 3' }, { item: { name: 'Lyon' }, value: '1 Lyon UP 3' }] });
  });

  test('NW59 the alias is known to its own node only', () => {
    const { compile } = models();
    const document = { nodes: [{ id: 'each', type: 'echo', batch: { items: [1] }, params: { value: '${item}' } }, { id: 'after', type: 'echo', params: { value: '${item}' } }], outputs };
    expect(problems(() => compile(document))).toEqual([expect.stringContaining("there is no input and no node 'item'")]);
  });

  test('NW59 an alias that is a name already is refused', () => {
    const { compile } = models();
    expect(problems(() => compile({ inputs: { item: { type: 'array' } }, nodes: [each({ items: '${item}' })], outputs })).join()).toContain("'item' is the name of something else already");
  });

  test('what is upstream of a batch runs once', async () => {
    const { run, ran } = models();
    const nodes = [{ id: 'up', type: 'shout', params: { text: 'up' } }, { id: 'each', type: 'echo', batch: { items: [1, 2, 3] }, params: { value: ['${item}', '${up}'] } }];
    await run({ nodes, outputs });
    expect(ran.filter((name) => name === 'shout')).toHaveLength(1);
  });

  test('equal items are computed once', async () => {
    const { run, ran } = models();
    await run({ nodes: [each({ items: ['a', 'b', 'a'] })], outputs });
    expect(ran).toEqual(['risky', 'risky']);
  });

  test('a contextual input of the node is an input of the document, or the item itself', async () => {
    const { run } = models();
    const node = (as: string, params: object) => ({ id: 'each', type: 'visits', batch: { items: [1, 2], as }, params });
    const days = async (document: object) => ((await run(document, { days: 9, verbose: true }))['all'] as { results: { days: number; verbose: boolean }[] }).results.map(({ days, verbose }) => [days, verbose]);
    expect(await days({ inputs: { days: { type: 'number' } }, nodes: [node('n', { place: 'p ${n}' })], outputs })).toEqual([[9, false], [9, false]]);
    expect(await days({ nodes: [node('days', { place: 'p' })], outputs })).toEqual([[1, false], [2, false]]);
  });

  test('problems of the node stand where the document has them', () => {
    const { compile } = models();
    const text = 'nodes:\n  - id: each\n    type: shout\n    batch: { items: [a] }\n    params: { txt: "${item}", text: "${nothing}" }\noutputs: {}';
    expect(refusal(() => compile(text, { file: 'b.yaml' })).issues.map(({ line, at }) => `${line} ${at.join('.')}`)).toEqual(['5 nodes.0.params.txt', '5 nodes.0.params.text']);
  });
});

describe('NW60 the value', () => {
  test('NW60 results in the order of the items, each with its item', async () => {
    const { run } = models();
    const { all } = await run({ nodes: [each({ items: ['a', 'b'], parallel: true, max_concurrent: 2 })], outputs });
    expect(all).toEqual({
      results: [{ text: 'a', item: 'a' }, { text: 'b', item: 'b' }],
      count: 2,
      success_count: 2,
      error_count: 0,
      errors: null,
      batch_metadata: { parallel: true, max_concurrent: 2, max_retries: 1, retry_wait: 0, error_handling: 'fail_fast' },
    });
  });

  test('NW60 an output named item gives way', async () => {
    const { run } = models();
    const nodes = [{ id: 'each', type: 'echo', batch: { items: [1] }, params: { value: { item: 'own', other: '${item}' } } }];
    expect(await run({ nodes, outputs: { first: { source: '${each.results[0]}' }, n: { source: '${each.count}' } } })).toEqual({ first: { item: 1, other: 1 }, n: 1 });
  });

  test('its parts are checked when the document is compiled', () => {
    const { compile } = models();
    expect(problems(() => compile({ nodes: [each({ items: ['a'] })], outputs: { x: { source: '${each.result}' } } }))).toEqual([expect.stringContaining("there is no 'result' in it. Did you mean 'results'?")]);
  });
});

describe('NW61, NW63 failures', () => {
  test('NW61 continue: a failed slot is null, and errors tells which', async () => {
    const { run } = models();
    const { all } = await run({ nodes: [each({ items: ['a', 'bad', 'c'], error_handling: 'continue' })], outputs });
    expect(all).toMatchObject({ results: [{ text: 'a' }, null, { text: 'c' }], count: 3, success_count: 2, error_count: 1, errors: [{ index: 1, item: 'bad', error: 'cannot take bad' }] });
  });

  test('NW61 a record whose error is set counts as failed, and stays', async () => {
    const { run } = models();
    const nodes = [{ id: 'each', type: 'echo', batch: { items: ['a'], error_handling: 'continue' }, params: { value: { error: 'so so' } } }];
    expect((await run({ nodes, outputs }))['all']).toMatchObject({ results: [{ error: 'so so', item: 'a' }], success_count: 0, error_count: 1, errors: [{ index: 0, item: 'a', error: 'so so' }] });
  });

  test('NW61 fail_fast: the first failure is that of the node, and nothing more begins', async () => {
    const { run, ran } = models();
    await expect(run({ nodes: [each({ items: ['a', 'bad', 'c'] })], outputs })).rejects.toThrow('cannot take bad');
    expect(ran).toEqual(['risky', 'risky']);
  });

  test('NW61 and is routed where the node says so', async () => {
    const { run } = models();
    expect(await run({ nodes: [each({ items: ['bad'] }, { error_action: 'failed' })], outputs: { message: { source: '${each.error.message}' } } })).toEqual({ message: 'cannot take bad' });
  });

  test('NW63 a nested workflow that fails counts as failed; one that does not compile is refused at once', async () => {
    const { compile, run } = models();
    const child = (type: string) => ({ inputs: { text: { type: 'string' } }, nodes: [{ id: 'n', type, params: { text: '${text}' } }], outputs: { text: { source: '${n.text}' } } });
    const node = (type: string) => ({ id: 'each', type: 'workflow', batch: { items: ['a', 'bad'], error_handling: 'continue' }, params: { workflow_ir: child(type), param_mapping: { text: '$item' } } });
    expect((await run({ nodes: [node('risky')], outputs }))['all']).toMatchObject({ results: [{ text: 'a', item: 'a' }, null], error_count: 1 });
    expect(refusal(() => compile({ nodes: [node('none')], outputs })).phase).toBe('compile');
  });

  test('NW62 retries are counted per item; a value with an error is not tried again', async () => {
    const { definitions, run } = models();
    const attempts: Record<string, number> = {};
    flowModel({ name: 'flaky', definitions, inputs: { text: z.string() } }, ({ text }) => {
      attempts[text] = (attempts[text] ?? 0) + 1;
      if (text === 'soft') return { error: 'soft' };
      if (attempts[text] < Number(text)) throw new Error('not yet');
      return { text };
    });
    const nodes = [{ id: 'each', type: 'flaky', batch: { items: ['1', '3', '2', 'soft'], parallel: true, max_retries: 3, error_handling: 'continue' }, params: { text: '${item}' } }];
    expect((await run({ nodes, outputs }))['all']).toMatchObject({ success_count: 3, error_count: 1 });
    expect(attempts).toEqual({ 1: 1, 2: 2, 3: 3, soft: 1 });
  });

  test.each([
    [{ max_retries: 2 }, {}, 'a nested workflow is not run again'],
    [{}, { output_mapping: { text: 'x' } }, "'output_mapping' does not go with 'batch'"],
    [{}, { storage_mode: 'scoped' }, "'scoped' does not go with 'batch'"],
  ])('what does not go with a nested batch: %j %j', (batch, params, message) => {
    const { compile } = models();
    const child = { inputs: { text: {} }, nodes: [{ id: 'n', type: 'echo', params: { value: '${text}' } }], outputs: { text: { source: '${n}' } } };
    const node = { id: 'each', type: 'workflow', batch: { items: ['a'], ...batch }, params: { workflow_ir: child, param_mapping: { text: '$item' }, ...params } };
    expect(problems(() => compile({ nodes: [node], outputs }))).toEqual([expect.stringContaining(message)]);
  });
});

describe('a batch is a part of the run', () => {
  test('one by one unless it is parallel, and never more than max_concurrent', async () => {
    const { definitions, run } = models();
    let now = 0;
    let most = 0;
    flowModel({ name: 'busy', definitions, inputs: { text: z.string() } }, async ({ text }) => {
      now += 1;
      most = Math.max(most, now);
      for (let turns = 0; turns < 5; turns++) await Promise.resolve();
      now -= 1;
      return { text };
    });
    const mostOf = async (batch: object): Promise<number> => {
      most = 0;
      await run({ nodes: [{ id: 'each', type: 'busy', batch: { items: Array.from({ length: 9 }, (_, i) => `${i}`), ...batch }, params: { text: '${item}' } }], outputs });
      return most;
    };
    expect(await mostOf({})).toBe(1);
    expect(await mostOf({ parallel: true, max_concurrent: 4 })).toBe(4);
    expect(await mostOf({ parallel: true })).toBe(9);
  });

  test('items that were computed are served from a cache, also when the list changed', async () => {
    const { compile, ran } = models();
    const model = compile({ inputs: { list: { type: 'array' } }, nodes: [each({ items: '${list}' })], outputs });
    const cache = memoryCache();
    await model.flow.compute({ list: ['a', 'b'] }, { cache });
    ran.length = 0;
    await model.flow.compute({ list: ['b', 'c', 'a'] }, { cache });
    expect(ran).toEqual(['risky']);
  });

  test('it stays synchronous where its node is', () => {
    const { compile } = models();
    expect(compile({ nodes: [each({ items: ['a'] })], outputs: { n: { source: '${each.count}' } } }).flow.computeSync().value).toEqual({ n: 1 });
  });
});
