/** One field of every kind that a command line can give. */
import { Dependency, flowModel, FromContext } from '@flowmodel/core';
import { z } from 'zod';

const levels = { low: 1, high: 2 } as const;

export const schemas = {
  text: z.string(),
  number: z.number(),
  whole: z.int().min(3),
  flag: z.boolean(),
  big: z.bigint(),
  day: z.date(),
  choice: z.enum(['red', 'green']),
  level: z.enum(levels),
  literal: z.literal([1, 'one', null]),
  nothing: z.string().nullable(),
  numbers: z.array(z.number()),
  days: z.array(z.date()),
  pair: z.tuple([z.string(), z.number()]),
  set: z.set(z.number()),
  map: z.map(z.number(), z.date()),
  prices: z.record(z.string(), z.number()),
  region: z.object({ name: z.string(), since: z.date(), tags: z.array(z.string()).optional() }),
  either: z.union([z.number(), z.date(), z.string()]),
  both: z.intersection(z.object({ from: z.date() }), z.object({ to: z.bigint() })),
  anything: z.unknown(),
  coerced: z.coerce.number(),
  lower: z.string().transform((text) => text.toLowerCase()),
  instant: z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() }),
  trimmed: z.preprocess((value) => (typeof value === 'string' ? value.trim() : value), z.string()),
  relative: z.preprocess((value) => (value === 'epoch' ? new Date(0) : value), z.date()),
  row: z.tuple([z.string()], z.number()),
  code: z.literal([5n, 6n]),
  withDefault: z.date().default(new Date(0)),
};

/** The same field, read by two who want different things of it. */
const as = <S extends z.ZodType>(name: string, schema: S) => flowModel({ name, inputs: { x: FromContext(schema) } }, ({ x }) => x);
const list = flowModel({ name: 'list', inputs: { all: Dependency(z.array(z.unknown())) } }, ({ all }) => all);
export const shared = {
  textFirst: list({ all: [as('a', z.string())(), as('b', z.union([z.number(), z.string()]))()] }),
  numberFirst: list({ all: [as('c', z.union([z.number(), z.string()]))(), as('d', z.string())(), as('e', z.string().min(1))()] }),
  either: list({ all: [as('f', z.string().or(z.number()))(), as('g', z.number().or(z.string()))()] }),
};
const asked = (text: string) => Promise.resolve(text !== ''); // no async function: nobody sees it coming
export const asynchronous = as('asynchronous', z.string().refine((text) => asked(text)))();
export const named = flowModel({ name: 'named', inputs: { 'region.name': FromContext(z.string()), region: FromContext(z.unknown().optional()) } }, (inputs) => inputs)();

/** Its value is what it read. */
export const read = Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => [name, flowModel({ name: `read.${name}`, inputs: { [name]: FromContext(schema) } }, (inputs) => inputs[name])()]),
);
