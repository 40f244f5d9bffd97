/**
 * Frozen data. Plain containers (arrays, objects of no class) are frozen all the way down, without recursion, so that values can be
 * shared and compared by identity. Class instances and typed arrays stay as they are; Maps and Sets are walked but cannot be frozen.
 */

/**
 * The mark of containers known to be frozen all the way down; a frozen container without it may still hold mutable ones. It is a private field put
 * into an object of no class, which nobody else can see, copy or put there: what an entry in a WeakSet says, and that costs more than the copy, above all
 * to the garbage collector.
 */
class Mark extends (function itself(container: object) {
  return container;
} as unknown as new (container: object) => object) {
  /** False on what turned out not to be: nobody can take the field away again. */
  #isDeeplyFrozen = true;

  static put(container: object): object {
    if (!(#isDeeplyFrozen in container)) return new Mark(container);
    container.#isDeeplyFrozen = true;
    return container;
  }

  static lift(container: object): void {
    if (#isDeeplyFrozen in container) container.#isDeeplyFrozen = false;
  }

  static isOn(container: object): boolean {
    return #isDeeplyFrozen in container && container.#isDeeplyFrozen;
  }
}

/** Those that were closed to new fields before we got to them. */
const closed = new WeakSet<object>();

const isDeeplyFrozen = (container: object): boolean => Mark.isOn(container) || closed.has(container);

/** Freezes a container whose parts are frozen, or about to be. */
function freeze<T extends object>(container: T): T {
  if (Object.isExtensible(container)) Mark.put(container);
  else closed.add(container);
  return Object.freeze(container);
}

/** Takes back what was said of a container. */
function unmark(container: object): void {
  Mark.lift(container);
  closed.delete(container);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'));
}

/** An array, an object of no class, a Map or a Set. */
export const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && (Array.isArray(value) || isPlainObject(value) || value instanceof Map || value instanceof Set);

/** Freezes a value of ours in place. */
export function deepFreeze<T>(value: T): T {
  if (!isContainer(value) || isDeeplyFrozen(value)) return value;
  const unfreezable = new Set<object>(); // those of Maps and Sets that were walked: they have no mark
  const found: object[] = [];
  const visit = (item: unknown): void => {
    if (!isContainer(item) || isDeeplyFrozen(item) || unfreezable.has(item)) return;
    found.push(item);
    if (item instanceof Map || item instanceof Set) unfreezable.add(item);
    else freeze(item);
  };
  try {
    visit(value);
    for (let i = 0; i < found.length; i++) {
      const container = found[i]!;
      if (container instanceof Map || container instanceof Set) {
        for (const [key, item] of container.entries()) {
          visit(key);
          visit(item);
        }
      } else {
        for (const item of Object.values(container)) visit(item);
      }
    }
  } catch (error) {
    for (const container of found) unmark(container); // a getter or a proxy threw: what stood behind it was never looked at
    throw error;
  }
  return value;
}

/**
 * A deeply frozen copy of a caller's data, so that theirs is neither frozen nor aliased. Dates, Maps and Sets are copied too;
 * sharing and cycles inside the data are kept, and of an array its elements. What is already frozen by us is returned as it is.
 *
 * @example
 * ```ts
 * import { frozenCopy } from '@flowmodel/core/extending';
 * const mine = { days: [1, 2] };
 * const copy = frozenCopy(mine);
 * mine.days.push(3);
 * console.log(copy, Object.isFrozen(copy.days), frozenCopy(copy) === copy); // { days: [ 1, 2 ] } true true
 * ```
 */
export function frozenCopy<T>(value: T): T {
  if (value instanceof Date) return new Date(value) as T;
  if (!isContainer(value) || isDeeplyFrozen(value)) return value;
  const flat = Array.isArray(value) ? flatArray(value as readonly unknown[]) : flatObject(value);
  if (flat !== undefined) return flat as T & object;
  const { root, twins } = dataCopy(value, isDeeplyFrozen);
  for (const twin of twins) {
    if (!(twin instanceof Map || twin instanceof Set)) freeze(twin);
  }
  return root;
}

/** A copy of containers and dates, sharing and cycles kept, and all the containers that were made for it. What `isKept` says is not copied. */
export function dataCopy<T>(value: T, isKept: (container: object) => boolean): { readonly root: T; readonly twins: Iterable<object> } {
  const copies = new Map<object, object>();
  const pending: object[] = [];
  const copy = (item: unknown): unknown => {
    if (item instanceof Date) return new Date(item);
    if (!isContainer(item) || isKept(item)) return item;
    let twin = copies.get(item);
    if (twin === undefined) {
      twin = Array.isArray(item) ? new Array(item.length) : item instanceof Map ? new Map() : item instanceof Set ? new Set() : isOrdinary(item) ? {} : (Object.create(Object.getPrototypeOf(item) as object | null) as object);
      copies.set(item, twin);
      pending.push(item);
    }
    return twin;
  };
  const root = copy(value) as T;
  while (pending.length > 0) {
    const source = pending.pop()!;
    const twin = copies.get(source)!;
    if (source instanceof Map) for (const [key, item] of source) (twin as Map<unknown, unknown>).set(copy(key), copy(item));
    else if (source instanceof Set) for (const item of source) (twin as Set<unknown>).add(copy(item));
    else if (Array.isArray(source)) {
      for (let i = 0; i < source.length; i++) if (i in source) (twin as unknown[])[i] = copy((source as unknown[])[i]);
    } else {
      for (const key of Object.keys(source)) put(twin, key, copy((source as Readonly<Record<string, unknown>>)[key]));
    }
  }
  return { root, twins: copies.values() };
}

/** A frozen copy of an array that holds no containers and no dates, which is most of the large ones; undefined for others. */
function flatArray(source: readonly unknown[]): object | undefined {
  const copy = new Array<unknown>(source.length);
  for (let i = 0; i < source.length; i++) {
    const item = source[i];
    if (item === undefined || !isLeaf(item)) return undefined; // it may be a hole
    copy[i] = item;
  }
  return freeze(copy);
}

/** The same for an object. */
function flatObject(source: object): object | undefined {
  if (!isOrdinary(source)) return undefined;
  const copy = {};
  for (const key of Object.keys(source)) {
    const item = (source as Readonly<Record<string, unknown>>)[key];
    if (!isLeaf(item)) return undefined;
    put(copy, key, item);
  }
  return freeze(copy);
}

const isLeaf = (item: unknown): boolean => typeof item !== 'object' || item === null || (!(item instanceof Date) && (!isContainer(item) || isDeeplyFrozen(item)));
const isOrdinary = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** Sets an own field, whatever its name: to define one takes several times as long. */
function put(target: object, key: string, value: unknown): void {
  if (key in Object.prototype) Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else (target as Record<string, unknown>)[key] = value;
}
