/** From what the command line names to a model. */
import { nearest } from '@flowmodel/core/extending';
import type { CallableModel, ModelLookup } from '@flowmodel/core';
import { Chooser } from './choose.ts';
import { coreFor, workflowFor } from './core.ts';
import type { Core } from './core.ts';
import { configuredNames, modelOfDocument, readDocumentText, shortName } from './document.ts';
import type { Layers } from './document.ts';
import { importedFile, loadImports, loadModule } from './module.ts';
import type { Exports } from './module.ts';
import { targetOf } from './target.ts';
import type { Target } from './target.ts';
import { UsageError } from '../usage-error.ts';
import { reportFiles } from '../watch/watched.ts';

export interface LoadOptions {
  /** Modules to import first: definitions that documents name, loaders of other languages. */
  readonly imports: readonly string[];
  readonly layers?: Layers;
  readonly onWarning: (text: string) => void;
}

export interface Loaded {
  readonly model: CallableModel;
  readonly core: Core;
  /** A file of the project: where its packages are looked for. */
  readonly path: string;
}

/** Throws a UsageError for a file or export that is not there, LoadError for a module that fails, FlowError for a document that is refused. */
export async function load(text: string, { imports, layers = { configs: [], overrides: [] }, onWarning }: LoadOptions): Promise<Loaded> {
  const target = targetOf(text);
  reportFiles([target.file]);
  const imported = await loadImports(imports);
  const path = definitionsFile(target, imports);
  const core = await coreFor(path);
  const chooser = new Chooser(core, shortName(target.file));
  const model = target.isDocument
    ? await modelOfDocument(target, readDocumentText(target.file), { core, lookup: lookupIn(chooser, imported), layers, onWarning })
    : await chooser.model(await loadModule(target.file), target.fragment);
  return { model, core, path };
}

/** Of the pairs behind a configuration, those that lead into it override what stands there; all others are fields of the context. */
export function assigned(text: string, pairs: readonly string[], configs: readonly string[]): { readonly fields: readonly string[]; readonly layers: Layers } {
  const target = targetOf(text);
  reportFiles([target.file, ...configs]);
  if (!target.isDocument && configs.length > 0) throw new UsageError(`'${shortName(target.file)}' is no configuration, and --config is merged over one.`);
  const names: ReadonlySet<string> = target.isDocument ? configuredNames(target.file, configs) : new Set();
  const overrides = pairs.filter((pair) => isOverride(pair, names));
  return { fields: pairs.filter((pair) => !overrides.includes(pair)), layers: { configs, overrides } };
}

/** Throws a UsageError for a path whose first name is nearly one of the configuration's. */
function isOverride(pair: string, names: ReadonlySet<string>): boolean {
  const [, first = '', next] = /^([^.[=]*)(.?)/.exec(pair)!;
  if (names.has(first)) return pair.includes('=');
  const meant = next === '.' || next === '[' ? nearest(first, names) : undefined;
  if (meant !== undefined) throw new UsageError(`'${pair}' overrides nothing: the configuration has no '${first}'. Did you mean '${meant}'?`);
  return false;
}

/** The paths of a configuration's models, where there are several and the target names none; nothing for other targets. */
export async function configuredModels(text: string, imports: readonly string[]): Promise<readonly string[]> {
  const target = targetOf(text);
  if (!target.isDocument || target.fragment !== undefined || readDocumentText(target.file).kind !== 'config') return [];
  await loadImports(imports);
  const core = await coreFor(definitionsFile(target, imports));
  const paths = (await workflowFor(target.file)).loadConfig([target.file], { definitions: core.defaultDefinitions }).list();
  return paths.length > 1 ? paths : [];
}

/** The file whose core knows the definitions: of a document, a module that was imported for it. */
const definitionsFile = ({ file, isDocument }: Target, imports: readonly string[]): string => (isDocument ? imports.map(importedFile).findLast((each) => each !== undefined) : undefined) ?? file;

/** All registries of the imported modules as one: the first that has the path. */
function lookupIn(chooser: Chooser, imported: readonly Exports[]): ModelLookup | undefined {
  const registries = imported.flatMap((exports) => chooser.registriesIn(exports));
  if (registries.length === 0) return undefined;
  return { get: (path) => (registries.find((registry) => registry.has(path)) ?? registries[0]!).get(path) };
}
