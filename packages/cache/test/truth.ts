/** Which value belongs to which key, known to every process of a test. */
import type { CacheEntry } from '@flowmodel/core';

export const keyOf = (i: number): string => `${i}`.padStart(64, 'key-');

/** From some bytes to some pages. */
export const entryOf = (i: number): CacheEntry => ({
  value: { i, at: new Date(i * 1_000), text: `text of ${i} `.repeat(1 + ((i * i) % 97) * (i % 13 === 0 ? 20 : 1)) },
  source: `source of ${i}`,
});
