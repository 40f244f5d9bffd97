/** Plain JSON data as rich values again. Nothing in the data is ever executed; what is not exactly as it should be is refused. */
import { didYouMean, FlowError, pathText, show } from '../errors.ts';
import { isPlainObject } from '../model/frozen.ts';
import { defaultCodecs } from './codecs.ts';
import type { CodecRegistry } from './codecs.ts';
import { LONGEST_INTEGER, placeOf } from './encode.ts';
import type { CodecOptions } from './encode.ts';
import { fold, Opened, pathOf } from './fold.ts';
import type { Trail } from './fold.ts';
import type { Json } from './json.ts';
import { Malformed, need } from './kind.ts';
import { kindsByTag } from './kinds.ts';
import { Meter } from './limits.ts';

/**
 * The value that was encoded. Keys such as `__proto__` become own fields at most, never prototypes.
 *
 * Throws DESERIALIZE, naming the place, for everything that `encodeValue` did not write, unknown codecs and what exceeds the limits; what a codec throws is its cause.
 *
 * @example
 * ```ts
 * console.log(decodeValue({ seen: { $set: [1, { $number: 'NaN' }] } })); // { seen: Set(2) { 1, NaN } }
 * ```
 */
export function decodeValue(data: unknown, options: CodecOptions = {}): unknown {
  const trail: Trail = [];
  const fail = (problem: string, cause?: unknown): never => {
    throw new FlowError('DESERIALIZE', `The data${placeOf(trail)}: ${problem}`, { details: { at: pathText(pathOf(trail)) }, cause });
  };
  return decode(data, { codecs: options.codecs ?? defaultCodecs, meter: new Meter(options.limits ?? {}, fail), trail, fail });
}

/** One decoding: what it uses, and how it tells that something is wrong. */
export interface Decoding {
  readonly codecs: CodecRegistry;
  readonly meter: Meter;
  readonly trail: Trail;
  fail(problem: string, cause?: unknown): never;
  /** What further tags stand for. */
  readonly standIns?: Readonly<Record<string, (content: Json) => unknown>>;
}

type Encoded = Readonly<Record<string, Json>>;

export function decode(data: unknown, decoding: Decoding): unknown {
  const { meter, trail, fail } = decoding;
  const step = (part: unknown): unknown => {
    meter.nodes(1);
    switch (typeof part) {
      case 'string':
        meter.bytes(part.length);
        return part;
      case 'boolean':
        return part;
      case 'number':
        return Number.isFinite(part) ? part : fail(`${part} is no JSON.`);
      default:
        if (part === null) return null;
        if (Array.isArray(part)) return arrayParts(part as Json[], meter);
        if (isPlainObject(part)) return objectParts(part as Encoded, decoding);
        return fail(`${show(part)} is no JSON.`);
    }
  };
  try {
    return fold(data, step, trail, meter);
  } catch (error) {
    if (error instanceof FlowError && error.code === 'DESERIALIZE') throw error;
    return error instanceof Malformed ? fail(`${error.message}.`) : fail(`it could not be decoded: ${String(error)}`, error);
  }
}

function arrayParts(array: readonly Json[], meter: Meter): Opened {
  meter.fits(array.length);
  if (!array.some(isHole)) return new Opened(array, (done) => done);
  const parts: Json[] = [];
  const places: number[] = [];
  let length = 0;
  for (const item of array) {
    if (isHole(item)) {
      const { $hole: count } = item;
      need(Object.keys(item).length === 1 && typeof count === 'number' && Number.isInteger(count) && count > 0 && count < 2 ** 32, 'a number of holes');
      meter.nodes(count);
      length += count;
    } else {
      places.push(length++);
      parts.push(item);
    }
  }
  const join = (done: unknown[]): unknown => {
    const holed: unknown[] = new Array(length);
    for (let i = 0; i < done.length; i++) holed[places[i]!] = done[i];
    return holed;
  };
  return new Opened(parts, join, (i) => places[i]!);
}

const isHole = (item: Json): item is { readonly $hole: Json } => typeof item === 'object' && item !== null && Object.hasOwn(item, '$hole');

function objectParts(object: Encoded, decoding: Decoding): unknown {
  const keys = Object.keys(object);
  const tags = keys.filter(isTag);
  if (tags.length > 0) return taggedParts(object, keys, tags, decoding);
  return plainParts(object, keys, {}, decoding);
}

const isTag = (key: string): boolean => key.charCodeAt(0) === 36 && key.charCodeAt(1) !== 36 && key !== '$__proto__';

function plainParts(object: Encoded, keys: readonly string[], target: Record<string, unknown>, { meter, fail }: Decoding): Opened {
  const parts: Json[] = [];
  for (const key of keys) {
    if (key === '__proto__') fail("a field cannot be named '__proto__'.");
    meter.bytes(key.length);
    parts.push(object[key]!);
  }
  const join = (done: unknown[]): unknown => {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const name = key.charCodeAt(0) === 36 ? key.slice(1) : key;
      // What objects inherit (`__proto__`, `toString`) must become a field of their own.
      if (name in target) Object.defineProperty(target, name, { value: done[i], enumerable: true, writable: true, configurable: true });
      else target[name] = done[i];
    }
    return target;
  };
  return new Opened(parts, join, (i) => keys[i]!);
}

function taggedParts(object: Encoded, keys: readonly string[], tags: readonly string[], decoding: Decoding): unknown {
  const { fail, standIns = {} } = decoding;
  const tag = tags[0]!;
  const content = object[tag]!;
  const kind = kindsByTag.get(tag);
  const beside = kind?.fields ?? (tag === '$class' ? ['data'] : []);
  const stranger = keys.find((key) => key !== tag && !beside.includes(key));
  if (stranger !== undefined) fail(`'${stranger.slice(0, 100)}' stands beside '${tag.slice(0, 100)}', which marks an encoded value. A plain field that starts with $ is written with another $ in front.`);
  if (Object.hasOwn(standIns, tag)) return standIns[tag]!(content);
  if (typeof content === 'string') decoding.meter.bytes(content.length);
  else if (Array.isArray(content)) decoding.meter.fits(content.length);
  if (kind !== undefined) return read(tag, () => kind.decode(content, object));
  if (Object.hasOwn(PRIMITIVES, tag)) return read(tag, () => PRIMITIVES[tag]!(content));
  if (tag === '$class') return instanceParts(object, decoding);
  if (tag === '$bare') return bareParts(content, decoding);
  const known = [...Object.keys(standIns), ...Object.keys(PRIMITIVES), ...kindsByTag.keys(), '$class', '$bare', '$hole'];
  return fail(`'${tag.slice(0, 100)}' marks nothing that is known here.${didYouMean(tag.slice(0, 100), known)}`);
}

/** What is malformed is told by its tag. */
function read(tag: string, decoded: () => unknown): unknown {
  try {
    return decoded();
  } catch (error) {
    throw error instanceof Malformed ? new Malformed(`${tag}: ${error.message}`) : error;
  }
}

const NUMBERS: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY, '-0': -0 };

const PRIMITIVES: Readonly<Record<string, (content: Json) => unknown>> = {
  $undefined: (content) => {
    need(content === true, 'true');
    return undefined;
  },
  $number: (content) => {
    need(typeof content === 'string' && Object.hasOwn(NUMBERS, content), "'NaN', 'Infinity', '-Infinity' or '-0'");
    return NUMBERS[content];
  },
  $bigint: (content) => {
    need(typeof content === 'string' && content.length <= LONGEST_INTEGER && /^(0|-?[1-9]\d*)$/.test(content), `a text of up to ${LONGEST_INTEGER} decimal digits`);
    return BigInt(content);
  },
};

function instanceParts(object: Encoded, { codecs, fail }: Decoding): Opened {
  const { $class: name } = object;
  need(typeof name === 'string' && Object.hasOwn(object, 'data'), "the name of a codec, and 'data' beside it");
  const codec = codecs.get(name) ?? fail(`no codec is named ${show(name)}.${didYouMean(name, codecs.names())} Register it on this side too: registerCodec({ name, class, encode, decode }).`);
  const join = ([data]: unknown[]): unknown => {
    const instance = codec.decode(data);
    need(instance instanceof codec.class, `codec '${codec.name}' to yield an instance of ${codec.class.name}, got ${show(instance)}`);
    return instance;
  };
  return new Opened([object['data']], join, () => 'data');
}

function bareParts(content: Json, decoding: Decoding): Opened {
  need(isPlainObject(content), 'an object');
  const keys = Object.keys(content);
  need(!keys.some(isTag), 'an object without tags');
  return plainParts(content, keys, Object.create(null) as Record<string, unknown>, decoding);
}
