/** `computeInto` of `@flowmodel/core/extending`: run.compute for bodies that ask for very many evaluations. */
import { FlowError, flowModel, FromContext, memoryCache } from '@flowmodel/core';
import type { CallableModel, ComputeOptions, FlowRun } from '@flowmodel/core';
import { computeInto } from '@flowmodel/core/extending';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deferred, settled } from './deferred.ts';
import { rejection } from './refusal.ts';

const half = flowModel({ name: 'into.half', inputs: { n: FromContext(z.number()) } }, ({ n }): number | Promise<number> => {
  if (n % 2 === 1) throw new Error(`${n} is odd`);
  return n % 4 === 0 ? n / 2 : Promise.resolve(n / 2);
})();

/** Asks for a list of halves, all with one receiver, and yields what it was told, in that order. */
const halves = (list: readonly unknown[]): CallableModel<string[]> =>
  flowModel({ inputs: {} }, (_, run: FlowRun) => new Promise<string[]>((resolve) => {
    const told: string[] = [];
    const tell = (text: string): void => void (told.push(text) === list.length && resolve(told));
    const receiver = { resolve: (value: unknown) => tell(String(value)), reject: (error: unknown) => tell(error instanceof FlowError ? error.code : (error as Error).message) };
    for (const n of list) computeInto(run, half, { n }, {}, receiver);
  }))() as CallableModel<string[]>;

describe('computeInto', () => {
  test.each<{ what: string; options: ComputeOptions }>([
    { what: 'plain', options: {} },
    { what: 'one body at a time', options: { concurrency: 1 } },
    { what: 'with an observer', options: { observer: () => {} } },
    { what: 'with a cache', options: { cache: memoryCache({ max: 100 }) } },
  ])('tells one receiver of each evaluation, values and failures, equal ones too: $what', async ({ options }) => {
    const { value } = await halves([2, 4, 3, 'x', 2, 4]).flow.compute({}, options);
    expect(value.toSorted()).toEqual(['1', '1', '2', '2', '3 is odd', 'INVALID_CONTEXT']);
  });

  test('under computeSync it tells before it returns', () => {
    const told: unknown[] = [];
    const receiver = { resolve: (value: unknown) => void told.push(value), reject: (error: unknown) => void told.push((error as Error).message) };
    const model = flowModel({ inputs: {} }, (_, run: FlowRun) => {
      computeInto(run, half, { n: 8 }, {}, receiver);
      computeInto(run, half, { n: 3 }, {}, receiver);
      return [...told];
    })();
    expect(model.flow.computeSync().value).toEqual([4, '3 is odd']);
  });

  test('when the run is over, each open request is refused once', async () => {
    const gate = deferred();
    const refused: unknown[] = [];
    const stuck = flowModel({ inputs: { n: FromContext(z.number()) } }, () => gate.promise)();
    const model = flowModel({ inputs: {} }, (_, run: FlowRun) => {
      const receiver = { resolve: () => void refused.push('resolved'), reject: (error: unknown) => void refused.push((error as FlowError).code) };
      for (const n of [1, 2]) computeInto(run, stuck, { n }, {}, receiver);
      return new Promise<never>(() => {});
    })();
    const abort = new AbortController();
    const failure = rejection(model.flow.compute({}, { signal: abort.signal }));
    await settled();
    abort.abort();
    expect(await failure).toMatchObject({ code: 'CANCELLED' });
    gate.resolve();
    await settled();
    expect(refused).toEqual(['CANCELLED', 'CANCELLED']);
  });

  test('a signal ends one of them', async () => {
    const abort = new AbortController();
    const stuck = flowModel({ name: 'into.stuck', inputs: {} }, () => new Promise<never>(() => {}))();
    const model = flowModel({ inputs: {} }, (_, run: FlowRun) => new Promise((resolve, reject) => computeInto(run, stuck, undefined, { signal: abort.signal }, { resolve, reject })))();
    const failure = rejection(model.flow.compute());
    await settled();
    abort.abort();
    expect(await failure).toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('into.stuck') });
  });

  test('a run that the engine did not make is asked by its compute', async () => {
    const asked: unknown[] = [];
    const run = {
      signal: new AbortController().signal,
      attempt: 1,
      compute: (model: unknown, context: unknown) => {
        asked.push([model, context]);
        return Promise.resolve('value');
      },
      computeSync: () => 'value',
      progress: () => {},
    } as unknown as FlowRun;
    expect(await new Promise((resolve, reject) => computeInto(run, half, { n: 2 }, {}, { resolve, reject }))).toBe('value');
    expect(asked).toEqual([[half, { n: 2 }]]);
  });
});
