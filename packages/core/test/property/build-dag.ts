/** Makes models of a graph's description, with bodies that record what they do. */
import { closedContext, computed, contextTransform, Dependency, FlowContext, flowModel, FromContext, Lazy, ModelInput } from '@flowmodel/core';
import type { CallableModel, DefinitionRegistry, FlowRun, LazyThunk, Shape } from '@flowmodel/core';
import { z } from 'zod';
import { askedBy, CAUGHT, flat, isAsked, isThrown, isWrapper, nestedFields, patched, resultOf, sumOf, written } from './dag.ts';
import type { Binding, Check, DagSpec, DefinitionSpec, InputSpec, TransformSpec, Use } from './dag.ts';

/** Which bodies are asynchronous: none, all, or those that the description says (and all that ask for lazy or nested inputs). */
export type Bodies = 'sync' | 'async' | 'mixed';

/** What bodies and transforms did, in order. */
export interface Recording {
  /** A label for each start of a body: the node and the values that it received. */
  readonly started: string[];
  /** What was thrown, and by whom. */
  readonly thrown: Map<unknown, string>;
}

export interface Built {
  readonly root: CallableModel<number>;
  readonly models: readonly CallableModel<number>[];
  /** One for each definition. */
  readonly factories: readonly Bind<CallableModel<number>>[];
  readonly context: object;
  readonly recording: Recording;
}

type Values = Readonly<Record<string, unknown>>;
/** The shapes are data here, so the compiler cannot know what bindings and results are. */
type Bind<T> = (bindings: Readonly<Record<string, unknown>>) => T;
type Rewrite = Parameters<CallableModel<number>['flow']['withContext']>[number];

/** What bodies and transforms of these graphs throw. */
export class Thrown extends Error {}

/** A regular input of every definition, bound to the number of the node: tells evaluations of different models apart. */
const NODE = 'node';

export const labelOf = (node: number, { inputs }: DefinitionSpec, values: Values): string =>
  `#${node} ${JSON.stringify(inputs.filter((input) => !isAsked(input)).map(({ name }) => values[name] ?? null))}`;

export const transformLabel = ({ name, inputs }: TransformSpec, values: Values): string => `${name} ${JSON.stringify(inputs.map((input) => values[input.name] ?? null))}`;

const CHECKS: Readonly<Record<Check, () => z.ZodType>> = {
  number: () => z.number(),
  small: () => z.number().max(90),
  parity: () => z.number().transform((n) => Math.abs(n) % 2),
  optional: () => z.number().optional(),
  list: () => z.array(z.number()),
};

function fieldOf(input: InputSpec): Shape[string] {
  const plain = CHECKS[input.check]();
  const schema = input.default === undefined ? plain : plain.default(input.default);
  switch (input.kind) {
    case 'regular':
      return schema;
    case 'context':
      return FromContext(schema);
    case 'lazy':
      return Lazy(schema);
    case 'container':
      return Dependency(z.any());
    case 'nested':
      return ModelInput(z.number());
  }
}

const shapeOf = (inputs: readonly InputSpec[]): Shape => Object.fromEntries(inputs.map((input) => [input.name, fieldOf(input)]));

/** With a registry, definitions have the names of the description there; else they have none. */
const named = (name: string, definitions: DefinitionRegistry | undefined): { readonly name?: string; readonly definitions?: DefinitionRegistry } => (definitions === undefined ? {} : { name, definitions });

/** A body's way to a value that it asks for: at once, or by a promise. */
type Ask<T> = (input: InputSpec, sum: number) => T;

function factoryOf(spec: DefinitionSpec, bodies: Bodies, { started, thrown }: Recording, definitions: DefinitionRegistry | undefined): Bind<CallableModel<number>> {
  const options = { ...named(spec.name, definitions), inputs: { [NODE]: z.number(), ...shapeOf(spec.inputs) }, volatile: spec.volatile, cacheable: spec.cacheable ?? true, ...(spec.version !== undefined && { version: spec.version }) };
  const begin = (values: Values): { readonly sum: number; readonly label: string } => {
    const label = labelOf(values[NODE] as number, spec, values);
    started.push(label);
    return { sum: sumOf(spec, values), label };
  };
  const finish = (label: string, total: number): number => {
    const result = resultOf(spec, total);
    if (!isThrown(spec, result)) return result;
    const error = new Thrown(label);
    thrown.set(error, label);
    throw error;
  };
  const nestedArguments = (input: InputSpec, sum: number, values: Values): [model: CallableModel<number>, context?: object] => {
    const model = values[input.name] as CallableModel<number>;
    return input.fields === undefined ? [model] : [model, nestedFields(input.fields, sum)];
  };

  const syncBody = (values: Values, run: FlowRun): number => {
    const { sum, label } = begin(values);
    const ask: Ask<number> = (input) => {
      if (values[input.name] === undefined) return flat(undefined);
      try {
        return input.kind === 'lazy' ? (values[input.name] as LazyThunk<number>).sync() : run.computeSync(...nestedArguments(input, sum, values));
      } catch (error) {
        if (spec.catches) return CAUGHT;
        throw error;
      }
    };
    return finish(label, askedBy(spec, sum).reduce((total, input) => total + input.weight * ask(input, sum), sum));
  };

  const asyncBody = async (values: Values, run: FlowRun): Promise<number> => {
    const { sum, label } = begin(values);
    for (let i = 0; i < spec.ticks; i++) await Promise.resolve();
    const ask: Ask<Promise<number>> = async (input) => {
      if (values[input.name] === undefined) return input.weight * flat(undefined);
      try {
        return input.weight * (await (input.kind === 'lazy' ? (values[input.name] as LazyThunk<number>)() : run.compute(...nestedArguments(input, sum, values))));
      } catch (error) {
        if (spec.catches) return input.weight * CAUGHT;
        throw error;
      }
    };
    let total = sum;
    if (spec.atOnce) for (const part of await Promise.all(askedBy(spec, sum).map((input) => ask(input, sum)))) total += part;
    else for (const input of askedBy(spec, sum)) total += await ask(input, sum);
    return finish(label, total);
  };

  const isAsync = bodies === 'async' || (bodies === 'mixed' && (spec.isAsync || spec.inputs.some(isAsked)));
  return (isAsync ? flowModel(options, asyncBody) : flowModel(options, syncBody)) as Bind<CallableModel<number>>;
}

function transformOf(spec: TransformSpec, { thrown }: Recording, definitions: DefinitionRegistry | undefined): Bind<Rewrite> {
  const inputs = shapeOf(spec.inputs) as Record<string, z.ZodType>;
  const body = (values: Values): number => {
    const result = resultOf(spec, sumOf(spec, values));
    if (!isThrown(spec, result)) return result;
    const label = transformLabel(spec, values);
    const error = new Thrown(label);
    thrown.set(error, label);
    throw error;
  };
  const outputOf = (key: string): z.ZodType => (CHECKS[key.startsWith('l') ? 'list' : spec.bounded ? 'small' : 'number']());
  const factory =
    spec.kind === 'field'
      ? contextTransform({ ...named(spec.name, definitions), inputs, output: outputOf(spec.keys[0]!) }, (values) => written(spec, body(values), 0))
      : contextTransform({ ...named(spec.name, definitions), inputs, patches: Object.fromEntries(spec.keys.map((key) => [key, outputOf(key)])) }, (values) => patched(spec, body(values)));
  return factory;
}

/** Builds the models of a graph. Every call makes new definitions, without names unless there is a registry for them, and a recording of their own. */
export function buildDag(spec: DagSpec, bodies: Bodies, registry?: DefinitionRegistry): Built {
  const recording: Recording = { started: [], thrown: new Map() };
  const factories = new Map(spec.definitions.map((definition) => [definition.name, factoryOf(definition, bodies, recording, registry)]));
  const transforms = new Map(spec.transforms.map((transform) => [transform.name, transformOf(transform, recording, registry)]));
  const models: CallableModel<number>[] = [];
  const used = ({ use, args }: Use): Rewrite => transforms.get(use)!(args);
  const bound = (binding: Binding): unknown =>
    'lit' in binding ? binding.lit
    : 'node' in binding ? models[binding.node]
    : 'items' in binding ? binding.items.map(bound)
    : each(binding.entries, bound);
  for (const node of spec.nodes) {
    if (isWrapper(node)) {
      const overrides = each(node.overrides, (override) => ('lit' in override ? override.lit : 'computed' in override ? computed(models[override.computed]!) : used(override)));
      const closed = node.closed === undefined ? [] : [closedContext(...node.closed) as Rewrite];
      models.push(models[node.wrap]!.flow.withContext(...closed, ...node.patches.map(used), overrides));
    } else {
      models.push(factories.get(node.make)!({ [NODE]: node.id, ...each(node.bind, bound) }));
    }
  }
  return { root: models[spec.root]!, models, factories: [...factories.values()], context: spec.bag ? new FlowContext(spec.context) : spec.context, recording };
}

function each<T, U>(record: Readonly<Record<string, T>>, read: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, read(value)]));
}
