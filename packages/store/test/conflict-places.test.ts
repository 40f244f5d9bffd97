/** Which writes meet at one place, and which reducer is asked: records in records, lists, Maps, Sets, and what is inside a pass itself. */
import { append, assign, createStore, Flow, Node, StoreConflictError, sum } from '@flowmodel/store';
import type { Reducers, Store } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { gate, rejection } from './nodes.ts';

interface State {
  counter: number;
  list: string[];
  results: Record<string, { x: number }>;
  stats?: { total: number; other: number } | undefined;
  map: Map<string, number>;
  tags: Set<string>;
}

const initial = (): State => ({ counter: 0, list: ['a'], results: { a: { x: 1 } }, stats: { total: 0, other: 0 }, map: new Map([['k', 1]]), tags: new Set(['x']) });

/** Opens its draft, then lets the other write, then writes. */
class Late extends Node<State> {
  readonly #other: () => Promise<unknown>;
  readonly #write: (shared: State) => void;
  constructor(other: () => Promise<unknown>, write: (shared: State) => void) {
    super({ name: 'late' });
    this.#other = other;
    this.#write = write;
  }
  override async post(shared: State): Promise<void> {
    await this.#other();
    this.#write(shared);
  }
}

class Early extends Node<State> {
  readonly #write: (shared: State) => void;
  constructor(write: (shared: State) => void) {
    super({ name: 'early' });
    this.#write = write;
  }
  override post(shared: State): void {
    this.#write(shared);
  }
}

/** The state after both writes, the second of which does not know of the first; or the conflict. */
async function met(early: (shared: State) => void, late: (shared: State) => void, reducers: Reducers = {}): Promise<{ readonly state: Store<State>['state']; readonly conflict: unknown }> {
  const store = createStore(initial(), { reducers });
  const outside = gate();
  const first = outside.promise.then(() => new Early(early).run(store)); // of another run, and not of the late one's post
  let conflict: unknown;
  try {
    await new Late(() => (outside.resolve(), first), late).run(store);
  } catch (error) {
    if (!(error instanceof StoreConflictError)) throw error;
    conflict = error.details['path'];
  }
  return { state: store.state, conflict };
}

describe('places', () => {
  test.each<[string, (shared: State) => void, (shared: State) => void, string | undefined]>([
    ['one key of a record', (s) => void (s.results['a']!.x = 2), (s) => void (s.results['a']!.x = 3), 'results.a.x'],
    ['different keys', (s) => void (s.results['b'] = { x: 2 }), (s) => void (s.results['c'] = { x: 3 }), undefined],
    ['a record, and something in it', (s) => void (s.results['a']!.x = 2), (s) => void (s.results = {}), 'results'],
    ['something in a record, and the record', (s) => void (s.results = {}), (s) => void (s.results['a']!.x = 2), 'results.a.x'],
    ['one key of a Map', (s) => void s.map.set('k', 2), (s) => void s.map.set('k', 3), 'map.k'],
    ['different keys of a Map', (s) => void s.map.set('l', 2), (s) => void s.map.set('m', 3), undefined],
    ['the length of a list, and an element', (s) => void (s.list[0] = 'b'), (s) => void s.list.pop(), 'list[0]'],
    ['the length of a list that is set, and an element', (s) => void (s.list[0] = 'b'), (s) => void (s.list.length = 0), 'list[0]'],
    ['an element of a list, and its length', (s) => void s.list.pop(), (s) => void (s.list[0] = 'b'), 'list[0]'],
    ['any two changes of a Set', (s) => void s.tags.add('y'), (s) => void s.tags.delete('x'), 'tags'],
    ['adding to a Set what it had', (s) => void s.tags.delete('x'), (s) => void s.tags.add('x'), 'tags'],
    ['giving a key of a Map the value that it had', (s) => void s.map.set('k', 2), (s) => void s.map.set('k', 1), 'map.k'],
    ['a Set and something else', (s) => void s.tags.add('y'), (s) => void s.counter++, undefined],
  ])('%s', async (_, early, late, conflict) => {
    const outcome = await met(early, late);
    expect(outcome.conflict).toBe(conflict);
    const expected = initial();
    early(expected);
    if (conflict === undefined) late(expected);
    expect(outcome.state).toEqual(expected);
  });
});

describe('which reducer is asked', () => {
  const ofCounter = (shared: State): void => void shared.counter++;

  test('the one with the longest path', async () => {
    const asked: string[] = [];
    const noting = (path: string) => (current: unknown): unknown => (asked.push(path), current);
    await met((s) => void s.stats!.total++, (s) => void s.stats!.total++, { stats: noting('stats'), 'stats.total': noting('stats.total') });
    await met((s) => void s.stats!.total++, (s) => void s.stats!.total++, { 'stats.total': noting('stats.total'), stats: noting('stats') });
    expect(asked).toEqual(['stats.total', 'stats.total']);
  });

  test('none of a place inside of what was replaced as a whole', async () => {
    const { conflict } = await met((s) => void s.stats!.total++, (s) => void (s.stats = { total: 5, other: 5 }), { 'stats.total': sum });
    expect(conflict).toBe('stats');
  });

  test('none where the record around its place is gone', async () => {
    const { conflict, state } = await met((s) => void (s.stats = undefined), (s) => void s.stats!.total++, { 'stats.total': sum });
    expect(conflict).toBe('stats.total');
    expect(state.stats).toBeUndefined();
  });

  test('one that is async is refused, and nothing is committed', async () => {
    const store = createStore(initial(), { reducers: { counter: async () => 1 } });
    const outside = gate();
    const first = outside.promise.then(() => new Early(ofCounter).run(store));
    const error = await rejection(new Late(() => (outside.resolve(), first), ofCounter).run(store));
    expect(error).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining("The reducer of 'counter' returned a promise") as string });
    expect(store.state.counter).toBe(1);
  });

  test('one inside a Map', async () => {
    const { conflict, state } = await met((s) => void s.map.set('k', 11), (s) => void s.map.set('k', 101), { 'map.k': sum });
    expect(conflict).toBeUndefined();
    expect(state.map).toEqual(new Map([['k', 111]]));
  });

  test('one above, also where what the phase wrote to is gone by now', async () => {
    const { conflict, state } = await met((s) => void (s.results = { b: { x: 2 } }), (s) => void (s.results['a']!.x = 3), { results: assign });
    expect(conflict).toBeUndefined();
    expect(state.results).toEqual({ a: { x: 3 }, b: { x: 2 } });
  });

  test("the store's own sum counts an increment once, although prep has read the counter before", async () => {
    class Reads extends Node<State> {
      override prep(shared: State): number {
        return shared.counter;
      }
      override async exec(): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve));
      }
      override post(shared: State): void {
        shared.counter += 1;
      }
    }
    const store = createStore(initial(), { reducers: { counter: sum } });
    await Promise.all([new Reads().run(store), new Reads().run(store), new Reads().run(store)]);
    expect(store.state.counter).toBe(3);
    expect((await met(ofCounter, ofCounter, { counter: sum })).state.counter).toBe(2);
  });
});

describe('inside one pass', () => {
  test('what a post lets other nodes write while it is open is not known to its draft', async () => {
    const store = createStore(initial());
    const inner = new Early((shared) => void shared.counter++);
    const error = await rejection(new Late(() => inner.run(store), (shared) => void (shared.counter += 10)).run(store));
    expect(error).toMatchObject({ code: 'STORE_CONFLICT', details: { path: 'counter', node: 'late', other: 'early' } });
    expect(store.state.counter).toBe(1);
  });

  test("what a flow's own nodes write is known to its post, also while others are at work", async () => {
    class Own extends Flow<State> {
      override prep(shared: State): number {
        return shared.counter;
      }
      override post(shared: State, before: unknown): void {
        shared.counter += Number(before) + 100;
      }
    }
    const store = createStore(initial());
    const opened = gate();
    const watching = new Late(() => opened.promise, (shared) => void shared.list.push('b')).run(store);
    await new Own(new Early((shared) => void shared.counter++)).run(store);
    opened.resolve();
    await watching;
    expect(store.state).toMatchObject({ counter: 101, list: ['a', 'b'] });
  });
});

describe('reducers by themselves', () => {
  test.each<[string, unknown, unknown]>([
    ['assign deletes what the phase deleted', assign({ a: 1, b: 2, c: 3 }, { b: 2 }, { a: 1, b: 2 }), { b: 2, c: 3 }],
    ['assign leaves a Map a Map where the phase left nothing', assign(new Map([['a', 1], ['b', 2]]), undefined as never, new Map([['a', 1]])), new Map([['b', 2]])],
    ['append takes a list that was written anew as a whole', append(['a', 'b'], ['x'], ['a']), ['a', 'b', 'x']],
    ['append never removes', append(['a', 'b'], [], ['a']), ['a', 'b']],
  ])('%s', (_, result, expected) => {
    expect(result).toEqual(expected);
  });
});
