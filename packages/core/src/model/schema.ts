/** zod schemas, read once: what an engine wants to know of them, and a check that skips the walk for plain values. */
import { globalRegistry, safeParse } from 'zod/v4/core';
import type * as core from 'zod/v4/core';
import { FlowError } from '../errors.ts';
import { matcherOf } from './matcher.ts';
import type { Matcher } from './matcher.ts';
import { typeText } from './type-text.ts';

/** Checks that need no walk of the schema. */
export const Quick = { none: 0, anything: 1, number: 2, string: 3, boolean: 4, integer: 5 } as const;
export type Quick = (typeof Quick)[keyof typeof Quick];

/** A schema, read. */
export interface Validator {
  readonly schema: core.$ZodType;
  /** A value that passes this check is valid as it is. */
  readonly quick: Quick;
  /** For schemas that say no more than a type: a value that matches is valid as it is. */
  readonly matches: Matcher | undefined;
  /** May be left out: `.optional()`, `.default()` and `.prefault()`, also inside other wrappers. */
  readonly optional: boolean;
  /** `.meta({ secret: true })`: values never print. */
  readonly secret: boolean;
  /** `number`, `Date`, `{ a: string }`; for messages and inspections. */
  readonly type: string;
}

export type Issue = core.$ZodIssue;
export type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly issues: readonly Issue[]; readonly error: unknown };

type Def = { readonly type: string } & Readonly<Record<string, unknown>>;
export const defOf = (schema: core.$ZodType): Def => schema._zod.def as unknown as Def; // the definitions form an open union; fields are probed

export const isSchema = (value: unknown): value is core.$ZodType =>
  typeof value === 'object' && value !== null && '_zod' in value && typeof (value as { _zod: { def?: unknown } })._zod?.def === 'object';

const known = new WeakMap<core.$ZodType, Validator>();

/** Reads a schema; once per schema object. */
export function validatorOf(schema: core.$ZodType): Validator {
  let validator = known.get(schema);
  if (validator === undefined) {
    let text: string | undefined;
    validator = {
      schema,
      quick: quickOf(schema),
      matches: matcherOf(schema),
      optional: isOptional(schema),
      secret: isSecret(schema),
      get type() {
        return (text ??= typeText(schema));
      },
    };
    known.set(schema, validator);
  }
  return validator;
}

function quickOf(schema: core.$ZodType): Quick {
  const def = defOf(schema);
  if (def['coerce'] === true) return Quick.none;
  const checks = (def['checks'] as readonly core.$ZodCheck[] | undefined) ?? [];
  if (def.type === 'number') {
    if (checks.length === 0) return def['format'] === undefined ? Quick.number : def['format'] === 'safeint' ? Quick.integer : Quick.none;
    const only = checks.length === 1 && def['format'] === undefined ? (checks[0]!._zod.def as { check: string; format?: string }) : undefined;
    return only?.check === 'number_format' && only.format === 'safeint' ? Quick.integer : Quick.none;
  }
  if (checks.length > 0 || def['format'] !== undefined) return Quick.none;
  if (def.type === 'string') return Quick.string;
  if (def.type === 'boolean') return Quick.boolean;
  return def.type === 'any' || def.type === 'unknown' ? Quick.anything : Quick.none;
}

/** Whether a value passes a quick check. Kept this small for the engine's inner loop. */
export function passes(quick: Quick, value: unknown): boolean {
  return quick === Quick.number ? typeof value === 'number' && value - value === 0
    : quick === Quick.anything ? true
    : quick === Quick.string ? typeof value === 'string'
    : quick === Quick.boolean ? typeof value === 'boolean'
    : quick === Quick.integer && Number.isSafeInteger(value);
}

/** Parses a value. What a custom check throws passes through as it is. */
export function parse(validator: Validator, value: unknown): Parsed {
  if (passes(validator.quick, value) || validator.matches?.(value) === true) return { ok: true, value };
  const result = safeParse(validator.schema, value);
  if (result.success) return { ok: true, value: result.data };
  return validator.secret ? { ok: false, issues: result.error.issues.map((issue) => withoutSecret(validator, issue)), error: undefined } : { ok: false, issues: result.error.issues, error: result.error };
}

/** What may be told of a secret that is refused: at most the declared field. Messages and paths of checks may repeat the value. */
function withoutSecret({ schema }: Validator, { path }: Issue): Issue {
  const [field] = path;
  const isDeclared = typeof field === 'string' && Object.hasOwn(fieldsOf(schema) ?? {}, field);
  return { code: 'custom', path: isDeclared ? [field] : [], message: 'it is not accepted', input: undefined };
}

/** The error that zod throws when a check or transform of a schema is asynchronous. */
const isAsyncSchemaError = (error: unknown): boolean => error instanceof Error && error.constructor.name === '$ZodAsyncError';

/** `parse`, with asynchronous schemas named for what they are. */
export function parseSync(validator: Validator, value: unknown, where: () => string): Parsed {
  try {
    return parse(validator, value);
  } catch (error) {
    if (!isAsyncSchemaError(error)) throw error;
    throw new FlowError('ASYNC_IN_SYNC', `${where()}: its schema validates asynchronously. Schemas are synchronous here; do the asynchronous part in a model.`, { cause: error });
  }
}

/* ---------- reading ---------- */

/** The schema inside optional, nullable, default, readonly and the like. */
function innerOf(schema: core.$ZodType): core.$ZodType | undefined {
  const def = defOf(schema);
  if (def.type === 'lazy') return undefined;
  return isSchema(def['innerType']) ? def['innerType'] : def.type === 'pipe' && isSchema(def['in']) ? def['in'] : undefined;
}

/** The innermost schema of a chain of wrappers. */
export function unwrapped(schema: core.$ZodType): core.$ZodType {
  for (let inner: core.$ZodType | undefined = schema; ; ) {
    const next = innerOf(inner);
    if (next === undefined) return inner;
    inner = next;
  }
}

/**
 * zod marks a schema that accepts a missing value in `optin`. `z.catch()` and `z.preprocess()` accept anything and so are marked as
 * well, although nothing in them says that a value may be left out: those are required, as zod's own types have it.
 */
function isOptional(schema: core.$ZodType): boolean {
  if (schema._zod.optin === undefined) return false;
  for (let inner: core.$ZodType | undefined = schema; inner !== undefined; inner = innerOf(inner)) {
    const { type } = defOf(inner);
    if (type === 'optional' || type === 'default' || type === 'prefault') return true;
    if (type === 'catch' || type === 'transform') return false;
  }
  return true;
}

/** Whether a schema, or any part of it, is a secret: a value is then never shown, not even in part. */
function isSecret(schema: core.$ZodType): boolean {
  return partsOf(schema).some((part) => isSchema(part) && (globalRegistry.get(part) as { secret?: unknown } | undefined)?.secret === true);
}

/** Whether a schema, wrappers aside, says nothing of the value's type. */
export const isUntyped = (validator: Validator): boolean => ['any', 'unknown'].includes(defOf(unwrapped(validator.schema)).type);

/** The fields of an object schema, also inside wrappers. */
export function fieldsOf(schema: core.$ZodType): Readonly<Record<string, core.$ZodType>> | undefined {
  const def = defOf(unwrapped(schema));
  return def.type === 'object' ? (def['shape'] as Record<string, core.$ZodType>) : undefined;
}

/** What a schema's parts hold that is no schema (a misplaced marker, say), and whether one of its checks is an async function. */
export function inspectParts(schema: core.$ZodType, isForeign: (part: unknown) => boolean): { foreign: boolean; async: boolean } {
  const parts = partsOf(schema);
  return { foreign: parts.some(isForeign), async: parts.some((part) => typeof part === 'function' && part.constructor.name === 'AsyncFunction') };
}

/** A schema and everything that it is made of. */
function partsOf(schema: core.$ZodType): unknown[] {
  const seen = new Set<unknown>([schema]);
  for (const part of seen) {
    if (isSchema(part)) for (const inner of definitionParts(part)) seen.add(inner);
    else if (Array.isArray(part)) for (const inner of part as unknown[]) seen.add(inner);
  }
  return [...seen];
}

function definitionParts(schema: core.$ZodType): unknown[] {
  const def = defOf(schema);
  // A lazy schema's getter may not be ready yet, and a default may be a function that is not ours to call.
  const parts = Object.keys(def).filter((key) => key !== 'getter' && key !== 'defaultValue' && key !== 'catchValue' && key !== 'values' && key !== 'entries');
  return parts.flatMap((key) => {
    const part = def[key];
    if (key === 'shape') return Object.values(part as object);
    if (key === 'checks') return ((part as readonly core.$ZodCheck[] | undefined) ?? []).map((check) => (check._zod.def as { fn?: unknown; tx?: unknown }).fn ?? (check._zod.def as { tx?: unknown }).tx);
    return [part];
  });
}
