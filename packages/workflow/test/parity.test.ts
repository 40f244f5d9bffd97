import { closedContext, computed, Dependency, flowModel, FromContext, fromField, keyOf, memoryCache } from '@flowmodel/core';
import { compileWorkflow } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { DefinitionRegistry } from '@flowmodel/core';
import { z } from 'zod';

/** The same graph twice: as a document, and wired by hand. */
function twice() {
  const definitions = new DefinitionRegistry();
  const ran: string[] = [];
  const load = flowModel({ name: 'load', definitions, inputs: { city: z.string() }, output: z.array(z.number()) }, ({ city }) => {
    ran.push(`load ${city}`);
    return [city.length, 1, 2];
  });
  const window = flowModel({ name: 'window', definitions, inputs: { rows: z.array(z.number()), days: FromContext(z.number()) }, output: z.object({ sum: z.number(), days: z.number() }) }, ({ rows, days }) => {
    ran.push(`window ${days}`);
    return { sum: rows.reduce((a, b) => a + b, 0), days };
  });
  const compare = flowModel({ name: 'compare', definitions, inputs: { parts: Dependency(z.array(z.object({ sum: z.number(), days: z.number() }))) }, output: z.number() }, ({ parts }) => {
    ran.push('compare');
    return parts.reduce((total, { sum, days }) => total + sum * days, 0);
  });

  const child = {
    inputs: { city: { type: 'string' }, days: { type: 'number' } },
    nodes: [{ id: 'rows', type: 'load', params: { city: '${city}' } }, { id: 'window', type: 'window', params: { rows: '${rows}' } }],
    outputs: { window: { source: '${window}' } },
  };
  const nested = (id: string, days: unknown) => ({ id, type: 'workflow', params: { workflow_ir: child, param_mapping: { city: '$city', days } } });
  const document = {
    inputs: { city: { type: 'string' }, days: { type: 'number' } },
    nodes: [nested('now', '$days'), nested('month', 30), { id: 'total', type: 'compare', params: { parts: ['${now.window}', '${month.window}'] } }],
    outputs: { total: { source: '${total}' } },
  };

  // by hand, with nothing but the core
  const given = flowModel({ name: 'given', definitions, inputs: { value: FromContext(z.string()) } }, ({ value }) => value);
  const city = given().flow.withContext({ value: fromField('city', z.string()) });
  const branch = window({ rows: load({ city }) });
  const byHand = compare({
    parts: [
      branch.flow.withContext(closedContext(), { city: fromField('city', z.string()), days: fromField('days', z.number()) }),
      branch.flow.withContext(closedContext(), { city: computed(city), days: 30 }),
    ],
  });
  return { ran, definitions, document, byHand, factories: { load, window, compare } };
}

const context = { city: 'Lyon', days: 7 };

describe('a document and the same graph wired by hand', () => {
  test('they come to the same, by the same evaluations', async () => {
    const { ran, definitions, document, byHand } = twice();
    const { value } = await compileWorkflow(document, { definitions }).flow.compute(context);
    const ofDocument = ran.splice(0).toSorted();
    expect(value).toEqual({ total: (await byHand.flow.compute(context)).value });
    expect(ran.toSorted()).toEqual(ofDocument);
    expect(ofDocument).toEqual(['compare', 'load Lyon', 'window 30', 'window 7']);
  });

  test('a node whose params are literals has the key of the model made by its factory', async () => {
    const { ran, definitions, factories } = twice();
    const document = { inputs: { days: { type: 'number' } }, nodes: [{ id: 'rows', type: 'load', params: { city: 'Rome' } }, { id: 'window', type: 'window', params: { rows: '${rows}' } }], outputs: { w: { source: '${window}' } } };
    const cache = memoryCache();
    const byHand = factories.window({ rows: factories.load({ city: 'Rome' }) });
    await byHand.flow.compute({ days: 7 }, { cache });
    ran.length = 0;
    const model = compileWorkflow(document, { definitions });
    expect((await model.flow.compute({ days: 7 }, { cache })).value).toEqual({ w: { sum: 7, days: 7 } });
    expect(ran).toEqual([]);
    const node = (model.inputs['outputs'] as { readonly w: typeof byHand }).w;
    expect(keyOf(node, { days: 7 })).toBe(keyOf(byHand, { days: 7 }));
  });

  test('what was computed once is served to a document compiled anew, children included', async () => {
    const { ran, definitions, document } = twice();
    const cache = memoryCache();
    const first = compileWorkflow(document, { definitions });
    const second = compileWorkflow(structuredClone(document), { definitions });
    await first.flow.compute(context, { cache });
    ran.length = 0;
    expect((await second.flow.compute({ ...context, unrelated: 1 }, { cache })).value).toEqual((await first.flow.compute(context, { cache })).value);
    expect(ran).toEqual([]);
    expect(keyOf(second, context)).toBe(keyOf(first, context));
  });

  test('an input of the document that changes recomputes what depends on it, and nothing else', async () => {
    const { ran, definitions, document } = twice();
    const cache = memoryCache();
    const model = compileWorkflow(document, { definitions });
    await model.flow.compute(context, { cache });
    ran.length = 0;
    await model.flow.compute({ ...context, days: 8 }, { cache });
    expect(ran.toSorted()).toEqual(['compare', 'window 8']);
  });

  test('tests stub its models by their factories', async () => {
    const { definitions, document, factories } = twice();
    const { value } = await compileWorkflow(document, { definitions }).flow.compute(context, { overrides: [{ factories: [factories.load], body: () => [100] }] });
    expect(value).toEqual({ total: 100 * 7 + 100 * 30 });
  });
});
