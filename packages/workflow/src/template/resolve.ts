/** What references and texts come to in a run. */

/** Nothing stands at the end of a path. Unlike `undefined` and `null`, never a value. */
export const MISSING: unique symbol = Symbol('missing');

/** The value at the end of a path: own properties of objects, elements of arrays; nothing is inherited and no text is parsed. */
export function lookUp(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) !== (typeof part === 'number') || !Object.hasOwn(found, part)) return MISSING;
    found = (found as Readonly<Record<string | number, unknown>>)[part];
  }
  return found === undefined && path.length > 0 ? MISSING : found;
}

/** A value inside a text: nothing for null, JSON for objects and arrays, the ISO form of a date. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value, plain) : `${value as number | bigint | boolean}`;
}

/** What JSON has no form for. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

/** The form of a value with places for the values of models: plain data, so that it is a literal of the graph. */
export type Form =
  | { readonly value: unknown }
  | { readonly place: number }
  | { readonly text: readonly (string | number)[] }
  | { readonly list: readonly Form[] }
  | { readonly record: Readonly<Record<string, Form>> };

/** Puts values in their places. One pass: what is put in is not looked at. */
export function fill(form: Form, values: readonly unknown[]): unknown {
  if ('place' in form) return values[form.place];
  if ('text' in form) return form.text.map((part) => (typeof part === 'string' ? part : textOf(values[part]))).join('');
  if ('list' in form) return form.list.map((item) => fill(item, values));
  if ('record' in form) return Object.fromEntries(Object.entries(form.record).map(([key, field]) => [key, fill(field, values)]));
  return form.value;
}
