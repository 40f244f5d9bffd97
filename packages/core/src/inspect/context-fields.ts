import type * as core from 'zod/v4/core';
import { readsOf } from '../context/contract.ts';
import { isSecretField, labelOf } from '../model/definition.ts';
import { expectModel } from '../model/expect-model.ts';
import type { CallableModel } from '../types.ts';
import { typeOf } from './own-contract.ts';

/** One field that a graph may read from its context, for whoever reads contexts from text or draws a form for them. */
export interface ContextFieldSummary {
  /** All of what its readers want: `number`, `Date`, `string & "a" | "b"`. */
  readonly type: string;
  /** The schemas that a value has to satisfy, one of each reader; those of `contextType` too. */
  readonly schemas: readonly core.$ZodType[];
  /** The names of the models and transforms that read it. */
  readonly readBy: readonly string[];
  /** Whether some reader calls it a secret. */
  readonly secret: boolean;
}

/**
 * The fields that a model and its upstream may read from their context, lazy branches and transforms included, with the schemas that read them.
 * A field that a patch rewrites is among them, since a patch may leave it out; one that an override writes, or a closed context hides, is not. What of them
 * has to be given, `flow.inspect(context).graph` says.
 *
 * @example
 * ```ts
 * const price = flowModel({ name: 'price', inputs: { day: FromContext(z.number()) } }, ({ day }) => day * 2);
 * const total = flowModel({ name: 'total', inputs: { price: z.number(), count: FromContext(z.int()) } }, ({ price, count }) => price * count);
 * const { day } = contextFieldsOf(total({ price: price() }));
 * console.log(day?.type, day?.readBy); // number [ 'price' ]
 * ```
 */
export function contextFieldsOf(model: CallableModel): Readonly<Record<string, ContextFieldSummary>> {
  const fields: Record<string, ContextFieldSummary> = {};
  for (const [name, readers] of readsOf(expectModel('contextFieldsOf(', model))) {
    const own = readers.map(({ field }) => field);
    const summary: ContextFieldSummary = Object.freeze({
      type: typeOf(own),
      schemas: Object.freeze([...new Set(own.flatMap(({ schema, also }) => (also === undefined ? [schema.schema] : [schema.schema, also.schema])))]),
      readBy: Object.freeze([...new Set(readers.map(({ definition }) => labelOf(definition)))]),
      secret: own.some(isSecretField),
    });
    Object.defineProperty(fields, name, { value: summary, enumerable: true }); // whatever a field is named
  }
  return Object.freeze(fields);
}
