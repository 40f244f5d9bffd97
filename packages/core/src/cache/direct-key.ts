/** Values that are written out in keys: what contexts are mostly made of. */
import type { Hasher } from './hasher.ts';
import { wellFormed } from './well-formed.ts';

/** Longer texts stand in keys by their hash. */
const LONGEST = 64;

/** The text of a primitive or a date; nothing for what takes a walk. */
export function directKey(value: unknown, hasher: Hasher): string | undefined {
  switch (typeof value) {
    case 'number':
      return value === 0 && 1 / value < 0 ? 'n-0;' : `n${value};`;
    case 'string':
      return stringKey(value, hasher);
    case 'boolean':
      return value ? 't' : 'f';
    case 'undefined':
      return 'u';
    case 'bigint':
      return bigintKey(value.toString(), hasher);
    case 'object':
      return value === null ? 'z' : isDate(value) ? dateKey(value) : undefined;
    default:
      return undefined;
  }
}

function stringKey(value: string, hasher: Hasher): string {
  const text = wellFormed(value);
  return text.length > LONGEST ? `S${hasher.text(text)};` : `s${text.length}:${text}`;
}

const bigintKey = (digits: string, hasher: Hasher): string => (digits.length > LONGEST ? `I${hasher.text(digits)};` : `i${digits};`);

/** Not one of a subclass, which may be more than an instant. A revoked proxy throws when asked; the walk says so. */
function isDate(value: object): boolean {
  try {
    return Object.getPrototypeOf(value) === Date.prototype;
  } catch {
    return false;
  }
}

const { getTime } = Date.prototype;

/** Nothing for an object that only claims to be a date. An invalid date is `dNaN;`. */
export function dateKey(value: object): string | undefined {
  try {
    return `d${getTime.call(value)};`;
  } catch {
    return undefined;
  }
}
