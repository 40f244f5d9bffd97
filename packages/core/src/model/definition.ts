/** A definition is plain data: what was declared, read once. Stores and engines give it meaning. */
import { config, util } from 'zod/v4/core';
import { SECRET_TEXT, show } from '../errors.ts';
import type { Role } from '../types.ts';
import type { Engine } from './engine.ts';
import type { Quick, Validator } from './schema.ts';

/** One declared input. */
export interface InputSpec {
  readonly name: string;
  readonly index: number;
  /** `regular` without a marker. */
  readonly role: Role | 'regular';
  /** What values must be; resources have none. */
  readonly schema: Validator | undefined;
  /** False for `.optional()` and `.default()` schemas, and for resources. */
  readonly required: boolean;
}

/** How a contextual value is checked in addition to the markers' own schemas, or, for class-based models, instead of them. */
export interface ContextSpec {
  readonly schema: Validator;
  readonly fields: Readonly<Record<string, Validator>>;
  /** Fields of the object that the schema requires. */
  readonly requiredFields: readonly string[];
  /** Whether the object as a whole is parsed: always for class models, else when all its required fields are consumed. */
  readonly whole: boolean;
}

/** A function or class whose source text is code of a definition. */
export type CodeSource = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

export type Body = (inputs: Readonly<Record<string, unknown>>, run: unknown) => unknown;

/** What a function, class or transform was declared to be. */
export interface Definition {
  readonly name: string | undefined;
  readonly kind: 'function' | 'class' | 'field' | 'patch';
  readonly description: string | undefined;
  readonly inputs: readonly InputSpec[];
  readonly inputIndex: ReadonlyMap<string, number>;
  /** A function whose inputs are all regular and that has no evaluator, which most are. */
  readonly isRegular: boolean;
  /** `inputs[i].schema.quick`, flat for the inner loop; 0 where an input needs more than that. */
  readonly quick: readonly Quick[];
  /** The fields read from the context: the contextual inputs, or the fields of a class model's `context`. */
  readonly contextFields: readonly ContextField[];
  readonly context: ContextSpec | undefined;
  readonly body: Body;
  /** What the code version reads: the body, or a class and its superclasses up to modelClass's own. */
  readonly code: readonly CodeSource[];
  /** A class model's `deps`, where it overrides the empty one. */
  readonly deps: ((this: unknown, context: unknown, run: unknown) => unknown) | undefined
  /** Whether the body declares the second parameter. */
  readonly wantsRun: boolean;
  /** Builds the body's first argument from values in declaration order. */
  readonly record: (values: readonly unknown[]) => Record<string, unknown>;
  readonly output: Validator | undefined;
  /** The fields a patch transform may write. */
  readonly patches: Readonly<Record<string, Validator>> | undefined;
  readonly autoUnwrap: boolean;
  readonly validateResult: boolean;
  readonly volatile: boolean;
  readonly freeze: boolean;
  readonly cacheable: boolean;
  readonly localOnly: boolean;
  readonly orchestrates: boolean;
  readonly version: string | undefined;
  readonly codeVersion: 'source' | 'explicit' | undefined;
  readonly codeDeps: readonly ((...args: never[]) => unknown)[];
  /** An evaluator around every evaluation of its models, inside the run's own. */
  readonly evaluator: object | undefined;
  /** Checks bindings as a whole, where something is to be said of them beyond each input's schema. Throws BIND. */
  readonly checkBindings: ((definition: Definition, values: readonly unknown[]) => void) | undefined;
  readonly engine: Engine;
}

/** One field that a definition reads from the context. */
export interface ContextField {
  readonly name: string;
  readonly schema: Validator;
  readonly required: boolean;
  /** The input it fills; undefined for class models, whose body receives the whole object. */
  readonly input: InputSpec | undefined;
  /** Checked in addition, from `contextType`. */
  readonly also: Validator | undefined;
}

/** What a message calls a definition. */
export const labelOf = (definition: Definition): string => definition.name ?? '<unnamed>';

/** Whether code may be made at run time: not under a strict content security policy, nor with zod's `jitless`. */
export const mayGenerateCode = (): boolean => config().jitless !== true && util.allowsEval.value;

/**
 * Compiles a constructor of records with fixed keys: the engine makes one per evaluation, and a literal with known keys is several times
 * faster than keyed stores. Where code generation is not allowed (a strict content security policy), stores it is.
 */
export function recordOf(names: readonly string[]): (values: readonly unknown[]) => Record<string, unknown> {
  if (mayGenerateCode()) {
    const fields = names.map((name, i) => `${JSON.stringify(name)}:v[${i}]`).join(',');
    // oxlint-disable-next-line no-implied-eval -- made of quoted input names only; see above
    return new Function('v', `return {${fields}}`) as (values: readonly unknown[]) => Record<string, unknown>;
  }
  return (values) => {
    const record: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) record[names[i]!] = values[i];
    return record;
  };
}

/** Whether one of a field's schemas calls its values secrets. */
export const isSecretField = (field: ContextField): boolean => field.schema.secret || field.also?.secret === true;

/** A value for a message, unless the schema calls it a secret. */
export const showFor = (schema: Validator | undefined, value: unknown): string => (schema?.secret === true ? SECRET_TEXT : show(value));
