/** Starts the command for tests: through pipes, or in a terminal of its own. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const cli = fileURLToPath(new URL('..', import.meta.url));
export const modules = join(cli, 'test', 'modules');
export const workspace = join(cli, '..', '..');
/** The sources, whether or not they are built. */
export const command = [process.execPath, '--conditions=@flowmodel/source', join(cli, 'src', 'bin.ts')] as const;

export interface Where {
  /** The folder it runs in; that of the test modules by default. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const plainEnv = (env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({ ...process.env, CI: undefined, FORCE_COLOR: undefined, NO_COLOR: undefined, NODE_OPTIONS: undefined, NODE_COMPILE_CACHE: join(cli, 'node_modules', '.cache', 'compiled'), TERM: 'xterm-256color', ...env }); // types are stripped once

export function flowmodel(args: readonly string[], { cwd = modules, env }: Where = {}): Outcome {
  const [program, ...first] = command;
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args], { cwd, encoding: 'utf8', env: plainEnv(env) });
  return { status, stdout, stderr };
}

/** Asynchronously, for tests that talk to it. */
export function start(args: readonly string[], { cwd = modules, env }: Where = {}): ChildProcessWithoutNullStreams {
  const [program, ...first] = command;
  return spawn(program, [...first, ...args], { cwd, env: plainEnv(env) });
}

/** The same in a terminal, whose keyboard is stdin. */
export function startInTerminal(args: readonly string[], { cwd = modules, env }: Where = {}): ChildProcessWithoutNullStreams {
  return spawn('script', ['-qec', `stty cols 100 rows 40; exec ${quoted([...command, ...args])}`, '/dev/null'], { cwd, env: plainEnv(env) });
}

export const quoted = (words: readonly string[]): string => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');

const drawnOver = /[^\n]*\r\u001B\[2K/g; // oxlint-disable-line no-control-regex -- that is how a line is erased

/** In a terminal of 100 columns; what it shows at the end, colours and all. Lines that were drawn over are gone, and times are `…`. */
export function terminal(args: readonly string[], { cwd = modules, env }: Where = {}): { readonly status: number | null; readonly screen: string } {
  const { status, stdout } = spawnSync('script', ['-qec', `stty cols 100 rows 40; ${quoted([...command, ...args])}`, '/dev/null'], { cwd, encoding: 'utf8', env: plainEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
  return { status, screen: withoutTimes(stdout.replaceAll('\r\n', '\n').replaceAll(drawnOver, '')) };
}

// oxlint-disable-next-line no-control-regex -- where a colour ends
export const withoutTimes = (text: string): string => text.replaceAll(/(?<![\d.])\d+(\.\d+)? (ms|s)\b/g, '… ms').replaceAll(/(?<![0-9a-z-])[0-9a-f]{12}(?![0-9a-z-])|(?<=\[90m)[0-9a-f]{12}(?=\u001B)/g, '(key)');

/** Visible escapes, for golden files. */
export const visible = (text: string): string => text.replaceAll('\u001B', '␛');

/** A folder with files, in which packages resolve as in this one. */
export class Folder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'flowmodel-cli-')));

  constructor(files: Readonly<Record<string, string>> = {}) {
    symlinkSync(join(cli, 'node_modules'), join(this.path, 'node_modules'));
    writeFileSync(join(this.path, 'package.json'), '{ "type": "module" }');
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.path, name)), { recursive: true });
    writeFileSync(join(this.path, name), text);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
