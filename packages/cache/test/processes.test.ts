// packages.md, @flowmodel/cache: a crash at any write leaves a usable cache; several processes may share one file; a full disk costs entries only.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as after } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cacheRules, sqliteCache } from '@flowmodel/cache';
import { file, folder } from './folder.ts';
import { random } from './random.ts';
import { entryOf, keyOf } from './truth.ts';

const KEYS = Array.from({ length: 300 }, (_, i) => keyOf(i));

/** The child as one file, so that it starts fast. */
const built = mkdtempSync(join(tmpdir(), 'flowmodel-cache-child-'));
const child = join(built, 'child.cjs');
beforeAll(async () => {
  await build({ entryPoints: [join(import.meta.dirname, 'processes', 'child.ts')], outfile: child, bundle: true, platform: 'node', format: 'cjs', conditions: ['@flowmodel/source'], logLevel: 'error' });
}, 60_000);
afterAll(() => rmSync(built, { recursive: true }));

const ENV = { ...process.env, NODE_NO_WARNINGS: '1' };

/** Opens what a crash has left: every value is right, and the file is sound. */
function verify(path: string): number {
  let hits = 0;
  {
    using cache = sqliteCache({ path });
    for (const [i, entry] of cache.getMany(KEYS).entries()) {
      if (entry === undefined) continue;
      expect(entry).toStrictEqual(entryOf(i));
      hits++;
    }
    expect(cache.stats()).toMatchObject({ garbled: 0, rebuilds: 0, size: hits });
    cache.set('after', { value: hits });
    expect(cache.get('after')).toStrictEqual({ value: hits });
    cache.delete('after');
  }
  const database = new DatabaseSync(path, { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(database.prepare('SELECT entries, bytes FROM about').get()).toEqual(database.prepare('SELECT count(*) AS entries, coalesce(sum(size), 0) AS bytes FROM entries').get());
  database.close();
  return hits;
}

it('a process that is killed while it writes, 200 times, leaves a file that can be used', { timeout: 180_000 }, async () => {
  const PER_FILE = 10;
  const seen = { kills: 0, atOpening: 0, hits: 0 };
  async function kill(path: string, next: () => number, n: number): Promise<void> {
    const writer = spawn(process.execPath, [child, 'write', path, String(n * 37)], { stdio: ['ignore', 'pipe', 'inherit'], env: ENV });
    const gone = once(writer, 'exit');
    const isAtOpening = n % 5 === 0; // some die before they have opened the file, or while they do
    if (isAtOpening) await Promise.race([after(40 + 60 * next()), once(writer.stdout, 'data')]);
    else await once(writer.stdout, 'data');
    await after(12 * next());
    writer.kill('SIGKILL');
    expect(await gone).toEqual([null, 'SIGKILL']);
    seen.kills++;
    seen.hits += verify(path);
  }
  const lane = async (seed: number): Promise<void> => {
    const next = random(seed);
    for (let files = 0; files < 10; files++) {
      const path = join(folders[seed]!, `${files}.sqlite`);
      for (let n = 0; n < PER_FILE; n++) await kill(path, next, n);
    }
  };
  const folders = [folder(), folder()];
  await Promise.all([lane(0), lane(1)]);
  expect(seen.kills).toBe(200);
  expect(seen.hits).toBeGreaterThan(1_000); // they did write
});

it('processes that share a file read right values only, and none is locked out', { timeout: 60_000 }, async () => {
  const path = file();
  const run = async (seed: number): Promise<{ hits: number; wrong: number; errors: string[] }> => {
    const sharer = spawn(process.execPath, [child, 'share', path, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'], env: ENV });
    let output = '';
    sharer.stdout.on('data', (part: Buffer) => void (output += part.toString()));
    const [code] = (await once(sharer, 'close')) as [number];
    expect(code).toBe(0);
    return JSON.parse(output) as Awaited<ReturnType<typeof run>>;
  };
  for (const found of await Promise.all([run(1), run(2), run(3)])) {
    expect(found).toMatchObject({ wrong: 0, errors: [] });
    expect(found.hits).toBeGreaterThan(100);
  }
  verify(path);
});

/** Fills a cache where there is little room. Yields what the process has found, and the cache's path. */
function fill(prefix: string, path: string): { stored: number; hits: number; wrong: number; error: string; code: string } {
  const { stdout, stderr, status } = spawnSync('sh', ['-c', `${prefix} exec "$0" "$1" fill "$2" 0`, process.execPath, child, path], { encoding: 'utf8', env: ENV });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as ReturnType<typeof fill>;
}

it('where a file may not grow, set is a CACHE error and what was stored can be read', { timeout: 60_000 }, () => {
  const path = file();
  const found = fill('ulimit -f 1000;', path); // blocks of 512 bytes
  expect(found).toMatchObject({ code: 'CACHE', wrong: 0 });
  expect(found.hits).toBe(found.stored);
  expect(found.stored).toBeGreaterThan(20);
  expect(statSync(path).size).toBeLessThan(1_000 * 512 + 1);
  using cache = sqliteCache({ path }); // and there is room again
  cache.set('after', { value: 1 });
  expect(cache.get('after')).toStrictEqual({ value: 1 });
});

it('the oldest Node that is supported keeps every rule', { timeout: 60_000 }, () => {
  const node = createRequire(import.meta.url).resolve('nodejs-22/bin/node');
  const { stdout, stderr } = spawnSync(node, [child, 'conform', file(), '0'], { encoding: 'utf8', env: ENV });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ version: 'v22.18.0', files: cacheRules.length - 1 }); // every rule but the one about ending has a cache of its own
});

const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0;

it.runIf(mayMount)('on a full disk, set is a CACHE error and what was stored can be read', { timeout: 60_000 }, () => {
  const disk = folder();
  const path = join(disk, 'cache.sqlite');
  // A disk of its own, gone with the process.
  const { stdout, stderr, status } = spawnSync('unshare', ['-m', 'sh', '-c', `mount -t tmpfs -o size=600k tmpfs "${disk}" && exec "$0" "$1" fill "$2" 0`, process.execPath, child, path], { encoding: 'utf8', env: ENV });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const found = JSON.parse(stdout) as ReturnType<typeof fill>;
  expect(found).toMatchObject({ code: 'CACHE', wrong: 0 });
  expect(found.error).toContain('full');
  expect(found.hits).toBe(found.stored);
  expect(found.stored).toBeGreaterThan(20);
});
