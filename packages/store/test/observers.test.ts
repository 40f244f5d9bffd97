import { memoryCache } from '@flowmodel/core';
import type { FlowEvent, FlowRun } from '@flowmodel/core';
import { Flow, Node, ParallelBatchNode } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { rejection, settled, warningsOf, Work } from './nodes.ts';
import type { Task as Shared } from './nodes.ts';

describe('observers', () => {
  const listen = (): { events: FlowEvent[]; observer: (event: FlowEvent) => void } => {
    const events: FlowEvent[] = [];
    return { events, observer: (event) => void events.push(event) };
  };

  test('a run is one tree of spans: the run, its nodes, and their evaluations', async () => {
    const { events, observer } = listen();
    const [first, second] = [new Work({ name: 'first' }), new Work({ name: 'second' })];
    first.next(second);
    await new Flow<Shared>(first, { name: 'flow' }).run({ input: 1 }, { observer });
    expect(events.map(({ type, path }) => `${type} ${path.join('/')}`)).toEqual([
      'run:start flow',
      'node:start flow/first',
      'node:start flow/first/first.exec',
      'node:end flow/first/first.exec',
      'node:end flow/first',
      'node:start flow/second',
      'node:start flow/second/second.exec',
      'node:end flow/second/second.exec',
      'node:end flow/second',
      'run:end flow',
    ]);
    expect(new Set(events.map(({ runId }) => runId)).size).toBe(1);
    const spans = new Map(events.map(({ spanId, model }) => [spanId, model]));
    expect(events.filter(({ type }) => type === 'node:start').map(({ model, parentSpanId }) => [model, spans.get(parentSpanId!)])).toEqual([
      ['first', 'flow'],
      ['first.exec', 'first'],
      ['second', 'flow'],
      ['second.exec', 'second'],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'run:end', status: 'computed' });
  });

  test('items of a batch, and what is inside a time limit, have their place in the tree', async () => {
    const { events, observer } = listen();
    class Each extends ParallelBatchNode<Shared, Record<string, unknown>, number, number> {
      override prep(): number[] {
        return [1, 2];
      }
      override exec(n: number): number {
        return n;
      }
    }
    await new Flow<Shared>(new Each({ name: 'each', maxRetries: 2 }), { name: 'limited', timeout: 10_000 }).run({ input: 1 }, { observer });
    expect(events.filter(({ type }) => type === 'node:start').map(({ path }) => path.join('/'))).toEqual(['limited/each', 'limited/each/each.exec', 'limited/each/each.exec']);
    const spans = new Map(events.map(({ spanId, model }) => [spanId, model]));
    expect(events.filter(({ type }) => type === 'node:start').map(({ parentSpanId }) => spans.get(parentSpanId!))).toEqual(['limited', 'each', 'each']);
  });

  test('retries, failures and progress are told', async () => {
    const { events, observer } = listen();
    class Flaky extends Node {
      override exec(_: unknown, run: FlowRun): void {
        run.progress({ completed: this.currentRetry, total: 2 });
        throw new Error('always');
      }
    }
    await rejection(new Flaky({ maxRetries: 2, name: 'flaky' }).run({}, { observer }));
    expect(events.filter(({ type }) => type === 'retry')).toMatchObject([{ attempt: 1, error: { message: 'always' } }]);
    expect(events.filter(({ type }) => type === 'progress')).toMatchObject([{ completed: 0, total: 2 }, { completed: 1, total: 2 }]);
    expect(events.at(-1)).toMatchObject({ type: 'run:end', status: 'failed', error: { message: 'always' } });
  });

  test('warnings are events as well as warnings of the process', async () => {
    const { events, observer } = listen();
    class Says extends Node {
      override post(): string {
        return 'unknown';
      }
    }
    const says = new Says();
    says.on('known', new Node());
    const flow = new Flow(says);
    flow.next(new Node());
    const warnings = await warningsOf(() => flow.run({}, { observer }));
    const told = events.filter((event) => event.type === 'warning');
    expect(told.map(({ code }) => code)).toEqual(['UNUSED_SUCCESSORS', 'UNKNOWN_ACTION']);
    expect(told[1]!.message).toMatch(/'unknown'.*'known'/);
    expect(warnings).toEqual(told.map(({ message }) => message));
  });

  test('an observer of a flow hears what is inside, along with that of the run', async () => {
    const [inner, outer] = [listen(), listen()];
    const flow = new Flow<Shared>(new Work({ name: 'work' }), { name: 'inner', observer: inner.observer });
    await new Flow<Shared>(flow, { name: 'outer' }).run({ input: 1 }, { observer: outer.observer });
    expect(outer.events.map(({ path }) => path.join('/'))).toContain('outer/inner/work');
    expect(inner.events.filter(({ type }) => type === 'node:start').map(({ model }) => model)).toEqual(['inner', 'work', 'work.exec']);
    expect(new Set([...inner.events, ...outer.events].map(({ runId }) => runId)).size).toBe(1);
  });

  test('an observer of a node hears that node alone', async () => {
    const [own, all] = [listen(), listen()];
    const first = new Work({ name: 'first', observer: own.observer });
    first.next(new Work({ name: 'second' }));
    await new Flow<Shared>(first, { name: 'flow' }).run({ input: 1 }, { observer: all.observer });
    await new Flow<Shared>(first).run({ input: 1 });
    expect(own.events.filter(({ type }) => type === 'node:start').map(({ model }) => model)).toEqual(['first', 'first.exec', 'first', 'first.exec']);
    expect(all.events.filter(({ type }) => type === 'node:start').map(({ model }) => model)).toEqual(['first', 'first.exec', 'second', 'second.exec']);
    expect(own.events[0]!.runId).toBe(all.events[0]!.runId);
  });

  test('how each ended is told: a node that was cancelled did not fail', async () => {
    const { events, observer } = listen();
    class Fails extends Node {
      override exec(): never {
        throw new Error('no');
      }
    }
    await new Flow(new Fails()).run({}, { observer }).catch(() => {});
    await new Flow(new Work()).run({ input: 1 }, { observer, signal: AbortSignal.abort() }).catch(() => {});
    expect(events.flatMap((event) => (event.type === 'run:end' ? [event.status] : []))).toEqual(['failed', 'cancelled']);
  });

  test('an observer that throws changes nothing, and one with methods hears only what it has methods for', async () => {
    const heard: string[] = [];
    const shared: Shared = { input: 1 };
    await new Work({ name: 'work' }).run(shared, { observer: () => { throw new Error('observer'); } });
    const rejections: unknown[] = [];
    const note = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', note);
    await new Work({ name: 'work' }).run({ input: 1 }, { observer: (() => Promise.reject(new Error('observer'))) as () => void });
    await settled();
    process.off('unhandledRejection', note);
    expect(rejections).toEqual([]);
    await new Work({ name: 'work' }).run(shared, { observer: { 'run:end': ({ model }) => void heard.push(model) } });
    expect(heard).toEqual(['work']);
    expect(shared.posts).toBe(2);
  });

  test('the clock of the run tells durations', async () => {
    let now = 0;
    const { events, observer } = listen();
    await new Node({ name: 'n' }).run({}, { observer, clock: { now: () => (now += 5), setTimeout: () => 0, clearTimeout: () => {} } });
    expect(events.at(-1)).toMatchObject({ type: 'run:end', durationMs: 5 });
  });

  test('a cached exec is told as cached', async () => {
    const { events, observer } = listen();
    const node = new Work({ name: 'work', cache: memoryCache({ max: 5 }) });
    await node.run({ input: 1 });
    await node.run({ input: 1 }, { observer });
    expect(events.find((event) => event.type === 'node:end' && event.model === 'work.exec')).toMatchObject({ status: 'cached' });
  });
});
