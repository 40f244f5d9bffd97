/**
 * Contract §6 on random graphs, against the naive interpreter: with a cache and without, one body at a time or all at once, a graph yields the same, or
 * fails for the same reason; bodies run as often as they must; and keys are equal exactly where nothing that is consumed differs.
 */
import { DefinitionRegistry, FlowError, keyOf, memoryCache, tieredCache } from '@flowmodel/core';
import type { CacheEntry, CallableModel, ResultCache } from '@flowmodel/core';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { unhandledDuring } from './deferred.ts';
import { expectCounts, expectOutcome, kindOf, outcomeOf } from './property/agreeing.ts';
import type { Found } from './property/agreeing.ts';
import { buildDag } from './property/build-dag.ts';
import type { Bodies, Built } from './property/build-dag.ts';
import { isList, isWrapper } from './property/dag.ts';
import type { Binding, DagSpec, Given, ModelSpec, NodeSpec } from './property/dag.ts';
import { predicted } from './property/interpreter.ts';
import { randomDags } from './property/random-dags.ts';
import { replayed } from './property/replayed.ts';

vi.setConfig({ testTimeout: 120_000 });

const hasComputed = ({ nodes }: DagSpec): boolean => nodes.some((node) => isWrapper(node) && Object.values(node.overrides).some((override) => 'computed' in override));

/* ---------- cached = uncached ---------- */

/** Answers after some microtasks, a level of a graph at a time. */
function laterCache(ticks: number): ResultCache {
  const entries = new Map<string, CacheEntry>();
  const soon = async <T>(act: () => T): Promise<T> => {
    for (let i = 0; i < ticks; i++) await Promise.resolve();
    return act();
  };
  return {
    get: (key) => soon(() => entries.get(key)),
    getMany: (keys) => soon(() => keys.map((key) => entries.get(key))),
    set: (key, entry) => soon(() => void entries.set(key, entry)),
    delete: (key) => soon(() => void entries.delete(key)),
    clear: () => entries.clear(),
  };
}

const caches = {
  memory: () => memoryCache({ max: 1000 }),
  later: () => laterCache(3),
  tiered: () => tieredCache(memoryCache({ max: 3 }), laterCache(1)),
};
type CacheKind = keyof typeof caches;

/** Definitions have the names of the description in a registry of each build's own, so that two builds are of equal content. */
const built = (spec: DagSpec, bodies: Bodies): Built => buildDag(spec, bodies, new DefinitionRegistry());

/** Whether everything of the graph may be kept: then nothing runs a second time. */
const keepsAll = ({ definitions }: DagSpec): boolean => definitions.every(({ volatile, cacheable }) => !volatile && cacheable !== false);

interface Case {
  readonly spec: DagSpec;
  readonly bodies: Bodies;
  readonly kind: CacheKind;
  readonly concurrency: number | undefined;
}

async function check({ spec, bodies, kind, concurrency }: Case): Promise<Found> {
  const prediction = predicted(spec, bodies);
  const run = async (graph: Built, cache: ResultCache | undefined, limit = concurrency): Promise<Found> => {
    graph.recording.started.length = 0;
    const found = await outcomeOf(graph, bodies, { concurrency: limit, cache });
    expectOutcome(spec, found, prediction);
    return found;
  };

  // Parallel = sequential.
  const plain = built(spec, bodies);
  const uncached = await run(plain, undefined, 1);
  expect('value' in (await run(plain, undefined, undefined))).toBe('value' in uncached);

  // Cached = uncached: fresh, warm, and for a second graph of equal content.
  const cache = caches[bodies === 'sync' ? 'memory' : kind]();
  const graph = built(spec, bodies);
  const fresh = await run(graph, cache);
  if (bodies === 'sync') expect(fresh).toEqual(uncached);
  expectCounts(spec, graph.recording.started, prediction);
  for (const again of [graph, built(spec, bodies)]) {
    expect('value' in (await run(again, cache))).toBe('value' in fresh);
    if (keepsAll(spec) && 'value' in fresh) expect(again.recording.started).toEqual([]);
    else expectCounts(spec, again.recording.started, prediction, false);
  }
  return fresh;
}

test.each([
  { bodies: 'sync', numRuns: 1000 },
  { bodies: 'async', numRuns: 800 },
  { bodies: 'mixed', numRuns: 800 },
] as const)('$numRuns random graphs of $bodies bodies, each without a cache and with one: fresh, warm, and a second graph of equal content', async ({ bodies, numRuns }) => {
  const kinds = new Map<string, number>();
  const cases = fc.record({ spec: randomDags({ uncacheable: true }), bodies: fc.constant(bodies), kind: fc.constantFrom<CacheKind>('memory', 'later', 'tiered'), concurrency: fc.constantFrom(undefined, 1, 2) });
  const property = fc.asyncProperty(cases, async (given) => {
    const kind = kindOf(await check(given));
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  });
  expect(await unhandledDuring(() => fc.assert(property, { ...replayed, numRuns, timeout: 30_000 }))).toEqual([]);
  expect(kinds.get('value')).toBeGreaterThan(numRuns / 2);
  expect(kinds.get('thrown')).toBeGreaterThan(5);
  expect(kinds.get('MISSING_CONTEXT')).toBeGreaterThan(5);
});

test('600 random graphs, each for several callers at a time: one cache, each body once for all of them', async () => {
  const property = fc.asyncProperty(randomDags({ volatile: false }), fc.constantFrom<CacheKind>('memory', 'later', 'tiered'), async (spec, kind) => {
    const prediction = predicted(spec, 'async');
    const cache = caches[kind]();
    const graphs = [built(spec, 'async'), built(spec, 'async'), built(spec, 'async')];
    // A body is one graph's; what it throws reaches the callers of the others too.
    const thrown = { get: (error: unknown) => graphs.map(({ recording }) => recording.thrown.get(error)).find((label) => label !== undefined) };
    const found = await Promise.all(graphs.map((graph) => outcomeOf({ ...graph, recording: { ...graph.recording, thrown: thrown as Map<unknown, string> } }, 'async', { cache })));
    for (const each of found) expectOutcome(spec, each, prediction);
    // What reads a computed field has the computing model in its key, not the value: which may come to the same as another evaluation's.
    if ('value' in prediction.outcome && !hasComputed(spec)) expectCounts(spec, graphs.flatMap(({ recording }) => recording.started), prediction);
  });
  expect(await unhandledDuring(() => fc.assert(property, { ...replayed, numRuns: 600, timeout: 30_000 }))).toEqual([]);
});

/* ---------- keys ---------- */

/** The key, or why there is none. */
function keyIn({ recording }: Built, model: CallableModel, context: object): string {
  try {
    return keyOf(model, context);
  } catch (error) {
    const label = recording.thrown.get(error);
    if (label !== undefined) return `thrown ${label}`;
    if (error instanceof FlowError) return `code ${error.code}`;
    throw error;
  }
}
const isKey = (key: string): boolean => /^[0-9a-f]{64}$/.test(key);

const reversed = <T>(record: Readonly<Record<string, T>>): Record<string, T> => Object.fromEntries(Object.entries(record).toReversed());
function reversedBinding(binding: Binding): Binding {
  if ('items' in binding) return { items: binding.items.map(reversedBinding) };
  if (!('entries' in binding)) return binding;
  return { entries: reversed(Object.fromEntries(Object.entries(binding.entries).map(([name, entry]) => [name, reversedBinding(entry)]))) };
}
const reversedNode = (node: NodeSpec): NodeSpec =>
  isWrapper(node)
    ? { ...node, overrides: reversed(node.overrides) }
    : { ...node, bind: reversed(Object.fromEntries(Object.entries(node.bind).map(([name, binding]) => [name, reversedBinding(binding)]))) };

test('1,200 random graphs: the order of keys, and fields that nobody consumes, change no key; a second build has it too', () => {
  let keys = 0;
  const property = fc.property(randomDags(), (spec) => {
    const graph = built(spec, 'sync');
    const key = keyIn(graph, graph.root, spec.context);
    if (isKey(key)) keys++;
    expect(keyIn(graph, graph.root, { ambient: 1, ...reversed(spec.context), 'also ambient': () => {} })).toBe(key);
    const twin = built({ ...spec, nodes: spec.nodes.map(reversedNode) }, 'sync');
    expect(keyIn(twin, twin.root, spec.context)).toBe(key);
    expect([...graph.recording.started, ...twin.recording.started]).toEqual([]);
  });
  fc.assert(property, { ...replayed, numRuns: 1200 });
  expect(keys).toBeGreaterThan(600);
});

/** A context that differs in one field. */
function changed(context: DagSpec['context'], field: string, by: number): Record<string, Given> {
  const value = context[field];
  return { ...context, [field]: isList(field) ? [by] : typeof value === 'number' ? value + by : by };
}

test('1,200 random graphs, a field of the context changed: another key where something consumes the change, the same where nothing does', () => {
  const seen = { same: 0, other: 0 };
  const property = fc.property(randomDags({ volatile: false }), fc.constantFrom('c0', 'c1', 'c2', 'c3', 'l0', 'l1'), fc.constantFrom(1, 2, 3), (spec, field, by) => {
    const graph = built(spec, 'sync');
    const context = changed(spec.context, field, by);
    const before = predicted(spec, 'sync');
    const after = predicted({ ...spec, context }, 'sync');
    if (before.key === '' || after.key === '') return;
    const keys = [keyIn(graph, graph.root, spec.context), keyIn(graph, graph.root, context)];
    if (!keys.every(isKey)) return;
    if (before.key !== after.key) {
      expect(keys[0]).not.toBe(keys[1]);
      seen.other++;
    } else if (!hasComputed(spec)) {
      expect(keys[0]).toBe(keys[1]); // a computed field is in the key as its model, and may come to the same
      seen.same++;
    }
  });
  fc.assert(property, { ...replayed, numRuns: 1200 });
  expect(Math.min(seen.same, seen.other)).toBeGreaterThan(50);
});

/** The models that a key is made of: through bindings of every kind, wrappers, and computed fields that something reads. */
function upstreamOf({ nodes, root }: DagSpec): { readonly surely: ReadonlySet<number>; readonly perhaps: ReadonlySet<number> } {
  const surely = new Set<number>();
  const perhaps = new Set<number>();
  const inBinding = (binding: Binding): number[] => ('node' in binding ? [binding.node] : 'items' in binding ? binding.items.flatMap(inBinding) : 'entries' in binding ? Object.values(binding.entries).flatMap(inBinding) : []);
  const visit = (id: number, into: Set<number>): void => {
    if (into.has(id)) return;
    into.add(id);
    const node = nodes[id]!;
    if (isWrapper(node)) {
      visit(node.wrap, into);
      for (const override of Object.values(node.overrides)) if ('computed' in override) visit(override.computed, perhaps);
    } else for (const next of Object.values(node.bind).flatMap(inBinding)) visit(next, into);
  };
  visit(root, surely);
  return { surely, perhaps };
}

test('1,200 random graphs, another version of some code: another key where it is upstream, the same where it is not', () => {
  const seen = { same: 0, other: 0 };
  const property = fc.property(randomDags({ failures: false }), fc.nat(4), (spec, index) => {
    const { name } = spec.definitions[index % spec.definitions.length]!;
    const definitions = spec.definitions.map((definition) => (definition.name === name ? { ...definition, version: '2' } : definition));
    const graphs = [built(spec, 'sync'), built({ ...spec, definitions }, 'sync')];
    const [before, after] = graphs.map((graph) => keyIn(graph, graph.root, spec.context));
    if (!isKey(before!) || !isKey(after!)) return;
    const { surely, perhaps } = upstreamOf(spec);
    const isOf = (ids: ReadonlySet<number>): boolean => [...ids].some((id) => (spec.nodes[id] as Partial<ModelSpec>).make === name);
    if (isOf(surely)) {
      expect(after).not.toBe(before);
      seen.other++;
    } else if (!isOf(perhaps)) {
      expect(after).toBe(before);
      seen.same++;
    }
  });
  fc.assert(property, { ...replayed, numRuns: 1200 });
  expect(Math.min(seen.same, seen.other)).toBeGreaterThan(100);
});

test('1,200 random graphs, a literal changed: another key where it is upstream, the same where it is not', () => {
  const seen = { same: 0, other: 0 };
  const property = fc.property(randomDags({ failures: false }), fc.nat(999), (spec, pick) => {
    const literals = spec.nodes.flatMap((node) => (isWrapper(node) ? [] : Object.entries(node.bind).flatMap(([input, binding]) => ('lit' in binding && typeof binding.lit === 'number' ? [{ node, input, lit: binding.lit }] : []))));
    const regular = literals.filter(({ node, input }) => spec.definitions.find(({ name }) => name === node.make)!.inputs.find(({ name }) => name === input)!.kind === 'regular');
    if (regular.length === 0) return;
    const { node, input, lit } = regular[pick % regular.length]!;
    const nodes = spec.nodes.map((each) => (each === node ? { ...node, bind: { ...node.bind, [input]: { lit: lit + 1 } } } : each));
    const graphs = [built(spec, 'sync'), built({ ...spec, nodes }, 'sync')];
    const [before, after] = graphs.map((graph) => keyIn(graph, graph.root, spec.context));
    if (!isKey(before!) || !isKey(after!)) return;
    const { surely, perhaps } = upstreamOf(spec);
    if (surely.has(node.id)) {
      expect(after).not.toBe(before);
      seen.other++;
    } else if (!perhaps.has(node.id)) {
      expect(after).toBe(before);
      seen.same++;
    }
  });
  fc.assert(property, { ...replayed, numRuns: 1200 });
  expect(seen.other).toBeGreaterThan(100);
  expect(seen.same).toBeGreaterThan(50);
});
