/** Models: plain immutable data. A definition and its bindings, or a wrapper around one that rewrites its context. */
import { SECRET_TEXT, show } from '../errors.ts';
import type { FlowInspection } from '../inspect/types.ts';
import { asContainer, asModel, inspectHook, modelBrand, UNSET } from './brand.ts';
import { bind } from './bind.ts';
import type { Bound } from './bind.ts';
import { labelOf, showFor } from './definition.ts';
import { drafted } from './draft.ts';
import type { Definition } from './definition.ts';
import type { Label } from './label.ts';
import type { Rewrite, Rewrites } from './rewrites.ts';
import type { FlowDocument } from '../serialize/document.ts';

/** Worked out from a model, or said of it, and kept with it: a weak map would keep short-lived graphs alive until a full garbage collection. */
interface Derived {
  inputs?: Readonly<Record<string, unknown>>;
  /** Its plan, as `plan/planner.ts` makes it without overrides. */
  plan?: unknown;
  /** What it is called where it is shown. */
  label?: Label;
}

export class Model {
  readonly definition: Definition;
  /** Per declared input: a model, a `Container`, a parsed literal or default, or UNSET. */
  readonly values: readonly unknown[];
  /** The literals as given, for documents and `rebind`; the same array where parsing changed nothing. */
  readonly given: readonly unknown[];
  /** The model that a wrapper wraps; a model that wraps nothing is its own base. */
  readonly base: Model;
  readonly rewrites: Rewrites | undefined;
  /** The planner's notes while it makes a plan: which planning, and the model's cell in it. */
  mark: number;
  markedCell: number;
  /** What the branch reads from its context; worked out by `context/contract.ts` when first asked for. */
  reads: unknown;
  /** What few models are asked for: made then. */
  derived: Derived | undefined;

  constructor(definition: Definition, bound: Bound, base?: Model, rewrites?: Rewrites) {
    this.definition = definition;
    this.values = bound.values;
    this.given = bound.given;
    this.base = base ?? this;
    this.rewrites = rewrites;
    this.mark = 0;
    this.markedCell = 0;
    this.reads = undefined;
    this.derived = undefined;
  }

  get [modelBrand](): true {
    return true;
  }

  get inputs(): Readonly<Record<string, unknown>> {
    this.derived ??= {};
    if (this.derived.inputs === undefined) {
      const record: Record<string, unknown> = {};
      for (const { name, index } of this.definition.inputs) {
        const value = this.values[index];
        if (value !== UNSET) record[name] = asContainer(value)?.data ?? value;
      }
      this.derived.inputs = Object.freeze(record);
    }
    return this.derived.inputs;
  }

  get flow(): FlowAccessor {
    return new FlowAccessor(this);
  }

  /** A new model with some inputs rebound. Throws BIND. */
  rebind(changes: Readonly<Record<string, unknown>> | ((draft: Record<string, unknown>) => void)): Model {
    const now: Record<string, unknown> = {};
    for (const { name, index } of this.definition.inputs) {
      const value = this.given[index];
      if (value !== UNSET) now[name] = asContainer(value)?.data ?? value;
    }
    const next: object = typeof changes === 'function' ? drafted(now, changes) : { ...now, ...changes };
    return this.rewrites === undefined ? this.remake(next) : wrap(this.base.remake(next), this.rewrites);
  }

  /** The graph as a document. Throws SERIALIZE. */
  toJSON(options?: unknown): FlowDocument {
    return this.definition.engine.toJSON(this, options);
  }

  /** The same definition with other bindings; class-based models construct themselves anew. */
  protected remake(bindings: object): Model {
    return new Model(this.definition, bind(this.definition, bindings));
  }

  /** How the model stands inside a printed one: `countVisitors(…)`. */
  brief(): string {
    const args = this.given.some((value) => value !== UNSET) ? '…' : '';
    return `${labelOf(this.definition)}(${args})${this.rewrites === undefined ? '' : '.withContext(…)'}`;
  }

  /** One line: `visitorDelta({ current: countVisitors(…), previous: countVisitors(…).withContext(…) })`. */
  toString(): string {
    const args = this.definition.inputs.filter(({ index }) => this.given[index] !== UNSET).map(({ name, index, schema }) => `${name}: ${briefValue(this.given[index], (value) => showFor(schema, value))}`);
    const call = `${labelOf(this.definition)}(${args.length === 0 ? '' : `{ ${args.join(', ')} }`})`;
    return this.rewrites === undefined ? call : `${call}.flow.withContext(${rewritesText(this.rewrites)})`;
  }

  [inspectHook](): string {
    return this.toString();
  }
}

/** A wrapper around a base model. */
export const wrap = (base: Model, rewrites: Rewrites): Model => new Model(base.definition, base, base, rewrites);

function briefValue(value: unknown, show: (value: unknown) => string): string {
  const container = asContainer(value);
  if (container === undefined) return asModel(value)?.brief() ?? show(value);
  return `${Array.isArray(container.data) ? '[…]' : '{…}'} with ${container.leaves.length} model${container.leaves.length === 1 ? '' : 's'}`;
}

function rewritesText(rewrites: Rewrites): string {
  const positional = rewrites.kept === undefined ? [] : [`closedContext(${[...rewrites.kept].map((field) => `'${field}'`).join(', ')})`];
  const named: string[] = [];
  for (const rewrite of rewrites.list) {
    if (rewrite.kind === 'patch') positional.push(rewrite.transform.toString());
    else named.push(`${rewrite.field}: ${rewriteText(rewrite)}`);
  }
  return [...positional, ...(named.length === 0 ? [] : [`{ ${named.join(', ')} }`])].join(', ');
}

function rewriteText(rewrite: Exclude<Rewrite, { kind: 'patch' }>): string {
  if (rewrite.kind === 'field') return rewrite.transform.toString();
  if (rewrite.kind === 'computed') return `computed(${rewrite.model.brief()})`;
  return rewrite.isSecret ? SECRET_TEXT : briefValue(rewrite.value, show);
}

/** What can be done with a model; everything is the engine's work. */
export class FlowAccessor {
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  compute(context?: unknown, options?: unknown): Promise<unknown> {
    return this.#model.definition.engine.compute(this.#model, context, options);
  }

  computeSync(context?: unknown, options?: unknown): unknown {
    return this.#model.definition.engine.computeSync(this.#model, context, options);
  }

  withContext(...rewrites: unknown[]): Model {
    return this.#model.definition.engine.withContext(this.#model, rewrites);
  }

  inspect(context?: unknown, options?: unknown): FlowInspection {
    return this.#model.definition.engine.inspect(this.#model, context, options);
  }
}
