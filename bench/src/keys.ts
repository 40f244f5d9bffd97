/** What does a key cost: of a context of three fields, and of structured values? */
import { hash as cryptoHash } from 'node:crypto';
import { flowModel, FromContext, keyOf } from '@flowmodel/core';
import objectHash from 'object-hash';
import { hash as ohash } from 'ohash';
import { stringify } from 'safe-stable-stringify';
import { z } from 'zod';
import { defaultHasher } from '../../packages/core/src/cache/default-hasher.ts';
import { valueKey } from '../../packages/core/src/cache/value-key.ts';
import { compare, isTiming } from './measure.ts';
import type { Contender, Effort, Outcome } from './measure.ts';
import { digits, timed, timedBeside } from './report.ts';
import type { Section, Table, Target } from './report.ts';

export interface KeysSettings {
  /** Rows of the tables to hash. */
  readonly rows: readonly number[];
  readonly effort: Effort;
  readonly log: (line: string) => void;
}

type ToKey = (value: object) => string;

const at = (): string => 'bench';
const ofValue: ToKey = (value) => valueKey(value, defaultHasher, at);

const others: Readonly<Record<string, ToKey>> = {
  'ohash': (value) => ohash(value),
  'safe-stable-stringify + SHA-256': (value) => cryptoHash('sha256', stringify(value), 'hex'),
  'object-hash (SHA-256)': (value) => objectHash(value, { algorithm: 'sha256' }),
};

/* ---------- three fields of a context ---------- */

type Context = { readonly location: string; readonly startDate: Date; readonly endDate: Date };

const DAY = 86_400_000;
const contextOf = (seed: number): Context => ({ location: `library ${seed}`, startDate: new Date(seed * DAY), endDate: new Date((seed + 30) * DAY) });

const count = flowModel(
  { name: 'count', inputs: { location: FromContext(z.string()), startDate: FromContext(z.date()), endDate: FromContext(z.date()) } },
  ({ location, startDate, endDate }) => location.length + endDate.getTime() - startDate.getTime(),
);

const FIELDS = 'key of three context fields';
const TEXT = `flowmodel: the fields' texts, by which a known key is found`;
const HASHED = 'flowmodel: the same, hashed';
const AGAIN = 'flowmodel: `keyOf(model, context)`, a context seen before';
const ANEW = 'flowmodel: `keyOf(model, context)`, another context each time';

function fieldContenders(): Contender[] {
  const model = count();
  const seen = Array.from({ length: 100 }, (_, i) => contextOf(i));
  const texts = ({ location, startDate, endDate }: Context): string => valueKey(location, defaultHasher, at) + valueKey(startDate, defaultHasher, at) + valueKey(endDate, defaultHasher, at);
  return [
    contender(TEXT, (seed) => texts(contextOf(seed))),
    contender(HASHED, (seed) => defaultHasher.text(texts(contextOf(seed)))),
    contender(AGAIN, (seed) => keyOf(model, seen[seed % seen.length])),
    contender(ANEW, (seed) => keyOf(model, contextOf(seed))),
    ...Object.entries(others).map(([name, toKey]) => contender(name, (seed) => toKey(contextOf(seed)))),
  ];
}

/* ---------- structured values ---------- */

const tableOf = (rows: number, seed: number): object => Array.from({ length: rows }, (_, i) => ({ id: i, name: `row ${seed + i}`, share: i / 7, day: new Date(i * DAY), tags: ['a', 'b'] }));

const FRESH = 'flowmodel';
const FROZEN = 'flowmodel, frozen and hashed before';

/** The same plain rows, without dates, which would keep them from being remembered. */
function frozenTable(rows: number): object {
  return Object.freeze(Array.from({ length: rows }, (_, i) => Object.freeze({ id: i, name: `row ${i}`, share: i / 7, tags: Object.freeze(['a', 'b']) })));
}

function tableContenders(rows: number): Contender[] {
  // Made beforehand: making them is not what is measured. Each is another value, and none is frozen.
  const tables = Array.from({ length: 8 }, (_, i) => tableOf(rows, i));
  const frozen = frozenTable(rows);
  const table = (seed: number): object => tables[seed % tables.length]!;
  return [
    contender(FRESH, (seed) => ofValue(table(seed))),
    contender(FROZEN, () => ofValue(frozen)),
    ...Object.entries(others).map(([name, toKey]) => contender(name, (seed) => toKey(table(seed)))),
  ];
}

/* ---------- the measurement ---------- */

const contender = (name: string, toKey: (seed: number) => string): Contender => ({ name, run: (seed) => (toKey(seed) === '' ? Number.NaN : seed) });

export async function keys(settings: KeysSettings): Promise<Section> {
  checkThatKeysDiffer();
  const measure = async (what: string, contenders: readonly Contender[], units: number): Promise<Map<string, Outcome>> => {
    const outcomes = await compare(contenders, units, (seed) => seed, settings.effort);
    settings.log(`keys ${what}: ${contenders.map(({ name }) => `${name} ${timed(outcomes.get(name))}`).join(' | ')}`);
    return new Map(contenders.map(({ name }) => [name, outcomes.get(name)!])); // in their order
  };
  const fields = await measure('three fields', fieldContenders(), 1);
  const tables: { readonly rows: number; readonly outcomes: ReadonlyMap<string, Outcome> }[] = [];
  for (const rows of settings.rows) tables.push({ rows, outcomes: await measure(`${rows} rows`, tableContenders(rows), 1_000) });
  return {
    title: 'Keys',
    intro: `Three fields of a context (a string and two dates), nanoseconds per key; and tables of rows of five fields (two numbers, a string, a date, an array of two strings), microseconds per key. Bold: as a multiple of the first line. All yield SHA-256 of a canonical text. ohash, safe-stable-stringify and object-hash let values pass for others that flowmodel tells apart or refuses (\`-0\`, functions, class instances), and object-hash searches a list of all objects met so far for each object.`,
    tables: [fieldsTable(fields), ...tablesTable(tables)],
    targets: [fieldsTarget(fields)],
  };
}

/** What yields the same key for two of these is no contender. */
function checkThatKeysDiffer(): void {
  const contexts = [contextOf(1), contextOf(2), { ...contextOf(1), endDate: new Date(0) }];
  for (const [name, toKey] of [[FRESH, ofValue], ...Object.entries(others)] as const) {
    const distinct = new Set([...contexts, contextOf(1)].map((context) => toKey(context)));
    if (distinct.size !== contexts.length) throw new Error(`Expected ${contexts.length} keys of ${name}, got ${distinct.size}`);
  }
}

function fieldsTable(outcomes: ReadonlyMap<string, Outcome>): Table {
  const ours = outcomes.get(TEXT);
  return { head: [FIELDS, 'ns'], rows: [...outcomes].map(([name, outcome]) => [name, name === TEXT ? timed(outcome) : timedBeside(outcome, ours)]) };
}

function tablesTable(tables: readonly { readonly rows: number; readonly outcomes: ReadonlyMap<string, Outcome> }[]): Table[] {
  const names = [...(tables[0]?.outcomes.keys() ?? [])];
  const cell = (name: string, outcomes: ReadonlyMap<string, Outcome>): string => (name === FRESH ? timed(outcomes.get(name)) : timedBeside(outcomes.get(name), outcomes.get(FRESH)));
  return [{ head: ['key of a table, µs', ...tables.map(({ rows }) => (rows === 1 ? '1 row' : `${rows.toLocaleString('en-US')} rows`))], rows: names.map((name) => [name, ...tables.map(({ outcomes }) => cell(name, outcomes))]) }];
}

const LIMIT = 1_000;

function fieldsTarget(outcomes: ReadonlyMap<string, Outcome>): Target {
  const of = (name: string): number => {
    const outcome = outcomes.get(name);
    return outcome !== undefined && isTiming(outcome) ? outcome.median : Number.NaN;
  };
  return {
    what: `${FIELDS} on a warm plan, ns`,
    wanted: '≤ 1,000',
    measured: `${digits(of(AGAIN))} for a context seen before, ${digits(of(ANEW))} for another each time; ${digits(of(HASHED))} for texts and SHA-256 alone`,
    isMet: of(AGAIN) <= LIMIT,
  };
}
