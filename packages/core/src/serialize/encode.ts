/**
 * Rich values as plain JSON data.
 *
 * What JSON has stays as it is. Everything else is an object with one key that starts with `$`: `{ "$date": "2024-01-01T00:00:00.000Z" }`,
 * `{ "$bigint": "5" }`, `{ "$map": [["a", 1]] }`, `{ "$class": "Money", "data": … }`. Keys of the value's own that start with `$` get another `$` in front, and so
 * does `__proto__`: `{ "$$date": 1 }` is the plain object `{ $date: 1 }`.
 *
 * A format of our own, since the kept libraries answer other needs: superjson keeps types in a second tree, away from the values and addressed by paths; devalue and
 * structured-clone flatten a value into a list of indices, which nobody can read or edit; seroval is made to be evaluated. None of them bounds what it decodes, and all recurse.
 *
 * Sharing inside a value is not kept: what stands in two places is written twice. Values are data, and data is equal when its content is.
 */
import { FlowError, pathText } from '../errors.ts';
import { asModel } from '../model/brand.ts';
import { isPlainObject } from '../model/frozen.ts';
import { defaultCodecs } from './codecs.ts';
import type { CodecRegistry } from './codecs.ts';
import { fold, Opened, pathOf } from './fold.ts';
import type { Trail } from './fold.ts';
import type { Json } from './json.ts';
import { kindsByPrototype } from './kinds.ts';
import { Meter } from './limits.ts';
import type { CodecLimits } from './limits.ts';

export interface CodecOptions {
  /** Codecs of classes; the process-wide ones by default. */
  readonly codecs?: CodecRegistry;
  readonly limits?: CodecLimits;
}

/**
 * A value as plain JSON data, from which `decodeValue` makes an equal one: also Dates (invalid ones too), BigInt, Map, Set, NaN, ±Infinity, -0, undefined, holes,
 * ArrayBuffers, typed arrays, DataViews, URLs, RegExps, errors without their stacks, `GenericResult`, and instances of classes that have a codec.
 *
 * Throws SERIALIZE, naming the place, for what is no data: functions, symbols, models, instances of other classes, cycles, and what exceeds the limits.
 *
 * @example
 * ```ts
 * console.log(JSON.stringify(encodeValue({ at: new Date(0), n: 5n }))); // {"at":{"$date":"1970-01-01T00:00:00.000Z"},"n":{"$bigint":"5"}}
 * ```
 */
export function encodeValue(value: unknown, options: CodecOptions = {}): Json {
  const trail: Trail = [];
  const fail = (problem: string, cause?: unknown): never => {
    throw new FlowError('SERIALIZE', `The value${placeOf(trail)}: ${problem}`, { details: { at: pathText(pathOf(trail)) }, cause });
  };
  return encode(value, { codecs: options.codecs ?? defaultCodecs, meter: new Meter(options.limits ?? {}, (problem) => fail(tooMuch(trail, problem))), trail, fail });
}

/** One encoding: what it uses, and how it tells that something cannot be encoded. */
export interface Encoding {
  readonly codecs: CodecRegistry;
  readonly meter: Meter;
  readonly trail: Trail;
  fail(problem: string, cause?: unknown): never;
  /** What stands for a model. Without it a model is no data. */
  standFor?(model: object): Json;
}

export const placeOf = (trail: Trail): string => (trail.length === 0 ? '' : ` at ${pathText(pathOf(trail)).slice(0, 200)}`);

/** What holds itself is the usual reason for too much: then the trail is cut to where it does. */
export function tooMuch(trail: Trail, problem: string): string {
  const seen = new Set<object | undefined>();
  const closing = trail.findIndex(({ source }) => seen.size === seen.add(source).size);
  if (closing < 0) return problem;
  trail.length = closing;
  return 'it holds itself, and data is finite. Drop the reference back.';
}

export function encode(value: unknown, encoding: Encoding): Json {
  const { meter, trail, fail } = encoding;
  const step = (part: unknown): unknown => {
    meter.nodes(1);
    switch (typeof part) {
      case 'string':
        meter.bytes(part.length);
        return part;
      case 'boolean':
        return part;
      case 'number':
        return Number.isFinite(part) && !Object.is(part, -0) ? part : { $number: Object.is(part, -0) ? '-0' : String(part) };
      case 'bigint':
        return { $bigint: digitsOf(part, fail) };
      case 'undefined':
        return { $undefined: true };
      case 'object':
        return part === null ? null : opened(part, encoding);
      default:
        return fail(`a ${typeof part} is no data, and cannot be written to JSON. Give a name to what it does (a definition), or leave it out.`);
    }
  };
  try {
    return fold(value, step, trail, meter) as Json;
  } catch (error) {
    if (error instanceof FlowError && error.code === 'SERIALIZE') throw error;
    return fail(`it could not be read: ${String(error)}`, error); // a getter, a codec or a proxy threw
  }
}

function opened(value: object, encoding: Encoding): unknown {
  const model = asModel(value);
  if (model !== undefined) return encoding.standFor?.(model) ?? encoding.fail(`${model.brief()} is a model, not data. Models travel in documents: model.toJSON().`);
  const found = ownParts(value, encoding);
  found.source = value;
  return found;
}

function ownParts(value: object, { codecs, meter, fail }: Encoding): Opened {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (Array.isArray(value) && Array.isArray(prototype)) return arrayParts(value, meter, fail);
  if (isPlainObject(value)) return objectParts(value, prototype === null, meter, fail);
  const kind = kindsByPrototype.get(prototype!);
  if (kind !== undefined) {
    const parts = kind.encode(value);
    // What has no parts is text: a date, bytes.
    if (parts.parts.length === 0) for (const text of Object.values(parts.join([]) as object)) if (typeof text === 'string') meter.bytes(text.length);
    return parts;
  }
  const codec = codecs.of(value);
  if (codec !== undefined) return new Opened([codec.encode(value)], ([data]) => ({ $class: codec.name, data }), () => 'data');
  const name = value.constructor?.name ?? '';
  return fail(`${name === '' ? 'an object of an unnamed class' : `an instance of ${name}`} has no codec. Register one, on both sides: registerCodec({ name: '${name || '…'}', class: ${name || '…'}, encode, decode }).`);
}

type Fail = Encoding['fail'];

/** Elements; a run of holes is `{ $hole: n }`. */
function arrayParts(array: readonly unknown[], meter: Meter, fail: Fail): Opened {
  const keys = Object.keys(array);
  const last = Number(keys.at(-1) ?? -1);
  if (!(last < array.length)) fail(`an array with a field '${keys.at(-1)!.slice(0, 100)}' is more than data. Use a plain object.`);
  if (keys.length === array.length) return new Opened(array, (done) => done);
  meter.nodes(array.length - keys.length);
  const join = (done: unknown[]): unknown => {
    const items: unknown[] = [];
    let next = 0;
    for (const [i, item] of done.entries()) {
      const at = Number(keys[i]);
      if (at > next) items.push({ $hole: at - next });
      items.push(item);
      next = at + 1;
    }
    if (next < array.length) items.push({ $hole: array.length - next });
    return items;
  };
  return keys.length === 0 ? new Opened([], () => join([])) : new Opened(keys.map((key) => array[Number(key)]), join, (i) => Number(keys[i]));
}

function objectParts(object: Readonly<Record<string, unknown>>, isBare: boolean, meter: Meter, fail: Fail): Opened {
  if (Object.getOwnPropertySymbols(object).length > 0) fail('a field named by a symbol cannot be written to JSON. Name it by a string.');
  const keys = Object.keys(object);
  const parts: unknown[] = [];
  for (const key of keys) {
    meter.bytes(key.length);
    parts.push(object[key]);
  }
  const join = (done: unknown[]): unknown => {
    const encoded: Record<string, unknown> = {};
    for (let i = 0; i < keys.length; i++) encoded[escaped(keys[i]!)] = done[i];
    return isBare ? { $bare: encoded } : encoded;
  };
  return new Opened(parts, join, (i) => keys[i]!);
}

/** Writing and reading take more than linear time. */
export const LONGEST_INTEGER = 100_000;

function digitsOf(integer: bigint, fail: Fail): string {
  const digits = String(integer);
  return digits.length <= LONGEST_INTEGER ? digits : fail(`an integer of ${digits.length} digits is longer than ${LONGEST_INTEGER}.`);
}

const escaped = (key: string): string => (key.startsWith('$') || key === '__proto__' ? `$${key}` : key);
