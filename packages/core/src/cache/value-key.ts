/** What a value is in a key: a short text that equal values share and no two different ones do. */
import type { Hasher } from './hasher.ts';
import { directKey } from './direct-key.ts';
import { structuredKey } from './structured-key.ts';

/**
 * The text that stands for a value in a key. Primitives and dates are written out, without hashing; long strings and structured values
 * are hashed. A text tells where it ends, so that texts can be put one after another.
 *
 * Equality is `Object.is` on primitives and by code unit on strings: `-0`, `0`, `1n`, `'1'`, `null` and `undefined` all differ, `NaN` is itself.
 * A date is its instant. In plain objects the order of keys does not count, and a field that is `undefined` is not a missing one; a hole
 * in an array is not `undefined`. The order of a Map counts, that of a Set does not. A class instance is what its
 * codec encodes, or else its class's name and what its `toJSON()` yields.
 *
 * `at` names where the value stands, for messages. Throws UNHASHABLE, naming the path within the value, for what cannot be told from others:
 * functions, symbols, cycles, models, instances of other classes.
 */
export function valueKey(value: unknown, hasher: Hasher, at: () => string): string {
  return directKey(value, hasher) ?? structuredKey(value, hasher, at);
}
