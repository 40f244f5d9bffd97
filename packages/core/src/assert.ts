/** Checks of options: each says what was expected, and what it got. */
import { didYouMean, FlowError, listNames, show } from './errors.ts';

const problem = (who: string, text: string): FlowError => new FlowError('DEFINITION', `${who}: ${text}.`);

/** Throws DEFINITION for an option that does not exist. */
export function assertKnown(who: string, options: unknown, known: readonly string[]): asserts options is object {
  if (typeof options !== 'object' || options === null) throw problem(who, `expected an options object, got ${show(options)}`);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw problem(who, `there is no option '${name}'.${didYouMean(name, known)} Options are ${listNames(known)}`);
  }
}

/** Throws DEFINITION unless a number lies in a range. */
export function assertNumber(who: string, name: string, value: unknown, least: number, what = 'a number'): void {
  if (typeof value !== 'number' || Number.isNaN(value) || value < least) throw problem(who, `expected '${name}' to be ${what} from ${least} up, got ${show(value)}`);
}

/** Throws DEFINITION unless a number is whole and lies in a range. */
export function assertWhole(who: string, name: string, value: unknown, least: number): asserts value is number {
  if (!Number.isInteger(value) && value !== Infinity) throw problem(who, `expected '${name}' to be a whole number from ${least} up, got ${show(value)}`);
  assertNumber(who, name, value, least, 'a whole number');
}

/** Throws DEFINITION unless a value is a function. */
export function assertFunction(who: string, name: string, value: unknown): void {
  if (typeof value !== 'function') throw problem(who, `expected '${name}' to be a function, got ${show(value)}`);
}
