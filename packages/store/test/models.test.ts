import { DefinitionRegistry, flowModel, FromContext, limitConcurrency, memoryCache, retry } from '@flowmodel/core';
import type { FlowEvent } from '@flowmodel/core';
import { append, asModel, BatchFlow, createStore, Flow, fromModel, Node, ParallelBatchFlow } from '@flowmodel/store';
import type { AnyNode } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { gate, impatientClock, rejection } from './nodes.ts';

interface Growth {
  n: number;
  steps: number;
}

let grown = 0;
class Grow extends Node<Growth, { limit: number }> {
  override post(shared: Growth): 'again' | 'done' {
    grown++;
    shared.n *= 2;
    shared.steps++;
    return shared.n < this.params.limit ? 'again' : 'done';
  }
}

function growing(): Flow<Growth> {
  const grow = new Grow();
  grow.on('again', grow).on('done', new Node());
  return new Flow<Growth>(grow);
}

const shape = { n: z.number(), steps: z.number().default(0), limit: FromContext(z.number()) };

describe('asModel: a flow inside a DAG', () => {
  test('regular inputs become the initial store, contextual ones params, output parses the final state', async () => {
    const grownTo = asModel(growing(), { name: 'store.grownTo', inputs: shape, output: z.object({ n: z.number(), steps: z.number() }) });
    const model = grownTo({ n: 3 });
    const { value } = await model.flow.compute({ limit: 20 });
    const typed: { n: number; steps: number } = value;
    expect(typed).toEqual({ n: 24, steps: 3 });
    expect((await model.flow.compute({ limit: 5 })).value).toEqual({ n: 6, steps: 1 });
  });

  test('it is a model like any other: bound to models, rewritten, checked up front, computed many times at once', async () => {
    const grownTo = asModel(growing(), { inputs: shape, output: z.object({ n: z.number() }) });
    const start = flowModel({ inputs: { start: FromContext(z.number()) } }, ({ start: from }) => from + 1);
    const difference = flowModel({ inputs: { a: z.object({ n: z.number() }), b: z.object({ n: z.number() }) } }, ({ a, b }) => a.n - b.n);
    const far = grownTo({ n: start() });
    const model = difference({ a: far, b: far.flow.withContext({ limit: 4 }) });
    const values = await Promise.all([1, 2].map((from) => model.flow.compute({ start: from, limit: 100 })));
    expect(values.map(({ value }) => value)).toEqual([128 - 4, 192 - 6]);
    expect(await rejection(model.flow.compute({ start: 1 } as never))).toMatchObject({ code: 'MISSING_CONTEXT' });
  });

  test("the flow's own params are there, too, and contextual inputs win", async () => {
    class Sees extends Node<{ seen?: unknown }> {
      override post(shared: { seen?: unknown }): void {
        shared.seen = this.params;
      }
    }
    const flow = new Flow<{ seen?: unknown }>(new Sees()).setParams({ own: 1, day: 1 });
    const { value } = await asModel(flow, { inputs: { day: FromContext(z.number()) } })().flow.compute({ day: 2 });
    expect(value).toEqual({ seen: { own: 1, day: 2 } });
    const optional = asModel(flow, { inputs: { day: FromContext(z.number().optional()) } })();
    expect((await optional.flow.compute({})).value).toEqual({ seen: { own: 1, day: 1 } });
  });

  test('without an output its value is the whole final state; with one that does not fit it is INVALID_RESULT', async () => {
    const model = asModel(growing(), { inputs: shape })({ n: 1 });
    expect((await model.flow.compute({ limit: 1 })).value).toEqual({ n: 2, steps: 1 });
    const wrong = asModel(growing(), { inputs: shape, output: z.object({ n: z.string() }) })({ n: 1 });
    expect(await rejection(wrong.flow.compute({ limit: 1 }))).toMatchObject({ code: 'INVALID_RESULT' });
  });

  test('its result is cached by its inputs and params', async () => {
    const model = asModel(growing(), { inputs: shape })({ n: 1 });
    const cache = memoryCache({ max: 10 });
    grown = 0;
    for (const limit of [4, 4, 8]) await model.flow.compute({ limit }, { cache });
    expect(grown).toBe(2 + 3);
  });

  test("the flow's wiring and the source of its nodes are part of the key", async () => {
    const { keyOf } = await import('@flowmodel/core');
    class Other extends Node {
      override post(): string {
        return 'other';
      }
    }
    class Another extends Node {
      override post(): string {
        return 'another';
      }
    }
    const [wired, wiredOtherwise] = [new Node(), new Node()];
    wired.next(new Node());
    wiredOtherwise.on('sometimes', new Node());
    const keyOfFlow = (start: Node, version?: string): string => keyOf(asModel(new Flow(start), { name: 'flow', inputs: { n: z.number() }, definitions: new DefinitionRegistry(), ...(version !== undefined && { version }) })({ n: 1 }));
    const keys = [keyOfFlow(new Node()), keyOfFlow(new Other()), keyOfFlow(new Another()), keyOfFlow(wired), keyOfFlow(wiredOtherwise), keyOfFlow(new Node(), 'v2')];
    expect(new Set(keys).size).toBe(6);
    expect(keyOfFlow(new Node())).toBe(keys[0]);
  });

  test('so is which node is of which class, and a node of a model counts by its version', async () => {
    const { keyOf } = await import('@flowmodel/core');
    class Add extends Node {}
    class Double extends Node {
      override post(): void {}
    }
    const keyOfChain = (...nodes: AnyNode[]): string => {
      for (const [i, node] of nodes.slice(0, -1).entries()) node.next(nodes[i + 1]!);
      return keyOf(asModel(new Flow(nodes[0]!), { name: 'chain', inputs: {}, definitions: new DefinitionRegistry() })());
    };
    const chains = [[Add, Double, Add], [Add, Double, Double], [Double, Add, Double]].map((classes) => keyOfChain(...classes.map((Some) => new Some())));
    expect(new Set(chains).size).toBe(3);
    expect(keyOfChain(new Add(), new Double(), new Add())).toBe(chains[0]);
    expect(keyOfChain(new Flow(new Add()))).not.toBe(keyOfChain(new BatchFlow(new Add())));

    const ofModel = (factor: number, version?: string) => fromModel(flowModel({ inputs: {} }, () => factor)(), { into: 'x', version });
    const [two, three] = [ofModel(2), ofModel(3)];
    expect(keyOfChain(two)).not.toBe(keyOfChain(three));
    expect(keyOfChain(two)).toBe(keyOfChain(two));
    expect(keyOfChain(ofModel(2, 'v1'))).toBe(keyOfChain(ofModel(2, 'v1')));
    expect(keyOfChain(ofModel(2, 'v1'))).not.toBe(keyOfChain(ofModel(2, 'v2')));
  });

  test('it takes no slot of a limit of the run: what is inside may need one', async () => {
    const bothAtWork = gate();
    let atWork = 0;
    class Meets extends Node {
      override async exec(): Promise<void> {
        if (++atWork === 2) bothAtWork.resolve();
        await bothAtWork.promise;
      }
    }
    const side = asModel(new Flow(new Meets()), { inputs: { side: z.string() } });
    const both = flowModel({ inputs: { left: z.unknown(), right: z.unknown() } }, () => 'both');
    const { value } = await both({ left: side({ side: 'left' }), right: side({ side: 'right' }) }).flow.compute({}, { evaluator: limitConcurrency(1) });
    expect(value).toBe('both');
  });

  test('cancelling the run cancels the flow', async () => {
    const controller = new AbortController();
    class Stuck extends Node {
      override exec(): Promise<never> {
        queueMicrotask(() => controller.abort());
        return new Promise(() => {});
      }
    }
    const model = asModel(new Flow(new Stuck()), { inputs: {} })();
    expect(await rejection(model.flow.compute({}, { signal: controller.signal }))).toMatchObject({ code: 'CANCELLED' });
  });

  test('waits of its nodes go by the clock of the run', async () => {
    const waits: number[] = [];
    const clock = impatientClock(waits);
    class Busy extends Node {
      override exec(): void {
        if (this.currentRetry === 0) throw new Error('busy');
      }
    }
    const model = asModel(new Flow(new Busy(2, 3_600)), { inputs: {} })();
    await model.flow.compute({}, { clock });
    expect(waits).toEqual([3_600_000]);
  });

  test("an error of a node comes out as the same object, and the model's evaluator retries the whole flow", async () => {
    const original = new Error('node');
    let runs = 0;
    class Fails extends Node<{ n: number }> {
      override post(shared: { n: number }): void {
        shared.n++;
        if (++runs < 3) throw original;
      }
    }
    const flow = new Flow<{ n: number }>(new Fails());
    expect(await rejection(asModel(flow, { inputs: { n: z.number() } })({ n: 0 }).flow.compute())).toBe(original);
    const { value } = await asModel(flow, { inputs: { n: z.number() }, evaluator: retry({ attempts: 3 }) })({ n: 0 }).flow.compute();
    expect(value).toEqual({ n: 1 });
  });

  test('reducers resolve the conflicts of parallel passes', async () => {
    class Appends extends Node<{ list: number[] }, { i: number }> {
      override prep(shared: { list: number[] }): number[] {
        return shared.list;
      }
      override async exec(): Promise<void> {}
      override post(shared: { list: number[] }, list: unknown): void {
        shared.list = [...(list as number[]), this.params.i];
      }
    }
    class Three extends ParallelBatchFlow<{ list: number[] }> {
      override prep(): object[] {
        return [{ i: 0 }, { i: 1 }, { i: 2 }];
      }
    }
    const options = { inputs: { list: z.array(z.number()) } };
    expect(await rejection(asModel(new Three(new Appends()), options)({ list: [] }).flow.compute())).toMatchObject({ code: 'STORE_CONFLICT' });
    const { value } = await asModel(new Three(new Appends()), { ...options, reducers: { list: append } })({ list: [] }).flow.compute();
    expect(value).toEqual({ list: [0, 1, 2] });
  });
});

describe('fromModel: a DAG inside a flow', () => {
  const area = flowModel({ name: 'store.area', inputs: { width: FromContext(z.number()), height: z.number() } }, ({ width, height }) => width * height);

  test('prep makes the context, exec computes the model, post puts the value into the store', async () => {
    const node = fromModel(area({ height: 2 }), { params: (shared: { width: number; area?: number }) => ({ width: shared.width }), into: 'area' });
    const shared = { width: 21 };
    await node.run(shared);
    expect(shared).toEqual({ width: 21, area: 42 });
    const store = createStore<{ width: number; area?: number }>({ width: 4 });
    await new Flow(node).run(store);
    expect(store.state.area).toBe(8);
    expect(store.patches.map((commit) => commit.node)).toEqual(['store.area']);
  });

  test('by default the params are the context', async () => {
    const areas: number[] = [];
    class Widths extends BatchFlow<{ area?: number }> {
      override prep(): object[] {
        return [{ width: 1 }, { width: 3 }];
      }
    }
    const node = fromModel(area({ height: 10 }), { into: 'area' });
    class Collect extends Node<{ area?: number }> {
      override post(shared: { area?: number }): void {
        areas.push(shared.area!);
      }
    }
    node.next(new Collect());
    await new Widths(node).run({});
    expect(areas).toEqual([10, 30]);
  });

  test('retries, fallback, cache and observers work on the graph', async () => {
    let calls = 0;
    const flaky = flowModel({ name: 'store.flaky', inputs: { day: FromContext(z.number()) } }, ({ day }) => {
      if (++calls % 2 === 1) throw new Error('odd call');
      return day;
    });
    const twice = flowModel({ name: 'store.twice', inputs: { n: z.number() } }, ({ n }) => n * 2);
    const model = twice({ n: flaky() });
    const params = (shared: { n: number; out?: number }): { day: number } => ({ day: shared.n });
    const shared: { n: number; out?: number } = { n: 5 };
    await fromModel(model, { params, into: 'out', maxRetries: 2 }).run(shared);
    expect([shared.out, calls]).toEqual([10, 2]);
    await expect(fromModel(model, { params, into: 'out' }).run(shared)).rejects.toThrow('odd call');

    calls = 1;
    const events: FlowEvent[] = [];
    const cache = memoryCache({ max: 10 });
    const node = fromModel(model, { params, into: 'out', cache, name: 'computing' });
    await new Flow(node).run(shared, { observer: (event) => void events.push(event) });
    await node.run(shared);
    expect(calls).toBe(2);
    expect(events.filter(({ type }) => type === 'node:end').map(({ model: name }) => name)).toEqual(['store.flaky', 'store.twice', 'computing']);
  });

  test('what the model lacks is told as by the core', async () => {
    const node = fromModel(area({ height: 2 }), { params: () => ({}) as never, into: 'area' });
    expect(await rejection(node.run({}))).toMatchObject({ code: 'MISSING_CONTEXT' });
  });

  test('a flow inside a DAG inside a flow', async () => {
    const grownTo = asModel(growing(), { inputs: shape, output: z.object({ n: z.number() }) });
    const half = flowModel({ inputs: { grown: z.object({ n: z.number() }) } }, ({ grown: { n } }) => n / 2);
    const node = fromModel(half({ grown: grownTo({ n: 1 }) }), { params: (shared: { limit: number; half?: number }) => ({ limit: shared.limit }), into: 'half' });
    const store = createStore<{ limit: number; half?: number }>({ limit: 50 });
    await new Flow(node).run(store);
    expect(store.state.half).toBe(32);
  });
});
