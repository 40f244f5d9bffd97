// The guard against slowness: counts of bytes and promises, and ratios to a hand-written memoized recursion in the same process. No test here knows a
// second. Each limit is about twice what was measured, or ten times for ratios, which a busy machine moves; the measured value stands beside it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { computed, contextTransform, flowModel, FromContext, Lazy, ModelInput } from '@flowmodel/core';
import { Model } from '../src/model/model.ts';
import { planOf } from '../src/plan/planner.ts';
import type * as Slots from '../src/plan/slots.ts';
import type { Bytes } from './guard/bytes.ts';
import type { Resources } from './guard/resources.ts';
import type { Ratios } from './guard/time.ts';

vi.setConfig({ testTimeout: 180_000 }); // children that work for seconds, on a machine that may be busy

const NO_GENERATED_CODE = '--disallow-code-generation-from-strings';

/** What a script beside this file prints, in a Node of its own. */
async function measured<T>(script: string, ...flags: string[]): Promise<T> {
  const path = fileURLToPath(new URL(`guard/${script}.ts`, import.meta.url));
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@flowmodel/source', ...flags, path], { env });
  return JSON.parse(stdout) as T;
}

describe('a warm run of 10,001 models, in multiples of the recursion', () => {
  test('by compiled loops', async () => {
    const { computeSync, compute, asyncBodies } = await measured<Ratios>('time');
    expect(computeSync).toBeLessThan(0.5); // 0.04 to 0.10
    expect(compute).toBeLessThan(0.7); // 0.07 to 0.10
    expect(asyncBodies).toBeLessThan(2); // 0.36 to 0.40, of a recursion that remembers promises
  });

  test('where code may not be generated', async () => {
    const { computeSync, compute, asyncBodies } = await measured<Ratios>('time', NO_GENERATED_CODE);
    expect(computeSync).toBeLessThan(2); // 0.5 to 0.7
    expect(compute).toBeLessThan(2); // 0.5 to 0.6
    expect(asyncBodies).toBeLessThan(2); // 0.41 to 0.44
  });
});

describe('bytes allocated per model', () => {
  // Nothing is collected between two readings of the heap: the young generation holds it all.
  const HEAP = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

  test('by compiled loops', async () => {
    const { warm, warmAsync, first, firstOfSmall, kept } = await measured<Bytes>('bytes', ...HEAP);
    expect(warm).toBeLessThan(20); // 9.6: the place of its value, 8. The smallest object would be 24 more, a closure 64
    expect(warmAsync).toBeLessThan(1_900); // 950: two promises, two closures, the record of inputs, and what an async function needs
    expect(first).toBeLessThan(1_300); // 520 to 690: the plan, and what making it takes
    expect(first).toBeLessThan(firstOfSmall * 1.5); // 0.7 to 0.9 of it: planning is linear
    expect(kept).toBeLessThan(120); // 60: five numbers in flat arrays
  });

  test('where code may not be generated', async () => {
    const { warm } = await measured<Bytes>('bytes', ...HEAP, NO_GENERATED_CODE);
    expect(warm).toBeLessThan(120); // 66: the record of inputs, 48, and the place of its value. A closure would be 64 more
  });
});

test('what a run of 10,001 models makes for the event loop: nothing, a promise, or two promises for each asynchronous body', async () => {
  const { computeSync, compute, asyncBodies } = await measured<Resources>('resources');
  expect(computeSync).toEqual({});
  expect(compute).toEqual({ PROMISE: expect.toSatisfy((count: number) => count <= 4, 'at most 4') as number });
  expect(asyncBodies).toEqual({ PROMISE: expect.toSatisfy((count: number) => count <= 2 * 9_900 + 10, 'at most 19,810') as number });
});

/** How often a plan was begun: each has one table of slots. */
const planned = vi.hoisted(() => ({ count: 0 }));
vi.mock('../src/plan/slots.ts', async (original) => {
  const slots = await original<typeof Slots>();
  return {
    ...slots,
    SlotTable: class extends slots.SlotTable {
      constructor() {
        super();
        planned.count += 1;
      }
    },
  };
});

describe('planning happens once per model', () => {
  const readings = flowModel({ inputs: { seed: FromContext(z.number()), scale: FromContext(z.number().default(1)) } }, ({ seed, scale }) => seed * scale);
  const sum = flowModel({ inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => left + right);
  const shifted = contextTransform({ inputs: { seed: FromContext(z.number()), by: z.number() } }, ({ seed, by }) => seed + by);

  /** The plan's numbers, to be compared after more runs. */
  const pictureOf = (model: object): unknown => {
    const { root, eagerCells, models, offsets, ops, constants, slots } = planOf(asPlanned(model));
    return structuredClone({ root, eagerCells, cells: models.length, offsets, ops, constants, slots: slots.length });
  };
  const asPlanned = (model: object): Model => {
    if (model instanceof Model) return model;
    throw new Error('Expected a model.');
  };

  test('whatever the context: other values, other fields, rewrites, computed ones', () => {
    const base = readings();
    const model = sum({ left: base.flow.withContext({ seed: shifted({ by: 5 }) }), right: base.flow.withContext({ scale: computed(base) }) });
    planned.count = 0;
    expect(model.flow.computeSync({ seed: 1 }).value).toBe(7);
    expect(planned.count).toBe(1);
    const plan = planOf(asPlanned(model));
    const picture = pictureOf(model);
    for (let seed = 0; seed < 20; seed++) {
      expect(model.flow.computeSync({ seed, ambient: seed }).value).toBe(seed + 5 + seed * seed);
      expect(model.flow.computeSync({ seed, scale: 3 }).value).toBe((seed + 5) * 3 + seed * seed * 3);
    }
    expect(planned.count).toBe(1);
    expect(planOf(asPlanned(model))).toBe(plan);
    expect(pictureOf(model)).toEqual(picture);
  });

  test('a lazy branch joins the plan once', async () => {
    const choose = flowModel({ inputs: { seed: FromContext(z.number()), fallback: Lazy(z.number()) } }, async ({ seed, fallback }) => (seed < 3 ? seed : fallback()));
    const model = choose({ fallback: sum({ left: readings(), right: 1 }) });
    planned.count = 0;
    expect((await model.flow.compute({ seed: 1 })).value).toBe(1);
    expect((await model.flow.compute({ seed: 3 })).value).toBe(4);
    const picture = pictureOf(model);
    for (let seed = 3; seed < 10; seed++) expect((await model.flow.compute({ seed })).value).toBe(seed + 1);
    expect(planned.count).toBe(1);
    expect(pictureOf(model)).toEqual(picture);
  });

  test('a model that a body computes again and again, in as many contexts', async () => {
    const sweep = flowModel({ inputs: { model: ModelInput(z.number()) } }, async ({ model }, run) => {
      let last = 0;
      for (let seed = 0; seed < 20; seed++) last = await run.compute(model, { seed });
      return last;
    });
    const model = sweep({ model: sum({ left: readings(), right: readings() }) });
    planned.count = 0;
    for (let i = 0; i < 3; i++) expect((await model.flow.compute()).value).toBe(38);
    expect(planned.count).toBe(2);
  });

  test('a model that was made anew is planned anew', () => {
    planned.count = 0;
    for (let right = 0; right < 3; right++) expect(sum({ left: readings(), right }).flow.computeSync({ seed: 1 }).value).toBe(1 + right);
    expect(planned.count).toBe(3);
  });
});
