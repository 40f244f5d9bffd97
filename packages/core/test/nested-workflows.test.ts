// §4, beyond the reference: fields computed by models, and branches that see only what their wrapper supplies.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { closedContext, computed, contextTransform, flowModel, flowPathOf, FromContext, fromField, Lazy, modelClass } from '@flowmodel/core';
import { flowError } from './flow-error.ts';

const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value);
const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);
const add = flowModel({ name: 'add', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
const pair = flowModel({ name: 'pair', inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => [left, right]);
const plus = contextTransform({ name: 'plus', inputs: { value: FromContext(z.number()), by: z.number() } }, ({ value, by }) => value + by);
const table = flowModel({ name: 'table', inputs: { name: FromContext(z.string().default('people')), limit: FromContext(z.number().default(10)) } }, ({ name, limit }) => `${name}:${limit}`);

/** A model of its own for each test, with a count of its runs. */
function counted(body: (seed: number) => number | Promise<number> = (seed) => seed * 2) {
  const runs: number[] = [];
  const model = flowModel({ inputs: { seed: FromContext(z.number()) } }, ({ seed }) => {
    runs.push(seed);
    return body(seed);
  });
  return { model: model(), runs };
}

describe('computed(model)', () => {
  test('the value of the field is the result of the model', async () => {
    const { model, runs } = counted();
    const wrapper = add({ a: source() }).flow.withContext({ b: computed(model) });
    expect((await wrapper.flow.compute({ seed: 4, value: 1 })).value).toBe(9);
    expect(runs).toEqual([4]);
  });

  test('the model is evaluated in the incoming context, untouched by the rewrites beside it', () => {
    const wrapper = add({ a: source() }).flow.withContext({ value: 100, b: computed(source()) });
    expect(wrapper.flow.computeSync({ value: 1 }).value).toBe(101);
  });

  test('an outer wrapper rewrites what it reads', () => {
    const inner = add({ a: 1 }).flow.withContext({ b: computed(source()) });
    expect(relay({ x: inner }).flow.withContext({ value: 5 }).flow.computeSync({ value: 7 }).value).toBe(6);
  });

  test('several readers in the branch, and a consumer beside it, share one evaluation', () => {
    const { model, runs } = counted();
    const branch = add({ a: source() }).flow.withContext({ value: computed(model), b: computed(model) });
    expect(pair({ left: branch, right: model }).flow.computeSync({ seed: 3 }).value).toEqual([12, 6]);
    expect(runs).toEqual([3]);
  });

  test('an asynchronous model, a wrapper and a class-based model will do', async () => {
    class Halve extends modelClass({ context: z.object({ seed: z.number() }), output: z.number() }) {
      call({ seed }: { seed: number }): number {
        return seed / 2;
      }
    }
    const { model } = counted((seed) => Promise.resolve(seed + 1));
    expect((await source().flow.withContext({ value: computed(model) }).flow.compute({ seed: 1 })).value).toBe(2);
    expect((await source().flow.withContext({ value: computed(model.flow.withContext({ seed: 5 })) }).flow.compute({})).value).toBe(6);
    expect((await source().flow.withContext({ value: computed(new Halve()) }).flow.compute({ seed: 8 })).value).toBe(4);
  });

  test('computed fields may be stacked', () => {
    const inner = source().flow.withContext({ value: computed(counted().model) });
    const outer = add({ a: 1 }).flow.withContext({ b: computed(inner) });
    expect(outer.flow.computeSync({ seed: 2 }).value).toBe(5);
  });

  test('it feeds whatever reads the field: transforms of inner wrappers, contextType, class-based models', () => {
    const fromSeed = contextTransform({ inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed + 1);
    const inner = relay({ x: source().flow.withContext({ value: fromSeed() }) });
    expect(inner.flow.withContext({ seed: computed(source()) }).flow.computeSync({ value: 7 }).value).toBe(8);

    const Range = z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a <= b, 'a comes after b');
    const span = flowModel({ inputs: { a: FromContext(z.number()), b: FromContext(z.number()) }, contextType: Range }, ({ a, b }) => b - a);
    class Span extends modelClass({ context: Range, output: z.number() }) {
      call({ a, b }: { a: number; b: number }): number {
        return b - a;
      }
    }
    for (const model of [span().flow.withContext({ a: computed(source()) }), new Span().flow.withContext({ a: computed(source()) })]) {
      expect(model.flow.computeSync({ value: 7, b: 9 }).value).toBe(2);
      expect(() => model.flow.computeSync({ value: 7, b: 6 })).toThrow(flowError('INVALID_CONTEXT', 'a comes after b'));
    }
  });

  test('what the model needs is part of the contract of the graph', () => {
    const wrapper = source().flow.withContext({ value: computed(counted().model) });
    expect(() => wrapper.flow.computeSync({ value: 1 } as never)).toThrow(flowError('MISSING_CONTEXT', 'seed: number'));
    const unbound = source().flow.withContext({ value: computed(add()) });
    expect(() => unbound.flow.computeSync({ b: 1 } as never)).toThrow(flowError('UNBOUND_INPUT', 'a: number'));
  });

  test('a result that the reader of the field rejects is INVALID_CONTEXT, whatever ran before', () => {
    const word = flowModel({ name: 'word', inputs: {} }, () => 'many' as never);
    const wrapper = source().flow.withContext({ value: computed(word()) });
    expect(() => wrapper.flow.computeSync({})).toThrow(flowError('INVALID_CONTEXT', 'value: number', '"many"', 'source'));
  });

  test('under a later override the model does not run and needs nothing', () => {
    const { model, runs } = counted();
    const wrapper = source().flow.withContext({ value: computed(model) }).flow.withContext({ value: 1 });
    expect(wrapper.flow.computeSync({} as never).value).toBe(1);
    expect(runs).toEqual([]);
  });

  test('for a lazy branch the model runs only when the branch is called for', () => {
    const { model, runs } = counted();
    const maybe = flowModel({ inputs: { use: FromContext(z.boolean()), fallback: Lazy(z.number()) } }, ({ use, fallback }) => (use ? fallback.sync() : 0));
    const graph = maybe({ fallback: source().flow.withContext({ value: computed(model) }) });
    expect(graph.flow.computeSync({ use: false, seed: 1 }).value).toBe(0);
    expect(runs).toEqual([]);
    expect(graph.flow.computeSync({ use: true, seed: 1 }).value).toBe(2);
    expect(runs).toEqual([1]);
  });

  test('a failure of the model is the failure of the branch, and its path is known', async () => {
    const failure = new Error('no data');
    const broken = flowModel({ name: 'broken', inputs: {} }, (): number => {
      throw failure;
    });
    const graph = relay({ x: source().flow.withContext({ value: computed(broken()) }) });
    await expect(graph.flow.compute({})).rejects.toBe(failure);
    expect(flowPathOf(failure)?.[0]).toBe('relay');
    expect(flowPathOf(failure)?.at(-1)).toBe('broken');
  });

  test('what is no model is refused, and a factory is told to be called', () => {
    expect(() => computed(5 as never)).toThrow(flowError('BIND', '5'));
    expect(() => computed(source as never)).toThrow(flowError('BIND', 'Call the factory first'));
  });

  test('positionally it is WITH_CONTEXT', () => {
    expect(() => source().flow.withContext(computed(relay({ x: 1 })) as never)).toThrow(flowError('WITH_CONTEXT', 'by field name'));
  });

  test('prints as it is written', () => {
    expect(inspect(source().flow.withContext({ value: computed(relay({ x: 1 })) }))).toBe('source().flow.withContext({ value: computed(relay(…)) })');
  });
});

describe('closedContext', () => {
  test('hides every ambient field from the branch, so that defaults hold', () => {
    const wrapper = table().flow.withContext(closedContext());
    expect(wrapper.flow.computeSync({ name: 'secrets', limit: 1 }).value).toBe('people:10');
  });

  test('the kept fields are seen', () => {
    const wrapper = table().flow.withContext(closedContext('limit'));
    expect(wrapper.flow.computeSync({ name: 'secrets', limit: 1 }).value).toBe('people:1');
  });

  test('what the wrapper supplies is seen', () => {
    const wrapper = table().flow.withContext(closedContext(), { name: 'books' });
    expect(wrapper.flow.computeSync({ name: 'secrets', limit: 1 }).value).toBe('books:10');
  });

  test('holds for the whole upstream subtree and for nothing beside it', () => {
    const texts = flowModel({ inputs: { inside: z.string(), beside: z.string() } }, ({ inside, beside }) => [inside, beside]);
    const deep = flowModel({ inputs: { x: z.string() } }, ({ x }) => x);
    const graph = texts({ inside: deep({ x: table() }).flow.withContext(closedContext()), beside: table() });
    expect(graph.flow.computeSync({ name: 'books', limit: 1 }).value).toEqual(['people:10', 'books:1']);
  });

  test('instance defaults stand in for hidden fields', () => {
    const wrapper = table({ name: 'mine' }).flow.withContext(closedContext());
    expect(wrapper.flow.computeSync({ name: 'secrets' }).value).toBe('mine:10');
  });

  test('a hidden field that nothing supplies is MISSING_CONTEXT, although the caller gave it', () => {
    const wrapper = source().flow.withContext(closedContext());
    expect(() => wrapper.flow.computeSync({ value: 1 } as never)).toThrow(flowError('MISSING_CONTEXT', 'value: number'));
  });

  test('the transforms and computed fields of its own wrapper read the incoming context', () => {
    expect(source().flow.withContext(closedContext(), { value: plus({ by: 1 }) }).flow.computeSync({ value: 5 }).value).toBe(6);
    expect(source().flow.withContext(closedContext(), { value: computed(counted().model) }).flow.computeSync({ seed: 5 }).value).toBe(10);
    const double = contextTransform({ inputs: { limit: FromContext(z.number()) }, patches: { limit: z.number() } }, ({ limit }) => ({ limit: limit * 2 }));
    expect(table().flow.withContext(closedContext(), double()).flow.computeSync({ name: 'secrets', limit: 4 }).value).toBe('people:8');
  });

  test('a field that a patch leaves out stays hidden', () => {
    const nothing = contextTransform({ inputs: {}, patches: { limit: z.number() } }, () => ({}));
    expect(table().flow.withContext(closedContext(), nothing()).flow.computeSync({ limit: 4 }).value).toBe('people:10');
  });

  test('an inner wrapper inside a closed branch reads the closed context', () => {
    const inner = table().flow.withContext({ name: fromField('limit', z.number().default(7).transform(String)) as never });
    const deep = flowModel({ inputs: { x: z.string() } }, ({ x }) => x);
    expect(deep({ x: inner }).flow.withContext(closedContext()).flow.computeSync({ limit: 3 }).value).toBe('7:10');
  });

  test('chained after other rewrites it leaves them in place', () => {
    const wrapper = table().flow.withContext({ name: 'books' }).flow.withContext(closedContext());
    expect(wrapper.flow.computeSync({ name: 'secrets', limit: 1 }).value).toBe('books:10');
  });

  test('stays in force for rewrites chained after it', () => {
    const wrapper = table().flow.withContext(closedContext()).flow.withContext({ name: 'books' });
    expect(wrapper.flow.computeSync({ name: 'secrets', limit: 1 }).value).toBe('books:10');
  });

  test('hides what a computed field of an inner wrapper reads', () => {
    const inner = relay({ x: add({ a: 1 }).flow.withContext({ b: computed(source()) }) });
    expect(() => inner.flow.withContext(closedContext()).flow.computeSync({ value: 5 } as never)).toThrow(flowError('MISSING_CONTEXT', 'value: number'));
    expect(inner.flow.withContext(closedContext('value')).flow.computeSync({ value: 5 }).value).toBe(6);
  });

  test('chained to another one, only what both keep is seen', () => {
    const wrapper = table().flow.withContext(closedContext('name', 'limit')).flow.withContext(closedContext('limit'));
    expect(wrapper.flow.computeSync({ name: 'secrets', limit: 1 }).value).toBe('people:1');
  });

  test('comes first among the positional arguments: elsewhere it is WITH_CONTEXT', () => {
    const setLimit = contextTransform({ inputs: {}, patches: { limit: z.number() } }, () => ({ limit: 1 }));
    expect(() => table().flow.withContext(setLimit(), closedContext() as never)).toThrow(flowError('WITH_CONTEXT', 'closedContext', 'first'));
    expect(() => table().flow.withContext({ limit: closedContext() } as never)).toThrow(flowError('WITH_CONTEXT', "'limit'"));
  });

  test('takes names of fields', () => {
    expect(() => closedContext(5 as never)).toThrow(flowError('WITH_CONTEXT', 'names'));
  });
});

test('a nested workflow: inputs mapped by computed and fromField, everything else closed off, no body that computes', async () => {
  const fetched = flowModel({ name: 'fetched', inputs: { url: FromContext(z.string()), retries: FromContext(z.number().default(0)) } }, async ({ url, retries }) => {
    await Promise.resolve();
    return `${url}?retries=${retries}`;
  });
  const length = flowModel({ name: 'length', inputs: { text: z.string() } }, ({ text }) => text.length);
  const child = length({ text: fetched() });
  const address = flowModel({ name: 'address', inputs: { host: FromContext(z.string()), path: FromContext(z.string()) } }, ({ host, path }) => `${host}/${path}`);

  const nested = child.flow.withContext(closedContext(), { url: computed(address()), retries: fromField('childRetries', z.number()) });
  const parent = flowModel({ name: 'parent', inputs: { size: z.number(), retries: FromContext(z.number()) } }, ({ size, retries }) => [size, retries]);

  const { value } = await parent({ size: nested }).flow.compute({ host: 'h', path: 'p', url: 'not this one', retries: 1, childRetries: 12 });
  expect(value).toEqual(['h/p?retries=12'.length, 1]);
});
