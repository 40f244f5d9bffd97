/** What is wrong with a document, and the one error that says it. */
import { FlowError } from '@flowmodel/core';
import { pathText } from '@flowmodel/core/extending';

/**
 * When a problem shows: while text is parsed, a file is loaded, nesting is followed (`depth`, `cycle`), a document is compiled,
 * a template is resolved in a run, or a node runs.
 */
export type WorkflowPhase = 'parse' | 'load' | 'depth' | 'cycle' | 'compile' | 'resolve' | 'run';

/** One problem of a document. */
export interface WorkflowIssue {
  readonly phase: WorkflowPhase;
  readonly message: string;
  /** Where in the document: `['nodes', 0, 'params', 'file']`. */
  readonly at: readonly (string | number)[];
  /** The id of the node that it is about; undefined elsewhere, and for a node without one. */
  readonly node: string | undefined;
  /** The file as it was given or referred to; `<inline>` for a document inside another. Undefined for a document given as data. */
  readonly file: string | undefined;
  /** From 1 on; undefined for a document given as data. */
  readonly line: number | undefined;
  /** From 1 on; undefined for a document given as data. */
  readonly column: number | undefined;
}

export interface WorkflowErrorOptions {
  readonly issues?: readonly WorkflowIssue[];
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * Everything that is refused in a document, before or while it runs. `code` is WORKFLOW; `phase` is also in `details.phase`, and all problems of
 * a document are in `issues`.
 *
 * @example
 * ```ts
 * try {
 *   parseWorkflow('nodes: 7');
 * } catch (error) {
 *   if (error instanceof WorkflowError) console.log(error.phase, error.issues[0]?.line); // parse 1
 * }
 * ```
 */
export class WorkflowError extends FlowError<'WORKFLOW'> {
  readonly phase: WorkflowPhase;
  readonly issues: readonly WorkflowIssue[];

  constructor(phase: WorkflowPhase, message: string, { issues = [], details, cause }: WorkflowErrorOptions = {}) {
    super('WORKFLOW', message, { details: { phase, issues, ...details }, cause });
    this.phase = phase;
    this.issues = Object.freeze([...issues]);
  }
}
Object.defineProperty(WorkflowError.prototype, 'name', { value: 'WorkflowError', configurable: true, writable: true });

/** One error for all problems of a document; its phase is that of the first. */
export function errorOf(issues: readonly WorkflowIssue[], cause?: unknown): WorkflowError {
  const lines = issues.map(issueLine);
  const message = lines.length === 1 ? lines[0]! : `${lines.length} problems:\n${lines.map((line) => `  - ${line}`).join('\n')}`;
  return new WorkflowError(issues[0]!.phase, message, { issues, cause });
}

/** `flows/main.yaml:4:7, node 'load', type: …` */
export function issueLine(issue: WorkflowIssue): string {
  const { at, node, message } = issue;
  const parts = node === undefined ? [pathText(at)] : [...(message.startsWith(`node '${node}'`) ? [] : [`node '${node}'`]), pathText(at.slice(2))];
  const where = [positionText(issue), ...parts].filter((part) => part !== undefined && part !== '').join(', ');
  return where === '' ? message : `${where}: ${message}`;
}

/** `flows/main.yaml:4:7`, or as much of it as there is. */
export function positionText({ file, line, column }: Pick<WorkflowIssue, 'file' | 'line' | 'column'>): string | undefined {
  const position = line === undefined ? undefined : `${line}:${column}`;
  if (file === undefined || position === undefined) return file ?? position;
  return `${textFile(file)}:${position}`;
}

/** The file of a document's text: one inside another stands in the file of that one. */
export const textFile = (file: string): string => file.replace(/(#<inline>)+$/, '');
