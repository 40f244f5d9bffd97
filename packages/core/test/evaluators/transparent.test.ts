/** One case file for all evaluators that promise to hand on exactly what `next()` yields: each of them must pass it, alone and composed. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { compose, Dependency, fallback, flowModel, FlowResult, flowPathOf, FromContext, GenericResult, keyOf, Lazy, limitConcurrency, logging, memoryCache, ModelInput, retry, timeout } from '@flowmodel/core';
import type { Evaluator, FlowRun } from '@flowmodel/core';
import { otelEvaluator, otelObserver } from '@flowmodel/core/otel';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const evaluators: [string, () => Evaluator][] = [
  ['compose()', () => compose()],
  ['logging', () => logging({ logger: quiet })],
  ['retry', () => retry({ attempts: 1 })],
  ['timeout', () => timeout(60_000)],
  ['fallback', () => fallback(retry({ attempts: 1 }))],
  ['limitConcurrency', () => limitConcurrency(2)],
  ['otelEvaluator', () => otelEvaluator(otelObserver())],
  ['all of them, one inside the other', () => compose(logging({ logger: quiet }), limitConcurrency(3), retry({ attempts: 1 }), timeout(60_000), fallback(logging({ logger: quiet })))],
];

class Report extends FlowResult {
  readonly rows = [1, 2];
}
class Scored extends GenericResult<number> {
  readonly score = 1;
}

const leaf = flowModel({ name: 'transparent.leaf', inputs: { n: FromContext(z.number()), plus: z.number().default(0) } }, ({ n, plus }) => n + plus);
const later = flowModel({ name: 'transparent.later', inputs: { n: FromContext(z.number()) } }, async ({ n }) => n * 10);
const sum = flowModel({ name: 'transparent.sum', inputs: { xs: Dependency(z.array(z.number())) } }, ({ xs }) => xs.reduce((a, b) => a + b, 0));
const lazily = flowModel({ name: 'transparent.lazily', inputs: { use: FromContext(z.boolean()), x: Lazy(z.number()) } }, async ({ use, x }) => (use ? x() : -1));
const asks = flowModel({ name: 'transparent.asks', inputs: { m: ModelInput(z.number()) } }, async ({ m }, run: FlowRun) => (await run.compute(m, { n: 3 })) + (await run.compute(m, { n: 4 })));
const report = flowModel({ name: 'transparent.report', inputs: {} }, () => new Report());
const scored = flowModel({ name: 'transparent.scored', inputs: {} }, async () => new Scored(4));
const nothing = flowModel({ name: 'transparent.nothing', inputs: {} }, () => undefined);

describe.each(evaluators)('%s', (_name, make) => {
  test('says that it is transparent', () => {
    expect(make().transparent).toBe(true);
  });

  test('synchronous graphs stay synchronous', () => {
    const graph = sum({ xs: [leaf(), leaf({ plus: 1 }), 5] });
    expect(graph.flow.computeSync({ n: 2 }, { evaluator: make() }).value).toBe(10);
  });

  test('asynchronous, lazy and nested evaluations', async () => {
    const options = { evaluator: make() };
    expect((await sum({ xs: [leaf(), later()] }).flow.compute({ n: 2 }, options)).value).toBe(22);
    expect((await lazily({ x: later() }).flow.compute({ n: 2, use: true }, options)).value).toBe(20);
    expect((await lazily({ x: later() }).flow.compute({ n: 2, use: false }, options)).value).toBe(-1);
    expect((await asks({ m: later() }).flow.compute({}, options)).value).toBe(70);
  });

  test('boxes of a body\'s own, and undefined', async () => {
    const options = { evaluator: make() };
    expect(await report().flow.compute({}, options)).toBeInstanceOf(Report);
    const found = await scored().flow.compute({}, options);
    expect([found instanceof Scored, found.value, found.score]).toEqual([true, 4, 1]);
    expect((await nothing().flow.compute({}, options)).value).toBeUndefined();
  });

  test('each body runs once, with a cache too', async () => {
    for (const cache of [undefined, memoryCache()]) {
      let bodies = 0;
      const counted = flowModel({ inputs: {} }, async () => ++bodies);
      const shared = counted();
      expect((await sum({ xs: [shared, shared, shared] }).flow.compute({}, { evaluator: make(), cache })).value).toBe(3);
      expect(bodies).toBe(1);
    }
  });

  test.each([
    ['thrown', false],
    ['rejected', true],
  ])('a failure that is %s reaches the caller as the same object, with its path', async (_how, isAsync) => {
    const failure = new Error('as it is');
    const broken = flowModel({ name: 'transparent.broken', inputs: {}, replace: true }, (): number | Promise<number> => {
      if (isAsync) return Promise.reject(failure);
      throw failure;
    });
    const above = sum({ xs: [broken()] });
    await expect(above.flow.compute({}, { evaluator: fallbackless(make()) })).rejects.toBe(failure);
    expect(flowPathOf(failure)).toEqual(['transparent.sum', 'xs[0]', 'transparent.broken']);
  });

  test('CC-EVAL-04 CC-OPT-13 keys and entries are those of a run without it', async () => {
    const graph = sum({ xs: [leaf(), later()] });
    expect(keyOf(graph, { n: 1 }, { evaluator: make() })).toBe(keyOf(graph, { n: 1 }));
    const cache = memoryCache();
    await graph.flow.compute({ n: 1 }, { cache });
    await graph.flow.compute({ n: 1 }, { cache, evaluator: make() });
    expect(cache.stats()).toMatchObject({ hits: 1, stores: 3 });
  });

  test('one evaluator serves overlapping runs', async () => {
    const evaluator = make();
    const runs = Array.from({ length: 20 }, (_, n) => later().flow.compute({ n }, { evaluator }));
    expect((await Promise.all(runs)).map(({ value }) => value)).toEqual(runs.map((_, n) => n * 10));
  });

  test('cancelling ends it at once', async () => {
    const abort = new AbortController();
    const hangs = flowModel({ inputs: {} }, () => new Promise<number>(() => {}));
    const run = hangs().flow.compute({}, { evaluator: make(), signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED', cause: expect.objectContaining({ message: 'enough' }) });
  });
});

/** `fallback` collects errors; what it hands on is told in fallback.test.ts. */
const fallbackless = (evaluator: Evaluator): Evaluator => (evaluator.name.startsWith('fallback') || evaluator.name.startsWith('compose') ? compose() : evaluator);
