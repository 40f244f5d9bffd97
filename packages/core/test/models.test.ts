// Contract §2: models are immutable data; inputs, flow, rebind, isModel.
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, flowModel, FromContext, isModel, Lazy, modelClass } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { refusal } from './refusal.ts';

const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value * 10);
const scale = flowModel({ name: 'scale', inputs: { x: z.number(), factor: z.number().default(2), bonus: FromContext(z.number().default(0)) } }, ({ x, factor, bonus }) => x * factor + bonus);
const options = flowModel({ name: 'options', inputs: { rows: z.array(z.object({ n: z.number(), tags: z.array(z.string()) })), since: z.date() } }, ({ rows, since }) => rows.length + since.getUTCFullYear());

describe('inputs', () => {
  it('holds what is bound: models, parsed literals, contextual defaults', () => {
    const upstream = source();
    const coerced = flowModel({ inputs: { x: z.number(), n: z.coerce.number(), c: FromContext(z.coerce.number()), open: z.number(), later: Lazy(z.number()) } }, ({ x }) => x);
    expect(coerced({ x: upstream, n: '4', c: 5, later: upstream }).inputs).toEqual({ x: upstream, n: 4, c: 5, later: upstream });
    expect(coerced({ x: upstream }).inputs.x).toBe(upstream);
  });

  it('is a frozen copy of the data given, all the way down', () => {
    const rows = [{ n: 1, tags: ['a'] }];
    const model = options({ rows, since: new Date(0) });
    expect(Object.isFrozen(model.inputs)).toBe(true);
    expect(() => {
      model.inputs.rows[0]!.tags.push('b');
    }).toThrow(TypeError);
    expect(() => {
      (model.inputs as Record<string, unknown>)['rows'] = [];
    }).toThrow(TypeError);
    rows[0]!.tags.push('c');
    expect(model.inputs.rows).toEqual([{ n: 1, tags: ['a'] }]);
  });

  it('dates are copied, also inside other data', () => {
    const since = new Date('2024-01-01');
    const model = options({ rows: [], since });
    const holder = flowModel({ inputs: { days: z.array(z.date()), by: z.map(z.string(), z.date()), parts: Dependency(z.array(z.union([z.date(), z.number()]))) } }, ({ days, by, parts }) => [days[0], by.get('a'), parts[0]])({
      days: [since],
      by: new Map([['a', since]]),
      parts: [since, source({ value: 1 })],
    });
    since.setUTCFullYear(1999);
    expect(model.flow.computeSync().value).toBe(2024);
    expect(holder.flow.computeSync().value).toEqual(Array.from({ length: 3 }, () => new Date('2024-01-01')));
  });

  it('class instances and typed arrays are left as they are', () => {
    class Point {
      x = 1;
    }
    const point = new Point();
    const bytes = new Uint8Array([1, 2]);
    const model = flowModel({ inputs: { it: z.any() } }, ({ it: value }) => value === point)({ it: { point, bytes } });
    const held = model.inputs.it as { point: Point; bytes: Uint8Array };
    expect(held.point).toBe(point);
    expect(held.bytes).toBe(bytes);
    expect(Object.isFrozen(point)).toBe(false);
  });

  it('data of any depth is copied, and data that holds itself keeps its shape', () => {
    const any = flowModel({ inputs: { it: z.any() } }, ({ it: value }) => value as unknown);
    let deep: unknown = 'bottom';
    for (let i = 0; i < 20_000; i++) deep = { deep };
    expect(Object.isFrozen(any({ it: deep }).inputs.it)).toBe(true);
    const loop: { self?: unknown } = {};
    loop.self = loop;
    const held = any({ it: loop }).inputs.it as { self: unknown };
    expect(held).not.toBe(loop);
    expect(held.self).toBe(held);
  });

  it('a field called __proto__ in data stays a field', () => {
    const data = JSON.parse('{"__proto__": {"polluted": true}, "n": 1}') as object;
    const held = flowModel({ inputs: { it: z.any() } }, ({ it: value }) => value as unknown)({ it: data }).inputs.it as Record<string, unknown>;
    expect(Object.keys(held)).toEqual(['__proto__', 'n']);
    expect(held['polluted']).toBeUndefined();
  });
});

describe('flow', () => {
  it('offers compute, computeSync, withContext, inspect, and nothing else', () => {
    const { flow } = source();
    const members = new Set<string>();
    for (let at: object = flow; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) for (const key of Object.getOwnPropertyNames(at)) members.add(key);
    members.delete('constructor');
    expect([...members].filter((name) => !['compute', 'computeSync', 'withContext', 'inspect'].includes(name))).toEqual([]);
    for (const name of ['compute', 'computeSync', 'withContext'] as const) expect(flow[name]).toBeTypeOf('function');
  });
});

describe('rebind', () => {
  const model = scale({ x: source(), factor: 3 });

  it('makes a new model with some inputs rebound; the original is untouched', () => {
    const next = model.rebind({ factor: 4 });
    expect(next).not.toBe(model);
    expect(next.inputs).toEqual({ x: model.inputs.x, factor: 4 });
    expect(next.inputs.x).toBe(model.inputs.x);
    expect(model.inputs.factor).toBe(3);
    expect([next, model].map((each) => each.flow.computeSync({ value: 1 }).value)).toEqual([40, 30]);
  });

  it('undefined unbinds: a default returns, a required input is unbound again', () => {
    expect(model.rebind({ factor: undefined }).flow.computeSync({ value: 1 }).value).toBe(20);
    const open = model.rebind({ x: undefined });
    expect(open.inputs).toEqual({ factor: 3 });
    expect(refusal(() => (open as CallableModel).flow.computeSync({})).code).toBe('UNBOUND_INPUT');
  });

  it('binds models for literals, literals for models, and contextual defaults', () => {
    expect(model.rebind({ x: 5 }).flow.computeSync().value).toBe(15);
    expect(scale({ x: 5 }).rebind({ x: source() }).flow.computeSync({ value: 1 }).value).toBe(20);
    expect(model.rebind({ bonus: 100 }).flow.computeSync({ value: 1 }).value).toBe(130);
    expect(model.rebind({ bonus: 100 }).flow.computeSync({ value: 1, bonus: 1 }).value).toBe(31);
  });

  it('checks like the factory does: BIND', () => {
    expect(refusal(() => model.rebind({ factor: 'x' as never })).code).toBe('BIND');
    expect(refusal(() => model.rebind({ facter: 1 } as never)).code).toBe('BIND');
  });

  it('takes an Immer recipe', () => {
    const next = model.rebind((draft) => {
      draft.factor = 7;
    });
    expect(next.inputs).toEqual({ x: model.inputs.x, factor: 7 });
    expect(next.inputs['x']).toBe(model.inputs.x);
    expect(model.inputs.factor).toBe(3);
  });

  it('the recipe may reach into frozen data, which stays as it was', () => {
    const before = options({ rows: [{ n: 1, tags: ['a'] }], since: new Date(0) });
    const after = before.rebind((draft) => {
      (draft.rows as { n: number; tags: string[] }[])[0]!.tags.push('b');
      (draft.rows as unknown[]).push({ n: 2, tags: [] });
    });
    expect(before.inputs.rows).toEqual([{ n: 1, tags: ['a'] }]);
    expect(after.inputs['rows']).toEqual([{ n: 1, tags: ['a', 'b'] }, { n: 2, tags: [] }]);
    expect(Object.isFrozen((after.inputs['rows'] as object[])[0])).toBe(true);
  });

  it('the recipe may reach into Maps and Sets, which stay as they were', () => {
    const counts = flowModel({ name: 'counts', inputs: { by: z.map(z.string(), z.number()), tags: z.set(z.string()) } }, ({ by, tags }) => by.size * 10 + tags.size);
    const before = counts({ by: new Map([['a', 1]]), tags: new Set(['x']) });
    const after = before.rebind((draft) => {
      (draft.by as Map<string, number>).set('b', 2);
      (draft.tags as Set<string>).add('y').add('z');
    });
    expect(after.flow.computeSync()).toMatchObject({ value: 23 });
    expect(before.flow.computeSync().value).toBe(11);
  });

  it('the recipe may set a date, and the model keeps its own', () => {
    const at = flowModel({ inputs: { when: z.date(), others: z.array(z.date()) } }, ({ when, others }) => when.getTime() + others[0]!.getTime());
    const model = at({ when: new Date(1), others: [new Date(2)] });
    const later = model.rebind((draft) => {
      (draft.when as Date).setTime(10);
      (draft.others as Date[])[0]!.setTime(20);
    });
    expect([model.flow.computeSync().value, later.flow.computeSync().value]).toEqual([3, 30]);
  });

  it('the recipe may delete a binding, and what it returns is of no account', () => {
    const next = model.rebind((draft) => delete (draft as { factor?: number }).factor);
    expect(next.flow.computeSync({ value: 1 } as never)).toMatchObject({ value: 20 });
  });

  it('the recipe may change a Dependency container, models and all', () => {
    const sum = flowModel({ name: 'sum', inputs: { values: Dependency(z.array(z.number())) } }, ({ values }) => values.reduce((a, b) => a + b, 0));
    const before = sum({ values: [source(), 1] });
    const after = before.rebind((draft) => {
      (draft.values as unknown[]).push(source().flow.withContext({ value: 5 }), 2);
    });
    expect(before.flow.computeSync({ value: 1 }).value).toBe(11);
    expect(after.flow.computeSync({ value: 1 } as never)).toMatchObject({ value: 63 });
  });

  it('literals go through a transforming schema once, however often the model is rebound', () => {
    const lengths = flowModel({ name: 'lengths', inputs: { text: z.string().transform((text) => text.length), n: z.number() } }, ({ text, n }) => text * n);
    const again = lengths({ text: 'abc', n: 1 }).rebind({ n: 2 }).rebind((draft) => {
      draft.n = 10;
    });
    expect(again.flow.computeSync()).toMatchObject({ value: 30 });
  });

  it('keeps the rewrites of a wrapper', () => {
    const wrapped = model.flow.withContext({ value: 5 });
    const next = wrapped.rebind({ factor: 4 });
    expect(next.flow.computeSync()).toMatchObject({ value: 200 });
    expect(next.flow.computeSync({ value: 1 })).toMatchObject({ value: 200 });
    expect(wrapped.flow.computeSync().value).toBe(150);
  });

  it('keeps the class of a class-based model', () => {
    class Scale extends modelClass({ name: 'Scale', inputs: { factor: z.number() }, context: z.object({ value: z.number() }), output: z.number() }) {
      twice(): number {
        return this.inputs.factor * 2;
      }
      call({ value }: { value: number }): number {
        return value * this.inputs.factor;
      }
    }
    const next = new Scale({ factor: 3 }).rebind({ factor: 4 });
    expect(next).toBeInstanceOf(Scale);
    expect(next.twice()).toBe(8);
    expect(next.flow.computeSync({ value: 2 }).value).toBe(8);
  });
});

describe('immutability', () => {
  it('computing, wrapping and rebinding leave a model as it was', async () => {
    const model = scale({ x: source() });
    const bound = () => (model.inputs as Record<string, unknown>)['factor'];
    const before = JSON.stringify([Object.keys(model), Object.keys(model.inputs), bound()]);
    await model.flow.compute({ value: 1 });
    model.flow.withContext({ value: 3 });
    model.rebind({ factor: 9 });
    expect(JSON.stringify([Object.keys(model), Object.keys(model.inputs), bound()])).toBe(before);
    expect(model.flow.computeSync({ value: 1 }).value).toBe(20);
  });

  it('a field of a model cannot be assigned', () => {
    const model = scale({ x: 1 });
    for (const change of [
      () => Object.assign(model, { inputs: {} }),
      () => Object.assign(model, { flow: {} }),
      () => Object.assign(model.inputs, { x: 2 }),
    ]) expect(change).toThrow(TypeError);
    expect(model.flow.computeSync().value).toBe(2);
  });
});

describe('isModel', () => {
  class Answer extends modelClass({ name: 'Answer', output: z.number() }) {
    call(): number {
      return 42;
    }
  }

  it('is true of models of every make', () => {
    const shift = contextTransform({ inputs: { value: FromContext(z.number()) } }, ({ value }) => value + 1);
    expect([source(), source().flow.withContext({ value: 1 }), new Answer(), source().rebind({})].map(isModel)).toEqual([true, true, true, true]);
    expect([source, Answer, shift, shift(), source().flow, {}, { inputs: {}, flow: {} }, null, undefined, 1, 'source'].map(isModel)).toEqual(Array.from({ length: 11 }, () => false));
  });

  it('recognises the models of another install, and they work together', async () => {
    vi.resetModules();
    const other = await import('@flowmodel/core');
    expect(other.flowModel).not.toBe(flowModel);
    const theirs = other.flowModel({ name: 'theirs', inputs: { value: other.FromContext(z.number()) } }, ({ value }) => value * 10)();
    expect(isModel(theirs)).toBe(true);
    expect(other.isModel(source())).toBe(true);
    expect((await scale({ x: theirs }).flow.compute({ value: 1 })).value).toBe(20);
    expect((await scale({ x: theirs.flow.withContext({ value: 4 }) }).flow.compute({})).value).toBe(80);
    expect(refusal(() => scale({ x: theirs }).flow.computeSync({} as never)).code).toBe('MISSING_CONTEXT');
  });

  it('so it does containers, contexts, markers, results and errors of another install', async () => {
    vi.resetModules();
    const other = await import('@flowmodel/core');
    const list = other.flowModel({ name: 'list', inputs: { values: other.Dependency(z.array(z.number())) } }, ({ values }) => values.length * 100)({ values: [source(), 1] });
    expect((await scale({ x: list }).flow.compute({ value: 1 })).value).toBe(400);
    expect(refusal(() => scale({ x: list }).flow.computeSync({} as never)).message).toContain('values[0]');
    expect((source() as CallableModel).flow.computeSync(new other.FlowContext({ value: 2 }))).toMatchObject({ value: 20 });
    const marked = flowModel({ inputs: { value: other.FromContext(z.number()) } }, ({ value }) => value);
    expect(marked().flow.computeSync({ value: 3 }).value).toBe(3);
    const boxed = flowModel({ inputs: {} }, () => new other.GenericResult(4));
    expect((scale({ x: boxed() as never }) as CallableModel).flow.computeSync()).toMatchObject({ value: 8 });
    expect(refusal(() => other.flowModel({ inputs: { x: 1 as never } }, () => 1)).code).toBe('DEFINITION');
    const shift = other.contextTransform({ inputs: { value: other.FromContext(z.number()) } }, ({ value }) => value + 1);
    expect(source().flow.withContext({ value: shift() as never }).flow.computeSync({ value: 1 } as never)).toMatchObject({ value: 20 });
    expect(source().flow.withContext({ value: other.computed(list) as never }).flow.computeSync({ value: 1 } as never)).toMatchObject({ value: 2000 });
  });
});
