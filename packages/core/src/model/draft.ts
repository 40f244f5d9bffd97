import { enableMapSet, produce } from 'immer';

/** A copy of plain data as a recipe leaves its Immer draft; the data itself stays as it is. Maps and Sets inside can be drafted too. */
export function drafted<T extends object>(data: T, recipe: (draft: T) => void): T {
  enableMapSet();
  return produce(data, (draft) => void recipe(draft as T));
}
