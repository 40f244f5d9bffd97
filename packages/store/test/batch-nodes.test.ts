import { GenericResult } from '@flowmodel/core';
import { BatchNode, Flow, Node, ParallelBatchNode } from '@flowmodel/store';
import type { Items } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { gate, rejection, settled } from './nodes.ts';

interface Shared {
  numbers?: number[] | undefined;
  results?: unknown;
  items?: unknown;
  total?: number;
}

class Chunks extends BatchNode<Shared, Record<string, unknown>, number[], number> {
  #size: number;
  constructor(size: number) {
    super();
    this.#size = size;
  }
  override prep({ numbers = [] }: Shared): number[][] {
    return Array.from({ length: Math.ceil(numbers.length / this.#size) }, (_, i) => numbers.slice(i * this.#size, (i + 1) * this.#size));
  }
  override async exec(chunk: number[]): Promise<number> {
    return chunk.reduce((a, b) => a + b, 0);
  }
  override post(shared: Shared, _chunks: number[][], sums: number[]): 'summed' {
    shared.results = sums;
    return 'summed';
  }
}

/** Yields what it is given, doubles each item. */
class Doubles extends BatchNode<Shared, Record<string, unknown>, number, number> {
  #items: unknown;
  constructor(items: unknown) {
    super();
    this.#items = items;
  }
  override prep(): Items<number> {
    return this.#items as Items<number>;
  }
  override exec(item: number): number {
    return item * 2;
  }
  override post(shared: Shared, items: number[], results: number[]): void {
    shared.items = items;
    shared.results = results;
  }
}

class ParallelDoubles extends ParallelBatchNode<Shared, Record<string, unknown>, number, number> {
  override prep({ numbers }: Shared): Items<number> {
    return numbers;
  }
  override async exec(item: number): Promise<number> {
    await Promise.resolve();
    return item * 2;
  }
  override post(shared: Shared, _items: number[], results: number[]): void {
    shared.results = results;
  }
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('batch nodes', () => {
  test('PF27 exec runs per item and in order, post gets the results in order: 25 numbers in chunks of 10', async () => {
    const shared: Shared = { numbers: upTo(25) };
    await new Chunks(10).run(shared);
    expect(shared.results).toEqual([45, 145, 110]);
  });

  test('PF27 map and reduce: the numbers below 100 sum up to 4950', async () => {
    class Reduce extends Node<Shared> {
      override post(shared: Shared): void {
        shared.total = (shared.results as number[]).reduce((a, b) => a + b, 0);
      }
    }
    const map = new Chunks(7);
    map.on('summed', new Reduce());
    const shared: Shared = { numbers: upTo(100) };
    await new Flow(map).run(shared);
    expect(shared.total).toBe(4950);
  });

  test('PF27 items are computed one after the other', async () => {
    const log: string[] = [];
    class Logs extends BatchNode<Shared, Record<string, unknown>, number, void> {
      override prep(): number[] {
        return [3, 1];
      }
      override async exec(n: number): Promise<void> {
        log.push(`start ${n}`);
        for (let i = 0; i < n; i++) await Promise.resolve();
        log.push(`end ${n}`);
      }
    }
    await new Logs().run({});
    expect(log).toEqual(['start 3', 'end 3', 'start 1', 'end 1']);
  });

  test('PF28 retries and fallback are per item', async () => {
    const calls: number[] = [];
    class Each extends BatchNode<Shared, Record<string, unknown>, number, string> {
      override prep(): number[] {
        return [1, 2];
      }
      override exec(item: number): string {
        calls.push(item);
        if (item === 1 && this.currentRetry < 2) throw new Error('not yet');
        if (item === 2) throw new Error('never');
        return `${item} on attempt ${this.currentRetry + 1}`;
      }
      override execFallback(item: number, error: Error): string {
        return `${item}: ${error.message}`;
      }
      override post(shared: Shared, _items: number[], results: string[]): void {
        shared.results = results;
      }
    }
    const shared: Shared = {};
    await new Each(3).run(shared);
    expect(calls).toEqual([1, 1, 1, 2, 2, 2]);
    expect(shared.results).toEqual(['1 on attempt 3', '2: never']);
  });

  test.each([['nothing', undefined], ['null', null], ['an empty list', []]])('PF29 %s means no items, and post still runs', async (_, items) => {
    const shared: Shared = {};
    await new Doubles(items).run(shared);
    expect(shared.results).toEqual([]);
    const parallel: Shared = { numbers: items as undefined };
    await new ParallelDoubles().run(parallel);
    expect(parallel.results).toEqual([]);
  });

  test.each<[string, () => Iterable<number>]>([
    ['a Set', () => new Set([1, 2])],
    ['a generator', function* generate() {
      yield 1;
      yield 2;
    }],
    ['the keys of a Map', () => new Map([[1, 'a'], [2, 'b']]).keys()],
    ['a typed array', () => new Uint8Array([1, 2])],
  ])('PF30 prep may yield any iterable: %s; post gets an array', async (_, items) => {
    const shared: Shared = {};
    await new Doubles(items()).run(shared);
    expect(shared.items).toEqual([1, 2]);
    expect(shared.results).toEqual([2, 4]);
  });

  test.each([['a string', 'ab', 'string'], ['a number', 3, 'number'], ['an object', { a: 1 }, 'Object'], ['false', false, 'boolean']])('PF30 %s is an error that says what it is', async (_, items, type) => {
    const error = await rejection(new Doubles(items).run({}));
    expect(error.code).toBe('INVALID_RESULT');
    expect(error.message).toContain('Doubles.prep');
    expect(error.message).toContain(type);
  });

  test('PF30 the same goes for what an async prep yields', async () => {
    class Later extends Doubles {
      override prep(): never {
        return Promise.resolve(super.prep()) as never; // as if it were async
      }
    }
    const shared: Shared = {};
    await new Later(new Set([1, 2])).run(shared);
    expect([shared.items, shared.results]).toEqual([[1, 2], [2, 4]]);
    expect((await rejection(new Later('ab').run({}))).code).toBe('INVALID_RESULT');
  });

  test('PF30 an array reaches post as the same object', async () => {
    const items = [1];
    const shared: Shared = {};
    await new Doubles(items).run(shared);
    expect(shared.items).toBe(items);
  });

  test('PF31 an item that fails for good ends the batch: later items do not run, post neither', async () => {
    const ran: number[] = [];
    class Fails extends Doubles {
      override exec(item: number): number {
        ran.push(item);
        if (item === 2) throw new Error('item 2');
        return item;
      }
    }
    const shared: Shared = {};
    await expect(new Fails([1, 2, 3]).run(shared)).rejects.toThrow('item 2');
    expect(ran).toEqual([1, 2]);
    expect(shared).toEqual({});
  });
});

describe.each([['BatchNode', BatchNode], ['ParallelBatchNode', ParallelBatchNode]] as const)('%s', (_, Base) => {
  test('an item that is what a model computed goes on as its value', async () => {
    class Boxes extends (Base as typeof BatchNode<Shared, Record<string, unknown>, number, number>) {
      override prep(): number[] {
        return [1, 2];
      }
      override exec(item: number): GenericResult<number> {
        return new GenericResult(item * 2);
      }
      override post(shared: Shared, _items: number[], results: number[]): void {
        shared.results = results;
      }
    }
    const shared: Shared = {};
    await new Boxes().run(shared);
    expect(shared.results).toEqual([2, 4]);
  });
});

describe('parallel batch nodes', () => {
  test('PF48 all items start at once, and results keep the order of the items', async () => {
    const started: number[] = [];
    const gates = upTo(5).map(() => gate());
    class Gated extends ParallelDoubles {
      override async exec(item: number): Promise<number> {
        started.push(item);
        await gates[item]!.promise;
        return item * 2;
      }
    }
    const shared: Shared = { numbers: upTo(5) };
    const done = new Gated().run(shared);
    await settled();
    expect(started).toEqual([0, 1, 2, 3, 4]);
    for (const gate of gates.toReversed()) gate.resolve();
    await done;
    expect(shared.results).toEqual([0, 2, 4, 6, 8]);
  });

  test('PF-X1 PF24 an item in its first attempt knows nothing of the second one of another', async () => {
    const retried = gate();
    const seen: Record<number, number[]> = { 1: [], 2: [] };
    class Each extends ParallelDoubles {
      override async exec(item: number): Promise<number> {
        if (item === 1 && this.currentRetry === 0) throw new Error('again');
        if (item === 1) retried.resolve();
        await retried.promise;
        seen[item]!.push(this.currentRetry);
        return item;
      }
    }
    await new Each(2).run({ numbers: [1, 2] });
    expect(seen).toEqual({ 1: [1], 2: [0] });
  });

  test('PF48 a hundred items', async () => {
    const shared: Shared = { numbers: upTo(100) };
    await new ParallelDoubles().run(shared);
    expect(shared.results).toEqual(upTo(100).map((n) => n * 2));
  });

  test('PF49 the first failure is the node\'s; over a plain object the other items go on', async () => {
    const opened = gate();
    const finished: number[] = [];
    class Mixed extends ParallelDoubles {
      override async exec(item: number): Promise<number> {
        if (item === 1) throw new Error('item 1');
        await opened.promise;
        finished.push(item);
        return item;
      }
    }
    await expect(new Mixed().run({ numbers: [0, 1, 2] })).rejects.toThrow('item 1');
    expect(finished).toEqual([]);
    opened.resolve();
    await settled();
    expect(finished).toEqual([0, 2]);
  });
});
