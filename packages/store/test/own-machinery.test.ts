/** Subclasses that put work of their own in place of ours, as code for the TypeScript port does. It type-checks and runs unchanged. */
import { flowModel, FromContext } from '@flowmodel/core';
import { BaseNode, Flow, fromModel, Node, ParallelBatchNode } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rejection } from './nodes.ts';

type Bag = Record<string, unknown>;
interface Log {
  log: unknown[];
}

/** Writes down its own field and its params. */
class Says extends Node<Log> {
  word: string;
  constructor(word: string) {
    super();
    this.word = word;
  }
  override async post(shared: Log): Promise<string | undefined> {
    shared.log.push([this.word, this._params]);
    return undefined;
  }
}

/** A flow that walks its graph itself, over clones. */
class Walks<S = unknown, P extends Bag = Bag> extends Flow<S, P> {
  visited: string[] = [];
  protected override async _orchestrate(shared: S, params?: P): Promise<void> {
    let current: BaseNode | undefined = this.start.clone();
    while (current !== undefined) {
      current.setParams(params ?? this._params);
      const action = await current._run(shared);
      this.visited.push(current.constructor.name);
      current = current.getNextNode(action)?.clone();
    }
  }
}

describe('walking the graph oneself', () => {
  test('PF5 clones, with params set on each, run in their order', async () => {
    const start = new Says('a');
    start.next(new Says('b'));
    const flow = new Walks<Log>(start).setParams({ p: 1 });
    const shared: Log = { log: [] };
    await flow.run(shared);
    expect(shared.log).toEqual([['a', { p: 1 }], ['b', { p: 1 }]]);
    expect(flow.visited).toEqual(['Says', 'Says']);
  });

  test('around the walk of the base class', async () => {
    const order: string[] = [];
    class Around extends Flow<Log> {
      protected override async _orchestrate(shared: Log, params?: object): Promise<void> {
        order.push('before');
        await super._orchestrate(shared, params);
        order.push('after');
      }
    }
    const shared: Log = { log: [] };
    expect(await new Around(new Says('a')).run(shared)).toBeUndefined();
    expect(order).toEqual(['before', 'after']);
    expect(shared.log).toHaveLength(1);
  });

  test('models as nodes may be cloned, too', async () => {
    const double = flowModel({ name: 'double', inputs: { n: FromContext(z.number()) } }, ({ n }) => n * 2);
    const node = fromModel(double(), { params: (shared: { n: number }) => ({ n: shared.n }), into: 'n' });
    node.next(node.clone());
    const shared = { n: 3 };
    await new Walks(node).run(shared, { signal: AbortSignal.timeout(10_000) });
    expect(shared.n).toBe(12);
  });

  test('what holds for the run holds in such a walk: a signal ends it', async () => {
    const controller = new AbortController();
    let late = false;
    class Aborts extends Node {
      override exec(): void {
        controller.abort();
      }
    }
    class Late extends Node {
      override exec(): void {
        late = true;
      }
    }
    const start = new Aborts();
    start.next(new Late());
    expect((await rejection(new Walks(start).run({}, { signal: controller.signal }))).code).toBe('CANCELLED');
    expect(late).toBe(false);
  });

  test('choosing successors oneself', async () => {
    class Routes extends Node<Log> {
      override getNextNode(action = 'default'): BaseNode | undefined {
        return super.getNextNode(action === 'anywhere' ? 'default' : action);
      }
      override async post(): Promise<string> {
        return 'anywhere';
      }
    }
    const start = new Routes();
    start.next(new Says('next'));
    const shared: Log = { log: [] };
    await new Flow(start).run(shared);
    expect(shared.log).toEqual([['next', {}]]);
  });
});

describe('an _exec of one\'s own', () => {
  test('PF24 it may count its attempts in currentRetry, which exec and the fallback see', async () => {
    abstract class Patient<S = unknown> extends Node<S> {
      override async _exec(prepRes: unknown): Promise<unknown> {
        for (this.currentRetry = 0; this.currentRetry < this.maxRetries; this.currentRetry++) {
          try {
            return await this.exec(prepRes);
          } catch (error) {
            if (this.currentRetry === this.maxRetries - 1) return this.execFallback(prepRes, error as Error);
          }
        }
        return undefined;
      }
    }
    class Fails extends Patient<Log> {
      seen: number[] = [];
      override async exec(): Promise<never> {
        this.seen.push(this.currentRetry);
        throw new Error('no');
      }
      override async execFallback(_prep: unknown, error: Error): Promise<unknown> {
        return [error.message, this.currentRetry];
      }
      override async post(shared: Log, _prep: unknown, result: unknown): Promise<undefined> {
        shared.log.push(this.seen, result);
        return undefined;
      }
    }
    const shared: Log = { log: [] };
    const node = new Fails(3);
    await new Flow(node).run(shared);
    expect(shared.log).toEqual([[0, 1, 2], ['no', 2]]);
    expect(node.currentRetry).toBe(0); // of a pass, and there is none
  });

  test('it may be protected, around that of the base class', async () => {
    class Quotes extends BaseNode<Log> {
      override async prep(): Promise<string> {
        return 'word';
      }
      protected override async _exec(prepRes: unknown): Promise<unknown> {
        return `<${String(await super._exec(prepRes))}>`;
      }
      override async exec(word: unknown): Promise<unknown> {
        return word;
      }
      override async post(shared: Log, _prep: unknown, result: unknown): Promise<undefined> {
        shared.log.push(result);
        return undefined;
      }
    }
    const shared: Log = { log: [] };
    await new Flow(new Quotes()).run(shared);
    expect(shared.log).toEqual(['<word>']);
  });

  test('of a batch: in portions', async () => {
    const underWay: number[] = [];
    class Portions extends ParallelBatchNode<Log> {
      override async _exec(items: unknown[]): Promise<unknown[]> {
        const results: unknown[] = [];
        for (let i = 0; i < items.length; i += 2) results.push(...(await super._exec(items.slice(i, i + 2))));
        return results;
      }
      override async prep(): Promise<number[]> {
        return [1, 2, 3, 4, 5];
      }
      override async exec(n: unknown): Promise<number> {
        underWay.push(1);
        await new Promise((resolve) => setImmediate(resolve));
        expect(underWay.length).toBeLessThanOrEqual(2);
        underWay.pop();
        return (n as number) * 2;
      }
      override async post(shared: Log, _items: unknown[], results: unknown[]): Promise<undefined> {
        shared.log.push(...results);
        return undefined;
      }
    }
    const shared: Log = { log: [] };
    await new Flow(new Portions()).run(shared);
    expect(shared.log).toEqual([2, 4, 6, 8, 10]);
  });
});

describe('params set on the way', () => {
  test('PF33 a flow whose prep sets its params hands those to its nodes', async () => {
    class Chooses extends Flow<Log> {
      override async prep(shared: Log): Promise<void> {
        this.setParams({ chosen: shared.log.length });
      }
    }
    const flow = new Chooses(new Says('a'));
    const shared: Log = { log: [] };
    await flow.run(shared);
    await flow.run(shared);
    expect(shared.log).toEqual([['a', { chosen: 0 }], ['a', { chosen: 1 }]]);
  });

  class Counts extends Node<Log, { n?: number }> {
    override async prep(): Promise<void> {
      this.setParams({ n: (this._params.n ?? 0) + 1 });
    }
    override async post(shared: Log): Promise<undefined> {
      shared.log.push(this._params.n);
      return undefined;
    }
  }

  test('PF39 what a node sets inside a flow holds until its post, and does not persist', async () => {
    const node = new Counts();
    const flow = new Flow<Log, { n?: number }>(node).setParams({ n: 10 });
    const shared: Log = { log: [] };
    await flow.run(shared);
    await flow.run(shared);
    expect(shared.log).toEqual([11, 11]);
    expect([node.params, flow.params]).toEqual([{}, { n: 10 }]);
  });

  test('PF39 also what a second attempt of exec sets, and the prep of a flow with a time limit', async () => {
    class Second extends Node<Log, { n?: number }> {
      override async exec(): Promise<void> {
        if (this.currentRetry === 0) throw new Error('again');
        this.setParams({ n: 2 });
      }
      override async post(shared: Log): Promise<undefined> {
        shared.log.push(this._params.n);
        return undefined;
      }
    }
    class Limited extends Flow<Log> {
      override async prep(): Promise<void> {
        this.setParams({ n: 3 });
      }
      override async post(shared: Log): Promise<undefined> {
        shared.log.push(this._params['n']);
        return undefined;
      }
    }
    const shared: Log = { log: [] };
    await new Second(2).run(shared);
    const flow = new Limited(new Says('inside'), { timeout: 10_000 });
    await flow.run(shared);
    expect(shared.log).toEqual([2, ['inside', { n: 3 }], 3]);
    expect(flow.params).toEqual({ n: 3 });
  });

  test('PF38 what a node that runs alone sets is its own, and stays', async () => {
    const node = new Counts();
    const shared: Log = { log: [] };
    await node.run(shared);
    await node.run(shared);
    expect(shared.log).toEqual([1, 2]);
    expect(node.params).toEqual({ n: 2 });
  });

  test('PF39 also where that node runs inside a phase of another', async () => {
    const inner = new Counts();
    class Outer extends Node<Log> {
      override async post(shared: Log): Promise<undefined> {
        await inner.run(shared);
        return undefined;
      }
    }
    await new Flow<Log>(new Outer()).setParams({ n: 10 }).run({ log: [] });
    expect(inner.params).toEqual({ n: 1 });
  });

  test("PF32 the port's field can be assigned, which copies as setParams does", async () => {
    const given = { list: [1] };
    class Given extends Node<Log> {
      constructor(params: Bag) {
        super();
        this._params = params;
      }
    }
    const node = new Given(given);
    given.list.push(2);
    expect(node.params).toEqual({ list: [1] });
  });
});
