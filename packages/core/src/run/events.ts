/** What a run tells an observer. Without an observer none of this is made. */
import type { Clock } from './clock.ts';

/** What every event has. `path` leads from the root down to the model, through its first consumer. */
interface EventBase {
  readonly runId: string;
  /** The evaluation that the event is about; for `run:start` and `run:end` the run as a whole. */
  readonly spanId: string;
  /** The span that asked for it: the run, or the body that called `run.compute`. Undefined for the run itself. */
  readonly parentSpanId: string | undefined;
  readonly path: readonly string[];
  /** The model's name. */
  readonly model: string;
}

/** How an evaluation ended. `cached`: its value came from the cache, or from another run that was at it. */
export type NodeStatus = 'computed' | 'cached' | 'failed' | 'cancelled';

export interface RunStartEvent extends EventBase {
  readonly type: 'run:start';
  /** The given context fields; secrets are masked. */
  readonly context: Readonly<Record<string, unknown>>;
}

export interface NodeStartEvent extends EventBase {
  readonly type: 'node:start';
  /** What the body receives; secrets are masked. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface NodeEndEvent extends EventBase {
  readonly type: 'node:end';
  readonly status: NodeStatus;
  readonly durationMs: number;
  /** How often the body was called; 0 where it was not. */
  readonly attempts: number;
  /** The cache key, in a run with a cache. */
  readonly key: string | undefined;
  /** The unwrapped value; secrets are masked. */
  readonly value: unknown;
  readonly error: unknown;
}

export interface RetryEvent extends EventBase {
  readonly type: 'retry';
  /** The attempt that failed, from 1 up. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

export interface ProgressEvent extends EventBase {
  readonly type: 'progress';
  readonly completed: number;
  readonly total: number | undefined;
  readonly failed: number | undefined;
  readonly message: string | undefined;
}

export interface WarningEvent extends EventBase {
  readonly type: 'warning';
  readonly code: string;
  readonly message: string;
  readonly error: unknown;
}

export interface RunEndEvent extends EventBase {
  readonly type: 'run:end';
  readonly status: NodeStatus;
  readonly durationMs: number;
  readonly error: unknown;
}

export type FlowEvent = RunStartEvent | NodeStartEvent | NodeEndEvent | RetryEvent | ProgressEvent | WarningEvent | RunEndEvent;

/**
 * Hears what runs do: a function, or an object with one method per event type. What it throws is ignored: an observer never changes a result.
 *
 * @example
 * ```ts
 * const square = flowModel({ name: 'square', inputs: { n: z.number() } }, ({ n }) => n * n);
 * await square({ n: 3 }).flow.compute({}, { observer: { 'node:end': (event) => console.log(event.model, event.status, event.value) } }); // square computed 9
 * ```
 */
export type Observer = ((event: FlowEvent) => void) | { readonly [Type in FlowEvent['type']]?: (event: Extract<FlowEvent, { type: Type }>) => void };

/** What an event says beside who and where. */
type Said<E> = E extends FlowEvent ? Omit<E, keyof EventBase> : never;
export type EventBody = Said<FlowEvent>;

/** Who an event is about. */
export interface Subject {
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly model: string;
  readonly path: () => readonly string[];
}

let runs = 0;
const process = Math.floor(Math.random() * 0x1_0000_0000).toString(16).padStart(8, '0');

/** Sends a run's events. */
export class Emitter {
  readonly runId = `${process}-${(++runs).toString(36)}`;
  readonly clock: Clock;
  readonly #observer: Observer;
  #spans = 0;

  constructor(observer: Observer, clock: Clock) {
    this.#observer = observer;
    this.clock = clock;
  }

  newSpan(): string {
    return `${this.runId}.${++this.#spans}`;
  }

  emit({ spanId, parentSpanId, model, path }: Subject, body: EventBody): void {
    const observer = this.#observer;
    const listener = typeof observer === 'function' ? observer : (observer as Record<string, ((event: FlowEvent) => void) | undefined>)[body.type];
    if (listener === undefined) return;
    let known: readonly string[] | undefined;
    const event = {
      ...body,
      runId: this.runId,
      spanId,
      parentSpanId,
      model,
      // Long in deep graphs, and few look at it.
      get path(): readonly string[] {
        return (known ??= path());
      },
    } as FlowEvent;
    try {
      const heard: unknown = listener.call(observer, event);
      // An async listener's failure is as little the run's business.
      if (typeof (heard as { then?: unknown } | undefined)?.then === 'function') (heard as Promise<unknown>).then(undefined, () => {});
    } catch {
      // An observer that throws never changes a result.
    }
  }
}
