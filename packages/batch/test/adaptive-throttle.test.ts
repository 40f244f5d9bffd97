import { adaptiveThrottle, mapFlow, RateLimitError } from '@flowmodel/batch';
import type { AdaptiveThrottleOptions, Throttle } from '@flowmodel/batch';
import { compose, DefinitionRegistry, flowModel, FromContext, retry } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Desk, settled } from './deferred.ts';

const items = (n: number): { i: number }[] => Array.from({ length: n }, (_, i) => ({ i }));

/** A model at a desk, and how to end its evaluations well or with a rate-limit error. */
function atDesk(evaluator: Throttle) {
  const desk = new Desk();
  const model = flowModel({ name: 'call', definitions: new DefinitionRegistry(), inputs: { i: FromContext(z.number()) }, evaluator }, ({ i }) => desk.work(String(i)))();
  const busy = (): never => {
    throw new RateLimitError();
  };
  return { desk, model, busy };
}

/** The level after each outcome in a row: `+` success, `-` rate limit, `!` another error. */
async function levels(options: AdaptiveThrottleOptions, outcomes: string): Promise<number[]> {
  const evaluator = adaptiveThrottle(options);
  const seen: number[] = [];
  const one = flowModel({ name: 'one', definitions: new DefinitionRegistry(), inputs: { how: z.string() }, volatile: true, evaluator }, ({ how }) => {
    if (how === '-') throw new RateLimitError();
    if (how === '!') throw new Error('something else');
    return how;
  });
  for (const how of outcomes) {
    await one({ how }).flow.compute().catch(() => {});
    seen.push(evaluator.stats().limit);
  }
  return seen;
}

describe('the level', () => {
  test('TH17 defaults: 5 to begin with, at most 20, halved, after ten successes a fifth more', async () => {
    expect(adaptiveThrottle().stats()).toEqual({ active: 0, queued: 0, admitted: 0, windowCount: 0, limit: 5, rateLimited: 0 });
    expect(await levels({}, '-')).toEqual([2]);
    expect((await levels({}, '+'.repeat(10))).at(-1)).toBe(6);
    expect((await levels({ recoverAfter: 1 }, '+'.repeat(60))).at(-1)).toBe(20);
  });

  test('TH18 rate limits in one burst after the other: 10, 5, 2, 1, 1', async () => {
    expect(await levels({ initial: 10 }, '----')).toEqual([5, 2, 1, 1]);
    expect(await levels({ initial: 10, min: 3 }, '---')).toEqual([5, 3, 3]);
  });

  test('TH19 after so many successes it grows: 5 to 10 after three with factor 2; capped', async () => {
    expect(await levels({ initial: 5, recoverAfter: 3, growth: 2 }, '+++')).toEqual([5, 5, 10]);
    expect(await levels({ initial: 15, max: 20, recoverAfter: 1, growth: 2 }, '++')).toEqual([20, 20]);
  });

  test('TH20 other errors change nothing, and do not break a row of successes', async () => {
    expect(await levels({ initial: 4, recoverAfter: 2, growth: 2 }, '+!+')).toEqual([4, 4, 8]);
  });

  test('a rate limit breaks the row', async () => {
    expect(await levels({ initial: 4, recoverAfter: 2, growth: 2 }, '+-+')).toEqual([4, 2, 2]);
  });

  test('TH-X4 (Defect) growth is at least 1: it gets up from the bottom with a small factor', async () => {
    expect(await levels({ initial: 1, recoverAfter: 1, growth: 1.2 }, '+++++')).toEqual([2, 3, 4, 5, 6]);
    expect((await levels({ initial: 4 }, '+'.repeat(100))).at(-1)).toBeGreaterThan(10);
  });

  test('TH21 the stats are those of every limiter', async () => {
    const evaluator = adaptiveThrottle({ initial: 4 });
    const { desk, model, busy } = atDesk(evaluator);
    const run = mapFlow(model, items(6), { concurrency: 6 }).then((value) => value);
    await settled();
    expect(evaluator.stats()).toEqual({ active: 4, queued: 2, admitted: 4, windowCount: 0, limit: 4, rateLimited: 0 });
    await desk.end('0', busy);
    expect(evaluator.stats()).toMatchObject({ limit: 2, rateLimited: 1, active: 3 });
    await desk.endAll();
    await run;
  });

  test('TH23 a new throttle starts afresh; a level is nobody else\'s', async () => {
    expect(await levels({ initial: 10 }, '-')).toEqual([5]);
    expect(await levels({ initial: 10 }, '+')).toEqual([10]);
  });

  test('onChange hears every change, and what it throws changes nothing', async () => {
    const seen: number[] = [];
    const onChange = (level: number): never => {
      seen.push(level);
      throw new Error('listener');
    };
    expect(await levels({ initial: 4, max: 5, recoverAfter: 1, growth: 2, onChange }, '++-')).toEqual([5, 5, 2]);
    expect(seen).toEqual([5, 2]);
  });
});

test('TH22 TH33 the error reaches the caller as it is; trying again is the business of a retry around it', async () => {
  const error = new RateLimitError('busy', { cause: new Error('cause') });
  const evaluator = adaptiveThrottle({ initial: 8 });
  const fails = flowModel({ name: 'fails', definitions: new DefinitionRegistry(), inputs: {}, evaluator }, () => { throw error; })();
  await expect(fails.flow.compute()).rejects.toBe(error);
  const recovers = flowModel({ name: 'recovers', definitions: new DefinitionRegistry(), inputs: {}, evaluator: compose(retry({ attempts: 2 }), evaluator) }, (_, run) => {
    if (run.attempt === 1) throw error;
    return 'in the end';
  })();
  expect((await recovers.flow.compute()).value).toBe('in the end');
  expect(evaluator.stats()).toMatchObject({ limit: 2, rateLimited: 2, admitted: 3 });
});

test('TH30 any error that says "too many" lowers it, and isRateLimit decides otherwise', async () => {
  for (const [isRateLimit, level] of [[undefined, 4], [(error: unknown) => (error as Error).message === 'slow down', 8]] as const) {
    const evaluator = adaptiveThrottle({ initial: 8, isRateLimit });
    const model = flowModel({ name: 'model', definitions: new DefinitionRegistry(), inputs: {}, evaluator }, () => { throw new Error('HTTP 429'); })();
    await expect(model.flow.compute()).rejects.toThrow('429');
    expect(evaluator.stats().limit).toBe(level);
  }
});

test('who is told to stop because another was refused is not refused too', async () => {
  const evaluator = adaptiveThrottle({ initial: 8 });
  const desk = new Desk();
  const model = flowModel({ name: 'call', definitions: new DefinitionRegistry(), inputs: { i: FromContext(z.number()) }, evaluator }, ({ i }, run) => {
    const told = new Promise((_, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)));
    return Promise.race([desk.work(String(i)), told]);
  })();
  const outcome = mapFlow(model, items(5), { onError: 'fail' }).then(() => 'done', (error: unknown) => error);
  await settled();
  await desk.end('0', () => { throw new RateLimitError(); });
  expect(await outcome).toBeInstanceOf(RateLimitError);
  await settled();
  expect(evaluator.stats()).toMatchObject({ active: 0, rateLimited: 1, limit: 4 });
  await desk.endAll();
});

describe('what the level does', () => {
  test('TH-X2 (Defect) a backoff takes effect inside the run: from the very next admission no more than the new level are at work', async () => {
    const evaluator = adaptiveThrottle({ initial: 8 });
    const { desk, model, busy } = atDesk(evaluator);
    const run = mapFlow(model, items(30), { concurrency: 30 }).then((value) => value);
    await settled();
    expect(desk.active).toBe(8);
    await desk.end('0', busy);
    await desk.end('1', busy); // of the same burst
    expect(evaluator.stats().limit).toBe(4);
    for (let i = 0; i < 4; i++) await desk.end();
    let peak = 0;
    while (desk.waiting > 0) {
      peak = Math.max(peak, desk.active);
      await desk.end();
    }
    expect(peak).toBeLessThanOrEqual(5); // 4, and one more once ten have succeeded
    expect((await run).stats).toMatchObject({ ok: 28, failed: 2 });
  });

  test('TH-X2 (Defect) growth takes effect inside the run, too', async () => {
    const evaluator = adaptiveThrottle({ initial: 4, recoverAfter: 4, growth: 2, max: 8 });
    const { desk, model } = atDesk(evaluator);
    const run = mapFlow(model, items(20), { concurrency: 20 }).then((value) => value);
    await settled();
    for (let i = 0; i < 4; i++) await desk.end();
    expect(desk.active).toBe(8);
    await desk.endAll();
    await run;
  });

  test('TH-X3 (Defect) one burst of eight rate limits lowers it once: 8 to 4', async () => {
    const evaluator = adaptiveThrottle({ initial: 8 });
    const { desk, model, busy } = atDesk(evaluator);
    const run = mapFlow(model, items(8), { concurrency: 8 }).then((value) => value);
    await settled();
    for (let i = 0; i < 8; i++) await desk.end(String(i), busy);
    expect(evaluator.stats()).toMatchObject({ limit: 4, rateLimited: 8 });
    await run;
  });

  test('successes of attempts that began before a backoff do not raise it again', async () => {
    const evaluator = adaptiveThrottle({ initial: 4, recoverAfter: 1, growth: 2 });
    const { desk, model, busy } = atDesk(evaluator);
    const run = mapFlow(model, items(4), { concurrency: 4 }).then((value) => value);
    await settled();
    await desk.end('0', busy);
    await desk.endAll();
    await run;
    expect(evaluator.stats().limit).toBe(2);
  });

  test('TH-X5 (Defect) the rate window survives a backoff', async () => {
    const clock = virtualClock();
    const starts: number[] = [];
    const evaluator = adaptiveThrottle({ initial: 4, rate: { limit: 3, interval: '1m' } });
    const model = flowModel({ name: 'model', definitions: new DefinitionRegistry(), inputs: { i: FromContext(z.number()) }, evaluator }, ({ i }) => {
      starts.push(clock.now());
      if (i === 2) throw new RateLimitError();
    })();
    const run = mapFlow(model, items(6), { concurrency: 6, clock }).then((value) => value);
    await settled();
    expect(evaluator.stats()).toMatchObject({ windowCount: 3, limit: 2 });
    await clock.runAll();
    await run;
    expect(starts).toEqual([0, 0, 0, 60_000, 60_000, 60_000]);
  });

  test('TH-X6 (Defect) retryAfter is honoured: nobody begins before', async () => {
    const clock = virtualClock();
    const starts: number[] = [];
    const evaluator = adaptiveThrottle({ initial: 2 });
    const model = flowModel({ name: 'model', definitions: new DefinitionRegistry(), inputs: { i: FromContext(z.number()) }, evaluator: compose(retry({ attempts: 2 }), evaluator) }, ({ i }, run) => {
      starts.push(clock.now());
      if (i === 0 && run.attempt === 1) throw new RateLimitError('busy', { retryAfter: 7 });
    })();
    const run = mapFlow(model, items(3), { concurrency: 1, clock }).then((value) => value);
    await clock.runAll();
    expect((await run).stats.ok).toBe(3);
    expect(starts).toEqual([0, 7_000, 7_000, 7_000]);
  });

  test('TH31 one throttle is one limit in all runs; its stats are those of all of them, those of a batch its own', async () => {
    const evaluator = adaptiveThrottle({ initial: 3, min: 3 });
    const { desk, model, busy } = atDesk(evaluator);
    const runs = [0, 1].map((k) => mapFlow(model, items(5), { concurrency: 5, context: { k } }).then((value) => value));
    await settled();
    expect(desk.active).toBe(3);
    await desk.end('0', busy);
    await desk.endAll();
    const first = (await Promise.all(runs)).map(({ stats }) => [stats.ok, stats.failed]);
    expect([evaluator.stats(), first]).toMatchObject([{ admitted: 10, rateLimited: 1 }, [[4, 1], [5, 0]]]);
    const later = mapFlow(model, items(1)).then((value) => value);
    await settled();
    await desk.end('0', busy);
    expect([evaluator.stats(), (await later).stats]).toMatchObject([{ admitted: 11, rateLimited: 2 }, { total: 1, ok: 0, failed: 1 }]);
  });
});

test('options that make no sense are refused', () => {
  const refused = (options: unknown, text: string): void => expect(() => adaptiveThrottle(options as AdaptiveThrottleOptions)).toThrow(expect.objectContaining({ code: 'DEFINITION', message: expect.stringContaining(text) as string }));
  refused({ min: 0 }, "'min'");
  refused({ initial: 30 }, 'min ≤ initial ≤ max');
  refused({ backoff: 1 }, "'backoff'");
  refused({ growth: 0.5 }, "'growth'");
  refused({ recoverAfter: 0 }, "'recoverAfter'");
  refused({ isRateLimit: 1 }, "'isRateLimit'");
  refused({ concurrency: 3 }, "'concurrency'");
});
