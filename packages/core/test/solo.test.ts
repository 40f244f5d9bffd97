/**
 * Nested evaluations of models that receive plain values only have a short way of their own (`run/solo.ts`), which a run with an observer does not take. Nobody is to see a
 * difference but the clock.
 */
import { closedContext, contextTransform, FlowContext, FlowError, flowModel, flowPathOf, FlowResult, FromContext, fromField, GenericResult } from '@flowmodel/core';
import type { AnyModel, ComputeOptions, FlowRun } from '@flowmodel/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deferred, settled, unhandledDuring } from './deferred.ts';
import { replayed } from './property/replayed.ts';
import { rejection } from './refusal.ts';

class Quote extends FlowResult {
  readonly bid: number;

  constructor(bid: number) {
    super();
    this.bid = bid;
  }
}

/** What each body was called with, in the order of calls. */
const calls: string[] = [];
const noted = (name: string, inputs: object): void => void calls.push(`${name} ${JSON.stringify(inputs)}`);

const n = FromContext(z.number());
const plain = flowModel({ name: 'solo.plain', inputs: { n } }, (inputs) => (noted('plain', inputs), inputs.n + 1))();
const later = flowModel({ name: 'solo.later', inputs: { n } }, async (inputs) => {
  noted('later', inputs);
  await Promise.resolve();
  if (inputs.n === 2) throw new RangeError('2 is refused, later');
  return inputs.n * 10;
})();
const thrower = flowModel({ name: 'solo.thrower', inputs: { n } }, (inputs) => {
  noted('thrower', inputs);
  if (inputs.n > 0) throw new RangeError(`${inputs.n} is refused`);
  return inputs.n;
})();
const bound = flowModel({ name: 'solo.bound', inputs: { unit: z.string(), n, label: FromContext(z.string().min(2)) } }, (inputs) => (noted('bound', inputs), `${inputs.n} ${inputs.unit} ${inputs.label}`))({ unit: 'm' });
const optional = flowModel({ name: 'solo.optional', inputs: { n: FromContext(z.number().optional()) } }, (inputs) => (noted('optional', inputs), inputs.n ?? 'none'))();
const defaulted = flowModel({ name: 'solo.defaulted', inputs: { n: FromContext(z.number().default(7)) } }, (inputs) => (noted('defaulted', inputs), inputs.n))();
const coerced = flowModel({ name: 'solo.coerced', inputs: { n: FromContext(z.coerce.number()) } }, (inputs) => (noted('coerced', inputs), inputs.n))();
const anything = flowModel({ name: 'solo.anything', inputs: { n: FromContext(z.unknown()) } }, (inputs) => (noted('anything', inputs), [typeof inputs.n, isFrozen(inputs.n)]))();
const structured = flowModel({ name: 'solo.structured', inputs: { n: FromContext(z.object({ id: z.number() })), label: FromContext(z.string()) } }, (inputs) => (noted('structured', inputs), [inputs.n, isFrozen(inputs.n)]))();
const unstripped = flowModel({ name: 'solo.unstripped', inputs: { n: FromContext(z.object({ id: z.number().min(2) })) } }, (inputs) => (noted('unstripped', inputs), inputs.n))();
const dated = flowModel({ name: 'solo.dated', inputs: { n: FromContext(z.date()) } }, (inputs) => (noted('dated', inputs), inputs.n))();
const inherited = flowModel({ name: 'solo.inherited', inputs: { toString: FromContext(z.unknown().optional()) } }, (inputs) => (noted('inherited', inputs), typeof inputs.toString))();
const record = flowModel({ name: 'solo.record', inputs: { n } }, (inputs) => (noted('record', inputs), { n: inputs.n, deep: { list: [inputs.n] } }))();
const box = flowModel({ name: 'solo.box', inputs: { n } }, (inputs) => (noted('box', inputs), new GenericResult(inputs.n)))();
const quote = flowModel({ name: 'solo.quote', inputs: { n } }, (inputs) => (noted('quote', inputs), new Quote(inputs.n)))();
const checked = flowModel({ name: 'solo.checked', inputs: { n }, output: z.number().max(2) }, (inputs) => (noted('checked', inputs), inputs.n))();
const thenable = flowModel({ name: 'solo.thenable', inputs: { n } }, (inputs) => {
  noted('thenable', inputs);
  // oxlint-disable-next-line no-thenable -- what somebody else's library may hand back
  return { then: (resolve: (value: number) => void) => resolve(inputs.n) } as unknown as Promise<number>;
})();
const moody = flowModel({ name: 'solo.moody', inputs: { n }, volatile: true }, (inputs) => (noted('moody', inputs), inputs.n))();
const preset = flowModel({ name: 'solo.preset', inputs: { n } }, (inputs) => (noted('preset', inputs), inputs.n))({ n: 1 });
const strict = flowModel({ name: 'solo.strict', inputs: { n }, contextType: z.object({ n: z.number().max(1) }) }, (inputs) => (noted('strict', inputs), inputs.n))();
const presetOptional = flowModel({ name: 'solo.presetOptional', inputs: { n: FromContext(z.number().optional()) } }, (inputs) => (noted('presetOptional', inputs), inputs.n ?? 'none'))({ n: 1 });
const partlyStrict = flowModel({ name: 'solo.partlyStrict', inputs: { n }, contextType: z.object({ n: z.number().max(1), label: z.string() }) }, (inputs) => (noted('partlyStrict', inputs), inputs.n))();
const wrapped = plain.flow.withContext({ n: 1 });
const renamed = plain.flow.withContext({ n: fromField('m', z.number()) });
const closed = optional.flow.withContext(closedContext('label'));
const patched = plain.flow.withContext(contextTransform({ name: 'solo.patch', inputs: { label: FromContext(z.string()) }, patches: { n: z.number() } }, ({ label }) => (label === 'a' ? { n: 1 } : {}))());
const above = flowModel({ name: 'solo.above', inputs: { x: z.number(), y: z.number() } }, (inputs) => (noted('above', inputs), inputs.x + inputs.y))({ x: plain, y: later });
const MODELS: readonly AnyModel[] = [plain, later, thrower, bound, optional, defaulted, coerced, anything, structured, unstripped, dated, inherited, record, box, quote, checked, thenable, moody, preset, presetOptional, strict, partlyStrict, wrapped, renamed, closed, patched, above];

interface Ask {
  /** Which of a program's models. */
  readonly model: number;
  readonly context: object;
  readonly isAwaited: boolean;
}

const ask: fc.Arbitrary<Ask> = fc.record({
  model: fc.nat(2),
  context: fc.record(
    {
      n: fc.constantFrom<unknown>(0, 1, 2, -0, 3, 1, 2, '1', 'x', Number.NaN, null, undefined, true, [1], { id: 1 }, { id: 2 }, { id: 2, more: 1 }, { id: 'x' }, new Date(5)),
      label: fc.constantFrom('ab', 'ab', 'a'),
      unit: fc.constantFrom(undefined, undefined, undefined, 'km'),
      m: fc.constantFrom(2, 2, undefined),
      spare: fc.constantFrom(0, 1, 2, 3, 4, 5),
    },
    { requiredKeys: ['label', 'spare'] },
  ).map((fields) => (fields.spare === 5 ? new FlowContext(fields) : fields)),
  isAwaited: fc.boolean(),
});
const program = fc.record({ models: fc.array(fc.constantFrom(...MODELS), { minLength: 3, maxLength: 3 }), asks: fc.array(ask, { minLength: 1, maxLength: 12, size: 'max' }), concurrency: fc.constantFrom(undefined, 1, 2) });
const isFrozen = (value: unknown): boolean => typeof value !== 'object' || value === null || value instanceof FlowResult || (Object.isFrozen(value) && Object.values(value).every(isFrozen));

/** What comes of each, in their order, and what was evaluated. */
async function outcomesOf(models: readonly AnyModel[], asks: readonly Ask[], options: ComputeOptions): Promise<{ readonly outcomes: unknown; readonly evaluated: readonly string[] }> {
  calls.length = 0;
  const root = flowModel({ inputs: { first: z.number() } }, async (_, run: FlowRun) => {
    const told = async (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        (value) => ({ value: Object.is(value, -0) ? '-0' : value, isFrozen: isFrozen(value) }),
        (error: unknown) => ({ code: error instanceof FlowError ? error.code : undefined, message: (error as Error).message, path: flowPathOf(error) }),
      );
    const outcomes: Promise<unknown>[] = [];
    for (const { model, context, isAwaited } of asks) {
      const outcome = told(run.compute(models[model] as typeof plain, context));
      outcomes.push(outcome);
      if (isAwaited) await outcome;
    }
    return Promise.all(outcomes);
  })({ first: plain });
  const { value } = await root.flow.compute({ n: 2 }, options);
  return { outcomes: value, evaluated: calls.toSorted() };
}

describe('a nested evaluation of plain values', () => {
  test('has the values, errors, paths and run counts of one that is watched, whatever is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(program, async ({ models, asks, concurrency }) => {
        const limit = concurrency === undefined ? {} : { concurrency };
        const plainly = await outcomesOf(models, asks, limit);
        const watched = await outcomesOf(models, asks, { ...limit, observer: () => {} });
        expect(plainly).toEqual(watched);
      }),
      { ...replayed, numRuns: 3_000 },
    );
  });

  test('an equal one is joined from both sides: while it waits, when it is done, and when it has failed', async () => {
    const gate = deferred();
    let runs = 0;
    const slow = flowModel({ name: 'solo.slow', inputs: { k: FromContext(z.coerce.number()) } }, async ({ k }) => {
      runs++;
      await gate.promise;
      if (k < 0) throw new Error('below');
      return { k };
    })();
    const root = flowModel({ inputs: {} }, async (_, run: FlowRun) => {
      const asked = [4, '4', 4, '-1', -1].map((k) => run.compute(slow, { k }).catch((error: unknown) => flowPathOf(error)));
      await settled();
      gate.resolve();
      const values = await Promise.all(asked);
      return [...values, await run.compute(slow, { k: '4' }), values[0] === (await run.compute(slow, { k: 4 }))];
    })();
    const path = ['<root>', 'solo.slow'];
    expect((await root.flow.compute()).value).toEqual([{ k: 4 }, { k: 4 }, { k: 4 }, path, path, { k: 4 }, true]);
    expect(runs).toBe(2);
  });

  test('has the places of the run: as many bodies as `concurrency` says, first come first served', async () => {
    let active = 0;
    let peak = 0;
    const order: number[] = [];
    const turn = flowModel({ name: 'solo.turn', inputs: { k: FromContext(z.number()) } }, async ({ k }) => {
      order.push(k);
      peak = Math.max(peak, ++active);
      await settled();
      active--;
      return k;
    })();
    const root = flowModel({ inputs: {} }, (_, run: FlowRun) => Promise.all([5, 3, 4, 1, 2].map((k) => run.compute(turn, { k }))))();
    expect((await root.flow.compute({}, { concurrency: 2 })).value).toEqual([5, 3, 4, 1, 2]);
    expect(order).toEqual([5, 3, 4, 1, 2]);
    expect(peak).toBe(2);
  });

  test('a body that waits for one gives its place back, and gets it back before it goes on', async () => {
    const log: string[] = [];
    const leaf = flowModel({ name: 'solo.leaf', inputs: { k: FromContext(z.number()) } }, async ({ k }) => {
      log.push(`leaf ${k}`);
      await settled();
      return k;
    })();
    const holder = flowModel({ name: 'solo.holder', inputs: { id: z.number() } }, async ({ id }, run: FlowRun) => {
      log.push(`in ${id}`);
      const value = await run.compute(leaf, { k: id });
      log.push(`on ${id}`);
      await settled();
      log.push(`out ${id}`);
      return value;
    });
    const root = flowModel({ inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b)({ a: holder({ id: 1 }), b: holder({ id: 2 }) });
    expect((await root.flow.compute({}, { concurrency: 1 })).value).toBe(3);
    const spans = ['1', '2'].map((id) => log.slice(log.indexOf(`on ${id}`), log.indexOf(`out ${id}`) + 1));
    expect(spans).toEqual([['on 1', 'out 1'], ['on 2', 'out 2']]);
  });

  test('when the run is over none begins, and what is awaited is refused once, with nothing left unhandled', async () => {
    const gate = deferred();
    const begun: number[] = [];
    const told: string[] = [];
    const stuck = flowModel({ name: 'solo.stuck', inputs: { k: FromContext(z.number()) } }, async ({ k }) => {
      begun.push(k);
      await gate.promise;
      throw new Error('too late');
    })();
    const root = flowModel({ inputs: {} }, (_, run: FlowRun) => {
      for (const k of [1, 2, 3]) run.compute(stuck, { k }).catch((error: unknown) => told.push(`${k} ${(error as FlowError).code}`));
      return new Promise<never>(() => {});
    })();
    const abort = new AbortController();
    const unhandled = await unhandledDuring(async () => {
      const failure = rejection(root.flow.compute({}, { signal: abort.signal, concurrency: 2 }));
      await settled();
      abort.abort();
      expect((await failure).code).toBe('CANCELLED');
      gate.resolve();
      await settled();
    });
    expect(unhandled).toEqual([]);
    expect(begun).toEqual([1, 2]);
    expect(told).toEqual(['1 CANCELLED', '2 CANCELLED', '3 CANCELLED']);
  });

  test('one that nobody awaits begins all the same, and one that is asked for when the run is over does not', async () => {
    const begun: number[] = [];
    const leaf = flowModel({ name: 'solo.forgotten', inputs: { k: FromContext(z.number()) } }, ({ k }) => void begun.push(k))();
    let ended!: FlowRun;
    const first = flowModel({ inputs: {} }, (_, run: FlowRun) => {
      void run.compute(leaf, { k: 1 });
      ended = run;
      return 1;
    })();
    const root = flowModel({ inputs: { x: z.number() } }, ({ x }) => x)({ x: first });
    expect((await root.flow.compute()).value).toBe(1);
    expect((await rejection(ended.compute(leaf, { k: 2 }))).code).toBe('CANCELLED');
    expect(begun).toEqual([1]);
  });

  test('a hundred thousand of them, synchronous ones, need no stack', async () => {
    const root = flowModel({ inputs: {} }, async (_, run: FlowRun) => {
      const values = await Promise.all(Array.from({ length: 100_000 }, (_unused, k) => run.compute(plain, { n: k })));
      return values.reduce((sum, value) => sum + value, 0);
    })();
    calls.length = 0;
    expect((await root.flow.compute()).value).toBe(5_000_050_000);
    expect(calls).toHaveLength(100_000);
    calls.length = 0;
  });
});
