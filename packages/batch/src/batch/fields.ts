/** The context fields that a batch reads on behalf of `each`: declared as its own inputs, so that the up-front check, inspections and keys know of them. */
import { contextFieldsOf, FlowError, FromContext } from '@flowmodel/core';
import type { AnyModel, Shape } from '@flowmodel/core';
import { z } from 'zod';
import { safeParse } from 'zod/v4/core';
import type * as core from 'zod/v4/core';

export interface CarriedFields {
  /** Inputs to add to the batch's own. */
  readonly shape: Shape;
  readonly names: readonly string[];
  /** Own contextual inputs that `each` reads too: handed on as they were given, so the batch parses them for `params` itself. */
  readonly shared: ReadonlyMap<string, core.$ZodType>;
  /** Whether a field has the name of a regular input of `each`, so that only a FlowContext can carry it. */
  readonly isAmbient: boolean;
}

/** `item`: the fields that come from items; undefined where that is not known. Throws DEFINITION, UNBOUND_INPUT. */
export function carriedFields(who: string, each: AnyModel, item: readonly string[] | undefined, own: Shape): CarriedFields {
  const inspection = each.flow.inspect(undefined, { dependencies: 'none' });
  const unbound = Object.keys(inspection.unboundInputs);
  if (unbound.length > 0) {
    throw new FlowError('UNBOUND_INPUT', `${who}: 'each' has regular inputs without a value: ${unbound.join(', ')}. Bind them where 'each' is made; what differs from item to item is a FromContext input.`, { details: { inputs: unbound } });
  }
  const fields = contextFieldsOf(each);
  const { requiredInputs } = inspection.graph;
  const regular = new Set(Object.entries(inspection.inputs).filter(([, { kind }]) => kind !== 'context' && kind !== 'resource').map(([name]) => name));
  const fromItem = new Set(item);
  for (const name of fromItem) {
    if (regular.has(name) && fields[name] === undefined) throw new FlowError('DEFINITION', `${who}: the item's field '${name}' is a regular input of 'each', which no context fills. Make it FromContext there, or name the field otherwise.`);
  }
  const shape: Record<string, Shape[string]> = {};
  const shared = new Map<string, core.$ZodType>();
  const names = Object.keys(fields).filter((name) => !fromItem.has(name));
  for (const name of names) {
    const { type, schemas, secret } = fields[name]!;
    const mine = own[name] as { readonly role?: string; readonly schema?: core.$ZodType } | undefined;
    if (mine !== undefined && mine.role !== 'context') throw new FlowError('DEFINITION', `${who}: '${name}' is an input of the batch and a context field that 'each' reads. Rename one of them, or make it a field of the item.`);
    if (mine !== undefined) shared.set(name, mine.schema!);
    const readers = item === undefined ? [] : schemas;
    const isRequired = item !== undefined && Object.hasOwn(requiredInputs, name) && requiredInputs[name]!.hidden !== true;
    const schema = asGiven(type, mine === undefined ? readers : [...readers, mine.schema!], secret);
    const mineIsRequired = mine !== undefined && !safeParse(mine.schema!, undefined).success;
    Object.defineProperty(shape, name, { value: FromContext(isRequired || mineIsRequired ? schema : schema.optional()), enumerable: true });
  }
  return { shape, names, shared, isAmbient: [...names, ...fromItem].some((name) => regular.has(name)) };
}

/** Accepts what all of some schemas accept, and leaves it as it was given: whoever reads it parses it. */
function asGiven(type: string, schemas: readonly core.$ZodType[], secret: boolean): z.ZodType {
  const checked = z.custom<unknown>().superRefine((value, context) => {
    for (const schema of schemas) {
      const result = safeParse(schema, value);
      for (const issue of result.success ? [] : result.error.issues) context.addIssue({ code: 'custom', message: issue.message, path: [...issue.path], input: value });
    }
  });
  const schema = secret ? checked.meta({ secret: true }) : checked;
  (schema._zod.bag as Record<string, unknown>)['Class'] = { name: type }; // where `z.instanceof` keeps what a custom schema's type is called
  return schema;
}
