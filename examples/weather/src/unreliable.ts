/** A disk with a bad day: the first read fails, the second never answers, the third is as it should be. */
import { readFile } from 'node:fs/promises';
import type { FlowRun, Override } from '@flowmodel/core';
import { readText } from './load.ts';

export const unreliableReads: Override = {
  factories: [readText],
  body: ({ file }: { readonly file: string }, { attempt, signal }: FlowRun): Promise<string> => {
    if (attempt === 1) throw new Error('the disk did not respond');
    if (attempt === 2) return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    return readFile(file, 'utf8');
  },
};
