import { inspect } from 'node:util';
import { createStore, Flow, Node } from '@flowmodel/store';
import type { Store } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { rejection, warningsOf } from './nodes.ts';

/** A node made of its phases. */
function node<S>(phases: { name?: string; prep?: (shared: S) => unknown; exec?: (prep: unknown) => unknown; post?: (shared: S, prep: unknown, exec: unknown) => unknown }): Node<S> {
  class Made extends Node<S> {}
  for (const phase of ['prep', 'exec', 'post'] as const) if (phases[phase] !== undefined) Object.defineProperty(Made.prototype, phase, { value: phases[phase] });
  return new Made({ name: phases.name ?? 'made' });
}

interface State {
  n: number;
  list: number[];
  map: Map<string, number>;
  set: Set<number>;
}

/** What a phase keeps of the store it was given. */
type Kept = Omit<State, 'n'> & { readonly shared: State };

describe('a created store', () => {
  test('prints its state, and how often it changed', async () => {
    const store = createStore({ n: 1 });
    await node<{ n: number }>({ post: (shared) => void (shared.n += 1) }).run(store);
    expect(inspect(store)).toBe('Store { commits: 1, state: { n: 2 } }');
    expect(inspect({ store: createStore({ deep: { deeper: {} } }) }, { depth: 1 })).toBe('{ store: Store { commits: 0, state: [Object] } }');
  });

  test('each prep and post works on a draft of the latest state, and commits it as one set of patches', async () => {
    interface State {
      a: number;
      b: number[];
    }
    const store = createStore<State>({ a: 1, b: [] });
    const first = node<State>({
      name: 'first',
      prep: (shared) => {
        shared.a = 2;
        shared.b.push(1);
      },
      post: (shared) => {
        shared.b.push(shared.a);
      },
    });
    first.next(node<State>({ name: 'second', post: (shared) => void (shared.a += shared.b.length) }));
    await new Flow(first).run(store);
    expect(store.state).toEqual({ a: 4, b: [1, 2] });
    expect(store.patches.map(({ node: name, phase }) => [name, phase])).toEqual([['first', 'prep'], ['first', 'post'], ['second', 'post']]);
    expect(store.patches[0]!.patches).toHaveLength(2);
    expect(store.patches[0]!.patches).toEqual(expect.arrayContaining([{ op: 'replace', path: ['a'], value: 2 }, { op: 'add', path: ['b', 0], value: 1 }]));
  });

  test('at(i) is the state after i commits, at(0) the initial one; states share what did not change', async () => {
    interface State {
      n: number;
      kept: object;
    }
    const store = createStore<State>({ n: 0, kept: { big: true } });
    const add = node<State>({ post: (shared) => void shared.n++ });
    for (let i = 0; i < 3; i++) await add.run(store);
    expect([0, 1, 2, 3].map((i) => store.at(i).n)).toEqual([0, 1, 2, 3]);
    expect(store.at(3)).toBe(store.state);
    expect(store.at(0).kept).toBe(store.at(3).kept);
    expect(() => store.at(4)).toThrow(/steps 0 to 3/);
    expect(() => store.at(-1)).toThrow(expect.objectContaining({ code: 'DEFINITION' }) as Error);
  });

  test('a phase that changes nothing commits nothing', async () => {
    const store = createStore({ n: 1 });
    await node<{ n: number }>({ prep: (shared) => shared.n, post: () => 'done' }).run(store);
    await node<{ n: number }>({ post: (shared) => void (shared.n = 1) }).run(store);
    expect(store.patches).toEqual([]);
    expect(store.at(0)).toBe(store.state);
  });

  test('a phase that throws commits nothing of what it wrote', async () => {
    const store = createStore({ n: 0, list: [] as number[] });
    const fails = (isAsync: boolean) =>
      node<{ n: number; list: number[] }>({
        post: (shared) => {
          shared.n = 5;
          shared.list.push(1);
          if (isAsync) return Promise.reject(new Error('later'));
          throw new Error('at once');
        },
      });
    await expect(fails(false).run(store)).rejects.toThrow('at once');
    await expect(fails(true).run(store)).rejects.toThrow('later');
    expect(store.state).toEqual({ n: 0, list: [] });
    expect(store.patches).toEqual([]);
  });

  test('what a failing exec leaves behind is what prep had committed', async () => {
    const store = createStore({ n: 0 });
    await expect(
      node<{ n: number }>({
        prep: (shared) => void (shared.n = 1),
        exec: () => Promise.reject(new Error('no')),
      }).run(store),
    ).rejects.toThrow('no');
    expect(store.state).toEqual({ n: 1 });
  });

  test('the state is frozen, and so is what prep yields; the initial object is neither frozen nor aliased', async () => {
    const initial = { inner: { list: [1] }, when: new Date(0) };
    const store = createStore(initial);
    initial.inner.list.push(2);
    expect(store.state).toEqual({ inner: { list: [1] }, when: new Date(0) });
    expect(Object.isFrozen(initial.inner)).toBe(false);
    expect(Object.isFrozen(store.state.inner.list)).toBe(true);
    let yielded: unknown;
    await node<typeof initial>({ prep: (shared) => ({ picked: shared.inner }), exec: (prep) => void (yielded = prep), post: () => undefined }).run(store);
    expect(yielded).toEqual({ picked: { list: [1] } });
    expect(Object.isFrozen((yielded as { picked: object }).picked)).toBe(true);
  });

  test('what prep yields is a snapshot: drafts in it, however deep, are data by the time exec sees them', async () => {
    interface State {
      rows: { id: number; tags: Set<string>; more: Map<string, { x: number }> }[];
    }
    const store = createStore<State>({ rows: [{ id: 1, tags: new Set(['a']), more: new Map([['k', { x: 1 }]]) }] });
    const seen: unknown[] = [];
    await node<State>({
      prep: (shared) => {
        shared.rows[0]!.id = 2;
        return { all: shared, nested: [{ row: shared.rows[0], map: new Map([['m', shared.rows[0]!.more]]), set: new Set([shared.rows[0]!.tags]) }] };
      },
      exec: async (prep) => {
        await Promise.resolve();
        seen.push(JSON.parse(JSON.stringify(prep, (_, value: unknown) => (value instanceof Map ? [...value] : value instanceof Set ? [...value] : value))));
      },
    }).run(store);
    const row = { id: 2, tags: ['a'], more: [['k', { x: 1 }]] };
    expect(seen).toEqual([{ all: { rows: [row] }, nested: [{ row, map: [['m', [['k', { x: 1 }]]]], set: [['a']] }] }]);
  });

  test('Maps and Sets are drafts like objects and arrays', async () => {
    interface State {
      map: Map<string, { n: number }>;
      set: Set<number>;
      count: number;
    }
    const store = createStore<State>({ map: new Map([['a', { n: 1 }]]), set: new Set([1]), count: 0 });
    await node<State>({
      prep: (shared) => [shared.map.get('a')!.n, shared.map.has('b'), shared.set.size, [...shared.map.keys()], shared.map.size],
      post: (shared, prep) => {
        expect(prep).toEqual([1, false, 1, ['a'], 1]);
        shared.map.get('a')!.n = 2;
        expect(shared.map.set('b', { n: 3 })).toBe(shared.map);
        expect(shared.set.add(2)).toBe(shared.set);
        shared.set.delete(1);
        shared.count = [...shared.map.values()].reduce((sum, { n }) => sum + n, 0);
      },
    }).run(store);
    expect(store.state).toEqual({ map: new Map([['a', { n: 2 }], ['b', { n: 3 }]]), set: new Set([2]), count: 5 });
    expect(store.at(0).map).toEqual(new Map([['a', { n: 1 }]]));
    expect(() => (store.state.map as Map<string, unknown>).set('c', 1)).toThrow();
  });

  test('what extends Map or Set becomes a plain one, and the given one is left alone', () => {
    class Registry extends Map<string, number> {}
    class Tags extends Set<string> {}
    const given = { registry: new Registry([['a', 1]]), tags: new Tags(['x']) };
    const { state } = createStore(given);
    given.registry.set('b', 2);
    given.tags.add('y');
    expect(state).toEqual({ registry: new Map([['a', 1]]), tags: new Set(['x']) });
    expect([state.registry.constructor, state.tags.constructor]).toEqual([Map, Set]);
  });

  test('what stands in two places of the initial state stands in two places of the copy, and a cycle is one', () => {
    const part = { n: 1 };
    const given: { a: typeof part; b: typeof part; list: unknown[]; self?: unknown } = { a: part, b: part, list: [new Map([['part', part]])] };
    given.self = given;
    const { state } = createStore(given);
    expect(state.a).toBe(state.b);
    expect((state.list[0] as Map<string, unknown>).get('part')).toBe(state.a);
    expect(state.self).toBe(state);
    expect(state.a).not.toBe(part);
  });

  test('a listener that subscribed twice is called twice, and stops as often', async () => {
    let calls = 0;
    const listen = (): void => void calls++;
    const store = createStore({ n: 0 });
    const [first, second] = [store.subscribe(listen), store.subscribe(listen)];
    class Adds extends Node<{ n: number }> {
      override post(shared: { n: number }): void {
        shared.n++;
      }
    }
    const counts: number[] = [];
    for (const stop of [first, second, () => {}]) {
      await new Adds().run(store);
      counts.push(calls);
      stop();
    }
    expect(counts).toEqual([2, 3, 3]);
  });

  test('what prep yields may lead back to itself', async () => {
    interface Loop {
      list: readonly number[];
      self?: Loop;
    }
    let seen: Loop | undefined;
    class Yields extends Node<{ list: number[] }, Record<string, unknown>, Loop> {
      override prep({ list }: { list: number[] }): Loop {
        const loop: Loop = { list };
        loop.self = loop;
        return loop;
      }
      override post(_shared: unknown, loop: Loop): void {
        seen = loop;
      }
    }
    await new Yields().run(createStore({ list: [1] }));
    expect(seen!.list).toEqual([1]);
  });

  test('what is no plain data passes through as it is: connections, handles, functions', async () => {
    class Connection {
      queries = 0;
      query(): number {
        return ++this.queries;
      }
    }
    interface State {
      db: Connection;
      log: () => string;
      n: number;
    }
    const db = new Connection();
    const store = createStore<State>({ db, log: () => 'logged', n: 0 });
    await node<State>({
      prep: (shared) => ({ db: shared.db, text: shared.log() }),
      exec: (prep) => (prep as { db: Connection }).db.query(),
      post: (shared, prep, n) => {
        expect((prep as { text: string }).text).toBe('logged');
        expect(shared.db).toBe(db);
        shared.n = n as number;
      },
    }).run(store);
    expect(store.state.db).toBe(db);
    expect(db.queries).toBe(1);
    expect(Object.isFrozen(db)).toBe(false);
    expect(store.state.n).toBe(1);
  });

  test('parts of the state can be moved and assigned to each other', async () => {
    interface State {
      a: { v: number } | undefined;
      b: { v: number } | undefined;
      list: { v: number }[];
    }
    const store = createStore<State>({ a: { v: 1 }, b: undefined, list: [{ v: 2 }, { v: 3 }] });
    await node<State>({
      prep: (shared) => {
        shared.b = shared.a;
        shared.list = [...shared.list.toReversed(), { v: 4 }];
        shared.a = undefined;
      },
    }).run(store);
    expect(store.state).toEqual({ a: undefined, b: { v: 1 }, list: [{ v: 3 }, { v: 2 }, { v: 4 }] });
    await node<State>({
      post: (shared) => {
        shared.b!.v = 10;
        shared.list.splice(0, 1);
        delete shared.a;
      },
    }).run(store);
    expect(store.state).toEqual({ b: { v: 10 }, list: [{ v: 2 }, { v: 4 }] });
  });

  test('a subscriber hears every commit with the state and who made it, until it stops', async () => {
    const store = createStore({ n: 0 });
    const heard: unknown[] = [];
    const stop = store.subscribe((state, { node: name, phase }) => heard.push([state.n, name, phase]));
    const add = node<{ n: number }>({ name: 'add', post: (shared) => void shared.n++ });
    await add.run(store);
    await add.run(store);
    stop();
    await add.run(store);
    expect(heard).toEqual([[1, 'add', 'post'], [2, 'add', 'post']]);
  });

  test('a subscriber that throws changes nothing and is reported', async () => {
    const store = createStore({ n: 0 });
    store.subscribe(() => {
      throw new Error('listener');
    });
    const warnings = await warningsOf(() => node<{ n: number }>({ post: (shared) => void shared.n++ }).run(store));
    expect(store.state.n).toBe(1);
    expect(warnings.join()).toContain('listener');
  });

  test('without history nothing is kept but the latest state', async () => {
    const store = createStore({ n: 0 }, { history: false });
    const add = node<{ n: number }>({ post: (shared) => void shared.n++ });
    await add.run(store);
    await add.run(store);
    expect(store.state.n).toBe(2);
    expect(store.patches).toEqual([]);
    expect(store.at(2).n).toBe(2);
    expect(() => store.at(0)).toThrow(/keeps no history/);
  });

  test('the patches of the history lead from each state to the next', async () => {
    const { applyPatches, enableMapSet, enablePatches } = await import('immer');
    enablePatches();
    enableMapSet();
    const store = createStore({ n: 0, list: [{ v: 1 }], map: new Map([['a', 1]]) });
    const step = node<{ n: number; list: { v: number }[]; map: Map<string, number> }>({
      prep: (shared) => void shared.list.push({ v: shared.n }),
      post: (shared) => {
        shared.n++;
        shared.list[0]!.v *= 2;
        shared.map.set(`k${shared.n}`, shared.n);
      },
    });
    await step.run(store);
    await step.run(store);
    expect(store.patches).toHaveLength(4);
    store.patches.forEach(({ patches }, i) => expect(applyPatches(store.at(i) as object, patches as never)).toEqual(store.at(i + 1)));
  });

  test.each([[null], [undefined], [3], ['text'], [new Date(0)]])('an initial state that is no plain object is refused: %s', (initial) => {
    expect(() => createStore(initial as never)).toThrow(expect.objectContaining({ code: 'DEFINITION' }) as Error);
  });

  test('the same code runs over a plain object and over a created store', async () => {
    interface State {
      data: Record<string, string>;
      summary: Record<string, string>;
    }
    const load = node<State>({ prep: (shared) => void (shared.data['file'] = 'some text') });
    load.next(node<State>({ prep: (shared) => shared.data['file'], exec: (text) => String(text).toUpperCase(), post: (shared, _, text) => void (shared.summary['file'] = text as string) }));
    const plain: State = { data: {}, summary: {} };
    const store: Store<State> = createStore<State>({ data: {}, summary: {} });
    await new Flow(load).run(plain);
    await new Flow(load).run(store);
    expect(plain.summary).toEqual({ file: 'SOME TEXT' });
    expect(store.state).toEqual(plain);
  });

  test.each<[string, (kept: Kept) => unknown]>([
    ['a read', ({ shared }) => shared.n],
    ['a write', ({ shared }) => (shared.n = 2)],
    ['a look for a field', ({ shared }) => 'n' in shared],
    ['a list of fields', ({ shared }) => Object.keys(shared)],
    ['a read further in', ({ list }) => list.length],
    ['a push', ({ list }) => list.push(2)],
    ['a Map', ({ map }) => map.get('a')],
    ['a Set', ({ set }) => set.add(2)],
  ])('a draft that is used after its phase says so instead of doing nothing: %s', async (_, use) => {
    let kept!: Kept;
    const initial = { n: 0, list: [1], map: new Map([['a', 1]]), set: new Set([1]) };
    const store = createStore(initial);
    await node<State>({ name: 'keeps', post: (shared) => void (kept = { shared, list: shared.list, map: shared.map, set: shared.set }) }).run(store);
    expect(() => use(kept)).toThrow(expect.objectContaining({ code: 'DEFINITION', message: expect.stringMatching(/^keeps\.post has ended, .*store\.state/) as string }) as Error);
    expect((await rejection(node<State>({ exec: () => use(kept) }).run(store))).message).toContain('keeps.post has ended');
    expect(store.state).toEqual(initial);
  });

  test('a draft of a phase that failed says so too', async () => {
    let kept: { n: number } | undefined;
    const store = createStore({ n: 0 });
    const fails = node<{ n: number }>({
      name: 'fails',
      prep: (shared) => {
        kept = shared;
        throw new Error('no');
      },
    });
    expect((await rejection(fails.run(store))).message).toBe('no');
    expect(() => kept!.n).toThrow(/^fails\.prep has ended/);
  });
});
