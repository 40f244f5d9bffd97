// What the code of a definition is in keys (api.md §1.1 `version`, `codeVersion`, `codeDeps`; §6 "Content-hash cache").
import { describe, expect, it } from 'vitest';
import { contextTransform, defaultHasher, Dependency, flowModel, FromContext, fromField, Lazy, modelClass, ModelInput, Resource } from '@flowmodel/core';
import type { Hasher } from '@flowmodel/core';
import { z } from 'zod';
import { codeVersionOf } from '../src/cache/code-version.ts'; // a part of every key
import type { Definition } from '../src/model/definition.ts';
import { refusal } from './refusal.ts';

interface Defined {
  readonly definition: Definition;
}
const definitionOf = (of: unknown): Definition => (of as Defined).definition; // factories, transforms and models carry it

const version = (of: unknown, mode?: 'source' | 'explicit', hasher: Hasher = defaultHasher): string => codeVersionOf(definitionOf(of), mode, hasher);

/** A definition of its own for each call: names may be given twice. */
const model = (options: object, body: unknown = () => 1): unknown => flowModel({ name: 'model', replace: true, inputs: {}, ...options }, body as () => unknown);

const helper = (n: number): number => n + 1;

describe('the source of the code', () => {
  it('CC-KEY-29 the same source is the same version, in whatever definition of the name', () => {
    expect(version(model({}, () => 1))).toBe(version(model({}, () => 1)));
  });

  it('CC-KEY-28 another body is another version', () => {
    expect(version(model({}, () => 1))).not.toBe(version(model({}, () => 2)));
  });

  it('the source of codeDeps counts, and their order', () => {
    const other = (n: number): number => n + 2;
    const versions = [[], [helper], [other], [helper, other], [other, helper]].map((codeDeps) => version(model({ codeDeps })));
    expect(new Set(versions).size).toBe(5);
    expect(version(model({ codeDeps: [helper] }))).toBe(version(model({ codeDeps: [(n: number): number => n + 1] })));
  });

  it('version counts', () => {
    expect(new Set([version(model({})), version(model({ version: '1' })), version(model({ version: '2' })), version(model({ version: '' }))]).size).toBe(4);
  });

  it('CC-KEY-28 what a body closes over, and helpers that are not listed, are not seen', () => {
    const scaled = (factor: number): unknown => model({}, () => factor * helper(1));
    expect(version(scaled(2))).toBe(version(scaled(3)));
  });

  it('CC-KEY-29 a definition without a name is its own: it could be another closure of the same source', () => {
    const scaled = (factor: number): unknown => flowModel({ inputs: {} }, () => factor);
    const twice = scaled(2);
    expect(version(twice)).toBe(version(twice));
    expect(version(twice)).not.toBe(version(scaled(3)));
    expect(version(twice, 'explicit')).not.toBe(version(scaled(3), 'explicit'));
  });

  it('of a class-based model every method counts, and those of its superclasses', () => {
    const options = { name: 'Counter', replace: true, output: z.number() } as const;
    const make = (call: number, other: number, base: number): unknown => {
      const Base = [class extends modelClass(options) { step(): number { return 1; } call(): number { return 0; } }, class extends modelClass(options) { step(): number { return 2; } call(): number { return 0; } }][base]!;
      const classes = [
        class Counter extends Base { override call(): number { return this.step(); } other(): number { return 1; } },
        class Counter extends Base { override call(): number { return this.step() + 1; } other(): number { return 1; } },
        class Counter extends Base { override call(): number { return this.step(); } other(): number { return 2; } },
      ];
      return new classes[call + 2 * other]!();
    };
    const versions = [make(0, 0, 0), make(1, 0, 0), make(0, 1, 0), make(0, 0, 1)].map((made) => version(made));
    expect(new Set(versions).size).toBe(4);
    expect(version(make(0, 0, 0))).toBe(versions[0]);
  });

  it('a body without readable source is refused, and accepted with an explicit version', () => {
    const bound = helper.bind(undefined, 1);
    const error = refusal(() => version(model({}, bound)));
    expect(error).toMatchObject({ code: 'UNHASHABLE', details: { model: 'model' } });
    for (const part of ["model: the source of the function 'bound helper'", 'bind()', "codeVersion: 'explicit'"]) expect(error.message).toContain(part);
    expect(refusal(() => version(model({ codeDeps: [bound] }))).code).toBe('UNHASHABLE');
    expect(refusal(() => version(model({}, new Proxy(helper, {})))).code).toBe('UNHASHABLE');
    expect(version(model({ codeVersion: 'explicit', version: '1' }, bound))).toMatch(/^[0-9a-f]{64}$/);
  });

  it('functions of the language are told apart by their names', () => {
    expect(version(model({}, Math.max))).not.toBe(version(model({}, Math.min)));
  });

  it('transforms have a version too', () => {
    const field = (by: number): unknown => contextTransform({ name: 'shift', replace: true, inputs: { n: FromContext(z.number()) }, output: z.number().max(by) }, ({ n }) => n + 1);
    expect(version(field(1))).toBe(version(field(1)));
    expect(version(field(1))).not.toBe(version(field(2)));
    const patch = (patches: Record<string, z.ZodNumber>): unknown => contextTransform({ name: 'shift', replace: true, inputs: {}, patches }, () => ({}));
    expect(version(patch({ a: z.number() }))).toBe(version(patch({ a: z.number() })));
    expect(version(patch({ a: z.number() }))).not.toBe(version(patch({ b: z.number() })));
    expect(version(fromField('a', z.number()))).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the mode', () => {
  it("'explicit' leaves version only", () => {
    const [a, b] = [model({}, () => 1), model({ inputs: { n: z.number() }, codeDeps: [helper] }, () => 2)];
    expect(version(a, 'explicit')).toBe(version(b, 'explicit'));
    expect(version(model({ version: '1' }), 'explicit')).not.toBe(version(model({ version: '2' }), 'explicit'));
    expect(version(a, 'explicit')).not.toBe(version(a));
  });

  it("'source' is the default", () => {
    const a = model({});
    expect(version(a)).toBe(version(a, 'source'));
  });

  it("the definition's own mode wins", () => {
    expect(version(model({ codeVersion: 'explicit' }, () => 1), 'source')).toBe(version(model({}, () => 2), 'explicit'));
    expect(version(model({ codeVersion: 'source' }), 'explicit')).toBe(version(model({}), 'source'));
  });

  it('each mode and hasher is hashed once for a definition', () => {
    let calls = 0;
    const hasher: Hasher = { name: 'counting', text: (text) => `${++calls} ${text.length}`, value: () => expect.unreachable('code is text') };
    const a = model({});
    expect(version(a, 'source', hasher)).toBe(version(a, undefined, hasher));
    expect(calls).toBe(1);
    version(a, 'explicit', hasher);
    version(a, 'explicit', hasher);
    expect(calls).toBe(2);
  });
});

describe('what a definition declares', () => {
  const declares = (options: object): string => version(model(options));
  const input = (schema: unknown): string => declares({ inputs: { a: schema } });

  it('names and roles of inputs', () => {
    const versions = [{}, { a: z.any() }, { b: z.any() }, { a: FromContext(z.any()) }, { a: Lazy(z.any()) }, { a: Dependency(z.any()) }, { a: ModelInput(z.any()) }, { a: Resource() }];
    expect(new Set(versions.map((inputs) => declares({ inputs }))).size).toBe(versions.length);
  });

  it('the order of inputs does not count', () => {
    expect(declares({ inputs: { a: z.string(), b: z.number() } })).toBe(declares({ inputs: { b: z.number(), a: z.string() } }));
  });

  it('the output, the type of the context', () => {
    expect(declares({ output: z.number() })).not.toBe(declares({}));
    expect(declares({ output: z.number() })).not.toBe(declares({ output: z.number().min(1) }));
    const inputs = { a: FromContext(z.number()) };
    expect(declares({ inputs, contextType: z.object({ a: z.number() }) })).not.toBe(declares({ inputs }));
    expect(declares({ inputs, contextType: z.object({ a: z.number() }) })).not.toBe(declares({ inputs, contextType: z.object({ a: z.number().max(3) }) }));
  });

  it('of a class-based model, its context', () => {
    const make = (context: z.ZodObject): unknown => new (class Made extends modelClass({ name: 'Made', replace: true, context, output: z.number() }) { call(): number { return 1; } })();
    expect(version(make(z.object({ a: z.number() })))).toBe(version(make(z.object({ a: z.number() }))));
    expect(version(make(z.object({ a: z.number() })))).not.toBe(version(make(z.object({ a: z.string() }))));
  });

  const shared = z.string();
  const changes: [string, () => unknown, () => unknown][] = [
    ['a type', () => z.string(), () => z.number()],
    ['whether it may be left out', () => z.string(), () => z.string().optional()],
    ['whether it may be null', () => z.string(), () => z.string().nullable()],
    ['a default', () => z.number().default(1), () => z.number().default(2)],
    ['a default inside', () => z.object({ a: z.number().default(1) }), () => z.object({ a: z.number().default(2) })],
    ['a default that is a container', () => z.array(z.number()).default([1]), () => z.array(z.number()).default([2])],
    ['a prefault', () => z.string().prefault('a'), () => z.string().prefault('b')],
    ['what stands in for what is refused', () => z.number().catch(1), () => z.number().catch(2)],
    ['a function that says what stands in', () => z.number().catch((ctx) => ctx.issues.length), () => z.number().catch((ctx) => ctx.issues.length + 1)],
    ['coercion', () => z.number(), () => z.coerce.number()],
    ['a bound', () => z.number().min(1), () => z.number().min(2)],
    ['a bound that is inclusive', () => z.number().min(1), () => z.number().gt(1)],
    ['a step', () => z.number().multipleOf(2), () => z.number().multipleOf(3)],
    ['integers', () => z.number(), () => z.int()],
    ['a length', () => z.string().max(5), () => z.string().length(5)],
    ['a pattern', () => z.string().regex(/a/), () => z.string().regex(/b/)],
    ['a format', () => z.email(), () => z.url()],
    ['a change of case', () => z.string().toLowerCase(), () => z.string().toUpperCase()],
    ['trimming', () => z.string(), () => z.string().trim()],
    ['the order of checks', () => z.string().trim().toLowerCase(), () => z.string().toLowerCase().trim()],
    ['an overwrite', () => z.number().overwrite((n) => n + 1), () => z.number().overwrite((n) => n + 2)],
    ['a refinement', () => z.number().refine((n) => n > 1), () => z.number().refine((n) => n > 2)],
    ['a check', () => z.number().check((ctx) => void (ctx.value > 1)), () => z.number().check((ctx) => void (ctx.value > 2))],
    ['a transform', () => z.string().transform((s) => s.length), () => z.string().transform((s) => s.length + 1)],
    ['a preprocessing', () => z.preprocess((v) => v, z.string()), () => z.preprocess((v) => String(v), z.string())],
    ['a pipe', () => z.string().pipe(z.string().min(1)), () => z.string().pipe(z.string().min(2))],
    ['a codec', () => z.codec(z.string(), z.number(), { decode: Number, encode: String }), () => z.codec(z.string(), z.number(), { decode: (s) => s.length, encode: String })],
    ['a field', () => z.object({ a: shared }), () => z.object({ b: shared })],
    ['a type of a field', () => z.object({ a: z.string() }), () => z.object({ a: z.number() })],
    ['unknown fields refused', () => z.object({}), () => z.strictObject({})],
    ['unknown fields kept', () => z.object({}), () => z.looseObject({})],
    ['unknown fields of a type', () => z.object({}).catchall(z.string()), () => z.object({}).catchall(z.number())],
    ['elements', () => z.array(z.string()), () => z.array(z.number())],
    ['a number of elements', () => z.array(z.string()).min(1), () => z.array(z.string()).min(2)],
    ['places of a tuple', () => z.tuple([z.string(), z.number()]), () => z.tuple([z.number(), z.string()])],
    ['the rest of a tuple', () => z.tuple([z.string()]), () => z.tuple([z.string()], z.number())],
    ['keys of a record', () => z.record(z.string(), z.number()), () => z.record(z.enum(['a']), z.number())],
    ['a Map', () => z.map(z.string(), z.number()), () => z.map(z.string(), z.string())],
    ['a Set', () => z.set(z.string()), () => z.set(z.number())],
    ['the options of a union', () => z.union([z.string(), z.number()]), () => z.union([z.string(), z.boolean()])],
    ['the order of a union, which decides', () => z.union([z.string(), z.coerce.number()]), () => z.union([z.coerce.number(), z.string()])],
    ['a discriminator', () => z.discriminatedUnion('a', [z.object({ a: z.literal(1), b: z.literal(1) })]), () => z.discriminatedUnion('b', [z.object({ a: z.literal(1), b: z.literal(1) })])],
    ['an intersection', () => z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })), () => z.intersection(z.object({ a: z.string() }), z.object({ c: z.string() }))],
    ['a literal', () => z.literal(1), () => z.literal('1')],
    ['a literal of another sign', () => z.literal(0), () => z.literal(-0)],
    ['an enum', () => z.enum(['a', 'b']), () => z.enum(['a', 'c'])],
    ['a template', () => z.templateLiteral(['a', z.number()]), () => z.templateLiteral(['b', z.number()])],
    ['a class', () => z.instanceof(Map), () => z.instanceof(Set)],
    ['a custom check', () => z.custom((v) => v === 1), () => z.custom((v) => v === 2)],
    ['what is behind a lazy schema', () => z.lazy(() => z.string()), () => z.lazy(() => z.number())],
    ['readonly', () => z.object({}), () => z.object({}).readonly()],
  ];
  it.each(changes)('%s counts', (_, a, b) => {
    expect(input(a())).not.toBe(input(b()));
    expect(input(z.object({ deep: z.array(a() as z.ZodType) }))).not.toBe(input(z.object({ deep: z.array(b() as z.ZodType) })));
    expect(declares({ output: a() })).not.toBe(declares({ output: b() }));
  });

  it('the same schema, made again, is the same', () => {
    for (const [, a, b] of changes) {
      expect(input(a())).toBe(input(a()));
      expect(input(b())).toBe(input(b()));
    }
  });

  it.each<[string, unknown, unknown]>([
    ['descriptions', z.string(), z.string().describe('a name')],
    ['meta data', z.string(), z.string().meta({ title: 'Name', examples: ['Ada'] })],
    ['descriptions of parts', z.object({ a: z.string() }), z.object({ a: z.string().describe('a name') })],
    ['brands', z.string(), z.string().brand<'Name'>()],
    ['messages', z.number().min(1), z.number().min(1, 'too small')],
    ['messages of refinements', z.number().refine(Number.isFinite), z.number().refine(Number.isFinite, { error: () => 'not finite', path: ['a'] })],
    ['messages of types', z.string(), z.string({ error: 'a name' })],
    ['the order of fields', z.object({ a: z.string(), b: z.number() }), z.object({ b: z.number(), a: z.string() })],
  ])('%s do not count', (_, a, b) => {
    expect(input(a)).toBe(input(b));
  });

  it('a callback of superRefine is not seen: zod keeps it to itself, and codeDeps can list it', () => {
    const above = (least: number) => (n: number, ctx: z.RefinementCtx) => void (n < least && ctx.addIssue('too small'));
    const first = (n: number, ctx: z.RefinementCtx): void => above(1)(n, ctx);
    const second = (n: number, ctx: z.RefinementCtx): void => above(2)(n, ctx);
    expect(input(z.number().superRefine(first))).toBe(input(z.number().superRefine(second)));
    expect(declares({ inputs: { a: z.number().superRefine(first) }, codeDeps: [first] })).not.toBe(declares({ inputs: { a: z.number().superRefine(second) }, codeDeps: [second] }));
  });

  it('descriptions of the model do not count', () => {
    expect(declares({ description: 'counts' })).toBe(declares({}));
  });

  it('a default that is made anew each time does not count, nor does reading it fail', () => {
    let made = 0;
    const schema = (): z.ZodType => z.number().default(() => made++);
    expect(input(schema())).toBe(input(schema()));
  });

  it('recursive schemas end', () => {
    interface Tree {
      readonly children: Tree[];
    }
    const lazy = (leaf: z.ZodType): z.ZodType<Tree> => {
      const tree: z.ZodType<Tree> = z.lazy(() => z.object({ leaf, children: z.array(tree) })) as never; // recursive types are not the matter here
      return tree;
    };
    const getter = (leaf: z.ZodType): z.ZodType => {
      const tree = z.object({
        leaf,
        get children(): z.ZodType {
          return z.array(tree);
        },
      });
      return tree;
    };
    for (const tree of [lazy, getter]) {
      expect(input(tree(z.string()))).toBe(input(tree(z.string())));
      expect(input(tree(z.string()))).not.toBe(input(tree(z.number())));
    }
    const endless = (): z.ZodType => z.array(z.lazy(endless)); // a new schema each time
    expect(input(endless())).toBe(input(endless()));
    expect(input(z.json())).toBe(input(z.json()));
  });
});
