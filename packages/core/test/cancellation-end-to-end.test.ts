/**
 * Contract §6, the abort of a caller wherever a run may be, with and without cache, evaluators and observer: compute rejects with CANCELLED at once, no
 * further body starts, and no timer, listener or unhandled rejection is left. What plain runs do in detail: cancellation.test.ts.
 */
import { compose, fallback, flowModel, FromContext, limitConcurrency, logging, memoryCache, retry, tieredCache, timeout } from '@flowmodel/core';
import type { CacheEntry, CallableModel, ComputeOptions, Evaluator, FlowRun, ResultCache } from '@flowmodel/core';
import { recordEvents, virtualClock } from '@flowmodel/core/testing';
import type { VirtualClock } from '@flowmodel/core/testing';
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deferred, settled, unhandledDuring } from './deferred.ts';
import type { Deferred } from './deferred.ts';
import { rejection } from './refusal.ts';

const reason = new Error('enough');
let controller = new AbortController();
let clock: VirtualClock = virtualClock();
let ran: string[] = [];
let gate: Deferred<number> = deferred();
beforeEach(() => {
  controller = new AbortController();
  clock = virtualClock();
  ran = [];
  gate = deferred();
});
const listeners = (): number => getEventListeners(controller.signal, 'abort').length;

const ends = flowModel({ name: 'cancel.ends', inputs: { x: z.number() } }, ({ x }) => {
  ran.push('ends');
  return x;
});
/** What stands below `ends` in each case. */
const body = (run: (given: FlowRun) => number | Promise<number>): CallableModel<number> =>
  flowModel({ name: 'cancel.body', replace: true, inputs: {} }, (_, given) => {
    ran.push('body');
    return run(given);
  })();

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const later = (): ResultCache => {
  const entries = new Map<string, CacheEntry>();
  return { get: async (key) => entries.get(key), set: async (key, entry) => void entries.set(key, entry), delete: () => {}, clear: () => {} };
};
const setups: [string, () => ComputeOptions][] = [
  ['plain', () => ({})],
  ['with an observer', () => ({ observer: () => {} })],
  ['with a cache', () => ({ cache: memoryCache({ max: 10 }) })],
  ['with a cache that answers by promises', () => ({ cache: later() })],
  ['with evaluators', () => ({ evaluator: compose(logging({ logger: quiet }), limitConcurrency(2), retry({ attempts: 5, delay: 1000 }), timeout(5000), fallback(timeout(6000))) })],
  ['with all of them', () => ({ observer: recordEvents().observer, cache: tieredCache(memoryCache({ max: 10 }), later()), evaluator: compose(retry({ attempts: 5, delay: 1000 }), timeout(5000)), concurrency: 3 })],
];

/** Computes what stands on a model, aborts when `when` says, and looks at what is left. Returns what had run by then. */
async function aborted(model: CallableModel<number>, options: ComputeOptions, when: () => unknown): Promise<string[]> {
  const unhandled = await unhandledDuring(async () => {
    const result = rejection(ends({ x: model }).flow.compute({}, { ...options, clock, signal: controller.signal }));
    await when();
    controller.abort(reason);
    expect(await result).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(listeners()).toBe(0);
    expect(clock.pending).toBe(0);
    const by = [...ran];
    gate.resolve(1);
    await settled();
    await clock.advance(100_000);
    expect(ran).toEqual(by);
    expect(clock.pending).toBe(0);
  });
  expect(unhandled).toEqual([]);
  return ran;
}

describe.each(setups)('%s', (_name, setup) => {
  test('before it begins: nothing runs', async () => {
    controller.abort(reason);
    expect(await aborted(body(() => 1), setup(), () => {})).toEqual([]);
  });

  test('during the synchronous part: nothing further runs', async () => {
    const aborting = body(() => {
      controller.abort(reason);
      return 1;
    });
    expect(await aborted(aborting, setup(), settled)).toEqual(['body']);
  });

  test('between two bodies', async () => {
    const first = flowModel({ name: 'cancel.first', replace: true, inputs: {} }, async () => {
      ran.push('first');
      return 1;
    });
    const aborting = flowModel({ name: 'cancel.between', replace: true, inputs: { x: z.number().transform((x) => {
      controller.abort(reason); // the first is done, the second has not begun
      return x;
    }) } }, ({ x }) => {
      ran.push('second');
      return x;
    });
    expect(await aborted(aborting({ x: first() }) as CallableModel<number>, setup(), settled)).toEqual(['first']);
  });

  test('inside a body that listens: it is told why', async () => {
    const heard: unknown[] = [];
    const listening = body((run) => new Promise((_, reject) => {
      run.signal.addEventListener('abort', () => {
        heard.push((run.signal.reason as Error).cause);
        reject(run.signal.reason as Error);
      });
    }));
    expect(await aborted(listening, setup(), settled)).toEqual(['body']);
    expect(heard).toEqual([reason]);
  });

  test('inside a body that does not listen: it is not waited for', async () => {
    expect(await aborted(body(() => gate.promise), setup(), settled)).toEqual(['body']);
  });

  test('inside one that fails when nobody listens any more', async () => {
    expect(await aborted(body(async () => gate.promise.then(() => Promise.reject(new Error('late')))), setup(), settled)).toEqual(['body']);
  });
});

describe('while evaluators wait', () => {
  test('a retry, between two attempts: its timer goes with it', async () => {
    const failing = body(() => Promise.reject(new Error('down')));
    const observer = recordEvents();
    expect(await aborted(failing, { evaluator: retry({ attempts: 5, delay: 1000 }), observer: observer.observer }, async () => {
      await clock.advance(1500); // the second attempt has failed too
      expect([ran.length, clock.pending]).toEqual([2, 1]);
    })).toEqual(['body', 'body']);
    expect(observer.lines().slice(-2)).toEqual(['node:end cancel.body cancelled', 'run:end cancel.ends cancelled']);
  });

  test('a body that waits for its place: it never starts', async () => {
    const one = (name: string): CallableModel<number> => flowModel({ name, replace: true, inputs: {} }, async () => {
      ran.push(name);
      return gate.promise;
    })();
    const both = flowModel({ name: 'cancel.both', replace: true, inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
    const model = both({ a: one('cancel.a'), b: one('cancel.b') });
    expect(await aborted(model, { evaluator: limitConcurrency(1) }, settled)).toEqual(['cancel.a']);
    ran = [];
    controller = new AbortController();
    gate = deferred();
    expect(await aborted(model, { concurrency: 1 }, settled)).toEqual(['cancel.a']);
  });

  test('a fallback tries no further', async () => {
    const never: Evaluator = { name: 'never', evaluate: () => void ran.push('never') };
    const told = body((run) => new Promise((_, reject) => {
      run.signal.addEventListener('abort', () => reject(run.signal.reason as Error));
    }));
    expect(await aborted(told, { evaluator: fallback(timeout(1000), never) }, settled)).toEqual(['body']);
  });
});

describe('while the cache is asked', () => {
  const hangs = (): ResultCache & { asked: number } => ({
    asked: 0,
    get() {
      this.asked++;
      return gate.promise.then(() => undefined);
    },
    set: () => {},
    delete: () => {},
    clear: () => {},
  });

  test('its answer is not waited for, and its timer is gone', async () => {
    const cache = hangs();
    expect(await aborted(body(() => 1), { cache }, async () => {
      await settled();
      expect([cache.asked, clock.pending]).toEqual([1, 1]);
    })).toEqual([]);
  });

  test('an answer that fails afterwards is nobody’s business', async () => {
    const cache = hangs();
    expect(await aborted(body(() => 1), { cache }, async () => {
      await settled();
      gate.reject(new Error('the cache is down'));
    })).toEqual([]);
  });

  test('on behalf of a body, by run.compute', async () => {
    const cache = hangs();
    const nested = body(() => 1);
    const asks = flowModel({ name: 'cancel.asks', replace: true, inputs: {}, cacheable: false }, async (_, run) => {
      ran.push('asks');
      return run.compute(nested);
    });
    const top = flowModel({ name: 'cancel.top', replace: true, inputs: { x: z.number() }, cacheable: false }, ({ x }) => x);
    const unhandled = await unhandledDuring(async () => {
      const result = rejection(top({ x: asks() }).flow.compute({}, { cache, clock, signal: controller.signal }));
      await settled();
      expect([ran, cache.asked, clock.pending]).toEqual([['asks'], 1, 1]);
      controller.abort(reason);
      expect((await result).code).toBe('CANCELLED');
      expect([listeners(), clock.pending]).toEqual([0, 0]);
    });
    expect(unhandled).toEqual([]);
  });
});

describe('while another run is at it', () => {
  test('who waits for the other’s body leaves alone; the other is left in peace', async () => {
    const cache = memoryCache({ max: 10 });
    const shared = body(() => gate.promise);
    const other = ends({ x: shared }).flow.compute({}, { cache });
    const result = rejection(ends({ x: shared }).flow.compute({}, { cache, clock, signal: controller.signal }));
    await settled();
    controller.abort(reason);
    expect(await result).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect([listeners(), clock.pending, cache.stats().inFlight]).toEqual([0, 0, 1]);
    gate.resolve(4);
    expect((await other).value).toBe(4);
    expect(ran).toEqual(['body', 'ends']);
  });

  test('the other goes on where it was, also in a retry’s wait', async () => {
    const cache = memoryCache({ max: 10 });
    let left = 1;
    const flaky = body(() => (left-- > 0 ? Promise.reject(new Error('down')) : gate.promise));
    const options = { cache, clock, evaluator: retry({ attempts: 2, delay: 1000 }) };
    const first = rejection(ends({ x: flaky }).flow.compute({}, { ...options, signal: controller.signal }));
    const second = ends({ x: flaky }).flow.compute({}, options);
    await clock.advance(500);
    controller.abort(reason);
    expect((await first).code).toBe('CANCELLED');
    expect(clock.pending).toBe(1);
    gate.resolve(6);
    await clock.advance(500);
    expect((await second).value).toBe(6);
    expect([ran, clock.pending, listeners()]).toEqual([['body', 'body', 'ends'], 0, 0]);
  });
});

describe('100,000 runs on one long-lived signal', () => {
  const leaf = flowModel({ name: 'cancel.leaf', inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
  const async = flowModel({ name: 'cancel.async', inputs: { x: z.number() } }, async ({ x }) => x + 1);
  const listening = flowModel({ name: 'cancel.listening', inputs: { x: z.number() } }, async ({ x }, run) => (run.signal.aborted ? 0 : x + 1));
  const failing = flowModel({ name: 'cancel.failing', inputs: { x: z.number() } }, async ({ x }): Promise<number> => Promise.reject(new Error(`no ${x}`)));
  const cases: [string, number, CallableModel<number>, () => ComputeOptions][] = [
    ['synchronous', 30_000, leaf() as CallableModel<number>, () => ({})],
    ['asynchronous', 20_000, async({ x: leaf() }) as CallableModel<number>, () => ({})],
    ['bodies that listen', 15_000, listening({ x: leaf() }) as CallableModel<number>, () => ({})],
    ['failures', 5_000, failing({ x: leaf() }) as CallableModel<number>, () => ({})],
    ['a cache', 15_000, listening({ x: leaf() }) as CallableModel<number>, () => ({ cache: memoryCache({ max: 100 }) })],
    ['evaluators and an observer', 10_000, listening({ x: leaf() }) as CallableModel<number>, () => ({ evaluator: compose(limitConcurrency(1), retry(), timeout(1000)), observer: () => {} })],
    ['an asynchronous cache', 5_000, async({ x: leaf() }) as CallableModel<number>, () => ({ cache: later() })],
  ];
  test.each(cases)('%s: %d', { timeout: 120_000 }, async (_what, count, model, setup) => {
    const { signal } = controller;
    let most = 0;
    let added = 0;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      added++;
      add(...given);
      most = Math.max(most, listeners());
    };
    const options = { ...setup(), signal, clock };
    const ignore = (): void => {};
    for (let n = 0; n < count; n++) await model.flow.compute({ n: n % 1000 }, options).catch(ignore);
    expect([listeners(), clock.pending]).toEqual([0, 0]);
    expect(most).toBe(added === 0 ? 0 : 1);
    expect(added).toBeLessThanOrEqual(count);
  });
  test('are so many together', () => {
    expect(cases.reduce((sum, [, count]) => sum + count, 0)).toBe(100_000);
  });
});
