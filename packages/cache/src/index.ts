/** Caches of results that outlive the process, and the conformance kit for caches. */
export { cacheConformance, cacheRules } from './conformance/conformance.ts';
export type { ConformanceOptions } from './conformance/conformance.ts';
export { keyvCache } from './keyv-cache.ts';
export type { KeyvCache, KeyvCacheOptions, KeyvStore } from './keyv-cache.ts';
export { sqliteCache } from './sqlite/sqlite-cache.ts';
export type { SqliteCache, SqliteCacheOptions, SqliteCacheStats } from './sqlite/sqlite-cache.ts';
