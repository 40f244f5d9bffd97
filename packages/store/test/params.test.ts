import { BatchFlow, Flow, Node, ParallelBatchFlow } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';

interface Seen {
  seen: unknown[];
}
type Bag = Record<string, unknown>;

/** Notes the params that it sees. */
class Notes extends Node<Seen, Bag> {
  override post(shared: Seen): void {
    shared.seen.push(this.params);
  }
}

const passes = (...items: Bag[]) =>
  class extends BatchFlow<Seen, Bag> {
    override prep(): Bag[] {
      return items;
    }
  };

async function seenBy(flow: Flow<Seen, Bag>): Promise<unknown[]> {
  const shared: Seen = { seen: [] };
  await flow.run(shared);
  return shared.seen;
}

describe('params', () => {
  test('PF32 setParams replaces all params: it does not merge', () => {
    const node = new Notes().setParams({ a: 1 }).setParams({ b: 2 });
    expect(node.params).toEqual({ b: 2 });
  });

  test('PF32 setParams copies, deeply: neither is the caller\'s object frozen, nor do later changes of it arrive', () => {
    const given = { list: [1], inner: { n: 1 }, when: new Date(0) };
    const node = new Notes().setParams(given);
    given.list.push(2);
    given.inner.n = 2;
    expect(node.params).toEqual({ list: [1], inner: { n: 1 }, when: new Date(0) });
    expect(Object.isFrozen(given.inner)).toBe(false);
  });

  test('PF32 params may lead back to themselves, and may have any names', () => {
    const given: Bag = { list: [] };
    Object.defineProperty(given, '__proto__', { value: { evil: true }, enumerable: true });
    given['self'] = given;
    (given['list'] as unknown[]).push(given);
    const { params } = new Notes().setParams(given);
    expect(params['self']).toBe(params);
    expect((params['list'] as unknown[])[0]).toBe(params);
    expect(Object.isFrozen(params)).toBe(true);
    expect(Object.getPrototypeOf(params)).toBe(Object.prototype);
    expect(Object.keys(params)).toContain('__proto__');
  });

  const node = (): Notes => new Notes().setParams({ a: 'node' });
  test.each<[string, () => Flow<Seen, Bag>, unknown[]]>([
    ['PF33 a flow without params hides those of its nodes', () => new Flow<Seen, Bag>(node()), [{}]],
    ['PF33 a flow hands its params to its nodes', () => new Flow<Seen, Bag>(node()).setParams({ b: 'flow' }), [{ b: 'flow' }]],
    ['PF34 params of an outer flow replace those of an inner one', () => new Flow<Seen, Bag>(new Flow<Seen, Bag>(node()).setParams({ inner: 1 })).setParams({ outer: 1 }), [{ outer: 1 }]],
    ['PF34 also where the outer flow has none', () => new Flow<Seen, Bag>(new Flow<Seen, Bag>(node()).setParams({ inner: 1 })), [{}]],
    ['PF35 a batch flow lays each item over its own params', () => new (passes({ k: 1 }, { k: 2, g: 'batch' }))(node()).setParams({ g: 'flow' }), [{ g: 'flow', k: 1 }, { g: 'batch', k: 2 }]],
    ['PF36 nested batch flows accumulate', () => new (passes({ d: 'A' }, { d: 'B' }))(new (passes({ f: 1 }, { f: 2 }))(node())), [{ d: 'A', f: 1 }, { d: 'A', f: 2 }, { d: 'B', f: 1 }, { d: 'B', f: 2 }]],
    ['PF36 through a plain flow in between', () => new (passes({ d: 'A' }))(new Flow<Seen, Bag>(new (passes({ f: 1 }))(node()))), [{ d: 'A', f: 1 }]],
  ])('%s', async (_, make, expected) => {
    expect(await seenBy(make())).toEqual(expected);
  });

  test('PF33 all nodes of a pass see the same object, and the node itself keeps its own params', async () => {
    const [first, second] = [node(), node()];
    first.next(second);
    const [a, b] = await seenBy(new Flow<Seen, Bag>(first).setParams({ x: 1 }));
    expect(a).toBe(b);
    expect(first.params).toEqual({ a: 'node' });
  });

  test('PF37 params are frozen all the way down: nothing leaks to later nodes or runs', async () => {
    class Writes extends Node<Seen, { inner: { n: number } }> {
      override post(): void {
        (this.params.inner as { n: number }).n = 2;
      }
    }
    const flow = new Flow<Seen, { inner: { n: number } }>(new Writes()).setParams({ inner: { n: 1 } });
    await expect(flow.run({ seen: [] })).rejects.toThrow(TypeError);
    expect(flow.params).toEqual({ inner: { n: 1 } });
  });

  test('PF38 params of a node that runs alone are those of setParams', async () => {
    const shared: Seen = { seen: [] };
    await node().run(shared);
    expect(shared.seen).toEqual([{ a: 'node' }]);
  });

  test('PF39 params stay the same in all phases, also after waiting and while another pass runs', async () => {
    const seen: string[] = [];
    class Phases extends Node<object, { id: string }> {
      override async prep(): Promise<void> {
        await Promise.resolve();
        seen.push(`prep ${this.params.id}`);
      }
      override async exec(): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(`exec ${this.params.id}`);
      }
      override async post(): Promise<void> {
        await Promise.resolve();
        seen.push(`post ${this.params.id}`);
      }
    }
    class Both extends ParallelBatchFlow<object, Bag> {
      override prep(): Bag[] {
        return [{ id: 'a' }, { id: 'b' }];
      }
    }
    await new Both(new Phases()).run({});
    expect(seen.toSorted()).toEqual(['exec a', 'exec b', 'post a', 'post b', 'prep a', 'prep b']);
  });

  test('the port\'s name for params works', async () => {
    class Port extends Node<Seen, { file: string }> {
      override async prep(): Promise<string> {
        return this._params.file;
      }
      override async post(shared: Seen, file: unknown): Promise<undefined> {
        shared.seen.push(file);
        return undefined;
      }
    }
    expect(await seenBy(new (passes({ file: 'a.txt' }))(new Port()))).toEqual(['a.txt']);
  });

  test("a flow sees its own params in its prep and post, and so does a node's fallback", async () => {
    const seen: unknown[] = [];
    class Falls extends Node<object, Bag> {
      override exec(): never {
        throw new Error('no');
      }
      override execFallback(): void {
        seen.push(['fallback', this.params]);
      }
    }
    class Own extends Flow<object, Bag> {
      override prep(): void {
        seen.push(['prep', this.params]);
      }
      override post(): void {
        seen.push(['post', this.params]);
      }
    }
    await new Own(new Falls()).setParams({ p: 1 }).run({});
    expect(seen).toEqual([['prep', { p: 1 }], ['fallback', { p: 1 }], ['post', { p: 1 }]]);
  });

  test('a node that runs inside a phase of another has params of its own', async () => {
    const inner = new Notes().setParams({ own: 1 });
    class Outer extends Node<Seen, Bag> {
      override async post(shared: Seen): Promise<void> {
        await inner.run(shared);
        shared.seen.push(this.params);
      }
    }
    expect(await seenBy(new Flow<Seen, Bag>(new Outer()).setParams({ outer: 1 }))).toEqual([{ own: 1 }, { outer: 1 }]);
  });
});
