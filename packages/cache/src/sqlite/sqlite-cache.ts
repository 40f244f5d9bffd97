import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { FlowError } from '@flowmodel/core';
import type { CacheEntry, CodecRegistry, ResultCache } from '@flowmodel/core';
import { checkOptions } from '../options.ts';
import { seal, unseal } from '../sealed.ts';
import { asCacheError, Damaged, identityOf, isDamaged, openDatabase, removeDatabase, transact } from './database.ts';
import type { Opened } from './database.ts';

export interface SqliteCacheOptions {
  /** The file; it is made if need be, its folder is not. `':memory:'` for none. */
  readonly path: string;
  /** How many bytes the stored values may take in all; the oldest go. A value over it is served but not kept. Without limit by default. The file is somewhat larger, and does not shrink. */
  readonly maxBytes?: number;
  /** How long an entry lives, in milliseconds. For ever by default. */
  readonly ttl?: number;
  /** Codecs of classes; the process-wide ones (`registerCodec`) by default. */
  readonly codecs?: CodecRegistry;
}

/** The first six count since this object was made, the last two are what the file holds. */
export interface SqliteCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly stores: number;
  /** Entries removed by this object because they were too old, or too many. */
  readonly evictions: number;
  /** Entries found damaged; they were misses, and were removed. */
  readonly garbled: number;
  /** How often a damaged file was replaced by a new one. */
  readonly rebuilds: number;
  /** Entries. */
  readonly size: number;
  /** What `maxBytes` limits. */
  readonly bytes: number;
}

export interface SqliteCache extends ResultCache, Disposable, AsyncDisposable {
  /** Answers at once, so that it serves `computeSync` too. */
  get(key: string): CacheEntry | undefined;
  getMany(keys: readonly string[]): readonly (CacheEntry | undefined)[];
  /** Throws SERIALIZE for a value that cannot be encoded, CACHE where it cannot be written (a full disk). */
  set(key: string, entry: CacheEntry): void;
  delete(key: string): void;
  clear(): void;
  stats(): SqliteCacheStats;
  /** Closes the file. What is asked of the cache afterwards is a CACHE error. */
  close(): void;
}

/**
 * A cache in a file, which outlives the process; several processes may share one. On `node:sqlite`.
 *
 * Every entry has a digest over its key and value: one that was damaged, or stands under another key, is a miss and is removed. A damaged file of
 * ours is replaced by a new one; a process that is killed while it writes leaves a file that can be used.
 *
 * Throws DEFINITION for what are no options; CACHE for a path that cannot be opened, and for a file that is no database or somebody else's, which is left as it is.
 *
 * @example
 * ```ts
 * using cache = sqliteCache({ path: ':memory:', maxBytes: 100_000_000 });
 * cache.set('key', { value: new Map([['seen', new Date(0)]]) });
 * console.log(cache.get('key')); // { value: Map(1) { 'seen' => 1970-01-01T00:00:00.000Z } }
 * ```
 */
export function sqliteCache(options: SqliteCacheOptions): SqliteCache {
  checkOptions('sqliteCache', options, ['path', 'maxBytes', 'ttl', 'codecs'], ['maxBytes', 'ttl']);
  if (typeof options.path !== 'string' || options.path === '') throw new FlowError('DEFINITION', "sqliteCache: 'path' is the name of a file. Write sqliteCache({ path: 'cache.sqlite' }).");
  return new FileCache(options);
}

/** A row, as an array: `seq` is not needed outside. */
type Row = readonly [key: unknown, stored: unknown, digest: unknown, text: unknown];

type Statements = Opened<keyof typeof SQL>['statements'];

const SQL = {
  get: 'SELECT key, stored, digest, text FROM entries WHERE key = ?',
  getMany: 'SELECT key, stored, digest, text FROM entries WHERE key IN (SELECT value FROM json_each(?))',
  set: `INSERT INTO entries (key, stored, size, digest, text) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET seq = (SELECT max(seq) + 1 FROM entries), stored = excluded.stored, size = excluded.size, digest = excluded.digest, text = excluded.text`,
  delete: 'DELETE FROM entries WHERE key = ?',
  clear: 'DELETE FROM entries',
  totals: 'SELECT entries, bytes FROM about',
  oldest: 'SELECT seq, size FROM entries ORDER BY seq',
  deleteTo: 'DELETE FROM entries WHERE seq <= ?',
  recount: 'UPDATE about SET entries = (SELECT count(*) FROM entries), bytes = (SELECT coalesce(sum(size), 0) FROM entries)',
  // Two for each that is stored, so that the expired ones go without ever taking long.
  expire: 'DELETE FROM entries WHERE seq IN (SELECT seq FROM entries ORDER BY seq LIMIT 2) AND stored <= ?',
};

/** Entries, and their bytes. */
function totals(statements: Statements): readonly [number, number] {
  const row = statements.totals.get() as unknown as [number, number] | undefined;
  if (row === undefined) throw new Damaged('its sums are gone');
  return row;
}

class FileCache implements SqliteCache {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #ttl: number;
  readonly #codecs: CodecRegistry | undefined;
  #database: DatabaseSync | undefined;
  #statements: Statements | undefined;
  /** Which file is open. */
  #identity: string | undefined;
  #isClosed = false;
  readonly #counts = { hits: 0, misses: 0, stores: 0, evictions: 0, garbled: 0, rebuilds: 0 };

  constructor({ path, maxBytes = Infinity, ttl = Infinity, codecs }: SqliteCacheOptions) {
    this.#path = path === ':memory:' ? path : resolve(path); // where it is now, wherever the process goes
    this.#maxBytes = maxBytes;
    this.#ttl = ttl;
    this.#codecs = codecs;
    this.#open();
  }

  get(key: string): CacheEntry | undefined {
    return this.#with((statements) => this.#counted(this.#one(statements, key)));
  }

  getMany(keys: readonly string[]): readonly (CacheEntry | undefined)[] {
    return this.#with((statements) => {
      const rows = new Map<unknown, Row>();
      const isRead = this.#readable(() => {
        for (const row of statements.getMany.all(JSON.stringify(keys)) as unknown as Row[]) rows.set(row[0], row);
      });
      const entries = new Map<string, CacheEntry | undefined>();
      for (const key of new Set(keys)) entries.set(key, isRead ? this.#entryOf(key, rows.get(key)) : this.#one(statements, key));
      return keys.map((key) => this.#counted(entries.get(key)));
    });
  }

  set(key: string, entry: CacheEntry): void {
    const stored = Date.now();
    const { text, digest } = seal(key, entry, String(stored), this.#codecs);
    const size = Buffer.byteLength(text);
    this.#with((statements) => {
      if (size > this.#maxBytes) return void statements.delete.run(key);
      statements.set.run(key, stored, size, digest, text);
      this.#counts.stores++;
      if (this.#ttl !== Infinity) this.#counts.evictions += Number(statements.expire.run(stored - this.#ttl).changes);
      if (this.#maxBytes !== Infinity && totals(statements)[1] > this.#maxBytes) this.#evict(statements);
    });
  }

  delete(key: string): void {
    this.#with((statements) => void statements.delete.run(key));
  }

  clear(): void {
    this.#with((statements) => void statements.clear.run());
  }

  stats(): SqliteCacheStats {
    return this.#with((statements) => {
      const [size, bytes] = totals(statements);
      return { ...this.#counts, size, bytes };
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /* ---------- reading ---------- */

  #one(statements: Statements, key: string): CacheEntry | undefined {
    let row: Row | undefined;
    const isRead = this.#readable(() => (row = statements.get.get(key) as unknown as Row | undefined));
    return isRead ? this.#entryOf(key, row) : this.#remove(key, 'garbled');
  }

  /** False where a damaged column holds a number that JavaScript does not have. */
  #readable(read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'ERR_OUT_OF_RANGE') return false;
      throw error;
    }
  }

  #entryOf(key: string, row: Row | undefined): CacheEntry | undefined {
    if (row === undefined) return undefined;
    const [, stored, digest, text] = row;
    const entry = unseal(key, text, digest, String(stored), this.#codecs);
    if (entry === 'garbled') return this.#remove(key, 'garbled');
    if (entry === 'foreign') return undefined; // another process may know its class
    return this.#isFresh(stored as number) ? entry : this.#remove(key, 'evictions'); // the digest vouches for the type too
  }

  /** What comes from the future has been written by a clock that was put back since. */
  #isFresh(stored: number): boolean {
    if (this.#ttl === Infinity) return true;
    const age = Date.now() - stored;
    return age >= 0 && age < this.#ttl;
  }

  /** It is a miss in any case; that it cannot be removed is no reason to fail. */
  #remove(key: string, why: 'garbled' | 'evictions'): undefined {
    this.#counts[why]++;
    try {
      this.#statements!.delete.run(key);
    } catch (error) {
      if (isDamaged(error)) throw error;
    }
  }

  #counted(entry: CacheEntry | undefined): CacheEntry | undefined {
    if (entry === undefined) this.#counts.misses++;
    else this.#counts.hits++;
    return entry;
  }

  /* ---------- making room ---------- */

  #evict(statements: Statements): void {
    transact(this.#database!, () => {
      let over = totals(statements)[1] - this.#maxBytes; // another process may have made room
      let last = 0;
      for (const row of statements.oldest.iterate()) {
        if (over <= 0) break;
        const [seq, size] = row as unknown as [number, number];
        over -= size;
        last = seq;
      }
      this.#counts.evictions += Number(statements.deleteTo.run(last).changes);
      if (over > 0) statements.recount.run(); // damage may have made the sum wrong
    });
  }

  /* ---------- the file ---------- */

  #open(): Statements {
    if (this.#isClosed) throw new FlowError('CACHE', `The cache in '${this.#path}' is closed. Close it when no run uses it any more.`);
    const { database, statements } = openDatabase(this.#path, SQL);
    this.#database = database;
    this.#identity = identityOf(this.#path);
    return (this.#statements = statements);
  }

  #drop(): void {
    const database = this.#database;
    this.#database = this.#statements = undefined;
    if (database?.isOpen === true) database.close();
  }

  /** A file that turns out to be damaged is replaced, so that only this once fails. */
  #with<T>(work: (statements: Statements) => T): T {
    try {
      return work(this.#statements ?? this.#open());
    } catch (error) {
      if (isDamaged(error)) this.#rebuild();
      throw asCacheError(this.#path, error);
    }
  }

  #rebuild(): void {
    this.#counts.rebuilds++;
    try {
      this.#drop();
      // Not the new one of another process that was faster.
      if (this.#path !== ':memory:' && identityOf(this.#path) === this.#identity) removeDatabase(this.#path);
      this.#open();
    } catch {
      this.#database = this.#statements = undefined; // what is asked next opens it, and tells
    }
  }
}
