import type * as core from 'zod/v4/core';
import { noteParameter } from '../authoring/decoration.ts';
import { FlowError, show } from '../errors.ts';
import type { ParameterMark } from '../types.ts';

/**
 * The schema of a positional parameter that is a regular input, where its type says too little: a range, a default, the elements of an
 * array. For parameters of static methods that `@flowModel()` or `@contextTransform()` decorates, in the legacy dialect. Throws DEFINITION.
 *
 * @example
 * ```ts ignore
 * class Visitors {
 *   @flowModel()
 *   static count(@Input(z.string().min(1)) place: string, @Input(z.number().default(7)) days: number): number {
 *     return place.length * days;
 *   }
 * }
 * ```
 */
export function Input(schema: core.$ZodType): ParameterMark {
  if (typeof schema !== 'object' || schema === null || !('_zod' in schema)) throw new FlowError('DEFINITION', `Input expects a zod schema, got ${show(schema)}. Write @Input(z.number()), or drop it where the parameter's type says enough.`);
  return (...place) => noteParameter('Input', { role: 'regular', schema }, place);
}
