/** Contract §6: what is in a key, and what is not. Values by themselves: value-keys.test.ts. Code: code-version.test.ts. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { closedContext, compose, computed, contextTransform, Dependency, fallback, flowModel, FlowContext, FromContext, fromField, keyOf, Lazy, logging, memoryCache, modelClass, ModelInput, Resource, retry, timeout } from '@flowmodel/core';
import type { CallableModel, Evaluator, FlowError } from '@flowmodel/core';
import { refusal } from './refusal.ts';

const source = flowModel({ name: 'keys.source', inputs: { v: FromContext(z.coerce.number()) } }, ({ v }) => v * 10);
const twice = flowModel({ name: 'keys.twice', inputs: { x: z.number(), plus: z.number().default(0) } }, ({ x, plus }) => x * 2 + plus);
const root = twice({ x: source() });

/** How many different keys. */
const distinct = (...keys: string[]): number => new Set(keys).size;

describe('what a key is made from', () => {
  test('CC-KEY-32 a key is a SHA-256 in hexadecimal', () => {
    expect(keyOf(root, { v: 1 })).toMatch(/^[0-9a-f]{64}$/);
  });

  test('CC-KEY-03 CC-KEY-07 a consumed field, a literal and an upstream model are in it', () => {
    const other = flowModel({ name: 'keys.other', inputs: { v: FromContext(z.coerce.number()) } }, ({ v }) => v * 10);
    expect(distinct(keyOf(root, { v: 11 }), keyOf(root, { v: 12 }), keyOf(twice({ x: source(), plus: 1 }), { v: 11 }), keyOf(twice({ x: other() }), { v: 11 }))).toBe(4);
  });

  test('CC-KEY-01 CC-KEY-02 CC-KEY-04 CC-KEY-13 ambient fields that nobody consumes are not, even if they cannot be hashed', () => {
    const plain = keyOf(root, { v: 1 });
    expect(keyOf(root, { v: 1, unused: 'one' })).toBe(plain);
    expect(keyOf(root, { unused: 'two', v: 1, callback: () => {} })).toBe(plain);
  });

  test('CC-KEY-05 where a value came from does not count: default of the instance, runtime, coerced text, rewrite', () => {
    const runtime = keyOf(source(), { v: 1 });
    expect(keyOf(source({ v: 1 }))).toBe(runtime);
    expect(keyOf(source(), { v: '1' })).toBe(runtime);
    expect(keyOf(source().flow.withContext({ v: 1 }))).toBe(runtime);
    expect(keyOf(source(), new FlowContext({ v: 1 }))).toBe(runtime);
  });

  test('CC-KEY-06 descriptions and meta data are not in it', () => {
    const make = (description: string, label: string): string => keyOf(flowModel({ name: 'keys.meta', description, inputs: { n: z.number().meta({ title: label }) }, replace: true }, ({ n }) => n)({ n: 1 }));
    expect(make('a', 'b')).toBe(make('c', 'd'));
  });

  test('CC-KEY-08 CC-KEY-20 a field that only an upstream or lazy model consumes is in the key of what is downstream', () => {
    const lazily = flowModel({ name: 'keys.lazily', inputs: { x: z.number(), y: Lazy(z.number()) } }, ({ x }) => x);
    const graph = lazily({ x: 1, y: source() });
    expect(distinct(keyOf(graph, { v: 3 }), keyOf(graph, { v: 999 }))).toBe(2);
  });

  test('CC-KEY-09 an upstream model that yields 1 and the literal 1 are two keys', () => {
    const one = flowModel({ name: 'keys.one', inputs: {} }, () => 1);
    expect(keyOf(twice({ x: one() }))).not.toBe(keyOf(twice({ x: 1 })));
  });

  test('CC-KEY-10 CC-KEY-11 CC-KEY-12 a wrapper has the key of its base in the rewritten context: literal, transform and bare form alike', () => {
    const parity = contextTransform({ name: 'keys.parity', inputs: { raw: FromContext(z.number()) }, output: z.number() }, ({ raw }) => raw % 2);
    const wrapped = source().flow.withContext({ v: parity() });
    expect(keyOf(wrapped, { raw: 1 })).toBe(keyOf(wrapped, { raw: 3 }));
    expect(keyOf(wrapped, { raw: 1 })).toBe(keyOf(source(), { v: 1 }));
    expect(keyOf(source().flow.withContext({}), { v: 1 })).toBe(keyOf(source(), { v: 1 }));
    expect(keyOf(source().flow.withContext({ v: fromField('raw', z.number()) }), { raw: 7 })).toBe(keyOf(source(), { v: 7 }));
  });

  test('CC-KEY-17 CC-OPT-14 options that change no result are not in it', () => {
    const plain = keyOf(root, { v: 1 });
    expect(keyOf(root, { v: 1 }, { concurrency: 2, validateResult: false, cacheTimeout: 5 })).toBe(plain);
  });

  test('CC-KEY-14 CC-KEY-15 CC-KEY-33 CC-KEY-34 names of opaque evaluators are in it, in order; transparent ones are not, at any depth', async () => {
    const opaque = (name: string): Evaluator => ({ name, evaluate: (_evaluation, next) => next() });
    const plain = keyOf(root, { v: 1 });
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    expect(keyOf(root, { v: 1 }, { evaluator: compose(logging({ logger: quiet }), retry()) })).toBe(plain);
    const a = keyOf(root, { v: 1 }, { evaluator: opaque('a') });
    expect(keyOf(root, { v: 1 }, { evaluator: compose(retry(), opaque('a'), retry()) })).not.toBe(plain);
    expect(distinct(plain, a, keyOf(root, { v: 1 }, { evaluator: opaque('b') }), keyOf(root, { v: 1 }, { evaluator: compose(opaque('a'), opaque('b')) }), keyOf(root, { v: 1 }, { evaluator: compose(opaque('b'), opaque('a')) }))).toBe(5);
  });

  test('CC-EVAL-07 CC-KEY-15 transparent parts and nesting of compose leave no trace in a key; in fallback the place of the body does', () => {
    const opaque = (name: string): Evaluator => ({ name, evaluate: (_evaluation, next) => next() });
    const [a, b] = [opaque('a'), opaque('b')];
    const key = (evaluator: Evaluator): string => keyOf(source(), { v: 1 }, { evaluator });
    expect(distinct(key(a), key(compose(a)), key(compose(retry(), a)), key(compose(compose(a, logging()), timeout(5))))).toBe(1);
    expect(distinct(key(compose(a, b)), key(compose(compose(a, retry()), b)), key(compose(logging(), compose(a, b))), key(compose(a, compose(timeout(5), b), retry())))).toBe(1);
    expect(distinct(key(fallback(retry(), a)), key(fallback(a, retry())), key(fallback(a)), key(fallback(a, b)), key(a))).toBe(5);
    expect(key(fallback(retry(), timeout(5), a))).toBe(key(fallback(logging(), a)));
  });

  test('an opaque evaluator of an upstream model is in the key of what is downstream, and of nothing else', () => {
    const opaque: Evaluator = { name: 'plus', evaluate: (_evaluation, next) => next() };
    const overrides = [{ factories: [source], evaluator: opaque }];
    expect(keyOf(root, { v: 1 }, { overrides })).not.toBe(keyOf(root, { v: 1 }));
    expect(keyOf(twice({ x: 1 }), {}, { overrides })).toBe(keyOf(twice({ x: 1 })));
  });

  test('CC-KEY-16 deps of class models have no keys of their own; the context of a class model is in its key as parsed', () => {
    class Doubled extends modelClass({ name: 'keys.Doubled', inputs: { salt: z.number() }, context: z.object({ n: z.number() }), output: z.number() }) {
      call({ n }: { n: number }): number {
        return n * 2;
      }
    }
    const one = new Doubled({ salt: 1 });
    expect(keyOf(one, { n: 1, unused: 5 })).toBe(keyOf(new Doubled({ salt: 1 }), { n: 1 }));
    expect(distinct(keyOf(one, { n: 1 }), keyOf(one, { n: 2 }), keyOf(new Doubled({ salt: 2 }), { n: 1 }))).toBe(3);
  });

  test('CC-KEY-30 CC-KEY-28 a subclass, or another class of the same shape, has another key', () => {
    const shape = { inputs: {}, context: z.object({ n: z.number() }), output: z.number() };
    class First extends modelClass({ name: 'keys.First', ...shape }) {
      call({ n }: { n: number }): number {
        return n;
      }
    }
    class Second extends modelClass({ name: 'keys.Second', ...shape }) {
      call({ n }: { n: number }): number {
        return n;
      }
    }
    expect(keyOf(new First({}), { n: 1 })).not.toBe(keyOf(new Second({}), { n: 1 }));
  });

  test('CC-KEY-31 a required and an optional field of one name are two keys', () => {
    const make = (schema: z.ZodType<number | undefined>): string => keyOf(flowModel({ name: 'keys.optional', inputs: { n: FromContext(schema) }, replace: true }, ({ n }) => n)(), { n: 1 });
    expect(make(z.number())).not.toBe(make(z.number().optional()));
  });

  test('ModelInput: the structure of the model counts, its context does not', () => {
    const asks = flowModel({ name: 'keys.asks', inputs: { m: ModelInput(z.number()) } }, () => 1);
    const key = keyOf(asks({ m: root }), { v: 1 });
    expect(keyOf(asks({ m: twice({ x: source() }) }), { v: 2 })).toBe(key);
    expect(distinct(key, keyOf(asks({ m: twice({ x: source({ v: 1 }) }) })), keyOf(asks({ m: twice({ x: source(), plus: 1 }) })), keyOf(asks({ m: root.flow.withContext({ v: 1 }) })), keyOf(asks({ m: root.flow.withContext({ v: 2 }) })))).toBe(5);
  });

  test('containers: literal parts, places and models count', () => {
    const sum = flowModel({ name: 'keys.sum', inputs: { xs: Dependency(z.array(z.number().nullable())) } }, () => 1);
    const a = source({ v: 1 });
    const b = source({ v: 2 });
    expect(keyOf(sum({ xs: [a, 1] }))).toBe(keyOf(sum({ xs: [source({ v: 1 }), 1] })));
    expect(distinct(keyOf(sum({ xs: [a, 1] })), keyOf(sum({ xs: [1, a] })), keyOf(sum({ xs: [b, 1] })), keyOf(sum({ xs: [a, 2] })), keyOf(sum({ xs: [a, null] })), keyOf(sum({ xs: [a, b] })), keyOf(sum({ xs: [b, a] })))).toBe(7);
  });

  test('resources are not in it', () => {
    const uses = flowModel({ name: 'keys.uses', inputs: { client: Resource<object>(), n: z.number() } }, ({ n }) => n);
    expect(keyOf(uses({ n: 1 }), {}, { resources: { client: { a: 1 } } })).toBe(keyOf(uses({ n: 1 }), {}, { resources: { client: { a: 2 } } }));
  });

  test('a computed field stands by how it is computed, without a body having run', () => {
    let bodies = 0;
    const made = flowModel({ name: 'keys.made', inputs: { n: FromContext(z.number()) } }, ({ n }) => {
      bodies++;
      return n;
    });
    const graph = source().flow.withContext(closedContext('n'), { v: computed(made()) });
    expect(distinct(keyOf(graph, { n: 1 }), keyOf(graph, { n: 2 }), keyOf(graph, { n: 1, v: 5 }))).toBe(2);
    expect(keyOf(graph, { n: 1 })).toBe(keyOf(source().flow.withContext(closedContext('n'), { v: computed(made()) }), { n: 1 }));
    expect(bodies).toBe(0);
  });

  test('the order in which bindings and fields are given does not count', () => {
    const two = flowModel({ name: 'keys.two', inputs: { a: z.number(), b: FromContext(z.number()), c: FromContext(z.number()) } }, () => 1);
    expect(keyOf(two({ a: 1, b: 2 }), { c: 3 })).toBe(keyOf(two({ b: 2, a: 1 }), { c: 3 }));
    expect(keyOf(two({ a: 1 }), { b: 2, c: 3 })).toBe(keyOf(two({ a: 1 }), { c: 3, b: 2 }));
  });

  test('a default that is made anew each time is part of the content', () => {
    let now = 0;
    const dated = flowModel({ name: 'keys.dated', inputs: { at: FromContext(z.number().default(() => ++now)) } }, ({ at }) => at);
    const model = dated();
    expect(distinct(keyOf(model), keyOf(model), keyOf(model))).toBe(3);
    expect(keyOf(model, { at: 7 })).toBe(keyOf(model, { at: 7 }));
  });
});

describe('bound values that are kept as they were given', () => {
  const first = flowModel({ name: 'key.first', inputs: { v: z.custom<Uint8Array>() } }, ({ v }) => v[0]);
  const read = flowModel({ name: 'key.read', inputs: { v: FromContext(z.custom<Uint8Array>()) } }, ({ v }) => v[0]);
  const pass = flowModel({ name: 'key.pass', inputs: { x: z.unknown() } }, ({ x }) => x);
  const asks = flowModel({ name: 'key.asks', inputs: { m: ModelInput(z.unknown()) } }, ({ m }, run) => run.computeSync(m));
  const fromBytes = contextTransform({ name: 'key.fromBytes', inputs: { bytes: z.custom<Uint8Array>() } }, ({ bytes }) => bytes);

  test.each<[string, (v: Uint8Array<ArrayBuffer>) => CallableModel]>([
    ['an input', (v) => pass({ x: first({ v }) })],
    ['the input of a lazy or unevaluated model', (v) => pass({ x: asks({ m: first({ v }) }) })],
    ['an element of a container', (v) => pass({ x: flowModel({ name: 'key.all', inputs: { d: Dependency(z.any()) }, replace: true }, ({ d }) => d.v[0])({ d: { v, one: read({ v: new Uint8Array(1) }) } }) })],
    ['a contextual default', (v) => pass({ x: read({ v }) })],
    ['a rewrite', (v) => pass({ x: read().flow.withContext({ v }) })],
    ['an input of a transform', (v) => pass({ x: read().flow.withContext({ v: fromBytes({ bytes: v }) }) })],
  ])('%s: a typed array is read anew for each key, so a changed one is not answered from the cache', (_, build) => {
    const cache = memoryCache();
    const bytes = new Uint8Array([1]);
    const model = build(bytes);
    const before = keyOf(model);
    expect([model.flow.computeSync({}, { cache }).value, model.flow.computeSync({}, { cache }).value]).toEqual([1, 1]);
    bytes[0] = 2;
    expect(keyOf(model)).not.toBe(before);
    expect(model.flow.computeSync({}, { cache }).value).toBe(2);
    bytes[0] = 1;
    expect(keyOf(model)).toBe(before);
  });

  test('so is an instance of a class, at any depth', () => {
    class Box {
      n = 1;
      toJSON(): number {
        return this.n;
      }
    }
    const box = new Box();
    const model = pass({ x: pass({ x: [{ boxes: new Map([['a', box]]) }] }) });
    const before = keyOf(model);
    box.n = 2;
    expect(keyOf(model)).not.toBe(before);
    box.n = 1;
    expect(keyOf(model)).toBe(before);
  });
});

describe('secrets', () => {
  const secret = z.string().meta({ secret: true });
  const login = flowModel({ name: 'keys.login', inputs: { token: FromContext(secret), pin: z.string().meta({ secret: true }), asks: ModelInput(z.number()) } }, () => 1);
  const inner = flowModel({ name: 'keys.inner', inputs: { token: FromContext(secret) } }, () => 1);

  test('they change the key, and stand nowhere in what a cache is given', async () => {
    const entries = new Map<string, unknown>();
    const make = (pin: string) => login({ pin, asks: inner({ token: 'tok-default' }).flow.withContext({ token: 'tok-literal' }) });
    await make('1234-pin').flow.compute({ token: 'tok-runtime' }, { cache: entries as never });
    expect(distinct(keyOf(make('1234-pin'), { token: 'tok-runtime' }), keyOf(make('1234-pin'), { token: 'b' }), keyOf(make('2'), { token: 'tok-runtime' }))).toBe(3);
    expect(entries.size).toBe(1);
    expect(JSON.stringify([...entries])).not.toMatch(/tok-|1234/);
  });

  test('one that cannot be hashed is refused without a word about what is in it', () => {
    const odd = flowModel({ name: 'keys.odd', inputs: { box: FromContext(z.any().meta({ secret: true })) } }, () => 1);
    const { code, message, details } = refusal(() => keyOf(odd(), { box: { hidden: () => 1 } }));
    expect(code).toBe('UNHASHABLE');
    expect(message + JSON.stringify(details)).not.toContain('hidden');
    expect(message).toContain("keys.odd, context field 'box'");
  });
});

describe('what has no key', () => {
  test('CC-KEY-18 an incomplete context is the error that compute gives', () => {
    expect(refusal(() => keyOf(root, {})).code).toBe('MISSING_CONTEXT');
    expect(refusal(() => keyOf(source(), { v: 'no number' })).code).toBe('INVALID_CONTEXT');
  });

  test('CC-KEY-35 an unbound input is an error', () => {
    expect(refusal(() => keyOf(twice(), {})).code).toBe('UNBOUND_INPUT');
  });

  test('CC-KEY-27 what cannot be hashed is named with its path: a literal, a context field, a field inside it', () => {
    const takes = flowModel({ name: 'keys.takes', inputs: { f: z.any(), g: FromContext(z.any()) } }, () => 1);
    expect(refusal(() => keyOf(takes({ f: () => 1 }), { g: 1 }))).toMatchObject({ code: 'UNHASHABLE', message: expect.stringContaining("keys.takes, input 'f'") });
    expect(refusal(() => keyOf(takes({ f: 1 }), { g: { list: [{ at: Symbol('x') }] } }))).toMatchObject({ code: 'UNHASHABLE', message: expect.stringMatching(/keys\.takes, context field 'g'.*list\[0\]\.at/s) });
  });

  test('compute with a cache refuses it before any body runs; cacheable: false opts out, for what is downstream too', async () => {
    let bodies = 0;
    const options = { inputs: { f: z.any() } };
    const strict = flowModel({ name: 'keys.strict', ...options }, () => ++bodies);
    const free = flowModel({ name: 'keys.free', ...options, cacheable: false }, () => ++bodies);
    const above = flowModel({ name: 'keys.above', inputs: { x: z.number() } }, ({ x }) => x);
    const cache = memoryCache();
    await expect(above({ x: strict({ f: () => 1 }) }).flow.compute({}, { cache })).rejects.toMatchObject({ code: 'UNHASHABLE' });
    expect(bodies).toBe(0);
    const graph = above({ x: free({ f: () => 1 }) });
    expect([(await graph.flow.compute({}, { cache })).value, (await graph.flow.compute({}, { cache })).value]).toEqual([1, 2]);
  });
});

describe('lazy branches', () => {
  const lazily = flowModel({ name: 'keys.branching', inputs: { x: z.number(), y: Lazy(z.number()) } }, ({ x }) => x);
  const needs = flowModel({ name: 'keys.needs', inputs: { w: FromContext(z.number()), u: FromContext(z.number().default(1)) } }, ({ w }) => w);
  const alike = flowModel({ name: 'keys.alike', inputs: { w: FromContext(z.number()), u: FromContext(z.number().default(1)) } }, ({ w }) => w);

  test('CC-KEY-21 CC-LAZY-13 a branch whose context is missing has a stable descriptor; unused ambient is not in it', () => {
    const graph = lazily({ x: 1, y: needs() });
    const key = keyOf(graph, {});
    expect(keyOf(graph, { unused: 1 })).toBe(key);
    expect(keyOf(lazily({ x: 1, y: needs() }), {})).toBe(key);
    expect(distinct(key, keyOf(graph, { w: 1 }), keyOf(graph, { u: 2 }))).toBe(3);
  });

  test('CC-KEY-22 different models that lack the same are told apart', () => {
    expect(keyOf(lazily({ x: 1, y: needs() }), {})).not.toBe(keyOf(lazily({ x: 1, y: alike() }), {}));
  });

  test('CC-KEY-23 CC-KEY-24 a wrapper in a branch: its transform counts where it can run, and what it lacks where it cannot', () => {
    const plus = contextTransform({ name: 'keys.plus', inputs: { base: FromContext(z.number()) }, output: z.number() }, ({ base }) => base + 1);
    const graph = lazily({ x: 1, y: needs().flow.withContext({ w: plus() }) });
    const lacking = keyOf(graph, {});
    expect(keyOf(graph, { unused: 2, w: 9 })).toBe(lacking);
    expect(distinct(lacking, keyOf(graph, { base: 12 }), keyOf(graph, { base: 13 }))).toBe(3);
  });

  test('CC-KEY-25 a use that fails after a remembered non-use leaves the entry as it is', async () => {
    const mayUse = flowModel({ name: 'keys.mayUse', inputs: { use: FromContext(z.boolean()), y: Lazy(z.number()) } }, async ({ use, y }) => (use ? y() : 0));
    const graph = mayUse({ y: needs() });
    const cache = memoryCache();
    const compute = (use: boolean): Promise<unknown> => graph.flow.compute({ use } as never, { cache }).then(({ value }) => value, (error: FlowError) => error.code);
    expect([await compute(false), await compute(true), await compute(false)]).toEqual([0, 'MISSING_CONTEXT', 0]);
    expect(cache.stats()).toMatchObject({ hits: 1, stores: 1 });
  });
});

describe('size', () => {
  test('L5 L6 keys are linear in the graph, however many paths lead to a node: 2^500 here', () => {
    let left = source();
    let right = twice({ x: 1 }) as never as typeof left;
    const join = flowModel({ name: 'keys.join', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => (a + b) % 1000);
    for (let i = 0; i < 500; i++) [left, right] = [join({ a: left, b: right }) as never, join({ a: right, b: left }) as never];
    expect(keyOf(join({ a: left, b: right }), { v: 1 })).toMatch(/^[0-9a-f]{64}$/);
  });

  test('L7 a chain of 20,000 has a key', () => {
    let chain = twice({ x: source() });
    for (let i = 0; i < 20_000; i++) chain = twice({ x: chain }) as never;
    expect(keyOf(chain, { v: 1 })).not.toBe(keyOf(chain, { v: 2 }));
  });
});

test('fromField over a computed field: equal graphs have equal keys', () => {
  const made = flowModel({ name: 'keys.reader.source', inputs: {} }, () => 'v');
  const use = flowModel({ name: 'keys.reader.use', inputs: { x: FromContext(z.string()) } }, ({ x }) => x);
  const pass = flowModel({ name: 'keys.reader.pass', inputs: { v: z.string() } }, ({ v }) => v);
  const make = (field: string) => pass({ v: use().flow.withContext({ x: fromField(field, z.string()) }) }).flow.withContext({ [field]: computed(made()) } as never);
  expect(keyOf(make('y'))).toBe(keyOf(make('y')));
  expect(keyOf(use().flow.withContext({ x: fromField('y', z.string()) }), { y: 'a' })).toBe(keyOf(use().flow.withContext({ x: fromField('z', z.string()) }), { z: 'a' }));
});

test('what is no model is refused in the name of keyOf', () => {
  const factory = flowModel({ name: 'keys.noModel', inputs: {} }, () => 1);
  expect(refusal(() => keyOf(factory as never))).toMatchObject({ code: 'BIND', message: expect.stringContaining('keyOf expects a model') });
});
