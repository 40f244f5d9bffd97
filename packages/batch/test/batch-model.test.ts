import { batchModel, mapFlow } from '@flowmodel/batch';
import { DefinitionRegistry, Dependency, flowModel, FromContext, Lazy, memoryCache, modelFromJSON, timeout } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Desk, settled } from './deferred.ts';

const own = () => ({ definitions: new DefinitionRegistry() });

const user = flowModel({ name: 'user', ...own(), inputs: { userId: FromContext(z.number()), userType: FromContext(z.string().default('standard')) } }, ({ userId, userType }) => `${userId}:${userType}`);
const mail = flowModel({ name: 'mail', ...own(), inputs: { user: z.string(), sender: FromContext(z.string()) } }, ({ user: to, sender }) => `${sender} → ${to}`);
const Item = z.object({ userId: z.number(), userType: z.string().optional() });
type Item = z.input<typeof Item>;

const mails = batchModel({ name: 'mails', ...own(), inputs: { users: z.array(Item) }, item: Item, params: ({ users }) => users, each: mail({ user: user() }), concurrency: 2 });
const USERS: Item[] = [{ userId: 1, userType: 'premium' }, { userId: 2 }, { userId: 3, userType: 'premium' }];

/** A batch over any list. */
const over = (list: unknown, each = user(), more: object = {}) => batchModel({ name: 'over', ...own(), inputs: {}, params: () => list as Item[], each, ...more })();

describe('items', () => {
  test('PZ1 one item per instance; every model of the instance sees its fields', async () => {
    const { value } = await mails({ users: USERS }).flow.compute({ sender: 'me' });
    expect(value.results).toEqual([
      { status: 'ok', params: { userId: 1, userType: 'premium' }, value: 'me → 1:premium' },
      { status: 'ok', params: { userId: 2 }, value: 'me → 2:standard' },
      { status: 'ok', params: { userId: 3, userType: 'premium' }, value: 'me → 3:premium' },
    ]);
    expect(value.stats).toMatchObject({ total: 3, ok: 3, failed: 0, skipped: 0 });
  });

  test('PZ2 TH24 instances run at once up to the cap, and what is inside one follows its graph', async () => {
    const desk = new Desk();
    const first = flowModel({ name: 'first', ...own(), inputs: { userId: FromContext(z.number()) } }, ({ userId }) => desk.work(`first ${userId}`));
    const second = flowModel({ name: 'second', ...own(), inputs: { first: z.unknown(), userId: FromContext(z.number()) } }, ({ userId }) => desk.work(`second ${userId}`));
    const run = over(Array.from({ length: 10 }, (_, userId) => ({ userId })), second({ first: first() }) as never, { concurrency: 3 }).flow.compute();
    await settled();
    expect(desk.started).toEqual(['first 0', 'first 1', 'first 2']);
    await desk.end('first 0');
    expect(desk.started.at(-1)).toBe('second 0');
    await desk.endAll();
    expect((await run).value.stats.ok).toBe(10);
    expect(desk.peak).toBe(3);
  });

  test('TH24 without a number five are under way', async () => {
    const desk = new Desk();
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()) } }, ({ userId }) => desk.work(String(userId)));
    const run = over(Array.from({ length: 9 }, (_, userId) => ({ userId })), leaf() as never).flow.compute();
    await desk.endAll();
    await run;
    expect(desk.peak).toBe(5);
  });

  test('PZ3 an instance sees {...runtime, ...item}, the item wins', async () => {
    const shows = flowModel({ name: 'shows', ...own(), inputs: { globalConfig: FromContext(z.string()), itemId: FromContext(z.number()) } }, (all) => all);
    const batch = batchModel({ name: 'merged', ...own(), inputs: {}, params: (): { itemId: number; globalConfig?: string }[] => [{ itemId: 1 }, { itemId: 2, globalConfig: 'own' }, { itemId: 3, globalConfig: undefined }], each: shows() });
    const { value } = await batch().flow.compute({ globalConfig: 'all' });
    expect(value.results.map((entry) => entry.status === 'ok' && entry.value)).toEqual([{ globalConfig: 'all', itemId: 1 }, { globalConfig: 'own', itemId: 2 }, { globalConfig: 'all', itemId: 3 }]);
  });

  test('PZ3 merging is shallow: an item\'s object replaces the runtime\'s', async () => {
    const shows = flowModel({ name: 'shows', ...own(), inputs: { config: FromContext(z.record(z.string(), z.number())) } }, ({ config }) => config);
    const { results } = await mapFlow(shows(), [{ config: { b: 2 } }], { context: { config: { a: 1 } } });
    expect(results[0]).toMatchObject({ value: { b: 2 } });
  });

  test('PZ4 params may be used to make an inner list: 5 users × 5 items', async () => {
    const part = flowModel({ name: 'part', ...own(), inputs: { userId: FromContext(z.number()), part: FromContext(z.number()) } }, (all) => all.userId * 10 + all.part);
    const parts = batchModel({ name: 'parts', ...own(), inputs: { userId: FromContext(z.number()) }, item: z.object({ part: z.number() }), params: ({ userId }) => Array.from({ length: 5 }, (_, i) => ({ part: userId + i })), each: part() });
    const { results } = await mapFlow(parts(), Array.from({ length: 5 }, (_, userId) => ({ userId })));
    const values = results.flatMap((entry) => (entry.status === 'ok' ? entry.value.results.map((inner) => inner.status === 'ok' && inner.value) : []));
    expect(values).toHaveLength(25);
    expect(values.slice(0, 6)).toEqual([0, 1, 2, 3, 4, 11]);
  });

  test('PZ5 a required field that an item lacks fails that instance only; an optional one takes its default', async () => {
    const { value } = await over([{ userId: 1 }, { name: 'nobody' }, { userId: 3, userType: 'premium' }]).flow.compute();
    expect(value.results).toMatchObject([{ status: 'ok', value: '1:standard' }, { status: 'error', params: { name: 'nobody' }, error: { code: 'MISSING_CONTEXT', message: expect.stringContaining('userId') as string } }, { status: 'ok', value: '3:premium' }]);
  });

  test('PZ5 with an item schema, too; a field of the wrong type is INVALID_CONTEXT', async () => {
    const { value } = await mails({ users: [] }).rebind({ users: [{ userId: 1 }] }).flow.compute({ sender: 'me' });
    expect(value.stats.ok).toBe(1);
    const loose = batchModel({ name: 'loose', ...own(), inputs: {}, item: Item, params: () => [{ userId: 'one' as never }, {} as never, { userId: 2 }], each: user() });
    expect((await loose().flow.compute()).value.results).toMatchObject([{ error: { code: 'INVALID_CONTEXT' } }, { error: { code: 'MISSING_CONTEXT' } }, { value: '2:standard' }]);
  });

  test('an item schema parses: its defaults and transforms apply, fields that it does not know stay', async () => {
    const shows = flowModel({ name: 'shows', ...own(), inputs: { n: FromContext(z.number()), unit: FromContext(z.string()), more: FromContext(z.string().optional()) } }, (all) => all);
    const batch = batchModel({ name: 'parsed', ...own(), inputs: {}, item: z.object({ n: z.coerce.number(), unit: z.string().default('m') }), params: () => [{ n: '5', more: 'x' }], each: shows() });
    expect((await batch().flow.compute()).value.results).toEqual([{ status: 'ok', params: { n: 5, unit: 'm', more: 'x' }, value: { n: 5, unit: 'm', more: 'x' } }]);
  });

  test('PZ6 params are frozen deeply, in bodies and in entries, and the caller\'s own objects are left alone', async () => {
    const mine = [{ userId: 1, tags: [{ name: 'a' }], at: new Date(5) }];
    const touches = flowModel({ name: 'touches', ...own(), inputs: { tags: FromContext(z.array(z.object({ name: z.string() }))) } }, ({ tags }) => {
      (tags[0] as { name: string }).name = 'changed';
    });
    const { value } = await over(mine, touches() as never).flow.compute();
    const [entry] = value.results;
    expect(entry).toMatchObject({ status: 'error', error: expect.any(TypeError) as TypeError });
    const params = entry!.params as unknown as { tags: object[] };
    expect([Object.isFrozen(params), Object.isFrozen(params.tags), Object.isFrozen(params.tags[0])]).toEqual([true, true, true]);
    expect(params).not.toBe(mine[0]);
    mine[0]!.tags[0]!.name = 'mine';
    expect([Object.isFrozen(mine[0]), params.tags]).toEqual([false, [{ name: 'a' }]]);
  });

  test.for(['compute', 'computeSync'] as const)('PZ6 params of an item that its schema refuses are a frozen copy, too: %s', async (compute) => {
    const mine = { userId: 'one' as never, tags: [{ name: 'a' }] };
    const batch = batchModel({ name: 'refused', ...own(), inputs: {}, item: Item, params: () => [mine], each: user() });
    const [entry] = (await batch().flow[compute]()).value.results;
    expect(entry).toMatchObject({ status: 'error', params: { userId: 'one', tags: [{ name: 'a' }] } });
    const { tags } = entry!.params as unknown as typeof mine;
    expect([entry!.params === mine, Object.isFrozen(entry!.params), Object.isFrozen(tags[0]), Object.isFrozen(mine), Object.isFrozen(mine.tags)]).toEqual([false, true, true, false, false]);
  });

  test('PZ6 maps, sets and dates of an item are copies: what a body does to them nobody else sees', async () => {
    const mine = { tags: new Map([['a', 1]]), seen: new Set([1]), at: new Date(5) };
    const touches = flowModel({ name: 'touches', ...own(), inputs: { tags: FromContext(z.map(z.string(), z.number())), seen: FromContext(z.set(z.number())), at: FromContext(z.date()) } }, ({ tags, seen, at }) => {
      tags.set('b', 2);
      seen.add(2);
      at.setTime(0);
      return [tags.size, seen.size, at.getTime()];
    });
    const { results } = await mapFlow(touches(), [mine, { ...mine }], { concurrency: 1 });
    expect(mine).toEqual({ tags: new Map([['a', 1]]), seen: new Set([1]), at: new Date(5) });
    expect(results).toEqual([0, 1].map(() => ({ status: 'ok', params: mine, value: [2, 2, 0] })));
  });

  test('symbols, fields named __proto__ and objects without a prototype inside an item are kept as data', async () => {
    const mark = Symbol('mark');
    const shows = flowModel({ name: 'shows', ...own(), inputs: { data: FromContext(z.any()) } }, ({ data }) => [Object.keys(data as object), (data as { admin?: unknown }).admin]);
    const items = [JSON.parse('{"data": {"__proto__": {"admin": true}, "c": 1}}') as { data: object }, { data: Object.assign(Object.create(null) as object, { c: 1 }) }, { data: { c: 1 }, [mark]: 1 }];
    const { results } = await mapFlow(shows(), items);
    expect(results.map((entry) => entry.status === 'ok' && entry.value)).toEqual([[['__proto__', 'c'], undefined], [['c'], undefined], [['c'], undefined]]);
    expect((results[2]!.params as { [mark]?: number })[mark]).toBe(1);
  });

  test('PZ5 whether an optional field is there can be asked', async () => {
    const asks = flowModel({ name: 'asks', ...own(), inputs: { priority: FromContext(z.number().optional()) } }, (inputs) => inputs.priority !== undefined);
    const { results } = await mapFlow(asks(), [{ priority: 0 }, {}, { priority: undefined }]);
    expect(results.map((entry) => entry.status === 'ok' && entry.value)).toEqual([true, false, false]);
  });

  test('PZ9 the list may come from an asynchronous source, and from upstream', async () => {
    const load = flowModel({ name: 'load', ...own(), inputs: { table: z.string() } }, async ({ table }) => [{ userId: table.length }]);
    const { value } = await mails({ users: load({ table: 'users' }) }).flow.compute({ sender: 'me' });
    expect(value.results).toMatchObject([{ value: 'me → 5:standard' }]);
    const { value: later } = await over(Promise.resolve([{ userId: 4 }])).flow.compute();
    expect(later.results).toMatchObject([{ value: '4:standard' }]);
  });

  test('PZ11 secret fields of items and contexts are masked in errors', async () => {
    const calls = flowModel({ name: 'calls', ...own(), inputs: { apiKey: FromContext(z.string().min(100).meta({ secret: true })), id: FromContext(z.number()) } }, () => 1);
    const batch = batchModel({ name: 'keys', ...own(), inputs: {}, item: z.object({ id: z.number() }), params: () => [{ id: 1 }], each: calls() });
    const error = await batch().flow.compute({ apiKey: 'sk-12345' }).then(() => undefined, (one: Error) => one);
    expect(error).toMatchObject({ code: 'INVALID_CONTEXT' });
    expect(error!.message).not.toContain('sk-12345');
    const { results } = await mapFlow(calls(), [{ id: 1, apiKey: 'sk-12345' }]);
    expect((results[0] as { error: Error }).error.message).not.toContain('sk-12345');
  });
});

describe('the list, checked whole before anything begins', () => {
  test('PZ7 TH27 (Defect) items that are no plain objects reject the batch, and every bad index is told with its type', async () => {
    const desk = new Desk();
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()) } }, () => desk.work('x'));
    const list = [{ userId: 1 }, 5, 'six', null, [7], undefined, new Date(), new Map(), { userId: 2 }, leaf()];
    await expect(over(list, leaf() as never).flow.compute()).rejects.toMatchObject({
      code: 'INVALID_CONTEXT',
      message: expect.stringMatching(/\[1\] is a number, \[2\] is a string, \[3\] is null, \[4\] is an array, \[5\] is undefined, \[6\] is a Date, \[7\] is a Map, \[9\] is/) as string,
      details: { items: expect.arrayContaining([{ index: 1, type: 'a number' }]) as unknown },
    });
    expect(desk.started).toEqual([]);
  });

  test.for([['a string', 'abc'], ['an object', { userId: 1 }], ['undefined', undefined], ['a number', 5], ['a Set', new Set([1])], ['got a Generator.', (function* () { yield { userId: 1 }; })()], ['an Error', new Error('no')]])('%s is no list', async ([type, list]) => {
    await expect(over(list).flow.compute()).rejects.toMatchObject({ code: 'INVALID_CONTEXT', message: expect.stringContaining(type as string) as string });
  });

  test('a thousand bad items: the message tells a hundred, the details all', async () => {
    const error = await over(Array.from({ length: 1_000 }, (_, i) => i)).flow.compute().then(() => undefined, (one: unknown) => one as { message: string; details: { items: unknown[] } });
    expect(error!.message).toMatch(/\[99\] is a number, and 900 more/);
    expect(error!.details.items).toHaveLength(1_000);
  });

  test('the list is copied: what is put into it while the batch is under way is not for this batch', async () => {
    const list = [{ userId: 1 }, { userId: 2 }];
    const adds = flowModel({ name: 'adds', ...own(), inputs: { userId: FromContext(z.number()) } }, ({ userId }) => {
      list.push(5 as never);
      return userId;
    });
    const { value } = await over(list, adds() as never, { concurrency: 1 }).flow.compute();
    expect([value.results.length, value.stats.ok]).toEqual([2, 2]);
    const mapping = mapFlow(user(), list.slice(0, 2));
    const items = [{ userId: 1 }];
    const later = mapFlow(user(), items);
    items.push('x' as never);
    expect([(await mapping).stats.total, (await later).stats.total]).toEqual([2, 1]);
  });

  test('an empty list is an empty result', async () => {
    expect((await over([]).flow.compute()).value).toEqual({ results: [], stats: { total: 0, ok: 0, failed: 0, skipped: 0, durationMs: 0 } });
  });

  test('objects without a prototype, and hostile names, are data', async () => {
    const bare = Object.assign(Object.create(null) as object, { userId: 1 });
    const hostile = JSON.parse('{"userId": 2, "__proto__": {"userType": "admin"}}') as object;
    expect((await over([bare, hostile]).flow.compute()).value.results).toMatchObject([{ value: '1:standard' }, { value: '2:standard' }]);
  });
});

describe('keyBy', () => {
  const keyed = (list: Item[], keyBy: (item: Item) => string | number) => batchModel({ name: 'keyed', ...own(), inputs: {}, params: () => list, each: user(), keyBy })().flow.compute();

  test('PZ8 entries by key: no shared store to write into', async () => {
    const { value } = await keyed([{ userId: 1 }, { userId: 2 }], ({ userId }) => `u${userId}`);
    expect(Object.keys(value.byKey)).toEqual(['u1', 'u2']);
    expect(value.byKey['u2']).toBe(value.results[1]);
  });

  test('numbers are keys, too; __proto__ is one like any other', async () => {
    expect((await keyed([{ userId: 1 }], ({ userId }) => userId)).value.byKey['1']).toMatchObject({ value: '1:standard' });
    const { value } = await keyed([{ userId: 1 }], () => '__proto__');
    expect(Object.entries(value.byKey)).toHaveLength(1);
  });

  test('keys that two items share, and what is no key, are refused before anything begins', async () => {
    await expect(keyed([{ userId: 1 }, { userId: 2 }, { userId: 1 }], ({ userId }) => userId)).rejects.toMatchObject({ code: 'INVALID_CONTEXT', message: expect.stringContaining("'1' of [0] and [2]") as string });
    await expect(keyed([{ userId: 1 }], () => ({}) as string)).rejects.toMatchObject({ code: 'INVALID_CONTEXT', message: expect.stringContaining('an object') as string });
  });
});

describe('errors', () => {
  const failing = flowModel({ name: 'failing', ...own(), inputs: { userId: FromContext(z.number()) } }, ({ userId }) => {
    if (userId === 5) throw new Error('five');
    return userId;
  });
  const ten = Array.from({ length: 10 }, (_, userId) => ({ userId }));

  test('TH25 failures are collected: ten items, one bad, nine done, and the batch resolves', async () => {
    const { value } = await over(ten, failing() as never).flow.compute();
    expect(value.stats).toMatchObject({ total: 10, ok: 9, failed: 1 });
    expect(value.results[5]).toMatchObject({ status: 'error', params: { userId: 5 }, error: { message: 'five' } });
  });

  test('TH26 results mix values and errors in the order of the items, each labelled', async () => {
    const { value } = await over(ten, failing() as never).flow.compute();
    expect(value.results.map(({ status, params }) => [status, (params as Item).userId])).toEqual(ten.map(({ userId }) => [userId === 5 ? 'error' : 'ok', userId]));
  });

  test('onError fail: the first error is the batch\'s, as the same object; what has not begun never does, what is under way is told', async () => {
    const desk = new Desk();
    const aborted: unknown[] = [];
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()) } }, ({ userId }, run) => {
      run.signal.addEventListener('abort', () => aborted.push(userId));
      return desk.work(String(userId));
    });
    const error = new Error('first');
    const run = over(ten, leaf() as never, { onError: 'fail', concurrency: 3 }).flow.compute();
    const outcome = run.then(() => 'ok', (one: unknown) => one);
    await settled();
    await desk.end('1', () => { throw error; });
    expect(await outcome).toBe(error);
    expect(aborted).toEqual([0, 2]);
    await desk.endAll();
    expect(desk.started).toEqual(['0', '1', '2']);
  });

  test('onError fail inside a batch that collects: siblings under way are told although the run goes on', async () => {
    const desk = new Desk();
    const aborted: string[] = [];
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()), part: FromContext(z.number()) } }, ({ userId, part }, run) => {
      run.signal.addEventListener('abort', () => aborted.push(`${userId}.${part}`));
      return desk.work(`${userId}.${part}`);
    });
    const inner = batchModel({ name: 'inner', ...own(), inputs: {}, item: z.object({ part: z.number() }), params: () => [{ part: 0 }, { part: 1 }], each: leaf(), onError: 'fail' });
    const outcome = mapFlow(inner(), [{ userId: 0 }, { userId: 1 }], { concurrency: 2 }).then((value) => value);
    await settled();
    await desk.end('0.0', () => { throw new Error('first'); });
    expect(aborted).toEqual(['0.1']);
    await desk.endAll();
    expect((await outcome).results.map(({ status }) => status)).toEqual(['error', 'ok']);
  });

  test('a time limit around a batch tells what is under way, although the run goes on', async () => {
    const clock = virtualClock();
    const aborted: [number, number][] = [];
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { part: FromContext(z.number()) } }, ({ part }, run) => {
      run.signal.addEventListener('abort', () => aborted.push([part, clock.now()]));
      return new Promise<number>(() => {});
    });
    const slow = batchModel({ name: 'slow', ...own(), inputs: {}, item: z.object({ part: z.number() }), params: () => [{ part: 0 }, { part: 1 }, { part: 2 }], each: leaf(), concurrency: 2, evaluator: timeout(1_000) });
    const waits = flowModel({ name: 'waits', ...own(), inputs: { slow: Lazy(z.unknown()) } }, async ({ slow: value }) => {
      const outcome = await value().then(() => 'done', (error: { code: string }) => error.code);
      await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), 5_000));
      return outcome;
    });
    const run = waits({ slow: slow() }).flow.compute({}, { clock });
    await clock.runAll();
    expect((await run).value).toBe('TIMEOUT');
    expect(aborted).toEqual([[0, 1_000], [1, 1_000]]);
  });

  test('cancelling rejects with CANCELLED under collect, too, and nothing more begins', async () => {
    const desk = new Desk();
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()) } }, ({ userId }) => desk.work(String(userId)));
    const abort = new AbortController();
    const outcome = over(ten, leaf() as never, { concurrency: 2 }).flow.compute({}, { signal: abort.signal }).then(() => 'ok', (one: unknown) => one);
    await settled();
    abort.abort(new Error('enough'));
    expect(await outcome).toMatchObject({ code: 'CANCELLED', cause: { message: 'enough' } });
    await desk.endAll();
    expect(desk.started).toEqual(['0', '1']);
  });

  test('cancelling while a rate is waited for leaves no timer', async () => {
    const clock = virtualClock();
    const abort = new AbortController();
    const outcome = over(ten, failing() as never, { rate: { limit: 1, interval: '1m' } }).flow.compute({}, { signal: abort.signal, clock }).then(() => 'ok', (one: unknown) => one);
    await clock.advance(10);
    expect(clock.pending).toBe(1);
    abort.abort();
    expect(await outcome).toMatchObject({ code: 'CANCELLED' });
    expect(clock.pending).toBe(0);
  });

  test('the value is frozen throughout', async () => {
    const { value } = await batchModel({ name: 'frozen', ...own(), inputs: {}, params: () => [{ userId: 1, tags: ['a'] }], each: user(), keyBy: ({ userId }) => userId })().flow.compute();
    const [entry] = value.results;
    for (const part of [value, value.results, value.stats, value.byKey, entry, entry!.params, entry!.params.tags]) expect(Object.isFrozen(part)).toBe(true);
  });

  test('what params throws is the batch\'s error, as it is', async () => {
    const error = new Error('no list');
    const batch = batchModel({ name: 'none', ...own(), inputs: {}, params: (): Item[] => { throw error; }, each: user() });
    await expect(batch().flow.compute()).rejects.toBe(error);
  });

  test('TH29 (Defect) a batch is a model like any other: it may stand anywhere in a graph, its value has one type', async () => {
    const count = flowModel({ name: 'count', ...own(), inputs: { mails: z.custom<{ stats: { ok: number } }>() } }, ({ mails: value }) => value.stats.ok);
    expect((await count({ mails: mails({ users: USERS }) }).flow.compute({ sender: 'me' })).value).toBe(3);
  });
});

describe('limits of a batch', () => {
  test('a rate says how many instances begin in an interval, by the run\'s clock', async () => {
    const clock = virtualClock();
    const starts: number[] = [];
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()) } }, () => void starts.push(clock.now()));
    const run = over(Array.from({ length: 5 }, (_, userId) => ({ userId })), leaf() as never, { rate: { limit: 2, interval: '1m' } }).flow.compute({}, { clock });
    await clock.runAll();
    expect((await run).value.stats).toMatchObject({ ok: 5, durationMs: 120_000 });
    expect(starts).toEqual([0, 0, 60_000, 60_000, 120_000]);
  });

  test('a cost is taken of the item; an item that costs too much, or whose cost cannot be told, fails alone', async () => {
    const clock = virtualClock();
    const starts: [number, number][] = [];
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()) } }, ({ userId }) => void starts.push([userId, clock.now()]));
    const cost = ({ userId }: { userId: number }): number => {
      if (userId === 4) throw new Error('unknown');
      return userId;
    };
    const list = [6, 99, 4, 5, 3].map((userId) => ({ userId }));
    const limits = { rate: { limit: 10, interval: '1m' }, cost };
    const run = over(list, leaf() as never, limits).flow.compute({}, { clock });
    await clock.runAll();
    const { results, stats } = (await run).value;
    expect(starts).toEqual([[6, 0], [5, 60_000], [3, 60_000]]);
    expect(results).toMatchObject([{ status: 'ok' }, { status: 'error', params: { userId: 99 }, error: { code: 'RATE_LIMIT' } }, { status: 'error', error: { message: 'unknown' } }, { status: 'ok' }, { status: 'ok' }]);
    expect([stats.ok, stats.failed]).toEqual([3, 2]);
    await expect(over(list, leaf() as never, { ...limits, onError: 'fail' }).flow.compute({}, { clock })).rejects.toMatchObject({ code: 'RATE_LIMIT' });
    expect(over([{ userId: 99 }, { userId: 1 }], user(), limits).flow.computeSync().value.stats).toMatchObject({ ok: 1, failed: 1 });
  });

  test('a thousand items whose cost cannot be told wait for a slow reader like all others', async () => {
    const rate = { limit: 1, interval: '1m' } as const;
    const iterator = mapFlow(user(), Array.from({ length: 1_000 }, (_, userId) => ({ userId })), { rate, cost: () => { asked++; throw new Error('unknown'); } })[Symbol.asyncIterator]();
    let asked = 0;
    expect((await iterator.next()).value).toMatchObject({ status: 'error', error: { message: 'unknown' } });
    await settled();
    expect(asked).toBeLessThan(60);
    await iterator.return?.();
  });

  test('TH28 stats are those of one evaluation, and nobody has to reset them', async () => {
    const model = over([{ userId: 1 }]);
    for (let i = 0; i < 2; i++) expect((await model.flow.compute()).value.stats).toMatchObject({ total: 1, ok: 1 });
  });

  test('two levels of batches multiply: 3 × 2', async () => {
    const desk = new Desk();
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()), part: FromContext(z.number()) } }, ({ userId, part }) => desk.work(`${userId}.${part}`));
    const inner = batchModel({ name: 'inner', ...own(), inputs: {}, item: z.object({ part: z.number() }), params: () => [0, 1, 2, 3].map((part) => ({ part })), each: leaf(), concurrency: 2 });
    const run = mapFlow(inner(), Array.from({ length: 5 }, (_, userId) => ({ userId })), { concurrency: 3 }).then((value) => value);
    await desk.endAll();
    await run;
    expect([desk.peak, desk.started.length]).toEqual([6, 20]);
  });

  test('fields of nested batches accumulate: the inner instance sees both items', async () => {
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { a: FromContext(z.number()), b: FromContext(z.number()), c: FromContext(z.number()) } }, (all) => [all.a, all.b, all.c]);
    const inner = batchModel({ name: 'inner', ...own(), inputs: {}, item: z.object({ b: z.number() }), params: () => [{ b: 2 }], each: leaf() });
    const outer = batchModel({ name: 'outer', ...own(), inputs: {}, item: z.object({ a: z.number() }), params: () => [{ a: 1 }], each: inner() });
    const { value } = await outer().flow.compute({ c: 3 });
    const [entry] = value.results;
    expect(entry?.status === 'ok' && entry.value.results[0]).toMatchObject({ value: [1, 2, 3] });
  });

  test('a batch orchestrates: it takes no place of the run\'s concurrency, and instances take theirs', async () => {
    const desk = new Desk();
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()) } }, ({ userId }) => desk.work(String(userId)));
    const run = over(Array.from({ length: 4 }, (_, userId) => ({ userId })), leaf() as never).flow.compute({}, { concurrency: 1 });
    await desk.endAll();
    expect((await run).value.stats.ok).toBe(4);
    expect(desk.peak).toBe(1);
  });
});

describe('the contract up front', () => {
  test('what each needs beyond the item is missed before anything runs, params included', async () => {
    let asked = 0;
    const batch = batchModel({ name: 'early', ...own(), inputs: {}, item: Item, params: () => (asked++, USERS), each: mail({ user: user() }) });
    await expect((batch() as { flow: { compute(context: object): Promise<unknown> } }).flow.compute({})).rejects.toMatchObject({ code: 'MISSING_CONTEXT', message: expect.stringMatching(/sender: string/) as string });
    expect(asked).toBe(0);
  });

  test('inspect tells it: types, what is required, what has a default', () => {
    const batch = batchModel({ name: 'told', ...own(), inputs: { n: z.number() }, item: z.object({ userId: z.number() }), params: () => [{ userId: 1 }], each: mail({ user: user() }) });
    const inspection = batch({ n: 1 }).flow.inspect();
    expect(inspection.contextInputs).toEqual({ sender: 'string', userType: 'string' });
    expect(inspection.requiredInputs).toEqual({ sender: 'string' });
    expect(inspection.dependencies.map(({ path, lazy }) => [path, lazy])).toEqual([['each', true]]);
  });

  test('values pass through the batch as they were given; each reader parses', async () => {
    const reads = flowModel({ name: 'reads', ...own(), inputs: { n: FromContext(z.string().transform((text) => text.length)), userId: FromContext(z.number()) } }, ({ n }) => n);
    const batch = batchModel({ name: 'through', ...own(), inputs: {}, item: z.object({ userId: z.number() }), params: () => [{ userId: 1 }], each: reads() });
    expect((await batch().flow.compute({ n: 'four' })).value.results).toMatchObject([{ value: 4 }]);
    await expect(batch().flow.compute({ n: 4 as never })).rejects.toMatchObject({ code: 'INVALID_CONTEXT' });
  });

  test('an own contextual input that each reads, too, is parsed for params, and handed on as given', async () => {
    const reads = flowModel({ name: 'reads', ...own(), inputs: { day: FromContext(z.string()), userId: FromContext(z.number()) } }, ({ day, userId }) => `${day}${userId}`);
    const batch = batchModel({ name: 'both', ...own(), inputs: { day: FromContext(z.coerce.number<string>()) }, item: z.object({ userId: z.number() }), params: ({ day }) => [{ userId: day + 1 }], each: reads() });
    expect((await batch().flow.compute({ day: '07' })).value.results).toMatchObject([{ value: '078' }]);
  });

  test('a field whose name is a regular input of each passes as ambient context', async () => {
    const inner = flowModel({ name: 'inner', ...own(), inputs: { region: FromContext(z.string()) } }, ({ region }) => region);
    const outer = flowModel({ name: 'outer', ...own(), inputs: { region: z.string(), inner: z.string() } }, ({ region, inner: other }) => `${region}/${other}`);
    const each = outer({ region: 'bound', inner: inner() });
    const byItem = batchModel({ name: 'byItem', ...own(), inputs: {}, item: z.object({ region: z.string() }), params: () => [{ region: 'item' }], each });
    expect((await byItem().flow.compute()).value.results).toMatchObject([{ value: 'bound/item' }]);
    const carried = batchModel({ name: 'carried', ...own(), inputs: {}, item: z.object({ id: z.number() }), params: () => [{ id: 1 }], each });
    expect((await carried().flow.compute({ region: 'runtime' })).value.results).toMatchObject([{ value: 'bound/runtime' }]);
  });

  test('a withContext around a batch reaches its instances', async () => {
    const { value } = await mails({ users: USERS.slice(0, 1) }).flow.withContext({ sender: 'somebody' }).flow.compute();
    expect(value.results).toMatchObject([{ value: 'somebody → 1:premium' }]);
  });
});

describe('one engine', () => {
  test('what instances share runs once for all of them', async () => {
    let loads = 0;
    const load = flowModel({ name: 'load', ...own(), inputs: { sender: FromContext(z.string()) } }, async ({ sender }) => `${sender}${++loads}`);
    const uses = flowModel({ name: 'uses', ...own(), inputs: { config: z.string(), userId: FromContext(z.number()) } }, ({ config, userId }) => `${config}-${userId}`);
    const { results } = await mapFlow(uses({ config: load() }), [{ userId: 1 }, { userId: 2 }, { userId: 3 }], { context: { sender: 'c' } });
    expect(results.map((entry) => entry.status === 'ok' && entry.value)).toEqual(['c1-1', 'c1-2', 'c1-3']);
  });

  test('equal items are one evaluation', async () => {
    let runs = 0;
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()) } }, async ({ userId }) => (runs++, userId));
    expect((await mapFlow(leaf(), [{ userId: 1 }, { userId: 1 }, { userId: 2 }])).stats.ok).toBe(3);
    expect(runs).toBe(2);
  });

  test('a batch with item is cached as a whole; a change of a consumed field, of the items or of each makes it run again', async () => {
    let runs = 0;
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { k: z.number(), userId: FromContext(z.number()), tone: FromContext(z.string()) } }, ({ k, userId, tone }) => (runs++, `${tone}${k * userId}`));
    const batch = (k: number) => batchModel({ name: 'cached', ...own(), inputs: { ids: z.array(z.number()) }, item: z.object({ userId: z.number() }), params: ({ ids }) => ids.map((userId) => ({ userId })), each: leaf({ k }) });
    const cache = memoryCache();
    const run = async (k: number, ids: number[], context: { tone: string; other?: number }) => {
      runs = 0;
      await batch(k)({ ids }).flow.compute(context, { cache });
      return runs;
    };
    expect(await run(1, [1, 2], { tone: 'a' })).toBe(2);
    expect(await run(1, [1, 2], { tone: 'a', other: 9 })).toBe(0);
    expect(await run(1, [1, 2, 3], { tone: 'a' })).toBe(1); // instances are cached, too
    expect(await run(1, [1, 2], { tone: 'b' })).toBe(2);
    expect(await run(2, [1, 2], { tone: 'a' })).toBe(2);
  });

  test('a change of what item does to its fields, or refuses, makes it run again', async () => {
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
    const params = (): { n: string }[] => [{ n: 'four' }];
    const cache = memoryCache();
    const text = z.string();
    const outcomes: unknown[] = [];
    for (const n of [text.transform((one) => one.length), text.transform((one) => one.length * 2), text.refine((one) => one.length > 9).transform((one) => one.length)]) {
      const batch = batchModel({ name: 'parsing', ...own(), inputs: {}, item: z.object({ n }), params, each: leaf() });
      const [entry] = (await batch().flow.compute({}, { cache })).value.results;
      outcomes.push(entry!.status === 'ok' ? entry!.value : (entry!.error as { code: string }).code);
    }
    expect(outcomes).toEqual([4, 8, 'INVALID_CONTEXT']);
  });

  test.for(['compute', 'computeSync'] as const)('a value with failures is never cached; the instances that succeeded are: %s', async (compute) => {
    let isBroken = true;
    const seen: number[] = [];
    const leaf = flowModel({ name: 'leaf', ...own(), inputs: { userId: FromContext(z.number()) } }, ({ userId }) => {
      seen.push(userId);
      if (userId === 2 && isBroken) throw new Error('offline');
      return userId;
    });
    const batch = batchModel({ name: 'flaky', ...own(), inputs: {}, item: z.object({ userId: z.number() }), params: () => [{ userId: 1 }, { userId: 2 }], each: leaf() });
    const cache = memoryCache();
    expect((await batch().flow[compute]({}, { cache })).value.stats.failed).toBe(1);
    isBroken = false;
    expect((await batch().flow[compute]({}, { cache })).value.stats.failed).toBe(0);
    expect(seen).toEqual([1, 2, 2]);
  });

  test('under computeSync a batch of synchronous models works; a rate that would make it wait is ASYNC_IN_SYNC', () => {
    expect(mails({ users: USERS }).flow.computeSync({ sender: 'me' }).value.stats.ok).toBe(3);
    expect(() => over(USERS, user(), { rate: { limit: 2, interval: '1m' } }).flow.computeSync()).toThrow(expect.objectContaining({ code: 'ASYNC_IN_SYNC' }));
  });

  test('a batch is a document: each is part of it', async () => {
    const definitions = new DefinitionRegistry();
    const leaf = flowModel({ name: 'leaf', definitions, inputs: { k: z.number(), userId: FromContext(z.number()) } }, ({ k, userId }) => k * userId);
    const batch = batchModel({ name: 'batch', definitions, inputs: { ids: z.array(z.number()) }, item: z.object({ userId: z.number() }), params: ({ ids }) => ids.map((userId) => ({ userId })), each: leaf({ k: 10 }) });
    const text = JSON.stringify(batch({ ids: [1, 2] }));
    const again = modelFromJSON(JSON.parse(text.replace('"k":10', '"k":100')) as never, { definitions });
    expect(((await again.flow.compute()) as { value: { results: unknown } }).value.results).toMatchObject([{ value: 100 }, { value: 200 }]);
  });

  test('overrides reach instances: a stub of each', async () => {
    const each = user();
    const { value } = await over(USERS, each).flow.compute({}, { overrides: [{ models: [each], body: ({ userId }: Item) => `stub${userId}` }] });
    expect(value.results).toMatchObject([{ value: 'stub1' }, { value: 'stub2' }, { value: 'stub3' }]);
  });

  test('batches among the inputs of a container', async () => {
    const all = flowModel({ name: 'all', ...own(), inputs: { parts: Dependency(z.array(z.custom<{ stats: { ok: number } }>())) } }, ({ parts }) => parts.map(({ stats }) => stats.ok));
    expect((await all({ parts: [mails({ users: USERS }), mails({ users: [] })] }).flow.compute({ sender: 'me' })).value).toEqual([3, 0]);
  });
});

describe('PZ10 definitions that make no sense', () => {
  const refused = (options: object, code: string, text: string): void =>
    expect(() => batchModel({ name: 'bad', ...own(), inputs: {}, params: () => [], each: user(), ...options })).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) as string }));

  test('are refused, and the message says what was expected', () => {
    refused({ each: user }, 'DEFINITION', 'call it first');
    refused({ each: 5 }, 'DEFINITION', "'each' is a model");
    refused({ params: [] }, 'DEFINITION', "'params'");
    refused({ inputs: undefined }, 'DEFINITION', "'inputs'");
    refused({ concurrency: 0 }, 'DEFINITION', "'concurrency'");
    refused({ onError: 'throw' }, 'DEFINITION', "'onError'");
    refused({ keyBy: 'id' }, 'DEFINITION', "'keyBy'");
    refused({ item: z.string() }, 'DEFINITION', "'item'");
    refused({ item: z.object({ userId: z.number().refine(async () => true) }) }, 'DEFINITION', 'asynchronously');
    refused({ inputs: { each: z.number() } }, 'DEFINITION', "'each'");
    refused({ orchestrates: false }, 'DEFINITION', "'orchestrates'");
    refused({ inputs: { userId: z.number() } }, 'DEFINITION', "'userId'");
    refused({ item: z.object({ user: z.string() }), each: mail({ user: user() }) }, 'DEFINITION', "'user' is a regular input");
  });

  test('each has to be bound', () => {
    refused({ each: mail() }, 'UNBOUND_INPUT', 'user');
  });
});
