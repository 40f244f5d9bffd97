/**
 * The limitations of the reference that its catalogue ends with (L1–L30), each as what happens here instead. The others stand with their subject:
 * L4 and L12 in evaluators/graph-evaluator.test.ts; L5, L6, L7 in keys.test.ts; L9 in memory-cache.test.ts; L10 in cache.test.ts; L11, L13, L14, L22, L23 and L24 in evaluators/evaluators.test.ts.
 */
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { closedContext, contextTransform, Dependency, flowModel, FlowError, FlowContext, flowPathOf, FromContext, fromField, graphOf, keyOf, Lazy, memoryCache, modelClass, modelFromJSON, ModelInput } from '@flowmodel/core';
import type { CallableModel, ContextOf, FlowRun, ValueOf } from '@flowmodel/core';
import { deferred, settled } from './deferred.ts';
import { refusal, rejection } from './refusal.ts';

const reads = flowModel({ name: 'limits.reads', inputs: { month: FromContext(z.number()) } }, ({ month }) => month);
const add = flowModel({ name: 'limits.add', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
const plus = contextTransform({ name: 'limits.plus', inputs: { month: FromContext(z.number()), by: z.number() }, output: z.number() }, ({ month, by }) => month + by);

describe('evaluation', () => {
  test('L1 bodies may be asynchronous, and a promise in the wrong place is an error that says so', async () => {
    const later = flowModel({ name: 'limits.later', inputs: { n: z.number() } }, async ({ n }) => n * 2);
    const graph = add({ a: later({ n: 2 }), b: 1 });
    expect((await graph.flow.compute()).value).toBe(5);
    expect(refusal(() => graph.flow.computeSync())).toMatchObject({ code: 'ASYNC_IN_SYNC', message: expect.stringContaining('limits.later') });
  });

  test('L2 what does not wait for each other runs at the same time: three bodies that only go on together', async () => {
    let here = 0;
    const all = deferred();
    const meets = flowModel({ name: 'limits.meets', inputs: { i: z.number() } }, async ({ i }) => {
      if (++here === 3) all.resolve();
      await all.promise;
      return i;
    });
    const list = flowModel({ name: 'limits.list', inputs: { xs: Dependency(z.array(z.number())) } }, ({ xs }) => xs);
    expect((await list({ xs: [1, 2, 3].map((i) => meets({ i })) }).flow.compute()).value).toEqual([1, 2, 3]);
  });

  test('L3 a shared model runs once per run, without a cache: a ladder of 40 joins has 2^40 paths and 41 bodies', () => {
    let bodies = 0;
    const join = flowModel({ name: 'limits.join', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => (bodies++, (a + b) % 1000));
    let top: CallableModel<number> = join({ a: 1, b: 1 });
    for (let i = 0; i < 40; i++) top = join({ a: top, b: top });
    top.flow.computeSync();
    expect(bodies).toBe(41);
  });

  test('L8 models are found at any depth of a marked container, beside literals; optional and nullable ones too', async () => {
    const deep = flowModel({ name: 'limits.deep', inputs: { parts: Dependency(z.object({ rows: z.array(z.array(z.record(z.string(), z.number()))), extra: z.number().nullable().optional() })) } }, ({ parts }) => parts);
    const { value } = await deep({ parts: { rows: [[{ x: reads(), y: 2 }], []], extra: add({ a: reads(), b: 1 }) } }).flow.compute({ month: 5 });
    expect(value).toEqual({ rows: [[{ x: 5, y: 2 }], []], extra: 6 });
    expect((await deep({ parts: { rows: [], extra: null } }).flow.compute()).value).toEqual({ rows: [], extra: null });
  });

  test('L25 a lazy branch is one evaluation with eager consumers and other lazy ones, its failure included, and it is in the graph', async () => {
    let bodies = 0;
    const fails = flowModel({ name: 'limits.fails', inputs: {} }, (): number => {
      bodies++;
      throw new Error('no data');
    });
    const tries = flowModel({ name: 'limits.tries', inputs: { x: Lazy(z.number()), y: Lazy(z.number()) } }, async ({ x, y }) => {
      const outcomes = await Promise.allSettled([x(), x(), y()]);
      return new Set(outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Error) : undefined))).size;
    });
    const shared = fails();
    const graph = add({ a: tries({ x: shared, y: shared }), b: tries({ x: shared, y: shared }) });
    expect((await graph.flow.compute()).value).toBe(2); // one and the same error object each
    expect(bodies).toBe(1);
    expect(graphOf(graph).edges.filter(({ lazy }) => lazy)).toHaveLength(4);
  });

  test('L27 what is rewritten or parsed to the same value is cut off before a body runs; equal results of different bodies are not', async () => {
    let bodies = 0;
    const rounded = flowModel({ name: 'limits.rounded', inputs: { v: FromContext(z.number().transform(Math.round)) } }, ({ v }) => (bodies++, v));
    const parity = contextTransform({ name: 'limits.parity', inputs: { raw: FromContext(z.number()) }, output: z.number() }, ({ raw }) => raw % 2);
    const cache = memoryCache();
    for (const v of [1, 1.1, 0.9]) await rounded().flow.compute({ v }, { cache });
    for (const raw of [1, 3, 5]) await rounded().flow.withContext({ v: parity() }).flow.compute({ raw }, { cache });
    expect(bodies).toBe(1);
    const one = flowModel({ name: 'limits.one', inputs: {} }, () => 1);
    expect(keyOf(add({ a: one(), b: 0 }))).not.toBe(keyOf(add({ a: 1, b: 0 }))); // keys are made of what goes in, so that they are known before anything runs
  });

  test('L29 5,000 definitions at work in overlapping runs each parse by their own schema', async () => {
    const models = Array.from({ length: 5000 }, (_, i) =>
      flowModel({ inputs: { n: FromContext(z.number().transform((n) => n + i)) } }, async ({ n }) => {
        if (i % 500 === 0) await settled();
        return n;
      })(),
    );
    const values = await Promise.all(models.map((model) => model.flow.compute({ n: 1 }).then(({ value }) => value)));
    expect(values.every((value, i) => value === i + 1)).toBe(true);
  });

  test('L30 deps of a class model only say what to begin with: too few, too many or others change no result and no key', async () => {
    const leaf = flowModel({ name: 'limits.leaf', inputs: { n: FromContext(z.number()) } }, async ({ n }) => n);
    const context = z.object({ n: z.number() });
    const make = (name: string, contexts: readonly object[] | undefined) => {
      class Sum extends modelClass({ name, inputs: {}, context, output: z.number() }) {
        override deps() {
          return contexts === undefined ? [] : [{ model: leaf(), contexts }];
        }
        async call({ n }: { n: number }, run: FlowRun): Promise<number> {
          return (await run.compute(leaf(), { n })) + (await run.compute(leaf(), { n: n + 1 }));
        }
      }
      return new Sum({});
    };
    for (const [name, contexts] of [['none', undefined], ['few', [{ n: 1 }]], ['all', [{ n: 1 }, { n: 2 }]], ['others', [{ n: 77 }]]] as const) expect((await make(`limits.sum.${name}`, contexts).flow.compute({ n: 1 })).value).toBe(3);
    const lied = make('limits.sum.lied', [{ n: 77 }]);
    const cache = memoryCache();
    expect((await lied.flow.compute({ n: 1 }, { cache })).value).toBe(3);
    expect((await lied.flow.compute({ n: 1 }, { cache })).value).toBe(3);
  });
});

describe('the context', () => {
  test('L15 everything that is missing or wrong anywhere is one error, before any body runs', async () => {
    let bodies = 0;
    const costly = flowModel({ name: 'limits.costly', inputs: { day: FromContext(z.number()) } }, () => ++bodies);
    const last = flowModel({ name: 'limits.last', inputs: { a: z.number(), b: z.number(), unit: FromContext(z.enum(['km', 'mi'])) } }, ({ a }) => a);
    const error = await rejection(last({ a: costly(), b: reads() }).flow.compute({ day: 1, unit: 'ft' } as never));
    expect(error.code).toBe('MISSING_CONTEXT');
    expect(error.message).toContain('month');
    expect(error.message).toContain('unit');
    expect(bodies).toBe(0);
  });

  test('L16 what the whole graph needs is one list, with who needs it', () => {
    const graph = add({ a: reads(), b: add({ a: reads().flow.withContext({ month: fromField('base', z.number()) }), b: 1 }) });
    const needs = graph.flow.inspect().graph.requiredInputs;
    expect(Object.keys(needs).toSorted()).toEqual(['base', 'month']);
    expect(needs['month']).toMatchObject({ type: 'number', neededBy: ['limits.add.a'] });
  });

  test('L17 withContext reaches fields that only upstream models read; a clash of names is solved by renaming or by closing the context', async () => {
    const graph = add({ a: reads(), b: 100 });
    expect((await graph.flow.withContext({ month: 3 }).flow.compute()).value).toBe(103);
    const other = flowModel({ name: 'limits.other', inputs: { month: FromContext(z.string()) } }, ({ month }) => month.length); // the same name, another meaning
    const renamed = add({ a: reads(), b: other().flow.withContext({ month: fromField('monthName', z.string()) }) });
    expect((await renamed.flow.compute(new FlowContext({ month: 3, monthName: 'March' }) as never)).value).toBe(8);
    const closed = add({ a: reads(), b: other().flow.withContext(closedContext(), { month: 'May' }) });
    expect((await closed.flow.compute(new FlowContext({ month: 3 }) as never)).value).toBe(6);
  });

  test('L18 transforms compose through nesting, and each runs once per run and incoming context', async () => {
    let transforms = 0;
    const counted = contextTransform({ name: 'limits.counted', inputs: { month: FromContext(z.number()) }, output: z.number() }, ({ month }) => (transforms++, month + 10));
    const through = flowModel({ name: 'limits.through', inputs: { x: z.number() } }, ({ x }) => x);
    const nested = through({ x: reads().flow.withContext({ month: plus({ by: 10 }) }) }).flow.withContext({ month: plus({ by: 2 }) });
    expect((await nested.flow.compute({ month: 5 })).value).toBe(17);
    const rewritten = [reads(), reads(), reads()].map((model) => model.flow.withContext({ month: counted() }));
    expect((await add({ a: add({ a: rewritten[0]!, b: rewritten[1]! }), b: rewritten[2]! }).flow.compute({ month: 1 }, { cache: memoryCache() })).value).toBe(33);
    expect(transforms).toBe(1);
  });

  test('L19 a patch for a field that nobody reads is refused where it is given, by name, and by the compiler', () => {
    const patch = contextTransform({ name: 'limits.patch', inputs: {}, patches: { mont: z.number() } }, () => ({ mont: 1 }));
    // @ts-expect-error nothing in the branch reads 'mont'
    const error = refusal(() => reads().flow.withContext(patch()));
    expect(error).toMatchObject({ code: 'WITH_CONTEXT', message: expect.stringMatching(/mont.*month/s) });
  });

  test('L21 a name that is no field is told, on wrappers too: regular ones are refused, near misses named', async () => {
    const wrapped = add({ a: reads(), b: 1 }).flow.withContext({ month: plus({ by: 1 }) });
    expect(await rejection(wrapped.flow.compute({ month: 1, b: 5 } as never))).toMatchObject({ code: 'REGULAR_OVERRIDE' });
    expect((await rejection(wrapped.flow.compute({ mnth: 1 } as never))).message).toContain("did you mean 'month'");
  });

  test('L20 constraints hold wherever a value comes from: literal, default, context, upstream; a marker in the wrong place is refused', async () => {
    const small = flowModel({ name: 'limits.small', inputs: { n: z.number().max(9), m: FromContext(z.number().max(9)) } }, ({ n, m }) => n + m);
    expect(refusal(() => small({ n: 10 })).code).toBe('BIND');
    expect(refusal(() => small({ m: 10 })).code).toBe('BIND');
    expect((await rejection(small({ n: 1 }).flow.compute({ m: 10 }))).code).toBe('INVALID_CONTEXT');
    expect((await rejection(small({ n: add({ a: 5, b: 5 }) }).flow.compute({ m: 1 }))).code).toBe('INVALID_RESULT');
    expect(refusal(() => flowModel({ inputs: { xs: z.array(FromContext(z.number()) as never) } }, () => 1)).code).toBe('DEFINITION');
  });
});

describe('beside running', () => {
  test('L26 a document keeps sharing, names its definitions and carries no code; the other side computes the same', async () => {
    const shared = reads().flow.withContext({ month: plus({ by: 2 }) });
    const graph = add({ a: shared, b: shared });
    const text = JSON.stringify(graph);
    const { nodes } = JSON.parse(text) as { readonly nodes: Readonly<Record<string, { readonly model?: string }>> };
    expect(Object.values(nodes).filter(({ model }) => model === 'limits.reads')).toHaveLength(1);
    expect(text).not.toMatch(/=>|function/);
    const back = modelFromJSON(JSON.parse(text) as object);
    expect(back.inputs['a']).toBe(back.inputs['b']);
    expect([(await back.flow.compute({ month: 1 })).value, keyOf(back, { month: 1 })]).toEqual([6, keyOf(graph, { month: 1 })]);
  });

  test('L24 an error names the way to it, also through lazy, container and nested edges', async () => {
    const broken = flowModel({ name: 'limits.broken', inputs: {} }, (): number => {
      throw new Error('no data');
    });
    const lazily = flowModel({ name: 'limits.lazily', inputs: { l: Lazy(z.number()) } }, async ({ l }) => l());
    const list = flowModel({ name: 'limits.listed', inputs: { xs: Dependency(z.array(z.number())) } }, ({ xs }) => xs.length);
    const asks = flowModel({ name: 'limits.asks', inputs: { m: ModelInput(z.number()) } }, async ({ m }, run: FlowRun) => run.compute(m));
    const error = await asks({ m: list({ xs: [1, lazily({ l: broken() })] }) }).flow.compute().catch((thrown: unknown) => thrown);
    expect(flowPathOf(error)).toEqual(['limits.asks', 'limits.listed', 'xs[1]', 'l', 'limits.broken']);
    const long = await rejection(flowModel({ name: 'limits.long', inputs: { s: FromContext(z.number()) } }, ({ s }) => s)().flow.compute({ s: 'x'.repeat(10_000) } as never));
    expect(long.message.length).toBeLessThan(600);
  });

  test('L28 the compiler knows what may be bound, what has to be given, and what comes out', async () => {
    const delta = flowModel({ name: 'limits.delta', inputs: { now: z.number(), before: z.number() } }, ({ now, before }) => ({ change: now - before }));
    const graph = delta({ now: reads(), before: 1 });
    expectTypeOf<ValueOf<typeof graph>>().toEqualTypeOf<{ change: number }>();
    expectTypeOf<ContextOf<typeof graph>>().toEqualTypeOf<{ month: number }>();
    const name = flowModel({ name: 'limits.name', inputs: {} }, () => 'x');
    // @ts-expect-error a string for a number
    const wrong = delta({ now: name(), before: 1 });
    expect((await rejection(wrong.flow.compute())).code).toBe('INVALID_RESULT');
    // @ts-expect-error month is needed upstream
    expect((await rejection(graph.flow.compute({}))).code).toBe('MISSING_CONTEXT');
    // @ts-expect-error before is unbound
    expect((await rejection(delta({ now: reads() }).flow.compute({ month: 1 }))).code).toBe('UNBOUND_INPUT');
    // @ts-expect-error no such input
    expect(() => delta({ nwo: 1 })).toThrow(FlowError);
  });
});
