/** @flowmodel/core/otel: what runs look like to OpenTelemetry. With its own SDK and in-memory exporters. */
import { context as contextApi, createContextKey, metrics as metricsApi, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOffSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { compose, Dependency, flowModel, FromContext, keyOf, Lazy, limitConcurrency, memoryCache, modelClass, ModelInput, retry } from '@flowmodel/core';
import type { CacheEntry, ComputeOptions, FlowEvent, FlowRun } from '@flowmodel/core';
import { otelEvaluator, otelObserver } from '@flowmodel/core/otel';
import type { OtelOptions } from '@flowmodel/core/otel';
import { virtualClock } from '@flowmodel/core/testing';
import { deferred, settled } from './deferred.ts';
import { refusal } from './refusal.ts';

beforeAll(() => void contextApi.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => contextApi.disable());

/** An application with an SDK of its own. */
function application(options: OtelOptions & { readonly sampler?: Sampler } = {}) {
  const { sampler, ...otelOptions } = options;
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })], ...(sampler && { sampler }) });
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter });
  const meters = new MeterProvider({ readers: [reader] });
  const tracer = provider.getTracer('test');
  const observer = otelObserver({ tracer, meter: meters.getMeter('test'), ...otelOptions });
  const run: ComputeOptions = { observer, evaluator: otelEvaluator(observer) };
  const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
  const named = (name: string): ReadableSpan => {
    const found = spans().filter((span) => span.name === name);
    if (found.length !== 1) throw new Error(`${found.length} spans are called ${name}, among ${spans().map((span) => span.name).join()}`);
    return found[0]!;
  };
  return {
    tracer, observer, run, spans, named,
    /** `child < parent`, by names, sorted. */
    tree: () => spans().map((span) => `${span.name} < ${spans().find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId)?.name ?? '-'}`).toSorted(),
    /** Values of a metric by its attributes; of a histogram their count and sum. */
    async metric(name: string): Promise<unknown[]> {
      await reader.forceFlush();
      const found = metricExporter.getMetrics().at(-1)?.scopeMetrics.flatMap(({ metrics }) => metrics).find(({ descriptor }) => descriptor.name === name);
      metricExporter.reset();
      return (found?.dataPoints ?? []).map(({ attributes, value }) => [Object.values(attributes).join(' '), typeof value === 'number' ? value : [(value as { count: number }).count, (value as { sum: number }).sum]]);
    },
    shutdown: () => Promise.all([provider.shutdown(), meters.shutdown()]),
  };
}

const leaf = flowModel({ name: 'leaf', inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
const later = flowModel({ name: 'later', inputs: { n: FromContext(z.number()) } }, async ({ n }) => {
  await settled();
  return n;
});
const sum = flowModel({ name: 'sum', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);

describe('spans', () => {
  test('one for the run, in it one for each evaluation, and all of them end', async () => {
    const app = application();
    await sum({ a: leaf(), b: later() }).flow.compute({ n: 1 }, app.run);
    expect(app.tree()).toEqual(['later < run sum', 'leaf < run sum', 'run sum < -', 'sum < run sum']);
    expect(app.spans().every(({ ended }) => ended)).toBe(true);
  });

  test('computeSync too', () => {
    const app = application();
    sum({ a: leaf(), b: 1 }).flow.computeSync({ n: 1 }, app.run);
    expect(app.tree()).toEqual(['leaf < run sum', 'run sum < -', 'sum < run sum']);
  });

  test('what they say: model, path, run, status, attempts, key', async () => {
    const app = application();
    const cache = memoryCache();
    const events: FlowEvent[] = [];
    const observer = (event: FlowEvent): void => {
      events.push(event);
      app.observer(event);
    };
    await sum({ a: leaf(), b: 1 }).flow.compute({ n: 1 }, { observer, cache });
    const start = events.find(({ type, model }) => type === 'node:start' && model === 'leaf')!;
    expect(app.named('leaf').attributes).toEqual({
      'flowmodel.model': 'leaf',
      'flowmodel.path': 'sum.a.leaf',
      'flowmodel.run.id': start.runId,
      'flowmodel.span.id': start.spanId,
      'flowmodel.status': 'computed',
      'flowmodel.attempts': 1,
      'flowmodel.key': keyOf(leaf(), { n: 1 }),
    });
    expect(app.named('run sum').attributes).toEqual({ 'flowmodel.model': 'sum', 'flowmodel.run.id': start.runId, 'flowmodel.span.id': start.parentSpanId, 'flowmodel.status': 'computed' });
  });

  test('the run is a child of the span that is active where compute is called', async () => {
    const app = application();
    await app.tracer.startActiveSpan('request', async (span) => {
      await leaf().flow.compute({ n: 1 }, app.run);
      span.end();
    });
    expect(app.tree()).toEqual(['leaf < run leaf', 'request < -', 'run leaf < request']);
  });

  test('nested evaluations are children of the body that asked: run.compute, thunks, and what these need', async () => {
    const app = application();
    const asks = flowModel({ name: 'asks', inputs: { m: ModelInput(z.number()), l: Lazy(z.number()) } }, async ({ m, l }, run: FlowRun) => (await run.compute(m, { n: 2 })) + (await l()));
    const above = flowModel({ name: 'above', inputs: { x: z.number() } }, ({ x }) => x);
    await asks({ m: above({ x: later() }), l: leaf() }).flow.compute({ n: 1 }, app.run);
    expect(app.tree()).toEqual(['above < asks', 'asks < run asks', 'later < asks', 'leaf < asks', 'run asks < -']);
    expect(app.named('later').attributes['flowmodel.path']).toBe('asks.above.x.later');
  });

  test('recursion nests as deep as it goes', async () => {
    const app = application();
    class Countdown extends modelClass({ name: 'Countdown', inputs: {}, context: z.object({ n: z.number() }), output: z.number() }) {
      async call({ n }: { n: number }, run: FlowRun): Promise<number> {
        return n === 0 ? 0 : 1 + (await run.compute(this, { n: n - 1 }));
      }
    }
    await new Countdown({}).flow.compute({ n: 3 }, app.run);
    let depth = 0;
    for (let span = app.spans()[0]; span?.parentSpanContext !== undefined; span = app.spans().find((other) => other.spanContext().spanId === span?.parentSpanContext?.spanId)) depth++;
    expect([app.spans().length, depth]).toEqual([5, 4]);
  });

  test('concurrent runs do not mix, not even those that share one evaluation', async () => {
    const app = application();
    const gate = deferred();
    const waits = flowModel({ name: 'waits', inputs: { n: FromContext(z.number()) } }, async ({ n }) => {
      await gate.promise;
      return n;
    });
    const cache = memoryCache();
    const runs = ['first', 'second', 'third'].map((name) => {
      const top = flowModel({ name, inputs: { x: z.number() } }, async ({ x }) => x);
      return app.tracer.startActiveSpan(`request ${name}`, (span) => top({ x: waits() }).flow.compute({ n: 1 }, { ...app.run, cache }).finally(() => span.end()));
    });
    await settled();
    gate.resolve();
    await Promise.all(runs);
    expect(app.tree()).toEqual([
      'first < run first', 'request first < -', 'request second < -', 'request third < -', 'run first < request first', 'run second < request second', 'run third < request third',
      'second < run second', 'third < run third', 'waits < run first', 'waits < run second', 'waits < run third',
    ]);
    const traces = new Set(app.spans().map((span) => span.spanContext().traceId));
    expect(traces.size).toBe(3);
    const waiting = app.spans().filter(({ name }) => name === 'waits');
    expect(waiting.map(({ attributes }) => String(attributes['flowmodel.status'])).toSorted()).toEqual(['cached', 'cached', 'computed']);
  });

  test('a hit is a span of its own, without attempts; what it pruned has none', async () => {
    const app = application();
    const cache = memoryCache();
    const graph = sum({ a: leaf(), b: 1 });
    await graph.flow.compute({ n: 1 }, { cache });
    await graph.flow.compute({ n: 1 }, { ...app.run, cache });
    expect(app.tree()).toEqual(['run sum < -', 'sum < run sum']);
    expect(app.named('sum').attributes).toMatchObject({ 'flowmodel.status': 'cached', 'flowmodel.attempts': 0, 'flowmodel.key': keyOf(graph, { n: 1 }) });
  });

  test('a failure sets the status of all that it failed, and is one exception, where it arose', async () => {
    const app = application();
    const broken = flowModel({ name: 'broken', inputs: {} }, async (): Promise<number> => {
      throw new RangeError('too far');
    });
    const asks = flowModel({ name: 'asks broken', inputs: { m: ModelInput(z.number()) } }, ({ m }, run: FlowRun) => run.compute(m));
    await expect(asks({ m: broken() }).flow.compute({}, app.run)).rejects.toThrow('too far');
    for (const span of app.spans()) expect([span.status, span.attributes['flowmodel.status']]).toEqual([{ code: SpanStatusCode.ERROR, message: 'too far' }, 'failed']);
    const exceptions = app.spans().flatMap(({ name, events }) => events.map((event) => [name, event.name, event.attributes?.['exception.type'], event.attributes?.['exception.message']]));
    expect(exceptions).toEqual([['broken', 'exception', 'RangeError', 'too far']]);
  });

  test('what fails before any body runs is an exception of the run', async () => {
    const app = application();
    await expect(leaf().flow.compute({} as never, app.run)).rejects.toMatchObject({ code: 'MISSING_CONTEXT' });
    expect(app.tree()).toEqual(['run leaf < -']);
    expect(app.named('run leaf').events.map(({ attributes }) => attributes?.['exception.type'])).toEqual(['MISSING_CONTEXT']);
  });

  test('a thrown value that is no error is recorded as text', async () => {
    const app = application();
    const odd = flowModel({ name: 'odd', inputs: {} }, (): number => {
      // oxlint-disable-next-line typescript/only-throw-error -- that is the case
      throw { reason: 5 };
    });
    await expect(odd().flow.compute({}, app.run)).rejects.toEqual({ reason: 5 });
    expect(app.named('odd').status).toEqual({ code: SpanStatusCode.ERROR, message: '{ reason: 5 }' });
  });

  test('a cancelled evaluation is no error; its span ends with the run, also when its body never does', async () => {
    const app = application();
    const abort = new AbortController();
    const hangs = flowModel({ name: 'hangs', inputs: {} }, () => new Promise<number>(() => {}));
    const run = hangs().flow.compute({}, { ...app.run, signal: abort.signal });
    abort.abort();
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    for (const name of ['hangs', 'run hangs']) {
      const span = app.named(name);
      expect([span.attributes['flowmodel.status'], span.status.code, span.events]).toEqual(['cancelled', SpanStatusCode.UNSET, []]);
    }
  });

  test('retries, progress and warnings are events of the spans that they are about', async () => {
    const app = application();
    const clock = virtualClock();
    const flaky = flowModel({ name: 'flaky', inputs: {} }, async (_inputs, run: FlowRun) => {
      run.progress({ completed: 1, total: 2, message: 'half' });
      if (run.attempt < 3) throw new TypeError('again');
      return 1;
    });
    const cache = { get: (): never => { throw new Error('disk gone'); }, set: () => {}, delete: () => {}, clear: () => {} };
    const run = flaky().flow.compute({}, { observer: app.observer, evaluator: retry({ delay: 5 }), clock, cache });
    await clock.advance(100);
    await run;
    const told = (name: string): unknown[] => app.named(name).events.map((event) => [event.name, event.attributes]);
    const progress = ['progress', { 'flowmodel.completed': 1, 'flowmodel.total': 2, 'flowmodel.message': 'half' }];
    const again = (attempt: number, delay: number): unknown => ['retry', { 'flowmodel.attempt': attempt, 'flowmodel.delay_ms': delay, 'exception.type': 'TypeError', 'exception.message': 'again' }];
    expect(told('flaky')).toEqual([progress, again(1, 5), progress, again(2, 10), progress]);
    expect(told('run flaky')).toEqual([['warning', { 'flowmodel.code': 'CACHE', 'flowmodel.message': expect.stringContaining('disk gone') }]]);
    expect(app.named('flaky').attributes['flowmodel.attempts']).toBe(3);
  });

  test('attributes of one\'s own, by event', async () => {
    const app = application({ attributes: (event) => (event.type === 'node:end' ? { 'app.value': String(event.value) } : event.type === 'run:start' ? { 'app.city': String(event.context['city']) } : undefined) });
    await leaf().flow.compute({ n: 7, city: 'Lyon' }, app.run);
    expect(app.named('leaf').attributes['app.value']).toBe('7');
    expect(app.named('run leaf').attributes['app.city']).toBe('Lyon');
  });

  test('attributes that throw change no result, and every span ends', async () => {
    const app = application({
      attributes: () => {
        throw new Error('mine');
      },
    });
    expect((await sum({ a: leaf(), b: 1 }).flow.compute({ n: 1 }, app.run)).value).toBe(2);
    expect(app.tree()).toEqual(['leaf < run sum', 'run sum < -', 'sum < run sum']);
  });

  test('secrets are nowhere: not in spans, not in messages, not in what attributes of one\'s own are made from', async () => {
    const secret = z.string().max(12).meta({ secret: true });
    const shown: unknown[] = [];
    const app = application({
      attributes: (event) => {
        shown.push({ ...event });
        return undefined;
      },
    });
    const login = flowModel({ name: 'login', inputs: { token: FromContext(secret) }, output: secret }, ({ token }) => token);
    const reads = flowModel({ name: 'reads', inputs: { x: z.string().max(3) } }, ({ x }) => x.length);
    await expect(reads({ x: login() }).flow.compute({ token: 'hunter2' }, app.run)).rejects.toMatchObject({ code: 'INVALID_RESULT' });
    await expect(login().flow.compute({ token: 'hunter2-hunter2' }, app.run)).rejects.toMatchObject({ code: 'INVALID_CONTEXT' });
    await login().flow.compute({ token: 'hunter2' }, { ...app.run, cache: memoryCache() });
    const all = JSON.stringify(app.spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })));
    expect(all).toContain('login');
    expect(all).not.toContain('hunter2');
    expect(shown.length).toBeGreaterThan(5);
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });

  test('spans that are not sampled cost no paths', async () => {
    let paths = 0;
    const app = application({ sampler: new AlwaysOffSampler() });
    const counting = (event: FlowEvent): void => {
      const copy = Object.create(event, { path: { get: () => (paths++, event.path) } }) as FlowEvent;
      app.observer(copy);
    };
    await sum({ a: leaf(), b: 1 }).flow.compute({ n: 1 }, { observer: counting });
    expect([app.spans().length, paths]).toEqual([0, 0]);
  });

  test('nothing is kept of runs that are over', async () => {
    const app = application();
    const ids: string[] = [];
    const observer = (event: FlowEvent): void => {
      ids.push(event.spanId);
      app.observer(event);
      if (event.type === 'node:start') expect(app.observer.contextOf(event.spanId)).toBeDefined();
    };
    await sum({ a: leaf(), b: later() }).flow.compute({ n: 1 }, { observer });
    await expect(leaf().flow.compute({} as never, { observer })).rejects.toThrow();
    expect(ids.length).toBeGreaterThan(8);
    expect(ids.filter((id) => app.observer.contextOf(id) !== undefined)).toEqual([]);
  });
});

describe('the active span of a body', () => {
  /** Makes a span as an instrumented client would. */
  const client = (app: ReturnType<typeof application>, name: string): void => app.tracer.startSpan(name).end();
  const fetching = (app: ReturnType<typeof application>, name: string) =>
    flowModel({ name, inputs: { n: FromContext(z.number().default(0)) }, replace: true }, async ({ n }) => {
      client(app, `${name} at once`);
      await settled();
      client(app, `${name} later`);
      return n;
    });

  test('a client\'s span in a body is a child of the evaluation, before and after an await; with the observer alone it is not', async () => {
    const app = application();
    await fetching(app, 'fetch')().flow.compute({}, app.run);
    expect(app.tree()).toEqual(['fetch < run fetch', 'fetch at once < fetch', 'fetch later < fetch', 'run fetch < -']);
    const plain = application();
    await fetching(plain, 'fetch')().flow.compute({}, { observer: plain.observer });
    expect(plain.tree()).toEqual(['fetch < run fetch', 'fetch at once < -', 'fetch later < -', 'run fetch < -']);
  });

  test('in bodies that others start: after an await upstream, behind a limit, in a nested evaluation, on a second attempt', async () => {
    const app = application();
    const before = later();
    const after = flowModel({ name: 'after', inputs: { x: z.number() } }, async ({ x }) => {
      client(app, 'client of after');
      return x;
    });
    const asks = flowModel({ name: 'asks client', inputs: { m: ModelInput(z.number()) } }, async ({ m }, run: FlowRun) => {
      const value = await run.compute(m, { n: 5 });
      client(app, 'client of asks');
      return value;
    });
    let calls = 0;
    const flaky = flowModel({ name: 'flaky client', inputs: {} }, async () => {
      client(app, `client of attempt ${++calls}`);
      if (calls === 1) throw new Error('again');
      return 1;
    });
    const all = flowModel({ name: 'all', inputs: { xs: Dependency(z.array(z.number())) } }, ({ xs }) => xs.length);
    const graph = all({ xs: [after({ x: before }), asks({ m: fetching(app, 'nested')() }), flaky(), fetching(app, 'other')()] });
    await graph.flow.compute({ n: 1 }, { observer: app.observer, concurrency: 1, evaluator: compose(limitConcurrency(1), retry(), otelEvaluator(app.observer)) });
    expect(app.tree().filter((line) => !line.includes('run all <') && !line.startsWith('all <') && !line.startsWith('after <'))).toEqual([
      'asks client < run all', 'client of after < after', 'client of asks < asks client', 'client of attempt 1 < flaky client', 'client of attempt 2 < flaky client', 'flaky client < run all', 'later < run all',
      'nested < asks client', 'nested at once < nested', 'nested later < nested', 'other < run all', 'other at once < other', 'other later < other',
    ]);
  });

  test('what the caller put into the context is there too, and after the run the caller\'s own context is back', async () => {
    const app = application();
    const tenant = createContextKey('tenant');
    const reads = flowModel({ name: 'reads tenant', inputs: {} }, () => contextApi.active().getValue(tenant) as string);
    await contextApi.with(ROOT_CONTEXT.setValue(tenant, 'acme'), async () => {
      expect((await reads().flow.compute({}, app.run)).value).toBe('acme');
      expect(reads().flow.computeSync({}, app.run).value).toBe('acme');
      expect(trace.getActiveSpan()).toBeUndefined();
    });
  });

  test('it is transparent, and does nothing without the observer', async () => {
    const app = application();
    const evaluator = otelEvaluator(app.observer);
    expect(keyOf(leaf(), { n: 1 }, { evaluator })).toBe(keyOf(leaf(), { n: 1 }));
    expect((await leaf().flow.compute({ n: 1 }, { evaluator })).value).toBe(1);
    expect(app.spans()).toEqual([]);
  });

  test('what is no such observer is refused', () => {
    expect(refusal(() => otelEvaluator((() => {}) as never))).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining('otelObserver') });
    expect(refusal(() => otelObserver({ trace: 1 } as never))).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining("Did you mean 'tracer'") });
    for (const options of [5, { tracer: 1 }, { meter: {} }, { attributes: 'all' }]) expect(refusal(() => otelObserver(options as never)).code).toBe('DEFINITION');
  });
});

describe('metrics', () => {
  test('CC-REP-07 evaluations by model and status, cache hits, retries, warnings, runs', async () => {
    const app = application();
    const cache = memoryCache();
    let calls = 0;
    const flaky = flowModel({ name: 'sometimes', inputs: {} }, () => {
      if (++calls === 1) throw new Error('again');
      return 1;
    });
    const broken = flowModel({ name: 'never', inputs: {} }, (): number => {
      throw new Error('always');
    });
    const graph = sum({ a: leaf(), b: 1 });
    for (let i = 0; i < 3; i++) await graph.flow.compute({ n: 1 }, { ...app.run, cache });
    await flaky().flow.compute({}, { observer: app.observer, evaluator: retry() });
    await expect(broken().flow.compute({}, app.run)).rejects.toThrow('always');
    expect(await app.metric('flowmodel.evaluations')).toEqual([['leaf computed', 1], ['sum computed', 1], ['sum cached', 2], ['sometimes computed', 1], ['never failed', 1]]);
    expect(await app.metric('flowmodel.cache.hits')).toEqual([['sum', 2]]);
    expect(await app.metric('flowmodel.retries')).toEqual([['sometimes', 1]]);
    expect(await app.metric('flowmodel.runs')).toEqual([['sum computed', 3], ['sometimes computed', 1], ['never failed', 1]]);
    const entries = new Map<string, CacheEntry>();
    const harmful = { get: (key: string) => entries.get(key), set: () => { throw new Error('full'); }, delete: () => {}, clear: () => {} };
    await leaf().flow.compute({ n: 1 }, { ...app.run, cache: harmful });
    expect(await app.metric('flowmodel.warnings')).toEqual([['leaf CACHE', 1]]);
    await app.shutdown();
  });

  test('durations are in seconds, by the clock of the run; cached evaluations have none', async () => {
    const app = application();
    const clock = virtualClock();
    const slow = flowModel({ name: 'slow', inputs: {} }, () => new Promise<number>((resolve) => void clock.setTimeout(() => resolve(1), 250)));
    const cache = memoryCache();
    for (let i = 0; i < 2; i++) {
      const run = slow().flow.compute({}, { ...app.run, cache, clock });
      await clock.advance(1000);
      await run;
    }
    expect(await app.metric('flowmodel.evaluation.duration')).toEqual([['slow computed', [1, 0.25]]]);
    expect(await app.metric('flowmodel.run.duration')).toEqual([['slow computed', [2, 0.25]]]);
    await app.shutdown();
  });

  test('the global provider may be set up after the observer was made', async () => {
    const observer = otelObserver();
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const spans = new InMemorySpanExporter();
    const reader = new PeriodicExportingMetricReader({ exporter });
    metricsApi.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }));
    try {
      await leaf().flow.compute({ n: 1 }, { observer });
      await reader.forceFlush();
      expect(exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.map(({ scope }) => scope.name))).toEqual(['@flowmodel/core']);
      expect(spans.getFinishedSpans().map(({ name, instrumentationScope }) => [name, instrumentationScope.name])).toEqual([['leaf', '@flowmodel/core'], ['run leaf', '@flowmodel/core']]);
    } finally {
      await reader.shutdown();
      metricsApi.disable();
      trace.disable();
    }
  });
});
