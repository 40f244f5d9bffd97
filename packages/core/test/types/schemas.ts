// Every kind of zod schema as an input: what may be bound, what the body receives, whether it is required.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { Dependency, flowModel, FromContext, Lazy } from '@flowmodel/core';
import type { ContextOf, ValueOf } from '@flowmodel/core';

const number = flowModel({ inputs: {} }, () => 1);
const text = flowModel({ inputs: { t: FromContext(z.string()) } }, ({ t }) => t);

/* ---------- required or not ---------- */

const optionality = flowModel(
  {
    inputs: {
      required: z.number(),
      nullable: z.number().nullable(),
      optional: z.number().optional(),
      defaulted: z.number().default(1),
      prefaulted: z.number().prefault(1),
      nullish: z.number().nullish(),
      readonlyDefault: z.array(z.number()).default([]).readonly(),
      nested: z.number().default(1).nullable(),
      caught: z.number().catch(1),
      piped: z.number().default(1).transform(String),
      any: z.any(),
      unknown: z.unknown(),
      coerced: z.coerce.number(),
      undefinable: z.union([z.number(), z.undefined()]),
    },
  },
  (inputs) => {
    expectTypeOf(inputs.optional).toEqualTypeOf<number | undefined>();
    expectTypeOf(inputs.defaulted).toEqualTypeOf<number>();
    expectTypeOf(inputs.nullish).toEqualTypeOf<number | null | undefined>();
    expectTypeOf(inputs.readonlyDefault).toEqualTypeOf<readonly number[]>();
    expectTypeOf(inputs.piped).toEqualTypeOf<string>();
    expectTypeOf(inputs.coerced).toEqualTypeOf<number>();
    return inputs.required;
  },
);
const enough = { required: 1, nullable: null, caught: 1, any: 1, unknown: 1, coerced: '1', undefinable: 1 };
void optionality(enough).flow.compute();
void optionality({ ...enough, optional: undefined, defaulted: undefined, nested: null }).flow.compute();
// @ts-expect-error any is required
void optionality({ required: 1, nullable: null, caught: 1, unknown: 1, coerced: '1', undefinable: 1 }).flow.compute();
// @ts-expect-error unknown is required
void optionality({ required: 1, nullable: null, caught: 1, any: 1, coerced: '1', undefinable: 1 }).flow.compute();
// @ts-expect-error coerced is required
void optionality({ required: 1, nullable: null, caught: 1, any: 1, unknown: 1, undefinable: 1 }).flow.compute();
// @ts-expect-error required is, as it says
void optionality({ nullable: null, caught: 1, any: 1, unknown: 1, coerced: '1', undefinable: 1 }).flow.compute();
// @ts-expect-error null is a value, and not one of these
optionality({ optional: null });

/* ---------- transforms, brands, coercion: a binding is an input, a body gets an output ---------- */

const UserId = z.string().brand<'UserId'>();
type UserId = z.output<typeof UserId>;
const converted = flowModel(
  { inputs: { id: UserId, length: z.string().transform((s) => s.length), when: z.coerce.date(), trimmed: z.string().trim().min(1), upper: z.preprocess((v) => String(v), z.string()) } },
  ({ id, length, when }) => {
    expectTypeOf(id).toEqualTypeOf<UserId>();
    expectTypeOf(length).toEqualTypeOf<number>();
    expectTypeOf(when).toEqualTypeOf<Date>();
    return id;
  },
);
expectTypeOf<ValueOf<ReturnType<typeof converted>>>().toEqualTypeOf<UserId>();
void converted({ id: 'plain', length: 'four', when: 0, trimmed: 'x', upper: 1 }).flow.compute();
void converted({ id: converted(), length: text(), when: text(), trimmed: text(), upper: number() });
// @ts-expect-error the input of the transform is a string
converted({ length: 4 });
// @ts-expect-error a model of numbers cannot feed it either
converted({ length: number() });

/* ---------- literals, enums, unions, dates and other values ---------- */

declare enum Level {
  low = 'low',
  high = 'high',
}
const chosen = flowModel(
  {
    inputs: {
      mode: z.enum(['fast', 'slow']),
      level: z.enum(Level),
      exactly: z.literal([1, 2]),
      either: z.union([z.string(), z.array(z.number())]),
      shape: z.discriminatedUnion('kind', [z.object({ kind: z.literal('circle'), r: z.number() }), z.object({ kind: z.literal('square'), side: z.number() })]),
      big: z.bigint(),
      at: z.date(),
      set: z.set(z.string()),
      map: z.map(z.string(), z.number()),
      bytes: z.instanceof(Uint8Array),
      template: z.templateLiteral(['v', z.number()]),
      call: z.custom<(n: number) => string>(),
    },
  },
  ({ mode, level, exactly, shape: figure, call }) => {
    expectTypeOf(mode).toEqualTypeOf<'fast' | 'slow'>();
    expectTypeOf(level).toEqualTypeOf<Level>();
    expectTypeOf(exactly).toEqualTypeOf<1 | 2>();
    return figure.kind === 'circle' ? figure.r : call(figure.side);
  },
);
chosen({ mode: 'fast', level: Level.high, exactly: 2, either: [1, 2], shape: { kind: 'square', side: 1 }, big: 1n, at: new Date(), set: new Set(['a']), map: new Map([['a', 1]]), bytes: new Uint8Array(1), template: 'v1', call: (n) => n.toFixed() });
const mode = flowModel({ inputs: {} }, (): 'fast' | 'slow' => 'fast');
chosen({ mode: mode(), either: text(), shape: flowModel({ inputs: {} }, () => ({ kind: 'circle' as const, r: 1 }))() });
// @ts-expect-error any string is not one of the two
chosen({ mode: text() });
// @ts-expect-error no value of the enum
chosen({ mode: 'medium' });
// @ts-expect-error a circle has no side
chosen({ shape: { kind: 'circle', side: 1 } });
// @ts-expect-error neither member of the union
chosen({ either: 1 });
// @ts-expect-error a set of another type
chosen({ set: new Set([1]) });
// @ts-expect-error not of the template
chosen({ template: 'w1' });
// @ts-expect-error a function of another type
chosen({ call: (n: string) => n });

/* ---------- containers: readonly ones too, since plain data is copied ---------- */

const holders = flowModel(
  { inputs: { list: z.array(z.number()), pair: z.tuple([z.number(), z.string()]), rest: z.tuple([z.string()], z.number()), table: z.object({ rows: z.array(z.object({ xs: z.array(z.number()) })) }), record: z.record(z.string(), z.array(z.number())), byMode: z.partialRecord(z.enum(['fast', 'slow']), z.number()) } },
  ({ list, pair }) => {
    expectTypeOf(list).toEqualTypeOf<number[]>();
    expectTypeOf(pair).toEqualTypeOf<[number, string]>();
    return list.length;
  },
);
holders({ list: [1, 2], pair: [1, 'x'], rest: ['x', 1, 2], table: { rows: [{ xs: [1] }] }, record: { a: [1] }, byMode: { fast: 1 } });
const constant = { list: [1, 2], pair: [1, 'x'], rest: ['x', 1], table: { rows: [{ xs: [1] }] }, record: { a: [1] } } as const;
holders(constant);
const mutable: number[] = [1];
const immutable: readonly number[] = [1];
holders({ list: mutable });
holders({ list: immutable, record: { a: immutable } });
holders({ list: flowModel({ inputs: {} }, () => immutable)() });
// @ts-expect-error a string in the list
holders({ list: [1, 'x'] });
// @ts-expect-error too short
holders({ pair: [1] });
// @ts-expect-error too long
holders({ pair: [1, 'x', 2] });
// @ts-expect-error a string, three levels down
holders({ table: { rows: [{ xs: ['1'] }] } });
// @ts-expect-error no such mode
holders({ byMode: { medium: 1 } });

/* ---------- recursive schemas, also with models inside ---------- */

const Tree = z.object({
  size: z.number(),
  get children() {
    return z.array(Tree);
  },
});
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
const json: z.ZodType<Json, Json> = z.lazy(() => z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]));
const recursive = flowModel({ inputs: { tree: Tree, data: json, grown: Dependency(Tree), filled: Dependency(json) } }, ({ tree, grown }) => {
  expectTypeOf(grown).toEqualTypeOf(tree);
  return tree.children[0]?.children[0]?.size ?? 0;
});
recursive({ tree: { size: 1, children: [{ size: 2, children: [] }] }, data: { a: [1, { b: null }] } });
const grown = recursive({ grown: { size: number(), children: [{ size: 1, children: [{ size: 2, children: [] }] }] }, filled: { a: [text(), { b: [1, text()] }] } });
expectTypeOf<ContextOf<typeof grown>>().toEqualTypeOf<{ t: string }>();
// @ts-expect-error a string, two levels down
recursive({ tree: { size: 1, children: [{ size: '2', children: [] }] } });
// @ts-expect-error a string model, one level down
recursive({ grown: { size: 1, children: [{ size: text(), children: [] }] } });
// @ts-expect-error a function is no JSON
recursive({ data: { a: () => 1 } });

/* ---------- class instances ---------- */

class Connection {
  readonly #secret = 1;
  readonly name: string = 'x';
  open(): number {
    return this.#secret;
  }
}
const connected = flowModel({ inputs: { connection: z.instanceof(Connection), many: Dependency(z.array(z.instanceof(Connection))) } }, ({ connection, many: [first] }) => {
  expectTypeOf(first).toEqualTypeOf<Connection | undefined>();
  return connection.open();
});
connected({ connection: new Connection(), many: [new Connection(), flowModel({ inputs: {} }, () => new Connection())()] });
// @ts-expect-error it only looks like one
connected({ connection: { name: 'x', open: () => 1 } });

/* ---------- zod/mini ---------- */

const small = flowModel(
  { inputs: { n: mini.number(), list: mini.optional(mini.array(mini.string())), level: FromContext(mini._default(mini.enum(['a', 'b']), 'a')), at: FromContext(mini.date()), later: Lazy(mini.optional(mini.number())), parts: Dependency(mini.array(mini.number())) }, output: mini.string() },
  ({ n, list, level, at, later, parts }) => {
    expectTypeOf(n).toEqualTypeOf<number>();
    expectTypeOf(list).toEqualTypeOf<string[] | undefined>();
    expectTypeOf(level).toEqualTypeOf<'a' | 'b'>();
    expectTypeOf(at).toEqualTypeOf<Date>();
    expectTypeOf(later?.()).toEqualTypeOf<Promise<number | undefined> | undefined>();
    expectTypeOf(parts).toEqualTypeOf<number[]>();
    return String(n);
  },
);
const bound = small({ n: number(), parts: [1, number()] });
expectTypeOf<ContextOf<typeof bound>>().toEqualTypeOf<{ at: Date; level?: 'a' | 'b' | undefined }>();
expectTypeOf<ValueOf<typeof bound>>().toEqualTypeOf<string>();
void bound.flow.compute({ at: new Date() });
// @ts-expect-error n and parts are unbound
void small().flow.compute({ at: new Date() });
// @ts-expect-error wrong type
small({ n: 'x' });

/* ---------- undefined is not given, with and without exactOptionalPropertyTypes ---------- */

declare const perhaps: string | undefined;
const optional = flowModel({ inputs: { name: z.string().optional(), title: z.string(), unit: FromContext(z.string().optional()) } }, ({ title }) => title);
void optional({ name: undefined, title: 'x', unit: undefined }).flow.compute({ unit: undefined });
void optional({ name: perhaps, title: 'x', unit: perhaps }).flow.compute({ unit: perhaps });
// @ts-expect-error title may be unbound
void optional({ title: perhaps }).flow.compute();
