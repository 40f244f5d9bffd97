// packages.md, @flowmodel/cache: what damage does to entries and to files. A cache may lose everything, it never yields a wrong value.
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { flowModel, FlowError, FromContext } from '@flowmodel/core';
import { z } from 'zod';
import { sqliteCache } from '@flowmodel/cache';
import type { SqliteCache } from '@flowmodel/cache';
import { file, folder } from './folder.ts';
import { random } from './random.ts';
import { entryOf, keyOf } from './truth.ts';

const KEYS = Array.from({ length: 60 }, (_, i) => keyOf(i));

/** A file with an entry under each key. */
function filled(): string {
  const path = file();
  using cache = sqliteCache({ path });
  for (const [i, key] of KEYS.entries()) cache.set(key, entryOf(i));
  return path;
}

function withDatabase(path: string, work: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(path);
  work(database);
  database.close();
}

/** Reads every key, one by one and at once; each is a miss or right, or the cache has failed and said so. Yields how many were had. */
function readAll(cache: SqliteCache): number {
  let hits = 0;
  const check = (found: unknown, i: number): void => {
    if (found === undefined) return;
    expect(found).toStrictEqual(entryOf(i));
    hits++;
  };
  const failing = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof FlowError) || error.code !== 'CACHE') throw error;
    }
  };
  failing(() => cache.getMany(KEYS).forEach(check));
  hits = 0;
  for (const [i, key] of KEYS.entries()) failing(() => check(cache.get(key), i));
  return hits;
}

describe('a damaged entry is a miss and removed', () => {
  /** Damages one entry of a file of two, by SQL; the other one stays. */
  function damaged(sql: string, ...values: readonly (string | number | bigint | Uint8Array)[]): void {
    const path = file();
    {
      using cache = sqliteCache({ path });
      for (const i of [0, 1]) cache.set(keyOf(i), entryOf(i));
    }
    withDatabase(path, (database) => expect(database.prepare(sql).run(...values, keyOf(0)).changes).toBe(1));
    for (const isMany of [false, true]) {
      const copy = file();
      copyFileSync(path, copy);
      using cache = sqliteCache({ path: copy });
      if (isMany) expect(cache.getMany([keyOf(1), keyOf(0)])).toStrictEqual([entryOf(1), undefined]);
      else expect(cache.get(keyOf(0))).toBeUndefined();
      expect(cache.stats()).toMatchObject({ garbled: 1, size: 1 });
      expect(cache.get(keyOf(1))).toStrictEqual(entryOf(1));
    }
  }

  it('whichever byte of its value is another', () => {
    const path = file();
    using cache = sqliteCache({ path });
    const entry = { value: [new Date(0), 'value', 7n], source: 'source' };
    cache.set('key', entry);
    withDatabase(path, (database) => {
      const good = database.prepare("SELECT CAST(text AS BLOB) AS text FROM entries WHERE key = 'key'").get()!['text'] as Uint8Array;
      expect(good.length).toBeGreaterThan(50);
      const change = database.prepare("UPDATE entries SET text = CAST(? AS TEXT) WHERE key = 'key'");
      for (const bit of [1, 32, 128]) {
        for (let i = 0; i < good.length; i++) {
          cache.set('key', entry);
          change.run(good.map((byte, at) => (at === i ? byte ^ bit : byte)));
          expect(cache.get('key'), `bit ${bit} of byte ${i}`).toBeUndefined();
          expect(cache.stats().size).toBe(0);
        }
      }
    });
  });

  it.each<[string, string, ...(string | number | bigint | Uint8Array)[]]>([
    ['its value is cut off', 'UPDATE entries SET text = substr(text, 1, length(text) - 1) WHERE key = ?'],
    ['its value is empty', "UPDATE entries SET text = '' WHERE key = ?"],
    ['its value is that of another key', `UPDATE entries SET text = (SELECT text FROM entries WHERE key = '${keyOf(1)}') WHERE key = ?`],
    ['all of it is of another key', `UPDATE entries SET (text, digest, stored) = (SELECT text, digest, stored FROM entries WHERE key = '${keyOf(1)}') WHERE key = ?`],
    ['its digest is another', "UPDATE entries SET digest = replace(digest, substr(digest, 1, 1), 'x') WHERE key = ?"],
    ['its time is another', 'UPDATE entries SET stored = stored + 1 WHERE key = ?'],
    ['its value is bytes', 'UPDATE entries SET text = CAST(text AS BLOB) WHERE key = ?'],
    ['its time is a number beyond those of JavaScript', 'UPDATE entries SET stored = ? WHERE key = ?', 2n ** 62n],
    ['its time is a text', "UPDATE entries SET stored = 'now' WHERE key = ?"],
  ])('%s', (_, sql, ...values) => damaged(sql, ...values));

  it('an entry that was moved is one of the key that it stands under now', () => {
    const path = filled();
    withDatabase(path, (database) => {
      database.exec(`DELETE FROM entries WHERE key = '${keyOf(1)}'`);
      database.exec(`UPDATE entries SET key = '${keyOf(1)}' WHERE key = '${keyOf(0)}'`);
    });
    using cache = sqliteCache({ path });
    expect([cache.get(keyOf(0)), cache.get(keyOf(1))]).toStrictEqual([undefined, undefined]);
    expect(readAll(cache)).toBe(KEYS.length - 2);
  });

  it('a run computes it again', async () => {
    const path = file();
    let runs = 0;
    const double = flowModel({ name: 'double', inputs: { n: FromContext(z.number()) } }, ({ n }) => {
      runs++;
      return 2 * n;
    })();
    using cache = sqliteCache({ path });
    for (const expected of [1, 2]) {
      expect((await double.flow.compute({ n: 21 }, { cache })).value).toBe(42);
      expect((await double.flow.compute({ n: 21 }, { cache })).value).toBe(42);
      expect(runs).toBe(expected);
      withDatabase(path, (database) => database.exec("UPDATE entries SET text = replace(text, '42', '43')"));
    }
  });
});

// Hundreds of files are written and opened.
describe('a damaged file yields no wrong value and can be used again', { timeout: 60_000 }, () => {
  /** Opens a damaged file, reads all, and uses it. `lost` is told what had to go. */
  function survive(path: string, lost: { refused: number; rebuilt: number; entries: number }): void {
    let cache: SqliteCache;
    try {
      cache = sqliteCache({ path });
    } catch (error) {
      expect(error).toMatchObject({ code: 'CACHE' });
      lost.refused++;
      return;
    }
    using _ = cache;
    lost.entries += KEYS.length - readAll(cache);
    readAll(cache); // what was damaged has gone by now, or another part fails
    for (let attempt = 0; ; attempt++) {
      try {
        cache.set(keyOf(0), entryOf(0));
        expect(cache.get(keyOf(0))).toStrictEqual(entryOf(0));
        break;
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
    lost.rebuilt += cache.stats().rebuilds;
  }

  const nothing = () => ({ refused: 0, rebuilt: 0, entries: 0 });

  it('by any of 300 bytes', () => {
    const original = readFileSync(filled());
    const path = file();
    const next = random(7);
    const lost = nothing();
    // The first page holds the header and the schema.
    const places = [...Array.from({ length: 100 }, () => Math.floor(next() * 4_096)), ...Array.from({ length: 200 }, () => Math.floor(next() * original.length))];
    for (const place of places) {
      const bytes = Buffer.from(original);
      bytes[place]! ^= 1 << Math.floor(next() * 8);
      writeFileSync(path, bytes);
      survive(path, lost);
    }
    expect(lost.entries).toBeGreaterThan(0); // the flips did hit something
    expect(lost.refused).toBeLessThan(places.length / 10);
  });

  it('by being cut off anywhere', () => {
    const original = readFileSync(filled());
    const path = file();
    const next = random(8);
    const lost = nothing();
    for (let i = 0; i < 60; i++) {
      writeFileSync(path, original);
      truncateSync(path, i < 20 ? i * 4_096 : Math.floor(next() * original.length));
      survive(path, lost);
    }
    expect(lost.entries).toBeGreaterThan(0);
  });

  it('by a page of zeros, or of another page', () => {
    const original = readFileSync(filled());
    const path = file();
    const lost = nothing();
    for (let page = 0; page < original.length / 4_096; page++) {
      for (const other of [Buffer.alloc(4_096), original.subarray(4_096, 8_192), original.subarray(-4_096)]) {
        const bytes = Buffer.from(original);
        other.copy(bytes, page * 4_096);
        writeFileSync(path, bytes);
        survive(path, lost);
      }
    }
    expect(lost.rebuilt + lost.refused).toBeGreaterThan(0);
  });

  it('by any of 100 bytes of what has not been moved into the file yet', () => {
    const source = file();
    using open = sqliteCache({ path: source });
    for (const [i, key] of KEYS.entries()) open.set(key, entryOf(i));
    expect(existsSync(`${source}-wal`)).toBe(true);
    const [main, wal] = [readFileSync(source), readFileSync(`${source}-wal`)];
    const next = random(9);
    const lost = nothing();
    for (let i = 0; i < 100; i++) {
      const path = `${folder()}/copy.sqlite`;
      const bytes = Buffer.from(wal);
      bytes[Math.floor(next() * bytes.length)]! ^= 1 << Math.floor(next() * 8);
      writeFileSync(path, main);
      writeFileSync(`${path}-wal`, bytes);
      survive(path, lost);
    }
    expect(lost.entries).toBeGreaterThan(0);
  });

  it('a file of ours that SQLite gives up on is replaced when it is opened', () => {
    const path = filled();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 100, 4_096); // the header stays, the schema goes
    writeFileSync(path, bytes);
    using cache = sqliteCache({ path });
    expect(readAll(cache)).toBe(0);
    cache.set(keyOf(0), entryOf(0));
    expect(readAll(cache)).toBe(1);
  });

  it('a file that is damaged while it is open is replaced; the operation that met it is told', () => {
    const path = filled();
    using cache = sqliteCache({ path });
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4_096);
    writeFileSync(path, bytes);
    expect(() => cache.get(keyOf(0))).toThrow(FlowError);
    expect(cache.get(keyOf(0))).toBeUndefined();
    cache.set(keyOf(0), entryOf(0));
    expect(cache.get(keyOf(0))).toStrictEqual(entryOf(0));
    expect(cache.stats()).toMatchObject({ rebuilds: 1, size: 1 });
  });

  it('what another object has replaced is not replaced once more', () => {
    const path = filled();
    using one = sqliteCache({ path });
    using other = sqliteCache({ path });
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4_096);
    writeFileSync(path, bytes);
    expect(() => one.get(keyOf(0))).toThrow(FlowError);
    one.set(keyOf(0), entryOf(0));
    expect(() => other.get(keyOf(0))).toThrow(FlowError);
    expect(other.get(keyOf(0))).toStrictEqual(entryOf(0));
  });
});
