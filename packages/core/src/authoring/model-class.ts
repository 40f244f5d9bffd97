import type * as core from 'zod/v4/core';
import { FlowError, show } from '../errors.ts';
import { bind } from '../model/bind.ts';
import type { Body, CodeSource, Definition } from '../model/definition.ts';
import { Model } from '../model/model.ts';
import type { ModelClass, Shape } from '../types.ts';
import { CLASS, define, register } from './define.ts';
import type { RawOptions } from './define.ts';
import type { ModelOptions } from './flow-model.ts';

export interface ModelClassOptions<S extends Shape, C extends core.$ZodType, O extends core.$ZodType> extends ModelOptions {
  /** Literals and `ModelInput` models; `this.inputs` holds them. */
  readonly inputs?: S;
  /** The context: an object schema. Unknown fields are dropped; `context.default(…)` makes `compute()` without arguments legal. */
  readonly context?: C;
  /** Schema of the result; without it the value's type is unknown to the compiler. */
  readonly output?: O;
}

/**
 * The base of class-based models: for custom methods, internal structure, or when the whole context is the natural interface.
 * The subclass implements `call(context, run)`, and `deps(context)` where the scheduler can know ahead what it will compute.
 *
 * Throws DEFINITION; the first construction throws DUPLICATE_NAME, every one BIND.
 *
 * @example
 * ```ts
 * class Scale extends modelClass({ inputs: { factor: z.number() }, context: z.object({ value: z.number() }), output: z.number() }) {
 *   call({ value }: { value: number }): number {
 *     return value * this.inputs.factor;
 *   }
 * }
 * console.log(new Scale({ factor: 3 }).flow.computeSync({ value: 14 }).value); // 42
 * ```
 */
export function modelClass<const S extends Shape = {}, C extends core.$ZodType = core.$ZodType<{}, {}>, O extends core.$ZodType = core.$ZodType>(
  options: ModelClassOptions<S, C, O>,
): ModelClass<S, C, O> {
  define(CLASS, options, () => undefined); // what is wrong with the options is wrong here, not at the first construction
  abstract class Base extends Model {
    constructor(bindings?: unknown) {
      const definition = definitionOf(new.target);
      super(definition, bind(definition, bindings));
    }

    deps(): readonly unknown[] {
      return [];
    }

    protected override remake(bindings: object): Model {
      return new (this.constructor as new (bindings: object) => Model)(bindings);
    }
  }
  bases.set(Base, options);
  return Base as unknown as ModelClass<S, C, O>; // the instance side is proven by the type tests
}

/**
 * Makes a class-based model known before its first construction, so that documents can name it. Throws DUPLICATE_NAME, DEFINITION.
 *
 * @example
 * ```ts
 * class Answer extends modelClass({ name: 'Answer', output: z.number() }) {
 *   call(): number {
 *     return 42;
 *   }
 * }
 * registerModel(Answer);
 * ```
 */
export function registerModel(Class: abstract new (...args: never[]) => object): void {
  definitionOf(Class);
}

interface ModelConstructor {
  readonly name: string;
  readonly prototype: { readonly call?: Body; readonly deps?: Definition['deps'] };
}

/** The options of each class that `modelClass` made. */
const bases = new WeakMap<object, RawOptions>();
const definitions = new WeakMap<object, Definition>();
const classes = new WeakMap<Definition, ModelConstructor>();

/** The class that a definition came from. */
export const classOf = (definition: Definition): (new (bindings?: object) => Model) | undefined => classes.get(definition) as (new (bindings?: object) => Model) | undefined;

const notAModelClass = (value: unknown): FlowError =>
  new FlowError('DEFINITION', `registerModel expects a class that extends modelClass(…), got ${typeof value === 'function' && value.name !== '' ? value.name : show(value)}.`);

/** The definition of a subclass; made, and put under its name, the first time. */
function definitionOf(Class: ModelConstructor): Definition {
  const known = definitions.get(Class);
  if (known !== undefined) return known;
  if (typeof (Class as unknown) !== 'function') throw notAModelClass(Class);
  let Base: ModelConstructor | null = Class;
  const code: CodeSource[] = [];
  while (Base !== null && !bases.has(Base)) {
    code.push(Base as unknown as CodeSource); // a class, seen as what it may be called with
    Base = Object.getPrototypeOf(Base) as ModelConstructor | null;
  }
  if (Base === null) throw notAModelClass(Class);
  const options = bases.get(Base)!;
  const { call, deps } = Class.prototype;
  if (typeof call !== 'function') throw new FlowError('DEFINITION', `modelClass '${typeof options.name === 'string' ? options.name : Class.name}': the class has no method call(context, run). Implement it.`);
  const definition = define(CLASS, options, call, deps === Base.prototype.deps ? undefined : deps, code);
  register(definition, options);
  definitions.set(Class, definition);
  classes.set(definition, Class);
  return definition;
}
