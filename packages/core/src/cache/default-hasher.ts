import objectHash from 'object-hash';
import type { Hasher } from './hasher.ts';
import { sha256 } from './sha256.ts';

/** `passthrough`: object-hash writes its canonical text, and the digest is the same in every runtime. Order has been decided before. */
const CANONICAL = { algorithm: 'passthrough', respectType: false, unorderedSets: false, unorderedArrays: false } as const;

/**
 * The hasher that keys are made with unless the option `hasher` says otherwise: SHA-256 in hexadecimal, over object-hash's text for
 * structured values. The same in Node.js, Bun, Deno and browsers.
 *
 * @example
 * ```ts
 * console.log(defaultHasher.text('abc').slice(0, 8)); // ba7816bf
 * ```
 */
export const defaultHasher: Hasher = Object.freeze({
  name: 'object-hash+sha256',
  text: sha256,
  value: (value: object) => sha256(objectHash(value, CANONICAL)),
});
