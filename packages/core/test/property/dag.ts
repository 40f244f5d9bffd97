/**
 * Graphs as data: what a random graph is before it becomes models. The generator writes it, the builder makes models of it, the interpreter
 * reads it. It is plain JSON, so that a counterexample can be read and kept.
 *
 * Every value is a number or a list of numbers. The arithmetic of bodies stands here, since builder and interpreter must agree on it;
 * everything else that the contract says, the interpreter says for itself.
 */

/** Contextual fields by what they hold; all readers of a field agree on that, and differ in how they check it. */
export const NUMBER_FIELDS = ['c0', 'c1', 'c2', 'c3'] as const;
export const LIST_FIELDS = ['l0', 'l1'] as const;

export type Value = number | readonly number[];
export type Given = Value | null;

/**
 * How an input checks its value: `number`; `small`, a number up to 90; `parity`, a number of which the reader sees the last bit;
 * `optional`, a number that may be missing; `list`, numbers.
 */
export type Check = 'number' | 'small' | 'parity' | 'optional' | 'list';

/** `nested` inputs hold a model that the body computes itself, by `run.compute`. */
export interface InputSpec {
  readonly name: string;
  readonly kind: 'regular' | 'context' | 'lazy' | 'container' | 'nested';
  readonly check: Check;
  /** The schema's default. */
  readonly default?: Value;
  readonly weight: number;
  /** When the body asks for a lazy or nested input, by what the other inputs add up to. */
  readonly when?: 'always' | 'never' | 'even' | 'odd';
  /** The fields that a nested evaluation is given. Without, it is given none, and sees what the body's model consumes. */
  readonly fields?: readonly string[];
}

/** A weighted sum of inputs, by some modulus. It throws where the result leaves a certain remainder. */
export interface SumSpec {
  readonly name: string;
  readonly inputs: readonly InputSpec[];
  readonly start: number;
  readonly mod: number;
  readonly throws?: { readonly mod: number; readonly eq: number };
}

export interface DefinitionSpec extends SumSpec {
  readonly volatile: boolean;
  /** Whether results may be kept in a cache. Default true. */
  readonly cacheable?: boolean;
  /** The code's version, which the body does not depend on. */
  readonly version?: string;
  /** Whether the body is asynchronous where bodies are mixed. */
  readonly isAsync: boolean;
  /** How many microtasks an asynchronous body takes before anything else. */
  readonly ticks: number;
  /** Whether an asynchronous body asks for its lazy and nested inputs all at once. */
  readonly atOnce: boolean;
  /** Whether the body goes on when one of these fails. */
  readonly catches: boolean;
}

export interface TransformSpec extends SumSpec {
  readonly kind: 'field' | 'patch';
  /** The fields that a patch writes; for a field transform, one that holds what it yields. */
  readonly keys: readonly string[];
  /** A partial patch leaves fields out when its sum is odd. */
  readonly partial: boolean;
  /** Whether its own schema of the result is `small`. */
  readonly bounded: boolean;
}

/** What an input is bound to; containers hold more of the same. */
export type Binding =
  | { readonly lit: Given }
  | { readonly node: number }
  | { readonly items: readonly Binding[] }
  | { readonly entries: Readonly<Record<string, Binding>> };

/** A transform with its regular inputs bound. */
export interface Use {
  readonly use: string;
  readonly args: Readonly<Record<string, Value>>;
}

export type Override = { readonly lit: Given } | { readonly computed: number } | Use;

export interface ModelSpec {
  readonly id: number;
  readonly make: string;
  readonly bind: Readonly<Record<string, Binding>>;
}

/** A call of `withContext`. */
export interface WrapperSpec {
  readonly id: number;
  readonly wrap: number;
  /** The fields that a closed context keeps. */
  readonly closed?: readonly string[];
  readonly patches: readonly Use[];
  readonly overrides: Readonly<Record<string, Override>>;
}

export type NodeSpec = ModelSpec | WrapperSpec;

export interface DagSpec {
  readonly definitions: readonly DefinitionSpec[];
  readonly transforms: readonly TransformSpec[];
  /** Node `id` stands at index `id`, and refers to earlier ones only. */
  readonly nodes: readonly NodeSpec[];
  readonly root: number;
  readonly context: Readonly<Record<string, Given>>;
  /** Whether the context is given as a `FlowContext`. */
  readonly bag: boolean;
}

export const isWrapper = (node: NodeSpec): node is WrapperSpec => 'wrap' in node;
export const isList = (field: string): boolean => (LIST_FIELDS as readonly string[]).includes(field);

/* ---------- arithmetic of bodies ---------- */

export const modulo = (n: number, m: number): number => ((n % m) + m) % m;

/** One number for a value of whatever shape; order and nesting count. */
export function flat(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === undefined) return 11;
  if (Array.isArray(value)) return value.reduce((sum: number, item: unknown) => modulo(3 * sum + flat(item) + 1, 9973), 0);
  return Object.entries(value as object).reduce((sum, [key, item]) => modulo(5 * sum + key.length + flat(item), 9973), 2);
}

export const isAsked = ({ kind }: InputSpec): boolean => kind === 'lazy' || kind === 'nested';

/** The sum over the inputs that are simply there. */
export const sumOf = ({ inputs, start }: SumSpec, values: Readonly<Record<string, unknown>>): number =>
  inputs.reduce((sum, input) => (isAsked(input) ? sum : sum + input.weight * flat(values[input.name])), start);

/** The inputs that a body asks for, in order. */
export const askedBy = ({ inputs }: SumSpec, sum: number): InputSpec[] =>
  inputs.filter((input) => isAsked(input) && (input.when === 'always' || input.when === (modulo(sum, 2) === 0 ? 'even' : 'odd')));

/** The context that a body gives to a nested evaluation. */
export const nestedFields = (fields: readonly string[], sum: number): Record<string, Value> =>
  Object.fromEntries(fields.map((field, k) => [field, isList(field) ? [modulo(sum, 2)] : modulo(sum + k, 3)]));

/** What a body adds for an input that failed, if it goes on. */
export const CAUGHT = 13;

export const resultOf = ({ mod }: SumSpec, total: number): number => modulo(total, mod);
export const isThrown = ({ throws }: SumSpec, result: number): boolean => throws !== undefined && modulo(result, throws.mod) === throws.eq;

/** What a transform writes to its k-th field. */
export const written = ({ keys, mod }: TransformSpec, result: number, k: number): Value => (isList(keys[k]!) ? [modulo(result, 3), k] : modulo(result + 7 * k, mod));

/** The fields that a patch writes. */
export const patched = (transform: TransformSpec, result: number): Record<string, Value> =>
  Object.fromEntries(transform.keys.flatMap((key, k) => (!transform.partial || modulo(result, 2) === 0 || (k === 0 && transform.keys.length > 1) ? [[key, written(transform, result, k)]] : [])));
