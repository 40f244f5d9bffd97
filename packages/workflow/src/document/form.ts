/** What the schemas have against the form of a document, in the words of documents: lists, records and texts. */
import type { z } from 'zod';
import type { WorkflowIssue } from '../errors.ts';
import { nearestNames, suggestion } from '../names.ts';
import type { Path } from './data.ts';
import { NAME, NestedNode } from './schema.ts';
import type { Source } from './source.ts';

/** `base`: where the value stands that the schema is for. `issue` has to hold its input. */
export function formIssues(schema: z.ZodType, issue: z.core.$ZodIssue, base: Path, source: Source): WorkflowIssue[] {
  const at = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => source.issue('parse', [...at, key], unknownKey(key, keysAt(schema, issue.path), at), 'key'));
  if (issue.code === 'invalid_key') return [source.issue('parse', at, issue.issues[0]?.message ?? issue.message, 'key')];
  return [source.issue('parse', at, problemOf(issue, at))];
}

function problemOf(issue: z.core.$ZodIssue, at: Path): string {
  const given = issue.input;
  const name = at.length === 0 ? 'the document' : typeof at.at(-1) === 'number' ? 'it' : `'${at.at(-1)}'`;
  if (issue.code === 'invalid_value') return given === undefined ? `${name} is missing; it has to be ${choiceOf(issue.values)}` : notAmong(name, given, issue.values);
  if (issue.code !== 'invalid_type' && issue.code !== 'invalid_union') return `${name}: ${issue.message}`;
  const [, own] = /^expected (?<form>[^]*)$/.exec(issue.message) ?? []; // the schema's own words
  const form = own ?? (issue.code === 'invalid_type' ? (WORDS[issue.expected] ?? issue.expected) : 'something else');
  return given === undefined ? `${name} is missing; it has to be ${form}` : `${name} has to be ${form}; here stands ${described(given)}`;
}

const WORDS: Readonly<Record<string, string>> = { object: 'a record', record: 'a record', array: 'a list', string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false' };

function described(value: unknown): string {
  if (value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : (WORDS[typeof value] ?? `a ${typeof value}`);
}

const choiceOf = (values: readonly unknown[]): string => values.map((value) => `'${String(value)}'`).join(', ').replace(/, (?=[^,]*$)/, ' or ');

/** What is given is repeated only where it looks like a name: the text may be a file that is no document. */
function notAmong(name: string, given: unknown, values: readonly unknown[]): string {
  if (typeof given !== 'string' || given.length > 40 || !NAME.test(given)) return `${name} has to be ${choiceOf(values)}; here stands ${described(given)}`;
  const near = nearestNames(given, values.map(String)).map((each) => `'${each}'`);
  return `${name} cannot be '${given}'.${near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`} It has to be ${choiceOf(values)}`;
}

const NESTED_KEYS = Object.keys(NestedNode.shape.params.shape);

function unknownKey(key: string, known: readonly string[], at: Path): string {
  const isNode = at.length === 2 && at[0] === 'nodes';
  if (isNode && NESTED_KEYS.includes(key)) return `there is no key '${key}' here. It belongs into 'params': params: { ${key}: … }`;
  return `there is no key '${key}' here.${suggestion(key, known, 'The keys are')}`;
}

/** The keys of the object schema that stands at a path. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let found: z.core.$ZodType | undefined = schema;
  for (const part of [...path, undefined]) {
    while (found !== undefined && 'innerType' in found._zod.def) found = found._zod.def.innerType as z.core.$ZodType;
    const def = found?._zod.def as { readonly shape?: Readonly<Record<string, z.core.$ZodType>>; readonly element?: z.core.$ZodType; readonly valueType?: z.core.$ZodType } | undefined;
    if (part === undefined) return Object.keys(def?.shape ?? {});
    found = def?.shape?.[String(part)] ?? def?.element ?? def?.valueType;
  }
  return [];
}
