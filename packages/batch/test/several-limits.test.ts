/** Several limits around one evaluation: of the run, of the model, of one `compose`. */
import { adaptiveThrottle, createLimiter, mapFlow, RateLimitError, throttle } from '@flowmodel/batch';
import { compose, DefinitionRegistry, Dependency, flowModel, FromContext, retry, timeout } from '@flowmodel/core';
import type { Evaluator } from '@flowmodel/core';
import { explore, virtualClock } from '@flowmodel/core/testing';
import type { VirtualClock } from '@flowmodel/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Desk, settled } from './deferred.ts';

vi.setConfig({ testTimeout: 60_000 });

const users = (n: number): { user: number }[] => Array.from({ length: n }, (_, user) => ({ user }));

/** A model that notes when its bodies begin, and works for so long. */
function noting(log: string[], clock: VirtualClock, name: string, evaluator: Evaluator | undefined, ms = 0) {
  return flowModel({ name, definitions: new DefinitionRegistry(), inputs: { i: z.number() }, evaluator }, async ({ i }) => {
    log.push(`${name}${i} at ${clock.now()}`);
    if (ms > 0) await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), ms));
    return i;
  });
}

const all = flowModel({ name: 'all', definitions: new DefinitionRegistry(), inputs: { parts: Dependency(z.array(z.number())) } }, ({ parts }) => parts.length);

describe('whoever waits for a rate holds no other place', () => {
  test.for([
    ['of the run\'s concurrency', () => ({ concurrency: 2 })],
    ['of a throttle around the run', () => ({ evaluator: throttle({ concurrency: 2 }) })],
  ] as const)('%s', async ([, options]) => {
    const clock = virtualClock();
    const log: string[] = [];
    const slow = noting(log, clock, 'slow', throttle({ rate: { limit: 1, interval: '1m' } }));
    const free = noting(log, clock, 'free', undefined);
    const run = all({ parts: [slow({ i: 0 }), slow({ i: 1 }), slow({ i: 2 }), free({ i: 0 }), free({ i: 1 })] }).flow.compute({}, { clock, ...options() });
    await clock.runAll();
    await run;
    expect(log).toEqual(['slow0 at 0', 'free0 at 0', 'free1 at 0', 'slow1 at 60000', 'slow2 at 120000']);
  });

  test('and the cap of the run still holds when the rate lets several in at once', async () => {
    const clock = virtualClock();
    const log: string[] = [];
    const slow = noting(log, clock, 'slow', throttle({ rate: { limit: 3, interval: '1m' } }), 10);
    const run = all({ parts: [0, 1, 2, 3, 4, 5].map((i) => slow({ i })) }).flow.compute({}, { clock, concurrency: 2 });
    await clock.runAll();
    await run;
    expect(log).toEqual(['slow0 at 0', 'slow1 at 0', 'slow2 at 10', 'slow3 at 60000', 'slow4 at 60000', 'slow5 at 60010']);
  });
});

test('two limits in opposite orders never wait for each other', async () => {
  const clock = virtualClock();
  const log: string[] = [];
  const [a, b] = [throttle({ limiter: createLimiter({ concurrency: 1, clock }) }), throttle({ limiter: createLimiter({ concurrency: 1, clock }) })];
  const [holdsA, holdsB, ab, ba] = [noting(log, clock, 'a', a, 10), noting(log, clock, 'b', b, 10), noting(log, clock, 'ab', compose(a, b), 10), noting(log, clock, 'ba', compose(b, a), 10)];
  const run = all({ parts: [holdsA({ i: 0 }), holdsB({ i: 0 }), ab({ i: 0 }), ba({ i: 0 }), ab({ i: 1 }), ba({ i: 1 })] }).flow.compute({}, { clock });
  await clock.runAll();
  await run;
  expect(log.map((line) => line.split(' at ')[1])).toEqual(['0', '0', '10', '20', '30', '40']);
});

test('who was let in and still waits for a place of the run gives way to who was at work before', async () => {
  const desk = new Desk();
  const limiter = createLimiter({ concurrency: 1 });
  const evaluator = throttle({ limiter });
  const nested = flowModel({ name: 'nested', definitions: new DefinitionRegistry(), orchestrates: true, inputs: {} }, () => desk.work('nested'))();
  const before = flowModel({ name: 'before', definitions: new DefinitionRegistry(), inputs: {}, evaluator }, async (_, run) => {
    const asked = run.compute(nested);
    void limiter.run(() => desk.work('other')); // in the place that is free meanwhile
    await asked;
    desk.started.push('before, again');
    return 1;
  });
  const later = flowModel({ name: 'later', definitions: new DefinitionRegistry(), inputs: {}, evaluator }, () => desk.work('later').then(() => 1));
  const busy = flowModel({ name: 'busy', definitions: new DefinitionRegistry(), inputs: {} }, () => desk.work('busy').then(() => 1));
  const run = all({ parts: [before(), later(), busy()] }).flow.compute({}, { concurrency: 1 });
  await settled();
  for (const name of ['nested', 'other', 'busy']) await desk.end(name); // before waits for the place of the run, later is let in, the place is free
  await desk.endAll();
  expect((await run).value).toBe(3);
  expect(desk.started).toEqual(['other', 'nested', 'busy', 'before, again', 'later']);
  expect(limiter.stats()).toMatchObject({ active: 0, queued: 0 });
});

describe('the same limit around the run and around the model', () => {
  test('is one: it counts an evaluation once, and never waits for itself', async () => {
    const limiter = createLimiter({ concurrency: 1, rate: { limit: 100, interval: '1m' } });
    const leaf = flowModel({ name: 'leaf', definitions: new DefinitionRegistry(), inputs: { user: FromContext(z.number()) }, evaluator: throttle({ limiter }) }, async ({ user }) => user)();
    const { stats } = await mapFlow(leaf, users(3), { evaluator: throttle({ limiter }) });
    expect(stats.ok).toBe(3);
    expect(limiter.stats()).toMatchObject({ active: 0, queued: 0, admitted: 3, windowCount: 3 });
  });

  test('with a retry between them each attempt takes a token, and an error is heard once', async () => {
    const clock = virtualClock();
    const starts: number[] = [];
    const adaptive = adaptiveThrottle({ initial: 8, rate: { limit: 1, interval: '1s' } });
    const flaky = flowModel({ name: 'flaky', definitions: new DefinitionRegistry(), inputs: {}, evaluator: compose(retry({ attempts: 3 }), adaptive) }, (_, run) => {
      starts.push(clock.now());
      if (run.attempt < 3) throw new RateLimitError();
      return run.attempt;
    })();
    const run = flaky.flow.compute({}, { clock, evaluator: adaptive });
    await clock.runAll();
    expect((await run).value).toBe(3);
    expect(starts).toEqual([0, 1_000, 2_000]);
    expect(adaptive.stats()).toMatchObject({ active: 0, admitted: 3, rateLimited: 2, limit: 2 });
  });
});

describe('a token counts from the moment in which the body begins', () => {
  test('TH36 both limits must admit: a rate outside, a cap inside', async () => {
    const clock = virtualClock();
    const log: string[] = [];
    const evaluator = compose(throttle({ rate: { limit: 2, interval: 1_000 } }), throttle({ concurrency: 2 }));
    const work = noting(log, clock, 'work', evaluator, 3_500); // four more windows have passed when the first two end
    const run = all({ parts: [0, 1, 2, 3, 4, 5].map((i) => work({ i })) }).flow.compute({}, { clock });
    await clock.runAll();
    await run;
    expect(log).toEqual(['work0 at 0', 'work1 at 0', 'work2 at 3500', 'work3 at 3500', 'work4 at 7000', 'work5 at 7000']);
  });

  test('though four were let in by the rate long before, no more than two begin in its window', async () => {
    const clock = virtualClock();
    const log: string[] = [];
    const cap = createLimiter({ concurrency: 4, clock });
    const evaluator = compose(throttle({ rate: { limit: 2, interval: 1_000 } }), throttle({ limiter: cap }));
    const desk = new Desk();
    const others = Array.from({ length: 4 }, (_, i) => cap.run(() => desk.work(`other ${i}`)));
    const work = noting(log, clock, 'work', evaluator);
    const run = all({ parts: [0, 1, 2, 3].map((i) => work({ i })) }).flow.compute({}, { clock });
    await clock.advance(10_000);
    expect(log).toEqual([]);
    await desk.endAll(); // four places at once
    await clock.runAll();
    await Promise.all([run, ...others]);
    expect(log).toEqual(['work0 at 10000', 'work1 at 10000', 'work2 at 11000', 'work3 at 11000']);
  });

  test('who was let in and waits for a place of the run is held off by a Retry-After that comes meanwhile', async () => {
    const clock = virtualClock();
    const log: string[] = [];
    const limiter = createLimiter({ concurrency: 2, clock });
    const call = noting(log, clock, 'call', throttle({ limiter }));
    const busy = flowModel({ name: 'busy', definitions: new DefinitionRegistry(), inputs: {} }, () => new Promise<number>((resolve) => void clock.setTimeout(() => resolve(1), 100)));
    const desk = new Desk();
    const others = [limiter.run(() => desk.work('a')), limiter.run(() => desk.work('b')).catch(() => {})];
    const run = all({ parts: [call({ i: 0 }), busy()] }).flow.compute({}, { clock, concurrency: 1 });
    await settled();
    await desk.end('a'); // call is let in, and busy has the place of the run
    await desk.end('b', () => { throw new RateLimitError('busy', { retryAfter: 7 }); });
    await clock.runAll();
    await Promise.all([run, ...others]);
    expect(log).toEqual(['call0 at 7000']);
  });
});

test('a body that goes on after its time is at work: the next attempt waits for its place', async () => {
  const clock = virtualClock();
  const log: string[] = [];
  const limiter = createLimiter({ concurrency: 1, clock });
  const evaluator = compose(retry({ attempts: 3 }), timeout(50), throttle({ limiter }));
  const deaf = flowModel({ name: 'deaf', definitions: new DefinitionRegistry(), inputs: {}, evaluator }, async () => {
    log.push(`begins at ${clock.now()}`);
    await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), log.length === 1 ? 120 : 10));
    log.push(`ends at ${clock.now()}`);
  })();
  const run = deaf.flow.compute({}, { clock });
  await clock.runAll();
  await run;
  expect(log).toEqual(['begins at 0', 'ends at 120', 'begins at 120', 'ends at 130']);
  expect(limiter.stats()).toMatchObject({ active: 0, queued: 0 });
});

describe('a limiter that is disposed of', () => {
  const leafOf = (desk: Desk, evaluator: Evaluator) => flowModel({ name: 'leaf', definitions: new DefinitionRegistry(), inputs: { user: FromContext(z.number()) }, evaluator }, ({ user }) => desk.work(String(user)))();

  test('sends away the evaluations that wait, and those that come; it is done when the last body is', async () => {
    const limiter = createLimiter({ concurrency: 1 });
    const desk = new Desk();
    const leaf = leafOf(desk, throttle({ limiter }));
    const run = mapFlow(leaf, users(3), { concurrency: 3 }).then((value) => value);
    await settled();
    let isDisposed = false;
    const disposed = limiter[Symbol.asyncDispose]().then(() => (isDisposed = true));
    await settled();
    expect(isDisposed).toBe(false);
    await desk.end('0');
    await disposed;
    expect((await run).results).toMatchObject([{ status: 'ok' }, { status: 'error', error: { code: 'CANCELLED' } }, { status: 'error', error: { code: 'CANCELLED' } }]);
    await expect(leaf.flow.compute({ user: 9 })).rejects.toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('disposed') as string });
    expect(desk.started).toEqual(['0']);
  });
});

test('under any schedule several limits are kept together, nothing waits for ever, and nothing is left behind', async () => {
  await explore(
    async (schedule) => {
      const { clock } = schedule;
      const limiters = [createLimiter({ concurrency: 1, clock }), createLimiter({ concurrency: 2, rate: { limit: 2, interval: 50 }, clock })] as const;
      const [a, b] = [throttle({ limiter: limiters[0] }), throttle({ limiter: limiters[1] })];
      const starts: number[] = [];
      const model = (name: string, evaluator: Evaluator, caps: readonly (readonly [string, number])[]) =>
        flowModel({ name, definitions: new DefinitionRegistry(), inputs: { i: z.number() }, evaluator }, async ({ i }, run) => {
          const leave = [...caps, ['run', 2] as const].map(([cap, most]) => schedule.enter(cap, most));
          if (caps.some(([cap]) => cap === 'b')) starts.push(clock.now());
          try {
            await schedule.gate(`${name} ${i}`, () => { if (i === 1 && run.attempt === 1) throw new Error('no'); }, { signal: run.signal });
            return i;
          } finally {
            for (const one of leave) one();
          }
        });
      const A = ['a', 1] as const;
      const B = ['b', 2] as const;
      const patient = timeout(schedule.choose([20, 10_000]));
      const models = [
        model('ab', compose(a, retry({ attempts: 2, delay: schedule.choose([0, 5]) }), b), [A, B]),
        model('ba', compose(retry({ attempts: 2 }), patient, b, a), [A, B]),
        model('a', compose(retry({ attempts: 2 }), a), [A]),
        model('b', compose(b, patient), [B]),
      ];
      const parts = models.flatMap((one) => [one({ i: 0 }), one({ i: 1 })]);
      const collect = flowModel({ name: 'collect', definitions: new DefinitionRegistry(), inputs: { parts: Dependency(z.array(z.number())) } }, (inputs) => inputs.parts.length);
      const signal = schedule.choose([true, false]) ? schedule.signal('stop', new Error('stop')) : undefined;
      await collect({ parts }).flow.compute({}, { clock, concurrency: 2, ...(signal !== undefined && { signal }) }).then(() => 'done', () => 'failed');
      // Whoever still works was told to stop; once they have, all places are free.
      await schedule.watch('last', Promise.all([limiters[0].run(() => 1), limiters[1].run(() => limiters[1].run(() => 'two at once'))]));
      for (const limiter of limiters) expect(limiter.stats()).toMatchObject({ active: 0, queued: 0 });
      for (let i = 2; i < starts.length; i++) expect(starts[i]! - starts[i - 2]!).toBeGreaterThanOrEqual(50);
    },
    { schedules: 300 },
  );
});
