/** Runs as OpenTelemetry spans and metrics. Needs `@opentelemetry/api`, which the application installs with its SDK. */
export { otelEvaluator } from './evaluator.ts';
export { otelObserver } from './observer.ts';
export type { OtelObserver, OtelOptions } from './observer.ts';
