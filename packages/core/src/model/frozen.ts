/**
 * Frozen data. Plain containers (arrays, objects of no class) are frozen all the way down, without recursion, so that values can be
 * shared and compared by identity. Class instances and typed arrays stay as they are; Maps and Sets are walked but cannot be frozen.
 */

/** Containers known to be frozen all the way down. A frozen container that is not in here may still hold mutable ones. */
const deeplyFrozen = new WeakSet<object>();

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
  if (!isContainer(value) || deeplyFrozen.has(value)) return value;
  const seen = new Set<object>([value]);
  const stack: object[] = [value];
  while (stack.length > 0) {
    const container = stack.pop()!;
    const inner = stack.length;
    if (container instanceof Map) {
      for (const [key, item] of container) pushContainers(stack, seen, key, item);
    } else if (container instanceof Set) {
      for (const item of container) pushContainers(stack, seen, item);
    } else {
      Object.freeze(container);
      for (const item of Object.values(container)) pushContainers(stack, seen, item);
    }
    // Leaves of plain values are cheap to look at again; those that hold containers are worth remembering.
    if (stack.length > inner && Object.isFrozen(container)) deeplyFrozen.add(container);
  }
  if (Object.isFrozen(value)) deeplyFrozen.add(value);
  return value;
}

function pushContainers(stack: object[], seen: Set<object>, ...items: unknown[]): void {
  for (const item of items) {
    if (isContainer(item) && !seen.has(item) && !deeplyFrozen.has(item)) {
      seen.add(item);
      stack.push(item);
    }
  }
}

/**
 * A deeply frozen copy of a caller's data, so that theirs is neither frozen nor aliased. Dates, Maps and Sets are copied too;
 * sharing and cycles inside the data are kept, and of an array its elements. What is already frozen by us is returned as it is.
 */
export function frozenCopy<T>(value: T): T {
  if (value instanceof Date) return new Date(value) as T;
  if (!isContainer(value) || deeplyFrozen.has(value)) return value;
  const flat = Array.isArray(value) ? flatCopy(value as readonly unknown[]) : undefined;
  if (flat !== undefined) return flat as T & unknown[];
  const { root, twins } = dataCopy(value, (container) => deeplyFrozen.has(container));
  for (const twin of twins) {
    if (twin instanceof Map || twin instanceof Set) continue;
    Object.freeze(twin);
    deeplyFrozen.add(twin);
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
      twin = Array.isArray(item) ? new Array(item.length) : item instanceof Map ? new Map() : item instanceof Set ? new Set() : Object.create(Object.getPrototypeOf(item) as object | null) as object;
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
      for (const [key, item] of Object.entries(source)) Object.defineProperty(twin, key, { value: copy(item), enumerable: true, writable: true, configurable: true });
    }
  }
  return { root, twins: copies.values() };
}

/** A frozen copy of an array that holds no containers and no dates, which is most of the large ones; undefined for others. */
function flatCopy(source: readonly unknown[]): readonly unknown[] | undefined {
  const copy = new Array<unknown>(source.length);
  for (let i = 0; i < source.length; i++) {
    const item = source[i];
    if (typeof item === 'object' ? item instanceof Date || (isContainer(item) && !deeplyFrozen.has(item)) : item === undefined) return undefined; // it may be a hole
    copy[i] = item;
  }
  Object.freeze(copy);
  deeplyFrozen.add(copy);
  return copy;
}
