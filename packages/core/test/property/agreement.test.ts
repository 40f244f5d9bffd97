/** The engine does what the contract says: on random graphs it agrees with a naive interpreter, failures and counts of runs included. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { unhandledDuring } from '../deferred.ts';
import { countsOf, expectCounts, expectOutcome, kindOf, outcomeOf } from './agreeing.ts';
import { buildDag } from './build-dag.ts';
import type { Bodies } from './build-dag.ts';
import type { DagSpec } from './dag.ts';
import { predicted } from './interpreter.ts';
import { randomDags } from './random-dags.ts';
import { replayed } from './replayed.ts';

/** Computes a graph and compares; returns what kind of outcome it was. */
async function agree(spec: DagSpec, bodies: Bodies, concurrency: number | undefined): Promise<string> {
  const prediction = predicted(spec, bodies);
  const built = buildDag(spec, bodies);
  const found = await outcomeOf(built, bodies, { concurrency });
  expectOutcome(spec, found, prediction);
  expectCounts(spec, built.recording.started, prediction);
  return kindOf(found);
}

const kindsOfOutcome = ['value', 'thrown', 'UNBOUND_INPUT', 'REGULAR_OVERRIDE', 'MISSING_CONTEXT', 'INVALID_CONTEXT', 'INVALID_RESULT'];

test.each([
  { bodies: 'sync', numRuns: 4000 },
  { bodies: 'async', numRuns: 3000 },
  { bodies: 'mixed', numRuns: 3000 },
] as const)('$numRuns random graphs of $bodies bodies do what the contract says', { timeout: 300_000 }, async ({ bodies, numRuns }) => {
  const kinds: string[] = [];
  const property = fc.asyncProperty(randomDags(), fc.constantFrom(undefined, 1, 2, 5), async (spec, concurrency) => {
    kinds.push(await agree(spec, bodies, concurrency));
  });
  const unhandled = await unhandledDuring(() => fc.assert(property, { ...replayed, numRuns, timeout: 30_000 }));
  expect(unhandled).toEqual([]);
  // The graphs are worth their while: they get somewhere, and they fail in every way.
  const counts = countsOf(kinds);
  expect(kindsOfOutcome.filter((kind) => (counts.get(kind) ?? 0) < 3)).toEqual([]);
  expect(counts.get('value')).toBeGreaterThan(numRuns / 2);
});
