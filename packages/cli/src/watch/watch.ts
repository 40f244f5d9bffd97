/**
 * `run --watch`: each run is a process of its own, since a module that was loaded once is loaded for good.
 *
 * State: `#child` is the run at work; `#again` whether another has to follow, because something changed; `#isEnding` whether none may follow.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { shortName } from '../load/document.ts';
import { painter } from '../output/terminal.ts';
import { WatchedFiles } from './files.ts';
import { STOP, WATCHED } from './watched.ts';
import type { FileMessage } from './watched.ts';

/** Editors write in several steps. */
const DEBOUNCE_MS = 100;
/** How long a run that was told to stop may take. */
const GRACE_MS = 2000;

/** Ends by Ctrl-C, which is success, or with its only run where there is nothing to watch. Resolves to the exit code. */
export async function watch(): Promise<number> {
  const watching = new Watching(process.argv[1]!, process.argv.slice(2));
  const exitCode = await watching.ended;
  watching.close();
  return exitCode;
}

class Watching {
  readonly ended: Promise<number>;
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #files = new WatchedFiles((file) => this.#changed(file));
  readonly #paint = painter(process.stderr);
  #child: ChildProcess | undefined;
  #again = false;
  #isEnding = false;
  #timer: NodeJS.Timeout | undefined;
  #end!: (exitCode: number) => void;
  readonly #interrupt = (): void => this.#stop();

  constructor(program: string, args: readonly string[]) {
    this.#program = program;
    this.#args = args;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    process.on('SIGINT', this.#interrupt);
    process.on('SIGTERM', this.#interrupt);
    this.#start();
  }

  #start(): void {
    this.#again = false;
    const child = fork(this.#program, [...this.#args], { env: { ...process.env, [WATCHED]: '1' }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (message: FileMessage) => {
      for (const file of message.files) this.#files.add(file);
    });
    child.on('exit', (code) => {
      if (child.connected) child.once('disconnect', () => this.#ran(code)); // it may have named files that are still to be heard of
      else this.#ran(code);
    });
  }

  #ran(code: number | null): void {
    this.#child = undefined;
    if (this.#isEnding) this.#end(0);
    else if (this.#again) this.#start();
    else if (!this.#files.isWatching) this.#end(code ?? 1); // nothing could ever change
    else this.#say(`watching ${this.#files.size} ${this.#files.size === 1 ? 'file' : 'files'}; Ctrl-C ends`);
  }

  #changed(file: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#isEnding) return;
      this.#say(`${shortName(file)} changed`);
      this.#again = true;
      if (this.#child === undefined) this.#start();
      else this.#stopChild(this.#child);
    }, DEBOUNCE_MS);
  }

  #stop(): void {
    if (this.#isEnding) this.#child?.kill('SIGKILL');
    this.#isEnding = true;
    if (this.#child === undefined) this.#end(0);
    else this.#stopChild(this.#child);
  }

  #stopChild(child: ChildProcess): void {
    if (child.connected) child.send(STOP);
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    child.on('exit', () => clearTimeout(timer));
  }

  #say(text: string): void {
    process.stderr.write(`${this.#paint('dim', `[${text}]`)}\n`);
  }

  close(): void {
    clearTimeout(this.#timer);
    process.off('SIGINT', this.#interrupt);
    process.off('SIGTERM', this.#interrupt);
    this.#files.end();
  }
}
