// Contract §9: `modelFromJSON` rebuilds the graph of a document: same result, same sharing, same printed form, same key. What a document may not be is told.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  closedContext, CodecRegistry, computed, contextTransform, DefinitionRegistry, Dependency, FlowError, flowModel, FlowResult, FromContext, fromField, isModel, keyOf, modelClass, modelFromJSON, ModelInput, registerCodec, registerModel,
} from '@flowmodel/core';
import type { CallableModel, FlowContext, FlowRun, GenericResult } from '@flowmodel/core';
import { add, both, choice, multiply, plus, total } from './carried/definitions.ts';
import { refusal } from './refusal.ts';

const carried = (model: CallableModel, options = {}): CallableModel => modelFromJSON(JSON.stringify(model), options);
const valueOf = (model: CallableModel, context: object | FlowContext = {}): unknown => (model.flow.computeSync(context) as GenericResult<unknown>).value;

const printed = (model: { toString(): string }): string => model.toString();

/** What must hold of every model and its copy. */
function expectSame(model: CallableModel, copy: CallableModel, context: object): void {
  expect(copy).not.toBe(model);
  expect(isModel(copy)).toBe(true);
  expect(printed(copy)).toBe(printed(model));
  expect(copy.toJSON()).toEqual(model.toJSON());
  expect(valueOf(copy, context)).toEqual(valueOf(model, context));
  expect(keyOf(copy, context)).toBe(keyOf(model, context));
}

describe('round trips', () => {
  it('CC-SER-02 a partially bound model stays so: what is bound is bound, what is needed is needed', () => {
    const copy = carried(add({ a: 10 }));
    expect(copy.inputs).toEqual({ a: 10 });
    expect(refusal(() => copy.flow.computeSync()).code).toBe('MISSING_CONTEXT');
    expectSame(add({ a: 10 }), copy, { b: 3 });
    expect(refusal(() => valueOf(carried(add()), { b: 3 })).code).toBe('UNBOUND_INPUT');
  });

  it('CC-SER-03 contextual defaults come back as defaults: 13, then 17 with b = 7', () => {
    const copy = carried(add({ a: 10, b: 3 }));
    expect(valueOf(copy)).toBe(13);
    expect(valueOf(copy, { b: 7 })).toBe(17);
    expectSame(add({ a: 10, b: 3 }), copy, {});
  });

  it('CC-SER-04 models that inputs are bound to come back as models: eager 22', () => {
    const model = both({ left: add({ a: 10 }), right: add({ a: 8 }) });
    expect(valueOf(carried(model), { b: 2 })).toBe(22);
    expectSame(model, carried(model), { b: 2 });
  });

  it('CC-SER-04 lazy ones stay lazy: 11, or 0 and never asked', () => {
    const model = choice({ fallback: add({ a: 1 }) });
    const copy = carried(model);
    expect(valueOf(copy, { use: true, b: 10 })).toBe(11);
    expect(valueOf(copy, { use: false })).toBe(0);
    expectSame(model, copy, { use: true, b: 10 });
  });

  it('CC-SER-04 leaves of containers stay leaves: 13', () => {
    const model = total({ parts: { some: [add({ a: 1 }), 2], more: [add({ a: 4 })] } });
    expect(valueOf(carried(model), { b: 3 })).toBe(13);
    expectSame(model, carried(model), { b: 3 });
  });

  it('what is shared stays shared, in all kinds of places, and what is not does not', () => {
    const leaf = add({ a: 1 });
    const wrapped = leaf.flow.withContext({ b: 2 });
    const model = both({ left: both({ left: leaf, right: wrapped }), right: total({ parts: { x: [leaf, wrapped, add({ a: 1 })] } }) });
    const copy = carried(model);
    const left = copy.inputs['left'] as CallableModel;
    const [first, second, third] = ((copy.inputs['right'] as CallableModel).inputs['parts'] as { x: unknown[] }).x;
    expect(left.inputs['left']).toBe(first);
    expect(left.inputs['right']).toBe(second);
    expect(third).not.toBe(first);
    expectSame(model, copy, { b: 5 });
  });

  it('a body runs as often as before', () => {
    const definitions = new DefinitionRegistry();
    let runs = 0;
    const leaf = flowModel({ name: 'leaf', definitions, inputs: { b: FromContext(z.number()) } }, ({ b }) => {
      runs++;
      return b;
    });
    const sum = flowModel({ name: 'sum', definitions, inputs: { of: Dependency(z.array(z.number())) } }, ({ of }) => of.length);
    const shared = leaf();
    const wrapped = shared.flow.withContext({ b: fromField('c', z.number()) });
    const model = sum({ of: [shared, shared, wrapped, wrapped, leaf()] });
    const runsOf = (each: CallableModel): number => {
      runs = 0;
      valueOf(each, { b: 1, c: 2 });
      return runs;
    };
    expect(runsOf(carried(model, { definitions }))).toBe(runsOf(model));
    expect(runs).toBeGreaterThan(0);
  });

  it('literals are parsed once, on either side', () => {
    const definitions = new DefinitionRegistry();
    const length = flowModel({ name: 'length', definitions, inputs: { text: z.string().transform((text) => text.length), at: z.coerce.date() } }, ({ text, at }) => text + at.getTime());
    const model = length({ text: 'abc', at: '1970-01-01T00:00:00.001Z' as never });
    const copy = carried(model, { definitions });
    expect(copy.inputs).toEqual({ text: 3, at: new Date(1) });
    expect(carried(copy, { definitions }).inputs).toEqual({ text: 3, at: new Date(1) });
    expectSame(model, copy, {});
  });

  it('rich literals', () => {
    const definitions = new DefinitionRegistry();
    const hold = flowModel({ name: 'hold', definitions, inputs: { data: z.any() } }, ({ data }) => data as unknown);
    // oxlint-disable-next-line no-sparse-arrays
    const data = { when: new Date(5), none: undefined, n: Number.NaN, zero: -0, big: 2n, map: new Map([[1, new Set(['a'])]]), bytes: new Float64Array([1, 2]), url: new URL('https://example.org'), holes: [, 1], $node: 'x', $ref: '/y' };
    const copy = carried(hold({ data }), { definitions });
    expect(copy.inputs['data']).toStrictEqual(data);
    expectSame(hold({ data }), copy, {});
  });

  it('null is a value, undefined is not given', () => {
    const definitions = new DefinitionRegistry();
    const maybe = flowModel({ name: 'maybe', definitions, inputs: { a: z.null(), b: z.number().optional() } }, ({ a, b }) => [a, b]);
    expect(carried(maybe({ a: null, b: undefined }), { definitions }).inputs).toEqual({ a: null });
  });

  it('models inside literals of an open schema come back too', () => {
    const definitions = new DefinitionRegistry();
    const hold = flowModel({ name: 'hold', definitions, inputs: { data: z.any() } }, ({ data }) => isModel((data as { by: Map<string, unknown> }).by.get('m')));
    const leaf = flowModel({ name: 'leaf', definitions, inputs: {} }, () => 1);
    expect(valueOf(carried(hold({ data: { by: new Map([['m', leaf()]]) } }), { definitions }))).toBe(true);
  });

  it('codecs of classes, in literals', () => {
    class Money extends FlowResult {
      readonly amount: number;
      constructor(amount: number) {
        super();
        this.amount = amount;
      }
    }
    const codecs = new CodecRegistry();
    codecs.add({ name: 'Money', class: Money, encode: ({ amount }) => amount, decode: (amount) => new Money(z.number().parse(amount)) });
    const definitions = new DefinitionRegistry();
    const price = flowModel({ name: 'price', definitions, inputs: { of: z.instanceof(Money) } }, ({ of }) => of.amount);
    const text = JSON.stringify(price({ of: new Money(7) }).toJSON({ codecs }));
    expect(valueOf(modelFromJSON(text, { definitions, codecs }))).toBe(7);
    expect(refusal(() => modelFromJSON(text, { definitions })).code).toBe('DESERIALIZE');
    expect(refusal(() => modelFromJSON(text.replace('7', '"much"'), { definitions, codecs })).code).toBe('DESERIALIZE');
  });

  it('the document may be an object, or its text', () => {
    expect(valueOf(modelFromJSON(add({ a: 1 }).toJSON()), { b: 2 })).toBe(3);
    expect(valueOf(modelFromJSON(JSON.stringify(add({ a: 1 }))), { b: 2 })).toBe(3);
  });

  it('the order of nodes does not count', () => {
    const document = both({ left: add({ a: 1 }), right: add({ a: 2 }) }).toJSON();
    const nodes = Object.fromEntries(Object.entries(document.nodes).toReversed());
    expect(valueOf(modelFromJSON({ ...document, nodes }), { b: 0 })).toBe(3);
  });

  it('the document and the model do not share data', () => {
    const definitions = new DefinitionRegistry();
    const hold = flowModel({ name: 'hold', definitions, inputs: { rows: z.array(z.number()) } }, ({ rows }) => rows.length);
    const document = hold({ rows: [1, 2] }).toJSON() as never as { nodes: { hold: { inputs: { rows: number[] } } } };
    const copy = modelFromJSON(document, { definitions });
    document.nodes.hold.inputs.rows.push(3);
    expect(copy.inputs['rows']).toEqual([1, 2]);
    expect(Object.isFrozen(copy.inputs['rows'])).toBe(true);
  });
});

describe('keys', () => {
  it('an instance with a codec enters keys by its state, on both sides', () => {
    class Rate {
      readonly percent: number;
      constructor(percent: number) {
        this.percent = percent;
      }
    }
    registerCodec({ name: 'deserialize.test Rate', class: Rate, encode: ({ percent }) => percent, decode: (percent) => new Rate(z.number().parse(percent)) });
    const definitions = new DefinitionRegistry();
    const tax = flowModel({ name: 'tax', definitions, inputs: { rate: z.instanceof(Rate), of: FromContext(z.number()) } }, ({ rate, of }) => (of * rate.percent) / 100);
    expectSame(tax({ rate: new Rate(19) }), carried(tax({ rate: new Rate(19) }), { definitions }), { of: 200 });
    expect(keyOf(tax({ rate: new Rate(19) }), { of: 200 })).not.toBe(keyOf(tax({ rate: new Rate(20) }), { of: 200 }));
  });
});

describe('wrappers', () => {
  it('CC-SER-06 every kind of rewrite comes back, in order', () => {
    const definitions = new DefinitionRegistry();
    const list = flowModel({ name: 'list', definitions, inputs: { a: FromContext(z.number()), b: FromContext(z.number()), c: FromContext(z.number()), d: FromContext(z.number()), e: FromContext(z.number().default(50)) } }, ({ a, b, c, d, e }) => [a, b, c, d, e]);
    const shift = contextTransform({ name: 'shift', definitions, inputs: { a: FromContext(z.number()), by: z.number() }, patches: { a: z.number(), b: z.number() } }, ({ a, by }) => ({ a: a + by, b: by }));
    const sum = contextTransform({ name: 'sum', definitions, inputs: { a: FromContext(z.number()), of: z.array(z.number()) } }, ({ a, of }) => of.reduce((s, n) => s + n, a));
    const one = flowModel({ name: 'one', definitions, inputs: { a: FromContext(z.number()) } }, ({ a }) => a * 1000);
    const model = list().flow.withContext(closedContext('a'), shift({ by: 1 }), shift({ by: 2 }), { b: sum({ of: [1, 2] }) }).flow.withContext({ c: fromField('a', z.number()), d: computed(one()) });
    const copy = carried(model, { definitions });
    expect(valueOf(copy, { a: 10, e: 7 })).toEqual([12, 13, 10, 10_000, 50]);
    expectSame(model, copy, { a: 10 });
  });

  it('CC-SER-06 a literal stays as it was given, and each consumer parses it', () => {
    const definitions = new DefinitionRegistry();
    const day = flowModel({ name: 'day', definitions, inputs: { day: FromContext(z.coerce.date()) } }, ({ day: at }) => at.getTime());
    const model = day().flow.withContext({ day: '1970-01-01T00:00:00.009Z' as never });
    expect(JSON.stringify(model)).toContain('"1970-01-01T00:00:00.009Z"');
    expectSame(model, carried(model, { definitions }), {});
  });

  it('CC-SER-07 restoring keeps no state: many copies of one document, computed at once', async () => {
    const text = JSON.stringify(multiply({ multiplier: 3 }).flow.withContext(plus({ by: 3 })));
    const copies = Array.from({ length: 50 }, () => modelFromJSON(text));
    expect(new Set(copies).size).toBe(50);
    const values = await Promise.all(copies.map(async (copy, b) => ((await copy.flow.compute({ b })) as GenericResult<number>).value));
    expect(values).toEqual(copies.map((_, b) => 3 * (b + 3)));
  });

  it('every plain type of fromField, also with the wrong value', () => {
    const definitions = new DefinitionRegistry();
    const echo = flowModel({ name: 'echo', definitions, inputs: { x: FromContext(z.any()) } }, ({ x }) => x as unknown);
    const values: readonly [z.ZodType, unknown, unknown][] = [
      [z.number(), 1, '1'], [z.string(), 'a', 1], [z.boolean(), true, 1], [z.bigint(), 1n, 1], [z.date(), new Date(0), 0],
    ];
    for (const [schema, good, bad] of values) {
      const model = echo().flow.withContext({ x: fromField('y', schema) });
      const copy = carried(model, { definitions });
      expectSame(model, copy, { y: good });
      expect(refusal(() => valueOf(copy, { y: bad })).message).toBe(refusal(() => valueOf(model, { y: bad })).message);
      expect(refusal(() => valueOf(copy)).message).toBe(refusal(() => valueOf(model)).message);
    }
    for (const schema of [z.any(), z.unknown()]) expectSame(echo().flow.withContext({ x: fromField('y', schema) }), carried(echo().flow.withContext({ x: fromField('y', schema) }), { definitions }), { y: [1] });
  });

  it('a wrapper of a wrapper, as a person may write it, flattens like a chained call', () => {
    const document = {
      flowmodel: 1,
      root: 'outer',
      nodes: {
        outer: { wraps: 'inner', context: [{ field: 'value', value: 2 }] },
        inner: { wraps: 'base', context: [{ transform: 'carried.plus', inputs: { by: 1 } }] },
        base: { model: 'carried.multiply', inputs: { multiplier: 5 } },
      },
    };
    expect(printed(modelFromJSON(document))).toBe(printed(multiply({ multiplier: 5 }).flow.withContext(plus({ by: 1 })).flow.withContext({ value: 2 })));
  });
});

describe('class-based models', () => {
  it('come back as instances of their class, which has been constructed or registered before', () => {
    const definitions = new DefinitionRegistry();
    class Fibonacci extends modelClass({ name: 'Fibonacci', definitions, inputs: { salt: z.number().default(0) }, context: z.object({ n: z.number().int() }), output: z.number() }) {
      async call({ n }: { n: number }, run: FlowRun): Promise<number> {
        if (n <= 1) return n + this.inputs.salt;
        const [a, b] = await Promise.all([run.compute(this, { n: n - 2 }), run.compute(this, { n: n - 1 })]);
        return a + b;
      }
      twice(): number {
        return 2 * this.inputs.salt;
      }
    }
    const text = JSON.stringify({ flowmodel: 1, root: 'f', nodes: { f: { model: 'Fibonacci', inputs: { salt: 1 } } } });
    expect(refusal(() => modelFromJSON(text, { definitions })).message).toContain('Fibonacci');
    registerModel(Fibonacci);
    const copy = modelFromJSON(text, { definitions });
    expect(copy).toBeInstanceOf(Fibonacci);
    expect((copy as unknown as Fibonacci).twice()).toBe(2);
    expect(JSON.parse(JSON.stringify(copy))).toEqual(JSON.parse(JSON.stringify(new Fibonacci({ salt: 1 }))) as unknown);
    return expect(copy.flow.compute({ n: 10 })).resolves.toMatchObject({ value: 144 });
  });

  it('wrapped, with a model as an input', () => {
    const definitions = new DefinitionRegistry();
    class Scale extends modelClass({ name: 'Scale', definitions, inputs: { of: ModelInput(z.number()) }, context: z.object({ value: z.number() }) }) {
      call({ value }: { value: number }, run: FlowRun): number {
        return value * run.computeSync(this.inputs.of, { b: 1 });
      }
    }
    const inner = flowModel({ name: 'inner', definitions, inputs: { b: FromContext(z.number()) } }, ({ b }) => b + 1);
    const model = new Scale({ of: inner() }).flow.withContext({ value: 21 });
    expect(valueOf(carried(model, { definitions }))).toBe(42);
    expectSame(model, carried(model, { definitions }), {});
  });
});

describe('other processes', () => {
  const elsewhere = (model: CallableModel, context: object): { value: unknown; printed: string } => {
    const reader = fileURLToPath(new URL('carried/reader.ts', import.meta.url));
    const output = execFileSync(process.execPath, ['--conditions', '@flowmodel/source', '--disable-warning=ExperimentalWarning', reader, JSON.stringify(context)], { input: JSON.stringify(model), encoding: 'utf8' });
    return JSON.parse(output) as { value: unknown; printed: string };
  };

  it('CC-XFORM-16 a wrapper with a bound transform computes in a fresh process: multiplier 3, value = b + 3, b = 1 → 12', () => {
    const model = multiply({ multiplier: 3 }).flow.withContext(plus({ by: 3 }));
    expect(elsewhere(model, { b: 1 })).toEqual({ value: 12, printed: printed(model) });
  });

  it('CC-SER-08 models are found again by the names of their definitions', () => {
    const model = both({ left: add({ a: 1, b: 2 }), right: total({ parts: { x: [add({ a: 3 })] } }) });
    expect(elsewhere(model, { b: 4 })).toEqual({ value: valueOf(model, { b: 4 }), printed: printed(model) });
  });
});

describe('large graphs', () => {
  it('a chain of 100,000 models is rebuilt and computed', () => {
    const definitions = new DefinitionRegistry();
    const step = flowModel({ name: 'step', definitions, inputs: { x: z.number(), by: FromContext(z.number()) } }, ({ x, by }) => x + by);
    let chain: CallableModel<number> = step({ x: 0 });
    for (let i = 1; i < 100_000; i++) chain = i % 1000 === 0 ? step({ x: chain }).flow.withContext({ by: 2 }) : step({ x: chain });
    expect(valueOf(carried(chain, { definitions }), { by: 3 })).toBe(valueOf(chain, { by: 3 }));
  });
});

describe('what a document may not be', () => {
  const good = both({ left: add({ a: 1 }), right: add({ a: 2 }).flow.withContext({ b: 3 }) }).toJSON();
  const nodes = good.nodes as Record<string, object>;
  const refused = (document: unknown, options = {}): FlowError => {
    const error = refusal(() => modelFromJSON(document as object, options));
    expect(error.code).toBe('DESERIALIZE');
    return error;
  };
  const withNode = (node: unknown) => ({ flowmodel: 1, root: 'x', nodes: { x: node } });

  it.each<[string, unknown]>([
    ['text that is no JSON', '{ "flowmodel": 1'],
    ['empty text', ''],
    ['null', null],
    ['a list', []],
    ['a number', 1],
    ['undefined', undefined],
    ['nothing in it', {}],
    ['another version', { ...good, flowmodel: 2 }],
    ['the version as text', { ...good, flowmodel: '1' }],
    ['a field that it has not', { ...good, code: 'x' }],
    ['no root', { flowmodel: 1, nodes }],
    ['a root that is no node', { ...good, root: 'nowhere' }],
    ['a root named like an inherited field', { ...good, root: 'toString' }],
    ['the root __proto__', { ...good, root: '__proto__' }],
    ['no nodes', { flowmodel: 1, root: 'x' }],
    ['nodes as a list', { flowmodel: 1, root: '0', nodes: [{ model: 'carried.add', inputs: {} }] }],
    ['a node that is null', withNode(null)],
    ['a node without anything', withNode({})],
    ['a node that is both', withNode({ model: 'carried.add', inputs: {}, wraps: 'x', context: [] })],
    ['a node with a further field', withNode({ model: 'carried.add', inputs: {}, code: '1' })],
    ['a definition that is no name', withNode({ model: ['carried.add'], inputs: {} })],
    ['no inputs', withNode({ model: 'carried.add' })],
    ['inputs as a list', withNode({ model: 'carried.add', inputs: [] })],
    ['an unknown input', withNode({ model: 'carried.add', inputs: { z: 1 } })],
    ['a literal that the schema refuses', withNode({ model: 'carried.add', inputs: { a: 'one' } })],
    ['a node that is not there', withNode({ model: 'carried.add', inputs: { a: { $node: 'y' } } })],
    ['a node named by a number', withNode({ model: 'carried.add', inputs: { a: { $node: 1 } } })],
    ['something beside $node', withNode({ model: 'carried.add', inputs: { a: { $node: 'x', more: 1 } } })],
    ['a model where a literal belongs', { flowmodel: 1, root: 'x', nodes: { ...nodes, x: { model: 'carried.multiply', inputs: { multiplier: 1, value: { $node: 'carried.add' } } } } }],
    ['a literal where a model belongs', withNode({ model: 'carried.choice', inputs: { fallback: 1 } })],
    ['a transform as a model', withNode({ model: 'carried.plus', inputs: { by: 1 } })],
    ['a registry that is not given', withNode({ model: 'carried.add', inputs: { a: { $ref: '/a' } } })],
    ['wraps nothing', withNode({ wraps: 'y', context: [] })],
    ['wraps a number', withNode({ wraps: 1, context: [] })],
    ['wraps without a context', withNode({ wraps: 'y' })],
    ['a context that is a record', withNode({ wraps: 'y', context: {} })],
    ['an own __proto__', JSON.parse(JSON.stringify(good).replace('"carried.both":', '"__proto__":'))],
    ['an input __proto__', JSON.parse('{ "flowmodel": 1, "root": "x", "nodes": { "x": { "model": "carried.add", "inputs": { "__proto__": { "a": 1 } } } } }')],
  ])('%s is DESERIALIZE', (_, document) => {
    refused(document);
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['a text', 'b'],
    ['both a value and a transform', { field: 'value', value: 1, transform: 'carried.plus' }],
    ['an unknown transform', { transform: 'plus', inputs: {} }],
    ['a model as a transform', { transform: 'carried.add', inputs: {} }],
    ['a transform without inputs', { transform: 'carried.plus' }],
    ['a transform with an input missing', { transform: 'carried.plus', inputs: {} }],
    ['a transform with a contextual input bound', { transform: 'carried.plus', inputs: { by: 1, b: 2 } }],
    ['a patch by field', { field: 'value', transform: 'carried.plus', inputs: { by: 1 } }],
    ['a field that nobody reads', { field: 'nobody', value: 1 }],
    ['a field __proto__', { field: '__proto__', value: 1 }],
    ['a field that is no text', { field: 1, value: 1 }],
    ['a literal that the reader refuses', { field: 'value', value: 'x' }],
    ['a computed literal', { field: 'value', computed: 1 }],
    ['an unknown type', { field: 'value', fromField: 'a', type: 'toString' }],
    ['a type that is no text', { field: 'value', fromField: 'a', type: {} }],
    ['fields to keep that are no list', { closed: 'a' }],
    ['fields to keep that are no texts', { closed: [1] }],
  ])('the rewrite %s is DESERIALIZE', (_, rewrite) => {
    refused({ flowmodel: 1, root: 'x', nodes: { x: { wraps: 'y', context: [rewrite] }, y: { model: 'carried.multiply', inputs: { multiplier: 2 } } } });
  });

  it('a closed context that does not come first', () => {
    refused({ flowmodel: 1, root: 'x', nodes: { x: { wraps: 'y', context: [{ field: 'value', value: 1 }, { closed: [] }] }, y: { model: 'carried.multiply', inputs: { multiplier: 2 } } } });
  });

  it('an unknown name: the nearest one is told, and what to do', () => {
    const error = refused(withNode({ model: 'carried.ad', inputs: { a: 1 } }));
    expect(error.message).toContain("Did you mean 'carried.add'");
    expect(error.message).toContain('Import the module');
    expect((error.cause as FlowError).code).toBe('UNKNOWN_MODEL');
    expect(error.details).toMatchObject({ node: 'x' });
    refused(good, { definitions: new DefinitionRegistry() });
  });

  it('a refused binding names node and input, and has its cause', () => {
    const error = refused(withNode({ model: 'carried.add', inputs: { a: 'one' } }));
    expect(error.message).toContain("'x'");
    expect(error.message).toContain('carried.add');
    expect((error.cause as FlowError).code).toBe('BIND');
  });

  it('an encoded value that is malformed: node, input and place are named', () => {
    const error = refused(withNode({ model: 'carried.total', inputs: { parts: { a: [1, { $date: 'never' }] } } }));
    expect(error.message).toMatch(/'x', 'parts' at a\[1\]/);
  });

  it('cycles: the names on the cycle are told', () => {
    const ring = { flowmodel: 1, root: 'start', nodes: { start: { model: 'carried.add', inputs: { a: { $node: 'a' } } }, a: { wraps: 'b', context: [] }, b: { model: 'carried.total', inputs: { parts: { x: [{ $node: 'c' }] } } }, c: { wraps: 'start', context: [{ field: 'b', computed: { $node: 'a' } }] } } };
    expect(refused(ring).message).toMatch(/start → a → b → c → start|a → b → c → a/);
    expect(refused(withNode({ model: 'carried.add', inputs: { a: { $node: 'x' } } })).message).toContain('x → x');
  });

  it('a cycle of 100,000 names is found, and told in short', () => {
    const ring = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`n${i}`, { model: 'carried.add', inputs: { a: { $node: `n${(i + 1) % 100_000}` } } }]));
    expect(refused({ flowmodel: 1, root: 'n0', nodes: ring }).message.length).toBeLessThan(1000);
  });

  it('limits on depth, nodes and bytes', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 10_000; i++) deep = [deep];
    expect(refused(withNode({ model: 'carried.total', inputs: { parts: deep } })).message).toContain('limits.depth');
    expect(refused(`{"flowmodel":1,"root":"x","nodes":{"x":{"model":"carried.total","inputs":{"parts":${'['.repeat(100_000)}${']'.repeat(100_000)}}}}}`).message).toContain('limits.depth');
    expect(refused(good, { limits: { nodes: 5 } }).message).toContain('limits.nodes');
    expect(refused(JSON.stringify(good), { limits: { bytes: 100 } }).message).toContain('limits.bytes');
    expect(refused(withNode({ model: 'carried.add', inputs: { a: 'x'.repeat(1000) } }), { limits: { bytes: 100 } }).message).toContain('limits.bytes');
    const looped: { parts?: unknown } = {};
    looped.parts = [looped];
    refused(withNode({ model: 'carried.total', inputs: looped }));
  });

  it('100,000 rewrites take no longer than their number', () => {
    const rewrites = Array.from({ length: 100_000 }, (_, i) => (i % 2 === 0 ? { field: 'value', value: i } : { transform: 'carried.plus', inputs: { by: 1 } }));
    const model = modelFromJSON({ flowmodel: 1, root: 'x', nodes: { x: { wraps: 'y', context: rewrites }, y: { model: 'carried.multiply', inputs: { multiplier: 2 } } } });
    expect(valueOf(model, { b: 1 })).toBe(4); // the last one is a patch
  });

  it('what a schema or a constructor throws is the cause', () => {
    const definitions = new DefinitionRegistry();
    const thrown = new Error('no such day');
    flowModel({ name: 'picky', definitions, inputs: { day: z.string().refine(() => { throw thrown; }) } }, () => 1);
    const error = refused(withNode({ model: 'picky', inputs: { day: 'monday' } }), { definitions });
    expect(error.cause).toBe(thrown);
    expect(error).toBeInstanceOf(FlowError);
  });

  it('nodes that the root does not reach are ignored', () => {
    expect(valueOf(modelFromJSON({ ...good, nodes: { ...nodes, more: { model: 'unknown' } } }), { b: 1 })).toBe(valueOf(modelFromJSON(good), { b: 1 }));
  });

  it('no body runs, whatever the document says', () => {
    const definitions = new DefinitionRegistry();
    let ran = false;
    flowModel({ name: 'run', definitions, inputs: { a: z.any() } }, () => (ran = true));
    contextTransform({ name: 'transform', definitions, inputs: {} }, () => (ran = true));
    modelFromJSON({ flowmodel: 1, root: 'x', nodes: { x: { model: 'run', inputs: { a: 'constructor.constructor("ran = true")()' } } } }, { definitions });
    expect(ran).toBe(false);
  });
});
