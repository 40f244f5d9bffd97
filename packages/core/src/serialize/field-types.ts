/** The schemas that travel by name, for `fromField`: those that say no more than a type. */
import { $ZodAny, $ZodBigInt, $ZodBoolean, $ZodDate, $ZodNumber, $ZodString, $ZodUnknown } from 'zod/v4/core';
import type { $ZodType } from 'zod/v4/core';
import type { Validator } from '../model/schema.ts';

const PLAIN: Readonly<Record<string, () => $ZodType>> = {
  number: () => new $ZodNumber({ type: 'number' }),
  string: () => new $ZodString({ type: 'string' }),
  boolean: () => new $ZodBoolean({ type: 'boolean' }),
  bigint: () => new $ZodBigInt({ type: 'bigint' }),
  date: () => new $ZodDate({ type: 'date' }),
  any: () => new $ZodAny({ type: 'any' }),
  unknown: () => new $ZodUnknown({ type: 'unknown' }),
};

export const FIELD_TYPES: readonly string[] = Object.keys(PLAIN);

/** The name of a schema that says no more than a type. */
export function nameOfType({ schema, secret }: Validator): string | undefined {
  const def = schema._zod.def as { readonly type: string; readonly checks?: readonly unknown[]; readonly coerce?: boolean; readonly format?: unknown };
  const isPlain = Object.hasOwn(PLAIN, def.type) && (def.checks ?? []).length === 0 && def.coerce !== true && def.format === undefined && !secret;
  return isPlain ? def.type : undefined;
}

export const typeNamed = (name: string): $ZodType | undefined => (Object.hasOwn(PLAIN, name) ? PLAIN[name]!() : undefined);
