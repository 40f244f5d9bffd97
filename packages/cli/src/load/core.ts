/**
 * The packages of the project that a module belongs to. Its definitions are registered in its own core, and where the command was installed elsewhere
 * (globally, by npx) that is another copy than the command's.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as cacheModule from '@flowmodel/cache';
import type * as coreModule from '@flowmodel/core';
import type * as workflowModule from '@flowmodel/workflow';

export type Core = typeof coreModule;

export const coreFor = async (file: string): Promise<Core> => (await ofProject<Core>('@flowmodel/core', file)) ?? (await import('@flowmodel/core'));

export const workflowFor = async (file: string): Promise<typeof workflowModule> => (await ofProject<typeof workflowModule>('@flowmodel/workflow', file)) ?? (await import('@flowmodel/workflow'));

export const cacheFor = async (file: string): Promise<typeof cacheModule> => (await ofProject<typeof cacheModule>('@flowmodel/cache', file)) ?? (await import('@flowmodel/cache'));

async function ofProject<T>(name: string, file: string): Promise<T | undefined> {
  let path: string;
  try {
    path = createRequire(file).resolve(name);
  } catch {
    return undefined;
  }
  return (await import(pathToFileURL(path).href)) as T; // by its name
}
