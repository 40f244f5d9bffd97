import type { BoundTransform } from './transform.ts';
import type { Model } from './model.ts';

// `Symbol.for`: duplicate installs recognise each other's models.
export const modelBrand: unique symbol = Symbol.for('flowmodel.model') as never;
export const transformBrand: unique symbol = Symbol.for('flowmodel.transform') as never;
/** Node's hook for `console.log`. */
export const inspectHook: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** No value: unlike `undefined` and `null`, never one that a caller gave. */
export const UNSET: unique symbol = Symbol.for('flowmodel.unset') as never;

const branded = (value: unknown, brand: symbol): boolean =>
  typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;

export const asModel = (value: unknown): Model | undefined => (branded(value, modelBrand) ? (value as Model) : undefined);
export const asTransform = (value: unknown): BoundTransform | undefined => (branded(value, transformBrand) ? (value as BoundTransform) : undefined);
