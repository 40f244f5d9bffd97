/** Invariants of limits under the core's schedule explorer: whatever the order in which work ends, timers fire, signals abort. */
import { adaptiveThrottle, createLimiter, mapFlow, RateLimitError, throttle } from '@flowmodel/batch';
import { compose, DefinitionRegistry, flowModel, FromContext, retry, timeout } from '@flowmodel/core';
import type { Evaluator } from '@flowmodel/core';
import { explore } from '@flowmodel/core/testing';
import type { Schedule } from '@flowmodel/core/testing';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';

vi.setConfig({ testTimeout: 60_000 });

const items = (n: number): { i: number }[] => Array.from({ length: n }, (_, i) => ({ i }));

/** A model whose body takes as long as the schedule says, and may fail. */
function worker(schedule: Schedule, evaluator: Evaluator, most: number, body: (i: number) => void = () => {}) {
  return flowModel({ name: 'work', definitions: new DefinitionRegistry(), inputs: { i: FromContext(z.number()) }, evaluator }, async ({ i }, run) => {
    const leave = schedule.enter('work', most);
    try {
      await schedule.gate(`work ${i}`, () => body(i), { signal: run.signal });
      return i;
    } finally {
      leave();
    }
  })();
}

test('the cap is never passed, everything is done in the end, and nothing is left behind', async () => {
  await explore(
    async (schedule) => {
      const evaluator = throttle({ concurrency: 2 });
      const fails = schedule.choose(6);
      const model = worker(schedule, evaluator, 2, (i) => {
        if (i === fails) throw new Error('no');
      });
      const { stats } = await mapFlow(model, items(5), { concurrency: 5, clock: schedule.clock });
      expect([stats.ok + stats.failed, stats.failed]).toEqual([5, fails < 5 ? 1 : 0]);
      expect(evaluator.stats()).toMatchObject({ active: 0, queued: 0, admitted: 5 });
    },
    { schedules: 300 },
  );
});

test('no place is lost to cancelling, timing out or throwing at any point', async () => {
  await explore(
    async (schedule) => {
      const limiter = createLimiter({ concurrency: 2, clock: schedule.clock });
      const evaluator = compose(throttle({ limiter }), timeout(schedule.choose([5, 1_000])));
      const model = worker(schedule, evaluator, 2, (i) => {
        if (i === 1) throw new Error('no');
      });
      const runs = [0, 1].map(() => mapFlow(model, items(3), { concurrency: 3, clock: schedule.clock, signal: schedule.signal('stop', new Error('stop')) }).then(() => 'done', () => 'cancelled'));
      await Promise.all(runs);
      // Whoever still works was told to stop; once they have, all places are free.
      await schedule.watch('last', limiter.run(() => limiter.run(() => 'two at once')));
      expect(limiter.stats()).toMatchObject({ active: 0, queued: 0 });
    },
    { schedules: 300 },
  );
});

test('first come first served: work begins in the order in which it was asked for', async () => {
  await explore(
    async (schedule) => {
      const limiter = createLimiter({ concurrency: schedule.choose([1, 2]), rate: { limit: 2, interval: 10 }, clock: schedule.clock });
      const begun: number[] = [];
      const asked: number[] = [];
      const left = schedule.choose(5);
      await Promise.all(
        items(5).map(async ({ i }) => {
          const signal = i === left ? schedule.signal(`leave ${i}`, new Error('left')) : undefined;
          asked.push(i);
          await limiter.run(() => { begun.push(i); return schedule.gate(`work ${i}`); }, { signal }).catch(() => {});
        }),
      );
      expect(begun).toEqual(asked.filter((i) => begun.includes(i)));
      expect(begun.length).toBeGreaterThanOrEqual(4);
    },
    { schedules: 300 },
  );
});

test('the window is never overrun, not even across a backoff, and the level stays between its bounds', async () => {
  await explore(
    async (schedule) => {
      const starts: number[] = [];
      const levels = new Set<number>();
      const adaptive = adaptiveThrottle({ initial: 3, min: 1, max: 4, recoverAfter: 2, growth: 2, rate: { limit: 3, interval: 100 }, clock: schedule.clock });
      const outcomes = items(7).map(() => schedule.choose(['ok', 'ok', 'busy', 'wait'] as const));
      const model = flowModel({ name: 'call', definitions: new DefinitionRegistry(), inputs: { i: FromContext(z.number()) }, evaluator: compose(retry({ attempts: 2, delay: 20 }), adaptive) }, async ({ i }, run) => {
        const leave = schedule.enter('call', 4);
        starts.push(schedule.clock.now());
        try {
          await schedule.gate(`call ${i}`);
          if (run.attempt === 1 && outcomes[i] !== 'ok') throw new RateLimitError('busy', { retryAfter: outcomes[i] === 'wait' ? 0.05 : undefined });
          return i;
        } finally {
          leave();
          levels.add(adaptive.stats().limit);
        }
      })();
      const { stats } = await mapFlow(model, items(7), { concurrency: 7, clock: schedule.clock });
      expect(stats.ok).toBe(7);
      expect([Math.min(...levels) >= 1, Math.max(...levels) <= 4]).toEqual([true, true]);
      for (let i = 3; i < starts.length; i++) expect(starts[i]! - starts[i - 3]!).toBeGreaterThanOrEqual(100);
      expect(adaptive.stats()).toMatchObject({ active: 0, queued: 0 });
    },
    { schedules: 300 },
  );
});

test('a flow cap and a node cap multiply, and nothing deadlocks', async () => {
  await explore(
    async (schedule) => {
      const evaluator = throttle({ concurrency: 2, scope: 'instance' });
      const call = flowModel({ name: 'call', definitions: new DefinitionRegistry(), inputs: { user: FromContext(z.number()), i: FromContext(z.number()) }, evaluator }, async ({ user, i }) => {
        const leave = schedule.enter('calls', 4);
        const leaveUser = schedule.enter(`calls of ${user}`, 2);
        await schedule.gate(`call ${user}.${i}`);
        leave();
        leaveUser();
        return i;
      })();
      const asks = flowModel({ name: 'asks', definitions: new DefinitionRegistry(), orchestrates: true, inputs: { user: FromContext(z.number()) } }, async ({ user }, run) => (await Promise.all([0, 1, 2].map((i) => run.compute(call, { user, i })))).length)();
      const { results } = await mapFlow(asks, [{ user: 0 }, { user: 1 }, { user: 2 }], { concurrency: 2, clock: schedule.clock });
      expect(results.map((entry) => entry.status === 'ok' && entry.value)).toEqual([3, 3, 3]);
    },
    { schedules: 200 },
  );
});

test('a reader that leaves ends the run, whatever is under way', async () => {
  await explore(
    async (schedule) => {
      const limiter = createLimiter({ concurrency: 2, clock: schedule.clock });
      const model = worker(schedule, throttle({ limiter }), 2);
      let read = 0;
      for await (const entry of mapFlow(model, items(6), { concurrency: 3, clock: schedule.clock })) {
        expect(entry.status).toBe('ok');
        if (++read === 2) break;
      }
      expect(read).toBe(2);
      await schedule.watch('after', limiter.run(() => 1));
    },
    { schedules: 200 },
  );
});
