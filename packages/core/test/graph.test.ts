// Contract §8, graphOf: a graph as plain JSON nodes and edges.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { closedContext, computed, contextFieldsOf, contextTransform, Dependency, explain, flowModel, FromContext, graphOf, Lazy, ModelInput, ModelRegistry, toDot, toMermaid } from '@flowmodel/core';
import type { CallableModel, FlowGraph } from '@flowmodel/core';
import { flowError } from './flow-error.ts';

const source = flowModel({ name: 'source', description: 'Where values come from', output: z.number(), inputs: { value: FromContext(z.number()) } }, ({ value }) => value);
const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);
const pair = flowModel({ name: 'pair', inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => left + right);
const scaled = flowModel({ name: 'scaled', inputs: { by: z.number(), of: z.number().default(1), value: FromContext(z.number()) } }, ({ by, value }) => by * value);
const plus = contextTransform({ name: 'plus', inputs: { value: FromContext(z.number()), by: z.number() } }, ({ value, by }) => value + by);

const names = ({ nodes }: FlowGraph): string[] => nodes.map(({ id, name }) => `${id} ${name}`);
const links = ({ edges }: FlowGraph): string[] => edges.map(({ from, to, input, kind }) => `${from} ${kind} ${input} ${to}`);

describe('graphOf', () => {
  test('is plain JSON, whole', () => {
    const graph = graphOf(relay({ x: source().flow.withContext({ value: plus({ by: 1 }) }) }), { value: 2 });
    expect(graph).toEqual({
      flowGraph: 1,
      root: 'n0',
      nodes: [
        { id: 'n0', name: 'relay', kind: 'function', inputs: [], fields: [] },
        {
          id: 'n1',
          name: 'source',
          kind: 'function',
          description: 'Where values come from',
          type: 'number',
          inputs: [],
          fields: [{ name: 'value', type: 'number', required: false, source: 'context-transform', text: '3', from: 'plus({ by: 1 })' }],
        },
      ],
      edges: [{ id: 'e0', from: 'n1', to: 'n0', input: 'x', kind: 'input', lazy: false, rewrites: [{ kind: 'field', fields: ['value'], text: 'plus({ by: 1 })' }] }],
    });
    expect(JSON.parse(JSON.stringify(graph))).toStrictEqual(graph);
  });

  test('nodes show literals, defaults and what has no value; fields their source', () => {
    const [node] = graphOf(scaled({ by: 4 })).nodes;
    expect(node!.inputs).toEqual([
      { name: 'by', type: 'number', required: false, source: 'construction', text: '4' },
      { name: 'of', type: 'number', required: false, source: 'function-default', text: '1' },
    ]);
    expect(node!.fields).toEqual([{ name: 'value', type: 'number', required: true, source: 'runtime' }]);
    expect(graphOf(scaled() as never).nodes[0]!.inputs[0]).toEqual({ name: 'by', type: 'number', required: true, source: 'unset' });
  });

  test('ids follow the graph, not the context: the same in every drawing', () => {
    const model: CallableModel = pair({ left: relay({ x: source() }), right: scaled({ by: 1 }) });
    expect(names(graphOf(model))).toEqual(['n0 pair', 'n1 relay', 'n2 source', 'n3 scaled']);
    expect(names(graphOf(model, { value: 1 }))).toEqual(names(graphOf(model)));
    expect(links(graphOf(model, { value: 1 }))).toEqual(links(graphOf(model)));
  });

  test('a shared model is one node; in another context it is another', () => {
    const shared = source();
    expect(links(graphOf(pair({ left: shared, right: relay({ x: shared }) })))).toEqual(['n1 input left n0', 'n2 input right n0', 'n1 input x n2']);
    const graph = graphOf(pair({ left: shared, right: shared.flow.withContext({ value: 4 }) }));
    expect(names(graph)).toEqual(['n0 pair', 'n1 source', 'n2 source']);
    expect(graph.nodes.map(({ fields }) => fields[0]?.source)).toEqual([undefined, 'runtime', 'with-context']);
    expect(names(graphOf(pair({ left: shared.flow.withContext({ value: 4 }), right: shared.flow.withContext({ value: 4 }) })))).toEqual(['n0 pair', 'n1 source']);
  });

  test('a graph with 2^500 paths has as many nodes as models', () => {
    let model: CallableModel<number> = source();
    for (let i = 0; i < 500; i++) model = pair({ left: model, right: model });
    const { nodes, edges } = graphOf(model);
    expect([nodes.length, edges.length]).toEqual([501, 1_000]);
  });

  test('containers have an edge for each model inside', () => {
    const sum = flowModel({ name: 'sum', inputs: { values: Dependency(z.array(z.number())) } }, () => 1);
    const graph = graphOf(sum({ values: [source(), 3, relay({ x: source() })] }));
    expect(links(graph).slice(0, 2)).toEqual(['n1 input values[0] n0', 'n2 input values[2] n0']);
    expect(graph.nodes[0]!.inputs[0]!.text).toBe('[source(), 3, relay(…)]');
  });

  test('what is lazy comes after what is not, and is marked', () => {
    const lazily = flowModel({ name: 'lazily', inputs: { later: Lazy(z.number()), now: z.number() } }, ({ now }) => now);
    const graph = graphOf(lazily({ later: relay({ x: source() }), now: source() }));
    expect(names(graph)).toEqual(['n0 lazily', 'n1 source', 'n2 relay', 'n3 source']);
    expect(graph.nodes.map(({ lazy }) => lazy)).toEqual([undefined, undefined, true, true]);
    expect(graph.edges.filter(({ lazy }) => lazy).map(({ input }) => input)).toEqual(['later']);
  });

  test('models that are handed over are shown with all that is upstream of them, in no context', () => {
    const handing = flowModel({ name: 'handing', inputs: { inner: ModelInput(z.number()), again: ModelInput(z.number()) } }, () => 1);
    const inner = relay({ x: source() });
    const graph = graphOf(handing({ inner, again: inner }), { value: 1 });
    expect(links(graph)).toEqual(['n1 model inner n0', 'n1 model again n0', 'n2 input x n1']);
    expect(graph.nodes.map(({ unevaluated }) => unevaluated)).toEqual([undefined, true, true]);
    expect(graph.nodes[2]!.fields).toEqual([{ name: 'value', type: 'number', required: true, source: 'unset' }]);
    expect(graph.edges.map(({ lazy }) => lazy)).toEqual([true, true, false]);
  });

  test('a computed field is an edge to each model that reads it', () => {
    const graph = graphOf(relay({ x: scaled({ by: 1 }) }).flow.withContext({ value: computed(source().flow.withContext({ value: 9 })) }) as CallableModel);
    expect(links(graph)).toEqual(['n1 input x n0', 'n2 computed value n1']);
    expect(graph.edges[1]!.rewrites).toEqual([{ kind: 'literal', fields: ['value'], text: '9' }]);
    expect(graph.rewrites).toEqual([{ kind: 'computed', fields: ['value'], text: 'computed(source().withContext(…))' }]);
  });

  test('all kinds of rewrites, in order', () => {
    const setBoth = contextTransform({ name: 'setBoth', inputs: {}, patches: { value: z.number() } }, () => ({ value: 1 }));
    const wrapper = relay({ x: scaled({ by: 1 }) }).flow.withContext(closedContext('value'), setBoth()) as CallableModel;
    expect(graphOf(wrapper).rewrites).toEqual([
      { kind: 'closed', fields: ['value'], text: 'closedContext("value")' },
      { kind: 'patch', fields: ['value'], text: 'setBoth()' },
    ]);
  });

  test('volatile models are told, with a node for each consumer', () => {
    const now = flowModel({ name: 'now', volatile: true, inputs: {} }, () => 1);
    const one = now();
    const graph = graphOf(pair({ left: one, right: one }));
    expect(graph.nodes.map(({ volatile }) => volatile)).toEqual([undefined, true, true]);
  });

  test('a transform that throws is told at the field', () => {
    const fails = contextTransform({ name: 'fails', inputs: {} }, (): number => {
      throw new RangeError('too far');
    });
    expect(graphOf(source().flow.withContext({ value: fails() })).nodes[0]!.fields[0]).toEqual({ name: 'value', type: 'number', required: false, source: 'context-transform', from: 'fails()', problem: 'threw RangeError: too far' });
  });

  test('long values are cut', () => {
    const any = flowModel({ name: 'any', inputs: { it: z.any() } }, () => 1);
    expect(graphOf(any({ it: 'x'.repeat(1_000_000) })).nodes[0]!.inputs[0]!.text!.length).toBeLessThanOrEqual(100);
  });

  test('what is no context is refused, as by compute', () => {
    expect(() => graphOf(source(), [1])).toThrow(flowError('INVALID_CONTEXT', 'source'));
  });
});

describe('what is no model', () => {
  test.each([
    ['graphOf(', graphOf],
    ['explain(', explain],
    ['contextFieldsOf(', contextFieldsOf],
    ['computed(', computed],
    ['ModelRegistry.set(path, ', (model: CallableModel) => new ModelRegistry().set('/a', model)],
  ] as const)('%s…) says how one is made', async (call, use) => {
    const name = call.split('(')[0]!;
    const answer = async (value: unknown): Promise<unknown> => use(value as never);
    await expect(answer(relay)).rejects.toThrow(flowError('BIND', `${name} expects a model, got function relay. Call the factory first: ${call}factory({ … })).`));
    await expect(answer(undefined)).rejects.toThrow(flowError('BIND', `${name} expects a model, got undefined. Pass one that a factory made.`));
  });
});

describe('pictures of what is no graph', () => {
  test.each([
    ['toDot', toDot],
    ['toMermaid', toMermaid],
  ] as const)('%s says how a graph is made', (name, draw) => {
    expect(() => draw(source() as never)).toThrow(flowError('DEFINITION', `${name}(graphOf(model))`));
    expect(() => draw(undefined as never)).toThrow(flowError('DEFINITION', `${name} draws graphs, got undefined`));
    expect(() => draw(relay({ x: source() }) as never)).toThrow(flowError('DEFINITION', 'got relay({ x: source() })'));
    expect(() => draw(graphOf(source()), { direction: 'up' as never })).toThrow(flowError('DEFINITION', "expected 'direction' to be one of 'LR' and"));
  });
});
