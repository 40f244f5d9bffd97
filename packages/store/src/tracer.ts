/** A run in an observer's eyes: the flow and its nodes as spans, and in them what the core tells of each `exec`. Without an observer there is none. */
import type { Clock, FlowEvent, NodeStatus, Observer } from '@flowmodel/core';
import type { Execution } from './execution.ts';
import { nodeName } from './names.ts';

type Said<E> = E extends FlowEvent ? Omit<E, 'runId' | 'spanId' | 'parentSpanId' | 'path' | 'model'> : never;

let runs = 0;
const prefix = `store-${Math.floor(Math.random() * 0x1_0000_0000).toString(16).padStart(8, '0')}`;

export class Tracer {
  readonly #observers: readonly Observer[];
  readonly #clock: Clock | undefined;
  readonly #run: { readonly id: string; spans: number };

  constructor(observers: readonly Observer[], clock: Clock | undefined, run = { id: `${prefix}-${(++runs).toString(36)}`, spans: 0 }) {
    this.#observers = observers;
    this.#clock = clock;
    this.#run = run;
  }

  /** The same run with one more observer. */
  with(observer: Observer): Tracer {
    return new Tracer([...this.#observers, observer], this.#clock, this.#run);
  }

  /** Tells that a node is at work, and how it ended. `isRun`: it is what `run` was called on. */
  async during<T>(execution: Execution, isRun: boolean, work: () => Promise<T>): Promise<T> {
    execution.spanId = `${this.#run.id}.${++this.#run.spans}`;
    const startedAt = this.#now();
    this.emit(execution, isRun ? { type: 'run:start', context: execution.params as Record<string, unknown> } : { type: 'node:start', inputs: { params: execution.params } });
    const end = (status: NodeStatus, value: unknown, error: unknown): void => {
      const durationMs = this.#now() - startedAt;
      this.emit(execution, isRun ? { type: 'run:end', status, durationMs, error } : { type: 'node:end', status, durationMs, attempts: 1, key: undefined, value, error });
    };
    try {
      const action = await work();
      end('computed', action, undefined);
      return action;
    } catch (error) {
      end((error as { code?: unknown } | null)?.code === 'CANCELLED' ? 'cancelled' : 'failed', undefined, error);
      throw error;
    }
  }

  emit(execution: Execution, said: Said<FlowEvent>): void {
    const parentSpanId = execution.parent?.spanId;
    this.#send({ ...said, runId: this.#run.id, spanId: execution.spanId ?? this.#run.id, parentSpanId, model: nodeName(execution.node), path: pathOf(execution) });
  }

  /** Hears the core's run of one `exec`, and passes it on as a part of this run. */
  forwarder(execution: Execution): Observer {
    const own = pathOf(execution);
    let whole: string | undefined;
    return (event) => {
      if (event.type === 'run:start') whole = event.spanId;
      if (event.type === 'run:start' || event.type === 'run:end') return;
      const parentSpanId = event.parentSpanId === whole || event.parentSpanId === undefined ? execution.spanId : event.parentSpanId;
      this.#send({ ...event, runId: this.#run.id, parentSpanId, path: [...own, ...event.path] });
    };
  }

  #send(event: FlowEvent): void {
    for (const observer of this.#observers) {
      try {
        const listener = typeof observer === 'function' ? observer : (observer as Record<string, ((event: FlowEvent) => unknown) | undefined>)[event.type];
        const heard: unknown = listener?.call(observer, event);
        if (typeof (heard as { then?: unknown } | undefined)?.then === 'function') (heard as Promise<unknown>).then(undefined, () => {});
      } catch {
        // An observer that throws never changes a result.
      }
    }
  }

  #now(): number {
    return this.#clock?.now() ?? performance.now();
  }
}

/** From the flow that `run` was called on down to the node. */
function pathOf(execution: Execution): string[] {
  const path: string[] = [];
  for (let one: Execution | undefined = execution; one !== undefined; one = one.parent) {
    const isPart = one.parent?.node === one.node && one.parent.spanId === one.spanId; // an item, an attempt
    if (!isPart && (one.spanId !== undefined || one === execution)) path.unshift(nodeName(one.node));
  }
  return path;
}
