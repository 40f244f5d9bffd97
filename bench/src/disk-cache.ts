/** What does a hit on disk cost, and what is it made of? */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqliteCache } from '@flowmodel/cache';
import type { SqliteCache } from '@flowmodel/cache';
import { decodeValue, defaultHasher, flowModel, FromContext, memoryCache } from '@flowmodel/core';
import { z } from 'zod';
import { compare, isTiming } from './measure.ts';
import type { Contender, Effort, Outcome } from './measure.ts';
import { digits, timed } from './report.ts';
import type { Section } from './report.ts';

export interface DiskCacheSettings {
  readonly entries: number;
  readonly effort: Effort;
  readonly log: (line: string) => void;
}

/** A kilobyte in the file: mostly numbers, as results are, with texts and a date. */
const recordOf = (i: number) => ({ station: `station ${i}`, at: new Date(1.7e12 + i), n: i, readings: Array.from({ length: 48 }, (_, hour) => ((i * 31 + hour * 17) % 1_000) / 10), notes: 'measured by hand, rounded to a tenth, gaps filled from the neighbours; '.repeat(9) });

const observed = flowModel({ name: 'bench.disk.observed', inputs: { i: FromContext(z.number()) } }, ({ i }) => recordOf(i));
const model = observed();

/** Keys as runs make them: by computing each once. */
async function filled(cache: SqliteCache, entries: number): Promise<readonly string[]> {
  const keys: string[] = [];
  const noting = { get: (key: string) => cache.get(key), set: (...given: Parameters<SqliteCache['set']>) => { keys.push(given[0]); cache.set(...given); }, delete: () => {}, clear: () => {} };
  for (let i = 0; i < entries; i++) await model.flow.compute({ i }, { cache: noting });
  return keys;
}

const HIT = 'sqliteCache, get';
const MANY = 'sqliteCache, getMany of 100, per key';
const MISS = 'sqliteCache, get of an unknown key';
const STORE = 'sqliteCache, set of a known key';
const COMPUTE = '`computeSync` served from disk';
const MEMORY = '`computeSync` served from memory';
const SELECT = 'part: the statement alone';
const DIGEST = 'part: the digest alone';
const DECODE = 'part: parsing and decoding alone';

export async function diskCache({ entries, effort, log }: DiskCacheSettings): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'flowmodel-bench-'));
  const path = join(folder, 'cache.sqlite');
  const cache = sqliteCache({ path });
  const memory = memoryCache({ max: entries });
  const bare = new DatabaseSync(path);
  try {
    const keys = await filled(cache, entries);
    const bytes = cache.stats().bytes / entries;
    for (let i = 0; i < entries; i++) model.flow.computeSync({ i }, { cache: memory });
    const statement = bare.prepare('SELECT stored, digest, text FROM entries WHERE key = ?');
    const text = String(statement.get(keys[0]!)!['text']);
    const known = cache.get(keys[0]!)!;
    const keyAt = (seed: number): string => keys[(seed * 7_919) % entries]!;
    const contenders: readonly Contender[] = [
      { name: HIT, run: (seed) => (cache.get(keyAt(seed)) === undefined ? Number.NaN : seed) },
      { name: MISS, run: (seed) => (cache.get(`${seed}`) === undefined ? seed : Number.NaN) },
      { name: STORE, run: (seed) => { cache.set(keys[0]!, known); return seed; } },
      { name: COMPUTE, run: (seed) => { const i = (seed * 7_919) % entries; return model.flow.computeSync({ i }, { cache }).value.n === i ? seed : Number.NaN; } },
      { name: MEMORY, run: (seed) => { const i = (seed * 7_919) % entries; return model.flow.computeSync({ i }, { cache: memory }).value.n === i ? seed : Number.NaN; } },
      { name: SELECT, run: (seed) => (statement.get(keyAt(seed)) === undefined ? Number.NaN : seed) },
      { name: DIGEST, run: (seed) => (defaultHasher.text(text).length === 64 ? seed : Number.NaN) },
      { name: DECODE, run: (seed) => (Array.isArray(decodeValue(JSON.parse(text))) ? seed : Number.NaN) },
    ];
    const level = Array.from({ length: 100 }, (_, i) => keyAt(i));
    const many: Contender = { name: MANY, run: (seed) => (cache.getMany(level).includes(undefined) ? Number.NaN : seed) };
    const outcomes = new Map<string, Outcome>([...(await compare(contenders, 1_000, (seed) => seed, effort)), ...(await compare([many], 100_000, (seed) => seed, effort))]);
    for (const [name, outcome] of outcomes) log(`disk cache, ${name}: ${timed(outcome)} µs`);
    const hit = outcomes.get(HIT)!;
    const median = isTiming(hit) ? hit.median : Number.NaN;
    return {
      title: 'Remembering on disk',
      intro: `\`sqliteCache\` with ${entries.toLocaleString('en-US')} entries of ${Math.round(bytes).toLocaleString('en-US')} bytes, records of 48 numbers, a date and texts, each asked for in another order than it was stored in. Microseconds. The file is in the memory of the system, as that of a cache in use is.`,
      tables: [{ head: ['', 'µs'], rows: [HIT, MANY, MISS, STORE, COMPUTE, MEMORY, SELECT, DIGEST, DECODE].map((name) => [name, timed(outcomes.get(name))]) }],
      targets: [{ what: 'disk hit of 1 KB, µs', wanted: '≤ 20', measured: digits(median), isMet: median <= 20 }],
    };
  } finally {
    bare.close();
    cache.close();
    rmSync(folder, { recursive: true });
  }
}
