import type * as core from 'zod/v4/core';
import { bind } from '../model/bind.ts';
import type { DefinitionRegistry } from '../model/definitions.ts';
import { Model } from '../model/model.ts';
import type { Evaluator } from '../run/evaluation.ts';
import type { FlowRun } from '../run/flow-run.ts';
import type { DecoratedModelOptions, ModelDecorator, PositionalDecorator, PositionalModelOptions } from '../decorators/types.ts';
import type { Definition } from '../model/definition.ts';
import type { BodyResult, BodyReturn, BodyValue, Inputs, ModelFactory, Shape } from '../types.ts';
import { define, FUNCTION, register } from './define.ts';
import type { RawOptions } from './define.ts';
import { methodDecorator, refuseUncalled } from './method-decorator.ts';

/** What definitions of every kind may state. */
export interface DefinitionOptions {
  /** Unique among definitions. A model without one computes, but cannot be serialized. */
  readonly name?: string;
  readonly description?: string;
  /** Part of every key: change it when something changes that the source text does not show. */
  readonly version?: string;
  /** `'source'` (default): the source text is part of keys. `'explicit'`: only `version` is. */
  readonly codeVersion?: 'source' | 'explicit';
  /** Helper functions whose source joins the code version. */
  readonly codeDeps?: readonly ((...args: never[]) => unknown)[];
  /** The registry that the name joins; the process-wide one by default. */
  readonly definitions?: DefinitionRegistry;
  /** Takes the name over from an earlier definition (hot reload). */
  readonly replace?: boolean;
}

/** What definitions of models may state. */
export interface ModelOptions extends DefinitionOptions {
  /** False: results are not parsed by `output`, and then not stored in a cache either. Default true. */
  readonly validateResult?: boolean;
  /** Evaluated anew for each consumer, and never cached, nor anything downstream of it. Default false. */
  readonly volatile?: boolean;
  /** False: never stored in a cache. Default true. */
  readonly cacheable?: boolean;
  /** False: results are left as they are, for very large data that nobody mutates. Default true: plain containers are frozen deeply. */
  readonly freeze?: boolean;
  /** Never sent to another machine. Default false. */
  readonly localOnly?: boolean;
  /** The body mainly awaits `run.compute`: limiters let it through. Default false. */
  readonly orchestrates?: boolean;
  /** Around every evaluation of these models, inside the run's own evaluator. */
  readonly evaluator?: Evaluator;
}

export interface FlowModelOptions<S extends Shape, O extends core.$ZodType | undefined, U extends boolean> extends ModelOptions {
  /** The inputs by name: zod schemas, or markers around them. */
  readonly inputs: S;
  /** Schema of the result; results that it rejects are INVALID_RESULT. */
  readonly output?: O;
  /** An object schema with a field for every `FromContext` input; validates their values in addition. */
  readonly contextType?: core.$ZodType;
  /** Every required field of `contextType` must be an input. Default false. */
  readonly strictContext?: boolean;
  /** `compute` yields the bare value instead of a `GenericResult`. Default false. */
  readonly autoUnwrap?: U;
}

/**
 * Turns a function into a factory of models. `body(inputs, run)` may be synchronous or asynchronous; its `inputs` are validated values.
 * Calling the factory binds inputs by name, in any subset, to literals or to models that yield them.
 *
 * Throws DEFINITION, DUPLICATE_NAME; the factory throws BIND.
 *
 * @example
 * ```ts
 * const load = flowModel({ name: 'load', inputs: { offset: z.number(), value: FromContext(z.number()) } }, ({ offset, value }) => value + offset);
 * const add = flowModel({ name: 'add', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
 * const model = add({ a: load({ offset: 5 }) });
 * console.log((await model.flow.compute({ value: 7, b: 12 })).value); // 24
 * ```
 */
export function flowModel<const S extends Shape, F extends (inputs: Inputs<S>, run: FlowRun) => BodyReturn<O>, O extends core.$ZodType | undefined = undefined, U extends boolean = false>(
  options: FlowModelOptions<S, O, U>,
  body: F, // a type of its own, so that `output` is the contextual type of what it returns
): ModelFactory<S, BodyValue<ReturnType<F>, O>, BodyResult<ReturnType<F>, O, U>>;
/**
 * Without a body: a decorator for static methods, of the legacy and of the standard dialect. The method stays as it is; the factory comes
 * from `modelsOf(Class)`. Throws DEFINITION.
 *
 * @example
 * ```ts no-run
 * const inputs = { place: z.string(), days: FromContext(z.number()) };
 * class Visitors {
 *   @flowModel({ inputs })
 *   static count({ place, days }: Inputs<typeof inputs>): number {
 *     return place.length * days;
 *   }
 * }
 * const { count } = modelsOf(Visitors);
 * console.log(count({ place: 'zoo' }).flow.computeSync({ days: 2 }).value); // 6
 * ```
 */
export function flowModel<const S extends Shape, O extends core.$ZodType | undefined = undefined>(options: DecoratedModelOptions<S, O>): ModelDecorator<S, O>;
/** Without inputs: a decorator for static methods with positional parameters, in the legacy dialect. Throws DEFINITION. */
export function flowModel<O extends core.$ZodType | undefined = undefined>(options?: PositionalModelOptions<O>): PositionalDecorator<O>;
export function flowModel(options?: RawOptions, ...body: readonly unknown[]): unknown {
  refuseUncalled('flowModel', options);
  return body.length === 0 ? methodDecorator(FUNCTION, options) : makeFactory(options!, body[0]);
}

/** The factory of a definition. `code`: what the code version reads, where that is not the body. */
export function makeFactory(options: RawOptions, body: unknown, code?: Definition['code']): unknown {
  const definition = define(FUNCTION, options, body, undefined, code);
  register(definition, options);
  return named((bindings?: unknown): Model => new Model(definition, bind(definition, bindings)), definition.name, definition); // the static contract is proven by the type tests
}

/** Factories carry their definition, and its name for debuggers. */
export function named<F extends (...args: never[]) => unknown>(factory: F, name: string | undefined, definition: unknown): F {
  return Object.defineProperties(factory, { name: { value: name ?? 'flowModel' }, definition: { value: definition } });
}
