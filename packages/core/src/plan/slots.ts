/**
 * Where contextual values come from. A *frame* is a context as some branch sees it; a *slot* is one value to be had from it: a field, a
 * literal, a transform's result, a parsed input. Which slot feeds which input is decided once, in the plan; a run fills slots with values.
 * Slots are interned: what is fed by the same slots is the same evaluation.
 */
import type { ContextField, Definition } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import type { Rewrites } from '../model/rewrites.ts';
import { UNSET } from '../model/brand.ts';
import type { BoundTransform } from '../model/transform.ts';

/** The runtime context, or a parent frame as one wrapper rewrites it. */
export class Frame {
  readonly parent: Frame | undefined;
  readonly rewrites: Rewrites | undefined;
  // Field → slot, as far as asked for. Most frames are asked for one field, and a map for each would be most of a plan's garbage.
  #field: string | undefined = undefined;
  #slot = -1;
  #others: Map<string, number> | undefined = undefined;

  constructor(parent?: Frame, rewrites?: Rewrites) {
    this.parent = parent;
    this.rewrites = rewrites;
  }

  /** The slot that feeds a field, if it was resolved. */
  source(field: string): number | undefined {
    return this.#field === field ? this.#slot : this.#others?.get(field);
  }

  setSource(field: string, slot: number): void {
    if (this.#field === undefined) {
      this.#field = field;
      this.#slot = slot;
    } else {
      (this.#others ??= new Map()).set(field, slot);
    }
  }
}

export type Slot =
  | { readonly kind: 'runtime'; readonly field: string }
  /** Hidden by a closed context. */
  | { readonly kind: 'absent'; readonly field: string }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'computed'; readonly model: Model; readonly frame: Frame; cell: number }
  /** `inputs`: parse slots, one per contextual field of the transform. */
  | { readonly kind: 'transform'; readonly transform: BoundTransform; readonly inputs: readonly number[] }
  /** A field that patches may write: the first of `patches` (the last applied) that does, or else `otherwise`. */
  | { readonly kind: 'pick'; readonly patches: readonly number[]; readonly field: string; readonly otherwise: number }
  /** A source, or else the instance's default, parsed by one input's schemas. */
  | { readonly kind: 'parse'; readonly source: number; readonly field: ContextField; readonly fallback: unknown; readonly owner: Definition }
  /** The context object of a class-based model; `sources` go with its context fields. */
  | { readonly kind: 'object'; readonly owner: Definition; readonly sources: readonly number[] }
  /** The object-level check of a `contextType`; yields nothing. `sources` are the parse slots' sources, `fallbacks` the defaults. */
  | { readonly kind: 'check'; readonly owner: Definition; readonly sources: readonly number[]; readonly fallbacks: readonly unknown[] };

interface Task {
  readonly frame: Frame;
  readonly field: string;
}

const NONE: readonly number[] = [];

/** The slots of one plan. Ids are topological: a slot depends on lower ids only. */
export class SlotTable {
  readonly slots: Slot[] = [];
  /** Per slot, the `computed` slots below it: it can be filled once their cells are done. */
  readonly computedBelow: (readonly number[])[] = [];
  readonly root = new Frame();
  /** Slots by what they are: the many kinds by number, the rare ones by text. */
  readonly #interned = new Map<string, number>();
  readonly #literals = new Map<unknown, number>();
  readonly #parses = new Map<number, number>();
  readonly #transforms = new Map<number, number>();
  /** Numbers of identities, of pairs of numbers, and of transforms with what is bound to them. */
  readonly #ids = new Map<unknown, number>();
  readonly #pairs = new Map<number, number>();
  readonly #bound = new Map<BoundTransform, number>();
  #nextId = 0;

  /** Interned by `key`. */
  #add(key: string, slot: Slot, inputs: readonly number[]): number {
    let id = this.#interned.get(key);
    if (id === undefined) this.#interned.set(key, (id = this.#push(slot, inputs)));
    return id;
  }

  #push(slot: Slot, inputs: readonly number[]): number {
    const id = this.slots.push(slot) - 1;
    let below = NONE;
    for (const input of inputs) {
      const more = this.computedBelow[input]!;
      if (more.length > 0) below = below.length === 0 ? more : [...new Set([...below, ...more])];
    }
    this.computedBelow.push(slot.kind === 'computed' ? [id] : below);
    return id;
  }

  /** A number for an identity: equal primitives and the same object get the same one. */
  #idOf(value: unknown): number {
    const key = Object.is(value, -0) ? NEGATIVE_ZERO : value;
    let id = this.#ids.get(key);
    if (id === undefined) this.#ids.set(key, (id = this.#nextId++));
    return id;
  }

  /** A number for two numbers. Chained, it stands for a list of known length; no number of an identity is one of a pair. */
  pair(a: number, b: number): number {
    const key = numbersKey(a, b);
    let id = this.#pairs.get(key);
    if (id === undefined) this.#pairs.set(key, (id = this.#nextId++));
    return id;
  }

  #literal(value: unknown): number {
    const key = Object.is(value, -0) ? NEGATIVE_ZERO : value;
    let id = this.#literals.get(key);
    if (id === undefined) this.#literals.set(key, (id = this.#push({ kind: 'literal', value }, NONE)));
    return id;
  }

  /** The parsed value of one contextual input. */
  parse(owner: Definition, field: ContextField, source: number, fallback: unknown): number {
    const what = this.#idOf(field);
    const key = numbersKey(source, fallback === UNSET ? what : this.pair(what, this.#idOf(fallback)));
    let id = this.#parses.get(key);
    if (id === undefined) this.#parses.set(key, (id = this.#push({ kind: 'parse', source, field, fallback, owner }, [source])));
    return id;
  }

  object(owner: Definition, sources: readonly number[]): number {
    return this.#add(`o${this.#idOf(owner)},${sources.join()}`, { kind: 'object', owner, sources }, sources);
  }

  check(owner: Definition, sources: readonly number[], fallbacks: readonly unknown[]): number {
    const key = `c${this.#idOf(owner)},${sources.join()},${fallbacks.map((fallback) => this.#idOf(fallback)).join()}`;
    return this.#add(key, { kind: 'check', owner, sources, fallbacks }, sources);
  }

  /** The slot that feeds a field behind a wrapper, if that takes no search: one literal or field transform, or nothing that writes it. Otherwise -1. */
  rewritten(outer: Frame, { list, kept }: Rewrites, field: string): number {
    if (list.length !== 1) return -1;
    const rewrite = list[0]!;
    if (rewrite.kind === 'patch') return -1;
    if (rewrite.field !== field) return kept === undefined ? (outer.source(field) ?? -1) : -1;
    if (rewrite.kind === 'literal') return this.#literal(rewrite.value);
    return rewrite.kind === 'field' ? (this.#transform(outer, rewrite.transform, undefined) ?? -1) : -1;
  }

  /** The slot that feeds a field in a frame. Iterative: wrappers may be nested as deep as graphs are. */
  resolve(frame: Frame, field: string): number {
    const known = frame.source(field);
    if (known !== undefined) return known;
    const tasks: Task[] = [];
    if (!this.#attempt(frame, field, tasks)) tasks.unshift({ frame, field });
    while (tasks.length > 0) {
      const task = tasks[tasks.length - 1]!;
      if (task.frame.source(task.field) !== undefined || this.#attempt(task.frame, task.field, tasks)) tasks.pop();
    }
    return frame.source(field)!;
  }

  /** Resolves a field, or pushes what has to be resolved before. */
  #attempt(frame: Frame, field: string, tasks: Task[]): boolean {
    let at = frame;
    let slot = at.source(field);
    while (slot === undefined) {
      if (at.parent === undefined) slot = this.#add(`r${field}`, { kind: 'runtime', field }, NONE);
      else if (writes(at.rewrites!, field)) {
        slot = this.#rewritten(at, field, tasks);
        if (slot === undefined) return false;
      } else if (at.rewrites!.kept?.has(field) === false) slot = this.#add(`a${field}`, { kind: 'absent', field }, NONE);
      else {
        at = at.parent;
        slot = at.source(field);
      }
    }
    // All frames that the search passed know it from now on.
    for (let passed: Frame | undefined = frame; passed !== undefined && passed.source(field) === undefined; passed = passed === at ? undefined : passed.parent) passed.setSource(field, slot);
    return true;
  }

  #rewritten(frame: Frame, field: string, tasks: Task[]): number | undefined {
    const { list, kept } = frame.rewrites!;
    const parent = frame.parent!;
    const patches: number[] = [];
    for (let i = list.length - 1; i >= 0; i--) {
      const rewrite = list[i]!;
      if (rewrite.kind === 'patch') {
        if (!rewrite.fields.includes(field)) continue;
        const slot = this.#transform(parent, rewrite.transform, tasks);
        if (slot === undefined) return undefined;
        patches.push(slot);
      } else if (rewrite.field === field) {
        const slot = rewrite.kind === 'field' ? this.#transform(parent, rewrite.transform, tasks)
          : rewrite.kind === 'literal' ? this.#literal(rewrite.value)
          : this.#computed(parent, rewrite.model);
        return slot === undefined ? undefined : this.#pick(patches, field, slot);
      }
    }
    if (kept?.has(field) === false) return this.#pick(patches, field, this.#add(`a${field}`, { kind: 'absent', field }, NONE));
    const otherwise = parent.source(field);
    if (otherwise === undefined) {
      tasks.push({ frame: parent, field });
      return undefined;
    }
    return this.#pick(patches, field, otherwise);
  }

  #pick(patches: readonly number[], field: string, otherwise: number): number {
    if (patches.length === 0) return otherwise;
    return this.#add(`k${patches.join()}|${field}|${otherwise}`, { kind: 'pick', patches, field, otherwise }, [...patches, otherwise]);
  }

  #computed(frame: Frame, model: Model): number {
    return this.#add(`m${this.#idOf(model)},${this.#idOf(frame)}`, { kind: 'computed', model, frame, cell: -1 }, NONE);
  }

  #transform(frame: Frame, transform: BoundTransform, tasks: Task[] | undefined): number | undefined {
    const { definition } = transform;
    const inputs: number[] = [];
    let ready = true;
    for (const field of definition.contextFields) {
      const source = frame.source(field.name);
      if (source === undefined) {
        tasks?.push({ frame, field: field.name });
        ready = false;
      } else if (ready) {
        inputs.push(this.parse(definition, field, source, UNSET));
      }
    }
    if (!ready) return undefined;
    let key = this.#boundId(transform);
    for (const input of inputs) key = this.pair(key, input);
    let id = this.#transforms.get(key);
    if (id === undefined) this.#transforms.set(key, (id = this.#push({ kind: 'transform', transform, inputs }, inputs)));
    return id;
  }

  /** A number for a transform's definition and what is bound to it. */
  #boundId(transform: BoundTransform): number {
    let id = this.#bound.get(transform);
    if (id === undefined) {
      id = this.#idOf(transform.definition);
      for (const value of transform.values) id = this.pair(id, this.#idOf(value));
      this.#bound.set(transform, id);
    }
    return id;
  }
}

/** Slots and numbers stay far below 2^26. */
const numbersKey = (a: number, b: number): number => a * 0x400_0000 + b;

const NEGATIVE_ZERO = Symbol('-0');

const writes = (rewrites: Rewrites, field: string): boolean =>
  rewrites.list.some((rewrite) => (rewrite.kind === 'patch' ? rewrite.fields.includes(field) : rewrite.field === field));

/** The slots that a slot is made from. */
export function slotInputs(slot: Slot): readonly number[] {
  switch (slot.kind) {
    case 'transform':
      return slot.inputs;
    case 'pick':
      return [...slot.patches, slot.otherwise];
    case 'parse':
      return [slot.source];
    case 'object':
    case 'check':
      return slot.sources;
    default:
      return NONE;
  }
}
