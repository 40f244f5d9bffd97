import type { Container } from './container.ts';
import type { Model } from './model.ts';
import type { ClosedContextRewrite, ComputedOverride } from './rewrites.ts';
import type { BoundTransform } from './transform.ts';

// `Symbol.for`: duplicate installs recognise each other's models.
export const modelBrand: unique symbol = Symbol.for('flowmodel.model') as never;
export const transformBrand: unique symbol = Symbol.for('flowmodel.transform') as never;
export const containerBrand: unique symbol = Symbol.for('flowmodel.container') as never;
export const computedBrand: unique symbol = Symbol.for('flowmodel.computed') as never;
export const closedBrand: unique symbol = Symbol.for('flowmodel.closed') as never;
/** Node's hook for `console.log`. */
export const inspectHook: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** No value: unlike `undefined` and `null`, never one that a caller gave. */
export const UNSET: unique symbol = Symbol.for('flowmodel.unset') as never;

const branded = (value: unknown, brand: symbol): boolean =>
  typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;

export const asModel = (value: unknown): Model | undefined => (branded(value, modelBrand) ? (value as Model) : undefined);
export const asContainer = (value: unknown): Container | undefined => (branded(value, containerBrand) ? (value as Container) : undefined);
export const asComputed = (value: unknown): ComputedOverride | undefined => (branded(value, computedBrand) ? (value as ComputedOverride) : undefined);
export const asClosed = (value: unknown): ClosedContextRewrite | undefined => (branded(value, closedBrand) ? (value as ClosedContextRewrite) : undefined);
export const asTransform = (value: unknown): BoundTransform | undefined => (branded(value, transformBrand) ? (value as BoundTransform) : undefined);
