import { FlowError } from '@flowmodel/core';
import type { FlowRun } from '@flowmodel/core';
import { createStore, Flow, Node, ParallelBatchFlow } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { gate, rejection, settled } from './nodes.ts';

interface Log {
  log: string[];
}

const reason = new Error('enough');

/** A node whose phases wait for what they are told to. */
class Steps extends Node<Log> {
  readonly #waits: Partial<Record<'prep' | 'exec' | 'post', () => Promise<unknown> | void>>;
  constructor(name: string, waits: Partial<Record<'prep' | 'exec' | 'post', () => Promise<unknown> | void>> = {}) {
    super({ name });
    this.#waits = waits;
  }
  override async prep(shared: Log): Promise<void> {
    await this.#waits.prep?.();
    shared.log.push('prep');
  }
  override async exec(): Promise<void> {
    await this.#waits.exec?.();
  }
  override async post(shared: Log): Promise<void> {
    await this.#waits.post?.();
    shared.log.push('post');
  }
}

describe.each([['a plain object', (): Log => ({ log: [] })], ['a created store', () => createStore<Log>({ log: [] })]])('cancellation over %s', (_, make) => {
  const logOf = (shared: unknown): readonly string[] => ((shared as { state?: Log }).state ?? (shared as Log)).log;

  test('a signal that is aborted already: nothing runs', async () => {
    const shared = make() as Log;
    const error = await rejection(new Flow<Log>(new Steps('step')).run(shared, { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(logOf(shared)).toEqual([]);
  });

  test.each<[string, (signal: AbortSignal) => Flow<Log>]>([
    ['of a flow', (signal) => new Flow<Log>(new Steps('step'), { signal })],
    ['of an inner flow', (signal) => new Flow<Log>(new Flow<Log>(new Steps('step'), { signal }))],
    ['of a node', (signal) => new Flow<Log>(new (class extends Node<Log> {
      override post(shared: Log): void {
        shared.log.push('post');
      }
    })({ signal }))],
  ])('a signal %s counts in every run, beside the one of the run', async (_name, makeFlow) => {
    const [own, ofRun] = [new AbortController(), new AbortController()];
    const flow = makeFlow(own.signal);
    const shared = make() as Log;
    await flow.run(shared);
    await flow.run(shared, { signal: ofRun.signal });
    const before = logOf(shared).length;
    expect(before).toBeGreaterThan(1);
    expect(await rejection(flow.run(shared, { signal: AbortSignal.abort(reason) }))).toMatchObject({ code: 'CANCELLED', cause: reason });
    own.abort(reason);
    expect(await rejection(flow.run(shared, { signal: ofRun.signal }))).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(await rejection(flow.run(shared))).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(logOf(shared)).toHaveLength(before);
  });

  test("a node's signal ends its exec, and what is around it", async () => {
    const controller = new AbortController();
    const started = gate();
    class Stuck extends Node<Log> {
      override exec(): Promise<never> {
        started.resolve();
        return new Promise(() => {});
      }
    }
    const stuck = new Stuck({ signal: controller.signal });
    stuck.next(new Steps('next'));
    const shared = make() as Log;
    const run = new Flow<Log>(stuck).run(shared);
    await started.promise;
    controller.abort(reason);
    expect((await rejection(run)).code).toBe('CANCELLED');
    expect(logOf(shared)).toEqual([]);
  });

  test('a reason that says itself that the run is over is what comes out', async () => {
    const over = new FlowError('CANCELLED', 'the user left');
    expect(await rejection(new Flow<Log>(new Steps('step')).run(make() as Log, { signal: AbortSignal.abort(over) }))).toBe(over);
  });

  test('between two nodes: the second does not start', async () => {
    const controller = new AbortController();
    const first = new Steps('first', { post: () => void queueMicrotask(() => controller.abort(reason)) });
    first.next(new Steps('second'));
    const shared = make() as Log;
    expect(await rejection(new Flow<Log>(first).run(shared, { signal: controller.signal }))).toMatchObject({ code: 'CANCELLED' });
    expect(logOf(shared).filter((line) => line === 'prep')).toHaveLength(1);
  });

  test.each(['prep', 'exec', 'post'] as const)('inside %s: the run rejects at once, although the phase never ends', async (phase) => {
    const controller = new AbortController();
    const started = gate();
    const shared = make() as Log;
    const run = new Flow<Log>(new Steps('stuck', {
      [phase]: () => {
        started.resolve();
        return new Promise<never>(() => {});
      },
    })).run(shared, { signal: controller.signal });
    await started.promise;
    controller.abort(reason);
    expect(await rejection(run)).toMatchObject({ code: 'CANCELLED', cause: reason });
  });

  test.each(['prep', 'post'] as const)('%s may be what aborts, and then never end', async (phase) => {
    const controller = new AbortController();
    const step = new Steps('step', {
      [phase]: () => {
        controller.abort(reason);
        return new Promise<never>(() => {});
      },
    });
    expect(await rejection(new Flow<Log>(step).run(make() as Log, { signal: controller.signal }))).toMatchObject({ code: 'CANCELLED', cause: reason });
  });

  test('a cancelled exec is not retried and has no fallback, and post does not run', async () => {
    const controller = new AbortController();
    let calls = 0;
    class Tries extends Steps {
      override maxRetries = 5;
      override exec(): Promise<void> {
        calls++;
        controller.abort(reason);
        return Promise.reject(new Error('failed'));
      }
      override execFallback(): void {
        calls += 100;
      }
    }
    const shared = make() as Log;
    await rejection(new Tries('tries').run(shared, { signal: controller.signal }));
    await settled();
    expect(calls).toBe(1);
    expect(logOf(shared)).toEqual(['prep']);
  });

  test('during the wait before another attempt', async () => {
    const controller = new AbortController();
    const timers: unknown[] = [];
    const clock = {
      now: () => 0,
      setTimeout: () => {
        controller.abort(reason);
        timers.push('set');
        return 1;
      },
      clearTimeout: () => void timers.push('cleared'),
    };
    class Waits extends Node {
      override exec(): never {
        throw new Error('failed');
      }
    }
    expect(await rejection(new Waits(3, 60).run(make(), { signal: controller.signal, clock }))).toMatchObject({ code: 'CANCELLED' });
    expect(timers).toEqual(['set', 'cleared']);
  });

  test('exec hears of it by run.signal', async () => {
    const controller = new AbortController();
    const heard = gate();
    class Listens extends Node {
      override exec(_: unknown, run: FlowRun): Promise<void> {
        run.signal.addEventListener('abort', () => heard.resolve());
        queueMicrotask(() => controller.abort(reason));
        return new Promise(() => {});
      }
    }
    await rejection(new Listens().run(make(), { signal: controller.signal }));
    await heard.promise;
  });

  test('a loop that never waits for anything can be cancelled by a timer all the same', async () => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(reason), 1);
    class Spins extends Node {
      override post(): 'again' {
        return 'again';
      }
    }
    const spins = new Spins();
    spins.on('again', spins);
    expect(await rejection(new Flow(spins, { maxSteps: Infinity }).run(make(), { signal: controller.signal }))).toMatchObject({ code: 'CANCELLED' });
    clearTimeout(timer);
  });

  test('so can one of nodes that do nothing at all', async () => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(reason), 1);
    const idle = new Node<Log>();
    idle.next(idle);
    expect(await rejection(new Flow(idle, { maxSteps: Infinity }).run(make() as Log, { signal: controller.signal }))).toMatchObject({ code: 'CANCELLED' });
    clearTimeout(timer);
  });

  test('no listener stays on the signal', async () => {
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        listeners++;
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        listeners--;
        remove(...args);
      },
    });
    class Passes extends ParallelBatchFlow<Log> {
      override prep(): object[] {
        return [{}, {}];
      }
    }
    const first = new Steps('first');
    first.next(new Steps('second'));
    await new Passes(first, { reducers: { log: (current: string[], incoming: string[], base: string[]) => [...current, ...incoming.slice(base.length)] } }).run(make(), { signal });
    expect(listeners).toBe(0);
  });
});

describe('cancellation over a created store', () => {
  test('a phase that ends after the run was cancelled commits nothing', async () => {
    const controller = new AbortController();
    const [started, opened] = [gate(), gate()];
    const store = createStore<Log>({ log: [] });
    const run = new Steps('late', {
      post: () => {
        started.resolve();
        return opened.promise;
      },
    }).run(store, { signal: controller.signal });
    await started.promise;
    controller.abort(reason);
    await rejection(run);
    opened.resolve();
    await settled();
    expect(store.state.log).toEqual(['prep']);
  });

  test('the draft of a phase that never ends is closed, so that the store need not keep for it what others write', async () => {
    const controller = new AbortController();
    const started = gate();
    let draft: Log | undefined;
    class Stuck extends Node<Log> {
      override post(shared: Log): Promise<never> {
        draft = shared;
        started.resolve();
        return new Promise(() => {});
      }
    }
    const store = createStore<Log>({ log: [] });
    const run = new Stuck().run(store, { signal: controller.signal });
    await started.promise;
    controller.abort(reason);
    await rejection(run);
    expect(() => draft!.log).toThrow(/^Stuck\.post has ended/);
    await new Steps('next').run(store);
    expect(store.state.log).toEqual(['prep', 'post']);
  });

  test('a pass that fails ends the other passes: what they do later is not committed', async () => {
    const opened = gate();
    const seen: unknown[] = [];
    class Mixed extends Node<Log, { i: number }> {
      override async exec(_: unknown, run: FlowRun): Promise<void> {
        if (this.params.i === 1) throw new Error('pass 1');
        run.signal.addEventListener('abort', () => seen.push((run.signal.reason as Error).message));
        await opened.promise;
      }
      override post(shared: Log): void {
        shared.log.push(`pass ${this.params.i}`);
      }
    }
    class Three extends ParallelBatchFlow<Log> {
      override prep(): object[] {
        return [{ i: 0 }, { i: 1 }, { i: 2 }];
      }
    }
    const store = createStore<Log>({ log: [] });
    await expect(new Three(new Mixed()).run(store)).rejects.toThrow('pass 1');
    opened.resolve();
    await settled();
    expect(store.state.log).toEqual([]);
    expect(seen).toHaveLength(2);
  });
});
