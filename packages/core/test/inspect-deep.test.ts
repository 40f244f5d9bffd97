// Inspecting and drawing have no recursion on the depth of a graph.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { computed, contextTransform, flowModel, FromContext, graphOf, Lazy, ModelInput, toDot, toMermaid } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';

const leaf = flowModel({ name: 'leaf', inputs: { day: FromContext(z.number()) } }, ({ day }) => day);
const relay = flowModel({ name: 'relay', inputs: { x: z.number(), day: FromContext(z.number().optional()) } }, ({ x }) => x);
const lazily = flowModel({ name: 'lazily', inputs: { x: Lazy(z.number()) } }, () => 1);
const handing = flowModel({ name: 'handing', inputs: { x: ModelInput(z.number()) } }, () => 1);
const next = contextTransform({ name: 'next', inputs: { day: FromContext(z.number()) } }, ({ day }) => day + 1);

function nested(levels: number, around: (model: CallableModel<number>) => CallableModel<number>): CallableModel<number> {
  let model: CallableModel<number> = leaf();
  for (let i = 0; i < levels; i++) model = around(model);
  return model;
}
function pictures(model: CallableModel): [nodes: number, edges: number] {
  const graph = graphOf(model, { day: 1 });
  expect(toMermaid(graph).split('\n').length).toBeGreaterThan(graph.nodes.length);
  expect(toDot(graph).split('\n').length).toBeGreaterThan(graph.nodes.length);
  return [graph.nodes.length, graph.edges.length];
}

describe('depth', { timeout: 60_000 }, () => {
  test('a chain of 100,000 models', () => {
    const model = nested(100_000, (x) => relay({ x }));
    const inspection = model.flow.inspect(undefined, { dependencies: 'recursive' });
    expect(inspection.dependencies).toHaveLength(100_000);
    expect(inspection.graph.requiredInputs['day']!.neededBy).toHaveLength(1);
    expect(String(inspection)).toContain('… and 99,980 more');
    expect(pictures(model)).toEqual([100_001, 100_000]);
  });

  test('wrappers nested 5,000 deep: each shifts what the ones inside see', () => {
    const model = nested(5_000, (x) => relay({ x }).flow.withContext({ day: next() }) as CallableModel<number>);
    const { dependencies } = model.flow.inspect({ day: 1 }, { dependencies: 'recursive' });
    expect(dependencies.at(-1)!.context).toEqual({ day: 5_001 });
    expect(pictures(model)).toEqual([5_001, 5_000]);
  });

  test('5,000 lazy branches inside each other', () => {
    const model = nested(5_000, (x) => lazily({ x }));
    expect(model.flow.inspect({}, { dependencies: 'recursive' }).dependencies).toHaveLength(5_000);
    expect(Object.keys(model.flow.inspect().graph.lazyInputs)).toEqual(['day']);
    expect(pictures(model)).toEqual([5_001, 5_000]);
  });

  test('5,000 models handed over, and 5,000 computed fields, inside each other', () => {
    expect(pictures(nested(5_000, (x) => handing({ x })))).toEqual([5_001, 5_000]);
    expect(pictures(nested(5_000, (x) => leaf().flow.withContext({ day: computed(x) })))).toEqual([5_001, 5_000]);
  });
});
