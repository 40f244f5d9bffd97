/**
 * Where in documents a failure arose. A run knows of a failure only which inputs lead to it, so nothing is noted while it is under way: the compiler
 * remembers which models stand for nodes and how it rewrote their contexts, and the way is followed when somebody asks.
 */
import { closedContext, computed, FlowError, flowPathOf, fromField, isModel } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { pathText } from '@flowmodel/core/extending';
import type { z } from 'zod';
import { isRecord } from '../document/data.ts';
import { NESTED_TYPES } from '../document/schema.ts';
import type { Place } from '../document/source.ts';
import { positionText } from '../errors.ts';

/** A node or an output of a document. */
export interface WorkflowPlace extends Place {
  /** The id of the node; undefined for an output. */
  readonly node: string | undefined;
  /** The type of the node; undefined for an output. */
  readonly type: string | undefined;
  /** The name of the output; undefined for a node. */
  readonly output: string | undefined;
}

const places = new WeakMap<CallableModel, WorkflowPlace>();
/** Of a document's own model: its outputs, by the label that leads to each. */
const outputs = new WeakMap<CallableModel, ReadonlyMap<string, WorkflowPlace>>();
/** Of a compiled document: where its inputs are declared. */
const inputs = new WeakMap<CallableModel, ReadonlyMap<string, Place>>();
/** What a batch computes for each item. */
const bodies = new WeakMap<CallableModel, CallableModel>();
const contexts = new WeakMap<CallableModel, Context>();
/** What the compiler's own rewrites read. */
const origins = new WeakMap<object, CallableModel | string>();

interface Context {
  readonly base: CallableModel;
  readonly fields: Readonly<Record<string, unknown>>;
}

/* ---------- what the compiler remembers ---------- */

/** Models of nodes have the place of their node. */
export const setPlace = (model: CallableModel, place: WorkflowPlace): void => void places.set(model, place);

export const setOutputs = (model: CallableModel, found: Iterable<WorkflowPlace>): void => void outputs.set(model, new Map([...found].map((place) => [pathText(['outputs', place.output!]), place])));

export const setInputs = (model: CallableModel, found: Readonly<Record<string, Place>>): void => void inputs.set(model, new Map(Object.entries(found)));

export const setBody = (batch: CallableModel, body: CallableModel): void => void bodies.set(batch, body);

/** `withContext` with rewrites that only the compiler knows. With `kept`, no other field is seen of the context around it. */
export function rewritten(base: CallableModel, fields: Readonly<Record<string, unknown>>, kept?: readonly string[]): CallableModel {
  const withContext = base.flow.withContext as (...rewrites: unknown[]) => CallableModel; // their types are not known here
  const model = withContext.apply(base.flow, [...(kept === undefined ? [] : [closedContext(...kept)]), fields]);
  contexts.set(model, { base, fields });
  return model;
}

export function computedFrom(model: CallableModel): object {
  const value = computed(model);
  origins.set(value, model);
  return value;
}

export function readFrom(field: string, schema: z.ZodType): object {
  const transform = fromField(field, schema);
  origins.set(transform, field);
  return transform;
}

/* ---------- what is asked ---------- */

/**
 * The nodes of documents that lead to a failure, the outermost first, when `model` was computed and rejected with `error`. The last may be an output instead,
 * where that is what could not be resolved. Empty for failures that arose elsewhere. The error itself reaches the caller of `compute` as it was thrown;
 * `runWorkflow` and the command line tell these places.
 *
 * @example
 * ```ts
 * const definitions = new DefinitionRegistry();
 * flowModel({ name: 'fails', definitions, inputs: {} }, (): number => { throw new Error('no data'); });
 * const model = compileWorkflow('nodes: [{ id: load, type: fails }]', { definitions, file: 'flow.yaml' });
 * const error = await model.flow.compute().catch((error: unknown) => error);
 * console.log(workflowPlacesOf(error, model).map(({ file, line, column, node }) => `${file}:${line}:${column} ${node}`)); // [ 'flow.yaml:1:9 load' ]
 * ```
 */
export function workflowPlacesOf(error: unknown, model: CallableModel): readonly WorkflowPlace[] {
  const path = flowPathOf(error) ?? [];
  const found = placesOn(path, model);
  return found.length > 0 ? found : placesOfFindings(error, path, model);
}

/** What the check of a context has something against is told by fields; each of them says who needs it. */
function placesOfFindings(error: unknown, path: readonly string[], model: CallableModel): readonly WorkflowPlace[] {
  if (path.length === 0 || !(error instanceof FlowError)) return [];
  const { findings = [] } = error.details as { readonly findings?: readonly { readonly paths: readonly string[] }[] };
  const [first = [], ...others] = findings.flatMap(({ paths }) => paths.map((joined) => placesOn(joined.split('.'), model)));
  return others.every((each) => each.at(-1) === first.at(-1)) ? first : [];
}

/** A message of the check of a context, with the nodes that need a field in place of the way through the graph. */
export function withReaders(message: string, error: unknown, model: CallableModel): string {
  const { findings = [] } = (error instanceof FlowError ? error.details : {}) as { readonly findings?: readonly { readonly field: string; readonly paths: readonly string[] }[] };
  const lines = message.split('\n');
  for (const { field, paths } of findings) {
    const told = `(needed by ${paths[0]}`;
    const at = lines.findIndex((line) => line.startsWith(`  - ${field}`) && line.includes(told));
    const readers = [...new Set(paths.map((path) => readerText(placesOn(path.split('.'), model)) ?? path))];
    const more = readers.length > SHOWN_READERS ? `, and ${readers.length - SHOWN_READERS} more` : '';
    if (at !== -1) lines[at] = `${lines[at]!.slice(0, lines[at]!.indexOf(told))}(needed by ${readers.slice(0, SHOWN_READERS).join(', ')}${more}${lines[at]!.slice(lines[at]!.indexOf(')', lines[at]!.indexOf(told)))}`;
  }
  return lines.join('\n');
}

const SHOWN_READERS = 5;

/** `node 'text' in node 'load'` */
function readerText(found: readonly WorkflowPlace[]): string | undefined {
  return found.length === 0 ? undefined : found.map(({ node, output }) => (node === undefined ? `output '${output}'` : `node '${node}'`)).toReversed().join(' in ');
}

export const inputPlaceOf = (model: CallableModel, name: string): Place | undefined => inputs.get(model)?.get(name);

/** What yielded the value that an input refused, in the words of the document: `${node.path}` or the input of a document. */
export function refusedSource(error: unknown, model: CallableModel): string | undefined {
  const input = error instanceof FlowError ? error.details['input'] : undefined;
  const path = flowPathOf(error);
  if (typeof input !== 'string' || path === undefined) return undefined;
  const from = upstream(followed(path, model), input);
  if (from === undefined) return undefined;
  const { reference } = from.model.inputs;
  if (typeof reference === 'string') return reference;
  const place = places.get(from.model);
  if (place?.node !== undefined) return `node '${place.node}'`;
  const field = origins.get(contexts.get(from.model)?.fields['value'] as object);
  return typeof field === 'string' ? `\${${field}}` : undefined;
}

/** The same for a path of labels; one that holds a dot may be in pieces. */
function placesOn(path: readonly string[], root: CallableModel): readonly WorkflowPlace[] {
  const { inside, place } = followed(path, root);
  return place === undefined ? inside : [...inside, place];
}

/** As far as a path can be followed. */
function followed(path: readonly string[], root: CallableModel): At {
  let at = entered({ model: root, around: undefined, inside: [], place: undefined });
  let isRoot = true;
  for (let i = 1; i < path.length; ) {
    let next: At | undefined;
    let end = i;
    while (next === undefined && end < Math.min(path.length, i + MOST_PIECES)) next = upstream(at, path.slice(i, ++end).join('.'));
    if (next === undefined) {
      end = isRoot ? i + 1 : i + 2; // behind the name of a model that computes another stands the name of that one
      if (end <= path.length) next = nestedIn(at);
      isRoot = true;
    } else isRoot = false;
    if (next === undefined) break;
    at = entered(next);
    i = end;
  }
  return at;
}

const MOST_PIECES = 10;

/** A model on the way. */
interface At {
  readonly model: CallableModel;
  readonly around: Around | undefined;
  /** The nodes whose children hold it. */
  readonly inside: readonly WorkflowPlace[];
  /** The node, or output, of its document that it belongs to. */
  readonly place: WorkflowPlace | undefined;
}

/** A context, and where its own fields are made. */
interface Around {
  readonly context: Context;
  readonly outer: Omit<At, 'model'>;
}

/** Inside of its wrappers. */
function entered(at: At): At {
  const { model, inside } = at;
  const place = places.get(model) ?? at.place;
  const context = contexts.get(model);
  if (context === undefined) return { ...at, place };
  const around = { context, outer: { around: at.around, inside, place } };
  const isChild = place?.type !== undefined && (NESTED_TYPES as readonly string[]).includes(place.type) && places.has(model);
  return entered({ model: context.base, around, inside: isChild ? [...inside, place] : inside, place: isChild ? undefined : place });
}

function upstream(at: At, label: string): At | undefined {
  const place = outputs.get(at.model)?.get(label) ?? at.place;
  for (const [name, value] of Object.entries(at.model.inputs)) {
    const bound = label === name || label.startsWith(`${name}.`) || label.startsWith(`${name}[`) ? modelAt(value, [name], label) : undefined;
    if (bound !== undefined) return { ...at, model: bound, place };
  }
  return fieldIn(at.around, label);
}

/** The model in a container that a label names. */
function modelAt(value: unknown, path: readonly (string | number)[], label: string): CallableModel | undefined {
  if (isModel(value)) return pathText(path) === label ? value : undefined;
  const parts: Iterable<[string | number, unknown]> = Array.isArray(value) ? value.entries() : isRecord(value) ? Object.entries(value) : [];
  for (const [key, part] of parts) {
    const found = modelAt(part, [...path, key], label);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a field of the context is computed by. */
function fieldIn(around: Around | undefined, field: string): At | undefined {
  let [name, at] = [field, around];
  while (at !== undefined) {
    const { context: { fields }, outer } = at;
    if (Object.hasOwn(fields, name)) {
      const origin = origins.get(fields[name] as object);
      if (origin === undefined) return undefined;
      if (typeof origin !== 'string') return { ...outer, model: origin };
      name = origin;
    }
    at = outer.around;
  }
  return undefined;
}

/** What a body computes: of a batch its items, of others the one model that they are bound to. Its context is not known. */
function nestedIn({ model, inside, place }: At): At | undefined {
  const body = bodies.get(model);
  if (body !== undefined) return { model: body, around: undefined, inside, place };
  const models = Object.values(model.inputs).filter(isModel);
  return models.length === 1 ? { model: models[0] as CallableModel, around: undefined, inside: place === undefined ? inside : [...inside, place], place: undefined } : undefined;
}

/** `flow.yaml:3:5, node 'load' (readText)`, then a line for each node around it. */
export function placesText(found: readonly WorkflowPlace[]): { readonly where: string; readonly around: string } {
  const [innermost, ...others] = found.toReversed();
  return { where: innermost === undefined ? '' : placeText(innermost), around: others.map((place) => `\n  in ${placeText(place)}`).join('') };
}

function placeText(place: WorkflowPlace): string {
  const what = place.node === undefined ? `output '${place.output}'` : `node '${place.node}' (${place.type})`;
  const position = positionText(place);
  return position === undefined ? what : `${position}, ${what}`;
}
