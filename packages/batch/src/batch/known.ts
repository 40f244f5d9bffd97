/** Which definitions are batches, so that a throttle finds the instance that an evaluation belongs to. */
import type { AnyModel } from '@flowmodel/core';

const batches = new WeakSet<object>();

/** What factories and models carry at run time: the definition behind them. */
export const definitionOf = (of: object): object | undefined => (of as { readonly definition?: object }).definition;

export const knowBatch = (definition: object): void => void batches.add(definition);

export function isBatch(model: AnyModel): boolean {
  const definition = definitionOf(model);
  return definition !== undefined && batches.has(definition);
}
