/** api.md §6, first paragraph: what is one evaluation, and how often it happens. */
import { createHook } from 'node:async_hooks';
import { closedContext, computed, contextTransform, Dependency, FlowContext, flowModel, flowPathOf, FromContext, Lazy, ModelInput } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

/** The bodies that ran, in order. */
let ran: string[] = [];
beforeEach(() => {
  ran = [];
});
const note = <T>(label: string, value: T): T => {
  ran.push(label);
  return value;
};

const source = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => note('source', value * 10));
const left = flowModel({ inputs: { x: z.number() } }, ({ x }) => note('left', x + 1));
const right = flowModel({ inputs: { x: z.number() } }, ({ x }) => note('right', x + 2));
const sum = flowModel({ inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => note('sum', a + b));
const all = flowModel({ inputs: { parts: Dependency(z.array(z.any())) } }, ({ parts }) => note('all', parts as readonly unknown[]));

describe('a model in a context is evaluated once', () => {
  test('CC-REG-27 a shared model runs once for all its consumers', () => {
    const shared = source();
    expect(sum({ a: left({ x: shared }), b: right({ x: shared }) }).flow.computeSync({ value: 1 }).value).toBe(23);
    expect(ran.toSorted()).toEqual(['left', 'right', 'source', 'sum']);
  });

  test('CC-REG-28 pipelines pass values along: stage3(stage2(stage1(2) + 5) * 3) + 4 gives 25', () => {
    const add = flowModel({ inputs: { x: z.number(), n: z.number() } }, ({ x, n }) => x + n);
    const times = flowModel({ inputs: { x: z.number(), n: z.number() } }, ({ x, n }) => x * n);
    const start = flowModel({ inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed);
    expect(add({ x: times({ x: add({ x: start(), n: 5 }), n: 3 }), n: 4 }).flow.computeSync({ seed: 2 }).value).toBe(25);
  });

  test('both inputs of one consumer, and the leaves of a container, share it too', () => {
    const shared = source();
    sum({ a: shared, b: shared }).flow.computeSync({ value: 1 });
    all({ parts: [shared, { deep: [shared] }] }).flow.computeSync({ value: 1 });
    expect(ran).toEqual(['source', 'sum', 'source', 'all']);
  });

  test('lazy and eager consumers share it, whichever comes first', () => {
    const lazy = flowModel({ inputs: { x: Lazy(z.number()), y: Lazy(z.number()) } }, ({ x, y }) => note('lazy', x.sync() + y.sync()));
    const shared = source();
    expect(sum({ a: lazy({ x: shared, y: shared }), b: shared }).flow.computeSync({ value: 1 }).value).toBe(30);
    expect(ran.filter((label) => label === 'source')).toHaveLength(1);
    expect(sum({ a: shared, b: lazy({ x: shared, y: shared }) }).flow.computeSync({ value: 1 }).value).toBe(30);
    expect(ran.filter((label) => label === 'source')).toHaveLength(2);
  });

  test('a model that a body computes itself is shared with the graph', () => {
    const own = flowModel({ inputs: { model: ModelInput(z.number()), value: FromContext(z.number()) } }, ({ model, value }, run) => run.computeSync(model, { value }) + run.computeSync(model));
    const shared = source();
    expect(sum({ a: shared, b: own({ model: shared }) }).flow.computeSync({ value: 2 }).value).toBe(60);
    expect(sum({ a: own({ model: shared }), b: shared }).flow.computeSync({ value: 2 }).value).toBe(60);
    expect(ran).toEqual(['source', 'sum', 'source', 'sum']);
  });

  test('without a cache the identity of a model is the object: equal models of one factory are two', () => {
    sum({ a: source(), b: source() }).flow.computeSync({ value: 1 });
    expect(ran).toEqual(['source', 'source', 'sum']);
  });

  test('undefined and null are results like others', () => {
    const nothing = flowModel({ inputs: {} }, () => note('nothing', undefined))();
    const none = flowModel({ inputs: {} }, () => note('none', null))();
    expect(all({ parts: [nothing, none, nothing, none] }).flow.computeSync().value).toEqual([undefined, null, undefined, null]);
    expect(ran).toEqual(['nothing', 'none', 'all']);
  });

  test('runs share nothing: every compute evaluates anew', async () => {
    const model = source();
    model.flow.computeSync({ value: 1 });
    await model.flow.compute({ value: 1 });
    expect(ran).toEqual(['source', 'source']);
  });
});

describe('the effective context is what a model and its upstream consume of it, after rewrites', () => {
  const both = (a: CallableModel<number>, b: CallableModel<number>): CallableModel<readonly unknown[]> => all({ parts: [a, b] }) as CallableModel<readonly unknown[]>;
  const plusOne = contextTransform({ inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed + 1);
  const setValue = contextTransform({ inputs: { seed: FromContext(z.number()) }, patches: { value: z.number() } }, ({ seed }) => ({ value: seed + 1 }));
  const three = flowModel({ inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed + 1);

  test.each<{ how: string; branch: (model: CallableModel<number>) => CallableModel<number> }>([
    { how: 'an empty wrapper', branch: (model) => model.flow.withContext() },
    { how: 'a literal', branch: (model) => model.flow.withContext({ value: 3 }) },
    { how: 'a field transform', branch: (model) => model.flow.withContext({ value: plusOne() }) },
    { how: 'a patch', branch: (model) => model.flow.withContext(setValue()) },
    { how: 'a computed field', branch: (model) => model.flow.withContext({ value: computed(three()) }) },
    { how: 'a closed context that keeps it', branch: (model) => model.flow.withContext(closedContext('value')) },
    { how: 'a chain of wrappers', branch: (model) => model.flow.withContext({ value: 8 }).flow.withContext(setValue()) },
  ])('a value that comes through $how is the same evaluation as the bare model with that value', async ({ branch }) => {
    const model: CallableModel<number> = source();
    expect(both(model, branch(model)).flow.computeSync({ value: 3, seed: 2 }).value).toEqual([30, 30]);
    expect((await both(branch(model), model).flow.compute({ value: 3, seed: 2 })).value).toEqual([30, 30]);
    expect(ran).toEqual(['source', 'all', 'source', 'all']);
  });

  test('different values are different evaluations', () => {
    const model = source();
    const parts = [model, model.flow.withContext({ value: 2 }), model.flow.withContext({ value: 3 }), model.flow.withContext({ value: 2 })];
    expect(all({ parts }).flow.computeSync({ value: 3 }).value).toEqual([30, 20, 30, 20]);
    expect(ran).toEqual(['source', 'source', 'all']);
  });

  test('a whole branch that comes to the same context is shared, every model of it', () => {
    const branch = left({ x: source() });
    both(branch, branch.flow.withContext({ value: 3 })).flow.computeSync({ value: 3 });
    expect(ran).toEqual(['source', 'left', 'all']);
  });

  test('where only upstream reads the difference, only what is downstream of that runs twice', () => {
    const fixed = flowModel({ inputs: { other: FromContext(z.number()) } }, ({ other }) => note('fixed', other));
    const branch = sum({ a: source(), b: fixed() });
    both(branch, branch.flow.withContext({ value: 4 })).flow.computeSync({ value: 3, other: 1 });
    expect(ran.toSorted()).toEqual(['all', 'fixed', 'source', 'source', 'sum', 'sum']);
  });

  test('fields that nobody in the branch reads do not tell evaluations apart', () => {
    const other = flowModel({ inputs: { other: FromContext(z.number()), x: z.number() } }, ({ other, x }) => note('other', other + x));
    const model = other({ x: source() });
    both(model, model.flow.withContext({ other: 7 })).flow.computeSync({ value: 3, other: 1 });
    expect(ran.toSorted()).toEqual(['all', 'other', 'other', 'source']);
  });

  test('a default and the same value given are one evaluation', () => {
    const model = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => note('model', value))({ value: 5 });
    expect(both(model, model.flow.withContext({ value: 5 })).flow.computeSync().value).toEqual([5, 5]);
    const byDefault = flowModel({ inputs: { value: FromContext(z.number().default(5)) } }, ({ value }) => note('byDefault', value))();
    expect(both(byDefault, byDefault.flow.withContext({ value: 5 })).flow.computeSync().value).toEqual([5, 5]);
    expect(ran).toEqual(['model', 'all', 'byDefault', 'all']);
  });

  test('what counts is the value that the reader sees, after its schema', () => {
    const parity = flowModel({ inputs: { value: FromContext(z.number().transform((n) => n % 2)) } }, ({ value }) => note('parity', value))();
    expect(both(parity, parity.flow.withContext({ value: 5 })).flow.computeSync({ value: 3 }).value).toEqual([1, 1]);
    expect(ran).toEqual(['parity', 'all']);
  });

  const anything = flowModel({ inputs: { value: FromContext(z.any()) } }, ({ value }) => note('anything', value as unknown));
  const day = '2024-01-01';

  test.each<{ what: string; one: unknown; other: unknown }>([
    { what: 'objects, whatever the order of keys', one: { a: 1, b: [1, { c: 2 }] }, other: { b: [1, { c: 2 }], a: 1 } },
    { what: 'dates', one: new Date(day), other: new Date(day) },
    { what: 'Sets, whatever their order', one: new Set([1, { a: 1 }]), other: new Set([{ a: 1 }, 1]) },
    { what: 'Maps', one: new Map([['a', { b: 1 }]]), other: new Map([['a', { b: 1 }]]) },
    { what: 'NaN', one: NaN, other: NaN },
    { what: 'bigints', one: 10n, other: 10n },
  ])('equal by content: $what', ({ one, other }) => {
    const model = anything();
    all({ parts: [model, model.flow.withContext({ value: one })] }).flow.computeSync({ value: other });
    expect(ran).toEqual(['anything', 'all']);
  });

  test.each<{ what: string; one: unknown; other: unknown }>([
    { what: '0 and -0', one: 0, other: -0 },
    { what: 'a number and its text', one: 1, other: '1' },
    { what: 'a number and a bigint', one: 1, other: 1n },
    { what: 'true and 1', one: true, other: 1 },
    { what: 'null and its text', one: null, other: 'null' },
    { what: 'arrays in another order', one: [1, 2], other: [2, 1] },
    { what: 'an array and an object of its entries', one: ['a'], other: { 0: 'a' } },
    { what: 'an object with a key more', one: { a: 1 }, other: { a: 1, b: undefined } },
    { what: 'Maps in another order', one: new Map([['a', 1], ['b', 2]]), other: new Map([['b', 2], ['a', 1]]) },
    { what: 'a date and its time', one: new Date(day), other: new Date(day).getTime() },
    { what: 'strings that differ in code units only', one: '\u00e9', other: 'e\u0301' },
  ])('different: $what', ({ one, other }) => {
    const model = anything();
    all({ parts: [model, model.flow.withContext({ value: one })] }).flow.computeSync({ value: other });
    expect(ran).toEqual(['anything', 'anything', 'all']);
  });

  test('the same array twice in a container of values is equal to two equal arrays', () => {
    const model = anything();
    const item = [1];
    all({ parts: [model, model.flow.withContext({ value: [item, item] })] }).flow.computeSync({ value: [[1], [1]] });
    expect(ran).toEqual(['anything', 'all']);
  });
});

describe('lazy branches belong to the effective context of who holds them', () => {
  const lazy = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => note('lazy', x.sync()));
  const lastDigit = contextTransform({ inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed % 10);

  test('equal branches are one evaluation of their holder', () => {
    const model = lazy({ x: source() });
    all({ parts: [model, model.flow.withContext({ value: 3 })] }).flow.computeSync({ value: 3 });
    expect(ran).toEqual(['source', 'lazy', 'all']);
  });

  test('different branches are two evaluations of their holder', () => {
    const model = lazy({ x: source() });
    expect(all({ parts: [model, model.flow.withContext({ value: 4 })] }).flow.computeSync({ value: 3 }).value).toEqual([30, 40]);
  });

  test('what the branch consumes counts, after its defaults and its rewrites', () => {
    const defaulted = lazy({ x: flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => value)({ value: 1 }) });
    all({ parts: [defaulted.flow.withContext(closedContext()), defaulted.flow.withContext({ value: 1 })] }).flow.computeSync({ value: 9 });
    expect(ran).toEqual(['lazy', 'all']);
    ran = [];
    const rewritten = lazy({ x: source().flow.withContext({ value: lastDigit() }) });
    all({ parts: [rewritten, rewritten.flow.withContext({ seed: 12 })] }).flow.computeSync({ seed: 2 });
    expect(ran).toEqual(['source', 'lazy', 'all']);
  });

  test('a branch that is entered shares with equal evaluations elsewhere, through whatever wrappers', () => {
    const shared = source();
    expect(sum({ a: lazy({ x: shared.flow.withContext({ value: 2 }) }), b: shared }).flow.computeSync({ value: 2 }).value).toBe(40);
    expect(ran.toSorted()).toEqual(['lazy', 'source', 'sum']);
  });

  test('two lazy branches share with each other, through whatever wrappers', () => {
    const shared = source();
    const pick = flowModel({ inputs: { x: Lazy(z.number()), y: Lazy(z.number()) } }, ({ x, y }) => note('pick', x.sync() + y.sync()));
    expect(pick({ x: shared.flow.withContext({ value: 2 }), y: shared.flow.withContext({ value: fromOther() }) }).flow.computeSync({ other: 2 }).value).toBe(40);
    expect(ran.toSorted()).toEqual(['pick', 'source']);
  });
  const fromOther = contextTransform({ inputs: { other: FromContext(z.number()) } }, ({ other }) => other);

  test('a branch that is not entered does not run', () => {
    const never = flowModel({ inputs: { x: Lazy(z.number()) } }, () => note('never', 1));
    expect(never({ x: source() }).flow.computeSync({ value: 1 }).value).toBe(1);
    expect(ran).toEqual(['never']);
  });
});

describe('failures are remembered for the run', () => {
  const failure = new Error('no data');
  const broken = flowModel({ inputs: { value: FromContext(z.number()) } }, (): number => {
    ran.push('broken');
    throw failure;
  });
  const attempt = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => {
    try {
      return x.sync();
    } catch (error) {
      return error;
    }
  });

  test('a shared model that fails runs once, and everybody meets the same error', () => {
    const shared = broken();
    const { value } = all({ parts: [attempt({ x: shared }), attempt({ x: left({ x: shared }) }), attempt({ x: shared.flow.withContext({ value: 1 }) })] }).flow.computeSync({ value: 1 });
    expect(value).toEqual([failure, failure, failure]);
    expect(ran).toEqual(['broken', 'all']);
  });

  test('a body that asks again meets the same failure again', async () => {
    const twice = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => {
      const errors: unknown[] = [];
      for (let i = 0; i < 2; i++) await x().catch((error: unknown) => errors.push(error));
      return errors;
    });
    const { value } = await twice({ x: broken() }).flow.compute({ value: 1 });
    expect(value).toEqual([failure, failure]);
    expect(ran).toEqual(['broken']);
  });

  test('what a body throws reaches the caller as the same object, primitives too', async () => {
    expect(() => sum({ a: 1, b: broken() }).flow.computeSync({ value: 1 })).toThrow(failure);
    await expect(sum({ a: 1, b: broken() }).flow.compute({ value: 1 })).rejects.toBe(failure);
    for (const thrown of [undefined, null, 0, 'text', Symbol('s')]) {
      const throws = flowModel({ inputs: {} }, (): number => {
        throw thrown as unknown as Error;
      });
      await expect(left({ x: throws() }).flow.compute()).rejects.toBe(thrown);
      const rejects = flowModel({ inputs: {} }, (): Promise<number> => Promise.reject(thrown as unknown as Error));
      await expect(left({ x: rejects() }).flow.compute()).rejects.toBe(thrown);
    }
  });

  test('nothing downstream of a failure runs', () => {
    expect(() => sum({ a: left({ x: broken() }), b: 1 }).flow.computeSync({ value: 1 })).toThrow(failure);
    expect(ran).toEqual(['broken']);
  });
});

describe('volatile models', () => {
  let count = 0;
  beforeEach(() => {
    count = 0;
  });
  const tick = flowModel({ inputs: {}, volatile: true }, () => ++count);

  test('are evaluated anew for each edge, of one consumer and of several', () => {
    const clock = tick();
    expect(all({ parts: [clock, clock, [clock]] }).flow.computeSync().value).toEqual([1, 2, [3]]);
    expect(sum({ a: left({ x: clock }), b: right({ x: clock }) }).flow.computeSync().value).toBe(4 + 1 + 5 + 2);
  });

  test('what is downstream of one still runs once per run', () => {
    const shared = left({ x: tick() });
    expect(all({ parts: [shared, shared, right({ x: shared })] }).flow.computeSync().value).toEqual([2, 2, 4]);
    expect(count).toBe(1);
  });

  test('a lazy edge is one edge, however often the thunk is called', async () => {
    const ask = flowModel({ inputs: { x: Lazy(z.number()), y: Lazy(z.number()) } }, async ({ x, y }) => [await x(), await x(), x.sync(), await y()]);
    const clock = tick();
    expect((await ask({ x: clock, y: clock }).flow.compute()).value).toEqual([1, 1, 1, 2]);
  });

  test('every nested evaluation is an edge', async () => {
    const ask = flowModel({ inputs: { model: ModelInput(z.number()) } }, async ({ model }, run) => [await run.compute(model), await run.compute(model), run.computeSync(model)]);
    expect((await ask({ model: tick() }).flow.compute()).value).toEqual([1, 2, 3]);
  });

  test('a wrapper of one is volatile as well', () => {
    const clock = flowModel({ inputs: { value: FromContext(z.number()) }, volatile: true }, ({ value }) => value + ++count)().flow.withContext({ value: 10 });
    expect(all({ parts: [clock, clock] }).flow.computeSync().value).toEqual([11, 12]);
  });

  test('a field that a volatile model computes has one value for the branch', () => {
    const reader = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => value);
    const branch = all({ parts: [reader(), reader(), left({ x: reader() })] }).flow.withContext({ value: computed(tick()) });
    expect(branch.flow.computeSync().value).toEqual([1, 1, 2]);
    expect(count).toBe(1);
  });

  test('upstream of one is shared as ever', () => {
    const shared = source();
    const jitter = flowModel({ inputs: { x: z.number() }, volatile: true }, ({ x }) => x + ++count)({ x: shared });
    expect(all({ parts: [jitter, jitter, shared] }).flow.computeSync({ value: 1 }).value).toEqual([11, 12, 10]);
    expect(ran.filter((label) => label === 'source')).toHaveLength(1);
  });
});

describe('transforms', () => {
  test('run once per run, however many read what they write', () => {
    let runs = 0;
    const next = contextTransform({ inputs: { value: FromContext(z.number()) }, patches: { value: z.number(), other: z.number() } }, ({ value }) => {
      runs++;
      return { value: value + 1, other: value + 2 };
    });
    const other = flowModel({ inputs: { other: FromContext(z.number()) } }, ({ other }) => other);
    const branch = all({ parts: [source(), source(), other(), left({ x: source() })] }).flow.withContext(next());
    expect(branch.flow.computeSync({ value: 1 }).value).toEqual([20, 20, 3, 21]);
    expect(runs).toBe(1);
  });
});

describe('synchronous graphs never touch a promise', () => {
  /** How many promises come to be while `act` runs. */
  function promisesIn(act: () => unknown): number {
    let made = 0;
    const hook = createHook({
      init: (_id, type) => {
        if (type === 'PROMISE') made++;
      },
    }).enable();
    try {
      act();
    } finally {
      hook.disable();
    }
    return made;
  }

  const lazy = flowModel({ inputs: { x: Lazy(z.number()), model: ModelInput(z.number()) } }, ({ x, model }, run) => x.sync() + run.computeSync(model, { value: 7 }));
  const graph = (): CallableModel<number> => {
    const shared = source();
    const moved = shared.flow.withContext({ value: computed(left({ x: shared })) });
    return sum({ a: lazy({ x: moved, model: shared }), b: right({ x: sum({ a: shared, b: moved }) }) });
  };

  test('the measure sees promises', () => {
    expect(promisesIn(() => [Promise.resolve(1), Promise.resolve(2)])).toBe(2);
  });

  test('computeSync makes none', () => {
    const model = graph();
    expect(promisesIn(() => model.flow.computeSync({ value: 1 }))).toBe(0);
  });

  test('compute makes the one that it returns, when everything has run', () => {
    const model = graph();
    expect(promisesIn(() => void model.flow.compute({ value: 1 }))).toBe(1);
    expect(ran).toContain('sum');
  });

  test('so it is in a wide graph with every option', () => {
    const shared = source();
    const wide = all({ parts: Array.from({ length: 1000 }, (_, i) => left({ x: shared.flow.withContext({ value: i % 10 }) })) });
    const options = { concurrency: 1, signal: new AbortController().signal, overrides: [{ factories: [right], body: () => 0 }] };
    expect(promisesIn(() => void wide.flow.compute({ value: 1 }, options))).toBe(1);
    expect(ran.filter((label) => label === 'source')).toHaveLength(10);
  });

  test('a failure makes the rejected one', () => {
    const broken = flowModel({ inputs: {} }, (): number => {
      throw new Error('no data');
    });
    const model = left({ x: broken() });
    expect(promisesIn(() => void model.flow.compute().catch(() => {}))).toBe(2); // the rejected one, and what `catch` makes
  });
});

describe('what one run computes, another does not see', () => {
  test('a plain context is read when compute is called', async () => {
    const context = { value: 1 };
    const slow = flowModel({ inputs: { x: z.number(), value: FromContext(z.number()) } }, async ({ x, value }) => {
      await Promise.resolve();
      return x + value;
    });
    const result = slow({ x: source() }).flow.compute(context);
    context.value = 100;
    expect((await result).value).toBe(11);
  });

  test('data in a context cannot be changed by a body under way', () => {
    const list = [1, 2];
    const reader = flowModel({ inputs: { list: FromContext(z.array(z.number())) } }, ({ list }) => Object.isFrozen(list));
    expect(reader().flow.computeSync({ list }).value).toBe(true);
    expect(Object.isFrozen(list)).toBe(false);
    expect(reader().flow.computeSync(new FlowContext({ list })).value).toBe(true);
  });
});

describe('flowPathOf, where graphs are less simple than a chain', () => {
  const failing = flowModel({ name: 'evaluation.failing', inputs: {} }, (): number => {
    throw new Error('no data');
  });
  const node = flowModel({ name: 'evaluation.node', inputs: { x: z.number(), y: z.number().default(0) } }, ({ x, y }) => x + y);
  const holder = flowModel({ name: 'evaluation.holder', inputs: { rows: Dependency(z.any()) } }, ({ rows }) => rows as unknown);
  const lazy = flowModel({ name: 'evaluation.lazy', inputs: { x: Lazy(z.number()) } }, async ({ x }) => (await x()) + 1);

  async function pathOf(model: CallableModel): Promise<readonly string[] | undefined> {
    return model.flow.compute().then(
      () => expect.unreachable(),
      (error: unknown) => flowPathOf(error),
    );
  }

  test('CC-DEP-08 names elements of containers: rows[1].deep[0]', async () => {
    expect(await pathOf(holder({ rows: [1, { deep: [failing()] }] }))).toEqual(['evaluation.holder', 'rows[1].deep[0]', 'evaluation.failing']);
  });

  test('goes through the first consumer in declaration order where a model is shared, near or far', async () => {
    const shared = failing();
    expect(await pathOf(node({ x: node({ x: 1, y: node({ x: 2, y: shared }) }), y: shared }))).toEqual(['evaluation.node', 'x', 'y', 'y', 'evaluation.failing']);
    expect(await pathOf(node({ x: node({ x: 1 }), y: node({ x: shared, y: shared }) }))).toEqual(['evaluation.node', 'y', 'x', 'evaluation.failing']);
  });

  test('goes through lazy inputs, and through eager ones above and below', async () => {
    expect(await pathOf(node({ x: lazy({ x: node({ x: failing() }) }) }))).toEqual(['evaluation.node', 'x', 'x', 'x', 'evaluation.failing']);
  });

  test('stays the first place where an error was met when it is thrown on', async () => {
    const rethrows = flowModel({ name: 'evaluation.rethrows', inputs: { x: Lazy(z.number()) } }, async ({ x }) => {
      try {
        return await x();
      } catch (error) {
        throw error as Error;
      }
    });
    expect(await pathOf(node({ x: rethrows({ x: failing() }) }))).toEqual(['evaluation.node', 'x', 'x', 'evaluation.failing']);
  });

  test('leads to a failing model that only a computed field needs', async () => {
    const reader = flowModel({ name: 'evaluation.reader', inputs: { value: FromContext(z.number()) } }, ({ value }) => value);
    const path = await pathOf(node({ x: reader().flow.withContext({ value: computed(failing()) }) }));
    expect(path?.[0]).toBe('evaluation.node');
    expect(path?.[1]).toBe('x');
    expect(path?.at(-1)).toBe('evaluation.failing');
  });
});
