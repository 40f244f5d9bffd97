/** Contract §6: overrides and evaluators of models that bodies evaluate themselves, with a cache. These are no cells of the graph, and yet part of the result. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { computed, DefinitionRegistry, flowModel, FromContext, keyOf, Lazy, memoryCache, modelClass, ModelInput } from '@flowmodel/core';
import type { CallableModel, Evaluator, FlowRun, Override } from '@flowmodel/core';

const plus: Evaluator = { name: 'plus', evaluate: (_evaluation, next) => Number(next()) + 100 };
const inner = flowModel({ name: 'asked.inner', inputs: {} }, () => 1);
const pass = flowModel({ name: 'asked.pass', inputs: { x: z.number() } }, ({ x }) => x);
const asks = flowModel({ name: 'asked.asks', inputs: { m: ModelInput(z.number()) } }, ({ m }, run) => run.computeSync(m, {}));
const lazily = flowModel({ name: 'asked.lazily', inputs: { m: Lazy(z.number()) } }, ({ m }) => m.sync());
class Prefetching extends modelClass({ name: 'asked.Prefetching', inputs: { m: ModelInput(z.number()) }, output: z.number() }) {
  override deps() {
    return [{ model: this.inputs.m, contexts: [{}] }];
  }
  async call(_context: unknown, run: FlowRun): Promise<number> {
    return run.compute(this.inputs.m, {});
  }
}
const made = flowModel({ name: 'asked.made', inputs: {} }, (_, run) => run.computeSync(pass({ x: asks({ m: inner() }) }), {}));

const graphs: readonly [string, () => CallableModel<number>][] = [
  ['a direct input', () => pass({ x: inner() })],
  ['a lazy branch', () => lazily({ m: inner() })],
  ['a model input', () => asks({ m: inner() })],
  ['what is upstream of a model input, below the root', () => pass({ x: asks({ m: pass({ x: inner() }) }) })],
  ['the model input of a model input', () => asks({ m: asks({ m: inner() }) })],
  ['a dependency of a class', () => new Prefetching({ m: inner() })],
];
const overrides: readonly [string, Omit<Override, 'models' | 'factories'>, number][] = [
  ['a stub', { body: () => 5 }, 5],
  ['an opaque evaluator', { evaluator: plus }, 101],
];

describe.each(overrides)('%s for one model', (_how, override, want) => {
  const options = { overrides: [{ factories: [inner], ...override }] };

  test.each(graphs)('%s: neither run is served what the other one made', async (_where, make) => {
    const plainFirst = memoryCache();
    const overriddenFirst = memoryCache();
    const value = async (cache: typeof plainFirst, more: object = {}): Promise<unknown> => (await make().flow.compute({}, { cache, ...more })).value;
    expect([await value(plainFirst), await value(plainFirst, options), await value(plainFirst)]).toEqual([1, want, 1]);
    expect([await value(overriddenFirst, options), await value(overriddenFirst), await value(overriddenFirst, options)]).toEqual([want, 1, want]);
  });

  test.each(graphs)('%s: nor is one and the same model', async (_where, make) => {
    const model = make();
    const cache = memoryCache();
    const values: unknown[] = [];
    for (const more of [{}, options, {}, { overrides: [{ factories: [asks], body: () => 7 }] }, options]) values.push((await model.flow.compute({}, { cache, ...more })).value);
    expect(values.toSpliced(3, 1)).toEqual([1, want, 1, want]);
    expect(keyOf(model, {}, { overrides: [{ factories: [inner], evaluator: plus }] })).not.toBe(keyOf(model));
  });

  test('a model that a body made: what came of it is not kept', async () => {
    const cache = memoryCache();
    expect((await made().flow.compute({}, { cache, ...options })).value).toBe(want);
    expect((await made().flow.compute({}, { cache })).value).toBe(1);
  });
});

test('what an opaque evaluator made is kept for the next run under the same one, also of a model input', async () => {
  let bodies = 0;
  const counted = flowModel({ name: 'asked.counted', inputs: {} }, () => ++bodies);
  const cache = memoryCache();
  const options = { cache, overrides: [{ factories: [counted], evaluator: plus }] };
  const values = [await asks({ m: counted() }).flow.compute({}, options), await asks({ m: counted() }).flow.compute({}, options)];
  expect([values.map(({ value }) => value), bodies]).toEqual([[101, 101], 1]);
});

test('volatile by an override: the asker runs again, though the cache has it', async () => {
  let bodies = 0;
  const counted = flowModel({ name: 'asked.volatile', inputs: {} }, () => ++bodies);
  const cache = memoryCache();
  await asks({ m: counted() }).flow.compute({}, { cache });
  expect((await asks({ m: counted() }).flow.compute({}, { cache, overrides: [{ factories: [counted], volatile: true }] })).value).toBe(2);
});

test('CC-EVAL-04 the opaque evaluator that a model input was defined with is in the key of its consumer; a transparent one is not', () => {
  const key = (evaluator?: Evaluator): string =>
    keyOf(asks({ m: pass({ x: flowModel({ name: 'asked.defined', inputs: {}, definitions: new DefinitionRegistry(), ...(evaluator !== undefined && { evaluator }) }, () => 1)() }) }));
  expect(key(plus)).not.toBe(key());
  expect(key({ ...plus, transparent: true })).toBe(key());
});

test('an evaluator of the run is around nested evaluations too, one of the asker is not: their results are apart', async () => {
  const cache = memoryCache();
  const value = async (options: object): Promise<unknown> => (await asks({ m: inner() }).flow.compute({}, { cache, ...options })).value;
  expect([await value({ overrides: [{ factories: [asks], evaluator: plus }] }), await value({ evaluator: plus })]).toEqual([101, 201]);
});

test('a hit whose computed field was not looked at has no identity to find, and the run ends', async () => {
  const cache = memoryCache();
  const later = flowModel({ name: 'asked.later', inputs: {} }, async () => 1);
  const reads = flowModel({ name: 'asked.reads', inputs: { n: FromContext(z.number()) } }, async ({ n }) => n);
  const both = flowModel({ name: 'asked.both', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
  const source = later();
  const graph = (a: number): CallableModel<number> => awaits({ m: both({ a, b: reads().flow.withContext({ n: computed(source) }) }) });
  const awaits = flowModel({ name: 'asked.later.asks', inputs: { m: ModelInput(z.number()) } }, ({ m }, run) => run.compute(m, {}));
  expect([(await graph(1).flow.compute({}, { cache })).value, (await graph(2).flow.compute({}, { cache })).value]).toEqual([2, 3]);
});
