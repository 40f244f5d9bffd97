/** api.md §6: deep graphs do not overflow the stack, and large ones are no trouble. */
import { computed, contextTransform, Dependency, flowModel, FlowError, flowPathOf, FromContext, Lazy, modelClass, ModelInput } from '@flowmodel/core';
import type { CallableModel, FlowRun } from '@flowmodel/core';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { settled } from './deferred.ts';

const DEEP = 100_000;
vi.setConfig({ testTimeout: 60_000 });

const leaf = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
const inc = flowModel({ inputs: { x: z.number() } }, ({ x }) => x + 1);
const asyncInc = flowModel({ inputs: { x: z.number() } }, async ({ x }) => x + 1);

function chain(depth: number, link: (model: CallableModel<number>, i: number) => CallableModel<number>, start: CallableModel<number> = leaf()): CallableModel<number> {
  let model = start;
  for (let i = 0; i < depth; i++) model = link(model, i);
  return model;
}

describe(`a chain of ${DEEP.toLocaleString('en')} models`, () => {
  test('synchronous', async () => {
    const model = chain(DEEP, (x) => inc({ x }));
    expect(model.flow.computeSync({ n: 1 }).value).toBe(DEEP + 1);
    expect((await model.flow.compute({ n: 2 })).value).toBe(DEEP + 2);
  });

  test('asynchronous', async () => {
    const model = chain(DEEP, (x) => asyncInc({ x }));
    expect((await model.flow.compute({ n: 1 })).value).toBe(DEEP + 1);
    expect((await model.flow.compute({ n: 1 }, { concurrency: 1 })).value).toBe(DEEP + 1);
  });

  test('synchronous and asynchronous by turns', async () => {
    const model = chain(DEEP, (x, i) => (i % 3 === 0 ? asyncInc({ x }) : inc({ x })));
    expect((await model.flow.compute({ n: 1 })).value).toBe(DEEP + 1);
  });

  test('synchronous behind one asynchronous model', async () => {
    const model = chain(DEEP, (x) => inc({ x }), asyncInc({ x: leaf() }));
    expect((await model.flow.compute({ n: 1 })).value).toBe(DEEP + 2);
  });

  test('of lazy inputs, each awaited', async () => {
    const lazy = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => (await x()) + 1);
    expect((await chain(DEEP, (x) => lazy({ x })).flow.compute({ n: 1 })).value).toBe(DEEP + 1);
  });

  test('behind one lazy input, with sync()', () => {
    const lazy = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => x.sync() + 1);
    expect(lazy({ x: chain(DEEP, (x) => inc({ x })) }).flow.computeSync({ n: 1 }).value).toBe(DEEP + 2);
  });

  test('of containers', async () => {
    const sum = flowModel({ inputs: { parts: Dependency(z.array(z.number())) } }, ({ parts }) => parts.reduce((a, b) => a + b, 0));
    const model = chain(DEEP, (x) => sum({ parts: [1, x] }));
    expect(model.flow.computeSync({ n: 1 }).value).toBe(DEEP + 1);
    expect((await model.flow.compute({ n: 1 })).value).toBe(DEEP + 1);
  });

  test('each consumed twice, which is no work for nothing', () => {
    const sum = flowModel({ inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => (a + b) % 1_000_003);
    let runs = 0;
    const counted = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => {
      runs++;
      return n;
    });
    expect(Number.isInteger(chain(DEEP, (x) => sum({ a: x, b: x }), counted()).flow.computeSync({ n: 1 }).value)).toBe(true);
    expect(runs).toBe(1);
  });

  test('a failure at its far end reaches the caller, with its path', async () => {
    const broken = flowModel({ name: 'deep.broken', inputs: {} }, (): number => {
      throw new Error('no data');
    });
    const model = chain(DEEP, (x) => inc({ x }), broken());
    const error = await model.flow.compute().catch((caught: unknown) => caught);
    expect((error as Error).message).toBe('no data');
    expect(flowPathOf(error)).toHaveLength(DEEP + 2);
    expect(flowPathOf(error)?.at(-1)).toBe('deep.broken');
    const rejects = flowModel({ inputs: {} }, () => Promise.reject<number>(new Error('no data')));
    await expect(chain(DEEP, (x) => inc({ x }), rejects()).flow.compute()).rejects.toThrow('no data');
  });

  test('what is missing at its far end is told', () => {
    const model = chain(DEEP, (x) => inc({ x }));
    expect(() => model.flow.computeSync({})).toThrow(FlowError);
    expect(() => model.flow.computeSync({})).toThrow(expect.objectContaining({ code: 'MISSING_CONTEXT' }) as Error);
  });
});

describe('wrappers', () => {
  const next = contextTransform({ inputs: { n: FromContext(z.number()) } }, ({ n }) => n + 1);
  const nextPatch = contextTransform({ inputs: { n: FromContext(z.number()) }, patches: { n: z.number() } }, ({ n }) => ({ n: n + 1 }));

  test(`${DEEP.toLocaleString('en')} nested ones, each of which reads what the one around it wrote`, async () => {
    const model = chain(DEEP, (x) => inc({ x }).flow.withContext({ n: next() }));
    expect(model.flow.computeSync({ n: 1 }).value).toBe(1 + DEEP + DEEP);
    expect((await model.flow.compute({ n: 1 })).value).toBe(1 + DEEP + DEEP);
  });

  test(`${DEEP.toLocaleString('en')} nested ones of patches`, () => {
    expect(chain(DEEP, (x) => inc({ x }).flow.withContext(nextPatch())).flow.computeSync({ n: 1 }).value).toBe(1 + DEEP + DEEP);
  });

  test(`${DEEP.toLocaleString('en')} nested ones of literals, each of which counts where it stands`, () => {
    const add = flowModel({ inputs: { x: z.number(), n: FromContext(z.number()) } }, ({ x, n }) => x + n);
    expect(chain(DEEP, (x, i) => add({ x }).flow.withContext({ n: i % 2 })).flow.computeSync({ n: 7 }).value).toBe(DEEP / 2);
  });

  test('10,000 chained on one model', () => {
    expect(chain(10_000, (model, i) => model.flow.withContext({ n: i })).flow.computeSync().value).toBe(9999);
  });

  test('10,000 computed fields, each of the one before', () => {
    expect(chain(10_000, (model) => leaf().flow.withContext({ n: computed(inc({ x: model })) })).flow.computeSync({ n: 1 }).value).toBe(10_001);
  });
});

describe('class models', () => {
  class Countdown extends modelClass({ context: z.object({ n: z.number() }), output: z.number() }) {
    override deps({ n }: { n: number }) {
      return n === 0 ? [] : [{ model: this, contexts: [{ n: n - 1 }] }];
    }
    call({ n }: { n: number }, run: FlowRun): number {
      return n === 0 ? 0 : run.computeSync<number>(this, { n: n - 1 }) + 1;
    }
  }

  test('50,000 deep by deps', async () => {
    expect(new Countdown().flow.computeSync({ n: 50_000 }).value).toBe(50_000);
    expect((await new Countdown().flow.compute({ n: 50_000 })).value).toBe(50_000);
  });

  test('50,000 deep by asynchronous deps and bodies', async () => {
    class Later extends modelClass({ context: z.object({ n: z.number() }), output: z.number() }) {
      override async deps({ n }: { n: number }) {
        return n === 0 ? [] : [{ model: this, contexts: [{ n: n - 1 }] }];
      }
      async call({ n }: { n: number }, run: FlowRun): Promise<number> {
        return n === 0 ? 0 : (await run.compute<number>(this, { n: n - 1 })) + 1;
      }
    }
    expect((await new Later().flow.compute({ n: 50_000 })).value).toBe(50_000);
  });
});

describe('run.compute', () => {
  test('20,000 bodies deep, each awaiting the next', async () => {
    const countdown: CallableModel<number> = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }, run): Promise<number> => {
      if (n === 0) return 0;
      await Promise.resolve(); // off the stack of the one that asks
      return (await run.compute(countdown, { n: n - 1 })) + 1;
    })();
    expect((await countdown.flow.compute({ n: 20_000 })).value).toBe(20_000);
  });

  test('of a deep graph', async () => {
    const ask = flowModel({ inputs: { model: ModelInput(z.number()) } }, async ({ model }, run) => {
      await settled();
      return (await run.compute(model, { n: 1 })) + run.computeSync(model, { n: 2 });
    });
    expect((await ask({ model: chain(DEEP, (x) => inc({ x })) }).flow.compute()).value).toBe(2 * DEEP + 3);
  });
});

describe('a graph of 300,000 models', () => {
  const SIZE = 300_000;
  const sum = flowModel({ inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => (a + b) % 1_000_003);

  /** Each model consumes two earlier ones; the last consumes what is left over. */
  function web(join: typeof sum): CallableModel<number> {
    const models: CallableModel<number>[] = [leaf(), leaf()];
    for (let i = 2; i < SIZE; i++) models.push(join({ a: models[i - 1]!, b: models[(i * 7919) % i]! }));
    return models.at(-1)!;
  }

  test('synchronous', () => {
    const model = web(sum);
    const first = model.flow.computeSync({ n: 1 }).value;
    expect(Number.isInteger(first)).toBe(true);
    expect(model.flow.computeSync({ n: 1 }).value).toBe(first);
  });

  test('all at once: one container', async () => {
    const all = flowModel({ inputs: { parts: Dependency(z.array(z.number())) } }, ({ parts }) => parts.length);
    const shared = leaf();
    const parts = Array.from({ length: SIZE }, () => inc({ x: shared }));
    expect((await all({ parts }).flow.compute({ n: 1 })).value).toBe(SIZE);
  });

  test('asynchronous, with a cap', async () => {
    let most = 0;
    let working = 0;
    const all = flowModel({ inputs: { parts: Dependency(z.array(z.number())) } }, ({ parts }) => parts.length);
    const slow = flowModel({ inputs: { x: z.number() } }, async ({ x }) => {
      most = Math.max(most, ++working);
      await Promise.resolve();
      working--;
      return x;
    });
    const parts = Array.from({ length: 100_000 }, (_, i) => slow({ x: i }));
    expect((await all({ parts }).flow.compute({}, { concurrency: 10 })).value).toBe(100_000);
    expect(most).toBe(10);
  });
});
