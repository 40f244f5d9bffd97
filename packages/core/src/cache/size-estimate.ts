/** Roughly how much memory a value takes. */

/** Bytes, as engines with 64-bit pointers have it: a header and a slot for each field or element. */
const SLOT = 8;
const HEADER = 24;
const MAP_SLOT = 32;

/**
 * The approximate size of a value in bytes, what it shares counted once. Strings count two bytes a character. Stops early, with some number
 * above it, once the size exceeds `limit`. What only code could tell (getters, private fields) does not count.
 */
export function sizeEstimate(value: unknown, limit = Infinity): number {
  const seen = new Set<object>();
  const pending: unknown[] = [value];
  let size = 0;
  while (pending.length > 0 && size <= limit) {
    const part = pending.pop();
    if (typeof part !== 'object' || part === null) {
      size += primitiveSize(part);
    } else if (!seen.has(part)) {
      seen.add(part);
      size += HEADER + contentSize(part, pending, limit - size);
    }
  }
  return size;
}

function primitiveSize(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return HEADER + 2 * value.length;
    case 'number':
      return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 0 : 16; // small integers stand in the slot
    case 'bigint':
      return HEADER + value.toString(16).length / 2;
    default:
      return 0;
  }
}

/** The size of what an object has in itself; what it refers to goes to `pending`. */
function contentSize(part: object, pending: unknown[], limit: number): number {
  if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) return part.byteLength;
  if (part instanceof Date) return SLOT;
  if (part instanceof Map) {
    for (const [key, item] of part as ReadonlyMap<unknown, unknown>) pending.push(key, item);
    return part.size * MAP_SLOT;
  }
  if (part instanceof Set) {
    pending.push(...(part as ReadonlySet<unknown>));
    return part.size * MAP_SLOT;
  }
  if (Array.isArray(part)) {
    if (part.length * SLOT <= limit) for (const item of part as readonly unknown[]) if (typeof item !== 'number') pending.push(item); // numbers stand in the slots
    return part.length * SLOT;
  }
  let size = 0;
  for (const key of Object.keys(part)) {
    const { value } = Object.getOwnPropertyDescriptor(part, key)!;
    pending.push(value);
    size += SLOT;
  }
  return size;
}
