/**
 * The static contract: what the compiler knows about models and graphs.
 *
 * Everything here is erased. Types travel in phantom slots: a model carries its value type, its context
 * needs and its unbound inputs under `[modelTypes]`, a transform its needs under `[rewriteTypes]`.
 * Needs are one flat union of {@link Need}, never a nested intersection, so that long chains stay cheap to check.
 */
import type * as core from 'zod/v4/core';
import type { FlowContext } from './context/flow-context.ts';
import type { FlowResult, GenericResult } from './model/result.ts';
import type { ComputeOptions } from './run/options.ts';
import type { FlowRun } from './run/flow-run.ts';

/* ---------- small tools ---------- */

type IsAny<T> = 0 extends 1 & T ? true : false;
type Simplify<T> = { [K in keyof T]: T[K] } & {};
type UnionToIntersection<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never;
export type MaybePromise<T> = T | Promise<T>;
type Schema = core.$ZodType;

/* ---------- inputs and their markers ---------- */

/** What a marker says of an input. */
export type Role = 'context' | 'lazy' | 'dependency' | 'model' | 'resource';

/** A contextual input; made by `FromContext`. */
export interface ContextInput<S extends Schema> { readonly role: 'context'; readonly schema: S }
/** An input evaluated on demand; made by `Lazy`. */
export interface LazyInput<S extends Schema> { readonly role: 'lazy'; readonly schema: S }
/** A container that may hold models anywhere inside; made by `Dependency`. */
export interface DependencyInput<S extends Schema> { readonly role: 'dependency'; readonly schema: S }
/** A model handed over unevaluated; made by `ModelInput`. */
export interface UnevaluatedInput<S extends Schema> { readonly role: 'model'; readonly schema: S }
/** Something the run supplies; made by `Resource`. */
export interface ResourceInput<T> { readonly role: 'resource'; readonly supplies?: () => T }

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

/* ---------- context needs ---------- */

/** One field that a graph reads from the context. `'hidden'`: required, but a closed context keeps callers from supplying it. */
export interface Need<K extends PropertyKey, T, R extends boolean | 'hidden'> { readonly key: K; readonly type: T; readonly required: R }
export type AnyNeed = Need<any, any, any>; // any: a need of whatever field and type; `unknown` is not assignable to itself here

type TypeForNeed<N extends AnyNeed, K> =
  UnionToIntersection<Extract<N, { key: K }> extends infer M ? M extends AnyNeed ? { v: M['type'] } : never : never> extends { v: infer T } ? T : never;
type RequiredKeys<N extends AnyNeed> = N extends { required: true } ? N['key'] : never;
type HiddenKeys<N extends AnyNeed> = N extends { required: 'hidden' } ? N['key'] : never;
type ContextOfNeeds<N extends AnyNeed> = Simplify<
  { [K in RequiredKeys<N>]: TypeForNeed<N, K> } & { [K in Exclude<N['key'], RequiredKeys<N>>]?: TypeForNeed<N, K> }
>;
/** A rewritten field stays in the contract, so that it can be rewritten again, but nobody has to supply it. */
type Relaxed<N extends AnyNeed, K> = N extends AnyNeed ? (N['key'] extends K ? Need<N['key'], N['type'], false> : N) : never;
type Hidden<N extends AnyNeed, Kept> =
  N extends AnyNeed ? (N['key'] extends Kept ? N : Need<N['key'], N['type'], N['required'] extends false ? false : 'hidden'>) : never;

/* ---------- models ---------- */

export declare const modelTypes: unique symbol;
export interface ModelTypes<V, N, U, R> { readonly value: V; readonly needs: N; readonly unbound: U; readonly result: R }

/** Any model whose value is `V`, whatever context it needs. */
export interface ModelYielding<V> { readonly [modelTypes]: ModelTypes<V, any, any, any> } // any: bindings accept models of all needs
/** A model that fits the input `Input`; the name is there for the compiler's messages. */
export interface ModelFor<Input, V> extends ModelYielding<V> { readonly flow: object; readonly input?: Input }

/**
 * A model: a definition with some of its inputs bound. Immutable; the graph above it is reached through `inputs`.
 *
 * `CallableModel<number>` is any model that yields a number; what its `compute` needs is then checked at run time only.
 * The further parameters are the context needs, the unbound inputs of the graph, the type that `compute` resolves to,
 * and the names of the root's own regular inputs.
 */
export interface CallableModel<Value = unknown, Needs = any, Unbound = any, Result = any, Regular = any> extends ModelYielding<Value> {
  readonly [modelTypes]: ModelTypes<Value, Needs, Unbound, Result>;
  /** The bound inputs, deeply frozen: models, parsed literals, contextual defaults. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly flow: FlowApi<Value, Needs, Unbound, Result, Regular>;
  /** A new model with some inputs rebound; `undefined` unbinds. A function gets an Immer draft of the bindings. */
  rebind(changes: Readonly<Record<string, unknown>>): CallableModel<Value, any, any, Result, Regular>; // any: checked at run time
  rebind(recipe: (draft: Record<string, any>) => void): CallableModel<Value, any, any, Result, Regular>; // any: a draft is edited in place
}

/** A model made by a factory: `inputs` and `rebind` know the definition's shape. */
export interface FlowModel<S extends Shape, B, V, R> extends CallableModel<V, OwnNeeds<S, B> | DependencyNeeds<S, B>, UnboundInputs<S, B>, R, RegularKeys<S>> {
  readonly inputs: { readonly [K in keyof S as K extends keyof B ? K : never]: K extends keyof B ? BoundValue<S[K], B[K]> : never };
  rebind<const C extends Bindings<S>>(changes: C & NoUnknownInputs<C, S>): FlowModel<S, Simplify<Omit<B, keyof C> & C>, V, R>;
  rebind(recipe: (draft: { -readonly [K in keyof Bindings<S>]: Bindings<S>[K] }) => void): CallableModel<V, OwnNeeds<S, B> | DependencyNeeds<S, B>, never, R, RegularKeys<S>>;
}
type BoundValue<F, B> = B extends ModelYielding<unknown> ? B : F extends { readonly role: 'dependency' } ? B : Out<F>;

/** The names of the inputs still to be bound before `compute` can be called. */
export interface BindTheseInputsFirst<Names> { readonly unbound: Names }
/** Fields that a closed context hides and nothing supplies: rewrite them by `withContext`, or keep them in `closedContext`. */
export interface SupplyTheseFieldsInWithContext<Names> { readonly hidden: Names }

/** `C` is what the caller gives: it covers the needs, may hold more, and names no regular input of the root. */
type PlainContext<N, Regular> = IsAny<N> extends true ? object
  : [N] extends [AnyNeed] ? (IsAny<Regular> extends true ? ContextOfNeeds<N> : ContextOfNeeds<N> & { readonly [K in Exclude<Regular & string, N['key']>]?: never })
  : object;
type ContextArgument<N extends AnyNeed, Regular, C> = IsAny<Regular> extends true ? C | FlowContext<ContextOfNeeds<N>>
  : [N['key'] & Regular] extends [never] ? C | FlowContext<ContextOfNeeds<N>>
  : FlowContext<ContextOfNeeds<N>>;
type ComputeArguments<N, U, Regular, C> =
  IsAny<N> extends true ? [context?: C, options?: ComputeOptions]
  : IsAny<U> extends true ? [context?: C, options?: ComputeOptions]
  : [U] extends [never]
    ? [N] extends [AnyNeed]
      ? [HiddenKeys<N>] extends [never]
        ? [RequiredKeys<N>] extends [never]
          ? [context?: ContextArgument<N, Regular, C>, options?: ComputeOptions]
          : [context: ContextArgument<N, Regular, C>, options?: ComputeOptions]
        : [hidden: SupplyTheseFieldsInWithContext<HiddenKeys<N>>]
      : [context?: C, options?: ComputeOptions]
    : [unbound: BindTheseInputsFirst<U>];

/** What can be done with a model. */
export interface FlowApi<Value, Needs, Unbound, Result, Regular> {
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
  compute<C extends PlainContext<Needs, Regular>>(...args: ComputeArguments<Needs, Unbound, Regular, C>): Promise<Result>;
  /** As `compute`, without promises. A body that returns one is ASYNC_IN_SYNC. */
  computeSync<C extends PlainContext<Needs, Regular>>(...args: ComputeArguments<Needs, Unbound, Regular, C>): Result;
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
  withContext<const A extends readonly unknown[]>(...args: A & CheckedRewrites<A, Needs>): Rewritten<Value, Needs, Unbound, Result, Regular, A>;
}

/* ---------- bindings ---------- */

type Primitive = string | number | bigint | boolean | symbol | null | undefined;
type Opaque = Primitive | Date | RegExp | URL | Map<unknown, unknown> | Set<unknown> | ArrayBufferView | ((...args: never[]) => unknown);

/** A value with models anywhere inside. */
type WithModels<Input, T> =
  | T
  | ModelFor<Input, T>
  | (T extends Opaque ? never
    : T extends readonly unknown[] ? { readonly [I in keyof T]: WithModels<Input, T[I]> }
    : T extends object ? { readonly [K in keyof T]: WithModels<Input, T[K]> }
    : never);

type BindingFor<K, F> =
  F extends { readonly role: 'lazy' | 'model' } ? ModelFor<K, In<F>>
  : F extends { readonly role: 'dependency' } ? WithModels<K, In<F>>
  : F extends { readonly role: 'context' } ? In<F>
  : In<F> | ModelFor<K, In<F>>;

/** What a factory accepts, by name, in any subset. */
export type Bindings<S extends Shape> = { readonly [K in keyof S as S[K] extends { readonly role: 'resource' } ? never : K]?: BindingFor<K, S[K]> };
type NoUnknownInputs<B, S> = { readonly [K in Exclude<keyof B, keyof S>]: `no input is named '${K & string}'` };
type GivenKeys<B> = { [K in keyof B]: B[K] extends undefined ? never : K }[keyof B];

export type OwnNeeds<S extends Shape, B> = {
  [K in ContextKeys<S>]: Need<K, In<S[K]>, K extends GivenKeys<B> ? false : IsOptional<S[K]> extends true ? false : true>;
}[ContextKeys<S>];

type NeedsIn<X> = X extends { readonly [modelTypes]: { readonly needs: infer N } } ? N : never;
type UnboundIn<X> = X extends { readonly [modelTypes]: { readonly unbound: infer U } } ? U : never;
/** Collected from inside a container, six levels deep; deeper ones are checked at run time. */
type DeepNeeds<X, D extends unknown[] = []> =
  X extends ModelYielding<unknown> ? NeedsIn<X>
  : X extends Opaque ? never
  : D['length'] extends 6 ? never
  : X extends readonly (infer E)[] ? DeepNeeds<E, [...D, 0]>
  : { [K in keyof X]: DeepNeeds<X[K], [...D, 0]> }[keyof X];
type DeepUnbound<X, D extends unknown[] = []> =
  X extends ModelYielding<unknown> ? UnboundIn<X>
  : X extends Opaque ? never
  : D['length'] extends 6 ? never
  : X extends readonly (infer E)[] ? DeepUnbound<E, [...D, 0]>
  : { [K in keyof X]: DeepUnbound<X[K], [...D, 0]> }[keyof X];
export type DependencyNeeds<S, B> = {
  [K in keyof B]: K extends keyof S ? (S[K] extends { readonly role: 'model' } ? never : S[K] extends { readonly role: 'dependency' } ? DeepNeeds<B[K]> : NeedsIn<B[K]>) : never;
}[keyof B];

/** Regular inputs without a value, of the model itself and of everything upstream. */
export type UnboundInputs<S extends Shape, B> =
  | Exclude<{ [K in RegularKeys<S>]: IsOptional<S[K]> extends true ? never : K }[RegularKeys<S>], GivenKeys<B>>
  | { [K in keyof B]: K extends keyof S ? (S[K] extends { readonly role: 'model' } ? never : S[K] extends { readonly role: 'dependency' } ? DeepUnbound<B[K]> : UnboundIn<B[K]>) : never }[keyof B];

/** Makes models of one definition. Bindings are by name, in any subset. Throws BIND. */
export interface ModelFactory<S extends Shape, V, R> {
  <const B extends Bindings<S>>(bindings: B & NoUnknownInputs<B, S>): FlowModel<S, B, V, R>;
  (): FlowModel<S, {}, V, R>;
}

/* ---------- bodies and results ---------- */

/** What a body may return when its definition states an `output` schema. */
export type BodyReturn<O> = O extends Schema ? MaybePromise<core.input<O> | FlowResult> : unknown;
type Returned<B, O> = Awaited<B> extends infer T ? (T extends FlowResult ? T : O extends Schema ? core.output<O> : T) : never;
/** The value that consumers receive: a `GenericResult` is unwrapped, other results are passed whole. */
export type BodyValue<B, O> = Returned<B, O> extends infer T ? (T extends GenericResult<infer V> ? V : T) : never;
/** What `compute` resolves to. */
export type BodyResult<B, O, Unwrap> =
  [Returned<B, O>] extends [FlowResult] ? Returned<B, O> : [Unwrap] extends [true] ? Returned<B, O> : GenericResult<Returned<B, O>>;

/* ---------- rewrites ---------- */

export declare const rewriteTypes: unique symbol;
/** A bound patch transform; passed positionally to `withContext`. */
export interface PatchTransform<K extends PropertyKey, N> { readonly [rewriteTypes]: { readonly kind: 'patch'; readonly keys: K; readonly needs: N; readonly unbound: never } }
/** A bound field transform; passed by field name to `withContext`. */
export interface FieldTransform<T, N> { readonly [rewriteTypes]: { readonly kind: 'field'; readonly out: T; readonly needs: N; readonly unbound: never } }
/** The result of a model as the value of a field; made by `computed`. */
export interface ComputedField<T, N, U> { readonly [rewriteTypes]: { readonly kind: 'computed'; readonly out: T; readonly needs: N; readonly unbound: U } }
/** What `computed` makes of a model. */
export type ComputedFrom<M> = M extends { readonly [modelTypes]: ModelTypes<infer V, infer N, infer U, any> } ? ComputedField<V, N, U> : never;
/** Hides the ambient context from a branch; made by `closedContext`. */
export interface ClosedContext<K extends PropertyKey> { readonly [rewriteTypes]: { readonly kind: 'closed'; readonly keys: K; readonly needs: never; readonly unbound: never } }

type Positional = PatchTransform<any, any> | ClosedContext<any>; // any: whatever it writes and needs
type RewriteNeeds<X> = X extends { readonly [rewriteTypes]: { readonly needs: infer N } } ? N : never;
type RewriteUnbound<X> = X extends { readonly [rewriteTypes]: { readonly unbound: infer U } } ? U : never;
type PatchedKeys<X> = X extends PatchTransform<infer K, any> ? K : never;
type OverrideFor<T> = T | FieldTransform<T, any> | ComputedField<T, any, any>;

type CheckedOverride<V, T> = V extends { readonly [rewriteTypes]: { readonly kind: 'patch' } } ? 'a patch transform is passed positionally' : OverrideFor<T>;
type CheckedOverrides<O, N extends AnyNeed> = {
  readonly [K in keyof O]: K extends N['key'] ? CheckedOverride<O[K], TypeForNeed<N, K> | undefined> : `'${K & string}' is not a contextual field of this branch`;
};
type CheckedRewrite<X, N> =
  IsAny<N> extends true ? X
  : X extends { readonly [rewriteTypes]: { readonly kind: 'patch'; readonly keys: infer K } }
    ? [Exclude<K, AllKeys<N>>] extends [never] ? X : `'${Exclude<K, AllKeys<N>> & string}' is not a contextual field of this branch`
  : X extends Positional ? X
  : X extends { readonly [rewriteTypes]: { readonly kind: 'field' | 'computed' } } ? 'a field transform is passed by field name, as in withContext({ field: transform })'
  : X extends (...args: never[]) => unknown ? 'call the transform factory first'
  : CheckedOverrides<X, Extract<N, AnyNeed>>;
type AllKeys<N> = N extends AnyNeed ? N['key'] : never;
type CheckedRewrites<A extends readonly unknown[], N> = { readonly [I in keyof A]: CheckedRewrite<A[I], N> };

type OverridesOf<A extends readonly unknown[]> = Exclude<A[number], Positional>;
type OverrideKeys<O> = O extends unknown ? { [K in keyof O]: O[K] extends undefined ? never : K }[keyof O] : never;
type OverrideNeeds<O> = O extends unknown ? { [K in keyof O]: RewriteNeeds<O[K]> }[keyof O] : never;
type OverrideUnbound<O> = O extends unknown ? { [K in keyof O]: RewriteUnbound<O[K]> }[keyof O] : never;
type ClosedIn<A extends readonly unknown[]> = Extract<A[number], ClosedContext<any>>;
type Closed<N extends AnyNeed, C> = [C] extends [never] ? N : C extends ClosedContext<infer K> ? Hidden<N, K> : N;

type RewrittenNeeds<N, A extends readonly unknown[]> =
  IsAny<N> extends true ? any
  : [N] extends [AnyNeed]
    ? Relaxed<Closed<N, ClosedIn<A>>, OverrideKeys<OverridesOf<A>> | PatchedKeys<A[number]>> | RewriteNeeds<A[number]> | OverrideNeeds<OverridesOf<A>>
    : N;
type Rewritten<V, N, U, R, Regular, A extends readonly unknown[]> = CallableModel<V, RewrittenNeeds<N, A>, U | OverrideUnbound<OverridesOf<A>>, R, Regular>;

type RegularBindings<S extends TransformShape> = { readonly [K in Exclude<keyof S, ContextKeys<S>>]?: In<S[K]> };
type NoContextual<B, S extends TransformShape> = {
  readonly [K in Exclude<keyof B, Exclude<keyof S, ContextKeys<S>>>]: K extends keyof S ? `'${K & string}' comes from the context and is not bound` : `no input is named '${K & string}'`;
};
type RequiredRegular<S extends TransformShape> = { [K in Exclude<keyof S, ContextKeys<S>>]: IsOptional<S[K]> extends true ? never : K }[Exclude<keyof S, ContextKeys<S>>];
type TransformFactory<S extends TransformShape, T> =
  (<const B extends RegularBindings<S>>(bindings: B & NoContextual<B, S> & { readonly [K in RequiredRegular<S>]: unknown }) => T) &
  ([RequiredRegular<S>] extends [never] ? () => T : unknown);
/** Binds the regular inputs of a patch transform. Throws BIND. */
export type PatchFactory<S extends TransformShape, K extends PropertyKey> = TransformFactory<S, PatchTransform<K, OwnNeeds<S, {}>>>;
/** Binds the regular inputs of a field transform. Throws BIND. */
export type FieldFactory<S extends TransformShape, T> = TransformFactory<S, FieldTransform<T, OwnNeeds<S, {}>>>;

/* ---------- class-based models ---------- */

type ContextNeeds<C> = C extends Schema
  ? IsOptional<C> extends true ? FieldNeeds<Exclude<core.input<C>, undefined>, false> : FieldNeeds<core.input<C>, true>
  : never;
type FieldNeeds<T, R extends boolean> = { [K in keyof T]-?: Need<K, Exclude<T[K], undefined>, undefined extends T[K] ? false : R> }[keyof T];

type ClassBindings<S extends Shape> = { readonly [K in keyof Bindings<S> as IsOptional<S[K & keyof S]> extends true ? K : never]?: Bindings<S>[K] }
  & { readonly [K in keyof Bindings<S> as IsOptional<S[K & keyof S]> extends true ? never : K]: Exclude<Bindings<S>[K], undefined> };
type ClassArguments<S extends Shape> = {} extends ClassBindings<S> ? [bindings?: ClassBindings<S>] : [bindings: ClassBindings<S>];

/** One prefetched dependency of a class-based model. */
export interface ModelDependency { readonly model: ModelYielding<unknown>; readonly contexts: readonly object[] }

/** The instance side of a class made by `modelClass`. A class, not an interface, so that `call` is abstract: implemented without `override`. */
export declare abstract class ClassModel<S extends Shape, C, V> implements CallableModel<BodyValue<V, undefined>, ContextNeeds<C>, never, BodyResult<V, undefined, false>, RegularKeys<S>> {
  readonly [modelTypes]: ModelTypes<BodyValue<V, undefined>, ContextNeeds<C>, never, BodyResult<V, undefined, false>>;
  readonly inputs: Inputs<S>;
  readonly flow: FlowApi<BodyValue<V, undefined>, ContextNeeds<C>, never, BodyResult<V, undefined, false>, RegularKeys<S>>;
  /** Models that the body will ask for, in which contexts; the scheduler evaluates them first. */
  deps(context: core.output<C & Schema>, run: FlowRun): MaybePromise<readonly ModelDependency[]>;
  /** The body. */
  abstract call(context: core.output<C & Schema>, run: FlowRun): MaybePromise<unknown>;
  rebind(changes: Readonly<Record<string, unknown>>): this;
  rebind(recipe: (draft: Record<string, any>) => void): this; // any: a draft is edited in place
}
/** The constructor that `modelClass` returns. */
export type ModelClass<S extends Shape, C, V> = abstract new (...args: ClassArguments<S>) => ClassModel<S, C, V>;

/* ---------- inference helpers ---------- */

/** The value that a model yields. */
export type ValueOf<M> = M extends ModelYielding<infer V> ? V : never;
/** The context that a model's graph needs. */
export type ContextOf<M> = NeedsIn<M> extends infer N ? (IsAny<N> extends true ? object : [N] extends [AnyNeed] ? ContextOfNeeds<N> : object) : never;
/** What a factory accepts. */
export type BindingsOf<F> = F extends ModelFactory<infer S, any, any> ? Bindings<S> : never;
