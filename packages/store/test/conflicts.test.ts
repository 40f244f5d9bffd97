import { append, assign, createStore, Flow, Node, ParallelBatchFlow, StoreConflictError, sum } from '@flowmodel/store';
import type { FlowOptions, Reducers } from '@flowmodel/store';
import { FlowError } from '@flowmodel/core';
import { describe, expect, test } from 'vitest';
import { rejection, settled } from './nodes.ts';

interface State {
  counter: number;
  list: string[];
  results: Record<string, number>;
  stats: { total: number; other: number };
  map: Map<string, number>;
}

const initial = (): State => ({ counter: 0, list: [], results: {}, stats: { total: 0, other: 0 }, map: new Map() });

interface Phases {
  readonly name?: string;
  readonly prep?: (this: Pass, shared: State) => unknown;
  readonly exec?: (this: Pass, prep: unknown) => unknown;
  readonly post?: (this: Pass, shared: State, prep: unknown, exec: unknown) => unknown;
}
type Pass = Node<State, { i: number }>;

function node({ name = 'pass', ...phases }: Phases): Pass {
  class Made extends Node<State, { i: number }> {}
  for (const [phase, value] of Object.entries(phases)) Object.defineProperty(Made.prototype, phase, { value });
  return new Made({ name });
}

class Times extends ParallelBatchFlow<State> {
  readonly #times: number;
  constructor(times: number, start: Pass, options?: FlowOptions) {
    super(start, options);
    this.#times = times;
  }
  override prep(): object[] {
    return Array.from({ length: this.#times }, (_, i) => ({ i }));
  }
}

/** Reads in prep, writes what it read and one in post. */
const stale = (): Pass => node({ prep: (shared) => shared.counter, exec: async (n) => Number(n) + 1, post: (shared, _, n) => void (shared.counter = Number(n)) });

async function ran(times: number, pass: Pass, reducers?: Reducers): Promise<State> {
  const store = createStore(initial());
  await new Times(times, pass, reducers && { reducers }).run(store);
  return store.state as State;
}

const conflictOf = async (pass: Pass, times = 2, reducers?: Reducers): Promise<unknown> => (await rejection(ran(times, pass, reducers))).details;

describe('no update of a parallel pass is lost', () => {
  test('ten passes that read a counter in prep and write it in post: an error that names the path and the nodes', async () => {
    const error = await rejection(ran(10, stale()));
    expect(error).toBeInstanceOf(StoreConflictError);
    expect(error).toBeInstanceOf(FlowError);
    expect(error.name).toBe('StoreConflictError');
    expect(error.code).toBe('STORE_CONFLICT');
    expect(error.details).toEqual({ path: 'counter', node: 'pass', other: 'pass', nodes: ['pass', 'pass'] });
    expect(error.message).toMatch(/'counter' was changed by pass .*reducers: \{ counter: sum \}/);
  });

  test('the error tells two nodes apart', async () => {
    const [reads, writes] = [node({ name: 'late', prep: (shared) => shared.counter, exec: settled, post: (shared, n) => void (shared.counter = Number(n) + 1) }), node({ name: 'early', post: (shared) => void shared.counter++ })];
    const store = createStore(initial());
    const [late] = await Promise.all([rejection(reads.run(store)), writes.run(store)]);
    expect(late.details).toMatchObject({ node: 'late', other: 'early', path: 'counter' });
    expect(store.state.counter).toBe(1);
  });

  test('the same with the reducer sum: 10', async () => {
    expect((await ran(10, stale(), { counter: sum })).counter).toBe(10);
  });

  test('ten that increment inside a synchronous post: 10', async () => {
    expect((await ran(10, node({ exec: async () => {}, post: (shared) => void shared.counter++ }))).counter).toBe(10);
  });

  test('a write during a post that waits is a conflict too, although prep read nothing', async () => {
    const waits = node({
      post: async (shared) => {
        const seen = shared.counter;
        await settled();
        shared.counter = seen + 1;
      },
    });
    expect(await conflictOf(waits)).toMatchObject({ path: 'counter' });
    expect((await ran(10, waits, { counter: sum })).counter).toBe(10);
  });

  test('a post that is declared async ends a turn later, so that such posts of parallel passes do conflict', async () => {
    const declared = node({
      post: async (shared) => {
        shared.counter++;
      },
    });
    expect(await conflictOf(declared)).toMatchObject({ path: 'counter' });
    expect((await ran(10, declared, { counter: sum })).counter).toBe(10);
  });

  test('writing the value that stands there is a write as well', async () => {
    const resets = node({
      prep: (shared) => shared.counter,
      exec: settled,
      post: (shared) => void (shared.counter = 7),
    });
    expect(await conflictOf(resets)).toMatchObject({ path: 'counter' });
  });

  test('only what prep read, or what changed while post was at work, can conflict: a blind synchronous write wins', async () => {
    expect((await ran(3, node({ exec: settled, post(shared) {
      shared.counter = this.params.i;
    } }))).counter).toBe(2);
    expect((await ran(3, node({ prep: (shared) => shared.stats.other, exec: settled, post(shared) {
      shared.stats.total = this.params.i;
    } }))).stats.total).toBe(2);
  });

  test('passes that write different keys do not conflict, also where all of them looked at the whole', async () => {
    const keyed = node({
      prep: (shared) => Object.keys(shared.results).length + shared.list.length + shared.map.size,
      exec: settled,
      post(shared) {
        shared.results[`k${this.params.i}`] = this.params.i;
        shared.map.set(`k${this.params.i}`, this.params.i);
      },
    });
    const { results, map } = await ran(3, keyed);
    expect(results).toEqual({ k0: 0, k1: 1, k2: 2 });
    expect(map).toEqual(new Map([['k0', 0], ['k1', 1], ['k2', 2]]));
  });

  test.each<[string, Phases['prep']]>([
    ['its own key', (shared) => shared.results['same']],
    ['whether there is such a key', (shared) => 'same' in shared.results],
    ['which keys there are', (shared) => Object.keys(shared.results)],
    ['the record as a whole', (shared) => shared.results],
    ['the record inside something new', (shared) => ({ deep: [{ of: shared.results }] })],
    ['a copy of the record', (shared) => ({ ...shared.results })],
    ['the whole store', (shared) => shared],
  ])('what counts as read: %s', async (_, prep) => {
    const writes = node({ prep: prep!, exec: settled, post: (shared) => void (shared.results['same'] = 1) });
    expect(await conflictOf(writes)).toMatchObject({ path: 'results.same' });
  });

  test('a whole that was replaced conflicts with a change inside it', async () => {
    const replaces = node({
      prep: (shared) => ({ ...shared.results }),
      exec: settled,
      post(shared, prep) {
        shared.results = { ...(prep as Record<string, number>), [`k${this.params.i}`]: this.params.i };
      },
    });
    expect(await conflictOf(replaces)).toMatchObject({ path: 'results' });
    expect((await ran(3, replaces, { results: assign })).results).toEqual({ k0: 0, k1: 1, k2: 2 });
  });

  test.each<[string, Phases['prep'], Phases['post']]>([
    ['a key of a Map', (shared) => shared.map.get('k'), (shared) => void shared.map.set('k', 1)],
    ['whether a Map has a key', (shared) => shared.map.has('k'), (shared) => void shared.map.set('k', 1)],
    ['what is in a Map', (shared) => [...shared.map.keys()].length, (shared) => void shared.map.set('k', 1)],
    ['how much is in a Map', (shared) => shared.map.size, (shared) => void shared.map.set('k', 1)],
    ['an element of a list by its number', (shared) => shared.list.length, (shared, n) => void (shared.list[Number(n)] = 'x')],
    ['the length of a list', (shared) => shared.list[0], (shared) => {
      shared.list = ['only'];
    }],
  ])('conflicts are seen at %s', async (_, prep, post) => {
    expect(await conflictOf(node({ prep: prep!, exec: settled, post: post! }))).toHaveProperty('path');
  });

  test('pushing to a list in a synchronous post adds up, also where prep has looked at the list', async () => {
    const { list } = await ran(4, node({ prep: (shared) => [...shared.list], exec: settled, post(shared) {
      shared.list.push(`p${this.params.i}`);
    } }));
    expect(list).toEqual(['p0', 'p1', 'p2', 'p3']);
  });

  test('nothing of a conflicting phase is committed', async () => {
    const store = createStore(initial());
    const both = node({
      prep: (shared) => shared.counter,
      exec: settled,
      post(shared, n) {
        shared.results[`k${this.params.i}`] = 1;
        shared.counter = Number(n) + 1;
      },
    });
    await rejection(new Times(2, both).run(store));
    expect(store.state.results).toEqual({ k0: 1 });
    expect(store.patches).toHaveLength(1);
  });

  test("what a flow's own nodes change is no conflict for the flow's post", async () => {
    class Own extends Flow<State> {
      override prep(shared: State): number {
        return shared.counter;
      }
      override post(shared: State, before: unknown): void {
        shared.counter = shared.counter + Number(before) + 100;
      }
    }
    const store = createStore(initial());
    await new Own(stale()).run(store);
    expect(store.state.counter).toBe(101);
  });

  test('two runs over one store are passes to each other', async () => {
    const store = createStore(initial());
    const results = await Promise.allSettled([stale().run(store), stale().run(store)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(store.state.counter).toBe(1);
  });

  test('one pass after the other never conflicts', async () => {
    const store = createStore(initial());
    const pass = stale();
    for (let i = 0; i < 3; i++) await pass.run(store);
    expect(store.state.counter).toBe(3);
  });

  test('after a conflict the other passes end: nothing more is committed', async () => {
    const store = createStore(initial());
    const first = stale();
    first.next(node({ exec: settled, post: (shared) => void shared.list.push('after') }));
    const error = await rejection(new Times(3, first).run(store));
    expect(error).toBeInstanceOf(StoreConflictError);
    await settled();
    await settled();
    expect(store.state).toMatchObject({ counter: 1, list: [] });
  });
});

describe('reducers', () => {
  test('sum adds differences, also where a pass adds more than once', async () => {
    const twice = node({ prep: (shared) => shared.counter, exec: settled, post: (shared, n) => void (shared.counter = Number(n) + 5) });
    twice.next(stale());
    expect((await ran(4, twice, { counter: sum })).counter).toBe(24);
  });

  test('sum counts an increment once, although prep has read the counter before', async () => {
    const reads = node({ prep: (shared) => shared.counter, exec: settled, post: (shared) => void (shared.counter += 1) });
    expect((await ran(10, reads, { counter: sum })).counter).toBe(10);
  });

  test('append keeps what every pass put at the end', async () => {
    const appends = node({
      prep: (shared) => shared.list,
      exec: settled,
      post(shared, list) {
        shared.list = [...(list as string[]), `p${this.params.i}`];
      },
    });
    expect((await ran(4, appends, { list: append })).list).toEqual(['p0', 'p1', 'p2', 'p3']);
  });

  test('assign merges records and Maps by key, deletions included', async () => {
    const store = createStore<State>({ ...initial(), results: { old: 1, kept: 1 } });
    const replaces = node({
      prep: (shared) => shared.results,
      exec: settled,
      post(shared, prep) {
        const { old: _, ...rest } = prep as Record<string, number>;
        shared.results = { ...rest, [`k${this.params.i}`]: 1 };
      },
    });
    await new Times(3, replaces, { reducers: { results: assign } }).run(store);
    expect(store.state.results).toEqual({ kept: 1, k0: 1, k1: 1, k2: 1 });
    expect(assign(new Map([['a', 1], ['b', 2]]), new Map([['b', 0]]), new Map([['b', 0]]))).toEqual(new Map([['a', 1], ['b', 2]]));
  });

  test('a reducer is declared by a dotted path, and is responsible for all below it', async () => {
    const nested = node({ prep: (shared) => shared.stats.total, exec: settled, post: (shared, n) => void (shared.stats.total = Number(n) + 1) });
    expect((await ran(3, nested, { 'stats.total': sum })).stats.total).toBe(3);
    const whole = (current: State['stats'], incoming: State['stats'], base: State['stats']): State['stats'] => ({ ...current, total: current.total + incoming.total - base.total });
    expect((await ran(3, nested, { stats: whole })).stats.total).toBe(3);
    expect(await conflictOf(nested, 2, { 'stats.other': sum })).toMatchObject({ path: 'stats.total' });
  });

  test('a reducer gets what stands there, what the phase wrote, and what it started from', async () => {
    const calls: unknown[] = [];
    const spy = (current: number, incoming: number, base: number): number => {
      calls.push([current, incoming, base]);
      return current + incoming - base;
    };
    const store = createStore({ ...initial(), counter: 10 });
    await new Times(3, stale(), { reducers: { counter: spy } }).run(store);
    expect(calls).toEqual([[11, 11, 10], [12, 11, 10]]);
    expect(store.state.counter).toBe(13);
  });

  test('a reducer is not asked without a conflict', async () => {
    const never = (): never => {
      throw new Error('asked');
    };
    expect((await ran(1, stale(), { counter: never })).counter).toBe(1);
  });

  test("reducers of an inner flow come before those of an outer one, and those before the store's", async () => {
    const store = createStore(initial(), { reducers: { counter: () => -1, list: append } });
    const inner = new Flow<State>(stale(), { reducers: { counter: sum } });
    await new Times(3, inner as never, { reducers: { counter: () => -2 } }).run(store);
    expect(store.state.counter).toBe(3);
    const outer = createStore(initial(), { reducers: { counter: sum } });
    await new Times(3, stale()).run(outer);
    expect(outer.state.counter).toBe(3);
  });

  test('the history has what the reducer made of it', async () => {
    const store = createStore(initial());
    await new Times(3, stale(), { reducers: { counter: sum } }).run(store);
    expect(store.patches.map(({ patches }) => patches[0])).toEqual([1, 2, 3].map((value) => ({ op: 'replace', path: ['counter'], value })));
    expect([0, 1, 2, 3].map((i) => store.at(i).counter)).toEqual([0, 1, 2, 3]);
  });

  test.each([
    ['sum', sum, [undefined, 2, undefined], 2],
    ['append', append, [undefined, ['a'], undefined], ['a']],
    ['append of a list that was cut', append, [['a', 'b'], ['a'], ['a', 'b']], ['a', 'b']],
    ['assign', assign, [undefined, { a: 1 }, undefined], { a: 1 }],
  ] as const)('%s starts from nothing', (_, reducer, [current, incoming, base], expected) => {
    expect((reducer as (...args: unknown[]) => unknown)(current, incoming, base)).toEqual(expected);
  });
});
