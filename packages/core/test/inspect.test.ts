// Contract §8, `model.flow.inspect`: what is bound, what feeds each field, what is upstream. The ids are those of the catalogue's group INSP.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { closedContext, computed, contextTransform, Dependency, FlowContext, flowModel, FromContext, fromField, graphOf, Lazy, modelClass, ModelInput, Resource, UNSET } from '@flowmodel/core';
import type { CallableModel, FlowInspection, InspectOptions } from '@flowmodel/core';
import { flowError } from './flow-error.ts';

const add = flowModel({ name: 'add', inputs: { a: z.number(), b: FromContext(z.number()), c: FromContext(z.number().default(5)) } }, ({ a, b, c }) => a + b + c);
const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value);
const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);
const scaled = flowModel({ name: 'scaled', inputs: { x: z.number(), z: FromContext(z.number()) } }, ({ x, z }) => x * z);
const sum = flowModel({ name: 'sum', inputs: { values: Dependency(z.array(z.number())) } }, ({ values }) => values.reduce((a, b) => a + b, 0));
const either = flowModel({ name: 'either', inputs: { now: z.number(), later: Lazy(z.number()) } }, ({ now }) => now);

const fromSeed = contextTransform({ name: 'fromSeed', inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed + 1);
const plus = contextTransform({ name: 'plus', inputs: { z: FromContext(z.number()), by: z.number() } }, ({ z, by }) => z + by);
const setB = contextTransform({ name: 'setB', inputs: { to: z.number() }, patches: { b: z.number() } }, ({ to }) => ({ b: to }));

/** What a report says of one input, without its schema. */
const input = (inspection: FlowInspection, name: string) => ({ ...inspection.inputs[name] });
const edges = (model: CallableModel, context?: object, options?: InspectOptions) => model.flow.inspect(context, options).dependencies.map(({ path, model: bound, context: given, lazy }) => ({ path, bound, given, lazy }));

describe('the accessor', () => {
  test('CC-INSP-01 a model’s flow has compute, computeSync, withContext and inspect, and nothing else', () => {
    const { flow } = add({ a: 1 });
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(flow)).filter((name) => name !== 'constructor');
    expect([...names, ...Object.keys(flow)].toSorted()).toEqual(['compute', 'computeSync', 'inspect', 'withContext']);
    expect('runtimeInputs' in flow).toBe(false);
  });

  test('CC-INSP-21 a context is one record: what is none, and options that do not exist, are errors as in compute', () => {
    const model: CallableModel = add({ a: 1 });
    expect(() => model.flow.inspect('b=2' as never)).toThrow(flowError('INVALID_CONTEXT', 'add'));
    expect(() => model.flow.inspect(source() as never)).toThrow(flowError('INVALID_CONTEXT', 'source'));
    expect(() => model.flow.inspect({}, { b: 2 } as never)).toThrow(flowError('DEFINITION', "'b'"));
    expect(() => model.flow.inspect({}, 'recursive' as never)).toThrow(flowError('DEFINITION', 'recursive'));
  });

  test('the report is frozen, and so is all that it made', () => {
    const inspection = relay({ x: source() }).flow.inspect({ value: 1 });
    const own = [inspection, inspection.inputs, inspection.inputs['x']!, inspection.contextInputs, inspection.runtimeInputs, inspection.requiredInputs, inspection.boundInputs, inspection.dependencies, inspection.dependencies[0]!, inspection.dependencies[0]!.context!, inspection.graph, inspection.graph.requiredInputs];
    expect(own.every((part) => Object.isFrozen(part))).toBe(true);
  });
});

describe('fields of the context', () => {
  test('CC-INSP-02 contextInputs is what is declared; wrapping does not shrink it', () => {
    const declared = { b: 'number', c: 'number' };
    expect(add({ a: 10 }).flow.inspect().contextInputs).toEqual(declared);
    expect(add({ a: 10 }).flow.withContext({ b: 1, c: 2 }).flow.inspect({ b: 3 }).contextInputs).toEqual(declared);
  });

  test('types are told in TypeScript’s words', () => {
    const typed = flowModel({ name: 'typed', inputs: { day: FromContext(z.date()), names: FromContext(z.array(z.string())), at: FromContext(z.object({ x: z.number() })) } }, () => 1);
    expect(typed().flow.inspect().contextInputs).toEqual({ day: 'Date', names: 'string[]', at: '{ x: number }' });
  });

  test('CC-INSP-03, CC-INSP-04 runtimeInputs is what callers may give, requiredInputs what they must', () => {
    const wrapper = add({ a: 10 }).flow.withContext({ b: fromSeed() });
    expect(wrapper.flow.inspect().runtimeInputs).toEqual({ c: 'number', seed: 'number' });
    expect(wrapper.flow.inspect().requiredInputs).toEqual({ seed: 'number' });
    expect(add().flow.inspect().requiredInputs).toEqual({ b: 'number' });
    expect(add({ b: 1 }).flow.inspect().requiredInputs).toEqual({});
  });

  test('requiredInputs is what is still needed: what the given context has is not', () => {
    const wrapper = add({ a: 10 }).flow.withContext({ b: fromSeed() });
    expect(wrapper.flow.inspect({ seed: 1 }).requiredInputs).toEqual({});
    expect(wrapper.flow.inspect({ seed: 1 }).runtimeInputs).toEqual({ c: 'number', seed: 'number' });
    expect(add({ a: 1 }).flow.inspect({ b: 1 }).requiredInputs).toEqual({});
  });

  test('CC-INSP-13 transforms without contextual inputs are run: what they write is bound, and not required', () => {
    const staticA = contextTransform({ name: 'staticA', inputs: {} }, () => 7);
    const both = flowModel({ name: 'both', inputs: { a: FromContext(z.number()), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
    const byField = both().flow.withContext({ a: staticA() }).flow.inspect();
    expect(byField.requiredInputs).toEqual({ b: 'number' });
    expect(byField.boundInputs).toEqual({ a: 7 });
    const byPatch = both().flow.withContext(setB({ to: 4 })).flow.inspect();
    expect(byPatch.requiredInputs).toEqual({ a: 'number' });
    expect(byPatch.runtimeInputs).toEqual({ a: 'number' });
    expect(byPatch.boundInputs).toEqual({ b: 4 });
    expect(input(byPatch, 'b')).toMatchObject({ source: 'context-transform', value: 4, required: false });
  });

  test('CC-INSP-13 a result that its consumer would refuse is shown, not judged', () => {
    const bad = contextTransform({ name: 'bad', inputs: {} }, () => 'text' as unknown as number);
    expect(input(add({ a: 1 }).flow.withContext({ b: bad() }).flow.inspect(), 'b')).toMatchObject({ value: 'text', source: 'context-transform' });
  });

  test('CC-INSP-14 a transform that reads the context puts its inputs in place of its target', () => {
    const both = flowModel({ name: 'both2', inputs: { a: FromContext(z.number()), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
    const inspection = both().flow.withContext({ a: fromSeed() }).flow.inspect();
    expect(inspection.runtimeInputs).toEqual({ b: 'number', seed: 'number' });
    expect(inspection.requiredInputs).toEqual({ b: 'number', seed: 'number' });
  });

  test('a patch that reads the context may leave its field out: callers may give the field, and need not', () => {
    const maybe = contextTransform({ name: 'maybe', inputs: { seed: FromContext(z.number()) }, patches: { b: z.number() } }, ({ seed }) => (seed > 0 ? { b: seed } : {}));
    const wrapper = add({ a: 1 }).flow.withContext(maybe());
    expect(wrapper.flow.inspect().runtimeInputs).toEqual({ b: 'number', c: 'number', seed: 'number' });
    expect(wrapper.flow.inspect().requiredInputs).toEqual({ seed: 'number' });
    expect(input(wrapper.flow.inspect({ seed: 3 }), 'b')).toMatchObject({ source: 'context-transform', value: 3 });
    expect(wrapper.flow.inspect({ seed: 0 }).requiredInputs).toEqual({ b: 'number' });
    expect(input(wrapper.flow.inspect({ seed: 0, b: 9 }), 'b')).toMatchObject({ source: 'runtime', value: 9 });
  });

  test('CC-INSP-17 a transform’s input with a default may be given and need not be', () => {
    const seeded = contextTransform({ name: 'seeded', inputs: { seed: FromContext(z.number().default(0)), a: FromContext(z.number()) } }, ({ seed, a }) => a + 1 + seed);
    const one = flowModel({ name: 'one', inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
    const wrapper = one().flow.withContext({ n: seeded() });
    expect(wrapper.flow.inspect().runtimeInputs).toEqual({ seed: 'number', a: 'number' });
    expect(wrapper.flow.inspect().requiredInputs).toEqual({ a: 'number' });
    expect(wrapper.flow.computeSync({ a: 10 }).value).toBe(11);
    expect(input(wrapper.flow.inspect({ a: 10, seed: 5 }), 'n').value).toBe(16);
  });

  test('CC-INSP-18 x from y and y from x: both are read from the caller', () => {
    const two = flowModel({ name: 'swapped', inputs: { x: FromContext(z.number()), y: FromContext(z.number()) } }, ({ x, y }) => x - y);
    const wrapper = two().flow.withContext({ x: fromField('y', z.number()), y: fromField('x', z.number()) });
    expect(wrapper.flow.inspect().requiredInputs).toEqual({ y: 'number', x: 'number' });
    const given = wrapper.flow.inspect({ x: 1, y: 2 });
    expect([input(given, 'x').value, input(given, 'y').value]).toEqual([2, 1]);
  });

  test('CC-INSP-19 a field that is read as different types has to be all of them; that is shown, and no error', () => {
    const two = flowModel({ name: 'conflicting', inputs: { x: FromContext(z.number()), y: FromContext(z.string()) } }, ({ x, y }) => `${x}${y}`);
    const asText = contextTransform({ name: 'asText', inputs: { seed: FromContext(z.string()) } }, ({ seed }) => seed);
    const asEither = contextTransform({ name: 'asEither', inputs: { seed: FromContext(z.union([z.string(), z.number()])) } }, ({ seed }) => String(seed));
    expect(two().flow.withContext({ x: fromSeed(), y: asText() }).flow.inspect().requiredInputs).toEqual({ seed: 'number & string' });
    expect(two().flow.withContext({ x: fromSeed(), y: asEither() }).flow.inspect().requiredInputs).toEqual({ seed: 'number & (string | number)' });
  });

  test('CC-INSP-30 requiredInputs leaves out what dependencies need; graph.requiredInputs has it', () => {
    const inspection = relay({ x: source() }).flow.inspect();
    expect(inspection.requiredInputs).toEqual({});
    expect(inspection.graph.requiredInputs).toEqual({ value: { type: 'number', neededBy: ['relay.x'] } });
  });
});

describe('inputs and where their values come from', () => {
  test('CC-INSP-07 the model’s own inputs, regular ones before contextual ones', () => {
    const mixed = flowModel({ name: 'mixed', inputs: { b: FromContext(z.number()), a: z.number(), d: FromContext(z.number()), c: z.number().optional() } }, () => 1);
    expect(Object.keys(mixed().flow.inspect({ unknown: 1, b: 2 }).inputs)).toEqual(['a', 'c', 'b', 'd']);
    expect(Object.keys(relay({ x: source() }).flow.inspect().inputs)).toEqual(['x']);
  });

  test('CC-INSP-08 construction, function-default, runtime, with-context, context-transform, unset', () => {
    const six = flowModel({ name: 'six', inputs: { a: z.number(), left: z.number().default(1), out: z.number(), r: FromContext(z.number()), w: FromContext(z.number()), t: FromContext(z.number()), i: FromContext(z.number()) } }, () => 1);
    const wrapper = six({ a: 1, i: 4 }).flow.withContext({ w: 2, t: fromSeed() });
    const sources = Object.fromEntries(Object.entries(wrapper.flow.inspect({ r: 3 }).inputs).map(([name, { source: from }]) => [name, from]));
    expect(sources).toEqual({ a: 'construction', left: 'function-default', out: 'unset', r: 'runtime', w: 'with-context', t: 'context-transform', i: 'construction' });
  });

  test('CC-INSP-09 bound, awaited from the runtime context, left at its default', () => {
    const model = add({ a: 10 });
    const inspection = model.flow.inspect();
    expect(input(inspection, 'a')).toEqual({ kind: 'regular', type: 'number', required: false, default: UNSET, value: 10, source: 'construction' });
    expect(input(inspection, 'b')).toEqual({ kind: 'context', type: 'number', required: true, default: UNSET, value: UNSET, source: 'runtime' });
    expect(input(inspection, 'c')).toEqual({ kind: 'context', type: 'number', required: false, default: 5, value: 5, source: 'function-default' });
    expect(input(model.flow.inspect({ b: 2 }), 'b')).toEqual({ kind: 'context', type: 'number', required: false, default: UNSET, value: 2, source: 'runtime' });
  });

  test('the schema is there, and does not print', () => {
    const { b } = add({ a: 1 }).flow.inspect().inputs;
    expect(z.prettifyError(z.safeParse(b!.schema as z.ZodType, 'x').error!)).toContain('expected number');
    expect(Object.keys(b!)).not.toContain('schema');
  });

  test('CC-INSP-10 a regular input left at its default says so: function-default, with the default', () => {
    const model = flowModel({ name: 'left', inputs: { n: z.number().default(3), o: z.number().optional() } }, ({ n }) => n);
    expect(input(model().flow.inspect(), 'n')).toMatchObject({ required: false, default: 3, value: 3, source: 'function-default' });
    expect(input(model({ n: 3 }).flow.inspect(), 'n')).toMatchObject({ default: 3, value: 3, source: 'construction' });
    expect(input(model().flow.inspect(), 'o')).toMatchObject({ required: false, default: UNSET, value: UNSET, source: 'unset' });
    expect(model().flow.inspect().boundInputs).toEqual({});
  });

  test('CC-INSP-11 UNSET is a value of its own: null, undefined and 0 are none of it', () => {
    const nullable = flowModel({ name: 'nullable', inputs: { n: FromContext(z.number().nullable()) } }, () => 1);
    expect(input(nullable().flow.inspect({ n: null }), 'n')).toMatchObject({ value: null, source: 'runtime', required: false });
    expect(input(nullable().flow.inspect({ n: undefined }), 'n')).toMatchObject({ value: UNSET, required: true });
    expect(String(nullable().flow.inspect())).toContain('<unset>');
  });

  test('CC-INSP-12 a wrapper’s literal, and a transform’s target before and after its inputs are given', () => {
    const model = scaled({ x: 1 });
    expect(input(model.flow.withContext({ z: 4 }).flow.inspect(), 'z')).toMatchObject({ source: 'with-context', value: 4, required: false });
    const dynamic = model.flow.withContext({ z: plus({ by: 1 }) });
    expect(input(dynamic.flow.inspect(), 'z')).toMatchObject({ source: 'context-transform', value: UNSET, required: false, from: 'plus({ by: 1 })' });
    expect(input(dynamic.flow.inspect({ z: 2 }), 'z')).toMatchObject({ source: 'context-transform', value: 3 });
  });

  test('a rewrite beats the runtime context, that an instance’s default, and that the schema’s', () => {
    const model = add({ a: 1, c: 6 });
    expect(input(model.flow.inspect(), 'c')).toMatchObject({ default: 5, value: 6, source: 'construction' });
    expect(input(model.flow.inspect({ c: 7 }), 'c')).toMatchObject({ value: 7, source: 'runtime' });
    expect(input(model.flow.withContext({ c: 8 }).flow.inspect({ c: 7 }), 'c')).toMatchObject({ value: 8, source: 'with-context' });
  });

  test('a computed field names the model that computes it; behind a closed context a field is unset', () => {
    const wrapper = add({ a: 1 }).flow.withContext({ b: computed(source()) });
    expect(input(wrapper.flow.inspect({ value: 1 }), 'b')).toMatchObject({ source: 'with-context', value: UNSET, required: false, from: 'computed(source())' });
    const closed = add({ a: 1 }).flow.withContext(closedContext('c'));
    expect(input(closed.flow.inspect({ b: 1, c: 2 }), 'b')).toMatchObject({ source: 'unset', value: UNSET, required: true });
    expect(closed.flow.inspect({ b: 1 }).runtimeInputs).toEqual({ c: 'number' });
    expect(closed.flow.inspect({ b: 1 }).requiredInputs).toEqual({});
  });

  test('CC-INSP-20 nothing that is given is checked: wrong types, unknown fields and names of regular inputs are no errors', () => {
    const model: CallableModel = add({ a: 10 });
    expect(input(model.flow.inspect({ b: 'zz' }), 'b')).toMatchObject({ value: 'zz', source: 'runtime', required: false });
    expect(input(model.flow.inspect({ a: 99, nobody: 1 }), 'a')).toMatchObject({ value: 10, source: 'construction' });
    for (const odd of [null, [], new Map(), () => 1, Symbol('s'), NaN, { deep: { er: [] } }]) expect(() => String(model.flow.inspect({ b: odd, c: odd }))).not.toThrow();
  });

  test('CC-INSP-37 an empty context leaves all as it was', () => {
    expect(input(add({ a: 1 }).flow.inspect(new FlowContext({})), 'b')).toMatchObject({ required: true, value: UNSET });
  });

  test('each marker has its kind', () => {
    const all = flowModel({ name: 'kinds', inputs: { r: z.number(), l: Lazy(z.number()), d: Dependency(z.array(z.number())), m: ModelInput(z.number()), s: Resource<object>(), c: FromContext(z.number()) } }, () => 1);
    const { inputs } = all({ l: source() }).flow.inspect();
    expect(Object.values(inputs).map(({ kind }) => kind)).toEqual(['regular', 'lazy', 'dependency', 'model', 'resource', 'context']);
    expect(inputs['s']).toMatchObject({ type: 'resource', required: true, value: UNSET });
  });
});

describe('what is bound', () => {
  test('CC-INSP-05 bound inputs, given contextual defaults, and what a wrapper is known to write; no function defaults', () => {
    const model = flowModel({ name: 'bound', inputs: { a: z.number(), n: z.number().default(1), m: FromContext(z.number()), k: FromContext(z.number().default(2)) } }, () => 1);
    expect(model({ a: 10, m: 3 }).flow.inspect().boundInputs).toEqual({ a: 10, m: 3 });
    expect(model({ a: 10, n: 1 }).flow.inspect().boundInputs).toEqual({ a: 10, n: 1 });
    expect(model({ a: 10 }).flow.withContext({ m: 4 }).flow.inspect({ k: 9 }).boundInputs).toEqual({ a: 10, m: 4 });
  });

  test('CC-INSP-06 on a wrapper, what it writes takes the place of the instance’s default', () => {
    expect(add({ a: 1, b: 2 }).flow.withContext({ b: 7 }).flow.inspect().boundInputs).toEqual({ a: 1, b: 7 });
    expect(add({ a: 1, b: 2 }).flow.withContext({ b: fromSeed() }).flow.inspect().boundInputs).toEqual({ a: 1 });
  });

  test('CC-INSP-15 a static patch under a transform of the same field binds nothing', () => {
    expect(add({ a: 1 }).flow.withContext(setB({ to: 4 }), { b: fromSeed() }).flow.inspect().boundInputs).toEqual({ a: 1 });
  });

  test('CC-INSP-40 a bound model is reported as the very object, containers as in inputs', () => {
    const upstream = source();
    const model = relay({ x: upstream });
    const inspection = model.flow.inspect();
    expect(inspection.model).toBe(model);
    expect(inspection.inputs['x']!.value).toBe(upstream);
    expect(inspection.boundInputs['x']).toBe(upstream);
    expect(inspection.dependencies[0]!.model).toBe(upstream);
    const many = sum({ values: [upstream, 3] });
    expect(many.flow.inspect().inputs['values']!.value).toBe(many.inputs.values);
  });
});

describe('dependencies', () => {
  const inner = flowModel({ name: 'inner', inputs: { value: FromContext(z.number()), bonus: FromContext(z.number().default(0)) } }, ({ value, bonus }) => value + bonus);

  test('CC-INSP-22 direct by default, recursive, or none', () => {
    const model = relay({ x: relay({ x: source() }) });
    expect(edges(model).map(({ path }) => path)).toEqual(['x']);
    expect(edges(model, {}, { dependencies: 'direct' }).map(({ path }) => path)).toEqual(['x']);
    expect(edges(model, {}, { dependencies: 'recursive' }).map(({ path }) => path)).toEqual(['x', 'x.x']);
    expect(edges(model, {}, { dependencies: 'none' })).toEqual([]);
    expect(() => model.flow.inspect({}, { dependencies: 'all' as never })).toThrow(flowError('DEFINITION', '"all"', "'recursive'"));
  });

  test('CC-INSP-23 one for each bound model, and one for each model in a container', () => {
    const nested = flowModel({ name: 'nested', inputs: { values: Dependency(z.object({ list: z.array(z.number()), model: z.number() })), y: z.number() } }, () => 1);
    const model = nested({ values: { list: [1, source()], model: source() }, y: source() });
    expect(edges(model).map(({ path }) => path)).toEqual(['values.list[1]', 'values.model', 'y']);
  });

  test('CC-INSP-24 an edge shows what enters it, cut down to what its model reads; null when nothing is given', () => {
    const model = relay({ x: inner() });
    expect(edges(model)[0]!.given).toBeNull();
    expect(edges(model, { value: 3, bonus: 4, unused: 5 })[0]!.given).toEqual({ value: 3, bonus: 4 });
    expect(edges(relay({ x: source() }), { value: 3, bonus: 4, unused: 5 })[0]!.given).toEqual({ value: 3 });
    expect(edges(model, {})[0]!.given).toEqual({});
  });

  test('CC-INSP-25 for a wrapper, the wrapper and what it reads from its caller', () => {
    const wrapper = source().flow.withContext({ value: fromSeed() });
    const [edge] = edges(relay({ x: wrapper }), { seed: 1, value: 9 });
    expect(edge!.bound).toBe(wrapper);
    expect(edge!.given).toEqual({ seed: 1 });
  });

  test('CC-INSP-26 a wrapper at the root: the edges of the wrapped model, in the rewritten context', () => {
    const readsZ = flowModel({ name: 'readsZ', inputs: { z: FromContext(z.number()) } }, ({ z }) => z);
    const wrapper = scaled({ x: readsZ() }).flow.withContext({ z: plus({ by: 1 }) });
    expect(edges(wrapper, { z: 2 }).map(({ path, given }) => [path, given])).toEqual([['x', { z: 3 }]]);
  });

  test('CC-INSP-27 recursive: depth first, dotted paths, and grandchildren see the context too', () => {
    const model = relay({ x: relay({ x: source() }) });
    expect(edges(model, { value: 3 }, { dependencies: 'recursive' }).map(({ path, given }) => [path, given])).toEqual([['x', {}], ['x.x', { value: 3 }]]);
    const many = sum({ values: [relay({ x: source() }), source()] });
    expect(edges(many, {}, { dependencies: 'recursive' }).map(({ path }) => path)).toEqual(['values[0]', 'values[0].x', 'values[1]']);
    expect(many.flow.inspect({}, { dependencies: 'recursive' }).inputs).toEqual(many.flow.inspect().inputs);
  });

  test('CC-INSP-28 an edge shows the same context in both modes', () => {
    const model = relay({ x: inner() });
    const context = { value: 3, unused: 5 };
    expect(edges(model, context, { dependencies: 'recursive' })).toEqual(edges(model, context));
  });

  test('CC-INSP-29 all that is behind a lazy edge is lazy', () => {
    const model = either({ now: relay({ x: source() }), later: relay({ x: relay({ x: source() }) }) });
    expect(edges(model, {}, { dependencies: 'recursive' }).map(({ path, lazy }) => [path, lazy])).toEqual([['now', false], ['now.x', false], ['later', true], ['later.x', true], ['later.x.x', true]]);
  });

  test('CC-INSP-31 a transform that lacks an input leaves values unset; one that throws is shown, and nothing is thrown', () => {
    const fails = contextTransform({ name: 'fails', inputs: { seed: FromContext(z.number()) } }, ({ seed }): number => {
      throw new RangeError(`no ${seed}`);
    });
    const wrapper = source().flow.withContext({ value: fails() });
    const model = relay({ x: wrapper });
    expect(edges(model, {}, { dependencies: 'recursive' }).map(({ given }) => given)).toEqual([{}]);
    expect(input(wrapper.flow.inspect({}), 'value')).toMatchObject({ value: UNSET, source: 'context-transform' });
    expect(input(wrapper.flow.inspect({}), 'value')).not.toHaveProperty('problem');
    expect(input(wrapper.flow.inspect({ seed: 1 }), 'value')).toMatchObject({ value: UNSET, problem: 'threw RangeError: no 1' });
    expect(model.flow.inspect({ seed: 1 }).problems).toEqual([{ path: 'relay.x', field: 'value', text: 'threw RangeError: no 1' }]);
    expect(model.flow.inspect({ seed: 'text' }).problems).toEqual([{ path: 'relay.x', field: 'value', text: 'does not accept what it reads as seed: number' }]);
  });

  test('CC-INSP-32 what is missing is not told by the text of an error', () => {
    const lies = contextTransform({ name: 'lies', inputs: {} }, (): number => {
      throw new TypeError('Missing runtime input(s): seed');
    });
    expect(input(source().flow.withContext({ value: lies() }).flow.inspect(), 'value')).toMatchObject({ problem: 'threw TypeError: Missing runtime input(s): seed' });
  });

  test('CC-INSP-33 a model met twice is an entry each time, and opened once: no graph is too entangled to inspect', () => {
    const shared = relay({ x: source() });
    expect(edges(sum({ values: [shared, shared] }), {}, { dependencies: 'recursive' }).map(({ path }) => path)).toEqual(['values[0]', 'values[0].x', 'values[1]']);
    const two = flowModel({ name: 'two', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
    let model: CallableModel<number> = two({ a: source(), b: source() });
    for (let i = 0; i < 500; i++) model = two({ a: model, b: model });
    expect(edges(model, {}, { dependencies: 'recursive' })).toHaveLength(1002);
  });

  test('CC-INSP-38 what a wrapper is known to write shows on edges without a given context', () => {
    const wrapper: CallableModel = relay({ x: source() }).flow.withContext({ value: 1 });
    expect(edges(wrapper).map(({ path, given }) => [path, given])).toEqual([['x', { value: 1 }]]);
    expect(wrapper.flow.inspect().boundInputs).toMatchObject({ value: 1 });
  });

  test('a computed field is an edge with the field’s name, in the context that enters the wrapper', () => {
    const wrapper = add({ a: 1 }).flow.withContext({ b: computed(source()), c: 4 });
    expect(edges(wrapper, { value: 2, c: 1 }).map(({ path, given }) => [path, given])).toEqual([['b', { value: 2 }]]);
  });

  test('a model that is handed over unevaluated is an edge without a context, and not opened', () => {
    const handing = flowModel({ name: 'handing', inputs: { inner: ModelInput(z.number()) } }, () => 1);
    const model = handing({ inner: relay({ x: source() }) });
    expect(edges(model, { value: 1 }, { dependencies: 'recursive' }).map(({ path, given, lazy }) => [path, given, lazy])).toEqual([['inner', null, true]]);
  });
});

describe('class-based models', () => {
  class Offset extends modelClass({ name: 'InspectedOffset', inputs: { offset: z.number(), left: z.number().default(1) }, context: z.object({ x: z.number() }), output: z.number() }) {
    calls = 0;
    override deps({ x }: { x: number }) {
      this.calls++;
      return [{ model: this, contexts: [{ x: x - 1 }] }];
    }
    call({ x }: { x: number }): number {
      this.calls++;
      return x;
    }
  }

  test('CC-INSP-35 the context’s fields are its contextual inputs, its bindings are bound', () => {
    const inspection = new Offset({ offset: 10 }).flow.inspect();
    expect(inspection.contextInputs).toEqual({ x: 'number' });
    expect(inspection.boundInputs).toEqual({ offset: 10 });
    expect(inspection.requiredInputs).toEqual({ x: 'number' });
    expect(input(inspection, 'x')).toMatchObject({ kind: 'context', required: true, value: UNSET, source: 'runtime' });
  });

  test('CC-INSP-35 with a default for the context nothing is required', () => {
    class Calm extends modelClass({ name: 'InspectedCalm', context: z.object({ x: z.number() }).default({ x: 3 }), output: z.number() }) {
      call({ x }: { x: number }): number {
        return x;
      }
    }
    const inspection = new Calm().flow.inspect();
    expect(inspection.requiredInputs).toEqual({});
    expect(inspection.graph.requiredInputs).toEqual({});
    expect(input(inspection, 'x')).toMatchObject({ required: false, default: 3, value: 3, source: 'function-default' });
  });

  test('CC-INSP-36 without a context it has no contextual inputs', () => {
    class Plain extends modelClass({ name: 'InspectedPlain', output: z.number() }) {
      call(): number {
        return 1;
      }
    }
    expect(new Plain().flow.inspect({ anything: 1 })).toMatchObject({ inputs: {}, contextInputs: {}, runtimeInputs: {} });
  });

  test('CC-INSP-34 as a dependency it is an edge; what its deps would name is not asked for', () => {
    const offset = new Offset({ offset: 1 });
    expect(edges(relay({ x: offset }), { x: 4, y: 5 }, { dependencies: 'recursive' }).map(({ path, given }) => [path, given])).toEqual([['x', { x: 4 }]]);
    expect(edges(relay({ x: offset }), { y: 5 })[0]!.given).toEqual({});
    expect(offset.calls).toBe(0);
  });
});

describe('what runs', () => {
  test('CC-INSP-41 no body runs, and each transform of the context at most once per inspection', () => {
    let bodies = 0;
    let transforms = 0;
    const counted = flowModel({ name: 'counted', inputs: { n: FromContext(z.number()), later: Lazy(z.number().optional()) } }, ({ n }) => (bodies++, n));
    const counting = contextTransform({ name: 'counting', inputs: { n: FromContext(z.number()) } }, ({ n }) => (transforms++, n + 1));
    const model = relay({ x: counted({ later: counted() }) }).flow.withContext({ n: counting() });
    model.flow.inspect({ n: 1 }, { dependencies: 'recursive' });
    expect([bodies, transforms]).toEqual([0, 1]);
  });

  test('schemas of given fields are not run', () => {
    let checks = 0;
    const checking = z.number().refine(() => (checks++, true));
    const model = flowModel({ name: 'checking', inputs: { n: FromContext(checking) } }, ({ n }) => n);
    expect(input(relay({ x: model() }).flow.inspect({ n: 1 }), 'x').source).toBe('construction');
    graphOf(model(), { n: 1 });
    expect(checks).toBe(0);
  });

  test('inspecting changes nothing for later runs', () => {
    const model = either({ now: source(), later: relay({ x: source() }) });
    model.flow.inspect({ value: 1 }, { dependencies: 'recursive' });
    expect(model.flow.computeSync({ value: 4 }).value).toBe(4);
  });
});
