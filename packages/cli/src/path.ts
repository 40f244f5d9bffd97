/** Places inside a value as they are written on a command line: `rows[0].price`. */
import { didYouMean, listNames, pathText } from '@flowmodel/core/extending';
import { UsageError } from './usage-error.ts';

export type ValuePath = readonly (string | number)[];

/** Throws a UsageError for what is no path. */
export function parsePath(text: string): ValuePath {
  const path: (string | number)[] = [];
  let rest = text;
  while (rest !== '') {
    const part = /^(?:\[(?<index>\d+)\]|(?<dot>\.)?(?<name>[^.[\]]+))/.exec(rest);
    const { index, dot, name } = part?.groups ?? {};
    if (part === null || (name !== undefined && (dot === undefined) !== (path.length === 0))) throw new UsageError(`'${text}' is no path. Write it as rows[0].price.`);
    path.push(index === undefined ? name! : Number(index));
    rest = rest.slice(part[0].length);
  }
  return path;
}

/** What stands at a place: own properties, elements, entries of Maps by their text. Throws a UsageError that says how far it goes. */
export function valueAt(value: unknown, path: ValuePath): unknown {
  let at = value;
  path.forEach((part, i) => {
    const found = entryOf(at, part);
    if (found !== undefined) {
      at = found.value;
      return;
    }
    const where = i === 0 ? 'The result' : `'${pathText(path.slice(0, i))}' of the result`;
    const names = namesIn(at);
    const has = Array.isArray(at) ? `has ${at.length} elements` : names.length > 0 ? `has ${listNames(names)}` : `is ${at === null ? 'null' : typeof at === 'object' ? 'empty' : `a ${typeof at}`}`;
    throw new UsageError(`${where} has no '${part}': it ${has}.${didYouMean(String(part), names)}`);
  });
  return at;
}

function entryOf(value: unknown, part: string | number): { readonly value: unknown } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof Map) {
    const key = [...(value.keys() as Iterable<unknown>)].find((each) => each === part || String(each) === String(part));
    return key === undefined ? undefined : { value: value.get(key) };
  }
  if (value instanceof Set) return typeof part === 'number' && part < value.size ? { value: [...(value as Iterable<unknown>)][part] } : undefined;
  return Object.hasOwn(value, part) ? { value: (value as Readonly<Record<string | number, unknown>>)[part] } : undefined;
}

function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Set) return [];
  return value instanceof Map ? [...(value.keys() as Iterable<unknown>)].map(String) : Object.keys(value);
}
