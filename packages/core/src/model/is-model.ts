import type { CallableModel } from '../types.ts';
import { asModel } from './brand.ts';

/**
 * Whether a value is a model, also one of a second install of this package.
 *
 * @example
 * ```ts
 * const one = flowModel({ inputs: {} }, () => 1);
 * console.log(isModel(one()), isModel(one)); // true false
 * ```
 */
export const isModel = (value: unknown): value is CallableModel => asModel(value) !== undefined;
