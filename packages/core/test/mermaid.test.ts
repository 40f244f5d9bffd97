// @vitest-environment jsdom
// Contract §8, toMermaid: read by Mermaid's own parser.
import mermaid from 'mermaid';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { computed, contextTransform, DefinitionRegistry, Dependency, flowModel, FromContext, graphOf, Lazy, modelClass, ModelInput, toMermaid } from '@flowmodel/core';
import type { CallableModel, FlowGraph } from '@flowmodel/core';
import { hostileGraph, hostileNames } from './hostile-names.ts';

interface Vertex {
  readonly id: string;
  readonly text: string;
}
interface Drawn {
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly edges: readonly { readonly start: string; readonly end: string; readonly text: string; readonly stroke: string; readonly type?: string }[];
}

beforeAll(() => mermaid.initialize({ maxEdges: 100_000, maxTextSize: 10_000_000 }));

/** What Mermaid reads. */
async function drawn(text: string): Promise<Drawn> {
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  const read = db as unknown as { getVertices(): Map<string, Vertex>; getEdges(): Drawn['edges'] }; // its flowcharts have these
  return { vertices: read.getVertices(), edges: read.getEdges() };
}

/** The text as Mermaid shows it, once it puts the characters back that it has hidden from its parser. */
const shown = (text: string): string => text.replaceAll(/<br\/?>/g, '\n').replaceAll(/ﬂ°°(\d+)¶ß/g, (_, code: string) => String.fromCodePoint(Number(code)));

const definitions = new DefinitionRegistry();
const rate = flowModel({ name: 'rate', definitions, inputs: { currency: FromContext(z.string()) } }, () => 1);
const plus = contextTransform({ name: 'plus', inputs: { day: FromContext(z.number()), by: z.number() } }, ({ day, by }) => day + by);
const price = flowModel({ name: 'price', definitions, inputs: { base: z.number(), day: FromContext(z.number()) } }, ({ base, day }) => base + day);
const total = flowModel({ name: 'total', definitions, inputs: { now: z.number(), before: z.number(), list: Dependency(z.array(z.number())), later: Lazy(z.number()), inner: ModelInput(z.number()), rate: FromContext(z.number()) } }, ({ now }) => now);

const shared = price({ base: 2 });
const model: CallableModel = total({ now: shared, before: shared.flow.withContext({ day: plus({ by: -30 }) }), list: [shared, 3], later: price({ base: 1 }), inner: rate() }).flow.withContext({ rate: computed(rate()) });

describe('toMermaid', () => {
  test('draws a graph', () => {
    expect(toMermaid(graphOf(model, { day: 3 }))).toMatchInlineSnapshot(`
      "flowchart LR
        n0["total<br/>list = [price(…), 3]<br/>rate ← computed(rate())"]
        n1["price<br/>base = 2<br/>day ← context = 3"]
        n2["price<br/>base = 2<br/>day ← plus({ by: -30 }) = -27"]
        n3["rate<br/>currency ← context (required)"]
        n4["price<br/>base = 1<br/>day ← context = 3"]
        n5["rate<br/>currency ← its consumer (required)"]
        n1 -->|"now"| n0
        n2 -->|"before<br/>day ← plus({ by: -30 })"| n0
        n1 -->|"list[0]"| n0
        n4 -.->|"later"| n0
        n5 --o|"inner"| n0
        n3 ==>|"rate"| n0
        context(["context"])
        context -->|"rate ← computed(rate())"| n0
        classDef onDemand stroke-dasharray:4
        class n4,n5 onDemand
      "
    `);
  });

  test('Mermaid reads the same nodes and edges', async () => {
    const graph = graphOf(model);
    const { vertices, edges } = await drawn(toMermaid(graph));
    expect([...vertices.keys()].toSorted()).toEqual([...graph.nodes.map(({ id }) => id), 'context'].toSorted());
    expect(edges.map(({ start, end }) => `${start}>${end}`)).toEqual([...graph.edges.map(({ from, to }) => `${from}>${to}`), 'context>n0']);
  });

  test('lazy edges are dashed, computed fields thick, models handed over end in a circle', async () => {
    const { edges } = await drawn(toMermaid(graphOf(model)));
    const kinds = Object.fromEntries(edges.map(({ text, stroke, type }) => [shown(text).split('\n')[0], `${stroke} ${type}`]));
    expect(kinds).toMatchObject({ now: 'normal arrow_point', later: 'dotted arrow_point', inner: 'normal arrow_circle', rate: 'thick arrow_point' });
  });

  test('what a wrapper rewrites stands on its edge, the root’s own on an edge from the context', async () => {
    const { edges } = await drawn(toMermaid(graphOf(model)));
    expect(shown(edges.find(({ text }) => text.startsWith('before'))!.text)).toBe('before\nday ← plus({ by: -30 })');
    expect(shown(edges.at(-1)!.text)).toBe('rate ← computed(rate())');
  });

  test('a shared model is drawn once', async () => {
    const { vertices } = await drawn(toMermaid(graphOf(model)));
    expect([...vertices.values()].filter(({ text }) => shown(text).startsWith('price') && shown(text).includes('base = 2'))).toHaveLength(2); // in two contexts
  });

  test.each(hostileNames.map((name) => [JSON.stringify(name).slice(0, 40), name] as const))('the name %s is only a name', async (_, name) => {
    const graph = hostileGraph(name);
    const { vertices, edges } = await drawn(toMermaid(graph));
    expect([...vertices.keys()]).toEqual(graph.nodes.map(({ id }) => id));
    expect(edges.map(({ start, end }) => `${start}>${end}`)).toEqual(graph.edges.map(({ from, to }) => `${from}>${to}`));
    for (const { text } of [...vertices.values(), ...edges]) expect(text.replaceAll(/<br\/?>/g, '')).not.toMatch(/[<>"]/);
    if (name.length < 50 && /^[\w ./|;()[\]{}<>"'`#&%*~$@:-]+$/.test(name)) expect(shown(vertices.get('n1')!.text).split('\n')[0]!.trim()).toBe(name.trim());
  });

  test('a label of any text is only a label', async () => {
    const graph = graphOf(rate());
    const nodes = hostileNames.flatMap((text, i) => [{ ...graph.nodes[0]!, id: `a${i}`, label: { text } }, { ...graph.nodes[0]!, id: `b${i}`, label: { text, whole: true as const } }]);
    const { vertices } = await drawn(toMermaid({ ...graph, nodes }));
    expect([...vertices.keys()]).toEqual(nodes.map((_, i) => `n${i}`));
    for (const { text } of vertices.values()) expect(text.replaceAll(/<br\/?>/g, '')).not.toMatch(/[<>"]/);
    hostileNames.forEach((name, i) => {
      if (name.length < 50 && /^[\w ./|;()[\]{}<>"'`#&%*~$@:-]+$/.test(name)) expect(shown(vertices.get(`n${2 * i}`)!.text).split('\n')[0]!.trim()).toBe(`${name}: rate`.trim());
    });
  });

  test('graphs of other tools: any ids, actions, statuses', async () => {
    const graph: FlowGraph = {
      flowGraph: 1,
      root: 'end',
      nodes: [
        { id: 'end', name: 'review', kind: 'node', inputs: [], fields: [], status: 'cached', key: 'ab12' },
        { id: 'a b"', name: 'pay', kind: 'node', inputs: [], fields: [], status: 'missing', reason: 'lacks "amount"' },
      ],
      edges: [
        { id: 'e0', from: 'end', to: 'a b"', input: '', kind: 'action', lazy: false, action: 'approved' },
        { id: 'e1', from: 'end', to: 'end', input: '', kind: 'action', lazy: false },
      ],
    };
    const { vertices, edges } = await drawn(toMermaid(graph, { direction: 'TD' }));
    expect([...vertices.values()].map(({ text }) => shown(text))).toEqual(['review\ncached', 'pay\nmissing: lacks "amount"']);
    expect(edges.map(({ text }) => text)).toEqual(['approved', '']);
  });

  test('class-based models and 2,000 nodes', async () => {
    class Box extends modelClass({ name: 'MermaidBox', context: z.object({ x: z.number() }), output: z.number() }) {
      call(): number {
        return 1;
      }
    }
    const step = flowModel({ name: 'step', definitions, inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
    let top: CallableModel<number> = new Box();
    for (let i = 0; i < 2_000; i++) top = step({ a: top, b: top });
    const { vertices, edges } = await drawn(toMermaid(graphOf(top)));
    expect([vertices.size, edges.length]).toEqual([2_001, 4_000]);
  }, 60_000);
});
