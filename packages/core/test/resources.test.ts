/** api.md §1.1 and §6: `Resource` inputs are supplied by the run. */
import { configureFlow, contextTransform, Dependency, flowModel, FromContext, Lazy, modelClass, ModelInput, Resource } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { flowError } from './flow-error.ts';
import { refusal, rejection } from './refusal.ts';

afterEach(() => {
  configureFlow({ resources: undefined });
});

class Client {
  readonly #data: ReadonlyMap<string, number>;
  constructor(data: Readonly<Record<string, number>>) {
    this.#data = new Map(Object.entries(data));
  }
  get(key: string): number {
    return this.#data.get(key) ?? NaN;
  }
}

const client = new Client({ a: 1, b: 2 });
const look = flowModel({ name: 'resources.look', inputs: { key: FromContext(z.string()), client: Resource<Client>() } }, ({ key, client }) => client.get(key));
const pair = flowModel({ name: 'resources.pair', inputs: { parts: Dependency(z.array(z.any())) } }, ({ parts }) => parts as readonly unknown[]);

describe('supply', () => {
  test('by compute, by name, for every model of the graph', async () => {
    const model = pair({ parts: [look(), look().flow.withContext({ key: 'b' })] });
    expect((await model.flow.compute({ key: 'a' }, { resources: { client } })).value).toEqual([1, 2]);
    expect(model.flow.computeSync({ key: 'b' }, { resources: { client } }).value).toEqual([2, 2]);
  });

  test('by configureFlow, for every later run', () => {
    configureFlow({ resources: { client } });
    expect(look().flow.computeSync({ key: 'a' }).value).toBe(1);
    configureFlow({ resources: undefined });
    expect(() => look().flow.computeSync({ key: 'a' })).toThrow(flowError('MISSING_RESOURCE'));
  });

  test('a call’s are merged over the defaults, name by name', () => {
    const names = flowModel({ inputs: { one: Resource<string>(), other: Resource<string>() } }, ({ one, other }) => [one, other]);
    configureFlow({ resources: { one: 'default one', other: 'default other' } });
    expect(names().flow.computeSync({}, { resources: { one: 'mine' } }).value).toEqual(['mine', 'default other']);
    configureFlow({ resources: { other: 'later' } });
    expect(names().flow.computeSync().value).toEqual(['default one', 'later']);
  });

  test('the body gets the very object, neither copied nor frozen', () => {
    const log: string[] = [];
    const writes = flowModel({ inputs: { log: Resource<string[]>() } }, ({ log: given }) => {
      given.push('here');
      return given === log;
    });
    expect(writes().flow.computeSync({}, { resources: { log } }).value).toBe(true);
    expect(log).toEqual(['here']);
  });

  test('whatever is no undefined is a resource', () => {
    const any = flowModel({ inputs: { thing: Resource<unknown>() } }, ({ thing }) => [thing]);
    for (const thing of [null, 0, '', false, NaN]) expect(any().flow.computeSync({}, { resources: { thing } }).value).toEqual([thing]);
  });

  test('a resource is no context: a field of its name does not fill it', () => {
    for (const model of [look(), pair({ parts: [look()] })] as CallableModel[]) expect(() => model.flow.computeSync({ key: 'a', client })).toThrow(flowError('MISSING_RESOURCE', 'client'));
  });

  test('and is not bound', () => {
    expect(() => look({ client } as never)).toThrow(flowError('BIND', 'client', 'resources'));
  });

  test('class models and transforms have none', () => {
    expect(() => modelClass({ inputs: { client: Resource<Client>() } })).toThrow(flowError('DEFINITION', 'client'));
    expect(() => contextTransform({ inputs: { client: Resource<Client>() } } as never, (() => 1) as never)).toThrow(flowError('DEFINITION', 'client'));
  });

  test.each([{ resources: 5 }, { resources: null }, { resources: 'client' }])('$resources is no record of resources: DEFINITION', (options) => {
    expect(() => look().flow.computeSync({ key: 'a' }, options as never)).toThrow(flowError('DEFINITION', 'resources'));
  });
});

describe('MISSING_RESOURCE', () => {
  test('is raised before any body runs, names what is missing, who needs it, and what to do', async () => {
    let ran = false;
    const before = flowModel({ inputs: {} }, () => (ran = true));
    const error = await rejection(pair({ parts: [before(), look(), look()] }).flow.compute({ key: 'a' }));
    expect(error.code).toBe('MISSING_RESOURCE');
    expect(error.message).toContain('resources.pair.parts[1]');
    expect(error.message).toContain('configureFlow');
    expect(error.details['findings']).toEqual([expect.objectContaining({ code: 'MISSING_RESOURCE', field: 'client', paths: ['resources.pair.parts[1]', 'resources.pair.parts[2]'] })]);
    expect(ran).toBe(false);
  });

  test('is told together with what else is missing, and yields the code to unbound inputs and missing fields', () => {
    const needy = flowModel({ inputs: { x: z.number(), log: Resource<unknown>() } }, ({ x }) => x) as () => CallableModel<number>;
    const both: CallableModel = pair({ parts: [needy(), look()] });
    const unbound = refusal(() => both.flow.computeSync({}));
    expect(unbound.code).toBe('UNBOUND_INPUT');
    expect((unbound.details['findings'] as readonly { code: string }[]).map(({ code }) => code).toSorted()).toEqual(['MISSING_CONTEXT', 'MISSING_RESOURCE', 'MISSING_RESOURCE', 'UNBOUND_INPUT']);
    expect(refusal(() => (look() as CallableModel).flow.computeSync({})).code).toBe('MISSING_CONTEXT');
  });

  test('comes before invalid fields', () => {
    expect(refusal(() => (look() as CallableModel).flow.computeSync({ key: 5 })).code).toBe('MISSING_RESOURCE');
  });

  test('in a lazy branch is met when the thunk is called', async () => {
    const lazy = flowModel({ inputs: { use: FromContext(z.boolean()), x: Lazy(z.number()) } }, async ({ use, x }) => (use ? x() : -1));
    const model = lazy({ x: look() });
    expect((await model.flow.compute({ use: false, key: 'a' })).value).toBe(-1);
    await expect(model.flow.compute({ use: true, key: 'a' })).rejects.toThrow(flowError('MISSING_RESOURCE', 'client'));
    expect((await model.flow.compute({ use: true, key: 'a' }, { resources: { client } })).value).toBe(1);
  });

  test('in a nested evaluation is met when it is asked for', async () => {
    const ask = flowModel({ inputs: { model: ModelInput(z.number()) } }, ({ model }, run) => run.compute(model, { key: 'a' }));
    await expect(ask({ model: look() }).flow.compute()).rejects.toThrow(flowError('MISSING_RESOURCE', 'client'));
    expect((await ask({ model: look() }).flow.compute({}, { resources: { client } })).value).toBe(1);
  });

  test('is not raised for a model whose body is stubbed', () => {
    expect(look().flow.computeSync({ key: 'a' }, { overrides: [{ factories: [look], body: () => 7 }] }).value).toBe(7);
  });

  test('names of Object.prototype are not supplied by accident', () => {
    const odd = flowModel({ inputs: { toString: Resource<() => string>(), constructor: Resource<unknown>() } }, (inputs) => Object.keys(inputs));
    expect(refusal(() => odd().flow.computeSync({}, { resources: {} })).code).toBe('MISSING_RESOURCE');
  });
});
