import { enableMapSet, produce } from 'immer';
import { dataCopy, isContainer } from './frozen.ts';

/** A copy of plain data as a recipe leaves its Immer draft; the data itself stays as it is. Maps and Sets inside can be drafted too. */
export function drafted<T extends object>(data: T, recipe: (draft: T) => void): T {
  enableMapSet();
  return produce(withOwnDates(data), (draft) => void recipe(draft as T));
}

/** Immer drafts no dates: a recipe that sets one would set the data's own. Fields that hold none are left as they are, and so stay shared. */
function withOwnDates<T extends object>(data: T): T {
  let own: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(data)) if (holdsDate(value)) (own ??= { ...data } as Record<string, unknown>)[name] = dataCopy(value, () => false).root;
  return (own as T | undefined) ?? data;
}

const itemsOf = (container: object): Iterable<unknown> =>
  container instanceof Map ? [...container].flat() : container instanceof Set || Array.isArray(container) ? (container as Iterable<unknown>) : Object.values(container);

function holdsDate(value: unknown): boolean {
  const seen = new Set<unknown>([value]);
  for (const item of seen) {
    if (item instanceof Date) return true;
    if (isContainer(item)) for (const inner of itemsOf(item)) if (typeof inner === 'object') seen.add(inner);
  }
  return false;
}
