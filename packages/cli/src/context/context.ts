/** The context of a run: what was given, as the graph's own schemas read it. */
import { didYouMean } from '@flowmodel/core/extending';
import { safeParse } from 'zod/v4/core';
import type { CallableModel, ContextFieldSummary } from '@flowmodel/core';
import type { Core } from '../load/core.ts';
import type { Given } from './given.ts';
import { accepts, readAs } from './read.ts';
import { plain, Text } from './text.ts';

/** A field that nobody who reads it accepts. */
export interface Refused {
  readonly field: string;
  /** `startDate: Date, got "soon": Invalid input: expected date, received string` */
  readonly text: string;
}

export interface ReadContext {
  /** Plain, or a FlowContext where a field is also the name of an input of the root. */
  readonly context: object;
  readonly refused: readonly Refused[];
  /** Fields that nobody reads, with a guess at what was meant. */
  readonly warnings: readonly string[];
  /** What to remember when something was refused: how dates and the like are written. */
  readonly hints: readonly string[];
}

export function contextFor(model: CallableModel, given: Given, core: Core): ReadContext {
  const summaries = core.contextFieldsOf(model);
  const names = Object.keys(summaries);
  const own = new Set(Object.entries(model.flow.inspect(undefined, { dependencies: 'none' }).inputs).flatMap(([name, { kind }]) => (kind === 'context' ? [] : [name])));
  const fields: [string, unknown][] = [];
  const refused: Refused[] = [];
  const warnings: string[] = [];
  const hints = new Set<string>();
  for (const [field, raw] of given.raw(new Set(names))) {
    const summary = Object.hasOwn(summaries, field) ? summaries[field] : undefined;
    if (summary === undefined) {
      fields.push([field, plain(raw)]);
      if (!own.has(field)) warnings.push(`nothing reads '${field}'.${didYouMean(field, names)}`); // of an input, compute says more
      continue;
    }
    const value = bestReading(summary, raw);
    fields.push([field, value]);
    const problem = problemWith(summary, value);
    if (problem === undefined) continue;
    for (const hint of hintsFor(summary, raw)) hints.add(hint);
    if (summary.schemas.every((schema) => !accepts(schema, value))) refused.push({ field, text: `${field}: ${summary.type}, got ${summary.secret ? '[secret]' : shown(raw)}: ${problem}` });
  }
  const context = Object.fromEntries(fields);
  const isAmbient = fields.some(([field]) => own.has(field)) && fields.every(([field]) => !own.has(field) || Object.hasOwn(summaries, field));
  return { context: isAmbient ? new core.FlowContext(context) : context, refused, warnings, hints: [...hints] };
}

/** Everybody who reads a field gets the same value, so it is read as the schema that makes most of them content. */
function bestReading({ schemas }: ContextFieldSummary, raw: unknown): unknown {
  let best: unknown;
  let most = -1;
  for (const schema of schemas) {
    const value = readAs(schema, raw);
    const content = schemas.filter((each) => accepts(each, value)).length;
    if (content > most) [best, most] = [value, content];
    if (most === schemas.length) break;
  }
  return best;
}

/** What the first schema that refuses a value says of it. */
function problemWith({ schemas, secret }: ContextFieldSummary, value: unknown): string | undefined {
  const schema = schemas.find((each) => !accepts(each, value));
  if (schema === undefined) return undefined;
  if (secret) return 'it is not accepted';
  const { error } = safeParse(schema, value);
  return error?.issues.slice(0, 3).map(({ path, message }) => (path.length === 0 ? message : `at ${path.map(String).join('.')}: ${message}`)).join('; ');
}

function shown(raw: unknown): string {
  const text = raw instanceof Text ? JSON.stringify(raw.text) : (JSON.stringify(plain(raw)) ?? String(raw));
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

function* hintsFor({ type }: ContextFieldSummary, raw: unknown): Iterable<string> {
  if (/\bDate\b/.test(type)) yield 'Dates are written 2024-01-31 (midnight UTC) or 2024-01-31T12:00Z.';
  if (/\bboolean\b/.test(type)) yield 'Booleans are written true or false.';
  if (/\bbigint\b/.test(type) && typeof raw === 'number') yield 'In JSON, bigints beyond the safe integers are written as text.';
  if (/\[\]|\[/.test(type) && raw instanceof Text) yield 'Lists are written a,b or as JSON.';
  if (/\{/.test(type) && raw instanceof Text) yield 'Objects are written as JSON, or field by field: key.part=value.';
}
