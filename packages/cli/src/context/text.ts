/** A word of the command line. What it means is for a schema to say; a string of a JSON document, on the other hand, is a string. */
export class Text {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a word most likely means, where no schema says: `5`, `true`, `null`, `{"a":1}`, and otherwise itself. */
export function guessed(text: string): unknown {
  if (!/^\s*(?:[[{"\d-]|true\s*$|false\s*$|null\s*$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A word that opens a JSON list or object, opened. */
export function structured(raw: unknown): unknown {
  if (!(raw instanceof Text) || !/^\s*[[{]/.test(raw.text)) return raw;
  const data = guessed(raw.text);
  return typeof data === 'string' ? raw : data;
}

/** Plain data, with every word in it guessed. */
export function plain(raw: unknown): unknown {
  if (raw instanceof Text) return guessed(raw.text);
  if (Array.isArray(raw)) return raw.map(plain);
  return isRecord(raw) ? mapped(raw, plain) : raw;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export const mapped = (record: Readonly<Record<string, unknown>>, map: (value: unknown, key: string) => unknown): Record<string, unknown> => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
