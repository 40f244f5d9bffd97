// §1.1 and §6: Lazy inputs, dependencies that run when the body calls for them.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, flowModel, FlowResult, FromContext, GenericResult, Lazy, modelClass } from '@flowmodel/core';
import { flowError, thrownBy } from './flow-error.ts';

const maybe = flowModel({ name: 'maybe', inputs: { current: z.number(), fallback: Lazy(z.number()), threshold: FromContext(z.number()) } }, async ({ current, fallback, threshold }) =>
  current > threshold ? current : fallback(),
);
const maybeSync = flowModel({ name: 'maybeSync', inputs: { current: z.number(), fallback: Lazy(z.number()), threshold: FromContext(z.number()) } }, ({ current, fallback, threshold }) =>
  current > threshold ? current : fallback.sync(),
);
const leaf = flowModel({ name: 'leaf', inputs: { v: FromContext(z.number()) } }, ({ v }) => v);

/** A model that notes its runs: 10 times the value in the context. */
function counted(body: (value: number) => number | Promise<number> = (value) => value * 10) {
  const runs: number[] = [];
  const model = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => {
    runs.push(value);
    return body(value);
  });
  return { model: model(), runs };
}

describe('on demand', () => {
  test('CC-LAZY-01 the dependency runs only when the body calls the thunk', async () => {
    const { model, runs } = counted();
    expect((await maybe({ current: 50, fallback: model }).flow.compute({ value: 3, threshold: 10 })).value).toBe(50);
    expect(runs).toEqual([]);
    expect((await maybe({ current: 5, fallback: model }).flow.compute({ value: 3, threshold: 10 })).value).toBe(30);
    expect(runs).toEqual([3]);
  });

  test('CC-LAZY-01 thunk.sync() does the same without promises', () => {
    const { model, runs } = counted();
    expect(maybeSync({ current: 50, fallback: model }).flow.computeSync({ value: 3, threshold: 10 }).value).toBe(50);
    expect(runs).toEqual([]);
    expect(maybeSync({ current: 5, fallback: model }).flow.computeSync({ value: 3, threshold: 10 }).value).toBe(30);
    expect(runs).toEqual([3]);
  });

  test('CC-LAZY-09 nothing upstream of an unused branch runs ahead either', async () => {
    const { model, runs } = counted();
    const relay = flowModel({ inputs: { x: z.number() } }, ({ x }) => x);
    await maybe({ current: 50, fallback: relay({ x: relay({ x: model }) }) }).flow.compute({ value: 3, threshold: 10 });
    expect(runs).toEqual([]);
  });

  test('the branch starts when the thunk is called, after the eager inputs', async () => {
    const order: string[] = [];
    const eager = flowModel({ inputs: {} }, () => order.push('eager'));
    const lazy = flowModel({ inputs: {} }, () => order.push('lazy'));
    const both = flowModel({ inputs: { late: Lazy(z.number()), early: z.number() } }, async ({ late }) => {
      order.push('body');
      await late();
      return order.push('end');
    });
    await both({ late: lazy(), early: eager() }).flow.compute();
    expect(order).toEqual(['eager', 'body', 'lazy', 'end']);
  });

  test('a lazy input may stand behind a lazy input', async () => {
    const { model, runs } = counted();
    const outer = maybe({ current: 1, fallback: maybe({ current: 2, fallback: model }) });
    expect((await outer.flow.compute({ value: 3, threshold: 10 })).value).toBe(30);
    expect((await outer.flow.compute({ value: 3, threshold: 1 })).value).toBe(2);
    expect(runs).toEqual([3]);
  });

  test('an asynchronous branch is awaited; sync() of one is ASYNC_IN_SYNC', async () => {
    const { model } = counted((value) => Promise.resolve(value + 1));
    expect((await maybe({ current: 5, fallback: model }).flow.compute({ value: 3, threshold: 10 })).value).toBe(4);
    await expect(maybeSync({ current: 5, fallback: model }).flow.compute({ value: 3, threshold: 10 })).rejects.toThrow(flowError('ASYNC_IN_SYNC'));
  });
});

describe('sharing', () => {
  test('CC-LAZY-02 a thunk called twice runs its dependency once', async () => {
    const { model, runs } = counted();
    const twice = flowModel({ inputs: { p: Lazy(z.number()) } }, async ({ p }) => {
      const [a, b] = await Promise.all([p(), p()]);
      return a + b + (await p()) + p.sync();
    });
    expect((await twice({ p: model }).flow.compute({ value: 1 })).value).toBe(40);
    expect(runs).toEqual([1]);
  });

  test('two lazy inputs bound to one model share its evaluation, with eager consumers too', async () => {
    const { model, runs } = counted();
    const both = flowModel({ inputs: { p: Lazy(z.number()), q: Lazy(z.number()), r: z.number() } }, async ({ p, q, r }) => (await p()) + (await q()) + r);
    expect((await both({ p: model, q: model, r: model }).flow.compute({ value: 1 })).value).toBe(30);
    expect(runs).toEqual([1]);
  });

  test('each of two consumers parses the shared value by its own schema', async () => {
    const text = flowModel({ inputs: {} }, () => '7');
    const both = flowModel({ inputs: { asText: Lazy(z.string()), asNumber: Lazy(z.coerce.number()) } }, async ({ asText, asNumber }) => [await asText(), await asNumber()]);
    expect((await both({ asText: text(), asNumber: text() as never }).flow.compute({} as never)).value).toEqual(['7', 7]);
  });

  test('a failure is remembered for the run: calling again neither runs again nor changes it', async () => {
    let runs = 0;
    const failure = new Error('failed');
    const broken = flowModel({ inputs: {} }, (): number => {
      runs++;
      throw failure;
    });
    const stubborn = flowModel({ inputs: { p: Lazy(z.number()) } }, async ({ p }) => {
      const seen: unknown[] = [];
      for (let i = 0; i < 2; i++) await p().catch((error: unknown) => seen.push(error));
      seen.push(thrownBy(() => p.sync()));
      return seen;
    });
    const { value } = await stubborn({ p: broken() }).flow.compute();
    expect(value.map((error) => error === failure)).toEqual([true, true, true]);
    expect(runs).toBe(1);
  });

  test('a thunk called and not awaited is no crash', async () => {
    const broken = flowModel({ inputs: {} }, () => Promise.reject<number>(new Error('nobody waits for this')));
    const careless = flowModel({ inputs: { p: Lazy(z.number()) } }, ({ p }) => {
      void p();
      return 1;
    });
    expect((await careless({ p: broken() }).flow.compute()).value).toBe(1);
  });

  test('another run evaluates anew', async () => {
    const { model, runs } = counted();
    const graph = maybe({ current: 5, fallback: model });
    await graph.flow.compute({ value: 3, threshold: 10 });
    await graph.flow.compute({ value: 3, threshold: 10 });
    expect(runs).toEqual([3, 3]);
  });

  test('CC-LAZY-13 a lazy branch is part of the identity of its consumer: contexts that differ only there are different evaluations', async () => {
    const { model } = counted();
    const graph = maybe({ current: 5, fallback: model });
    const pair = flowModel({ inputs: { left: z.number(), right: z.number(), same: z.number() } }, ({ left, right, same }) => [left, right, same]);
    const branches = { left: graph.flow.withContext({ value: 1 }), right: graph.flow.withContext({ value: 2 }), same: graph };
    expect((await pair(branches).flow.compute({ value: 1, threshold: 10 })).value).toEqual([10, 20, 10]);
  });
});

describe('values', () => {
  test('CC-LAZY-05 the value is parsed by the schema of the input', async () => {
    const text = flowModel({ inputs: {} }, () => '7');
    const sum = flowModel({ inputs: { p: Lazy(z.coerce.number()) } }, async ({ p }) => (await p()) + 3);
    expect((await sum({ p: text() as never }).flow.compute({} as never)).value).toBe(10);
  });

  test('CC-LAZY-05 a value that it rejects is INVALID_RESULT from the thunk, which the body may catch', async () => {
    const word = flowModel({ name: 'word', inputs: {} }, () => 'many' as never);
    const sum = flowModel({ name: 'sum', inputs: { p: Lazy(z.number()) } }, async ({ p }) => (await p()) + 3);
    await expect(sum({ p: word() }).flow.compute()).rejects.toThrow(flowError('INVALID_RESULT', 'sum', "'p'", 'word', '"many"'));
    const careful = flowModel({ inputs: { p: Lazy(z.number()) } }, ({ p }) => p().catch(() => -1));
    expect((await careful({ p: word() }).flow.compute()).value).toBe(-1);
  });

  test('CC-LAZY-11 a GenericResult is unwrapped, another result is passed whole', async () => {
    class Pair extends FlowResult {
      readonly items = [1, 2];
    }
    const boxed = flowModel({ inputs: {} }, () => new GenericResult(4));
    const whole = flowModel({ inputs: {} }, () => new Pair());
    const both = flowModel({ inputs: { p: Lazy(z.number()), q: Lazy(z.instanceof(Pair)) } }, async ({ p, q }) => (await p()) + (await q()).items.length);
    expect((await both({ p: boxed(), q: whole() }).flow.compute()).value).toBe(6);
  });

  test('an unbound Lazy of an optional schema is undefined', async () => {
    const perhaps = flowModel({ inputs: { p: Lazy(z.number().optional()) } }, async ({ p }) => (p === undefined ? 'none' : await p()));
    expect((await perhaps().flow.compute()).value).toBe('none');
    expect((await perhaps({ p: leaf() }).flow.compute({ v: 1 })).value).toBe(1);
  });

  test('an unbound Lazy of another schema is UNBOUND_INPUT before any body runs', () => {
    expect(() => maybeSync({ current: 50 }).flow.computeSync({ threshold: 10 } as never)).toThrow(flowError('UNBOUND_INPUT', 'fallback'));
  });
});

describe('binding', () => {
  test.each([[5], ['leaf'], [null], [() => 5], [{ model: 1 }], [[leaf()]]])('CC-LAZY-06 a literal is BIND: %o', (literal) => {
    expect(() => maybe({ current: 1, fallback: literal as never })).toThrow(flowError('BIND', 'maybe', "'fallback'", 'Lazy', 'model'));
  });

  test('CC-LAZY-07 a string is not looked up by name, though a definition of that name exists', () => {
    expect(() => maybe({ current: 1, fallback: 'maybeSync' as never })).toThrow(flowError('BIND', "'fallback'", '"maybeSync"'));
  });

  test('a factory is BIND', () => {
    expect(() => maybe({ current: 1, fallback: leaf as never })).toThrow(flowError('BIND', "'fallback'"));
  });

  test('CC-LAZY-12 a class-based model has no Lazy inputs', () => {
    expect(() => modelClass({ name: 'LazyClass', inputs: { p: Lazy(z.number()) } })).toThrow(flowError('DEFINITION', 'LazyClass', "'p'"));
  });
});

describe('context', () => {
  test('CC-LAZY-08 what an unused branch lacks does not matter', async () => {
    const graph = maybe({ current: 50, fallback: leaf() });
    expect((await graph.flow.compute({ threshold: 10 } as never)).value).toBe(50);
    expect((await graph.flow.compute({ threshold: 10, v: 'no number' as never })).value).toBe(50);
  });

  test('CC-LAZY-08 when the thunk is called it is MISSING_CONTEXT, with the path', async () => {
    const graph = maybe({ current: 5, fallback: leaf() });
    await expect(graph.flow.compute({ threshold: 10 } as never)).rejects.toThrow(flowError('MISSING_CONTEXT', 'v: number', 'maybe.fallback'));
    await expect(graph.flow.compute({ threshold: 10, v: 'no number' as never })).rejects.toThrow(flowError('INVALID_CONTEXT', 'v: number', '"no number"'));
    expect(() => maybeSync({ current: 5, fallback: leaf() }).flow.computeSync({ threshold: 10 } as never)).toThrow(flowError('MISSING_CONTEXT', 'v: number', 'maybeSync.fallback'));
  });

  test('CC-LAZY-08 so it is with the unbound inputs of a lazy branch', async () => {
    const sum = flowModel({ name: 'sum2', inputs: { a: z.number() } }, ({ a }) => a);
    const graph = maybe({ current: 50, fallback: sum() });
    expect((await (graph.flow.compute as (context: object) => Promise<GenericResult<number>>)({ threshold: 10 })).value).toBe(50);
    await expect((graph.flow.compute as (context: object) => Promise<unknown>)({ threshold: 60 })).rejects.toThrow(flowError('UNBOUND_INPUT', 'a: number', 'maybe.fallback'));
  });

  test('a body may catch what a branch lacks', async () => {
    const careful = flowModel({ inputs: { p: Lazy(z.number()) } }, ({ p }) => p().catch(() => -1));
    expect((await careful({ p: leaf() }).flow.compute({} as never)).value).toBe(-1);
  });

  test('a branch is seen in the context of its consumer, rewrites included', async () => {
    const { model, runs } = counted();
    const plus = contextTransform({ inputs: { value: FromContext(z.number()) } }, ({ value }) => value + 1);
    const inner = maybe({ current: 5, fallback: model.flow.withContext({ value: plus() }) });
    expect((await inner.flow.withContext({ value: 4 }).flow.compute({ threshold: 10 })).value).toBe(50);
    expect(runs).toEqual([5]);
  });

  test('CC-LAZY-10 an override of the run that names the wrapper holds when the thunk runs', async () => {
    const wrapper = counted().model.flow.withContext({ value: 3 });
    const overrides = [{ models: [wrapper], body: ({ value }: { value: number }) => value + 100 }];
    expect((await maybe({ current: 5, fallback: wrapper }).flow.compute({ threshold: 10 }, { overrides })).value).toBe(103);
  });
});

describe('the end of the run', () => {
  test('a thunk called after its run is over is CANCELLED', async () => {
    let kept: (() => Promise<number>) | undefined;
    const keep = flowModel({ inputs: { p: Lazy(z.number()) } }, ({ p }) => {
      kept = p;
      return 1;
    });
    const { model, runs } = counted();
    await keep({ p: model }).flow.compute({ value: 1 });
    await expect(kept?.()).rejects.toThrow(flowError('CANCELLED'));
    expect(runs).toEqual([]);
  });
});
