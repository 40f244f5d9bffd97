/** Binary data as text: a character for each byte, so that a hasher of texts can hash it. */

/** What a chunk may be: arguments of a call go on the stack. */
const CHUNK = 8_192;

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The bytes of a typed array, DataView or ArrayBuffer, little end first on every machine; nothing for other objects, and for
 * subclasses, which may hold more than bytes. Throws a TypeError for what has been detached.
 */
export function binaryText(object: object, className: string): string | undefined {
  if (ArrayBuffer.isView(object)) {
    const kind = Object.prototype.toString.call(object).slice('[object '.length, -1);
    if (className !== kind && className !== 'Buffer') return undefined;
    const bytes = new Uint8Array(object.buffer, object.byteOffset, object.byteLength);
    const size = 'BYTES_PER_ELEMENT' in object ? (object.BYTES_PER_ELEMENT as number) : 1;
    return textOf(isLittleEndian || size === 1 ? bytes : swapped(bytes, size));
  }
  if (className !== 'ArrayBuffer' && className !== 'SharedArrayBuffer') return undefined;
  return isBuffer(object) ? textOf(new Uint8Array(object)) : undefined;
}

const isBuffer = (object: object): object is ArrayBuffer => ['[object ArrayBuffer]', '[object SharedArrayBuffer]'].includes(Object.prototype.toString.call(object));

function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return text;
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < copy.length; i += size) copy.subarray(i, i + size).reverse();
  return copy;
}
