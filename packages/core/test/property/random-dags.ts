/**
 * Random graphs for property tests: layers, sharing, lazy branches, containers, defaults at every layer, rewrites of every kind, chained and
 * nested; missing and invalid fields, unbound inputs, bodies and transforms that throw, volatile models.
 *
 * fast-check draws loose choices, `arranged` turns any of them into a well-formed graph. So whatever it leaves out while it shrinks a
 * counterexample is a graph again.
 */
import * as fc from 'fast-check';
import { isList, isWrapper, LIST_FIELDS, NUMBER_FIELDS } from './dag.ts';
import type { Binding, Check, DagSpec, DefinitionSpec, Given, InputSpec, NodeSpec, Override, TransformSpec, Use, Value, WrapperSpec } from './dag.ts';

export interface DagOptions {
  /** At most so many nodes. Default 14. */
  readonly nodes?: number;
  /** Whether models may be volatile. Default true. */
  readonly volatile?: boolean;
  /** Whether inputs may stay unbound, bodies and transforms throw, and values not fit. Default true. */
  readonly failures?: boolean;
  /** Whether bodies compute models themselves; `'often'`: many do, and give them all that they read. Default true. */
  readonly nested?: boolean | 'often';
  /** Whether some models are kept out of caches. Default false. */
  readonly uncacheable?: boolean;
}

/** A choice among whatever there will be. */
const choice = fc.nat(0xffff);
const percent = fc.nat(99);

const rawInput = fc.record({ kind: percent, check: percent, name: choice, default: choice, weight: fc.integer({ min: -2, max: 5 }), when: fc.nat(3), fields: choice });
const rawSum = { inputs: fc.array(rawInput, { maxLength: 5 }), start: fc.integer({ min: -9, max: 50 }), throws: choice };
const rawDefinition = fc.record({ ...rawSum, volatile: percent, isAsync: fc.boolean(), ticks: fc.nat(3), atOnce: fc.boolean(), catches: fc.boolean() });
const rawTransform = fc.record({ ...rawSum, isPatch: fc.boolean(), keys: fc.array(choice, { minLength: 1, maxLength: 3 }), partial: fc.boolean(), bounded: percent, mod: fc.nat(3) });
const rawBinding = fc.record({ how: percent, pick: choice, value: fc.nat(9), parts: fc.array(choice, { maxLength: 4 }) });
const rawNode = fc.record({
  isWrapper: percent,
  target: choice,
  bind: fc.array(rawBinding, { minLength: 5, maxLength: 5 }),
  closed: choice,
  patches: fc.array(choice, { maxLength: 2 }),
  overrides: fc.array(fc.record({ field: choice, how: percent, pick: choice, value: fc.nat(3) }), { maxLength: 3 }),
});
const rawField = fc.record({ how: percent, value: fc.nat(3) });

type RawInput = typeof rawInput extends fc.Arbitrary<infer T> ? T : never;
type RawDefinition = typeof rawDefinition extends fc.Arbitrary<infer T> ? T : never;
type RawTransform = typeof rawTransform extends fc.Arbitrary<infer T> ? T : never;
type RawNode = typeof rawNode extends fc.Arbitrary<infer T> ? T : never;
type RawBinding = RawNode['bind'][number];
type RawField = typeof rawField extends fc.Arbitrary<infer T> ? T : never;

const FIELDS: readonly string[] = [...NUMBER_FIELDS, ...LIST_FIELDS];

/** Graphs as data; `buildDag` makes models of them. */
export function randomDags(options: DagOptions = {}): fc.Arbitrary<DagSpec> {
  return fc
    .record({
      definitions: fc.array(rawDefinition, { minLength: 1, maxLength: 5 }),
      transforms: fc.array(rawTransform, { maxLength: 6 }),
      nodes: fc.array(rawNode, { minLength: 1, maxLength: options.nodes ?? 14, size: 'max' }),
      context: fc.tuple(...FIELDS.map(() => rawField)),
      bag: fc.boolean(),
    })
    .map((raw) => arranged(raw, { nodes: 14, volatile: true, failures: true, nested: true, uncacheable: false, ...options }));
}

interface Raw {
  readonly definitions: readonly RawDefinition[];
  readonly transforms: readonly RawTransform[];
  readonly nodes: readonly RawNode[];
  readonly context: readonly RawField[];
  readonly bag: boolean;
}

const pickFrom = <T>(list: readonly T[], index: number): T => list[index % list.length]!;

function arranged(raw: Raw, options: Required<DagOptions>): DagSpec {
  const definitions = raw.definitions.map((definition, i) => definitionFrom(definition, i, options));
  const transforms = raw.transforms.map((transform, i) => transformFrom(transform, i, options));
  const graph = new Graph(definitions, transforms, options);
  for (const node of raw.nodes) graph.add(node);
  const context = Object.fromEntries(FIELDS.flatMap((field, i) => contextValue(field, raw.context[i]!, options)));
  return { definitions, transforms, nodes: graph.nodes, root: graph.nodes.length - 1, context, bag: raw.bag };
}

const valueFor = (field: string, n: number): Value => (isList(field) ? Array.from({ length: n % 3 }, (_, k) => k + (n % 2)) : n);

function contextValue(field: string, { how, value }: RawField, { failures }: Required<DagOptions>): [string, Given][] {
  if (failures && how >= 95) return [];
  if (failures && how === 94) return [[field, null]];
  if (failures && how >= 92 && !isList(field)) return [[field, 95]];
  return [[field, valueFor(field, value)]];
}

/* ---------- definitions and transforms ---------- */

const NUMBER_CHECKS: readonly Check[] = ['number', 'number', 'number', 'small', 'parity', 'optional'];
const MODULI = [2, 3, 5, 97];

function contextInput({ name, check, default: fallback, weight }: RawInput): InputSpec {
  const field = pickFrom(FIELDS, name);
  const defaults = fallback % 4 === 3 ? { default: valueFor(field, (fallback >> 2) % 4) } : {};
  return { name: field, kind: 'context', check: isList(field) ? 'list' : pickFrom(NUMBER_CHECKS, check), weight, ...defaults };
}

function definitionInput(raw: RawInput, index: number, isLeaf: boolean, { nested }: Required<DagOptions>): InputSpec {
  const { kind, weight } = raw;
  if (kind < 30) return contextInput(raw);
  const check = pickFrom(NUMBER_CHECKS, raw.check);
  const when = (['always', 'even', 'odd', 'never'] as const)[raw.when]!;
  if (!isLeaf && kind >= 88) return { name: `z${index}`, kind: 'lazy', check, weight, when };
  const isOften = nested === 'often';
  if (!isLeaf && nested !== false && (kind >= 80 || (isOften && kind % 2 === 1))) {
    const fields = raw.fields % 4 === 3 ? {} : { fields: FIELDS.filter((_, i) => isOften || (raw.fields >> (i + 2)) % 4 > 0) };
    return { name: `n${index}`, kind: 'nested', check: 'number', weight, when: when === 'never' ? 'always' : when, ...fields };
  }
  if (kind >= 68) return { name: `d${index}`, kind: 'container', check: 'number', weight };
  // Now and then a regular input is called what elsewhere is a contextual field.
  const name = raw.name % 12 === 11 ? pickFrom(NUMBER_FIELDS, raw.name) : `r${index}`;
  return { name, kind: 'regular', check, weight, ...(raw.default % 5 === 4 ? { default: raw.default % 7 } : {}) };
}

/** A nested evaluation that is given no context. */
const isBare = ({ kind, fields }: InputSpec): boolean => kind === 'nested' && fields === undefined;

const uniqueByName = (inputs: readonly InputSpec[]): InputSpec[] => inputs.filter(({ name }, i) => inputs.findIndex((other) => other.name === name) === i);

const throwing = (throws: number, { failures }: Required<DagOptions>, oneIn: number) => (failures && throws % oneIn === 1 ? { throws: { mod: 5, eq: throws % 5 } } : {});

function definitionFrom(raw: RawDefinition, index: number, options: Required<DagOptions>): DefinitionSpec {
  let inputs = uniqueByName(raw.inputs.map((input, i) => definitionInput(input, i, index === 0, options)));
  // What a nested evaluation sees of its caller is what the caller was given: as long as that is what the caller's key is made of.
  if (inputs.some(isBare)) inputs = inputs.map((input) => (input.kind === 'context' ? { name: input.name, kind: 'context', check: isList(input.name) ? 'list' : 'number', weight: input.weight } : input));
  return {
    name: `f${index}`,
    inputs,
    start: raw.start,
    mod: 97,
    ...throwing(raw.throws, options, 6),
    volatile: options.volatile && raw.volatile >= 92,
    ...(options.uncacheable && raw.volatile >= 80 && raw.volatile < 92 && { cacheable: false }),
    isAsync: raw.isAsync,
    ticks: raw.ticks,
    atOnce: raw.atOnce,
    catches: raw.catches,
  };
}

function transformFrom(raw: RawTransform, index: number, options: Required<DagOptions>): TransformSpec {
  const inputs = raw.inputs.slice(0, 3).map((input, i): InputSpec => (input.kind < 70 ? contextInput(input) : { name: `a${i}`, kind: 'regular', check: 'number', weight: input.weight }));
  const keys = [...new Set(raw.keys.map((key) => pickFrom(FIELDS, key)))];
  return {
    name: `t${index}`,
    inputs: uniqueByName(inputs),
    start: raw.start,
    mod: options.failures ? MODULI[raw.mod]! : Math.min(MODULI[raw.mod]!, 5),
    ...throwing(raw.throws, options, 10),
    kind: raw.isPatch ? 'patch' : 'field',
    keys: raw.isPatch ? keys : keys.slice(0, 1),
    partial: raw.partial,
    bounded: options.failures && raw.bounded >= 80,
  };
}

/* ---------- nodes ---------- */

class Graph {
  readonly nodes: NodeSpec[] = [];
  /** Per node: the fields that its branch reads of the context that enters it. */
  readonly #reads: ReadonlySet<string>[] = [];
  readonly #unused: number[] = [];
  readonly #definitions: ReadonlyMap<string, DefinitionSpec>;
  readonly #transforms: ReadonlyMap<string, TransformSpec>;
  readonly #options: Required<DagOptions>;

  constructor(definitions: readonly DefinitionSpec[], transforms: readonly TransformSpec[], options: Required<DagOptions>) {
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
    this.#transforms = new Map(transforms.map((transform) => [transform.name, transform]));
    this.#options = options;
  }

  add(raw: RawNode): void {
    const id = this.nodes.length;
    if (id > 0 && raw.isWrapper >= 60) this.#addWrapper(id, raw);
    else this.#addModel(id, raw);
    this.#unused.push(id);
  }

  /* models */

  #addModel(id: number, raw: RawNode): void {
    const definitions = [...this.#definitions.values()];
    const definition = id === 0 ? definitions[0]! : pickFrom(definitions, raw.target);
    const isExact = definition.inputs.some(isBare);
    const bind: Record<string, Binding> = {};
    definition.inputs.forEach((input, i) => {
      const binding = this.#binding(input, raw.bind[i]!, isExact);
      if (binding !== undefined) bind[input.name] = binding;
    });
    this.nodes.push({ id, make: definition.name, bind });
    const reads = new Set(definition.inputs.filter(({ kind }) => kind === 'context').map(({ name }) => name));
    for (const input of definition.inputs) {
      if (input.kind === 'nested' || bind[input.name] === undefined) continue;
      for (const node of nodesIn(bind[input.name]!)) for (const field of this.#reads[node]!) reads.add(field);
    }
    this.#reads.push(reads);
  }

  #binding(input: InputSpec, { how, pick, value, parts }: RawBinding, isExact: boolean): Binding | undefined {
    if (input.kind === 'context') return how >= 80 && !isExact ? { lit: valueFor(input.name, value % 4) } : undefined;
    const mayStay = input.default !== undefined || input.check === 'optional';
    if (how >= 98 && this.#options.failures) return undefined;
    if (how >= 80 && mayStay && input.kind !== 'container') return undefined;
    switch (input.kind) {
      case 'lazy':
      case 'nested':
        return { node: this.#take(pick) };
      case 'container':
        return this.#container(pick, value, parts);
      case 'regular':
        return how < 25 || this.nodes.length === 0 ? { lit: value } : { node: this.#take(pick) };
    }
  }

  #container(pick: number, value: number, parts: readonly number[]): Binding {
    const leaf = (part: number): Binding => (part % 3 === 0 || this.nodes.length === 0 ? { lit: part % 7 } : { node: this.#take(part) });
    const leaves = parts.map(leaf);
    switch (pick % 4) {
      case 0:
        return this.nodes.length === 0 ? { lit: value } : { node: this.#take(pick) };
      case 1:
        return { items: leaves };
      case 2:
        return { entries: Object.fromEntries(leaves.map((each, i) => ['abcd'.slice(0, i + 1), each])) };
      default:
        return { items: [{ items: leaves.slice(0, 2) }, { entries: { deep: { items: [{ entries: { rest: { items: leaves.slice(2) } } }] }, lit: { lit: value } } }] };
    }
  }

  /** An earlier node: often one that nobody has taken yet, so that graphs hang together, else any, so that they share. */
  #take(pick: number): number {
    const list = pick % 3 > 0 && this.#unused.length > 0 ? this.#unused : this.nodes.map((_, i) => i);
    const node = pickFrom(list, pick >> 2);
    const at = this.#unused.indexOf(node);
    if (at >= 0) this.#unused.splice(at, 1);
    return node;
  }

  /* wrappers */

  #addWrapper(id: number, raw: RawNode): void {
    const wrap = this.#take(raw.target);
    const legal = [...this.#reads[this.#baseOf(wrap)]!];
    const patches = legal.length === 0 ? [] : this.#patches(legal, raw.patches);
    const overrides: Record<string, Override> = {};
    if (legal.length > 0) for (const { field, how, pick, value } of raw.overrides) overrides[pickFrom(legal, field)] = this.#override(pickFrom(legal, field), how, pick, value);
    const closed = raw.closed % 10 === 9 ? { closed: FIELDS.filter((_, i) => (raw.closed >> (i + 3)) % 2 === 0) } : {};
    const node: WrapperSpec = { id, wrap, ...closed, patches, overrides };
    this.nodes.push(node);
    this.#reads.push(this.#wrapperReads(node));
  }

  #baseOf(id: number): number {
    const node = this.nodes[id]!;
    return isWrapper(node) ? this.#baseOf(node.wrap) : id;
  }

  /** Patches must write what the branch reads. */
  #patches(legal: readonly string[], picks: readonly number[]): Use[] {
    const fitting = [...this.#transforms.values()].filter(({ kind, keys }) => kind === 'patch' && keys.every((key) => legal.includes(key)));
    return fitting.length === 0 ? [] : picks.map((pick) => used(pickFrom(fitting, pick), pick));
  }

  #override(field: string, how: number, pick: number, value: number): Override {
    if (how >= 50) {
      const fitting = [...this.#transforms.values()].filter(({ kind, keys }) => kind === 'field' && isList(keys[0]!) === isList(field));
      if (fitting.length > 0) return used(pickFrom(fitting, pick), pick);
    }
    if (how >= 30 && !isList(field)) {
      // How often a volatile model runs for a field is nobody's business but the field's.
      const steady = this.nodes.map((_, i) => i).filter((i) => !this.#definitionOf(i).volatile);
      if (steady.length > 0) return { computed: pickFrom(steady, pick) };
    }
    return { lit: valueFor(field, value) };
  }

  #definitionOf(id: number): DefinitionSpec {
    const node = this.nodes[this.#baseOf(id)]!;
    return this.#definitions.get((node as { make: string }).make)!;
  }

  /** All of a wrapper's rewrites, with those of the wrappers that it flattens. */
  #wrapperReads(node: WrapperSpec): Set<string> {
    const reads = new Set(this.#reads[this.#baseOf(node.wrap)]);
    const chain: WrapperSpec[] = [];
    for (let at: NodeSpec = node; isWrapper(at); at = this.nodes[at.wrap]!) chain.unshift(at);
    for (const { closed } of chain) if (closed !== undefined) for (const field of reads) if (!closed.includes(field)) reads.delete(field);
    for (const { overrides } of chain) for (const field of Object.keys(overrides)) reads.delete(field);
    const later = new Set<string>();
    for (const { overrides, patches } of chain.toReversed()) {
      for (const [field, override] of Object.entries(overrides)) {
        if (later.has(field) || 'lit' in override) continue;
        if ('computed' in override) for (const read of this.#reads[override.computed]!) reads.add(read);
        else this.#addInputs(reads, override);
      }
      for (const field of Object.keys(overrides)) later.add(field);
      for (const use of patches) if (!this.#transforms.get(use.use)!.keys.every((key) => later.has(key))) this.#addInputs(reads, use);
    }
    return reads;
  }

  #addInputs(reads: Set<string>, { use }: Use): void {
    for (const { kind, name } of this.#transforms.get(use)!.inputs) if (kind === 'context') reads.add(name);
  }
}

const used = ({ name, inputs }: TransformSpec, pick: number): Use => ({
  use: name,
  args: Object.fromEntries(inputs.filter(({ kind }) => kind === 'regular').map((input, i) => [input.name, (pick >> (i + 1)) % 4])),
});

function nodesIn(binding: Binding): number[] {
  if ('node' in binding) return [binding.node];
  if ('items' in binding) return binding.items.flatMap(nodesIn);
  return 'entries' in binding ? Object.values(binding.entries).flatMap(nodesIn) : [];
}
