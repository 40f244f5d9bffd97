/**
 * A node for every item of a list. The node by itself becomes a document of its own, whose inputs are the item and what its params refer to;
 * a batch of `@flowmodel/batch` computes it once per item, in the run that the batch is part of.
 */
import { batchModel } from '@flowmodel/batch';
import { Dependency } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { z } from 'zod';
import type { Path } from '../document/data.ts';
import type { BatchDeclaration, InputDeclaration, NodeDeclaration, WorkflowDocument } from '../document/schema.ts';
import { isNested } from '../document/schema.ts';
import { WorkflowError } from '../errors.ts';
import { referencesIn } from '../template/expression.ts';
import { batchResults } from './batch-results.ts';
import { listOf, recordOf } from './kinds.ts';
import { called } from './labels.ts';
import { pass } from './parts.ts';
import { rewritten, setBody } from './places.ts';
import type { Scope } from './scope.ts';
import { unionOf } from './wiring.ts';
import type { Wiring } from './wiring.ts';
import type { BatchWork, CompiledDocument, Wire, Work } from './work.ts';

/** The number of the item, from 0 on. */
const INDEX = '__index__';

const ANY: InputDeclaration = { type: 'any' };

export function checkBatchNode(scope: Scope, work: Work, batch: BatchWork, compile: (body: WorkflowDocument, pathOf: (path: Path) => Path) => CompiledDocument | undefined): void {
  const { node, at } = work;
  const { as, max_retries: attempts } = batch.declaration;
  scope.check(batch.items, [...at, 'batch', 'items'], listOf(undefined), `'items' of node '${node.id}'`);
  if (scope.resolve(as) !== undefined) scope.report([...at, 'batch', 'as'], `'${as}' is the name of something else already; call the item otherwise`);
  if (attempts > 1 && isNested(node)) scope.report([...at, 'batch', 'max_retries'], 'a nested workflow is not run again: give the nodes of the child a retry');
  if (isNested(node)) {
    const { output_mapping: mapping, storage_mode: mode } = node.params;
    if (mapping !== undefined) scope.report([...work.valuesAt.slice(0, -1), 'output_mapping'], `'output_mapping' does not go with 'batch': refer to \${${node.id}.results}`);
    if (mode === 'scoped' || mode === 'shared') scope.report([...work.valuesAt.slice(0, -1), 'storage_mode'], `'${mode}' does not go with 'batch': map what the child needs`);
  }
  if (attempts > 1 && node.retry !== undefined) scope.report([...at, 'retry'], "'max_retries' of the batch says how often already");

  const outer = new Set<string>();
  for (const [name, value] of work.values) {
    for (const { reference, isOptional } of referencesIn(value)) {
      if (reference.name === as || reference.name === INDEX) continue;
      scope.kindOf(isOptional ? { kind: 'default', value: { kind: 'reference', reference }, otherwise: null } : { kind: 'reference', reference }, [...work.valuesAt, name]);
      outer.add(reference.name);
    }
  }
  for (const name of Object.keys(scope.document.inputs)) outer.add(name); // contextual inputs take those of their name
  const inputs = Object.fromEntries([...outer, as, INDEX].map((name) => [name, ANY]));
  const body: WorkflowDocument = { inputs, nodes: [single(node)], edges: [], outputs: { value: { source: `\${${node.id}}` } } };
  batch.body = compile(body, (path) => (path[0] === 'nodes' ? [...at, ...path.slice(2)] : [...at, 'batch']));
  for (const name of batch.body?.needs ?? []) scope.input(name);
  work.kind = recordOf({ results: listOf(undefined), count: [{ name: 'number' }], success_count: [{ name: 'number' }], error_count: [{ name: 'number' }], errors: undefined, batch_metadata: [{ name: 'object', isOpen: true }] });
}

/** The node without its batch; what becomes of a failure is for the whole. */
function single(declared: NodeDeclaration): NodeDeclaration {
  const { max_retries: attempts, retry_wait: seconds } = declared.batch!;
  const node = { ...declared, batch: undefined, error_action: undefined };
  if (isNested(node)) return { ...node, params: { ...node.params, error_action: undefined, output_mapping: undefined, storage_mode: 'isolated' } };
  return { ...node, ...(attempts > 1 && { retry: { attempts, delay: seconds * 1000, backoff: 1 } }) };
}

export function wireBatchNode(wiring: Wiring, work: Work, { declaration, items, body }: BatchWork): Wire {
  const { as, parallel, max_concurrent: most, error_handling: handling } = declaration;
  const names = [...body!.needs];
  const shared = new Map(names.filter((name) => name !== as && name !== INDEX).map((name) => [name, wiring.wireOf({ kind: 'reference', reference: { name, path: [], text: `\${${name}}` } })]));
  const list = items.kind === 'literal' ? undefined : wiring.wireOf(items);
  const one = called('an item', pass({ value: body!.outputs['value']!.wire.model }));
  const each = body!.readsMore ? rewritten(one, {}, names) : one;
  const batch = batchModel({
    inputs: { items: z.unknown(), shared: Dependency(z.record(z.string(), z.unknown())), as: z.string(), names: z.array(z.string()), node: z.string() },
    item: z.object(Object.fromEntries(names.map((name) => [name, z.unknown()]))),
    params: ({ items, shared, as, names, node }) =>
      listIn(items, node).map((item, index): Record<string, unknown> => {
        const all: Readonly<Record<string, unknown>> = { ...shared, [as]: item, [INDEX]: index };
        return Object.fromEntries(names.map((name) => [name, all[name]]));
      }),
    codeDeps: [listIn],
    each,
    concurrency: parallel ? most : 1,
    onError: handling === 'fail_fast' ? 'fail' : 'collect',
  });
  const given = list === undefined ? (items as { readonly value: unknown[] }).value : (list.model as CallableModel<unknown[]>); // a batch of something else fails before
  const model = called(`${work.node.id}, each item`, batch({ items: given, shared: Object.fromEntries([...shared].map(([name, wire]) => [name, wire.model])), as, names, node: work.node.id }));
  setBody(model, each);
  return {
    model: called(work.node.id, batchResults({ batch: model, items: given, metadata: metadataOf(declaration) })),
    needs: unionOf([...shared.values(), ...(list === undefined ? [] : [list])].map(({ needs }) => needs)),
  };
}

function listIn(items: unknown, node: string): readonly unknown[] {
  if (Array.isArray(items)) return items;
  const got = items === null ? 'null' : typeof items === 'string' ? 'a text; parse it in a node first' : `a ${typeof items}`;
  throw new WorkflowError('resolve', `the items of node '${node}' are a list, got ${got}.`, { details: { node } });
}

const metadataOf = ({ parallel, max_concurrent, max_retries, retry_wait, error_handling }: BatchDeclaration): Record<string, unknown> => ({ parallel, max_concurrent, max_retries, retry_wait, error_handling });
