/** One start of the command: its streams, what interrupts it, and the graph that it works on. */
import { Console } from 'node:console';
import { contextFor } from './context/context.ts';
import type { ReadContext } from './context/context.ts';
import { Given } from './context/given.ts';
import { Interruption } from './interruption.ts';
import { assigned, load } from './load/load.ts';
import type { Loaded } from './load/load.ts';
import type { ContextOptions, ImportOptions } from './options.ts';
import { failureText } from './output/failure.ts';
import { StatusLine } from './output/status-line.ts';
import { hasColours, painter, written } from './output/terminal.ts';
import type { Paint } from './output/terminal.ts';
import { Stall } from './stall.ts';
import { UsageError } from './usage-error.ts';
import { reportToWatcher } from './watch/watched.ts';

export interface Opened extends Loaded {
  readonly read: ReadContext;
}

export class Session {
  readonly line = new StatusLine(process.stderr);
  readonly paint: Paint = painter(process.stderr);
  readonly interruption = new Interruption();
  readonly stall = new Stall();
  /** Where in the graph an error arose, once something is loaded. */
  pathOf: ((error: unknown) => readonly string[] | undefined) | undefined;
  readonly #console = globalThis.console;
  readonly #clear = (): void => this.line.clear();

  constructor() {
    reportToWatcher(this.interruption);
    // What modules and bodies log is no result.
    const stderr = this.line.asStream();
    globalThis.console = new Console({ stdout: stderr, stderr, colorMode: hasColours(process.stderr) });
    process.on('uncaughtExceptionMonitor', this.#clear); // what is said of it then stands on a line of its own
  }

  /** Loads a model and reads a context for it; fields that nobody reads are warned of. */
  async open(target: string, pairs: readonly string[], options: ImportOptions & ContextOptions): Promise<Opened> {
    this.stall.waiting = () => `loading ${target}`;
    const { fields, layers } = assigned(target, pairs, options.config ?? []);
    const given = new Given(options.context ?? [], fields);
    const loaded = await load(target, { imports: options.import ?? [], layers, onWarning: (text) => this.warn(text) });
    this.pathOf = loaded.core.flowPathOf;
    const read = contextFor(loaded.model, given, loaded.core);
    for (const text of read.warnings) this.warn(text);
    return { ...loaded, read };
  }

  /** What the process should end with; what went wrong is said on stderr. */
  async exitCodeOf(work: () => Promise<number | void>): Promise<number> {
    try {
      return (await Promise.race([work(), this.stall.happened])) ?? 0;
    } catch (error) {
      const interrupted = this.interruption.exitCode;
      this.line.write(interrupted === undefined ? failureText(error, process.stderr, this.pathOf) : `${this.paint('yellow', 'cancelled')}\n`);
      return interrupted ?? (error instanceof UsageError ? 2 : 1);
    }
  }

  warn(text: string): void {
    this.line.write(`${this.paint('yellow', 'warning:')} ${text}\n`);
  }

  out(text: string): Promise<void> {
    this.line.clear();
    return written(process.stdout, text);
  }

  end(): void {
    this.line.clear();
    this.interruption.end();
    this.stall.end();
    process.off('uncaughtExceptionMonitor', this.#clear);
    globalThis.console = this.#console;
  }
}
