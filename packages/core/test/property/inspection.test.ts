/** On random graphs, an inspection says what compute would say is missing, runs no body, and never fails; pictures are whole. */
import { FlowError, graphOf, toDot, toMermaid } from '@flowmodel/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { Built } from './build-dag.ts';
import type { DagSpec } from './dag.ts';
import { randomDags } from './random-dags.ts';
import { replayed } from './replayed.ts';

interface Finding {
  readonly code: string;
  readonly field: string;
}
type Told = { readonly kind: 'checked'; readonly findings: readonly Finding[] } | { readonly kind: 'passed' | 'refused' };

/** What the check before the first body says. */
function checkOf({ root, context, recording }: Built): Told {
  try {
    root.flow.computeSync(context);
  } catch (error) {
    if (recording.started.length > 0 || recording.thrown.has(error)) return { kind: 'passed' };
    if (!(error instanceof FlowError)) throw error;
    const { findings } = error.details as { readonly findings?: readonly Finding[] };
    return findings === undefined ? { kind: 'refused' } : { kind: 'checked', findings };
  }
  return { kind: 'passed' };
}

const fieldsOf = (findings: readonly Finding[], code: string): string[] => [...new Set(findings.filter((finding) => finding.code === code).map(({ field }) => field))].toSorted();

function check(spec: DagSpec): string {
  const looked = buildDag(spec, 'sync');
  const inspection = looked.root.flow.inspect(looked.context, { dependencies: 'recursive' });
  const graph = graphOf(looked.root, looked.context);
  expect(looked.recording.started).toEqual([]);
  expect(JSON.parse(JSON.stringify(graph))).toStrictEqual(graph);
  expect(graphOf(looked.root).edges).toEqual(graph.edges);
  const ids = new Set(graph.nodes.map(({ id }) => id));
  expect(ids.size).toBe(graph.nodes.length);
  expect(graph.edges.flatMap(({ from, to }) => [from, to]).filter((id) => !ids.has(id))).toEqual([]);
  for (const text of [String(inspection), JSON.stringify(inspection), toMermaid(graph), toDot(graph)]) expect(text).not.toContain('[object Object]');

  const told = checkOf(buildDag(spec, 'sync'));
  const missing = Object.keys(inspection.graph.requiredInputs).toSorted();
  if (told.kind === 'passed') expect(missing).toEqual([]);
  if (told.kind === 'checked') {
    expect(missing).toEqual(fieldsOf(told.findings, 'MISSING_CONTEXT'));
    expect(Object.keys(inspection.unboundInputs)).toEqual(expect.arrayContaining(fieldsOf(told.findings, 'UNBOUND_INPUT')));
  }
  return told.kind;
}

test('1,500 random graphs', { timeout: 120_000 }, () => {
  const kinds: string[] = [];
  fc.assert(fc.property(randomDags(), (spec) => void kinds.push(check(spec))), { ...replayed, numRuns: 1_500 });
  expect(kinds.filter((kind) => kind === 'checked').length).toBeGreaterThan(100);
  expect(kinds.filter((kind) => kind === 'passed').length).toBeGreaterThan(500);
});
