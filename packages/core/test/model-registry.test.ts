// Contract §9: `ModelRegistry`, named instances in a tree; `{ "$ref": path }` in documents is the same instance everywhere.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DefinitionRegistry, Dependency, flowModel, FromContext, modelFromJSON, ModelInput, ModelRegistry } from '@flowmodel/core';
import type { CallableModel, FlowError, GenericResult } from '@flowmodel/core';
import { refusal } from './refusal.ts';

const definitions = new DefinitionRegistry();
const triple = flowModel({ name: 'triple', definitions, inputs: { value: FromContext(z.number()) } }, ({ value }) => 3 * value);
const add = flowModel({ name: 'add', definitions, inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
const scale = flowModel({ name: 'scale', definitions, inputs: { of: z.number(), by: z.number() } }, ({ of, by }) => of * by);
const list = flowModel({ name: 'list', definitions, inputs: { items: Dependency(z.array(z.number())) } }, ({ items }) => items);

const valueOf = (model: CallableModel, context: object = {}): unknown => (model.flow.computeSync(context) as GenericResult<unknown>).value;
const documentOf = (model: string, inputs: object) => ({ flowmodel: 1, root: 'it', nodes: { it: { model, inputs } } });

describe('paths', () => {
  it('CC-REGY-01 models are set, found, listed, overwritten and deleted by path', () => {
    const registry = new ModelRegistry();
    const first = triple();
    registry.set('/visitors/current', first).set('/visitors/daily/delta', add({ a: 1, b: 2 })).set('/other', triple());
    expect(registry.get('/visitors/current')).toBe(first);
    expect(registry.list()).toEqual(['/visitors/current', '/visitors/daily/delta', '/other']);
    expect(registry.list('/visitors')).toEqual(['/visitors/current', '/visitors/daily/delta']);
    expect(registry.list('/visit')).toEqual([]);
    const second = triple();
    registry.set('/visitors/current', second);
    expect(registry.get('/visitors/current')).toBe(second);
    expect(registry.delete('/visitors/current')).toBe(true);
    expect(registry.delete('/visitors/current')).toBe(false);
    expect(registry.has('/visitors/current')).toBe(false);
    expect(registry.list()).toEqual(['/visitors/daily/delta', '/other']);
  });

  it('CC-REGY-02 a path starts at the folder of its registry, at the root with a slash, and may go up', () => {
    const root = new ModelRegistry();
    const [here, above, top] = [triple(), triple(), triple()];
    root.set('visitors/daily/delta', here).set('visitors/delta', above).set('/delta', top);
    const daily = root.at('/visitors/daily');
    expect(daily.get('delta')).toBe(here);
    expect(daily.get('./delta')).toBe(here);
    expect(daily.get('../delta')).toBe(above);
    expect(daily.get('../../delta')).toBe(top);
    expect(daily.get('/delta')).toBe(top);
    expect(daily.at('..').get('daily/delta')).toBe(here);
    expect(daily.list()).toEqual(['/visitors/daily/delta']);
    expect(daily.list('/')).toHaveLength(3);
  });

  it('CC-REGY-02 a folder of a registry is the same registry', () => {
    const root = new ModelRegistry();
    const model = triple();
    root.at('/visitors').set('current', model);
    expect(root.get('/visitors/current')).toBe(model);
    root.delete('/visitors/current');
    expect(root.at('visitors').has('current')).toBe(false);
  });

  it('CC-REGY-02 an unknown path is UNKNOWN_MODEL, and suggests the path from the root when that would do', () => {
    const root = new ModelRegistry();
    root.set('/delta', triple());
    const error = refusal(() => root.at('/visitors').get('delta'));
    expect(error.code).toBe('UNKNOWN_MODEL');
    expect(error.message).toContain('/visitors/delta');
    expect(error.message).toContain("Did you mean '/delta'");
    expect(error.details).toEqual({ path: '/visitors/delta' });
    expect(refusal(() => root.get('/dleta')).message).toContain("Did you mean '/delta'");
    expect(refusal(() => root.get('/__proto__')).code).toBe('UNKNOWN_MODEL');
  });

  it.each(['', '//a', 'a//b', 'a/', '..', '/../a', './../a'])('the path %j is DEFINITION', (path) => {
    expect(refusal(() => new ModelRegistry().get(path)).code).toBe('DEFINITION');
  });

  it('what is no model, and the root itself, are not registered', () => {
    const registry = new ModelRegistry();
    expect(refusal(() => registry.set('/a', triple as never)).code).toBe('BIND');
    expect(refusal(() => registry.set('/a', 5 as never)).code).toBe('BIND');
    expect(refusal(() => registry.set('/', triple())).code).toBe('DEFINITION');
    expect(registry.list()).toEqual([]);
  });

  it('CC-REGY-06 a registry knows the paths of a model, and of the registered models that it is built upon', () => {
    const registry = new ModelRegistry();
    const outer = flowModel({ name: 'outer', definitions, inputs: { of: z.number(), nested: ModelInput(z.number()) } }, ({ of }) => of);
    const [deep, nested] = [triple(), triple()];
    const wrapped = deep.flow.withContext({ value: 1 });
    const middle = add({ a: wrapped, b: 1 });
    const top = outer({ of: list({ items: [middle as never] }) as never, nested });
    registry.set('/top', top).set('/deep', deep).set('/alias', deep).set('/middle', middle).set('/nested', nested).set('/apart', triple());
    expect(registry.pathsOf(deep)).toEqual(['/deep', '/alias']);
    expect(registry.pathsOf(wrapped)).toEqual([]);
    expect(new Set(registry.dependenciesOf(top))).toEqual(new Set(['/middle', '/deep', '/alias', '/nested']));
    expect(registry.dependenciesOf(deep)).toEqual([]);
  });

  it('CC-REGY-05 registered models compute in plain contexts: value 4 → 12', () => {
    const registry = new ModelRegistry();
    registry.set('/triple', triple());
    expect(valueOf(registry.get('/triple'), { value: 4 })).toBe(12);
  });
});

describe('references in documents', () => {
  const registryOf = (models: Readonly<Record<string, CallableModel>>): ModelRegistry => {
    const registry = new ModelRegistry();
    for (const [path, model] of Object.entries(models)) registry.set(path, model);
    return registry;
  };

  it('CC-REGY-03 every alias form is the same instance: 315 three times', () => {
    const shared = scale({ of: add({ a: 5, b: 100 }), by: 3 });
    const registry = registryOf({ '/sums/shared': shared });
    const forms = ['/sums/shared', 'shared', './shared', '../sums/shared'].map((path) => modelFromJSON(documentOf('list', { items: [{ $ref: path }] }), { definitions, registry: registry.at('/sums') }));
    for (const form of forms) expect((form.inputs['items'] as unknown[])[0]).toBe(shared);
    expect(forms.map((form) => valueOf(form))).toEqual([[315], [315], [315], [315]]);
    const one = modelFromJSON(documentOf('list', { items: [{ $ref: '/sums/shared' }, { $ref: '/sums/shared' }, { $ref: '/sums/shared' }] }), { definitions, registry });
    expect(valueOf(one)).toEqual([315, 315, 315]);
    expect(new Set(one.inputs['items'] as unknown[])).toEqual(new Set([shared]));
  });

  it('CC-REGY-07 a wrapper may wrap a registered model, and compute a field by one', () => {
    const model = triple();
    const registry = registryOf({ '/triple': model, '/seven': add({ a: 3, b: 4 }) });
    const document = { flowmodel: 1, root: 'w', nodes: { w: { wraps: { $ref: '/triple' }, context: [{ field: 'value', computed: { $ref: '/seven' } }] } } };
    expect(valueOf(modelFromJSON(document, { definitions, registry }))).toBe(21);
  });

  it('a string is a string: only $ref looks up', () => {
    const registry = registryOf({ '/triple': triple() });
    expect(refusal(() => modelFromJSON(documentOf('add', { a: '/triple', b: 1 }), { definitions, registry })).code).toBe('DESERIALIZE');
  });

  it('an unknown path is DESERIALIZE, with the nearest one', () => {
    const registry = registryOf({ '/triple': triple() });
    const error = refusal(() => modelFromJSON(documentOf('add', { a: { $ref: '/tripel' }, b: 1 }), { definitions, registry }));
    expect(error.code).toBe('DESERIALIZE');
    expect(error.message).toContain("Did you mean '/triple'");
    expect((error.cause as FlowError).code).toBe('UNKNOWN_MODEL');
    for (const path of [1, '', '../..']) expect(refusal(() => modelFromJSON(documentOf('add', { a: { $ref: path }, b: 1 }), { definitions, registry })).code).toBe('DESERIALIZE');
  });

  it('anything with get is a registry', () => {
    const registry = { get: (path: string) => add({ a: path.length, b: 0 }) };
    expect(valueOf(modelFromJSON(documentOf('add', { a: { $ref: '12345' }, b: 1 }), { definitions, registry }))).toBe(6);
  });
});

describe('many documents', () => {
  it('CC-REGY-04 refer to each other in any order, and share: 50, 315, 140', () => {
    const registry = new ModelRegistry();
    registry.load(
      {
        '/sums/last': documentOf('add', { a: { $ref: 'first' }, b: { $ref: '../ninety' } }),
        '/sums/all': documentOf('list', { items: [{ $ref: './first' }, { $ref: '/sums/scaled' }, { $ref: 'last' }] }),
        '/sums/scaled': documentOf('scale', { of: { $ref: './other' }, by: 3 }),
        '/sums/other': documentOf('add', { a: { $ref: 'first' }, b: 55 }),
        '/sums/first': documentOf('add', { a: 20, b: 30 }),
        '/ninety': JSON.stringify(documentOf('add', { a: 90, b: 0 })),
      },
      { definitions },
    );
    expect(valueOf(registry.get('/sums/all'))).toEqual([50, 315, 140]);
    const first = registry.get('/sums/first');
    expect((registry.get('/sums/all').inputs['items'] as unknown[])[0]).toBe(first);
    expect(registry.get('/sums/last').inputs['a']).toBe(first);
    expect(registry.get('/sums/other').inputs['a']).toBe(first);
    expect(registry.list('/sums')).toHaveLength(5);
  });

  it('may refer to what is registered already', () => {
    const registry = new ModelRegistry();
    const model = add({ a: 1, b: 1 });
    registry.set('/one/two', model).at('/one').load({ three: documentOf('add', { a: { $ref: 'two' }, b: 1 }) }, { definitions });
    expect(registry.get('/one/three').inputs['a']).toBe(model);
  });

  it('a cycle is DESERIALIZE, with the names on it', () => {
    const registry = new ModelRegistry();
    const error = refusal(() =>
      registry.load(
        {
          '/start': documentOf('add', { a: { $ref: '/a' }, b: 1 }),
          '/a': documentOf('add', { a: { $ref: '/b' }, b: 1 }),
          '/b': documentOf('list', { items: [{ $ref: '/c' }] }),
          '/c': { flowmodel: 1, root: 'w', nodes: { w: { wraps: { $ref: '/a' }, context: [] } } },
        },
        { definitions },
      ),
    );
    expect(error.code).toBe('DESERIALIZE');
    expect(error.message).toContain('/a → /b → /c → /a');
    expect(registry.list()).toEqual([]);
  });

  it('either all are registered, or none', () => {
    const registry = new ModelRegistry();
    const before = add({ a: 1, b: 1 });
    registry.set('/good', before);
    const documents = { '/good': documentOf('add', { a: 2, b: 2 }), '/bad': documentOf('add', { a: { $ref: '/nowhere' } }) };
    expect(refusal(() => registry.load(documents, { definitions })).code).toBe('DESERIALIZE');
    expect(registry.list()).toEqual(['/good']);
    expect(registry.get('/good')).toBe(before);
    expect(refusal(() => registry.load({ '/x': documentOf('add', { a: { $ref: '../../x' } }) }, { definitions })).code).toBe('DESERIALIZE');
  });

  it('a chain of 20,000 documents', () => {
    const documents = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`/n${i}`, documentOf('add', { a: i === 19_999 ? 0 : { $ref: `/n${i + 1}` }, b: 1 })]));
    expect(valueOf(new ModelRegistry().load(documents, { definitions }).get('/n0'))).toBe(20_000);
  });
});
