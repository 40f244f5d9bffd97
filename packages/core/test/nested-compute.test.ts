/** api.md §7: what a body asks of its run. */
import { computed, DefinitionRegistry, FlowContext, FlowResult, flowModel, flowPathOf, FromContext, GenericResult, Lazy, memoryCache, modelClass, ModelInput, Resource } from '@flowmodel/core';
import type { CallableModel, ComputeOptions, FlowRun } from '@flowmodel/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deferred, settled, unhandledDuring } from './deferred.ts';
import { flowError } from './flow-error.ts';
import { rejection } from './refusal.ts';

const source = flowModel({ name: 'nested.source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value * 10);
const inc = flowModel({ inputs: { x: z.number() } }, ({ x }) => x + 1);
const sum = flowModel({ inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);

/** A model whose body is given, with `model` to compute. */
const asking = <R>(body: (model: CallableModel<number>, run: FlowRun) => R) => flowModel({ name: undefined, inputs: { model: ModelInput(z.number()) } }, ({ model }, run) => body(model, run));

describe('run.compute', () => {
  test('evaluates a model in a context and yields the unwrapped value', async () => {
    const ask = asking(async (model, run) => (await run.compute(model, { value: 1 })) + (await run.compute(model, new FlowContext({ value: 2 }))));
    expect((await ask({ model: source() }).flow.compute()).value).toBe(30);
  });

  test('computes whole graphs, wrappers and class models', async () => {
    class Half extends modelClass({ context: z.object({ value: z.number() }), output: z.number() }) {
      call({ value }: { value: number }): number {
        return value / 2;
      }
    }
    const ask = asking(async (model, run) => [await run.compute(model, { value: 1 }), await run.compute(inc({ x: model }), { value: 1 }), await run.compute(model.flow.withContext({ value: 5 })), await run.compute(new Half(), { value: 3 })]);
    expect((await ask({ model: source() }).flow.compute()).value).toEqual([10, 11, 50, 1.5]);
  });

  test('passes results of their own class whole, and unwraps GenericResult', async () => {
    class Quote extends FlowResult {
      readonly bid: number;
      constructor(bid: number) {
        super();
        this.bid = bid;
      }
    }
    const quote = flowModel({ inputs: {} }, () => new Quote(5))();
    const boxed = flowModel({ inputs: {} }, () => new GenericResult(6))();
    const ask = flowModel({ inputs: {} }, async (_, run) => [(await run.compute(quote)).bid, await run.compute(quote), await run.compute(boxed)]);
    expect((await ask().flow.compute()).value).toEqual([5, expect.any(Quote), 6]);
  });

  test('a context that is given replaces what the caller sees: nothing of it shines through', async () => {
    const both = flowModel({ inputs: { value: FromContext(z.number().default(-1)), other: FromContext(z.number().default(-1)) } }, ({ value, other }) => [value, other])();
    const ask = flowModel({ inputs: { value: FromContext(z.number()), other: FromContext(z.number()) } }, (_, run) => run.compute(both, { other: 7 }));
    expect((await ask().flow.compute({ value: 1, other: 2 })).value).toEqual([-1, 7]);
  });

  test('without one the nested model sees what the caller itself consumes, and no other field', async () => {
    const both = flowModel({ inputs: { value: FromContext(z.number().default(-1)), other: FromContext(z.number().default(-1)) } }, ({ value, other }) => [value, other])();
    const ask = flowModel({ inputs: { value: FromContext(z.number()) } }, (_, run) => run.compute(both));
    expect((await ask().flow.compute({ value: 1, other: 2 })).value).toEqual([1, -1]);
  });

  test('it sees it as the caller’s branch has it, after rewrites', async () => {
    const ask = flowModel({ inputs: { value: FromContext(z.number()), model: ModelInput(z.number()) } }, ({ model }, run) => run.compute(model));
    expect((await inc({ x: ask({ model: source() }).flow.withContext({ value: 4 }) }).flow.compute({ value: 1 })).value).toBe(41);
  });

  test('a caller that consumes nothing hands nothing over', async () => {
    const ask = asking((model, run) => run.compute(model));
    expect(await rejection(ask({ model: source() }).flow.compute({ value: 1 }))).toMatchObject({ code: 'MISSING_CONTEXT' });
  });

  test('equal evaluations have equal outcomes: defaults and parsing of the caller are behind what it hands over', () => {
    const inner = flowModel({ inputs: { value: FromContext(z.number().default(10)) } }, ({ value }) => value)();
    const byDefault = flowModel({ inputs: { value: FromContext(z.number().default(3)) } }, (_, run) => run.computeSync(inner))();
    expect(byDefault.flow.computeSync().value).toBe(byDefault.flow.computeSync({ value: 3 }).value);
    const parity = flowModel({ inputs: { value: FromContext(z.number().transform((n) => n % 2)) } }, (_, run) => run.computeSync(inner))();
    expect(parity.flow.computeSync({ value: 5 }).value).toBe(parity.flow.computeSync({ value: 3 }).value);
  });

  test('a class model hands over the fields of its context', async () => {
    class Outer extends modelClass({ inputs: { model: ModelInput(z.number()) }, context: z.object({ value: z.number() }), output: z.number() }) {
      async call(_: { value: number }, run: FlowRun): Promise<number> {
        return run.compute(this.inputs.model);
      }
    }
    expect((await new Outer({ model: source() }).flow.compute({ value: 3, more: 1 })).value).toBe(30);
  });
});

describe('the contract of a nested evaluation', () => {
  test('what it lacks rejects when it is asked for, and the body may go on', async () => {
    const ask = asking((model, run) => run.compute(model).catch((error: unknown) => (error as { code: string }).code));
    expect((await ask({ model: source() }).flow.compute()).value).toBe('MISSING_CONTEXT');
  });

  test('its needs are not the caller’s: they are not asked of the graph', async () => {
    const ask = asking(async () => 1);
    expect((await ask({ model: source() }).flow.compute()).value).toBe(1);
  });

  test('the names of its own regular inputs are refused in a plain context, and fine in a FlowContext', async () => {
    const model = inc({ x: source() });
    const refused = asking((nested, run) => run.compute(nested, { x: 1, value: 2 }));
    expect(await rejection(refused({ model }).flow.compute())).toMatchObject({ code: 'REGULAR_OVERRIDE' });
    const ambient = asking((nested, run) => run.compute(nested, new FlowContext({ x: 1, value: 2 })));
    expect((await ambient({ model }).flow.compute()).value).toBe(21);
  });

  test.each([
    { what: 'a factory', value: source, says: 'Call the factory first' },
    { what: 'a number', value: 5, says: 'run.compute evaluates models' },
    { what: 'nothing', value: undefined, says: 'run.compute evaluates models' },
  ])('$what is BIND', async ({ value, says }) => {
    const ask = flowModel({ inputs: {} }, (_, run) => run.compute(value as never));
    await expect(ask().flow.compute()).rejects.toThrow(flowError('BIND', says));
    const askSync = flowModel({ inputs: {} }, (_, run) => run.computeSync(value as never));
    expect(() => askSync().flow.computeSync()).toThrow(flowError('BIND', says));
  });

  test.each([{ context: [1] }, { context: 'text' }, { context: 5 }, { context: null }])('a context that is no record is INVALID_CONTEXT: $context', async ({ context }) => {
    const ask = asking((model, run) => run.compute(model, context as never));
    await expect(ask({ model: source() }).flow.compute()).rejects.toThrow(flowError('INVALID_CONTEXT'));
  });

  test('the path of its failure leads through the caller', async () => {
    const failing = flowModel({ name: 'nested.failing', inputs: { value: FromContext(z.number()) } }, ({ value }): number => {
      throw new Error(`no data for ${value}`);
    });
    const caller = flowModel({ name: 'nested.caller', inputs: { model: ModelInput(z.number()) } }, ({ model }, run) => run.compute(inc({ x: model }), { value: 1 }));
    const root = flowModel({ name: 'nested.root', inputs: { x: z.number() } }, ({ x }) => x);
    const error = await root({ x: caller({ model: failing() }) }).flow.compute().catch((caught: unknown) => caught);
    expect((error as Error).message).toBe('no data for 1');
    expect(flowPathOf(error)?.slice(0, 3)).toEqual(['nested.root', 'x', 'nested.caller']);
    expect(flowPathOf(error)?.at(-1)).toBe('nested.failing');
  });
});

describe('one run', () => {
  let runs = 0;
  const counted = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => {
    runs++;
    return value;
  });

  test('the same model in the same context is evaluated once, however it is asked for', async () => {
    runs = 0;
    const shared = counted();
    const ask = flowModel({ inputs: { eager: z.number(), lazy: Lazy(z.number()), model: ModelInput(z.number()) } }, async ({ eager, lazy, model }, run) => {
      const parts = await Promise.all([lazy(), run.compute(model, { value: 1 }), run.compute(model.flow.withContext({ value: 1 })), run.compute(inc({ x: model }), { value: 1, unused: 5 })]);
      return [eager, ...parts, run.computeSync(model, { value: 1 })];
    });
    expect((await ask({ eager: shared, lazy: shared, model: shared }).flow.compute({ value: 1 })).value).toEqual([1, 1, 1, 1, 2, 1]);
    expect(runs).toBe(1);
  });

  test('two bodies that ask for the same thing at once share it while it is under way', async () => {
    const gate = deferred();
    let starts = 0;
    const slow = flowModel({ inputs: { value: FromContext(z.number()) } }, async ({ value }) => {
      starts++;
      await gate.promise;
      return value;
    })();
    const ask = flowModel({ inputs: { plus: z.number() } }, async ({ plus }, run) => plus + (await run.compute(slow, { value: 5 })));
    const result = sum({ a: ask({ plus: 1 }), b: ask({ plus: 2 }) }).flow.compute();
    await settled();
    gate.resolve();
    expect((await result).value).toBe(13);
    expect(starts).toBe(1);
  });

  test('a failure is remembered, for nested evaluations too', async () => {
    let tries = 0;
    const broken = flowModel({ inputs: {} }, (): Promise<number> => Promise.reject(new Error(`try ${++tries}`)))();
    const ask = asking(async (model, run) => {
      const errors: unknown[] = [];
      for (let i = 0; i < 3; i++) await run.compute(model).catch((error: unknown) => errors.push(error));
      return new Set(errors).size;
    });
    expect((await ask({ model: broken }).flow.compute()).value).toBe(1);
    expect(tries).toBe(1);
  });

  test('resources, overrides and validateResult are those of the run', async () => {
    const reader = flowModel({ inputs: { unit: Resource<string>() } }, ({ unit }) => unit)();
    const strict = flowModel({ inputs: {}, output: z.number() }, () => 'text' as unknown as number)();
    const stubbed = source();
    const ask = flowModel({ inputs: {} }, async (_, run) => [await run.compute(reader), await run.compute(strict), await run.compute(stubbed, { value: 1 })]);
    const options = { resources: { unit: 'kg' }, validateResult: false, overrides: [{ models: [stubbed], body: () => -1 }] };
    expect((await ask().flow.compute({}, options)).value).toEqual(['kg', 'text', -1]);
  });

  test('nested evaluations nest', async () => {
    const countdown: CallableModel<number> = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }, run): Promise<number> => (n === 0 ? 0 : 1 + (await run.compute(countdown, { n: n - 1 }))))();
    expect((await countdown.flow.compute({ n: 200 })).value).toBe(200);
  });
});

describe('run.computeSync', () => {
  test('is run.compute without promises', () => {
    const ask = asking((model, run) => run.computeSync(model, { value: 1 }) + run.computeSync(inc({ x: model }), { value: 2 }));
    expect(ask({ model: source() }).flow.computeSync().value).toBe(31);
  });

  test('works in an asynchronous run on what is synchronous', async () => {
    const later = flowModel({ inputs: {} }, async () => 1);
    const ask = flowModel({ inputs: { after: z.number(), model: ModelInput(z.number()) } }, ({ after, model }, run) => after + run.computeSync(model, { value: 1 }));
    expect((await ask({ after: later(), model: source() }).flow.compute()).value).toBe(11);
  });

  test('of an asynchronous model is ASYNC_IN_SYNC, which names it', async () => {
    const later = flowModel({ name: 'nested.later', inputs: {} }, async () => 1);
    const ask = asking((model, run) => run.computeSync(model));
    expect(() => ask({ model: later() }).flow.computeSync()).toThrow(flowError('ASYNC_IN_SYNC', 'nested.later'));
    await expect(ask({ model: inc({ x: later() }) }).flow.compute()).rejects.toThrow(flowError('ASYNC_IN_SYNC', 'nested.later'));
  });

  test('its failure is the failure of the model, which the body may catch', () => {
    const error = new Error('no data');
    const broken = flowModel({ inputs: {} }, (): number => {
      throw error;
    });
    const ask = asking((model, run) => {
      try {
        return run.computeSync(model);
      } catch (caught) {
        return caught;
      }
    });
    expect(ask({ model: broken() }).flow.computeSync().value).toBe(error);
  });

  test('a body that calls run.compute under computeSync and returns its promise is ASYNC_IN_SYNC', async () => {
    const ask = asking((model, run) => run.compute(model, { value: 1 }));
    const unhandled = await unhandledDuring(() => expect(() => ask({ model: source() }).flow.computeSync()).toThrow(flowError('ASYNC_IN_SYNC')));
    expect(unhandled).toEqual([]);
  });
});

describe('the rest of FlowRun', () => {
  test('attempt is 1 and progress may be told to nobody', async () => {
    const told = flowModel({ inputs: {} }, (_, run) => {
      run.progress({ completed: 1, total: 2, message: 'half' });
      run.progress({ completed: 2 });
      return run.attempt;
    });
    expect((await told().flow.compute()).value).toBe(1);
    expect(told().flow.computeSync().value).toBe(1);
  });

  test('signal is an AbortSignal, the same for all bodies, quiet while the run goes on', async () => {
    const signals: AbortSignal[] = [];
    const watch = flowModel({ inputs: { x: z.number().default(0) } }, async ({ x }, run) => {
      signals.push(run.signal, run.signal);
      await Promise.resolve();
      expect(run.signal.aborted).toBe(false);
      return x;
    });
    await watch({ x: watch({ x: watch() }) }).flow.compute();
    expect(signals[0]).toBeInstanceOf(AbortSignal);
    expect(new Set(signals).size).toBe(1);
  });

  test('signal fires when the run has failed, for bodies that are still at work', async () => {
    const gate = deferred();
    let reason: unknown;
    const slow = flowModel({ inputs: {} }, async (_, run) => {
      run.signal.addEventListener('abort', () => {
        reason = run.signal.reason;
      });
      await gate.promise;
      return 1;
    });
    const error = new Error('no data');
    const broken = flowModel({ inputs: {} }, (): Promise<number> => Promise.reject(error));
    await expect(sum({ a: slow(), b: broken() }).flow.compute()).rejects.toBe(error);
    expect(reason).toBe(error);
    gate.resolve();
  });

  test('signal is aborted for whoever looks at it after the run', async () => {
    let kept: FlowRun;
    const keep = flowModel({ inputs: {} }, (_, run) => {
      kept = run;
      return 1;
    });
    await keep().flow.compute();
    expect(kept!.signal.aborted).toBe(true);
  });

  test('a run that is over computes nothing any more: CANCELLED', async () => {
    let kept: FlowRun;
    let runs = 0;
    const counted = flowModel({ inputs: {} }, () => ++runs)();
    const keep = flowModel({ inputs: {} }, (_, run) => {
      kept = run;
      return 1;
    });
    for (const how of ['compute', 'computeSync'] as const) {
      await keep().flow[how]();
      await expect(kept!.compute(counted)).rejects.toThrow(flowError('CANCELLED'));
      expect(() => kept.computeSync(counted)).toThrow(flowError('CANCELLED'));
    }
    expect(runs).toBe(0);
  });

  test('what a body left unawaited when its run ended rejects with CANCELLED, and crashes nothing', async () => {
    const gate = deferred();
    const slow = flowModel({ inputs: {} }, async () => {
      await gate.promise;
      return 1;
    })();
    let left: Promise<number>;
    const hasty = flowModel({ inputs: {} }, async (_, run) => {
      left = run.compute(slow);
      void run.compute(slow);
      return 1;
    });
    const unhandled = await unhandledDuring(async () => {
      expect((await hasty().flow.compute()).value).toBe(1);
      await expect(left).rejects.toThrow(flowError('CANCELLED'));
      gate.resolve();
    });
    expect(unhandled).toEqual([]);
  });

  test('a body that never declares it can still be given it: the second parameter is there when it is asked for', async () => {
    const rest = flowModel({ inputs: {} }, (...args: readonly unknown[]) => typeof (args[1] as FlowRun).compute);
    expect((await rest().flow.compute()).value).toBe('function');
  });
});

test('a schema that computes in the run that is just collecting inputs disturbs nothing', () => {
  let kept: FlowRun;
  const grab = flowModel({ inputs: {} }, (_, run) => {
    kept = run;
    return 1;
  });
  const pair = flowModel({ inputs: { p: z.number(), q: z.number() } }, ({ p, q }) => p + q)({ p: 8, q: 9 });
  const busy = z.number().transform((n) => n + kept.computeSync(pair));
  const two = flowModel({ inputs: {} }, () => 2);
  const model = flowModel({ inputs: { a: z.number(), b: busy, c: z.number() } }, ({ a, b, c }) => [a, b, c]);
  expect(model({ a: grab(), b: two(), c: 3 }).flow.computeSync().value).toEqual([1, 19, 3]);
});

describe('deps of class models', () => {
  let calls: string[] = [];
  const leaf = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => {
    calls.push(`leaf ${n}`);
    return n;
  })();

  class Total extends modelClass({ inputs: { sizes: z.array(z.number()) }, output: z.number() }) {
    override deps() {
      calls.push('deps');
      return [{ model: leaf, contexts: this.inputs.sizes.map((n) => ({ n })) }];
    }
    async call(_: object, run: FlowRun): Promise<number> {
      calls.push('call');
      const parts = await Promise.all(this.inputs.sizes.map((n) => run.compute(leaf, { n })));
      return parts.reduce((a, b) => a + b, 0);
    }
  }

  test('are evaluated ahead and shared with what the body asks for', async () => {
    calls = [];
    expect((await new Total({ sizes: [1, 2, 2] }).flow.compute()).value).toBe(5);
    expect(calls).toEqual(['deps', 'leaf 1', 'leaf 2', 'call']);
  });

  test('are evaluated at the same time', async () => {
    const gates = [deferred(), deferred()];
    const started: number[] = [];
    const slow = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }) => {
      started.push(n);
      await gates[n]!.promise;
      return n;
    })();
    class Both extends modelClass({ output: z.number() }) {
      override deps() {
        return [{ model: slow, contexts: [{ n: 0 }, { n: 1 }] }];
      }
      async call(_: object, run: FlowRun): Promise<number> {
        return (await run.compute(slow, { n: 0 })) + (await run.compute(slow, { n: 1 }));
      }
    }
    const result = new Both().flow.compute();
    await settled();
    expect(started).toEqual([0, 1]);
    for (const gate of gates) gate.resolve();
    expect((await result).value).toBe(1);
  });

  test('of equal evaluations are asked for once', async () => {
    calls = [];
    const total = new Total({ sizes: [3] });
    expect((await sum({ a: total, b: inc({ x: total.flow.withContext() }) }).flow.compute()).value).toBe(7);
    expect(calls).toEqual(['deps', 'leaf 3', 'call']);
  });
});

test('a recursion that makes its model anew each time ends with an error, though no cycle can be seen', async () => {
  const endless: (options?: object) => CallableModel<number> = flowModel({ name: 'nested.endless', inputs: {} }, (_inputs, run: FlowRun): Promise<number> => run.compute(endless()));
  const error = await rejection(endless().flow.compute({}) as Promise<unknown>);
  expect(error.code).toBe('CYCLE');
  expect(error.message).toMatch(/their contexts are equal\. Does the recursion end\? Bind the model once/);
});

describe('a nested evaluation with a signal of its own', () => {
  const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

  /** Three bodies under way; the signal fires for the first two. */
  async function aborted(options: ComputeOptions = {}) {
    const signals: AbortSignal[] = [];
    const gate = deferred<number>();
    const leaf = flowModel({ inputs: { n: FromContext(z.number()) } }, (_inputs, run: FlowRun) => {
      signals.push(run.signal);
      return gate.promise;
    });
    const above = flowModel({ inputs: { x: z.number() } }, ({ x }) => x);
    const asks = flowModel({ inputs: { m: ModelInput(z.number()) } }, async ({ m }, run: FlowRun) => {
      const abort = new AbortController();
      const first = run.compute(m, { n: 1 }, { signal: abort.signal }).catch(codeOf);
      const shared = run.compute(m, { n: 2 }, { signal: abort.signal }).catch(codeOf);
      const other = run.compute(m, { n: 2 });
      await settled();
      abort.abort(new Error('enough'));
      const codes = await Promise.all([first, shared]);
      const told = signals.map((signal) => signal.aborted);
      gate.resolve(7);
      const again = await run.compute(m, { n: 1 });
      return { codes, told, other: await other, again };
    });
    return (await asks({ m: above({ x: leaf() }) }).flow.compute({}, options)).value;
  }

  test.each([
    ['without a cache', {}],
    ['with one', { cache: memoryCache() }],
    ['with one place', { concurrency: 1 }],
  ])('ends for who asked, and for the bodies that nobody else waits for; the run goes on: %s', async (_how, options) => {
    const { codes, told, other, again } = await aborted(options);
    expect(codes).toEqual(['CANCELLED', 'CANCELLED']);
    expect(told).toEqual('concurrency' in options ? [true, true, false] : [true, false]); // the second one got the first one's place in between
    expect([other, again]).toEqual([7, 7]);
  });

  test('a signal that fired before, and one that never does', async () => {
    const leaf = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }) => n);
    const asks = flowModel({ inputs: { m: ModelInput(z.number()) } }, async ({ m }, run: FlowRun) => [
      await run.compute(m, { n: 1 }, { signal: AbortSignal.abort() }).catch(codeOf),
      await run.compute(m, { n: 1 }, { signal: new AbortController().signal }),
    ]);
    expect((await asks({ m: leaf() }).flow.compute()).value).toEqual(['CANCELLED', 1]);
  });
});

test.each([
  { what: 'what upstream yields does not fit', leaf: () => flowModel({ name: 'nested.pathLeaf1', inputs: { n: z.number() } }, ({ n }) => n)({ n: flowModel({ name: 'nested.pathText', inputs: {} }, () => 'x')() as never }), name: 'nested.pathLeaf1' },
  { what: 'a result does not fit its output', leaf: () => flowModel({ name: 'nested.pathLeaf2', inputs: {}, output: z.number() }, () => 'x' as never)(), name: 'nested.pathLeaf2' },
])('where $what, the path of the error leads through the model that asked', async ({ leaf, name }) => {
  const outer = flowModel({ definitions: new DefinitionRegistry(), name: 'outer', inputs: { each: ModelInput(z.unknown()) } }, ({ each }, run) => run.compute(each));
  const error = await rejection(outer({ each: leaf() }).flow.compute() as Promise<unknown>);
  expect(error.code).toBe('INVALID_RESULT');
  expect(flowPathOf(error)).toEqual(['outer', name]);
  expect(error.path?.slice(0, 2)).toEqual(['outer', name]);
});

test('evaluations of one model are the same where what it receives is: 1, "1", NaN, 0 and -0 are each their own', async () => {
  const seen: unknown[] = [];
  const probe = flowModel({ name: 'nested.probe', inputs: { it: FromContext(z.any()) } }, ({ it }): unknown => {
    seen.push(it);
    return it;
  })();
  const list = [1, '1', 1, '1', Number.NaN, Number.NaN, 0, -0, 0, -0, '', '', true, true, 1n, 1n, null, null, [1], [1], { a: 1 }, { a: 1 }];
  const all = flowModel({ name: 'nested.probes', inputs: {} }, (_, run) => Promise.all(list.map((it) => run.compute(probe, { it }))));
  expect((await all().flow.compute()).value).toEqual(list);
  expect(seen).toEqual([1, '1', Number.NaN, 0, -0, '', true, 1n, null, [1], { a: 1 }]);
});

describe('one evaluation, reached in several ways', () => {
  const seen: unknown[] = [];
  const leaf = flowModel({ name: 'nested.leaf', inputs: { it: FromContext(z.union([z.string(), z.number()])) } }, ({ it }) => {
    seen.push(it);
    return it;
  })();
  const one = flowModel({ name: 'nested.oneYielding', inputs: {} }, () => 1)();
  const both = flowModel({ name: 'nested.bothWays', inputs: { bound: z.unknown() } }, async ({ bound }, run) => [bound, await run.compute(leaf, { it: 1 })]);

  test.each<{ what: string; bound: () => CallableModel; options?: ComputeOptions }>([
    { what: 'a literal', bound: () => leaf.flow.withContext({ it: 1 }) },
    { what: 'the context', bound: () => leaf },
    { what: 'what a model yields', bound: () => leaf.flow.withContext({ it: computed(one) }) },
    { what: 'the context, where an override treats another model', bound: () => leaf, options: { overrides: [{ models: [one], volatile: true }] } },
    { what: 'what a model yields, where an override treats that one', bound: () => leaf.flow.withContext({ it: computed(one) }), options: { overrides: [{ models: [one], volatile: true }] } },
    { what: 'the context, with a cache', bound: () => leaf, options: { cache: memoryCache({ max: 10 }) } },
  ])('by run.compute and by $what: its body runs once', async ({ bound, options }) => {
    seen.length = 0;
    expect((await both({ bound: bound() }).flow.compute({ it: 1 }, options)).value).toEqual([1, 1]);
    expect(seen).toEqual([1]);
  });
});
