/** What running a graph came to, beside what the interpreter predicts. */
import { FlowError } from '@flowmodel/core';
import type { ComputeOptions } from '@flowmodel/core';
import { expect } from 'vitest';
import type { Bodies, Built } from './build-dag.ts';
import type { DagSpec, WrapperSpec } from './dag.ts';
import type { Prediction } from './interpreter.ts';

export type Found = { readonly value: unknown } | { readonly failure: string };

/** Sync bodies by `computeSync`, others by `compute`. A failure is named as the interpreter names it. */
export async function outcomeOf({ root, context, recording }: Built, bodies: Bodies, options: ComputeOptions): Promise<Found> {
  try {
    const result = bodies === 'sync' ? root.flow.computeSync(context, options) : await root.flow.compute(context, options);
    return { value: result.value as unknown };
  } catch (error) {
    const label = recording.thrown.get(error); // by identity: the same object that was thrown
    if (label !== undefined) return { failure: label };
    if (error instanceof FlowError) return { failure: `code ${error.code}` };
    throw error;
  }
}

export function countsOf(labels: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

const wrappersOf = ({ nodes }: DagSpec): WrapperSpec[] => nodes.filter((node) => 'wrap' in node);
const hasComputed = (spec: DagSpec): boolean => wrappersOf(spec).some(({ overrides }) => Object.values(overrides).some((override) => 'computed' in override));

/**
 * The known differences in counts (docs/engine.md, "Once"). Where a patch inside a lazy branch writes a field that a wrapper further out computes, the
 * branch counts as reading the computed field, so that whoever holds it may run in two places that come to the same. And where such places turn out to be the
 * same only when a computed value is there, the volatile models above each of them have run. Values do not differ.
 */
export function mayRunTwice(spec: DagSpec): boolean {
  if (!hasComputed(spec)) return false;
  const isLazy = spec.definitions.some(({ inputs }) => inputs.some(({ kind }) => kind === 'lazy'));
  return (isLazy && wrappersOf(spec).some(({ patches }) => patches.length > 0)) || spec.definitions.some(({ volatile }) => volatile);
}

/**
 * Where a transform lacks an input, an unbound input behind its wrapper does not decide the code (docs/conformance.md); with computed fields, which stand before
 * their wrapper and may be wrapped themselves, what is behind is a matter of definition. The error lists both; the code may be either.
 */
function eitherCode(spec: DagSpec, failures: ReadonlySet<string>): readonly string[] {
  const codes = ['code UNBOUND_INPUT', 'code MISSING_CONTEXT'];
  return hasComputed(spec) && spec.transforms.length > 0 && codes.some((code) => failures.has(code)) ? codes : [];
}

/** Fails unless the outcome is the predicted one, or one of the failures that may come first. */
export function expectOutcome(spec: DagSpec, found: Found, { outcome: wanted }: Prediction): void {
  if ('value' in wanted) expect(found).toEqual(wanted);
  else expect(found).toEqual({ failure: expect.toBeOneOf([...wanted.failures, ...eitherCode(spec, wanted.failures)]) as string });
}

/** Fails where bodies ran more often than they may, or less often than they must; without `least`, they need not have run. */
export function expectCounts(spec: DagSpec, started: readonly string[], { least, most }: Prediction, must = true): void {
  const counts = countsOf(started);
  const wrong = [...new Set([...counts.keys(), ...most.keys()])]
    .map((label) => ({ label, runs: counts.get(label) ?? 0, least: must ? (least.get(label) ?? 0) : 0, most: most.get(label) ?? 0 }))
    .filter(({ runs, least, most }) => runs < least || (runs > most && !mayRunTwice(spec)));
  expect(wrong).toEqual([]);
}

export const kindOf = (found: Found): string => ('value' in found ? 'value' : found.failure.startsWith('code ') ? found.failure.slice(5) : 'thrown');
