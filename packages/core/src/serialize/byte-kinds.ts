/** Buffers and views of them: base64, the low byte of an element first. A view travels alone: of a larger buffer, the part that it sees. */
import type { Json } from './json.ts';
import { kindOf, need, whole } from './kind.ts';
import type { Kind } from './kind.ts';

type View = Uint8Array | DataView;
type ViewClass = { readonly name: string; readonly prototype: View; readonly BYTES_PER_ELEMENT?: number; new (buffer: ArrayBuffer): View };
type BufferClass = { readonly prototype: Uint8Array; from(buffer: ArrayBuffer): Uint8Array };

/** Classes that this runtime may not have. */
const globals = globalThis as unknown as Readonly<Record<string, ViewClass | undefined>> & { readonly Buffer?: BufferClass };

const viewKind = (Class: ViewClass): Kind => {
  const size = Class.BYTES_PER_ELEMENT ?? 1;
  const tag = `$${Class.name}`;
  return kindOf<View>({
    tag,
    class: Class,
    encode: ({ buffer, byteOffset, byteLength }) => whole({ [tag]: toBase64(lowByteFirst(new Uint8Array(buffer, byteOffset, byteLength), size)) }),
    decode: (content) => {
      const bytes = fromBase64(content);
      need(bytes.length % size === 0, `whole elements of ${size} bytes`);
      return whole(new Class(lowByteFirst(bytes, size).buffer as ArrayBuffer));
    },
  });
};

const arrayBuffer = kindOf<ArrayBuffer>({
  tag: '$ArrayBuffer',
  class: ArrayBuffer,
  encode: (value) => whole({ $ArrayBuffer: toBase64(new Uint8Array(value)) }),
  decode: (content) => whole(fromBase64(content).buffer),
});

/** Node's. */
const nodeBuffer = (Class: BufferClass): Kind =>
  kindOf<Uint8Array>({
    tag: '$Buffer',
    class: Class,
    encode: (value) => whole({ $Buffer: toBase64(value) }),
    decode: (content) => whole(Class.from(fromBase64(content).buffer)),
  });

const VIEWS = ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array', 'Float16Array', 'Float32Array', 'Float64Array', 'DataView'];

export const byteKinds: readonly Kind[] = [
  arrayBuffer,
  ...(globals.Buffer === undefined ? [] : [nodeBuffer(globals.Buffer)]),
  ...VIEWS.map((name) => globals[name]).filter((Class) => Class !== undefined).map(viewKind),
];

/* ---------- base64 with what every runtime has ---------- */

const CHUNK = 0x8000; // arguments that a call takes

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(text);
}

function fromBase64(content: Json): Uint8Array<ArrayBuffer> {
  need(typeof content === 'string' && content.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(content), 'base64');
  const text = atob(content);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** To and from the order of bytes in documents. */
function lowByteFirst(bytes: Uint8Array, size: number): Uint8Array {
  if (isLittleEndian || size === 1) return bytes;
  const swapped = bytes.slice();
  for (let i = 0; i < swapped.length; i += size) swapped.subarray(i, i + size).reverse();
  return swapped;
}
