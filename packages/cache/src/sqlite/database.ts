/**
 * The file of a `sqliteCache`: opened, recognised, laid out, thrown away when it is damaged.
 *
 * A file is ours by its application id. Ours of another format is emptied; one of somebody else's, or one that is no database, is left alone.
 */
import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type sqliteModule from 'node:sqlite';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { FlowError } from '@flowmodel/core';
import { FORMAT } from '../sealed.ts';

/** 'flow', at byte 68 of the file. */
const APPLICATION_ID = 0x66_6c_6f_77;
const APPLICATION_ID_AT = 68;

/** How long, in milliseconds, to wait for another process that writes. */
const BUSY_TIMEOUT = 1_000;

/** Safe against a process that dies; a power cut may cost the last entries. Pages of up to 16 MiB are kept in memory; mapping the file would make damage fatal. */
const SETTINGS = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON';

/** `about` has one row; triggers keep its sums, so that no write has to count. The oldest entry has the lowest `seq`. */
const SCHEMA = `
  PRAGMA application_id = ${APPLICATION_ID};
  CREATE TABLE about (format INTEGER NOT NULL, entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
  INSERT INTO about VALUES (${FORMAT}, 0, 0);
  CREATE TABLE entries (seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, stored INTEGER NOT NULL, size INTEGER NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL);
  CREATE TRIGGER added AFTER INSERT ON entries BEGIN UPDATE about SET entries = entries + 1, bytes = bytes + new.size; END;
  CREATE TRIGGER replaced AFTER UPDATE ON entries BEGIN UPDATE about SET bytes = bytes + new.size - old.size; END;
  CREATE TRIGGER removed AFTER DELETE ON entries BEGIN UPDATE about SET entries = entries - 1, bytes = bytes - old.size; END;
`;

export interface Opened<Name extends string> {
  readonly database: DatabaseSync;
  readonly statements: Readonly<Record<Name, StatementSync>>;
}

/** Opens a file and prepares statements, whose rows are arrays. Throws CACHE for a path that cannot be opened, and for a file that is none of ours. */
export function openDatabase<Name extends string>(path: string, statements: Readonly<Record<Name, string>>): Opened<Name> {
  try {
    return opened(path, statements);
  } catch (error) {
    if (!isUnfit(error) || !hasOurId(path)) throw asCacheError(path, error);
    removeDatabase(path);
    return opened(path, statements);
  }
}

export function removeDatabase(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}-journal`]) rmSync(file, { force: true });
}

/** Which file a path leads to; it may be replaced by another process. */
export function identityOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

function opened<Name extends string>(path: string, statements: Readonly<Record<Name, string>>): Opened<Name> {
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof sqliteModule | undefined;
  if (sqlite === undefined) throw new FlowError('DEFINITION', 'sqliteCache needs the module node:sqlite, which this runtime does not have. Use keyvCache with a store that runs here.');
  const database = new sqlite.DatabaseSync(path, { timeout: BUSY_TIMEOUT });
  try {
    // In this order: the application id must stand in the file itself, where it can be read when nothing else can.
    patiently(() => layOut(database, path));
    patiently(() => database.exec(SETTINGS));
    return { database, statements: prepared(database, statements) };
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepared<Name extends string>(database: DatabaseSync, texts: Readonly<Record<Name, string>>): Readonly<Record<Name, StatementSync>> {
  const entries = Object.entries<string>(texts).map(([name, sql]) => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return [name, statement] as const;
  });
  return Object.fromEntries(entries) as Record<Name, StatementSync>; // one for each name
}

/* ---------- layout ---------- */

function layOut(database: DatabaseSync, path: string): void {
  if (formatOf(database, path) === FORMAT) return;
  transact(database, () => {
    const format = formatOf(database, path); // another process may have been faster
    if (format === FORMAT) return;
    // A format that cannot be read may be damage, and tables that share a page must not be dropped.
    if (database.prepare('PRAGMA quick_check(1)').get()!['quick_check'] !== 'ok') throw new Damaged('its pages do not fit together');
    for (const { name } of database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'").all()) database.exec(`DROP TABLE "${String(name).replaceAll('"', '""')}"`);
    database.exec(SCHEMA);
  });
}

/** Nothing for an empty file. Throws CACHE for a database that is not ours. */
function formatOf(database: DatabaseSync, path: string): unknown {
  const id = database.prepare('PRAGMA application_id').get()!['application_id'];
  const tables = database.prepare("SELECT count(*) AS n, total(name = 'about') AS about FROM sqlite_schema WHERE type = 'table'").get()!;
  if (id !== APPLICATION_ID) {
    if (id === 0 && tables['n'] === 0) return undefined;
    throw new FlowError('CACHE', `'${path}' is a database of something else. Name another file for the cache.`);
  }
  return tables['about'] === 1 ? database.prepare('SELECT * FROM about').get()?.['format'] : undefined;
}

/** All of it or nothing; other processes wait. */
export function transact(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK'); // some errors have done so already
    throw error;
  }
}

/** SQLite does not wait everywhere: not where two processes switch to WAL at once. */
function patiently(work: () => void): void {
  const end = Date.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (primaryCode(error) !== BUSY || Date.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/* ---------- errors ---------- */

const ERROR = 1;
const BUSY = 5;
const CORRUPT = 11;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** SQLite's result code without its extension. */
function primaryCode(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { readonly errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

/** A file that SQLite takes for a good one, and that is none of ours any more. */
export class Damaged extends Error {}

export const isDamaged = (error: unknown): boolean => error instanceof Damaged || primaryCode(error) === CORRUPT;

/** Also statements that do not fit what the file says its tables are. */
const isUnfit = (error: unknown): boolean => isDamaged(error) || primaryCode(error) === ERROR;

export function asCacheError(path: string, error: unknown): FlowError {
  if (error instanceof FlowError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (primaryCode(error) === NOT_A_DATABASE) return new FlowError('CACHE', `'${path}' is no SQLite database, or its header is damaged. Name another file for the cache, or remove this one.`, { cause: error });
  if (primaryCode(error) === CANNOT_OPEN && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return new FlowError('CACHE', `'${path}' is a folder. Name a file in it for the cache.`, { cause: error });
  const folder = dirname(path);
  if (primaryCode(error) === CANNOT_OPEN && !existsSync(folder)) return new FlowError('CACHE', `The cache '${path}' cannot be made: there is no folder '${folder}'. Make it first, or name a file in a folder that is there.`, { cause: error });
  return new FlowError('CACHE', `The cache in '${path}' failed: ${reason}.`, { cause: error });
}

/** Read past SQLite, for a file that it gives up on. */
function hasOurId(path: string): boolean {
  const header = Buffer.alloc(APPLICATION_ID_AT + 4);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  return header.readInt32BE(APPLICATION_ID_AT) === APPLICATION_ID;
}
