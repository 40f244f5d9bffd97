// Contract §9: whatever is done to a document, reading it gives a model or a FlowError; never another exception, a hang, a changed prototype, or code that runs.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { closedContext, CodecRegistry, computed, contextTransform, decodeValue, DefinitionRegistry, Dependency, encodeValue, FlowError, flowModel, FromContext, fromField, isModel, Lazy, modelClass, modelFromJSON, ModelInput, ModelRegistry } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';

const SEED = process.env['FLOWMODEL_SEED'] === 'random' ? Date.now() : Number(process.env['FLOWMODEL_SEED'] ?? '20261121');
const MUTATIONS = 100_000;

/* ---------- valid documents ---------- */

const definitions = new DefinitionRegistry();
/** What must never run. */
let ran = 0;
const body = (): number => ++ran;

const leaf = flowModel({ name: 'leaf', definitions, inputs: { x: FromContext(z.number()), on: FromContext(z.coerce.date().optional()), deep: z.any().optional() } }, body);
const sum = flowModel({ name: 'sum', definitions, inputs: { a: z.number(), b: z.number().int().max(100).default(1), items: Dependency(z.array(z.unknown())) } }, body);
const either = flowModel({ name: 'either', definitions, inputs: { lazy: Lazy(z.number()), nested: ModelInput(z.number()), tag: z.enum(['p', 'q']) } }, body);
const patch = contextTransform({ name: 'patch', definitions, inputs: { x: FromContext(z.number()), by: z.number(), when: z.date().optional() }, patches: { x: z.number() } }, () => ({ x: body() }));
const field = contextTransform({ name: 'field', definitions, inputs: { x: FromContext(z.number()) } }, body);
class Whole extends modelClass({ name: 'Whole', definitions, inputs: { rows: z.array(z.object({ id: z.string(), at: z.date() })), of: ModelInput(z.number()) }, context: z.object({ x: z.number() }) }) {
  call(): number {
    return body();
  }
}
class Money {
  readonly amount: number;
  constructor(amount: number) {
    this.amount = amount;
  }
}
const codecs = new CodecRegistry();
codecs.add({ name: 'Money', class: Money, encode: ({ amount }) => ({ amount }), decode: (data) => new Money(z.object({ amount: z.number() }).parse(data).amount) });
const rich = { when: new Date(0), big: -12n, map: new Map<unknown, unknown>([['a', new Set([1, Number.NaN])]]), bytes: new Uint8Array([1, 2]), url: new URL('https://example.org/'), re: /a+/g, none: undefined, $tag: { __proto__: null }, error: new TypeError('no', { cause: -0 }), price: new Money(3) };

const shared = leaf({ x: 1 });
const wrapped = shared.flow.withContext(closedContext('x', 'on'), patch({ by: 2, when: new Date(5) }), { on: new Date(9) });
const models: readonly CallableModel[] = [
  leaf({ x: 4, deep: rich }),
  sum({ a: shared, items: [shared, wrapped, { deep: [shared, 5] }] }),
  wrapped,
  either({ lazy: shared.flow.withContext({ x: fromField('y', z.number()) }), nested: shared, tag: 'q' }),
  shared.flow.withContext({ x: computed(wrapped) }).flow.withContext({ x: field() }),
  new Whole({ rows: [{ id: 'r', at: new Date(1) }], of: shared }),
];
const registry = new ModelRegistry().set('/shared', shared).set('/a/b', wrapped);
const reference = { flowmodel: 1, root: 'r', nodes: { r: { model: 'sum', inputs: { a: { $ref: '/shared' }, items: [{ $ref: 'a/b' }] } }, w: { wraps: { $ref: '/shared' }, context: [] } } };
const documents = [...models.map((model) => JSON.stringify(model.toJSON({ codecs }))), JSON.stringify(reference)];

/* ---------- mutations ---------- */

type Random = (below: number) => number;

/** mulberry32: the same numbers for a seed, everywhere. */
function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const FRAGMENTS = [
  'null', 'true', '0', '-0', '1e999', '1.5', '""', '"__proto__"', '"constructor"', '"toString"', '"leaf"', '"patch"', '"x"', '[]', '{}', '[[]]', '{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}',
  '{"$node":"leaf"}', '{"$node":"sum"}', '{"$node":"__proto__"}', '{"$node":null}', '{"$ref":"/shared"}', '{"$ref":"../.."}', '{"$ref":"/__proto__"}', '{"$ref":{}}', '{"$date":"2024-01-01T00:00:00.000Z"}', '{"$date":null}', '{"$date":{}}', '{"$map":[[1,2],[1,3]]}',
  '{"$map":[[{"$node":"leaf"},1]]}', '{"$set":[[],{}]}', '{"$bigint":"1e9"}', '{"$bigint":"12"}', '{"$number":"NaN"}', '{"$undefined":true}', '{"$hole":9}', '[{"$hole":2000000000}]', '[{"$hole":3},1]', '{"$bare":{"$__proto__":1}}', '{"$__proto__":{"polluted":1}}', '{"$$node":"leaf"}',
  '{"$class":"Money","data":{"amount":1}}', '{"$class":"Money","data":null}', '{"$class":"Function","data":"ran=1"}', '{"$Error":"x","fields":{"$__proto__":1,"then":1}}', '{"$Error":"x","cause":{"$Error":"y"}}', '{"$regexp":["(a+)+$",""]}', '{"$regexp":["[",""]}', '{"$url":"javascript:alert(1)"}',
  '{"$Float64Array":"AAAA"}', '{"$Uint8Array":"AAAA"}', '{"$Buffer":"AA=="}', '{"$result":{"$node":"leaf"}}', '{"then":{"$date":null}}', '{"toJSON":1,"valueOf":2}', '{"model":"leaf","inputs":{}}', '{"wraps":"leaf","context":[]}', '{"wraps":{"$ref":"/a/b"},"context":[{"closed":["x"]}]}',
  '{"field":"x","value":1}', '{"field":"x","computed":{"$node":"leaf"}}', '{"field":"x","transform":"field","inputs":{}}', '{"transform":"patch","inputs":{"by":1}}', '{"field":"x","fromField":"x","type":"number"}', '{"closed":[]}', `${'['.repeat(3000)}${']'.repeat(3000)}`, `${'{"a":'.repeat(700)}1${'}'.repeat(700)}`, JSON.stringify('9'.repeat(5000)),
];
const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'then', '$node', '$ref', '$date', '$class', '$hole', 'model', 'inputs', 'wraps', 'context', 'root', 'nodes', 'leaf', 'a', 'x', 'field', 'value', ''];
const CHARACTERS = ['"', '{', '}', '[', ']', ',', ':', '\\', '$', '0', '-', 'e', ' ', '\u0000', '\ud800', 'n', '_'];

/** Changes the text, mostly so that it is JSON no more. */
function textual(text: string, random: Random): string {
  const at = random(text.length);
  switch (random(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + random(8));
    case 1:
      return text.slice(0, at) + CHARACTERS[random(CHARACTERS.length)]! + text.slice(at);
    case 2:
      return text.slice(0, at) + CHARACTERS[random(CHARACTERS.length)]! + text.slice(at + 1);
    default:
      return text.slice(0, at) + text.slice(random(text.length));
  }
}

/** The places of values and of keys in JSON text: where each begins and ends. */
function placesIn(text: string): { readonly values: readonly (readonly [number, number])[]; readonly keys: readonly (readonly [number, number])[] } {
  const values: [number, number][] = [];
  const keys: [number, number][] = [];
  const open: [number, number][] = [];
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[-\w.+]+|[[\]{}]/g)) {
    const [token, colon] = match;
    const end = match.index + token.length;
    if (token === '{' || token === '[') {
      const place: [number, number] = [match.index, end];
      values.push(place);
      open.push(place);
    } else if (token === '}' || token === ']') {
      open.pop()![1] = end;
    } else if (colon !== undefined) {
      keys.push([match.index, end - colon.length]);
    } else {
      values.push([match.index, end]);
    }
  }
  return { values, keys };
}

/** Puts something else in the place of a value or a key; the text stays JSON. */
function structural(text: string, random: Random): string {
  const { values, keys } = placesIn(text);
  const put = ([start, end]: readonly [number, number], what: string): string => text.slice(0, start) + what + text.slice(end);
  const value = values[random(values.length)];
  if (value === undefined || keys.length === 0) return FRAGMENTS[random(FRAGMENTS.length)]!;
  switch (random(5)) {
    case 0: {
      const other = values[random(values.length)]!;
      return put(value, text.slice(...other));
    }
    case 1:
      return put(keys[random(keys.length)]!, JSON.stringify(NAMES[random(NAMES.length)]));
    case 2:
      return put(keys[random(keys.length)]!, text.slice(...keys[random(keys.length)]!));
    case 3:
      return put(value, random(2) === 0 ? `[${text.slice(...value)}]` : `{"$${NAMES[random(NAMES.length)]!.replace('$', '')}":${text.slice(...value)}}`);
    default:
      return put(value, FRAGMENTS[random(FRAGMENTS.length)]!);
  }
}

function mutated(text: string, random: Random): string {
  let mutant = text;
  for (let i = random(3); i >= 0; i--) {
    if (random(8) === 0) return textual(mutant, random);
    mutant = structural(mutant, random);
    if (mutant.length > 20_000) return mutant;
  }
  return mutant;
}

/* ---------- */

const prototypes = [Object.prototype, Array.prototype, Function.prototype, Map.prototype, Set.prototype, Date.prototype, Error.prototype, FlowError.prototype, Money.prototype, Whole.prototype, String.prototype, Number.prototype, RegExp.prototype, Uint8Array.prototype];
let before: unknown;
const prototypesNow = (): unknown => prototypes.map((prototype) => Reflect.ownKeys(prototype).map((key) => [key, (Object.getOwnPropertyDescriptor(prototype, key) as { value?: unknown }).value]));

beforeAll(() => {
  before = prototypesNow();
});
afterAll(() => {
  expect(prototypesNow()).toEqual(before);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  expect(ran).toBe(0);
});

describe('mutations of valid documents', () => {
  it('what they are made from is valid', () => {
    for (const text of documents) expect(isModel(modelFromJSON(text, { definitions, registry, codecs }))).toBe(true);
    expect(placesIn('{"a":[1,{"b":"x"}]}').values.map(([start, end]) => '{"a":[1,{"b":"x"}]}'.slice(start, end))).toEqual(['{"a":[1,{"b":"x"}]}', '[1,{"b":"x"}]', '1', '{"b":"x"}', '"x"']);
  });

  it(`${MUTATIONS} of them are models or FlowErrors, and the models can be written again`, () => {
    const random = seeded(SEED);
    let models = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const text = mutated(documents[i % documents.length]!, random);
      let model: CallableModel;
      try {
        model = modelFromJSON(text, { definitions, registry, codecs });
      } catch (error) {
        if (error instanceof FlowError && error.code === 'DESERIALIZE') continue;
        throw new Error(`Mutation ${i} of seed ${SEED} throws ${String(error)}:\n${text.slice(0, 2000)}`, { cause: error });
      }
      models++;
      if (models % 10 > 0) continue;
      if (!isModel(model)) throw new Error(`Mutation ${i} of seed ${SEED} is no model:\n${text}`);
      const again = modelFromJSON(JSON.stringify(model.toJSON({ codecs })), { definitions, registry, codecs });
      if (JSON.stringify(again.toJSON({ codecs })) !== JSON.stringify(model.toJSON({ codecs }))) throw new Error(`Mutation ${i} of seed ${SEED} is another model when it is written and read again:\n${text}`);
    }
    expect(models).toBeGreaterThan(MUTATIONS / 50);
    expect(models).toBeLessThan(MUTATIONS / 2);
  }, 120_000);
});

describe('mutations of encoded values', () => {
  it('20,000 of them are values or FlowErrors', () => {
    const random = seeded(SEED + 1);
    const text = JSON.stringify(encodeValue(rich, { codecs }));
    let values = 0;
    for (let i = 0; i < 20_000; i++) {
      const mutant = mutated(text, random);
      let data: unknown;
      try {
        data = JSON.parse(mutant);
      } catch {
        continue;
      }
      try {
        decodeValue(data, { codecs });
        values++;
      } catch (error) {
        if (!(error instanceof FlowError) || error.code !== 'DESERIALIZE') throw new Error(`Mutation ${i} of seed ${SEED} throws ${String(error)}:\n${mutant.slice(0, 2000)}`, { cause: error });
      }
    }
    expect(values).toBeGreaterThan(200);
  }, 60_000);
});

describe('documents made to exhaust', () => {
  const refused = (document: unknown): void => {
    expect(() => modelFromJSON(document as object, { definitions })).toThrow(expect.objectContaining({ code: 'DESERIALIZE' }) as Error);
  };

  it('a million levels of brackets', () => {
    refused('['.repeat(1_000_000));
    refused(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`);
    refused(`{"flowmodel":1,"root":"x","nodes":${'{"x":'.repeat(200_000)}1${'}'.repeat(200_000)}}`);
  });

  it('objects that were never JSON: holding themselves, proxies, getters', () => {
    const looped: Record<string, unknown> = { flowmodel: 1, root: 'x' };
    looped['nodes'] = { x: { model: 'leaf', inputs: { deep: looped } } };
    refused(looped);
    const trap = new Proxy({}, { ownKeys: () => { throw new Error('trapped'); }, get: () => { throw new Error('trapped'); } });
    refused(trap);
    refused({ flowmodel: 1, root: 'x', nodes: { x: { model: 'leaf', inputs: { deep: trap } } } });
    const long = new Array(2 ** 32 - 1);
    for (const deep of [long, { $map: long }, { $set: long }, { $regexp: long }]) refused({ flowmodel: 1, root: 'x', nodes: { x: { model: 'leaf', inputs: { deep } } } });
    for (const context of [long, [{ closed: long }]]) refused({ flowmodel: 1, root: 'x', nodes: { x: { wraps: 'y', context }, y: { model: 'leaf', inputs: {} } } });
    refused({ flowmodel: 1, root: 'x', nodes: { get x(): never { throw new Error('trapped'); } } });
  });

  it('a graph of 2^40 paths is as quick as its nodes are few', () => {
    const nodes = Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`n${i}`, i === 40 ? { model: 'leaf', inputs: {} } : { model: 'sum', inputs: { a: { $node: `n${i + 1}` }, items: [{ $node: `n${i + 1}` }] } }]));
    expect(isModel(modelFromJSON({ flowmodel: 1, root: 'n0', nodes }, { definitions }))).toBe(true);
  });
});
