/** What evaluations yield to the caller. */

const resultBrand: unique symbol = Symbol.for('flowmodel.result') as never;
const boxBrand: unique symbol = Symbol.for('flowmodel.genericResult') as never;

/**
 * The base of results with a shape of their own. A body that returns one has it passed on as it is, to consumers and to the caller.
 *
 * @example
 * ```ts
 * class Quote extends FlowResult {
 *   readonly bid: number;
 *   readonly ask: number;
 *   constructor(bid: number, ask: number) { super(); this.bid = bid; this.ask = ask; }
 * }
 * const quote = flowModel({ inputs: { mid: FromContext(z.number()) } }, ({ mid }) => new Quote(mid - 1, mid + 1));
 * console.log((await quote().flow.compute({ mid: 10 })).ask); // 11
 * ```
 */
export abstract class FlowResult {
  /** Keeps plain objects from passing for results, also at compile time. */
  get [resultBrand](): true {
    return true;
  }
}

/** The box around a plain value: what `compute` resolves to unless the body returns a `FlowResult` of its own. Unwrapped between models. */
export class GenericResult<T> extends FlowResult {
  readonly value: T;

  constructor(value: T) {
    super();
    this.value = value;
    if (new.target === GenericResult) Object.freeze(this);
  }

  get [boxBrand](): true {
    return true;
  }
}

/** Recognises results of a second install too. */
export const isFlowResult = (value: unknown): value is FlowResult =>
  typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[resultBrand] === true;

export const isGenericResult = (value: unknown): value is GenericResult<unknown> =>
  typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[boxBrand] === true;
