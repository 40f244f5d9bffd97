/** What is known of values before anything runs: kinds of values, read from schemas, and whether one kind fits another. */
import type { z } from 'zod';
import { isRecord } from '../document/data.ts';
import type { InputDeclaration } from '../document/schema.ts';
import { suggestion } from '../names.ts';

/** One kind that a value may be of. */
interface One {
  readonly name: string;
  /** The known fields of an object. */
  readonly fields?: Readonly<Record<string, Field>>;
  /** Whether an object may have other fields too. */
  readonly isOpen?: boolean;
  /** The elements of an array. */
  readonly item?: Kind;
}

interface Field {
  readonly kind: Kind;
  readonly isOptional: boolean;
}

/** The kinds that a value may be of; undefined for anything. */
export type Kind = readonly One[] | undefined;

export const TEXT: Kind = [{ name: 'string' }];
export const listOf = (item: Kind): Kind => [{ name: 'array', ...(item !== undefined && { item }) }];
export const recordOf = (fields: Readonly<Record<string, Kind>>): Kind => [{ name: 'object', isOpen: false, fields: Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, { kind, isOptional: false }])) }];

/** The kind of a declared input. */
export const kindOfInput = ({ type }: InputDeclaration): Kind => (type === 'any' ? undefined : type === 'object' ? [{ name: 'object', isOpen: true }] : [{ name: type }]);

/** The kind of literal data. */
export function kindOfValue(value: unknown): Kind {
  if (value === null) return [{ name: 'null' }];
  if (Array.isArray(value)) return [{ name: 'array' }];
  if (isRecord(value)) return recordOf(Object.fromEntries(Object.entries(value).map(([key, field]) => [key, kindOfValue(field)])));
  return typeof value === 'object' ? undefined : [{ name: typeof value }];
}

const DEEPEST = 8;
const PLAIN: Readonly<Record<string, string>> = { string: 'string', number: 'number', int: 'number', boolean: 'boolean', bigint: 'bigint', date: 'Date', null: 'null', undefined: 'undefined', void: 'undefined', map: 'Map', set: 'Set' };

type Def = { readonly type: string; readonly coerce?: boolean } & Readonly<Record<string, unknown>>;

/** What a schema accepts (`input`) or yields (`output`). Whatever is not plain to see is anything. */
export function kindOf(schema: z.core.$ZodType | undefined, side: 'input' | 'output', depth = 0): Kind {
  if (schema === undefined || depth > DEEPEST) return undefined;
  const def = schema._zod.def as unknown as Def; // an open union; fields are probed by type
  if (def.coerce === true && side === 'input') return undefined;
  const of = (part: unknown): Kind => kindOf(part as z.core.$ZodType, side, depth + 1);
  const plain = PLAIN[def.type];
  if (plain !== undefined) return [{ name: plain }];
  switch (def.type) {
    case 'optional':
      return withKind(of(def['innerType']), 'undefined');
    case 'default':
    case 'prefault':
      return side === 'input' ? withKind(of(def['innerType']), 'undefined') : of(def['innerType']);
    case 'nullable':
      return withKind(of(def['innerType']), 'null');
    case 'nonoptional':
    case 'readonly':
      return of(def['innerType']);
    case 'literal':
      return united((def['values'] as unknown[]).map(kindOfValue));
    case 'enum':
      return united(Object.values(def['entries'] as object).map(kindOfValue));
    case 'union':
      return united((def['options'] as unknown[]).map(of));
    case 'array':
      return listOf(of(def['element']));
    case 'tuple':
      return [{ name: 'array' }];
    case 'record':
      return [{ name: 'object', isOpen: true }];
    case 'object':
      return [{ name: 'object', isOpen: def['catchall'] !== undefined && (def['catchall'] as z.core.$ZodType)._zod.def.type !== 'never', fields: fieldsOf(def['shape'] as Record<string, z.core.$ZodType>, side, of) }];
    case 'pipe':
      return side === 'input' ? of(def['in']) : of(def['out']);
    default:
      return undefined;
  }
}

const fieldsOf = (shape: Readonly<Record<string, z.core.$ZodType>>, side: 'input' | 'output', of: (schema: unknown) => Kind): Readonly<Record<string, Field>> =>
  Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, { kind: of(field), isOptional: (side === 'input' ? field._zod.optin : field._zod.optout) !== undefined }]));

const united = (kinds: readonly Kind[]): Kind => {
  const all: One[] = [];
  for (const kind of kinds) {
    if (kind === undefined) return undefined;
    for (const one of kind) if (one.fields !== undefined || one.item !== undefined || !all.some(({ name, fields, item }) => name === one.name && fields === undefined && item === undefined)) all.push(one);
  }
  return all;
};

const withKind = (kind: Kind, name: string): Kind => united([kind, [{ name }]]);

/** `string | null` */
export const kindText = (kind: Kind): string => (kind === undefined ? 'any' : [...new Set(kind.map(({ name }) => name))].join(' | '));

/** Whether every value of the source suits the target, as far as that is known. */
export function fits(source: Kind, target: Kind): boolean {
  if (source === undefined || target === undefined) return true;
  return source.every((one) => target.some((other) => fitsOne(one, other)));
}

function fitsOne(source: One, target: One): boolean {
  if (source.name !== target.name) return false;
  if (source.name === 'array') return fits(source.item, target.item);
  if (source.fields === undefined || target.fields === undefined) return true;
  return Object.entries(target.fields).every(([name, wanted]) => {
    const field = Object.hasOwn(source.fields!, name) ? source.fields![name] : undefined;
    if (field === undefined) return wanted.isOptional || source.isOpen === true;
    return (!field.isOptional || wanted.isOptional) && fits(field.kind, wanted.kind);
  });
}

/** The first field that keeps an object from fitting, for messages. */
export function misfit(source: Kind, target: Kind): string {
  const [from] = source ?? [];
  const [to] = target ?? [];
  if (source?.length !== 1 || target?.length !== 1 || from?.fields === undefined || to?.fields === undefined) return '';
  for (const [name, wanted] of Object.entries(to.fields)) {
    const field = Object.hasOwn(from.fields, name) ? from.fields[name] : undefined;
    if (field === undefined && !wanted.isOptional && from.isOpen !== true) return `: '${name}' is missing`;
    if (field !== undefined && !fits(field.kind, wanted.kind)) return `: '${name}' is ${kindText(field.kind)}, not ${kindText(wanted.kind)}`;
    if (field !== undefined && field.isOptional && !wanted.isOptional) return `: '${name}' may be missing`;
  }
  return '';
}

/** The kind at the end of a path, or what is wrong with the path. */
export function kindAt(kind: Kind, path: readonly (string | number)[], optional = false): { readonly kind: Kind } | { readonly problem: string } {
  let found = kind;
  for (const part of path) {
    if (found === undefined) return { kind: undefined };
    const next = typeof part === 'number' ? itemsOf(found) : fieldKinds(found, part);
    if (next.length === 0) return { problem: typeof part === 'number' ? `element [${part}] is asked of ${kindText(found)}` : noField(found, part) };
    found = united(next);
    if (optional && found !== undefined) found = found.filter(({ name }) => name !== 'undefined');
  }
  return { kind: found };
}

const itemsOf = (kind: NonNullable<Kind>): Kind[] => kind.filter(({ name }) => name === 'array').map(({ item }) => item);

const fieldKinds = (kind: NonNullable<Kind>, name: string): Kind[] =>
  kind.flatMap((one): Kind[] => {
    if (one.name !== 'object') return [];
    if (one.fields !== undefined && Object.hasOwn(one.fields, name)) return [one.fields[name]!.kind];
    return one.isOpen === false ? [] : [undefined];
  });

function noField(kind: NonNullable<Kind>, name: string): string {
  const known = kind.flatMap(({ fields }) => Object.keys(fields ?? {}));
  const isObject = kind.some(({ name }) => name === 'object');
  return isObject ? `there is no '${name}' in it.${suggestion(name, known, 'It has')}` : `'${name}' is asked of ${kindText(kind)}`;
}
