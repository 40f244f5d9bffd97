/** What inspections and pictures are made of; types only. */
import type * as core from 'zod/v4/core';
import type { CallableModel, Role } from '../types.ts';

/* ---------- inspections ---------- */

/** Where an input's value comes from; of one without a value, where it would come from. */
export type InputSource = 'construction' | 'function-default' | 'runtime' | 'with-context' | 'context-transform' | 'unset';

/** One input of the inspected model. */
export interface InspectedInput {
  /** `regular`, or what its marker says; the fields of a class model's context are `context`. */
  readonly kind: 'regular' | Role;
  /** The schema's type in TypeScript's words: `number`, `Date`, `string[]`. */
  readonly type: string;
  /** The schema itself, undefined for resources. Not enumerable, since schemas print long and may hold secret defaults. */
  readonly schema: core.$ZodType | undefined;
  /** Whether it still lacks a value that somebody has to give. */
  readonly required: boolean;
  /** The schema's default, or UNSET. */
  readonly default: unknown;
  /** The value as given or bound, models included, or UNSET. A secret is the text `[secret]`. */
  readonly value: unknown;
  readonly source: InputSource;
  /** What rewrites the field: `previousWindow({ days: 30 })`, `computed(rates())`. */
  readonly from?: string;
  /** Why a transform gives no value although it has its inputs: what it threw, or what it does not accept. */
  readonly problem?: string;
}

/** A transform somewhere in a graph that gives no value although it has its inputs. */
export interface InspectedProblem {
  /** The first model that reads the field. */
  readonly path: string;
  readonly field: string;
  readonly text: string;
}

/** A field or input that a graph still needs. */
export interface Requirement {
  readonly type: string;
  /** The paths of the models that need it, nearest to the root first: `visitorDelta.previous`. */
  readonly neededBy: readonly string[];
  /** A closed context hides the field from callers: it has to be rewritten, or kept by `closedContext`. */
  readonly hidden?: true;
}

/** One model that a graph evaluates before another. */
export interface InspectedDependency {
  /** The input that it is bound to: `current`, `values[0]`, dotted where recursive: `current.rates`. A computed field has the field's name. */
  readonly path: string;
  /** The very object that is bound; a wrapper is the wrapper. */
  readonly model: CallableModel;
  /** What it reads of the context that enters it, as far as that is known; null where nothing is, and for `ModelInput`s. */
  readonly context: Readonly<Record<string, unknown>> | null;
  /** Evaluated on demand only: behind a `Lazy` edge, or handed over as `ModelInput`. */
  readonly lazy: boolean;
}

export interface InspectOptions {
  /** The models that are directly upstream (the default), all of them, or none. A shared model is opened where it is met first. */
  readonly dependencies?: 'direct' | 'recursive' | 'none' | undefined;
}

/** What `flow.inspect` says of a model. Frozen; `String(inspection)` and `console.log` print a report. */
export interface FlowInspection {
  readonly model: CallableModel;
  /** The model's own inputs by name, regular ones first. */
  readonly inputs: Readonly<Record<string, InspectedInput>>;
  /** The context fields that the model declares, with their types. Does not change by wrapping. */
  readonly contextInputs: Readonly<Record<string, string>>;
  /** The fields that it may read from its caller: declared ones that no rewrite supplies, and what the rewrites read. */
  readonly runtimeInputs: Readonly<Record<string, string>>;
  /** Those of `runtimeInputs` that have no default and are not given. */
  readonly requiredInputs: Readonly<Record<string, string>>;
  /** What was bound, and what the wrapper is known to write. */
  readonly boundInputs: Readonly<Record<string, unknown>>;
  readonly dependencies: readonly InspectedDependency[];
  /** What the whole graph still needs of the context, and what only lazy branches need. */
  readonly graph: {
    readonly requiredInputs: Readonly<Record<string, Requirement>>;
    readonly lazyInputs: Readonly<Record<string, Requirement>>;
  };
  /** The regular inputs without a value, anywhere in the graph, lazy branches included. */
  readonly unboundInputs: Readonly<Record<string, Requirement>>;
  /** The resources that the graph asks for, anywhere. */
  readonly resources: Readonly<Record<string, Requirement>>;
  /** The transforms that throw in this context, anywhere in the graph, or do not accept what they read. */
  readonly problems: readonly InspectedProblem[];
  toString(): string;
  /** For `JSON.stringify`: models and other values that JSON does not have are short texts, what is unset is left out. */
  toJSON(): object;
}

/* ---------- graphs ---------- */

/**
 * A graph as plain JSON: the one format of `toMermaid`, `toDot`, inspectors and other tools. Edges point the way that values (or, in a
 * workflow, control) flow: from what comes first to what comes after. Optional keys are absent where they say nothing.
 */
export interface FlowGraph {
  /** The version of this format. */
  readonly flowGraph: 1;
  /** The id of the node that is computed. */
  readonly root: string;
  /** What the root itself, being a wrapper, does to the context. */
  readonly rewrites?: readonly FlowGraphRewrite[];
  /** From the root upstream, in declaration order; each evaluation once. */
  readonly nodes: readonly FlowGraphNode[];
  readonly edges: readonly FlowGraphEdge[];
}

export interface FlowGraphNode {
  /** `n0` is the root. The same graph gives the same ids, in every process and whatever the context. */
  readonly id: string;
  /** The definition's name; `<unnamed>` without one. */
  readonly name: string;
  /** What the package that made the model calls it: shown before `name`; a `whole` one instead of the name and the inputs. */
  readonly label?: { readonly text: string; readonly whole?: true };
  /** What it is: a model of a function or a class; other packages add theirs. */
  readonly kind: string;
  readonly description?: string;
  /** The type that its `output` schema states. */
  readonly type?: string;
  /** Regular inputs that are no edges: bound literals, defaults, and what has no value. */
  readonly inputs: readonly FlowGraphInput[];
  /** What it reads from the context. */
  readonly fields: readonly FlowGraphInput[];
  /** Evaluated anew for each consumer. */
  readonly volatile?: true;
  /** Reached by lazy edges only. */
  readonly lazy?: true;
  /** Handed over as a `ModelInput`, or upstream of one that is: its consumer gives it its context. */
  readonly unevaluated?: true;
  /** What became, or would become, of it: `explain` and inspectors fill this in. */
  readonly status?: FlowGraphStatus;
  /** The cache key. */
  readonly key?: string;
  /** Why it has this status: what it lacks, which input changed, what it threw. */
  readonly reason?: string;
}

/** `run`: it would be evaluated. `missing`: it lacks something; `waiting`: something upstream of it does, or is not done yet. `pruned`: it would not, since what needs it is cached. `lazy`: only when asked for. */
export type FlowGraphStatus = 'missing' | 'waiting' | 'running' | 'run' | 'cached' | 'pruned' | 'lazy' | 'computed' | 'failed' | 'cancelled';

export interface FlowGraphInput {
  readonly name: string;
  readonly type: string;
  /** Whether it still lacks a value. */
  readonly required: boolean;
  readonly source: InputSource;
  /** The value as short text; absent without one. */
  readonly text?: string;
  /** What rewrites the field: `previousWindow({ days: 30 })`. */
  readonly from?: string;
  /** Why a transform gives no value. */
  readonly problem?: string;
}

export interface FlowGraphEdge {
  readonly id: string;
  /** The node upstream. */
  readonly from: string;
  /** Its consumer. */
  readonly to: string;
  /** The consumer's input, `values[0]` for elements; of a computed field, the field. */
  readonly input: string;
  /** `input` for values; `lazy` on demand; `model` for a model handed over unevaluated; `computed` for a context field; `action` in a workflow. */
  readonly kind: 'input' | 'lazy' | 'model' | 'computed' | 'action';
  /** Whether the consumer may never ask for it: `lazy` and `model` edges. */
  readonly lazy: boolean;
  /** What the wrapper on this edge does to the context of everything upstream. */
  readonly rewrites?: readonly FlowGraphRewrite[];
  /** The action that takes this edge, in a workflow. */
  readonly action?: string;
}

/** One rewrite of a wrapper, in the order of application. */
export interface FlowGraphRewrite {
  readonly kind: 'patch' | 'field' | 'literal' | 'computed' | 'closed';
  /** The fields that it may write; for a closed context those that it keeps. */
  readonly fields: readonly string[];
  /** `previousWindow({ days: 30 })`, `7`, `computed(rates())`. */
  readonly text: string;
}

/** What would become of one node. */
export interface ExplainedNode {
  /** As in `graph`. */
  readonly id: string;
  /** The path of its first consumer's input: `visitorDelta.previous`. */
  readonly path: string;
  readonly model: string;
  readonly status: FlowGraphStatus;
  /** The cache key, where it has one. */
  readonly key?: string;
  /** What it lacks, what changed since the last run, why it is not cached. */
  readonly reason?: string;
}

/** What `compute` would do; prints as a table. */
export interface Explanation {
  /** From the root up, in declaration order. */
  readonly nodes: readonly ExplainedNode[];
  /** The same as a graph, for `toMermaid` and `toDot`. */
  readonly graph: FlowGraph;
  /** How many nodes have a status. */
  count(status: FlowGraphStatus): number;
  toString(): string;
}
