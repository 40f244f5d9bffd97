/** Graph documents: models as plain JSON data that a person can read. */
import type { Json } from './json.ts';

/**
 * A graph as data. A model that several others are bound to is one node. Inputs hold literals as they were given, in the codec's form, and
 * `{ "$node": id }` where a model stands; readers also take `{ "$ref": path }`, a model of their `ModelRegistry`.
 */
export interface FlowDocument {
  /** The version of the format. */
  readonly flowmodel: 1;
  /** The id of the model that the document is about. */
  readonly root: string;
  readonly nodes: Readonly<Record<string, DocumentNode>>;
}

export type DocumentNode = DocumentModel | DocumentWrapper;

/** A definition by its name, with its bindings. */
export interface DocumentModel {
  readonly model: string;
  readonly inputs: Readonly<Record<string, Json>>;
}

/** A wrapper: another node with its context rewritten. */
export interface DocumentWrapper {
  /** An id; readers also take `{ "$ref": path }`. */
  readonly wraps: string | { readonly $ref: string };
  /** In the order of application. */
  readonly context: readonly DocumentRewrite[];
}

export type DocumentRewrite =
  /** A closed context, and the fields that it keeps. */
  | { readonly closed: readonly string[] }
  /** A patch transform by its name. */
  | { readonly transform: string; readonly inputs: Readonly<Record<string, Json>> }
  /** A field transform by its name. */
  | { readonly field: string; readonly transform: string; readonly inputs: Readonly<Record<string, Json>> }
  /** A field that reads another: `fromField`. */
  | { readonly field: string; readonly fromField: string; readonly type: string }
  /** A literal as it was given. */
  | { readonly field: string; readonly value: Json }
  /** The result of a model: `{ "$node": id }` or `{ "$ref": path }`. */
  | { readonly field: string; readonly computed: Json };
