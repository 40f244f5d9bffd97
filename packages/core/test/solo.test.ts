/**
 * Nested evaluations of models that receive plain values only have a short way of their own (`run/solo.ts`), which a run with an observer does not take. Nobody is to see a
 * difference but the clock.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { closedContext, contextTransform, FlowContext, FlowError, flowModel, flowPathOf, FlowResult, FromContext, fromField, GenericResult, Lazy, modelClass } from '@flowmodel/core';
import type { AnyModel, ComputeOptions, FlowRun, ModelYielding } from '@flowmodel/core';
import { computeInto } from '@flowmodel/core/extending';
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
const unbound = flowModel({ name: 'solo.unbound', inputs: { unit: z.string(), n } }, (inputs) => (noted('unbound', inputs), inputs.n))();
const conducting = flowModel({ name: 'solo.conducting', inputs: { n }, orchestrates: true }, async (inputs) => {
  noted('conducting', inputs);
  await Promise.resolve();
  return inputs.n;
})();
const attended = flowModel({ name: 'solo.attended', inputs: { n }, evaluator: { name: 'attending', evaluate: async (_evaluation, next) => [await next(), 'attended'] } }, (inputs) => (noted('attended', inputs), inputs.n))();
class Lone extends modelClass({ name: 'solo.Lone', inputs: { unit: z.string() } }) {
  call(inputs: object): string {
    noted('lone', inputs);
    return this.inputs.unit;
  }
}
const lone = new Lone({ unit: 'm' });
/** Schemas whose code runs: how often, and in what order, is told too. */
let count = 0;
const refined = flowModel({ name: 'solo.refined', inputs: { n: FromContext(z.number().refine((value) => (noted('refines', { value }), value < 3))), label: FromContext(z.string()) } }, (inputs) => (noted('refined', inputs), inputs.n))();
const counted = flowModel({ name: 'solo.counted', inputs: { n: FromContext(z.unknown().transform(() => ++count)) } }, (inputs) => (noted('counted', inputs), inputs.n))();
const numbered = flowModel({ name: 'solo.numbered', inputs: { n: FromContext(z.number().default(() => ++count)) } }, (inputs) => (noted('numbered', inputs), inputs.n))();
const touchy = flowModel(
  {
    name: 'solo.touchy',
    inputs: {
      n: FromContext(
        z.unknown().refine((value) => {
          noted('touches', { value });
          if (value === 2) throw new RangeError('2 is not even looked at');
          return value !== 1;
        }),
      ),
    },
  },
  (inputs) => (noted('touchy', inputs), 'touched'),
)();
/** What it yields cannot be looked at: 1 is not even found to be no promise, and 2 is not frozen. */
const thorny = flowModel({ name: 'solo.thorny', inputs: { n } }, (inputs) => {
  noted('thorny', inputs);
  const thorn = {
    get: () => {
      throw new RangeError('it stings');
    },
    enumerable: true,
  };
  return inputs.n === 1 || inputs.n === 2 ? (Object.defineProperty({}, inputs.n === 1 ? 'then' : 'part', thorn) as number) : inputs.n;
})();
const MODELS: readonly AnyModel[] = [plain, later, thrower, bound, optional, defaulted, coerced, anything, structured, unstripped, dated, inherited, record, box, quote, checked, thenable, moody, preset, presetOptional, strict, partlyStrict, wrapped, renamed, closed, patched, above, refined, counted, numbered, touchy, thorny, unbound, conducting, attended, lone];

interface Ask {
  /** Which of a program's models. */
  readonly model: number;
  readonly context: object;
  readonly isAwaited: boolean;
  /** `into`: without a promise, and once more in the moment in which the first is told; `sync`: without waiting; `signal`: until a signal fires, which it never does. */
  readonly how: 'compute' | 'into' | 'sync' | 'signal';
}

/** Contexts that are not simply what they look like. */
function disguised(fields: Readonly<Record<string, unknown>>, as: number): object {
  if (as === 5) return new FlowContext(fields);
  if (as === 4) return Object.freeze({ ...fields });
  if (as === 3) return Object.defineProperty({ ...fields }, 'n', { enumerable: false });
  if (as === 2) return Object.defineProperties({}, Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { enumerable: true, get: () => value }])));
  if (as === 1) return new Proxy({ ...fields }, {});
  return fields;
}

const ask: fc.Arbitrary<Ask> = fc.record({
  model: fc.nat(2),
  context: fc.record(
    {
      n: fc.constantFrom<unknown>(0, 1, 2, -0, 3, 1, 2, '1', 'x', Number.NaN, null, undefined, true, [1], { id: 1 }, { id: 2 }, { id: 2, more: 1 }, { id: 'x' }, new Date(5)),
      label: fc.constantFrom('ab', 'ab', 'a'),
      unit: fc.constantFrom(undefined, undefined, undefined, 'km'),
      m: fc.constantFrom(2, 2, undefined),
      spare: fc.nat(9),
    },
    { requiredKeys: ['label', 'spare'] },
  ).map((fields) => disguised(fields, fields.spare)),
  isAwaited: fc.boolean(),
  how: fc.constant('compute'),
});
const models = fc.array(fc.constantFrom(...MODELS), { minLength: 3, maxLength: 3 });
const concurrency = fc.constantFrom(undefined, 1, 2);
const program = fc.record({ models, asks: fc.array(ask, { minLength: 1, maxLength: 12, size: 'max' }), concurrency });
const anyhow = fc.tuple(ask, fc.constantFrom('compute', 'compute', 'into', 'sync', 'signal')).map(([one, how]): Ask => ({ ...one, how }));
const mixedProgram = fc.record({ models, asks: fc.array(anyhow, { minLength: 1, maxLength: 12, size: 'max' }), concurrency });
const isFrozen = (value: unknown): boolean => typeof value !== 'object' || value === null || value instanceof FlowResult || (Object.isFrozen(value) && Object.values(value).every(isFrozen));

/** What comes of each, in their order, what was evaluated, and in what order all that happened. */
async function outcomesOf(models: readonly AnyModel[], asks: readonly Ask[], options: ComputeOptions): Promise<{ readonly outcomes: unknown; readonly evaluated: readonly string[]; readonly history: readonly string[] }> {
  calls.length = count = 0;
  const history = calls;
  const root = flowModel({ inputs: { first: z.number() } }, async (_, run: FlowRun) => {
    const valueOf = (value: unknown): unknown => ({ value: Object.is(value, -0) ? '-0' : value, isFrozen: isFrozen(value) });
    const errorOf = (error: unknown): unknown => ({ code: error instanceof FlowError ? error.code : undefined, message: (error as Error).message, path: flowPathOf(error) });
    const askFor = (model: typeof plain, context: object, how: Ask['how'], at: number): Promise<unknown> => {
      if (how === 'compute') return run.compute(model, context);
      if (how === 'signal') return run.compute(model, context, { signal: new AbortController().signal });
      if (how === 'sync') return new Promise((resolve) => resolve(run.computeSync(model, context)));
      return new Promise((resolve, reject) => {
        const again = { resolve, reject };
        const once = (found: unknown): void => {
          history.push(`${at} told ${String(found)}`);
          computeInto(run, model, context, {}, again);
          history.push(`${at} asked again`);
        };
        computeInto(run, model, context, {}, { resolve: once, reject: once });
        history.push(`${at} asked`);
      });
    };
    const outcomes: Promise<unknown>[] = [];
    for (const [at, { model, context, isAwaited, how }] of asks.entries()) {
      const outcome = askFor(models[model] as typeof plain, context, how, at).then(valueOf, errorOf);
      void outcome.then(() => history.push(`${at} done`));
      outcomes.push(outcome);
      if (isAwaited) await outcome;
    }
    return Promise.all(outcomes);
  })({ first: plain });
  const { value } = await root.flow.compute({ n: 2 }, options);
  return { outcomes: value, evaluated: calls.filter((call) => call.endsWith('}')).toSorted(), history: [...history] };
}

/** What a body makes of its run. */
async function within<V>(body: (run: FlowRun) => Promise<V>, options: ComputeOptions = {}): Promise<V> {
  let made!: V;
  const root = flowModel({ inputs: {} }, async (_, run: FlowRun) => void (made = await body(run)))();
  await root.flow.compute({}, options);
  return made;
}

describe('a nested evaluation of plain values', () => {
  test('has the values, errors, paths and run counts of one that is watched, whatever is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(program, async ({ models, asks, concurrency }) => {
        const limit = concurrency === undefined ? {} : { concurrency };
        const plainly = await outcomesOf(models, asks, limit);
        const watched = await outcomesOf(models, asks, { ...limit, observer: () => {} });
        expect(plainly.outcomes).toEqual(watched.outcomes);
        expect(plainly.evaluated).toEqual(watched.evaluated);
      }),
      { ...replayed, numRuns: 3_000 },
    );
  });

  test('happens in the same order as one whose model is overridden, by nothing, however it is asked for', async () => {
    const overrides = [{ models: MODELS, validateResult: true }];
    await fc.assert(
      fc.asyncProperty(mixedProgram, async ({ models, asks, concurrency }) => {
        const limit = concurrency === undefined ? {} : { concurrency };
        expect(await outcomesOf(models, asks, limit)).toEqual(await outcomesOf(models, asks, { ...limit, overrides }));
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
    expect((await rejection(ended.compute(leaf, {}))).code).toBe('CANCELLED');
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

  test('reads of a context what is its own and enumerable, once each, and what nobody reads as well', async () => {
    const read: string[] = [];
    const context = { get n() { return read.push('n'); }, get spare() { return read.push('spare'); } };
    const outcomes = await within(async (run) => {
      const found = await run.compute(plain, context);
      const inherited = Object.create({ n: 5 }) as object;
      const hidden = Object.defineProperty({}, 'n', { value: 6 });
      const trap = { get spare(): never { throw new RangeError('spare'); }, n: 7 };
      return [found, ...(await Promise.all([hidden, new Proxy({}, { get: () => 8 }), inherited, trap].map((one) => run.compute(plain, one).catch((error: unknown) => (error instanceof FlowError ? error.code : (error as Error).message)))))];
    });
    expect(outcomes).toEqual([2, 'MISSING_CONTEXT', 'MISSING_CONTEXT', 'MISSING_CONTEXT', 'spare']);
    expect(read).toEqual(['n', 'spare']);
  });

  test('a schema is asked once, also where the evaluation fails, is refused or is joined', async () => {
    const asked: number[] = [];
    const schema = z.number().refine((value) => (asked.push(value), value !== 4));
    const fails = flowModel({ name: 'solo.fails', inputs: { k: FromContext(schema) }, output: z.number().max(2) }, ({ k }) => k)();
    const codes = await within((run) => Promise.all([1, 1, 3, 3, 4].map((k) => run.compute(fails, { k }).catch((error: FlowError) => error.code))));
    expect(codes).toEqual([1, 1, 'INVALID_RESULT', 'INVALID_RESULT', 'INVALID_CONTEXT']);
    expect(asked).toEqual([1, 1, 3, 3, 4]);
  });

  test('what a getter or a schema aborts is refused, and does not begin', async () => {
    const begun: number[] = [];
    const ending = async (contextOf: (abort: AbortController) => object, model: ModelYielding<number>): Promise<unknown> => {
      const own = new AbortController();
      let told: unknown;
      const root = flowModel({ inputs: {} }, async (_, run: FlowRun) => {
        told = await run.compute(model, contextOf(own)).catch((error: FlowError) => error.code);
      })();
      expect((await rejection(root.flow.compute({}, { signal: own.signal }))).code).toBe('CANCELLED');
      await settled();
      return told;
    };
    let controller!: AbortController;
    const schema = z.number().refine((value) => (controller.abort(), value > 0));
    const checkedModel = flowModel({ name: 'solo.aborting', inputs: { n: FromContext(schema) } }, (inputs) => begun.push(inputs.n))();
    const cell = flowModel({ name: 'solo.counting', inputs: { n } }, (inputs) => begun.push(inputs.n))();
    const upper = flowModel({ name: 'solo.upper', inputs: { x: z.number() } }, ({ x }) => x)({ x: cell });
    const byGetter = (one: AbortController): object => ({ get n() { one.abort(); return 1; } });
    expect(await ending(byGetter, cell)).toBe('CANCELLED');
    expect(await ending(byGetter, upper)).toBe('CANCELLED');
    expect(await ending((one) => ((controller = one), { n: 1 }), checkedModel)).toBe('CANCELLED');
    expect(await ending((one) => ((controller = one), { n: -1 }), checkedModel)).toBe('INVALID_CONTEXT');
    expect(begun).toEqual([]);
  });

  test('what cannot be looked at is its own failure, whoever makes it begin', async () => {
    const outcomes = await within((run) => Promise.all([[plain, 5], [thorny, 1], [later, 6], [thorny, 2], [thorny, 3]].map(([model, k]) => run.compute(model as typeof plain, { n: k as number }).catch((error: unknown) => flowPathOf(error)))), { concurrency: 1 });
    expect(outcomes).toEqual([6, ['<root>', 'solo.thorny'], 60, ['<root>', 'solo.thorny'], 3]);
  });

  test('a body that asks for itself without waiting gets a cycle, and one that asks later what it yields', async () => {
    const outcomes = await within((run) => {
      const itself: typeof plain = flowModel({ name: 'solo.itself', inputs: { n } }, (inputs): number => (inputs.n === 1 ? run.computeSync(itself, { n: 1 }) : inputs.n))();
      const asked: Promise<unknown>[] = [];
      const echo: typeof plain = flowModel({ name: 'solo.echo', inputs: { n } }, (inputs) => (asked.length > 3 ? -1 : (asked.push(run.compute(echo, { n: inputs.n })), inputs.n)))();
      return Promise.all([run.compute(itself, { n: 1 }).catch((error: FlowError) => error.code), run.compute(echo, { n: 4 }).then(async (value) => [value, ...(await Promise.all(asked))])]);
    });
    expect(outcomes).toEqual(['CYCLE', [4, 4]]);
  });

  test('is the same evaluation as a lazy branch, whichever is first', async () => {
    for (const isBranchFirst of [true, false]) {
      let runs = 0;
      const leaf = flowModel({ name: 'solo.branch', replace: true, inputs: { n } }, async (inputs) => {
        runs++;
        await settled();
        return { value: inputs.n };
      })();
      const holder = flowModel({ inputs: { thunk: Lazy(z.object({ value: z.number() })) } }, async ({ thunk }, run: FlowRun) => {
        const asks = [() => thunk(), () => run.compute(leaf, { n: 3 }), () => run.compute(leaf, { n: 3 })];
        const found = await Promise.all((isBranchFirst ? asks : asks.toReversed()).map((one) => one()));
        return found.every((one) => one === found[0]) && run.computeSync(leaf, { n: 3 }) === found[0] && thunk.sync() === found[0];
      })({ thunk: leaf });
      expect((await holder.flow.compute({ n: 3 })).value).toBe(true);
      expect(runs).toBe(1);
    }
  });

  test('whoever asked for it is not kept when it is done', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const asked: WeakRef<object>[] = [];
    const models = [plain, later, thrower, checked].map((model) => model as ModelYielding<number>);
    const alive = await within(async (run) => {
      for (const model of models) {
        await new Promise<void>((resolve) => {
          const receiver = { resolve: () => resolve(), reject: () => resolve() };
          asked.push(new WeakRef(receiver));
          computeInto(run, model, { n: 3 }, {}, receiver);
        });
      }
      await settled();
      collect();
      return asked.filter((one) => one.deref() !== undefined).length;
    });
    expect(asked).toHaveLength(4);
    expect(alive).toBe(0);
  });

  test('stands as deep as any other: what nothing may stand in is no place for it', async () => {
    const deepest = 50_000;
    const codes: unknown[] = [];
    const down: AnyModel = flowModel({ name: 'solo.down', inputs: { depth: FromContext(z.number()) } }, async ({ depth }, run: FlowRun): Promise<number> => {
      if (depth >= deepest - 1) codes.push(await run.compute(plain, { n: depth }).catch((error: FlowError) => error.code));
      return depth === deepest ? 0 : run.compute(down as typeof plain, { depth: depth + 1 });
    })();
    await down.flow.compute({ depth: 0 });
    expect(codes).toEqual([deepest, 'CYCLE']);
  });

  test('asked for without waiting it is in flight, not in a cycle, once its body has handed back a promise', async () => {
    const codeOf = (ask: () => unknown): unknown => {
      try {
        return ask();
      } catch (error) {
        return (error as FlowError).code;
      }
    };
    const codes = await within(async (run) => {
      const found: unknown[] = [];
      const own: typeof plain = flowModel({ name: 'solo.own', inputs: { n } }, async (inputs) => {
        if (inputs.n === 1) found.push(codeOf(() => run.computeSync(own, { n: 1 })));
        return inputs.n;
      })();
      const first = run.compute(own, { n: 1 });
      const second = run.compute(own, { n: 2 });
      await Promise.resolve(); // both have begun
      found.push(codeOf(() => run.computeSync(own, { n: 1 })), codeOf(() => run.computeSync(own, { n: 2 })));
      return [...found, await first, await second, run.computeSync(own, { n: 2 })];
    });
    expect(codes).toEqual(['CYCLE', 'ASYNC_IN_SYNC', 'ASYNC_IN_SYNC', 1, 2, 2]);
  });

  test('one that fails late gives its place to the next', async () => {
    const failing = flowModel({ name: 'solo.failing', inputs: { n } }, async (inputs): Promise<number> => {
      await settled();
      throw new RangeError(`${inputs.n}`);
    })();
    const messages = await within((run) => Promise.all([1, 2, 3].map((k) => run.compute(failing, { n: k }).catch((error: Error) => error.message))), { concurrency: 1 });
    expect(messages).toEqual(['1', '2', '3']);
  });

  test('what comes when the run is over is left as it is', async () => {
    const gate = deferred();
    const result = { part: [1] };
    const error = new RangeError('late');
    const late = flowModel({ name: 'solo.late', inputs: { n } }, async (inputs) => {
      await gate.promise;
      if (inputs.n === 1) return result;
      throw error;
    })();
    const abort = new AbortController();
    const root = flowModel({ inputs: {} }, (_, run: FlowRun) => Promise.all([1, 2].map((k) => run.compute(late, { n: k }))))();
    const failure = rejection(root.flow.compute({}, { signal: abort.signal }));
    abort.abort();
    expect((await failure).code).toBe('CANCELLED');
    gate.resolve();
    await settled();
    expect(Object.isFrozen(result)).toBe(false);
    expect(flowPathOf(error)).toBeUndefined();
  });

  test('whoever asked is told once, in the order of asking, also when the run ends without an answer', async () => {
    const told: string[] = [];
    const gates = [1, 2, 3, 4].map(() => deferred());
    const gated = flowModel({ name: 'solo.gated', inputs: { n } }, async (inputs) => {
      await gates[inputs.n - 1]!.promise;
      return inputs.n;
    })();
    const abort = new AbortController();
    const ending = flowModel({ name: 'solo.ending', inputs: { n } }, (inputs) => (abort.abort(), inputs.n))();
    const root = flowModel({ inputs: {} }, async (_, run: FlowRun) => {
      const askFor = (model: typeof plain, k: number): void => computeInto(run, model, { n: k }, {}, { resolve: () => told.push(`${k} resolved`), reject: () => told.push(`${k} rejected`) });
      for (const k of [1, 2, 3, 4]) askFor(gated, k);
      await settled();
      gates[1]!.resolve();
      await settled();
      askFor(ending, 5);
      return new Promise<never>(() => {});
    })();
    expect((await rejection(root.flow.compute({}, { signal: abort.signal }))).code).toBe('CANCELLED');
    for (const gate of gates) gate.resolve();
    await settled();
    expect(told).toEqual(['2 resolved', '1 rejected', '3 rejected', '4 rejected', '5 rejected']);
  });

  test('what is under way when the root has its value is told that the run is over', async () => {
    const gate = deferred();
    const told: unknown[] = [];
    const endless = flowModel({ name: 'solo.endless', inputs: { n } }, () => gate.promise)();
    const waiting = flowModel({ name: 'solo.endless-one', inputs: { n } }, (_inputs) => gate.promise)();
    const root = flowModel({ inputs: {} }, (_, run: FlowRun) => {
      for (const model of [endless, waiting]) run.compute(model, { n: 1 }).catch((error: FlowError) => told.push(error.code));
      return 1;
    })();
    expect((await root.flow.compute()).value).toBe(1);
    await settled();
    expect(told).toEqual(['CANCELLED', 'CANCELLED']);
  });

  test('what is no model is none', async () => {
    expect(await within(async (run) => [await rejection(run.compute(5 as never, { n: 1 })), await rejection(run.compute(undefined as never, {}))].map(({ code }) => code))).toEqual(['BIND', 'BIND']);
  });
});
