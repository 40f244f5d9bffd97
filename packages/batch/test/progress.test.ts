import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { batchModel, mapFlow, onProgress, progressBar } from '@flowmodel/batch';
import { DefinitionRegistry, flowModel, FromContext } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

vi.setConfig({ testTimeout: 60_000 });

const program = fileURLToPath(new URL('programs/progress.ts', import.meta.url));
const command = [process.execPath, '--conditions=@flowmodel/source', program];
const golden = (name: string): string => fileURLToPath(new URL(`golden/${name}.txt`, import.meta.url));

const cell = flowModel({ name: 'cell', definitions: new DefinitionRegistry(), inputs: { n: FromContext(z.number()) } }, ({ n }) => {
  if (n === 1) throw new Error('one');
  return n;
})();
const items = (n: number): { n: number }[] => Array.from({ length: n }, (_, i) => ({ n: i }));

describe('events for programs', () => {
  test('progress events carry completed, total and failed', async () => {
    const seen: unknown[] = [];
    await mapFlow(cell, items(3), { concurrency: 1, observer: onProgress(({ model, completed, total, failed }) => seen.push([model, completed, total, failed])) });
    expect(seen).toEqual([['mapFlow', 0, 3, 0], ['mapFlow', 1, 3, 0], ['mapFlow', 2, 3, 1], ['mapFlow', 3, 3, 1]]);
  });

  test('nested batches tell each for themselves; spans tell them apart', async () => {
    const inner = batchModel({ name: 'inner', definitions: new DefinitionRegistry(), inputs: { user: FromContext(z.number()) }, item: z.object({ n: z.number() }), params: ({ user }) => items(user), each: cell });
    const ends = new Map<string, string>();
    await mapFlow(inner(), [{ user: 1 }, { user: 2 }], { observer: onProgress(({ spanId, model, completed, total }) => ends.set(spanId, `${model} ${completed}/${total}`)) });
    expect([...ends.values()].toSorted()).toEqual(['inner 1/1', 'inner 2/2', 'mapFlow 2/2']);
  });

  test('a callback that throws changes nothing', async () => {
    const { stats } = await mapFlow(cell, items(1), { observer: onProgress(() => { throw new Error('listener'); }) });
    expect(stats.ok).toBe(1);
  });
});

describe('options that are none are refused', () => {
  test.for([
    [{ steam: process.stderr }, "there is no option 'steam'. Did you mean 'stream'?"],
    [{ stream: 'stderr' }, 'expected \'stream\' to be a writable stream, got "stderr"'],
    [{ interval: -1 }, "expected 'interval' to be a number from 0 up, got -1"],
    [{ width: 2.5 }, "expected 'width' to be a whole number of characters from 1 up, got 2.5"],
    [{ width: Infinity }, "expected 'width' to be a whole number of characters from 1 up, got Infinity"],
    [{ clock: Date }, "'clock'"],
    [null, 'expected an options object, got null'],
  ] as const)('progressBar(%o)', ([options, message]) => {
    expect(() => progressBar(options as never)).toThrow(expect.objectContaining({ code: 'DEFINITION', message: expect.stringContaining(message) as string }) as Error);
  });

  test('onProgress expects a function', () => {
    expect(() => onProgress({} as never)).toThrow(expect.objectContaining({ code: 'DEFINITION', message: "onProgress: expected 'callback' to be a function, got {}." }) as Error);
  });
});

describe('for people', () => {
  test('on a terminal: a bar per batch, a finished one stays above', () => {
    const { stdout, status } = spawnSync('script', ['-qec', `stty cols 100 rows 24; ${command.join(' ')}`, '/dev/null'], { encoding: 'utf8' });
    expect(status).toBe(0);
    return expect(stdout.replaceAll('\r\n', '\n').replaceAll('\u001B', '␛')).toMatchFileSnapshot(golden('terminal'));
  });

  test('on a terminal the latest is drawn at the end of the interval, and nothing is left to draw at the end of the batch', async () => {
    const clock = virtualClock();
    const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns: 80, rows: 24 });
    const slow = flowModel({ name: 'slow', definitions: new DefinitionRegistry(), inputs: { n: FromContext(z.number()) } }, ({ n }) => new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), n < 2 ? 10 : 60_000)))();
    const run = mapFlow(slow, items(3), { observer: progressBar({ stream, clock, interval: 100 }), clock }).then((value) => value);
    await clock.advance(50);
    expect(stream.read()).not.toContain('2/3');
    await clock.advance(50);
    expect(stream.read()).toContain('2/3');
    await clock.advance(60_000);
    await run;
    expect(stream.read()).toContain('3/3');
    expect(clock.pending).toBe(0);
  });

  test('in a pipe: a line per tenth, and no control characters', async () => {
    const { stdout, stderr } = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).not.toContain('\u001B');
    await expect(stdout).toMatchFileSnapshot(golden('pipe'));
  });

  test('failures and cancelled batches are told', async () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    const clock = virtualClock();
    const observer = progressBar({ stream, clock });
    await mapFlow(cell, items(2), { observer, concurrency: 1, onError: 'fail', clock }).catch(() => {});
    const abort = new AbortController();
    const never = flowModel({ name: 'never', definitions: new DefinitionRegistry(), inputs: { n: FromContext(z.number()) } }, () => new Promise<void>(() => {}))();
    const cancelled = mapFlow(never, items(1), { observer, signal: abort.signal, clock }).catch(() => {});
    await clock.advance(65_000);
    abort.abort();
    await cancelled;
    expect(stream.read()).toBe('mapFlow: 0/2, 0%\nmapFlow: 1/2, 50%\nmapFlow: 1/2, 50%, failed after 0.0s\nmapFlow: 0/1, 0%\nmapFlow: 0/1, 0%, cancelled after 1m 05s\n');
  });

  test('a body that says how far it is, without a total', async () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    const counts = flowModel({ name: 'counts', definitions: new DefinitionRegistry(), inputs: {} }, (_, run) => {
      for (let i = 0; i <= 250; i++) run.progress({ completed: i });
    })();
    await counts.flow.compute({}, { observer: progressBar({ stream, clock: virtualClock() }) });
    expect(stream.read()).toBe('counts: 0\ncounts: 100\ncounts: 200\ncounts: 250, in 0.0s\n');
  });

  test('elsewhere only outermost batches have lines', async () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    const clock = virtualClock();
    const inner = batchModel({ name: 'inner', definitions: new DefinitionRegistry(), inputs: { user: FromContext(z.number()) }, item: z.object({ n: z.number() }), params: () => items(4).map(({ n }) => ({ n: n + 10 })), each: cell });
    await mapFlow(inner(), [{ user: 1 }, { user: 2 }], { observer: progressBar({ stream, clock }), concurrency: 1, clock });
    expect(stream.read()).toBe('mapFlow: 0/2, 0%\nmapFlow: 1/2, 50%\nmapFlow: 2/2, 100%, in 0.0s\n');
  });

  test('an empty batch is done at once', async () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    await mapFlow(cell, [], { observer: progressBar({ stream, clock: virtualClock() }) });
    expect(stream.read()).toBe('mapFlow: 0/0, 100%, in 0.0s\n');
  });
});
