/** A flow as a picture: its nodes, and its transitions labelled by action. */
import type { FlowGraph, FlowGraphEdge, FlowGraphNode } from '@flowmodel/core';
import { assertNode } from './base-node.ts';
import { BatchNode } from './batch-node.ts';
import { BatchFlow } from './batch-flow.ts';
import { Flow, startOf } from './flow.ts';
import { nodeName } from './names.ts';
import type { AnyNode } from './types.ts';

/**
 * The graph of a flow (or of a node and its successors) as plain JSON, in the format of the core's `graphOf`, for `toMermaid`, `toDot` and the inspector. Edges lead
 * from a node to its successors and carry the action; those from a flow to where it starts carry `start`. Nodes of inner flows are included. Throws DEFINITION for anything but a node.
 *
 * @example
 * ```ts
 * const [ask, answer] = [new Node({ name: 'ask' }), new Node({ name: 'answer' })];
 * ask.on('known', answer).on('again', ask);
 * const { edges } = graphOf(new Flow(ask, { name: 'quiz' }));
 * console.log(edges.map(({ from, action, to }) => `${from} ${action} ${to}`)); // [ 'n0 start n1', 'n1 known n2', 'n1 again n1' ]
 * ```
 */
export function graphOf(flow: AnyNode): FlowGraph {
  assertNode('graphOf', 'a flow or a node', flow);
  const reached = reachable(flow);
  const ids = new Map(reached.map((node, i) => [node, `n${i}`]));
  const edges = reached.flatMap((node) => transitions(node, node === flow).map(([action, to]) => ({ from: ids.get(node)!, action, to: ids.get(to)! })));
  return {
    flowGraph: 1,
    root: 'n0',
    nodes: reached.map((node): FlowGraphNode => ({ id: ids.get(node)!, name: nodeName(node), kind: kindOf(node), inputs: [], fields: [] })),
    edges: edges.map(({ from, action, to }, i): FlowGraphEdge => ({ id: `e${i}`, from, to, input: '', kind: 'action', lazy: false, action })),
  };
}

/** A node, and all that it may lead to: first met first. */
export function reachable(root: AnyNode): readonly AnyNode[] {
  const seen = new Set<AnyNode>([root]);
  for (const node of seen) for (const [, next] of transitions(node, node === root)) seen.add(next); // a Set yields what is added on the way
  return [...seen];
}

/** The successors of a flow that is run by itself never run. */
function transitions(node: AnyNode, isRoot: boolean): (readonly [string, AnyNode])[] {
  const isFlow = node instanceof Flow;
  const start = isFlow ? startOf(node) : undefined;
  return [...(start === undefined ? [] : [['start', start] as const]), ...(isRoot && isFlow ? [] : node._successors)];
}

const kindOf = (node: AnyNode): string =>
  node instanceof BatchFlow ? 'batch flow'
  : node instanceof Flow ? 'flow'
  : node instanceof BatchNode ? 'batch node'
  : 'node';
