/**
 * Entries as stores keep them: a text, and a digest over everything that must not be mixed up. Without the right digest a text is not even parsed.
 */
import { decodeValue, defaultHasher, encodeValue } from '@flowmodel/core';
import type { CacheEntry, CodecRegistry } from '@flowmodel/core';

/** Rises when entries are written in another way; older ones then fail their digest. */
export const FORMAT = 1;

export interface Sealed {
  /** `[value]` or `[value, source]`, the value as the core's codec encodes it. */
  readonly text: string;
  readonly digest: string;
}

/** What a sealed entry turned out to be. `garbled`: not what was written under this key. `foreign`: intact, but nothing that can be decoded here. */
export type Unsealed = CacheEntry | 'garbled' | 'foreign';

/** `stamp`: what else the digest vouches for. Throws SERIALIZE for a value that cannot be encoded. */
export function seal(key: string, { value, source }: CacheEntry, stamp: string, codecs: CodecRegistry | undefined): Sealed {
  const encoded = encodeValue(value, codecs === undefined ? {} : { codecs });
  const text = JSON.stringify(source === undefined ? [encoded] : [encoded, source]);
  return { text, digest: digestOf(key, text, stamp) };
}

export function unseal(key: string, text: unknown, digest: unknown, stamp: string, codecs: CodecRegistry | undefined): Unsealed {
  if (typeof text !== 'string' || digest !== digestOf(key, text, stamp)) return 'garbled';
  try {
    const [encoded, source] = JSON.parse(text) as [unknown, string?];
    const value = decodeValue(encoded, codecs === undefined ? {} : { codecs });
    return source === undefined ? { value } : { value, source };
  } catch {
    return 'foreign';
  }
}

/** Lengths first, so that no part can pass for another. */
const digestOf = (key: string, text: string, stamp: string): string => defaultHasher.text(`flowmodel ${FORMAT} ${stamp.length} ${key.length} ${stamp}${key}${text}`);
