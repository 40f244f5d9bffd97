/** What a schema does, as a text: structure, checks, and the source of the functions in them. Not what it says of itself. */
import type * as core from 'zod/v4/core';
import { defOf, isSchema } from '../model/schema.ts';

/** Parts of a definition that only word errors or hold documentation. */
const WORDING = new Set(['error', 'message', 'path', 'params', 'description', 'abort']);

/** Schemas may yield ever new schemas by their getters. */
const DEEPEST = 200;

/**
 * Two schemas with the same text accept and yield the same, as far as their sources tell: what their functions close over is not seen, nor is
 * the callback of `superRefine`, which zod keeps to itself. Texts differ between major versions of zod.
 */
export function schemaText(schema: core.$ZodType): string {
  return textOf(schema, new Map(), 0);
}

/** `seen` numbers what was met, so that recursive schemas end. */
function textOf(part: unknown, seen: Map<object, number>, depth: number): string {
  if (typeof part === 'function') return sourceOf(part as (...args: never[]) => unknown);
  if (typeof part !== 'object' || part === null) return primitiveText(part);
  const known = seen.get(part);
  if (known !== undefined) return `~${known}`;
  if (depth > DEEPEST) return '…';
  seen.set(part, seen.size);
  const of = (inner: unknown): string => textOf(inner, seen, depth + 1);
  if (isSchema(part)) return schemaParts(part, of);
  if (Array.isArray(part) || part instanceof Set) return `[${[...(part as Iterable<unknown>)].map(of).join(',')}]`;
  if (part instanceof Map) return `Map[${[...part].map(of).join(',')}]`;
  if (part instanceof RegExp || part instanceof URL) return quoted(String(part));
  if (part instanceof Date) return `Date(${part.getTime()})`;
  return `${part.constructor?.name ?? ''}{${Object.keys(part).toSorted().map((key) => `${quoted(key)}:${of((part as Record<string, unknown>)[key])}`).join(',')}}`;
}

function schemaParts(schema: core.$ZodType, of: (part: unknown) => string): string {
  const def = defOf(schema) as Readonly<Record<string, unknown>>;
  const parts = Object.keys(def).toSorted().filter((key) => !WORDING.has(key)).map((key) => `${key}:${partText(schema, def, key, of)}`);
  if (def['check'] === 'custom' && def['fn'] === undefined) parts.push(`by:${of((schema._zod as { check?: unknown }).check)}`);
  const { Class } = (schema._zod.bag ?? {}) as { Class?: { name?: unknown } };
  if (Class !== undefined) parts.push(`class:${of(Class.name)}`);
  return `(${parts.join(';')})`;
}

function partText(schema: core.$ZodType, def: Readonly<Record<string, unknown>>, key: string, of: (part: unknown) => string): string {
  switch (key) {
    case 'getter':
      return of((schema as core.$ZodLazy)._zod.innerType);
    case 'defaultValue':
      return defaultText(def, of);
    case 'catchValue':
      return catchText(def[key] as (context?: unknown) => unknown, of);
    default:
      return of(def[key]);
  }
}

/** A default may be made anew each time; then it is no part of the contract. */
function defaultText(def: Readonly<Record<string, unknown>>, of: (part: unknown) => string): string {
  const [first, second] = [of(def['defaultValue']), of(def['defaultValue'])];
  return first === second ? first : 'made';
}

/** zod wraps a plain value in a function without parameters. */
const catchText = (yields: (context?: unknown) => unknown, of: (part: unknown) => string): string => (yields.length === 0 ? of(yields()) : of(yields));

const quoted = (text: string): string => JSON.stringify(text);

function primitiveText(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return `${value}n`;
  return Object.is(value, -0) ? '-0' : String(value);
}

/** As it stands in the source file, or as the build left it. */
const sourceOf = (fn: (...args: never[]) => unknown): string => quoted(Function.prototype.toString.call(fn));
