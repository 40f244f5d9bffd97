/** api.md §6: synchronous and asynchronous bodies in one graph. */
import { Dependency, FlowContext, flowModel, FromContext, Lazy } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deferred, settled, unhandledDuring } from './deferred.ts';
import type { Deferred } from './deferred.ts';
import { flowError } from './flow-error.ts';

/** Models whose bodies wait until the test lets them go. */
class Gates {
  readonly started: string[] = [];
  readonly #gates = new Map<string, Deferred<number>>();

  gate(name: string): Deferred<number> {
    let gate = this.#gates.get(name);
    if (gate === undefined) this.#gates.set(name, (gate = deferred<number>()));
    return gate;
  }

  /** A model that yields what its gate does, plus its inputs. */
  model(name: string, upstream: readonly CallableModel<number>[] = []): CallableModel<number> {
    const factory = flowModel({ inputs: { parts: Dependency(z.array(z.number())) } }, async ({ parts }) => {
      this.started.push(name);
      return parts.reduce((sum, part) => sum + part, await this.gate(name).promise);
    });
    return factory({ parts: upstream });
  }
}

const sum = flowModel({ inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
const inc = flowModel({ inputs: { x: z.number() } }, ({ x }) => x + 1);

describe('concurrency', () => {
  test('independent asynchronous models overlap', async () => {
    const gates = new Gates();
    const result = sum({ a: gates.model('a'), b: gates.model('b') }).flow.compute();
    expect(gates.started).toEqual(['a', 'b']);
    gates.gate('b').resolve(2);
    gates.gate('a').resolve(1);
    expect((await result).value).toBe(3);
  });

  test('a model waits for its own upstream only', async () => {
    const gates = new Gates();
    const slow = gates.model('slow');
    const result = sum({ a: gates.model('second', [gates.model('first')]), b: slow }).flow.compute();
    gates.gate('first').resolve(1);
    await settled();
    expect(gates.started).toEqual(['first', 'slow', 'second']);
    gates.gate('second').resolve(2);
    gates.gate('slow').resolve(10);
    expect((await result).value).toBe(13);
  });

  test('everything that can start has started when compute returns', () => {
    const gates = new Gates();
    const synchronous: string[] = [];
    const note = flowModel({ inputs: { x: z.number() } }, ({ x }) => {
      synchronous.push('ran');
      return x;
    });
    const result = sum({ a: sum({ a: gates.model('a'), b: note({ x: 1 }) }), b: sum({ a: note({ x: 2 }), b: gates.model('b') }) }).flow.compute();
    expect(gates.started).toEqual(['a', 'b']);
    expect(synchronous).toEqual(['ran', 'ran']);
    gates.gate('a').resolve(1);
    gates.gate('b').resolve(1);
    return result;
  });

  test('synchronous bodies downstream run as soon as what they need is there', async () => {
    const gates = new Gates();
    const seen: number[] = [];
    const see = flowModel({ inputs: { x: z.number() } }, ({ x }) => {
      seen.push(x);
      return x;
    });
    const result = sum({ a: see({ x: inc({ x: gates.model('a') }) }), b: gates.model('b') }).flow.compute();
    gates.gate('a').resolve(1);
    await settled();
    expect(seen).toEqual([2]);
    gates.gate('b').resolve(1);
    expect((await result).value).toBe(3);
  });

  const orders = ['abcd', 'dcba', 'badc', 'cadb', 'dabc', 'bdac'].map((order) => ({ order }));

  test.each(orders)('the order in which bodies finish changes nothing: $order', async ({ order }) => {
    const gates = new Gates();
    const a = gates.model('a');
    const b = gates.model('b', [a]);
    const c = gates.model('c', [a]);
    const d = gates.model('d', [b, c, a]);
    const result = sum({ a: d, b: inc({ x: c }) }).flow.compute();
    for (const name of order) {
      gates.gate(name).resolve(1);
      await settled();
    }
    expect(gates.started.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect((await result).value).toBe(6 + 3);
  });

  test('an asynchronous model is shared while it is under way', async () => {
    const gates = new Gates();
    const shared = gates.model('shared');
    const lazy = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => x());
    const result = sum({ a: sum({ a: shared, b: shared }), b: lazy({ x: inc({ x: shared }) }) }).flow.compute();
    gates.gate('shared').resolve(5);
    expect((await result).value).toBe(16);
    expect(gates.started).toEqual(['shared']);
  });

  test('equal evaluations through different wrappers join while one is under way', async () => {
    const gate = deferred();
    let runs = 0;
    const source = flowModel({ inputs: { value: FromContext(z.number()) } }, async ({ value }) => {
      runs++;
      await gate.promise;
      return value;
    })();
    const result = sum({ a: source, b: inc({ x: source.flow.withContext({ value: 1 }) }) }).flow.compute({ value: 1 });
    gate.resolve();
    expect((await result).value).toBe(3);
    expect(runs).toBe(1);
  });
});

describe('what a body may hand back', () => {
  const of = (body: () => unknown): CallableModel => flowModel({ inputs: {} }, body)();
  type Then = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void;
  // oxlint-disable-next-line no-thenable -- what is tested
  const thenable = (then: Then): unknown => ({ then });

  test('any thenable is awaited', async () => {
    expect((await of(() => thenable((resolve) => resolve(5))).flow.compute()).value).toBe(5);
    await expect(of(() => thenable((_, reject) => reject('no data'))).flow.compute()).rejects.toBe('no data');
  });

  test('a promise of a promise is awaited to the end', async () => {
    expect((await of(async () => thenable((resolve) => resolve(Promise.resolve(7)))).flow.compute()).value).toBe(7);
    expect((await of(() => thenable((resolve) => resolve(thenable((inner) => inner(8))))).flow.compute()).value).toBe(8);
  });

  test('a thenable that settles twice counts once', async () => {
    const twice = of(() =>
      thenable((resolve, reject) => {
        resolve(1);
        resolve(2);
        reject(new Error('too late'));
      }),
    );
    expect((await inc({ x: twice as CallableModel<number> }).flow.compute()).value).toBe(2);
  });

  test('a thenable that throws is a failure, unless it has settled', async () => {
    const error = new Error('then');
    const throwing = of(() =>
      thenable(() => {
        throw error;
      }),
    );
    await expect(throwing.flow.compute()).rejects.toBe(error);
    const settledFirst = of(() =>
      thenable((resolve) => {
        resolve(1);
        throw error;
      }),
    );
    expect((await settledFirst.flow.compute()).value).toBe(1);
  });

  test('a `then` that cannot be read is a failure', async () => {
    const error = new Error('getter');
    const unreadable = of(() => ({
      // oxlint-disable-next-line no-thenable -- what is tested
      get then(): never {
        throw error;
      },
    }));
    await expect(unreadable.flow.compute()).rejects.toBe(error);
    expect(() => unreadable.flow.computeSync()).toThrow(error);
  });

  test('a thenable that answers at once does not upset the order of things', async () => {
    const now = of(() => thenable((resolve) => resolve(1))) as CallableModel<number>;
    expect((await sum({ a: sum({ a: now, b: inc({ x: now }) }), b: inc({ x: inc({ x: now }) }) }).flow.compute()).value).toBe(6);
  });

  test('a rejection is the failure itself, the same object', async () => {
    const error = new Error('no data');
    const rejects = of(() => Promise.reject(error));
    await expect(inc({ x: rejects as CallableModel<number> }).flow.compute()).rejects.toBe(error);
  });

  test('undefined and null, asynchronously', async () => {
    const parts = flowModel({ inputs: { parts: Dependency(z.array(z.any())) } }, ({ parts }) => parts as readonly unknown[]);
    const nothing = of(async () => {});
    expect((await parts({ parts: [nothing, of(async () => null), nothing] }).flow.compute()).value).toEqual([undefined, null, undefined]);
  });
});

describe('failures', () => {
  test('a failure rejects compute at once, with others still under way', async () => {
    const gates = new Gates();
    const error = new Error('no data');
    const unhandled = await unhandledDuring(async () => {
      const result = sum({ a: gates.model('slow'), b: gates.model('broken') }).flow.compute();
      gates.gate('broken').reject(error);
      await expect(result).rejects.toBe(error);
      gates.gate('slow').reject(new Error('nobody cares'));
    });
    expect(unhandled).toEqual([]);
  });

  test('after that no further body starts', async () => {
    const gates = new Gates();
    const result = sum({ a: gates.model('later', [gates.model('slow')]), b: gates.model('broken') }).flow.compute();
    gates.gate('broken').reject(new Error('no data'));
    await expect(result).rejects.toThrow('no data');
    gates.gate('slow').resolve(1);
    await settled();
    expect(gates.started).toEqual(['slow', 'broken']);
  });

  test('a synchronous failure beside an asynchronous body rejects too', async () => {
    const gates = new Gates();
    const broken = flowModel({ inputs: {} }, (): number => {
      throw new Error('no data');
    });
    const unhandled = await unhandledDuring(async () => {
      await expect(sum({ a: gates.model('slow'), b: broken() }).flow.compute()).rejects.toThrow('no data');
      await expect(sum({ a: broken(), b: gates.model('slow') }).flow.compute()).rejects.toThrow('no data');
    });
    expect(unhandled).toEqual([]);
  });

  test('a failure that a body catches fails nothing else', async () => {
    const error = new Error('no data');
    const broken = flowModel({ inputs: {} }, () => Promise.reject<number>(error));
    const careful = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => x().catch(() => -1));
    expect((await sum({ a: careful({ x: inc({ x: broken() }) }), b: 10 }).flow.compute()).value).toBe(9);
  });

  test('compute returns a rejected promise and never throws', async () => {
    const reader = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => value) as unknown as () => CallableModel<number>;
    for (const context of [{}, { value: 'x' }, [1], 5, 'text', null]) {
      const result = reader().flow.compute(context as object);
      expect(result).toBeInstanceOf(Promise);
      await expect(result).rejects.toThrow(expect.objectContaining({ name: 'FlowError' }) as Error);
    }
  });
});

describe('computeSync', () => {
  const later = flowModel({ name: 'async.later', inputs: {} }, async () => 1);

  test('a body that returns a promise is ASYNC_IN_SYNC, which names the model', () => {
    expect(() => inc({ x: later() }).flow.computeSync()).toThrow(flowError('ASYNC_IN_SYNC', 'async.later'));
  });

  test('so is any thenable', () => {
    // oxlint-disable-next-line no-thenable -- what is tested
    const thenable = flowModel({ name: 'async.thenable', inputs: {} }, () => ({ then: () => {} }));
    expect(() => thenable().flow.computeSync()).toThrow(flowError('ASYNC_IN_SYNC', 'async.thenable'));
  });

  test('what becomes of that promise is nobody’s business', async () => {
    const rejects = flowModel({ inputs: {} }, () => Promise.reject<number>(new Error('no data')));
    const unhandled = await unhandledDuring(() => expect(() => rejects().flow.computeSync()).toThrow(flowError('ASYNC_IN_SYNC')));
    expect(unhandled).toEqual([]);
  });

  test('nothing downstream runs', () => {
    let ran = false;
    const after = flowModel({ inputs: { x: z.number() } }, () => (ran = true));
    expect(() => after({ x: later() }).flow.computeSync()).toThrow(flowError('ASYNC_IN_SYNC'));
    expect(ran).toBe(false);
  });

  test('asynchronous models that are not asked for do not matter', () => {
    const lazy = flowModel({ inputs: { x: Lazy(z.number()) } }, () => 1);
    expect(lazy({ x: later() }).flow.computeSync().value).toBe(1);
  });

  test('the value of a function that is no promise is a value', () => {
    const callable = flowModel({ inputs: {} }, () => () => 1);
    expect(callable().flow.computeSync().value()).toBe(1);
  });
});

describe('thunks', () => {
  const later = flowModel({ name: 'async.thunked', inputs: { value: FromContext(z.number()) } }, async ({ value }) => value);
  const now = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => value);

  test('sync() on what is in flight is ASYNC_IN_SYNC, and the value is there when it is awaited', async () => {
    let runs = 0;
    const counted = flowModel({ name: 'async.counted', inputs: {} }, async () => ++runs);
    const ask = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => {
      const pending = x();
      expect(() => x.sync()).toThrow(flowError('ASYNC_IN_SYNC', 'async.counted'));
      return [await pending, x.sync()];
    });
    expect((await ask({ x: counted() }).flow.compute()).value).toEqual([1, 1]);
  });

  test('sync() on an asynchronous model that has not started is ASYNC_IN_SYNC; it can be awaited afterwards', async () => {
    const ask = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => {
      expect(() => x.sync()).toThrow(flowError('ASYNC_IN_SYNC', 'async.thunked'));
      return (await x()) + x.sync();
    });
    expect((await ask({ x: later() }).flow.compute({ value: 2 })).value).toBe(4);
  });

  test('sync() on a synchronous branch works in an asynchronous run, in front of and behind other work', async () => {
    const ask = flowModel({ inputs: { before: z.number(), x: Lazy(z.number()) } }, async ({ before, x }) => {
      const first = x.sync();
      await settled();
      return before + first + x.sync();
    });
    expect((await sum({ a: ask({ before: later(), x: inc({ x: now() }) }), b: later() }).flow.compute({ value: 2 })).value).toBe(10);
  });

  test('sync() on what an eager consumer has got already works, asynchronous or not', async () => {
    const ask = flowModel({ inputs: { before: z.number(), x: Lazy(z.number()) } }, ({ before, x }) => before + x.sync());
    const shared = later();
    expect((await ask({ before: shared, x: shared }).flow.compute({ value: 2 })).value).toBe(4);
  });

  test('sync() of a branch whose upstream is in flight is ASYNC_IN_SYNC; that is no failure of the branch, and it can be awaited', async () => {
    const ask = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => {
      expect(() => x.sync()).toThrow(flowError('ASYNC_IN_SYNC', 'async.thunked'));
      return x();
    });
    const shared = later();
    const branch = inc({ x: inc({ x: shared }) });
    expect((await sum({ a: shared, b: ask({ x: branch }) }).flow.compute({ value: 2 })).value).toBe(6);
    const asksToo = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => x());
    expect((await sum({ a: ask({ x: branch }), b: asksToo({ x: branch }) }).flow.compute({ value: 2 })).value).toBe(8);
  });

  test('CC-LAZY-02 a thunk is called as often as one likes', async () => {
    const ask = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => {
      const [a, b] = await Promise.all([x(), x()]);
      return [a, b, await x(), x.sync(), x() === x()];
    });
    expect((await ask({ x: later() }).flow.compute({ value: 2 })).value).toEqual([2, 2, 2, 2, true]);
  });

  test('a thunk that is called and not awaited does not hold the result up, nor crash anything', async () => {
    const gate = deferred<number>();
    gate.promise.catch(() => {}); // the body's own promise is the one in question
    const slow = flowModel({ inputs: {} }, () => gate.promise.then((value) => value));
    const hasty = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => {
      void x();
      return 1;
    });
    const unhandled = await unhandledDuring(async () => {
      expect((await hasty({ x: slow() }).flow.compute()).value).toBe(1);
      gate.reject(new Error('nobody cares'));
    });
    expect(unhandled).toEqual([]);
  });

  test('a thunk that is called, fails and is not awaited crashes nothing', async () => {
    const broken = flowModel({ inputs: {} }, () => Promise.reject<number>(new Error('nobody cares')));
    const hasty = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => {
      void x();
      await settled();
      return 1;
    });
    const unhandled = await unhandledDuring(async () => {
      expect((await sum({ a: hasty({ x: broken() }), b: 1 }).flow.compute()).value).toBe(2);
    });
    expect(unhandled).toEqual([]);
  });

  test('a thunk can be called from a timer, a microtask, and after other awaits', async () => {
    const ask = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => {
      const fromTimer = new Promise<number>((resolve) => {
        setTimeout(() => resolve(x()), 0);
      });
      await Promise.resolve();
      return (await fromTimer) + (await x());
    });
    expect((await ask({ x: inc({ x: later() }) }).flow.compute({ value: 2 })).value).toBe(6);
  });

  test('a body may return what its thunk gives', async () => {
    const pass = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => x());
    expect((await pass({ x: pass({ x: later() }) }).flow.compute({ value: 2 })).value).toBe(2);
  });

  test('a thunk called when its run is over is CANCELLED, and starts nothing', async () => {
    let runs = 0;
    const counted = flowModel({ inputs: {} }, () => ++runs);
    let kept: (() => Promise<number>) & { sync(): number };
    const leak = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => {
      kept = x;
      return 1;
    });
    await leak({ x: counted() }).flow.compute();
    await expect(kept!()).rejects.toThrow(flowError('CANCELLED'));
    expect(() => kept.sync()).toThrow(flowError('CANCELLED'));
    leak({ x: counted() }).flow.computeSync();
    await expect(kept!()).rejects.toThrow(flowError('CANCELLED'));
    expect(runs).toBe(0);
  });

  test('what a thunk gave stays there when the run is over', async () => {
    let kept: (() => Promise<number>) & { sync(): number };
    const leak = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => {
      kept = x;
      return x();
    });
    await leak({ x: later() }).flow.compute({ value: 2 });
    expect(kept!.sync()).toBe(2);
    expect(await kept!()).toBe(2);
  });

  test('under computeSync a thunk that is called without sync() gives a promise, too late for the body', async () => {
    const hasty = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => {
      void x();
      return x.sync();
    });
    expect(hasty({ x: now() }).flow.computeSync({ value: 2 }).value).toBe(2);
    const patient = flowModel({ name: 'async.patient', inputs: { x: Lazy(z.number()) } }, async ({ x }) => x());
    expect(() => patient({ x: now() }).flow.computeSync({ value: 2 })).toThrow(flowError('ASYNC_IN_SYNC', 'async.patient'));
  });
});

describe('one plan, many runs at once', () => {
  test('CC-CTX-09 1,000 concurrent runs of one model in different contexts share nothing', async () => {
    const gates = Array.from({ length: 1000 }, () => deferred());
    const read = flowModel({ inputs: { n: FromContext(z.number()), shift: FromContext(z.number().default(0)) } }, async ({ n, shift }) => {
      await gates[n]!.promise;
      return n + shift;
    });
    const lazy = flowModel({ inputs: { x: Lazy(z.number()), n: FromContext(z.number()) } }, async ({ x, n }) => (await x()) * (n % 2));
    const shared = read();
    const model = sum({ a: sum({ a: shared, b: shared.flow.withContext({ shift: 1000 }) }), b: lazy({ x: inc({ x: shared.flow.withContext({ shift: 5 }) }) }) });
    const results = gates.map((_, n) => model.flow.compute(n % 3 === 0 ? new FlowContext({ n }) : { n }));
    // Let go in an order of its own.
    for (let i = 0; i < gates.length; i++) gates[(i * 617) % gates.length]!.resolve();
    const values = (await Promise.all(results)).map(({ value }) => value);
    expect(values).toEqual(gates.map((_, n) => 2 * n + 1000 + (n % 2) * (n + 6)));
  });

  test('the failure of one run leaves the others alone', async () => {
    const picky = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }) => {
      await Promise.resolve();
      if (n % 7 === 0) throw new Error(`not ${n}`);
      return n;
    });
    const model = inc({ x: picky() });
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => model.flow.compute({ n })));
    outcomes.forEach((outcome, n) => {
      if (n % 7 === 0) expect(outcome).toMatchObject({ status: 'rejected', reason: { message: `not ${n}` } });
      else expect(outcome).toMatchObject({ status: 'fulfilled', value: { value: n + 1 } });
    });
  });
});
