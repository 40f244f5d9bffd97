// Contract §9 and §2: `toJSON` gives a readable document in which a shared model appears once; what cannot travel is told.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { closedContext, CodecRegistry, computed, contextTransform, DefinitionRegistry, Dependency, encodeValue, flowModel, FromContext, fromField, Lazy, modelClass, ModelInput, registerCodec } from '@flowmodel/core';
import type { CallableModel, DocumentModel, FlowDocument } from '@flowmodel/core';
import { refusal } from './refusal.ts';

const definitions = new DefinitionRegistry();
const add = flowModel({ name: 'add', definitions, inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
const pair = flowModel({ name: 'pair', definitions, inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => [left, right]);
const hold = flowModel({ name: 'hold', definitions, inputs: { data: z.unknown() } }, ({ data }) => data);
const shift = contextTransform({ name: 'shift', definitions, inputs: { b: FromContext(z.number()), by: z.number() }, patches: { b: z.number() } }, ({ b, by }) => ({ b: b + by }));
const scaled = contextTransform({ name: 'scaled', definitions, inputs: { b: FromContext(z.number()), factor: z.number().default(2) } }, ({ b, factor }) => b * factor);

const unserializable = (model: CallableModel) => {
  const error = refusal(() => JSON.stringify(model));
  expect(error.code).toBe('SERIALIZE');
  return error;
};
/** The inputs of a document's only node of a definition. */
const inputsOf = ({ nodes }: FlowDocument, name: string): DocumentModel['inputs'] => {
  const found = Object.values(nodes).filter((node) => 'model' in node).filter((node) => node.model === name);
  expect(found).toHaveLength(1);
  return found[0]!.inputs;
};

describe('the document', () => {
  it('CC-SER-01 holds the name of the definition and the bound inputs; unbound ones are left out', () => {
    expect(add({ a: 10 }).toJSON()).toEqual({ flowmodel: 1, root: 'add', nodes: { add: { model: 'add', inputs: { a: 10 } } } });
    expect(add().toJSON().nodes).toEqual({ add: { model: 'add', inputs: {} } });
  });

  it('CC-SER-01 contextual defaults are bound inputs', () => {
    expect(inputsOf(add({ a: 1, b: 2 }).toJSON(), 'add')).toEqual({ a: 1, b: 2 });
  });

  it('JSON.stringify(model) is its text, also inside other data', () => {
    const model = add({ a: 1 });
    expect(JSON.parse(JSON.stringify(model))).toEqual(model.toJSON());
    expect(JSON.parse(JSON.stringify({ models: [model] }))).toEqual({ models: [model.toJSON()] });
  });

  it('is plain JSON: text keeps it', () => {
    const document = pair({ left: add({ a: 1 }).flow.withContext(closedContext('b'), shift({ by: 1 })), right: 2 }).toJSON();
    expect(JSON.parse(JSON.stringify(document))).toStrictEqual(document);
  });

  it('the root comes first, each model after one that it is bound to', () => {
    const inner = add({ a: 1 });
    expect(Object.keys(pair({ left: inner, right: add({ a: inner }) }).toJSON().nodes)).toEqual(['pair', 'add', 'add-2']);
  });

  it('a model that stands in several places is one node, equal ones are several', () => {
    const inner = add({ a: 1 });
    const shared = pair({ left: inner, right: inner }).toJSON();
    expect(Object.keys(shared.nodes)).toHaveLength(2);
    expect(inputsOf(shared, 'pair')).toEqual({ left: { $node: 'add' }, right: { $node: 'add' } });
    expect(Object.keys(pair({ left: add({ a: 1 }), right: add({ a: 1 }) }).toJSON().nodes)).toHaveLength(3);
  });

  it('CC-SER-06 a wrapper holds its rewrites in their order', () => {
    const model = add({ a: 1 }).flow.withContext(closedContext('b'), shift({ by: 3 })).flow.withContext(shift({ by: 4 }), { b: scaled() });
    expect(model.toJSON()).toEqual({
      flowmodel: 1,
      root: 'add.withContext',
      nodes: {
        'add.withContext': {
          wraps: 'add',
          context: [{ closed: ['b'] }, { field: 'b', transform: 'scaled', inputs: {} }],
        },
        add: { model: 'add', inputs: { a: 1 } },
      },
    });
    const patched = add({ a: 1 }).flow.withContext(shift({ by: 3 }), shift({ by: 4 })).toJSON();
    expect(patched.nodes['add.withContext']).toEqual({ wraps: 'add', context: [{ transform: 'shift', inputs: { by: 3 } }, { transform: 'shift', inputs: { by: 4 } }] });
  });

  it('CC-SER-06 literals, field transforms, read fields and computed models stand by field', () => {
    const rewrites = (value: unknown) => add({ a: 1 }).flow.withContext({ b: value } as never).toJSON().nodes['add.withContext'];
    expect(rewrites(5)).toMatchObject({ context: [{ field: 'b', value: 5 }] });
    expect(rewrites(-0)).toMatchObject({ context: [{ field: 'b', value: { $number: '-0' } }] });
    expect(rewrites(scaled({ factor: 7 }))).toMatchObject({ context: [{ field: 'b', transform: 'scaled', inputs: { factor: 7 } }] });
    expect(rewrites(fromField('other', z.number()))).toMatchObject({ context: [{ field: 'b', fromField: 'other', type: 'number' }] });
    expect(rewrites(computed(add({ a: 2 })))).toMatchObject({ context: [{ field: 'b', computed: { $node: 'add-2' } }] });
  });

  it('a wrapper and its base are two nodes, and several wrappers share theirs', () => {
    const base = add({ a: 1 });
    const { nodes } = pair({ left: base.flow.withContext({ b: 1 }), right: base.flow.withContext({ b: 2 }) }).toJSON();
    expect(Object.values(nodes).filter((node) => 'model' in node && node.model === 'add')).toHaveLength(1);
    expect(Object.values(nodes).filter((node) => 'wraps' in node).map(({ wraps }) => wraps)).toEqual(['add', 'add']);
  });

  it('models of all kinds of inputs are nodes', () => {
    const all = flowModel(
      { name: 'all kinds', definitions, inputs: { eager: z.number(), lazy: Lazy(z.number()), many: Dependency(z.array(z.unknown())), nested: ModelInput(z.number()) } },
      ({ eager }) => eager,
    );
    const leaf = add({ a: 1, b: 1 });
    const { nodes, root } = all({ eager: leaf, lazy: leaf, many: [leaf, { deep: [leaf, 5n] }], nested: leaf }).toJSON();
    const at = { $node: 'add' };
    expect(nodes[root]).toEqual({ model: 'all kinds', inputs: { eager: at, lazy: at, many: [at, { deep: [at, { $bigint: '5' }] }], nested: at } });
  });

  it('class-based models are written like others', () => {
    class Scale extends modelClass({ name: 'Scale', definitions, inputs: { factor: z.number(), of: ModelInput(z.number()) }, context: z.object({ value: z.number() }) }) {
      call({ value }: { value: number }): number {
        return value * this.inputs.factor;
      }
    }
    const { nodes } = new Scale({ factor: 3, of: add({ a: 1 }) }).toJSON();
    expect(nodes).toEqual({ Scale: { model: 'Scale', inputs: { factor: 3, of: { $node: 'add' } } }, add: { model: 'add', inputs: { a: 1 } } });
  });

  it('literals are written as they were given, not as they were parsed', () => {
    const tagged = flowModel({ name: 'tagged', definitions, inputs: { text: z.string().transform((text) => text.length), day: z.coerce.date() } }, ({ text, day }) => [text, day]);
    const model = tagged({ text: 'abc', day: '2024-01-01' as never });
    expect(model.inputs['text']).toBe(3);
    expect(inputsOf(model.toJSON(), 'tagged')).toEqual({ text: 'abc', day: '2024-01-01' });
  });

  it('function defaults are not bound, and not written', () => {
    const defaulted = flowModel({ name: 'defaulted', definitions, inputs: { n: z.number().default(4) } }, ({ n }) => n);
    expect(inputsOf(defaulted().toJSON(), 'defaulted')).toEqual({});
  });

  it('rich literals are in the form of the codec', () => {
    const data = { when: new Date(0), by: new Map([['a', 1n]]), $date: 'mine' };
    expect(inputsOf(hold({ data }).toJSON(), 'hold')).toEqual({ data: encodeValue(data) });
  });

  it('instances of classes travel by their codecs', () => {
    class Money {
      readonly amount = 5;
    }
    const model = hold({ data: { price: new Money() } });
    expect(unserializable(model).message).toContain('data');
    const codecs = new CodecRegistry();
    codecs.add({ name: 'Money', class: Money, encode: ({ amount }) => amount, decode: () => new Money() });
    expect(inputsOf(model.toJSON({ codecs }), 'hold')).toEqual({ data: { price: { $class: 'Money', data: 5 } } });
    registerCodec({ name: 'serialize.test Money', class: Money, encode: ({ amount }) => amount, decode: () => new Money() });
    expect(JSON.stringify(model)).toContain('serialize.test Money');
  });

  it('names that would not do as ids get others', () => {
    const odd = new DefinitionRegistry();
    const leaf = (name: string) => flowModel({ name, definitions: odd, inputs: { of: Dependency(z.unknown()) } }, () => 1);
    const first = leaf('x')({ of: 1 });
    const second = flowModel({ name: 'x', definitions: odd, replace: true, inputs: {} }, () => 2)();
    const document = leaf('__proto__')({ of: [first, leaf('x-2')({ of: 2 }), leaf('constructor')({ of: 3 }), second] }).toJSON();
    expect(new Set(Object.values(document.nodes).map((node) => 'model' in node && node.model))).toEqual(new Set(['__proto__', 'x', 'x-2', 'constructor']));
    expect(Object.keys(document.nodes)).toHaveLength(5);
  });
});

describe('what cannot travel is SERIALIZE, and says what to do', () => {
  it('CC-SER-08, CC-SER-09 a model without a name: it is never written under a made-up one', () => {
    const nameless = flowModel({ inputs: { n: z.number() } }, ({ n }) => n);
    const error = unserializable(pair({ left: add({ a: nameless({ n: 1 }) }), right: 1 }));
    expect(error.message).toContain("name: '…'");
    expect(error.message).toContain('pair.left.a');
    expect(error.path).toEqual(['pair', 'left', 'a']);
  });

  it('a transform without a name', () => {
    const nameless = contextTransform({ inputs: { b: FromContext(z.number()) }, patches: { b: z.number() } }, ({ b }) => ({ b }));
    const field = contextTransform({ inputs: {} }, () => 1);
    for (const model of [add({ a: 1 }).flow.withContext(nameless()), add({ a: 1 }).flow.withContext({ b: field() })]) {
      expect(unserializable(model).message).toContain("contextTransform({ name: '…'");
    }
  });

  it('fromField with a schema that says more than a type', () => {
    for (const schema of [z.number().min(1), z.coerce.number(), z.number().optional(), z.number().meta({ secret: true }), z.int()]) {
      const error = unserializable(add({ a: 1 }).flow.withContext({ b: fromField('other', schema) as never }));
      expect(error.message).toContain("fromField('other'");
      expect(error.message).toContain('contextTransform');
    }
  });

  it.each<[string, unknown, string]>([
    ['a function', () => 1, 'function'],
    ['an instance without a codec', { rows: [new (class Row {})()] }, 'rows[0]'],
    ['a symbol', [Symbol('s')], '[0]'],
  ])('a literal that is no data: %s', (_, data, place) => {
    const error = unserializable(pair({ left: 1, right: hold({ data }) as never }));
    expect(error.message).toContain("hold, 'data'");
    expect(error.message).toContain(place);
    expect(error.path).toEqual(['pair', 'right', 'data']);
    expect(error.details).toMatchObject({ model: 'hold', input: 'data' });
  });

  it('a literal that holds itself', () => {
    const data: unknown[] = [];
    data.push(data);
    const { message, details } = unserializable(hold({ data }));
    expect(message).toContain("hold, 'data' at [0]: it holds itself");
    expect(details).toMatchObject({ at: '[0]' });
  });
});

describe('secrets', () => {
  const token = z.string().meta({ secret: true });
  const load = flowModel({ name: 'load', definitions, inputs: { token, table: z.string().default('people') } }, ({ table }) => table);
  const ambient = flowModel({ name: 'ambient', definitions, inputs: { token: FromContext(token) } }, () => 1);
  const connect = flowModel({ name: 'connect', definitions, inputs: { login: z.object({ user: z.string(), token }) } }, () => 1);
  const all = flowModel({ name: 'all tokens', definitions, inputs: { tokens: Dependency(z.array(token)) } }, () => 1);
  const fetchToken = flowModel({ name: 'fetchToken', definitions, inputs: {} }, () => 'hush-hush');
  const login = contextTransform({ name: 'login', definitions, inputs: { token }, patches: { token: z.string() } }, ({ token: given }) => ({ token: given }));

  it.each<[string, CallableModel]>([
    ['an input', load({ token: 'hush-hush' })],
    ['a contextual default', ambient({ token: 'hush-hush' })],
    ['a part of an input', connect({ login: { user: 'ada', token: 'hush-hush' } })],
    ['an element of a container', all({ tokens: [fetchToken(), 'hush-hush'] })],
    ['a rewrite', ambient().flow.withContext({ token: 'hush-hush' })],
    ['an input of a transform', ambient().flow.withContext(login({ token: 'hush-hush' }))],
  ])('a secret literal does not go into documents: %s', (_, model) => {
    const error = unserializable(model);
    expect(error.message).toMatch(/context/);
    expect(JSON.stringify([error.message, error.details, error.path])).not.toContain('hush-hush');
  });

  it('a secret that a model yields, or the context gives, is no literal', () => {
    expect(load({ token: fetchToken() }).toJSON().root).toBe('load');
    expect(all({ tokens: [fetchToken()] }).toJSON().root).toBe('all tokens');
    expect(ambient().toJSON().root).toBe('ambient');
  });
});

describe('large graphs', () => {
  const step = flowModel({ name: 'step', definitions, inputs: { x: z.number() } }, ({ x }) => x + 1);

  it('a chain of 100,000 models is written', () => {
    let chain: CallableModel<number> = step({ x: 0 });
    for (let i = 1; i < 100_000; i++) chain = step({ x: chain });
    const { nodes } = JSON.parse(JSON.stringify(chain)) as FlowDocument;
    expect(Object.keys(nodes)).toHaveLength(100_000);
  });

  it('a graph of 2^60 paths is as large as its models are many', () => {
    let top = pair({ left: 1, right: 2 }) as never;
    for (let i = 0; i < 60; i++) top = pair({ left: top, right: top }) as never;
    expect(Object.keys((top as CallableModel).toJSON().nodes)).toHaveLength(61);
  });

  it('limits hold for the whole document', () => {
    const model = pair({ left: hold({ data: [1, 2, 3] }) as never, right: hold({ data: [1, 2, 3] }) as never });
    expect(model.toJSON({ limits: { nodes: 20 } }).root).toBe('pair');
    expect(refusal(() => model.toJSON({ limits: { nodes: 5 } })).message).toContain('limits.nodes');
    let deep: unknown = 1;
    for (let i = 0; i < 10_000; i++) deep = [deep];
    expect(unserializable(hold({ data: deep })).message).toContain('limits.depth');
  });
});
