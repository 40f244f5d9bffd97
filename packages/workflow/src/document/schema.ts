/** The document format, as zod schemas; the published JSON Schema is generated from them. */
import { z } from 'zod';

/** What a message says that a value is, where the kind alone does not help. */
const form = (text: string): { error: (issue: { readonly code?: string }) => string | undefined } => ({ error: ({ code }) => (code === 'invalid_type' ? `expected ${text}` : undefined) });

/** Names of inputs, nodes and root values: a letter or underscore, then letters, digits, underscores and hyphens. */
export const NAME = /^[A-Za-z_][\w-]*$/;
const Name = z.string(form('a name')).regex(NAME, 'expected a name: a letter or underscore, then letters, digits, underscores and hyphens');

/** Names that no template may look up and no document may use: they mean something else to JavaScript objects. */
export const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export const INPUT_TYPES = ['any', 'string', 'number', 'boolean', 'object', 'array'] as const;

const Input = z.strictObject({
  type: z.enum(INPUT_TYPES).default('any').describe('What the value must be.'),
  default: z.unknown().optional().describe('Used when the context gives no value. An input without one is required.'),
  secret: z.boolean().optional().describe('The value never prints.'),
  description: z.string().optional(),
}, form('a record, as { type: string }'));

/** Milliseconds. */
const Milliseconds = z.number(form('a number of milliseconds')).nonnegative();

const Retry = z.strictObject({
  attempts: z.number().int().min(1).describe('How often the node runs at most, the first time included.'),
  delay: Milliseconds.optional().describe('Milliseconds before the second attempt.'),
  backoff: z.number().min(1).optional().describe('Each further delay is this many times the last.'),
  max_delay: Milliseconds.optional().describe('No delay is longer than this many milliseconds.'),
}, form('a record, as { attempts: 3 }'));

/** A node for every item of a list. */
const Batch = z.strictObject({
  items: z.union([z.string(), z.array(z.unknown())], { error: 'expected a template or a list' }).describe('A template that yields a list, or a list with templates.'),
  as: Name.default('item').describe('What the params of the node call the item of its turn; __index__ is its number, from 0 on.'),
  error_handling: z.enum(['fail_fast', 'continue']).default('fail_fast').describe('Whether the first failure is that of the node, or is noted in its value.'),
  parallel: z.boolean().default(false).describe('Whether items are worked on at once.'),
  max_concurrent: z.number().int().min(1).max(100).default(10).describe('How many, when parallel.'),
  max_retries: z.number().int().min(1).max(10).default(1).describe('How often an item is tried at most, the first time included.'),
  retry_wait: z.number().nonnegative().default(0).describe('Seconds between two attempts.'),
}, form("a record, as { items: '${list}' }"));
export type BatchDeclaration = z.output<typeof Batch>;

const common = {
  id: Name.describe('Unique in the document; templates call the value by it.'),
  error_action: z.string().min(1).optional().describe('A failure of the node is routed along the edges with this action.'),
  retry: Retry.optional(),
  timeout: Milliseconds.optional().describe('Milliseconds that an attempt may take.'),
  batch: Batch.optional(),
  description: z.string().optional(),
};

const Values = z.record(z.string(), z.unknown());

/** Both spellings name a nested workflow. */
export const NESTED_TYPES = ['workflow', 'pflow.nodes.workflow'] as const;

/** Not the types of nested workflows: their params are known. */
const MODEL_NAME = /^(?!(workflow|pflow\.nodes\.workflow)$)[^]/;

const NestedParams = z.strictObject({
  workflow_ref: z.string().optional().describe('The file of the child, relative to the file of this document.'),
  workflow_ir: Values.optional().describe('The child itself.'),
  param_mapping: Values.optional().describe('Input of the child → a value, usually with templates.'),
  output_mapping: z.record(z.string(), z.string()).optional().describe('Path in the outputs of the child → root name of this document.'),
  storage_mode: z.enum(['isolated', 'mapped', 'scoped', 'shared']).default('isolated').describe('What the child sees besides its mapped params.'),
  scope_prefix: z.string().min(1).default('child_').describe('scoped: the child sees the root names that begin so.'),
  stripPrefix: z.boolean().default(true).describe('scoped: the child sees them without the prefix.'),
  max_depth: z.number().int().nonnegative().default(10).describe('How deep this node may stand; 0 is the outermost document.'),
  error_action: z.string().optional().describe('A failure of the child is routed along the edges with this action.'),
}, form('a record with the child, as { workflow_ref: child.yaml }'));

const NODE_FORM = form('a record, as { id: load, type: readText }');

export const NestedNode = z.strictObject({ ...common, type: z.enum(NESTED_TYPES), params: NestedParams }, NODE_FORM);
export const ModelNode = z.strictObject(
  {
    ...common,
    type: z.string(form("the name of a flow model, or 'workflow'")).regex(MODEL_NAME).describe('The name of a flow model, or the path of a registered instance.'),
    params: Values.default({}).describe('Its inputs by name.'),
  },
  NODE_FORM,
);

const Edge = z.strictObject({
  from: z.string(form('the id of a node')),
  to: z.string(form('the id of a node')),
  action: z.string().min(1).optional().describe("Followed when the action of 'from' is this one; 'default' is the same as none."),
}, form('a record, as { from: load, to: report }'));

const Source = z.union([z.string(), z.strictObject({ $value: z.unknown(), default: z.unknown() })], { error: 'expected a template, or { $value, default }' });
const Output = z.strictObject({ source: Source.describe("A template, as '${node.path}'."), description: z.string().optional() }, form("a record, as { source: '${node}' }"));

const outer = {
  $schema: z.string().optional(),
  name: z.string().min(1).optional(),
  description: z.string().optional(),
  inputs: z.record(Name, Input, form('a record, as { days: { type: number } }')).default({}),
  edges: z.array(Edge, form('a list, as [{ from: load, to: report }]')).default([]),
  outputs: z.record(Name, Output, form("a record, as { result: { source: '${node}' } }")).default({}),
};

const WORKFLOW_FORM = form('a record, whose key nodes is the list of nodes');

/** The whole format, for the JSON Schema. */
export const Workflow = z.strictObject({ ...outer, nodes: z.array(z.union([NestedNode, ModelNode])).min(1) }, WORKFLOW_FORM);
/** The same but for the nodes, which are read one by one: a union's messages would not say what is wrong. */
export const Outer = z.strictObject({ ...outer, nodes: z.array(z.unknown(), form('a list, as [{ id: load, type: readText }]')).min(1, 'a workflow has at least one node') }, WORKFLOW_FORM);

export type InputDeclaration = z.output<typeof Input>;
export type EdgeDeclaration = z.output<typeof Edge>;
export type OutputDeclaration = z.output<typeof Output>;
export type NestedNodeDeclaration = z.output<typeof NestedNode>;
export type ModelNodeDeclaration = z.output<typeof ModelNode>;
export type NodeDeclaration = NestedNodeDeclaration | ModelNodeDeclaration;

/** A document that has the right form, defaults filled in. Whether its names exist and its values fit is for `compileWorkflow` to say. */
export interface WorkflowDocument {
  readonly $schema?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly inputs: Readonly<Record<string, InputDeclaration>>;
  readonly nodes: readonly NodeDeclaration[];
  readonly edges: readonly EdgeDeclaration[];
  readonly outputs: Readonly<Record<string, OutputDeclaration>>;
}

export const isNested = (node: NodeDeclaration): node is NestedNodeDeclaration => (NESTED_TYPES as readonly string[]).includes(node.type);

/**
 * The format as a JSON Schema (draft 2020-12), for editors and other languages. The same schema is the package's file `workflow.schema.json`.
 *
 * @example
 * ```ts
 * console.log(Object.keys(workflowJsonSchema().properties ?? {}).includes('nodes')); // true
 * ```
 */
export function workflowJsonSchema(): z.core.JSONSchema.JSONSchema {
  return { title: 'flowmodel workflow', ...z.toJSONSchema(Workflow, { io: 'input' }) };
}
