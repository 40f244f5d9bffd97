/** What the reference needs a graph evaluator and a lazy-result evaluator for, and what a run does by itself: once each, in order, whatever is around. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, evaluationServices, flowModel, FromContext, graphOf, keyOf, memoryCache, modelClass, ModelInput } from '@flowmodel/core';
import type { CallableModel, Evaluator, FlowEvent, FlowRun } from '@flowmodel/core';
import { settled } from '../deferred.ts';
import { rejection } from '../refusal.ts';

/** n0 → n1, n2 → n3; notes the order of bodies. */
function diamond(prefix: string) {
  const ran: string[] = [];
  const source = flowModel({ name: `${prefix}.n0`, inputs: { v: FromContext(z.number()) } }, ({ v }) => {
    ran.push('n0');
    return v;
  });
  const side = flowModel({ name: `${prefix}.side`, inputs: { name: z.string(), x: z.number() } }, ({ name, x }) => {
    ran.push(name);
    return x + 1;
  });
  const top = flowModel({ name: `${prefix}.n3`, inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => {
    ran.push('n3');
    return a + b;
  });
  const make = () => {
    const shared = source();
    return top({ a: side({ name: 'n1', x: shared }), b: side({ name: 'n2', x: shared }) });
  };
  return { ran, source, side, top, make };
}

/** Notes which evaluations it is around. */
function noting() {
  const names: string[] = [];
  const evaluator: Evaluator = { name: 'noting', transparent: true, evaluate: (evaluation, next) => (names.push(evaluation.path.at(-1)!), next()) };
  return { names, evaluator };
}

describe('order and number', () => {
  test('CC-EVAL-18 every node is evaluated once, what is upstream before what is downstream; the root\'s result comes back', async () => {
    const { ran, make } = diamond('graph.once');
    expect(make().flow.computeSync({ v: 1 }).value).toBe(4);
    expect(ran).toEqual(['n0', 'n1', 'n2', 'n3']);
    ran.length = 0;
    expect((await make().flow.compute({ v: 1 }, { cache: memoryCache(), evaluator: noting().evaluator })).value).toBe(4);
    expect(ran).toEqual(['n0', 'n1', 'n2', 'n3']);
  });

  test('CC-EVAL-19 a graph lists each node once, from the root on', () => {
    const { make } = diamond('graph.listed');
    const { nodes, edges } = graphOf(make());
    expect(nodes.map(({ name }) => name).toSorted()).toEqual(['graph.listed.n0', 'graph.listed.n3', 'graph.listed.side', 'graph.listed.side']);
    expect([nodes[0]!.name, edges.length]).toEqual(['graph.listed.n3', 4]);
  });

  test('CC-EVAL-20 with a cache models of equal content are one evaluation; one model in two contexts is two', async () => {
    const { ran, source, side, top } = diamond('graph.equal');
    const equal = top({ a: side({ name: 'n1', x: source() }), b: side({ name: 'n1', x: source() }) });
    expect((await equal.flow.compute({ v: 1 }, { cache: memoryCache() })).value).toBe(4);
    expect(ran).toEqual(['n0', 'n1', 'n3']);
    ran.length = 0;
    const shared = source();
    expect((await top({ a: shared, b: shared.flow.withContext({ v: 5 }) }).flow.compute({ v: 1 }, { cache: memoryCache() })).value).toBe(6);
    expect(ran).toEqual(['n0', 'n0', 'n3']);
  });

  test('CC-EVAL-26 a wrapper is no node of its own: root and source are two evaluations, in events, in the cache and in the graph', async () => {
    const { source, side } = diamond('graph.wrapper');
    const graph = side({ name: 'n1', x: source().flow.withContext({ v: 3 }) });
    const cache = memoryCache();
    const ended: string[] = [];
    await graph.flow.compute({}, { cache, observer: { 'node:end': ({ model }) => void ended.push(model) } });
    expect(ended).toEqual(['graph.wrapper.n0', 'graph.wrapper.side']);
    expect([cache.stats().stores, graphOf(graph).nodes.length]).toEqual([2, 2]);
  });

  test('L4 L3 without a cache nothing is thrown away and done again: a diamond under evaluators, an observer or nothing at all', async () => {
    for (const options of [{}, { evaluator: noting().evaluator }, { observer: () => {} }]) {
      const { ran, make } = diamond(`graph.bare.${Object.keys(options).join()}`);
      await make().flow.compute({ v: 1 }, options);
      expect(ran).toHaveLength(4);
    }
  });
});

describe('sharing an evaluator', () => {
  test('CC-EVAL-25 L12 one evaluator in overlapping and nested runs is around every evaluation of each, and each run has its own state', async () => {
    const counts: Record<string, number> = {};
    const counting: Evaluator = {
      name: 'counting',
      transparent: true,
      evaluate(evaluation, next) {
        const state = evaluationServices(evaluation).perRun(counting, () => ({ seen: 0 }));
        counts[String(evaluation.path[0])] = ++state.seen;
        return next();
      },
    };
    const leaf = flowModel({ name: 'graph.shared.leaf', inputs: { n: FromContext(z.number()) } }, async ({ n }) => {
      await settled();
      return n;
    });
    const roots = ['first', 'second', 'third'].map((name) =>
      flowModel({ name, inputs: { m: ModelInput(z.number()), x: z.number() } }, async ({ m, x }, run: FlowRun) => {
        const apart = await m.flow.compute({ n: 9 }, { evaluator: counting }); // a run inside a body is a run of its own
        return x + (await run.compute(m, { n: 5 })) + (apart.value as number);
      })({ m: leaf() as CallableModel<number>, x: leaf() }),
    );
    const values = await Promise.all(roots.map((root) => root.flow.compute({ n: 1 }, { evaluator: counting })));
    expect(values.map(({ value }) => value)).toEqual([15, 15, 15]);
    expect(counts).toEqual({ first: 3, second: 3, third: 3, 'graph.shared.leaf': 1 });
  });
});

describe('keys and graphs', () => {
  test('CC-EVAL-27 a transform that is not pure is asked once in a run, so that what a result is kept under is what it was made from', async () => {
    let now = 0;
    const clock = contextTransform({ name: 'graph.clock', inputs: {}, output: z.number() }, () => ++now);
    const { source, side } = diamond('graph.impure');
    const entries = new Map<string, unknown>();
    const graph = side({ name: 'n1', x: source().flow.withContext({ v: clock() }) });
    expect((await graph.flow.compute({}, { cache: entries as never })).value).toBe(2);
    expect([...entries.keys()]).toEqual([keyOf(source(), { v: 1 }), keyOf(side({ name: 'n1', x: source() }), { v: 1 })]);
    expect(now).toBe(1);
  });

  test('CC-EVAL-28 the graph is plain JSON: nodes and edges by id, and the root', () => {
    const { make } = diamond('graph.json');
    const graph = graphOf(make(), { v: 1 });
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
    const ids = new Set(graph.nodes.map(({ id }) => id));
    expect([ids.size, ids.has(graph.root), graph.edges.every(({ from, to }) => ids.has(from) && ids.has(to))]).toEqual([4, true, true]);
  });

  test('CC-EVAL-24 CC-KEY-19 a model that would wait for itself has a key and a graph; evaluating it is CYCLE, with and without evaluators, never a stack overflow', async () => {
    const self: CallableModel<number> = flowModel({ name: 'graph.self', inputs: { n: FromContext(z.number()) } }, (_inputs, run: FlowRun): Promise<number> => run.compute(self, { n: 1 }))();
    expect(keyOf(self, { n: 1, unused: () => {} })).toBe(keyOf(self, { n: 1 }));
    expect(graphOf(self).nodes).toHaveLength(1);
    const compute = (options: object): Promise<unknown> => self.flow.compute({ n: 1 }, options);
    for (const options of [{}, { cache: memoryCache() }, { evaluator: noting().evaluator }]) expect(await rejection(compute(options))).toMatchObject({ code: 'CYCLE', message: expect.stringContaining('graph.self') });
  });
});

describe('deps of class models', () => {
  function pair(name: string) {
    const ran: string[] = [];
    const leaf = flowModel({ name: `${name}.leaf`, inputs: { n: FromContext(z.number()) } }, async ({ n }) => {
      ran.push(`leaf ${n}`);
      return n;
    });
    class Pair extends modelClass({ name: `${name}.Pair`, inputs: {}, context: z.object({ n: z.number() }), output: z.number() }) {
      override deps({ n }: { n: number }) {
        ran.push('deps');
        return [{ model: leaf(), contexts: [{ n }, { n: n + 1 }] }];
      }
      async call({ n }: { n: number }, run: FlowRun): Promise<number> {
        ran.push('call');
        return (await run.compute(leaf(), { n })) + (await run.compute(leaf(), { n: n + 1 }));
      }
    }
    return { ran, make: () => new Pair({}) };
  }

  test('CC-EVAL-12 they are not asked for again where the result is remembered', async () => {
    const { ran, make } = pair('graph.deps.cached');
    const cache = memoryCache();
    for (let i = 0; i < 2; i++) expect((await make().flow.compute({ n: 1 }, { cache })).value).toBe(3);
    expect(ran).toEqual(['deps', 'leaf 1', 'leaf 2', 'call']);
  });

  test('CC-OPT-15 what they ask for is evaluated under the options of the run: evaluator, overrides, cache', async () => {
    const { ran, make } = pair('graph.deps.options');
    const { names, evaluator } = noting();
    const cache = memoryCache();
    await make().flow.compute({ n: 1 }, { cache, evaluator });
    expect(names).toEqual(['graph.deps.options.leaf', 'graph.deps.options.leaf', 'graph.deps.options.Pair']);
    expect(cache.stats().stores).toBe(3);
    const events: FlowEvent[] = [];
    await make().flow.compute({ n: 2 }, { cache, observer: (event) => void events.push(event) });
    expect(events.flatMap((event) => (event.type === 'node:end' ? [`${event.model} ${event.status}`] : []))).toEqual(['graph.deps.options.leaf cached', 'graph.deps.options.leaf computed', 'graph.deps.options.Pair computed']);
    expect(ran.filter((line) => line === 'call')).toHaveLength(2);
  });
});
