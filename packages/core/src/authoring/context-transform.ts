import type * as core from 'zod/v4/core';
import { FlowError, listNames } from '../errors.ts';
import { bind } from '../model/bind.ts';
import { asModel, UNSET } from '../model/brand.ts';
import { labelOf } from '../model/definition.ts';
import type { Definition } from '../model/definition.ts';
import { ClosedContextRewrite, ComputedOverride } from '../model/rewrites.ts';
import { expectModel } from '../model/expect-model.ts';
import { BoundTransform, readers } from '../model/transform.ts';
import type { FieldDecorator, PatchDecorator, PositionalDecorator, PositionalTransformOptions } from '../decorators/types.ts';
import type { ClosedContext, ComputedFrom, FieldFactory, FieldReturn, FieldTransform, Inputs, ModelYielding, Need, PatchFactory, PatchReturn, TransformShape } from '../types.ts';
import { define, register, TRANSFORM } from './define.ts';
import type { RawOptions } from './define.ts';
import { named } from './flow-model.ts';
import type { DefinitionOptions } from './flow-model.ts';
import { FromContext } from './markers.ts';
import { methodDecorator, refuseUncalled } from './method-decorator.ts';

export interface PatchTransformOptions<S extends TransformShape, P extends Readonly<Record<string, core.$ZodType>>> extends DefinitionOptions {
  readonly inputs: S;
  /** The context fields that the transform may write; a patch may leave any of them out. */
  readonly patches: P;
}

export interface FieldTransformOptions<S extends TransformShape, O extends core.$ZodType | undefined> extends DefinitionOptions {
  readonly inputs: S;
  /** Schema of the value. */
  readonly output?: O;
  readonly patches?: undefined;
}

/**
 * Defines a rewrite of the context for `withContext`. With `patches` the body returns a partial record of those fields and the transform is
 * passed positionally; without, it returns one value and is passed by field name. Transforms are synchronous, pure and cheap.
 *
 * Throws DEFINITION, DUPLICATE_NAME; the factory throws BIND.
 *
 * @example
 * ```ts
 * const shift = contextTransform(
 *   { inputs: { start: FromContext(z.number()), end: FromContext(z.number()), by: z.number() }, patches: { start: z.number(), end: z.number() } },
 *   ({ start, end, by }) => ({ start: start + by, end: end + by }),
 * );
 * const length = flowModel({ inputs: { start: FromContext(z.number()), end: FromContext(z.number()) } }, ({ start, end }) => `${start}-${end}`);
 * console.log(length().flow.withContext(shift({ by: 10 })).flow.computeSync({ start: 1, end: 2 }).value); // 11-12
 * ```
 */
export function contextTransform<const S extends TransformShape, const P extends Readonly<Record<string, core.$ZodType>>, F extends (inputs: Inputs<S>) => PatchReturn<P>>(
  options: PatchTransformOptions<S, P>,
  body: F,
): PatchFactory<S, { readonly [K in keyof P]: core.output<P[K]> }>;
export function contextTransform<const S extends TransformShape, F extends (inputs: Inputs<S>) => FieldReturn<O>, O extends core.$ZodType | undefined = undefined>(
  options: FieldTransformOptions<S, O>,
  body: F,
): FieldFactory<S, O extends core.$ZodType ? core.output<O> : ReturnType<F>>;
/**
 * Without a body: a decorator for static methods, of the legacy and of the standard dialect. The method stays as it is; the factory comes
 * from `transformsOf(Class)`. Throws DEFINITION.
 *
 * @example
 * ```ts no-run
 * const inputs = { month: FromContext(z.number()), by: z.number() };
 * const patches = { month: z.number() };
 * class Months {
 *   @contextTransform({ inputs, patches })
 *   static later({ month, by }: PatchInputs<typeof inputs, typeof patches>): { month: number } {
 *     return { month: month + by };
 *   }
 * }
 * const { later } = transformsOf(Months);
 * const show = flowModel({ inputs: { month: FromContext(z.number()) } }, ({ month }) => `month ${month}`);
 * console.log(show().flow.withContext(later({ by: 2 })).flow.computeSync({ month: 5 }).value); // month 7
 * ```
 */
export function contextTransform<const S extends TransformShape, const P extends Readonly<Record<string, core.$ZodType>>>(options: PatchTransformOptions<S, P>): PatchDecorator<S, P>;
export function contextTransform<const S extends TransformShape, O extends core.$ZodType | undefined = undefined>(options: FieldTransformOptions<S, O>): FieldDecorator<S, O>;
/** Without inputs: a decorator for static methods with positional parameters, in the legacy dialect. Throws DEFINITION. */
export function contextTransform(options?: PositionalTransformOptions): PositionalDecorator<undefined>;
export function contextTransform(options?: RawOptions, ...body: readonly unknown[]): unknown {
  refuseUncalled('contextTransform', options);
  return body.length === 0 ? methodDecorator(TRANSFORM, options) : makeTransforms(options!, body[0]);
}

/** The factory of a transform. `code`: what the code version reads, where that is not the body. */
export function makeTransforms(options: RawOptions, body: unknown, code?: Definition['code']): unknown {
  const definition = define(TRANSFORM, options, body, undefined, code);
  register(definition, options);
  return named((bindings?: unknown) => bindTransform(definition, bindings), definition.name, definition);
}

/** What a transform's factory does. Throws BIND. */
export function bindTransform(definition: Definition, bindings: unknown): BoundTransform {
  const contextual = definition.inputs.filter((input) => input.role === 'context' && (bindings as Record<string, unknown> | undefined)?.[input.name] !== undefined);
  if (contextual.length > 0) throw bindProblem(definition, `${listNames(contextual.map((input) => input.name))} comes from the context and is not bound. Drop it from the call.`);
  const { values, given } = bind(definition, bindings);
  const missing = definition.inputs.filter((input) => input.role === 'regular' && input.required && values[input.index] === UNSET).map((input) => input.name);
  if (missing.length > 0) throw bindProblem(definition, `${listNames(missing)} is not given. A transform is bound whole: ${labelOf(definition)}({ ${missing.map((name) => `${name}: …`).join(', ')} }).`);
  const models = definition.inputs.filter((input) => asModel(values[input.index]) !== undefined).map((input) => input.name);
  if (models.length > 0) throw bindProblem(definition, `${listNames(models)} is bound to a model, and transforms take literals. Use computed(model) for a field that a model computes.`);
  return new BoundTransform(definition, values, given);
}

const bindProblem = (definition: Definition, problem: string): FlowError => new FlowError('BIND', `${labelOf(definition)}: ${problem}`, { path: [labelOf(definition)], details: { transform: definition.name } });

/* ---------- ready-made rewrites ---------- */

/**
 * The field transform that reads another field, for renaming: `withContext({ value: fromField('temperature', z.number()) })`.
 *
 * @example
 * ```ts
 * const double = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => value * 2);
 * const model = double().flow.withContext({ value: fromField('temperature', z.number()) });
 * console.log(model.flow.computeSync({ temperature: 21 }).value); // 42
 * ```
 */
export function fromField<const K extends string, S extends core.$ZodType>(field: K, schema: S): FieldTransform<core.output<S>, Need<K, core.input<S>, true>> {
  const definition = define(TRANSFORM, { inputs: { [field]: FromContext(schema) } }, (inputs: Readonly<Record<string, unknown>>) => inputs[field]);
  const reader: Definition = { ...definition, name: undefined, description: `fromField('${field}')` };
  readers.add(reader);
  return bindTransform(reader, undefined) as unknown as FieldTransform<core.output<S>, Need<K, core.input<S>, true>>; // types are phantom
}

/**
 * An override whose value is a model's result, evaluated in the context that enters the wrapper. Throws BIND for what is no model.
 *
 * @example
 * ```ts
 * const latest = flowModel({ inputs: { year: FromContext(z.number()) } }, ({ year }) => year - 1);
 * const report = flowModel({ inputs: { season: FromContext(z.number()) } }, ({ season }) => `season ${season}`);
 * console.log(report().flow.withContext({ season: computed(latest()) }).flow.computeSync({ year: 2025 }).value); // season 2024
 * ```
 */
export function computed<M extends ModelYielding<unknown>>(model: M): ComputedFrom<M> {
  return new ComputedOverride(expectModel('computed(', model)) as unknown as ComputedFrom<M>; // types are phantom
}

/**
 * Hides every ambient field but the kept ones from the branch; the first positional argument of `withContext`.
 *
 * @example
 * ```ts
 * const load = flowModel({ inputs: { table: FromContext(z.string().default('people')) } }, ({ table }) => table);
 * console.log(load().flow.withContext(closedContext()).flow.computeSync({ table: 'secrets' }).value); // people
 * ```
 */
export function closedContext<const K extends readonly string[]>(...kept: K): ClosedContext<K[number]> {
  for (const field of kept) if (typeof field !== 'string') throw new FlowError('WITH_CONTEXT', 'closedContext takes the names of the fields to keep.');
  return new ClosedContextRewrite(kept) as unknown as ClosedContext<K[number]>; // types are phantom
}
