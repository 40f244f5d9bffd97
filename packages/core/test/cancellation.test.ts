/** api.md §6: when `signal` aborts, no further body starts, `run.signal` fires, and compute rejects at once with CANCELLED. */
import { getEventListeners } from 'node:events';
import { contextTransform, flowModel, FromContext, Lazy, modelClass, ModelInput } from '@flowmodel/core';
import type { CallableModel, FlowRun } from '@flowmodel/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deferred, settled, unhandledDuring } from './deferred.ts';
import { flowError } from './flow-error.ts';
import { refusal, rejection } from './refusal.ts';

let ran: string[] = [];
let controller = new AbortController();
beforeEach(() => {
  ran = [];
  controller = new AbortController();
});

const listeners = (): number => getEventListeners(controller.signal, 'abort').length;
const reason = new Error('enough');

const named = (name: string) =>
  flowModel({ inputs: { x: z.number().default(0) } }, ({ x }) => {
    ran.push(name);
    return x + 1;
  });
const aborting = flowModel({ inputs: { x: z.number().default(0) } }, ({ x }) => {
  ran.push('aborting');
  controller.abort(reason);
  return x + 1;
});
/** An asynchronous model that waits for a gate and knows nothing of signals. */
function gated(name = 'gated') {
  const gate = deferred();
  const factory = flowModel({ inputs: { x: z.number().default(0) } }, async ({ x }) => {
    ran.push(name);
    await gate.promise;
    ran.push(`${name} done`);
    return x + 1;
  });
  return { gate, model: factory() as CallableModel<number>, factory };
}
const sum = flowModel({ inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => {
  ran.push('sum');
  return a + b;
});

describe('before anything runs', () => {
  test('an aborted signal: nothing runs, and the reason is the cause', async () => {
    controller.abort(reason);
    const model = named('a')();
    const error = await rejection(model.flow.compute({}, { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(refusal(() => model.flow.computeSync({}, { signal: controller.signal }))).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(ran).toEqual([]);
    expect(listeners()).toBe(0);
  });

  test('the error names the root', async () => {
    controller.abort('shutdown');
    const root = flowModel({ name: 'cancellation.root', inputs: {} }, () => 1);
    await expect(root().flow.compute({}, { signal: controller.signal })).rejects.toThrow(flowError('CANCELLED', 'cancellation.root', 'shutdown'));
  });

  test('a reason that nobody gave is the signal’s own', async () => {
    controller.abort();
    const error = await rejection(named('a')().flow.compute({}, { signal: controller.signal }));
    expect(error.cause).toBe(controller.signal.reason);
  });
});

describe('while synchronous bodies run', () => {
  test('no further body starts, and compute rejects', async () => {
    const model = named('after')({ x: aborting({ x: named('before')() }) });
    expect(await rejection(model.flow.compute({}, { signal: controller.signal }))).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(ran).toEqual(['before', 'aborting']);
    expect(listeners()).toBe(0);
  });

  test('so it is under computeSync', () => {
    const model = named('after')({ x: aborting() });
    expect(refusal(() => model.flow.computeSync({}, { signal: controller.signal }))).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(ran).toEqual(['aborting']);
    expect(listeners()).toBe(0);
  });

  test('also when the last body does it', async () => {
    await expect(aborting().flow.compute({}, { signal: controller.signal })).rejects.toThrow(flowError('CANCELLED'));
    expect(() => aborting().flow.computeSync({}, { signal: controller.signal })).toThrow(flowError('CANCELLED'));
  });

  test('also behind the first asynchronous body, before compute has returned', async () => {
    const { model } = gated();
    const result = sum({ a: model, b: aborting() }).flow.compute({}, { signal: controller.signal });
    await expect(result).rejects.toThrow(flowError('CANCELLED'));
    expect(ran).toEqual(['gated', 'aborting']);
  });

  test('also in a lazy branch and in a nested evaluation', async () => {
    const lazy = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => {
      try {
        return x.sync();
      } finally {
        ran.push('lazy');
      }
    });
    expect(() => named('after')({ x: lazy({ x: named('inner')({ x: aborting() }) }) }).flow.computeSync({}, { signal: controller.signal })).toThrow(flowError('CANCELLED'));
    expect(ran).toEqual(['aborting', 'lazy']);
    ran = [];
    controller = new AbortController();
    const ask = flowModel({ inputs: { model: ModelInput(z.number()) } }, ({ model }, run) => run.computeSync(model));
    await expect(named('after')({ x: ask({ model: named('inner')({ x: aborting() }) }) }).flow.compute({}, { signal: controller.signal })).rejects.toThrow(flowError('CANCELLED'));
    expect(ran).toEqual(['aborting']);
  });
});

describe('code that is no body', () => {
  test('a transform that aborts: no body starts', async () => {
    const abort = contextTransform({ inputs: {} }, () => {
      controller.abort(reason);
      return 1;
    });
    const reader = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => {
      ran.push('reader');
      return n;
    });
    const model = reader().flow.withContext({ n: abort() });
    await expect(model.flow.compute({}, { signal: controller.signal })).rejects.toThrow(flowError('CANCELLED'));
    controller = new AbortController();
    expect(() => model.flow.computeSync({}, { signal: controller.signal })).toThrow(flowError('CANCELLED'));
    expect(ran).toEqual([]);
    expect(listeners()).toBe(0);
  });

  test('a schema that aborts: the body behind it does not start, nor any other', async () => {
    const abort = z.number().transform((n) => {
      controller.abort(reason);
      return n;
    });
    const picky = flowModel({ inputs: { x: abort } }, ({ x }) => {
      ran.push('picky');
      return x;
    });
    const model = named('after')({ x: picky({ x: named('before')() }) });
    await expect(model.flow.compute({}, { signal: controller.signal })).rejects.toThrow(flowError('CANCELLED'));
    controller = new AbortController();
    expect(() => model.flow.computeSync({}, { signal: controller.signal })).toThrow(flowError('CANCELLED'));
    expect(ran).toEqual(['before', 'before']);
  });

  test('an output schema that aborts: what is downstream does not start', async () => {
    const output = z.number().transform((n) => {
      controller.abort(reason);
      return n;
    });
    const last = flowModel({ inputs: {}, output }, () => 1);
    await expect(named('after')({ x: last() }).flow.compute({}, { signal: controller.signal })).rejects.toThrow(flowError('CANCELLED'));
    controller = new AbortController();
    await expect(last().flow.compute({}, { signal: controller.signal })).rejects.toThrow(flowError('CANCELLED'));
    expect(ran).toEqual([]);
  });
});

describe('while asynchronous bodies run', () => {
  test('compute rejects at once, also while a body ignores the signal', async () => {
    const { gate, model } = gated();
    const unhandled = await unhandledDuring(async () => {
      const result = named('after')({ x: model }).flow.compute({}, { signal: controller.signal });
      controller.abort(reason);
      expect(await rejection(result)).toMatchObject({ code: 'CANCELLED', cause: reason });
      expect(ran).toEqual(['gated']);
      gate.resolve();
      await settled();
      expect(ran).toEqual(['gated', 'gated done']);
    });
    expect(unhandled).toEqual([]);
    expect(listeners()).toBe(0);
  });

  test('a body that fails after the abort is nobody’s business', async () => {
    const { gate, model } = gated();
    const unhandled = await unhandledDuring(async () => {
      const result = model.flow.compute({}, { signal: controller.signal });
      controller.abort();
      gate.reject(new Error('late'));
      await expect(result).rejects.toThrow(flowError('CANCELLED'));
    });
    expect(unhandled).toEqual([]);
  });

  test('between two bodies: what waited does not start', async () => {
    const first = gated('first');
    const result = named('after')({ x: first.factory({ x: 1 }) }).flow.compute({}, { signal: controller.signal });
    await settled();
    // The body finishes and the signal aborts before the run hears of it.
    first.gate.resolve();
    controller.abort(reason);
    expect(await rejection(result)).toMatchObject({ cause: reason });
    await settled();
    expect(ran).toEqual(['first', 'first done']);
  });

  test('when a body has finished first, its result counts', async () => {
    const { gate, model } = gated();
    const result = model.flow.compute({}, { signal: controller.signal });
    gate.resolve();
    expect((await result).value).toBe(1);
    controller.abort();
    expect((await result).value).toBe(1);
  });

  test('what waits for a free place does not start', async () => {
    const first = gated('first');
    const second = gated('second');
    const result = sum({ a: first.model, b: second.model }).flow.compute({}, { signal: controller.signal, concurrency: 1 });
    controller.abort();
    await expect(result).rejects.toThrow(flowError('CANCELLED'));
    first.gate.resolve();
    await settled();
    expect(ran).toEqual(['first', 'first done']);
  });

  test('run.signal fires, with the error of compute as its reason', async () => {
    let heard: unknown;
    const listening = flowModel({ inputs: {} }, (_, run) => {
      const { signal } = run;
      return new Promise<number>((__, reject) => {
        signal.addEventListener('abort', () => {
          heard = signal.reason;
          reject(reason);
        });
      });
    });
    const unhandled = await unhandledDuring(async () => {
      const result = listening().flow.compute({}, { signal: controller.signal });
      controller.abort(reason);
      const error = await rejection(result);
      expect(error).toMatchObject({ code: 'CANCELLED', cause: reason });
      expect(heard).toBe(error);
    });
    expect(unhandled).toEqual([]);
  });

  test('run.signal is aborted for a body that looks at it only later', async () => {
    const { gate, model } = gated();
    const seen: boolean[] = [];
    const looking = flowModel({ inputs: { model: ModelInput(z.number()) } }, async (_, run) => {
      await gate.promise;
      seen.push(run.signal.aborted);
      return 1;
    });
    const result = looking({ model }).flow.compute({}, { signal: controller.signal });
    controller.abort();
    await expect(result).rejects.toThrow(flowError('CANCELLED'));
    gate.resolve();
    await settled();
    expect(seen).toEqual([true]);
  });

  test('a body that throws out of its abort listener breaks nothing', async () => {
    const rude = flowModel({ inputs: {} }, (_, run) => {
      const gate = deferred<number>();
      run.signal.addEventListener('abort', () => gate.reject(new Error('aborted')));
      return gate.promise;
    });
    const unhandled = await unhandledDuring(async () => {
      const result = sum({ a: rude(), b: rude() }).flow.compute({}, { signal: controller.signal });
      controller.abort();
      await expect(result).rejects.toThrow(flowError('CANCELLED'));
    });
    expect(unhandled).toEqual([]);
  });
});

describe('what bodies ask for after the abort', () => {
  async function afterAbort(ask: (run: FlowRun, thunk: (() => Promise<number>) & { sync(): number }, model: CallableModel<number>) => unknown): Promise<unknown> {
    const gate = deferred();
    const leaf = named('leaf');
    let outcome: unknown;
    const body = flowModel({ inputs: { x: Lazy(z.number()), model: ModelInput(z.number()) } }, async ({ x, model }, run) => {
      await gate.promise;
      try {
        outcome = await ask(run, x, model);
      } catch (error) {
        outcome = error;
      }
      return 1;
    });
    const result = body({ x: leaf(), model: leaf() }).flow.compute({}, { signal: controller.signal });
    controller.abort(reason);
    await expect(result).rejects.toThrow(flowError('CANCELLED'));
    gate.resolve();
    await settled();
    expect(ran).toEqual([]);
    return outcome;
  }

  const cancelled = expect.objectContaining({ code: 'CANCELLED', cause: reason }) as Error;

  test('is refused: run.compute', async () => {
    expect(await afterAbort((run, _, model) => run.compute(model))).toEqual(cancelled);
  });

  test('is refused: run.computeSync', async () => {
    expect(await afterAbort((run, _, model) => run.computeSync(model))).toEqual(cancelled);
  });

  test('is refused: a thunk', async () => {
    expect(await afterAbort((_, thunk) => thunk())).toEqual(cancelled);
  });

  test('is refused: thunk.sync()', async () => {
    expect(await afterAbort((_, thunk) => thunk.sync())).toEqual(cancelled);
  });
});

describe('bodies that wait when the signal aborts', () => {
  test('in run.compute: they are told at once, and what they waited for is let be', async () => {
    const { gate, model } = gated();
    let told: unknown;
    const waiting = flowModel({ inputs: { model: ModelInput(z.number()) } }, async ({ model }, run) => {
      try {
        return await run.compute(model);
      } catch (error) {
        told = error;
        throw error;
      }
    });
    const unhandled = await unhandledDuring(async () => {
      const result = waiting({ model }).flow.compute({}, { signal: controller.signal });
      await settled();
      controller.abort(reason);
      const error = await rejection(result);
      await settled();
      expect(told).toBe(error);
      gate.resolve();
    });
    expect(unhandled).toEqual([]);
  });

  test('in thunks, nested in one another', async () => {
    const { gate, model } = gated();
    const told: string[] = [];
    const waiting = flowModel({ inputs: { name: z.string(), x: Lazy(z.number()) } }, async ({ name, x }) => {
      try {
        return await x();
      } finally {
        told.push(name);
      }
    });
    const unhandled = await unhandledDuring(async () => {
      const result = waiting({ name: 'outer', x: waiting({ name: 'inner', x: model }) }).flow.compute({}, { signal: controller.signal });
      await settled();
      controller.abort();
      await expect(result).rejects.toThrow(flowError('CANCELLED'));
      await settled();
      expect(told.toSorted()).toEqual(['inner', 'outer']);
      gate.resolve();
    });
    expect(unhandled).toEqual([]);
  });

  test('and never awaited it: nothing crashes', async () => {
    const { model } = gated();
    const careless = flowModel({ inputs: { x: Lazy(z.number()), model: ModelInput(z.number()) } }, async ({ x, model }, run) => {
      void x();
      void run.compute(model);
      void run.compute(named('bare')());
      return new Promise<number>(() => {});
    });
    const unhandled = await unhandledDuring(async () => {
      const result = careless({ x: model, model }).flow.compute({}, { signal: controller.signal });
      await settled();
      controller.abort();
      await expect(result).rejects.toThrow(flowError('CANCELLED'));
    });
    expect(unhandled).toEqual([]);
  });

  test('and catch it: they cannot go on asking', async () => {
    const { model } = gated();
    let second: unknown;
    const stubborn = flowModel({ inputs: { model: ModelInput(z.number()) } }, async ({ model }, run) => {
      await run.compute(model).catch(() => {});
      second = await run.compute(named('more')()).catch((error: unknown) => error);
      return 1;
    });
    const result = stubborn({ model }).flow.compute({}, { signal: controller.signal });
    await settled();
    controller.abort();
    await expect(result).rejects.toThrow(flowError('CANCELLED'));
    await settled();
    expect(second).toMatchObject({ code: 'CANCELLED' });
    expect(ran).toEqual(['gated']);
  });

  test('in deps of class models', async () => {
    const { gate, model } = gated();
    class Ahead extends modelClass({ output: z.number() }) {
      override async deps() {
        ran.push('deps');
        await gate.promise;
        return [{ model, contexts: [{}] }];
      }
      call(): number {
        ran.push('call');
        return 1;
      }
    }
    const unhandled = await unhandledDuring(async () => {
      const result = new Ahead().flow.compute({}, { signal: controller.signal });
      await settled();
      controller.abort();
      await expect(result).rejects.toThrow(flowError('CANCELLED'));
      gate.resolve();
      await settled();
      expect(ran).toEqual(['deps']);
    });
    expect(unhandled).toEqual([]);
  });
});

describe('the signal is left as it was', () => {
  const reader = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
  const broken = flowModel({ inputs: {} }, (): number => {
    throw new Error('no data');
  });
  const later = flowModel({ inputs: { x: z.number() } }, async ({ x }) => x);
  const cases: { what: string; act: (signal: AbortSignal) => unknown }[] = [
    { what: 'a synchronous result', act: (signal) => reader().flow.compute({ n: 1 }, { signal }) },
    { what: 'computeSync', act: (signal) => reader().flow.computeSync({ n: 1 }, { signal }) },
    { what: 'an asynchronous result', act: (signal) => later({ x: 1 }).flow.compute({}, { signal }) },
    { what: 'a failure', act: (signal) => broken().flow.compute({}, { signal }) },
    { what: 'a failure of computeSync', act: (signal) => broken().flow.computeSync({}, { signal }) },
    { what: 'an asynchronous failure', act: (signal) => sum({ a: later({ x: 1 }), b: later({ x: broken() }) }).flow.compute({}, { signal }) },
    { what: 'what is missing up front', act: (signal) => (reader() as CallableModel<number>).flow.compute({}, { signal }) },
    { what: 'ASYNC_IN_SYNC', act: (signal) => later({ x: 1 }).flow.computeSync({}, { signal }) },
    { what: 'an invalid option', act: (signal) => reader().flow.compute({ n: 1 }, { signal, concurrency: 0 }) },
  ];

  test.each(cases)('after $what', async ({ act }) => {
    let added = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      added++;
      add(...args);
    };
    await new Promise((resolve) => {
      resolve(act(signal));
    }).catch(() => {});
    expect(listeners()).toBe(0);
    expect(added).toBeLessThanOrEqual(1);
  });

  test('while a run goes on it has one listener, whatever nests inside', async () => {
    const { gate, model } = gated();
    const ask = flowModel({ inputs: { x: Lazy(z.number()), model: ModelInput(z.number()) } }, async ({ x, model }, run) => (await x()) + (await run.compute(model)));
    const result = ask({ x: model, model }).flow.compute({}, { signal: controller.signal });
    await settled();
    expect(listeners()).toBe(1);
    gate.resolve();
    await result;
    expect(listeners()).toBe(0);
  });

  test('1,000 runs with one signal leave nothing behind, and one abort ends those under way', async () => {
    const { model } = gated();
    for (let i = 0; i < 1000; i++) await later({ x: i }).flow.compute({}, { signal: controller.signal });
    expect(listeners()).toBe(0);
    const results = Array.from({ length: 20 }, () => model.flow.compute({}, { signal: controller.signal }));
    const outcomes = Promise.allSettled(results);
    controller.abort();
    expect((await outcomes).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'rejected'));
    expect(listeners()).toBe(0);
  });
});

describe('AbortSignal.timeout and AbortSignal.any', () => {
  test('are signals like others', async () => {
    const { model } = gated();
    const error = await rejection(model.flow.compute({}, { signal: AbortSignal.any([AbortSignal.timeout(1), controller.signal]) }));
    expect(error).toMatchObject({ code: 'CANCELLED', cause: { name: 'TimeoutError' } });
  });
});
