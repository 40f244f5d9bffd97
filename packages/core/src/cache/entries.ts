/** Entries as they come back from a cache, which may hand over anything. */
import { FlowError, show } from '../errors.ts';
import { isGenericResult } from '../model/result.ts';
import type { CacheEntry } from './result-cache.ts';

/** The entry, if it is one that can be read and was made from the same as the key that it was found under. */
export function verified(entry: unknown, source: string): CacheEntry | undefined {
  if (typeof entry !== 'object' || entry === null || !('value' in entry)) return undefined;
  try {
    // Read once: a cache may decode what is asked for.
    return (entry as CacheEntry).source === source ? { value: entry.value, source } : undefined;
  } catch {
    return undefined;
  }
}

/** What consumers receive, and the box of the body's own if there was one. */
export function unboxed(value: unknown): { readonly value: unknown; readonly box: unknown } {
  return isGenericResult(value) ? { value: value.value, box: value } : { value, box: undefined };
}

/** A cache that threw. */
export class CacheFailure extends FlowError {
  constructor(operation: string, cause: unknown) {
    super('CACHE', `The cache failed on ${operation}: ${cause instanceof Error ? cause.message : show(cause)}. The run goes on without it.`, { cause });
  }
}

export const slow = (ms: number): FlowError => new FlowError('CACHE', `The cache did not answer within ${ms} ms. The run goes on without it; see the option cacheTimeout.`);

export const garbled = (): FlowError => new FlowError('CACHE', 'The cache handed over an entry that is none of ours, or one of another key. It counts as a miss.');
