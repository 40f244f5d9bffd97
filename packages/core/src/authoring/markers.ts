/** Markers: what an input is, besides its schema. In the legacy dialect each of them decorates a parameter, too. */
import type * as core from 'zod/v4/core';
import { FlowError, show } from '../errors.ts';
import { isSchema } from '../model/schema.ts';
import type { ContextInput, DependencyInput, InputMarker, LazyInput, OnceKnown, ParameterMark, ResourceInput, Role, UnevaluatedInput } from '../types.ts';
import { noteParameter } from './decoration.ts';

const markerBrand: unique symbol = Symbol.for('flowmodel.marker') as never;

const NAMES: Readonly<Record<Role, string>> = { context: 'FromContext', lazy: 'Lazy', dependency: 'Dependency', model: 'ModelInput', resource: 'Resource' };

/** Called without arguments, a marker is for a parameter, whose type gives the schema; in a shape it is refused. */
function marker(role: Role, given: readonly unknown[]): InputMarker {
  const [schema] = given;
  const needsSchema = role === 'model' || (role !== 'resource' && given.length > 0);
  if (needsSchema && !isSchema(schema)) throw new FlowError('DEFINITION', `${NAMES[role]} expects a zod schema, got ${show(schema)}. ${hintFor(role, given)}`);
  const mark = (...place: readonly unknown[]): void => noteParameter(NAMES[role], { role, schema }, place);
  // Enumerable, since zod takes whatever is no schema for options, and copies their fields: so z.record(z.string(), marker) still holds the marker.
  const traces = { marker: { value: mark, enumerable: true } };
  return Object.freeze(Object.defineProperties(mark, { name: { value: NAMES[role] }, role: { value: role }, schema: { value: schema }, [markerBrand]: { value: true }, ...traces })) as unknown as InputMarker;
}

function hintFor(role: Role, given: readonly unknown[]): string {
  if (given.length === 3 && typeof given[2] === 'number') return `A parameter decorator is called: @${NAMES[role]}().`;
  return asMarker(given[0]) === undefined ? `Write ${NAMES[role]}(z.number()).` : 'An input has one marker; drop one of the two.';
}

/** The marker that a value is, if it is one. */
export function asMarker(value: unknown): InputMarker | undefined {
  return typeof value === 'function' && (value as unknown as Record<symbol, unknown>)[markerBrand] === true ? (value as unknown as InputMarker) : undefined;
}

/** The name of a marker that was not called, or called without the schema that a shape needs. */
export function uncalledMarker(value: unknown): string | undefined {
  const called = asMarker(value);
  if (called !== undefined) return called.role === 'resource' || called.schema !== undefined ? undefined : NAMES[called.role];
  return [FromContext, Lazy, Dependency, ModelInput, Resource].find((known) => known === value)?.name;
}

/**
 * A contextual input: its value comes from the runtime context, or from a contextual default bound at construction. Throws DEFINITION.
 *
 * @example
 * ```ts
 * const greet = flowModel({ inputs: { name: FromContext(z.string()) } }, ({ name }) => `hello ${name}`);
 * console.log((await greet().flow.compute({ name: 'Ada' })).value); // hello Ada
 * ```
 */
export function FromContext<S extends core.$ZodType>(schema: S): OnceKnown<S, ContextInput<S>>;
/** As the decorator of a parameter, without a schema: the parameter's type gives it. */
export function FromContext(): ParameterMark;
export function FromContext(...given: readonly unknown[]): unknown {
  return marker('context', given);
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
export function Lazy<S extends core.$ZodType>(schema: S): OnceKnown<S, LazyInput<S>>;
/** As the decorator of a parameter, without a schema: the parameter's type gives it. */
export function Lazy(): ParameterMark;
export function Lazy(...given: readonly unknown[]): unknown {
  return marker('lazy', given);
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
export function Dependency<S extends core.$ZodType>(schema: S): OnceKnown<S, DependencyInput<S>>;
/** As the decorator of a parameter, without a schema: the parameter's type gives it. */
export function Dependency(): ParameterMark;
export function Dependency(...given: readonly unknown[]): unknown {
  return marker('dependency', given);
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
export function ModelInput<S extends core.$ZodType>(schema: S): OnceKnown<S, UnevaluatedInput<S>>;
export function ModelInput(...given: readonly unknown[]): unknown {
  return marker('model', given);
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
  return marker('resource', []) as ResourceInput<T>;
}
