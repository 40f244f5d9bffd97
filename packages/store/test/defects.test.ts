/** What users of the references complain about, and what is there instead. PF-X1 is in retry.test.ts. */
import { compose, flowModel, FromContext, limitConcurrency, retry } from '@flowmodel/core';
import type { Evaluator, FlowEvent } from '@flowmodel/core';
import { BatchFlow, BatchNode, createStore, Flow, fromModel, Node, ParallelBatchFlow, ParallelBatchNode } from '@flowmodel/store';
import type { NodeOptions } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { gate, impatientClock, rejection, settled } from './nodes.ts';

interface Items {
  results?: unknown;
}

class Five extends BatchNode<Items, Record<string, unknown>, number, string> {
  override prep(): number[] {
    return [1, 2, 3, 4, 5];
  }
  override exec(n: number): string {
    if (n === 3) throw new Error('item 3');
    return `ok ${n}`;
  }
  override post(shared: Items, _items: number[], results: string[]): void {
    shared.results = results;
  }
}

describe('complaints', () => {
  test('PF-X2 the keys of the store are typed, so a node that misspells one, or a store that lacks one, does not compile', () => {
    interface Store {
      text: string;
    }
    class Reads extends Node<Store, Record<string, unknown>, string> {
      override prep(shared: Store): string {
        // @ts-expect-error there is no 'txt'
        return (shared.txt as string | undefined) ?? shared.text;
      }
    }
    // @ts-expect-error 'text' is missing
    expect(() => new Flow(new Reads()).run({})).not.toThrow();
  });

  test('PF-X3 different things in parallel, and a barrier behind them: a DAG as a node', async () => {
    const log: string[] = [];
    const opened = { left: gate(), right: gate() };
    const side = (name: 'left' | 'right') =>
      flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }) => {
        log.push(`${name} begins`);
        await opened[name].promise;
        log.push(`${name} ends`);
        return n;
      });
    const both = flowModel({ inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => {
      log.push('both');
      return left + right;
    });
    const node = fromModel(both({ left: side('left')(), right: side('right')() }), { params: (shared: { n: number; sum?: number }) => ({ n: shared.n }), into: 'sum' });
    const store = createStore<{ n: number; sum?: number }>({ n: 4 });
    const done = node.run(store);
    await settled();
    opened.right.resolve();
    await settled();
    opened.left.resolve();
    await done;
    expect(log).toEqual(['left begins', 'right begins', 'right ends', 'left ends', 'both']);
    expect(store.state.sum).toBe(8);
  });

  test('PF-X4 nodes and flows have names of their own, and a run can be traced', async () => {
    const events: FlowEvent[] = [];
    class Same extends Node {}
    const [first, second] = [new Same({ name: 'first' }), new Same({ name: 'second' })];
    first.next(second);
    await new Flow(first, { name: 'flow' }).setParams({ day: 1 }).run({}, { observer: (event) => void events.push(event) });
    expect(events.filter(({ type }) => type === 'node:start').map((event) => [event.path.join('.'), 'inputs' in event && event.inputs])).toEqual([
      ['flow.first', { params: { day: 1 } }],
      ['flow.second', { params: { day: 1 } }],
    ]);
  });

  test('PF-X5 one of five items fails: post does not run, or gets what the fallback of that item yields', async () => {
    const shared: Items = {};
    await expect(new Five().run(shared)).rejects.toThrow('item 3');
    expect(shared).toEqual({});
    class Collects extends Five {
      override execFallback(n: number, error: Error): string {
        return `failed ${n}: ${error.message}`;
      }
    }
    await new Collects().run(shared);
    expect(shared.results).toEqual(['ok 1', 'ok 2', 'failed 3: item 3', 'ok 4', 'ok 5']);
  });

  test('PF-X6 the start node gets its params like every other', async () => {
    const seen: unknown[] = [];
    class Sees extends Node<object, { id: number }> {
      override prep(): void {
        seen.push(this.params);
      }
    }
    class Passes extends BatchFlow<object> {
      override prep(): object[] {
        return [{ id: 1 }];
      }
    }
    const start = new Sees();
    start.next(new Sees()).next(new Sees());
    await new Passes(start).run({});
    expect(seen).toEqual([{ id: 1 }, { id: 1 }, { id: 1 }]);
  });

  test('PF-X7 an evaluator limits how many items run at once', async () => {
    let working = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const two: Evaluator = {
      name: 'two at once',
      transparent: true,
      async evaluate(_evaluation, next) {
        if (working === 2) await new Promise<void>((resolve) => void waiting.push(resolve));
        working++;
        try {
          return await next();
        } finally {
          working--;
          waiting.shift()?.();
        }
      },
    };
    class Each extends ParallelBatchNode<Items, Record<string, unknown>, number, number> {
      override prep(): number[] {
        return [1, 2, 3, 4, 5];
      }
      override async exec(n: number): Promise<number> {
        most = Math.max(most, working);
        await settled();
        return n;
      }
      override post(shared: Items, _items: number[], results: number[]): void {
        shared.results = results;
      }
    }
    const shared: Items = {};
    await new Each({ evaluator: two }).run(shared);
    expect(shared.results).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  test('PF-X7 what the core limits per run is limited per run of a flow: over items, passes and nodes', async () => {
    let working = 0;
    let most = 0;
    class Each extends ParallelBatchNode<Items, { pass?: number }, number, number> {
      override prep(): number[] {
        return [1, 2, 3, 4, 5];
      }
      override async exec(n: number): Promise<number> {
        most = Math.max(most, ++working);
        await settled();
        working--;
        if (this.currentRetry === 0) throw new Error('again');
        return n;
      }
    }
    class Three extends ParallelBatchFlow<Items, { pass?: number }> {
      override prep(): object[] {
        return [{ pass: 0 }, { pass: 1 }, { pass: 2 }];
      }
    }
    const mostOf = async (work: () => Promise<unknown>): Promise<number> => {
      most = 0;
      await work();
      return most;
    };
    const flow = (options: NodeOptions): Three => new Three(new Each({ maxRetries: 2, ...options }));
    const two = limitConcurrency(2);
    expect(await mostOf(() => flow({ evaluator: two }).run({}))).toBe(2);
    expect(await mostOf(() => flow({ evaluator: compose(retry({ attempts: 2 }), two) }).run({}))).toBe(2);
    expect(await mostOf(() => new Flow<Items>(flow({}), { evaluator: two }).run({}))).toBe(2);
    expect(await mostOf(() => flow({}).run({}, { evaluator: two }))).toBe(2);
    expect(await mostOf(() => Promise.all([flow({ evaluator: two }).run({}), flow({ evaluator: two }).run({})]))).toBe(4);
    expect(await mostOf(() => flow({}).run({}))).toBe(15);
  });

  test('PF-X8 waits may grow: retry as the evaluator of a node', async () => {
    const waits: number[] = [];
    const clock = impatientClock(waits);
    class Fails extends Node {
      override exec(): never {
        throw new Error('always');
      }
    }
    await expect(new Fails({ evaluator: retry({ attempts: 4, delay: 100, backoff: 2 }) }).run({}, { clock })).rejects.toThrow('always');
    expect(waits).toEqual([100, 200, 400]);
  });

  test('PF-X8 cancellation, a time limit and a step limit are there', async () => {
    class Again extends Node {
      override post(): 'again' {
        return 'again';
      }
    }
    const again = new Again();
    again.on('again', again);
    const codes = await Promise.all([
      rejection(new Flow(again).run({}, { signal: AbortSignal.abort() })),
      rejection(new Flow(again, { maxSteps: 10 }).run({})),
      rejection(new Flow(new (class extends Node {
        override exec(): Promise<never> {
          return new Promise(() => {});
        }
      })(), { timeout: 1 }).run({})),
    ]);
    expect(codes.map(({ code }) => code)).toEqual(['CANCELLED', 'MAX_STEPS', 'TIMEOUT']);
  });
});
