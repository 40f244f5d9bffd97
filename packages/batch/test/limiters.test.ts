import { limiters, throttle } from '@flowmodel/batch';
import { flowModel } from '@flowmodel/core';
import { afterEach, describe, expect, test } from 'vitest';
import { Desk, settled } from './deferred.ts';

afterEach(() => {
  for (const name of limiters.list()) limiters.remove(name);
});

describe('TH34 limiters by name', () => {
  test('a name is registered once, unless it is replaced', () => {
    const first = limiters.register('openai', { concurrency: 2 });
    expect(limiters.get('openai')).toBe(first);
    expect(() => limiters.register('openai', { concurrency: 3 })).toThrow(expect.objectContaining({ code: 'DUPLICATE_NAME' }));
    expect(limiters.register('openai', { concurrency: 3, replace: true })).not.toBe(first);
    expect(limiters.get('openai').stats().limit).toBe(3);
  });

  test('an unknown name is an error that tells the known ones', () => {
    limiters.register('openai', {});
    limiters.register('maps', {});
    expect(() => limiters.get('opnai')).toThrow(/'opnai'.*'openai', 'maps'/s);
  });

  test('getOrCreate keeps the one that there is, and makes one where there is none', () => {
    limiters.register('a', { concurrency: 5 });
    expect(limiters.getOrCreate('a', { concurrency: 100 }).stats().limit).toBe(5);
    expect(limiters.getOrCreate('b', { concurrency: 7 }).stats().limit).toBe(7);
    expect(limiters.get('b')).toBe(limiters.getOrCreate('b'));
  });

  test('has, list and remove', () => {
    limiters.register('b', {});
    limiters.register('a', {});
    expect([limiters.has('a'), limiters.has('c'), limiters.list()]).toEqual([true, false, ['b', 'a']]);
    expect([limiters.remove('b'), limiters.remove('b'), limiters.list()]).toEqual([true, false, ['a']]);
  });

  test('a name is a string that is not empty', () => {
    expect(() => limiters.register('', {})).toThrow(expect.objectContaining({ code: 'DEFINITION' }));
    expect(() => limiters.register('a', null as never)).toThrow(expect.objectContaining({ code: 'DEFINITION', message: expect.stringContaining('limiters.register: expected an options object') as string }));
    expect(limiters.list()).toEqual([]);
  });
});

const two = (desk: Desk, a: string, b: string) => {
  const model = (limiter: string) => flowModel({ inputs: {}, volatile: true, evaluator: throttle({ limiter }) }, () => desk.work(limiter));
  const [A, B] = [model(a), model(b)];
  return Array.from({ length: 5 }, () => [A().flow.compute(), B().flow.compute()]).flat();
};

test('TH35 two users of one limiter of 2 reach 2 together, in however many runs', async () => {
  limiters.register('shared', { concurrency: 2 });
  const desk = new Desk();
  const all = two(desk, 'shared', 'shared');
  await desk.endAll();
  expect(await Promise.all(all)).toHaveLength(10);
  expect(desk.peak).toBe(2);
});

test('TH35 different names are independent', async () => {
  limiters.register('a', { concurrency: 2 });
  limiters.register('b', { concurrency: 2 });
  const desk = new Desk();
  const all = two(desk, 'a', 'b');
  await desk.endAll();
  await Promise.all(all);
  expect(desk.peak).toBe(4);
});

test('TH36 a limiter is an option of a model by its name, which may be registered later; an unknown one fails the evaluation', async () => {
  const model = flowModel({ inputs: {}, evaluator: throttle({ limiter: 'later' }) }, () => 1)();
  await expect(model.flow.compute()).rejects.toMatchObject({ code: 'DEFINITION', message: expect.stringContaining("'later'") as string });
  limiters.register('later', { concurrency: 1 });
  expect((await model.flow.compute()).value).toBe(1);
});

test('TH37 who holds or waits for a replaced limiter stays with it; who comes later gets the new one', async () => {
  const old = limiters.register('name', { concurrency: 1 });
  const desk = new Desk();
  const model = flowModel({ inputs: {}, volatile: true, evaluator: throttle({ limiter: 'name' }) }, () => desk.work('x'));
  const before = [model().flow.compute(), model().flow.compute()];
  await settled();
  limiters.register('name', { concurrency: 1, replace: true });
  const after = model().flow.compute();
  await settled();
  expect([desk.active, old.stats().queued, limiters.get('name').stats().active]).toEqual([2, 1, 1]);
  await desk.endAll();
  await Promise.all([...before, after]);
  expect(old.stats()).toMatchObject({ active: 0, admitted: 2 });
});
