/** What a run is doing, on stderr: a live line on a terminal, else the lines that matter. */
import type { FlowEvent, NodeEndEvent } from '@flowmodel/core';
import type { StatusLine } from './status-line.ts';
import { printable } from './terminal.ts';
import type { Paint } from './terminal.ts';

export type Verbosity = 'quiet' | 'normal' | 'verbose';

const REDRAW_MS = 80;
const MARKS = { computed: '✓', cached: '•', failed: '✗', cancelled: '–' } as const;
const COLOURS = { computed: 'green', cached: 'blue', failed: 'red', cancelled: 'yellow' } as const;

export class Progress {
  readonly #line: StatusLine;
  readonly #paint: Paint;
  readonly #verbosity: Verbosity;
  /** Nodes that will run at most, lazy ones aside. */
  readonly #total: number;
  readonly #counts = { computed: 0, cached: 0, failed: 0, cancelled: 0 };
  /** The bodies at work: span → name. */
  readonly #running = new Map<string, string>();
  /** What was thrown and is no error → path of the node where it came up first. */
  readonly #failures = new Map<unknown, readonly string[]>();
  /** What a body last said of its own progress. */
  #said = '';
  #drawnAt = 0;
  #started = 0;
  #root: NodeEndEvent | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(line: StatusLine, paint: Paint, verbosity: Verbosity, total: number) {
    this.#line = line;
    this.#paint = paint;
    this.#verbosity = verbosity;
    this.#total = total;
  }

  /** How the root ended, as observers are told: secrets are masked. */
  get root(): NodeEndEvent | undefined {
    return this.#root;
  }

  /** Where something thrown came up first: a text or a number carries no path. */
  pathOf(thrown: unknown): readonly string[] | undefined {
    return this.#failures.get(thrown);
  }

  /** Whether any body was called. */
  get hasStarted(): boolean {
    return this.#started > 0;
  }

  /** The models whose bodies are at work: `load, sum, mean and 4 more`. */
  get running(): string {
    const names = [...new Set(this.#running.values())];
    return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
  }

  readonly observer = (event: FlowEvent): void => {
    switch (event.type) {
      case 'node:start':
        this.#started += 1;
        this.#running.set(event.spanId, event.model);
        break;
      case 'node:end':
        this.#running.delete(event.spanId);
        this.#counts[event.status] += 1;
        if (event.status === 'failed' && !(event.error instanceof Error) && !this.#failures.has(event.error)) this.#failures.set(event.error, event.path);
        if (event.path.length === 1) this.#root = event;
        if (this.#verbosity === 'verbose') this.#say(this.#nodeText(event));
        break;
      case 'retry':
        if (this.#verbosity !== 'quiet') this.#say(`${this.#paint('yellow', 'retry')} ${event.path.join('.')}: attempt ${event.attempt} failed${event.delayMs > 0 ? `, the next in ${timeText(event.delayMs)}` : ''}: ${errorLine(event.error)}`);
        break;
      case 'progress':
        this.#said = `${event.model} ${event.completed}${event.total === undefined ? '' : `/${event.total}`}${event.message === undefined ? '' : ` ${event.message}`}`;
        if (this.#verbosity === 'verbose') this.#say(this.#said);
        break;
      case 'warning':
        if (this.#verbosity !== 'quiet') this.#say(`${this.#paint('yellow', 'warning')} ${event.path.join('.')}: ${event.message}`);
        break;
      case 'run:start':
      case 'run:end':
        break;
    }
    this.#draw();
  };

  start(): void {
    if (this.#verbosity === 'quiet' || !this.#line.isLive) return;
    this.#drawnAt = performance.now(); // what is done at once needs no line
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  /** Takes the live line away, and says what was done where somebody looks on. */
  end(durationMs: number): void {
    clearInterval(this.#timer);
    this.#line.clear();
    if (this.#verbosity === 'verbose' || (this.#verbosity === 'normal' && this.#line.isLive)) this.#say(this.#paint('dim', `${this.#countsText()} in ${timeText(durationMs)}`));
  }

  #draw(): void {
    if (this.#verbosity === 'quiet' || !this.#line.isLive || performance.now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = performance.now();
    const running = this.#running.size === 0 ? '' : `: ${this.running}`;
    const done = this.#counts.computed + this.#counts.cached;
    const isPlanned = done + this.#running.size <= this.#total; // bodies ask for more than the graph has: nobody knows how much
    this.#line.show(this.#paint('dim', printable(`${done}${isPlanned ? ` of ${this.#total}` : ''} done, ${this.#running.size} running${running}${this.#said === '' ? '' : ` · ${this.#said}`}`)));
  }

  #nodeText({ status, path, durationMs, error }: NodeEndEvent): string {
    const took = status === 'computed' || status === 'failed' ? ` ${this.#paint('dim', timeText(durationMs))}` : '';
    return `${this.#paint(COLOURS[status], `${MARKS[status]} ${status.padEnd(9)}`)} ${path.join('.')}${took}${status === 'failed' ? `: ${errorLine(error)}` : ''}`;
  }

  #countsText(): string {
    const parts = Object.entries(this.#counts).filter(([, count]) => count > 0).map(([status, count]) => `${count} ${status}`);
    return parts.length === 0 ? 'nothing ran' : parts.join(', ');
  }

  #say(text: string): void {
    this.#line.write(`${text}\n`);
  }
}

const errorLine = (error: unknown): string => printable((error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')[0]!).slice(0, 200);

/** `12 ms`, `3.4 s`, `2 min 5 s` */
export function timeText(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
