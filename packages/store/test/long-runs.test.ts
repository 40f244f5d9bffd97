import { createStore, Flow, Node, ParallelBatchFlow } from '@flowmodel/store';
import type { Store } from '@flowmodel/store';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

interface Loop {
  n: number;
  heap?: number[];
}

/** Counts up, and notes the heap now and then. */
class Counts extends Node<Loop, Record<string, unknown>, number, number> {
  readonly #upTo: number;
  readonly #heap: number[];
  constructor(upTo: number, heap: number[]) {
    super();
    this.#upTo = upTo;
    this.#heap = heap;
  }
  override prep(shared: Loop): number {
    return shared.n;
  }
  override exec(n: number): number {
    if (n % (this.#upTo / 10) === 0) {
      collect();
      this.#heap.push(process.memoryUsage().heapUsed);
    }
    return n + 1;
  }
  override post(shared: Loop, _before: number, n: number): 'again' | 'done' {
    shared.n = n;
    return n < this.#upTo ? 'again' : 'done';
  }
}

function loop(upTo: number, heap: number[]): Counts {
  const counts = new Counts(upTo, heap);
  counts.on('again', counts).on('done', new Node());
  return counts;
}

const growth = (heap: readonly number[]): number => (heap.at(-1)! - heap[2]!) / 1e6;

describe('long runs', () => {
  test('1,000,000 steps over a plain object take no memory and no stack', async () => {
    const heap: number[] = [];
    const shared: Loop = { n: 0 };
    await new Flow<Loop>(loop(1_000_000 - 1, heap), { maxSteps: 1_000_000 }).run(shared);
    expect(shared.n).toBe(999_999);
  }, 60_000);

  test('the heap does not grow with the steps, plain or over a store without history, inside a flow that has read', async () => {
    class Outer extends Flow<Loop> {
      override prep(shared: Loop): number {
        return shared.n;
      }
      override post(shared: Loop): void {
        shared.n += 1;
      }
    }
    for (const make of [(): Loop => ({ n: 0 }), (): Store<Loop> => createStore<Loop>({ n: 0 }, { history: false })]) {
      const heap: number[] = [];
      const shared = make();
      await new Outer(new Flow<Loop>(loop(100_000, heap))).run(shared);
      expect('state' in shared ? shared.state.n : shared.n).toBe(100_001);
      expect(heap).toHaveLength(10);
      expect(growth(heap)).toBeLessThan(2);
    }
  }, 60_000);

  test('nor with the commits of parallel passes', async () => {
    const heap: number[] = [];
    class Two extends ParallelBatchFlow<Loop> {
      override prep(): object[] {
        return [{}, {}];
      }
    }
    class Adds extends Node<Loop> {
      #times = 0;
      override prep(shared: Loop): boolean {
        return 'heap' in shared; // has read, so that it has to know of commits until its post
      }
      override async exec(): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve)); // the other pass is between its prep and its post
        if (this.#times % 800 === 0) {
          collect();
          heap.push(process.memoryUsage().heapUsed);
        }
      }
      override post(shared: Loop): 'again' | 'done' {
        shared.n++;
        return ++this.#times < 8_000 ? 'again' : 'done';
      }
    }
    const adds = new Adds();
    adds.on('again', adds).on('done', new Node());
    const store = createStore<Loop>({ n: 0 }, { history: false });
    await new Two(adds).run(store);
    expect(store.state.n).toBe(8_001);
    expect(growth(heap)).toBeLessThan(2);
  }, 60_000);

  test('nor with the runs of a flow that reads, over one store', async () => {
    class Reads extends Flow<Loop> {
      override prep(shared: Loop): number {
        return shared.n;
      }
      override post(shared: Loop): void {
        shared.n++;
      }
    }
    const heap: number[] = [];
    const flow = new Reads(new Node());
    const store = createStore<Loop>({ n: 0 }, { history: false });
    for (let run = 0; run < 20_000; run++) {
      if (run % 2_000 === 0) {
        collect();
        heap.push(process.memoryUsage().heapUsed);
      }
      await flow.run(store);
    }
    expect(store.state.n).toBe(20_000);
    expect(growth(heap)).toBeLessThan(2);
  }, 60_000);

  test('a chain of 10,000 nodes, and flows nested 500 deep', async () => {
    class Adds extends Node<Loop> {
      override post(shared: Loop): void {
        shared.n++;
      }
    }
    const nodes = Array.from({ length: 10_000 }, () => new Adds());
    nodes.forEach((node, i) => i > 0 && nodes[i - 1]!.next(node));
    const shared: Loop = { n: 0 };
    await new Flow(nodes[0]!).run(shared);
    let flow = new Flow<Loop>(new Adds());
    for (let i = 0; i < 500; i++) flow = new Flow<Loop>(flow);
    await flow.run(shared);
    expect(shared.n).toBe(10_001);
  });
});
