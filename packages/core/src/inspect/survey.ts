/**
 * A graph walked whole, without running it: every cell of a plan, lazy branches and models that are handed over included, each edge between
 * them, and what can be known of the fields. Inspections and pictures are made from it.
 *
 * A survey has a plan of its own, so that looking at a graph changes nothing for runs. Everything is linear in the graph, and without recursion.
 */
import { asModel, UNSET } from '../model/brand.ts';
import type { Definition } from '../model/definition.ts';
import { labelOn } from '../model/label.ts';
import type { Label } from '../model/label.ts';
import type { Model } from '../model/model.ts';
import type { Rewrites } from '../model/rewrites.ts';
import { indexOf, isSlot, isSpecial } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { planOf } from '../plan/planner.ts';
import { Frame, slotInputs as inputsOf } from '../plan/slots.ts';
import type { Slot } from '../plan/slots.ts';
import { Activation } from '../run/activation.ts';
import { Problem } from '../run/problems.ts';
import { wantedBy } from './own-contract.ts';
import type { Wanted } from './own-contract.ts';
import { secretSlots } from '../plan/secret-slots.ts';
import { cutStart, labelText } from './text.ts';

/** One edge: `from` is the upstream cell, `to` its consumer. */
export interface SurveyEdge {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly kind: 'input' | 'lazy' | 'model' | 'computed';
  /** The model as it is bound: a wrapper is the wrapper. */
  readonly model: Model;
  /** The context that enters the edge. */
  readonly frame: Frame;
}

/** How a cell is reached at best: evaluated in every run, on demand, or by a consumer that hands it a context of its own. */
export type Reach = 'eager' | 'lazy' | 'model';

const PHASES: readonly Reach[] = ['eager', 'lazy', 'model'];
const LONGEST_SCOPE = 60;

/** What is known of a slot. `value` is UNSET where nothing is. */
export interface Known {
  readonly value: unknown;
  readonly problem: Problem | undefined;
  /** Waits for a model that computes a field. */
  readonly isComputed: boolean;
}

export class Survey {
  readonly plan: Plan;
  readonly context: Readonly<Record<string, unknown>>;
  /** The cells in the order of a reader: from the root up, in declaration order; eager ones, then lazy ones, then those handed over. */
  readonly cells: number[] = [];
  /** Per cell. */
  readonly reach = new Map<number, Reach>();
  /** Per cell, the path of its first consumer's input: `visitorDelta.previous`. Built by appending, which costs nothing until it is read. */
  readonly paths = new Map<number, string>();
  /** What the cells that were told of are called, by their paths. */
  readonly labels = new Map<string, string>();
  readonly #act: Activation;
  readonly #edges = new Map<number, readonly SurveyEdge[]>();
  readonly #wanted = new Map<Model, Wanted>();
  /** What handed-over models see: nothing that this graph supplies. */
  readonly #handed: Frame;
  /** The labels of wrappers, and of the contexts that they and those around them make. */
  readonly #wrappers = new Map<Rewrites, string>();
  readonly #scopes = new Map<Frame, string>();
  #secrets: { readonly slots: number; readonly marks: Uint8Array } | undefined = undefined;

  /** Lazy branches and handed-over models join the plan; by default one of its own, which no run has. */
  constructor(model: Model, context: Readonly<Record<string, unknown>>, plan: Plan = planOf(model, () => undefined)) {
    this.plan = plan;
    this.context = context;
    const root = this.plan.frames[this.plan.root]!;
    this.#handed = new Frame(root.parent ?? root, { list: [], kept: new Set() });
    this.#walk(model);
    this.#act = new Activation(this.plan, context, undefined);
  }

  #walk(model: Model): void {
    const name = model.definition.name ?? '<root>';
    const waiting: Readonly<Record<Reach, SurveyEdge[]>> = { eager: [], lazy: [], model: [] };
    this.#note(model);
    this.#open(this.plan.root, 'eager', name, waiting);
    for (const phase of PHASES) {
      // In each phase depth first: `eager` is the stack, the others wait for their phase, in the order of their finding.
      const starts = waiting[phase];
      for (let next = 0; next < starts.length || waiting.eager.length > 0; ) {
        const edge = waiting.eager.pop() ?? starts[next++]!;
        if (!this.reach.has(edge.from)) this.#open(edge.from, phase, `${this.paths.get(edge.to)}.${edge.label}`, waiting);
      }
    }
  }

  #open(cell: number, reach: Reach, path: string, waiting: Readonly<Record<Reach, SurveyEdge[]>>): void {
    this.cells.push(cell);
    this.reach.set(cell, reach);
    this.paths.set(cell, path);
    const edges = this.#find(cell);
    this.#edges.set(cell, edges);
    for (const edge of edges) this.#note(edge.model);
    for (let i = edges.length - 1; i >= 0; i--) if (edges[i]!.kind !== 'lazy' && edges[i]!.kind !== 'model') waiting.eager.push(edges[i]!);
    for (const edge of edges) if (edge.kind === 'lazy' || edge.kind === 'model') waiting[reach === 'model' ? 'model' : edge.kind].push(edge);
  }

  #note(model: Model): void {
    const label = model.rewrites === undefined ? undefined : labelOn(model);
    if (label !== undefined) this.#wrappers.set(model.rewrites!, label.text);
  }

  /** What a cell is called, where its model has a label: `double`, `inner.double` in the context of a wrapper that has one too; `${n} in inner` for a whole one. */
  label(cell: number): Label | undefined {
    const label = labelOn(this.plan.models[cell]!);
    const scope = label === undefined || this.#wrappers.size === 0 ? '' : this.#scopeOf(this.plan.frames[cell]!);
    return label === undefined ? undefined : { ...label, text: labelText(scope, label) };
  }

  /** The path of a cell that is told of; should it have a label, that is noted in `labels`. */
  tell(cell: number): string {
    const path = this.paths.get(cell)!;
    const label = this.label(cell);
    if (label !== undefined) this.labels.set(path, label.text);
    return path;
  }

  #scopeOf(frame: Frame): string {
    const open: Frame[] = [];
    let at: Frame | undefined = frame;
    for (; at !== undefined && !this.#scopes.has(at); at = at.parent) open.push(at);
    let scope = at === undefined ? '' : this.#scopes.get(at)!;
    for (const inner of open.toReversed()) {
      const own = inner.rewrites === undefined ? undefined : this.#wrappers.get(inner.rewrites);
      if (own !== undefined) scope = scope === '' ? own : cutStart(`${scope}.${own}`, LONGEST_SCOPE);
      this.#scopes.set(inner, scope);
    }
    return scope;
  }

  /** The edges upstream of a cell, in declaration order, computed fields last. */
  edges(cell: number): readonly SurveyEdge[] {
    return this.#edges.get(cell)!;
  }

  #find(cell: number): SurveyEdge[] {
    const { plan } = this;
    const { definition, values } = plan.models[cell]!;
    const frame = plan.frames[cell]!;
    const edges: SurveyEdge[] = [];
    const start = plan.offsets[cell]!;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value !== 'object') continue;
      const { role, name } = definition.inputs[i]!;
      const model = asModel(value);
      if (role === 'model') {
        if (model !== undefined) edges.push({ from: plan.extend({ kind: 'lazy', model, frame: this.#handed, cell: -1 }), to: cell, label: name, kind: 'model', model, frame: this.#handed });
        continue;
      }
      if (definition.kind === 'class') continue;
      const op = plan.ops[start + i]!;
      if (op >= 0) edges.push({ from: op, to: cell, label: name, kind: 'input', model: model!, frame });
      else if (isSpecial(op)) {
        const operand = plan.operands[indexOf(op)]!;
        if (operand.kind === 'lazy') edges.push({ from: plan.extend(operand), to: cell, label: name, kind: 'lazy', model: operand.model, frame });
        else if (operand.kind === 'container') operand.container.leaves.forEach((leaf, k) => edges.push({ from: operand.cells[k]!, to: cell, label: leaf.label, kind: 'input', model: leaf.model, frame }));
      }
    }
    definition.contextFields.forEach(({ name }, k) => {
      for (const slot of plan.computedBelow[this.source(cell, k)]!) {
        const computed = plan.slots[slot] as Slot & { kind: 'computed' }; // ids in computedBelow are of this kind
        edges.push({ from: computed.cell, to: cell, label: name, kind: 'computed', model: computed.model, frame: computed.frame });
      }
    });
    return edges;
  }

  /** The slot that a cell's context field is taken from, before it is parsed. */
  source(cell: number, field: number): number {
    const { plan } = this;
    const { definition } = plan.models[cell]!;
    const start = plan.offsets[cell]!;
    if (definition.kind === 'class') return (plan.slots[indexOf(plan.ops[start]!)] as Slot & { kind: 'object' }).sources[field]!; // its first operand
    const op = plan.ops[start + definition.contextFields[field]!.input!.index]!;
    return (plan.slots[indexOf(op)] as Slot & { kind: 'parse' }).source; // contextual inputs are parsed
  }

  /** The slot that feeds a field in a frame. */
  sourceIn(frame: Frame, field: string): number {
    const slot = this.plan.sourceOf(frame, field);
    this.#act.grow();
    return slot;
  }

  known(slot: number): Known {
    if (this.plan.computedBelow[slot]!.length > 0) return { value: UNSET, problem: undefined, isComputed: true };
    const value = this.#act.slot(slot);
    if (value instanceof Problem) return { value: UNSET, problem: value, isComputed: false };
    return { value: value === undefined ? UNSET : value, problem: undefined, isComputed: false };
  }

  /**
   * What keeps a cell's fields from having values: what is missing, and what transforms have against it. Given values are not parsed, except for transforms
   * and where a class model's context is one object. What waits for a computed field is looked at as far as it is known.
   */
  problems(cell: number): readonly Problem['what'][number][] {
    const { plan } = this;
    const found = new Set<Problem['what'][number]>();
    for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
      const op = plan.ops[i]!;
      if (!isSlot(op)) continue;
      const slots = new Set([indexOf(op)]);
      for (const slot of slots) {
        const { problem, isComputed } = this.#unparsed(slot);
        if (problem !== undefined) for (const what of problem.what) found.add(what);
        if (isComputed) for (const input of inputsOf(plan.slots[slot]!)) slots.add(input);
      }
    }
    return [...found];
  }

  /** `known`, without parsing a field: whether it has a value will do. */
  #unparsed(id: number): Known {
    const slot = this.plan.slots[id]!;
    if (slot.kind === 'check') return { value: UNSET, problem: undefined, isComputed: false }; // its fields are looked at one by one
    if (slot.kind !== 'parse') return this.known(id);
    const source = this.known(slot.source);
    const isMissing = source.value === UNSET && source.problem === undefined && !source.isComputed && slot.fallback === UNSET && slot.field.required;
    return isMissing ? { ...source, problem: new Problem({ kind: 'missing', slot: id, field: slot.field.name, type: slot.field.schema.type }) } : source;
  }

  /** Whether what a slot holds is called a secret by whoever reads it, or is made from a secret. */
  isSecret(slot: number): boolean {
    const { slots } = this.plan;
    if (this.#secrets?.slots !== slots.length) this.#secrets = { slots: slots.length, marks: secretSlots(slots) };
    return this.#secrets.marks[slot] === 1;
  }

  /** What a model may read from its caller by itself. */
  wanted(model: Model): Wanted {
    let wanted = this.#wanted.get(model);
    if (wanted === undefined) this.#wanted.set(model, (wanted = wantedBy(model)));
    return wanted;
  }

  definition(cell: number): Definition {
    return this.plan.models[cell]!.definition;
  }
}

