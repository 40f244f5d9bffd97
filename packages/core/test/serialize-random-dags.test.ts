// Contract §9: a graph that went through a document is the same graph. Random ones: lazy, nested and container inputs, wrappers, failures and all.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DefinitionRegistry, FlowError, keyOf, modelFromJSON } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { buildDag } from './property/build-dag.ts';
import type { Built } from './property/build-dag.ts';
import type { DagSpec } from './property/dag.ts';
import { randomDags } from './property/random-dags.ts';
import { replayed } from './property/replayed.ts';

/** What a computation came to, and which bodies ran for it. */
function outcomeOf({ context, recording }: Built, model: CallableModel): { readonly found: unknown; readonly started: readonly string[] } {
  recording.started.length = 0;
  let found: unknown;
  try {
    found = { result: model.flow.computeSync(context) as unknown };
  } catch (error) {
    const label = recording.thrown.get(error);
    if (label === undefined && !(error instanceof FlowError)) throw error;
    found = label ?? [(error as FlowError).code, (error as FlowError).message];
  }
  return { found, started: recording.started.toSorted() };
}

/** The key, or why there is none. */
function keyIn({ context }: Built, model: CallableModel): string {
  try {
    return keyOf(model, context);
  } catch (error) {
    if (error instanceof FlowError) return error.code;
    throw error; // a transform's own
  }
}

function isCarried(spec: DagSpec): 'key' | 'no key' {
  const definitions = new DefinitionRegistry();
  const built = buildDag(spec, 'sync', definitions);
  const text = JSON.stringify(built.root);
  const copy = modelFromJSON(text, { definitions });
  expect(JSON.stringify(copy)).toBe(text); // the same nodes: what was shared is shared, what was not is not
  expect((copy as { toString(): string }).toString()).toBe((built.root as { toString(): string }).toString());
  expect(outcomeOf(built, copy)).toEqual(outcomeOf(built, built.root));
  let key: string;
  try {
    key = keyIn(built, built.root);
  } catch {
    expect(() => keyIn(built, copy)).toThrow();
    return 'no key';
  }
  expect(keyIn(built, copy)).toBe(key);
  return /^[A-Z_]+$/.test(key) ? 'no key' : 'key';
}

test.each([
  ['graphs that may fail', true, 50],
  ['graphs that do not', false, 300],
])('%s: through a document they give the same result by as many runs, have the same key, print the same and share the same', (_, failures, least) => {
  let keys = 0;
  fc.assert(
    fc.property(randomDags({ failures }), (spec) => {
      if (isCarried(spec) === 'key') keys++;
    }),
    { ...replayed, numRuns: 400 },
  );
  expect(keys).toBeGreaterThan(least); // what lacks something has none
}, 60_000);
