/** The interpreter is a second reading of the contract; on the reference's vectors it must give the reference's answers. */
import { expect, test } from 'vitest';
import { vectors } from '../conformance/vectors.ts';
import type { Vector } from '../conformance/vectors.ts';
import type { Binding, DagSpec, InputSpec, NodeSpec, Override, Use } from './dag.ts';
import { predicted } from './interpreter.ts';

type VectorSum = Vector['factories'][number] | Vector['transforms'][number];

const mapped = <T, U>(record: Readonly<Record<string, T>>, read: (value: T) => U): Record<string, U> => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, read(value)]));

const inputsOf = (spec: VectorSum): InputSpec[] =>
  spec.inputs.map((input) => ({ ...input, check: 'number', weight: spec.weights[input.name]!, ...('lazyWhen' in spec && input.kind === 'lazy' && { when: spec.lazyWhen[input.name]! }) }));

/** A vector as a graph of ours. */
function dagOf({ factories, transforms, nodes, root, context, bag }: Vector): DagSpec {
  const use = ({ transform, args }: { transform: string; args: Readonly<Record<string, number>> }): Use => ({ use: transform, args });
  return {
    definitions: factories.map((spec) => ({
      name: spec.name,
      inputs: inputsOf(spec),
      start: spec.const,
      mod: spec.mod,
      ...(spec.throwWhen && { throws: spec.throwWhen }),
      volatile: false,
      isAsync: false,
      ticks: 0,
      atOnce: false,
      catches: false,
    })),
    transforms: transforms.map((spec) => ({ ...spec, inputs: inputsOf(spec), start: spec.const, bounded: false })),
    nodes: nodes.map((node): NodeSpec =>
      'factory' in node
        ? { id: node.id, make: node.factory, bind: mapped(node.bind, (bound): Binding => bound) }
        : { id: node.id, wrap: node.wrap, patches: node.patches.map(use), overrides: mapped(node.overrides, (override): Override => ('lit' in override ? override : use(override))) },
    ),
    root,
    context,
    bag,
  };
}

test('the interpreter gives the answers of ccflow', () => {
  const wrong = vectors.flatMap((vector) => {
    const { outcome } = predicted(dagOf(vector), 'sync');
    const found = 'value' in outcome ? outcome : { error: [...new Set([...outcome.failures].map((failure) => (failure.startsWith('code ') ? failure.slice(5) : 'BODY')))].join(' or ') };
    return JSON.stringify(found) === JSON.stringify(vector.expected) ? [] : [{ id: vector.id, found, expected: vector.expected }];
  });
  expect(wrong).toEqual([]);
});
