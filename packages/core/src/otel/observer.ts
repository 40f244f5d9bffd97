import { metrics, trace } from '@opentelemetry/api';
import type { Attributes, Context, Meter, Tracer } from '@opentelemetry/api';
import { assertKnown } from '../assert.ts';
import { FlowError, show } from '../errors.ts';
import type { FlowEvent } from '../run/events.ts';
import { Metrics } from './metrics.ts';
import { Spans } from './spans.ts';

export interface OtelOptions {
  /** Where spans are made. Default: the global provider's, under the name `@flowmodel/core`. */
  readonly tracer?: Tracer | undefined;
  /** Where metrics are recorded. Default: the global provider's at the first run, under the name `@flowmodel/core`. */
  readonly meter?: Meter | undefined;
  /** More attributes for the span or span event of an event. Secrets are masked in events; whatever else their values hold goes where you send it. */
  readonly attributes?: ((event: FlowEvent) => Attributes | undefined) | undefined;
}

/** An observer that also knows the OpenTelemetry context of each evaluation under way, by the `spanId` of its events. */
export interface OtelObserver {
  (event: FlowEvent): void;
  /** The context in which an evaluation's body belongs, from its start to its end; undefined before and after. */
  contextOf(spanId: string): Context | undefined;
}

const NAME = '@flowmodel/core';
const OPTIONS = ['tracer', 'meter', 'attributes'];

/**
 * An observer that makes OpenTelemetry spans and metrics of what it hears.
 *
 * Spans: `run <model>` for each run, a child of the span that is active where `compute` is called; in it one for each evaluation, named after its model, a
 * child of the run or of the evaluation whose body asked for it. They carry `flowmodel.model`, `.run.id`, `.span.id`, `.path`, `.status`, `.attempts` and `.key`; retries, progress
 * and warnings are span events; a failure sets the status, and is recorded as an exception on the innermost span that it failed. Inputs, values and contexts are not
 * recorded; messages of errors are.
 *
 * Metrics: the counters `flowmodel.runs`, `flowmodel.evaluations` (by model and status), `flowmodel.cache.hits`, `flowmodel.retries` and `flowmodel.warnings`; the
 * histograms `flowmodel.run.duration` and `flowmodel.evaluation.duration` in seconds.
 *
 * An observer cannot make a span the active one of a body: that is what `otelEvaluator` is for. Throws DEFINITION for options that do not exist.
 *
 * @example
 * ```ts
 * import { otelObserver } from '@flowmodel/core/otel';
 *
 * const double = flowModel({ name: 'double', inputs: { n: FromContext(z.number()) } }, ({ n }) => n * 2);
 * const { value } = await double().flow.compute({ n: 21 }, { observer: otelObserver() }); // no SDK is set up here: nothing is exported
 * console.log(value); // 42
 * ```
 */
export function otelObserver(options: OtelOptions = {}): OtelObserver {
  checkOptions(options);
  const { tracer = trace.getTracer(NAME), meter, attributes = () => undefined } = options;
  const spans = new Spans(tracer, attributes);
  let measures: Metrics | undefined;
  const observe = (event: FlowEvent): void => {
    measures ??= new Metrics(meter ?? metrics.getMeter(NAME)); // the global provider may be set up after this observer
    measures.hear(event);
    spans.hear(event);
  };
  return Object.assign(observe, { contextOf: (spanId: string) => spans.contextOf(spanId) });
}

function checkOptions(options: unknown): asserts options is OtelOptions {
  const problem = (text: string): FlowError => new FlowError('DEFINITION', `otelObserver: ${text}.`);
  assertKnown('otelObserver', options, OPTIONS);
  const { tracer, meter, attributes } = options as OtelOptions;
  if (tracer !== undefined && typeof (tracer as Partial<Tracer> | null)?.startSpan !== 'function') throw problem(`expected 'tracer' to be a Tracer, got ${show(tracer)}`);
  if (meter !== undefined && typeof (meter as Partial<Meter> | null)?.createCounter !== 'function') throw problem(`expected 'meter' to be a Meter, got ${show(meter)}`);
  if (attributes !== undefined && typeof attributes !== 'function') throw problem(`expected 'attributes' to be a function, got ${show(attributes)}`);
}
