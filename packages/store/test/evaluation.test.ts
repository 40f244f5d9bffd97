import { configureFlow, memoryCache } from '@flowmodel/core';
import type { Evaluator, FlowError, FlowRun, GenericResult } from '@flowmodel/core';
import { BatchNode, createStore, Flow, Node, ParallelBatchNode } from '@flowmodel/store';
import type { NodeOptions } from '@flowmodel/store';
import { afterEach, describe, expect, test } from 'vitest';
import { gate, rejection, settled, Work } from './nodes.ts';
import type { Task as Shared } from './nodes.ts';

describe('caching exec by content', () => {
  test('an exec whose input was seen does not run again; prep and post always do', async () => {
    const node = new Work({ cache: memoryCache({ max: 10 }) });
    const shared: Shared = { input: { a: [1, 2] } };
    await node.run(shared);
    shared.input = { a: [1, 2] };
    await node.run(shared);
    expect(node.calls).toHaveLength(1);
    expect([node.preps, shared.posts]).toEqual([2, 2]);
    expect(shared.output).toEqual({ of: { a: [1, 2] } });
    await node.run({ input: { a: [1, 3] } });
    expect(node.calls).toHaveLength(2);
  });

  test('params are part of the key', async () => {
    const cache = memoryCache({ max: 10 });
    const node = new Work({ cache });
    for (const day of [1, 2, 1]) await node.setParams({ day }).run({ input: 'x' });
    expect(node.calls).toHaveLength(2);
  });

  test('a cache of the flow or of the run holds for all nodes inside, and a node can keep out', async () => {
    const [inside, outside] = [new Work(), new Work({ cache: false })];
    inside.next(outside);
    const flow = new Flow<Shared>(inside, { cache: memoryCache({ max: 10 }) });
    await flow.run({ input: 1 });
    await flow.run({ input: 1 });
    expect([inside.calls.length, outside.calls.length]).toEqual([1, 2]);
    const cache = memoryCache({ max: 10 });
    const node = new Work();
    for (let i = 0; i < 2; i++) await new Flow<Shared>(node).run({ input: 1 }, { cache });
    expect(node.calls).toHaveLength(1);
  });

  test('the cache of the innermost flow is the one that counts', async () => {
    const [inner, ofRun] = [memoryCache({ max: 10 }), memoryCache({ max: 10 })];
    const node = new Work();
    const flow = new Flow<Shared>(new Flow<Shared>(node, { cache: inner }));
    await flow.run({ input: 1 }, { cache: ofRun });
    await flow.run({ input: 1 });
    expect(node.calls).toHaveLength(1);
  });

  test('items of a batch share the cache: equal items run once, also at the same time', async () => {
    let calls = 0;
    class Each extends ParallelBatchNode<Shared, Record<string, unknown>, string, string> {
      override prep(): string[] {
        return ['a', 'b', 'a', 'a'];
      }
      override async exec(item: string): Promise<string> {
        calls++;
        await Promise.resolve();
        return item.toUpperCase();
      }
      override post(shared: Shared, _items: string[], results: string[]): void {
        shared.output = results;
      }
    }
    const shared: Shared = { input: 0 };
    await new Each({ cache: memoryCache({ max: 10 }) }).run(shared);
    expect(shared.output).toEqual(['A', 'B', 'A', 'A']);
    expect(calls).toBe(2);
  });

  test('nodes without a name share nothing, since their fields are not in the key; nodes of one name do', async () => {
    class Scaled extends Node<Shared> {
      readonly #factor: number;
      constructor(factor: number, options: NodeOptions) {
        super(options);
        this.#factor = factor;
      }
      override prep(shared: Shared): unknown {
        return shared.input;
      }
      override exec(input: unknown): number {
        return Number(input) * this.#factor;
      }
      override post(shared: Shared, _: unknown, output: unknown): void {
        shared.output = output;
      }
    }
    const cache = memoryCache({ max: 10 });
    const outputs = async (...nodes: Node<Shared>[]): Promise<unknown[]> => {
      const found = [];
      for (const node of nodes) {
        const shared: Shared = { input: 5 };
        await node.run(shared);
        found.push(shared.output);
      }
      return found;
    };
    expect(await outputs(new Scaled(2, { cache }), new Scaled(3, { cache }))).toEqual([10, 15]);
    expect(await outputs(new Scaled(2, { cache, name: 'twice' }), new Scaled(2, { cache, name: 'twice' }))).toEqual([10, 10]);
    const [node, copy] = [new Work({ cache }), new Work({ cache }).clone()];
    for (const one of [node, copy]) await one.run({ input: 1 });
    expect([node.calls.length, copy.calls.length]).toEqual([1, 1]);
    expect(await outputs(new Scaled(7, { cache, name: 'twice' }), new Scaled(7, { cache, name: 'twice', version: '2' }))).toEqual([10, 35]);
  });

  test('what a fallback yields is never cached', async () => {
    let isBroken = true;
    class Unsure extends Work {
      override async exec(input: unknown): Promise<unknown> {
        this.calls.push(input);
        if (isBroken) throw new Error('down');
        return 'up';
      }
      override execFallback(): string {
        return 'fallback';
      }
    }
    const node = new Unsure({ cache: memoryCache({ max: 10 }) });
    const shared: Shared = { input: 1 };
    await node.run(shared);
    expect(shared.output).toBe('fallback');
    isBroken = false;
    await node.run(shared);
    expect(shared.output).toBe('up');
    expect(node.calls).toHaveLength(2);
  });

  test('without a cache every exec runs, however equal its input', async () => {
    const node = new Work();
    node.on('default', node);
    const flow = new Flow<Shared>(node, { maxSteps: 3 });
    await rejection(flow.run({ input: 1 }));
    expect(node.calls).toHaveLength(3);
  });
});

describe('evaluators', () => {
  const counting = (log: string[], name: string): Evaluator => ({
    name,
    transparent: true,
    async evaluate(_evaluation, next) {
      log.push(`${name} in`);
      try {
        return await next();
      } finally {
        log.push(`${name} out`);
      }
    },
  });

  test("the run's is outermost, then the flow's, then the attempts, and the node's own is around each", async () => {
    const log: string[] = [];
    class Twice extends Node {
      override exec(): void {
        log.push(`exec ${this.currentRetry}`);
        if (this.currentRetry === 0) throw new Error('again');
      }
    }
    const node = new Twice({ maxRetries: 2, evaluator: counting(log, 'node') });
    await new Flow(node, { evaluator: counting(log, 'flow') }).run({}, { evaluator: counting(log, 'run') });
    expect(log).toEqual(['run in', 'flow in', 'node in', 'exec 0', 'node out', 'node in', 'exec 1', 'node out', 'flow out', 'run out']);
  });

  test('an evaluator may replace what exec yields, and sees what it was given', async () => {
    const seen: unknown[] = [];
    const replace: Evaluator = {
      name: 'replace',
      evaluate: (evaluation) => {
        const { call } = evaluation.inputs as { call: { prep: unknown; params: unknown } };
        seen.push(call.prep, call.params);
        return 'replaced';
      },
    };
    const node = new Work({ evaluator: replace });
    const shared: Shared = { input: 'given' };
    await node.setParams({ p: 1 }).run(shared);
    expect(shared.output).toBe('replaced');
    expect(seen).toEqual(['given', { p: 1 }]);
    expect(node.calls).toEqual([]);
  });

  test('a timeout is per attempt: TIMEOUT, the signal of the late attempt fires, and the fallback has the say', async () => {
    const fired: boolean[] = [];
    class Slow extends Node<Shared> {
      override exec(_input: unknown, run: FlowRun): Promise<string> {
        if (this.currentRetry === 1) return Promise.resolve('in time');
        return new Promise((_resolve, reject) => {
          run.signal.addEventListener('abort', () => {
            fired.push(run.signal.aborted);
            reject(run.signal.reason as Error);
          });
        });
      }
      override post(shared: Shared, _: unknown, output: unknown): void {
        shared.output = output;
      }
    }
    const shared: Shared = { input: 0 };
    await new Slow({ maxRetries: 2, timeout: 5 }).run(shared);
    expect(shared.output).toBe('in time');
    expect(fired).toEqual([true]); // the late attempt heard of it
    expect((await rejection(new Slow({ timeout: 5 }).run(shared))).code).toBe('TIMEOUT');
    class Falls extends Slow {
      override execFallback(_: unknown, error: Error): string {
        return `fallback: ${(error as FlowError).code}`;
      }
    }
    await new Falls({ timeout: 5 }).run(shared);
    expect(shared.output).toBe('fallback: TIMEOUT');
  });

  test('a flow has a time limit as a whole', async () => {
    class Waits extends Node {
      override exec(): Promise<never> {
        return new Promise(() => {});
      }
    }
    const error = await rejection(new Flow(new Waits(), { name: 'limited', timeout: 5 }).run({}));
    expect(error.code).toBe('TIMEOUT');
    expect(error.message).toContain('limited');
    await expect(new Flow(new Work(), { timeout: 10_000 }).run({ input: 1 })).resolves.toBeUndefined();
  });

  test.each([['a plain object', (): { log: string[] } => ({ log: [] })], ['a created store', () => createStore({ log: [] as string[] })]])('what is inside a flow that is out of time ends with it: nothing further starts, over %s', async (_name, make) => {
    const opened = gate();
    class Says extends Node<{ log: string[] }> {
      override async prep(shared: { log: string[] }): Promise<void> {
        await opened.promise;
        shared.log.push('late');
      }
    }
    class Next extends Node<{ log: string[] }> {
      override prep(shared: { log: string[] }): void {
        shared.log.push('next');
      }
    }
    const says = new Says();
    says.next(new Next());
    const shared = make();
    expect((await rejection(new Flow<{ log: string[] }>(says, { timeout: 1 }).run(shared as { log: string[] }))).code).toBe('TIMEOUT');
    opened.resolve();
    await settled();
    expect('state' in shared ? shared.state.log : shared.log).not.toContain('next');
    if ('state' in shared) expect(shared.state.log).toEqual([]); // a phase that ends too late commits nothing
  });

  test('exec may ask for models by its second parameter, and may return what a model computed', async () => {
    const { flowModel, FromContext } = await import('@flowmodel/core');
    const { z } = await import('zod');
    const double = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => n * 2);
    class Asks extends Node<Shared, Record<string, unknown>, number, number> {
      override prep(): number {
        return 4;
      }
      override exec(n: number, run: FlowRun): Promise<number> {
        return run.compute(double(), { n });
      }
      override post(shared: Shared, _n: number, output: number): void {
        shared.output = output;
      }
    }
    class Computes extends Node<Shared, Record<string, unknown>, number, number> {
      override prep(): number {
        return 4;
      }
      override exec(n: number): Promise<GenericResult<number>> {
        return double().flow.compute({ n });
      }
      override post(shared: Shared, _n: number, output: number): void {
        shared.output = output;
      }
    }
    for (const node of [new Asks(), new Computes()]) {
      const shared: Shared = { input: 0 };
      await node.run(shared);
      expect(shared.output).toBe(8);
    }
  });
});

describe('defaults of the process', () => {
  afterEach(() => configureFlow({ evaluator: undefined, cache: undefined }));

  test('an evaluator set by configureFlow is around every exec', async () => {
    let evaluations = 0;
    const counts: Evaluator = {
      name: 'counts',
      transparent: true,
      evaluate(_evaluation, next) {
        evaluations++;
        return next();
      },
    };
    configureFlow({ evaluator: counts });
    const first = new Work();
    first.next(new Work({ maxRetries: 2 }));
    const shared: Shared = { input: 1 };
    await new Flow<Shared>(first).run(shared);
    expect(evaluations).toBe(2);
    expect(shared.output).toEqual({ of: 1 });
  });

  test('a cache set by configureFlow is not used for exec: nobody meant it for this node', async () => {
    configureFlow({ cache: memoryCache({ max: 10 }) });
    const node = new Work();
    for (const input of [1, 1, () => 'unhashable']) await node.run({ input });
    expect(node.calls).toHaveLength(3);
  });
});

describe('what exec receives and yields', () => {
  test('the value is neither copied nor frozen on the way to post, plain object or class instance', async () => {
    class Box {
      n = 1;
    }
    const values = [{ list: [1] }, new Box(), [1], new Map()];
    class Yields extends BatchNode<Shared, Record<string, unknown>, object, object> {
      override prep(): object[] {
        return values;
      }
      override exec(item: object): object {
        return item;
      }
      override post(shared: Shared, _items: object[], results: object[]): void {
        shared.output = results;
      }
    }
    const shared: Shared = { input: 0 };
    await new Yields().run(shared);
    (shared.output as unknown[]).forEach((value, i) => {
      expect(value).toBe(values[i]);
      expect(Object.isFrozen(value)).toBe(false);
    });
  });

  test('over a created store an exec that writes to what prep yielded fails instead of changing the store', async () => {
    class Writes extends Node<{ list: number[] }, Record<string, unknown>, number[], number> {
      override prep(shared: { list: number[] }): number[] {
        return shared.list;
      }
      override exec(list: number[]): number {
        return list.push(1);
      }
    }
    await expect(new Writes().run(createStore({ list: [] as number[] }))).rejects.toThrow(TypeError);
  });
});
