import { flowPathOf } from '@flowmodel/core';
import { BaseNode, Flow, graphOf, Node, ParallelBatchNode } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { warningsOf } from './nodes.ts';

describe('the phases of a node', () => {
  test('PF1 prep, exec, post run in order, each with what the ones before yielded', async () => {
    const calls: unknown[] = [];
    class Traced extends BaseNode<{ n: number }, Record<string, unknown>, number, string> {
      override prep(shared: { n: number }): number {
        calls.push(['prep', shared.n]);
        return shared.n + 1;
      }
      override async exec(n: number): Promise<string> {
        calls.push(['exec', n]);
        return `<${n}>`;
      }
      override post(shared: { n: number }, n: number, text: string): void {
        calls.push(['post', shared.n, n, text]);
      }
    }
    await new Traced().run({ n: 1 });
    expect(calls).toEqual([['prep', 1], ['exec', 2], ['post', 1, 2, '<2>']]);
  });

  test('PF1 missing phases yield undefined', async () => {
    const seen: unknown[] = [];
    class OnlyPost extends Node {
      override post(_shared: unknown, prep: unknown, exec: unknown): void {
        seen.push(prep, exec);
      }
    }
    expect(await new OnlyPost().run({})).toBeUndefined();
    expect(await new Node().run({})).toBeUndefined();
    expect(seen).toEqual([undefined, undefined]);
  });

  test('PF2 exec gets the value of prep and not the store', async () => {
    const received: unknown[][] = [];
    class Looks extends Node<{ secret: string }> {
      override prep(): string {
        return 'given';
      }
      override exec(...args: [unknown]): void {
        received.push(args);
      }
    }
    await new Looks().run({ secret: 'x' });
    expect(received[0]![0]).toBe('given');
    expect(received.flat()).not.toContainEqual({ secret: 'x' });
  });

  test('PF2 what prep yields reaches exec and post as the same object, neither copied nor frozen', async () => {
    const given = { list: [1] };
    const seen: unknown[] = [];
    class Same extends Node<object, Record<string, unknown>, typeof given, typeof given> {
      override prep(): typeof given {
        return given;
      }
      override exec(value: typeof given): typeof given {
        seen.push(value);
        return value;
      }
      override post(_shared: object, prep: typeof given, exec: typeof given): void {
        seen.push(prep, exec);
        exec.list.push(2);
      }
    }
    await new Same().run({});
    expect(seen.every((value) => value === given)).toBe(true);
    expect(given.list).toEqual([1, 2]);
  });

  test('PF3 post returns the action; data goes by the store', async () => {
    class Writes extends Node<{ out?: number }> {
      override post(shared: { out?: number }): string {
        shared.out = 1;
        return 'done';
      }
    }
    const shared: { out?: number } = {};
    expect(await new Writes().run(shared)).toBe('done');
    expect(shared).toEqual({ out: 1 });
  });

  test('PF4 a node that runs alone does not go on to its successors, and warns if it has some', async () => {
    let ran = 0;
    class Counts extends Node {
      override exec(): void {
        ran++;
      }
    }
    const node = new Counts();
    node.on('go', new Counts());
    const warnings = await warningsOf(() => node.run({}));
    expect(ran).toBe(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("'go'");
    expect(await warningsOf(() => new Counts().run({}))).toEqual([]);
  });

  test('PF5 a new node has no params and no successors, and what it keeps in fields stays on it: nodes are not copied', async () => {
    class Remembers extends Node {
      times = 0;
      override exec(): void {
        this.times++;
      }
    }
    const node = new Remembers();
    expect(node.params).toEqual({});
    expect(node.getNextNode()).toBeUndefined();
    const flow = new Flow(node);
    await flow.run({});
    await flow.run({});
    expect(node.times).toBe(2);
  });

  test('PF6 a node with #private fields works inside a flow', async () => {
    class Private extends Node<{ out?: string }> {
      #word = 'hidden';
      override post(shared: { out?: string }): void {
        shared.out = this.#word;
      }
    }
    const shared: { out?: string } = {};
    await new Flow(new Private()).run(shared);
    expect(shared.out).toBe('hidden');
  });

  test('clone makes a node of the same class with its own params and successors, that runs', async () => {
    const [node, next] = [new Node<unknown, { a: number }>(), new Node()];
    node.setParams({ a: 1 }).next(next);
    const copy = node.clone();
    copy.setParams({ a: 2 });
    copy.on('more', next);
    expect(copy).toBeInstanceOf(Node);
    const named = new Node({ name: 'original' });
    expect(graphOf(named.clone()).nodes[0]!.name).toBe('original');
    expect([node.params, copy.params]).toEqual([{ a: 1 }, { a: 2 }]);
    expect([...node._successors.keys()]).toEqual(['default']);
    expect([...copy._successors.keys()]).toEqual(['default', 'more']);
    class Sees extends Node<{ seen: unknown[] }> {
      word = 'own';
      override exec(): string {
        return this.word;
      }
      override post(shared: { seen: unknown[] }, _: unknown, word: unknown): void {
        shared.seen.push(word, this.params);
      }
    }
    const shared = { seen: [] };
    const sees = new Sees(2);
    await new Flow<typeof shared>(sees).clone().setParams({ a: 3 }).run(shared);
    await sees.clone().run(shared);
    expect(shared.seen).toEqual(['own', { a: 3 }, 'own', {}]);
  });
});

describe('where a failure arose', () => {
  const fails = (phase: 'prep' | 'exec' | 'execLater' | 'post'): Node => {
    class Fails extends Node {
      override prep(): void {
        if (phase === 'prep') throw new Error(phase);
      }
      override exec(): Promise<void> | undefined {
        if (phase === 'exec') throw new Error(phase);
        return phase === 'execLater' ? Promise.reject(new Error(phase)) : undefined;
      }
      override post(): void {
        if (phase === 'post') throw new Error(phase);
      }
    }
    return new Fails();
  };

  test.each(['prep', 'exec', 'execLater', 'post'] as const)('flowPathOf tells the flows around and the node: %s', async (phase) => {
    const error: unknown = await new Flow(new Flow(fails(phase), { name: 'Inner' }), { name: 'Outer' }).run({}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: phase });
    expect(flowPathOf(error)).toEqual(['Outer', 'Inner', 'Fails']);
  });

  test('an item of a batch is its node', async () => {
    class Items extends ParallelBatchNode {
      override prep(): number[] {
        return [1, 2];
      }
      override exec(item: unknown): unknown {
        if (item === 2) throw new Error('two');
        return item;
      }
    }
    const error: unknown = await new Items().run({}).catch((thrown: unknown) => thrown);
    expect(flowPathOf(error)).toEqual(['Items']);
  });
});
