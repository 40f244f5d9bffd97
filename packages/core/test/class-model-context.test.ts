// §1.3 and §4: the context of class-based models, alone, in a graph and behind wrappers.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, flowModel, FlowContext, FromContext, modelClass, ModelInput } from '@flowmodel/core';
import type { FlowRun } from '@flowmodel/core';
import { flowError } from './flow-error.ts';

const Point = z.object({ x: z.number(), y: z.number() });

class Offset extends modelClass({ name: 'Offset', inputs: { by: z.number() }, context: z.object({ x: z.number() }), output: z.number() }) {
  call({ x }: { x: number }): number {
    return x + this.inputs.by;
  }
}
/** Hands back the context that it received. */
class Echo extends modelClass({ name: 'Echo', context: Point }) {
  call(context: z.output<typeof Point>): unknown {
    return context;
  }
}
/** A context that stands in when none is given. */
class Settings extends modelClass({ name: 'Settings', context: z.object({ value: z.number(), tag: z.string() }).default({ value: 7, tag: 'default' }) }) {
  call(context: { value: number; tag: string }): unknown {
    return context;
  }
}
/** May be computed without any context. */
class Perhaps extends modelClass({ name: 'Perhaps', context: z.object({ x: z.number() }).optional() }) {
  call(context: { x: number } | undefined): unknown {
    return context ?? 'none';
  }
}

const relay = flowModel({ name: 'relay', inputs: { of: z.unknown() } }, ({ of }) => of);
const double = contextTransform({ name: 'double', inputs: { x: FromContext(z.number()) } }, ({ x }) => x * 2);
const fromSeed = contextTransform({ name: 'fromSeed', inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed + 1);

describe('what call receives', () => {
  test('CC-CLS-04 a plain object or a FlowContext', async () => {
    expect((await new Echo().flow.compute({ x: 1, y: 2 })).value).toEqual({ x: 1, y: 2 });
    expect((await new Echo().flow.compute(new FlowContext({ x: 1, y: 2 }))).value).toEqual({ x: 1, y: 2 });
  });

  test('CC-CLS-04 nothing is MISSING_CONTEXT for each required field, unless the context has a default', () => {
    expect(() => new Echo().flow.computeSync(undefined as never)).toThrow(flowError('MISSING_CONTEXT', 'x: number', 'y: number', 'Echo'));
    expect(() => new Echo().flow.computeSync({ x: 1 } as never)).toThrow(flowError('MISSING_CONTEXT', 'y: number'));
    expect(new Settings().flow.computeSync().value).toEqual({ value: 7, tag: 'default' });
  });

  test.each([['1,2'], [[1, 2]], [5], [null]])('CC-CLS-04 there is no shorthand: %j is INVALID_CONTEXT', (context) => {
    expect(() => new Echo().flow.computeSync(context as never)).toThrow(flowError('INVALID_CONTEXT'));
  });

  test('CC-CLS-05 the context is parsed before the body sees it', () => {
    class Day extends modelClass({ context: z.object({ date: z.coerce.date(), label: z.string().trim().default('none') }), output: z.string() }) {
      call({ date, label }: { date: Date; label: string }): string {
        return `${date.getUTCFullYear()} ${label}`;
      }
    }
    expect(new Day().flow.computeSync({ date: '2024-01-01', label: ' x ' }).value).toBe('2024 x');
    expect(new Day().flow.computeSync({ date: '2024-01-01' }).value).toBe('2024 none');
  });

  test('CC-CLS-05 a value that it rejects is INVALID_CONTEXT, naming the field', () => {
    expect(() => new Echo().flow.computeSync({ x: 'one' as never, y: 2 })).toThrow(flowError('INVALID_CONTEXT', 'x: number', '"one"', 'Echo'));
  });

  test('its refinements hold', () => {
    class Ordered extends modelClass({ name: 'Ordered', context: Point.refine(({ x, y }) => x <= y, 'x comes after y'), output: z.number() }) {
      call({ x, y }: { x: number; y: number }): number {
        return y - x;
      }
    }
    expect(new Ordered().flow.computeSync({ x: 1, y: 3 }).value).toBe(2);
    expect(() => new Ordered().flow.computeSync({ x: 5, y: 3 })).toThrow(flowError('INVALID_CONTEXT', 'x comes after y', 'Ordered'));
  });

  test('a richer context is fine, and fields that it does not know are dropped', () => {
    class Visit {
      readonly x = 1;
      readonly y = 2;
      readonly requestId = 'abc';
    }
    expect(new Echo().flow.computeSync({ x: 1, y: 2, z: 3 }).value).toEqual({ x: 1, y: 2 });
    expect(new Echo().flow.computeSync(new Visit()).value).toEqual({ x: 1, y: 2 });
  });

  test('a strict schema drops them too, since contexts flow through graphs', () => {
    class Strict extends modelClass({ context: z.strictObject({ x: z.number() }), output: z.number() }) {
      call({ x }: { x: number }): number {
        return x;
      }
    }
    expect(new Strict().flow.computeSync({ x: 4, more: 1 }).value).toBe(4);
  });

  test('a schema that transforms hands the body what it makes', () => {
    class Doubled extends modelClass({ context: z.object({ x: z.number() }).transform(({ x }) => ({ twice: x * 2 })), output: z.number() }) {
      call({ twice }: { twice: number }): number {
        return twice;
      }
    }
    expect(new Doubled().flow.computeSync({ x: 4 }).value).toBe(8);
  });

  test('it is frozen, and the data of the caller is not', () => {
    class Rows extends modelClass({ context: z.object({ rows: z.array(z.number()) }), output: z.unknown() }) {
      call(context: { rows: number[] }): unknown {
        return [Object.isFrozen(context), Object.isFrozen(context.rows)];
      }
    }
    const mine = { rows: [1] };
    expect(new Rows().flow.computeSync(mine).value).toEqual([true, true]);
    expect(Object.isFrozen(mine.rows)).toBe(false);
  });

  test('single fields are given over a default context', () => {
    expect(new Settings().flow.computeSync({ value: 3 }).value).toEqual({ value: 3, tag: 'default' });
    expect(new Settings().flow.computeSync({ tag: 'runtime' }).value).toEqual({ value: 7, tag: 'runtime' });
  });

  test('an optional context may be left out', () => {
    expect(new Perhaps().flow.computeSync().value).toBe('none');
    expect(new Perhaps().flow.computeSync({ other: 1 } as never).value).toBe('none');
    expect(new Perhaps().flow.computeSync({ x: 1 }).value).toEqual({ x: 1 });
  });

  test('a schema that accepts {} makes compute() legal', () => {
    class Lenient extends modelClass({ context: z.object({ x: z.number().default(1), y: z.number().optional() }) }) {
      call(context: { x: number; y?: number | undefined }): unknown {
        return context;
      }
    }
    expect(new Lenient().flow.computeSync().value).toEqual({ x: 1 });
  });
});

describe('in a graph', () => {
  test('CC-CLS-13 bound to an input it receives its own fields of the context, and the graph needs them', () => {
    const sum = flowModel({ name: 'sum', inputs: { left: z.number(), bonus: FromContext(z.number()) } }, ({ left, bonus }) => left + bonus);
    const graph = sum({ left: new Offset({ by: 30 }) });
    expect(graph.flow.computeSync({ x: 1, bonus: 6, other: 'x' }).value).toBe(37);
    expect(() => (graph.flow.computeSync as (context: object) => unknown)({ bonus: 1 })).toThrow(flowError('MISSING_CONTEXT', 'x: number', 'sum.left'));
  });

  test('CC-CLS-13 equal contexts through different wrappers are one evaluation', () => {
    let runs = 0;
    class Counted extends modelClass({ context: z.object({ x: z.number() }), output: z.number() }) {
      call({ x }: { x: number }): number {
        runs++;
        return x;
      }
    }
    const model = new Counted();
    const pair = flowModel({ inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => [left, right]);
    expect(pair({ left: model.flow.withContext({ x: 2 }), right: model }).flow.computeSync({ x: 2, y: 9 }).value).toEqual([2, 2]);
    expect(runs).toBe(1);
  });

  test('CC-CLS-20 a model around a model states the same context and hands it on', async () => {
    class Retried extends modelClass({ inputs: { inner: ModelInput(z.unknown()) }, context: Point }) {
      async call(context: z.output<typeof Point>, run: FlowRun): Promise<unknown> {
        return [await run.compute(this.inputs.inner, context), await run.compute(this.inputs.inner)];
      }
    }
    const model = new Retried({ inner: new Echo() });
    expect((await model.flow.compute({ x: 1, y: 2, z: 3 })).value).toEqual([{ x: 1, y: 2 }, { x: 1, y: 2 }]);
    await expect(model.flow.compute({ x: 1 } as never)).rejects.toThrow(flowError('MISSING_CONTEXT', 'y: number'));
  });
});

describe('behind a wrapper', () => {
  test('CC-WITH-30 withContext works as on other models', () => {
    const wrapper = new Offset({ by: 10 }).flow.withContext({ x: double() });
    expect(wrapper.flow.computeSync({ x: 5 }).value).toBe(20);
    expect(() => new Offset({ by: 10 }).flow.withContext({ by: 1 } as never)).toThrow(flowError('WITH_CONTEXT', "'by'", "'x'"));
    expect(() => new Offset({ by: 10 }).flow.withContext({ x: 'one' } as never)).toThrow(flowError('WITH_CONTEXT', "'x'", '"one"'));
  });

  test('CC-WITH-31 the rewrite comes before the context is validated, so it can supply what is required', () => {
    expect(new Echo().flow.withContext({ x: 1 }).flow.computeSync({ y: 2 }).value).toEqual({ x: 1, y: 2 });
    expect(new Echo().flow.withContext({ x: fromSeed() }).flow.computeSync({ seed: 1, y: 10 }).value).toEqual({ x: 2, y: 10 });
    const both = contextTransform({ inputs: { seed: FromContext(z.number()) }, patches: { x: z.number(), y: z.number() } }, ({ seed }) => ({ x: seed, y: -seed }));
    expect(new Echo().flow.withContext(both()).flow.computeSync({ seed: 3 }).value).toEqual({ x: 3, y: -3 });
  });

  test('CC-WITH-31 what the rewrites make is validated as a whole', () => {
    class Ordered extends modelClass({ name: 'OrderedRange', context: Point.refine(({ x, y }) => x <= y, 'x comes after y'), output: z.number() }) {
      call({ x, y }: { x: number; y: number }): number {
        return y - x;
      }
    }
    const wrapper = new Ordered().flow.withContext({ x: double() });
    expect(wrapper.flow.computeSync({ x: 2, y: 5 }).value).toBe(1);
    expect(() => wrapper.flow.computeSync({ x: 3, y: 5 })).toThrow(flowError('INVALID_CONTEXT', 'x comes after y'));
  });

  test('CC-WITH-32 any context that covers the rest is accepted, and reduced to the fields of the model', () => {
    const wrapper = new Echo().flow.withContext({ x: 1 });
    expect(wrapper.flow.computeSync(new FlowContext({ y: 2, z: 3 })).value).toEqual({ x: 1, y: 2 });
    expect(wrapper.flow.computeSync({ y: 2, x: 99, more: true }).value).toEqual({ x: 1, y: 2 });
  });

  test('CC-WITH-33 a rewrite stands beside the default context, alone and as a dependency', () => {
    const fixed = new Settings().flow.withContext({ value: 3 });
    expect(fixed.flow.computeSync().value).toEqual({ value: 3, tag: 'default' });
    expect(relay({ of: fixed }).flow.computeSync().value).toEqual({ value: 3, tag: 'default' });
    const seeded = new Settings().flow.withContext({ value: fromSeed() });
    expect(seeded.flow.computeSync({ seed: 10 }).value).toEqual({ value: 11, tag: 'default' });
    expect(relay({ of: seeded }).flow.computeSync({ seed: 10, tag: 'mine' } as never).value).toEqual({ value: 11, tag: 'mine' });
  });

  test('CC-WITH-33 the default context is that of the model: no transform reads it', () => {
    const next = contextTransform({ inputs: { value: FromContext(z.number()) } }, ({ value }) => value + 1);
    const wrapper = new Settings().flow.withContext({ value: next() });
    expect(() => wrapper.flow.computeSync({} as never)).toThrow(flowError('MISSING_CONTEXT', 'value: number'));
    expect(wrapper.flow.computeSync({ value: 3 }).value).toEqual({ value: 4, tag: 'default' });
  });

  test('CC-WITH-34 a richer context passes through: the other models of the branch see its extra fields', () => {
    class Visit {
      readonly x = 3;
      readonly requestId = 'abc';
    }
    const stamped = flowModel({ inputs: { of: z.number(), requestId: FromContext(z.string()) } }, ({ of, requestId }) => `${of} ${requestId}`);
    const wrapper = stamped({ of: new Offset({ by: 1 }) }).flow.withContext({ x: double() });
    expect(wrapper.flow.computeSync(new Visit()).value).toBe('7 abc');
  });

  test('CC-WITH-35 an empty wrapper leaves an optional context left out', () => {
    expect(new Perhaps().flow.withContext().flow.computeSync().value).toBe('none');
    expect(relay({ of: new Perhaps().flow.withContext({}) }).flow.computeSync().value).toBe('none');
    expect(new Perhaps().flow.withContext({ x: 1 }).flow.computeSync().value).toEqual({ x: 1 });
  });

  test('a wrapper around one with deps keeps its dependencies, in the rewritten context', () => {
    class Ahead extends modelClass({ inputs: { inner: ModelInput(z.number()) }, context: z.object({ x: z.number() }), output: z.number() }) {
      override deps({ x }: { x: number }) {
        return [{ model: this.inputs.inner, contexts: [{ x: x + 1 }] }];
      }
      call({ x }: { x: number }, run: FlowRun): number {
        return run.computeSync(this.inputs.inner, { x: x + 1 }) * 100 + x;
      }
    }
    const wrapper = new Ahead({ inner: new Offset({ by: 1 }) }).flow.withContext({ x: 4 });
    expect(wrapper.flow.computeSync({ x: 9 }).value).toBe(604);
  });

  test('every field that a branch reads is declared: others are WITH_CONTEXT, also where the schema keeps unknown fields', () => {
    class Open extends modelClass({ name: 'Open', context: z.looseObject({ x: z.number() }) }) {
      call(context: { x: number }): unknown {
        return context;
      }
    }
    expect(() => new Open().flow.withContext({ anything: 1 } as never)).toThrow(flowError('WITH_CONTEXT', "'anything'", "'x'"));
    expect(new Open().flow.withContext({ x: 1 } as never).flow.computeSync({} as never).value).toEqual({ x: 1 });
  });
});
