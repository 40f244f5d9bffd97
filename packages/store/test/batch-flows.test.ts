import { BatchFlow, Flow, Node, ParallelBatchFlow } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { gate, rejection, settled } from './nodes.ts';

interface Shared {
  input: Record<string, number>;
  out: Record<string, number>;
  done?: unknown;
}
interface Item {
  key: string;
  factor?: number;
}

class Scale extends Node<Shared, Item, number, number> {
  override prep(shared: Shared): number {
    return shared.input[this.params.key] ?? 0;
  }
  override async exec(n: number): Promise<number> {
    return n * (this.params.factor ?? 2);
  }
  override post(shared: Shared, _n: number, scaled: number): void {
    shared.out[this.params.key] = scaled;
  }
}

const each = (Base: typeof BatchFlow, items: (shared: Shared) => unknown) =>
  class extends (Base as typeof BatchFlow<Shared>) {
    override async prep(shared: Shared): Promise<object[]> {
      return items(shared) as object[];
    }
  };

const keys = (shared: Shared): Item[] => Object.keys(shared.input).map((key) => ({ key }));

describe.each([['BatchFlow', BatchFlow], ['ParallelBatchFlow', ParallelBatchFlow]] as const)('%s', (_, Base) => {
  test('PF40 PF50 the graph runs once for each item', async () => {
    const shared: Shared = { input: { a: 1, b: 2, c: 3 }, out: {} };
    await new (each(Base, keys))(new Scale()).run(shared);
    expect(shared.out).toEqual({ a: 2, b: 4, c: 6 });
  });

  test('PF41 items may carry more', async () => {
    const shared: Shared = { input: { a: 1, b: 2, c: 3 }, out: {} };
    await new (each(Base, (s) => keys(s).map((item, i) => ({ ...item, factor: i + 1 }))))(new Scale()).run(shared);
    expect(shared.out).toEqual({ a: 1, b: 4, c: 9 });
  });

  test.each([['null', null], ['nothing', undefined], ['an empty list', []]])('PF42 %s means no pass, and post still runs', async (_name, list) => {
    class Posts extends each(Base, () => list) {
      override post(shared: Shared, passes: unknown): void {
        shared.done = { passes };
      }
    }
    const shared: Shared = { input: {}, out: {} };
    await new Posts(new Scale()).run(shared);
    expect(shared.done).toEqual({ passes: list });
  });

  test('PF43 post gets the list and no actions, and the default action of a batch flow is none', async () => {
    const got: unknown[] = [];
    class Acts extends Node<Shared> {
      override post(): string {
        return 'lost';
      }
    }
    class Posts extends each(Base, keys) {
      override post(_shared: Shared, passes: readonly object[], none: unknown): void {
        got.push(passes, none);
      }
    }
    const shared: Shared = { input: { a: 1 }, out: {} };
    await new Posts(new Acts()).run(shared);
    expect(got).toEqual([[{ key: 'a' }], undefined]);
    expect(await new (each(Base, keys))(new Acts()).run(shared)).toBeUndefined();
  });

  test.each<[string, unknown[], RegExp]>([
    ['numbers', [{ key: 'a' }, 1, 2], /\[1\] is number, \[2\] is number/],
    ['strings', ['ab'], /\[0\] is string/],
    ['null', [null], /\[0\] is null/],
    ['arrays', [{ key: 'a' }, [7, 8]], /\[1\] is array/],
    ['instances', [new Date(0)], /\[0\] is Date/],
    ['holes', new Array<unknown>(2), /\[0\] is undefined, \[1\] is undefined/],
  ])('PF45 %s among the items are an error that names every index and type; nothing has run', async (_name, items, message) => {
    const shared: Shared = { input: { a: 1 }, out: {} };
    const error = await rejection(new (each(Base, () => items))(new Scale()).run(shared));
    expect(error.code).toBe('INVALID_CONTEXT');
    expect(error.message).toMatch(message);
    expect(shared.out).toEqual({});
  });

  test('PF45 of many bad items ten are named, and all are in the details', async () => {
    const errorOf = (count: number) => rejection(new (each(Base, () => Array.from({ length: count }, (_one, i) => i)))(new Scale()).run({ input: {}, out: {} }));
    expect((await errorOf(10)).message).toMatch(/\[9\] is number\. /);
    const error = await errorOf(12);
    expect(error.message).toMatch(/\[9\] is number and 2 more are not\. /);
    expect(error.details!['items']).toHaveLength(12);
  });

  test.each([['a string', 'xy', 'string'], ['a number', 1, 'number'], ['an object', { key: 'a' }, 'Object']])('PF45 %s instead of a list is an error', async (_name, list, type) => {
    const error = await rejection(new (each(Base, () => list))(new Scale()).run({ input: {}, out: {} }));
    expect(error.code).toBe('INVALID_CONTEXT');
    expect(error.message).toContain(`got ${type}`);
  });

  test('PF46 all passes share the store', async () => {
    const stores = new Set<unknown>();
    class Keeps extends Node<Shared> {
      override post(shared: Shared): void {
        stores.add(shared);
      }
    }
    const shared: Shared = { input: { a: 1, b: 2 }, out: {} };
    await new (each(Base, keys))(new Keeps()).run(shared);
    expect([...stores]).toEqual([shared]);
    expect(stores.has(shared)).toBe(true);
  });
});

describe('one after the other, or at once', () => {
  /** Notes where a pass is. */
  const logging = (log: string[]): Flow<Shared> => {
    class Step extends Node<Shared, Item> {
      #name: string;
      constructor(name: string) {
        super();
        this.#name = name;
      }
      override async exec(): Promise<void> {
        log.push(`${this.params.key}${this.#name}`);
        await Promise.resolve();
      }
    }
    const first = new Step('1');
    first.next(new Step('2'));
    return new Flow<Shared>(first);
  };

  test('PF40 a batch flow restarts at the start for each item', async () => {
    const log: string[] = [];
    await new (each(BatchFlow, keys))(logging(log)).run({ input: { a: 1, b: 1 }, out: {} });
    expect(log).toEqual(['a1', 'a2', 'b1', 'b2']);
  });

  test('PF50 PF51 passes of a parallel one run at once, each strictly in sequence', async () => {
    const log: string[] = [];
    await new (each(ParallelBatchFlow, keys))(logging(log)).run({ input: { a: 1, b: 1 }, out: {} });
    expect(log).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  test('PF44 a failure ends the remaining passes, and what was written stays', async () => {
    class Fails extends Scale {
      override post(shared: Shared, n: number, scaled: number): void {
        if (this.params.key === 'b') throw new Error('key b');
        super.post(shared, n, scaled);
      }
    }
    const shared: Shared = { input: { a: 1, b: 2, c: 3 }, out: {} };
    await expect(new (each(BatchFlow, keys))(new Fails()).run(shared)).rejects.toThrow('key b');
    expect(shared.out).toEqual({ a: 2 });
  });

  test('PF49 the first failure is the flow\'s; over a plain object the other passes go on', async () => {
    const opened = gate();
    class Fails extends Scale {
      override async exec(n: number): Promise<number> {
        if (this.params.key === 'b') throw new Error('key b');
        await opened.promise;
        return n;
      }
    }
    const shared: Shared = { input: { a: 1, b: 2 }, out: {} };
    await expect(new (each(ParallelBatchFlow, keys))(new Fails()).run(shared)).rejects.toThrow('key b');
    expect(shared.out).toEqual({});
    opened.resolve();
    await settled();
    expect(shared.out).toEqual({ a: 1 });
  });

  test('PF47 synchronous and asynchronous nodes mix', async () => {
    class Sync extends Node<Shared, Item> {
      override post(shared: Shared): void {
        shared.out[this.params.key]! += 1;
      }
    }
    const scale = new Scale();
    scale.next(new Sync());
    const shared: Shared = { input: { a: 1, b: 2 }, out: {} };
    await new (each(ParallelBatchFlow, keys))(scale).run(shared);
    expect(shared.out).toEqual({ a: 3, b: 5 });
  });

  test('PF50 batches of numbers, one pass each', async () => {
    const batches = [[1, 2, 3], [4, 5, 6], [7, 8, 9]];
    class Doubles extends Node<{ out: Record<number, number[]> }, { batch: number }, number[], number[]> {
      override prep(): number[] {
        return batches[this.params.batch]!;
      }
      override async exec(numbers: number[]): Promise<number[]> {
        return numbers.map((n) => n * 2);
      }
      override post(shared: { out: Record<number, number[]> }, _: number[], doubled: number[]): void {
        shared.out[this.params.batch] = doubled;
      }
    }
    class All extends ParallelBatchFlow<{ out: Record<number, number[]> }> {
      override prep(): object[] {
        return batches.map((_, batch) => ({ batch }));
      }
    }
    const shared = { out: {} };
    await new All(new Doubles()).run(shared);
    expect(shared.out).toEqual({ 0: [2, 4, 6], 1: [8, 10, 12], 2: [14, 16, 18] });
  });

  test('PF52 nested parallel flows keep the params of their passes apart', async () => {
    interface Groups {
      out: Record<string, number[]>;
    }
    class Put extends Node<Groups, { group: string; n: number }> {
      override async post(shared: Groups): Promise<void> {
        await Promise.resolve();
        (shared.out[this.params.group] ??= []).push(this.params.n);
      }
    }
    class Inner extends ParallelBatchFlow<Groups, { group: string }> {
      override prep(): object[] {
        return this.params.group === 'A' ? [{ n: 2 }, { n: 4 }] : [{ n: 6 }, { n: 8 }];
      }
    }
    class Outer extends ParallelBatchFlow<Groups> {
      override prep(): object[] {
        return [{ group: 'A' }, { group: 'B' }];
      }
    }
    const shared: Groups = { out: {} };
    await new Outer(new Inner(new Put())).run(shared);
    expect(Object.fromEntries(Object.entries(shared.out).map(([group, ns]) => [group, ns.toSorted((a, b) => a - b)]))).toEqual({ A: [2, 4], B: [6, 8] });
  });
});
