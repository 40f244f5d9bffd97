import { flowModel, ModelRegistry } from '@flowmodel/core';
import { loadConfig } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { models, problems } from './models.ts';

function world() {
  const all = models();
  const registry = loadConfig({ library: { $model: 'visits', place: 'library' }, three: { $model: 'add', a: 2, b: 1 } }, { definitions: all.definitions });
  return { ...all, registry };
}

describe('nodes and params that are registered instances', () => {
  test('a node is an instance by its path; it reads the inputs of its name', async () => {
    const { run, registry } = world();
    const document = { inputs: { days: { type: 'number' } }, nodes: [{ id: 'lib', type: '/library' }], outputs: { out: { source: '${lib}' } } };
    expect(await run(document, { days: 5, verbose: true }, { registry })).toEqual({ out: { place: 'library', days: 5, verbose: false } });
  });

  test('its params are fields of its context; what it refers to keeps its own', async () => {
    const { run, registry } = world();
    const nodes = [{ id: 'a', type: '/library' }, { id: 'sum', type: 'add', params: { a: '${a.days}', b: 100 } }, { id: 'c', type: '/library', params: { days: '${sum}', verbose: true } }];
    const document = { inputs: { days: { type: 'number' } }, nodes, outputs: { a: { source: '${a.days}' }, c: { source: '${c}' } } };
    expect(await run(document, { days: 5 }, { registry })).toEqual({ a: 5, c: { place: 'library', days: 105, verbose: true } });
  });

  test('a param is an instance by $ref, also inside a container', async () => {
    const { run, registry } = world();
    const nodes = [{ id: 'sum', type: 'add', params: { a: { $ref: '/three' }, b: 10 } }, { id: 'all', type: 'total', params: { values: [{ $ref: '/three' }, '${sum}'] } }];
    expect(await run({ nodes, outputs: { sum: { source: '${sum}' }, all: { source: '${all}' } } }, {}, { registry })).toEqual({ sum: 13, all: 16 });
  });

  test('without a registry a $ref is data', async () => {
    const { run } = world();
    expect(await run({ nodes: [{ id: 'e', type: 'echo', params: { value: { $ref: '/three' } } }], outputs: { out: { source: '${e}' } } })).toEqual({ out: { $ref: '/three' } });
  });

  test('inside a nested workflow it sees the inputs of the child', async () => {
    const { run, registry } = world();
    const child = { inputs: { days: { type: 'number' } }, nodes: [{ id: 'lib', type: '/library' }], outputs: { days: { source: '${lib.days}' } } };
    const document = { inputs: { days: { type: 'number' } }, nodes: [{ id: 'own', type: '/library' }, { id: 'n', type: 'workflow', params: { workflow_ir: child, param_mapping: { days: 77 } } }], outputs: { all: { source: '${own.days} ${n.days}' } } };
    expect(await run(document, { days: 5 }, { registry })).toEqual({ all: '5 77' });
  });

  test.each([
    [{ id: 'n', type: '/libary' }, "no model is registered at '/libary'. Did you mean '/library'?"],
    [{ id: 'n', type: '/library' }, "needs 'days' (number) of the context. Declare an input 'days'"],
    [{ id: 'n', type: '/library', params: { days: 1, place: 'x' } }, "reads 'place' from the context. It reads 'days' and 'verbose'. Its own inputs are bound"],
    [{ id: 'n', type: '/library', params: { days: 'seven' } }, "'days' of the model at '/library' expects number, and it is string"],
    [{ id: 'n', type: 'add', params: { a: { $ref: '/four' } } }, "no model is registered at '/four'"],
    [{ id: 'n', type: 'echo', params: { value: { $ref: '/library' } } }, "needs 'days' (number) of the context"],
  ])('%j', (node, message) => {
    const { compile, registry } = world();
    expect(problems(() => compile({ nodes: [node] }, { registry })).join()).toContain(message);
  });

  test('an instance that was replaced is used by the next compilation', async () => {
    const { definitions, run } = models();
    const constant = flowModel({ name: 'constant', definitions, inputs: { value: z.number() } }, ({ value }) => value);
    const registry = new ModelRegistry().set('/n', constant({ value: 1 }));
    const document = { nodes: [{ id: 'c', type: 'workflow', params: { workflow_ir: { nodes: [{ id: 'n', type: '/n' }], outputs: { n: { source: '${n}' } } } } }], outputs: { n: { source: '${c.n}' } } };
    expect(await run(document, {}, { registry })).toEqual({ n: 1 });
    registry.set('/n', constant({ value: 2 }));
    expect(await run(document, {}, { registry })).toEqual({ n: 2 });
  });
});
