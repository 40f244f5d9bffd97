/** The run that a watcher started, in a process of its own: it tells which files it read, and can be stopped. */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Interruption } from '../interruption.ts';

/** Set for the process of a watched run. */
export const WATCHED = 'FLOWMODEL_WATCHED';

export interface FileMessage {
  readonly files: readonly string[];
}
export const STOP = 'stop';

/** Whether this process is such a run. */
export const isWatched = process.env[WATCHED] === '1' && process.send !== undefined;
let isReporting = false;

/** Modules are reported before they are read, also those that cannot be found: either may be what is put right next. */
export function reportToWatcher(interruption: Interruption): void {
  if (!isWatched || isReporting) return;
  isReporting = true;
  process.on('message', (message) => {
    if (message === STOP) interruption.stop('SIGINT');
  });
  registerHooks({
    resolve: (specifier, context, next) => {
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier.startsWith('.') && context.parentURL !== undefined) reportUrl(new URL(specifier, context.parentURL).href);
        throw error;
      }
    },
    load: (url, context, next) => {
      reportUrl(url);
      return next(url, context);
    },
  });
}

export function reportFiles(files: readonly string[]): void {
  if (isWatched) process.send!({ files: files.map((file) => resolve(file)) } satisfies FileMessage);
}

/** This package's own modules, some of which are loaded late. */
const own = new URL('..', import.meta.url).href;

function reportUrl(url: string): void {
  if (url.startsWith('file:') && !url.includes('/node_modules/') && !url.startsWith(own)) reportFiles([fileURLToPath(url.split('?')[0]!)]);
}
