/**
 * Contract §6 and §7 under every order of things: bodies that end, timers that fire, callers that come and leave, caches that answer; 15,000 schedules.
 * Whatever the order: results are right or the error is the expected one, no body runs twice that must not, nothing stands still, and no timer, listener
 * or rejection is left. A failure prints its schedule.
 */
import { compose, fallback, FlowError, flowModel, limitConcurrency, memoryCache, Resource, retry, timeout } from '@flowmodel/core';
import type { CallableModel, ComputeOptions, Evaluator } from '@flowmodel/core';
import { explore } from '@flowmodel/core/testing';
import type { Schedule, Scenario } from '@flowmodel/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { replayed } from './property/replayed.ts';
import { gatedCache } from './testing/gated-cache.ts';
import { Down, eachOnce, everything, leaf, lazily, quick, sum, valueOfEverything } from './testing/flows.ts';
import type { Watch } from './testing/flows.ts';

vi.setConfig({ testTimeout: 60_000 });

const SCHEDULES = 1000;

async function holds(scenario: Scenario): Promise<void> {
  const seed = replayed.seed ?? Math.floor(Math.random() * 2 ** 31);
  const { schedules } = await explore(scenario, { schedules: SCHEDULES, seed });
  expect(schedules).toBe(SCHEDULES);
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** What becomes of a computation; the schedule sees to it that something does. */
const outcomeOf = (schedule: Schedule, name: string, model: CallableModel<number>, context: object, options: ComputeOptions): Promise<Outcome> =>
  schedule.watch(
    name,
    model.flow.compute(context, options).then(
      ({ value }: { readonly value: unknown }) => ({ value }),
      (error: unknown) => ({ error }),
    ),
  );

const isCancelled = (outcome: Outcome): boolean => 'error' in outcome && outcome.error instanceof FlowError && outcome.error.code === 'CANCELLED';

/** Runs may be watched in addition, or have an evaluator that changes nothing; neither may change anything. */
const plain: Evaluator = { name: 'plain', transparent: true, evaluate: (_evaluation, next) => next() };
const extras = (schedule: Schedule): ComputeOptions => schedule.choose<ComputeOptions>([{}, { observer: () => {} }, { evaluator: plain }, { evaluator: retry({ attempts: 1 }), observer: { 'node:end': () => {} } }]);

const small = (): ReturnType<typeof memoryCache> => memoryCache({ max: 100 });

/** Graphs of one content and of different objects. */
const graphs = [everything(), everything(), everything()] as const;
const shared = everything({ isShared: true });
const callers = ['first', 'second', 'third'] as const;

/* ---------- evaluators ---------- */

/** A body that fails so many times. */
const flaky = flowModel({ name: 'schedules.flaky', inputs: { watch: Resource<{ readonly schedule: Schedule; left: number; calls: number }>() } }, async ({ watch }, run) => {
  const call = ++watch.calls;
  const leave = watch.schedule.enter('attempt', 1);
  await watch.schedule.gate(`attempt ${call}`, undefined, { signal: run.signal }).finally(leave);
  if (watch.left-- > 0) throw new Down(`attempt ${call}`);
  return call;
});

describe('evaluators', () => {
  test('retry: as many attempts as it takes, one at a time, the wait in between', () =>
    holds(async (schedule) => {
      const left = schedule.choose(5);
      const watch = { schedule, left, calls: 0 };
      const startedAt = schedule.clock.now();
      const outcome = await outcomeOf(schedule, 'run', flaky(), {}, { evaluator: retry({ attempts: 4, delay: 10 }), clock: schedule.clock, resources: { watch } });
      if (left < 4) expect(outcome).toEqual({ value: left + 1 });
      else expect(outcome).toEqual({ error: new Down('attempt 4') });
      expect(schedule.clock.now() - startedAt).toBe([0, 10, 30, 70, 70][left]);
    }));

  test('retry, cancelled: at once, whether an attempt works or a wait is on; no attempt after that', () =>
    holds(async (schedule) => {
      const watch = { schedule, left: schedule.choose(3), calls: 0 };
      const signal = schedule.signal('caller');
      const outcome = await outcomeOf(schedule, 'run', flaky(), {}, { evaluator: retry({ attempts: 3, delay: 10 }), clock: schedule.clock, resources: { watch }, signal });
      const { calls } = watch;
      if (!isCancelled(outcome)) expect(outcome).toEqual({ value: calls });
      await schedule.gate('later');
      expect(watch.calls).toBe(calls);
    }));

  test('timeout within retry: an attempt ends or runs out of time, whichever comes first; the late one is told', () =>
    holds(async (schedule) => {
      const signals: AbortSignal[] = [];
      const slow = flowModel({ inputs: {} }, async (_, run) => {
        signals.push(run.signal);
        const name = `attempt ${signals.length}`;
        await schedule.gate(name, undefined, schedule.choose(2) === 0 ? { signal: run.signal } : {});
        return name;
      });
      const outcome = await outcomeOf(schedule, 'run', slow() as unknown as CallableModel<number>, {}, { evaluator: compose(retry({ attempts: 3, delay: 5 }), timeout(100)), clock: schedule.clock });
      const last = signals.length;
      if ('value' in outcome) expect(outcome.value).toBe(`attempt ${last}`);
      else expect(outcome.error).toMatchObject({ code: 'TIMEOUT' });
      expect(signals.map(({ aborted }) => aborted)).toEqual(signals.map((_, i) => i + 1 < last || 'error' in outcome));
      expect(last === 3 || 'value' in outcome).toBe(true);
    }));

  test('fallback: the first that succeeds, after retries; or an AggregateError', () =>
    holds(async (schedule) => {
      const left = schedule.choose(7);
      const watch = { schedule, left, calls: 0 };
      const standIn: Evaluator = { name: 'standIn', evaluate: () => schedule.gate('stand-in', () => (left === 6 ? Promise.reject(new Down('stand-in')) : -1)) };
      const signal = schedule.choose(2) === 0 ? schedule.signal('caller') : undefined;
      const outcome = await outcomeOf(schedule, 'run', flaky(), {}, { evaluator: fallback(retry({ attempts: 2 }), timeout(50), standIn), clock: schedule.clock, resources: { watch }, signal });
      if (signal?.aborted === true && isCancelled(outcome)) return;
      if ('value' in outcome) expect(outcome.value === -1 || outcome.value === left + 1).toBe(true);
      else expect(outcome.error).toMatchObject({ errors: [expect.any(Down), expect.anything(), expect.any(Down)], cause: new Down('stand-in') });
      if (left < 2) expect(outcome).toEqual({ value: left + 1 });
      expect(watch.calls).toBe(Math.min(left + 1, 3));
    }));
});

/* ---------- one run ---------- */

describe('one run', () => {
  test('of everything, without a cache: each evaluation once, the right value or the caller’s abort', () =>
    holds(async (schedule) => {
      const n = schedule.choose(2);
      const outcome = await outcomeOf(schedule, 'run', shared, { n }, { signal: schedule.signal('caller'), resources: { watch: eachOnce(schedule) }, ...extras(schedule) });
      if (!isCancelled(outcome)) expect(outcome).toEqual({ value: valueOfEverything(n) });
    }));

  test('`concurrency` and limitConcurrency: at most so many at work, and nobody waits for a place for ever', () =>
    holds(async (schedule) => {
      const most = 1 + schedule.choose(3);
      const limit: ComputeOptions = schedule.choose(2) === 0 ? { concurrency: most, ...extras(schedule) } : { evaluator: limitConcurrency(most) };
      const signal = schedule.choose(3) === 0 ? schedule.signal('caller') : undefined;
      const outcome = await outcomeOf(schedule, 'run', shared, { n: 1 }, { ...limit, signal, resources: { watch: signal === undefined ? eachOnce(schedule, most) : eachOnce(schedule) } });
      if (!isCancelled(outcome)) expect(outcome).toEqual({ value: valueOfEverything(1) });
    }));

  test('a failure is the run’s, at once; what is still at work ends unheard', () =>
    holds(async (schedule) => {
      const broken = leaf({ id: 8, fails: true });
      const good = shared;
      const rescued = lazily({ id: 9, x: sum({ id: 10, parts: [broken] }), y: good });
      const root = quick({ id: 11, parts: schedule.choose(2) === 0 ? [good, broken] : [rescued, good] });
      const outcome = await outcomeOf(schedule, 'run', root, { n: 1 }, { resources: { watch: eachOnce(schedule) }, ...extras(schedule) });
      expect(outcome).toEqual({ error: new Down('8 in 1') });
    }));
});

/* ---------- runs with a cache in common ---------- */

/** Each evaluation once, unless those before it were given up. */
function onceUnlessGivenUp(schedule: Schedule): Watch {
  const signals = new Map<string, AbortSignal>();
  return {
    schedule,
    starts(label, run) {
      if (signals.get(label)?.aborted === true) schedule.note(`${label} runs afresh`);
      else schedule.once(label);
      signals.set(label, run.signal);
    },
    listens: () => schedule.choose(2) === 1,
  };
}

describe('runs with a cache in common', () => {
  test('everything, for callers who come at any time: each body once for all of them', () =>
    holds(async (schedule) => {
      const cache = small();
      const resources = { watch: eachOnce(schedule) };
      const call = async (name: string, i: number): Promise<void> => {
        if (schedule.choose(2) === 0) await schedule.gate(`${name} comes`);
        const n = schedule.choose(2);
        expect(await outcomeOf(schedule, name, graphs[i]!, { n }, { cache, resources, ...extras(schedule) })).toEqual({ value: valueOfEverything(n) });
      };
      await Promise.all(callers.map(call));
      expect(cache.stats().inFlight).toBe(0);
    }));

  test('and leave at any time: the others get their value; a body runs again only when all who waited have left', () =>
    holds(async (schedule) => {
      const cache = small();
      const resources = { watch: onceUnlessGivenUp(schedule) };
      const call = async (name: string, i: number): Promise<void> => {
        await schedule.gate(`${name} comes`);
        const signal = schedule.choose(3) === 0 ? undefined : schedule.signal(name);
        const observer = schedule.choose([undefined, () => {}]);
        const outcome = await outcomeOf(schedule, name, graphs[i]!, { n: 1 }, { cache, resources, signal, observer });
        if (signal?.aborted === true && isCancelled(outcome)) return;
        expect(outcome).toEqual({ value: valueOfEverything(1) });
      };
      await Promise.all(callers.map(call));
      expect(cache.stats().inFlight).toBe(0);
    }));

  test('failures reach all who wait, are not kept, and take nobody else along', () =>
    holds(async (schedule) => {
      const cache = small();
      const watch: Watch = { schedule, starts: () => {} };
      const broken = (): CallableModel<number> => sum({ id: 20, parts: [leaf({ id: 8, fails: true }), leaf({ id: 1 })] });
      const call = async (name: string, model: CallableModel<number>, expected: Outcome): Promise<void> => {
        await schedule.gate(`${name} comes`);
        expect(await outcomeOf(schedule, name, model, { n: 1 }, { cache, resources: { watch }, ...extras(schedule) })).toEqual(expected);
      };
      const failure = { error: new Down('8 in 1') };
      await Promise.all([call('first', broken(), failure), call('second', broken(), failure), call('third', sum({ id: 21, parts: [leaf({ id: 1 })] }), { value: 23 })]);
      expect(cache.stats()).toMatchObject({ inFlight: 0 });
    }));

  test('evaluators around shared bodies: an attempt that runs out of time is made again, for all who wait', () =>
    holds(async (schedule) => {
      const cache = small();
      const watch: Watch = { schedule, starts: () => {}, listens: () => schedule.choose(2) === 1 };
      const evaluator = compose(retry({ attempts: 3, delay: 5 }), timeout(100));
      const call = async (name: string): Promise<void> => {
        await schedule.gate(`${name} comes`);
        const outcome = await outcomeOf(schedule, name, sum({ id: 3, parts: [leaf({ id: 1 })] }), { n: 1 }, { cache, resources: { watch }, evaluator, clock: schedule.clock });
        if ('error' in outcome) expect(outcome.error).toMatchObject({ code: 'TIMEOUT' });
        else expect(outcome).toEqual({ value: 5 });
      };
      await Promise.all(callers.slice(1).map(call));
      expect(cache.stats().inFlight).toBe(0);
    }));
});

describe('callers who leave while evaluators are around shared bodies', () => {
  test('the others get their value, whoever began: retries and limits go on for them', () =>
    holds(async (schedule) => {
      const cache = small();
      const failures = new Map<string, number>();
      const watch: Watch = {
        schedule,
        starts(label) {
          const before = failures.get(label) ?? 0;
          failures.set(label, before + 1);
          if (before % 2 === 0 && schedule.choose(3) === 0) throw new Down(label);
        },
        listens: () => schedule.choose(2) === 1,
      };
      const evaluator = compose(limitConcurrency(2), retry({ attempts: 9, delay: 5 }));
      const call = async (name: string, i: number): Promise<void> => {
        await schedule.gate(`${name} comes`);
        const signal = i === 0 ? undefined : schedule.signal(name);
        const outcome = await outcomeOf(schedule, name, graphs[i]!, { n: 1 }, { cache, resources: { watch }, signal, evaluator, clock: schedule.clock });
        if (signal?.aborted !== true || !isCancelled(outcome)) expect(outcome).toEqual({ value: valueOfEverything(1) });
      };
      await Promise.all(callers.map(call));
      expect(cache.stats().inFlight).toBe(0);
    }));
});

/* ---------- caches ---------- */

describe('caches that take their time, or fail', () => {
  test('an asynchronous one: each body once, whenever it answers', () =>
    holds(async (schedule) => {
      const cache = gatedCache(schedule, { isAsync: true });
      const resources = { watch: eachOnce(schedule) };
      const call = async (name: string, i: number): Promise<void> => {
        await schedule.gate(`${name} comes`);
        expect(await outcomeOf(schedule, name, graphs[i]!, { n: 1 }, { cache, resources, cacheTimeout: Infinity, clock: schedule.clock, ...extras(schedule) })).toEqual({ value: valueOfEverything(1) });
      };
      await Promise.all(callers.slice(1).map(call));
    }));

  test.each([true, false])('one that throws, rejects, forgets, garbles or is too slow (asynchronous: %s): slow, never wrong', (isAsync) =>
    holds(async (schedule) => {
      const cache = gatedCache(schedule, { isAsync, misdeeds: isAsync ? ['throws', 'rejects', 'forgets', 'garbles'] : ['throws', 'forgets', 'garbles'] });
      const watch: Watch = { schedule, starts: () => {}, listens: () => schedule.choose(2) === 1 };
      const call = async (name: string, i: number): Promise<void> => {
        await schedule.gate(`${name} comes`);
        const signal = schedule.choose(2) === 0 ? schedule.signal(name) : undefined;
        const warnings: string[] = [];
        const outcome = await outcomeOf(schedule, name, graphs[i]!, { n: 1 }, { cache, resources: { watch }, clock: schedule.clock, cacheTimeout: 50, signal, observer: { warning: ({ code }) => void warnings.push(code) } });
        if (!(signal?.aborted === true && isCancelled(outcome))) expect(outcome).toEqual({ value: valueOfEverything(1) });
        expect([[], ['CACHE']]).toContainEqual(warnings);
      };
      await Promise.all(callers.slice(1).map(call));
    }));
});
