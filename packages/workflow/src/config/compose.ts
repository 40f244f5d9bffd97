import { dirname, basename } from 'node:path';
import { defaultDefinitions } from '@flowmodel/core';
import type { DefinitionRegistry, ModelRegistry } from '@flowmodel/core';
import { isRecord, plainCopy } from '../document/data.ts';
import type { Path } from '../document/data.ts';
import { fileIssue, sentence, Source } from '../document/source.ts';
import { parseText } from '../document/text.ts';
import { errorOf } from '../errors.ts';
import type { WorkflowIssue } from '../errors.ts';
import { FileProblem, Root } from '../files/root.ts';
import { suggestion } from '../names.ts';
import { parseTemplate } from '../template/parse.ts';
import { issueAt, keysOf, merged, originIn, partAt, replaced, scalarIn, specialOf, targetOf, treeOf } from './tree.ts';
import type { ConfigNode, ConfigRecord } from './tree.ts';

export interface ConfigOptions {
  /** The flow models that `$model` names; the process-wide ones by default. */
  readonly definitions?: DefinitionRegistry | undefined;
  /** Where the instances are put; a new registry by default. `$ref` finds the instances that it has already. */
  readonly registry?: ModelRegistry | undefined;
  /** The directory that every file lies under, and that file names start from. Without one they start from the working directory. */
  readonly root?: string | undefined;
  /** The largest file that is read, in bytes. Default 1 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** `path.to.value=text`, as on a command line; the text is read as YAML. Later ones win. */
  readonly overrides?: readonly string[] | undefined;
  /** What `$env` reads; the environment of the process by default. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** One value of a composed configuration. */
export interface ConfigValue {
  /** `visitors.days` */
  readonly path: string;
  /** `[secret]` for what must not print. */
  readonly value: unknown;
  /** `base.yaml:3:9`, `override visitors.days`, `given`. */
  readonly origin: string;
}

/** A composed configuration: its values, and where each came from. Prints as one line per value. */
export interface ComposedConfig {
  readonly values: readonly ConfigValue[];
  toString(): string;
}

/** An object, one file name, or several that are merged in order; objects and names may be mixed. */
export type ConfigSource = object | string | readonly (object | string)[];

/**
 * Merges configuration as `loadConfig` does, and tells each value with its origin. Values from the environment, and of inputs that are secret, are masked. Nothing is built.
 *
 * Throws WORKFLOW for what cannot be read or merged.
 *
 * @example
 * ```ts
 * const config = composeConfig([{ visitors: { days: 7 } }, { visitors: { place: 'library' } }], { overrides: ['visitors.days=30'] });
 * console.log(String(config));
 * // visitors.days: 30  # override visitors.days
 * // visitors.place: "library"  # given
 * ```
 */
export function composeConfig(source: ConfigSource, options: ConfigOptions = {}): ComposedConfig {
  const tree = composed(source, options);
  const values = Object.freeze([...valuesOf(tree, '', secretsIn(tree, options.definitions ?? defaultDefinitions))]);
  return Object.freeze({
    values,
    toString: () => values.map(({ path, value, origin }) => `${path}: ${typeof value === 'string' && value === SECRET ? value : JSON.stringify(value)}  # ${origin}`).join('\n'),
  });
}

export const SECRET = '[secret]';

function* valuesOf(node: ConfigNode, path: string, secrets: ReadonlySet<ConfigNode>): Generator<ConfigValue> {
  if (node.kind === 'scalar') yield { path, value: secrets.has(node) ? SECRET : node.value, origin: node.origin.text };
  else if (node.kind === 'list') for (const [i, item] of node.items.entries()) yield* valuesOf(item, `${path}[${i}]`, secrets);
  else if (specialOf(node) === '$env') yield { path, value: SECRET, origin: `environment ${String(scalarIn(node, '$env'))}, named in ${node.origin.text}` };
  else for (const [key, field] of node.fields) yield* valuesOf(field, path === '' ? key : `${path}.${key}`, secrets);
}

/** What goes into inputs that are secret, also by reference. */
function secretsIn(tree: ConfigNode, definitions: DefinitionRegistry): ReadonlySet<ConfigNode> {
  const secrets = new Set<ConfigNode>();
  const visit = (node: ConfigNode | undefined, path: Path, isSecret: boolean): void => {
    if (node === undefined || secrets.has(node)) return;
    if (isSecret) secrets.add(node);
    if (node.kind === 'list') for (const [i, item] of node.items.entries()) visit(item, [...path, i], isSecret);
    if (node.kind !== 'record') return;
    if (specialOf(node) === '$ref') {
      const target = isSecret ? targetOf(tree, node, path) : undefined; // the path itself is none
      if (target !== undefined) visit(target.node, target.path, true);
      return;
    }
    const inputs = specialOf(node) === '$model' ? secretInputs(node, definitions) : undefined;
    for (const [key, field] of node.fields) visit(field, [...path, key], isSecret || inputs?.has(key) === true);
  };
  visit(tree, [], false);
  return secrets;
}

function secretInputs(node: ConfigRecord, definitions: DefinitionRegistry): ReadonlySet<string> {
  const name = scalarIn(node, '$model');
  if (typeof name !== 'string' || !definitions.has(name)) return new Set();
  return new Set(definitions.get(name).inputs.filter(({ schema }) => schema?.secret === true).map((input) => input.name));
}

/** Reads all sources, merges them in order, and applies the overrides. Throws WORKFLOW with all problems. */
export function composed(source: ConfigSource, options: ConfigOptions): ConfigNode {
  const issues: WorkflowIssue[] = [];
  const sources: readonly unknown[] = Array.isArray(source) ? source : [source];
  let tree: ConfigNode = { kind: 'record', fields: new Map(), origin: { text: 'given', file: undefined, line: undefined, column: undefined } };
  for (const each of sources) {
    const read = typeof each === 'string' ? readFile(each, options, issues) : { data: each, source: new Source(undefined) };
    if (read === undefined) continue;
    const copy = plainCopy(read.data, ({ at, message }) => issues.push(read.source.issue('parse', at, message)));
    if (isRecord(copy)) tree = merged(tree, treeOf(copy, originIn(read.source)));
    else if (copy !== null || typeof each !== 'string') issues.push(read.source.issue('parse', [], 'a configuration is a record'));
  }
  for (const override of options.overrides ?? []) tree = overridden(tree, override, options.definitions ?? defaultDefinitions, issues);
  if (issues.length > 0) throw errorOf(issues);
  return tree;
}

function readFile(name: string, { root, maxFileBytes }: ConfigOptions, issues: WorkflowIssue[]): { readonly data: unknown; readonly source: Source } | undefined {
  try {
    const from = new Root(root ?? dirname(name), { maxFileBytes });
    const file = from.load(root === undefined ? basename(name) : name, from.directory);
    const { data, problems, locate } = parseText(file.text, name.toLowerCase().endsWith('.json') ? 'json' : 'yaml', () => true);
    issues.push(...problems.map((problem) => fileIssue('parse', name, problem)));
    return problems.length > 0 ? undefined : { data, source: new Source(name, { locate }) };
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    issues.push(fileIssue('load', name, error));
    return undefined;
  }
}

/** `path.to.value=text`: the path has to lead to something, or to an input that a model has. */
function overridden(tree: ConfigNode, override: string, definitions: DefinitionRegistry, issues: WorkflowIssue[]): ConfigNode {
  const equals = override.indexOf('=');
  const name = override.slice(0, Math.max(0, equals)); // the value may be a secret
  const origin = { text: `override ${name}`, file: undefined, line: undefined, column: undefined };
  const fail = (message: string): ConfigNode => {
    issues.push({ ...issueAt(origin, [], sentence(message)), file: undefined });
    return tree;
  };
  const path = equals < 0 ? undefined : pathOf(name);
  if (path === undefined) return fail(`override '${name === '' ? override.slice(0, 100) : name}' is not of the form path.to.value=text`);
  const { data, problems } = parseText(override.slice(equals + 1), 'yaml', () => true);
  if (problems.length > 0) return fail(`override of '${name}': ${problems[0]!.message}`);
  let node: ConfigNode | undefined = tree;
  for (const [i, key] of path.entries()) {
    const next = partAt(node, key);
    const isNewInput = next === undefined && i === path.length - 1 && node?.kind === 'record' && specialOf(node) === '$model' && inputsOf(node, definitions).includes(String(key));
    if (next === undefined && !isNewInput) return fail(`override '${name}': there is no '${key}' ${i === 0 ? 'at the top' : `in '${path.slice(0, i).join('.')}'`}.${suggestion(String(key), new Set([...keysOf(node), ...(node?.kind === 'record' ? inputsOf(node, definitions) : [])]), 'There is')}`);
    node = next;
  }
  return replaced(tree, path, treeOf(data ?? null, () => origin));
}

function inputsOf(node: ConfigRecord, definitions: DefinitionRegistry): string[] {
  const name = scalarIn(node, '$model');
  return typeof name === 'string' && definitions.has(name) ? definitions.get(name).inputs.map((input) => input.name) : [];
}

function pathOf(text: string): Path | undefined {
  let isMalformed = false;
  const [only, ...rest] = parseTemplate(`\${${text}}`, { bare: false }, () => (isMalformed = true));
  return isMalformed || rest.length > 0 || typeof only !== 'object' ? undefined : [only.name, ...only.path];
}
