import { FlowError } from '@flowmodel/core';
import { expect, test } from 'vitest';
import { BodyError, build, vectors } from './vectors.ts';
import type { Vector } from './vectors.ts';

type Outcome = { readonly value: unknown } | { readonly error: unknown };

const failure = (error: unknown): Outcome => ({ error: error instanceof BodyError ? 'BODY' : error instanceof FlowError ? error.code : error });

async function outcome(vector: Vector, bodies: 'sync' | 'async', method: 'compute' | 'computeSync'): Promise<Outcome> {
  const { root, context } = build(vector, bodies);
  try {
    return { value: (method === 'compute' ? await root.flow.compute(context) : root.flow.computeSync(context)).value as unknown };
  } catch (error) {
    return failure(error);
  }
}

test('the vectors are all there, values and every kind of failure', () => {
  expect(vectors).toHaveLength(859);
  const kinds = new Set(vectors.map(({ expected }) => ('value' in expected ? 'value' : expected.error)));
  expect([...kinds].toSorted()).toEqual(['BODY', 'MISSING_CONTEXT', 'UNBOUND_INPUT', 'value']);
});

test.each([
  { method: 'computeSync', bodies: 'sync' },
  { method: 'compute', bodies: 'sync' },
  { method: 'compute', bodies: 'async' },
] as const)('every graph gives the answer of ccflow: $method over $bodies bodies', async ({ method, bodies }) => {
  const wrong: unknown[] = [];
  for (const vector of vectors) {
    const found = await outcome(vector, bodies, method);
    if (JSON.stringify(found) !== JSON.stringify(vector.expected)) wrong.push({ id: vector.id, found, expected: vector.expected });
  }
  expect(wrong).toEqual([]);
});
