/** A result cache that answers at the gates of a schedule, or does worse. */
import type { CacheEntry, ResultCache } from '@flowmodel/core';
import type { Schedule } from '@flowmodel/core/testing';

/** What a cache may do beside answering: throw, reject, forget, hand over nonsense. */
export type Misdeed = 'throws' | 'rejects' | 'forgets' | 'garbles';

export interface GatedCacheOptions {
  readonly isAsync: boolean;
  /** What it may do instead of what it should, chosen each time. */
  readonly misdeeds?: readonly Misdeed[];
}

export function gatedCache(schedule: Schedule, { isAsync, misdeeds = [] }: GatedCacheOptions): ResultCache {
  const entries = new Map<string, CacheEntry>();
  const operate = <T>(name: string, act: () => T): T | Promise<T> => {
    const misdeed = schedule.choose(3) === 2 ? [undefined, ...misdeeds][schedule.choose(misdeeds.length + 1)] : undefined;
    if (misdeed === 'throws') throw new Error('the cache throws');
    const perform = (): T => {
      if (misdeed === 'rejects') throw new Error('the cache rejects');
      if (misdeed === 'forgets') return undefined as T;
      if (misdeed === 'garbles' && name === 'get') return { value: 'garbled', source: 'elsewhere' } as T;
      return act();
    };
    return isAsync ? schedule.gate(`cache.${name}`, perform) : perform();
  };
  return {
    get: (key) => operate('get', () => entries.get(key)),
    set: (key, entry) => operate('set', () => void entries.set(key, entry)),
    delete: (key) => operate('delete', () => void entries.delete(key)),
    clear: () => entries.clear(),
  };
}
