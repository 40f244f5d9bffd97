/** api.md §6: `overrides` for chosen models, the options of a call, and `configureFlow`. */
import { configureFlow, Dependency, flowModel, FromContext, Lazy, modelClass, ModelInput } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { flowError } from './flow-error.ts';

let ran: string[] = [];
beforeEach(() => {
  ran = [];
});
afterEach(() => {
  configureFlow({ overrides: undefined, validateResult: undefined, resources: undefined, concurrency: undefined, signal: undefined });
});

const load = flowModel({ name: 'overrides.load', inputs: { id: FromContext(z.number()), scale: z.number().default(1) } }, ({ id, scale }) => {
  ran.push('load');
  return id * scale;
});
const twice = flowModel({ name: 'overrides.twice', inputs: { x: z.number() } }, ({ x }) => {
  ran.push('twice');
  return x * 2;
});
const list = flowModel({ name: 'overrides.list', inputs: { parts: Dependency(z.array(z.any())) } }, ({ parts }) => parts as readonly unknown[]);

describe('a stub takes the place of a body', () => {
  test('of chosen models, by identity', () => {
    const stubbed = load();
    const other = load();
    expect(list({ parts: [stubbed, other, twice({ x: stubbed })] }).flow.computeSync({ id: 3 }, { overrides: [{ models: [stubbed], body: () => 100 }] }).value).toEqual([100, 3, 200]);
    expect(ran).toEqual(['load', 'twice']);
  });

  test('of every model of a factory', () => {
    const model = list({ parts: [load(), load({ scale: 5 }), load().flow.withContext({ id: 8 })] });
    expect(model.flow.computeSync({ id: 3 }, { overrides: [{ factories: [load], body: () => -1 }] }).value).toEqual([-1, -1, -1]);
    expect(ran).toEqual([]);
  });

  test('it receives the inputs that the body would have received, and the run', () => {
    const model = twice({ x: load({ scale: 2 }) }).flow.withContext({ id: 4 });
    const seen: unknown[] = [];
    const options = {
      overrides: [
        {
          factories: [load, twice],
          body: (inputs: object, run: { attempt: number }) => {
            seen.push(inputs, run.attempt);
            return 9;
          },
        },
      ],
    };
    expect(model.flow.computeSync({}, options).value).toBe(9);
    expect(seen).toEqual([{ id: 4, scale: 2 }, 1, { x: 9 }, 1]);
  });

  test('of a class, of one of its models, and of a class it extends', () => {
    class Base extends modelClass({ inputs: { n: z.number() }, output: z.number() }) {
      call(): number {
        return this.inputs.n;
      }
    }
    class Derived extends Base {}
    const base = new Base({ n: 1 });
    const derived = new Derived({ n: 2 });
    const model = list({ parts: [base, derived] });
    expect(model.flow.computeSync({}, { overrides: [{ factories: [Derived], body: () => -1 }] }).value).toEqual([1, -1]);
    expect(model.flow.computeSync({}, { overrides: [{ factories: [Base], body: () => -1 }] }).value).toEqual([-1, -1]);
    // Factories and classes, in one list.
    expect(list({ parts: [load({ id: 3 }), new Base({ n: 1 })] }).flow.computeSync({}, { overrides: [{ factories: [load, Base], body: () => -1 }] }).value).toEqual([-1, -1]);
    expect(model.flow.computeSync({}, { overrides: [{ models: [base], body: () => -1 }] }).value).toEqual([-1, 2]);
  });

  test('it may be asynchronous', async () => {
    expect((await twice({ x: load() }).flow.compute({ id: 1 }, { overrides: [{ factories: [load], body: async () => 5 }] })).value).toBe(10);
    expect(() => twice({ x: load() }).flow.computeSync({ id: 1 }, { overrides: [{ factories: [load], body: async () => 5 }] })).toThrow(flowError('ASYNC_IN_SYNC', 'overrides.load'));
  });

  test('what it throws is the failure of the model', () => {
    const error = new Error('stub');
    const body = (): never => {
      throw error;
    };
    expect(() => twice({ x: load() }).flow.computeSync({ id: 1 }, { overrides: [{ factories: [load], body }] })).toThrow(error);
  });

  test('its result is validated by the output schema of the model', () => {
    const strict = flowModel({ name: 'overrides.strict', inputs: {}, output: z.number() }, () => 1);
    const overrides = [{ factories: [strict], body: () => 'text' }];
    expect(() => strict().flow.computeSync({}, { overrides })).toThrow(flowError('INVALID_RESULT', 'overrides.strict'));
    expect(strict().flow.computeSync({}, { overrides: [{ factories: [strict], body: () => 'text', validateResult: false }] }).value).toBe('text');
  });

  test('it is shared and remembered as the body would have been', () => {
    let calls = 0;
    const shared = load();
    const model = list({ parts: [shared, twice({ x: shared }), shared.flow.withContext({ id: 3 })] });
    expect(model.flow.computeSync({ id: 3 }, { overrides: [{ factories: [load], body: () => ++calls }] }).value).toEqual([1, 2, 1]);
  });

  test('in lazy branches and nested evaluations too', async () => {
    const ask = flowModel({ inputs: { x: Lazy(z.number()), model: ModelInput(z.number()) } }, async ({ x, model }, run) => [await x(), await run.compute(model, { id: 1 })]);
    const overrides = [{ factories: [load], body: ({ id }: { id: number }) => -id }];
    expect((await ask({ x: load(), model: load() }).flow.compute({ id: 5 }, { overrides })).value).toEqual([-5, -1]);
  });

  test('the root may be stubbed', () => {
    expect(twice({ x: 1 }).flow.computeSync({}, { overrides: [{ factories: [twice], body: () => 50 }] }).value).toBe(50);
  });

  test('the next run knows nothing of it', () => {
    const model = twice({ x: load() });
    model.flow.computeSync({ id: 1 }, { overrides: [{ factories: [load], body: () => 5 }] });
    expect(model.flow.computeSync({ id: 1 }).value).toBe(2);
  });
});

describe('a wrapper stands for itself', () => {
  test('CC-WITH-38 a stub of the wrapper does not touch its base, nor other wrappers', () => {
    const base = load();
    const wrapper = base.flow.withContext({ id: 7 });
    const model = list({ parts: [base, wrapper, base.flow.withContext({ id: 8 })] });
    expect(model.flow.computeSync({ id: 3 }, { overrides: [{ models: [wrapper], body: () => -1 }] }).value).toEqual([3, -1, 8]);
  });

  test('CC-OPT-07 a stub of the base does not touch its wrappers', () => {
    const base = load();
    const model = list({ parts: [base, base.flow.withContext({ id: 7 })] });
    expect(model.flow.computeSync({ id: 3 }, { overrides: [{ models: [base], body: () => -1 }] }).value).toEqual([-1, 7]);
  });

  test('also where both come to the same context, in whatever order they stand', () => {
    const base = load();
    for (const wrapper of [base.flow.withContext({ id: 3 }), base.flow.withContext()]) {
      const overrides = [{ models: [wrapper], body: () => -1 }];
      expect(list({ parts: [base, wrapper] }).flow.computeSync({ id: 3 }, { overrides }).value).toEqual([3, -1]);
      expect(list({ parts: [wrapper, base] }).flow.computeSync({ id: 3 }, { overrides }).value).toEqual([-1, 3]);
    }
  });

  test('what is upstream of a stubbed wrapper is nobody else', () => {
    const branch = twice({ x: load() });
    const wrapper = branch.flow.withContext({ id: 3 });
    expect(list({ parts: [branch, wrapper] }).flow.computeSync({ id: 3 }, { overrides: [{ models: [wrapper], body: ({ x }: { x: number }) => x + 0.5 }] }).value).toEqual([6, 3.5]);
  });
});

describe('volatile: true', () => {
  test('has a model evaluated anew for each consumer', () => {
    let count = 0;
    const counter = flowModel({ inputs: {} }, () => ++count)();
    expect(list({ parts: [counter, counter, twice({ x: counter })] }).flow.computeSync({}, { overrides: [{ models: [counter], volatile: true }] }).value).toEqual([1, 2, 6]);
    count = 0;
    expect(list({ parts: [counter, counter] }).flow.computeSync().value).toEqual([1, 1]);
  });
});

describe('several overrides of one model', () => {
  test('are merged, the later one first', () => {
    const overrides = [
      { factories: [load], body: () => 1 },
      { factories: [load], body: () => 2 },
    ];
    expect(load().flow.computeSync({ id: 3 }, { overrides }).value).toBe(2);
  });

  test('field by field: what a later one does not say, an earlier one does', () => {
    const strict = flowModel({ inputs: {}, output: z.number() }, () => 1);
    const overrides = [
      { factories: [strict], body: () => 'text' },
      { factories: [strict], validateResult: false },
    ];
    expect(strict().flow.computeSync({}, { overrides }).value).toBe('text');
  });

  test('an undefined field says nothing', () => {
    const overrides = [
      { factories: [load], body: () => 1 },
      { factories: [load], body: undefined, validateResult: true },
    ];
    expect(load().flow.computeSync({ id: 3 }, { overrides }).value).toBe(1);
  });
});

describe('validateResult', () => {
  const strict = flowModel({ name: 'overrides.output', inputs: {}, output: z.number() }, () => 'text' as unknown as number);
  const transforming = flowModel({ inputs: {}, output: z.string().transform(Number) }, () => '5');

  test('CC-RES-04 false for a run: results come through as they are', () => {
    expect(() => strict().flow.computeSync()).toThrow(flowError('INVALID_RESULT'));
    expect(strict().flow.computeSync({}, { validateResult: false }).value).toBe('text');
    expect(transforming().flow.computeSync().value).toBe(5);
    expect(transforming().flow.computeSync({}, { validateResult: false }).value).toBe('5');
  });

  test('false for chosen models only', () => {
    const model = list({ parts: [strict(), strict()] });
    expect(() => model.flow.computeSync({}, { overrides: [{ models: [strict()], validateResult: false }] })).toThrow(flowError('INVALID_RESULT'));
    expect(model.flow.computeSync({}, { overrides: [{ factories: [strict], validateResult: false }] }).value).toEqual(['text', 'text']);
  });

  test('true for chosen models where the run or the definition says false', () => {
    const lax = flowModel({ name: 'overrides.lax', inputs: {}, output: z.number(), validateResult: false }, () => 'text' as unknown as number);
    expect(lax().flow.computeSync().value).toBe('text');
    expect(() => lax().flow.computeSync({}, { validateResult: true })).toThrow(flowError('INVALID_RESULT', 'overrides.lax'));
    expect(() => strict().flow.computeSync({}, { validateResult: false, overrides: [{ factories: [strict], validateResult: true }] })).toThrow(flowError('INVALID_RESULT'));
  });

  test('inputs are validated all the same', () => {
    expect(() => twice({ x: strict() }).flow.computeSync({}, { validateResult: false })).toThrow(flowError('INVALID_RESULT', 'overrides.twice'));
  });
});

describe('configureFlow', () => {
  const strict = flowModel({ inputs: {}, output: z.number() }, () => 'text' as unknown as number);

  test('sets defaults for every later run; a call has the last word', () => {
    configureFlow({ validateResult: false });
    expect(strict().flow.computeSync().value).toBe('text');
    expect(() => strict().flow.computeSync({}, { validateResult: true })).toThrow(flowError('INVALID_RESULT'));
  });

  test('is merged over what was set before, and undefined resets', () => {
    configureFlow({ validateResult: false });
    configureFlow({ concurrency: 3 });
    expect(strict().flow.computeSync().value).toBe('text');
    configureFlow({ validateResult: undefined });
    expect(() => strict().flow.computeSync()).toThrow(flowError('INVALID_RESULT'));
  });

  test('undefined in a call means the defaults of the engine, not those of configureFlow', () => {
    configureFlow({ validateResult: false });
    expect(() => strict().flow.computeSync({}, { validateResult: undefined })).toThrow(flowError('INVALID_RESULT'));
  });

  test('overrides add up: those of the call come later', () => {
    configureFlow({ overrides: [{ factories: [load], body: () => 1 }, { factories: [twice], body: () => 2 }] });
    const model = list({ parts: [load(), twice({ x: 0 })] });
    expect(model.flow.computeSync({ id: 3 }).value).toEqual([1, 2]);
    expect(model.flow.computeSync({ id: 3 }, { overrides: [{ factories: [load], body: () => 10 }] }).value).toEqual([10, 2]);
    configureFlow({ overrides: [{ factories: [twice], body: () => 20 }] });
    expect(model.flow.computeSync({ id: 3 }).value).toEqual([1, 20]);
    configureFlow({ overrides: undefined });
    expect(model.flow.computeSync({ id: 3 }).value).toEqual([3, 0]);
  });

  test('a run that has begun keeps the options it began with', async () => {
    const model = twice({ x: flowModel({ inputs: {} }, async () => 4)() });
    const result = model.flow.compute();
    configureFlow({ overrides: [{ factories: [twice], body: () => -1 }] });
    expect((await result).value).toBe(8);
  });

  test('an object given to it may be changed afterwards: nothing follows', () => {
    const overrides = [{ factories: [load], body: () => 1 }];
    configureFlow({ overrides });
    overrides.length = 0;
    expect(load().flow.computeSync({ id: 3 }).value).toBe(1);
  });
});

describe('options that make no sense are DEFINITION', () => {
  const cases: { what: string; options: unknown; says: string }[] = [
    { what: 'no object', options: 5, says: 'expected an options object' },
    { what: 'an unknown name', options: { overides: [] }, says: "'overrides'" },
    { what: 'overrides that are no list', options: { overrides: {} }, says: 'overrides' },
    { what: 'an override of nothing', options: { overrides: [{ body: () => 1 }] }, says: 'models' },
    { what: 'a factory among the models', options: { overrides: [{ models: [load], body: () => 1 }] }, says: 'models' },
    { what: 'a model among the factories', options: { overrides: [{ factories: [load()], body: () => 1 }] }, says: 'factories' },
    { what: 'a plain function among the factories', options: { overrides: [{ factories: [() => 1], body: () => 1 }] }, says: 'factories' },
    { what: 'a body that is no function', options: { overrides: [{ factories: [load], body: 5 }] }, says: 'body' },
    { what: 'an override with an unknown name', options: { overrides: [{ factories: [load], bodi: () => 1 }] }, says: 'body' },
    { what: 'a signal that is none', options: { signal: {} }, says: 'signal' },
    { what: 'validateResult that is no boolean', options: { validateResult: 'no' }, says: 'validateResult' },
  ];

  test.each(cases)('$what', async ({ options, says }) => {
    const model = load() as CallableModel<number>;
    expect(() => model.flow.computeSync({ id: 1 }, options as never)).toThrow(flowError('DEFINITION', says));
    await expect(model.flow.compute({ id: 1 }, options as never)).rejects.toThrow(flowError('DEFINITION', says));
    expect(() => configureFlow(options as never)).toThrow(flowError('DEFINITION', says));
    expect(ran).toEqual([]);
  });
});
