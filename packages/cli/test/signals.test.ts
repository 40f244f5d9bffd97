/** Ctrl-C, readers that leave, and watching. */
import { spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Interruption } from '../src/interruption.ts';
import { command, Folder, modules, quoted, start, startInTerminal } from './command.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A started command, with what it has said so far. */
class Started {
  readonly process: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  readonly #isTerminal: boolean;
  #read = 0;
  #listeners: (() => void)[] = [];
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  constructor(args: readonly string[], cwd = modules, isTerminal = false) {
    this.process = isTerminal ? startInTerminal(args, { cwd }) : start(args, { cwd });
    this.#isTerminal = isTerminal;
    const heard = (): void => {
      for (const listener of this.#listeners) listener();
    };
    this.process.stdout.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
      heard();
    });
    this.process.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
      heard();
    });
    this.ended = new Promise((resolve) => {
      this.process.on('close', (code, signal) => {
        resolve({ code, signal });
        heard();
      });
    });
  }

  /** Waits until a text stands on stderr (on the screen of a terminal), after the last one that was waited for. */
  async says(text: string): Promise<void> {
    for (;;) {
      const at = (this.#isTerminal ? this.stdout : this.stderr).indexOf(text, this.#read);
      if (at >= 0) {
        this.#read = at + text.length;
        return;
      }
      if (this.process.exitCode !== null) throw new Error(`it ended without saying '${text}':\n${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#listeners = [resolve];
      });
    }
  }
}

const running: Started[] = [];
afterEach(() => {
  for (const { process } of running.splice(0)) process.kill('SIGKILL');
});
function started(args: readonly string[], cwd?: string, isTerminal?: boolean): Started {
  const one = new Started(args, cwd, isTerminal);
  running.push(one);
  return one;
}

describe('a signal', () => {
  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s cancels the run: bodies are told, nothing is printed, exit code %i', async ([signal, code]) => {
    const run = started(['run', 'behaviour.ts#endless']);
    await run.says('started');
    run.process.kill(signal);
    expect(await run.ended).toEqual({ code, signal: null });
    expect(run.stdout).toBe('');
    expect(run.stderr).toBe('started\ncleaned up\ncancelled\n');
  });

  test('ends a synchronous run at once, which nothing else could', async () => {
    const run = started(['run', 'behaviour.ts#blocking', '--sync']);
    await run.says('blocking');
    run.process.kill('SIGINT');
    expect(await run.ended).toEqual({ code: null, signal: 'SIGINT' });
  });

  test('before anything runs ends the command', async () => {
    const folder = new Folder({ 'slow.ts': "console.log('loading');\nsetInterval(() => {}, 1000);\nawait new Promise(() => {});" });
    const run = started(['run', 'slow.ts'], folder.path);
    await run.says('loading');
    run.process.kill('SIGINT');
    expect(await run.ended).toEqual({ code: 130, signal: null });
    folder.remove();
  });
});

test('a second signal does not wait for what the first one cancels', () => {
  const before = new Set(process.listeners('SIGINT'));
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as never);
  const interruption = new Interruption();
  try {
    const receive = process.listeners('SIGINT').find((listener) => !before.has(listener));
    const signal = interruption.arm();
    receive!('SIGINT');
    expect([signal.aborted, interruption.exitCode, exit.mock.calls]).toEqual([true, 130, []]);
    receive!('SIGINT');
    expect(exit.mock.calls).toEqual([[130]]);
  } finally {
    interruption.end();
    exit.mockRestore();
  }
  expect(process.listeners('SIGINT').filter((listener) => !before.has(listener))).toEqual([]);
});

describe('in a terminal', () => {
  const CTRL_C = '\u0003';

  test('a live line shows what is running, logs stand above it, and Ctrl-C cancels', async () => {
    const run = started(['run', 'behaviour.ts#endless'], modules, true);
    await run.says('started');
    await run.says('0 of 1 done, 1 running: endless');
    run.process.stdin.write(CTRL_C);
    expect((await run.ended).code).toBe(130);
    expect(run.stdout).toMatch(/cleaned up\r\n.*cancelled/s);
  });

  test('the live line counts what bodies ask for, too, and promises no total then', async () => {
    const run = started(['run', 'behaviour.ts#nested'], modules, true);
    await run.says('0 done, 4 running: nested, item');
    run.process.stdin.write(CTRL_C);
    expect((await run.ended).code).toBe(130);
  });

  test('Ctrl-C ends --watch with 0, also while a run is at work', async () => {
    const idle = started(['run', 'behaviour.ts#lazy', 'depth=1', '--watch'], modules, true);
    await idle.says('Ctrl-C ends]');
    idle.process.stdin.write(CTRL_C);
    expect((await idle.ended).code).toBe(0);
    const busy = started(['run', 'behaviour.ts#endless', '--watch'], modules, true);
    await busy.says('started');
    busy.process.stdin.write(CTRL_C);
    expect((await busy.ended).code).toBe(0);
    expect(busy.stdout).toContain('cleaned up');
  });
});

describe('a reader that leaves', () => {
  test.for([
    ['graph', 'visitors.ts#delta', '--format', 'json'],
    ['run', 'types.ts#read.anything', `anything=[${'"a long text",'.repeat(5000)}1]`],
  ])('%s ends quietly', (args) => {
    const { stdout, stderr } = spawnSync('bash', ['-c', `${quoted([...command, ...args])} | head -c 1`], { cwd: modules, encoding: 'utf8' });
    expect(stdout).toHaveLength(1);
    expect(stderr).toBe('');
  });
});

test('a run whose log nobody reads any more ends', () => {
  const { stdout } = spawnSync('bash', ['-c', `${quoted([...command, 'run', 'behaviour.ts#ticking'])} 2>&1 | head -1`], { cwd: modules, encoding: 'utf8' });
  expect(stdout).toBe('tick\n');
});

test.runIf(existsSync('/dev/full')).for([['graph', 'visitors.ts#delta'], ['run', '--help']])('output that cannot be written is a failure that is told: %o', (args) => {
  const { status, stderr } = spawnSync('bash', ['-c', `${quoted([...command, ...args])} > /dev/full`], { cwd: modules, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 1, stderr: 'error: the output cannot be written: ENOSPC: no space left on device, write\n' });
});

describe('run --watch', () => {
  const head = "import { flowModel } from '@flowmodel/core';\n";
  const entry = `${head}import { text } from './text.ts';\nexport const delta = flowModel({ name: 'delta', inputs: {} }, () => text)();`;

  test('runs again when the module or one of its imports changes, with the same context; Ctrl-C ends it with 0', async () => {
    const folder = new Folder({ 'entry.ts': entry, 'text.ts': "export const text = 'first';" });
    const watch = started(['run', 'entry.ts', '--watch'], folder.path);
    await watch.says('; Ctrl-C ends]');
    expect(watch.stdout).toBe('first\n');

    folder.write('text.ts', "export const text = 'second';");
    await watch.says('[text.ts changed]');
    await watch.says('[watching');
    expect(watch.stdout).toBe('first\nsecond\n');

    folder.write('new.ts', entry.replace('=> text', '=> `${text}, from the new entry`')); // as editors save
    renameSync(join(folder.path, 'new.ts'), join(folder.path, 'entry.ts'));
    await watch.says('[entry.ts changed]');
    await watch.says('[watching');
    expect(watch.stdout).toBe('first\nsecond\nsecond, from the new entry\n');

    watch.process.kill('SIGINT');
    expect(await watch.ended).toEqual({ code: 0, signal: null });
    folder.remove();
  });

  test('packages are not watched', async () => {
    const folder = new Folder({ 'entry.ts': `${head}import { five } from './vendor/node_modules/five/index.js';\nexport default flowModel({ name: 'n', inputs: {} }, () => five)();`, 'vendor/node_modules/five/index.js': 'export const five = 5;' });
    const watch = started(['run', 'entry.ts', '--watch'], folder.path);
    await watch.says('[watching 1 file; Ctrl-C ends]');
    watch.process.kill('SIGINT');
    expect(await watch.ended).toEqual({ code: 0, signal: null });
    expect(watch.stdout).toBe('5\n');
    folder.remove();
  });

  test('-w may stand among other short options', async () => {
    const watch = started(['run', 'behaviour.ts#lazy', 'depth=1', '-qw']);
    await watch.says('; Ctrl-C ends]');
    expect(watch.stdout).toBe('0\n');
    watch.process.kill('SIGINT');
    expect(await watch.ended).toEqual({ code: 0, signal: null });
    expect(watch.stderr.match(/Ctrl-C ends/g)).toHaveLength(1); // and no watcher watches a watcher
  });

  test('a module that does not load, or is not there, is waited for', async () => {
    const folder = new Folder({ 'entry.ts': entry });
    const watch = started(['run', 'entry.ts', '--watch'], folder.path);
    await watch.says('does not load');
    await watch.says('[watching');
    folder.write('text.ts', 'export const text = ;');
    await watch.says('[text.ts changed]');
    await watch.says('It is not valid TypeScript');
    await watch.says('[watching');
    folder.write('text.ts', "export const text = 'at last';");
    await watch.says('[watching');
    expect(watch.stdout).toBe('at last\n');
    watch.process.kill('SIGINT');
    expect(await watch.ended).toEqual({ code: 0, signal: null });
    folder.remove();
  });

  test('so is a module, or a file of the context, that is not there yet', async () => {
    const folder = new Folder();
    const watch = started(['run', 'entry.ts', '--context', 'context.yaml', '--watch'], folder.path);
    await watch.says("There is no file 'entry.ts'");
    await watch.says('[watching');
    folder.write('entry.ts', `import { flowModel, FromContext } from '@flowmodel/core';\nimport { z } from 'zod';\nexport default flowModel({ name: 'n', inputs: { n: FromContext(z.number()) } }, ({ n }) => n * 2)();`);
    await watch.says("The context 'context.yaml' cannot be read");
    await watch.says('[watching');
    folder.write('context.yaml', 'n: 21\n');
    await watch.says('[watching');
    expect(watch.stdout).toBe('42\n');
    watch.process.kill('SIGINT');
    expect(await watch.ended).toEqual({ code: 0, signal: null });
    folder.remove();
  });

  test('where nothing could ever change it ends as the run did', async () => {
    const watch = started(['run', 'nowhere/entry.ts', '--watch']);
    expect(await watch.ended).toEqual({ code: 2, signal: null });
    expect(watch.stderr).toBe("error: There is no file 'nowhere/entry.ts'. Give a module and, after '#', the name of its export: pipeline.ts#delta.\n");
  });

  test('a file of the context counts, too', async () => {
    const folder = new Folder({
      'entry.ts': `import { flowModel, FromContext } from '@flowmodel/core';\nimport { z } from 'zod';\nexport default flowModel({ name: 'n', inputs: { n: FromContext(z.number()) } }, ({ n }) => n * 2)();`,
      'context.yaml': 'n: 1\n',
    });
    const watch = started(['run', 'entry.ts', '--context', 'context.yaml', '--watch'], folder.path);
    await watch.says('[watching');
    folder.write('context.yaml', 'n: 21\n');
    await watch.says('[context.yaml changed]');
    await watch.says('[watching');
    expect(watch.stdout).toBe('2\n42\n');
    watch.process.kill('SIGINT');
    expect((await watch.ended).code).toBe(0);
    folder.remove();
  });

  test('a run that is still at work is stopped for the next one', async () => {
    const endless = `import { flowModel } from '@flowmodel/core';\nexport default flowModel({ name: 'endless', inputs: {} }, (_, run) => { console.log('started'); setInterval(() => {}, 1000); return new Promise((_, reject) => run.signal.addEventListener('abort', () => { console.log('stopped'); reject(run.signal.reason); })); })();`;
    const folder = new Folder({ 'entry.ts': endless });
    const watch = started(['run', 'entry.ts', '--watch'], folder.path);
    await watch.says('started');
    folder.write('entry.ts', `${head}export default flowModel({ name: 'quick', inputs: {} }, () => 'done')();`);
    await watch.says('stopped');
    await watch.says('[watching');
    expect(watch.stdout).toBe('done\n');
    watch.process.kill('SIGINT');
    expect((await watch.ended).code).toBe(0);
    folder.remove();
  });
});
