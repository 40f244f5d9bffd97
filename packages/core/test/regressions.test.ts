/** What random graphs and schedules have found once, in its smallest form. */
import { Dependency, flowModel, FromContext, keyOf, limitConcurrency, memoryCache, ModelInput } from '@flowmodel/core';
import type { CacheEntry, ResultCache } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

const zero = flowModel({ name: 'regressions.zero', inputs: {} }, () => 0);
const both = flowModel({ name: 'regressions.both', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);

test('beside a model that fails at once in a nested evaluation, a body has all of its inputs, or does not start', async () => {
  const seen: unknown[] = [];
  const broken = flowModel({ inputs: {} }, (): number => {
    throw new Error('broken');
  });
  const asks = flowModel({ inputs: { m: ModelInput(z.number()), c: FromContext(z.number().default(2)) } }, async ({ m, c }, run) => {
    seen.push(c);
    return run.compute(m, {});
  });
  const inner = both({ a: broken(), b: asks({ m: zero() }) });
  await expect(both({ a: zero(), b: asks({ m: inner }) }).flow.compute({ c: 0 })).rejects.toThrow('broken');
  expect(seen).not.toContain(undefined);
});

test('a body that asks again before it has its place back does not keep the place while it waits', async () => {
  const leaf = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }) => n);
  const asks = flowModel({ inputs: { first: z.number(), model: ModelInput(z.number()) } }, async ({ model }, run) => {
    await Promise.resolve();
    const known = run.compute(model, { n: 1 });
    return (await run.compute(model, { n: 2 })) + (await known);
  });
  const other = flowModel({ inputs: { first: z.number() } }, async () => 0);
  const first = leaf();
  const model = both({ a: asks({ first, model: first }), b: other({ first }) });
  expect((await model.flow.compute({ n: 1 }, { evaluator: limitConcurrency(1) })).value).toBe(3);
  expect((await model.flow.compute({ n: 1 }, { concurrency: 1 })).value).toBe(3);
});

test('a cacheTimeout of Infinity is none', async () => {
  const entries = new Map<string, CacheEntry>();
  const clock = virtualClock();
  const cache: ResultCache = {
    get: (key) => new Promise((resolve) => void clock.setTimeout(() => resolve(entries.get(key)), 1_000_000)),
    set: (key, entry) => void entries.set(key, entry),
    delete: () => {},
    clear: () => {},
  };
  let runs = 0;
  const counted = flowModel({ inputs: {} }, () => ++runs);
  for (let i = 0; i < 2; i++) {
    const result = counted().flow.compute({}, { cache, cacheTimeout: Infinity, clock });
    await clock.runAll();
    expect((await result).value).toBe(1);
  }
});

test('a model that is kept out of the cache, but rests on one that came from it, runs once where it is asked for twice', async () => {
  const ran: string[] = [];
  const asks = flowModel({ name: 'regressions.asks', inputs: { id: z.string(), x: z.number(), m: ModelInput(z.number()) }, cacheable: false }, ({ id, x, m }, run) => {
    ran.push(id);
    return x + run.computeSync(m, {});
  });
  const inner = asks({ id: 'inner', x: zero(), m: zero() });
  await asks({ id: 'outer', x: inner, m: inner }).flow.compute({}, { cache: memoryCache() });
  expect(ran).toEqual(['inner', 'outer']);
});

test('the order of keys in a container of models is not in the key', () => {
  const holds = flowModel({ name: 'regressions.holds', inputs: { parts: Dependency(z.record(z.string(), z.number())) } }, ({ parts }) => parts['a']!);
  expect(keyOf(holds({ parts: { a: zero(), b: zero() } }))).toBe(keyOf(holds({ parts: { b: zero(), a: zero() } })));
  expect(keyOf(holds({ parts: { a: zero(), b: 1 } }))).not.toBe(keyOf(holds({ parts: { a: 1, b: zero() } })));
});
