/**
 * Progress for people: bars on a terminal, lines elsewhere. Drawn when something happens, at most once in an interval; the latest is drawn at the interval's end, by a
 * timer that keeps no process alive. The terminal itself is log-update's business: cursor, width, height, what stands above.
 */
import type { Clock, FlowEvent, NodeStatus } from '@flowmodel/core';
import { assertKnown, assertNumber, show } from '@flowmodel/core/extending';
import { createLogUpdate } from 'log-update';
import { systemClock } from '../limit/clock.ts';
import { assertClock, problem } from '../limit/options.ts';
import { barLine, plainLine } from './text.ts';
import type { Standing } from './text.ts';

export interface ProgressBarOptions {
  /** Default `process.stderr`, so that results can be piped. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined } | undefined;
  /** Bars are drawn anew at most once in so many milliseconds. Default 100. */
  readonly interval?: number | undefined;
  /** How many characters a bar has. Default 20. */
  readonly width?: number | undefined;
  /** The system's by default; give the run's own where it has one. */
  readonly clock?: Clock | undefined;
}

const OPTIONS = ['stream', 'interval', 'width', 'clock'] as const;

interface Item {
  readonly runId: string;
  readonly path: readonly string[];
  readonly startedAt: number;
  standing: Standing;
  /** Of ten, how many were told of in lines. */
  told: number;
}

/**
 * An observer that shows how far batches have come: rate, time left, failures. One observer serves several runs at once. On a terminal each batch has a bar, nested ones while they last; elsewhere
 * outermost batches have a line at every tenth.
 *
 * Throws DEFINITION for what are no options.
 *
 * @example
 * ```ts
 * const square = flowModel({ name: 'square', inputs: { n: FromContext(z.number()) } }, ({ n }) => n * n);
 * await mapFlow(square(), [{ n: 1 }, { n: 2 }], { observer: progressBar() }); // on stderr: mapFlow: 2/2, 100%, …
 * ```
 */
export function progressBar(options: ProgressBarOptions = {}): (event: FlowEvent) => void {
  assertKnown('progressBar', options, OPTIONS);
  const { stream = process.stderr, interval = 100, width = 20, clock = systemClock } = options;
  if (typeof (stream as Partial<typeof stream> | null)?.write !== 'function') throw problem('progressBar', `expected 'stream' to be a writable stream, got ${show(stream)}`);
  assertNumber('progressBar', 'interval', interval, 0);
  if (!(Number.isSafeInteger(width) && width > 0)) throw problem('progressBar', `expected 'width' to be a whole number of characters from 1 up, got ${show(width)}`);
  assertClock('progressBar', clock);
  const items = new Map<string, Item>();
  const screen = stream.isTTY === true ? new Screen(stream, width) : new Lines(stream);
  let drawnAt = -Infinity;
  const isNested = ({ runId, path }: Item): boolean =>
    [...items.values()].some((other) => other.runId === runId && other.path.length < path.length && other.path.every((part, i) => part === path[i]));
  let later: unknown;
  const drawNow = (item: Item): void => {
    settle();
    drawnAt = clock.now();
    screen.draw(items, item);
  };
  const settle = (): void => {
    if (later !== undefined) clock.clearTimeout(later);
    later = undefined;
  };
  const draw = (item: Item, isUrgent: boolean): void => {
    const wait = drawnAt + interval - clock.now();
    if (!screen.isThrottled || isUrgent || wait <= 0) return drawNow(item);
    if (later !== undefined) return;
    later = clock.setTimeout(() => drawNow(item), wait);
    (later as Partial<NodeJS.Timeout> | null)?.unref?.();
  };
  return (event) => {
    if (event.type === 'progress') {
      let item = items.get(event.spanId);
      const isNew = item === undefined;
      item ??= { runId: event.runId, path: [...event.path], startedAt: clock.now(), standing: NOTHING, told: -1 };
      items.set(event.spanId, item);
      item.standing = { label: event.model, completed: event.completed, total: event.total, failed: event.failed ?? 0, elapsed: clock.now() - item.startedAt, end: undefined };
      if (screen.isThrottled || !isNested(item)) draw(item, isNew);
    } else if (event.type === 'node:end') {
      const item = items.get(event.spanId);
      if (item === undefined) return;
      item.standing = { ...item.standing, elapsed: clock.now() - item.startedAt, end: ENDS[event.status] };
      const wasNested = isNested(item);
      items.delete(event.spanId);
      if (items.size === 0) settle();
      if (!wasNested) screen.keep(item, items);
    }
  };
}

const NOTHING: Standing = { label: '', completed: 0, total: undefined, failed: 0, elapsed: 0, end: undefined };
const ENDS: Readonly<Record<NodeStatus, NonNullable<Standing['end']>>> = { computed: 'done', cached: 'done', failed: 'failed', cancelled: 'cancelled' };

type Items = ReadonlyMap<string, Item>;

/** One line for each of a batch's tenths. */
class Lines {
  readonly isThrottled = false;
  readonly #stream: NodeJS.WritableStream;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  draw(_: Items, item: Item): void {
    const { completed, total } = item.standing;
    if (completed === total) return; // its end will tell
    const tenth = total === undefined ? Math.floor(completed / 100) : Math.floor((completed / total) * 10);
    if (tenth <= item.told) return;
    item.told = tenth;
    this.keep(item);
  }

  keep({ standing }: Item): void {
    this.#stream.write(`${plainLine(standing)}\n`);
  }
}

/** Bars at the end of what a terminal shows; a finished one stays above those that are under way. */
class Screen {
  readonly isThrottled = true;
  readonly #log: ReturnType<typeof createLogUpdate>;
  readonly #width: number;

  constructor(stream: NodeJS.WritableStream, width: number) {
    this.#log = createLogUpdate(stream);
    this.#width = width;
  }

  draw(items: Items): void {
    const shown = [...items.values()].map(({ standing }) => standing);
    const labels = Math.max(0, ...shown.map(({ label }) => label.length));
    this.#log(shown.map((standing) => barLine(standing, labels, this.#width)).join('\n'));
  }

  keep({ standing }: Item, items: Items): void {
    this.#log(barLine(standing, standing.label.length, this.#width));
    this.#log.done();
    if (items.size > 0) this.draw(items);
  }
}
