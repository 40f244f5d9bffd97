/**
 * The spans of the runs that one observer hears.
 *
 * - `#open`: by the engine's span id, from its start event to its end event. A run's nodes end before it does.
 * - `told` of a run: the errors that some span of it has recorded, so that one which fails a node, the body that asked for it and the run is recorded once.
 */
import { context as contextApi, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import { joinPath, show } from '../errors.ts';
import type { FlowEvent, NodeEndEvent, RunEndEvent } from '../run/events.ts';

interface Open {
  readonly span: Span;
  /** In which what it asks for takes place. */
  readonly context: Context;
  readonly told: Set<unknown>;
}

export class Spans {
  readonly #tracer: Tracer;
  readonly #attributesOf: (event: FlowEvent) => Attributes | undefined;
  readonly #open = new Map<string, Open>();

  constructor(tracer: Tracer, attributesOf: (event: FlowEvent) => Attributes | undefined) {
    this.#tracer = tracer;
    this.#attributesOf = attributesOf;
  }

  contextOf(spanId: string): Context | undefined {
    return this.#open.get(spanId)?.context;
  }

  hear(event: FlowEvent): void {
    switch (event.type) {
      case 'run:start':
      case 'node:start':
        this.#start(event);
        return;
      case 'node:end':
        if (!this.#open.has(event.spanId)) this.#start(event); // nothing began: the value was remembered
        this.#end(event, { 'flowmodel.attempts': event.attempts, ...(event.key !== undefined && { 'flowmodel.key': event.key }) });
        return;
      case 'run:end':
        this.#end(event, {});
        return;
      case 'retry':
        this.#note(event, { 'flowmodel.attempt': event.attempt, 'flowmodel.delay_ms': event.delayMs, 'exception.type': typeOf(event.error), 'exception.message': messageOf(event.error) });
        return;
      case 'progress':
        this.#note(event, {
          'flowmodel.completed': event.completed,
          ...(event.total !== undefined && { 'flowmodel.total': event.total }),
          ...(event.failed !== undefined && { 'flowmodel.failed': event.failed }),
          ...(event.message !== undefined && { 'flowmodel.message': event.message }),
        });
        return;
      case 'warning':
        this.#note(event, { 'flowmodel.code': event.code, 'flowmodel.message': event.message });
    }
  }

  #start(event: FlowEvent): void {
    const parent = event.parentSpanId === undefined ? undefined : this.#open.get(event.parentSpanId);
    const within = parent?.context ?? contextApi.active();
    const isRun = event.type === 'run:start';
    const span = this.#tracer.startSpan(isRun ? `run ${event.model}` : event.model, { attributes: { 'flowmodel.model': event.model, 'flowmodel.run.id': event.runId, 'flowmodel.span.id': event.spanId } }, within);
    this.#open.set(event.spanId, { span, context: trace.setSpan(within, span), told: parent?.told ?? new Set() });
    // Paths take their time in deep graphs; a span that nobody samples needs none.
    if (!isRun && span.isRecording()) span.setAttribute('flowmodel.path', joinPath(event.path));
    this.#decorate(span, event);
  }

  #end(event: NodeEndEvent | RunEndEvent, attributes: Attributes): void {
    const open = this.#open.get(event.spanId);
    if (open === undefined) return;
    const { span, told } = open;
    this.#open.delete(event.spanId);
    try {
      span.setAttributes({ 'flowmodel.status': event.status, ...attributes });
      if (event.status === 'failed') {
        if (!told.has(event.error)) span.recordException(event.error instanceof Error ? event.error : messageOf(event.error));
        told.add(event.error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(event.error) });
      }
      this.#decorate(span, event);
    } finally {
      span.end();
    }
  }

  #note(event: FlowEvent, attributes: Attributes): void {
    const open = this.#open.get(event.spanId);
    if (open === undefined) return;
    open.span.addEvent(event.type, { ...attributes, ...this.#attributesOf(event) });
  }

  #decorate(span: Span, event: FlowEvent): void {
    const more = span.isRecording() ? this.#attributesOf(event) : undefined;
    if (more !== undefined) span.setAttributes(more);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : show(error));

/** As the SDK names the type of an exception: by its code, or else its class. */
function typeOf(error: unknown): string {
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : typeof error;
}
