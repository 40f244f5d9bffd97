/** Modules of the user, TypeScript as it is: Node strips the types. What it cannot load is said with what to do about it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UsageError } from '../usage-error.ts';

export type Exports = Readonly<Record<string, unknown>>;

/** A module did not load; `cause` is why, and the message what can be done. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

/** Throws LoadError. */
export async function loadModule(file: string): Promise<Exports> {
  return imported(pathToFileURL(file).href, file);
}

/** Modules of `--import`: files, or packages of the project. They come before anything else is loaded, so that loaders among them take part. Throws LoadError, and a UsageError for a file that is not there. */
export async function loadImports(names: readonly string[]): Promise<Exports[]> {
  const loaded: Exports[] = [];
  for (const name of names) {
    const file = importedFile(name);
    if (file !== undefined && !existsSync(file)) throw new UsageError(`--import: there is no file '${name}'.`);
    loaded.push(await imported(locate(name), name));
  }
  return loaded;
}

/** A module of `--import` that is a file. */
export function importedFile(name: string): string | undefined {
  const path = resolve(name);
  return name.startsWith('.') || isAbsolute(name) || existsSync(path) ? path : undefined;
}

function locate(name: string): string {
  const path = importedFile(name);
  if (path !== undefined) return pathToFileURL(path).href;
  try {
    return pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(name)).href;
  } catch {
    return name; // the command's own packages
  }
}

async function imported(url: string, name: string): Promise<Exports> {
  try {
    return (await import(url)) as Exports; // a namespace
  } catch (error) {
    const advice = adviceOn(error, name);
    throw new LoadError(`${name} does not load.${advice === undefined ? '' : ` ${advice}`}`, { cause: error });
  }
}

const COMPILER = 'Compile it, or let a loader do so: npm install -D tsx, then --import tsx.';

function adviceOn(error: unknown, name: string): string | undefined {
  const { code, message = '', url } = (error ?? {}) as { readonly code?: string; readonly message?: string; readonly url?: string };
  switch (code) {
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return `Node runs TypeScript by leaving out the types, and an enum, a namespace or a parameter property is more than types. ${COMPILER}`;
    case 'ERR_INVALID_TYPESCRIPT_SYNTAX':
      return 'It is not valid TypeScript.';
    case 'ERR_UNKNOWN_FILE_EXTENSION':
      return /\.[jt]sx\b/.test(message) ? `Node does not run JSX. ${COMPILER}` : process.features.typescript === false ? 'This Node was started without the stripping of types.' : 'Give a module (.ts, .mts, .js, .mjs) or a document (.json, .yaml).';
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return 'Node runs no TypeScript below node_modules. Import the built JavaScript of that package.';
    case 'ERR_MODULE_NOT_FOUND':
      return notFound(message, url);
    default:
      if (!(error instanceof SyntaxError)) return undefined;
      // V8 says no more than this of a decorator, and of other text that is no code it does not say where it stands.
      if (message === 'Invalid or unexpected token') return `Node does not run decorators, should one stand there or in what it imports. ${COMPILER}`;
      return error.stack?.startsWith('SyntaxError') === true ? `To be shown the place: node ${name}` : undefined;
  }
}

function notFound(message: string, url: string | undefined): string | undefined {
  const name = /Cannot find package '(?<name>[^']+)'/.exec(message)?.groups?.['name'];
  if (name !== undefined) return `Install '${name}' in the project; where it is an alias of tsconfig.json's paths: Node does not know those. ${COMPILER}`;
  if (url?.startsWith('file:') !== true) return undefined;
  const file = fileURLToPath(url);
  const source = { '.js': '.ts', '.mjs': '.mts', '.cjs': '.cts', '': '.ts' }[extname(file)];
  if (source === undefined || !existsSync(file.slice(0, file.length - extname(file).length) + source)) return undefined;
  return `Node takes the names of imports as they stand: import the ${source} file, with its ending. ${COMPILER}`;
}
