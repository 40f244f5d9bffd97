/** One item, made ready for its instance. */
import { FlowContext, FlowError } from '@flowmodel/core';
import { frozenCopy } from '@flowmodel/core/extending';
import type { z } from 'zod';

/** A deeply frozen copy, so that the caller's own object is neither frozen nor aliased; `undefined` is not given. */
export function frozenParams(item: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const copy: Record<string, unknown> = { ...item };
  for (const name in item) {
    const value = item[name];
    if (value === undefined) return Object.freeze(new FlowContext(item).toObject());
    if (typeof value === 'object') copy[name] = frozenCopy(value);
  }
  return Object.freeze(copy);
}

/** What an instance gets: the fields as the item's schema parses them, and those that it does not know. Throws MISSING_CONTEXT, INVALID_CONTEXT. */
export function parsedItem(who: string, schema: z.ZodObject | undefined, item: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (schema === undefined) return item;
  const result = schema.safeParse(item);
  if (result.success) return { ...item, ...result.data };
  const { issues } = result.error;
  const missing = issues.filter(({ path }) => path.length === 1 && item[String(path[0])] === undefined);
  const told = issues.map(({ path, message }) => `${path.map(String).join('.') || 'item'}: ${message}`).join('; ');
  const code = missing.length > 0 ? 'MISSING_CONTEXT' : 'INVALID_CONTEXT';
  throw new FlowError(code, `${who}: the item does not suit its schema: ${told}. Let params yield what 'item' says.`, { details: { issues }, cause: result.error });
}
