// Contract §1.1: Dependency, containers with models anywhere inside.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Dependency, flowModel, flowPathOf, FromContext, isModel, modelClass } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { deferred } from './deferred.ts';
import { refusal } from './refusal.ts';

const source = flowModel({ name: 'source', inputs: { offset: z.number(), value: FromContext(z.number()) } }, ({ offset, value }) => offset + value);
const total = flowModel({ name: 'total', inputs: { values: Dependency(z.array(z.coerce.number())) } }, ({ values }) => values.reduce((a, b) => a + b, 0));
const yields = flowModel({ name: 'yields', inputs: { it: z.unknown() } }, ({ it: value }) => value as never);
const strict = flowModel({ name: 'strict', inputs: { values: Dependency(z.array(z.number().positive())) } }, ({ values }) => values);

describe('where models may stand', () => {
  it('CC-DEP-01 in an array, beside literals: 11 and "2" and 3 give 16, and the model runs once', () => {
    let runs = 0;
    const counted = flowModel({ inputs: { offset: z.number(), value: FromContext(z.number()) } }, ({ offset, value }) => {
      runs += 1;
      return offset + value;
    });
    expect(total({ values: [counted({ offset: 1 }), '2', 3] }).flow.computeSync({ value: 10 }).value).toBe(16);
    expect(runs).toBe(1);
  });

  it('CC-DEP-02, CC-DEP-06 at any depth: tuples, objects, records, arrays of arrays', () => {
    const shape = z.object({ pair: z.tuple([z.number(), z.string()]), rows: z.array(z.array(z.number())), by: z.record(z.string(), z.number()), one: z.object({ deep: z.object({ er: z.number() }) }) });
    const echo = flowModel({ inputs: { it: Dependency(shape) } }, ({ it: value }) => value);
    const five = source({ offset: 5 });
    const model = echo({ it: { pair: [five, 'x'], rows: [[1, five], [five]], by: { a: five, b: 2 }, one: { deep: { er: five } } } });
    expect(model.flow.computeSync({ value: 0 }).value).toEqual({ pair: [5, 'x'], rows: [[1, 5], [5]], by: { a: 5, b: 2 }, one: { deep: { er: 5 } } });
  });

  it('CC-DEP-02 in place of an inner container', () => {
    const echo = flowModel({ inputs: { rows: Dependency(z.array(z.array(z.number()))) } }, ({ rows }) => rows.flat().reduce((a, b) => a + b, 0));
    const row = flowModel({ inputs: { value: FromContext(z.number()) } }, ({ value }) => [value, value + 1]);
    expect(echo({ rows: [[4, 5], row()] }).flow.computeSync({ value: 10 }).value).toBe(30);
  });

  it('CC-DEP-03 in place of the whole input: 12', () => {
    const list = flowModel({ name: 'list', inputs: { value: FromContext(z.number()) } }, ({ value }) => [value, value, value]);
    expect(total({ values: list() }).flow.computeSync({ value: 4 }).value).toBe(12);
    const error = refusal(() => (total({ values: list() }) as CallableModel).flow.computeSync());
    expect(error.message).toContain('total.values');
    expect(error.message).not.toContain('values[');
  });

  it('without any model the container is a literal, checked when it is bound', () => {
    expect(total({ values: [1, '2'] }).flow.computeSync().value).toBe(3);
    expect(refusal(() => strict({ values: [1, -1] })).code).toBe('BIND');
  });

  it('CC-DEP-04 the schema inside may be a union, optional or have a default', () => {
    const sum = flowModel({ inputs: { values: Dependency(z.array(z.union([z.number(), z.null()])).default([1])) } }, ({ values }) => values.reduce<number>((a, b) => a + (b ?? 2), 0));
    expect(sum({ values: [source({ offset: 5 }), null] }).flow.computeSync({ value: 10 }).value).toBe(17);
    expect(sum({ values: [null] }).flow.computeSync().value).toBe(2);
    expect(sum().flow.computeSync().value).toBe(1);
    const maybe = flowModel({ inputs: { values: Dependency(z.array(z.number()).optional()) } }, ({ values }) => values?.length ?? -1);
    expect(maybe().flow.computeSync().value).toBe(-1);
  });

  it('class instances, maps and sets are values: models inside them are not looked for', () => {
    const keep = flowModel({ inputs: { it: Dependency(z.any()) } }, ({ it: value }) => [...(value as Set<unknown>)].map((item) => isModel(item)));
    expect(keep({ it: new Set([source({ offset: 1 })]) }).flow.computeSync().value).toEqual([true]);
  });

  it('a container that holds itself is BIND', () => {
    const loop: unknown[] = [source({ offset: 1 })];
    loop.push(loop);
    const any = flowModel({ name: 'any', inputs: { it: Dependency(z.any()) } }, () => 1);
    expect(refusal(() => any({ it: loop }))).toMatchObject({ code: 'BIND', message: expect.stringContaining("'it'") as string });
  });

  it('one model in several places of one container is one evaluation', () => {
    let runs = 0;
    const counted = flowModel({ inputs: {} }, () => ++runs);
    const shared = counted();
    expect(total({ values: [shared, shared, shared] }).flow.computeSync().value).toBe(3);
    expect(runs).toBe(1);
  });

  it('CC-DEP-13 class-based models refuse the marker, where it would do nothing', () => {
    const error = refusal(() => modelClass({ name: 'Inert', inputs: { values: Dependency(z.array(z.number())) } as never }));
    expect(error.code).toBe('DEFINITION');
    for (const part of ['Inert', 'values', 'ModelInput']) expect(error.message).toContain(part);
  });
});

describe('checks', () => {
  it('CC-DEP-07 results are validated in place, constraints included: INVALID_RESULT, naming both ends', () => {
    const error = refusal(() => strict({ values: [1, yields({ it: -1 })] }).flow.computeSync());
    expect(error.code).toBe('INVALID_RESULT');
    for (const part of ['strict', 'values[1]', 'yields', '-1']) expect(error.message).toContain(part);
  });

  it('CC-DEP-07 literals beside models are validated when they are bound', () => {
    const error = refusal(() => strict({ values: [-1, yields({ it: 1 })] }));
    expect(error.code).toBe('BIND');
    for (const part of ['strict', 'values[0]', '-1']) expect(error.message).toContain(part);
  });

  it('CC-DEP-07 of two results the one that does not fit is named', () => {
    const bad = flowModel({ name: 'bad', inputs: {} }, () => -5);
    const good = flowModel({ name: 'good', inputs: {} }, () => 5);
    const error = refusal(() => strict({ values: [good(), 1, bad()] }).flow.computeSync());
    for (const part of ['values[2]', 'bad']) expect(error.message).toContain(part);
    expect(error.message).not.toContain('good');
  });

  it('a constraint on the container as a whole is checked when its values are there', () => {
    const ordered = flowModel({ name: 'ordered', inputs: { pair: Dependency(z.tuple([z.number(), z.number()]).refine(([a, b]) => a <= b, 'out of order')) } }, ({ pair }) => pair);
    expect(ordered({ pair: [1, yields({ it: 2 })] }).flow.computeSync().value).toEqual([1, 2]);
    expect(refusal(() => ordered({ pair: [3, yields({ it: 2 })] }).flow.computeSync())).toMatchObject({ code: 'INVALID_RESULT', message: expect.stringContaining('out of order') as string });
  });

  it.each([
    ['values[0]', () => total({ values: [source({ offset: 1 })] })],
    ["rows.left[2]", () => flowModel({ name: 'rows', replace: true, inputs: { rows: Dependency(z.record(z.string(), z.array(z.number()))) } }, () => 1)({ rows: { left: [1, 2, source({ offset: 1 })] } })],
    ['pair[1]', () => flowModel({ name: 'pair', replace: true, inputs: { pair: Dependency(z.tuple([z.number(), z.number()])) } }, () => 1)({ pair: [1, source({ offset: 1 })] })],
  ])('CC-DEP-08 paths are precise to the element: %s', (path, make) => {
    const error = refusal(() => (make() as CallableModel).flow.computeSync());
    expect(error.code).toBe('MISSING_CONTEXT');
    expect(error.message).toContain(path);
  });

  it('CC-DEP-08 so is the path of what a body throws', () => {
    const boom = new Error('no data');
    const broken = flowModel({ name: 'broken', inputs: {} }, (): number => {
      throw boom;
    });
    expect(() => total({ values: [1, broken()] }).flow.computeSync()).toThrow(boom);
    expect(flowPathOf(boom)).toEqual(['total', 'values[1]', 'broken']);
  });

  it('CC-DEP-11 a tuple of the wrong length is BIND for the container, and no model runs', () => {
    let runs = 0;
    const counted = flowModel({ inputs: {} }, () => ++runs);
    const pair = flowModel({ name: 'pairOf', inputs: { pair: Dependency(z.tuple([z.number(), z.number()])) } }, ({ pair: [a, b] }) => a + b);
    expect(refusal(() => pair({ pair: [counted(), 1, 2] as never }))).toMatchObject({ code: 'BIND', message: expect.stringContaining("'pair'") as string });
    expect(refusal(() => pair({ pair: [counted()] as never })).code).toBe('BIND');
    expect(runs).toBe(0);
  });

  it('a field that a strict object does not have is refused when it is bound', () => {
    const point = flowModel({ name: 'point', inputs: { at: Dependency(z.strictObject({ x: z.number(), y: z.number() })) } }, ({ at }) => at.x + at.y);
    expect(point({ at: { x: 1, y: yields({ it: 2 }) } }).flow.computeSync().value).toBe(3);
    expect(refusal(() => (point({ at: { x: 1, y: yields({ it: 2 }), z: 3 } as never }) as CallableModel).flow.computeSync()).message).toContain('at');
  });

  it('a missing field is refused at the latest when the values are there', () => {
    const point = flowModel({ name: 'point2', inputs: { at: Dependency(z.object({ x: z.number(), y: z.number() })) } }, ({ at }) => at.x + at.y);
    const error = refusal(() => (point({ at: { x: yields({ it: 2 }) } as never }) as CallableModel).flow.computeSync());
    expect(['BIND', 'INVALID_RESULT']).toContain(error.code);
    expect(error.message).toContain('y');
  });
});

describe('leaves', () => {
  it('CC-DEP-09 a string is a literal, whatever models are called: it is checked in its place', () => {
    const names = flowModel({ inputs: { values: Dependency(z.array(z.string())) } }, ({ values }) => values);
    const text = flowModel({ inputs: {} }, () => 'computed');
    expect(names({ values: ['source', 'total', text()] }).flow.computeSync().value).toEqual(['source', 'total', 'computed']);
    const error = refusal(() => strict({ values: ['source' as never, yields({ it: 1 })] }));
    expect(error).toMatchObject({ code: 'BIND', message: expect.stringContaining('values[0]') as string });
  });

  it('CC-DEP-10 data that looks like a stored model stays the data that it is', () => {
    const lookalikes = [{ $ref: '/visitors/delta' }, { flowmodel: 1, root: 'n', nodes: { n: { model: 'source', inputs: {} } } }];
    const any = flowModel({ inputs: { values: Dependency(z.array(z.any())) } }, ({ values }) => values);
    expect(any({ values: [...lookalikes, source({ offset: 1 })] }).flow.computeSync({ value: 1 }).value).toEqual([...lookalikes, 2]);
  });

  it('CC-DEP-12 leaves are edges: their needs are the graph’s, and rewrites reach them', () => {
    const model = total({ values: [source({ offset: 1 }), source({ offset: 2 })] });
    expect(refusal(() => (model as CallableModel).flow.computeSync())).toMatchObject({ code: 'MISSING_CONTEXT' });
    expect(model.flow.withContext({ value: 10 }).flow.computeSync().value).toBe(23);
    const branch = total({ values: [source({ offset: 1 }).flow.withContext({ value: 100 }), source({ offset: 2 })] });
    expect(branch.flow.computeSync({ value: 1 }).value).toBe(104);
    expect(refusal(() => (total({ values: [source()] }) as CallableModel).flow.computeSync({ value: 1 })).code).toBe('UNBOUND_INPUT');
  });

  it('values and literals go through the schema together, once: transforms and defaults apply', () => {
    const lengths = flowModel({ inputs: { all: Dependency(z.array(z.object({ text: z.string().transform((text) => text.length), times: z.number().default(10) }))) } }, ({ all }) => all.map(({ text, times }) => text * times));
    const text = flowModel({ inputs: {} }, () => 'abc');
    expect(lengths({ all: [{ text: text() }, { text: 'ab', times: 2 }] }).flow.computeSync().value).toEqual([30, 4]);
    expect(lengths({ all: [{ text: 'a' }] }).flow.computeSync().value).toEqual([10]);
  });

  it('asynchronous leaves are awaited, all of them at once', async () => {
    let running = 0;
    let most = 0;
    const { promise: gate, resolve: open } = deferred();
    const later = flowModel({ inputs: { n: z.number() } }, async ({ n }) => {
      running += 1;
      most = Math.max(most, running);
      if (running === 3) open();
      await gate;
      running -= 1;
      return n;
    });
    expect((await total({ values: [later({ n: 1 }), later({ n: 2 }), later({ n: 3 })] }).flow.compute()).value).toBe(6);
    expect(most).toBe(3);
  });

  it('upstream results of a class are put in place whole', () => {
    const date = new Date('2024-01-01');
    const dates = flowModel({ inputs: { all: Dependency(z.array(z.date())) } }, ({ all }) => all.map((day) => day.getUTCFullYear()));
    expect(dates({ all: [yields({ it: date }), date] }).flow.computeSync().value).toEqual([2024, 2024]);
  });

  it('the caller’s container is neither frozen nor aliased', () => {
    const values: (number | CallableModel<number>)[] = [1, source({ offset: 1 })];
    const model = total({ values: values as never });
    values.push(100);
    expect(Object.isFrozen(values)).toBe(false);
    expect((model as CallableModel<number>).flow.computeSync({ value: 0 })).toMatchObject({ value: 2 });
    expect((model.inputs.values as readonly unknown[])[1]).toBe(values[1]);
  });
});
