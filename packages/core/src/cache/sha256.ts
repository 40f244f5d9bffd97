/** SHA-256 of a text, at once and everywhere: the runtime's own where it can be had without an import, else in JavaScript. */
import { sha256 as pure } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { wellFormed } from './well-formed.ts';

type Digest = (text: string) => string;

/** The part of `node:crypto` in use. `hash` is newer than the oldest Node.js that we run on elsewhere. */
interface NodeCrypto {
  hash?(algorithm: string, text: string, encoding: 'hex'): string;
  createHash(algorithm: string): { update(text: string, encoding: 'utf8'): { digest(encoding: 'hex'): string } };
}

/** Web Crypto only answers by a promise, and keys are wanted at once; hence JavaScript in browsers. */
export const pureSha256: Digest = (text) => bytesToHex(pure(utf8ToBytes(wellFormed(text))));

/** Nothing where there is no `node:crypto`, as in browsers. */
export function nativeSha256(): Digest | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const crypto = process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined;
  if (crypto === undefined) return undefined;
  if (crypto.hash !== undefined) return (text) => crypto.hash!('sha256', wellFormed(text), 'hex');
  return (text) => crypto.createHash('sha256').update(wellFormed(text), 'utf8').digest('hex');
}

let chosen: Digest | undefined;

/** 64 hexadecimal digits. */
export const sha256: Digest = (text) => (chosen ??= nativeSha256() ?? pureSha256)(text);
