/** References and values of a document as models: each reference is one model, however often it stands in the document. */
import { contextFieldsOf } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { z } from 'zod';
import type { InputDeclaration } from '../document/schema.ts';
import type { Expression } from '../template/expression.ts';
import type { Reference, Template } from '../template/parse.ts';
import type { Form } from '../template/resolve.ts';
import { find, handOn, otherwise, pass, pick, template, tentative } from './parts.ts';
import { bracesOf, called, calledIfAny, textOf } from './labels.ts';
import { isPrivate, listedBelow, mappedBelow, pathOf, startsWith } from './mappings.ts';
import type { Listed } from './mappings.ts';
import { computedFrom, readFrom, rewritten, setPlace } from './places.ts';
import type { Scope } from './scope.ts';
import type { Child, CompiledDocument, Wire, Work } from './work.ts';

const NOTHING: ReadonlySet<string> = new Set();

/** A rewrite of one context field, and the inputs of the document that it reads. */
export interface Supply {
  readonly value: unknown;
  readonly needs: ReadonlySet<string>;
}

export const unionOf = (sets: Iterable<ReadonlySet<string>>): ReadonlySet<string> => {
  const all = new Set<string>();
  for (const set of sets) for (const each of set) all.add(each);
  return all;
};

/** What a value of a declared input must be. */
export function schemaOf({ type, default: fallback, secret }: InputDeclaration): z.ZodType {
  let schema = SCHEMAS[type];
  if (fallback === null) schema = schema.nullable();
  if (fallback !== undefined) schema = schema.default(fallback);
  return secret === true ? schema.meta({ secret: true }) : schema;
}

const SCHEMAS: Readonly<Record<InputDeclaration['type'], z.ZodType>> = {
  any: z.unknown(),
  string: z.string(),
  number: z.number(),
  boolean: z.boolean(),
  object: z.record(z.string(), z.unknown()),
  array: z.array(z.unknown()),
};

/** Whether a value of any kind goes, given or not at all: then there is nothing to do when it is handed on. */
const isPlain = ({ type, default: fallback, secret }: InputDeclaration): boolean => type === 'any' && fallback === undefined && secret !== true;

export class Wiring {
  readonly #scope: Scope;
  /** The values, or outcomes, of the nodes that are wired already. */
  readonly #nodes = new Map<Work, Wire>();
  readonly #split = new Map<Work, (part: Wire, output?: string) => Wire>();
  /** Outputs of split nodes that something refers to: `id.output`. */
  readonly #asked = new Set<string>();
  readonly #transforms = new Map<string, unknown>();
  readonly #known = new Map<string, Wire>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  add(work: Work, wire: Wire): void {
    setPlace(wire.model, work.place);
    this.#nodes.set(work, wire);
  }

  /** A nested workflow whose outputs are taken one by one. */
  addSplit(work: Work, wrap: (part: Wire, output?: string) => Wire): void {
    this.#split.set(work, wrap);
  }

  /** The value of a node, or its outcome where it has one. */
  nodeWire(work: Work): Wire {
    let wire = this.#nodes.get(work);
    if (wire === undefined) {
      const { model, needs, outputs } = compiledIn(work);
      this.#nodes.set(work, (wire = this.#split.get(work)!({ model, needs })));
      for (const name of Object.keys(outputs)) this.#asked.add(`${work.node.id}.${name}`);
    }
    return wire;
  }

  /** What has to run for a node to have run. */
  nodeWires(work: Work): Wire[] {
    return this.#split.has(work) ? [] : [this.nodeWire(work)]; // of a split one, what nobody asked for is told separately
  }

  /** Outputs of split nodes that nothing refers to: they are computed all the same, like every node. */
  unaskedOutputs(): Wire[] {
    return [...this.#split].flatMap(([work, wrap]) =>
      Object.entries(compiledIn(work).outputs).filter(([name]) => !this.#asked.has(`${work.node.id}.${name}`)).map(([name, { wire }]) => wrap(wire, name)),
    );
  }

  #outputWire(work: Work, name: string): Wire {
    this.#asked.add(`${work.node.id}.${name}`);
    return this.#once(`output ${work.node.id}.${name}`, () => this.#split.get(work)!(compiledIn(work).outputs[name]!.wire, name));
  }

  /* ---------- inputs ---------- */

  /** An input as the value of a context field; undefined where the field of that name does as it is. */
  handedOn(name: string, declaration: InputDeclaration): Supply | undefined {
    return isPlain(declaration) ? undefined : { value: this.#transform(name, declaration), needs: new Set([name]) };
  }

  #transform(name: string, declaration: InputDeclaration): unknown {
    let transform = this.#transforms.get(name);
    if (transform === undefined) this.#transforms.set(name, (transform = readFrom(name, schemaOf(declaration))));
    return transform;
  }

  inputWire(name: string, declaration: InputDeclaration): Wire {
    return this.#once(`input ${name}`, () => ({ model: rewritten(called(bracesOf({ name, path: [] }), handOn()), { value: this.#transform(name, declaration) }), needs: new Set([name]), isWrapper: true }));
  }

  #once<Value>(key: string, make: () => Wire<Value>): Wire<Value> {
    let wire = this.#known.get(key);
    if (wire === undefined) this.#known.set(key, (wire = make()));
    return wire as Wire<Value>; // a key is always of one kind
  }

  /* ---------- references ---------- */

  referenceWire(reference: Reference): Wire {
    const origin = this.#origin(reference);
    if ('parts' in origin) return this.#once(`record ${keyOf(reference)}`, () => recordWire(origin.parts, (part) => this.#pickWire(part), (form, values) => called(bracesOf(reference), template({ form, values }))));
    return this.#pickWire(origin);
  }

  /** The same in a list, empty when there is no such value. */
  #findWire(reference: Reference, onlyWhenSkipped: boolean): Wire<readonly unknown[]> {
    const origin = this.#origin(reference);
    if (!('parts' in origin)) return this.#foundWire(origin, onlyWhenSkipped);
    return this.#once(`records ${onlyWhenSkipped} ${keyOf(reference)}`, () => recordWire(origin.parts, (part) => this.#foundWire(part, onlyWhenSkipped), (form, found) => calledIfAny(bracesOf(reference), tentative({ form, found }))));
  }

  #pickWire({ from, path, isOutcome, reference, work }: Origin): Wire {
    if (path.length === 0 && !isOutcome) return from;
    return this.#once(`pick ${reference}`, () => placed(work, { model: called(reference, pick({ from: from.model, path, isOutcome, reference })), needs: from.needs }));
  }

  #foundWire({ from, path, isOutcome, reference, work }: Origin, onlyWhenSkipped: boolean): Wire<readonly unknown[]> {
    return this.#once(`find ${onlyWhenSkipped} ${reference}`, () => placed(work, { model: calledIfAny(reference, find({ from: from.model, path, isOutcome, onlyWhenSkipped, reference })), needs: from.needs }));
  }

  /** What a reference looks into. */
  #origin(reference: Reference): Origin | Parts {
    const { name, path } = reference;
    const text = bracesOf(reference);
    const root = this.#scope.resolve(name)!;
    if (root.kind === 'input') return { from: this.inputWire(root.name, root.declaration), path: [...path], isOutcome: false, reference: text };
    const { work } = root;
    if (root.kind === 'node') {
      if (!isPrivate(work, path)) return this.#inNode(work, path, text);
      return this.#partsOf(work, listedBelow(work, path)) ?? this.#inNode(work, path, text);
    }
    const mapping = root.mappings.find(({ target }) => startsWith(path, target));
    if (mapping !== undefined) return this.#inNode(work, [...pathOf(mapping), ...path.slice(mapping.target.length)], text);
    return this.#partsOf(work, mappedBelow(root, path)) ?? this.#inNode(work, path, text);
  }

  #inNode(work: Work, path: readonly (string | number)[], reference: string): Origin {
    const [output, ...rest] = path;
    if (typeof output === 'string' && this.#split.has(work)) return { from: this.#outputWire(work, output), path: rest, isOutcome: false, reference };
    return { from: this.nodeWire(work), path: [...path], isOutcome: work.isOutcome, reference };
  }

  /** The outputs of a child that stand under one name. */
  #partsOf(work: Work, listed: readonly Listed[]): Parts | undefined {
    const parts = listed.map(({ keys, mapping }) => ({ keys, ...this.#inNode(work, pathOf(mapping), `'${mapping.source.text}' of node '${work.node.id}'`), work }));
    return parts.length === 0 ? undefined : { parts };
  }

  /* ---------- values ---------- */

  /** A registered model, called by a node's id or by its path: it reads the inputs that it knows by name, as they are given. */
  instanceWire(model: CallableModel, label: string): Wire {
    const fields = contextFieldsOf(model);
    const names = Object.keys(this.#scope.document.inputs).filter((name) => Object.hasOwn(fields, name));
    for (const name of names) this.#scope.resolve(name);
    return { model: called(label, pass({ value: model })), needs: new Set(names) };
  }

  /** An expression as one model. */
  wireOf(expression: Expression): Wire {
    if (expression.kind === 'instance') return this.#once(`instance ${expression.path}`, () => this.instanceWire(this.#scope.instance(expression.path, [])!, expression.path));
    if (expression.kind === 'reference') return this.referenceWire(expression.reference);
    if (expression.kind === 'default') return this.#defaultWire(expression);
    const places: Wire[] = [];
    const form = formOf(expression, (part) => place(places, this.wireOf(part)));
    return { model: called(textOf(expression), template({ form, values: places.map(({ model }) => model) })), needs: unionOf(places.map(({ needs }) => needs)) };
  }

  #defaultWire(expression: Extract<Expression, { kind: 'default' }>): Wire {
    const found = this.tentativeWire(expression.value, false);
    return { model: called(textOf(expression), otherwise({ found: found.model, otherwise: expression.otherwise })), needs: found.needs };
  }

  /** An expression as a model that yields its value in a list, or an empty one where something is missing. */
  tentativeWire(expression: Expression, onlyWhenSkipped: boolean): Wire<readonly unknown[]> {
    if (expression.kind === 'reference' && this.#scope.resolve(expression.reference.name) !== undefined) return this.#findWire(expression.reference, onlyWhenSkipped);
    const places: Wire<readonly unknown[]>[] = [];
    const form = formOf(expression, (part) => {
      if (part.kind === 'reference') return place(places, this.#scope.resolve(part.reference.name) === undefined ? NEVER : this.#findWire(part.reference, onlyWhenSkipped));
      return place(places, boxed(this.wireOf(part), textOf(part)));
    });
    return { model: calledIfAny(textOf(expression), tentative({ form, found: places.map(({ model }) => model) })), needs: unionOf(places.map(({ needs }) => needs)) };
  }

  /** An expression as a container with models inside, for inputs that take those. */
  containerOf(expression: Expression, carry: (wire: Wire, expression: Expression) => CallableModel): unknown {
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'list':
        return expression.items.map((item) => this.containerOf(item, carry));
      case 'record':
        return Object.fromEntries(Object.entries(expression.fields).map(([name, field]) => [name, this.containerOf(field, carry)]));
      default:
        return carry(this.wireOf(expression), expression);
    }
  }

  /** An expression as the value of a context field. */
  supply(expression: Expression): Supply {
    if (expression.kind === 'literal') return { value: expression.value, needs: NOTHING };
    if (expression.kind === 'reference' && expression.reference.path.length === 0) {
      const root = this.#scope.resolve(expression.reference.name);
      if (root?.kind === 'input') return { value: this.#transform(root.name, root.declaration), needs: new Set([root.name]) };
    }
    const { model, needs } = this.wireOf(expression);
    return { value: computedFrom(model), needs };
  }
}

const compiledIn = ({ child }: Work): CompiledDocument => (child as Extract<Child, { compiled: CompiledDocument }>).compiled;

/** What is never there. */
const NEVER: Wire<readonly unknown[]> = { model: called('nothing', find({ from: {}, path: ['-'], reference: '' })), needs: NOTHING };

const boxed = ({ model, needs }: Wire, label: string): Wire<readonly unknown[]> => ({ model: called(label, template({ form: { list: [{ place: 0 }] }, values: [model] })) as CallableModel<readonly unknown[]>, needs }); // the form is a list

const keyOf = ({ name, path }: Reference): string => JSON.stringify([name, ...path]);

/** What a reference looks into. */
interface Origin {
  readonly from: Wire;
  readonly path: (string | number)[];
  readonly isOutcome: boolean;
  /** For messages. */
  readonly reference: string;
  /** The node whose mapping asks for it, where no template does. */
  readonly work?: Work;
}

/** A record of several. */
interface Parts {
  readonly parts: readonly (Origin & { readonly keys: readonly string[] })[];
}

function recordWire<Value, Made>(parts: Parts['parts'], wireOf: (part: Origin) => Wire<Value>, make: (form: Form, values: CallableModel<Value>[]) => CallableModel<Made>): Wire<Made> {
  const wires = parts.map(wireOf);
  const form: { record: Record<string, Form> } = { record: {} };
  for (const [i, { keys }] of parts.entries()) {
    let { record } = form;
    for (const key of keys.slice(0, -1)) ({ record } = (record[key] ??= { record: {} }) as typeof form);
    record[keys.at(-1)!] = { place: i };
  }
  return { model: make(form, wires.map(({ model }) => model)), needs: unionOf(wires.map(({ needs }) => needs)) };
}

function placed<Value>(work: Work | undefined, wire: Wire<Value>): Wire<Value> {
  if (work !== undefined) setPlace(wire.model, work.place);
  return wire;
}

function place<Value>(places: Wire<Value>[], wire: Wire<Value>): Form {
  const known = places.findIndex(({ model }) => model === wire.model);
  return { place: known >= 0 ? known : places.push(wire) - 1 };
}

/** The form of a text or container, with a place for every part that is a model. */
function formOf(expression: Expression, placed: (part: Expression) => Form): Form {
  switch (expression.kind) {
    case 'literal':
      return { value: expression.value };
    case 'text':
      return { text: textParts(expression.parts, placed) };
    case 'list':
      return { list: expression.items.map((item) => formOf(item, placed)) };
    case 'record':
      return { record: Object.fromEntries(Object.entries(expression.fields).map(([name, field]) => [name, formOf(field, placed)])) };
    default:
      return placed(expression);
  }
}

const textParts = (parts: Template, placed: (part: Expression) => Form): (string | number)[] =>
  parts.map((part) => (typeof part === 'string' ? part : (placed({ kind: 'reference', reference: part }) as { readonly place: number }).place));
