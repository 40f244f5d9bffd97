/** How keys are hashed: the seam. */

/**
 * Turns texts and structured values into short strings, the same on every machine. Pass one as the option `hasher`.
 * Two hashers should not share a cache unless they yield the same hashes. Hashes are made of letters, digits, `-`, `_`, `+`, `/` and `=`.
 *
 * @example
 * ```ts
 * const short: Hasher = {
 *   name: 'sha256-short',
 *   text: (text) => defaultHasher.text(text).slice(0, 40),
 *   value: (value) => defaultHasher.text(JSON.stringify(value)).slice(0, 40),
 * };
 * console.log(short.text('a').length); // 40
 * ```
 */
export interface Hasher {
  /** Names it in messages. */
  readonly name: string;
  /** The hash of a text. */
  text(text: string): string;
  /**
   * The hash of one container taken apart: an array of texts, in which all it holds stands by a text: small things written out, others by their hash. What
   * is equal, what an order of keys means and what is refused has been decided before; two arrays with the same texts are the same value.
   */
  value(value: object): string;
}
