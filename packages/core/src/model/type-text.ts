/** The type that a schema accepts, in TypeScript's words. */
import type * as core from 'zod/v4/core';

type Def = { readonly type: string } & Readonly<Record<string, unknown>>;
type Schema = core.$ZodType;

const NAMES: Readonly<Record<string, string>> = { date: 'Date', int: 'number', file: 'File', success: 'boolean', nan: 'NaN', custom: 'unknown', transform: 'unknown' };

/** `number`, `Date`, `string[]`, `{ a: number; b?: string }`. Recursive schemas end in `…`. */
export function typeText(schema: Schema, depth = 0): string {
  if (depth > 6) return '…';
  const def = schema._zod.def as unknown as Def; // an open union; fields are probed by type
  const of = (part: unknown): string => typeText(part as Schema, depth + 1);
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return of(def['innerType']);
    case 'nullable':
      return `${of(def['innerType'])} | null`;
    case 'array':
      return `${grouped(of(def['element']))}[]`;
    case 'object':
      return objectText(def['shape'] as Record<string, Schema>, depth);
    case 'record':
      return `Record<${of(def['keyType'])}, ${of(def['valueType'])}>`;
    case 'map':
      return `Map<${of(def['keyType'])}, ${of(def['valueType'])}>`;
    case 'set':
      return `Set<${of(def['valueType'])}>`;
    case 'promise':
      return `Promise<${of(def['innerType'])}>`;
    case 'tuple':
      return `[${(def['items'] as Schema[]).map(of).join(', ')}${def['rest'] ? `, ...${grouped(of(def['rest']))}[]` : ''}]`;
    case 'union':
      return [...new Set((def['options'] as Schema[]).map(of))].join(' | ');
    case 'intersection':
      return `${of(def['left'])} & ${of(def['right'])}`;
    case 'enum':
      return Object.values(def['entries'] as object).map((value) => JSON.stringify(value)).join(' | ');
    case 'literal':
      return (def['values'] as unknown[]).map((value) => (typeof value === 'bigint' ? `${value}n` : typeof value === 'string' ? JSON.stringify(value) : String(value))).join(' | ');
    case 'pipe':
      return (def['in'] as Schema)._zod.def.type === 'transform' ? of(def['out']) : of(def['in']);
    case 'lazy':
      return depth > 3 ? '…' : of((def['getter'] as () => Schema)());
    case 'custom':
      return className(schema) ?? 'unknown';
    case 'function':
      return '(...args) => unknown';
    case 'template_literal':
      return 'string';
    default:
      return NAMES[def.type] ?? def.type;
  }
}

const grouped = (text: string): string => (/[|&]| => /.test(text) ? `(${text})` : text);

function objectText(shape: Record<string, Schema>, depth: number): string {
  const fields = Object.entries(shape).map(([key, field]) => {
    const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    return `${name}${field._zod.optin === undefined ? '' : '?'}: ${typeText(field, depth + 1)}`;
  });
  return fields.length === 0 ? '{}' : `{ ${fields.join('; ')} }`;
}

/** `z.instanceof(Class)` keeps the class in its bag. */
function className(schema: Schema): string | undefined {
  const Class = (schema._zod.bag as { Class?: { name?: string } }).Class;
  return Class?.name;
}
