/** The metrics of the runs that one observer hears. Times are in seconds, as OpenTelemetry wants them. */
import type { Counter, Histogram, Meter } from '@opentelemetry/api';
import type { FlowEvent } from '../run/events.ts';

export class Metrics {
  readonly #runs: Counter;
  readonly #runDuration: Histogram;
  readonly #evaluations: Counter;
  readonly #duration: Histogram;
  readonly #hits: Counter;
  readonly #retries: Counter;
  readonly #warnings: Counter;

  constructor(meter: Meter) {
    this.#runs = meter.createCounter('flowmodel.runs', { description: 'Runs that ended, by the model and how they ended', unit: '{run}' });
    this.#runDuration = meter.createHistogram('flowmodel.run.duration', { description: 'How long runs took', unit: 's' });
    this.#evaluations = meter.createCounter('flowmodel.evaluations', { description: 'Evaluations that ended, by model and status', unit: '{evaluation}' });
    this.#duration = meter.createHistogram('flowmodel.evaluation.duration', { description: 'How long evaluations took that were not cached', unit: 's' });
    this.#hits = meter.createCounter('flowmodel.cache.hits', { description: 'Evaluations whose value came from the cache, or from another run', unit: '{evaluation}' });
    this.#retries = meter.createCounter('flowmodel.retries', { description: 'Failed attempts that were followed by another', unit: '{attempt}' });
    this.#warnings = meter.createCounter('flowmodel.warnings', { description: 'What cost time but no result, by code', unit: '{warning}' });
  }

  hear(event: FlowEvent): void {
    const model = { 'flowmodel.model': event.model };
    switch (event.type) {
      case 'node:end': {
        const by = { ...model, 'flowmodel.status': event.status };
        this.#evaluations.add(1, by);
        if (event.status === 'cached') this.#hits.add(1, model);
        else this.#duration.record(event.durationMs / 1000, by);
        return;
      }
      case 'run:end': {
        const by = { ...model, 'flowmodel.status': event.status };
        this.#runs.add(1, by);
        this.#runDuration.record(event.durationMs / 1000, by);
        return;
      }
      case 'retry':
        this.#retries.add(1, model);
        return;
      case 'warning':
        this.#warnings.add(1, { ...model, 'flowmodel.code': event.code });
        return;
      case 'run:start':
      case 'node:start':
      case 'progress':
    }
  }
}
