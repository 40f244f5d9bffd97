/**
 * What a graph must yield, by the contract alone: a recursive interpreter of graph descriptions that shares no code with the engine. It is
 * slow and simple on purpose. Beside the outcome it says how often each body runs.
 *
 * Where the contract leaves open which of several failures is met first, it names them all; where a failure decides whether the rest of a
 * branch still runs, it gives a least and a most.
 */
import { askedBy, CAUGHT, flat, isAsked, isThrown, isWrapper, modulo, nestedFields, patched, resultOf, sumOf, written } from './dag.ts';
import type { Binding, Check, DagSpec, DefinitionSpec, InputSpec, ModelSpec, NodeSpec, TransformSpec, Use, WrapperSpec } from './dag.ts';
import { labelOf, transformLabel } from './build-dag.ts';
import type { Bodies } from './build-dag.ts';

/** A failure is named by the label of the body or transform that threw, or by the code of a FlowError: `code CYCLE`. */
export type Failures = ReadonlySet<string>;
export type Outcome = { readonly value: unknown } | { readonly failures: Failures };

export interface Prediction {
  readonly outcome: Outcome;
  /** What the evaluation is of: equal for contexts of one graph that are the same to all that it consumes. Empty where it failed before its body. */
  readonly key: string;
  /** Runs of bodies, by label. */
  readonly least: ReadonlyMap<string, number>;
  readonly most: ReadonlyMap<string, number>;
}

/* ---------- contexts ---------- */

type Rewrite =
  | { readonly kind: 'patch'; readonly use: Use; readonly transform: TransformSpec; readonly fields: readonly string[] }
  | { readonly kind: 'field'; readonly use: Use; readonly transform: TransformSpec; readonly fields: readonly [string] }
  | { readonly kind: 'literal'; readonly value: unknown; readonly fields: readonly [string] }
  | { readonly kind: 'computed'; readonly node: number; readonly fields: readonly [string] };

/** The runtime context, or a context as one wrapper rewrites it. */
interface Frame {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly outer?: Frame;
  readonly rewrites: readonly Rewrite[];
  readonly kept?: ReadonlySet<string> | undefined;
  /** The frames of wrappers in this context. */
  readonly inner: Map<number, Frame>;
}

/** What is known of a field. `text` tells values apart that are not known yet, or that cannot be had. */
type Read =
  | { readonly kind: 'value'; readonly value: unknown }
  /** Made from a computed field. */
  | { readonly kind: 'open'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string; readonly failures: Failures };

/** How fields are looked at: before anything runs, or while it does. */
interface Look {
  computed(node: number, frame: Frame): Read;
  /** A transform of a frame that lacks an input, or cannot take it. */
  blocked(code: 'MISSING_CONTEXT' | 'INVALID_CONTEXT', frame: Frame): void;
  threw(failure: string): void;
}

/* ---------- evaluations ---------- */

interface Evaluation {
  readonly outcome: Outcome;
  /** What the evaluation is of: a model and all that it consumes. */
  readonly key: string;
  /** The label of the body, if it ran. */
  readonly ran?: string;
  /** What it needed before its body, and what the body asked for. */
  readonly needed: readonly Evaluation[];
  readonly asked: readonly Evaluation[];
  /** Volatile models of a place that turned out to be the same evaluation as another: they may have run by then. */
  readonly spare?: readonly Evaluation[];
}

const UNFIT = Symbol('unfit');
const isFailure = (outcome: Outcome): outcome is { readonly failures: Failures } => 'failures' in outcome;
const failed = (...failures: string[]): { readonly failures: Failures } => ({ failures: new Set(failures) });
const union = (all: readonly Outcome[]): Set<string> => new Set(all.flatMap((outcome) => (isFailure(outcome) ? [...outcome.failures] : [])));

/** What a reader sees of a value. */
function checked(check: Check, value: unknown): unknown {
  if (check === 'list') return Array.isArray(value) ? value : UNFIT;
  if (check === 'optional' && value === undefined) return undefined;
  if (typeof value !== 'number' || (check === 'small' && value > 90)) return UNFIT;
  return check === 'parity' ? modulo(value, 2) : value;
}

class Interpreter {
  readonly #spec: DagSpec;
  readonly #bodies: Bodies;
  readonly #definitions: ReadonlyMap<string, DefinitionSpec>;
  readonly #transforms: ReadonlyMap<string, TransformSpec>;
  readonly #known = new Map<string, Evaluation>();
  readonly #places = new Map<Frame, Map<number, Evaluation>>();
  readonly #texts = new Map<Frame, Map<number, string>>();

  constructor(spec: DagSpec, bodies: Bodies) {
    this.#spec = spec;
    this.#bodies = bodies;
    this.#definitions = new Map(spec.definitions.map((definition) => [definition.name, definition]));
    this.#transforms = new Map(spec.transforms.map((transform) => [transform.name, transform]));
  }

  predict(): Prediction {
    const { root, context, bag } = this.#spec;
    const evaluation = this.#compute(root, context, bag);
    return { outcome: evaluation.outcome, key: evaluation.key, ...countsOf(evaluation) };
  }

  /** `compute` of a node, or `run.compute` in a context of its own. */
  #compute(node: number, context: Readonly<Record<string, unknown>>, isBag: boolean): Evaluation {
    const refused = isBag ? undefined : this.#refusal(node, context);
    const frame: Frame = { fields: context, rewrites: [], inner: new Map() };
    const problem = refused ?? this.#check(node, frame);
    return problem === undefined ? this.#evaluate(node, frame) : { outcome: problem, key: '', needed: [], asked: [] };
  }

  /** In a plain object, the names of the root's regular inputs are refused. */
  #refusal(node: number, context: Readonly<Record<string, unknown>>): Outcome | undefined {
    const { model } = this.#base(node);
    const named = this.#definitionOf(model).inputs.filter(({ name, kind }) => kind !== 'context' && context[name] !== undefined);
    if (named.length === 0) return undefined;
    return named.some((input) => model.bind[input.name] === undefined && input.default === undefined) ? failed('code UNBOUND_INPUT') : failed('code REGULAR_OVERRIDE');
  }

  #definitionOf(model: ModelSpec): DefinitionSpec {
    return this.#definitions.get(model.make)!;
  }

  /** The model that a node is or wraps, and what its wrappers do, in order. */
  #base(node: number): { readonly model: ModelSpec; readonly wrappers: readonly WrapperSpec[] } {
    const wrappers: WrapperSpec[] = [];
    let at: NodeSpec = this.#spec.nodes[node]!;
    for (; isWrapper(at); at = this.#spec.nodes[at.wrap]!) wrappers.unshift(at);
    return { model: at, wrappers };
  }

  /** The context that a node's branch sees, where the node stands in `frame`. */
  #inside(node: number, frame: Frame): Frame {
    const { wrappers } = this.#base(node);
    if (wrappers.length === 0) return frame;
    let inner = frame.inner.get(node);
    if (inner === undefined) {
      const closed = wrappers.flatMap(({ closed }) => (closed === undefined ? [] : [closed]));
      const kept = closed.length === 0 ? undefined : new Set(closed[0]!.filter((field) => closed.every((fields) => fields.includes(field))));
      inner = { fields: {}, outer: frame, rewrites: this.#rewrites(wrappers), kept, inner: new Map() };
      frame.inner.set(node, inner);
    }
    return inner;
  }

  /** One list for a chain of wrappers, without what later overrides cover. */
  #rewrites(wrappers: readonly WrapperSpec[]): Rewrite[] {
    const all = wrappers.flatMap(({ patches, overrides }): Rewrite[] => [
      ...patches.map((use): Rewrite => ({ kind: 'patch', use, transform: this.#transforms.get(use.use)!, fields: this.#transforms.get(use.use)!.keys })),
      ...Object.entries(overrides).map(([field, override]): Rewrite =>
        'lit' in override ? { kind: 'literal', value: override.lit, fields: [field] }
        : 'computed' in override ? { kind: 'computed', node: override.computed, fields: [field] }
        : { kind: 'field', use: override, transform: this.#transforms.get(override.use)!, fields: [field] },
      ),
    ]);
    return all.filter(({ fields }, i) => {
      const overridden = new Set(all.slice(i + 1).flatMap((later) => (later.kind === 'patch' ? [] : later.fields)));
      return !fields.every((field) => overridden.has(field));
    });
  }

  /* ---------- reading contexts ---------- */

  /** A field as it stands in a frame. What a later patch may leave as it is, is needed whether or not it does. */
  #field(frame: Frame, field: string, look: Look): Read {
    if (frame.outer === undefined) return { kind: 'value', value: frame.fields[field] };
    const layers: Read[] = [];
    for (const rewrite of frame.rewrites.toReversed()) {
      if (!rewrite.fields.includes(field)) continue;
      if (rewrite.kind === 'patch') {
        const record = this.#transformed(frame, rewrite, look);
        layers.push(record.kind === 'value' ? { kind: 'value', value: (record.value as Record<string, unknown>)[field] } : record);
      } else {
        layers.push(rewrite.kind === 'literal' ? { kind: 'value', value: rewrite.value } : rewrite.kind === 'computed' ? look.computed(rewrite.node, frame.outer) : this.#transformed(frame, rewrite, look));
        return topOf(layers);
      }
    }
    layers.push(frame.kept?.has(field) === false ? { kind: 'value', value: undefined } : this.#field(frame.outer, field, look));
    return topOf(layers);
  }

  /** The result of a transform of a frame; it reads the context that enters. */
  #transformed(frame: Frame, { kind, use, transform, fields }: Rewrite & { kind: 'patch' | 'field' }, look: Look): Read {
    const values: Record<string, unknown> = Object.fromEntries(transform.inputs.map((input) => [input.name, use.args[input.name] ?? input.default]));
    const others: Read[] = [];
    for (const input of transform.inputs) {
      if (input.kind !== 'context') continue;
      const read = this.#seen(this.#field(frame.outer!, input.name, look), input, undefined);
      values[input.name] = read.kind === 'value' ? read.value : undefined;
      if (read.kind !== 'value') others.push(read);
      if (read.kind === 'failed' && read.code !== undefined) look.blocked(read.code, frame);
    }
    const text = `${transform.name}(${JSON.stringify(values)} ${others.map((other) => (other as { text: string }).text).join()})`;
    const problems = others.filter((other) => other.kind === 'failed');
    if (problems.length > 0) return { kind: 'failed', text, failures: union(problems) };
    if (others.length > 0) return { kind: 'open', text };
    const result = resultOf(transform, sumOf(transform, values));
    const value = kind === 'patch' ? patched(transform, result) : written(transform, result, 0);
    const unfit = transform.bounded && (kind === 'patch' ? Object.values(value) : [value]).some((each) => typeof each === 'number' && each > 90);
    const failure = isThrown(transform, result) ? transformLabel(transform, values) : unfit ? 'code TRANSFORM' : undefined;
    if (failure === undefined) return { kind: 'value', value };
    look.threw(failure);
    return { kind: 'failed', text: `${text} ${fields.join()}`, failures: new Set([failure]) };
  }

  /** What a contextual input makes of what the context has: its defaults, its check. */
  #seen(read: Read, input: InputSpec, instance: unknown): Read & { readonly code?: 'MISSING_CONTEXT' | 'INVALID_CONTEXT' } {
    if (read.kind !== 'value') return read;
    const given = read.value === undefined ? instance : read.value;
    if (given === undefined) {
      if (input.default !== undefined) return { kind: 'value', value: input.default };
      if (input.check !== 'optional') return { kind: 'failed', text: 'missing', failures: new Set(['code MISSING_CONTEXT']), code: 'MISSING_CONTEXT' };
    }
    const value = checked(input.check, given);
    if (value === UNFIT) return { kind: 'failed', text: `unfit ${JSON.stringify(given)}`, failures: new Set(['code INVALID_CONTEXT']), code: 'INVALID_CONTEXT' };
    return { kind: 'value', value };
  }

  /** A model's contextual inputs, in order. */
  #own(model: ModelSpec, frame: Frame, look: Look): (Read & { readonly input: InputSpec; readonly code?: 'MISSING_CONTEXT' | 'INVALID_CONTEXT' })[] {
    return this.#definitionOf(model)
      .inputs.filter(({ kind }) => kind === 'context')
      .map((input) => {
        const bound = model.bind[input.name];
        return { ...this.#seen(this.#field(frame, input.name, look), input, bound === undefined ? undefined : (bound as { lit: unknown }).lit), input };
      });
  }

  /* ---------- the check before anything runs ---------- */

  /** What keeps a node from running in a frame: the whole graph without its lazy branches. */
  #check(node: number, frame: Frame): Outcome | undefined {
    const found: { readonly code: string; readonly frame: Frame }[] = [];
    const lacking = new Set<Frame>();
    const thrown: string[] = [];
    const visited = new Map<Frame, Set<number>>();
    const look: Look = {
      computed: (computed, at) => {
        visit(computed, at);
        return { kind: 'open', text: '' };
      },
      blocked: (code, at) => {
        found.push({ code, frame: at });
        if (code === 'MISSING_CONTEXT') lacking.add(at);
      },
      threw: (failure) => void thrown.push(failure),
    };
    const visit = (at: number, outer: Frame): void => {
      const inside = this.#inside(at, outer);
      const { model } = this.#base(at);
      const seen = visited.get(inside) ?? new Set();
      visited.set(inside, seen);
      if (seen.has(model.id)) return;
      seen.add(model.id);
      for (const input of this.#definitionOf(model).inputs) {
        const isBound = model.bind[input.name] !== undefined || input.default !== undefined || input.check === 'optional';
        if (input.kind !== 'context' && !isBound) found.push({ code: 'UNBOUND_INPUT', frame: inside });
      }
      for (const { code } of this.#own(model, inside, look)) if (code !== undefined) found.push({ code, frame: inside });
      for (const upstream of this.#upstream(model)) visit(upstream, inside);
    };
    visit(node, frame);
    // What cannot be entered does not decide the code.
    const isEntered = (at: Frame | undefined): boolean => at === undefined || (!lacking.has(at) && isEntered(at.outer));
    const deciding = found.filter(({ code, frame: at }) => code !== 'UNBOUND_INPUT' || isEntered(at));
    const code = ['UNBOUND_INPUT', 'MISSING_CONTEXT', 'INVALID_CONTEXT'].find((candidate) => deciding.some((each) => each.code === candidate));
    return code !== undefined ? failed(`code ${code}`) : thrown.length > 0 ? failed(...thrown) : undefined;
  }

  /** The nodes that a model's regular inputs and containers hold, in order. */
  #upstream(model: ModelSpec): number[] {
    return this.#definitionOf(model).inputs.flatMap((input) => (isAsked(input) || model.bind[input.name] === undefined ? [] : nodesIn(model.bind[input.name]!)));
  }

  /* ---------- evaluating ---------- */

  #evaluate(node: number, outer: Frame): Evaluation {
    const frame = this.#inside(node, outer);
    const { model } = this.#base(node);
    const isVolatile = this.#definitionOf(model).volatile;
    const places = this.#places.get(frame) ?? new Map<number, Evaluation>();
    this.#places.set(frame, places);
    const known = isVolatile ? undefined : places.get(model.id);
    if (known !== undefined) return known;
    const evaluation = this.#evaluateModel(model, frame, isVolatile);
    places.set(model.id, evaluation);
    return evaluation;
  }

  #evaluateModel(model: ModelSpec, frame: Frame, isVolatile: boolean): Evaluation {
    const needed: Evaluation[] = [];
    const look: Look = {
      computed: (node, at) => {
        const evaluation = this.#evaluate(node, at);
        needed.push(evaluation);
        return isFailure(evaluation.outcome) ? { kind: 'failed', text: '', failures: evaluation.outcome.failures } : { kind: 'value', value: evaluation.outcome.value };
      },
      blocked: () => {},
      threw: () => {},
    };
    const own = this.#own(model, frame, look);
    const computed = [...needed];
    const upstream = this.#upstream(model).map((node) => this.#evaluate(node, frame));
    needed.push(...upstream);
    const values = Object.fromEntries(own.map((read) => [read.input.name, read.kind === 'value' ? read.value : undefined]));
    const failures = union([...own.filter((read) => read.kind === 'failed'), ...upstream.map(({ outcome }) => outcome)]);
    if (upstream.every(({ outcome }) => !isFailure(outcome)) && !this.#receive(model, values, upstream)) failures.add('code INVALID_RESULT');
    if (failures.size > 0) return { outcome: { failures }, key: '', needed, asked: [] };

    const lazies = this.#definitionOf(model).inputs.filter(({ kind, name }) => kind === 'lazy' && model.bind[name] !== undefined);
    const texts = lazies.map(({ name }) => this.#text((model.bind[name] as { node: number }).node, frame));
    const key = `${model.id}(${JSON.stringify(own.map((read) => values[read.input.name] ?? null))} ${upstream.map((each) => each.key).join()} ${texts.join()})`;
    const known = isVolatile ? undefined : this.#known.get(key);
    // The same evaluation, in a place that had computed fields of its own.
    if (known !== undefined) return { outcome: known.outcome, key, needed: [...computed, known], asked: [], spare: upstream };
    const evaluation = { ...this.#run(model, frame, values), key, needed };
    if (!isVolatile) this.#known.set(key, evaluation);
    return evaluation;
  }

  /** What a lazy branch consumes, as far as that can be said before it runs. */
  #text(node: number, outer: Frame): string {
    const frame = this.#inside(node, outer);
    const { model } = this.#base(node);
    const known = this.#texts.get(frame)?.get(model.id);
    if (known !== undefined) return known;
    const look: Look = { computed: (computed, at) => ({ kind: 'open', text: this.#text(computed, at) }), blocked: () => {}, threw: () => {} };
    const own = this.#own(model, frame, look).map((read) => (read.kind === 'value' ? JSON.stringify(read.value ?? null) : `<${read.text}>`));
    const upstream = this.#definitionOf(model).inputs.flatMap(({ kind, name }) => (kind === 'nested' || model.bind[name] === undefined ? [] : nodesIn(model.bind[name])));
    const text = `${model.id}[${own.join()} ${upstream.map((each) => this.#text(each, frame)).join()}]`;
    const texts = this.#texts.get(frame) ?? new Map<number, string>();
    this.#texts.set(frame, texts.set(model.id, text));
    return text;
  }

  /** Puts what came from upstream among the values; false where an input cannot take it. */
  #receive(model: ModelSpec, values: Record<string, unknown>, upstream: readonly Evaluation[]): boolean {
    const yields = upstream.map(({ outcome }) => (outcome as { value: unknown }).value);
    const filled = (binding: Binding): unknown =>
      'lit' in binding ? binding.lit
      : 'node' in binding ? yields.shift()
      : 'items' in binding ? binding.items.map(filled)
      : Object.fromEntries(Object.entries(binding.entries).map(([name, entry]) => [name, filled(entry)]));
    for (const input of this.#definitionOf(model).inputs) {
      if (input.kind !== 'regular' && input.kind !== 'container') continue;
      const binding = model.bind[input.name];
      const given = binding === undefined ? undefined : filled(binding);
      values[input.name] = given === undefined && input.default !== undefined ? input.default : input.kind === 'container' ? given : checked(input.check, given);
    }
    return !Object.values(values).includes(UNFIT);
  }

  #run(model: ModelSpec, frame: Frame, values: Record<string, unknown>): Omit<Evaluation, 'key' | 'needed'> {
    const definition = this.#definitionOf(model);
    const ran = labelOf(model.id, definition, values);
    const sum = sumOf(definition, values);
    const asked: Evaluation[] = [];
    const failures: Outcome[] = [];
    const isAtOnce = definition.atOnce && this.#bodies !== 'sync';
    let total = sum;
    for (const input of askedBy(definition, sum)) {
      if (failures.length > 0 && !isAtOnce) break;
      const outcome = this.#ask(model, frame, input, sum, asked);
      if (!isFailure(outcome)) total += input.weight * flat(outcome.value);
      else if (definition.catches) total += input.weight * CAUGHT;
      else failures.push(outcome);
    }
    if (failures.length > 0) return { outcome: { failures: union(failures) }, ran, asked };
    const result = resultOf(definition, total);
    return { outcome: isThrown(definition, result) ? failed(ran) : { value: result }, ran, asked };
  }

  /** What a body gets that calls a thunk, or computes a model itself. */
  #ask(model: ModelSpec, frame: Frame, input: InputSpec, sum: number, asked: Evaluation[]): Outcome {
    const binding = model.bind[input.name];
    if (binding === undefined) return { value: undefined };
    const { node } = binding as { node: number };
    if (input.kind === 'nested') {
      const evaluation = input.fields === undefined ? this.#compute(node, this.#consumed(model, frame), true) : this.#compute(node, nestedFields(input.fields, sum), false);
      asked.push(evaluation);
      return evaluation.outcome;
    }
    const problem = this.#check(node, frame);
    if (problem !== undefined) return problem;
    const evaluation = this.#evaluate(node, frame);
    asked.push(evaluation);
    if (isFailure(evaluation.outcome)) return evaluation.outcome;
    const value = checked(input.check, evaluation.outcome.value);
    return value === UNFIT ? failed('code INVALID_RESULT') : { value };
  }

  /** The fields that a model consumes itself. */
  #consumed(model: ModelSpec, frame: Frame): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    const look: Look = {
      computed: (node, at) => ({ kind: 'value', value: (this.#evaluate(node, at).outcome as { value: unknown }).value }),
      blocked: () => {},
      threw: () => {},
    };
    for (const { name, kind } of this.#definitionOf(model).inputs) {
      if (kind !== 'context') continue;
      const read = this.#field(frame, name, look);
      if (read.kind === 'value' && read.value !== undefined) fields[name] = read.value;
    }
    return fields;
  }
}

/** What stands on top of layers, the last written first. */
function topOf(layers: readonly Read[]): Read {
  const failures = layers.filter((layer) => layer.kind === 'failed');
  if (failures.length > 0) return { kind: 'failed', text: failures.map(({ text }) => text).join(), failures: union(failures) };
  for (const [i, layer] of layers.entries()) {
    if (layer.kind === 'open') return { kind: 'open', text: layers.slice(i).map((each) => (each.kind === 'value' ? JSON.stringify(each.value) : each.text)).join() };
    if (layer.kind === 'value' && layer.value !== undefined) return layer;
  }
  return { kind: 'value', value: undefined };
}

function nodesIn(binding: Binding): number[] {
  if ('node' in binding) return [binding.node];
  if ('items' in binding) return binding.items.flatMap(nodesIn);
  return 'entries' in binding ? Object.values(binding.entries).flatMap(nodesIn) : [];
}

/** How often bodies run, by label. What only a failed evaluation needed may or may not have run. */
function countsOf(root: Evaluation): { readonly least: Map<string, number>; readonly most: Map<string, number> } {
  const count = (follow: (evaluation: Evaluation) => readonly Evaluation[]): Map<string, number> => {
    const counts = new Map<string, number>();
    const seen = new Set<Evaluation>();
    const visit = (evaluation: Evaluation): void => {
      if (seen.has(evaluation)) return;
      seen.add(evaluation);
      if (evaluation.ran !== undefined) counts.set(evaluation.ran, (counts.get(evaluation.ran) ?? 0) + 1);
      for (const next of follow(evaluation)) visit(next);
    };
    visit(root);
    return counts;
  };
  const certain = ({ needed, asked }: Evaluation): Evaluation[] => [...needed, ...asked].filter(({ outcome }) => !isFailure(outcome));
  return { least: isFailure(root.outcome) ? new Map() : count(certain), most: count(({ needed, asked, spare = [] }) => [...needed, ...asked, ...spare]) };
}

/** What the contract says of a graph. */
export const predicted = (spec: DagSpec, bodies: Bodies): Prediction => new Interpreter(spec, bodies).predict();
