/**
 * The static contract: what the compiler knows about models and graphs. Over 400 lines, and in one piece on purpose: models, needs, bindings and rewrites are
 * defined by each other, and a reader of one needs the others beside it.
 *
 * Everything here is erased. Types travel in phantom slots: a model carries its value type, its context
 * needs and its unbound inputs under `[modelTypes]`, a transform its needs under `[rewriteTypes]`.
 * Needs are one flat union of {@link Need}, never a nested intersection, so that long chains stay cheap to check.
 */
import type * as core from 'zod/v4/core';
import type { FlowContext } from './context/flow-context.ts';
import type { FlowInspection, InspectOptions } from './inspect/types.ts';
import type { FlowResult, GenericResult } from './model/result.ts';
import type { ComputeOptions } from './run/options.ts';
import type { FlowRun } from './run/flow-run.ts';
import type { FlowDocument } from './serialize/document.ts';
import type { CodecOptions } from './serialize/encode.ts';

/* ---------- small tools ---------- */

type IsAny<T> = 0 extends 1 & T ? true : false;
type Simplify<T> = { [K in keyof T]: T[K] } & {};
/** Without an index signature: what is surely there. */
type KnownKeys<T> = keyof { [K in keyof T as string extends K ? never : K]: T[K] };
type WithRequired<T, K> = Simplify<{ readonly [P in keyof T as P extends K ? P : never]-?: Exclude<T[P], undefined> } & { readonly [P in keyof T as P extends K ? never : P]: T[P] }>;
export type MaybePromise<T> = T | Promise<T>;
/**
 * What nothing is known of statically, and so is checked at run time only. `any` here and nowhere else in this file: it is what passes every check, in
 * both directions, which `unknown` and `never` do not.
 */
// oxlint-disable-next-line no-explicit-any -- see above
export type Unchecked = any;
type Schema = core.$ZodType;

/* ---------- inputs and their markers ---------- */

/** What a marker says of an input. */
export type Role = 'context' | 'lazy' | 'dependency' | 'model' | 'resource';

/** Markers decorate parameters, too: those of static methods, in the legacy dialect. */
export interface ParameterMark { (Class: { readonly prototype: object }, method: string | symbol, index: number): void }
/**
 * `M`, though not before `S` is known: what a call of a generic function that returns something callable is, the compiler asks too late to infer
 * shapes from it, and a marker is callable.
 */
export type OnceKnown<S, M> = [S] extends [never] ? never : M;

/** A contextual input; made by `FromContext`. */
export interface ContextInput<S extends Schema> extends ParameterMark { readonly role: 'context'; readonly schema: S }
/** An input evaluated on demand; made by `Lazy`. */
export interface LazyInput<S extends Schema> extends ParameterMark { readonly role: 'lazy'; readonly schema: S }
/** A container that may hold models anywhere inside; made by `Dependency`. */
export interface DependencyInput<S extends Schema> extends ParameterMark { readonly role: 'dependency'; readonly schema: S }
/** A model handed over unevaluated; made by `ModelInput`. */
export interface UnevaluatedInput<S extends Schema> extends ParameterMark { readonly role: 'model'; readonly schema: S }
/** Something the run supplies; made by `Resource`. */
export interface ResourceInput<T> extends ParameterMark { readonly role: 'resource'; readonly supplies?: () => T }

export type InputMarker =
  | ContextInput<Schema>
  | LazyInput<Schema>
  | DependencyInput<Schema>
  | UnevaluatedInput<Schema>
  | ResourceInput<unknown>;

/** The declared inputs of a definition: a zod schema each, or a marker around one. */
export type Shape = Readonly<Record<string, Schema | InputMarker>>;
/** The declared inputs of a transform: no `Lazy`, `Dependency`, `ModelInput`, `Resource`. */
export type TransformShape = Readonly<Record<string, Schema | ContextInput<Schema>>>;

type SchemaOf<F> = F extends { readonly role: Role; readonly schema: infer S extends Schema } ? S : F extends Schema ? F : never;
type In<F> = core.input<SchemaOf<F>>;
type Out<F> = core.output<SchemaOf<F>>;
/** `.optional()`, `.default()` or `.prefault()` somewhere on the outside; `z.any()` and `z.coerce.*` are required. */
type IsOptional<F> = SchemaOf<F> extends { _zod: { optin: 'optional' | 'defaulted' } } ? true : false;

type KeysOf<S, R extends Role> = { [K in keyof S]: S[K] extends { readonly role: R } ? K : never }[keyof S];
type ContextKeys<S> = KeysOf<S, 'context'>;
type RegularKeys<S> = Exclude<keyof S, KeysOf<S, 'context' | 'resource'>>;
/** Regular inputs that must be bound. */
type RequiredInputs<S> = { [K in RegularKeys<S>]: IsOptional<S[K]> extends true ? never : K }[RegularKeys<S>];

/** Calls for the value of a `Lazy` input: `await thunk()`, or `thunk.sync()` where everything upstream is synchronous. */
export interface LazyThunk<T> {
  (): Promise<T>;
  sync(): T;
}

type OrUndefined<F, T> = IsOptional<F> extends true ? T | undefined : T;
type Handed<F> =
  F extends ResourceInput<infer T> ? T
  : F extends { readonly role: 'lazy' } ? OrUndefined<F, LazyThunk<Out<F>>>
  : F extends { readonly role: 'model' } ? OrUndefined<F, CallableModel<Out<F>>>
  : Out<F>;

/** What a body receives for a shape: validated values, thunks for `Lazy`, models for `ModelInput`. */
export type Inputs<S extends Shape> = { readonly [K in keyof S]: Handed<S[K]> };
/** What the body of a field transform receives. The same record; by the name of its type, `transformsOf` knows the shape. */
export type TransformInputs<S extends TransformShape> = { readonly [K in keyof S]: Handed<S[K]> };
/** What the body of a patch transform receives. The same record; by the name of its type, `transformsOf` knows the shape and the fields. */
export type PatchInputs<S extends TransformShape, P extends Readonly<Record<string, Schema>>> = { readonly [K in keyof S]: Handed<S[K]> }; // oxlint-disable-line no-unused-vars -- read by inference

/* ---------- context needs ---------- */

/** One field that a graph reads from the context. `'hidden'`: required, but a closed context keeps callers from supplying it. */
export interface Need<K extends PropertyKey, T, R extends boolean | 'hidden'> {
  readonly key: K;
  /** A function, since a model that reads more types suits where one that reads fewer is asked for. */
  readonly reads: (value: T) => void;
  /** A table and not a condition, so that a model with an optional need suits where one with a required need is asked for. */
  readonly required: { true: boolean; false: false; hidden: 'hidden' }[`${R}`];
}
/** A need of whatever field and type. */
export type AnyNeed = Need<Unchecked, Unchecked, Unchecked>;

/** Where consumers read a field as different types, the value must be all of them. */
type TypeForNeed<N extends AnyNeed, K> = Extract<N, { key: K }>['reads'] extends (value: infer T) => void ? T : never;
type AllKeys<N> = N extends AnyNeed ? N['key'] : never;
type RequiredKeys<N extends AnyNeed> = N extends { required: false | 'hidden' } ? never : N['key'];
type HiddenKeys<N> = N extends { required: 'hidden'; key: infer K } ? K : never;
type ContextOfNeeds<N extends AnyNeed> = Simplify<
  { [K in RequiredKeys<N>]: TypeForNeed<N, K> } & { [K in Exclude<N['key'], RequiredKeys<N>>]?: TypeForNeed<N, K> | undefined }
>;
/** Without what overrides supply; what patches may leave out stays, but nobody has to supply it. */
type Relaxed<N extends AnyNeed, Overridden, Patched> =
  N extends Need<infer Key, infer T, infer R> ? (Key extends Overridden ? never : Key extends Patched ? (R extends 'hidden' ? never : Need<Key, T, false>) : N) : never;
/** What may be left out is out of sight; the rest is, and is missed. */
type Hidden<N extends AnyNeed, Kept> =
  N extends Need<infer Key, infer T, infer R> ? (Key extends Kept ? N : R extends false ? never : Need<Key, T, 'hidden'>) : never;
/** The needs of a branch that its wrapper keeps from the outside: no part of its contract, but they may be rewritten again. */
type Covered<N, Left> = N extends AnyNeed ? (N['key'] extends AllKeys<Left> ? never : N) : never;
type CoveredIn<Rewrites> = IsAny<Rewrites> extends true ? never : Rewrites extends { readonly 'rewritten()': infer N } ? N : never;

/* ---------- models ---------- */

export declare const modelTypes: unique symbol;
export interface ModelTypes<V, N, U, R> { readonly value: V; readonly needs: N; readonly unbound: U; readonly result: R }
/** Invariant: types that differ here are unrelated, so that in a list of models none swallows the needs of another. */
export declare const originTypes: unique symbol;
type Origin<T> = (origin: T) => T;

/** Any model whose value is `V`, whatever context it needs. */
export interface ModelYielding<V> { readonly [modelTypes]: ModelTypes<V, Unchecked, Unchecked, Unchecked> }
/** Any model, whatever it yields and needs; what its `compute` takes is checked at run time. */
export type AnyModel = CallableModel;
/** A model that fits the input `Input`; the name is there for the compiler's messages. */
export interface ModelFor<Input, V> extends ModelYielding<V> { readonly input?: Input }

/**
 * A model: a definition with some of its inputs bound. Immutable; the graph above it is reached through `inputs`.
 *
 * `CallableModel<number>` is any model that yields a number; what its `compute` needs is then checked at run time only.
 * The further parameters are the context needs, the unbound inputs of the graph, the type that `compute` resolves to,
 * the names of the root's own regular inputs, and what a wrapper's rewrites read.
 */
export interface CallableModel<Value = unknown, Needs = Unchecked, Unbound = Unchecked, Result = Unchecked, Regular = Unchecked, Rewrites = Unchecked> extends ModelYielding<Value> {
  readonly [modelTypes]: ModelTypes<Value, Needs | NeedsOf<Rewrites>, Unbound | UnboundOf<Rewrites>, Result>;
  readonly [originTypes]: { readonly rewrites: Origin<Rewrites> };
  /** The bound inputs, deeply frozen: models, parsed literals, contextual defaults. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly flow: FlowApi<Value, Needs, Unbound, Result, Regular, Rewrites>;
  /** A new model with some inputs rebound; `undefined` unbinds. A function gets an Immer draft of the bindings. */
  rebind(changes: Readonly<Record<string, unknown>>): CallableModel<Value, Unchecked, Unchecked, Result, Regular>;
  rebind(recipe: (draft: Record<string, Unchecked>) => void): CallableModel<Value, Unchecked, Unchecked, Result, Regular>;
  /**
   * The graph as plain JSON data, from which `modelFromJSON` makes it again; `JSON.stringify(model)` is its text. A model that stands in several places is
   * in it once. Literals are kept as they were given.
   *
   * Throws SERIALIZE for models and transforms without a name, secrets, and literals that are no data.
   */
  toJSON(options?: CodecOptions | string): FlowDocument;
}

/** What a bound model adds to the contract of its consumer. */
export interface Upstream<N, U> { readonly needs: N; readonly unbound: U }
type NeedsOf<B> = IsAny<B> extends true ? never : Extract<B[keyof B], Upstream<unknown, unknown>>['needs'];
type UnboundOf<B> = IsAny<B> extends true ? never : Extract<B[keyof B], Upstream<unknown, unknown>>['unbound'];

/**
 * A model made by a factory: `inputs` and `rebind` know the definition's shape.
 * `Bound` says of each bound input whether it is `'given'` as data or comes from `Upstream`. It holds no model types, so that a graph's
 * type does not repeat the types of everything upstream.
 */
export interface FlowModel<Value, S extends Shape, Bound, Result> extends CallableModel<Value, OwnNeeds<S, Bound> | NeedsOf<Bound>, UnboundInputs<S, Bound>, Result, RegularKeys<S>, {}> {
  readonly [originTypes]: { readonly rewrites: Origin<{}>; readonly shape: Origin<S>; readonly bound: Bound };
  readonly inputs: Simplify<
    { readonly [K in keyof S & keyof Bound]: BoundValue<K, S[K], Bound[K]> } & { readonly [K in Exclude<RegularKeys<S>, keyof Bound>]?: Out<S[K]> }
  >;
  rebind<const B extends Bindings<S>>(changes: OnlyInputs<B, S>): FlowModel<Value, S, Simplify<Omit<Bound, keyof B> & BoundBy<B, S>>, Result>;
  rebind(recipe: (draft: { -readonly [K in keyof Bindings<S>]: Bindings<S>[K] }) => void): CallableModel<Value, OwnNeeds<S, Bound> | NeedsOf<Bound>, never, Result, RegularKeys<S>, {}>;
}
type BoundValue<K, F, B> =
  F extends { readonly role: 'dependency' } ? WithModels<K, In<F>>
  : F extends { readonly role: 'model' } ? CallableModel<Out<F>>
  : B extends Upstream<infer N, infer U> ? CallableModel<In<F>, N, U> : Out<F>;

/** What a context lacks; the fields that it has, and any others, may stay. */
export type ContextWith<Fields> = Fields & { readonly [field: string]: unknown };

/** Nothing that a caller could give. */
interface Refused<Names> { readonly [modelTypes]: Names }
/** Stands in place of the arguments of `compute` while regular inputs of the graph are unbound. */
export type BindTheseInputsFirst<Names> = [context: never, options?: ComputeOptions] | [unbound: Refused<Names>];
/** Stands there while a closed context hides fields that nothing supplies: rewrite them by `withContext`, or keep them in `closedContext`. */
export type SupplyTheseFieldsInWithContext<Names> = [context: never, options?: ComputeOptions] | [hidden: Refused<Names>];

type ComputeArguments<N, U, Regular, C> =
  IsAny<N> extends true ? [context?: object, options?: ComputeOptions]
  : IsAny<U> extends true ? [context?: object, options?: ComputeOptions]
  : [U] extends [never]
    ? [N] extends [AnyNeed]
      ? [HiddenKeys<N>] extends [never]
        ? [RequiredKeys<N>] extends [never]
          ? [context?: CheckedContext<C, N, Regular> | undefined, options?: ComputeOptions]
          : [context: CheckedContext<C, N, Regular>, options?: ComputeOptions]
        : SupplyTheseFieldsInWithContext<HiddenKeys<N>>
      : [context?: object, options?: ComputeOptions]
    : BindTheseInputsFirst<U>;

/** `C` where it will do, otherwise what it would have to be, cut down to the fields that are wrong. */
type CheckedContext<C, N extends AnyNeed, Regular> =
  C extends FlowContext<Unchecked> ? (C extends FlowContext<object & Given<ContextOfNeeds<N>>> ? C : FlowContext<ContextOfNeeds<N>>)
  : IsAny<Regular> extends true ? CheckedFields<C, ContextOfNeeds<N>>
  : [N['key'] & Regular] extends [never] ? CheckedFields<C, ContextOfNeeds<N> & BoundInstead<C, Regular>>
  : FlowContext<ContextOfNeeds<N>>;
type CheckedFields<C, Fields> = C extends NoContext ? 'a context is a plain object or a FlowContext' : C extends object & Given<Fields> ? C : ContextWith<Simplify<Pick<Fields, WrongKeys<C, Fields>>>>;
type NoContext = readonly unknown[] | ModelYielding<unknown> | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | Date | Method;
type WrongKeys<C, Fields> = { [K in keyof Fields]-?: C extends Given<Pick<Fields, K>> & object ? never : K }[keyof Fields];
type BoundInstead<C, Regular> = { readonly [K in KnownKeys<C> & Regular & string]?: undefined | `'${K}' is an input of this model: bind it` };

/** What can be done with a model. */
export interface FlowApi<Value, Needs, Unbound, Result, Regular, Rewrites> {
  readonly [originTypes]: { readonly value: Value; readonly rewrites: Origin<Rewrites> };
  /**
   * Evaluates the graph in a context. The context is a plain object, or a `FlowContext` where a field is also the name of
   * a regular input of this model.
   *
   * Rejects with UNBOUND_INPUT, MISSING_CONTEXT, MISSING_RESOURCE, INVALID_CONTEXT or REGULAR_OVERRIDE before any body runs; with
   * INVALID_RESULT, TRANSFORM, CYCLE or CANCELLED later; with whatever a body throws, as it is.
   *
   * @example
   * ```ts
   * const double = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => n * 2);
   * const { value } = await double().flow.compute({ n: 21 });
   * ```
   */
  compute<C>(...args: ComputeArguments<Needs | NeedsOf<Rewrites>, Unbound | UnboundOf<Rewrites>, Regular, C>): Promise<Result>;
  /** As `compute`, without promises. A body that returns one is ASYNC_IN_SYNC. */
  computeSync<C>(...args: ComputeArguments<Needs | NeedsOf<Rewrites>, Unbound | UnboundOf<Rewrites>, Regular, C>): Result;
  /**
   * A new model over the same base whose branch (this model and everything upstream of it) sees a rewritten context.
   * Positional arguments are patch transforms (the first may be a `closedContext`), the last may be a record of overrides.
   * Throws WITH_CONTEXT.
   *
   * @example
   * ```ts
   * const double = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => n * 2);
   * const fixed = double().flow.withContext({ n: 4 });
   * console.log((await fixed.flow.compute()).value); // 8
   * ```
   */
  withContext<F extends AnyFlow, const A extends readonly unknown[]>(this: F, ...rewrites: CheckedRewrites<A, BranchNeeds<F>>): Rewritten<F, A>;
  /**
   * What is bound, what feeds each field, and what the graph still needs, in a context or without one. Runs no bodies, may run
   * transforms, and does not check what the context holds. Print it: `console.log(model.flow.inspect())`.
   *
   * Throws INVALID_CONTEXT for what is no context at all, DEFINITION for options that do not exist.
   *
   * @example
   * ```ts
   * const double = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => n * 2);
   * console.log(double().flow.inspect().requiredInputs); // { n: 'number' }
   * ```
   */
  inspect(context?: object, options?: InspectOptions): FlowInspection;
}
type AnyFlow = FlowApi<Unchecked, Unchecked, Unchecked, Unchecked, Unchecked, Unchecked>;
type BranchNeeds<F> = F extends FlowApi<Unchecked, infer N, Unchecked, Unchecked, Unchecked, infer W> ? N | CoveredIn<W> : never;
/** Told by `this`, so that how a branch is rewritten plays no part where two models' types are compared. */
type Rewritten<F, A extends readonly unknown[]> = F extends FlowApi<infer V, infer N, infer U, infer R, infer Regular, infer W>
  ? CallableModel<V, RewrittenNeeds<N, A>, U, R, Regular, AllRewrites<W, N, A>>
  : never;

/* ---------- bindings ---------- */

type Primitive = string | number | bigint | boolean | symbol | null | undefined;
type Method = (...args: never[]) => unknown;
type Opaque = Primitive | Date | RegExp | URL | Map<unknown, unknown> | Set<unknown> | ArrayBufferView | Method;

/** What a caller may give for a `T`: arrays may be readonly, since plain data is copied. Class instances stay as they are. */
type Given<T> =
  T extends Opaque ? T
  : T extends readonly unknown[] ? (number extends T['length'] ? readonly Given<T[number]>[] : { readonly [I in keyof T]: Given<T[I]> })
  : T extends object ? ([Extract<T[keyof T], Method>] extends [never] ? { readonly [K in keyof T]: Given<T[K]> } : T)
  : T;

/** A value with models anywhere inside. */
type WithModels<Input, T> =
  | ModelFor<Input, T>
  | (T extends Opaque ? T
    : T extends readonly unknown[] ? (number extends T['length'] ? readonly WithModels<Input, T[number]>[] : { readonly [I in keyof T]: WithModels<Input, T[I]> })
    : T extends object ? ([Extract<T[keyof T], Method>] extends [never] ? { readonly [K in keyof T]: WithModels<Input, T[K]> } : T)
    : T);

type BindingFor<K, F> =
  F extends { readonly role: 'lazy' } ? ModelFor<K, Given<In<F>>>
  : F extends { readonly role: 'model' } ? ModelFor<K, Out<F>>
  : F extends { readonly role: 'dependency' } ? WithModels<K, In<F>>
  : F extends { readonly role: 'context' } ? Given<In<F>>
  : Given<In<F>> | ModelFor<K, Given<In<F>>>;

/** What a factory accepts, by name, in any subset. */
export type Bindings<S extends Shape> = { readonly [K in keyof S as S[K] extends { readonly role: 'resource' } ? never : K]?: BindingFor<K, S[K]> | undefined };
/** Stands next to the names that an input may have; the name is there for the compiler's messages. */
export type NoInputNamed<Name> = { readonly noInputNamed: Name };
type OnlyInputs<B, S extends Shape> = string extends keyof B ? B : [Exclude<keyof B, keyof Bindings<S>>] extends [never] ? B : Bindings<S> & NoInputNamed<Exclude<keyof B, keyof Bindings<S>>>;

export type NeedsIn<X> = X extends { readonly [modelTypes]: { readonly needs: infer N } } ? N : never;
export type UnboundIn<X> = X extends { readonly [modelTypes]: { readonly unbound: infer U } } ? U : never;
/** The models inside a container, down to six levels; deeper ones are checked at run time. */
type ModelsIn<X, D extends unknown[] = []> =
  IsAny<X> extends true ? X
  : X extends ModelYielding<unknown> ? X
  : X extends Opaque ? never
  : D['length'] extends 6 ? never
  : X extends readonly (infer E)[] ? ModelsIn<E, [...D, 0]>
  : { [K in keyof X]-?: ModelsIn<X[K], [...D, 0]> }[keyof X];

/** Bindings without the models' types: see {@link FlowModel}. An explicit undefined is not given. */
type BoundBy<B, S> = { readonly [K in keyof B & keyof S & KnownKeys<B> as B[K] extends undefined ? never : K]: BoundAs<S[K], B[K]> } & {};
export type BoundAs<F, X> =
  F extends { readonly role: 'context' | 'model' } ? 'given'
  : IsAny<X> extends true ? Upstream<Unchecked, Unchecked>
  : F extends { readonly role: 'dependency' } ? UpstreamOf<ModelsIn<X>>
  : X extends undefined ? undefined
  : UpstreamOf<Extract<X, ModelYielding<unknown>>>;
type UpstreamOf<M> = IsAny<M> extends true ? Upstream<Unchecked, Unchecked> : [M] extends [never] ? 'given' : Upstream<NeedsIn<M>, UnboundIn<M>>;

/** Inputs that surely have a value: not those whose binding may be undefined. */
type GivenKeys<B> = { [K in keyof B]-?: undefined extends B[K] ? never : K }[keyof B];
type OwnNeeds<S extends Shape, B> = [ContextKeys<S>] extends [infer Keys extends keyof S]
  ? { [K in Keys]: Need<K, In<S[K]>, K extends GivenKeys<B> ? false : IsOptional<S[K]> extends true ? false : true> }[Keys]
  : never;
/** Regular inputs without a value, of the model itself and of everything upstream. */
type UnboundInputs<S extends Shape, B> =
  | Exclude<RequiredInputs<S>, GivenKeys<B>>
  | UnboundOf<B>;

/** Makes models of one definition. Bindings are by name, in any subset. Throws BIND. */
export interface ModelFactory<S extends Shape, V, R> {
  <const B extends Bindings<S>>(bindings: OnlyInputs<B, S>): FlowModel<V, S, BoundBy<B, S>, R>;
  (): FlowModel<V, S, {}, R>;
}

/* ---------- bodies and results ---------- */

/** What a body may return when its definition states an `output` schema. */
export type BodyReturn<O> = O extends Schema ? MaybePromise<Given<core.input<O>> | FlowResult> : unknown;
/** The value that consumers receive: a `GenericResult` is unwrapped, other results are passed whole. */
export type BodyValue<B, O> = Awaited<B> extends infer T ? (T extends GenericResult<infer V> ? Parsed<V, O> : T extends FlowResult ? T : Parsed<T, O>) : never;
/** What `compute` resolves to. */
export type BodyResult<B, O, Unwrap> = Awaited<B> extends infer T ? Own<T, O> | Boxed<Exclude<T, FlowResult>, T, O, Unwrap> : never;
type Parsed<T, O> = O extends Schema ? core.output<O> : T;
/** Results of the body's own are returned as they are; the value of a plain `GenericResult` is parsed by `output`. */
type Own<T, O> = IsAny<T> extends true ? never : T extends FlowResult ? (O extends Schema ? (GenericResult<Unchecked> extends T ? GenericResult<core.output<O>> : T) : T) : never;
/** Everything else a body may return, in one box. */
type Boxed<Plain, T, O, Unwrap> =
  [Plain] extends [never] ? ([T] extends [never] ? GenericResult<never> : never)
  : [Unwrap] extends [true] ? Parsed<Plain, O> : GenericResult<Parsed<Plain, O>>;

/* ---------- rewrites ---------- */

export declare const rewriteTypes: unique symbol;
/** A bound patch transform; passed positionally to `withContext`. */
export interface PatchTransform<Fields, N> { readonly [rewriteTypes]: { readonly kind: 'patch'; readonly fields: Fields; readonly needs: N; readonly unbound: never } }
/** A bound field transform; passed by field name to `withContext`. */
export interface FieldTransform<T, N> { readonly [rewriteTypes]: { readonly kind: 'field'; readonly out: T; readonly needs: N; readonly unbound: never } }
/** The result of a model as the value of a field; made by `computed`. */
export interface ComputedField<T, N, U> { readonly [rewriteTypes]: { readonly kind: 'computed'; readonly out: T; readonly needs: N; readonly unbound: U } }
/** What `computed` makes of a model. */
export type ComputedFrom<M> = ComputedField<ValueOf<M>, NeedsIn<M>, UnboundIn<M>>;
/** Hides the ambient context from a branch; made by `closedContext`. */
export interface ClosedContext<K extends PropertyKey> { readonly [rewriteTypes]: { readonly kind: 'closed'; readonly keys: K; readonly needs: never; readonly unbound: never } }

/** A bound field transform or `computed(…)` that suits a field; the name is there for the compiler's messages. */
export interface RewriteOf<Field, T> { readonly [rewriteTypes]: { readonly kind: 'field' | 'computed'; readonly out: T }; readonly field?: Field }

interface RewriteOfKind<K> { readonly [rewriteTypes]: { readonly kind: K } }
type Positional = RewriteOfKind<'patch' | 'closed'>;

type CheckedRewrites<A extends readonly unknown[], N> = { readonly [I in keyof A]: CheckedRewrite<A[I], N, I, A> };
type CheckedRewrite<X, N, I, A extends readonly unknown[]> =
  IsAny<N> extends true ? X
  : X extends RewriteOfKind<'closed'> ? (I extends '0' | number ? X : 'a closed context is the first argument')
  : X extends PatchTransform<infer F, unknown> ? ([BadPatches<F, N>] extends [never] ? X : PatchTransform<{ readonly [K in BadPatches<F, N>]: PatchedType<K, N> }, Unchecked>)
  : X extends RewriteOfKind<'field' | 'computed'> ? 'pass it by field name: withContext({ field: transform })'
  : X extends Method ? 'call the transform factory first'
  : A extends readonly [unknown, ...infer Others] ? (I extends `${Others['length']}` ? CheckedOverrides<X, Extract<N, AnyNeed>> : 'the record of overrides is the last argument')
  : CheckedOverrides<X, Extract<N, AnyNeed>>;
type PatchedType<K, N> = K extends AllKeys<N> ? TypeForNeed<Extract<N, AnyNeed>, K> : NotRead<K>;
type BadPatches<F, N> = { [K in keyof F]-?: F[K] extends Given<PatchedType<K, N>> ? never : K }[keyof F];
type CheckedOverrides<O, N extends AnyNeed> =
  & { readonly [K in keyof O]: K extends N['key'] ? CheckedOverride<O[K], TypeForNeed<N, K>, K & string> : NotRead<K> }
  & { readonly [K in Exclude<N['key'], keyof O>]?: OverrideFor<K, TypeForNeed<N, K>> }; // for completions
type CheckedOverride<V, T, K extends string> =
  V extends RewriteOfKind<'patch'> ? `'${K}' is written by a patch transform: pass it positionally`
  : V extends (...args: never[]) => RewriteOfKind<unknown> ? `'${K}' is given a transform factory: call it first`
  : OverrideFor<K, T>;
type OverrideFor<K, T> = Given<T> | RewriteOf<K, Exclude<Given<T>, undefined>> | undefined;
type NotRead<K> = `'${K & string}' is not a contextual field of this branch`;

type OverridesOf<A extends readonly unknown[]> = Exclude<A[number], Positional>;
type OverrideKeys<O> = O extends unknown ? { [K in keyof O]: O[K] extends undefined ? never : K }[keyof O] : never;
type PatchedKeys<X> = X extends PatchTransform<infer F, unknown> ? keyof F : never;
type ClosedIn<A extends readonly unknown[]> = Extract<A[number], ClosedContext<PropertyKey>>;
type Closed<N extends AnyNeed, C> = [C] extends [never] ? N : C extends ClosedContext<infer K> ? Hidden<N, K> : N;

/** What the branch needs of the context that it sees. */
type RewrittenNeeds<N, A extends readonly unknown[]> =
  IsAny<N> extends true ? Unchecked
  : [N] extends [AnyNeed] ? Relaxed<Closed<N, ClosedIn<A>>, OverrideKeys<OverridesOf<A>>, PatchedKeys<A[number]>>
  : N;
type Patches<A extends readonly unknown[]> = Extract<A[number], RewriteOfKind<'patch'>>;
type TransformedKeys<O> = O extends unknown ? { [K in keyof O]: [Extract<O[K], RewriteOfKind<unknown>>] extends [never] ? never : K }[keyof O] : never;
type RewriteNeeds<X> = IsAny<X> extends true ? Unchecked : X extends { readonly [rewriteTypes]: { readonly needs: infer N } } ? N : never;
type RewriteUnbound<X> = IsAny<X> extends true ? Unchecked : X extends { readonly [rewriteTypes]: { readonly unbound: infer U } } ? U : never;
/**
 * What the rewrites themselves need of the context that enters: by field, since a later override of the field ends the need, and
 * under `'patches()'`, which is no field, for patches. A wrapper's own rewrites never supply each other. `'rewritten()'` are the {@link Covered} needs.
 */
type AllRewrites<Old, N, A extends readonly unknown[]> = MergedRewrites<IsAny<Old> extends true ? {} : Old, Patches<A>, OverridesOf<A>, IsAny<N> extends true ? never : CoveredIn<Old> | Covered<N, RewrittenNeeds<N, A>>>;
type MergedRewrites<Old, P, O, C> = {
  readonly [K in Exclude<keyof Old, OverrideKeys<O>> | TransformedKeys<O> | ([P] extends [never] ? never : 'patches()') | ([C] extends [never] ? never : 'rewritten()')]:
    K extends 'rewritten()' ? C
    : K extends 'patches()' ? Upstream<RewriteNeeds<P> | NeedsOf<Pick<Old, K & keyof Old>>, never>
    : K extends keyof O ? Upstream<RewriteNeeds<O[K]>, RewriteUnbound<O[K]>>
    : Old[K & keyof Old];
} & {};

type RegularBindings<S extends TransformShape> = { readonly [K in RegularKeys<S>]?: Given<In<S[K]>> | undefined };
type TransformBindings<S extends TransformShape> = WithRequired<RegularBindings<S>, RequiredInputs<S>>;
type OnlyRegular<B, S extends TransformShape> =
  [Exclude<keyof B, RegularKeys<S>>] extends [never] ? B
  : TransformBindings<S> & ([Extract<keyof B, ContextKeys<S>>] extends [never] ? NoInputNamed<Exclude<keyof B, RegularKeys<S>>> : ComesFromContext<Extract<keyof B, ContextKeys<S>>>);
type ComesFromContext<K extends PropertyKey> = { readonly [P in K]: `'${P & string}' comes from the context and is not bound` };

/** Binds the regular inputs of a transform. Throws BIND. */
export interface TransformFactory<S extends TransformShape, T> {
  <const B extends TransformBindings<S>>(...bindings: [RequiredInputs<S>] extends [never] ? [bindings?: OnlyRegular<B, S>] : [bindings: OnlyRegular<B, S>]): T;
}
/** What the body of a patch transform may return. */
export type PatchReturn<P extends Readonly<Record<string, Schema>>> = { readonly [K in keyof P]?: Given<core.input<P[K]>> | undefined };
/** What the body of a field transform may return. */
export type FieldReturn<O> = O extends Schema ? Given<core.input<O>> : unknown;
/** Makes bound patch transforms. */
export interface PatchFactory<S extends TransformShape, Fields> extends TransformFactory<S, PatchTransform<Fields, OwnNeeds<S, {}>>> {}
/** Makes bound field transforms. */
export interface FieldFactory<S extends TransformShape, T> extends TransformFactory<S, FieldTransform<T, OwnNeeds<S, {}>>> {}

/* ---------- class-based models ---------- */

type ContextNeeds<C> = C extends Schema
  ? IsOptional<C> extends true ? FieldNeeds<Exclude<core.input<C>, undefined>, false> : FieldNeeds<core.input<C>, true>
  : never;
type FieldNeeds<T, R extends boolean> = { [K in keyof T]-?: Need<K, Exclude<T[K], undefined>, undefined extends T[K] ? false : R> }[keyof T];

type ClassBindings<S extends Shape> = WithRequired<Bindings<S>, RequiredInputs<S>>;
type ClassArguments<S extends Shape> = [RequiredInputs<S>] extends [never] ? [bindings?: ClassBindings<S>] : [bindings: ClassBindings<S>];

type ClassValue<O extends Schema> = BodyValue<core.output<O>, undefined>;
type ClassResult<O extends Schema> = BodyResult<core.output<O>, undefined, false>;

/** One prefetched dependency of a class-based model. */
export interface ModelDependency { readonly model: ModelYielding<unknown>; readonly contexts: readonly object[] }

/** The instance side of a class made by `modelClass`. A class, not an interface, so that `call` is abstract: implemented without `override`. */
export declare abstract class ClassModel<S extends Shape, C, O extends Schema> implements CallableModel<ClassValue<O>, ContextNeeds<C>, never, ClassResult<O>, RegularKeys<S>, {}> {
  readonly [modelTypes]: ModelTypes<ClassValue<O>, ContextNeeds<C>, never, ClassResult<O>>;
  readonly [originTypes]: { readonly rewrites: Origin<{}> };
  readonly inputs: Inputs<S>;
  readonly flow: FlowApi<ClassValue<O>, ContextNeeds<C>, never, ClassResult<O>, RegularKeys<S>, {}>;
  /** Models that the body will ask for, in which contexts; the scheduler evaluates them first. */
  deps(context: core.output<C & Schema>, run: FlowRun): MaybePromise<readonly ModelDependency[]>;
  /** The body. */
  abstract call(context: core.output<C & Schema>, run: FlowRun): BodyReturn<O>;
  rebind(changes: Readonly<Record<string, unknown>>): this;
  rebind(recipe: (draft: Record<string, Unchecked>) => void): this;
  toJSON(options?: CodecOptions | string): FlowDocument;
}
/** The constructor that `modelClass` returns. */
export type ModelClass<S extends Shape, C, O extends Schema> = abstract new (...args: ClassArguments<S>) => ClassModel<S, C, O>;

/* ---------- inference helpers ---------- */

/** The value that a model yields. */
export type ValueOf<M> = M extends ModelYielding<infer V> ? V : never;
/** The context that a model's graph needs. */
export type ContextOf<M> = NeedsIn<M> extends infer N ? (IsAny<N> extends true ? object : [N] extends [AnyNeed] ? ContextOfNeeds<N> : object) : never;
/** What a factory accepts. */
export type BindingsOf<F> = F extends ModelFactory<infer S, Unchecked, Unchecked> ? Bindings<S> : never;
