/** Dates, Maps, Sets, URLs, regular expressions and the box of results. */
import { GenericResult } from '../model/result.ts';
import { Opened } from './fold.ts';
import type { Json } from './json.ts';
import { kindOf, need, whole } from './kind.ts';
import type { Kind } from './kind.ts';

const ISO = 'an ISO date and time in UTC, or null for an invalid date';

const date = kindOf<Date>({
  tag: '$date',
  class: Date,
  encode: (value) => whole({ $date: Number.isNaN(value.getTime()) ? null : value.toISOString() }),
  decode: (content) => {
    if (content === null) return whole(new Date(Number.NaN));
    need(typeof content === 'string' && content.length <= '-271821-04-20T00:00:00.000Z'.length, ISO);
    const value = new Date(content);
    need(!Number.isNaN(value.getTime()) && value.toISOString() === content, ISO);
    return whole(value);
  },
});

const isPair = (pair: Json): boolean => Array.isArray(pair) && pair.length === 2;
const entryOf = (i: number): number => i >> 1;

const map = kindOf<Map<unknown, unknown>>({
  tag: '$map',
  class: Map,
  encode: (value) => new Opened([...value].flat(1), (parts) => ({ $map: Array.from({ length: value.size }, (_, i) => [parts[2 * i], parts[2 * i + 1]]) }), entryOf),
  decode: (content) => {
    need(Array.isArray(content) && content.every(isPair), 'a list of pairs');
    const join = (parts: unknown[]): unknown => {
      const entries = new Map<unknown, unknown>();
      for (let i = 0; i < parts.length; i += 2) entries.set(parts[i], parts[i + 1]);
      need(entries.size === content.length, 'no key twice');
      return entries;
    };
    return new Opened(content.flat(1), join, entryOf);
  },
});

const set = kindOf<Set<unknown>>({
  tag: '$set',
  class: Set,
  encode: (value) => new Opened([...value], (parts) => ({ $set: parts })),
  decode: (content) => {
    need(Array.isArray(content), 'a list');
    const join = (parts: unknown[]): unknown => {
      const members = new Set(parts);
      need(members.size === parts.length, 'no member twice');
      return members;
    };
    return new Opened(content, join);
  },
});

const url = kindOf<URL>({
  tag: '$url',
  class: URL,
  encode: (value) => whole({ $url: value.href }),
  decode: (content) => {
    need(typeof content === 'string' && URL.canParse(content), 'an absolute URL');
    return whole(new URL(content));
  },
});

const regexp = kindOf<RegExp>({
  tag: '$regexp',
  class: RegExp,
  encode: ({ source, flags }) => whole({ $regexp: [source, flags] }),
  decode: (content) => {
    need(Array.isArray(content) && content.length === 2 && content.every((part) => typeof part === 'string'), 'a source and flags');
    return whole(new RegExp(content[0] as string, content[1] as string));
  },
});

const result = kindOf<GenericResult<unknown>>({
  tag: '$result',
  class: GenericResult,
  encode: ({ value }) => new Opened([value], ([part]) => ({ $result: part }), () => 'value'),
  decode: (content) => new Opened([content], ([part]) => new GenericResult(part)),
});

export const richKinds: readonly Kind[] = [date, map, set, url, regexp, result];
