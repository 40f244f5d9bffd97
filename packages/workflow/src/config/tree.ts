/** Composed configuration as a tree whose every part knows where it came from. */
import { isRecord } from '../document/data.ts';
import type { Path } from '../document/data.ts';
import type { Source } from '../document/source.ts';
import type { WorkflowIssue } from '../errors.ts';

/** Where a part of a configuration came from. */
export interface Origin {
  /** `base.yaml:3:9`, `override visitors.days`, `given`. */
  readonly text: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
}

export type ConfigNode =
  | { readonly kind: 'scalar'; readonly value: unknown; readonly origin: Origin }
  | { readonly kind: 'list'; readonly items: readonly ConfigNode[]; readonly origin: Origin }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, ConfigNode>; readonly origin: Origin };

export type ConfigRecord = Extract<ConfigNode, { kind: 'record' }>;

/** Data as a tree. */
export function treeOf(data: unknown, originAt: (path: Path) => Origin, path: Path = []): ConfigNode {
  const origin = originAt(path);
  if (Array.isArray(data)) return { kind: 'list', items: data.map((item, i) => treeOf(item, originAt, [...path, i])), origin };
  if (!isRecord(data)) return { kind: 'scalar', value: data, origin };
  return { kind: 'record', fields: new Map(Object.entries(data).map(([key, field]) => [key, treeOf(field, originAt, [...path, key])])), origin };
}

export function originIn(source: Source): (path: Path) => Origin {
  return (path) => {
    const position = source.locate(path);
    const text = source.file === undefined ? 'given' : position === undefined ? source.file : `${source.file}:${position.line}:${position.column}`;
    return { text, file: source.file, line: position?.line, column: position?.column };
  };
}

/** The field of a record that makes it stand for something else. */
export type Special = '$model' | '$ref' | '$env';

export const specialOf = (node: ConfigNode): Special | undefined =>
  node.kind === 'record' ? (['$model', '$ref', '$env'] as const).find((key) => node.fields.has(key)) : undefined;

/** A later part over an earlier one: records field by field, everything else as a whole. Another model starts afresh. */
export function merged(earlier: ConfigNode, later: ConfigNode): ConfigNode {
  if (earlier.kind !== 'record' || later.kind !== 'record' || !mayMerge(earlier, later)) return later;
  const fields = new Map(earlier.fields);
  for (const [key, field] of later.fields) {
    const before = fields.get(key);
    fields.set(key, before === undefined ? field : merged(before, field));
  }
  return { kind: 'record', fields, origin: later.origin };
}

function mayMerge(earlier: ConfigRecord, later: ConfigRecord): boolean {
  const [before, after] = [specialOf(earlier), specialOf(later)];
  if (before === '$ref' || before === '$env' || after === '$ref' || after === '$env') return false;
  return after === undefined || (before === '$model' && scalarIn(earlier, '$model') === scalarIn(later, '$model'));
}

/** A tree with one part replaced, or put in where a record lacks it. */
export function replaced(node: ConfigNode, path: Path, value: ConfigNode): ConfigNode {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (node.kind === 'list') return { ...node, items: node.items.map((item, i) => (i === key ? replaced(item, rest, value) : item)) };
  if (node.kind === 'scalar') return node;
  const field = node.fields.get(String(key));
  return { ...node, fields: new Map(node.fields).set(String(key), field === undefined ? value : replaced(field, rest, value)) };
}

export const partAt = (node: ConfigNode | undefined, key: string | number): ConfigNode | undefined =>
  node?.kind === 'list' ? node.items[Number(key)] : node?.kind === 'record' ? node.fields.get(String(key)) : undefined;

export const keysOf = (node: ConfigNode | undefined): string[] => (node?.kind === 'record' ? [...node.fields.keys()] : []);

export const scalarIn = (node: ConfigRecord, key: string): unknown => {
  const field = node.fields.get(key);
  return field?.kind === 'scalar' ? field.value : undefined;
};

/** What `{ $ref }` leads to in the tree, if anything; undefined for one that is no path. */
export function targetOf(tree: ConfigNode, node: ConfigRecord, path: Path): { readonly path: Path; readonly node: ConfigNode | undefined } | undefined {
  const reference = scalarIn(node, '$ref');
  if (typeof reference !== 'string') return undefined;
  const found: (string | number)[] = reference.startsWith('/') ? [] : folderOf(tree, path);
  for (const part of reference.split('/')) {
    if (part === '..' && found.length > 0 && found.at(-1) !== '..') found.pop(); // above the root there is nothing
    else if (part !== '' && part !== '.') found.push(part);
  }
  return { path: found, node: found.reduce<ConfigNode | undefined>((at, key) => partAt(at, key), tree) };
}

/** Where relative references start from: the record around the instance that they stand in. */
function folderOf(tree: ConfigNode, path: Path): (string | number)[] {
  let node: ConfigNode | undefined = tree;
  for (const [i, key] of path.entries()) {
    node = partAt(node, key);
    if (node !== undefined && specialOf(node) !== undefined) return path.slice(0, i);
  }
  return path.slice(0, -1);
}

export const issueAt = ({ file, line, column, text }: Origin, at: Path, message: string): WorkflowIssue => ({ phase: 'compile', message, at, node: undefined, file: file ?? (text === 'given' ? undefined : text), line, column });
