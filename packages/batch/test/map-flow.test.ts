import { mapFlow } from '@flowmodel/batch';
import { DefinitionRegistry, flowModel, FlowContext, FromContext, memoryCache } from '@flowmodel/core';
import type { FlowEvent } from '@flowmodel/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Desk, settled } from './deferred.ts';

const square = flowModel({ name: 'square', definitions: new DefinitionRegistry(), inputs: { n: FromContext(z.number()), by: FromContext(z.number().default(1)) } }, async ({ n, by }) => {
  if (n < 0) throw new Error(`negative ${n}`);
  return n * n * by;
})();

const numbers = (n: number): { n: number }[] => Array.from({ length: n }, (_, i) => ({ n: i }));

const atDesk = (desk: Desk) => flowModel({ name: 'atDesk', definitions: new DefinitionRegistry(), inputs: { n: FromContext(z.number()) } }, ({ n }) => desk.work(String(n)))();

describe('awaited', () => {
  test('it yields the value of a batch: settled entries in the order of the items, and stats', async () => {
    const { results, stats } = await mapFlow(square, [{ n: 2 }, { n: -1 }, { n: 3 }]);
    expect(results).toMatchObject([{ status: 'ok', params: { n: 2 }, value: 4 }, { status: 'error', params: { n: -1 }, error: { message: 'negative -1' } }, { status: 'ok', params: { n: 3 }, value: 9 }]);
    expect(stats).toMatchObject({ total: 3, ok: 2, failed: 1, skipped: 0 });
  });

  test('its time is in milliseconds, with no more digits than a clock knows', async () => {
    let now = 1_000;
    const clock = { now: () => (now += 0.1), setTimeout: () => 0, clearTimeout: () => {} };
    const { stats } = await mapFlow(square, [{ n: 1 }, { n: 2 }, { n: 3 }], { clock });
    expect(String(stats.durationMs)).toMatch(/^\d+\.\d{1,3}$/);
  });

  test('it begins when it is awaited, and once', async () => {
    const desk = new Desk();
    const mapping = mapFlow(atDesk(desk), numbers(2));
    await settled();
    expect(desk.started).toEqual([]);
    const twice = Promise.all([mapping, mapping]);
    await desk.endAll();
    const [a, b] = await twice;
    expect(a).toBe(b);
    expect(desk.started).toEqual(['0', '1']);
  });

  test('it is a promise: then, catch, finally, Promise.all', async () => {
    const error = await mapFlow(square, [{ n: -1 }], { onError: 'fail' }).catch((one: Error) => one.message);
    expect(error).toBe('negative -1');
    let isOver = false;
    await mapFlow(square, []).finally(() => (isOver = true));
    expect(isOver).toBe(true);
  });

  test('context is what all items share: a plain object or a FlowContext; items win', async () => {
    for (const context of [{ by: 10 }, new FlowContext({ by: 10 })]) {
      expect((await mapFlow(square, [{ n: 2 }, { n: 2, by: 1 }], { context })).results).toMatchObject([{ value: 40 }, { value: 4 }]);
    }
  });

  test('keyBy makes byKey', async () => {
    const { byKey } = await mapFlow(square, numbers(3), { keyBy: ({ n }) => `n${n}` });
    expect(byKey['n2']).toMatchObject({ value: 4 });
  });

  test('options of a run are its own: cache, evaluator, overrides, observer', async () => {
    const cache = memoryCache();
    await mapFlow(square, numbers(3), { cache });
    const events: FlowEvent[] = [];
    await mapFlow(square, numbers(4), { cache, observer: (event) => events.push(event) });
    const ends = events.filter((event) => event.type === 'node:end' && event.model === 'square') as { status: string }[];
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['cached', 'cached', 'cached', 'computed']);
  });

  test('the list, the model and the options are checked at the call', () => {
    expect(() => mapFlow(square, [{ n: 1 }, 5 as never])).toThrow(expect.objectContaining({ code: 'INVALID_CONTEXT', message: expect.stringContaining('[1] is a number') as string }));
    expect(() => (mapFlow as (...all: unknown[]) => unknown)(square, 'abc')).toThrow(expect.objectContaining({ code: 'INVALID_CONTEXT', message: expect.stringContaining('Write mapFlow(model, [{ … }, { … }]).') as string }));
    expect(() => mapFlow(square, [], { limit: 5 } as never)).toThrow(expect.objectContaining({ code: 'DEFINITION', message: expect.stringContaining("'limit'") as string }));
    expect(() => (mapFlow as (...all: unknown[]) => unknown)(() => square, [])).toThrow(expect.objectContaining({ code: 'DEFINITION', message: 'mapFlow: the first argument is a model, got a factory: call it first.' }));
    expect(() => mapFlow(square, [], { concurrency: 2.5 })).toThrow(expect.objectContaining({ code: 'DEFINITION', message: expect.stringContaining("'concurrency'") as string }));
    expect(() => mapFlow(square, [], { context: 5 } as never)).toThrow(expect.objectContaining({ code: 'DEFINITION' }));
  });
});

describe('iterated', () => {
  test('entries come as they finish, and nothing begins before the first is read', async () => {
    const desk = new Desk();
    const iterator = mapFlow(atDesk(desk), numbers(3), { concurrency: 3 })[Symbol.asyncIterator]();
    await settled();
    expect(desk.started).toEqual([]);
    const first = iterator.next();
    await settled();
    await desk.end('2');
    expect((await first).value).toMatchObject({ status: 'ok', params: { n: 2 } });
    await desk.end('0');
    await desk.end('1');
    expect([(await iterator.next()).value, (await iterator.next()).value]).toMatchObject([{ params: { n: 0 } }, { params: { n: 1 } }]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('break aborts the rest: nothing more begins, and what is under way is told', async () => {
    const started: number[] = [];
    const aborted: number[] = [];
    const model = flowModel({ name: 'model', definitions: new DefinitionRegistry(), inputs: { n: FromContext(z.number()) } }, ({ n }, run) => {
      started.push(n);
      if (n === 0) return n;
      return new Promise<number>((_, reject) => {
        run.signal.addEventListener('abort', () => {
          aborted.push(n);
          reject(run.signal.reason as Error);
        });
      });
    })();
    for await (const entry of mapFlow(model, numbers(10), { concurrency: 3 })) {
      expect(entry).toMatchObject({ value: 0 });
      break;
    }
    expect(started.length).toBeLessThanOrEqual(4);
    expect(aborted).toEqual(started.slice(1));
  });

  test('a slow reader is waited for: what begins is bounded by what is unread', async () => {
    let begun = 0;
    const model = flowModel({ name: 'model', definitions: new DefinitionRegistry(), inputs: { n: FromContext(z.number()) } }, async () => void begun++)();
    const iterator = mapFlow(model, numbers(1_000), { concurrency: 4 })[Symbol.asyncIterator]();
    await iterator.next();
    for (let i = 0; i < 100; i++) await settled();
    expect(begun).toBeGreaterThan(4);
    expect(begun).toBeLessThan(60);
    await iterator.return?.();
  });

  test('onError fail: the error ends the iteration', async () => {
    const read: unknown[] = [];
    const reading = (async () => {
      for await (const entry of mapFlow(square, [{ n: 1 }, { n: -1 }, { n: 2 }], { concurrency: 1, onError: 'fail' })) read.push(entry.params);
    })();
    await expect(reading).rejects.toThrow('negative -1');
    expect(read).toEqual([{ n: 1 }]);
  });

  test('a signal ends it with CANCELLED', async () => {
    const desk = new Desk();
    const abort = new AbortController();
    const iterator = mapFlow(atDesk(desk), numbers(3), { signal: abort.signal })[Symbol.asyncIterator]();
    const first = iterator.next();
    const outcome = first.then(() => 'read', (error: unknown) => error);
    await settled();
    abort.abort(new Error('enough'));
    expect(await outcome).toMatchObject({ code: 'CANCELLED' });
    await desk.endAll();
  });

  test('an empty list ends at once', async () => {
    const read: unknown[] = [];
    for await (const entry of mapFlow(square, [])) read.push(entry);
    expect(read).toEqual([]);
  });

  test('it runs once: awaiting and iterating it is an error that says what to do', async () => {
    const mapping = mapFlow(square, numbers(1));
    await mapping;
    expect(() => mapping[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'DEFINITION' }));
    const other = mapFlow(square, numbers(1));
    expect((await other[Symbol.asyncIterator]().next()).value).toMatchObject({ value: 0 });
    await expect((async () => other)()).rejects.toMatchObject({ code: 'DEFINITION' });
  });
});
