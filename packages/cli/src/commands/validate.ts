import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { FlowError } from '@flowmodel/core';
import { configuredModels, load } from '../load/load.ts';
import { LoadError } from '../load/module.ts';
import type { ImportOptions } from '../options.ts';
import { problemText, withImportOption } from '../output/failure.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface ValidateOptions extends ImportOptions {
  readonly json?: boolean;
}

interface Problem {
  readonly message: string;
  /** The file that it stands in, where that is not the target itself: a nested workflow's. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** The node of a workflow document that it is about. */
  readonly node?: string;
}

interface Report {
  readonly file: string;
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** What has to be given to run it: field → type. */
  readonly needs?: Readonly<Record<string, string>>;
}

/** Says whether documents (and models of modules) are whole. Whether all of them are. Throws a UsageError for a file that is not there. */
export async function validate(session: Session, targets: readonly string[], options: ValidateOptions): Promise<boolean> {
  const reports: Report[] = [];
  for (const target of targets) {
    session.stall.waiting = () => `loading ${target}`;
    for (const one of await modelsIn(target, options)) reports.push(await reportOn(one, options));
  }
  await session.out(options.json === true ? `${JSON.stringify(reports, undefined, 2)}\n` : reports.map(reportText).join(''));
  return reports.every(({ ok }) => ok);
}

/** A configuration may hold several models: each is looked at. */
async function modelsIn(target: string, { import: imports = [] }: ValidateOptions): Promise<readonly string[]> {
  try {
    const paths = await configuredModels(target, imports);
    return paths.length === 0 ? [target] : paths.map((path) => `${target}#${path}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return [target]; // the report on it says what is wrong
  }
}

async function reportOn(target: string, options: ValidateOptions): Promise<Report> {
  const warnings: string[] = [];
  try {
    const { model } = await load(target, { imports: options.import ?? [], onWarning: (text) => warnings.push(text) });
    const { graph, unboundInputs } = model.flow.inspect(undefined, { dependencies: 'none' });
    const problems = Object.entries(unboundInputs).map(([name, { type, neededBy }]) => ({ message: `'${name}' (${type}) of ${neededBy.join(', ')} is not bound` }));
    const needs = Object.fromEntries(Object.entries(graph.requiredInputs).map(([name, { type }]) => [name, type]));
    return { file: target, ok: problems.length === 0, problems, warnings, needs };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return { file: target, ok: false, problems: problemsOf(error, target), warnings };
  }
}

/** Those of a workflow have positions. */
function problemsOf(error: unknown, target: string): readonly Problem[] {
  if (error instanceof LoadError) return [{ message: problemText(error, process.stdout) }];
  if (!(error instanceof FlowError)) throw error;
  const { issues } = error as { readonly issues?: readonly (Problem & { readonly file?: string })[] };
  if (issues === undefined || issues.length === 0) return [{ message: withImportOption(error.message) }];
  return issues.map(({ message, file, line, column, node }) => ({ message: withImportOption(message), ...elsewhere(file, target), ...(line !== undefined && { line }), ...(column !== undefined && { column }), ...(node !== undefined && { node }) }));
}

/** The file of a child. A document inside another stands in the file of that one. */
function elsewhere(named: string | undefined, target: string): { readonly file?: string } {
  const file = named?.replace(/(#<inline>)+$/, '');
  return file === undefined || file === '<inline>' || resolve(file) === resolve(target) || !existsSync(file) ? {} : { file };
}

function reportText({ file, ok, problems, warnings, needs = {} }: Report): string {
  const lines = problems.map(({ message, file: own = file, line, column, node }) => `${line === undefined ? own : `${own}:${line}:${column}`}: ${node === undefined || message.includes(`node '${node}'`) ? '' : `node '${node}': `}${message}`);
  const needed = Object.entries(needs).map(([name, type]) => `${name}: ${type}`);
  if (ok) lines.push(`${file}: ok${needed.length === 0 ? '' : `, needs ${needed.join(', ')}`}`);
  return [...lines, ...warnings.map((text) => `warning: ${text}`)].map((line) => `${line}\n`).join('');
}
