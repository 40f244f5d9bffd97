/** Text or data to a document of the right form. */
import type { z } from 'zod';
import { errorOf, textFile } from '../errors.ts';
import type { WorkflowIssue } from '../errors.ts';
import { frozen, isRecord, plainCopy } from './data.ts';
import type { Path } from './data.ts';
import { formIssues } from './form.ts';
import { ModelNode, NESTED_TYPES, NestedNode, Outer } from './schema.ts';
import type { NodeDeclaration, WorkflowDocument } from './schema.ts';
import { fileIssue, Source } from './source.ts';
import { parseText } from './text.ts';
import type { TextFormat } from './text.ts';

export interface ParseOptions {
  /** The file that the text is from: for messages; its ending tells the format. */
  readonly file?: string | undefined;
  /** The format of the text; by default `json` for a file that ends in `.json`, else `yaml`, which covers JSON. */
  readonly format?: TextFormat | undefined;
}

/** A document with everything that was wrong with its form; without a document when that is too much. */
export interface ReadDocument {
  readonly document: WorkflowDocument | undefined;
  readonly source: Source;
  readonly issues: readonly WorkflowIssue[];
}

/**
 * Reads a workflow document from JSON or YAML text, or from data. All problems of its form are told together, with line and column.
 * Throws WORKFLOW with the phase `parse`.
 *
 * @example
 * ```ts
 * const document = parseWorkflow(`
 *   nodes:
 *     - { id: load, type: readText, params: { file: weather.csv } }
 *   outputs:
 *     text: { source: '\${load}' }
 * `);
 * console.log(document.nodes[0]?.id); // load
 * ```
 */
export function parseWorkflow(textOrData: string | object, options: ParseOptions = {}): WorkflowDocument {
  const { document, source, issues } = readDocument(textOrData, options);
  if (document === undefined || issues.length > 0) throw errorOf(issues);
  sources.set(document, source);
  return document;
}

/** Where documents came from that `parseWorkflow` made, so that compiling them tells positions too. */
const sources = new WeakMap<object, Source>();
export const sourceOf = (document: object): Source | undefined => sources.get(document);

export function readDocument(textOrData: string | object, { file, format }: ParseOptions): ReadDocument {
  if (typeof textOrData !== 'string') return readData(textOrData, new Source(file, { data: textOrData }));
  const { data, problems, isEmpty, locate } = parseText(textOrData, format ?? (file?.toLowerCase().endsWith('.json') === true ? 'json' : 'yaml'), (keys) => keys.includes('nodes'));
  const source = new Source(file, { locate, data });
  if (isEmpty) return { document: undefined, source, issues: [fileIssue('parse', file, { message: EMPTY, line: 1, column: 1 })] };
  if (problems.length > 0) return { document: undefined, source, issues: problems.map((problem) => fileIssue('parse', file, problem)) };
  return readData(data, source);
}

const EMPTY = 'it is empty, and a workflow has at least one node. Write nodes: [{ id: load, type: readText }], with the name of a flow model as type';

/** Checks the form of data. */
export function readData(data: unknown, source: Source): ReadDocument {
  const issues: WorkflowIssue[] = [];
  const copy = plainCopy(data, ({ at, message, isCycle }) => issues.push(source.issue(isCycle ? 'cycle' : 'parse', at, message)));
  if (issues.length > 0) return { document: undefined, source, issues };
  const outer = checked(Outer, copy, [], source, issues);
  const given: unknown = isRecord(copy) ? copy['nodes'] : undefined;
  const nodes = (Array.isArray(given) ? given : []).map((node: unknown, i) => readNode(node, ['nodes', i], source, issues));
  if (outer === undefined || issues.length > 0) return { document: undefined, source, issues: inOrder(issues) };
  return { document: frozen({ ...outer, nodes: nodes as NodeDeclaration[] }), source, issues };
}

/** Text by text, that of `first` first and the others as they were met, and as they stand in each. */
export function inOrder(issues: readonly WorkflowIssue[], first?: string): WorkflowIssue[] {
  const textOf = (file: string | undefined): string => textFile(file ?? '');
  const ranks = new Map([...new Set([first, ...issues.map(({ file }) => file)].map(textOf))].map((file, i) => [file, i]));
  const rankOf = ({ file }: WorkflowIssue): number => ranks.get(textOf(file))!;
  return issues.toSorted((a, b) => rankOf(a) - rankOf(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function readNode(node: unknown, at: Path, source: Source, issues: WorkflowIssue[]): NodeDeclaration | undefined {
  const type = isRecord(node) ? node['type'] : undefined;
  return (NESTED_TYPES as readonly unknown[]).includes(type) ? readNested(node, at, source, issues) : checked(ModelNode, node, at, source, issues);
}

function readNested(node: unknown, at: Path, source: Source, issues: WorkflowIssue[]): NodeDeclaration | undefined {
  const nested = checked(NestedNode, node, at, source, issues);
  if (nested === undefined) return undefined;
  const { workflow_ref: ref, workflow_ir: inline } = nested.params;
  const hasRef = ref !== undefined && ref !== '';
  const hasInline = inline !== undefined && Object.keys(inline).length > 0;
  if (hasRef === hasInline) {
    const problem = hasRef ? "has both 'workflow_ref' and 'workflow_ir'; give only one" : "requires either 'workflow_ref' (a file) or 'workflow_ir' (the child itself)";
    issues.push(source.issue('parse', [...at, 'params'], `node '${nested.id}' ${problem}`));
  }
  return nested;
}

function checked<T extends z.ZodType>(schema: T, value: unknown, at: Path, source: Source, issues: WorkflowIssue[]): z.output<T> | undefined {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) issues.push(...formIssues(schema, issue, at, source));
  return undefined;
}
