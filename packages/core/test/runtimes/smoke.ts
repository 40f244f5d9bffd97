// The public API in one file without a test framework, for runtimes.test.ts to run wherever the core should run.
// It uses nothing but the language, zod and the core. Its last act is to print one line of JSON.
import { z } from 'zod';
import {
  closedContext,
  computed,
  configureFlow,
  contextTransform,
  Dependency,
  FlowContext,
  FlowError,
  flowModel,
  flowPathOf,
  FlowResult,
  FromContext,
  fromField,
  GenericResult,
  isModel,
  Lazy,
  modelClass,
  ModelInput,
  Resource,
} from '@flowmodel/core';
import type { CallableModel, FlowErrorCode, FlowRun } from '@flowmodel/core';
import { DateRangeContext } from '@flowmodel/core/contexts';
import { sampleKeys } from './sample-keys.ts';

/* ---------- asserts ---------- */

const show = (value: unknown): string => JSON.stringify(value) ?? typeof value;

function equal(actual: unknown, expected: unknown): void {
  const same = Object.is(actual, expected) || (typeof expected === 'object' && show(actual) === show(expected));
  if (!same) throw new Error(`expected ${show(expected)}, got ${show(actual)}`);
}

const isTrue = (value: boolean): void => equal(value, true);

function hasCode(error: unknown, code: FlowErrorCode, ...says: string[]): FlowError {
  if (!(error instanceof FlowError)) throw new Error(`expected a FlowError ${code}`, { cause: error });
  equal(error.code, code);
  equal(error.name, 'FlowError');
  for (const part of says) if (!error.message.includes(part)) throw new Error(`expected '${part}' in: ${error.message}`);
  return error;
}

function throwsCode(code: FlowErrorCode, act: () => unknown, ...says: string[]): FlowError {
  let result: unknown;
  try {
    result = act();
  } catch (error) {
    return hasCode(error, code, ...says);
  }
  throw new Error(`expected ${code}, got ${show(result)}`);
}

async function rejects(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error;
  throw new Error(`expected a rejection, got ${show(outcome.value)}`);
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/* ---------- the models ---------- */

const DAY = 86_400_000;
const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const addDays = (date: Date, days: number): Date => new Date(date.getTime() + days * DAY);

const countVisitors = flowModel(
  { name: 'countVisitors', inputs: { location: z.string(), startDate: FromContext(z.date()), endDate: FromContext(z.date()) } },
  ({ location, startDate, endDate }) => ((endDate.getTime() - startDate.getTime()) / DAY) * 12 + location.length,
);
const visitorDelta = flowModel({ name: 'visitorDelta', inputs: { current: z.number(), previous: z.number() } }, ({ current, previous }) => ({ change: current - previous }));
const previousWindow = contextTransform(
  { name: 'previousWindow', inputs: { startDate: FromContext(z.date()), endDate: FromContext(z.date()), days: z.number() }, patches: { startDate: z.date(), endDate: z.date() } },
  ({ startDate, endDate, days }) => ({ startDate: addDays(startDate, -2 * days), endDate: addDays(endDate, -days) }),
);

const triple = flowModel({ name: 'triple', inputs: { value: FromContext(z.number()) } }, ({ value }) => value * 3);
const step = flowModel({ name: 'step', inputs: { before: z.number() } }, ({ before }) => before + 1);
const join = flowModel({ name: 'join', inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => (left * 3 + right) % 10_007);
const plus = contextTransform({ name: 'plus', inputs: { value: FromContext(z.number()), by: z.number() } }, ({ value, by }) => value + by);

/** A chain on top of a model. */
function chainOn(bottom: CallableModel<number>, length: number): CallableModel<number> {
  let last = bottom;
  for (let i = 0; i < length; i++) last = step({ before: last });
  return last;
}

class Fibonacci extends modelClass({ name: 'Fibonacci', inputs: { salt: z.number().default(0) }, context: z.object({ n: z.number().int() }), output: z.number() }) {
  override deps({ n }: { n: number }): { model: Fibonacci; contexts: { n: number }[] }[] {
    return n <= 1 ? [] : [{ model: this, contexts: [{ n: n - 2 }, { n: n - 1 }] }];
  }

  async call({ n }: { n: number }, run: FlowRun): Promise<number> {
    if (n <= 1) return n + this.inputs.salt;
    const [a, b] = await Promise.all([run.compute(this, { n: n - 2 }), run.compute(this, { n: n - 1 })]);
    return a + b;
  }
}

/* ---------- the checks ---------- */

const checks: Readonly<Record<string, () => void | Promise<void>>> = {
  'models are defined, bound and computed': async () => {
    const model = triple();
    isTrue(isModel(model));
    const result = await model.flow.compute({ value: 14 });
    isTrue(result instanceof GenericResult);
    isTrue(Object.isFrozen(result));
    equal(result.value, 42);
    equal(join({ left: triple(), right: 2 }).flow.computeSync({ value: 1 }).value, 11);
    equal(triple({ value: 5 }).flow.computeSync().value, 15);
  },

  'bindings are parsed and frozen, and rebind derives': () => {
    const lists = flowModel({ inputs: { list: z.array(z.coerce.number()), factor: z.number().default(2) } }, ({ list, factor }) => list.map((each) => each * factor));
    const given = ['1', 2];
    const model = lists({ list: given });
    equal(model.flow.computeSync().value, [2, 4]);
    isTrue(Object.isFrozen(model.inputs) && Object.isFrozen(model.inputs.list) && !Object.isFrozen(given));
    equal(model.rebind({ factor: 3 }).flow.computeSync().value, [3, 6]);
    equal(model.rebind((draft) => void (draft.list as unknown[]).push(5)).flow.computeSync().value, [2, 4, 10]);
    equal(model.flow.computeSync().value, [2, 4]);
  },

  'one graph in many contexts, again and again': () => {
    const width = 8;
    let layer: CallableModel<number>[] = Array.from({ length: width }, (_, i) => join({ left: triple(), right: i }));
    for (let row = 0; row < 5; row++) layer = layer.map((left, i) => join({ left, right: layer[(i * 3 + row) % width]! }));
    const total = flowModel({ inputs: { all: Dependency(z.array(z.number())) } }, ({ all }) => all.reduce((a, b) => a + b, 0));
    const model = total({ all: layer }) as CallableModel<number>;
    const expected = (value: number): number => {
      let values = Array.from({ length: width }, (_, i) => (value * 9 + i) % 10_007);
      for (let row = 0; row < 5; row++) values = values.map((left, i) => (left * 3 + values[(i * 3 + row) % width]!) % 10_007);
      return values.reduce((a, b) => a + b, 0);
    };
    for (let value = 0; value < 30; value++) equal(model.flow.computeSync({ value }).value, expected(value));
  },

  'a result that a consumer refuses, also in a graph that has run before': () => {
    const wild = flowModel({ name: 'wild', inputs: { value: FromContext(z.number()) } }, ({ value }): number => (value > 9 ? ('many' as never) : value));
    const model = chainOn(step({ before: wild() }), 10);
    for (let value = 0; value < 5; value++) equal(model.flow.computeSync({ value }).value, value + 11);
    throwsCode('INVALID_RESULT', () => model.flow.computeSync({ value: 10 }), 'wild', 'step', "'before'");
    equal(model.flow.computeSync({ value: 1 }).value, 12);
  },

  'patch transforms rewrite a branch': async () => {
    const current = countVisitors({ location: 'library' });
    const delta = visitorDelta({ current, previous: current.flow.withContext(previousWindow({ days: 30 })) });
    const { value } = await delta.flow.compute({ startDate: day('2024-03-01'), endDate: day('2024-03-31') });
    equal(value, { change: -360 });
  },

  'field transforms, literals and chains of them': () => {
    const model = triple();
    equal(model.flow.withContext({ value: 7 }).flow.computeSync().value, 21);
    equal(model.flow.withContext({ value: plus({ by: 2 }) }).flow.computeSync({ value: 1 }).value, 9);
    equal(model.flow.withContext({ value: plus({ by: 2 }) }).flow.withContext({ value: plus({ by: 10 }) }).flow.computeSync({ value: 5 }).value, 45);
    const nested = step({ before: model.flow.withContext({ value: plus({ by: 2 }) }) }).flow.withContext({ value: plus({ by: 10 }) });
    equal(nested.flow.computeSync({ value: 5 }).value, 52);
  },

  'renamed, computed and closed contexts': () => {
    equal(triple().flow.withContext({ value: fromField('temperature', z.number()) }).flow.computeSync({ temperature: 14 }).value, 42);
    equal(triple().flow.withContext({ value: computed(triple()) }).flow.computeSync({ value: 2 }).value, 18);
    const table = flowModel({ inputs: { table: FromContext(z.string().default('people')) } }, ({ table: name }) => name);
    equal(table().flow.withContext(closedContext()).flow.computeSync({ table: 'secrets' }).value, 'people');
  },

  'FlowContext: ambient fields, compared by content, changed by copying': () => {
    const january = new FlowContext({ month: 1, year: 2024, tags: ['a'] });
    const february = january.update((draft) => {
      draft.month = 2;
      draft.tags.push('b');
    });
    equal([january.get('month'), february.get('month'), february.get('tags')], [1, 2, ['a', 'b']]);
    isTrue(february.with({ month: 1, tags: ['a'] }).equals(january));
    const root = flowModel({ inputs: { value: z.number(), upstream: z.number() } }, ({ value, upstream }) => value + upstream);
    equal((root({ value: 1, upstream: triple() }) as CallableModel<number>).flow.computeSync(new FlowContext({ value: 10 })).value, 31);
  },

  'ready-made contexts': () => {
    const length = flowModel({ inputs: { startDate: FromContext(z.date()), endDate: FromContext(z.date()) }, contextType: DateRangeContext }, ({ startDate, endDate }) => endDate.getTime() - startDate.getTime());
    equal(length().flow.computeSync({ startDate: day('2024-01-01'), endDate: day('2024-01-02') }).value, DAY);
    throwsCode('INVALID_CONTEXT', () => length().flow.computeSync({ startDate: day('2024-01-02'), endDate: day('2024-01-01') }), 'startDate comes after endDate');
  },

  'lazy inputs run when they are called for, and once': async () => {
    let runs = 0;
    const costly = flowModel({ name: 'costly', inputs: { value: FromContext(z.number()) } }, ({ value }) => {
      runs += 1;
      return value;
    });
    const choose = flowModel({ inputs: { use: FromContext(z.boolean()), fallback: Lazy(z.number()) } }, async ({ use, fallback }) => (use ? (await fallback()) + (await fallback()) : 0));
    const model = choose({ fallback: costly() });
    equal((await model.flow.compute({ use: false, value: 4 })).value, 0);
    equal(runs, 0);
    equal((await model.flow.compute({ use: true, value: 4 })).value, 8);
    equal(runs, 1);
    const chooseNow = flowModel({ inputs: { fallback: Lazy(z.number()) } }, ({ fallback }) => fallback.sync() + fallback.sync());
    equal(chooseNow({ fallback: costly() }).flow.computeSync({ value: 4 }).value, 8);
    equal(runs, 2);
  },

  'dependencies: models anywhere in a container': () => {
    const shape = z.object({ rows: z.array(z.array(z.number())), by: z.record(z.string(), z.number()) });
    const sum = flowModel({ inputs: { it: Dependency(shape) } }, ({ it }) => [...it.rows.flat(), ...Object.values(it.by)].reduce((a, b) => a + b, 0));
    const six = triple();
    equal(sum({ it: { rows: [[1, six], [six]], by: { a: six, b: 2 } } }).flow.computeSync({ value: 2 }).value, 21);
  },

  'nested evaluations share the run': async () => {
    let runs = 0;
    const counted = flowModel({ name: 'counted', inputs: { value: FromContext(z.number()) } }, ({ value }) => {
      runs += 1;
      return value * 10;
    });
    const sweep = flowModel({ inputs: { model: ModelInput(z.number()), eager: z.number() } }, async ({ model, eager }, run) => {
      const values = await Promise.all([1, 2, 1, 3].map((value) => run.compute(model, { value })));
      return values.reduce((a, b) => a + b, eager);
    });
    const model = counted();
    equal((await sweep({ model, eager: model }).flow.compute({ value: 3 })).value, 100);
    equal(runs, 3);
  },

  'asynchronous bodies: independent ones at the same time, shared ones once': async () => {
    let started = 0;
    let runs = 0;
    const base = flowModel({ inputs: { value: FromContext(z.number()) } }, async ({ value }) => {
      runs += 1;
      await turn();
      return value;
    });
    const slow = flowModel({ inputs: { value: z.number(), by: z.number() } }, async ({ value, by }) => {
      started += 1;
      const alone = started;
      await turn();
      if (alone === 1) equal(started, 3); // the others began before the first was done
      return value * by;
    });
    const shared = base();
    const total = flowModel({ inputs: { all: Dependency(z.array(z.number())) } }, ({ all }) => all.reduce((a, b) => a + b, 0));
    const model = total({ all: [1, 2, 3].map((by) => slow({ value: shared, by })) }) as CallableModel<number>;
    equal((await model.flow.compute({ value: 7 })).value, 42);
    equal(runs, 1);
    const error = throwsCode('ASYNC_IN_SYNC', () => base().flow.computeSync({ value: 7 }));
    isTrue(error.message.includes('compute'));
  },

  'class models, with dependencies that they announce': async () => {
    equal((await new Fibonacci().flow.compute({ n: 30 })).value, 832_040);
    equal((await new Fibonacci({ salt: 1 }).flow.compute({ n: 3 })).value, 5);
    equal((await step({ before: new Fibonacci() }).flow.compute({ n: 10 })).value, 56);
  },

  'results of a class of one’s own': () => {
    class Quote extends FlowResult {
      readonly bid: number;
      constructor(bid: number) {
        super();
        this.bid = bid;
      }
    }
    const quote = flowModel({ inputs: { mid: FromContext(z.number()) } }, ({ mid }) => new Quote(mid - 1));
    const result = quote().flow.computeSync({ mid: 10 });
    isTrue(result instanceof Quote);
    equal(result.bid, 9);
  },

  'resources, and stubs in place of bodies': async () => {
    const greeting = flowModel({ name: 'greeting', inputs: { id: FromContext(z.number()), db: Resource<Map<number, string>>() } }, ({ id, db }) => `hello ${db.get(id)}`);
    const db = new Map([[1, 'Ada']]);
    equal((await greeting().flow.compute({ id: 1 }, { resources: { db } })).value, 'hello Ada');
    hasCode(await rejects(greeting().flow.compute({ id: 1 })), 'MISSING_RESOURCE', "'db'");
    configureFlow({ resources: { db } });
    equal(greeting().flow.computeSync({ id: 1 }).value, 'hello Ada');
    configureFlow({ resources: undefined });
    equal(step({ before: triple() }).flow.computeSync({ value: 1 }, { overrides: [{ factories: [triple], body: () => 99 }] }).value, 100);
  },

  'cancellation': async () => {
    const controller = new AbortController();
    let heard = false;
    const forever = flowModel({ name: 'forever', inputs: {} }, (_, run) => {
      run.signal.addEventListener('abort', () => (heard = true));
      return new Promise<number>(() => {});
    });
    const promise = rejects(step({ before: forever() }).flow.compute({}, { signal: controller.signal }));
    await turn();
    const reason = new Error('enough');
    controller.abort(reason);
    isTrue(hasCode(await promise, 'CANCELLED').cause === reason);
    isTrue(heard);
    let ran = false;
    const never = flowModel({ inputs: {} }, () => (ran = true));
    hasCode(await rejects(never().flow.compute({}, { signal: AbortSignal.abort() })), 'CANCELLED');
    isTrue(!ran);
  },

  'the whole graph is checked before any body runs': async () => {
    let runs = 0;
    const counted = flowModel({ inputs: { value: FromContext(z.number()), other: FromContext(z.string()) } }, ({ value }) => {
      runs += 1;
      return value;
    });
    const model = join({ left: counted(), right: triple() }) as CallableModel<number>;
    const error = hasCode(await rejects(model.flow.compute({ vale: 1 })), 'MISSING_CONTEXT', "'value'", "'other'", 'vale');
    isTrue(Object.keys(error.details).length > 0);
    throwsCode('INVALID_CONTEXT', () => model.flow.computeSync({ value: 'one', other: 'two' }), "'value'");
    throwsCode('UNBOUND_INPUT', () => (join({ left: 1 }) as CallableModel<number>).flow.computeSync(), "'right'");
    throwsCode('REGULAR_OVERRIDE', () => (join({ left: 1, right: 2 }) as CallableModel<number>).flow.computeSync({ left: 2 }), "'left'");
    equal(runs, 0);
  },

  'what is wrong says so at once': () => {
    throwsCode('BIND', () => step({ before: 'one' as never }), 'step', "'before'");
    throwsCode('BIND', () => step({ befor: 1 } as never), "'befor'");
    throwsCode('DEFINITION', () => flowModel({ inputs: { value: 4 as never } }, () => 1), "'value'");
    throwsCode('DUPLICATE_NAME', () => flowModel({ name: 'step', inputs: {} }, () => 1), "'step'");
    throwsCode('WITH_CONTEXT', () => triple().flow.withContext({ valeu: 1 } as never), "'valeu'", "'value'");
    const broken = contextTransform({ name: 'broken', inputs: { value: FromContext(z.number()) }, output: z.number() }, () => 'text' as never);
    throwsCode('TRANSFORM', () => triple().flow.withContext({ value: broken() }).flow.computeSync({ value: 1 }), 'broken');
  },

  'cycles of nested evaluations': async () => {
    const self = flowModel({ name: 'self', inputs: {} }, (_, run): Promise<number> => run.compute(model));
    const model: CallableModel<number> = self();
    hasCode(await rejects(model.flow.compute()), 'CYCLE', 'self');
  },

  'what a body throws reaches the caller as it is, with its path': async () => {
    const failure = new TypeError('no such table');
    const bad = flowModel({ name: 'bad', inputs: {} }, (): number => {
      throw failure;
    });
    const error = await rejects(join({ left: step({ before: bad() }), right: 1 }).flow.compute());
    isTrue(error === failure);
    equal(flowPathOf(error), ['join', 'left', 'before', 'bad']);
  },

  'a chain of 50,000': async () => {
    const length = 50_000;
    const model = chainOn(triple(), length);
    for (let value = 0; value < 3; value++) equal(model.flow.computeSync({ value }).value, length + value * 3);
    equal((await model.flow.compute({ value: 4 })).value, length + 12);
    const later = flowModel({ inputs: { value: FromContext(z.number()) } }, async ({ value }) => value);
    equal((await chainOn(later(), length).flow.compute({ value: 2 })).value, length + 2);
  },
};

/* ---------- the run ---------- */

/** What the last line holds. */
export interface SmokeReport {
  readonly smoke: 'flowmodel';
  readonly passed: number;
  readonly failed: readonly string[];
  /** To be the same everywhere. */
  readonly keys: readonly string[];
}

let passed = 0;
const failed: string[] = [];
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    passed += 1;
  } catch (error) {
    failed.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
console.log(JSON.stringify({ smoke: 'flowmodel', passed, failed, keys: sampleKeys() } satisfies SmokeReport));
