/** One field of every kind that a command line can give. */
import { flowModel, FromContext } from '@flowmodel/core';
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
  withDefault: z.date().default(new Date(0)),
};

/** Its value is what it read. */
export const read = Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => [name, flowModel({ name: `read.${name}`, inputs: { [name]: FromContext(schema) } }, (inputs) => inputs[name])()]),
);
