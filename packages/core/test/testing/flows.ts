/** Models whose bodies take their time at the gates of a schedule. Who watches them reaches them as a resource, so that it is in no key. */
import { Dependency, flowModel, FromContext, Lazy, ModelInput, Resource } from '@flowmodel/core';
import type { CallableModel, FlowRun } from '@flowmodel/core';
import type { Schedule } from '@flowmodel/core/testing';
import { z } from 'zod';

export interface Watch {
  readonly schedule: Schedule;
  /** A body begins, of which the label says what it is the evaluation of. May throw. */
  starts(label: string, run: FlowRun): void;
  /** Whether a body gives up its work when its signal fires. */
  listens?(): boolean;
  /** How many bodies may be at work at once. */
  readonly most?: number;
}

/** Each evaluation at most once. */
export const eachOnce = (schedule: Schedule, most?: number): Watch => ({ schedule, starts: (label) => schedule.once(label), listens: () => schedule.choose(2) === 1, ...(most !== undefined && { most }) });

/** What a body throws that is told to fail. */
export class Down extends Error {}

interface Given {
  readonly id: number;
  readonly n: number;
  readonly fails: boolean;
  readonly watch: Watch;
}

/** The time that a body works, as a member of those at work. */
async function works({ id, n, watch }: Given, run: FlowRun, part = ''): Promise<void> {
  const leave = watch.schedule.enter('work', watch.most ?? Infinity);
  try {
    await watch.schedule.gate(`${id} in ${n}${part}`, undefined, watch.listens?.() === true ? { signal: run.signal } : {});
  } finally {
    leave();
  }
}

async function begins(given: Given, run: FlowRun): Promise<void> {
  given.watch.starts(`${given.id} in ${given.n}`, run);
  await works(given, run);
  if (given.fails) throw new Down(`${given.id} in ${given.n}`);
}

const shape = { id: z.number(), fails: z.boolean().default(false), n: FromContext(z.number()), watch: Resource<Watch>() };

/** Its number and the context's. */
export const leaf = flowModel({ name: 'schedules.leaf', inputs: shape }, async (given, run) => {
  await begins(given, run);
  return given.id + given.n;
});

/** Its number and all of its parts. */
export const sum = flowModel({ name: 'schedules.sum', inputs: { ...shape, parts: Dependency(z.array(z.number())) } }, async (given, run) => {
  await begins(given, run);
  return given.parts.reduce((total, part) => total + part, given.id);
});

/** The same at once. */
export const quick = flowModel({ name: 'schedules.quick', inputs: { ...shape, parts: Dependency(z.array(z.number())) } }, ({ id, n, parts, watch }, run) => {
  watch.starts(`${id} in ${n}`, run);
  return parts.reduce((total, part) => total + part, id);
});

/** Its number and two lazy branches, which it asks for one after the other or both at once. */
export const lazily = flowModel({ name: 'schedules.lazily', inputs: { ...shape, x: Lazy(z.number()), y: Lazy(z.number()) } }, async (given, run) => {
  await begins(given, run);
  const { id, x, y, watch } = given;
  const [first, second] = watch.schedule.choose(2) === 0 ? [await x(), await y()] : await Promise.all([x(), y()]);
  await works(given, run, ', after the thunks');
  return id + first + second;
});

/** Its number and a model that it computes twice: in its own context, and in the next. */
export const asks = flowModel({ name: 'schedules.asks', inputs: { ...shape, model: ModelInput(z.number()) } }, async (given, run) => {
  await begins(given, run);
  const { id, n, model, watch } = given;
  const own = run.compute(model);
  const next = watch.schedule.choose(2) === 0 ? await run.compute(model, { n: n + 1 }) : run.compute(model, { n: n + 1 });
  const total = id + (await own) + (await next);
  await works(given, run, ', after run.compute');
  return total;
});

/** A graph with all of these. Two of its leaves are one content in two objects, unless they are to be one object. Yields 42 + 9 n. */
export function everything({ isShared = false }: { readonly isShared?: boolean } = {}): CallableModel<number> {
  const a = leaf({ id: 1 });
  const b = leaf({ id: 2 });
  const s = sum({ id: 3, parts: [a, b, isShared ? a : leaf({ id: 1 })] });
  const l = lazily({ id: 4, x: s, y: b });
  const k = asks({ id: 5, model: a });
  const w = a.flow.withContext({ n: 7 });
  return quick({ id: 6, parts: [s, l, k, w] });
}
export const valueOfEverything = (n: number): number => 42 + 9 * n;
