/** The context as the command line gives it: JSON text, files, `key=value` pairs; the later wins. */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { decodeValue } from '@flowmodel/core';
import { parsePath } from '../path.ts';
import type { ValuePath } from '../path.ts';
import { UsageError } from '../usage-error.ts';
import { reportFiles } from '../watch/watched.ts';
import { isRecord, structured, Text } from './text.ts';

/** One value of one place. */
interface Entry {
  /** As it was written: where a field has this very name, it is that field. */
  readonly key: string;
  readonly value: unknown;
}

export class Given {
  readonly #entries: Entry[] = [];

  /** Throws a UsageError for what is no context. */
  constructor(contexts: readonly string[], pairs: readonly string[]) {
    for (const text of contexts) this.#add(text);
    for (const pair of pairs) this.#addPair(pair);
  }

  /** Field → raw value, in which words stand as `Text`. `fields`: names that are taken as they are, dots and all. */
  raw(fields: ReadonlySet<string>): Map<string, unknown> {
    const root: Record<string, unknown> = {};
    for (const { key, value } of this.#entries) put(root, fields.has(key) ? [key] : value instanceof Text ? parsePath(key) : [key], value, key);
    return new Map(Object.entries(root));
  }

  #add(text: string): void {
    if (/^\s*\{/.test(text)) this.#addRecord(parsedJson(text), '--context');
    else if (/^[^=]*\.(json|ya?ml)$/i.test(text) || existsSync(text)) this.#addFile(text);
    else if (text.includes('=')) this.#addPair(text);
    else throw new UsageError(`--context is a JSON object, the name of a .json or .yaml file, or key=value; got '${text}'.`);
  }

  #addFile(file: string): void {
    let text: string;
    reportFiles([file]);
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      throw new UsageError(`The context '${file}' cannot be read: ${(error as Error).message}`, { cause: error });
    }
    this.#addRecord(/\.json$/i.test(file) ? parsedJson(text, file) : parsedYaml(text, file), file);
  }

  #addRecord(data: unknown, from: string): void {
    if (!isRecord(data)) throw new UsageError(`${from}: a context is an object, { "startDate": "2024-01-01" }.`);
    for (const [key, value] of Object.entries(decoded(data, from))) this.#entries.push({ key, value });
  }

  #addPair(pair: string): void {
    const end = pair.indexOf('=');
    if (end < 1) throw new UsageError(`'${pair}' is no key=value. A field of the context is given as startDate=2024-01-01.`);
    this.#entries.push({ key: pair.slice(0, end), value: new Text(pair.slice(end + 1)) });
  }
}

function parsedJson(text: string, file?: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file ?? '--context'} is not valid JSON: ${(error as Error).message}`, { cause: error });
  }
}

function parsedYaml(text: string, file: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch (error) {
    throw new UsageError(`${file} is not valid YAML: ${(error as Error).message.trim()}`, { cause: error });
  }
}

/** `{ "$date": … }` and the other tags of documents stand for what they stand for there. */
function decoded(data: Readonly<Record<string, unknown>>, from: string): Readonly<Record<string, unknown>> {
  if (!JSON.stringify(data).includes('"$')) return data;
  try {
    return decodeValue(data) as Readonly<Record<string, unknown>>; // what is decoded from a record with field names is one
  } catch (error) {
    throw new UsageError(`${from}: ${(error as Error).message}`, { cause: error });
  }
}

/** Puts a value into a tree, over what stands there. */
function put(root: Record<string, unknown>, path: ValuePath, value: unknown, key: string): void {
  if (path.includes('__proto__')) throw new UsageError(`'${key}' is no field: no field is called __proto__.`);
  let at: Record<string | number, unknown> = root;
  for (const [i, part] of path.entries()) {
    if (Array.isArray(at) && typeof part === 'number' && part > at.length) throw new UsageError(`'${key}' leaves a gap: ${at.length} elements stand before it.`);
    if (i === path.length - 1) {
      at[part] = value;
      return;
    }
    const found = structured(at[part]);
    const wantsList = typeof path[i + 1] === 'number';
    const next: unknown = wantsList ? (Array.isArray(found) ? [...(found as unknown[])] : []) : isRecord(found) ? { ...found } : {};
    at[part] = next;
    at = next as Record<string | number, unknown>;
  }
}
