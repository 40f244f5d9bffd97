/**
 * Values of a context as schemas want them: dates, numbers, lists and the rest, from words and from JSON. Nothing is judged here: what does not
 * look like the type stays what it was, and the schema says what is wrong with it.
 */
import { safeParse } from 'zod/v4/core';
import type { $ZodType } from 'zod/v4/core';
import * as z from 'zod';
import { isRecord, mapped, plain, structured, Text } from './text.ts';

type Def = { readonly type: string } & Readonly<Record<string, unknown>>;

const defOf = (schema: $ZodType): Def => schema._zod.def as unknown as Def; // each kind of schema has parts of its own

export function readAs(schema: $ZodType, raw: unknown): unknown {
  const def = defOf(schema);
  const inner = (name: string): $ZodType => def[name] as $ZodType;
  switch (def.type) {
    case 'nullable':
      return raw instanceof Text && raw.text === 'null' ? null : readAs(inner('innerType'), raw);
    case 'optional':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
    case 'nonoptional':
    case 'success':
      return readAs(inner('innerType'), raw);
    case 'lazy':
      return readAs((def['getter'] as () => $ZodType)(), raw);
    case 'pipe':
      return defOf(inner('in')).type === 'transform' ? firstAccepted(schema, [textOf(raw), readAs(inner('out'), raw)]) : readAs(inner('in'), raw);
    case 'union':
      return readUnion(def['options'] as readonly $ZodType[], raw);
    case 'intersection':
      return readBoth(inner('left'), inner('right'), raw);
    case 'array':
      return readItems(raw, () => inner('element'));
    case 'tuple':
      return readItems(raw, (i) => (def['items'] as readonly $ZodType[])[i] ?? (def['rest'] as $ZodType | null) ?? undefined);
    case 'set': {
      const items = readItems(raw, () => inner('valueType'));
      return Array.isArray(items) ? new Set(items) : items;
    }
    case 'map':
      return readMap(inner('keyType'), inner('valueType'), structured(raw));
    case 'object':
      return readFields(raw, (key) => (Object.hasOwn(def['shape'] as object, key) ? (def['shape'] as Readonly<Record<string, $ZodType>>)[key] : (def['catchall'] as $ZodType | undefined)));
    case 'record':
      return readFields(raw, () => inner('valueType'));
    case 'enum':
      return raw instanceof Text ? choiceOf(Object.values(def['entries'] as Readonly<Record<string, string | number>>), raw) : plain(raw);
    case 'literal':
      return raw instanceof Text ? choiceOf(def['values'] as readonly unknown[], raw) : plain(raw);
    default:
      return readScalar(def.type, raw);
  }
}

/* ---------- scalars ---------- */

function readScalar(type: string, raw: unknown): unknown {
  const text = raw instanceof Text ? raw.text : undefined;
  switch (type) {
    case 'string':
    case 'template_literal':
      return text ?? plain(raw);
    case 'number':
    case 'int':
    case 'nan':
      return text === undefined ? plain(raw) : (numberOf(text) ?? text);
    case 'boolean':
      return text === undefined ? plain(raw) : text === 'true' ? true : text === 'false' ? false : text;
    case 'bigint':
      if (Number.isSafeInteger(raw)) return BigInt(raw as number);
      return typeof raw === 'string' || text !== undefined ? (bigintOf(text ?? (raw as string)) ?? text ?? raw) : plain(raw);
    case 'date':
      return typeof raw === 'string' || text !== undefined ? (dateOf(text ?? (raw as string)) ?? text ?? raw) : plain(raw);
    case 'null':
      return text === 'null' ? null : plain(raw);
    default:
      return plain(raw);
  }
}

const numberOf = (text: string): number | undefined => (text.trim() === '' || (Number.isNaN(Number(text)) && text !== 'NaN') ? undefined : Number(text));

const bigintOf = (text: string): bigint | undefined => (/^[+-]?\d+n?$/.test(text) ? BigInt(text.replace(/n$/, '')) : undefined);

const isoDate = z.iso.date(); // knows how many days a month has

/** A day is midnight UTC; a time says its offset, so that it is the same on every machine. */
function dateOf(text: string): Date | undefined {
  const { day, time } = /^(?<day>\d{4}-\d\d-\d\d)(?<time>T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text)?.groups ?? {};
  if (day === undefined || !isoDate.safeParse(day).success) return undefined;
  const date = new Date(`${day}${time ?? ''}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const choiceOf = (choices: readonly unknown[], { text }: Text): unknown => {
  const found = choices.find((choice) => String(choice) === text || (typeof choice === 'bigint' && `${choice}n` === text));
  return found !== undefined || choices.includes(undefined) ? found : choices.includes(null) && text === 'null' ? null : text;
};

const textOf = (raw: unknown): unknown => (raw instanceof Text ? raw.text : plain(raw));

/* ---------- containers ---------- */

/** `[1, 2]`, or `1,2`; nothing is the empty list. */
function readItems(raw: unknown, schemaOf: (i: number) => $ZodType | undefined): unknown {
  const given = structured(raw);
  const items = given instanceof Text ? (given.text.trim() === '' ? [] : given.text.split(',').map((item) => new Text(item.trim()))) : given;
  if (!Array.isArray(items)) return plain(given);
  return items.map((item: unknown, i) => readOr(schemaOf(i), item));
}

function readFields(raw: unknown, schemaOf: (key: string) => $ZodType | undefined): unknown {
  const given = structured(raw);
  return isRecord(given) ? mapped(given, (value, key) => readOr(schemaOf(key), value)) : given instanceof Text ? given.text : plain(given);
}

/** From an object, whose keys are words, or from a list of pairs. */
function readMap(keys: $ZodType, values: $ZodType, given: unknown): unknown {
  if (isRecord(given)) return new Map(Object.entries(given).map(([key, value]) => [readAs(keys, new Text(key)), readAs(values, value)]));
  const isPairs = Array.isArray(given) && given.every((pair) => Array.isArray(pair) && pair.length === 2);
  return isPairs ? new Map((given as [unknown, unknown][]).map(([key, value]) => [readAs(keys, key), readAs(values, value)])) : plain(given);
}

const readOr = (schema: $ZodType | undefined, raw: unknown): unknown => (schema === undefined ? plain(raw) : readAs(schema, raw));

/* ---------- alternatives ---------- */

/** As the first option that accepts it. */
function readUnion(options: readonly $ZodType[], raw: unknown): unknown {
  for (const option of options) {
    const value = readAs(option, raw);
    if (accepts(option, value)) return value;
  }
  return options.length === 0 ? plain(raw) : readAs(options[0]!, raw);
}

/** Two objects in one: each half reads its own fields. */
function readBoth(left: $ZodType, right: $ZodType, raw: unknown): unknown {
  const given = structured(raw);
  const [a, b] = [readAs(left, given), readAs(right, given)];
  if (!isRecord(a) || !isRecord(b)) return a;
  const neither = plain(given) as Readonly<Record<string, unknown>>;
  return mapped(a, (value, key) => (Object.is(value, neither[key]) ? b[key] : value));
}

const firstAccepted = (schema: $ZodType, values: readonly unknown[]): unknown => values.find((value) => accepts(schema, value)) ?? values[0];

/** Whether a schema takes a value; one that would only say so asynchronously is left to the run. */
export function accepts(schema: $ZodType, value: unknown): boolean {
  try {
    return safeParse(schema, value).success;
  } catch {
    return true;
  }
}
