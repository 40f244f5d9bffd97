/** api.md §10: CYCLE is a wait-for cycle through `run.compute` or `deps`; models themselves cannot be cyclic. */
import { flowModel, FromContext, Lazy, modelClass } from '@flowmodel/core';
import type { CallableModel, FlowRun } from '@flowmodel/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deferred, settled, unhandledDuring } from './deferred.ts';
import { flowError } from './flow-error.ts';
import { refusal, rejection } from './refusal.ts';

const inc = flowModel({ inputs: { x: z.number() } }, ({ x }) => x + 1);
const sum = flowModel({ inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);

describe('a model that comes to wait for itself', () => {
  test('by run.compute in the same context is CYCLE, which names it', async () => {
    const self: CallableModel<number> = flowModel({ name: 'cycles.self', inputs: {} }, (_, run): Promise<number> => run.compute(self))();
    const error = await rejection(self.flow.compute());
    expect(error).toMatchObject({ code: 'CYCLE', details: { cycle: ['cycles.self'] } });
    expect(error.message).toContain('cycles.self');
  });

  test('by run.computeSync is CYCLE', async () => {
    const self: CallableModel<number> = flowModel({ name: 'cycles.selfSync', inputs: {} }, (_, run): number => run.computeSync(self))();
    expect(() => self.flow.computeSync()).toThrow(flowError('CYCLE', 'cycles.selfSync'));
    await expect(self.flow.compute()).rejects.toThrow(flowError('CYCLE', 'cycles.selfSync'));
  });

  test('is told in which context, and that the one asked for is equal in what it reads', async () => {
    const self: CallableModel<number> = flowModel({ name: 'cycles.reads', inputs: { n: FromContext(z.number()) } }, ({ n }, run): Promise<number> => run.compute(self, { n, other: 5 }))();
    const error = await rejection(self.flow.compute({ n: 7 }));
    expect(error.message).toContain('cycles.reads in { n: 7 } → cycles.reads in { n: 7 }');
    expect(error.message).toMatch(/equal in all that it reads \('other', which was given too, is not read\)/);
    expect(error.details).toMatchObject({ cycle: ['cycles.reads'], contexts: [{ n: 7 }] });
  });

  test('is told that no other context changes anything where none is read', async () => {
    const self: CallableModel<number> = flowModel({ name: 'cycles.blind', inputs: {} }, (_, run): Promise<number> => run.compute(self, { n: Math.random() }))();
    const error = await rejection(self.flow.compute());
    expect(error.message).toContain('cycles.blind → cycles.blind. It reads no context');
    expect(error.message).not.toContain('another context');
  });

  test('through others is told in which contexts, as they differ on the way', async () => {
    const there: CallableModel<number> = flowModel({ name: 'cycles.there', inputs: { n: FromContext(z.number()) } }, async ({ n }, run): Promise<number> => run.compute(back, { n: n + 1 }))();
    const back: CallableModel<number> = flowModel({ name: 'cycles.back', inputs: { n: FromContext(z.number()) } }, async ({ n }, run): Promise<number> => run.compute(there, { n: n - 1 }))();
    expect((await rejection(there.flow.compute({ n: 1 }))).message).toMatch(/cycles\.there in \{ n: 1 \} → cycles\.back in \{ n: 2 \} → cycles\.there in \{ n: 1 \}|cycles\.back in \{ n: 2 \} → cycles\.there in \{ n: 1 \} → cycles\.back in \{ n: 2 \}/);
  });

  test('shows no secret of its context', async () => {
    const self: CallableModel<number> = flowModel({ name: 'cycles.secret', inputs: { token: FromContext(z.string().meta({ secret: true })) } }, ({ token }, run): Promise<number> => run.compute(self, { token }))();
    const error = await rejection(self.flow.compute({ token: 'hunter2' }));
    expect(error.message).toContain('[secret]');
    expect(error.message + JSON.stringify(error.details)).not.toContain('hunter2');
  });

  test('in another context is no cycle', async () => {
    const factorial: CallableModel<number> = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }, run): Promise<number> => (n <= 1 ? 1 : n * (await run.compute(factorial, { n: n - 1 }))))();
    expect((await factorial.flow.compute({ n: 10 })).value).toBe(3_628_800);
  });

  test('with a field that it does not read changed is CYCLE all the same', async () => {
    const self: CallableModel<number> = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }, run): Promise<number> => run.compute(self, { n, other: Math.random() }))();
    await expect(self.flow.compute({ n: 1 })).rejects.toThrow(flowError('CYCLE'));
  });

  test('by way of a wrapper that changes nothing is CYCLE', async () => {
    const self: CallableModel<number> = flowModel({ inputs: { n: FromContext(z.number()) } }, (_, run): Promise<number> => run.compute(self.flow.withContext({ n: 1 })))();
    await expect(self.flow.compute({ n: 1 })).rejects.toThrow(flowError('CYCLE'));
  });

  test('by way of what is downstream of it is CYCLE', async () => {
    const upstream: CallableModel<number> = flowModel({ name: 'cycles.upstream', inputs: {} }, async (_, run): Promise<number> => run.compute(downstream))();
    const downstream: CallableModel<number> = flowModel({ name: 'cycles.downstream', inputs: { x: z.number() } }, ({ x }) => x)({ x: inc({ x: upstream }) });
    await expect(downstream.flow.compute()).rejects.toThrow(flowError('CYCLE', 'cycles.upstream', 'cycles.downstream'));
    await expect(upstream.flow.compute()).rejects.toThrow(flowError('CYCLE', 'cycles.upstream', 'cycles.downstream'));
  });

  test('by way of a lazy branch is CYCLE, with await and with sync()', async () => {
    const back: CallableModel<number> = flowModel({ inputs: {} }, async (_, run): Promise<number> => run.compute(holder))();
    const holder: CallableModel<number> = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => x())({ x: inc({ x: back }) });
    await expect(holder.flow.compute()).rejects.toThrow(flowError('CYCLE'));
    const backSync: CallableModel<number> = flowModel({ inputs: {} }, (_, run): number => run.computeSync(holderSync))();
    const holderSync: CallableModel<number> = flowModel({ inputs: { x: Lazy(z.number()) } }, ({ x }) => x.sync())({ x: inc({ x: backSync }) });
    await expect(holderSync.flow.compute()).rejects.toThrow(flowError('CYCLE'));
    expect(() => holderSync.flow.computeSync()).toThrow(flowError('CYCLE'));
  });
});

describe('longer cycles', () => {
  /** `size` models, each computing the next and the last the first. */
  function ring(size: number, next: (run: FlowRun, model: CallableModel<number>) => number | Promise<number>): readonly CallableModel<number>[] {
    const models: CallableModel<number>[] = Array.from({ length: size }, (_, i) => flowModel({ inputs: {} }, (__, run): number | Promise<number> => next(run, models[(i + 1) % size]!))() as CallableModel<number>);
    return models;
  }

  test.each([2, 3, 10, 100])('%i models that wait for each other', async (size) => {
    await expect(ring(size, (run, model) => run.compute(model))[0]!.flow.compute()).rejects.toThrow(flowError('CYCLE'));
    await expect(
      ring(size, async (run, model) => {
        await Promise.resolve();
        return run.compute(model);
      })[0]!.flow.compute(),
    ).rejects.toThrow(flowError('CYCLE'));
    expect(() => ring(size, (run, model) => run.computeSync(model))[0]!.flow.computeSync()).toThrow(flowError('CYCLE'));
  });

  test('5,000 models that wait for each other; the error names them all', async () => {
    const models = ring(5000, (run, model) => run.compute(model));
    const error = await rejection(models[0]!.flow.compute());
    expect(error.code).toBe('CYCLE');
    expect(error.details['cycle']).toHaveLength(5000);
    expect(error.message.length).toBeLessThan(1000);
  });

  test('the cycle is named in the order of waiting', async () => {
    const named: CallableModel<number>[] = ['a', 'b', 'c'].map((name, i) => flowModel({ name: `cycles.ring.${name}`, inputs: {} }, (_, run): Promise<number> => run.compute(named[(i + 1) % 3]!))());
    const error = await rejection(named[0]!.flow.compute());
    const cycle = (error.details['cycle'] as readonly string[]).map((name) => name.at(-1)).join('');
    expect('abcabc').toContain(cycle);
    expect(cycle).toHaveLength(3);
  });

  test('a cycle that a graph stands before and behind', async () => {
    const [first] = ring(3, (run, model) => run.compute(inc({ x: model })));
    await expect(sum({ a: inc({ x: first! }), b: 1 }).flow.compute()).rejects.toThrow(flowError('CYCLE'));
  });

  test('with concurrency 1 too', async () => {
    await expect(ring(20, (run, model) => run.compute(model))[0]!.flow.compute({}, { concurrency: 1 })).rejects.toThrow(flowError('CYCLE'));
  });

  test('a cycle that closes only when a slow body goes on is found then', async () => {
    const gate = deferred();
    const models: CallableModel<number>[] = [
      flowModel({ inputs: {} }, (_, run): Promise<number> => run.compute(models[1]!))(),
      flowModel({ inputs: {} }, async (_, run): Promise<number> => {
        await gate.promise;
        return run.compute(models[0]!);
      })(),
    ];
    const result = models[0]!.flow.compute();
    await settled();
    gate.resolve();
    await expect(result).rejects.toThrow(flowError('CYCLE'));
  });

  test('a large cycle is found although another body is still at work elsewhere, at the latest when that is done', async () => {
    const gate = deferred();
    const slow = flowModel({ inputs: {} }, async () => {
      await gate.promise;
      return 1;
    });
    const result = sum({ a: slow(), b: ring(1000, (run, model) => run.compute(model))[0]! }).flow.compute();
    result.catch(() => {});
    await settled();
    gate.resolve();
    await expect(result).rejects.toThrow(flowError('CYCLE'));
  });
});

describe('deps', () => {
  test('that lead back to the model are CYCLE, synchronously and asynchronously', async () => {
    class Self extends modelClass({ name: 'cycles.Self', context: z.object({ n: z.number() }), output: z.number() }) {
      override deps({ n }: { n: number }) {
        return [{ model: this, contexts: [{ n }] }];
      }
      call(): number {
        return 1;
      }
    }
    expect(() => new Self().flow.computeSync({ n: 1 })).toThrow(flowError('CYCLE', 'cycles.Self'));
    await expect(new Self().flow.compute({ n: 1 })).rejects.toThrow(flowError('CYCLE', 'cycles.Self'));
  });

  test('of two models that lead to each other are CYCLE', async () => {
    class Mutual extends modelClass({ inputs: { name: z.string() }, output: z.number() }) {
      override deps() {
        return [{ model: this.inputs.name === 'ping' ? pong : ping, contexts: [{}] }];
      }
      call(): number {
        return 1;
      }
    }
    const ping: Mutual = new Mutual({ name: 'ping' });
    const pong: Mutual = new Mutual({ name: 'pong' });
    expect(() => ping.flow.computeSync()).toThrow(flowError('CYCLE'));
    await expect(ping.flow.compute()).rejects.toThrow(flowError('CYCLE'));
    await expect(inc({ x: sum({ a: pong, b: ping }) }).flow.compute()).rejects.toThrow(flowError('CYCLE'));
  });

  test('a long way round by deps is CYCLE', async () => {
    class Step extends modelClass({ context: z.object({ n: z.number() }), output: z.number() }) {
      override deps({ n }: { n: number }) {
        return [{ model: this, contexts: [{ n: (n + 1) % 3000 }] }];
      }
      call(): number {
        return 1;
      }
    }
    expect(() => new Step().flow.computeSync({ n: 0 })).toThrow(flowError('CYCLE'));
    await expect(new Step().flow.compute({ n: 0 })).rejects.toThrow(flowError('CYCLE'));
  });

  test('that lead to what the body of the other asks for are CYCLE', async () => {
    class Ahead extends modelClass({ output: z.number() }) {
      override deps() {
        return [{ model: asks, contexts: [{}] }];
      }
      call(): number {
        return 1;
      }
    }
    const ahead: Ahead = new Ahead();
    const asks: CallableModel<number> = flowModel({ inputs: {} }, async (_, run): Promise<number> => run.compute(ahead))();
    await expect(ahead.flow.compute()).rejects.toThrow(flowError('CYCLE'));
    await expect(asks.flow.compute()).rejects.toThrow(flowError('CYCLE'));
  });
});

describe('a body that meets a cycle', () => {
  test('may catch it and go on', async () => {
    const self: CallableModel<number> = flowModel({ inputs: {} }, (_, run): Promise<number> => run.compute(self).catch(() => 5))();
    expect((await self.flow.compute()).value).toBe(5);
    const selfSync: CallableModel<string> = flowModel({ inputs: {} }, (_, run): string => refusal(() => run.computeSync(selfSync)).code)();
    expect(selfSync.flow.computeSync().value).toBe('CYCLE');
  });

  test('of several may catch it too: the others get what it makes of it', async () => {
    const careful: CallableModel<number> = flowModel({ inputs: {} }, async (_, run): Promise<number> => run.compute(other).catch(() => 7))();
    const other: CallableModel<number> = flowModel({ inputs: {} }, async (_, run): Promise<number> => (await run.compute(careful).catch(() => 100)) + 1)();
    expect([8, 101]).toContain((await inc({ x: other }).flow.compute()).value - 1);
  });

  test('beside it the rest of the run goes on', async () => {
    const self: CallableModel<number> = flowModel({ inputs: {} }, async (_, run): Promise<number> => {
      const [cycle, fine] = await Promise.allSettled([run.compute(self), run.compute(leaf)]);
      expect(cycle).toMatchObject({ status: 'rejected', reason: { code: 'CYCLE' } });
      return (fine as PromiseFulfilledResult<number>).value;
    })();
    const leaf = flowModel({ inputs: {} }, async () => 3)();
    expect((await sum({ a: self, b: leaf }).flow.compute()).value).toBe(6);
  });

  test('and does not await it crashes nothing', async () => {
    const self: CallableModel<number> = flowModel({ inputs: {} }, async (_, run): Promise<number> => {
      void run.compute(self);
      await settled();
      return 1;
    })();
    const unhandled = await unhandledDuring(async () => {
      expect((await self.flow.compute()).value).toBe(1);
    });
    expect(unhandled).toEqual([]);
  });
});

describe('what is no cycle', () => {
  test('bodies that wait for one another’s leaves, crosswise', async () => {
    const leaf = flowModel({ inputs: { n: FromContext(z.number()) } }, async ({ n }) => n)();
    const cross = flowModel({ inputs: { n: z.number() } }, async ({ n }, run) => (await run.compute(leaf, { n })) + (await run.compute(leaf, { n: 1 - n })));
    expect((await sum({ a: cross({ n: 0 }), b: cross({ n: 1 }) }).flow.compute()).value).toBe(2);
  });

  test('a body that waits for one that waits for something outside the run', async () => {
    const gate = deferred<number>();
    const outside = flowModel({ inputs: {} }, () => gate.promise)();
    const waits = flowModel({ inputs: {} }, async (_, run) => run.compute(outside));
    const result = waits().flow.compute({}, { concurrency: 1 });
    await settled();
    gate.resolve(4);
    expect((await result).value).toBe(4);
  });

  test('two runs that compute the same model', async () => {
    const leaf = flowModel({ inputs: {} }, async () => 1)();
    const other = flowModel({ inputs: {} }, async () => (await leaf.flow.compute()).value);
    expect((await sum({ a: leaf, b: other() }).flow.compute()).value).toBe(2);
  });

  test('a volatile model that computes itself until it has enough', async () => {
    let left = 3;
    const again: CallableModel<number> = flowModel({ inputs: {}, volatile: true }, async (_, run): Promise<number> => (left-- > 0 ? 1 + (await run.compute(again)) : 0))();
    expect((await again.flow.compute()).value).toBe(3);
  });
});
