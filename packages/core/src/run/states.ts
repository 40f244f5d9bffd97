/** What stands in a run's arrays where no value stands yet. */

/** Not begun. */
export const EMPTY: unique symbol = Symbol('empty');
/** The body is on the stack. */
export const RUNNING: unique symbol = Symbol('running');
/** A promise, or another cell's result, is awaited. */
export const PENDING: unique symbol = Symbol('pending');

export const isUnfinished = (value: unknown): boolean => value === EMPTY || value === RUNNING || value === PENDING;

/** A failure is remembered for the run like any value. */
export class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
