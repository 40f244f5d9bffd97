// Contract §3: before any body runs the whole graph is checked, and everything found is told in one error.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, flowModel, FromContext, Lazy, modelClass, ModelInput, Resource } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { refusal, rejection } from './refusal.ts';

const countVisitors = flowModel(
  { name: 'countVisitors', inputs: { location: z.string(), startDate: FromContext(z.date()), endDate: FromContext(z.date()) } },
  ({ location }) => location.length,
);
const visitorDelta = flowModel({ name: 'visitorDelta', inputs: { current: z.number(), previous: z.number() } }, ({ current, previous }) => current - previous);
const sum = flowModel({ name: 'sum', inputs: { values: Dependency(z.array(z.number())) } }, ({ values }) => values.length);
const needs = flowModel({ name: 'needs', inputs: { n: FromContext(z.number()) } }, ({ n }) => n);

/** The error of computing a graph without the compiler's help. */
const check = (model: object, context: object = {}, options: object = {}) => refusal(() => (model as CallableModel).flow.computeSync(context, options));

describe('one error for everything', () => {
  it('lists each field, its type and the paths that need it', () => {
    const error = check(visitorDelta({ current: countVisitors({ location: 'x' }), previous: countVisitors({ location: 'y' }) }));
    expect(error.code).toBe('MISSING_CONTEXT');
    for (const part of ['startDate', 'endDate', 'Date', 'visitorDelta.current', 'visitorDelta.previous']) expect(error.message).toContain(part);
    expect(error.message.split('startDate').length - 1).toBeLessThanOrEqual(2); // a field is listed once, whoever needs it
  });

  it('tells unbound inputs, missing and invalid fields and missing resources together; the code is the first that applies', () => {
    const unbound = countVisitors();
    const invalid = flowModel({ name: 'invalid', inputs: { size: FromContext(z.number()) } }, ({ size }) => size);
    const missing = flowModel({ name: 'missing', inputs: { field: FromContext(z.string()) } }, ({ field }) => field.length);
    const rates = flowModel({ name: 'rates', inputs: { client: Resource<object>() } }, () => 1);
    const context = { startDate: new Date(), endDate: new Date(), size: 'XL' };
    const all = check(sum({ values: [unbound, invalid(), missing(), rates()] }), context);
    expect(all.code).toBe('UNBOUND_INPUT');
    for (const part of ['location: string', 'field: string', 'client', 'size: number', '"XL"', 'sum.values[0]', 'sum.values[1]', 'sum.values[2]', 'sum.values[3]']) expect(all.message).toContain(part);

    expect(check(sum({ values: [invalid(), missing()] }), context).code).toBe('MISSING_CONTEXT');
    expect(check(sum({ values: [invalid()] }), context).code).toBe('INVALID_CONTEXT');
    expect(check(sum({ values: [rates()] }), context).code).toBe('MISSING_RESOURCE');
  });

  it('says the same by compute as by computeSync', async () => {
    const model: CallableModel = visitorDelta({ current: countVisitors(), previous: needs() });
    const sync = check(model);
    const async = await rejection(model.flow.compute({}));
    expect([async.code, async.message]).toEqual([sync.code, sync.message]);
  });

  it('no body runs before it, wherever in the graph the problem is', async () => {
    let runs = 0;
    const counted = flowModel({ inputs: {} }, () => ++runs);
    const later = flowModel({ inputs: {} }, async () => ++runs);
    const model: CallableModel = sum({ values: [counted(), later(), sum({ values: [counted(), needs()] })] });
    expect((await rejection(model.flow.compute({}))).code).toBe('MISSING_CONTEXT');
    expect((await rejection(model.flow.compute({ n: 'x' }))).code).toBe('INVALID_CONTEXT');
    expect(runs).toBe(0);
    await model.flow.compute({ n: 1 });
    expect(runs).toBe(3);
  });

  it('different consumers may want different types of one field: each is told', () => {
    const text = flowModel({ name: 'text', inputs: { n: FromContext(z.string()) } }, ({ n }) => n.length);
    const error = check(sum({ values: [needs(), text()] }));
    for (const part of ['n: number', 'n: string', 'sum.values[0]', 'sum.values[1]']) expect(error.message).toContain(part);
    const half = check(sum({ values: [needs(), text()] }), { n: 1 });
    expect(half.code).toBe('INVALID_CONTEXT');
    expect(half.message).toContain('sum.values[1]');
    expect(half.message).not.toContain('sum.values[0]');
  });

  it('of many invalid fields each is told', () => {
    const many = flowModel({ name: 'many', inputs: { a: FromContext(z.number()), b: FromContext(z.string()), c: FromContext(z.boolean()) } }, () => 1);
    const error = check(many(), { a: 'one', b: 2, c: 'three' });
    for (const part of ['a: number', '"one"', 'b: string', '2', 'c: boolean', '"three"']) expect(error.message).toContain(part);
  });

  it('the fields of a class-based model’s context are told as any others', () => {
    class Report extends modelClass({ name: 'Report', context: z.object({ day: z.date(), size: z.number() }), output: z.number() }) {
      call({ size }: { size: number }): number {
        return size;
      }
    }
    const error = check(sum({ values: [new Report(), needs()] }), { size: 'XL' });
    expect(error.code).toBe('MISSING_CONTEXT');
    for (const part of ['day: Date', 'size: number', '"XL"', 'n: number', 'sum.values[0]']) expect(error.message).toContain(part);
  });

  it('a graph of thousands of models is checked without a deep stack, and says who needs the field', () => {
    const step = flowModel({ name: 'step', inputs: { x: z.number() } }, ({ x }) => x + 1);
    let model: CallableModel<number> = needs();
    for (let i = 0; i < 5000; i++) model = step({ x: model });
    expect(check(model).code).toBe('MISSING_CONTEXT');
    expect(model.flow.computeSync({ n: 1 })).toMatchObject({ value: 5001 });
  });
});

describe('paths and hints', () => {
  it('a root without a name is <root>', () => {
    const nameless = flowModel({ inputs: { x: z.number(), n: FromContext(z.number()) } }, ({ x, n }) => x + n);
    const error = check(nameless({ x: needs() }), {});
    expect(error.message).toContain('<root>');
    expect(error.message).toContain('<root>.x');
  });

  it('elements are told by their place, as counts[0]', () => {
    const report = flowModel({ name: 'report', inputs: { counts: Dependency(z.array(z.number())), by: Dependency(z.record(z.string(), z.number())) } }, () => 1);
    const error = check(report({ counts: [1, needs()], by: { left: countVisitors({ location: 'x' }) } }));
    for (const part of ['report.counts[1]', 'report.by.left']) expect(error.message).toContain(part);
  });

  it('a given key that nobody reads and that is close to a missing field is pointed out', () => {
    const error = check(countVisitors({ location: 'x' }), { start_date: new Date(), endDate: new Date() });
    expect(error.message).toMatch(/did you mean/i);
    for (const part of ['start_date', 'startDate']) expect(error.message).toContain(part);
  });

  it('keys that are read, or far from anything missing, are not', () => {
    const two = flowModel({ name: 'two', inputs: { bonus: FromContext(z.number()), bonuz: FromContext(z.number()) } }, ({ bonus }) => bonus);
    expect(check(two(), { bonus: 1 }).message).not.toMatch(/did you mean/i);
    expect(check(two(), { bonus: 1, unrelated: 1 }).message).not.toMatch(/did you mean/i);
  });

  it('the error carries what it tells as data', () => {
    const error = check(visitorDelta({ current: countVisitors({ location: 'x' }), previous: needs() }));
    expect(error.path).toEqual(['visitorDelta']);
    expect(JSON.stringify(error.details)).toContain('"visitorDelta.previous"');
    expect(Object.isFrozen(error.details)).toBe(true);
  });
});

describe('what is needed', () => {
  it('what a wrapper supplies is not; what its transforms read is', () => {
    const shift = contextTransform({ name: 'shift', inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed + 1);
    expect(needs().flow.withContext({ n: 1 }).flow.computeSync().value).toBe(1);
    const error = check(sum({ values: [needs().flow.withContext({ n: shift() })] }), {});
    expect(error.code).toBe('MISSING_CONTEXT');
    expect(error.message).toContain('seed: number');
    expect(error.message).not.toContain('n: number');
    expect(error.message).toContain('sum.values[0]');
  });

  it('of two branches only the one without the rewrite is told', () => {
    const error = check(visitorDelta({ current: needs().flow.withContext({ n: 1 }), previous: needs() }));
    expect(error.message).toContain('visitorDelta.previous');
    expect(error.message).not.toContain('visitorDelta.current');
  });

  it('a lazy branch is checked when its thunk is called, not before', async () => {
    const pick = flowModel({ name: 'pick', inputs: { wanted: FromContext(z.boolean()), fallback: Lazy(z.number()) } }, async ({ wanted, fallback }) => (wanted ? await fallback() : 0));
    for (const [code, fallback] of [['MISSING_CONTEXT', needs()], ['UNBOUND_INPUT', flowModel({ inputs: { open: z.number() } }, ({ open }) => open)()]] as const) {
      const model: CallableModel = pick({ fallback });
      expect(await model.flow.compute({ wanted: false })).toMatchObject({ value: 0 });
      const error = await rejection(model.flow.compute({ wanted: true }));
      expect(error.code).toBe(code);
      expect(error.message).toContain('pick.fallback');
    }
  });

  it('a body may catch what is wrong with a lazy branch', () => {
    const pick = flowModel({ inputs: { fallback: Lazy(z.number()) } }, ({ fallback }) => {
      try {
        return fallback.sync();
      } catch {
        return -1;
      }
    });
    expect((pick({ fallback: needs() }) as CallableModel).flow.computeSync()).toMatchObject({ value: -1 });
  });

  it('the needs of a ModelInput are its consumer’s business', async () => {
    const map = flowModel({ name: 'map', inputs: { each: ModelInput(z.number()), give: FromContext(z.boolean()) } }, ({ each, give }, run) => run.compute(each, give ? { n: 2 } : {}));
    expect((await map({ each: needs() }).flow.compute({ give: true })).value).toBe(2);
    expect((await rejection(map({ each: needs() }).flow.compute({ give: false }))).code).toBe('MISSING_CONTEXT');
  });

  it('resources are, by name and path, and undefined is none', () => {
    const rates = flowModel({ name: 'converter', inputs: { client: Resource<object>() } }, () => 1);
    const error = check(sum({ values: [rates()] }), {}, { resources: { other: {}, client: undefined } });
    expect(error.code).toBe('MISSING_RESOURCE');
    for (const part of ['client', 'sum.values[0]', 'resources']) expect(error.message).toContain(part);
    expect(rates().flow.computeSync({}, { resources: { client: {} } }).value).toBe(1);
  });

  it('a field of the context is no resource, and a resource no field', () => {
    const rates = flowModel({ name: 'quoter', inputs: { client: Resource<object>(), n: FromContext(z.number()) } }, () => 1);
    expect(check(sum({ values: [rates()] }), { client: {}, n: 1 }).code).toBe('MISSING_RESOURCE');
    expect(check(sum({ values: [rates()] }), {}, { resources: { client: {}, n: 1 } }).code).toBe('MISSING_CONTEXT');
  });
});
