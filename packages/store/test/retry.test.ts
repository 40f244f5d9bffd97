import { Flow, Node, ParallelBatchNode } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { rejection } from './nodes.ts';

interface Result {
  result?: unknown;
}

/** Fails so many times. */
class Flaky extends Node<Result, Record<string, unknown>, string, string> {
  calls = 0;
  preps = 0;
  #failures: number;
  constructor(failures: number, ...args: ConstructorParameters<typeof Node>) {
    super(...args);
    this.#failures = failures;
  }
  override prep(): string {
    this.preps++;
    return 'input';
  }
  override async exec(input: string): Promise<string> {
    if (this.calls++ < this.#failures) throw new Error(`failure ${this.calls}`);
    return `${input} after ${this.calls}`;
  }
  override post(shared: Result, _input: string, result: string): void {
    shared.result = result;
  }
}

class WithFallback extends Flaky {
  override execFallback(input: string, error: Error): string {
    return `fallback of ${input}: ${error.message}`;
  }
}

/** A clock that notes what it is asked to wait for, and does not wait. */
const noting = (waits: number[]): { now(): number; setTimeout(callback: () => void, ms: number): unknown; clearTimeout(timer: unknown): void } => ({
  now: () => 0,
  setTimeout: (callback, ms) => {
    waits.push(ms);
    queueMicrotask(callback);
    return undefined;
  },
  clearTimeout: () => {},
});

describe('retry, wait, fallback', () => {
  test('PF17 maxRetries counts all attempts: 3 means three calls of exec, then the fallback', async () => {
    const node = new WithFallback(9, 3);
    const shared: Result = {};
    await node.run(shared);
    expect(node.calls).toBe(3);
    expect(shared.result).toBe('fallback of input: failure 3');
  });

  test('PF17 one attempt by default', async () => {
    const node = new Flaky(1);
    await expect(node.run({})).rejects.toThrow('failure 1');
    expect(node.calls).toBe(1);
  });

  test('PF18 only exec is retried: a prep that throws runs once and ends the run', async () => {
    let preps = 0;
    class Bad extends Node {
      override prep(): void {
        preps++;
        throw new Error('no input');
      }
    }
    await expect(new Bad(5).run({})).rejects.toThrow('no input');
    expect(preps).toBe(1);
    const node = new Flaky(2, 3);
    await node.run({});
    expect(node.preps).toBe(1);
  });

  test('PF19 wait is in seconds and between attempts only: three attempts wait twice', async () => {
    const waits: number[] = [];
    const node = new WithFallback(9, 3, 0.05);
    await node.run({}, { clock: noting(waits) });
    expect(waits).toEqual([50, 50]);
  });

  test("PF20 the fallback's value is what post gets", async () => {
    const node = new WithFallback(9, 2);
    const shared: Result = {};
    await new Flow(node).run(shared);
    expect(node.calls).toBe(2);
    expect(shared.result).toBe('fallback of input: failure 2');
  });

  test('PF20 the fallback may be asynchronous', async () => {
    class Later extends Flaky {
      override async execFallback(): Promise<string> {
        await Promise.resolve();
        return 'later';
      }
    }
    const shared: Result = {};
    await new Later(9, 2).run(shared);
    expect(shared.result).toBe('later');
  });

  test('PF21 without a fallback the original error comes out, and post is not called', async () => {
    const original = new TypeError('the one');
    class Throws extends Node<Result> {
      override exec(): never {
        throw original;
      }
      override post(shared: Result): void {
        shared.result = 'post';
      }
    }
    const shared: Result = {};
    expect(await rejection(new Throws(2).run(shared))).toBe(original);
    expect(shared).toEqual({});
  });

  test('PF22 success needs no fallback, and eventual success is a success', async () => {
    const [once, twice] = [new WithFallback(0, 1), new WithFallback(1, 3)];
    const shared: Result = {};
    await once.run(shared);
    expect([once.calls, shared.result]).toEqual([1, 'input after 1']);
    await twice.run(shared);
    expect([twice.calls, shared.result]).toEqual([2, 'input after 2']);
  });

  test.each([['network', 'try the mirror'], ['disk', 'give up']])('PF23 a fallback can tell errors apart: %s', async (message, outcome) => {
    class Handles extends Node<Result> {
      override exec(): never {
        throw new Error(message);
      }
      override execFallback(_: unknown, error: Error): string {
        return error.message === 'network' ? 'try the mirror' : 'give up';
      }
      override post(shared: Result, _: unknown, result: unknown): void {
        shared.result = result;
      }
    }
    const shared: Result = {};
    await new Handles().run(shared);
    expect(shared.result).toBe(outcome);
  });

  test('PF24 currentRetry is the number of the attempt, from 0 up', async () => {
    const seen: number[] = [];
    class Looks extends Node {
      override async exec(): Promise<void> {
        seen.push(this.currentRetry);
        await Promise.resolve();
        seen.push(this.currentRetry);
        if (this.currentRetry < 2) throw new Error('again');
      }
    }
    const node = new Looks(3);
    await node.run({});
    expect(seen).toEqual([0, 0, 1, 1, 2, 2]);
    expect(node.currentRetry).toBe(0);
  });

  test.each([['a string'], [42], [null]])('PF25 whatever is thrown is retried and reaches the fallback: %j', async (thrown) => {
    let calls = 0;
    class Throws extends Node<Result> {
      override exec(): never {
        calls++;
        throw thrown; // oxlint-disable-line typescript/only-throw-error -- that is the case
      }
      override execFallback(_: unknown, error: unknown): unknown {
        return { caught: error };
      }
      override post(shared: Result, _: unknown, result: unknown): void {
        shared.result = result;
      }
    }
    const shared: Result = {};
    await new Throws(2).run(shared);
    expect([calls, shared.result]).toEqual([2, { caught: thrown }]);
  });

  test.each([[0], [-1], [1.5], [Number.NaN]])('PF26 %d attempts are refused: exec would never run', (maxRetries) => {
    expect(() => new Node(maxRetries)).toThrow(expect.objectContaining({ code: 'DEFINITION' }) as Error);
    expect(() => new Node({ maxRetries })).toThrow(expect.objectContaining({ code: 'DEFINITION' }) as Error);
  });

  test('PF26 also where the field was set afterwards', async () => {
    class Late extends Node {
      override maxRetries = 0;
      override exec(): number {
        return 1;
      }
    }
    expect((await rejection(new Late().run({}))).code).toBe('DEFINITION');
  });

  test('maxRetries and wait may be fields of the class', async () => {
    class Fields extends Flaky {
      override maxRetries = 3;
    }
    const node = new Fields(2);
    await node.run({});
    expect(node.calls).toBe(3);
    node.calls = 0;
    node.maxRetries = 2;
    await expect(node.run({})).rejects.toThrow('failure 2');
  });

  test('PF-X1 attempts are counted per item, also where items run at the same time', async () => {
    const attempts = new Map<number, number[]>();
    class Each extends ParallelBatchNode<Result, Record<string, unknown>, number, string> {
      override prep(): number[] {
        return [1, 2, 3];
      }
      override async exec(item: number): Promise<string> {
        attempts.set(item, [...(attempts.get(item) ?? []), this.currentRetry]);
        await Promise.resolve();
        if (this.currentRetry < item - 1) throw new Error('not yet');
        return `${item} ok`;
      }
      override execFallback(item: number): string {
        return `${item} failed`;
      }
      override post(shared: Result, _items: number[], results: string[]): void {
        shared.result = results;
      }
    }
    const shared: Result = {};
    await new Each(2).run(shared);
    expect(shared.result).toEqual(['1 ok', '2 ok', '3 failed']);
    expect([...attempts]).toEqual([[1, [0]], [2, [0, 1]], [3, [0, 1]]]);
  });
});
