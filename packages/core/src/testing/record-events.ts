import type { FlowEvent, Observer } from '../run/events.ts';

type EventOf<T extends FlowEvent['type']> = Extract<FlowEvent, { type: T }>;

export interface EventRecorder {
  /** For the option `observer`; for several runs if you like. */
  readonly observer: Observer;
  /** All events so far, in order. */
  readonly events: readonly FlowEvent[];
  /** Those of one type; with a name, those about models of that name. */
  of<T extends FlowEvent['type']>(type: T, model?: string): readonly EventOf<T>[];
  /** The next event of a type, about models of that name if one is given. A test can wait for it instead of sleeping. */
  next<T extends FlowEvent['type']>(type: T, model?: string): Promise<EventOf<T>>;
  /** One short line for each event, without ids and times: `node:end price computed`. */
  lines(): readonly string[];
  /** Forgets the events so far. */
  clear(): void;
}

/**
 * Records what runs tell their observer.
 *
 * @example
 * ```ts
 * import { flowModel } from '@flowmodel/core';
 * import { recordEvents } from '@flowmodel/core/testing';
 *
 * const answer = flowModel({ name: 'answer', inputs: {} }, () => 42);
 * const recorder = recordEvents();
 * await answer().flow.compute({}, { observer: recorder.observer });
 * console.log(recorder.lines().join(', ')); // run:start answer, node:start answer, node:end answer computed, run:end answer computed
 * console.log(recorder.of('node:end')[0]?.value); // 42
 * ```
 */
export function recordEvents(): EventRecorder {
  const events: FlowEvent[] = [];
  const waiting = new Set<(event: FlowEvent) => void>();
  const isOf = <T extends FlowEvent['type']>(event: FlowEvent, type: T, model: string | undefined): event is EventOf<T> => event.type === type && (model === undefined || event.model === model);
  return {
    observer: (event: FlowEvent) => {
      events.push(event);
      for (const look of waiting) look(event);
    },
    events,
    of: (type, model) => events.filter((event) => isOf(event, type, model)),
    next: (type, model) =>
      new Promise((resolve) => {
        const look = (event: FlowEvent): void => {
          if (!isOf(event, type, model)) return;
          waiting.delete(look);
          resolve(event);
        };
        waiting.add(look);
      }),
    lines: () => events.map(lineOf),
    clear: () => {
      events.length = 0;
    },
  };
}

function lineOf(event: FlowEvent): string {
  const line = `${event.type} ${event.model}`;
  switch (event.type) {
    case 'run:start':
    case 'node:start':
      return line;
    case 'node:end':
    case 'run:end':
      return `${line} ${event.status}`;
    case 'retry':
      return `${line} after attempt ${event.attempt}`;
    case 'progress':
      return `${line} ${event.completed}${event.total === undefined ? '' : ` of ${event.total}`}`;
    case 'warning':
      return `${line} ${event.code}`;
  }
}
