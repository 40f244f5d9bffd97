/** What this package refuses. Wording with names and values; codes beyond the core's are listed here. */
import { FlowError, isModel } from '@flowmodel/core';
import { show } from '@flowmodel/core/extending';
import type { FlowErrorOptions } from '@flowmodel/core';

/** The codes that this package adds to the core's. */
export type StoreErrorCode = 'STORE_CONFLICT' | 'MAX_STEPS';

/**
 * Two passes wrote the same path of a created store, and the later write did not know of the earlier one: it would have been lost.
 * Nothing of the phase that meets it is committed. `details` has `path` (dotted), `node` (who could not commit) and `other` (who was first).
 *
 * @example
 * ```ts
 * class Late extends Node<{ total: number }> {
 *   override async post(shared: { total: number }): Promise<void> {
 *     const seen = shared.total;
 *     await Promise.resolve(); // meanwhile the other pass commits
 *     shared.total = seen + 1;
 *   }
 * }
 * class Twice extends ParallelBatchFlow<{ total: number }> {
 *   override prep(): object[] {
 *     return [{}, {}];
 *   }
 * }
 * try {
 *   await new Twice(new Late()).run(createStore({ total: 0 }));
 * } catch (error) {
 *   console.log(error instanceof StoreConflictError && error.details); // { path: 'total', node: 'Late', other: 'Late' }
 * }
 * ```
 */
export class StoreConflictError extends FlowError<'STORE_CONFLICT'> {
  constructor(message: string, options?: FlowErrorOptions) {
    super('STORE_CONFLICT', message, options);
  }
}
Object.defineProperty(StoreConflictError.prototype, 'name', { value: 'StoreConflictError', configurable: true, writable: true });

/** The type of a value, as an error names it: `null`, `array`, `Date`, `number`. */
export const typeName = (value: unknown): string =>
  value === null ? 'null'
  : Array.isArray(value) ? 'array'
  : typeof value === 'object' ? (value.constructor?.name ?? 'object')
  : typeof value;

/** Something else stands where a node should: says what it is, and what to write instead. */
export function notANode(who: string, expected: string, value: unknown): FlowError {
  return new FlowError('DEFINITION', `${who}: expected ${expected}, got ${isNodeClass(value) ? `the class ${value.name || '(anonymous)'}` : show(value)}. ${wayOut(value)}`);
}

const wayOut = (value: unknown): string =>
  isNodeClass(value) ? `Pass an instance of it: new ${value.name || 'MyNode'}().`
  : isModel(value) ? "A model becomes a node by fromModel(model, { into: 'key' })."
  : isNodeLike(value) ? 'It is a node of another package, or of a second copy of @flowmodel/store: import all classes from one place.'
  : typeof value === 'function' ? "Make it the exec or post of a class that extends Node, and pass new MyNode(); a factory of models is called first: fromModel(factory({ … }), { into: 'key' })."
  : 'Pass an instance of a class that extends Node.';

const isNodeClass = (value: unknown): value is { readonly name: string } => typeof value === 'function' && isNodeLike(value.prototype);
const isNodeLike = (value: unknown): boolean => typeof value === 'object' && value !== null && '_run' in value && 'post' in value;
