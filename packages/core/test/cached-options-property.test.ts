/**
 * Contract §6 on random graphs: a run with a cache yields what the same run yields without one, whatever runs filled the cache before: of the same graph or of one
 * of equal content, in other contexts, with other overrides, inside other evaluators.
 */
import { DefinitionRegistry, memoryCache } from '@flowmodel/core';
import type { ComputeOptions, Evaluator, Override } from '@flowmodel/core';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { unhandledDuring } from './deferred.ts';
import { outcomeOf } from './property/agreeing.ts';
import { buildDag } from './property/build-dag.ts';
import type { Bodies, Built } from './property/build-dag.ts';
import { isList, LIST_FIELDS, NUMBER_FIELDS } from './property/dag.ts';
import type { DagSpec } from './property/dag.ts';
import { randomDags } from './property/random-dags.ts';
import { replayed } from './property/replayed.ts';

vi.setConfig({ testTimeout: 120_000 });

/* ---------- what runs differ in ---------- */

/** Opaque: they add to what they are around. */
const adding = (n: number): Evaluator => ({
  name: `adding ${n}`,
  evaluate: (_evaluation, next) => {
    const result = next() as number | Promise<number>;
    return typeof result === 'number' ? result + n : result.then((value) => value + n);
  },
});
const evaluators = { few: adding(7), many: adding(31), transparent: { name: 'transparent', transparent: true, evaluate: (_evaluation, next) => next() } satisfies Evaluator } as const;
type Around = keyof typeof evaluators;

const changes = ['stub', 'other stub', 'volatile', 'uncacheable', 'few', 'many', 'transparent'] as const;
type Change = (typeof changes)[number];

/** One override: of one model, or of all that a definition made. */
interface Overriding {
  readonly change: Change;
  readonly pick: number;
  readonly ofDefinition: boolean;
}

/** A run, as data. */
interface Step {
  /** The graph itself, or a second build. */
  readonly twin: boolean;
  /** Fields of the context that differ from the graph's own. */
  readonly fields: Readonly<Record<string, number>>;
  readonly overrides: readonly Overriding[];
  readonly evaluator: Around | undefined;
}

const steps: fc.Arbitrary<Step> = fc.record({
  twin: fc.boolean(),
  fields: fc.dictionary(fc.constantFrom(...NUMBER_FIELDS, ...LIST_FIELDS), fc.nat(2), { maxKeys: 1 }),
  overrides: fc.array(fc.record({ change: fc.constantFrom(...changes), pick: fc.nat(0xff), ofDefinition: fc.boolean() }), { maxLength: 2 }),
  evaluator: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: fc.constantFrom<Around>('few', 'many', 'transparent') }),
});

function changed(change: Change): Omit<Override, 'models' | 'factories'> {
  switch (change) {
    case 'stub':
      return { body: () => 5 };
    case 'other stub':
      return { body: () => 24 };
    case 'volatile':
      return { volatile: true };
    case 'uncacheable':
      return { cacheable: false };
    default:
      return { evaluator: evaluators[change] };
  }
}

function optionsOf({ overrides, evaluator }: Step, { models, factories }: Built): ComputeOptions {
  const chosen = ({ pick, ofDefinition }: Overriding): Pick<Override, 'models' | 'factories'> =>
    ofDefinition ? { factories: [factories[pick % factories.length]!] } : { models: [models[pick % models.length]!] };
  return {
    overrides: overrides.map((overriding) => ({ ...chosen(overriding), ...changed(overriding.change) })),
    evaluator: evaluator && evaluators[evaluator],
  };
}

const contextOf = ({ context }: DagSpec, { fields }: Step): object => ({ ...context, ...Object.fromEntries(Object.entries(fields).map(([field, n]) => [field, isList(field) ? [n] : n])) });

/* ---------- the property ---------- */

/** Values are compared; where there are several failures, which one comes first is not said. */
const valueOf = async (graph: Built, bodies: Bodies, options: ComputeOptions): Promise<unknown> => {
  const found = await outcomeOf(graph, bodies, options);
  return 'value' in found ? found.value : 'failed';
};

test.each([
  { bodies: 'sync', numRuns: 1500 },
  { bodies: 'mixed', numRuns: 1000 },
] as const)('$numRuns random graphs of $bodies bodies, each in a sequence of runs that differ in context, overrides and evaluators: cached = uncached', async ({ bodies, numRuns }) => {
  const seen = { values: 0, served: 0, apart: 0 };
  const property = fc.asyncProperty(randomDags({ nodes: 9, failures: false, nested: 'often', uncacheable: true }), fc.array(steps, { minLength: 2, maxLength: 6 }), async (spec, sequence) => {
    const build = (): Built => buildDag(spec, bodies, new DefinitionRegistry());
    const [first, second] = [build(), build()];
    const cache = memoryCache();
    const values = new Set<unknown>();
    for (const step of sequence) {
      const built = step.twin ? second : first;
      const graph = { ...built, context: contextOf(spec, step) };
      const options = optionsOf(step, built);
      const uncached = await valueOf(graph, bodies, options);
      const { hits } = cache.stats();
      expect(await valueOf(graph, bodies, { ...options, cache })).toBe(uncached);
      if (cache.stats().hits > hits) seen.served++;
      if (uncached !== 'failed') seen.values++;
      values.add(uncached);
    }
    if (values.size > 1) seen.apart++;
  });
  expect(await unhandledDuring(() => fc.assert(property, { ...replayed, numRuns, timeout: 30_000 }))).toEqual([]);
  // The sequences are worth their while: they get somewhere, take from the cache, and come to different values.
  expect(Math.min(seen.values, seen.served)).toBeGreaterThan(numRuns / 2);
  expect(seen.apart).toBeGreaterThan(numRuns / 4);
});
