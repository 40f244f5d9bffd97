/**
 * What the compiler knows of decorated classes. A decorator cannot change a method's type, so all is read off the method's parameter:
 * the compiler remembers by which alias a type was written, and of what, and so finds the shape in `Inputs<typeof inputs>` again.
 */
import type * as core from 'zod/v4/core';
import type { DefinitionOptions, ModelOptions } from '../authoring/flow-model.ts';
import type { FlowResult, GenericResult } from '../model/result.ts';
import type { FlowRun } from '../run/flow-run.ts';
import type { BodyResult, BodyReturn, BodyValue, CallableModel, FieldFactory, FieldReturn, Inputs, ModelFactory, PatchFactory, PatchInputs, PatchReturn, Shape, TransformInputs, TransformShape, Unchecked } from '../types.ts';

type Schema = core.$ZodType;
type Fields = Readonly<Record<string, Schema>>;
type Method = (...args: never[]) => unknown;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/* ---------- options ---------- */

/** Options of `@flowModel({ inputs })`. */
export interface DecoratedModelOptions<S extends Shape, O extends Schema | undefined> extends ModelOptions {
  /** The inputs by name; the method receives `Inputs<typeof inputs>`. */
  readonly inputs: S;
  /** Schema of the result; it checks, and does not change the type. */
  readonly output?: O;
  readonly contextType?: Schema;
  readonly strictContext?: boolean;
}
/** Options of `@flowModel()` on a method with positional parameters. */
export interface PositionalModelOptions<O extends Schema | undefined> extends ModelOptions {
  readonly inputs?: undefined;
  /** The names of the parameters, for builds that shorten them. Read from the source text by default. */
  readonly params?: readonly string[];
  readonly output?: O;
  readonly contextType?: Schema;
  readonly strictContext?: boolean;
}
/** Options of `@contextTransform({ patches })` on a method with positional parameters. */
export interface PositionalTransformOptions extends DefinitionOptions {
  readonly inputs?: undefined;
  /** The names of the parameters, for builds that shorten them. Read from the source text by default. */
  readonly params?: readonly string[];
  readonly output?: Schema;
  readonly patches?: Fields;
}

/* ---------- the decorators; the legacy signature stands last, since the compiler tells of the last one what does not fit ---------- */

/** Stands where a decorated method is not what the options say; the text says what it should be. */
export interface Mistake<Text> { readonly mistake: Text }

/** The static side of a class, which the legacy dialect hands to decorators. */
interface StaticSide { readonly prototype: object }
/** What the standard dialect tells decorators of a static method. */
interface StaticMethod {
  readonly kind: 'method';
  readonly static: true;
  readonly private: false;
  readonly name: string | symbol;
  addInitializer(initializer: (this: never) => void): void;
}

/** Decorates static methods that receive `Inputs<typeof inputs>`. */
export interface ModelDecorator<S extends Shape, O> {
  <M extends Method>(method: M & CheckedModel<M, S, O>, context: StaticMethod): void;
  <M extends Method>(Class: StaticSide, name: string | symbol, descriptor: TypedPropertyDescriptor<M> & CheckedModel<M, S, O>): void;
}
/** Decorates static methods that receive `TransformInputs<typeof inputs>`. */
export interface FieldDecorator<S extends TransformShape, O> {
  <M extends Method>(method: M & CheckedField<M, S, O>, context: StaticMethod): void;
  <M extends Method>(Class: StaticSide, name: string | symbol, descriptor: TypedPropertyDescriptor<M> & CheckedField<M, S, O>): void;
}
/** Decorates static methods that receive `PatchInputs<typeof inputs, typeof patches>`. */
export interface PatchDecorator<S extends TransformShape, P extends Fields> {
  <M extends Method>(method: M & CheckedPatch<M, S, P>, context: StaticMethod): void;
  <M extends Method>(Class: StaticSide, name: string | symbol, descriptor: TypedPropertyDescriptor<M> & CheckedPatch<M, S, P>): void;
}
/** Decorates static methods with positional parameters: in the legacy dialect, and in any where there are none. */
export interface PositionalDecorator<O> {
  <M extends Method>(method: M & (readonly [FlowRun] extends Readonly<Parameters<M>> ? CheckedPositional<M, O> : Mistake<'positional parameters are for the legacy dialect: take one object of inputs, and state them in the options'>), context: StaticMethod): void;
  <M extends Method>(Class: StaticSide, name: string | symbol, descriptor: TypedPropertyDescriptor<M> & CheckedPositional<M, O>): void;
}

type CheckedModel<M extends Method, S extends Shape, O> = Same<ModelShape<M>, S> extends true ? CheckedReturn<M, O, BodyReturn<O>> : Mistake<"write the parameter's type as Inputs<typeof inputs>, of the inputs in the options">;
type CheckedField<M extends Method, S extends TransformShape, O> = Same<FieldShape<M>, S> extends true ? CheckedReturn<M, O, FieldReturn<O>> : Mistake<"write the parameter's type as TransformInputs<typeof inputs>, of the inputs in the options">;
type CheckedPatch<M extends Method, S extends TransformShape, P extends Fields> =
  Same<PatchOf<M>, Patch<S, P>> extends true ? CheckedReturn<M, undefined, PatchReturn<P>> : Mistake<"write the parameter's type as PatchInputs<typeof inputs, typeof patches>, of the inputs and patches in the options">;
type CheckedPositional<M extends Method, O> = KindOf<M> extends 'none' | 'positional' ? CheckedReturn<M, O, BodyReturn<O>> : Mistake<'the method takes one object of inputs: state them in the options'>;

/** Consumers see what the method's type says, so what `output` makes of a result must be of that type. */
type CheckedReturn<M extends Method, O, Allowed> =
  [ReturnType<M>] extends [Allowed]
    ? O extends Schema ? ([core.output<O>] extends [Returned<M>] ? unknown : Mistake<'output changes the type of the result, which a decorator cannot show to the compiler: use the form flowModel(options, body)'>) : unknown
    : Mistake<'the schemas in the options do not accept what the method returns'>;
/** A result that is all of the body's own is as it is. */
type Returned<M extends Method> = Awaited<ReturnType<M>> extends infer T ? (T extends GenericResult<infer V> ? V : [T] extends [FlowResult] ? unknown : T) : never;

/* ---------- reading methods ---------- */

interface Patch<S, P> { readonly shape: S; readonly patches: P }

type First<M extends Method> = Parameters<M>[0];
/** Where a parameter was written without the alias, inference yields the alias's most general argument. */
type Found<S> = string extends keyof S ? never : S;
type ModelShape<M extends Method> = Parameters<M> extends readonly [] ? {} : First<M> extends Inputs<infer S> ? Found<S> : never;
type FieldShape<M extends Method> = Parameters<M> extends readonly [] ? {} : First<M> extends TransformInputs<infer S> ? Found<S> : never;
type PatchOf<M extends Method> = Parameters<M> extends readonly [] ? never : First<M> extends PatchInputs<infer S, infer P> ? ([Found<S>] extends [never] ? never : Patch<S, P>) : never;
type KindOf<M extends Method> =
  Parameters<M> extends readonly [] ? 'none'
  : [ModelShape<M>] extends [never]
    ? [FieldShape<M>] extends [never]
      ? [PatchOf<M>] extends [never] ? 'positional' : 'patch'
      : 'field'
    : 'model';

/* ---------- what classes hand out ---------- */

/** Static methods of these kinds. Which of them are decorated, the compiler does not see. */
type MethodsOf<C, Kind> = { [K in keyof C]-?: C[K] extends Method ? (KindOf<C[K]> extends Kind ? K : never) : never }[keyof C];

/** The factories of the models that the static methods of a class define; see `modelsOf`. */
export type ModelsOf<C> = { readonly [K in Exclude<MethodsOf<C, 'model' | 'none' | 'positional'>, 'prototype'>]: C[K] extends Method ? FactoryOf<C[K]> : never };
type FactoryOf<M extends Method> = [ModelShape<M>] extends [never]
  ? PositionalFactory<BodyValue<ReturnType<M>, undefined>, BodyResult<ReturnType<M>, undefined, false>>
  : ModelFactory<ModelShape<M>, BodyValue<ReturnType<M>, undefined>, BodyResult<ReturnType<M>, undefined, false>>;

/** Makes models of a method with positional parameters. Their names are no part of its type, so bindings and contexts are checked at run time only. Throws BIND. */
export type PositionalFactory<V, R> = (bindings?: Readonly<Record<string, unknown>>) => CallableModel<V, Unchecked, Unchecked, R>;

/** The factories of the transforms that the static methods of a class define; see `transformsOf`. */
export type TransformsOf<C> = { readonly [K in Exclude<MethodsOf<C, 'field' | 'patch' | 'none' | 'positional'>, 'prototype'>]: C[K] extends Method ? TransformOf<C[K]> : never };
type TransformOf<M extends Method> =
  KindOf<M> extends 'field' ? FieldFactory<FieldShape<M>, ReturnType<M>>
  : KindOf<M> extends 'patch' ? (PatchOf<M> extends Patch<infer S extends TransformShape, infer P extends Fields> ? PatchFactory<S, { readonly [K in keyof P]: core.output<P[K]> }> : never)
  : PositionalTransform;

/** Makes transforms of a method with positional parameters: whether it patches or yields one value is no part of its type. Throws BIND. */
export type PositionalTransform = (bindings?: Readonly<Record<string, unknown>>) => Unchecked; // a patch transform or a field transform
