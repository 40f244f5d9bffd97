/** What the compiler knows of a document while it works on it. */
import type { CallableModel, Definition } from '@flowmodel/core';
import type { Path } from '../document/data.ts';
import type { BatchDeclaration, InputDeclaration, NodeDeclaration } from '../document/schema.ts';
import type { WorkflowIssue } from '../errors.ts';
import type { Expression } from '../template/expression.ts';
import type { Reference } from '../template/parse.ts';
import type { Kind } from './kinds.ts';
import type { WorkflowPlace } from './places.ts';

/** A model that yields a value, and the inputs of the document that its branch reads from the context around it. */
export interface Wire<Value = unknown> {
  readonly model: CallableModel<Value>;
  readonly needs: ReadonlySet<string>;
  /** Whether the model has a context of its own already. Another around it would be chained, not nested: it needs a model in between. */
  readonly isWrapper?: boolean;
}

/** A document that compiled. Children are kept like this: the node that holds one wraps it in a context of its own. */
export interface CompiledDocument {
  /** Without a context of its own. */
  readonly model: CallableModel;
  readonly inputs: Readonly<Record<string, InputDeclaration>>;
  /** The inputs that something reads. */
  readonly needs: ReadonlySet<string>;
  /** Whether some node reads an optional field of the context that is no input of the document. */
  readonly readsMore: boolean;
  readonly outputs: Readonly<Record<string, { readonly kind: Kind; readonly isOptional: boolean; readonly wire: Wire }>>;
  /** Whether the outputs by themselves are all that the document does. */
  readonly isSumOfOutputs: boolean;
  readonly warnings: readonly WorkflowIssue[];
  /** What a cached copy depends on. */
  readonly basis: Basis;
}

export interface Basis {
  /** Real path and content hash of every file below. */
  readonly files: ReadonlyMap<string, string>;
  readonly definitions: ReadonlyMap<string, Definition>;
  /** The depth of the document from which on a nested node in it or below would stand too deep. */
  readonly tooDeepAt: number;
  /** False when a failure was routed: it may be another one next time. */
  readonly isFinal: boolean;
}

/** The child of a nested node, or why there is none where the failure is routed. */
export type Child =
  | { readonly compiled: CompiledDocument }
  | { readonly failure: { readonly message: string; readonly issues: readonly WorkflowIssue[] } };

/** Part of `output_mapping`: a path in the child's outputs, and where under its root name the value goes. */
export interface Mapping {
  readonly source: Reference;
  readonly target: readonly string[];
  readonly at: Path;
}

/** A node on its way through the compiler. */
export interface Work {
  readonly node: NodeDeclaration;
  readonly at: Path;
  /** Where it stands in its file. */
  readonly place: WorkflowPlace;
  /** Where its values stand: the params of a model, the `param_mapping` of a nested workflow. */
  readonly valuesAt: Path;
  readonly values: ReadonlyMap<string, Expression>;
  /** Undefined for a nested workflow, for an instance, and for a type that nobody registered. */
  readonly definition: Definition | undefined;
  /** The registered model that `type` is the path of. */
  readonly instance: CallableModel | undefined;
  /** Undefined for a model, and for a child with issues. */
  readonly child: Child | undefined;
  readonly mappings: ReadonlyMap<string, readonly Mapping[]> | undefined;
  /** Inputs of the child that the storage mode supplies. */
  readonly implied: Map<string, Reference>;
  readonly errorAction: string | undefined;
  /** A node for every item of a list; its values are checked and wired as a document of their own. */
  readonly batch: BatchWork | undefined;
  /** The nodes that its templates refer to. */
  readonly uses: Set<Work>;
  /** What its value is when it succeeds. */
  kind: Kind;
  /** Whether it may fail or be skipped, so that its outcome is looked into instead of its value. */
  isOutcome: boolean;
  /** The edges of the document that decide whether it runs. */
  gates: readonly GateEdge[] | undefined;
}

export interface BatchWork {
  readonly declaration: BatchDeclaration;
  readonly items: Expression;
  /** The node by itself, with the item and what it refers to as inputs. Undefined while it is not compiled, and when it has problems. */
  body: CompiledDocument | undefined;
}

export interface GateEdge {
  readonly from: Work;
  readonly action: string;
  readonly others: readonly string[];
}

/** Every expression of a node. */
export const expressionsOf = ({ values, batch }: Work): Expression[] => [...(batch === undefined ? [] : [batch.items]), ...values.values()];

/** What a root name stands for. */
export type RootName =
  | { readonly kind: 'input'; readonly name: string; readonly declaration: InputDeclaration }
  | { readonly kind: 'node'; readonly work: Work }
  | { readonly kind: 'mapped'; readonly work: Work; readonly mappings: readonly Mapping[] };
