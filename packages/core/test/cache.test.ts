/** Contract §6, "Content-hash cache": what a run looks up, what it keeps, and what a bad cache can do to it. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { computed, configureFlow, dryRun, FlowContext, flowModel, FlowResult, FromContext, GenericResult, keyOf, Lazy, memoryCache, modelClass, ModelInput, retry } from '@flowmodel/core';
import type { CacheEntry, ComputeOptions, Evaluator, FlowEvent, FlowRun, Hasher, ResultCache } from '@flowmodel/core';
import { rejection } from './refusal.ts';

/** A cache that notes what is asked of it. */
function noting(isAsync = false) {
  const entries = new Map<string, CacheEntry>();
  const asked: (readonly string[])[] = [];
  const answer = <T>(value: T): T | Promise<T> => (isAsync ? Promise.resolve(value) : value);
  const cache: ResultCache = {
    get: (key) => {
      asked.push([key]);
      return answer(entries.get(key));
    },
    getMany: (keys) => {
      asked.push(keys);
      return answer(keys.map((key) => entries.get(key)));
    },
    set: (key, entry) => void entries.set(key, entry),
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
  };
  return { cache, entries, asked };
}

/** source → left, right → top; counts bodies. */
function diamond(prefix: string) {
  const ran: string[] = [];
  const source = flowModel({ name: `${prefix}.source`, inputs: { n: FromContext(z.number()) } }, ({ n }) => {
    ran.push('source');
    return n;
  });
  const side = flowModel({ name: `${prefix}.side`, inputs: { x: z.number(), plus: z.number() } }, ({ x, plus }) => {
    ran.push(`side${plus}`);
    return x + plus;
  });
  const top = flowModel({ name: `${prefix}.top`, inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => {
    ran.push('top');
    return a * b;
  });
  const make = () => {
    const shared = source();
    return top({ a: side({ x: shared, plus: 1 }), b: side({ x: shared, plus: 2 }) });
  };
  return { ran, source, side, top, make };
}

describe.each([
  ['at once', false],
  ['by promises', true],
])('a cache that answers %s', (_how, isAsync) => {
  const name = (text: string): string => `cache.${isAsync ? 'later' : 'now'}.${text}`;

  test('CC-EVAL-11 CC-EVAL-22 every node is computed once and kept; models of equal content hit the same entries', async () => {
    const { ran, make } = diamond(name('kept'));
    const { cache, entries } = noting(isAsync);
    expect((await make().flow.compute({ n: 1 }, { cache })).value).toBe(6);
    expect((await make().flow.compute({ n: 1 }, { cache })).value).toBe(6);
    expect(ran).toEqual(['source', 'side1', 'side2', 'top']);
    expect(entries.size).toBe(4);
  });

  test('a hit at the root asks for nothing else, also with a context that has more fields', async () => {
    const { make } = diamond(name('root'));
    const { cache, asked } = noting(isAsync);
    await make().flow.compute({ n: 1 }, { cache });
    asked.length = 0;
    await make().flow.compute({ n: 1, unused: true }, { cache });
    const model = make();
    await model.flow.compute({ n: 1 }, { cache });
    await model.flow.compute(new FlowContext({ n: 1 }), { cache });
    expect(new Set(asked.map(({ length }) => length))).toEqual(new Set([1]));
    expect(new Set(asked.flat())).toEqual(new Set([keyOf(make(), { n: 1 })]));
  });

  test('a cold run asks level by level, each key once, several at a time by getMany', async () => {
    const { make, side, source } = diamond(name('levels'));
    const { cache, asked } = noting(isAsync);
    await make().flow.compute({ n: 1 }, { cache });
    expect(asked).toEqual([
      [keyOf(make(), { n: 1 })],
      [keyOf(side({ x: source(), plus: 1 }), { n: 1 }), keyOf(side({ x: source(), plus: 2 }), { n: 1 })],
      [keyOf(source(), { n: 1 })],
    ]);
  });

  test('a hit below the root prunes what only it needs', async () => {
    const { ran, make, entries, cache } = { ...diamond(name('pruned')), ...noting(isAsync) };
    await make().flow.compute({ n: 1 }, { cache });
    entries.delete(keyOf(make(), { n: 1 }));
    ran.length = 0;
    await make().flow.compute({ n: 1 }, { cache });
    expect(ran).toEqual(['top']);
  });

  test('a cache without getMany is asked one by one', async () => {
    const { ran, make } = diamond(name('single'));
    const { cache, asked } = noting(isAsync);
    const { getMany: _, ...plain } = cache;
    await make().flow.compute({ n: 1 }, { cache: plain });
    await make().flow.compute({ n: 1 }, { cache: plain });
    expect(ran).toHaveLength(4);
    expect(asked.every(({ length }) => length === 1)).toBe(true);
  });

  test('lazy branches and nested evaluations are looked up when they are asked for', async () => {
    const { ran, source, side } = diamond(name('asked'));
    const asks = flowModel({ name: name('asks'), inputs: { l: Lazy(z.number()), m: ModelInput(z.number()), k: FromContext(z.number()) } }, async ({ l, m, k }, run: FlowRun) => (await l()) + (await run.compute(m, { n: 5 })) + k);
    const { cache } = noting(isAsync);
    const graph = asks({ l: side({ x: source(), plus: 1 }), m: side({ x: source(), plus: 2 }) });
    expect((await graph.flow.compute({ n: 1, k: 0 }, { cache })).value).toBe(2 + 7);
    expect((await graph.flow.compute({ n: 1, k: 100 }, { cache })).value).toBe(109);
    expect(ran.toSorted()).toEqual(['side1', 'side2', 'source', 'source']);
  });

  test('CC-KEY-10 one entry serves a wrapper and the bare model', async () => {
    const { ran, source } = diamond(name('wrapper'));
    const { cache, entries } = noting(isAsync);
    await source().flow.withContext({ n: 4 }).flow.compute({}, { cache });
    await source().flow.compute({ n: 4 }, { cache });
    expect([ran.length, entries.size]).toEqual([1, 1]);
  });

  test('undefined and null are results like others', async () => {
    let bodies = 0;
    const nothing = flowModel({ name: name('nothing'), inputs: { which: FromContext(z.boolean()) } }, ({ which }) => {
      bodies++;
      return which ? undefined : null;
    });
    const { cache } = noting(isAsync);
    for (const which of [true, false, true, false]) expect((await nothing().flow.compute({ which }, { cache })).value).toBe(which ? undefined : null);
    expect(bodies).toBe(2);
  });

  test('a result that is a box of its own comes back as that; autoUnwrap gives the bare value', async () => {
    class Scored extends GenericResult<number> {
      readonly score = 0.5;
    }
    class Report extends FlowResult {
      readonly title = 'all';
    }
    const scored = flowModel({ name: name('scored'), inputs: {} }, () => new Scored(3));
    const report = flowModel({ name: name('report'), inputs: {} }, () => new Report());
    const bare = flowModel({ name: name('bare'), inputs: {}, autoUnwrap: true }, () => 5);
    const { cache } = noting(isAsync);
    for (let i = 0; i < 2; i++) {
      const found = await scored().flow.compute({}, { cache });
      expect([found instanceof Scored, found.value, found.score]).toEqual([true, 3, 0.5]);
      expect((await report().flow.compute({}, { cache })).title).toBe('all');
      expect(await bare().flow.compute({}, { cache })).toBe(5);
    }
  });

  test('CC-EVAL-14 CC-EVAL-13 values are frozen before they are shared; failures are not kept', async () => {
    let calls = 0;
    const rows = flowModel({ name: name('rows'), inputs: {} }, () => [{ a: [1] }]);
    const fails = flowModel({ name: name('fails'), inputs: {} }, () => {
      calls++;
      throw new Error('no');
    });
    const { cache, entries } = noting(isAsync);
    const { value } = await rows().flow.compute({}, { cache });
    expect(() => value[0]!.a.push(2)).toThrow(TypeError);
    expect((await rows().flow.compute({}, { cache })).value).toEqual([{ a: [1] }]);
    for (let i = 0; i < 2; i++) await expect(fails().flow.compute({}, { cache })).rejects.toThrow('no');
    expect([calls, entries.size]).toEqual([2, 1]);
  });
});

describe('a cache that knows part of a graph', () => {
  test('consumers of different hits stay different, though their own content is equal', async () => {
    const rows = flowModel({ name: 'part.rows', inputs: {} }, () => ['a', 'b']);
    const pick = flowModel({ name: 'part.pick', inputs: { rows: z.array(z.string()), city: z.string() } }, ({ city }) => city);
    const figures = flowModel({ name: 'part.figures', inputs: { city: z.string(), day: FromContext(z.number()) } }, ({ city, day }) => `${city}${day}`);
    const all = flowModel({ name: 'part.all', inputs: { a: z.string(), b: z.string() } }, ({ a, b }) => [a, b]);
    const shared = rows();
    const graph = all({ a: figures({ city: pick({ rows: shared, city: 'x' }) }), b: figures({ city: pick({ rows: shared, city: 'y' }) }) });
    const cache = memoryCache();
    expect((await graph.flow.compute({ day: 1 }, { cache })).value).toEqual(['x1', 'y1']);
    expect((await graph.flow.compute({ day: 2 }, { cache })).value).toEqual(['x2', 'y2']);
    expect(graph.flow.computeSync({ day: 3 }, { cache }).value).toEqual(['x3', 'y3']);
  });

  test('what is not cacheable runs once in a run, also where its upstream is a hit the second time', async () => {
    const ran: string[] = [];
    const leaf = flowModel({ name: 'part.leaf', inputs: {} }, () => 0);
    const asks = flowModel({ name: 'part.asks', inputs: { id: z.string(), x: z.number(), m: ModelInput(z.number()) }, cacheable: false }, async ({ id, x, m }, run: FlowRun): Promise<number> => {
      ran.push(id);
      return x + (await run.compute(m, {}));
    });
    const inner = asks({ id: 'inner', x: leaf(), m: leaf() });
    await asks({ id: 'outer', x: inner, m: inner }).flow.compute({}, { cache: memoryCache() });
    expect(ran).toEqual(['inner', 'outer']);
  });
});

describe('what is never kept', () => {
  /** How many bodies two runs take, and how many entries there are then. */
  async function twice(graph: { readonly flow: { compute(context: never, options: ComputeOptions): Promise<unknown> } }, count: () => number, options: ComputeOptions = {}): Promise<[number, number]> {
    const { cache, entries } = noting();
    for (let i = 0; i < 2; i++) await graph.flow.compute({} as never, { cache, ...options });
    return [count(), entries.size];
  }
  function counted(name: string, options: object = {}) {
    const seen = { bodies: 0 };
    const model = flowModel({ name, inputs: {}, ...options }, () => ++seen.bodies);
    return { model, count: () => seen.bodies };
  }
  const above = flowModel({ name: 'cache.above', inputs: { x: z.number() } }, ({ x }) => x);

  test('CC-OPT-11 CC-OPT-12 L10 volatile results and everything downstream of them', async () => {
    const { model, count } = counted('cache.volatile', { volatile: true, cacheable: true });
    const cache = memoryCache();
    const graph = above({ x: above({ x: model() }) });
    expect((await graph.flow.compute({}, { cache })).value).toBe(1);
    expect((await graph.flow.compute({}, { cache })).value).toBe(2);
    expect([count(), cache.stats().stores]).toEqual([2, 0]);
  });

  test('downstream of a volatile model by a lazy edge, a computed field, or an override', async () => {
    const lazily = flowModel({ name: 'cache.volatile.lazily', inputs: { x: Lazy(z.number()) } }, async ({ x }) => x());
    const reads = flowModel({ name: 'cache.volatile.reads', inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
    const first = counted('cache.volatile.1', { volatile: true });
    expect(await twice(lazily({ x: first.model() }), first.count)).toEqual([2, 0]);
    const second = counted('cache.volatile.2', { volatile: true });
    expect(await twice(reads().flow.withContext({ n: computed(second.model()) }), second.count)).toEqual([2, 0]);
    const third = counted('cache.volatile.3');
    expect(await twice(above({ x: third.model() }), third.count, { overrides: [{ factories: [third.model], volatile: true }] })).toEqual([2, 0]);
  });

  test('a body that asked for something volatile, by run.compute, at any depth', async () => {
    const { model, count } = counted('cache.asked.volatile', { volatile: true });
    const asks = flowModel({ name: 'cache.asks.volatile', inputs: { m: ModelInput(z.number()) } }, async ({ m }, run: FlowRun) => run.compute(m));
    expect(await twice(above({ x: asks({ m: above({ x: model() }) }) }), count)).toEqual([2, 0]);
  });

  test('CC-EVAL-10 CC-OPT-03 CC-OPT-06 cacheable: false, by definition or for chosen models; what is downstream is kept', async () => {
    const never = counted('cache.never', { cacheable: false });
    expect(await twice(never.model(), never.count)).toEqual([2, 0]);
    const below = counted('cache.never.below', { cacheable: false });
    expect(await twice(above({ x: below.model() }), below.count)).toEqual([1, 1]);
    const chosen = counted('cache.chosen');
    expect(await twice(chosen.model(), chosen.count, { overrides: [{ factories: [chosen.model], cacheable: false }] })).toEqual([2, 0]);
    const allowed = counted('cache.allowed', { cacheable: false });
    expect(await twice(allowed.model(), allowed.count, { overrides: [{ factories: [allowed.model], cacheable: true }] })).toEqual([1, 1]);
  });

  test('CC-RES-04 CC-KEY-17 results that were not validated, and what is made from them', async () => {
    const { model, count } = counted('cache.unvalidated', { output: z.number() });
    expect(await twice(above({ x: model() }), count, { validateResult: false })).toEqual([2, 0]);
    const cache = memoryCache();
    await model().flow.compute({}, { cache, validateResult: false });
    expect((await model().flow.compute({}, { cache })).value).toBe(4);
  });

  test('stubs and what is downstream of them', async () => {
    const { model } = counted('cache.stubbed');
    const graph = above({ x: model() });
    const cache = memoryCache();
    expect((await graph.flow.compute({}, { cache, overrides: [{ factories: [model], body: () => 42 }] })).value).toBe(42);
    expect(cache.stats().stores).toBe(0);
    expect((await graph.flow.compute({}, { cache })).value).toBe(1);
  });

  test('CC-DRY-02 placeholders of a dry run', async () => {
    const { model, count } = counted('cache.dry');
    const cache = memoryCache();
    await above({ x: model() }).flow.compute({}, { cache, evaluator: dryRun() });
    expect([count(), cache.stats().stores]).toEqual([0, 0]);
    expect((await above({ x: model() }).flow.compute({}, { cache })).value).toBe(1);
  });

  test('what a run computed that was cancelled, even if its body did not listen', async () => {
    let release!: (value: number) => void;
    const waits = flowModel({ name: 'cache.cancelled', inputs: {} }, () => new Promise<number>((resolve) => (release = resolve)));
    const cache = memoryCache();
    const abort = new AbortController();
    const run = waits().flow.compute({}, { cache, signal: abort.signal });
    abort.abort();
    await rejection(run);
    release(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(cache.stats().stores).toBe(0);
  });
});

describe('evaluators and the cache', () => {
  test('CC-EVAL-32 CC-KEY-14 what an opaque evaluator made of a result is kept under its name, apart from the plain one', async () => {
    const plus: Evaluator = { name: 'plus100', evaluate: async (_evaluation, next) => (await (next() as Promise<number>)) + 100 };
    const n = flowModel({ name: 'cache.n', inputs: { n: FromContext(z.number()) } }, ({ n: given }) => given);
    const cache = memoryCache();
    const values: unknown[] = [];
    for (const options of [{ evaluator: plus }, {}, { evaluator: plus }, {}]) values.push((await n().flow.compute({ n: 11 }, { cache, ...options })).value);
    expect(values).toEqual([111, 11, 111, 11]);
    expect(cache.stats()).toMatchObject({ stores: 2, hits: 2 });
  });

  test('CC-EVAL-29 an evaluator of chosen models is around these only, also behind wrappers: 103 then 3', async () => {
    const plus: Evaluator = { name: 'plus100', evaluate: (_evaluation, next) => (next() as number) + 100 };
    const n = flowModel({ name: 'cache.scoped', inputs: { n: FromContext(z.number()) } }, ({ n: given }) => given);
    const wrapped = n().flow.withContext({ n: 3 });
    const cache = memoryCache();
    expect((await wrapped.flow.compute({}, { cache, overrides: [{ factories: [n], evaluator: plus }] })).value).toBe(103);
    expect((await wrapped.flow.compute({}, { cache })).value).toBe(3);
  });

  test('a hit runs no evaluator', async () => {
    let calls = 0;
    const counting: Evaluator = { name: 'counting', transparent: true, evaluate: (_evaluation, next) => (calls++, next()) };
    const { make } = diamond('cache.evaluated');
    const cache = memoryCache();
    await make().flow.compute({ n: 1 }, { cache, evaluator: counting });
    await make().flow.compute({ n: 1 }, { cache, evaluator: counting });
    expect(calls).toBe(4);
  });
});

describe('events', () => {
  test('pruned nodes emit nothing, the hit that pruned them does, with its key', async () => {
    const { make } = diamond('cache.events');
    const cache = memoryCache();
    const events: FlowEvent[] = [];
    await make().flow.compute({ n: 1 }, { cache });
    await make().flow.compute({ n: 1 }, { cache, observer: (event) => void events.push(event) });
    expect(events.map((event) => [event.type, event.model, 'status' in event ? event.status : ''])).toEqual([
      ['run:start', 'cache.events.top', ''],
      ['node:end', 'cache.events.top', 'cached'],
      ['run:end', 'cache.events.top', 'computed'],
    ]);
    expect(events[1]).toMatchObject({ key: keyOf(make(), { n: 1 }), value: 6 });
  });
});

describe('a cache that does harm', () => {
  const warnings = (events: readonly FlowEvent[]): string[] => events.filter((event) => event.type === 'warning').map(({ code }) => code);

  /** Two runs with a broken cache: their values, and the warnings of each. */
  async function survive(prefix: string, broken: Partial<ResultCache>, options: ComputeOptions = {}): Promise<{ values: unknown[]; told: string[][] }> {
    const { make } = diamond(prefix);
    const { cache } = noting();
    const values: unknown[] = [];
    const told: string[][] = [];
    for (const n of [1, 1, 2]) {
      const events: FlowEvent[] = [];
      values.push((await make().flow.compute({ n }, { cache: { ...cache, ...broken }, observer: (event) => void events.push(event), ...options })).value);
      told.push(warnings(events));
    }
    return { values, told };
  }
  const right = [6, 6, 12];
  const onceEach = [['CACHE'], ['CACHE'], ['CACHE']];

  test('one that throws, on every operation, is told once per run', async () => {
    const fail = (): never => {
      throw new Error('disk gone');
    };
    expect(await survive('bad.get', { get: fail, getMany: fail })).toEqual({ values: right, told: onceEach });
    expect(await survive('bad.set', { set: fail })).toEqual({ values: right, told: onceEach });
    const reject = (): Promise<never> => Promise.reject(new Error('net gone'));
    expect(await survive('bad.get.async', { get: reject, getMany: reject })).toEqual({ values: right, told: onceEach });
    expect(await survive('bad.set.async', { set: reject })).toEqual({ values: right, told: onceEach });
  });

  test('a store that fails at once is told before run:end; one that takes time is not waited for', async () => {
    const types: string[] = [];
    const { cache } = noting(true);
    const compute = async (set: ResultCache['set']) => {
      types.length = 0;
      const five = flowModel({ name: 'stores.five', inputs: {}, replace: true }, async () => 5);
      return (await five().flow.compute({}, { cache: { ...cache, set }, observer: (event) => void types.push(event.type) })).value;
    };
    expect(await compute(async () => Promise.reject(new Error('full')))).toBe(5);
    expect(types).toEqual(['run:start', 'node:start', 'node:end', 'warning', 'run:end']);
    expect(await compute(() => new Promise(() => {}))).toBe(5);
    expect(types.at(-1)).toBe('run:end');
  });

  test('what an asynchronous store in memory takes is there when compute has answered', async () => {
    const { cache, entries } = noting(true);
    const later: ResultCache = { ...cache, set: async (key, entry) => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      return cache.set(key, entry);
    } };
    const { make } = diamond('stores.later');
    await make().flow.compute({ n: 1 }, { cache: later });
    expect(entries.has(keyOf(make(), { n: 1 }))).toBe(true);
  });

  test('one that hands over rubbish', async () => {
    for (const [i, rubbish] of [7, 'text', {}, [], null, { source: 'x' }, { value: 1 }, { value: 1, source: 'x' }].entries()) {
      expect(await survive(`bad.rubbish.${i}`, { get: () => rubbish as never, getMany: (keys) => keys.map(() => rubbish as never) })).toEqual({ values: right, told: onceEach });
    }
  });

  test('one whose getMany is no list, or too short', async () => {
    expect((await survive('bad.many', { getMany: () => 'no list' as never })).values).toEqual(right);
    expect((await survive('bad.short', { getMany: () => [] })).values).toEqual(right);
  });

  test('one that mixes up its entries: what was made from something else is no hit', async () => {
    let last: CacheEntry | undefined;
    const { values } = await survive('bad.mixed', { get: () => last, getMany: (keys) => keys.map(() => last), set: (_key, entry) => void (last = entry) });
    expect(values).toEqual(right);
  });

  test('a hasher that gives everything the same hash: slow, not wrong', async () => {
    const collides: Hasher = { name: 'collides', text: () => '0', value: () => '0' };
    const { values } = await survive('bad.hash', {}, { hasher: collides });
    expect(values).toEqual(right);
  });

  test('one that does not answer in time is a miss, and is not asked again in that run', async () => {
    let asked = 0;
    const never = (): Promise<never> => {
      asked++;
      return new Promise(() => {});
    };
    const timers = new Set<() => void>();
    const clock = { now: () => 0, setTimeout: (callback: () => void) => (timers.add(callback), queueMicrotask(callback), callback), clearTimeout: (timer: unknown) => void timers.delete(timer as () => void) };
    const { values, told } = await survive('bad.slow', { get: never, getMany: never }, { clock, cacheTimeout: 50 });
    expect({ values, told, asked }).toEqual({ values: right, told: onceEach, asked: 3 });
    expect(timers.size).toBe(0);
  });

  test('one that answers by promises is ASYNC_IN_SYNC under computeSync', () => {
    const { make } = diamond('bad.sync');
    expect(() => make().flow.computeSync({ n: 1 }, { cache: noting(true).cache })).toThrowError(expect.objectContaining({ code: 'ASYNC_IN_SYNC' }));
  });

  test('an observer that throws changes nothing', async () => {
    const { make } = diamond('bad.observer');
    const observer = (): never => {
      throw new Error('observer');
    };
    expect((await make().flow.compute({ n: 1 }, { observer, cache: memoryCache() })).value).toBe(6);
  });
});

describe('options', () => {
  test('configureFlow gives a default cache and takes it back', async () => {
    const { ran, make } = diamond('cache.default');
    configureFlow({ cache: memoryCache() });
    try {
      await make().flow.compute({ n: 1 });
      await make().flow.compute({ n: 1 });
      expect(ran).toHaveLength(4);
      await make().flow.compute({ n: 1 }, { cache: undefined });
      expect(ran).toHaveLength(8);
    } finally {
      configureFlow({ cache: undefined });
    }
    await make().flow.compute({ n: 1 });
    expect(ran).toHaveLength(12);
  });

  test('what is no cache is refused; a Map is one', async () => {
    const { ran, make } = diamond('cache.refused');
    expect(await rejection(make().flow.compute({ n: 1 }, { cache: { get: () => undefined } as never }))).toMatchObject({ code: 'DEFINITION' });
    const cache = new Map<string, CacheEntry>() as unknown as ResultCache; // its `set` returns more than the interface asks for
    for (let i = 0; i < 2; i++) await make().flow.compute({ n: 1 }, { cache });
    expect(ran).toHaveLength(4);
  });

  test('class models are kept too, their nested evaluations apart', async () => {
    let calls = 0;
    class Fibonacci extends modelClass({ name: 'cache.Fibonacci', inputs: {}, context: z.object({ n: z.number().int() }), output: z.number() }) {
      async call({ n }: { n: number }, run: FlowRun): Promise<number> {
        calls++;
        return n <= 1 ? n : (await run.compute(this, { n: n - 1 })) + (await run.compute(this, { n: n - 2 }));
      }
    }
    const cache = memoryCache();
    expect((await new Fibonacci({}).flow.compute({ n: 30 }, { cache })).value).toBe(832_040);
    expect((await new Fibonacci({}).flow.compute({ n: 31 }, { cache })).value).toBe(1_346_269);
    expect(calls).toBe(32);
  });

  test('retries are not multiplied: a failing leaf under two levels is called so often as its own attempts say', async () => {
    let calls = 0;
    const leaf = flowModel({ name: 'cache.leaf', inputs: {} }, (): number => {
      calls++;
      throw new Error('always');
    });
    const up = flowModel({ name: 'cache.up', inputs: { x: z.number() } }, ({ x }) => x);
    await expect(up({ x: up({ x: leaf() }) }).flow.compute({}, { evaluator: retry({ attempts: 3 }), cache: memoryCache() })).rejects.toThrow('always');
    expect(calls).toBe(3);
  });
});
