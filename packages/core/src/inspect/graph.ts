/** `graphOf`: a graph as plain JSON. */
import { asModel, UNSET } from '../model/brand.ts';
import { labelOf } from '../model/definition.ts';
import { expectModel } from '../model/expect-model.ts';
import type { Model } from '../model/model.ts';
import type { CallableModel } from '../types.ts';
import { boundInput, contextField } from './fields.ts';
import type { Found } from './fields.ts';
import { givenFields } from './inspect.ts';
import { typeOf } from './own-contract.ts';
import { rewritesOf } from './rewrite-text.ts';
import { Survey } from './survey.ts';
import { cut, valueText } from './text.ts';
import type { FlowGraph, FlowGraphEdge, FlowGraphInput, FlowGraphNode } from './types.ts';

/**
 * The graph of a model as plain JSON: what `toMermaid` and `toDot` draw. With a context, the fields show its values. Nothing runs but
 * transforms; secrets are masked; the same graph gives the same ids.
 *
 * Throws BIND for what is no model, INVALID_CONTEXT for what is no context at all.
 *
 * @example
 * ```ts
 * const price = flowModel({ name: 'price', inputs: { day: FromContext(z.number()) } }, ({ day }) => day * 2);
 * const total = flowModel({ name: 'total', inputs: { price: z.number(), count: z.number() } }, ({ price, count }) => price * count);
 * const graph = graphOf(total({ price: price(), count: 3 }));
 * console.log(graph.nodes.map((node) => node.name)); // [ 'total', 'price' ]
 * console.log(graph.edges[0]?.from, graph.edges[0]?.input, graph.edges[0]?.to); // n1 price n0
 * ```
 */
export function graphOf(model: CallableModel, context?: object): FlowGraph {
  const root = expectModel('graphOf(', model);
  return graphOfSurvey(root, new Survey(root, givenFields(context, root)), () => NOTHING);
}

/** What an explanation adds to a node. */
export type Remarks = Pick<FlowGraphNode, 'status' | 'key' | 'reason'>;
const NOTHING: Remarks = {};

/** The graph of a survey, with remarks on its cells. */
export function graphOfSurvey(root: Model, survey: Survey, remarksOn: (cell: number) => Remarks): FlowGraph {
  const ids = new Map(survey.cells.map((cell, i) => [cell, `n${i}`]));
  const edges: FlowGraphEdge[] = [];
  const nodes = survey.cells.map((cell) => {
    for (const { from, label, kind, model } of survey.edges(cell)) {
      const rewrites = rewritesOf(model);
      edges.push({
        id: `e${edges.length}`,
        from: ids.get(from)!,
        to: ids.get(cell)!,
        input: label,
        kind,
        lazy: kind === 'lazy' || kind === 'model',
        ...(rewrites.length > 0 && { rewrites }),
      });
    }
    return nodeOf(survey, cell, ids.get(cell)!, remarksOn(cell));
  });
  const rewrites = rewritesOf(root);
  return { flowGraph: 1, root: ids.get(survey.plan.root)!, ...(rewrites.length > 0 && { rewrites }), nodes, edges };
}

function nodeOf(survey: Survey, cell: number, id: string, remarks: Remarks): FlowGraphNode {
  const model = survey.plan.models[cell]!;
  const { definition } = model;
  const reach = survey.reach.get(cell)!;
  const label = survey.label(cell);
  const inputs = definition.inputs.flatMap((input) => {
    if (input.role === 'context' || asModel(model.values[input.index]) !== undefined) return [];
    return [inputOf(input.name, input.schema?.type ?? 'resource', boundInput(model, input, () => false))];
  });
  return {
    id,
    name: labelOf(definition),
    ...(label !== undefined && { label: { text: label.text, ...(label.whole && { whole: true as const }) } }),
    kind: definition.kind,
    ...(definition.description !== undefined && { description: definition.description }),
    ...(definition.output !== undefined && { type: definition.output.type }),
    inputs,
    fields: definition.contextFields.map((field, k) => inputOf(field.name, typeOf([field]), contextField(survey, cell, k))),
    ...(survey.plan.volatileCells.has(cell) && { volatile: true as const }),
    ...(reach === 'lazy' && { lazy: true as const }),
    ...(reach === 'model' && { unevaluated: true as const }),
    ...remarks,
  };
}

function inputOf(name: string, type: string, { value, source, required, from, problem }: Found): FlowGraphInput {
  return {
    name,
    type,
    required,
    source,
    ...(value !== UNSET && { text: cut(valueText(value), LONGEST_TEXT) }),
    ...(from !== undefined && { from: cut(from, LONGEST_TEXT) }),
    ...(problem !== undefined && { problem: cut(problem, LONGEST_PROBLEM) }),
  };
}

const LONGEST_TEXT = 100;
const LONGEST_PROBLEM = 300;
