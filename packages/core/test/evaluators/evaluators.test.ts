/** Contract §6: evaluators around bodies. What all transparent ones have in common: transparent.test.ts. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { compose, configureFlow, Dependency, dryRun, evaluationServices, fallback, FlowContext, flowModel, FlowError, FromContext, Lazy, limitConcurrency, logging, ModelInput, Placeholder, retry, timeout } from '@flowmodel/core';
import type { Evaluation, Evaluator, FlowEvent, FlowRun } from '@flowmodel/core';
import { deferred, settled } from '../deferred.ts';
import { refusal, rejection } from '../refusal.ts';
import { virtualClock } from '@flowmodel/core/testing';

const one = flowModel({ name: 'ev.one', inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
const add = flowModel({ name: 'ev.add', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);

/** Notes when it is entered and left. */
const tracing = (name: string, notes: string[]): Evaluator => ({
  name,
  transparent: true,
  evaluate(_evaluation, next) {
    notes.push(`in ${name}`);
    const result = next();
    notes.push(`out ${name}`);
    return result;
  },
});

/** Fails so often before it yields the number of the call. */
function flaky(failures: number, options: object = {}) {
  const seen = { calls: 0, attempts: [] as number[], inputs: new Set<unknown>() };
  const model = flowModel({ inputs: { x: z.number().default(1) }, ...options }, async (inputs, run: FlowRun) => {
    seen.attempts.push(run.attempt);
    seen.inputs.add(inputs.x);
    if (++seen.calls <= failures) throw new Error(`failure ${seen.calls}`);
    return seen.calls;
  });
  return { model, seen };
}

describe('the seam', () => {
  test('CC-EVAL-01 CC-EVAL-02 an evaluator is given the model, its inputs, the context it consumes, its path and its run; next() runs the body', async () => {
    const seen: Evaluation[] = [];
    const looking: Evaluator = { name: 'looking', transparent: true, evaluate: (evaluation, next) => (seen.push(evaluation), next()) };
    const model = add({ a: one(), b: 2 });
    expect((await model.flow.compute({ n: 1, unused: 9 }, { evaluator: looking })).value).toBe(3);
    const [first, second] = seen;
    expect(first!.inputs).toEqual({ n: 1 });
    expect(first!.path).toEqual(['ev.add', 'a', 'ev.one']);
    expect(first!.context).toBeInstanceOf(FlowContext);
    expect(first!.context.toObject()).toEqual({ n: 1 });
    expect([first!.attempt, first!.signal.aborted, typeof first!.run.compute]).toEqual([1, false, 'function']);
    expect(second!.inputs).toEqual({ a: 1, b: 2 });
    expect(second!.model).toBe(model);
    expect(first!.key).toMatch(/^[0-9a-f]{64}$/);
  });

  test('CC-EVAL-05 CC-EVAL-07 the first of compose is the outermost; nested ones are in line', async () => {
    const notes: string[] = [];
    await one().flow.compute({ n: 1 }, { evaluator: compose(tracing('first', notes), compose(tracing('second', notes), compose()), tracing('third', notes)) });
    expect(notes).toEqual(['in first', 'in second', 'in third', 'out third', 'out second', 'out first']);
  });

  test('CC-EVAL-06 compose and fallback are transparent if all their parts are', () => {
    const opaque: Evaluator = { name: 'opaque', evaluate: (_evaluation, next) => next() };
    expect([compose(retry(), timeout(1)).transparent, compose(retry(), opaque).transparent, fallback(retry()).transparent, fallback(opaque, retry()).transparent]).toEqual([true, false, true, false]);
  });

  test('the run\'s evaluator is around the model\'s own; an override replaces the model\'s own', async () => {
    const notes: string[] = [];
    const own = flowModel({ inputs: {}, evaluator: tracing('own', notes) }, () => 1);
    await own().flow.compute({}, { evaluator: tracing('run', notes) });
    expect(notes).toEqual(['in run', 'in own', 'out own', 'out run']);
    notes.length = 0;
    await own().flow.compute({}, { overrides: [{ factories: [own], evaluator: tracing('chosen', notes) }] });
    expect(notes).toEqual(['in chosen', 'out chosen']);
  });

  test('CC-OPT-08 CC-EVAL-03 L14 the run\'s evaluator is around every evaluation: eager, lazy, nested', async () => {
    const names: string[] = [];
    const naming: Evaluator = { name: 'naming', transparent: true, evaluate: (evaluation, next) => (names.push(evaluation.path.at(-1)!), next()) };
    const all = flowModel({ name: 'ev.all', inputs: { e: z.number(), l: Lazy(z.number()), m: ModelInput(z.number()) } }, async ({ e, l, m }, run: FlowRun) => e + (await l()) + (await run.compute(m, { n: 2 })));
    const eager = flowModel({ name: 'ev.eager', inputs: {} }, () => 1);
    const lazy = flowModel({ name: 'ev.lazy', inputs: {} }, () => 1);
    expect((await all({ e: eager(), l: lazy(), m: one() }).flow.compute({}, { evaluator: naming })).value).toBe(4);
    expect(names).toEqual(['ev.eager', 'ev.all', 'ev.lazy', 'ev.one']);
  });

  test('an evaluator of a definition is at work wherever its models are met: eagerly, lazily, by run.compute', async () => {
    const plus: Evaluator = { name: 'plus', evaluate: async (_evaluation, next) => (await (next() as Promise<number>)) + 1 };
    const evaluated = flowModel({ inputs: {}, evaluator: plus }, async () => 1);
    const lazily = flowModel({ inputs: { l: Lazy(z.number()) } }, async ({ l }) => l());
    const asks = flowModel({ inputs: { m: ModelInput(z.number()) } }, async ({ m }, run: FlowRun) => run.compute(m));
    for (const model of [evaluated(), lazily({ l: evaluated() }), asks({ m: evaluated() })]) expect((await model.flow.compute()).value).toBe(2);
  });

  test('CC-OPT-02 CC-OPT-07 overrides choose by identity or by factory; later ones win', async () => {
    const plus = (n: number): Evaluator => ({ name: `plus${n}`, evaluate: (_evaluation, next) => (next() as number) + n });
    const first = one({ n: 1 });
    const graph = add({ a: first, b: one({ n: 1 }) });
    expect((await graph.flow.compute({}, { overrides: [{ models: [first], evaluator: plus(10) }] })).value).toBe(12);
    expect((await graph.flow.compute({}, { overrides: [{ factories: [one], evaluator: plus(10) }, { models: [first], evaluator: plus(100) }] })).value).toBe(112);
  });

  test('CC-OPT-09 CC-OPT-10 L11 options belong to a call: two that overlap do not see each other\'s', async () => {
    const gate = deferred();
    const waits = flowModel({ inputs: {} }, async () => {
      await gate.promise;
      return 1;
    });
    const plus: Evaluator = { name: 'plus', evaluate: async (_evaluation, next) => (await (next() as Promise<number>)) + 1 };
    const both = [waits().flow.compute({}, { evaluator: plus }), waits().flow.compute({})];
    gate.resolve();
    expect((await Promise.all(both)).map(({ value }) => value)).toEqual([2, 1]);
  });

  test('CC-OPT-01 L13 options merge over configureFlow\'s, field by field', async () => {
    const notes: string[] = [];
    const events: string[] = [];
    configureFlow({ evaluator: tracing('default', notes), observer: (event) => void events.push(event.type) });
    try {
      await one().flow.compute({ n: 1 }, { concurrency: 1 });
      await one().flow.compute({ n: 1 }, { evaluator: tracing('call', notes) });
    } finally {
      configureFlow({ evaluator: undefined, observer: undefined });
    }
    expect(notes).toEqual(['in default', 'out default', 'in call', 'out call']);
    expect(events.filter((type) => type === 'run:end')).toHaveLength(2);
  });

  test('a value put in place of the body\'s is treated as a body\'s: parsed by output, frozen, boxed', async () => {
    const strict = flowModel({ inputs: {}, output: z.object({ a: z.number() }) }, () => ({ a: 1 }));
    const replacing = (value: unknown): Evaluator => ({ name: 'replacing', evaluate: () => value });
    const { value } = await strict().flow.compute({}, { evaluator: replacing({ a: 2, extra: 3 }) });
    expect([value, Object.isFrozen(value)]).toEqual([{ a: 2 }, true]);
    expect(await rejection(strict().flow.compute({}, { evaluator: replacing('text') }))).toMatchObject({ code: 'INVALID_RESULT' });
  });

  test('what can only be awaited is awaited: an evaluator may answer by any thenable, under others too', async () => {
    const answer = { then: (take: (value: number) => void): void => take(9) }; // oxlint-disable-line unicorn/no-thenable -- that is the point
    const thenable: Evaluator = { name: 'thenable', evaluate: () => answer };
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    for (const evaluator of [thenable, compose(retry(), limitConcurrency(1), logging({ logger: quiet }), timeout(1000), fallback(thenable))]) {
      expect((await one().flow.compute({ n: 1 }, { evaluator })).value).toBe(9);
    }
  });

  test('what next() yields is the result as it will be handed on: an invalid one fails inside', async () => {
    let calls = 0;
    const strict = flowModel({ inputs: {}, output: z.number() }, () => (++calls < 3 ? ('text' as never) : 5));
    expect((await strict().flow.compute({}, { evaluator: retry() })).value).toBe(5);
  });

  test('evaluator state lives in the run', async () => {
    const counts: number[] = [];
    const counting: Evaluator = {
      name: 'counting',
      transparent: true,
      evaluate(evaluation, next) {
        counts.push(++evaluationServices(evaluation).perRun(counting, () => ({ n: 0 })).n);
        return next();
      },
    };
    const graph = add({ a: one({ n: 1 }), b: one({ n: 2 }) });
    await graph.flow.compute({}, { evaluator: counting });
    await graph.flow.compute({}, { evaluator: counting });
    expect(counts).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test('what is no evaluator is refused, where it is given', () => {
    expect(refusal(() => compose(retry as never))).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining('Call it first') });
    expect(refusal(() => fallback()).code).toBe('DEFINITION');
    expect(refusal(() => flowModel({ inputs: {}, evaluator: {} as never }, () => 1)).code).toBe('DEFINITION');
    expect(refusal(() => one().flow.computeSync({ n: 1 }, { evaluator: (() => 1) as never })).code).toBe('DEFINITION');
    for (const make of [() => retry({ attempts: 0 }), () => retry({ attempts: 1.5 }), () => retry({ delay: -1 }), () => retry({ attempt: 2 } as never), () => timeout(Number.NaN), () => limitConcurrency(0), () => logging({ level: 'loud' as never })]) {
      expect(refusal(make).code).toBe('DEFINITION');
    }
  });
});

describe('retry', () => {
  test('CC-RETRY-01 CC-RETRY-08 attempts counts the first; two failures and a success are three calls, numbered from 1', async () => {
    const { model, seen } = flaky(2);
    expect((await model().flow.compute({}, { evaluator: retry({ attempts: 3 }) })).value).toBe(3);
    expect(seen.attempts).toEqual([1, 2, 3]);
  });

  test('CC-RETRY-09 the body only: inputs are resolved once, upstream does not run again', async () => {
    let upstream = 0;
    const source = flowModel({ inputs: {} }, () => ++upstream);
    const { model, seen } = flaky(2);
    await model({ x: source() }).flow.compute({}, { evaluator: retry() });
    expect([upstream, seen.calls, seen.inputs.size]).toEqual([1, 3, 1]);
  });

  test('each attempt receives the inputs as they were, whatever the one before wrote into its record', async () => {
    const seen: number[] = [];
    const careless = flowModel({ name: 'ev.careless', inputs: { n: z.number() } }, (inputs: { n: number }) => {
      seen.push(inputs.n);
      inputs.n += 1;
      if (seen.length < 3) throw new Error('again');
      return inputs.n;
    });
    expect((await careless({ n: 0 }).flow.compute({}, { evaluator: retry({ attempts: 3, delay: 0 }) })).value).toBe(1);
    expect(seen).toEqual([0, 0, 0]);
  });

  test('CC-RETRY-02 CC-RETRY-03 waits grow by the factor, each capped by maxDelay', async () => {
    for (const [options, waits] of [
      [{ delay: 1, attempts: 4 }, [1, 2, 4]],
      [{ delay: 1, attempts: 4, maxDelay: 3 }, [1, 2, 3]],
      [{ delay: 5, backoff: 1, attempts: 3 }, [5, 5]],
      [{ attempts: 3 }, []],
    ] as const) {
      const clock = virtualClock();
      const run = rejection(flaky(9).model().flow.compute({}, { evaluator: retry(options), clock }).catch((error: Error) => Promise.reject(new FlowError('CACHE', error.message))));
      await clock.advance(1000);
      expect((await run).message).toBe(`failure ${options.attempts}`);
      expect(clock.waits).toEqual(waits);
    }
  });

  test('CC-RETRY-02 maxDelay caps a wait with its jitter', async () => {
    const clock = virtualClock();
    const run = flaky(40).model().flow.compute({}, { evaluator: retry({ delay: 10, backoff: 1, jitter: 10, maxDelay: 12, attempts: 41 }), clock });
    await clock.advance(1000);
    await run;
    expect(clock.waits).toHaveLength(40);
    expect(Math.max(...clock.waits)).toBe(12);
    expect(Math.min(...clock.waits)).toBeGreaterThanOrEqual(10);
  });

  test('jitter adds up to so much', async () => {
    const clock = virtualClock();
    const run = flaky(5).model().flow.compute({}, { evaluator: retry({ delay: 10, backoff: 1, jitter: 4, attempts: 6 }), clock });
    await clock.advance(1000);
    await run;
    expect(clock.waits).toHaveLength(5);
    for (const wait of clock.waits) expect(wait >= 10 && wait < 14).toBe(true);
    expect(new Set(clock.waits).size).toBeGreaterThan(1);
  });

  test('CC-RETRY-04 CC-RETRY-05 CC-RETRY-06 an error that is not worth it is thrown at once; the last one reaches the caller as it is', async () => {
    const { model, seen } = flaky(9);
    const when = (error: unknown): boolean => (error as Error).message !== 'failure 2';
    await expect(model().flow.compute({}, { evaluator: retry({ attempts: 5, when }) })).rejects.toThrow('failure 2');
    expect(seen.calls).toBe(2);
  });

  test('compose(retry, retry) multiplies, by explicit request', async () => {
    const { model, seen } = flaky(99);
    await expect(model().flow.compute({}, { evaluator: compose(retry({ attempts: 2 }), retry({ attempts: 3 })) })).rejects.toThrow('failure 6');
    expect(seen.attempts).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('under computeSync it retries without a wait, and refuses to wait', () => {
    let calls = 0;
    const sync = flowModel({ inputs: {} }, () => {
      if (++calls % 3 !== 0) throw new Error('again');
      return calls;
    });
    expect(sync().flow.computeSync({}, { evaluator: retry() }).value).toBe(3);
    const clock = virtualClock();
    expect(refusal(() => sync().flow.computeSync({}, { evaluator: retry({ delay: 5 }), clock }))).toMatchObject({ code: 'ASYNC_IN_SYNC', cause: expect.objectContaining({ message: 'again' }) });
    expect(clock.pending).toBe(0);
  });

  test('CC-RETRY-07 L23 events say which attempt failed, with what, and how long the wait is', async () => {
    const events: FlowEvent[] = [];
    const clock = virtualClock();
    const { model } = flaky(2);
    const run = model().flow.compute({}, { evaluator: retry({ delay: 7 }), clock, observer: (event) => void events.push(event) });
    await clock.advance(100);
    await run;
    expect(events.filter(({ type }) => type === 'retry')).toMatchObject([
      { attempt: 1, delayMs: 7, error: expect.objectContaining({ message: 'failure 1' }) },
      { attempt: 2, delayMs: 14, error: expect.objectContaining({ message: 'failure 2' }) },
    ]);
    expect(events.find(({ type }) => type === 'node:end')).toMatchObject({ status: 'computed', attempts: 3, durationMs: 21 });
  });

  test('a wait that is broken off leaves the body without a place: it gets one before it is called again', async () => {
    const clock = virtualClock();
    let working = 0;
    let peak = 0;
    const log: string[] = [];
    const body = (name: string, ms: (attempt: number) => number) => flowModel({ name: `ev.broken.${name}`, inputs: {} }, async (_, run: FlowRun) => {
      log.push(`${name}${run.attempt} at ${clock.now()}`);
      peak = Math.max(peak, ++working);
      const wait = ms(run.attempt);
      await new Promise<void>((resolve) => (wait === 0 ? resolve() : void clock.setTimeout(resolve, wait)));
      working--;
      if (wait === 0) throw new Error('at once');
      return run.attempt;
    });
    const x = body('x', (attempt) => (attempt === 1 ? 0 : 500));
    const y = body('y', () => 500);
    // The first attempt's wait is cut short; the second one may take its time.
    const firstOnly: Evaluator = { name: 'firstOnly', transparent: true, evaluate: (evaluation, next) => (evaluation.attempt === 1 ? timeout(50).evaluate(evaluation, next) : next()) };
    const run = add({ a: x(), b: y() }).flow.compute({}, { clock, concurrency: 1, overrides: [{ factories: [x], evaluator: compose(retry({ attempts: 2 }), firstOnly, retry({ attempts: 3, delay: 1000 })) }] });
    await clock.advance(2000);
    expect((await run).value).toBe(3);
    expect(log).toEqual(['x1 at 0', 'y1 at 0', 'x2 at 500']);
    expect(peak).toBe(1);
  });

  test('CC-RETRY-10 L22 a cancelled run does not wait any longer, and no timer is left', async () => {
    const clock = virtualClock();
    const abort = new AbortController();
    const { model, seen } = flaky(9);
    const run = rejection(model().flow.compute({}, { evaluator: retry({ delay: 1000 }), clock, signal: abort.signal }));
    await settled();
    expect(clock.pending).toBe(1);
    abort.abort();
    expect((await run).code).toBe('CANCELLED');
    expect(clock.pending).toBe(0);
    await clock.advance(10_000);
    expect(seen.calls).toBe(1);
  });
});

describe('timeout', () => {
  const hangs = (signals: AbortSignal[]) =>
    flowModel({ name: 'ev.hangs', inputs: {}, replace: true }, (_inputs, run: FlowRun) => {
      signals.push(run.signal);
      return new Promise<number>(() => {});
    });

  test('a body that takes too long is TIMEOUT, with its path, and its signal fires', async () => {
    const clock = virtualClock();
    const signals: AbortSignal[] = [];
    const run = rejection(add({ a: hangs(signals)(), b: 1 }).flow.compute({}, { evaluator: timeout(50), clock }));
    await clock.advance(49);
    expect(signals[0]!.aborted).toBe(false);
    await clock.advance(1);
    expect(await run).toMatchObject({ code: 'TIMEOUT', path: ['ev.add', 'a', 'ev.hangs'], details: { ms: 50 } });
    expect(signals[0]!.aborted).toBe(true);
    expect((signals[0]!.reason as FlowError).code).toBe('TIMEOUT');
  });

  test('inside retry it is per attempt; each attempt has a signal of its own', async () => {
    const clock = virtualClock();
    const signals: AbortSignal[] = [];
    const run = rejection(hangs(signals)().flow.compute({}, { evaluator: compose(retry({ attempts: 3 }), timeout(50)), clock }));
    await clock.advance(120);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    await clock.advance(30);
    expect((await run).details).toMatchObject({ attempt: 3 });
    expect(clock.pending).toBe(0);
  });

  test('outside retry it is for all attempts together', async () => {
    const clock = virtualClock();
    const { model, seen } = flaky(99);
    const run = rejection(model().flow.compute({}, { evaluator: compose(timeout(25), retry({ attempts: 99, delay: 10, backoff: 1 })), clock }));
    await clock.advance(1000);
    expect((await run).code).toBe('TIMEOUT');
    expect([seen.calls, clock.pending]).toEqual([3, 0]);
  });

  test('a body in time leaves no timer; under computeSync what answers at once is in time', async () => {
    const clock = virtualClock();
    expect((await flaky(0).model().flow.compute({}, { evaluator: timeout(50), clock })).value).toBe(1);
    expect(clock.pending).toBe(0);
    expect(one().flow.computeSync({ n: 5 }, { evaluator: timeout(50) }).value).toBe(5);
    expect(refusal(() => flaky(0).model().flow.computeSync({}, { evaluator: timeout(50), clock })).code).toBe('ASYNC_IN_SYNC');
    expect(clock.pending).toBe(0);
  });
});

describe('fallback', () => {
  const failing = (message: string): Evaluator => ({ name: message, evaluate: () => { throw new Error(message); } });

  test('CC-EVAL-30 L24 evaluators are tried in order; all failed is an AggregateError with every cause', async () => {
    const value: Evaluator = { name: 'value', evaluate: async () => 9 };
    expect((await one().flow.compute({ n: 1 }, { evaluator: fallback(failing('a'), value, failing('never')) })).value).toBe(9);
    const error = await one().flow.compute({ n: 1 }, { evaluator: fallback(failing('a'), failing('b')) }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(({ message }: Error) => message)).toEqual(['a', 'b']);
    expect((error as AggregateError).cause).toMatchObject({ message: 'b' });
  });

  test('synchronous ones answer at once', () => {
    const value: Evaluator = { name: 'value', evaluate: () => 9 };
    expect(one().flow.computeSync({ n: 1 }, { evaluator: fallback(failing('a'), value) }).value).toBe(9);
  });

  test('a cancelled run tries no further ones', async () => {
    const abort = new AbortController();
    let tried = 0;
    const waiting: Evaluator = { name: 'waiting', evaluate: ({ signal }) => new Promise((_resolve, reject) => void signal.addEventListener('abort', () => reject(new Error('told')))) };
    const run = rejection(one().flow.compute({ n: 1 }, { evaluator: fallback(waiting, { name: 'next', evaluate: () => ++tried }), signal: abort.signal }));
    abort.abort();
    expect((await run).code).toBe('CANCELLED');
    await settled();
    expect(tried).toBe(0);
  });
});

describe('limitConcurrency', () => {
  /** Bodies that wait for a gate each; counts how many work at once. */
  function busy(n: number) {
    const gates = Array.from({ length: n }, () => deferred());
    const seen = { working: 0, peak: 0, order: [] as number[] };
    const work = flowModel({ inputs: { i: z.number() } }, async ({ i }) => {
      seen.peak = Math.max(seen.peak, ++seen.working);
      seen.order.push(i);
      await gates[i]!.promise;
      seen.working--;
      return i;
    });
    return { gates, seen, work };
  }

  test('so many at a time, first come first served, in each run apart', async () => {
    const { gates, seen, work } = busy(5);
    const all = flowModel({ inputs: { xs: Dependency(z.array(z.number())) } }, ({ xs }) => xs.length);
    const evaluator = limitConcurrency(2);
    const run = all({ xs: [0, 1, 2, 3, 4].map((i) => work({ i })) }).flow.compute({}, { overrides: [{ factories: [work], evaluator }] });
    for (const gate of gates) {
      await settled();
      gate.resolve();
    }
    expect((await run).value).toBe(5);
    expect([seen.peak, seen.order]).toEqual([2, [0, 1, 2, 3, 4]]);
  });

  test('a body that waits for a nested evaluation gives its place back, and has it again when it goes on', async () => {
    const seen = { working: 0, peak: 0 };
    const enter = (): void => void (seen.peak = Math.max(seen.peak, ++seen.working));
    const leaf = flowModel({ name: 'ev.limit.leaf', inputs: { n: FromContext(z.number()) } }, async ({ n }) => {
      enter();
      await settled();
      seen.working--;
      return n;
    });
    const outer = flowModel({ name: 'ev.limit.outer', inputs: { m: ModelInput(z.number()), l: Lazy(z.number()) } }, async ({ m, l }, run: FlowRun) => {
      enter();
      seen.working--;
      const [a, b] = [await run.compute(m, { n: 1 }), await l()];
      enter();
      await settled();
      seen.working--;
      return a + b;
    });
    expect((await add({ a: outer({ m: leaf(), l: leaf({ n: 2 }) }), b: outer({ m: leaf(), l: leaf({ n: 3 }) }) }).flow.compute({}, { evaluator: limitConcurrency(1) })).value).toBe(7);
    expect(seen.peak).toBe(1);
  });

  test('models that orchestrate take no place', async () => {
    const leaf = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }) => n);
    const outer = flowModel({ inputs: { m: ModelInput(z.number()) }, orchestrates: true }, async ({ m }, run: FlowRun) => (await Promise.all([1, 2, 3].map((n) => run.compute(m, { n })))).length);
    expect((await outer({ m: leaf() }).flow.compute({}, { evaluator: limitConcurrency(1) })).value).toBe(3);
  });

  test('a body that had to wait runs in the async context of its own evaluation, as a trace around it needs', async () => {
    const evaluations = new AsyncLocalStorage<unknown>();
    const entering: Evaluator = { name: 'entering', transparent: true, evaluate: (evaluation, next) => evaluations.run(evaluation.inputs['i'], next) };
    const seen: unknown[] = [];
    const work = flowModel({ inputs: { i: z.number() } }, async ({ i }) => {
      seen.push([i, evaluations.getStore()]);
      await settled();
      return i;
    });
    const all = flowModel({ inputs: { xs: Dependency(z.array(z.number())) } }, ({ xs }) => xs.length);
    const evaluator = compose(entering, limitConcurrency(1));
    await all({ xs: [1, 2, 3].map((i) => work({ i })) }).flow.compute({}, { overrides: [{ factories: [work], evaluator }] });
    expect(seen).toEqual([[1, 1], [2, 2], [3, 3]]);
  });

  test('around the run and around the model, the same one counts once, retried or not', async () => {
    const limit = limitConcurrency(1);
    const seen = { working: 0, peak: 0, calls: 0 };
    const work = flowModel({ name: 'ev.limit.twice', inputs: { i: z.number() }, evaluator: limit }, async ({ i }) => {
      seen.peak = Math.max(seen.peak, ++seen.working);
      await settled();
      seen.working--;
      if (++seen.calls % 2 === 1) throw new Error('again');
      return i;
    });
    const run = add({ a: work({ i: 1 }), b: work({ i: 2 }) }).flow.compute({}, { evaluator: compose(limit, retry()) });
    expect((await run).value).toBe(3);
    expect([seen.peak, seen.calls]).toEqual([1, 4]);
  });

  test('an attempt that was given up and goes on keeps its place: the next one waits for it', async () => {
    const clock = virtualClock();
    const gates = [deferred(), deferred()];
    const log: string[] = [];
    const deaf = flowModel({ name: 'ev.limit.deaf', inputs: {} }, async (_, run: FlowRun) => {
      log.push(`in ${run.attempt}`);
      await gates[run.attempt - 1]!.promise;
      log.push(`out ${run.attempt}`);
      return run.attempt;
    });
    const run = deaf().flow.compute({}, { clock, evaluator: compose(retry({ attempts: 2 }), timeout(10), limitConcurrency(1)) });
    await clock.advance(10);
    expect(log).toEqual(['in 1']);
    for (const gate of gates) gate.resolve();
    expect((await run).value).toBe(2);
    expect(log).toEqual(['in 1', 'out 1', 'in 2', 'out 2']);
  });

  test('one that waits for a place leaves when the run is cancelled', async () => {
    const { gates, seen, work } = busy(2);
    const abort = new AbortController();
    const run = rejection(add({ a: work({ i: 0 }), b: work({ i: 1 }) }).flow.compute({}, { evaluator: limitConcurrency(1), signal: abort.signal }));
    await settled();
    abort.abort();
    expect((await run).code).toBe('CANCELLED');
    gates[0]!.resolve();
    await settled();
    expect(seen.order).toEqual([0]);
  });
});

describe('logging', () => {
  test('CC-EVAL-08 CC-EVAL-09 a line at the start and one at the end, with path and duration; a failure is an error line', async () => {
    const lines: string[] = [];
    const write = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
    const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
    const clock = virtualClock();
    await add({ a: one({ n: 1 }), b: 2 }).flow.compute({}, { evaluator: logging({ logger, level: 'info' }), clock });
    expect(lines).toEqual(['info ev.add.a.ev.one starts', 'info ev.add.a.ev.one ends after 0.0 ms', 'info ev.add starts', 'info ev.add ends after 0.0 ms']);
    lines.length = 0;
    await flaky(1).model().flow.compute({}, { evaluator: compose(retry(), logging({ logger })), clock });
    expect(lines).toEqual(['debug <root> starts', 'error <root> fails after 0.0 ms: failure 1', 'debug <root>, attempt 2 starts', 'debug <root>, attempt 2 ends after 0.0 ms']);
  });

  test('a logger that throws changes nothing; secrets are not logged', async () => {
    const loud = (): never => {
      throw new Error('disk full');
    };
    expect((await one().flow.compute({ n: 1 }, { evaluator: logging({ logger: { debug: loud, info: loud, warn: loud, error: loud } }) })).value).toBe(1);
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const login = flowModel({ inputs: { token: FromContext(z.string().meta({ secret: true })) } }, ({ token }) => token.length);
    await login().flow.compute({ token: 'hunter2' }, { evaluator: logging({ logger: { debug: write, info: write, warn: write, error: write } }) });
    expect(lines.join()).not.toContain('hunter2');
  });
});

describe('dryRun', () => {
  test('CC-DRY-01 runs no bodies and yields an unvalidated placeholder; the contract is checked', async () => {
    let bodies = 0;
    const strict = flowModel({ name: 'ev.strict', inputs: { x: z.number() }, output: z.string() }, () => {
      bodies++;
      return 'ran';
    });
    const source = flowModel({ name: 'ev.dry', inputs: { n: FromContext(z.number()) } }, () => ++bodies);
    const graph = strict({ x: source() });
    const { value }: { value: unknown } = await graph.flow.compute({ n: 1 }, { evaluator: dryRun() });
    expect([value instanceof Placeholder, String(value), bodies]).toEqual([true, '<ev.strict: string>', 0]);
    expect((await rejection(graph.flow.compute({} as never, { evaluator: dryRun() }))).code).toBe('MISSING_CONTEXT');
    expect(graph.flow.computeSync({ n: 1 }, { evaluator: dryRun() }).value).toBeInstanceOf(Placeholder);
  });

  test('CC-DRY-03 for chosen models only: what is made from a placeholder is one', async () => {
    const ran: string[] = [];
    const noting = (name: string) => flowModel({ name, inputs: { x: z.number().default(0) }, replace: true }, ({ x }) => (ran.push(name), x));
    const dry = noting('ev.chosen');
    const wet = noting('ev.other');
    const { value }: { value: unknown } = await add({ a: wet(), b: wet({ x: dry() }) }).flow.compute({}, { overrides: [{ factories: [dry], evaluator: dryRun() }] });
    expect([value instanceof Placeholder, ran]).toEqual([true, ['ev.other']]);
  });

  test('CC-DRY-04 an observer hears of every node, once', async () => {
    const ended: string[] = [];
    const shared = one();
    await add({ a: shared, b: add({ a: shared, b: 1 }) }).flow.compute({ n: 1 }, { evaluator: dryRun(), observer: { 'node:end': ({ model }) => void ended.push(model) } });
    expect(ended.toSorted()).toEqual(['ev.add', 'ev.add', 'ev.one']);
  });
});
