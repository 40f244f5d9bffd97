import { BatchFlow, Flow, Node } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { Add, Multiply, rejection, SetTo, warningsOf } from './nodes.ts';
import type { Numbers } from './nodes.ts';

const chain = (first: Node<Numbers>, ...rest: Node<Numbers>[]): Flow<Numbers> => {
  let last = first;
  for (const node of rest) {
    last.next(node);
    last = node;
  }
  return new Flow<Numbers>(first);
};

class Ends extends Node<Numbers> {
  #action: string;
  constructor(action: string) {
    super();
    this.#action = action;
  }
  override post(): string {
    return this.#action;
  }
}

describe('flows in flows', () => {
  test("PF53 a flow's own prep and post run around its graph; its exec never does", async () => {
    const log: string[] = [];
    class Logs extends Node {
      override post(): void {
        log.push('node');
      }
    }
    class Own extends Flow {
      override async prep(): Promise<string> {
        log.push('prep');
        return 'prepared';
      }
      override post(_shared: unknown, prepared: unknown): void {
        log.push(`post ${String(prepared)}`);
      }
    }
    await new Own(new Logs()).run({});
    expect(log).toEqual(['prep', 'node', 'post prepared']);
    expect(() => new Flow(new Logs()).exec()).toThrow(expect.objectContaining({ code: 'DEFINITION' }) as Error);
  });

  test('PF54 a flow as the start of flows: (5 + 10) * 2', async () => {
    const shared: Numbers = { current: 0 };
    await new Flow(new Flow(chain(new SetTo(5), new Add(10), new Multiply(2)))).run(shared);
    expect(shared.current).toBe(30);
  });

  test('PF54 a flow with a successor: (5 + 3) * 4', async () => {
    const inner = chain(new SetTo(5), new Add(3));
    inner.next(new Multiply(4));
    const shared: Numbers = { current: 0 };
    await new Flow(new Flow(inner)).run(shared);
    expect(shared.current).toBe(32);
  });

  test('PF54 a flow after a flow: (10 + 10) * 2', async () => {
    const first = chain(new SetTo(10), new Add(10));
    first.next(chain(new Multiply(2)));
    const shared: Numbers = { current: 0 };
    await new Flow(first).run(shared);
    expect(shared.current).toBe(40);
  });

  test('PF55 PF56 the last action of an inner flow decides where the outer one goes', async () => {
    const inner = new Flow<Numbers>(new Ends('sig'));
    inner.on('sig', new SetTo(1));
    inner.next(new SetTo(2));
    const shared: Numbers = { current: 0 };
    await new Flow(inner).run(shared);
    expect(shared.current).toBe(1);
  });

  test("PF55 C9 a flow's post gets the last action, and what it returns counts", async () => {
    class Renames extends Flow<Numbers> {
      override post(_shared: Numbers, _prep: unknown, last: unknown): string {
        return `renamed ${String(last)}`;
      }
    }
    expect(await new Renames(new Ends('sig')).run({ current: 0 })).toBe('renamed sig');
  });

  test('PF43 a batch flow inside a flow always leaves by default', async () => {
    class Passes extends BatchFlow<Numbers> {
      override prep(): object[] {
        return [{}, {}];
      }
    }
    const batch = new Passes(new Ends('sig'));
    batch.on('sig', new SetTo(1));
    batch.next(new SetTo(2));
    const shared: Numbers = { current: 0 };
    await new Flow(batch).run(shared);
    expect(shared.current).toBe(2);
  });

  test('PF57 the outermost flow does not run its own successors, and warns', async () => {
    const flow = chain(new SetTo(1));
    flow.next(new Add(1));
    const shared: Numbers = { current: 0 };
    const warnings = await warningsOf(() => flow.run(shared));
    expect(shared.current).toBe(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('Flow runs alone');
  });

  test("PF58 the store is the caller's object, changed in place", async () => {
    const handle = new (class Connection {
      open = true;
    })();
    const shared = { current: 0, handle, inner: { list: [1] } };
    class Checks extends Node<typeof shared> {
      override post(given: typeof shared): void {
        expect(given).toBe(shared);
        given.inner.list.push(2);
        given.handle.open = false;
      }
    }
    await new Flow(new Checks()).run(shared);
    expect(shared).toEqual({ current: 0, handle, inner: { list: [1, 2] } });
    expect(handle.open).toBe(false);
  });

  test('a node may stand in several flows, also at the same time', async () => {
    const add = new Add(1);
    const [a, b]: Numbers[] = [{ current: 0 }, { current: 10 }];
    await Promise.all([new Flow(add).run(a!), new Flow(add).run(b!)]);
    expect([a, b]).toEqual([{ current: 1 }, { current: 11 }]);
  });

  test('an item picked in prep may be changed in post, as the store is plain', async () => {
    interface Expenses {
      list: { amount: number; status?: string }[];
    }
    type Expense = Expenses['list'][number] | undefined;
    class Review extends Node<Expenses, Record<string, unknown>, Expense> {
      override prep(shared: Expenses): Expense {
        return shared.list.find(({ status }) => status === undefined);
      }
      override post(_shared: Expenses, expense: Expense): 'paid' | 'revise' | 'finished' {
        if (expense === undefined) return 'finished';
        expense.status = expense.amount > 100 ? 'too much' : 'paid';
        return expense.status === 'paid' ? 'paid' : 'revise';
      }
    }
    class Revise extends Node<Expenses, Record<string, unknown>, Expense> {
      override prep(shared: Expenses): Expense {
        return shared.list.find(({ status }) => status === 'too much');
      }
      override post(_shared: Expenses, expense: Expense): void {
        Object.assign(expense!, { amount: 75, status: undefined });
      }
    }
    const [review, revise] = [new Review(), new Revise()];
    review.on('revise', revise).on('paid', review).on('finished', new Node());
    revise.next(review);
    const shared: Expenses = { list: [{ amount: 50 }, { amount: 200 }] };
    await new Flow(review).run(shared);
    expect(shared.list).toEqual([{ amount: 50, status: 'paid' }, { amount: 75, status: 'paid' }]);
  });

  test.each([[{ maxSteps: 0 }], [{ maxSteps: 1.5 }], [{ timeout: -1 }], [{ reducers: { a: 1 } }], [{ observer: 1 }], [{ evaluator: {} }], [{ maxStep: 5 }]])('options that make no sense are refused: %j', (options) => {
    expect(() => new Flow(new Node(), options as never)).toThrow(expect.objectContaining({ code: 'DEFINITION' }) as Error);
  });

  test.each([[{ wait: -1 }], [{ timeout: 'x' }], [{ cache: {} }], [{ retries: 3 }], [{ name: '' }], [{ version: 1 }]])('so are those of nodes: %j', (options) => {
    expect(() => new Node(options as never)).toThrow(expect.objectContaining({ code: 'DEFINITION' }) as Error);
  });

  test('and those of runs', async () => {
    expect((await rejection(new Node().run({}, { signals: 1 } as never))).code).toBe('DEFINITION');
  });
});
