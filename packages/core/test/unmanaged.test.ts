/** Contract §6: who asks for nothing pays for nothing. A run without observer, cache and evaluator makes none of what these need; `guard.test.ts` counts its bytes and promises. */
import { Dependency, flowModel, FromContext, Lazy, limitConcurrency, memoryCache, ModelInput } from '@flowmodel/core';
import type { CallableModel, ComputeOptions } from '@flowmodel/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type * as Events from '../src/run/events.ts';
import type * as ManagedRuns from '../src/run/managed.ts';
import type * as Scopes from '../src/run/scope.ts';
import type * as Tasks from '../src/run/task.ts';

/** How often each was made or called. */
const counts = vi.hoisted(() => new Map<string, number>());
const note = vi.hoisted(() => (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1));

vi.mock('../src/run/managed.ts', async (original) => {
  const module = await original<typeof ManagedRuns>();
  return {
    ...module,
    Managed: class extends module.Managed {
      constructor(...given: ConstructorParameters<typeof module.Managed>) {
        super(...given);
        note('Managed');
      }
    },
  };
});
vi.mock('../src/run/task.ts', async (original) => {
  const module = await original<typeof Tasks>();
  return {
    ...module,
    Task: class extends module.Task {
      constructor(...given: ConstructorParameters<typeof module.Task>) {
        super(...given);
        note('Task');
      }
    },
    CellEvaluation: class extends module.CellEvaluation {
      constructor(...given: ConstructorParameters<typeof module.CellEvaluation>) {
        super(...given);
        note('Evaluation');
      }
    },
  };
});
vi.mock('../src/run/scope.ts', async (original) => {
  const module = await original<typeof Scopes>();
  return {
    ...module,
    Scope: class extends module.Scope {
      constructor(...given: ConstructorParameters<typeof module.Scope>) {
        super(...given);
        note('Scope');
      }
    },
  };
});
vi.mock('../src/run/events.ts', async (original) => {
  const module = await original<typeof Events>();
  return {
    ...module,
    Emitter: class extends module.Emitter {
      override newSpan(): string {
        note('span');
        return super.newSpan();
      }
      override emit(...given: Parameters<Events.Emitter['emit']>): void {
        note('event');
        super.emit(...given);
      }
    },
  };
});

beforeEach(() => {
  counts.clear();
  const { AbortController: Controller } = globalThis;
  vi.stubGlobal(
    'AbortController',
    class extends Controller {
      constructor() {
        super();
        note('AbortController');
      }
    },
  );
  for (const name of ['setTimeout', 'clearTimeout', 'setImmediate', 'queueMicrotask', 'structuredClone'] as const) {
    const real = globalThis[name] as (...given: unknown[]) => unknown;
    vi.stubGlobal(name, (...given: unknown[]) => {
      note(name);
      return real(...given);
    });
  }
  const { now } = performance;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    note('clock');
    return now.call(performance);
  });
  vi.spyOn(Date, 'now').mockImplementation(() => {
    note('clock');
    return 0;
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const N = 500;
const add = flowModel({ inputs: { x: z.number(), n: FromContext(z.number()) } }, ({ x, n }) => x + n);
const addLater = flowModel({ inputs: { x: z.number(), n: FromContext(z.number()) } }, async ({ x, n }) => x + n);
const addAware = flowModel({ inputs: { x: z.number(), n: FromContext(z.number()) } }, async ({ x, n }, run) => x + n * run.attempt);
const lazily = flowModel({ inputs: { x: Lazy(z.number()), n: FromContext(z.number()) } }, async ({ x, n }) => (await x()) + n);
const asks = flowModel({ inputs: { x: ModelInput(z.number()), n: FromContext(z.number()) } }, async ({ x, n }, run) => (await run.compute(x, { n })) + n);
const total = flowModel({ inputs: { parts: Dependency(z.array(z.number())) } }, ({ parts }) => parts.reduce((sum, part) => sum + part, 0));

type Link = (bindings: { x: CallableModel<number> }) => CallableModel<number>;
function chain(link: Link, length = N): CallableModel<number> {
  let model: CallableModel<number> = add({ x: 0 });
  for (let i = 1; i < length; i++) model = link({ x: model });
  return model;
}
const wide = (link: Link): CallableModel<number> => total({ parts: Array.from({ length: N }, () => link({ x: add({ x: 0 }) })) });

const graphs: [string, CallableModel<number>, number][] = [
  ['synchronous bodies', chain(add as Link), N],
  ['asynchronous bodies', chain(addLater as Link), N],
  ['bodies that look at their run', chain(addAware as Link), N],
  ['thunks', chain(lazily as Link, 50), 50],
  ['nested evaluations', chain(asks as Link, 50), 50],
  ['many side by side', wide(addLater as Link), 2 * N],
];

describe.each(graphs)('%s', (_what, model, expected) => {
  test.each<[string, ComputeOptions]>([
    ['no options', {}],
    ['options that need no more', { concurrency: 4, resources: {}, validateResult: true }],
  ])('%s: no events, no clock, no timers, no signals, no evaluations', async (_name, options) => {
    for (let i = 0; i < 3; i++) expect((await model.flow.compute({ n: 1 }, options)).value).toBe(expected);
    expect(Object.fromEntries(counts)).toEqual({});
  });

  test('a signal, which is listened to and not passed on: none either', async () => {
    const { signal } = new AbortController();
    counts.clear();
    expect((await model.flow.compute({ n: 1 }, { signal })).value).toBe(expected);
    expect(Object.fromEntries(counts)).toEqual({});
  });
});

test('computeSync: nothing either', () => {
  const [, model] = graphs[0]!;
  expect(model.flow.computeSync({ n: 1 }).value).toBe(N);
  expect(Object.fromEntries(counts)).toEqual({});
});

test('a signal is made when a body asks for one: one for the run', async () => {
  const listens = flowModel({ inputs: { x: z.number() } }, async ({ x }, run) => (run.signal.aborted ? -1 : x));
  const model = total({ parts: Array.from({ length: 20 }, (_, x) => listens({ x })) });
  expect((await model.flow.compute()).value).toBe(190);
  expect(Object.fromEntries(counts)).toEqual({ AbortController: 1 });
});

test('what the counts would be: with an observer, an evaluator, a cache', async () => {
  const [, model] = graphs[1]!;
  await model.flow.compute({ n: 1 }, { observer: () => {} });
  expect(Object.fromEntries(counts)).toEqual({ Managed: 1, Task: N, Evaluation: N, Scope: N, span: N + 1, event: 2 * N + 2, clock: 2 * N + 2 });
  counts.clear();
  await model.flow.compute({ n: 1 }, { evaluator: limitConcurrency(9) });
  expect(Object.fromEntries(counts)).toMatchObject({ Managed: 1, Task: N });
  expect([counts.get('event'), counts.get('clock'), counts.get('setTimeout')]).toEqual([undefined, undefined, undefined]);
  const cache = memoryCache({ max: 2 * N });
  counts.clear();
  await model.flow.compute({ n: 1 }, { cache });
  expect([counts.get('Task'), counts.get('event'), counts.get('clock')]).toEqual([N, undefined, undefined]);
  counts.clear();
  await model.flow.compute({ n: 1 }, { cache });
  expect(Object.fromEntries(counts)).toEqual({}); // a warm hit makes no run
});
