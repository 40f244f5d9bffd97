/** Containers, taken apart for their keys; and what is refused. */
import { asModel } from '../model/brand.ts';
import { isPlainObject } from '../model/frozen.ts';
import { isGenericResult } from '../model/result.ts';
import { defaultCodecs } from '../serialize/codecs.ts';
import { binaryText } from './binary-text.ts';
import { dateKey } from './direct-key.ts';
import type { Hasher } from './hasher.ts';
import { wellFormed } from './well-formed.ts';

/** What stands for a hole of an array. */
export const HOLE = 'h';

/** A container, taken apart. */
export interface Opened {
  /** What it holds, in the order of its key. */
  readonly items: readonly unknown[];
  /** What goes to the hasher, from the texts of the items. No tag is a text of an item, so that no kind passes for another. */
  readonly assemble: (texts: readonly string[], hasher: Hasher) => readonly string[];
  /** Where an item stands, for messages: `.rows`, `[3]`, `.get("a")`. */
  readonly label: (index: number) => string;
  /** An array or an object of no class. */
  readonly isPlain?: boolean;
  /** It cannot change itself; its items may. */
  readonly isFixed: boolean;
  /** The item has been made to stand for it, by `toJSON()` or a codec. */
  readonly isMade?: boolean;
}

export interface Problem {
  readonly problem: string;
}

/** A container; or a text, for what has one without being taken apart; or why there is no key for it. What getters and `toJSON` throw passes through. */
export function opened(value: unknown): Opened | string | Problem {
  if (typeof value === 'function') return refused(`a function${value.name === '' ? '' : ` (${value.name})`} cannot enter a key`, 'Pass plain data instead');
  if (typeof value === 'symbol') return refused('a symbol cannot enter a key', 'Pass a string instead');
  if (asModel(value) !== undefined) return refused('a model inside a value is not looked for', 'Declare the input as Dependency(…) or ModelInput(…)');
  const object = value as object;
  if (Array.isArray(object) && Array.isArray(Object.getPrototypeOf(object))) return arrayOf(object);
  if (isPlainObject(object)) return plainObject(object);
  return builtIn(object) ?? instance(object);
}

const refused = (what: string, instead: string): Problem => ({ problem: `${what}. ${instead}; something that the model only works with is a Resource(), and \`cacheable: false\` keeps the model out of caches.` });

/* ---------- plain data ---------- */

function arrayOf(array: readonly unknown[]): Opened | Problem {
  const last = Object.keys(array).at(-1); // indices come first
  if (last !== undefined && String(Number(last) >>> 0) !== last) return refused(`an array with a property of its own ('${last}') cannot enter a key`, 'Pass an object that holds both');
  return { items: array, assemble: (texts) => texts, label: (i) => `[${i}]`, isPlain: true, isFixed: isFixed(array) };
}

function plainObject(object: Readonly<Record<string, unknown>>): Opened | Problem {
  if (Object.getOwnPropertySymbols(object).some((symbol) => Object.prototype.propertyIsEnumerable.call(object, symbol))) return refused('an object with a symbol for a key cannot enter a key of a cache', 'Use strings');
  const keys = Object.keys(object).toSorted(); // by code units
  if (typeof object['toJSON'] === 'function' && Object.hasOwn(object, 'toJSON')) return jsonOf(object as unknown as HasJSON, 'Object');
  return {
    items: keys.map((key) => object[key]),
    assemble: (texts) => {
      const parts = ['@object'];
      for (let i = 0; i < keys.length; i++) parts.push(wellFormed(keys[i]!), texts[i]!);
      return parts;
    },
    label: (i) => (/^[A-Za-z_$][\w$]*$/.test(keys[i]!) ? `.${keys[i]}` : `[${JSON.stringify(keys[i])}]`),
    isPlain: true,
    isFixed: isFixed(object),
  };
}

/** Frozen, and without getters, which may yield something else each time. */
const isFixed = (object: object): boolean => Object.isFrozen(object) && Object.keys(object).every((key) => 'value' in Object.getOwnPropertyDescriptor(object, key)!);

/* ---------- what comes with the language ---------- */

/** Recognised by what only the real ones can do, so that those of another realm count and lookalikes do not. */
function builtIn(object: object): Opened | string | Problem | undefined {
  const name = classNameOf(object);
  switch (Object.prototype.toString.call(object)) {
    case '[object Date]':
      return name === 'Date' ? dateKey(object) : undefined;
    case '[object Map]':
      return name === 'Map' ? mapOf(object as ReadonlyMap<unknown, unknown>) : undefined;
    case '[object Set]':
      return name === 'Set' ? setOf(object as ReadonlySet<unknown>) : undefined;
    case '[object RegExp]':
      return name === 'RegExp' ? regExpOf(object as RegExp) : undefined;
    default:
      return binaryOf(object, name);
  }
}

function mapOf(map: ReadonlyMap<unknown, unknown>): Opened {
  const items = [...Map.prototype.entries.call(map)].flat();
  const label = (i: number): string => (i % 2 === 0 ? `.keys()[${i / 2}]` : typeof items[i - 1] === 'string' ? `.get(${JSON.stringify(items[i - 1])})` : `.values()[${(i - 1) / 2}]`);
  return { items, assemble: (texts) => ['@map', ...texts], label, isFixed: false };
}

const setOf = (set: ReadonlySet<unknown>): Opened => ({
  items: [...Set.prototype.values.call(set)],
  assemble: (texts) => ['@set', ...texts.toSorted()],
  label: (i) => `.values()[${i}]`,
  isFixed: false,
});

/** `lastIndex` is where a search stands, not what is searched for. */
function regExpOf({ source, flags }: RegExp): Opened {
  return { items: [], assemble: () => ['@regexp', wellFormed(source), flags], label: () => '', isFixed: false };
}

/** Typed arrays, DataViews and ArrayBuffers: by type and bytes. */
function binaryOf(object: object, name: string): Opened | undefined {
  const text = binaryText(object, name);
  return text === undefined ? undefined : { items: [], assemble: (_, hasher) => ['@binary', name, hasher.text(text)], label: () => '', isFixed: false };
}

/* ---------- instances of classes ---------- */

interface HasJSON {
  toJSON(key: string): unknown;
}

function instance(object: object): Opened | Problem {
  const name = classNameOf(object);
  if (isGenericResult(object) && name === 'GenericResult') return { items: [object.value], assemble: (texts) => ['@result', ...texts], label: () => '.value', isFixed: false };
  const codec = defaultCodecs.of(object);
  if (codec !== undefined) return { items: [codec.encode(object)], assemble: ([text]) => ['@codec', wellFormed(codec.name), text!], label: () => '.encode()', isFixed: false, isMade: true };
  if (typeof (object as Partial<HasJSON>).toJSON === 'function') return jsonOf(object as HasJSON, name);
  return refused(`an instance of ${name === '' ? 'a class without a name' : name} cannot enter a key, since nothing says what it is`, 'Give the class a toJSON(), register a codec for it, or pass plain data instead');
}

function jsonOf(object: HasJSON, name: string): Opened {
  const json = object.toJSON('');
  return { items: [json], assemble: ([text]) => ['@instance', wellFormed(name), text!], label: () => '.toJSON()', isFixed: false, isMade: true };
}

function classNameOf(object: object): string {
  const { constructor: Class } = (Object.getPrototypeOf(object) as { constructor?: unknown } | null) ?? {};
  return typeof Class === 'function' ? Class.name : '';
}
