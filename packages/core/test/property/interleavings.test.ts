/**
 * Bodies that do what they like with what the run gives them: await it now or later, drop it, ask from timers, try to have it at once. Whatever
 * they do, the outcome is the one that the graph has, every evaluation starts at most once, nothing starts when the run is over, and no
 * rejection is left unhandled.
 */
import { getEventListeners } from 'node:events';
import { FlowError, flowModel, FromContext, Lazy, ModelInput } from '@flowmodel/core';
import type { CallableModel, FlowRun } from '@flowmodel/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { settled, unhandledDuring } from '../deferred.ts';
import { replayed } from './replayed.ts';

/** One thing that a body does. `slot` says which of its two lazy inputs or two nested models it asks; `n` is the context of a nested one. */
interface Step {
  readonly kind: 'tick' | 'turn' | 'await' | 'start' | 'join' | 'drop' | 'timer' | 'sync' | 'careful';
  readonly isNested: boolean;
  readonly slot: 0 | 1;
  readonly n: number;
}

interface Program {
  readonly isAsync: boolean;
  readonly throws: boolean;
  readonly steps: readonly Step[];
  /** Which earlier nodes the two eager, two lazy and two nested inputs hold. */
  readonly inputs: readonly number[];
}

interface Scenario {
  readonly programs: readonly Program[];
  readonly concurrency: number | undefined;
  /** After how many turns of the event loop the signal aborts. */
  readonly abortAfter: number | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('tick', 'turn', 'await', 'await', 'start', 'join', 'drop', 'timer', 'sync', 'careful'),
  isNested: fc.boolean(),
  slot: fc.constantFrom(0, 1),
  n: fc.nat(2),
});
const scenario: fc.Arbitrary<Scenario> = fc.record({
  programs: fc.array(
    fc.record({
      isAsync: fc.boolean(),
      throws: fc.nat(19).map((n) => n === 19),
      steps: fc.array(step, { maxLength: 6 }),
      inputs: fc.array(fc.nat(0xff), { minLength: 6, maxLength: 6 }),
    }),
    { minLength: 2, maxLength: 8, size: 'max' },
  ),
  concurrency: fc.constantFrom(undefined, 1, 2, 3),
  abortAfter: fc.option(fc.nat(6), { nil: undefined, freq: 3 }),
});

/** What a node yields in a context, by its program alone; undefined where it fails. */
function expected(programs: readonly Program[], node: number, n: number): number | undefined {
  const { steps, throws, isAsync } = programs[node]!;
  const held = (input: number): number | undefined => inputOf(programs, node, input);
  let total = node + n;
  for (const input of [0, 1]) {
    const upstream = held(input);
    if (upstream === undefined) continue;
    const value = expected(programs, upstream, n);
    if (value === undefined) return undefined;
    total += value;
  }
  for (const { kind, isNested, slot, n: given } of isAsync ? steps : []) {
    const upstream = held(2 + 2 * Number(isNested) + slot);
    if (upstream === undefined || !['await', 'start', 'careful'].includes(kind)) continue;
    const value = expected(programs, upstream, isNested ? given : n);
    if (value === undefined && kind !== 'careful') return undefined;
    total += value ?? 100;
  }
  return throws ? undefined : total % 1009;
}

/** The node that an input holds: an earlier one, or none for the first. */
const inputOf = (programs: readonly Program[], node: number, input: number): number | undefined => (node === 0 ? undefined : programs[node]!.inputs[input]! % node);

const NUMBER = z.number().optional();
const SHAPE = { a: NUMBER, b: NUMBER, x: Lazy(NUMBER), y: Lazy(NUMBER), m: ModelInput(NUMBER), o: ModelInput(NUMBER), n: FromContext(z.number()) };

interface Recording {
  readonly started: string[];
}

class Failure extends Error {}

function build({ programs }: Scenario, { started }: Recording): CallableModel<number> {
  const models: CallableModel<number>[] = [];
  programs.forEach(({ isAsync, throws, steps }, node) => {
    const finish = (total: number): number => {
      if (throws) throw new Failure(`node ${node}`);
      return total % 1009;
    };
    const tries = (act: () => unknown): void => {
      try {
        act();
      } catch (error) {
        if (error instanceof FlowError ? !['ASYNC_IN_SYNC', 'CANCELLED'].includes(error.code) : !(error instanceof Failure)) throw error;
      }
    };
    const start = ({ a = 0, b = 0, n }: { readonly a?: number | undefined; readonly b?: number | undefined; readonly n: number }): number => {
      started.push(`${node} in ${n}`);
      return node + n + a + b;
    };

    const factory = isAsync
      ? flowModel({ inputs: SHAPE }, async (inputs, run: FlowRun) => {
          let total = start(inputs);
          const thunks = [inputs.x, inputs.y];
          const nested = [inputs.m, inputs.o];
          const ask = async ({ isNested, slot, n }: Step): Promise<number> => {
            const model = nested[slot];
            return (isNested ? (model === undefined ? 0 : await run.compute(model, { n })) : await thunks[slot]?.()) ?? 0;
          };
          const pending: Promise<number>[] = [];
          for (const next of steps) {
            const { kind, isNested, slot, n } = next;
            if (kind === 'tick') await Promise.resolve();
            else if (kind === 'turn') await settled();
            else if (kind === 'await') total += await ask(next);
            else if (kind === 'careful') total += inputOf(programs, node, 2 + 2 * Number(isNested) + slot) === undefined ? 0 : await ask(next).catch(() => 100);
            else if (kind === 'start') {
              const promise = ask(next);
              promise.catch(() => {}); // awaited at the end
              pending.push(promise);
            } else if (kind === 'drop') void (isNested ? nested[slot] && run.compute(nested[slot], { n }) : thunks[slot]?.());
            else if (kind === 'timer') setImmediate(() => void (isNested ? nested[slot] && run.compute(nested[slot], { n }) : thunks[slot]?.()));
            else if (kind === 'sync') tries(() => (isNested ? nested[slot] && run.computeSync(nested[slot], { n }) : thunks[slot]?.sync()));
            else for (const promise of pending.splice(0)) total += await promise;
          }
          for (const promise of pending) total += await promise;
          return finish(total);
        })
      : flowModel({ inputs: SHAPE }, (inputs) => finish(start(inputs)));
    const held = [0, 1, 2, 3, 4, 5].map((input) => models[inputOf(programs, node, input) ?? -1]);
    models.push(factory({ a: held[0], b: held[1], x: held[2], y: held[3], m: held[4], o: held[5] } as never) as CallableModel<number>);
  });
  return models.at(-1)!;
}

async function check(given: Scenario): Promise<void> {
  const recording: Recording = { started: [] };
  const { started } = recording;
  const root = build(given, recording);
  const wanted = expected(given.programs, given.programs.length - 1, 1);
  const controller = new AbortController();
  const result = root.flow.compute({ n: 1 }, { concurrency: given.concurrency, signal: controller.signal }).then(
    ({ value }) => ({ value: value as unknown }),
    (error: unknown) => ({ error }),
  );
  for (let turn = 0; turn < (given.abortAfter ?? 0); turn++) await settled();
  if (given.abortAfter !== undefined) controller.abort();
  const found = await result;

  if ('error' in found && given.abortAfter !== undefined && found.error instanceof FlowError) expect(found.error.code).toBe('CANCELLED');
  else if (wanted === undefined) expect(found).toEqual({ error: expect.any(Failure) as Failure });
  else expect(found).toEqual({ value: wanted });
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  const startedByThen = started.length;
  for (let turn = 0; turn < 3; turn++) await settled();
  expect(started.length).toBe(startedByThen);
  expect(started).toEqual([...new Set(started)]);
}

test('bodies may do what they like with what they ask for', { timeout: 120_000 }, async () => {
  const unhandled = await unhandledDuring(() => fc.assert(fc.asyncProperty(scenario, check), { ...replayed, numRuns: 3000, timeout: 10_000 }));
  expect(unhandled).toEqual([]);
});
