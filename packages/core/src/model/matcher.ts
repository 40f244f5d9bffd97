/**
 * Types without a walk through zod. For schemas that say no more than a type (no refinements, no transforms, no defaults) there is a plain
 * predicate; a value that it accepts is what zod would yield too, up to a copy. Whatever it does not accept goes to zod, which has the say.
 */
import type * as core from 'zod/v4/core';
import { isPlainObject } from './frozen.ts';

export type Matcher = (value: unknown) => boolean;

type Def = { readonly type: string } & Readonly<Record<string, unknown>>;

const PLAIN: Readonly<Record<string, Matcher>> = {
  any: () => true,
  unknown: () => true,
  number: (value) => typeof value === 'number' && value - value === 0,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  bigint: (value) => typeof value === 'bigint',
  null: (value) => value === null,
  undefined: (value) => value === undefined,
  date: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
};

/** The predicate of a schema, if it has one. */
export function matcherOf(schema: core.$ZodType, depth = 0): Matcher | undefined {
  const def = schema._zod.def as unknown as Def; // an open union; fields are probed by type
  if (depth > 8 || def['coerce'] === true || def['format'] !== undefined || ((def['checks'] as unknown[] | undefined)?.length ?? 0) > 0) return undefined;
  const of = (part: unknown): Matcher | undefined => matcherOf(part as core.$ZodType, depth + 1);
  switch (def.type) {
    case 'optional':
      return orElse(of(def['innerType']), (value) => value === undefined);
    case 'nullable':
      return orElse(of(def['innerType']), (value) => value === null);
    case 'literal':
      return oneOf(def['values'] as unknown[]);
    case 'enum':
      return oneOf(Object.values(def['entries'] as object));
    case 'array':
      return arrayOf(of(def['element']));
    case 'tuple':
      return def['rest'] === null || def['rest'] === undefined ? tupleOf((def['items'] as unknown[]).map(of)) : undefined;
    case 'object':
      return def['catchall'] === undefined ? objectOf(def['shape'] as Record<string, core.$ZodType>, of) : undefined;
    default:
      return PLAIN[def.type];
  }
}

const orElse = (inner: Matcher | undefined, other: Matcher): Matcher | undefined => (inner === undefined ? undefined : (value) => other(value) || inner(value));

function oneOf(values: readonly unknown[]): Matcher {
  const known = new Set(values);
  return (value) => known.has(value);
}

function arrayOf(element: Matcher | undefined): Matcher | undefined {
  if (element === undefined) return undefined;
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (let i = 0; i < value.length; i++) if (!element(value[i])) return false; // holes too
    return true;
  };
}

function tupleOf(items: readonly (Matcher | undefined)[]): Matcher | undefined {
  if (!items.every((item) => item !== undefined)) return undefined;
  return (value) => Array.isArray(value) && value.length === items.length && items.every((item, i) => item(value[i]));
}

/** Objects with these fields and no others: zod would drop an unknown one. */
function objectOf(shape: Readonly<Record<string, core.$ZodType>>, of: (part: unknown) => Matcher | undefined): Matcher | undefined {
  const fields = Object.entries(shape).map(([name, field]) => ({ name, matches: of(field), isOptional: field._zod.optin !== undefined }));
  if (!fields.every((field): field is typeof field & { matches: Matcher } => field.matches !== undefined && field.name !== '__proto__')) return undefined;
  return (value) => {
    if (!isPlainObject(value)) return false;
    let found = 0;
    for (const { name, matches, isOptional } of fields) {
      if (Object.hasOwn(value, name)) found++;
      else if (!isOptional) return false;
      if (!matches(value[name])) return false;
    }
    return Object.keys(value).length === found;
  };
}
