import { AsyncLocalStorage } from 'node:async_hooks';
import { batchModel, createLimiter, mapFlow, RateLimitError, throttle } from '@flowmodel/batch';
import type { ThrottleOptions } from '@flowmodel/batch';
import { compose, Dependency, DefinitionRegistry, flowModel, FromContext, Lazy, ModelInput, retry } from '@flowmodel/core';
import type { Evaluator } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Desk, settled } from './deferred.ts';

const definitions = (): DefinitionRegistry => new DefinitionRegistry();

/** `call` per number, at a desk; `fan` calls it for each of some numbers at once, in one instance. */
function fanOut(desk: Desk, evaluator: Evaluator, calls: number) {
  const call = flowModel({ name: 'call', definitions: definitions(), inputs: { i: z.number(), user: FromContext(z.number()) }, evaluator }, ({ i, user }) => desk.work(`${user}.${i}`));
  const fan = flowModel({ name: 'fan', definitions: definitions(), inputs: { all: Dependency(z.array(z.unknown())) } }, ({ all }) => all.length);
  return fan({ all: Array.from({ length: calls }, (_, i) => call({ i })) });
}

const users = (n: number): { user: number }[] => Array.from({ length: n }, (_, user) => ({ user }));

describe('scopes', () => {
  test('TH38 three instances of a batch times two per instance are six at work, and 5 × 5 items give 25 results', async () => {
    const desk = new Desk();
    const run = mapFlow(fanOut(desk, throttle({ concurrency: 2, scope: 'instance' }), 5), users(5), { concurrency: 3 }).then((value) => value);
    await desk.endAll();
    const { results, stats } = await run;
    expect(desk.peak).toBe(6);
    expect(desk.started).toHaveLength(25);
    expect([stats.ok, results.map((entry) => entry.status === 'ok' && entry.value)]).toEqual([5, [5, 5, 5, 5, 5]]);
  });

  test('the limit of a run is 2, however many instances there are', async () => {
    const desk = new Desk();
    const run = mapFlow(fanOut(desk, throttle({ concurrency: 2 }), 5), users(5), { concurrency: 3 }).then((value) => value);
    await desk.endAll();
    await run;
    expect(desk.peak).toBe(2);
  });

  test('two runs have a limit each; a shared limiter is one for both', async () => {
    for (const [evaluator, peak] of [[throttle({ concurrency: 2 }), 4], [throttle({ limiter: createLimiter({ concurrency: 2 }) }), 2]] as const) {
      const desk = new Desk();
      const model = fanOut(desk, evaluator, 5);
      const runs = [mapFlow(model, users(2), { concurrency: 3 }), mapFlow(model, users(2), { concurrency: 3 })].map((run) => run.then((value) => value));
      await desk.endAll();
      await Promise.all(runs);
      expect(desk.peak).toBe(peak);
    }
  });

  test('TH39 (Defect) the scope does not depend on what happened before: looking at a throttle, or using it alone, changes nothing', async () => {
    const desk = new Desk();
    const evaluator = throttle({ concurrency: 2, scope: 'instance' });
    expect(evaluator.stats().limit).toBe(2);
    const model = fanOut(desk, evaluator, 5);
    const alone = model.flow.compute({ user: 9 });
    await desk.endAll();
    await alone;
    expect(desk.peak).toBe(2); // outside a batch the run is the instance
    const run = mapFlow(model, users(5), { concurrency: 3 }).then((value) => value);
    await desk.endAll();
    await run;
    expect(desk.peak).toBe(6);
  });

  test('TH40 a rate per instance is multiplied by the instances under way', async () => {
    const clock = virtualClock();
    const starts: number[] = [];
    const call = flowModel({ name: 'call', definitions: definitions(), inputs: { i: z.number(), user: FromContext(z.number()) }, evaluator: throttle({ rate: { limit: 2, interval: '1m' }, scope: 'instance' }) }, () => starts.push(clock.now()));
    const fan = flowModel({ name: 'fan', definitions: definitions(), inputs: { all: Dependency(z.array(z.number())) } }, ({ all }) => all.length);
    const run = mapFlow(fan({ all: [0, 1, 2, 3].map((i) => call({ i })) }), users(3), { concurrency: 3, clock }).then((value) => value);
    await clock.runAll();
    await run;
    expect(starts.map((at) => at / 60_000)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  });

  test('in nested batches the nearest instance counts: 2 users × 2 parts × 1', async () => {
    const desk = new Desk();
    const call = flowModel({ name: 'call', definitions: definitions(), inputs: { i: z.number(), user: FromContext(z.number()), part: FromContext(z.number()) }, evaluator: throttle({ concurrency: 1, scope: 'instance' }) }, ({ i, user, part }) => desk.work(`${user}.${part}.${i}`));
    const fan = flowModel({ name: 'fan', definitions: definitions(), inputs: { all: Dependency(z.array(z.unknown())) } }, ({ all }) => all.length);
    const inner = batchModel({ name: 'inner', definitions: definitions(), inputs: {}, item: z.object({ part: z.number() }), params: () => [{ part: 0 }, { part: 1 }], each: fan({ all: [0, 1, 2].map((i) => call({ i })) }), concurrency: 2 });
    const run = mapFlow(inner(), users(2), { concurrency: 2 }).then((value) => value);
    await desk.endAll();
    await run;
    expect([desk.peak, desk.started.length]).toEqual([4, 12]);
  });

  test('bodies that a plain body of an instance computes belong to the instance', async () => {
    const desk = new Desk();
    const call = flowModel({ name: 'call', definitions: definitions(), inputs: { i: FromContext(z.number()), user: FromContext(z.number()) }, evaluator: throttle({ concurrency: 2, scope: 'instance' }) }, ({ i, user }) => desk.work(`${user}.${i}`));
    const asks = flowModel({ name: 'asks', definitions: definitions(), inputs: { user: FromContext(z.number()), call: ModelInput(z.unknown()) } }, async ({ user, call: model }, run) => Promise.all([0, 1, 2, 3].map((i) => run.compute(model, { i, user }))));
    const run = mapFlow(asks({ call: call() }), users(3), { concurrency: 3 }).then((value) => value);
    await desk.endAll();
    await run;
    expect(desk.peak).toBe(6);
  });

  test('around a whole run it is an option of compute; around chosen models, an override', async () => {
    for (const options of [(evaluator: Evaluator) => ({ evaluator }), (evaluator: Evaluator, models: readonly object[]) => ({ overrides: [{ models, evaluator }] })]) {
      const desk = new Desk();
      const leaf = flowModel({ name: 'leaf', definitions: definitions(), inputs: { user: FromContext(z.number()) } }, ({ user }) => desk.work(String(user)))();
      const run = mapFlow(leaf, users(6), { concurrency: 4, ...options(throttle({ concurrency: 2 }), [leaf]) }).then((value) => value);
      await desk.endAll();
      await run;
      expect(desk.peak).toBe(2);
    }
  });
});

test('a signal that fires while the cost is reckoned leaves nobody in the queue', async () => {
  const abort = new AbortController();
  const desk = new Desk();
  const limiter = createLimiter({ concurrency: 1, rate: { limit: 9, interval: '1m' }, cost: () => { if (desk.started.length > 0) abort.abort(); return 1; } });
  const model = flowModel({ name: 'aborts', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator: throttle({ limiter }) }, ({ user }) => desk.work(String(user)))();
  const busy = model.flow.compute({ user: 1 });
  await settled();
  await expect(model.flow.compute({ user: 2 }, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(limiter.stats().queued).toBe(0);
  await desk.endAll();
  await busy;
  expect(desk.started).toEqual(['1']);
});

describe('TH10 a node of its own', () => {
  const leaf = (desk: Desk, evaluator: Evaluator) => flowModel({ name: 'leaf', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator }, ({ user }) => desk.work(String(user)).then(() => user * 2))();

  test.for([[[0, 1, 2, 3, 4]], [[]], [[21]]])('TH11 results come in the order of the items: %j', async ([items]) => {
    const desk = new Desk();
    const run = mapFlow(leaf(desk, throttle({ concurrency: 2 })), items!.map((user) => ({ user })), { concurrency: 10 }).then((value) => value);
    await desk.endAll();
    const { results } = await run;
    expect(results.map((entry) => entry.status === 'ok' && entry.value)).toEqual(items!.map((n) => n * 2));
    expect(desk.peak).toBe(Math.min(2, items!.length));
  });

  test('TH12 options are read when the throttle is made: nothing is made lazily from fields that may change', () => {
    const options = { concurrency: 3 };
    const evaluator = throttle(options);
    options.concurrency = 9;
    expect(evaluator.stats().limit).toBe(3);
    expect(Object.isFrozen(evaluator)).toBe(true);
  });

  test('TH14 the failure of one item is its entry; with onError fail it is the batch\'s', async () => {
    const bad = flowModel({ name: 'bad', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator: throttle({ concurrency: 2 }) }, ({ user }) => {
      if (user === 1) throw new Error('no');
      return user;
    })();
    expect((await mapFlow(bad, users(3))).results.map(({ status }) => status)).toEqual(['ok', 'error', 'ok']);
    await expect(mapFlow(bad, users(3), { onError: 'fail' })).rejects.toThrow('no');
  });

  test.for([['1s', 1_000], ['1m', 60_000], ['1h', 3_600_000], [1_500, 1_500]] as const)('TH16 a rate has any interval: %s', async ([interval, ms]) => {
    const clock = virtualClock();
    const model = flowModel({ name: 'model', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator: throttle({ rate: { limit: 2, interval } }) }, () => clock.now())();
    const run = mapFlow(model, users(3), { clock }).then((value) => value);
    await clock.runAll();
    expect((await run).results.map((entry) => entry.status === 'ok' && entry.value)).toEqual([0, 0, ms]);
  });

  test('TH-X7 (Defect) a fixed throttle tells about itself', async () => {
    const desk = new Desk();
    const evaluator = throttle({ concurrency: 2, rate: { limit: 10, interval: '1m' } });
    expect(evaluator.stats()).toEqual({ active: 0, queued: 0, admitted: 0, windowCount: 0, limit: 2, rateLimited: 0 });
    const run = mapFlow(leaf(desk, evaluator), users(5), { concurrency: 5 }).then((value) => value);
    await settled();
    expect(evaluator.stats()).toEqual({ active: 2, queued: 3, admitted: 2, windowCount: 2, limit: 2, rateLimited: 0 });
    await desk.endAll();
    await run;
    expect(evaluator.stats()).toEqual({ active: 0, queued: 0, admitted: 5, windowCount: 5, limit: 2, rateLimited: 0 });
  });

  test('TH-X1 (Defect) with retries, an item that always fails is an error, and the others keep their results', async () => {
    const flaky = flowModel({ name: 'flaky', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator: compose(retry({ attempts: 2 }), throttle({ concurrency: 2 })) }, async ({ user }) => {
      await settled();
      if (user === 1) throw new Error('always');
      return `ok${user}`;
    })();
    const { results } = await mapFlow(flaky, users(3), { concurrency: 3 });
    expect(results.map((entry) => (entry.status === 'ok' ? entry.value : (entry.error as Error).message))).toEqual(['ok0', 'always', 'ok2']);
  });
});

describe('attempts', () => {
  test('TH13 each attempt takes of the rate, and none keeps its place while it waits for the next', async () => {
    const clock = virtualClock();
    const starts: number[] = [];
    const evaluator = throttle({ concurrency: 1, rate: { limit: 1, interval: '1s' } });
    const flaky = flowModel({ name: 'flaky', definitions: definitions(), inputs: {}, evaluator: compose(retry({ attempts: 3, delay: 100, backoff: 1 }), evaluator) }, (_, run) => {
      starts.push(clock.now());
      if (run.attempt < 3) throw new Error('not yet');
      return 7;
    })();
    const run = flaky.flow.compute({}, { clock });
    await clock.advance(50);
    expect(evaluator.stats()).toMatchObject({ active: 0, windowCount: 1 });
    await clock.runAll();
    expect((await run).value).toBe(7);
    expect(starts).toEqual([0, 1_000, 2_000]);
  });

  test('a 429 with Retry-After holds everybody off, and the retry waits its turn', async () => {
    const clock = virtualClock();
    const starts: [number, number][] = [];
    const evaluator = throttle({ concurrency: 1 });
    const model = flowModel({ name: 'model', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator: compose(retry({ attempts: 2 }), evaluator) }, ({ user }, run) => {
      starts.push([user, clock.now()]);
      if (user === 0 && run.attempt === 1) throw new RateLimitError('busy', { retryAfter: 5 });
      return user;
    })();
    const run = mapFlow(model, users(2), { concurrency: 2, clock }).then((value) => value);
    await clock.runAll();
    expect((await run).stats.ok).toBe(2);
    expect(starts.map(([, at]) => at)).toEqual([0, 5_000, 5_000]);
    expect(evaluator.stats().rateLimited).toBe(1);
  });

  test('what a run cached takes no place and no token', async () => {
    const evaluator = throttle({ rate: { limit: 100, interval: '1m' } });
    const once = flowModel({ name: 'once', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator }, ({ user }) => user)();
    await mapFlow(once, [{ user: 1 }, { user: 1 }, { user: 2 }]);
    expect(evaluator.stats().admitted).toBe(2);
  });
});

describe('who waits for what', () => {
  test('no place is held while dependencies are waited for', async () => {
    const desk = new Desk();
    const evaluator = throttle({ concurrency: 1 });
    const up = flowModel({ name: 'up', definitions: definitions(), inputs: {}, evaluator }, () => desk.work('up').then(() => 1));
    const down = flowModel({ name: 'down', definitions: definitions(), inputs: { up: z.number() }, evaluator }, ({ up }) => up + 1);
    const run = down({ up: up() }).flow.compute();
    await desk.endAll();
    expect((await run).value).toBe(2);
  });

  test('TH8 a batch, and whatever orchestrates, passes through: a throttle around the whole run never deadlocks with itself', async () => {
    const desk = new Desk();
    const leaf = flowModel({ name: 'leaf', definitions: definitions(), inputs: { user: FromContext(z.number()), part: FromContext(z.number()) } }, ({ user, part }) => desk.work(`${user}.${part}`));
    const inner = batchModel({ name: 'inner', definitions: definitions(), inputs: {}, item: z.object({ part: z.number() }), params: () => [{ part: 0 }, { part: 1 }], each: leaf() });
    const asks = flowModel({ name: 'asks', definitions: definitions(), orchestrates: true, inputs: { user: FromContext(z.number()), inner: ModelInput(z.unknown()) } }, ({ inner: model }, run) => run.compute(model));
    const evaluator = throttle({ concurrency: 1 });
    const run = mapFlow(asks({ inner: inner() }), users(2), { evaluator }).then((value) => value);
    await desk.endAll();
    expect((await run).stats).toMatchObject({ ok: 2, failed: 0 });
    expect([desk.peak, evaluator.stats().admitted]).toEqual([1, 4]);
  });

  test('TH8 (Defect) a plain body that asks for what has to pass the limiter it holds gets an error that says what to do', async () => {
    const limiter = createLimiter({ concurrency: 1 });
    const leaf = flowModel({ name: 'leaf', definitions: definitions(), inputs: {}, evaluator: throttle({ limiter }) }, () => 1);
    const holder = flowModel({ name: 'holder', definitions: definitions(), inputs: { leaf: ModelInput(z.number()) }, evaluator: throttle({ limiter }) }, ({ leaf: model }, run) => run.compute(model));
    await expect(holder({ leaf: leaf() }).flow.compute()).rejects.toMatchObject({ code: 'CYCLE', message: expect.stringMatching(/holder.*orchestrates: true/s) as string });
    expect(limiter.stats()).toMatchObject({ active: 0, queued: 0 });
  });

  test('a thunk is a dependency: its branch may pass the limiter that the body passed, whose place is free meanwhile', async () => {
    const evaluator = throttle({ concurrency: 1 });
    const up = flowModel({ name: 'up', definitions: definitions(), inputs: {}, evaluator }, async () => 20);
    const down = flowModel({ name: 'down', definitions: definitions(), inputs: { up: Lazy(z.number()) }, evaluator }, async ({ up }) => (await up()) + 1);
    expect((await down({ up: up() }).flow.compute()).value).toBe(21);
    expect(evaluator.stats()).toMatchObject({ active: 0, admitted: 2 });
  });

  test('a body that waits for a nested evaluation gives its place to others', async () => {
    const desk = new Desk();
    const free = flowModel({ name: 'free', definitions: definitions(), inputs: { user: FromContext(z.number()) } }, ({ user }) => desk.work(`free${user}`));
    const holder = flowModel({ name: 'holder', definitions: definitions(), inputs: { user: FromContext(z.number()), free: ModelInput(z.unknown()) }, evaluator: throttle({ concurrency: 1 }) }, async ({ user, free: model }, run) => {
      await run.compute(model);
      return user;
    });
    const run = mapFlow(holder({ free: free() }), users(3), { concurrency: 3 }).then((value) => value);
    await settled();
    expect(desk.started).toEqual(['free0', 'free1', 'free2']);
    await desk.endAll();
    expect((await run).stats.ok).toBe(3);
  });

  test('a body that waits before another attempt gives its place to others; the next attempt takes from the rate where the throttle is inside', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ concurrency: 1, rate: { limit: 2, interval: 10_000 }, clock });
    const log: string[] = [];
    const call = flowModel({ name: 'call', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator: compose(retry({ delay: 1000 }), throttle({ limiter })) }, async ({ user }, run) => {
      log.push(`${user}.${run.attempt} at ${clock.now()}`);
      if (user === 0 && run.attempt === 1) throw new Error('busy');
      return user;
    })();
    const start = clock.now();
    const run = mapFlow(call, users(2), { concurrency: 2, clock }).then((value) => value);
    await clock.advance(1000);
    expect(log).toEqual([`0.1 at ${start}`, `1.1 at ${start}`]);
    await clock.advance(9000);
    expect(log.slice(2)).toEqual([`0.2 at ${start + 10_000}`]);
    expect((await run).stats.ok).toBe(2);
  });

  test('items begin as the rate of the batch allows, whether or not earlier ones have ended', async () => {
    const clock = virtualClock();
    const start = clock.now();
    const began: number[] = [];
    const slow = flowModel({ name: 'slow', definitions: definitions(), inputs: { user: FromContext(z.number()) } }, ({ user }) => {
      began.push(clock.now() - start);
      return new Promise<number>((resolve) => void clock.setTimeout(() => resolve(user), 10_000));
    })();
    const run = mapFlow(slow, users(6), { concurrency: 4, rate: { limit: 1, interval: 1000 }, clock }).then((value) => value);
    await clock.advance(60_000);
    expect((await run).stats.ok).toBe(6);
    expect(began).toEqual([0, 1000, 2000, 3000, 10_000, 11_000]);
  });

  test('around retries, a throttle counts an evaluation once, and its place is free between attempts', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ concurrency: 1, clock });
    const log: string[] = [];
    const call = flowModel({ name: 'call', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator: compose(throttle({ limiter }), retry({ delay: 1000 })) }, async ({ user }, run) => {
      log.push(`${user}.${run.attempt} at ${clock.now()}, ${limiter.stats().active} at work`);
      if (run.attempt === 1) throw new Error('busy');
      return user;
    })();
    const start = clock.now();
    const run = mapFlow(call, users(2), { concurrency: 2, clock }).then((value) => value);
    await clock.advance(1000);
    expect((await run).stats.ok).toBe(2);
    expect(log).toEqual([`0.1 at ${start}, 1 at work`, `1.1 at ${start}, 1 at work`, `0.2 at ${start + 1000}, 1 at work`, `1.2 at ${start + 1000}, 1 at work`]);
    expect(limiter.stats()).toMatchObject({ active: 0, queued: 0, admitted: 2 });
  });

  test('a body that ends while it waits to get its place back leaves no place taken', async () => {
    const desk = new Desk();
    const limiter = createLimiter({ concurrency: 1 });
    const free = flowModel({ name: 'free', definitions: definitions(), inputs: {} }, () => desk.work('free'))();
    const holder = flowModel({ name: 'holder', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator: throttle({ limiter }) }, async ({ user }, run) => {
      if (user === 0) void run.compute(free); // and does not wait for it
      return desk.work(String(user));
    })();
    const run = mapFlow(holder, users(2), { concurrency: 2 }).then((value) => value);
    await settled();
    expect(desk.started.toSorted()).toEqual(['0', '1', 'free']); // 1 works in the place of 0
    await desk.end('free'); // 0 wants its place back
    await desk.end('0');
    await desk.end('1');
    expect((await run).stats.ok).toBe(2);
    expect(limiter.stats()).toMatchObject({ active: 0, queued: 0 });
  });

  test('cancelling a run takes those who wait out of a shared limiter, and leaks nothing', async () => {
    const desk = new Desk();
    const limiter = createLimiter({ concurrency: 1 });
    const leaf = flowModel({ name: 'leaf', definitions: definitions(), inputs: { user: FromContext(z.number()) }, evaluator: throttle({ limiter }) }, ({ user }) => desk.work(String(user)))();
    const abort = new AbortController();
    const cancelled = mapFlow(leaf, users(4), { concurrency: 4, signal: abort.signal }).then((value) => value);
    const other = leaf.flow.compute({ user: 9 });
    await settled();
    expect(limiter.stats()).toMatchObject({ active: 1, queued: 4 });
    abort.abort(new Error('enough'));
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(limiter.stats().queued).toBe(1);
    await desk.endAll();
    await other;
    expect(limiter.stats()).toMatchObject({ active: 0, queued: 0 });
    expect(desk.started).toEqual(['0', '9']);
  });

  test('under computeSync nothing waits: a rate that would make it wait is ASYNC_IN_SYNC', () => {
    const leaf = flowModel({ name: 'leaf', definitions: definitions(), inputs: { i: z.number() }, evaluator: throttle({ concurrency: 1, rate: { limit: 2, interval: '1m' } }) }, ({ i }) => i);
    const sum = flowModel({ name: 'sum', definitions: definitions(), inputs: { all: Dependency(z.array(z.number())) } }, ({ all }) => all.length);
    expect(sum({ all: [leaf({ i: 1 }), leaf({ i: 2 })] }).flow.computeSync().value).toBe(2);
    expect(() => sum({ all: [1, 2, 3].map((i) => leaf({ i })) }).flow.computeSync()).toThrow(expect.objectContaining({ code: 'ASYNC_IN_SYNC', message: expect.stringContaining('throttle') as string }));
  });
});

test('a cost is taken of the inputs that the body receives', async () => {
  const clock = virtualClock();
  const ask = flowModel({ name: 'ask', definitions: definitions(), inputs: { prompt: FromContext(z.string()) }, evaluator: throttle({ rate: { limit: 10, interval: '1m' }, cost: ({ prompt }: { prompt: string }) => prompt.length }) }, () => clock.now())();
  const run = mapFlow(ask, ['sixsix', 'four', 'one', 'much too long'].map((prompt) => ({ prompt })), { clock }).then((value) => value);
  await clock.runAll();
  expect((await run).results.map((entry) => (entry.status === 'ok' ? entry.value : (entry.error as RateLimitError).code))).toEqual([0, 0, 60_000, 'RATE_LIMIT']);
});

test('a throttle is transparent: keys and results are the same with it and without', async () => {
  expect(throttle({ concurrency: 1 }).transparent).toBe(true);
});

test('TH2 options that make no sense are refused', () => {
  const refused = (options: unknown, text: string): void => expect(() => throttle(options as ThrottleOptions)).toThrow(expect.objectContaining({ code: 'DEFINITION', message: expect.stringContaining(text) as string }));
  refused({}, 'nothing to limit');
  refused({ concurrency: 0 }, "'concurrency'");
  refused({ concurrency: 1, scope: 'node' }, "'scope'");
  refused({ limiter: createLimiter(), concurrency: 1 }, "'concurrency'");
  refused({ limiter: {} }, "'limiter'");
  refused({ max: 1 }, "'max'");
  refused({ concurrency: 1, isRateLimit: true }, "'isRateLimit'");
});

test('a body that had to wait runs in the asynchronous context of its own request, also behind a shared limiter', async () => {
  const request = new AsyncLocalStorage<string>();
  const seen: [string, string | undefined][] = [];
  const work = flowModel(
    { name: 'work', definitions: definitions(), inputs: { who: FromContext(z.string()) }, evaluator: throttle({ limiter: createLimiter({ concurrency: 1 }) }) },
    async ({ who }) => {
      seen.push([who, request.getStore()]);
      await settled();
    },
  );
  await Promise.all(['a', 'b', 'c'].map((who) => request.run(who, () => work().flow.compute({ who }))));
  expect(seen).toEqual([['a', 'a'], ['b', 'b'], ['c', 'c']]);
});
