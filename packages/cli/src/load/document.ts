/** Models of documents: graphs of the core, workflows, configurations. */
import { listNames } from '@flowmodel/core/extending';
import { readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { parse } from 'yaml';
import type { CallableModel, ModelLookup } from '@flowmodel/core';
import { UsageError } from '../usage-error.ts';
import { workflowFor } from './core.ts';
import type { Core } from './core.ts';
import type { Target } from './target.ts';

export type DocumentKind = 'graph' | 'workflow' | 'config';

/** A file, and what can be told of it before it is read properly. */
export interface DocumentText {
  readonly kind: DocumentKind;
  readonly text: string;
}

/** What is laid over a configuration. */
export interface Layers {
  /** Files that are merged over it, later ones over earlier ones. */
  readonly configs: readonly string[];
  /** `path.to.value=text`, over all files. */
  readonly overrides: readonly string[];
}

/** What a document may refer to. */
export interface DocumentNeeds {
  readonly core: Core;
  /** What `{ "$ref": path }` leads to. */
  readonly lookup: ModelLookup | undefined;
  readonly layers: Layers;
  readonly onWarning: (text: string) => void;
}

/** Throws a UsageError for a file that cannot be read. */
export function readDocumentText(file: string): DocumentText {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`'${file}' cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return { kind: kindOf(text, file), text };
}

/** Undefined for text that is malformed, of which its own reader says more. */
function parsed(text: string, file: string): unknown {
  try {
    return file.toLowerCase().endsWith('.json') ? JSON.parse(text) : parse(text, { logLevel: 'silent' });
  } catch {
    return undefined;
  }
}

/** The names at the top of a configuration and of what is merged over it; none of other documents. */
export function configuredNames(file: string, configs: readonly string[]): ReadonlySet<string> {
  if (readDocumentText(file).kind !== 'config') return new Set();
  return new Set([file, ...configs].flatMap((each) => Object.keys(parsed(readDocumentText(each).text, each) ?? {})));
}

function kindOf(text: string, file: string): DocumentKind {
  const data = parsed(text, file);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return 'workflow';
  if ('flowmodel' in data) return 'graph';
  return 'nodes' in data && Array.isArray(data.nodes) ? 'workflow' : holdsModels(data) ? 'config' : 'workflow';
}

/** Whether `{ $model: … }` stands anywhere. */
function holdsModels(data: object): boolean {
  const pending: unknown[] = [data];
  for (const value of pending) {
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '$model')) return true;
    for (const part of Object.values(value) as unknown[]) pending.push(part);
  }
  return false;
}

export async function modelOfDocument(target: Target, document: DocumentText, needs: DocumentNeeds): Promise<CallableModel> {
  const { core, lookup, layers, onWarning } = needs;
  const { kind, text } = document;
  const file = shortName(target.file);
  if (kind !== 'config' && layers.configs.length > 0) throw new UsageError(`'${file}' is no configuration, and --config is merged over one.`);
  if (kind !== 'config' && target.fragment !== undefined) throw new UsageError(`'${file}' is one model: leave out '#${target.fragment}'.`);
  if (kind === 'graph') return core.modelFromJSON(text.trimStart().startsWith('{') ? text : (parse(text) as object), { ...(lookup !== undefined && { registry: lookup }) });
  const workflow = await workflowFor(target.file);
  if (kind === 'workflow') return workflow.compileWorkflow(text, { file, definitions: core.defaultDefinitions, onWarning: ({ message, line, column }) => onWarning(`${line === undefined ? file : `${file}:${line}:${column}`}: ${message}`) });
  const registry = workflow.loadConfig([file, ...layers.configs], { definitions: core.defaultDefinitions, overrides: layers.overrides });
  const paths = registry.list();
  if (target.fragment === undefined && paths.length !== 1) throw new UsageError(`'${file}' holds ${paths.length === 0 ? 'no models' : listNames(paths)}. Say which: ${file}#${paths[0] ?? '/name'}.`);
  try {
    return registry.get(target.fragment ?? paths[0]!);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** From where the command runs, for messages; files elsewhere by their full path. */
export function shortName(file: string): string {
  const short = relative(process.cwd(), file);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? file : short;
}
