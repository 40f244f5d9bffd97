/** The list of items, checked whole before anything begins. */
import { FlowError } from '@flowmodel/core';
import { isPlainObject } from '@flowmodel/core/extending';

/** A copy, which nobody adds to while the batch is under way. Throws INVALID_CONTEXT, with every index that is wrong. */
export function checkedList(who: string, list: unknown, write = 'Let params return [{ … }, { … }].'): readonly Record<string, unknown>[] {
  if (!Array.isArray(list)) throw new FlowError('INVALID_CONTEXT', `${who}: expected an array of items, got ${typeOf(list)}. ${write}`, { details: { type: typeOf(list) } });
  const bad: { readonly index: number; readonly type: string }[] = [];
  for (let index = 0; index < list.length; index++) if (!isPlainObject(list[index])) bad.push({ index, type: typeOf(list[index]) });
  if (bad.length === 0) return [...(list as Record<string, unknown>[])];
  const told = bad.slice(0, MOST).map(({ index, type }) => `[${index}] is ${type}`).join(', ');
  const more = bad.length > MOST ? `, and ${bad.length - MOST} more` : '';
  throw new FlowError('INVALID_CONTEXT', `${who}: items are plain objects whose fields become context fields, but ${told}${more}. Write ({ id: item }) in place of item.`, { details: { items: bad } });
}

/** Of so many the message tells; `details` has all. */
const MOST = 100;

export type KeyBy = (params: never) => string | number;

/** The key of each item. Throws INVALID_CONTEXT for what is no key, and for keys that two items share. */
export function keysOf(who: string, list: readonly object[], keyBy: KeyBy): readonly string[] {
  const first = new Map<string, number>();
  const twice: string[] = [];
  const keys = list.map((item, index) => {
    const key: unknown = keyBy(item as never); // items are what `params` yields
    if (typeof key !== 'string' && typeof key !== 'number') throw new FlowError('INVALID_CONTEXT', `${who}: expected keyBy to yield a string or a number, got ${typeOf(key)} for [${index}].`);
    const known = first.get(String(key));
    if (known === undefined) first.set(String(key), index);
    else twice.push(`'${key}' of [${known}] and [${index}]`);
    return String(key);
  });
  if (twice.length > 0) throw new FlowError('INVALID_CONTEXT', `${who}: keyBy yields a key twice: ${twice.slice(0, MOST).join(', ')}. Keys tell items apart; add a field that does.`, { details: { duplicates: twice } });
  return keys;
}

export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`;
  const made: unknown = value.constructor?.name;
  const name = typeof made === 'string' && made !== '' ? made : Object.prototype.toString.call(value).slice('[object '.length, -1); // of generators, say
  return name === 'Object' ? 'an object' : `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
