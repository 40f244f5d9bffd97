/** `@flowmodel/core/testing`: time under control, stand-ins for bodies, counts and records of what ran. The explorer has a file of its own. */
import { flowModel, FlowError, FromContext, memoryCache, modelClass, retry, timeout } from '@flowmodel/core';
import { countRuns, recordEvents, stub, virtualClock } from '@flowmodel/core/testing';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { z } from 'zod';
import { deferred } from './deferred.ts';
import { refusal, rejection } from './refusal.ts';

const rate = flowModel({ name: 'testing.rate', inputs: { day: FromContext(z.number()), factor: z.number().default(1) } }, async ({ day, factor }) => day * factor);
const price = flowModel({ name: 'testing.price', inputs: { rate: z.number() } }, ({ rate }) => rate * 100);

describe('virtualClock', () => {
  test('timers fire in the order in which they are due, and those of one time in the order in which they were set', async () => {
    const clock = virtualClock();
    const fired: string[] = [];
    for (const [name, ms] of [['b', 20], ['a', 10], ['c', 20], ['d', 0]] as const) clock.setTimeout(() => void fired.push(`${name} at ${clock.now()}`), ms);
    expect(clock.pending).toBe(4);
    await clock.advance(15);
    expect([fired, clock.now(), clock.pending]).toEqual([['d at 0', 'a at 10'], 15, 2]);
    await clock.advance(5);
    expect(fired.slice(2)).toEqual(['b at 20', 'c at 20']);
    expect(clock.waits).toEqual([20, 10, 20, 0]);
  });

  test('what promises set off happens before the next timer', async () => {
    const clock = virtualClock();
    const seen: string[] = [];
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms));
    const walk = async (name: string, ms: number): Promise<void> => {
      for (let step = 1; step <= 2; step++) {
        await sleep(ms);
        seen.push(`${name}${step} at ${clock.now()}`);
      }
    };
    const walks = Promise.all([walk('slow', 3), walk('fast', 2)]);
    await clock.advance(6);
    await walks;
    expect(seen).toEqual(['fast1 at 2', 'slow1 at 3', 'fast2 at 4', 'slow2 at 6']);
  });

  test('a timer that is cleared does not fire; clearing it again, or what is no timer, does nothing', async () => {
    const clock = virtualClock();
    const timer = clock.setTimeout(() => expect.unreachable(), 5);
    clock.clearTimeout(timer);
    clock.clearTimeout(timer);
    clock.clearTimeout(undefined);
    await clock.runAll();
    expect([clock.pending, clock.now()]).toEqual([0, 0]);
  });

  test('runAll goes on until no timer is left, and refuses to go on for ever', async () => {
    const clock = virtualClock();
    let left = 5;
    const again = (): void => {
      if (--left > 0) clock.setTimeout(again, 1000);
    };
    clock.setTimeout(again, 1000);
    await clock.runAll();
    expect([left, clock.now(), clock.pending]).toEqual([0, 5000, 0]);
    left = Infinity;
    again();
    expect(await rejection(clock.runAll())).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining('for ever') as string });
  });

  test('what a timer throws, advance throws; the other timers stay', async () => {
    const clock = virtualClock();
    const broken = new Error('broken');
    clock.setTimeout(() => {
      throw broken;
    }, 1);
    clock.setTimeout(() => {}, 2);
    await expect(clock.advance(5)).rejects.toBe(broken);
    expect([clock.now(), clock.pending]).toEqual([1, 1]);
  });

  test.each([2 ** 31, Infinity, NaN])('a wait of %d ms, which the system would end at once, is refused', (ms) => {
    expect(refusal(() => virtualClock().setTimeout(() => {}, ms)).code).toBe('DEFINITION');
  });

  test('where there is no setImmediate, as in browsers', async () => {
    vi.stubGlobal('setImmediate', undefined);
    try {
      const clock = virtualClock();
      const steps: number[] = [];
      const sleep = (): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, 10));
      const walk = (async () => {
        for (let step = 0; step < 3; step++) {
          await sleep();
          steps.push(clock.now());
        }
      })();
      await clock.runAll();
      await walk;
      expect(steps).toEqual([10, 20, 30]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test('the engine keeps time by it: retries wait, attempts run out of time, durations are exact', async () => {
    const clock = virtualClock();
    const recorder = recordEvents();
    const slow = flowModel({ name: 'testing.slow', inputs: {}, evaluator: timeout(100) }, () => new Promise<number>(() => {}));
    const result = slow().flow.compute({}, { clock, observer: recorder.observer, evaluator: retry({ attempts: 2, delay: 50 }) });
    const failed = rejection(result);
    await clock.runAll();
    expect((await failed).code).toBe('TIMEOUT');
    expect(recorder.of('run:end')[0]!.durationMs).toBe(100 + 50 + 100);
    expect(clock.waits).toEqual([100, 50, 100]);
  });
});

describe('stub', () => {
  test('a value in the place of a body: of all models of a factory, or of one', async () => {
    const one = rate();
    const model = price({ rate: one });
    expect((await model.flow.compute({ day: 1 }, { overrides: [stub(rate, 7)] })).value).toBe(700);
    expect((await model.flow.compute({ day: 1 }, { overrides: [stub(one, 8)] })).value).toBe(800);
    expect((await price({ rate: rate() }).flow.compute({ day: 1 }, { overrides: [stub(one, 8)] })).value).toBe(100);
  });

  test('a body in its place receives the inputs, typed, and the run', async () => {
    const seen: unknown[] = [];
    const override = stub(rate, ({ day, factor }, run) => {
      expectTypeOf(day).toEqualTypeOf<number>();
      seen.push(day, factor, run.attempt);
      return day + 0.5;
    });
    expect((await price({ rate: rate({ factor: 3 }) }).flow.compute({ day: 1 }, { overrides: [override] })).value).toBe(150);
    expect(seen).toEqual([1, 3, 1]);
  });

  test('a promise, or an asynchronous body', async () => {
    for (const override of [stub(price, Promise.resolve(5)), stub(price, async () => 5)]) {
      expect((await price({ rate: 1 }).flow.compute({}, { overrides: [override] })).value).toBe(5);
    }
  });

  test('a class, one of its models, a wrapper', async () => {
    class Scale extends modelClass({ inputs: { by: z.number() }, context: z.object({ n: z.number() }), output: z.number() }) {
      call({ n }: { n: number }): number {
        return n * this.inputs.by;
      }
    }
    const model = new Scale({ by: 2 });
    expect((await model.flow.compute({ n: 1 }, { overrides: [stub(Scale, ({ n }) => n + 0.5)] })).value).toBe(1.5);
    expect((await model.flow.compute({ n: 1 }, { overrides: [stub(model, 9)] })).value).toBe(9);
    const wrapped = model.flow.withContext({ n: 5 });
    expect((await wrapped.flow.compute({}, { overrides: [stub(wrapped, 4)] })).value).toBe(4);
    expect((await wrapped.flow.compute({}, { overrides: [stub(model, 4)] })).value).toBe(10);
  });

  test('undefined and null are values', async () => {
    const maybe = flowModel({ inputs: {} }, (): number | undefined | null => 1);
    expect((await maybe().flow.compute({}, { overrides: [stub(maybe, undefined)] })).value).toBeUndefined();
    expect((await maybe().flow.compute({}, { overrides: [stub(maybe, null)] })).value).toBeNull();
  });

  test('what it yields has to fit the output schema', async () => {
    const small = flowModel({ inputs: {}, output: z.number().max(10) }, () => 1);
    expect(await rejection(small().flow.compute({}, { overrides: [stub(small, 11)] }))).toMatchObject({ code: 'INVALID_RESULT' });
  });

  test('a value of another type does not compile, nor does a stub of what is no model; it is refused too', () => {
    // @ts-expect-error -- rate yields numbers
    expect(stub(rate, 'seven')).toBeDefined();
    // @ts-expect-error -- no model
    expect(refusal(() => stub({}, 1)).code).toBe('DEFINITION');
    // @ts-expect-error -- no factory
    expect(refusal(() => stub(() => 1, 1)).code).toBe('DEFINITION');
  });
});

describe('countRuns', () => {
  test('counts by model and by path; what the cache yields is no call', async () => {
    const runs = countRuns();
    const options = { cache: memoryCache({ max: 10 }), observer: runs.observer };
    await price({ rate: rate() }).flow.compute({ day: 1 }, options);
    await price({ rate: rate() }).flow.compute({ day: 1 }, options);
    await price({ rate: rate() }).flow.compute({ day: 2 }, options);
    expect(runs.calls()).toEqual({ 'testing.rate': 2, 'testing.price': 2 });
    expect(runs.of('testing.price')).toEqual({ started: 2, calls: 2, computed: 2, cached: 1, failed: 0, cancelled: 0 });
    expect(runs.at('testing.price.rate.testing.rate').calls).toBe(2);
    expect(runs.total).toMatchObject({ calls: 4, cached: 1 });
    expect(runs.of('unheard of').calls).toBe(0);
    runs.reset();
    expect([runs.total.calls, runs.calls()]).toEqual([0, {}]);
  });

  test('calls that a retry makes are calls; failures and what is cancelled are told apart', async () => {
    const runs = countRuns();
    const broken = flowModel({ name: 'testing.broken', inputs: {}, evaluator: retry({ attempts: 3 }) }, async (): Promise<number> => Promise.reject(new Error('down')));
    await expect(broken().flow.compute({}, { observer: runs.observer })).rejects.toThrow('down');
    expect(runs.of('testing.broken')).toEqual({ started: 1, calls: 3, computed: 0, cached: 0, failed: 1, cancelled: 0 });
    const abort = new AbortController();
    const hangs = flowModel({ name: 'testing.hangs', inputs: {} }, () => new Promise<number>(() => {}));
    const result = rejection(hangs().flow.compute({}, { observer: runs.observer, signal: abort.signal }));
    expect(runs.of('testing.hangs')).toMatchObject({ started: 1, calls: 0 });
    abort.abort();
    await result;
    expect(runs.of('testing.hangs')).toMatchObject({ calls: 1, cancelled: 1 });
  });
});

describe('recordEvents', () => {
  test('events in order, by type and model, and as lines', async () => {
    const recorder = recordEvents();
    const asks = flowModel({ name: 'testing.asks', inputs: { rate: z.number() } }, ({ rate }, run) => {
      run.progress({ completed: 1, total: 2 });
      return rate;
    });
    await asks({ rate: rate() }).flow.compute({ day: 4 }, { observer: recorder.observer });
    expect(recorder.lines()).toEqual([
      'run:start testing.asks',
      'node:start testing.rate',
      'node:end testing.rate computed',
      'node:start testing.asks',
      'progress testing.asks 1 of 2',
      'node:end testing.asks computed',
      'run:end testing.asks computed',
    ]);
    expect(recorder.of('node:end').map(({ value }) => value)).toEqual([4, 4]);
    expect(recorder.of('node:start', 'testing.rate').map(({ inputs }) => inputs)).toEqual([{ day: 4, factor: 1 }]);
    expect(recorder.events).toHaveLength(7);
    recorder.clear();
    expect(recorder.events).toEqual([]);
  });

  test('a test can wait for an event instead of sleeping', async () => {
    const recorder = recordEvents();
    const gate = deferred<number>();
    const source = flowModel({ name: 'testing.source', inputs: {} }, async () => 2);
    const waits = flowModel({ name: 'testing.waits', inputs: { x: z.number() } }, async ({ x }) => x + (await gate.promise));
    const result = waits({ x: source() }).flow.compute({}, { observer: recorder.observer });
    const start = await recorder.next('node:start', 'testing.waits');
    expect(start.inputs).toEqual({ x: 2 });
    gate.resolve(1);
    expect((await recorder.next('run:end')).status).toBe('computed');
    expect((await result).value).toBe(3);
  });

  test('retries and warnings have their lines', async () => {
    const recorder = recordEvents();
    let calls = 0;
    const flaky = flowModel({ name: 'testing.flaky', inputs: {}, evaluator: retry({ attempts: 2 }) }, () => {
      if (++calls === 1) throw new FlowError('TIMEOUT', 'late');
      return 1;
    });
    const broken = { get: () => { throw new Error('down'); }, set: () => {}, delete: () => {}, clear: () => {} };
    await flaky().flow.compute({}, { observer: recorder.observer, cache: broken });
    expect(recorder.lines()).toEqual(expect.arrayContaining(['retry testing.flaky after attempt 1', 'warning testing.flaky CACHE']));
  });
});
