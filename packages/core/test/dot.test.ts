// Contract §8, toDot: read by Graphviz itself.
import { instance } from '@viz-js/viz';
import type { Viz } from '@viz-js/viz';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { computed, contextTransform, DefinitionRegistry, flowModel, FromContext, graphOf, Lazy, modelClass, ModelInput, toDot } from '@flowmodel/core';
import type { CallableModel, FlowGraph } from '@flowmodel/core';
import { hostileGraph, hostileNames } from './hostile-names.ts';

interface Drawn {
  readonly objects?: readonly { readonly name: string; readonly label: string; readonly style?: string; readonly shape?: string; readonly fillcolor?: string }[];
  readonly edges?: readonly { readonly tail: number; readonly head: number; readonly label?: string; readonly style?: string; readonly arrowhead?: string }[];
}

let viz: Viz;
beforeAll(async () => void (viz = await instance()));

/** What Graphviz reads; its simplest layout will do. */
function drawn(dot: string): Required<Drawn> {
  const result = viz.render(dot, { format: 'dot_json', engine: 'osage' });
  expect(result.status).toBe('success');
  expect(result.errors.filter(({ message }) => !message.includes('no value for width of'))).toEqual([]); // it has no fonts here
  const { objects = [], edges = [] } = JSON.parse(result.output!) as Drawn;
  return { objects, edges };
}
/** Edges by the names of their ends. */
const pairs = ({ objects, edges }: Required<Drawn>): string[] => edges.map(({ tail, head }) => `${objects[tail]!.name}>${objects[head]!.name}`);

const definitions = new DefinitionRegistry();
const rate = flowModel({ name: 'rate', definitions, inputs: { currency: FromContext(z.string()) } }, () => 1);
const plus = contextTransform({ name: 'plus', inputs: { day: FromContext(z.number()), by: z.number() } }, ({ day, by }) => day + by);
const price = flowModel({ name: 'price', definitions, inputs: { base: z.number(), day: FromContext(z.number()) } }, ({ base, day }) => base + day);
const total = flowModel({ name: 'total', definitions, inputs: { now: z.number(), before: z.number(), later: Lazy(z.number()), inner: ModelInput(z.number()), rate: FromContext(z.number()) } }, ({ now }) => now);
const shared = price({ base: 2 });
const model: CallableModel = total({ now: shared, before: shared.flow.withContext({ day: plus({ by: -30 }) }), later: price({ base: 1 }), inner: rate() }).flow.withContext({ rate: computed(rate()) });

describe('toDot', () => {
  test('draws a graph', () => {
    expect(toDot(graphOf(model, { day: 3 }))).toMatchInlineSnapshot(`
      "digraph flow {
        rankdir=LR;
        node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica", fontsize=11];
        edge [fontname="Helvetica", fontsize=9];
        n0 [label="total\\nrate ← computed(rate())"];
        n1 [label="price\\nbase = 2\\nday ← context = 3"];
        n2 [label="price\\nbase = 2\\nday ← plus({ by: -30 }) = -27"];
        n3 [label="rate\\ncurrency ← context (required)"];
        n4 [label="price\\nbase = 1\\nday ← context = 3", style="rounded,filled,dashed"];
        n5 [label="rate\\ncurrency ← its consumer (required)", style="rounded,filled,dashed"];
        n1 -> n0 [label="now"];
        n2 -> n0 [label="before\\nday ← plus({ by: -30 })"];
        n4 -> n0 [label="later", style=dashed];
        n5 -> n0 [label="inner", style=dashed, arrowhead=odot];
        n3 -> n0 [label="rate", style=bold];
        context [shape=plaintext, style=""];
        context -> n0 [label="rate ← computed(rate())"];
      }
      "
    `);
  });

  test('Graphviz reads the same nodes and edges, and lays them out', () => {
    const graph = graphOf(model);
    const read = drawn(toDot(graph));
    expect(read.objects.map(({ name }) => name)).toEqual([...graph.nodes.map(({ id }) => id), 'context']);
    expect(pairs(read).toSorted()).toEqual([...graph.edges.map(({ from, to }) => `${from}>${to}`), 'context>n0'].toSorted());
    expect(viz.renderString(toDot(graph), { format: 'svg' })).toContain('base = 2');
  });

  test('lazy edges are dashed, computed fields bold, models handed over end in a circle; rewrites stand on their edge', () => {
    const { edges } = drawn(toDot(graphOf(model)));
    const styles = Object.fromEntries(edges.map(({ label, style, arrowhead }) => [label!.split('\\n')[0], [style, arrowhead]]));
    expect(styles).toMatchObject({ now: [undefined, undefined], later: ['dashed', undefined], inner: ['dashed', 'odot'], rate: ['bold', undefined] });
    expect(edges.map(({ label }) => label)).toContain('before\\nday ← plus({ by: -30 })');
  });

  test.each(hostileNames.map((name) => [JSON.stringify(name).slice(0, 40), name] as const))('the name %s is only a name', (_, name) => {
    const graph = hostileGraph(name);
    const read = drawn(toDot(graph));
    expect(read.objects.map((node) => node.name)).toEqual(graph.nodes.map(({ id }) => id));
    expect(pairs(read)).toEqual(graph.edges.map(({ from, to }) => `${from}>${to}`));
    const svg = viz.renderString(toDot(graph), { format: 'svg' });
    expect(svg).not.toMatch(/<script|<img|<b>/);
    if (name.length < 50 && /^[\x21-\x7e]+$/.test(name)) expect(svg.replaceAll(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code))).replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')).toContain(`>${name}<`);
  });

  test('graphs of other tools: any ids, actions, statuses', () => {
    const graph: FlowGraph = {
      flowGraph: 1,
      root: 'graph',
      nodes: [
        { id: 'graph', name: 'review', kind: 'node', inputs: [], fields: [], status: 'cached', key: 'ab12' },
        { id: 'a b"', name: 'pay', kind: 'node', inputs: [], fields: [], status: 'missing', reason: 'lacks "amount"' },
      ],
      edges: [{ id: 'e0', from: 'graph', to: 'a b"', input: '', kind: 'action', lazy: false, action: 'approved' }],
    };
    const { objects, edges } = drawn(toDot(graph, { direction: 'TB' }));
    expect(objects.map(({ label }) => label)).toEqual(['review\\ncached', 'pay\\nmissing: lacks \\"amount\\"'.replaceAll('\\"', '"')]);
    expect(objects[0]!.fillcolor).not.toBe(objects[1]!.fillcolor);
    expect(edges.map(({ label }) => label)).toEqual(['approved']);
  });

  test('class-based models and 2,000 nodes', () => {
    class Box extends modelClass({ name: 'DotBox', context: z.object({ x: z.number() }), output: z.number() }) {
      call(): number {
        return 1;
      }
    }
    const step = flowModel({ name: 'step', definitions, inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
    let top: CallableModel<number> = new Box();
    for (let i = 0; i < 2_000; i++) top = step({ a: top, b: top });
    const { objects, edges } = drawn(toDot(graphOf(top)));
    expect([objects.length, edges.length]).toEqual([2_001, 4_000]);
    expect(objects.filter(({ shape }) => shape === 'component')).toHaveLength(1);
  }, 60_000);
});
