/** What a command is to work on: `pipeline.ts#delta`, `graph.json`, `flow.yaml`, `config.yaml#/visitors/delta`. */
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { UsageError } from '../usage-error.ts';
import { reportFiles } from '../watch/watched.ts';

export interface Target {
  /** As it was written. */
  readonly text: string;
  /** The absolute path. */
  readonly file: string;
  readonly fragment: string | undefined;
  readonly isDocument: boolean;
}

/** Throws a UsageError when there is no such file. */
export function targetOf(text: string): Target {
  // A file's name may hold a '#', too.
  for (let end = text.length; end > 0; end = text.lastIndexOf('#', end - 1)) {
    const file = text.slice(0, end);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const fragment = end === text.length || end === text.length - 1 ? undefined : text.slice(end + 1);
    return { text, file: resolve(file), fragment, isDocument: /^\.(json|ya?ml)$/i.test(extname(file)) };
  }
  const [file = text] = text.split('#');
  reportFiles([file]); // it may come
  throw new UsageError(`There is no file '${file}'. Give a module and, after '#', the name of its export: pipeline.ts#delta.`);
}
