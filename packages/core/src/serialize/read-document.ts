/** Documents, checked for their form before anything is made of them: what stands where, which nodes refer to which, and that they do so without cycles. */
import { didYouMean, FlowError, show } from '../errors.ts';
import { isPlainObject } from '../model/frozen.ts';
import type { DocumentNode, FlowDocument } from './document.ts';
import { limitsOf, Meter } from './limits.ts';
import type { CodecLimits } from './limits.ts';
import { dependenciesFirst } from './order.ts';

export type Fail = (problem: string, cause?: unknown) => never;

/** A document whose form is right. */
export interface Graph {
  readonly root: string;
  readonly nodes: ReadonlyMap<string, DocumentNode>;
  /** The ids that can be reached from the root, each after those that it refers to. */
  readonly order: readonly string[];
  /** The paths that `$ref`s of these nodes name. */
  readonly paths: ReadonlySet<string>;
}

export const documentError: Fail = (problem, cause) => {
  throw new FlowError('DESERIALIZE', `The document: ${problem}`, { cause });
};

/** Reads a document, or its text. Throws DESERIALIZE. */
export function readDocument(given: unknown, limits: CodecLimits): Graph {
  try {
    const { root, nodes } = checkedHeader(typeof given === 'string' ? parsed(given, limits) : given);
    return ordered(root, nodesIn(nodes, limits), limits);
  } catch (error) {
    if (error instanceof FlowError) throw error;
    return documentError(`it could not be read: ${String(error)}`, error); // an object that was never JSON: a getter or a proxy threw
  }
}

function nodesIn(nodes: FlowDocument['nodes'], limits: CodecLimits): Map<string, DocumentNode> {
  const meter = new Meter(limits, documentError);
  const known = new Map<string, DocumentNode>();
  for (const id of Object.keys(nodes)) {
    if (id === '__proto__') documentError("a node cannot be called '__proto__'.");
    meter.nodes(1);
    known.set(id, nodes[id]!);
  }
  return known;
}

function parsed(text: string, limits: CodecLimits): unknown {
  if (text.length > limitsOf(limits).bytes) documentError(`more than ${limitsOf(limits).bytes} characters. If that is meant, raise limits.bytes.`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return documentError(`it is no JSON: ${(error as Error).message}`, error);
  }
}

const VERSION = 1;

function checkedHeader(document: unknown): FlowDocument {
  if (!isPlainObject(document)) return documentError(`expected { flowmodel: ${VERSION}, root, nodes }, got ${show(document)}.`);
  if (document['flowmodel'] !== VERSION) documentError(`this version reads documents with flowmodel: ${VERSION}, and here it is ${show(document['flowmodel'])}.`);
  checkKeys(document, ['flowmodel', 'root', 'nodes'], 'a document', documentError);
  if (typeof document['root'] !== 'string') documentError(`'root' is the id of a node, got ${show(document['root'])}.`);
  if (!isPlainObject(document['nodes'])) documentError(`'nodes' is a record of nodes by id, got ${show(document['nodes'])}.`);
  return document as unknown as FlowDocument; // its nodes are checked one by one
}

function checkKeys(object: object, known: readonly string[], what: string, fail: Fail): void {
  const stranger = Object.keys(object).find((key) => !known.includes(key));
  if (stranger !== undefined) fail(`${what} has no '${stranger.slice(0, 100)}'.${didYouMean(stranger.slice(0, 100), known)} It has ${known.join(', ')}.`);
}

/* ---------- nodes ---------- */

/** The form of a node; values stay as they are. */
function checkNode(node: unknown, meter: Meter, fail: Fail): void {
  if (!isPlainObject(node)) fail(`expected { model, inputs } or { wraps, context }, got ${show(node)}.`);
  if (Object.hasOwn(node, 'model')) {
    checkKeys(node, ['model', 'inputs'], 'a model', fail);
    checkNamed(node['model'], node['inputs'], fail);
    return;
  }
  checkKeys(node, ['wraps', 'context'], 'a wrapper', fail);
  const { wraps, context } = node;
  if (typeof wraps !== 'string' && refIn(wraps) === undefined) fail(`'wraps' is the id of a node, got ${show(wraps)}.`);
  if (!Array.isArray(context)) fail(`'context' is a list of rewrites, got ${show(context)}.`);
  meter.fits((context as unknown[]).length);
  for (const [i, rewrite] of (context as unknown[]).entries()) checkRewrite(rewrite, i, meter, fail);
}

function checkNamed(name: unknown, inputs: unknown, fail: Fail): void {
  if (typeof name !== 'string') fail(`a definition is named by a string, got ${show(name)}.`);
  if (!isPlainObject(inputs)) fail(`'inputs' is a record, got ${show(inputs)}.`);
}

const FORMS: readonly (readonly string[])[] = [['closed'], ['transform', 'inputs'], ['field', 'transform', 'inputs'], ['field', 'fromField', 'type'], ['field', 'value'], ['field', 'computed']];

function checkRewrite(rewrite: unknown, i: number, meter: Meter, fail: Fail): void {
  const keys = isPlainObject(rewrite) ? Object.keys(rewrite) : [];
  if (!FORMS.some((form) => form.length === keys.length && form.every((key) => keys.includes(key)))) {
    fail(`context[${i}] is no rewrite. One has ${FORMS.map((form) => form.join(', ')).join('; or ')}.`);
  }
  const { closed, transform, inputs, ...texts } = rewrite as Record<string, unknown>;
  if (Array.isArray(closed)) meter.fits(closed.length);
  if (closed !== undefined && (i > 0 || !Array.isArray(closed) || !closed.every((field) => typeof field === 'string'))) fail(`context[${i}]: 'closed' comes first, and is a list of fields to keep.`);
  if (Object.hasOwn(rewrite as object, 'transform')) checkNamed(transform, inputs, fail);
  for (const key of ['field', 'fromField', 'type']) {
    if (Object.hasOwn(texts, key) && typeof texts[key] !== 'string') fail(`context[${i}]: '${key}' is a string, got ${show(texts[key])}.`);
  }
}

/* ---------- references ---------- */

const refIn = (value: unknown): string | undefined => (isPlainObject(value) && typeof value['$ref'] === 'string' && Object.keys(value).length === 1 ? value['$ref'] : undefined);

/** What a node refers to: ids of nodes, and paths of a registry. Goes through levels, so that depth is known; what is a reference after all, decoding says. */
function referencesIn(node: DocumentNode, meter: Meter, deepest: number, paths: Set<string>): string[] {
  const ids: string[] = 'wraps' in node && typeof node.wraps === 'string' ? [node.wraps] : [];
  let level: unknown[] = [node];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) documentError('nested too deep. If that is meant, raise limits.depth.');
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      meter.nodes(1);
      if (!Array.isArray(value)) {
        const { $node, $ref } = value as Readonly<Record<string, unknown>>;
        if (typeof $node === 'string') ids.push($node);
        if (typeof $ref === 'string') paths.add($ref);
      }
      for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) next.push(part);
    }
    level = next;
  }
  return ids;
}

function ordered(root: string, nodes: ReadonlyMap<string, DocumentNode>, limits: CodecLimits): Graph {
  const meter = new Meter({ ...limits, depth: Number.POSITIVE_INFINITY }, documentError);
  const deepest = 4 * limitsOf(limits).depth + 8; // a level of values takes up to three of JSON
  const paths = new Set<string>();
  const needsOf = (id: string, from: string | undefined): string[] => {
    const named = `'${id.slice(0, 100)}'`;
    const node = nodes.get(id) ?? documentError(`there is no node ${named}, which ${from === undefined ? "'root' names" : `'${from.slice(0, 100)}' refers to`}.`);
    checkNode(node, meter, (problem) => documentError(`node ${named}: ${problem}`));
    return referencesIn(node, meter, deepest, paths);
  };
  const order = dependenciesFirst([root], needsOf, (cycle) => documentError(`its nodes form a cycle: ${cycle}.`));
  return { root, nodes, order, paths };
}
