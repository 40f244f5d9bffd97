/** The engine does what the contract says: on random graphs it agrees with a naive interpreter, failures and counts of runs included. */
import { FlowError } from '@flowmodel/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { Bodies, Built } from './build-dag.ts';
import type { DagSpec } from './dag.ts';
import { predicted } from './interpreter.ts';
import { randomDags } from './random-dags.ts';

const MINUTE = 60_000;
/** Replays a failure: the seed stands in its message. */
const seed = process.env['FLOWMODEL_SEED'] === undefined ? {} : { seed: Number(process.env['FLOWMODEL_SEED']) };

const concurrency = fc.constantFrom(undefined, 1, 2, 5);

async function outcomeOf({ root, context, recording }: Built, bodies: Bodies, concurrency: number | undefined): Promise<{ readonly value: unknown } | { readonly failure: string }> {
  try {
    const result = bodies === 'sync' ? root.flow.computeSync(context) : await root.flow.compute(context, { concurrency });
    return { value: result.value as unknown };
  } catch (error) {
    const label = recording.thrown.get(error);
    if (label !== undefined) return { failure: label };
    if (error instanceof FlowError) return { failure: `code ${error.code}` };
    throw error;
  }
}

function countsOf(labels: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** Computes a graph and compares; returns what kind of outcome it was. */
async function agree(spec: DagSpec, bodies: Bodies, concurrency: number | undefined): Promise<string> {
  const { outcome: wanted, least, most } = predicted(spec, bodies);
  const built = buildDag(spec, bodies);
  const found = await outcomeOf(built, bodies, concurrency);
  const started = countsOf(built.recording.started);

  if ('value' in wanted) expect(found).toEqual(wanted);
  else expect(found).toEqual({ failure: expect.toBeOneOf([...wanted.failures]) as string });
  const wrong = [...new Set([...started.keys(), ...most.keys()])]
    .map((label) => ({ label, runs: started.get(label) ?? 0, least: least.get(label) ?? 0, most: most.get(label) ?? 0 }))
    .filter(({ runs, least, most }) => runs < least || runs > most);
  expect(wrong).toEqual([]);
  return 'value' in found ? 'value' : found.failure.startsWith('code') ? found.failure : 'thrown';
}

test.each([
  { bodies: 'sync', numRuns: 4000 },
  { bodies: 'async', numRuns: 3000 },
  { bodies: 'mixed', numRuns: 3000 },
] as const)('$numRuns random graphs of $bodies bodies do what the contract says', { timeout: 5 * MINUTE }, async ({ bodies, numRuns }) => {
  const kinds = new Map<string, number>();
  const property = fc.asyncProperty(randomDags(), bodies === 'sync' ? fc.constant(undefined) : concurrency, async (spec, limit) => {
    const kind = await agree(spec, bodies, limit);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  });
  await fc.assert(property, { ...seed, numRuns, timeout: MINUTE });
  console.log(kinds);
});
