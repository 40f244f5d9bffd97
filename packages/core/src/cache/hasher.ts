/** How keys are hashed: the seam. */

/**
 * Turns texts and structured values into short strings, the same on every machine. Pass one as the option `hasher`.
 * Two hashers should not share a cache unless they yield the same hashes.
 */
export interface Hasher {
  /** Names it in messages. */
  readonly name: string;
  /** The hash of a text. */
  text(text: string): string;
  /** The hash of one array or object whose elements are primitives or stand-ins for what was hashed before; refused values never get here. */
  value(value: object): string;
}
