/** Files under one directory, and nowhere else: references are checked before anything is read, and no message repeats a file's content. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';

/** Why a file is not read. `escape`: the reference leads out of the root, which no `error_action` routes. */
export class FileProblem extends Error {
  readonly isEscape: boolean;

  constructor(message: string, isEscape = false) {
    super(message);
    this.isEscape = isEscape;
  }
}

export interface LoadedFile {
  /** The real path: what a file is known by. */
  readonly path: string;
  readonly directory: string;
  readonly text: string;
  /** SHA-256 of the content. */
  readonly hash: string;
}

export interface RootOptions {
  /** The largest file that is read, in bytes. Default 1 MiB. */
  readonly maxFileBytes?: number | undefined;
}

const MIB = 1_048_576;

export class Root {
  /** The real path of the directory. */
  readonly directory: string;
  readonly #maxBytes: number;

  constructor(directory: string, { maxFileBytes = MIB }: RootOptions = {}) {
    this.#maxBytes = maxFileBytes;
    try {
      this.directory = realpathSync(resolve(directory));
    } catch (error) {
      throw new FileProblem(`the root '${directory}' does not exist`, codeOf(error) !== 'ENOENT');
    }
  }

  /** Reads what a document in `directory` refers to. Throws FileProblem. */
  load(reference: string, directory: string): LoadedFile {
    const path = this.#locate(reference, directory);
    const bytes = this.#read(path, reference);
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw new FileProblem(`'${reference}' is not UTF-8 text`);
    }
    return { path, directory: dirname(path), text, hash: hashOf(bytes) };
  }

  #locate(reference: string, directory: string): string {
    checkReference(reference);
    const wanted = resolve(directory, reference);
    if (!this.#holds(wanted)) throw new FileProblem(`'${shown(reference)}' leads out of the root directory. Keep children under the root, or give a wider one: root: '…'`, true);
    let real: string;
    try {
      real = realpathSync(wanted);
    } catch (error) {
      throw problemOf(error, reference);
    }
    if (!this.#holds(real)) throw new FileProblem(`'${shown(reference)}' leads out of the root directory by a symbolic link`, true);
    return real;
  }

  #holds(path: string): boolean {
    const way = relative(this.directory, path);
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  }

  #read(path: string, reference: string): Buffer {
    let file: number;
    try {
      file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)); // a pipe must not hold us up
    } catch (error) {
      throw problemOf(error, reference);
    }
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) throw new FileProblem(`'${shown(reference)}' is not a file`);
      if (realpathSync(path) !== path) throw new FileProblem(`'${shown(reference)}' was moved while it was read`, true); // a link was slipped in meanwhile
      const bytes = Buffer.alloc(Math.min(stat.size, this.#maxBytes) + 1); // one more, to see that a file grew
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(file, bytes, length, bytes.length - length, length);
      if (length > this.#maxBytes) throw new FileProblem(`'${shown(reference)}' is larger than ${this.#maxBytes} bytes; raise maxFileBytes if that is meant`);
      if (length > stat.size) throw new FileProblem(`'${shown(reference)}' changed while it was read`);
      return bytes.subarray(0, length);
    } catch (error) {
      throw error instanceof FileProblem ? error : problemOf(error, reference);
    } finally {
      closeSync(file);
    }
  }
}

/** What a reference cannot be, whatever it leads to. Throws FileProblem. */
function checkReference(reference: string): void {
  const refuse = (why: string): never => {
    throw new FileProblem(`'${shown(reference)}' ${why}. Write a path relative to the file of this document, with forward slashes`, true);
  };
  if (reference.includes('\0')) refuse('holds a NUL character');
  if (/^[A-Za-z][A-Za-z\d+.-]+:/.test(reference)) refuse('is a URL');
  if (reference.startsWith('/') || /^[A-Za-z]:/.test(reference)) refuse('is an absolute path');
  if (reference.includes('\\')) refuse('holds a backslash');
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

/** The system's own words name absolute paths; these do not. */
function problemOf(error: unknown, reference: string): FileProblem {
  const code = codeOf(error);
  const name = shown(reference);
  if (code === 'ENOENT' || code === 'ENOTDIR') return new FileProblem(`'${name}' is not there: no such file`);
  if (code === 'ELOOP') return new FileProblem(`'${name}' leads in a circle of symbolic links`, true);
  return new FileProblem(code === 'EISDIR' ? `'${name}' is not a file` : `'${name}' cannot be read (${String(code)})`);
}

const shown = (reference: string): string => {
  const text = reference.replaceAll(/\p{Cc}/gu, '?');
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
};

export const hashOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
