/** What other processes do with a cache: node child.js <role> <path> <number>. The last line of the output is what it found. */
import { cacheConformance, sqliteCache } from '@flowmodel/cache';
import type { SqliteCache } from '@flowmodel/cache';
import { isDeepStrictEqual } from 'node:util';
import { random } from '../random.ts';
import { entryOf, keyOf } from '../truth.ts';

const [role, path, number] = process.argv.slice(2) as [string, string, string];

/** Writes until it is killed, with a limit, so that old entries go at the same time. */
function write(cache: SqliteCache): never {
  process.stdout.write('ready\n');
  for (let i = Number(number); ; i++) {
    cache.set(keyOf(i % KEYS), entryOf(i % KEYS));
    if (i % 50 === 0) cache.delete(keyOf((i * 7) % KEYS));
  }
}

/** Reads and writes beside another process. */
function share(cache: SqliteCache): void {
  const next = random(Number(number));
  const found = { hits: 0, wrong: 0, errors: [] as string[] };
  const check = (entry: unknown, i: number): void => {
    if (entry === undefined) return;
    found.hits++;
    if (!isDeepStrictEqual(entry, entryOf(i))) found.wrong++;
  };
  for (let n = 0; n < 1_500; n++) {
    const i = Math.floor(next() * KEYS);
    const what = next();
    try {
      if (what < 0.4) cache.set(keyOf(i), entryOf(i));
      else if (what < 0.8) check(cache.get(keyOf(i)), i);
      else if (what < 0.95) cache.getMany([0, 1, 2, 3].map((more) => keyOf((i + more) % KEYS))).forEach((entry, more) => check(entry, (i + more) % KEYS));
      else if (what < 0.999) cache.delete(keyOf(i));
      else cache.clear();
    } catch (error) {
      found.errors.push(String(error));
    }
  }
  console.log(JSON.stringify(found));
}

/** Writes until there is no room, then reads what it has. */
function fill(cache: SqliteCache): void {
  const found = { stored: 0, hits: 0, wrong: 0, error: '', code: '' };
  try {
    for (; found.stored < 100_000; found.stored++) cache.set(keyOf(found.stored), entryOf(found.stored));
  } catch (error) {
    found.error = String(error);
    found.code = String((error as { code?: unknown }).code);
  }
  for (let i = 0; i < found.stored + 1; i++) {
    const entry = cache.get(keyOf(i));
    if (entry === undefined) continue;
    found.hits++;
    if (!isDeepStrictEqual(entry, entryOf(i))) found.wrong++;
  }
  console.log(JSON.stringify(found));
}

/** Every rule, in whatever runs this. */
async function conform(): Promise<void> {
  let files = 0;
  await cacheConformance(() => sqliteCache({ path: `${path}-${++files}`, maxBytes: 100_000_000, ttl: 60_000 }));
  console.log(JSON.stringify({ version: process.version, files }));
}

const KEYS = 300;
if (role === 'conform') {
  void conform();
} else {
  const cache = sqliteCache({ path, ...(role === 'fill' ? {} : { maxBytes: 100_000 }) });
  if (role === 'write') write(cache);
  else if (role === 'share') share(cache);
  else fill(cache);
  cache.close();
}
