/** Codecs of classes, by name: how instances travel. */
import { FlowError, show } from '../errors.ts';
import { FlowResult, GenericResult } from '../model/result.ts';
import { isBuiltIn } from './kinds.ts';

/** How the instances of one class travel. */
export interface Codec<T extends object = object> {
  /** Stands in the encoded data; the other side must know a codec of this name. */
  readonly name: string;
  /** Instances of exactly this class; a subclass needs a codec of its own. */
  readonly class: abstract new (...args: never[]) => T;
  /** The state of an instance as data: anything that can be encoded, also instances of other classes that have codecs. */
  encode(value: T): unknown;
  /** The instance again. Check what you are given: it may have been tampered with. What this throws is the cause of a DESERIALIZE error. */
  decode(data: unknown): T;
}

/**
 * Codecs by name and by class. A process-wide one is used where none is given; `registerCodec` adds to it.
 *
 * @example
 * ```ts
 * class Money {
 *   readonly amount: bigint;
 *   constructor(amount: bigint) { this.amount = amount; }
 * }
 * const codecs = new CodecRegistry();
 * codecs.add({ name: 'Money', class: Money, encode: ({ amount }) => amount, decode: (amount) => new Money(z.bigint().parse(amount)) });
 * const data = encodeValue({ price: new Money(5n) }, { codecs });
 * console.log(JSON.stringify(data)); // {"price":{"$class":"Money","data":{"$bigint":"5"}}}
 * console.log(decodeValue(data, { codecs })); // { price: Money { amount: 5n } }
 * ```
 */
export class CodecRegistry {
  readonly #byName = new Map<string, Codec>();
  readonly #byPrototype = new Map<object, Codec>();

  /** Throws DUPLICATE_NAME for a taken name or class unless `replace` is given, DEFINITION for what is no codec. */
  add<T extends object>(codec: Codec<T>, options: { readonly replace?: boolean | undefined } = {}): void {
    checkCodec(codec);
    const { prototype } = codec.class as { prototype: object };
    const taken = this.#byName.get(codec.name) ?? this.#byPrototype.get(prototype);
    if (taken !== undefined) {
      if (options.replace !== true) {
        throw new FlowError('DUPLICATE_NAME', `There is a codec '${taken.name}' for class ${taken.class.name || '<unnamed>'} already. Give this one another name and class, pass replace: true, or use a CodecRegistry of its own.`, { details: { name: codec.name } });
      }
      for (const old of [this.#byName.get(codec.name), this.#byPrototype.get(prototype)]) if (old !== undefined) this.#remove(old);
    }
    this.#byName.set(codec.name, codec); // only ever handed instances of its own class
    this.#byPrototype.set(prototype, codec);
  }

  #remove(codec: Codec): void {
    this.#byName.delete(codec.name);
    this.#byPrototype.delete((codec.class as { prototype: object }).prototype);
  }

  /** The codec of a value's class, if it has one. */
  of(value: object): Codec | undefined {
    if (this.#byPrototype.size === 0) return undefined;
    const prototype = Object.getPrototypeOf(value) as object | null;
    return prototype === null ? undefined : this.#byPrototype.get(prototype);
  }

  get(name: string): Codec | undefined {
    return this.#byName.get(name);
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }
}

function checkCodec(codec: object): void {
  const given = ((codec as unknown) ?? {}) as Readonly<Record<string, unknown>>; // probed below
  const fail = (problem: string): never => {
    throw new FlowError('DEFINITION', `A codec is { name, class, encode, decode }: ${problem}`);
  };
  if (typeof given['name'] !== 'string' || given['name'] === '') fail(`'name' is a string, got ${show(given['name'])}.`);
  const Class = given['class'];
  if (typeof Class !== 'function' || typeof Class.prototype !== 'object' || Class.prototype === null) fail(`'class' is a class, got ${show(Class)}.`);
  for (const method of ['encode', 'decode']) if (typeof given[method] !== 'function') fail(`'${method}' is a function, got ${show(given[method])}.`);
  const { prototype, name } = Class as { prototype: object; name: string };
  if (isBuiltIn(prototype) || prototype === GenericResult.prototype || prototype === FlowResult.prototype) fail(`${name} is encoded without one. A codec is for a class of your own.`);
}

/** The codecs that are used where none are given. */
export const defaultCodecs = new CodecRegistry();

/**
 * Makes a class known to the process-wide codecs, so that its instances can stand in documents and in persistent caches. Both sides register it.
 *
 * Throws DUPLICATE_NAME unless `replace` is given, DEFINITION.
 *
 * @example
 * ```ts
 * class Quote extends FlowResult {
 *   readonly bid: number;
 *   constructor(bid: number) { super(); this.bid = bid; }
 * }
 * registerCodec({ name: 'Quote', class: Quote, encode: ({ bid }) => bid, decode: (bid) => new Quote(z.number().parse(bid)) });
 * console.log(decodeValue(encodeValue(new Quote(9))) instanceof Quote); // true
 * ```
 */
export function registerCodec<T extends object>(codec: Codec<T>, options?: { readonly replace?: boolean | undefined }): void {
  defaultCodecs.add(codec, options);
}
