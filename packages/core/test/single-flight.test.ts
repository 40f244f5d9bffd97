/** Contract §6: concurrent identical evaluations are computed once per cache, within and across runs. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { flowModel, FlowError, FromContext, Lazy, memoryCache, ModelInput } from '@flowmodel/core';
import type { FlowRun } from '@flowmodel/core';
import { deferred, settled as turn } from './deferred.ts';

const codeOf = (error: unknown): unknown => (error instanceof FlowError ? error.code : error);

/** A model whose body waits for a gate; counts bodies and keeps their signals. */
function gated(name: string) {
  const gate = deferred<number>();
  const seen = { bodies: 0, signals: [] as AbortSignal[] };
  const model = flowModel({ name, inputs: { n: FromContext(z.number()) } }, async ({ n }, run: FlowRun) => {
    seen.bodies++;
    seen.signals.push(run.signal);
    return n + (await gate.promise);
  });
  return { gate, seen, model };
}

describe('one body for all who ask', () => {
  test('CC-EVAL-15 four concurrent computes of equal content run one body', async () => {
    const { gate, seen, model } = gated('flight.four');
    const cache = memoryCache();
    const all = [1, 2, 3, 4].map(() => model().flow.compute({ n: 1 }, { cache }));
    await turn();
    expect(cache.stats().inFlight).toBe(1);
    gate.resolve(10);
    expect((await Promise.all(all)).map(({ value }) => value)).toEqual([11, 11, 11, 11]);
    expect(seen.bodies).toBe(1);
    expect(cache.stats().inFlight).toBe(0);
  });

  test('different contexts, and different caches, are different evaluations', async () => {
    const { gate, seen, model } = gated('flight.apart');
    const cache = memoryCache();
    const all = [model().flow.compute({ n: 1 }, { cache }), model().flow.compute({ n: 2 }, { cache }), model().flow.compute({ n: 1 }, { cache: memoryCache() })];
    gate.resolve(0);
    await Promise.all(all);
    expect(seen.bodies).toBe(3);
  });

  test('a shared node in two different graphs runs once; what is upstream of it is not looked at by the second', async () => {
    let upstream = 0;
    const source = flowModel({ name: 'flight.source', inputs: {} }, async () => ++upstream);
    const gate = deferred<number>();
    let bodies = 0;
    const shared = flowModel({ name: 'flight.shared', inputs: { a: z.number() } }, async ({ a }) => {
      bodies++;
      return a + (await gate.promise);
    });
    const left = flowModel({ name: 'flight.left', inputs: { a: z.number() } }, ({ a }) => a * 2);
    const right = flowModel({ name: 'flight.right', inputs: { a: z.number() } }, ({ a }) => a * 3);
    const cache = memoryCache();
    const first = left({ a: shared({ a: source() }) }).flow.compute({}, { cache });
    await turn();
    const second = right({ a: shared({ a: source() }) }).flow.compute({}, { cache });
    await turn();
    gate.resolve(9);
    expect([(await first).value, (await second).value]).toEqual([20, 30]);
    expect([upstream, bodies]).toEqual([1, 1]);
  });

  test('models of equal content in one run are one evaluation with a cache, two without', async () => {
    let bodies = 0;
    const leaf = flowModel({ name: 'flight.leaf', inputs: { n: z.number() } }, async ({ n }) => {
      bodies++;
      return n;
    });
    const sum = flowModel({ name: 'flight.sum', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
    const graph = sum({ a: leaf({ n: 2 }), b: leaf({ n: 2 }) });
    expect((await graph.flow.compute()).value).toBe(4);
    expect(bodies).toBe(2);
    expect((await graph.flow.compute({}, { cache: memoryCache() })).value).toBe(4);
    expect(bodies).toBe(3);
  });

  test('a failure reaches everybody who waited, and is not remembered', async () => {
    const { gate, seen, model } = gated('flight.fails');
    const cache = memoryCache();
    const all = [1, 2].map(() => model().flow.compute({ n: 1 }, { cache }));
    const failure = new Error('down');
    gate.reject(failure);
    expect(await Promise.allSettled(all)).toEqual([{ status: 'rejected', reason: failure }, { status: 'rejected', reason: failure }]);
    await expect(model().flow.compute({ n: 1 }, { cache })).rejects.toBe(failure);
    expect(seen.bodies).toBe(2);
  });

  test('volatile results are not shared with other runs', async () => {
    const gate = deferred<number>();
    let bodies = 0;
    const now = flowModel({ name: 'flight.now', inputs: {}, volatile: true }, async () => {
      bodies++;
      return gate.promise;
    });
    const cache = memoryCache();
    const both = [now().flow.compute({}, { cache }), now().flow.compute({}, { cache })];
    gate.resolve(1);
    await Promise.all(both);
    expect(bodies).toBe(2);
  });

  test('what turns out to rest on a volatile nested evaluation is done again by those who waited', async () => {
    const gate = deferred();
    let ticks = 0;
    const tick = flowModel({ name: 'flight.tick', inputs: {}, volatile: true }, () => ++ticks);
    const asks = flowModel({ name: 'flight.asks', inputs: { tick: ModelInput(z.number()) } }, async ({ tick: model }, run: FlowRun) => {
      await gate.promise;
      return run.compute(model);
    });
    const cache = memoryCache();
    const both = [1, 2].map(() => asks({ tick: tick() }).flow.compute({}, { cache }));
    await turn();
    gate.resolve();
    expect((await Promise.all(both)).map(({ value }) => value).toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect(cache.stats().stores).toBe(0);
  });

  test('a run that does not validate and one that does have no result and no failure in common', async () => {
    const text = flowModel({ name: 'flight.text', inputs: {}, output: z.coerce.number() }, async () => '5' as never);
    const twice = flowModel({ name: 'flight.twice', inputs: { n: z.any() } }, async ({ n }) => {
      await turn();
      return (n as number).toFixed(1); // of a text, a TypeError
    });
    const refused = flowModel({ name: 'flight.refused', inputs: {}, output: z.number() }, async () => 'text' as never);
    const settled = async (...runs: readonly Promise<{ readonly value: unknown }>[]): Promise<unknown[]> =>
      (await Promise.allSettled(runs)).map((run) => (run.status === 'fulfilled' ? run.value.value : run.reason instanceof FlowError ? run.reason.code : (run.reason as Error).name));
    const [model, other] = [twice({ n: text() }), refused()];
    let cache = memoryCache();
    expect(await settled(model.flow.compute({}, { cache, validateResult: false }), model.flow.compute({}, { cache }))).toEqual(['TypeError', '5.0']);
    cache = memoryCache();
    expect(await settled(other.flow.compute({}, { cache }), other.flow.compute({}, { cache, validateResult: false }))).toEqual(['INVALID_RESULT', 'text']);
    expect(await settled(other.flow.compute({}, { cache, validateResult: false }), other.flow.compute({}, { cache }))).toEqual(['text', 'INVALID_RESULT']);
    expect(cache.stats()).toMatchObject({ size: 0, inFlight: 0 });
  });

  test('what follows in a run that waited runs in its own async context, not in that of the run it waited for', async () => {
    const { gate, model } = gated('flight.contexts');
    const requests = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const top = flowModel({ name: 'flight.contexts.top', inputs: { x: z.number(), request: z.string() } }, ({ request }) => {
      seen.push([request, requests.getStore()]);
      return request;
    });
    const cache = memoryCache();
    const all = ['a', 'b', 'c'].map((request) => requests.run(request, () => top({ x: model(), request }).flow.compute({ n: 1 }, { cache })));
    await turn();
    gate.resolve(1);
    await Promise.all(all);
    expect(new Map(seen as [string, string][])).toEqual(new Map([['a', 'a'], ['b', 'b'], ['c', 'c']]));
  });
});

describe('leaving', () => {
  test('the abort of the caller who started it leaves the others; the body is not told', async () => {
    const { gate, seen, model } = gated('flight.leaves');
    const cache = memoryCache();
    const abort = new AbortController();
    const first = model().flow.compute({ n: 1 }, { cache, signal: abort.signal }).catch(codeOf);
    const second = model().flow.compute({ n: 1 }, { cache });
    await turn();
    abort.abort();
    expect(await first).toBe('CANCELLED');
    expect(seen.signals.map(({ aborted }) => aborted)).toEqual([false]);
    gate.resolve(5);
    expect((await second).value).toBe(6);
    expect(seen.bodies).toBe(1);
    expect(cache.stats().stores).toBe(1);
  });

  test('the abort of one who waits leaves the one who started it', async () => {
    const { gate, seen, model } = gated('flight.passenger');
    const cache = memoryCache();
    const abort = new AbortController();
    const first = model().flow.compute({ n: 1 }, { cache });
    const second = model().flow.compute({ n: 1 }, { cache, signal: abort.signal }).catch(codeOf);
    await turn();
    abort.abort();
    expect(await second).toBe('CANCELLED');
    gate.resolve(5);
    expect((await first).value).toBe(6);
    expect(seen).toMatchObject({ bodies: 1 });
  });

  test('when the last one leaves the signal fires, nothing is kept, and a new caller starts afresh', async () => {
    const { gate, seen, model } = gated('flight.last');
    const cache = memoryCache();
    const aborts = [new AbortController(), new AbortController()];
    const both = aborts.map(({ signal }) => model().flow.compute({ n: 1 }, { cache, signal }).catch(codeOf));
    await turn();
    aborts[0]!.abort();
    await turn();
    expect(seen.signals[0]!.aborted).toBe(false);
    aborts[1]!.abort();
    expect(await Promise.all(both)).toEqual(['CANCELLED', 'CANCELLED']);
    expect(seen.signals[0]!.aborted).toBe(true);
    expect(cache.stats().inFlight).toBe(0);
    const third = model().flow.compute({ n: 1 }, { cache });
    gate.resolve(5); // the first body, which did not listen, yields now too
    expect((await third).value).toBe(6);
    await turn();
    expect(seen.bodies).toBe(2);
    expect(cache.stats().stores).toBe(1);
  });

  test('a run that failed elsewhere leaves its bodies to those who wait for them', async () => {
    const { gate, seen, model } = gated('flight.elsewhere');
    const fails = deferred<number>();
    const broken = flowModel({ name: 'flight.broken', inputs: {} }, () => fails.promise);
    const both = flowModel({ name: 'flight.both', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
    const cache = memoryCache();
    const first = both({ a: model(), b: broken() }).flow.compute({ n: 1 }, { cache }).catch((error: Error) => error.message);
    const second = model().flow.compute({ n: 1 }, { cache });
    await turn();
    fails.reject(new Error('elsewhere'));
    expect(await first).toBe('elsewhere');
    gate.resolve(5);
    expect((await second).value).toBe(6);
    expect(seen.bodies).toBe(1);
  });

  test('a body that outlives its run goes on with nested evaluations, the one that it was waiting for included', async () => {
    const inner = gated('flight.inner');
    const later = flowModel({ name: 'flight.later', inputs: { n: FromContext(z.number()) } }, async ({ n }) => n * 100);
    let bodies = 0;
    const outer = flowModel({ name: 'flight.outer', inputs: { a: ModelInput(z.number()), b: ModelInput(z.number()), c: Lazy(z.number()), n: FromContext(z.number()) } }, async ({ a, b, c, n }, run: FlowRun) => {
      bodies++;
      const first = await run.compute(a);
      return first + (await run.compute(b, { n: n + 1 })) + (await c());
    });
    const plain = flowModel({ name: 'flight.plain', inputs: { n: FromContext(z.number()) }, cacheable: false }, async ({ n }) => n * 1000);
    const graph = outer({ a: inner.model(), b: later(), c: plain() });
    const cache = memoryCache();
    const abort = new AbortController();
    const first = graph.flow.compute({ n: 1 }, { cache, signal: abort.signal }).catch(codeOf);
    const second = graph.flow.compute({ n: 1 }, { cache });
    await turn();
    abort.abort();
    expect(await first).toBe('CANCELLED');
    inner.gate.resolve(10);
    expect((await second).value).toBe(11 + 200 + 1000);
    expect([bodies, inner.seen.bodies]).toEqual([1, 1]);
    expect(cache.stats().inFlight).toBe(0);
  });

  test('the body that went on is told when the last one leaves, also inside nested evaluations', async () => {
    const inner = gated('flight.deep');
    const outer = flowModel({ name: 'flight.deep.outer', inputs: { a: ModelInput(z.number()), n: FromContext(z.number()) } }, async ({ a }, run: FlowRun) => run.compute(a));
    const cache = memoryCache();
    const aborts = [new AbortController(), new AbortController()];
    const both = aborts.map(({ signal }) => outer({ a: inner.model() }).flow.compute({ n: 1 }, { cache, signal }).catch(codeOf));
    await turn();
    aborts[0]!.abort();
    await turn();
    expect(inner.seen.signals[0]!.aborted).toBe(false);
    aborts[1]!.abort();
    await Promise.all(both);
    expect(inner.seen.signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(cache.stats().inFlight).toBe(0);
  });
});

describe('limits', () => {
  test('a cycle that crosses two runs is found: each waits for what the other has begun', async () => {
    const gates = [deferred(), deferred()];
    const asks = flowModel({ name: 'flight.crossed', inputs: { other: FromContext(z.number()), self: FromContext(z.number()) } }, async ({ self, other }, run: FlowRun): Promise<number> => {
      await gates[self]!.promise;
      return run.compute(asks(), { self: other, other: self });
    });
    const cache = memoryCache();
    const both = [asks().flow.compute({ self: 0, other: 1 }, { cache }), asks().flow.compute({ self: 1, other: 0 }, { cache })].map((one) => (one as Promise<unknown>).catch(codeOf));
    await turn();
    gates[0]!.resolve();
    gates[1]!.resolve();
    expect(await Promise.all(both)).toEqual(['CYCLE', 'CYCLE']);
  });

  test('computeSync does not wait for a body of another run: it runs its own', async () => {
    const gate = deferred();
    let bodies = 0;
    const either = flowModel({ name: 'flight.either', inputs: { isAsync: FromContext(z.boolean()) } }, ({ isAsync }): number | Promise<number> => {
      bodies++;
      return isAsync && bodies === 1 ? gate.promise.then(() => 1) : 1;
    });
    const cache = memoryCache();
    const first = either().flow.compute({ isAsync: true }, { cache });
    await turn();
    expect(either().flow.computeSync({ isAsync: true }, { cache }).value).toBe(1);
    gate.resolve();
    expect((await first).value).toBe(1);
    expect(bodies).toBe(2);
  });
});
