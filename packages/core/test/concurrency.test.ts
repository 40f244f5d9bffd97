/** api.md §6: `concurrency` caps running bodies; a body that waits in `run.compute` or a thunk gives its place back. */
import { configureFlow, Dependency, flowModel, FromContext, Lazy, limitConcurrency, modelClass, ModelInput, retry } from '@flowmodel/core';
import type { CallableModel, FlowRun } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deferred, settled } from './deferred.ts';
import { flowError } from './flow-error.ts';

afterEach(() => {
  configureFlow({ concurrency: undefined });
});

/** How many bodies work at the moment, and the most that ever did. */
let working = 0;
let most = 0;
beforeEach(() => {
  working = most = 0;
});
const begin = (): void => {
  most = Math.max(most, ++working);
};
const end = (): void => {
  working--;
};
/** Works for some turns of the event loop's microtasks. */
async function work(turns = 3): Promise<void> {
  begin();
  for (let i = 0; i < turns; i++) await Promise.resolve();
  end();
}

const worker = flowModel({ inputs: { n: FromContext(z.number().default(0)), turns: z.number().default(3) } }, async ({ n, turns }) => {
  await work(turns);
  return n;
});
const total = flowModel({ inputs: { parts: Dependency(z.array(z.number())) } }, ({ parts }) => parts.reduce((a, b) => a + b, 0));
const many = (count: number): CallableModel<number> => total({ parts: Array.from({ length: count }, (_, i) => worker({ turns: 1 + ((i * 7) % 5), n: i })) });

describe('the cap', () => {
  test.each([1, 2, 3, 7])('at most %i bodies work at once, and as many do', async (concurrency) => {
    expect((await many(20).flow.compute({}, { concurrency })).value).toBe(190);
    expect(most).toBe(concurrency);
  });

  test('without one there is no limit', async () => {
    await many(20).flow.compute();
    expect(most).toBe(20);
    await many(20).flow.compute({}, { concurrency: Infinity });
    expect(most).toBe(20);
  });

  test('configureFlow sets a default, a call its own', async () => {
    configureFlow({ concurrency: 2 });
    await many(10).flow.compute();
    expect(most).toBe(2);
    await many(10).flow.compute({}, { concurrency: 4 });
    expect(most).toBe(4);
    await many(10).flow.compute({}, { concurrency: undefined });
    expect(most).toBe(10);
  });

  test('is one run’s own: two runs have a cap each', async () => {
    await Promise.all([many(10).flow.compute({}, { concurrency: 2 }), many(10).flow.compute({}, { concurrency: 3 })]);
    expect(most).toBe(5);
  });

  test('a place is free again when a body fails', async () => {
    const failing = flowModel({ inputs: {} }, async (): Promise<number> => {
      await work();
      throw new Error('no data');
    });
    const careful = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => x().catch(() => 1));
    expect((await total({ parts: Array.from({ length: 5 }, () => careful({ x: failing() })) }).flow.compute({}, { concurrency: 1 })).value).toBe(5);
    expect(most).toBe(1);
  });

  test('synchronous bodies run whether or not places are free elsewhere, in order', async () => {
    const order: string[] = [];
    const now = flowModel({ inputs: { x: z.number() } }, ({ x }) => {
      order.push(`now ${x}`);
      return x;
    });
    const model = total({ parts: [worker({ n: 1 }), now({ x: 2 }), now({ x: worker({ n: 3 }) })] });
    expect((await model.flow.compute({}, { concurrency: 1 })).value).toBe(6);
    expect(order.toSorted()).toEqual(['now 2', 'now 3']);
  });

  test.each([0, -1, 1.5, NaN, '2', null])('%j is no cap: DEFINITION', async (concurrency) => {
    await expect(worker().flow.compute({}, { concurrency: concurrency as never })).rejects.toThrow(flowError('DEFINITION', 'concurrency'));
    expect(() => worker().flow.computeSync({}, { concurrency: concurrency as never })).toThrow(flowError('DEFINITION', 'concurrency'));
    expect(() => configureFlow({ concurrency: concurrency as never })).toThrow(flowError('DEFINITION', 'concurrency'));
  });
});

describe('a body that waits gives its place back, and takes one before it goes on', () => {
  const limits = [1, 2, 3];

  /** Works, computes itself one level down, works again. */
  const descend: CallableModel<number> = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }, run): Promise<number> => {
    await work();
    if (n === 0) return 0;
    const below = await run.compute(descend, { n: n - 1 });
    await work();
    return below + 1;
  })();

  test.each(limits)('in run.compute, with a cap of %i', async (concurrency) => {
    expect((await descend.flow.compute({ n: 10 }, { concurrency })).value).toBe(10);
    expect(most).toBe(1);
  });

  test.each(limits)('in several at once, with a cap of %i', async (concurrency) => {
    const tree: CallableModel<number> = flowModel({ inputs: { n: FromContext(z.number()), id: FromContext(z.number()) } }, async ({ n, id }, run): Promise<number> => {
      await work(1);
      if (n === 0) return 1;
      const parts = await Promise.all([0, 1, 2].map((i) => run.compute(tree, { n: n - 1, id: id * 3 + i })));
      await work(1);
      return parts.reduce((a, b) => a + b, 0);
    })();
    expect((await tree.flow.compute({ n: 4, id: 0 }, { concurrency })).value).toBe(81);
    expect(most).toBe(concurrency);
  });

  test.each(limits)('in thunks, with a cap of %i', async (concurrency) => {
    const ask = flowModel({ inputs: { x: Lazy(z.number()), y: Lazy(z.number()) } }, async ({ x, y }) => {
      await work();
      const first = await x();
      await work();
      const both = first + (await y());
      await work();
      return both;
    });
    const level = (n: number): CallableModel<number> => (n === 0 ? worker({ n: 1 }) : ask({ x: level(n - 1), y: level(n - 1) }));
    expect((await level(5).flow.compute({}, { concurrency })).value).toBe(32);
    expect(most).toBeLessThanOrEqual(concurrency);
  });

  test.each(limits)('in deps, with a cap of %i', async (concurrency) => {
    class Tree extends modelClass({ context: z.object({ n: z.number() }), output: z.number() }) {
      override async deps({ n }: { n: number }) {
        await work();
        return n <= 0 ? [] : [{ model: this, contexts: [{ n: n - 1 }, { n: n - 2 }] }];
      }
      async call({ n }: { n: number }, run: FlowRun): Promise<number> {
        await work();
        if (n <= 0) return 1;
        const [a, b] = await Promise.all([run.compute(this, { n: n - 1 }), run.compute(this, { n: n - 2 })]);
        await work();
        return a + b;
      }
    }
    expect((await new Tree().flow.compute({ n: 10 }, { concurrency })).value).toBe(144);
    expect(most).toBeLessThanOrEqual(concurrency);
  });

  test('a body that asks for what is there already gives nothing away for long', async () => {
    const leaf = worker();
    const ask = flowModel({ inputs: { eager: z.number(), x: Lazy(z.number()) } }, async ({ eager, x }, run) => {
      begin();
      const found = eager + (await x()) + (await run.compute(leaf, { n: 0 }));
      end();
      return found;
    });
    const parts = Array.from({ length: 5 }, () => ask({ eager: leaf, x: leaf }));
    expect((await total({ parts }).flow.compute({}, { concurrency: 1 })).value).toBe(0);
    expect(working).toBe(0);
  });

  test('a body that waits for something outside the run keeps its place', async () => {
    const gate = deferred();
    const started: number[] = [];
    const outside = flowModel({ inputs: { n: z.number() } }, async ({ n }) => {
      started.push(n);
      await gate.promise;
      return n;
    });
    const result = total({ parts: [outside({ n: 1 }), outside({ n: 2 }), outside({ n: 3 })] }).flow.compute({}, { concurrency: 2 });
    await settled();
    expect(started).toEqual([1, 2]);
    gate.resolve();
    expect((await result).value).toBe(6);
    expect(started).toEqual([1, 2, 3]);
  });

  test('a body that asked and does not await keeps nobody waiting', async () => {
    const hasty = flowModel({ inputs: { model: ModelInput(z.number()) } }, async ({ model }, run) => {
      const asked = run.compute(model);
      await settled(); // meanwhile the nested evaluation has the place
      return asked;
    });
    expect((await total({ parts: [hasty({ model: worker({ n: 2 }) }), hasty({ model: worker({ n: 3 }) })] }).flow.compute({}, { concurrency: 1 })).value).toBe(5);
  });

  test('a body that finishes while something it asked for is still under way', async () => {
    const gate = deferred();
    const slow = flowModel({ inputs: {} }, async () => {
      await gate.promise;
      return 1;
    })();
    const careless = flowModel({ inputs: {} }, async (_, run) => {
      void run.compute(slow);
      await work();
      return 1;
    });
    const waits = flowModel({ inputs: { first: z.number() } }, async ({ first }, run) => first + (await run.compute(slow)));
    const result = waits({ first: careless() }).flow.compute({}, { concurrency: 1 });
    await settled();
    gate.resolve();
    expect((await result).value).toBe(2);
  });

  test('bodies that wait for one another’s evaluations, all with a cap of 1', async () => {
    const shared = worker({ n: 1 });
    const ask = flowModel({ inputs: { model: ModelInput(z.number()), x: Lazy(z.number()) } }, async ({ model, x }, run) => (await Promise.all([run.compute(model, { n: 1 }), x(), run.compute(model, { n: 2 })])).reduce((a, b) => a + b, 0));
    const one = ask({ model: shared, x: shared });
    const two = ask({ model: one, x: one });
    expect((await total({ parts: [one, two, ask({ model: two, x: one })] }).flow.compute({}, { concurrency: 1 })).value).toBe(4 + 13 + 31);
  });
});

describe('orchestrates: true', () => {
  test('lets a body through without a place', async () => {
    const gate = deferred();
    const started: string[] = [];
    const blocked = flowModel({ inputs: {} }, async () => {
      started.push('worker');
      await gate.promise;
      return 1;
    });
    const conductor = flowModel({ inputs: {}, orchestrates: true }, async () => {
      started.push('conductor');
      await gate.promise;
      return 2;
    });
    const result = total({ parts: [conductor(), blocked(), conductor()] }).flow.compute({}, { concurrency: 1 });
    await settled();
    expect(started.toSorted()).toEqual(['conductor', 'conductor', 'worker']);
    gate.resolve();
    expect((await result).value).toBe(5);
  });

  test('those it computes need places as ever', async () => {
    const conductor = flowModel({ inputs: {}, orchestrates: true }, async (_, run) => {
      const parts = await Promise.all([1, 2, 3, 4].map((n) => run.compute(worker(), { n })));
      return parts.reduce((a, b) => a + b, 0);
    });
    expect((await conductor().flow.compute({}, { concurrency: 2 })).value).toBe(10);
    expect(most).toBe(2);
  });
});

describe('a body between two attempts', () => {
  const clock = virtualClock();
  /** Fails once at once or later, waits 1,000 ms, and says when each of its calls begins. */
  const flaky = (log: string[], how: 'at once' | 'later'): CallableModel<string> => {
    let calls = 0;
    return flowModel({ inputs: {}, evaluator: retry({ delay: 1000 }) }, (): string | Promise<string> => {
      log.push(`flaky ${++calls} at ${clock.now()}`);
      if (calls > 1) return 'done';
      if (how === 'at once') throw new Error('busy');
      return Promise.reject(new Error('busy'));
    })();
  };
  const steady = (log: string[], name: string): CallableModel<string> => flowModel({ inputs: {} }, async () => {
    log.push(`${name} at ${clock.now()}`);
    return name;
  })();
  const list = flowModel({ inputs: { parts: Dependency(z.array(z.string())) } }, ({ parts }) => parts);

  test.each(['at once', 'later'] as const)('has no place: others work meanwhile (it fails %s)', async (how) => {
    const log: string[] = [];
    const start = clock.now();
    const run = list({ parts: [flaky(log, how), steady(log, 'a'), steady(log, 'b')] }).flow.compute({}, { concurrency: 1, clock });
    await settled();
    expect(log).toEqual([`flaky 1 at ${start}`, `a at ${start}`, `b at ${start}`]);
    await clock.advance(1000);
    expect((await run).value).toEqual(['done', 'a', 'b']);
    expect(log.at(-1)).toBe(`flaky 2 at ${start + 1000}`);
  });

  test('waits for a place when its wait is over, and comes before those that have not begun', async () => {
    const log: string[] = [];
    const start = clock.now();
    const slow = deferred();
    const first = flowModel({ inputs: {} }, async () => {
      log.push('slow');
      await slow.promise;
      return 'slow';
    })();
    const run = list({ parts: [flaky(log, 'later'), first, steady(log, 'c')] }).flow.compute({}, { concurrency: 1, clock });
    await clock.advance(5000);
    expect(log).toEqual([`flaky 1 at ${start}`, 'slow']);
    slow.resolve();
    expect((await run).value).toEqual(['done', 'slow', 'c']);
    expect(log.slice(2)).toEqual([`flaky 2 at ${start + 5000}`, `c at ${start + 5000}`]);
  });

  test('gives back what a limit around it holds, too', async () => {
    const log: string[] = [];
    const start = clock.now();
    const limit = limitConcurrency(1);
    const run = list({ parts: [flaky(log, 'later'), steady(log, 'a')] }).flow.compute({}, { evaluator: limit, clock });
    await settled();
    expect(log).toEqual([`flaky 1 at ${start}`, `a at ${start}`]);
    await clock.advance(1000);
    expect((await run).value).toEqual(['done', 'a']);
  });

  test('a run that is cancelled meanwhile ends, and leaves no timer', async () => {
    const abort = new AbortController();
    const run = list({ parts: [flaky([], 'later')] }).flow.compute({}, { concurrency: 1, clock, signal: abort.signal });
    await settled();
    expect(clock.pending).toBe(1);
    abort.abort(new Error('enough'));
    await expect(run).rejects.toThrow(flowError('CANCELLED', 'enough'));
    await settled();
    expect(clock.pending).toBe(0);
  });

  test('one that asked for something in the attempt that failed takes its place once', async () => {
    const gate = deferred<number>();
    const asked = flowModel({ inputs: {}, orchestrates: true }, () => gate.promise)();
    let calls = 0;
    const asks = flowModel({ inputs: { asked: ModelInput(z.unknown()) }, evaluator: retry({ delay: 1000 }) }, async ({ asked: model }, run: FlowRun) => {
      if (++calls > 1) {
        await work();
        return 'asked';
      }
      void run.compute(model);
      throw new Error('busy');
    })({ asked });
    const busy = (n: number): CallableModel<string> => flowModel({ inputs: {} }, async () => {
      await work(5);
      return String(n);
    })();
    const run = list({ parts: [asks, busy(1), busy(2), busy(3)] }).flow.compute({}, { concurrency: 1, clock });
    gate.resolve(1);
    await clock.advance(1000);
    expect((await run).value).toEqual(['asked', '1', '2', '3']);
    expect(most).toBe(1);
  });
});
