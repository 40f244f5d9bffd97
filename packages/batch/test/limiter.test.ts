import { createLimiter, RateLimitError } from '@flowmodel/batch';
import type { LimiterOptions } from '@flowmodel/batch';
import { virtualClock } from '@flowmodel/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { Gate } from '../src/limit/gate.ts';
import { Desk, settled } from './deferred.ts';

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('concurrency', () => {
  test.for([[3, 10], [1, 10], [100, 50]])('TH3 with a limit of %d, %d tasks reach the limit or their number, and never pass it', async ([concurrency, tasks]) => {
    const desk = new Desk();
    const limiter = createLimiter({ concurrency: concurrency! });
    const all = Promise.all(count(tasks!).map((i) => limiter.run(() => desk.work(String(i)))));
    await desk.endAll();
    await all;
    expect(desk.peak).toBe(Math.min(concurrency!, tasks!));
    expect(desk.started).toEqual(count(tasks!).map(String));
  });

  test('TH3 a limit of 1 is strictly first come first served: start, end, start, end', async () => {
    const log: string[] = [];
    const limiter = createLimiter({ concurrency: 1 });
    await Promise.all(
      [0, 1, 2].map((i) =>
        limiter.run(async () => {
          log.push(`start_${i}`);
          await settled();
          log.push(`end_${i}`);
        }),
      ),
    );
    expect(log).toEqual(['start_0', 'end_0', 'start_1', 'end_1', 'start_2', 'end_2']);
  });

  test('without options nothing waits', async () => {
    const desk = new Desk();
    const limiter = createLimiter();
    const all = count(20).map((i) => limiter.run(() => desk.work(String(i))));
    await settled();
    expect(desk.active).toBe(20);
    await desk.endAll();
    await Promise.all(all);
  });

  test('TH6 a place is free again after an error', async () => {
    const limiter = createLimiter({ concurrency: 1 });
    await expect(limiter.run(() => { throw new Error('no'); })).rejects.toThrow('no');
    await expect(limiter.run(() => Promise.reject(new Error('nor')))).rejects.toThrow('nor');
    expect(await limiter.run(() => 7)).toBe(7);
    expect(limiter.stats()).toMatchObject({ active: 0, queued: 0, admitted: 3 });
  });
});

describe('rate', () => {
  test('TH4 five a second: of twelve, five begin at once, five a second later, two after two seconds', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: { limit: 5, interval: '1s' }, clock });
    const starts: number[] = [];
    const all = Promise.all(count(12).map(() => limiter.run(() => starts.push(clock.now()))));
    await clock.runAll();
    await all;
    expect(starts).toEqual([0, 0, 0, 0, 0, 1_000, 1_000, 1_000, 1_000, 1_000, 2_000, 2_000]);
    expect(clock.pending).toBe(0);
  });

  test('the window slides: it is never overrun at any moment', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: { limit: 2, interval: 1_000 }, clock });
    const starts: number[] = [];
    const start = (): Promise<unknown> => limiter.run(() => starts.push(clock.now()));
    const all: Promise<unknown>[] = [start()];
    await clock.advance(900);
    all.push(start(), start(), start());
    await clock.runAll();
    await Promise.all(all);
    expect(starts).toEqual([0, 900, 1_000, 1_900]);
  });

  test('TH5 (Defect) while the window is waited for no place is held', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ concurrency: 1, rate: { limit: 1, interval: '1m' }, clock });
    await limiter.run(() => 1);
    const second = limiter.run(() => 2);
    await settled();
    expect(limiter.stats()).toMatchObject({ active: 0, queued: 1 });
    await clock.runAll();
    expect(await second).toBe(2);
  });

  test('no start comes later than it was counted for: a place and the window are taken together', async () => {
    const clock = virtualClock();
    const desk = new Desk();
    const limiter = createLimiter({ concurrency: 1, rate: { limit: 2, interval: 1_000 }, clock });
    const all = ['a', 'b', 'c'].map((name) => limiter.run(() => desk.work(name)));
    await clock.advance(5_000); // b waits for a's place all the while
    await desk.end('a');
    expect(limiter.stats().windowCount).toBe(1);
    await desk.end('b');
    expect(desk.started).toEqual(['a', 'b', 'c']);
    expect(limiter.stats().windowCount).toBe(2);
    await desk.end('c');
    await Promise.all(all);
  });

  test('TH6 (Defect) cancelling while the window is waited for leaks nothing', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ concurrency: 1, rate: { limit: 1, interval: '1s' }, clock });
    await limiter.run(() => 1);
    const abort = new AbortController();
    const cancelled = limiter.run(() => 2, { signal: abort.signal });
    const next = limiter.run(() => 3);
    await settled();
    abort.abort(new Error('never mind'));
    await expect(cancelled).rejects.toThrow('never mind');
    await clock.runAll();
    expect(await next).toBe(3);
    expect(limiter.stats()).toMatchObject({ active: 0, queued: 0, admitted: 2 });
    expect(clock.pending).toBe(0);
  });

  test('when the last one who waits for the window leaves, no timer is left', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: { limit: 1, interval: '1s' }, clock });
    await limiter.run(() => 1);
    const abort = new AbortController();
    const cancelled = limiter.run(() => 2, { signal: abort.signal });
    await settled();
    expect(clock.pending).toBe(1);
    abort.abort(new Error('gone'));
    await expect(cancelled).rejects.toThrow('gone');
    expect(clock.pending).toBe(0);
  });

  test('TH7 the window count goes 0, 1, 5 and ages; it stays 0 without a rate', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: { limit: 5, interval: '1s' }, clock });
    expect(limiter.stats().windowCount).toBe(0);
    await limiter.run(() => 1);
    expect(limiter.stats().windowCount).toBe(1);
    await Promise.all(count(4).map(() => limiter.run(() => 1)));
    expect(limiter.stats().windowCount).toBe(5);
    await clock.advance(1_000);
    expect(limiter.stats().windowCount).toBe(0);
    const unlimited = createLimiter();
    await unlimited.run(() => 1);
    expect(unlimited.stats().windowCount).toBe(0);
  });

  test('TH9 time is the given clock, which never goes back', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: { limit: 1, interval: '2h' }, clock });
    const all = Promise.all([limiter.run(() => clock.now()), limiter.run(() => clock.now())]);
    await clock.runAll();
    expect(await all).toEqual([0, 7_200_000]);
  });

  test('TH9 without a clock it is the system\'s monotonic time: setting the calendar changes nothing', async () => {
    const limiter = createLimiter({ rate: { limit: 1, interval: '1h' } });
    await limiter.run(() => 1);
    const calendar = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_400_000);
    expect(limiter.stats().windowCount).toBe(1);
    calendar.mockRestore();
    const time = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3_600_000);
    expect(limiter.stats().windowCount).toBe(0);
    time.mockRestore();
  });

  test.for([['500ms', 500], ['1s', 1_000], ['1.5s', 1_500], ['1m', 60_000], ['2h', 7_200_000], [250, 250]] as const)('an interval of %s is %d ms', async ([interval, ms]) => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: { limit: 1, interval }, clock });
    const all = Promise.all([limiter.run(() => clock.now()), limiter.run(() => clock.now())]);
    await clock.runAll();
    expect(await all).toEqual([0, ms]);
  });

  test('several rates are all kept', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: [{ limit: 2, interval: '1s' }, { limit: 3, interval: '1m' }], clock });
    const all = Promise.all(count(5).map(() => limiter.run(() => clock.now())));
    await clock.runAll();
    expect(await all).toEqual([0, 0, 1_000, 60_000, 60_000]);
  });
});

test('a limiter that is disposed of leaves no timer behind', async () => {
  const clock = virtualClock();
  let open = 0;
  const counting = {
    now: () => clock.now(),
    setTimeout: (callback: () => void, ms: number): unknown => {
      open++;
      return clock.setTimeout(callback, ms);
    },
    clearTimeout: (timer: unknown) => {
      open--;
      clock.clearTimeout(timer);
    },
  };
  const limiter = createLimiter({ rate: { limit: 1, interval: '1h' }, clock: counting });
  await limiter.run(() => 1);
  const waiting = limiter.run(() => 2);
  expect(open).toBe(1);
  await limiter[Symbol.asyncDispose]();
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(open).toBe(0);
});

test('however many leave as soon as they are let in, it costs no stack', () => {
  const gate = new Gate({ concurrency: 1, rates: [] }, virtualClock());
  expect(gate.tryEnter()).toBe(true);
  let served = 0;
  for (let i = 0; i < 50_000; i++) gate.enter({ costs: [], go: () => { served++; gate.leave(); } });
  gate.leave();
  expect([served, gate.stats().active]).toEqual([50_000, 0]);
});

test('a wait beyond what timers can count is made of several', async () => {
  const clock = virtualClock();
  const waits: number[] = [];
  const setTimeout = (callback: () => void, ms: number): unknown => {
    waits.push(ms);
    return clock.setTimeout(callback, ms);
  };
  const limiter = createLimiter({ rate: { limit: 1, interval: '1000h' }, clock: { now: () => clock.now(), setTimeout, clearTimeout: (timer) => clock.clearTimeout(timer) } });
  const both = Promise.all([limiter.run(() => clock.now()), limiter.run(() => clock.now())]);
  await clock.runAll();
  expect(await both).toEqual([0, 3_600_000_000]);
  expect(Math.max(...waits)).toBe(2 ** 31 - 1);
});

test('of several that say how long to wait the longest counts', async () => {
  const clock = virtualClock();
  const limiter = createLimiter({ concurrency: 3, clock });
  const refused = [8, 2].map((retryAfter) => limiter.run(() => Promise.reject(new RateLimitError('busy', { retryAfter }))).catch(() => {}));
  await Promise.all(refused);
  const began = limiter.run(() => clock.now());
  await clock.runAll();
  expect(await began).toBe(8_000);
  expect(limiter.stats().rateLimited).toBe(2);
});

test('whoever was at work before comes first, also before those who ask while places are handed out', () => {
  const gate = new Gate({ concurrency: 2, rates: [] }, virtualClock());
  const order: string[] = [];
  for (let i = 0; i < 2; i++) {
    expect(gate.tryEnter()).toBe(true);
    gate.leave(); // waits for something else
    expect(gate.tryEnter()).toBe(true);
  }
  gate.reenter(() => order.push('first', gate.tryEnter() ? 'somebody new' : 'nobody new'));
  gate.reenter(() => order.push('second'));
  gate.resize(4);
  expect(order).toEqual(['first', 'nobody new', 'second']);
  expect(gate.stats()).toMatchObject({ active: 4, queued: 0 });
});

describe('cost', () => {
  const cost = ({ tokens }: { tokens: number }): number => tokens;

  test('TH-X6 a budget of tokens per minute: what does not fit waits until enough has aged', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: { limit: 1_000, interval: '1m' }, cost, clock });
    const start = (tokens: number): Promise<number> => limiter.run(() => clock.now(), { inputs: { tokens } });
    const first = start(600);
    await clock.advance(10_000);
    const rest = Promise.all([start(300), start(200), start(100)]);
    await clock.runAll();
    expect([await first, ...(await rest)]).toEqual([0, 10_000, 60_000, 60_000]);
  });

  test('first come first served holds for costs: a cheap one does not overtake an expensive one', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: { limit: 10, interval: '1s' }, cost, clock });
    const order: number[] = [];
    const all = Promise.all([6, 9, 1].map((tokens) => limiter.run(() => order.push(tokens), { inputs: { tokens } })));
    await clock.runAll();
    await all;
    expect(order).toEqual([6, 9, 1]);
  });

  test('requests and tokens are limited side by side; the window count is that of the first rate', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: [{ limit: 100, interval: '1m', cost }, { limit: 2, interval: '1s' }], clock });
    const all = Promise.all([10, 10, 90].map((tokens) => limiter.run(() => clock.now(), { inputs: { tokens } })));
    await clock.advance(1_000);
    expect(limiter.stats().windowCount).toBe(20);
    await clock.runAll();
    expect(await all).toEqual([0, 0, 60_000]);
  });

  test('what costs more than a whole window would wait for ever: it is refused', async () => {
    const limiter = createLimiter({ rate: { limit: 100, interval: '1m' }, cost });
    await expect(limiter.run(() => 1, { inputs: { tokens: 101 } })).rejects.toMatchObject({ code: 'RATE_LIMIT', message: expect.stringContaining('101') as string });
    expect(limiter.stats()).toMatchObject({ active: 0, queued: 0, admitted: 0 });
  });

  test.for([-1, Number.NaN, '5', undefined])('a cost of %s is an error', async (tokens) => {
    const limiter = createLimiter({ rate: { limit: 100, interval: '1m' }, cost: cost });
    await expect(limiter.run(() => 1, { inputs: { tokens } })).rejects.toMatchObject({ code: 'DEFINITION', message: expect.stringContaining("'cost'") as string });
  });

  test('fractions of tokens add up to a whole window, and age to nothing', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ rate: { limit: 1, interval: '1s' }, cost, clock });
    const all = Promise.all(count(10).map(() => limiter.run(() => clock.now(), { inputs: { tokens: 0.1 } })));
    await settled();
    expect(await all).toEqual(count(10).map(() => 0));
    await clock.advance(1_000);
    expect(limiter.stats().windowCount).toBe(0);
  });
});

describe('cancelling and the end', () => {
  test('a signal that has fired already does not get in', async () => {
    const limiter = createLimiter({ concurrency: 1 });
    await expect(limiter.run(() => 1, { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late');
    expect(limiter.stats().admitted).toBe(0);
  });

  test('who leaves the queue is passed over, and the others keep their order', async () => {
    const desk = new Desk();
    const limiter = createLimiter({ concurrency: 1 });
    const abort = new AbortController();
    const all = Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => limiter.run(() => desk.work(name), name === 'b' ? { signal: abort.signal } : {})));
    await settled();
    abort.abort(new Error('b left'));
    await desk.endAll();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(desk.started).toEqual(['a', 'c', 'd']);
  });

  test('a disposed limiter sends away who waits, waits for who works, lets in nobody', async () => {
    const desk = new Desk();
    const limiter = createLimiter({ concurrency: 1 });
    const working = limiter.run(() => desk.work('a'));
    const waiting = limiter.run(() => desk.work('b'));
    await settled();
    let isDisposed = false;
    const disposed = limiter[Symbol.asyncDispose]().then(() => (isDisposed = true));
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(limiter.run(() => 1)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(isDisposed).toBe(false);
    await desk.end('a');
    await Promise.all([working, disposed]);
    expect(isDisposed).toBe(true);
  });

  test('a provider that says how long to wait is obeyed', async () => {
    const clock = virtualClock();
    const limiter = createLimiter({ concurrency: 2, clock });
    await expect(limiter.run(() => Promise.reject(Object.assign(new Error('busy'), { status: 429, headers: { 'Retry-After': '3' } })))).rejects.toThrow('busy');
    expect(limiter.stats().rateLimited).toBe(1);
    const next = limiter.run(() => clock.now());
    await clock.runAll();
    expect(await next).toBe(3_000);
  });
});

test('TH2 options that make no sense are refused, and the message says what was expected', () => {
  const refused = (options: unknown, text: string): void => expect(() => createLimiter(options as LimiterOptions)).toThrow(expect.objectContaining({ code: 'DEFINITION', message: expect.stringContaining(text) as string }));
  refused({ concurrency: 0 }, "'concurrency'");
  refused({ concurrency: 1.5 }, 'whole number');
  refused({ concurrency: '3' }, '"3"');
  refused({ rate: { limit: 0, interval: '1s' } }, "'rate.limit'");
  refused({ rate: { limit: 1, interval: 0 } }, "'interval'");
  refused({ rate: { limit: 1, interval: '1 fortnight' } }, '1 fortnight');
  refused({ rate: { limit: 1 } }, "'interval'");
  refused({ rate: { limit: 1, interval: '1s', burst: 3 } }, "'burst'");
  refused({ cost: () => 1 }, "'rate");
  refused({ clock: {} }, "'clock'");
  refused({ maxConcurrent: 3 }, "'maxConcurrent'");
  refused(null, 'options object');
});

test('TH1 TH-X7 every limiter tells the same about itself; what is not given is no limit', () => {
  expect([createLimiter().stats().limit, createLimiter({ rate: { limit: 9, interval: '1s' } }).stats().limit]).toEqual([Infinity, Infinity]);
  expect(createLimiter({ concurrency: 4, rate: { limit: 9, interval: '1s' } }).stats()).toEqual({ active: 0, queued: 0, admitted: 0, windowCount: 0, limit: 4, rateLimited: 0 });
});
