/** Markers: what an input is, besides its schema. */
import type * as core from 'zod/v4/core';
import { FlowError, show } from '../errors.ts';
import { isSchema } from '../model/schema.ts';
import type { ContextInput, DependencyInput, InputMarker, LazyInput, ResourceInput, Role, UnevaluatedInput } from '../types.ts';

const markerBrand: unique symbol = Symbol.for('flowmodel.marker') as never;

function marker(role: Role, schema: core.$ZodType | undefined): InputMarker {
  if (role !== 'resource' && !isSchema(schema)) {
    const hint = asMarker(schema) === undefined ? `Write ${NAMES[role]}(z.number()).` : `An input has one marker; drop one of the two.`;
    throw new FlowError('DEFINITION', `${NAMES[role]} expects a zod schema, got ${show(schema)}. ${hint}`);
  }
  return Object.freeze(Object.defineProperty({ role, schema }, markerBrand, { value: true })) as unknown as InputMarker;
}

const NAMES: Readonly<Record<Role, string>> = { context: 'FromContext', lazy: 'Lazy', dependency: 'Dependency', model: 'ModelInput', resource: 'Resource' };

/** The marker that a value is, if it is one; the bare marker function counts as its role without a schema. */
export function asMarker(value: unknown): InputMarker | undefined {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[markerBrand] === true ? (value as InputMarker) : undefined;
}

/** The name of a marker function that was not called. */
export const uncalledMarker = (value: unknown): string | undefined => [FromContext, Lazy, Dependency, ModelInput, Resource].find((known) => known === value)?.name;

/**
 * A contextual input: its value comes from the runtime context, or from a contextual default bound at construction. Throws DEFINITION.
 *
 * @example
 * ```ts
 * const greet = flowModel({ inputs: { name: FromContext(z.string()) } }, ({ name }) => `hello ${name}`);
 * console.log((await greet().flow.compute({ name: 'Ada' })).value); // hello Ada
 * ```
 */
export function FromContext<S extends core.$ZodType>(schema: S): ContextInput<S> {
  return marker('context', schema) as ContextInput<S>;
}

/**
 * An input evaluated on demand: the body receives a thunk. It is bound to a model, never to a literal. Throws DEFINITION.
 *
 * @example
 * ```ts
 * const slow = flowModel({ inputs: {} }, () => 42);
 * const pick = flowModel({ inputs: { cached: z.number().nullable(), fallback: Lazy(z.number()) } }, ({ cached, fallback }) => cached ?? fallback.sync());
 * console.log(pick({ cached: null, fallback: slow() }).flow.computeSync().value); // 42
 * ```
 */
export function Lazy<S extends core.$ZodType>(schema: S): LazyInput<S> {
  return marker('lazy', schema) as LazyInput<S>;
}

/**
 * A container input that may hold models anywhere inside; the body receives it with every model replaced by its value. Throws DEFINITION.
 *
 * @example
 * ```ts
 * const one = flowModel({ inputs: {} }, () => 1);
 * const total = flowModel({ inputs: { parts: Dependency(z.array(z.number())) } }, ({ parts }) => parts.reduce((a, b) => a + b, 0));
 * console.log(total({ parts: [one(), 2, one()] }).flow.computeSync().value); // 4
 * ```
 */
export function Dependency<S extends core.$ZodType>(schema: S): DependencyInput<S> {
  return marker('dependency', schema) as DependencyInput<S>;
}

/**
 * A model handed to the body as it is, unevaluated, for `run.compute(model, context)`. Its needs are not part of the graph's contract. Throws DEFINITION.
 *
 * @example
 * ```ts
 * const square = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => n * n);
 * const both = flowModel({ inputs: { each: ModelInput(z.number()) } }, async ({ each }, run) => {
 *   const [a, b] = await Promise.all([run.compute(each, { n: 3 }), run.compute(each, { n: 4 })]);
 *   return a + b;
 * });
 * console.log((await both({ each: square() }).flow.compute()).value); // 25
 * ```
 */
export function ModelInput<S extends core.$ZodType>(schema: S): UnevaluatedInput<S> {
  return marker('model', schema) as UnevaluatedInput<S>;
}

/**
 * Something that the run supplies by the input's name: a client, a logger, a connection. Never bound, never part of a key or a document.
 *
 * @example
 * ```ts
 * const rate = flowModel({ inputs: { currency: FromContext(z.string()), rates: Resource<Map<string, number>>() } }, ({ currency, rates }) => rates.get(currency) ?? 0);
 * const { value } = await rate().flow.compute({ currency: 'EUR' }, { resources: { rates: new Map([['EUR', 1.1]]) } });
 * console.log(value); // 1.1
 * ```
 */
export function Resource<T>(): ResourceInput<T> {
  return marker('resource', undefined) as ResourceInput<T>;
}
