import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { defaultDefinitions } from '@flowmodel/core';
import type { CallableModel, DefinitionRegistry, GenericResult, ModelRegistry, Unchecked } from '@flowmodel/core';
import { readDocument, sourceOf } from '../document/parse.ts';
import type { ParseOptions, ReadDocument } from '../document/parse.ts';
import type { WorkflowDocument } from '../document/schema.ts';
import { fileIssue } from '../document/source.ts';
import type { Source } from '../document/source.ts';
import { errorOf, issueLine, WorkflowError } from '../errors.ts';
import type { WorkflowIssue } from '../errors.ts';
import { FileProblem, Root } from '../files/root.ts';
import type { Compilation } from './document.ts';
import { called } from './labels.ts';
import { Session } from './session.ts';
import { rewritten, setInputs } from './places.ts';
import type { CompiledDocument } from './work.ts';

export interface CompileOptions extends ParseOptions {
  /** The flow models that `type` names; the process-wide ones by default. */
  readonly definitions?: DefinitionRegistry | undefined;
  /** Instances: `type` may be the path of one, and `{ $ref: '/path' }` in params is one. */
  readonly registry?: ModelRegistry | undefined;
  /** The directory that every file lies under. By default that of `file`, or else the working directory. */
  readonly root?: string | undefined;
  /** The document's own file: for messages, and where its references start from. Without one they start from `root`. */
  readonly file?: string | undefined;
  /** Allows `storage_mode: shared`. Default false. */
  readonly allowSharedStorage?: boolean | undefined;
  /** The largest file that is read, in bytes. Default 1 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** Told what is odd but no error: an input that nothing uses. */
  readonly onWarning?: ((warning: WorkflowIssue) => void) | undefined;
}

/** A compiled document: its contextual inputs are the document's inputs, its value is the record of the document's outputs. What it needs of the context is known at run time only. */
export type WorkflowModel<Outputs extends WorkflowOutputs = WorkflowOutputs> = CallableModel<Outputs, Unchecked, Unchecked, GenericResult<Outputs>>;

/** The outputs of a document by name. One whose node did not run is absent. */
export type WorkflowOutputs = Readonly<Record<string, unknown>>;

/**
 * Compiles a document, given as text, as data, or as `parseWorkflow` read it, to a model: a static graph in which nested workflows are wrapped in contexts of their own.
 * Everything is validated now, children included, and all problems are told together. No node runs.
 *
 * `Outputs` states the type of the value for the compiler; nothing checks it.
 *
 * Throws WORKFLOW, with the phase of the first problem.
 *
 * @example
 * ```ts
 * const definitions = new DefinitionRegistry();
 * flowModel({ name: 'shout', definitions, inputs: { text: z.string() }, output: z.string() }, ({ text }) => text.toUpperCase());
 * const model = compileWorkflow(
 *   {
 *     inputs: { name: { type: 'string' } },
 *     nodes: [{ id: 'greeting', type: 'shout', params: { text: 'Hello ${name}' } }],
 *     outputs: { text: { source: '${greeting}' } },
 *   },
 *   { definitions },
 * );
 * console.log((await model.flow.compute({ name: 'Ada' })).value); // { text: 'HELLO ADA' }
 * ```
 */
export function compileWorkflow<Outputs extends WorkflowOutputs = WorkflowOutputs>(documentOrText: string | object, options: CompileOptions = {}): WorkflowModel<Outputs> {
  const { compiled, issues, warnings, source } = compilation(documentOrText, options);
  for (const warning of warnings) options.onWarning?.(warning);
  if (compiled === undefined) throw errorOf(issues);
  return modelOfDocument(compiled, source) as unknown as WorkflowModel<Outputs>; // stated by the caller
}

/**
 * Compiles the document of a file. Throws WORKFLOW.
 *
 * @example
 * ```ts
 * try {
 *   compileWorkflowFile('no-such-file.yaml');
 * } catch (error) {
 *   if (error instanceof WorkflowError) console.log(error.phase); // load
 * }
 * ```
 */
export function compileWorkflowFile<Outputs extends WorkflowOutputs = WorkflowOutputs>(file: string, options: Omit<CompileOptions, 'file' | 'format'> = {}): WorkflowModel<Outputs> {
  return compileWorkflow(readOutermost(file, options), { ...options, file });
}

function readOutermost(file: string, options: CompileOptions): string {
  const { root, name } = { root: rootOf(dirname(file), options), name: basename(file) };
  try {
    return root.load(name, root.directory).text;
  } catch (error) {
    throw loadError(error, file);
  }
}

/** Everything that is wrong with a document, and what is odd. */
export interface WorkflowReport {
  readonly issues: readonly WorkflowIssue[];
  readonly warnings: readonly WorkflowIssue[];
}

/**
 * Checks a document as `compileWorkflow` does, and tells what it finds instead of throwing it: for editors and `flowmodel validate`.
 *
 * @example
 * ```ts
 * const { issues } = checkWorkflow('nodes: [{ id: a, type: nothing }]', { definitions: new DefinitionRegistry() });
 * console.log(issues[0]?.line, issues[0]?.column); // 1 24
 * ```
 */
export function checkWorkflow(documentOrText: string | object, options: CompileOptions = {}): WorkflowReport {
  try {
    const { issues, warnings } = compilation(documentOrText, options);
    return { issues, warnings };
  } catch (error) {
    if (error instanceof WorkflowError) return { issues: error.issues, warnings: [] };
    throw error;
  }
}

function compilation(documentOrText: string | object, options: CompileOptions): Compilation & { readonly source: Source } {
  const known = typeof documentOrText === 'string' ? undefined : sourceOf(documentOrText);
  const read: ReadDocument = known === undefined ? readDocument(documentOrText, options) : { document: documentOrText as WorkflowDocument, source: known, issues: [] };
  if (read.document === undefined) return { compiled: undefined, issues: read.issues, warnings: [], source: read.source };
  const file = options.file ?? known?.file;
  const root = rootOf(options.root ?? (file === undefined ? '.' : dirname(file)), options);
  const path = file === undefined ? undefined : realPathOf(file);
  const directory = path === undefined ? root.directory : dirname(path);
  const shownOf = (child: string): string => join(file === undefined ? '' : dirname(file), relative(directory, child)).replaceAll(sep, '/');
  const session = new Session({ definitions: options.definitions ?? defaultDefinitions, registry: options.registry, root, allowSharedStorage: options.allowSharedStorage === true, shownOf });
  const { compiled, issues, warnings } = session.outermost(read.document, read.source, directory, path);
  if (compiled !== undefined) called(read.document.name ?? (file === undefined ? 'workflow' : basename(file)), compiled.model);
  return { compiled, issues: once(issues), warnings: once(warnings), source: read.source };
}

function rootOf(directory: string, { maxFileBytes }: CompileOptions): Root {
  try {
    return new Root(directory, { maxFileBytes });
  } catch (error) {
    throw loadError(error, directory);
  }
}

function loadError(error: unknown, file: string): unknown {
  if (!(error instanceof FileProblem)) return error;
  return errorOf([fileIssue('load', file, error)], error);
}

/** Text may be given under the name of a file that does not exist. */
function realPathOf(file: string): string {
  const path = resolve(file);
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Two nodes with one child would tell its problems twice. */
const once = (issues: readonly WorkflowIssue[]): WorkflowIssue[] => [...new Map(issues.map((issue) => [issueLine(issue), issue])).values()];

/** The outermost document sees the inputs that it declares, and no other field of the context. */
function modelOfDocument({ model, needs, readsMore, inputs }: CompiledDocument, source: Source): WorkflowModel {
  const outermost = readsMore ? rewritten(model, {}, [...needs]) : model;
  setInputs(outermost, Object.fromEntries(Object.keys(inputs).map((name) => [name, source.place(['inputs', name], 'key')])));
  return outermost as WorkflowModel;
}
