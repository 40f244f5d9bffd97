/** Contract §8: what compute would do with every node, and why, without running a body. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { computed, contextTransform, explain, flowModel, FromContext, keyOf, Lazy, memoryCache, modelClass, ModelInput, Resource, toDot, toMermaid } from '@flowmodel/core';
import type { Explanation, ResultCache } from '@flowmodel/core';

let bodies = 0;
const source = flowModel({ name: 'ex.source', inputs: { day: FromContext(z.number()), city: FromContext(z.string().default('Paris')) } }, ({ day }) => (bodies++, day));
const side = flowModel({ name: 'ex.side', inputs: { x: z.number(), plus: z.number() } }, ({ x, plus }) => (bodies++, x + plus));
const top = flowModel({ name: 'ex.top', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => (bodies++, a * b));
const make = (plus = 1) => {
  const shared = source();
  return top({ a: side({ x: shared, plus }), b: side({ x: shared, plus: 2 }) });
};

/** `path status`, for every node. */
const statuses = ({ nodes }: Explanation): string[] => nodes.map(({ path, status }) => `${path} ${status}`);
const reasons = ({ nodes }: Explanation): Record<string, string | undefined> => Object.fromEntries(nodes.filter(({ reason }) => reason !== undefined).map(({ path, reason }) => [path, reason]));

describe('statuses', () => {
  test('without a cache everything would run; each node once', async () => {
    const found = await explain(make(), { day: 1 });
    expect(statuses(found)).toEqual(['ex.top run', 'ex.top.a run', 'ex.top.a.x run', 'ex.top.b run']);
    expect(new Set(Object.values(reasons(found)))).toEqual(new Set(['there is no cache']));
  });

  test('a cached node prunes what only it needs; keys are those of keyOf', async () => {
    const cache = memoryCache();
    await make().flow.compute({ day: 1 }, { cache });
    const all = await explain(make(), { day: 1 }, { cache });
    expect(statuses(all)).toEqual(['ex.top cached', 'ex.top.a pruned', 'ex.top.a.x pruned', 'ex.top.b pruned']);
    expect(all.nodes[0]!.key).toBe(keyOf(make(), { day: 1 }));
    const changed = await explain(make(5), { day: 1 }, { cache });
    expect(statuses(changed)).toEqual(['ex.top run', 'ex.top.a run', 'ex.top.a.x cached', 'ex.top.b cached']);
  });

  test('a cache that answers by promises, and one that fails', async () => {
    const cache = memoryCache();
    await make().flow.compute({ day: 1 }, { cache });
    const later: ResultCache = { ...cache, get: (key) => Promise.resolve(cache.get(key) as never), set: () => {}, delete: () => {}, clear: () => {} };
    expect((await explain(make(), { day: 1 }, { cache: later })).count('cached')).toBe(1);
    const broken: ResultCache = { ...later, get: () => Promise.reject(new Error('down')) };
    expect((await explain(make(), { day: 1 }, { cache: broken })).count('run')).toBe(4);
  });

  test('lazy branches, handed-over models and computed fields', async () => {
    const mixed = flowModel({ name: 'ex.mixed', inputs: { l: Lazy(z.number()), m: ModelInput(z.number()), f: FromContext(z.number()) } }, () => 0);
    const graph = mixed({ l: source(), m: side({ x: 1, plus: 1 }) }).flow.withContext({ f: computed(side({ x: 2, plus: 2 })) });
    expect(statuses(await explain(graph, { day: 1 }))).toEqual(['ex.mixed run', 'ex.mixed.f run', 'ex.mixed.l lazy', 'ex.mixed.m lazy']);
  });

  test('what is missing: context fields, inputs, resources, a transform that fails', async () => {
    const needs = flowModel({ name: 'ex.needs', inputs: { x: z.number(), y: z.number(), client: Resource<object>() } }, () => 0);
    const fails = contextTransform({ name: 'ex.fails', inputs: {}, output: z.number() }, (): number => {
      throw new Error('no day');
    });
    const found = await explain(needs({ x: source() }), {});
    expect(reasons(found)).toEqual({ 'ex.needs': "unbound: 'y'; no resource 'client'", 'ex.needs.x': "context lacks 'day'" });
    expect(found.count('missing')).toBe(2);
    expect(reasons(await explain(source().flow.withContext({ day: fails() })))).toEqual({ 'ex.source': expect.stringContaining('no day') });
  });

  test('what is downstream of something missing waits for it, and has no key; over lazy edges it runs', async () => {
    const lazily = flowModel({ name: 'ex.lazy', inputs: { l: Lazy(z.number()), n: z.number() } }, ({ n }) => n);
    const lacking = source();
    const found = await explain(top({ a: side({ x: side({ x: lacking, plus: 1 }), plus: 1 }), b: lazily({ l: side({ x: lacking, plus: 3 }), n: 1 }) }), {}, { cache: memoryCache() });
    expect(statuses(found)).toEqual(['ex.top waiting', 'ex.top.a waiting', 'ex.top.a.x waiting', 'ex.top.a.x.x missing', 'ex.top.b run', 'ex.top.b.l lazy']);
    expect(reasons(found)).toMatchObject({ 'ex.top': 'waits for ex.top.a.x.x', 'ex.top.a': 'waits for ex.top.a.x.x', 'ex.top.b.l': 'waits for ex.top.a.x.x' });
    expect(found.nodes.filter(({ status }) => status === 'waiting').every(({ key }) => key === undefined)).toBe(true);
    expect(String(found).split('\n')[0]).toBe('1 would run, 1 on demand, 3 waiting, 1 lacking something');
    expect(toMermaid(found.graph)).toContain('waiting');
    const fed = await explain(source().flow.withContext({ day: computed(lacking) }), {});
    expect(statuses(fed)).toEqual(['ex.source waiting', 'ex.source.day missing']);
  });

  test('volatile, uncacheable and unhashable nodes say so', async () => {
    const cache = memoryCache();
    const clock = flowModel({ name: 'ex.clock', inputs: {}, volatile: true }, () => 1);
    const secretive = flowModel({ name: 'ex.secretive', inputs: {}, cacheable: false }, () => 1);
    const odd = flowModel({ name: 'ex.odd', inputs: { f: z.any() } }, () => 1);
    const found = reasons(await explain(top({ a: clock(), b: secretive() }), {}, { cache }));
    expect(found['ex.top.a']).toBe('it is volatile');
    expect(found['ex.top']).toContain('upstream of it is volatile');
    expect(found['ex.top.b']).toBe('it is not to be cached');
    expect(reasons(await explain(odd({ f: () => 1 }), {}, { cache }))['ex.odd']).toContain("ex.odd, input 'f'");
  });

  test('no body runs', async () => {
    bodies = 0;
    await explain(make(), { day: 1 }, { cache: memoryCache() });
    expect(bodies).toBe(0);
  });
});

describe('why a key differs from the last run that this cache saw', () => {
  /** Runs one model, then explains another (or the same in another context). */
  async function after(first: [object, object], second: [object, object], options: object = {}): Promise<Record<string, string | undefined>> {
    const cache = memoryCache();
    await (first[0] as ReturnType<typeof make>).flow.compute(first[1] as { day: number }, { cache });
    return reasons(await explain(second[0] as never, second[1], { cache, ...options }));
  }

  test('no run yet', async () => {
    expect((await explain(make(), { day: 1 }, { cache: memoryCache() })).nodes[0]!.reason).toBe('this cache has seen no run of it in this process');
  });

  test('a literal, and what is downstream of it', async () => {
    expect(await after([make(1), { day: 1 }], [make(7), { day: 1 }])).toEqual({ 'ex.top': "upstream 'a' changed", 'ex.top.a': "input 'plus': 1 → 7" });
  });

  test('a context field: given, defaulted, by a transform, of a class model', async () => {
    expect(await after([source(), { day: 1 }], [source(), { day: 2, city: 'Rome' }])).toEqual({ 'ex.source': "context field 'day': 1 → 2; context field 'city': \"Paris\" → \"Rome\"" });
    const plus = contextTransform({ name: 'ex.plus', inputs: { base: FromContext(z.number()), n: z.number() }, output: z.number() }, ({ base, n }) => base + n);
    expect(await after([source().flow.withContext({ day: plus({ n: 1 }) }), { base: 1 }], [source().flow.withContext({ day: plus({ n: 2 }) }), { base: 1 }])).toEqual({ 'ex.source': "context field 'day': 2 → 3" });
    class Days extends modelClass({ name: 'ex.Days', inputs: { salt: z.number() }, context: z.object({ n: z.number(), m: z.number().default(0) }), output: z.number() }) {
      call({ n }: { n: number }): number {
        return n;
      }
    }
    expect(await after([new Days({ salt: 1 }), { n: 1 }], [new Days({ salt: 2 }), { n: 5 }])).toEqual({ 'ex.Days': "input 'salt': 1 → 2; context field 'n': 1 → 5" });
  });

  test('the code, a version, an evaluator, another model in its place', async () => {
    const v = (version: string) => flowModel({ name: 'ex.versioned', inputs: {}, version, replace: true }, () => 1)();
    expect(await after([v('1'), {}], [v('2'), {}])).toEqual({ 'ex.versioned': 'the code changed' });
    expect(await after([v('1'), {}], [v('1'), {}], { evaluator: { name: 'opaque', evaluate: () => 1 } })).toEqual({ 'ex.versioned': 'the evaluators changed' });
    const other = flowModel({ name: 'ex.other', inputs: {} }, () => 1);
    expect((await after([top({ a: other(), b: 1 }), {}], [top({ a: side({ x: 1, plus: 1 }), b: 1 }), {}]))['ex.top.a']).toBe('ex.other stood here in the last run');
  });

  test('an upstream model in place of a literal, a lazy branch, a handed-over model, a computed field', async () => {
    expect((await after([top({ a: 1, b: 1 }), {}], [top({ a: side({ x: 1, plus: 1 }), b: 1 }), {}]))).toEqual({ 'ex.top': "input 'a': 1 → ex.side(…)", 'ex.top.a': 'it was not in the last run' });
    expect((await after([top({ a: side({ x: 1, plus: 1 }), b: 1 }), {}], [top({ a: 7, b: 1 }), {}]))).toEqual({ 'ex.top': "input 'a': ex.side(…) → 7" });
    const lazily = flowModel({ name: 'ex.lazily', inputs: { l: Lazy(z.number()), m: ModelInput(z.number()) } }, () => 1);
    expect((await after([lazily({ l: source(), m: side({ x: 1, plus: 1 }) }), { day: 1 }], [lazily({ l: source(), m: side({ x: 1, plus: 2 }) }), { day: 2 }]))['ex.lazily']).toBe("upstream 'l' changed; input 'm' changed");
    const reads = flowModel({ name: 'ex.reads', inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
    const fed = (plus: number) => reads().flow.withContext({ n: computed(side({ x: 1, plus })) });
    expect((await after([fed(1), {}], [fed(2), {}]))['ex.reads']).toBe("context field 'n' changed");
  });

  test('nothing changed, but the cache lost it', async () => {
    const cache = memoryCache();
    await make().flow.compute({ day: 1 }, { cache });
    cache.clear();
    expect((await explain(make(), { day: 1 }, { cache })).nodes[0]!.reason).toContain('nothing changed since the last run');
  });

  test('of a model that has not been a root yet: the last run that had it inside, whatever its root', async () => {
    const cache = memoryCache();
    const unrelated = flowModel({ name: 'ex.unrelated', inputs: {} }, () => 1);
    await unrelated().flow.compute({}, { cache });
    expect(reasons(await explain(source(), { day: 2 }, { cache }))).toEqual({ 'ex.source': 'it was not in the last run' });
    await make().flow.compute({ day: 1 }, { cache });
    expect(reasons(await explain(source(), { day: 2 }, { cache }))).toEqual({ 'ex.source': "context field 'day': 1 → 2" });
    expect(reasons(await explain(side({ x: source(), plus: 1 }), { day: 2 }, { cache }))).toEqual({ 'ex.side': "upstream 'x' changed", 'ex.side.x': "context field 'day': 1 → 2" });
    await unrelated().flow.compute({}, { cache });
    expect(reasons(await explain(make(), { day: 3 }, { cache }))['ex.top.a.x']).toBe("context field 'day': 1 → 3"); // its own last run counts more
  });

  test('the last run counts also when it was a hit', async () => {
    const cache = memoryCache();
    const model = source();
    for (const day of [1, 2, 1]) await model.flow.compute({ day }, { cache });
    expect(reasons(await explain(model, { day: 3 }, { cache }))).toEqual({ 'ex.source': "context field 'day': 1 → 3" });
  });

  test('secrets do not show', async () => {
    const login = flowModel({ name: 'ex.login', inputs: { token: FromContext(z.string().meta({ secret: true })) } }, () => 1);
    expect(await after([login(), { token: 'hunter1' }], [login(), { token: 'hunter2' }])).toEqual({ 'ex.login': "context field 'token' changed" });
  });
});

describe('what it looks like', () => {
  test('a table, and pictures with statuses', async () => {
    const cache = memoryCache();
    await make().flow.compute({ day: 1 }, { cache });
    const found = await explain(make(7), { day: 1 }, { cache });
    const text = String(found).replaceAll(/[0-9a-f]{12}/g, '<key>');
    expect(text).toBe(
      [
        '2 would run, 2 cached',
        "  run       ex.top      <key>  upstream 'a' changed",
        "  run       ex.top.a    <key>  input 'plus': 1 → 7",
        '  cached    ex.top.a.x  <key>',
        '  cached    ex.top.b    <key>',
      ].join('\n'),
    );
    expect(inspect(found, { colors: false })).toBe(String(found));
    expect(inspect([[[found]]], { depth: 1 })).not.toContain('ex.top');
    expect(toMermaid(found.graph)).toContain('cached');
    expect(toDot(found.graph)).toContain('cached');
  });

  test('2,000 nodes, and a chain of 20,000', async () => {
    let chain = side({ x: source(), plus: 0 });
    for (let i = 0; i < 20_000; i++) chain = side({ x: chain, plus: i }) as never;
    expect((await explain(chain, { day: 1 }, { cache: memoryCache() })).count('run')).toBe(20_002);
  });
});
