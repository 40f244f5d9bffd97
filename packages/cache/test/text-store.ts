import type { KeyvStorageAdapter } from 'keyv';

/** What stands between a store's operation and its answer. */
export type Meddle = (operation: string, answer: () => unknown) => unknown;

/** A store for Keyv that keeps texts, like a server, and answers through `meddle`. */
export function textStore(texts: Map<string, string>, meddle: Meddle = (_, answer) => answer()): KeyvStorageAdapter {
  const through = (operation: string, answer: () => unknown) => async (): Promise<unknown> => meddle(operation, answer);
  const store = {
    capabilities: { expires: true },
    get: (key: string) => through('get', () => texts.get(key))(),
    getMany: (keys: string[]) => through('getMany', () => keys.map((key) => texts.get(key)))(),
    has: (key: string) => through('has', () => texts.has(key))(),
    hasMany: (keys: string[]) => through('hasMany', () => keys.map((key) => texts.has(key)))(),
    set: (key: string, text: string) => through('set', () => texts.set(key, text) === texts)(),
    delete: (key: string) => through('delete', () => texts.delete(key))(),
    deleteMany: (keys: string[]) => through('deleteMany', () => keys.map((key) => texts.delete(key)))(),
    clear: () => through('clear', () => texts.clear())(),
    disconnect: async () => {},
  };
  return store as unknown as KeyvStorageAdapter; // the part that is used
}
