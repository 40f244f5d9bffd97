/** Reads the vectors of `ccflow-dags.jsonl` and builds their graphs; README.md says what the lines mean. */
import { readFileSync } from 'node:fs';
import { contextTransform, FlowContext, flowModel, FromContext, Lazy } from '@flowmodel/core';
import type { CallableModel, LazyThunk, Shape } from '@flowmodel/core';
import { z } from 'zod';

interface VectorInput {
  readonly name: string;
  readonly kind: 'regular' | 'context' | 'lazy';
  readonly default?: number;
}

/** A weighted sum over inputs. */
interface VectorSum {
  readonly name: string;
  readonly inputs: readonly VectorInput[];
  readonly const: number;
  readonly weights: Readonly<Record<string, number>>;
  readonly mod: number;
}

interface VectorFactory extends VectorSum {
  readonly lazyWhen: Readonly<Record<string, 'always' | 'never' | 'even' | 'odd'>>;
  readonly throwWhen?: { readonly mod: number; readonly eq: number };
}

interface VectorTransform extends VectorSum {
  readonly kind: 'field' | 'patch';
  readonly keys: readonly string[];
  readonly partial: boolean;
}

interface VectorUse {
  readonly transform: string;
  readonly args: Readonly<Record<string, number>>;
}

type VectorNode =
  | { readonly id: number; readonly factory: string; readonly bind: Readonly<Record<string, { readonly lit: number } | { readonly node: number }>> }
  | { readonly id: number; readonly wrap: number; readonly patches: readonly VectorUse[]; readonly overrides: Readonly<Record<string, { readonly lit: number } | VectorUse>> };

export interface Vector {
  readonly id: number;
  readonly factories: readonly VectorFactory[];
  readonly transforms: readonly VectorTransform[];
  readonly nodes: readonly VectorNode[];
  readonly root: number;
  readonly context: Readonly<Record<string, number>>;
  readonly bag: boolean;
  readonly expected: { readonly value: number } | { readonly error: 'MISSING_CONTEXT' | 'UNBOUND_INPUT' | 'BODY' };
}

/** What the bodies of the vectors throw. */
export class BodyError extends Error {}

export const vectors: readonly Vector[] = readFileSync(new URL('ccflow-dags.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);

type Values = Readonly<Record<string, number>>;
type Thunks = Readonly<Record<string, LazyThunk<number>>>;
/** The shapes are data here, so the compiler cannot know what bindings and results are. */
type Bind<T> = (bindings: Readonly<Record<string, unknown>>) => T;
type Patch = Parameters<CallableModel<number>['flow']['withContext']>[number];

const modulo = (n: number, m: number): number => ((n % m) + m) % m;

const fieldOf = (input: VectorInput) => (input.default === undefined ? z.number() : z.number().default(input.default));

function shapeOf(inputs: readonly VectorInput[]): Shape {
  return Object.fromEntries(
    inputs.map((input) => [input.name, input.kind === 'context' ? FromContext(fieldOf(input)) : input.kind === 'lazy' ? Lazy(z.number()) : fieldOf(input)]),
  );
}

const sumOf = ({ inputs, const: start, weights }: VectorSum, values: Values): number =>
  inputs.reduce((sum, { name, kind }) => (kind === 'lazy' ? sum : sum + weights[name]! * values[name]!), start);

/** The lazy inputs that the body calls, given the sum of the others. */
const calledBy = ({ inputs, lazyWhen }: VectorFactory, start: number): readonly string[] =>
  inputs
    .filter(({ name, kind }) => kind === 'lazy' && (lazyWhen[name] === 'always' || lazyWhen[name] === (modulo(start, 2) === 0 ? 'even' : 'odd')))
    .map(({ name }) => name);

function finish({ mod, throwWhen }: VectorFactory, total: number): number {
  const result = modulo(total, mod);
  if (throwWhen !== undefined && result % throwWhen.mod === throwWhen.eq) throw new BodyError(`the result is ${result}`);
  return result;
}

function factoryOf(spec: VectorFactory, bodies: 'sync' | 'async'): Bind<CallableModel<number>> {
  const options = { inputs: shapeOf(spec.inputs) };
  const factory =
    bodies === 'sync'
      ? flowModel(options, (inputs) => {
          const start = sumOf(spec, inputs as Values);
          return finish(spec, calledBy(spec, start).reduce((sum, name) => sum + spec.weights[name]! * (inputs as unknown as Thunks)[name]!.sync(), start));
        })
      : flowModel(options, async (inputs) => {
          await Promise.resolve();
          let sum = sumOf(spec, inputs as Values);
          for (const name of calledBy(spec, sum)) sum += spec.weights[name]! * (await (inputs as unknown as Thunks)[name]!());
          return finish(spec, sum);
        });
  return factory as Bind<CallableModel<number>>;
}

function transformOf(spec: VectorTransform): Bind<Patch> {
  const inputs = shapeOf(spec.inputs) as Record<string, z.ZodNumber>;
  const out = (values: Values): number => modulo(sumOf(spec, values), spec.mod);
  const isWritten = (value: number, k: number): boolean => !spec.partial || modulo(value, 2) === 0 || (k === 0 && spec.keys.length > 1);
  const factory =
    spec.kind === 'field'
      ? contextTransform({ inputs }, out)
      : contextTransform({ inputs, patches: Object.fromEntries(spec.keys.map((key) => [key, z.number()])) }, (values) => {
          const value = out(values);
          return Object.fromEntries(spec.keys.flatMap((key, k) => (isWritten(value, k) ? [[key, modulo(value + 7 * k, spec.mod)]] : [])));
        });
  return factory as Bind<Patch>;
}

/** The model and the context of a vector. */
export function build(vector: Vector, bodies: 'sync' | 'async'): { readonly root: CallableModel<number>; readonly context: object } {
  const factories = new Map(vector.factories.map((spec) => [spec.name, factoryOf(spec, bodies)]));
  const transforms = new Map(vector.transforms.map((spec) => [spec.name, transformOf(spec)]));
  const nodes = new Map<number, CallableModel<number>>();
  const used = ({ transform, args }: VectorUse): Patch => transforms.get(transform)!(args);
  const each = <T, U>(record: Readonly<Record<string, T>>, read: (value: T) => U): Record<string, U> => Object.fromEntries(Object.entries(record).map(([name, value]) => [name, read(value)]));
  for (const node of vector.nodes) {
    const model =
      'factory' in node
        ? factories.get(node.factory)!(each(node.bind, (bound) => ('lit' in bound ? bound.lit : nodes.get(bound.node))))
        : nodes.get(node.wrap)!.flow.withContext(...node.patches.map(used), each(node.overrides, (override) => ('lit' in override ? override.lit : used(override))));
    nodes.set(node.id, model);
  }
  return { root: nodes.get(vector.root)!, context: vector.bag ? new FlowContext(vector.context) : vector.context };
}
