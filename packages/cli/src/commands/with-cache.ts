import type { ResultCache } from '@flowmodel/core';
import { cacheFor } from '../load/core.ts';

/** Opens the cache of `--cache` for some work, and closes it. `path`: where the project's packages are looked for. */
export async function withCache<T>(file: string | undefined, path: string, work: (options: { readonly cache?: ResultCache }) => Promise<T>): Promise<T> {
  if (file === undefined) return work({});
  const { sqliteCache } = await cacheFor(path);
  const cache = sqliteCache({ path: file });
  try {
    return await work({ cache });
  } finally {
    cache.close();
  }
}
