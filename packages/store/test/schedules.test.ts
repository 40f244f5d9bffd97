/** Parallel passes over a created store, under many schedules, against passes that run one after the other. */
import { append, assign, createStore, Flow, Node, ParallelBatchFlow, StoreConflictError, sum } from '@flowmodel/store';
import type { Reducers } from '@flowmodel/store';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

interface State {
  counters: Record<string, number>;
  list: string[];
  results: Record<string, string>;
}

/** What one node of a pass does. */
type Step =
  | { readonly kind: 'stale' | 'fresh' | 'waiting'; readonly counter: 'a' | 'b'; readonly by: number }
  | { readonly kind: 'put'; readonly key: string }
  | { readonly kind: 'push'; readonly waits: boolean };

const counter = fc.constantFrom('a' as const, 'b' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('stale' as const, 'fresh' as const, 'waiting' as const), counter, by: fc.integer({ min: -3, max: 3 }) }),
  fc.record({ kind: fc.constant('put' as const), key: fc.constantFrom('x', 'y') }),
  fc.record({ kind: fc.constant('push' as const), waits: fc.boolean() }),
);
const program = fc.array(step, { minLength: 1, maxLength: 4 });
const passes = fc.array(fc.record({ id: fc.constantFrom('p', 'q', 'r', 's') }), { minLength: 1, maxLength: 4 }).map((list) => list.map(({ id }, i) => ({ id: `${id}${i}` })));

const initial = (): State => ({ counters: { a: 0, b: 0 }, list: [], results: {} });
type Pause = (label: string) => Promise<unknown>;

class Does extends Node<State, { id: string }, number> {
  readonly #step: Step;
  readonly #pause: Pause;
  constructor(doing: Step, pause: Pause) {
    super({ name: doing.kind });
    this.#step = doing;
    this.#pause = pause;
  }
  override prep(shared: State): number {
    return this.#step.kind === 'stale' ? shared.counters[this.#step.counter]! : 0;
  }
  override async exec(): Promise<void> {
    await this.#pause(`${this.params.id} ${this.#step.kind}`);
  }
  /** Synchronous but where it waits: an async function would end a turn later than it is called. */
  override post(shared: State, before: number): Promise<void> | void {
    const doing = this.#step;
    const { id } = this.params;
    if (doing.kind === 'waiting') return this.#addLater(shared, doing.counter, doing.by);
    if (doing.kind === 'push' && doing.waits) return this.#pushLater(shared);
    if (doing.kind === 'stale') shared.counters[doing.counter] = before + doing.by;
    else if (doing.kind === 'fresh') shared.counters[doing.counter]! += doing.by;
    else if (doing.kind === 'put') shared.results[`${id}.${doing.key}`] = id;
    else shared.list.push(id);
  }
  async #addLater(shared: State, key: 'a' | 'b', by: number): Promise<void> {
    const now = shared.counters[key]!;
    await this.#pause(`${this.params.id} post`);
    shared.counters[key] = now + by;
  }
  async #pushLater(shared: State): Promise<void> {
    await this.#pause(`${this.params.id} push`);
    shared.list.push(this.params.id);
  }
}

/** A flow that reads in its prep what its nodes write, and writes nothing. */
class Reading extends Flow<State> {
  override prep(shared: State): unknown {
    return { ...shared.counters };
  }
  override post(): void {}
}

class Passes extends ParallelBatchFlow<State> {
  readonly #items: { readonly id: string }[];
  constructor(items: { readonly id: string }[], steps: readonly Step[], pause: Pause, reducers: Reducers, isNested = false) {
    const nodes = steps.map((doing) => new Does(doing, pause));
    nodes.forEach((node, i) => i > 0 && nodes[i - 1]!.next(node));
    super(isNested ? new Reading(new Flow<State>(nodes[0]!)) : nodes[0]!, { reducers });
    this.#items = items;
  }
  override prep(): object[] {
    return this.#items;
  }
}

/** What passes in sequence make: the only thing that counts is what each adds. */
function reference(items: readonly { readonly id: string }[], steps: readonly Step[]): State {
  const state = initial();
  for (const { id } of items) {
    for (const doing of steps) {
      if (doing.kind === 'put') state.results[`${id}.${doing.key}`] = id;
      else if (doing.kind === 'push') state.list.push(id);
      else state.counters[doing.counter]! += doing.by;
    }
  }
  return state;
}

const comparable = (state: State): unknown => ({ ...state, list: state.list.toSorted((a, b) => a.localeCompare(b)) });
const REDUCERS: Reducers = { 'counters.a': sum, 'counters.b': sum, list: append, results: assign };
const runs = { numRuns: 1_000, seed: Number(process.env['FLOWMODEL_SEED'] ?? 7) };

/** Milliseconds that a thousand runs may take on a busy machine. */
const LONG = 60_000;

describe('parallel passes under any schedule', () => {
  test('with reducers they make what passes in sequence make', async () => {
    await fc.assert(
      fc.asyncProperty(passes, program, fc.boolean(), fc.scheduler(), async (items, steps, isNested, scheduler) => {
        const store = createStore(initial());
        const done = new Passes(items, steps, (label) => scheduler.schedule(Promise.resolve(), label), REDUCERS, isNested).run(store);
        await scheduler.waitFor(done);
        expect(comparable(store.state as State)).toEqual(comparable(reference(items, steps)));
        for (const { id } of items) expect(store.state.list.filter((one) => one === id)).toHaveLength(steps.filter(({ kind }) => kind === 'push').length);
      }),
      runs,
    );
  }, LONG);

  test('without reducers they do so too, or end with a StoreConflictError: nothing is lost in silence', async () => {
    let conflicts = 0;
    let successes = 0;
    await fc.assert(
      fc.asyncProperty(passes, program, fc.boolean(), fc.scheduler(), async (items, steps, isNested, scheduler) => {
        const store = createStore(initial());
        const done = new Passes(items, steps, (label) => scheduler.schedule(Promise.resolve(), label), {}, isNested).run(store).catch((error: unknown) => error);
        const outcome = await scheduler.waitFor(done);
        if (outcome === undefined) {
          successes++;
          expect(comparable(store.state as State)).toEqual(comparable(reference(items, steps)));
        } else {
          conflicts++;
          expect(outcome).toBeInstanceOf(StoreConflictError);
        }
      }),
      runs,
    );
    expect(conflicts).toBeGreaterThan(20);
    expect(successes).toBeGreaterThan(20);
  }, LONG);

  test('commits come in the order in which phases end: the same schedule, the same history', async () => {
    await fc.assert(
      fc.asyncProperty(passes, program, fc.array(fc.nat(50), { minLength: 60, maxLength: 60 }), async (items, steps, order) => {
        const histories = [];
        for (let i = 0; i < 2; i++) {
          const store = createStore(initial());
          await new Passes(items, steps, pausesBy([...order]), REDUCERS).run(store);
          histories.push(store.patches);
        }
        expect(histories[0]).toEqual(histories[1]);
      }),
      { ...runs, numRuns: 100 },
    );
  });

  test('passes that wait equally long commit in the order of their items', async () => {
    await fc.assert(
      fc.asyncProperty(passes, async (items) => {
        const store = createStore(initial());
        await new Passes(items, [{ kind: 'push', waits: false }], async () => {}, {}).run(store);
        expect(store.state.list).toEqual(items.map(({ id }) => id));
      }),
      { ...runs, numRuns: 50 },
    );
  });

  test('each state of the history is the one before with the patches of one phase', async () => {
    const { applyPatches, enablePatches } = await import('immer');
    enablePatches();
    await fc.assert(
      fc.asyncProperty(passes, program, fc.scheduler(), async (items, steps, scheduler) => {
        const store = createStore(initial());
        await scheduler.waitFor(new Passes(items, steps, (label) => scheduler.schedule(Promise.resolve(), label), REDUCERS).run(store));
        store.patches.forEach(({ patches }, i) => expect(applyPatches(store.at(i), patches as never)).toEqual(store.at(i + 1)));
      }),
      { ...runs, numRuns: 100 },
    );
  });
});

/** Pauses of so many turns each. */
function pausesBy(order: number[]): Pause {
  return async () => {
    for (let turns = order.shift() ?? 0; turns > 0; turns--) await Promise.resolve();
  };
}
