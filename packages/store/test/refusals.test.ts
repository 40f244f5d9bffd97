import { FlowError, flowModel, FromContext } from '@flowmodel/core';
import { asModel, BatchFlow, BatchNode, createStore, Flow, fromModel, graphOf, Node, ParallelBatchFlow } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rejection } from './nodes.ts';

class Summarize extends Node {}
const someModel = () => flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }) => n)();

/** Calls with whatever is given, as JavaScript does; what comes of it. */
function refusal(work: () => unknown): FlowError {
  try {
    work();
  } catch (error) {
    if (error instanceof FlowError) return error;
    throw error;
  }
  throw new Error('Expected a refusal');
}
const wrong = (value: unknown): never => value as never; // what no type allows

const notNodes: [string, unknown, RegExp][] = [
  ['a class', Summarize, /got the class Summarize\. .*new Summarize\(\)/],
  ['a class without a name', (() => class extends Node {})(), /got the class .*new \w+\(\)/],
  ['a function', () => 1, /got function .*extends Node/],
  ['a model', someModel(), /fromModel\(model/],
  ['a factory of models', flowModel({ inputs: {} }, () => 1), /fromModel\(factory/],
  ['a node of another package', { _run() {}, post() {} }, /another package, or of a second copy/],
  ['an object', {}, /got \{\}\. .*extends Node/],
  ['a name', 'summarize', /got "summarize"\. .*extends Node/],
];

describe('in place of a node', () => {
  test.each(notNodes)('next: %s', (_, value, message) => {
    const { code, message: text } = refusal(() => new Node({ name: 'load' }).next(wrong(value)));
    expect(code).toBe('DEFINITION');
    expect(text).toMatch(/^load: expected a node as the successor for the action 'default', /);
    expect(text).toMatch(message);
  });

  test.each(notNodes)('on: %s', (_, value, message) => {
    const { code, message: text } = refusal(() => new Summarize().on('found', wrong(value)));
    expect(code).toBe('DEFINITION');
    expect(text).toContain("Summarize: expected a node as the successor for the action 'found'");
    expect(text).toMatch(message);
  });

  test.each(notNodes)('the start of a flow: %s', async (_, value, message) => {
    for (const Some of [Flow, BatchFlow, ParallelBatchFlow]) expect(refusal(() => new Some(wrong(value)))).toMatchObject({ code: 'DEFINITION', message: expect.stringMatching(message) as string });
    const flow = new Flow(new Node());
    flow.start = wrong(value);
    expect(await rejection(flow.run({}))).toMatchObject({ code: 'DEFINITION', message: expect.stringMatching(message) as string });
  });

  test.each([...notNodes, ['nothing', undefined, /got undefined/]] as typeof notNodes)('graphOf and asModel: %s', (_, value, message) => {
    expect(refusal(() => graphOf(wrong(value)))).toMatchObject({ code: 'DEFINITION', message: expect.stringMatching(message) as string });
    expect(refusal(() => asModel(wrong(value), { inputs: {} }))).toMatchObject({ code: 'DEFINITION', message: expect.stringMatching(message) as string });
  });

  test('nothing wired remains of what was refused', () => {
    const node = new Node();
    refusal(() => node.next(wrong(Summarize)));
    expect(node._successors.size).toBe(0);
  });

  test('next and on without a node', () => {
    expect(refusal(() => new Node().next(wrong(undefined))).message).toContain('got undefined');
    expect(refusal(() => new Node().on('found', wrong(undefined))).message).toContain('got undefined');
  });

  test('PF15 a flow with nothing to start at is no mistake: it does nothing', async () => {
    expect(await new Flow(wrong(undefined)).run({})).toBeUndefined();
    expect(await new Flow(wrong(null)).run({})).toBeUndefined();
  });

  test('a second node in the constructor of a flow', () => {
    expect(refusal(() => new Flow(new Node(), wrong(new Summarize())))).toMatchObject({ code: 'DEFINITION', message: expect.stringMatching(/options object, got Summarize\. .*a\.next\(b\)/) as string });
  });
});

describe('PF12 actions are strings', () => {
  test.each([[5], [{}], [Summarize], [undefined], ['']])('%o', (action) => {
    expect(refusal(() => new Node().on(wrong(action), new Node()))).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining("on('action', node)") as string });
  });
});

describe('in place of the store', () => {
  test.each([['nothing', undefined], ['null', null], ['a number', 5], ['a text', 'text'], ['a function', () => ({})]])('%s', async (_, shared) => {
    let ran = false;
    class Runs extends Node {
      override prep(): void {
        ran = true;
      }
    }
    for (const node of [new Runs(), new Flow(new Runs())]) expect(await rejection(node.run(shared))).toMatchObject({ code: 'DEFINITION', message: expect.stringMatching(/^\w+\.run: expected the shared store, got .*run\(\{\}\).*createStore/) as string });
    expect(ran).toBe(false);
  });

  test('PF58 any object will do: also a list, and an instance of a class', async () => {
    class Bag {
      items: number[] = [];
    }
    class Puts extends Node<Bag> {
      override post(shared: Bag): void {
        shared.items.push(1);
      }
    }
    const bag = new Bag();
    await new Flow(new Puts()).run(bag);
    expect(bag.items).toEqual([1]);
    await expect(new Node().run([])).resolves.toBeUndefined();
  });
});

describe('in place of params', () => {
  test.each([['nothing', undefined], ['null', null], ['a number', 5], ['a text', 'text'], ['a list', [1]], ['a Map', new Map()], ['a class', Summarize]])('%s', (_, params) => {
    const node = new Summarize().setParams({ file: 'a' });
    expect(refusal(() => node.setParams(wrong(params)))).toMatchObject({ code: 'INVALID_CONTEXT', message: expect.stringContaining('Summarize.setParams: params are an object, got ') as string });
    expect(node.params).toEqual({ file: 'a' });
  });
});

describe('options', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['wait, by position', () => new Node(2, wrong('1s')), /^Node: 'wait' is a number of seconds from 0 up, got "1s"/],
    ['wait, not a number', () => new BatchNode(2, Number.NaN), /'wait' .*got NaN/],
    ['wait beside options', () => new Node({ maxRetries: 2 }, 5), /'wait' is one of them, and here it is 5/],
    ['a name of a node', () => new Node({ name: '' }), /'name' is a string/],
    ['an option of a node that there is not', () => new Node(wrong({ retries: 2 })), /no option 'retries'/],
    ['an option of a flow that is nearly one', () => new Flow(new Node(), wrong({ maxsteps: 2 })), /Did you mean 'maxSteps'/],
    ['options of a store', () => createStore({}, wrong(null)), /^createStore: expected an options object, got null/],
    ['an option of a store that is nearly one', () => createStore({}, wrong({ histroy: false })), /Did you mean 'history'/],
    ['history', () => createStore({}, { history: wrong('no') }), /'history' is true or false, got "no"/],
    ['reducers of a store', () => createStore({}, { reducers: wrong({ n: 'sum' }) }), /the reducer of 'n' is a function .*got "sum"/],
    ['a store in a store', () => createStore(createStore({})), /createStore\(store\.state\)/],
    ['a listener', () => createStore({}).subscribe(wrong('log')), /'listener' to be a function, got "log"/],
    ['a step', () => createStore({}).at(wrong('first')), /at\("first"\): this store has steps 0 to 0/],
    ['options of asModel', () => asModel(new Flow(new Node()), wrong(undefined)), /^asModel: 'inputs' is a record of schemas/],
    ['inputs of asModel', () => asModel(new Flow(new Node()), { inputs: wrong(null) }), /^asModel: 'inputs' is a record of schemas by name, got null/],
    ['an option of asModel that is nearly one', () => asModel(new Flow(new Node()), wrong({ inputs: {}, reducer: {} })), /^asModel: there is no option 'reducer'. Did you mean 'reducers'/],
    ['reducers of asModel', () => asModel(new Flow(new Node()), { inputs: {}, reducers: wrong(5) }), /^asModel: 'reducers' is a record by path, got 5/],
    ['a factory for fromModel', () => fromModel(wrong(flowModel({ inputs: {} }, () => 1)), { into: 'x' }), /^fromModel: expected a model, .*Call the factory/],
    ['a flow for fromModel', () => fromModel(wrong(new Flow(new Node())), { into: 'x' }), /^fromModel: expected a model, got the node Flow\. .*asModel/],
    ['nothing for fromModel', () => fromModel(wrong(undefined), { into: 'x' }), /^fromModel: expected a model, got undefined/],
    ['options of fromModel', () => fromModel(someModel(), wrong(undefined)), /^fromModel: expected options, got undefined\. .*into: 'key'/],
    ['a value of fromModel that goes nowhere', () => fromModel(someModel(), wrong({})), /'into' is the key of the store/],
    ['params of fromModel', () => fromModel(someModel(), { into: 'x', params: wrong({ n: 1 }) }), /'params' is a function/],
  ])('%s', (_, work, message) => {
    const error = refusal(work);
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toMatch(message);
  });

  test.each<[string, unknown, RegExp]>([
    ['no object', 5, /expected an options object, got 5/],
    ['one that there is not', { singal: 1 }, /Did you mean 'signal'/],
    ['a signal', { signal: new AbortController() }, /'signal' is an AbortSignal, got AbortController/],
    ['an observer', { observer: 5 }, /'observer' is a function or an object/],
    ['an evaluator', { evaluator: () => 1 }, /'evaluator' is an evaluator/],
    ['a cache', { cache: {} }, /'cache' is a ResultCache/],
    ['a clock', { clock: Date.now }, /'clock' has now/],
  ])('of run: %s', async (_, options, message) => {
    const error = await rejection(new Node().run({}, wrong(options)));
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toMatch(message);
  });
});
