// Contract §1.1 and §9: what a definition must be, and who owns a name.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { z as z3 } from 'zod/v3';
import { contextTransform, DefinitionRegistry, Dependency, flowModel, FromContext, isModel, Lazy, modelClass, ModelInput, Resource } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { refusal } from './refusal.ts';

const flowModelOf = (options: object) => flowModel({ name: 'report', definitions: new DefinitionRegistry(), inputs: {}, ...options }, () => 1);
/** The error of a definition with one input `days`. */
const withInput = (field: () => unknown) => refusal(() => flowModelOf({ inputs: { days: field() } }));
const withOptions = (options: object) => refusal(() => flowModelOf(options));

describe('inputs', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['the name of a type', 'number'],
    ['a constructor', Number],
    ['a plain object', { type: 'number' }],
    ['a value', 7],
    ['a schema of zod 3', z3.number()],
  ])('CC-AUTH-04 an input needs a schema: %s is DEFINITION, naming model and input', (_, field) => {
    const error = withInput(() => field);
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toContain('report');
    expect(error.message).toContain('days');
  });

  it.each([
    ['missing', undefined],
    ['a list', [z.number()]],
    ['a schema of its own', z.object({ days: z.number() })],
    ['text', 'days'],
  ])('CC-AUTH-04 `inputs` is a record of schemas: %s is DEFINITION', (_, inputs) => {
    const error = refusal(() => flowModel({ name: 'report', inputs: inputs as never }, () => 1));
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toContain('inputs');
  });

  it('schemas of zod/mini are schemas', () => {
    const model = flowModel({ inputs: { a: mini.optional(mini.number()), b: FromContext(mini._default(mini.number(), 3)) } }, ({ a, b }) => [a, b]);
    expect(model({ a: 1 }).flow.computeSync().value).toEqual([1, 3]);
    expect(refusal(() => model({ a: 'x' as never })).code).toBe('BIND');
  });

  it('an input cannot be called __proto__', () => {
    expect(refusal(() => flowModel({ name: 'report', inputs: { ['__proto__']: z.number() } }, () => 1))).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining('__proto__') as string });
  });

  it.each([
    ['FromContext', FromContext],
    ['Lazy', Lazy],
    ['Dependency', Dependency],
    ['ModelInput', ModelInput],
    ['Resource', Resource],
  ])('CC-AUTH-14 a bare %s is DEFINITION, telling how to call it', (name, marker) => {
    const error = withInput(() => marker);
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toContain('days');
    expect(error.message).toContain(`${name}(`);
  });

  it.each([
    ['nothing', undefined],
    ['the name of a type', 'number'],
    ['a constructor', Number],
    ['a plain object', { type: 'number' }],
    ['a schema of zod 3', z3.number()],
  ])('CC-AUTH-14 a marker called with %s is DEFINITION, telling to give a schema', (_, schema) => {
    for (const marker of [FromContext, Lazy, Dependency, ModelInput] as unknown as ((given: unknown) => unknown)[]) {
      const error = refusal(() => marker(schema));
      expect(error.code).toBe('DEFINITION');
      expect(error.message).toContain(`${marker.name}(z.`);
    }
  });

  it('CC-AUTH-14 so it is in transforms', () => {
    const error = refusal(() => contextTransform({ name: 'shift', inputs: { days: FromContext as never } }, () => 1));
    expect(error).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining('FromContext(') as string });
  });

  it('CC-AUTH-15 a marker is a declaration and not a value: bound to an input it is BIND', () => {
    const foo = flowModel({ name: 'foo', inputs: { a: z.number(), parts: Dependency(z.array(z.number())) } }, ({ a }) => a);
    expect(refusal(() => foo({ a: Lazy(z.number()) as never }))).toMatchObject({ code: 'BIND', message: expect.stringContaining("'a'") as string });
    expect(refusal(() => foo({ parts: [Dependency(z.number())] as never })).code).toBe('BIND');
  });

  it.each([
    ['Lazy in FromContext', () => FromContext(Lazy(z.number()) as never)],
    ['FromContext in Lazy', () => Lazy(FromContext(z.number()) as never)],
    ['FromContext in Dependency', () => Dependency(FromContext(z.number()) as never)],
    ['Dependency in Lazy', () => Lazy(Dependency(z.number()) as never)],
    ['Dependency twice', () => Dependency(Dependency(z.number()) as never)],
    ['ModelInput in FromContext', () => FromContext(ModelInput(z.number()) as never)],
    ['Resource in Lazy', () => Lazy(Resource() as never)],
  ])('CC-AUTH-16 an input has one marker: %s is DEFINITION', (_, field) => {
    expect(withInput(field).code).toBe('DEFINITION');
  });

  it.each([
    ['a union', () => z.union([FromContext(z.number()) as never, z.string()])],
    ['an optional', () => z.optional(Lazy(z.number()) as never)],
    ['an array', () => z.array(FromContext(z.number()) as never)],
    ['a nullable', () => z.nullable(FromContext(z.number()) as never)],
    ['an object', () => z.object({ inner: Lazy(z.number()) as never })],
    ['a set', () => z.set(Dependency(z.number()) as never)],
    ['a tuple', () => z.tuple([z.string(), Lazy(z.number()) as never])],
    ['a map', () => z.map(z.string(), ModelInput(z.number()) as never)],
    ['two levels', () => z.object({ rows: z.array(z.object({ inner: FromContext(z.number()) as never })) })],
    ['another marker’s schema', () => FromContext(z.array(Lazy(z.number()) as never))],
  ])('CC-AUTH-20, CC-AUTH-21, CC-AUTH-22 a marker inside %s is DEFINITION, naming the input', (_, field) => {
    const error = withInput(field);
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toContain('days');
  });

  it('CC-AUTH-24 a contextual input may not default to a model', () => {
    const seven = flowModel({ inputs: {} }, () => 7);
    const error = withInput(() => FromContext(z.any().default(seven())));
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toContain('days');
    expect(withInput(() => FromContext(z.any().default(seven()).nullable())).code).toBe('DEFINITION');
  });

  it('a default that is a function is called for a value, not by the definition', () => {
    let calls = 0;
    const counted = flowModel({ inputs: { n: z.number().default(() => ++calls), at: FromContext(z.array(z.number()).default(() => [++calls])) } }, ({ n, at }) => [n, ...at]);
    expect(calls).toBe(0);
    const first = counted();
    expect(first.inputs).toEqual({ n: 1 });
    expect(first.flow.computeSync().value).toEqual([1, 2]);
    expect(counted().inputs).toEqual({ n: 3 });
  });

  it('a regular input may not default to a model either: a default is data', () => {
    const seven = flowModel({ inputs: {} }, () => 7);
    expect(withInput(() => z.any().default(seven())).code).toBe('DEFINITION');
    expect(withInput(() => Lazy(z.any().default(seven()))).code).toBe('DEFINITION');
  });

  it.each([
    ['refine', () => z.string().refine(async (text) => text !== '')],
    ['transform', () => z.string().transform(async (text) => text.length)],
    ['a nested refine', () => z.array(z.object({ name: z.string().refine(async () => true) }))],
  ])('an asynchronous %s is DEFINITION where it shows', (_, schema) => {
    expect(withInput(schema).code).toBe('DEFINITION');
    expect(withInput(() => FromContext(schema() as never)).code).toBe('DEFINITION');
    expect(withOptions({ output: schema() }).code).toBe('DEFINITION');
  });

  it('an asynchronous check that does not show is ASYNC_IN_SYNC when it is met', () => {
    const hidden = z.string().refine((text) => Promise.resolve(text !== ''));
    const regular = flowModel({ name: 'regular', inputs: { text: hidden } }, ({ text }) => text);
    const contextual = flowModel({ name: 'contextual', inputs: { text: FromContext(hidden) } }, ({ text }) => text);
    const output = flowModel({ name: 'output', inputs: {}, output: hidden }, () => 'x');
    for (const [name, act] of Object.entries({
      regular: () => regular({ text: 'x' }),
      contextual: () => contextual().flow.computeSync({ text: 'x' }),
      output: () => output().flow.computeSync(),
    })) {
      expect(refusal(act)).toMatchObject({ code: 'ASYNC_IN_SYNC', message: expect.stringContaining(name) as string });
    }
  });

  it('a recursive schema is read without being followed for ever', () => {
    interface Tree { value: number; children: Tree[] }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ value: z.number(), children: z.array(tree) }));
    const sum = flowModel({ inputs: { root: tree } }, ({ root }) => root.value + root.children.length);
    expect(sum({ root: { value: 1, children: [{ value: 2, children: [] }] } }).flow.computeSync().value).toBe(2);
  });
});

describe('options', () => {
  it.each([
    ['a number', 123],
    ['nothing', undefined],
    ['text', 'return 1'],
    ['a promise', Promise.resolve(1)],
    ['an object', {}],
  ])('CC-AUTH-27 the body is a function: %s is DEFINITION', (_, body) => {
    expect(refusal(() => flowModel({ name: 'report', inputs: {} }, body as never))).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining('report') as string });
    expect(refusal(() => contextTransform({ name: 'shift', inputs: {} }, body as never))).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining('shift') as string });
  });

  it('CC-AUTH-27 an unnamed function will do, an arrow or not', () => {
    expect(flowModel({ inputs: {} }, () => 1)().flow.computeSync().value).toBe(1);
    expect(flowModel({ inputs: {} }, function () { return 2; })().flow.computeSync().value).toBe(2);
  });

  it('options that are no object are DEFINITION', () => {
    for (const options of [undefined, null, 'report', 7]) expect(refusal(() => flowModel(options as never, () => 1)).code).toBe('DEFINITION');
  });

  it('an option that does not exist is DEFINITION, naming the one that was meant', () => {
    const error = withOptions({ autoUnwarp: true });
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toContain("'autoUnwarp'");
    expect(error.message).toContain("'autoUnwrap'");
  });

  it.each(['strictContext', 'autoUnwrap', 'validateResult', 'volatile', 'cacheable', 'freeze', 'localOnly', 'orchestrates', 'replace'])(
    'CC-AUTH-34 %s is true or false, anything else is DEFINITION',
    (option) => {
      const error = withOptions({ [option]: 'yes' });
      expect(error.code).toBe('DEFINITION');
      expect(error.message).toContain(option);
    },
  );

  it.each([
    ['name', 7],
    ['name', ''],
    ['version', 2],
    ['description', {}],
    ['output', 'number'],
    ['codeVersion', 'sometimes'],
    ['codeDeps', [1]],
    ['definitions', new Map()],
    ['contextType', z.number()],
  ])('CC-AUTH-34 %s cannot be %j', (option, value) => {
    const error = withOptions({ [option]: value });
    expect(error.code).toBe('DEFINITION');
    expect(error.message).toContain(option);
  });

  it('an undefined option is one that is not given', () => {
    const model = flowModel({ name: undefined, output: undefined, autoUnwrap: undefined, inputs: {} }, () => 1)() as CallableModel;
    expect(model.flow.computeSync()).toMatchObject({ value: 1 });
  });
});

describe('names of definitions', () => {
  const definitions = new DefinitionRegistry();

  it('a second definition under a taken name is DUPLICATE_NAME, also when the source is the same', () => {
    const adder = (n: number) => flowModel({ name: 'adder', definitions, inputs: { x: z.number() } }, ({ x }) => x + n);
    adder(1);
    expect(refusal(() => adder(2))).toMatchObject({ code: 'DUPLICATE_NAME', message: expect.stringContaining("'adder'") as string });
  });

  it('models and transforms share the names', () => {
    flowModel({ name: 'taken', definitions, inputs: {} }, () => 1);
    expect(refusal(() => contextTransform({ name: 'taken', definitions, inputs: {} }, () => 1)).code).toBe('DUPLICATE_NAME');
    class Taken extends modelClass({ name: 'taken', definitions }) {
      call(): number {
        return 1;
      }
    }
    expect(refusal(() => new Taken()).code).toBe('DUPLICATE_NAME');
  });

  it('without `definitions` a name is unique in the process', () => {
    flowModel({ name: 'processWide', inputs: {} }, () => 1);
    expect(refusal(() => flowModel({ name: 'processWide', inputs: {} }, () => 2)).code).toBe('DUPLICATE_NAME');
    expect(flowModel({ name: 'processWide', definitions: new DefinitionRegistry(), inputs: {} }, () => 3)().flow.computeSync().value).toBe(3);
  });

  it('`replace` takes a name over; models made before keep their body', () => {
    const before = flowModel({ name: 'hot', definitions, inputs: {} }, () => 'old')();
    const first = definitions.get('hot');
    const after = flowModel({ name: 'hot', definitions, replace: true, inputs: {} }, () => 'new')();
    expect(definitions.get('hot')).not.toBe(first);
    expect([before.flow.computeSync().value, after.flow.computeSync().value]).toEqual(['old', 'new']);
  });

  it('a definition that is refused takes no name', () => {
    expect(refusal(() => flowModel({ name: 'clean', definitions, inputs: { x: 1 as never } }, () => 1)).code).toBe('DEFINITION');
    expect(isModel(flowModel({ name: 'clean', definitions, inputs: {} }, () => 1)())).toBe(true);
  });

  it('any number of definitions may have no name', () => {
    const [a, b] = [1, 2].map((n) => flowModel({ inputs: {} }, () => n));
    expect([a?.().flow.computeSync().value, b?.().flow.computeSync().value]).toEqual([1, 2]);
  });

  it('a registry tells an unknown name by UNKNOWN_MODEL, with the nearest it has', () => {
    flowModel({ name: 'countVisitors', definitions, inputs: {} }, () => 1);
    const error = refusal(() => definitions.get('countVisitor'));
    expect(error.code).toBe('UNKNOWN_MODEL');
    expect(error.message).toContain("'countVisitor'");
    expect(error.message).toContain("'countVisitors'");
  });
});
