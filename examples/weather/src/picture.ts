/** The graph as a tree for terminals. What is equal stands there once: `×12`, what was opened above is not opened again. */
import { graphOf } from '@flowmodel/core';
import type { AnyModel, FlowGraph, FlowGraphEdge, FlowGraphNode } from '@flowmodel/core';

/** Edges from one input to models of one name; the elements of a list are one input. */
interface Branch {
  readonly input: string;
  readonly node: FlowGraphNode;
  readonly edges: FlowGraphEdge[];
}

export function pictureOf(model: AnyModel): string {
  const graph = graphOf(model);
  const root = graph.nodes.find(({ id }) => id === graph.root)!;
  const lines = [root.name];
  addBranches(graph, root, '', new Set(), lines);
  return lines.join('\n');
}

function addBranches(graph: FlowGraph, node: FlowGraphNode, indent: string, opened: Set<string>, lines: string[]): void {
  const branches = branchesOf(graph, node);
  for (const [index, branch] of branches.entries()) {
    const isLast = index === branches.length - 1;
    const below = branchesOf(graph, branch.node);
    const look = [branch.node.name, ...below.map(caption)].join();
    const isOpened = below.length > 0 && opened.has(look);
    opened.add(look);
    lines.push(`${indent}${isLast ? '└─' : '├─'} ${caption(branch)}${isOpened ? ' (see above)' : ''}`);
    if (!isOpened) addBranches(graph, branch.node, `${indent}${isLast ? '   ' : '│  '}`, opened, lines);
  }
}

function branchesOf({ nodes, edges }: FlowGraph, { id }: FlowGraphNode): Branch[] {
  const branches = new Map<string, Branch>();
  for (const edge of edges.filter(({ to }) => to === id)) {
    const input = edge.input.replace(/\[.*/, '');
    const node = nodes.find((each) => each.id === edge.from)!;
    const key = `${input} ${node.name}`;
    const branch = branches.get(key);
    if (branch === undefined) branches.set(key, { input, node, edges: [edge] });
    else branch.edges.push(edge);
  }
  return [...branches.values()];
}

/** `usual (only when asked for): usualFigures`, `months ×12: knownFigures in monthBefore({ months: 11 }) …` */
function caption({ input, node, edges }: Branch): string {
  const times = edges.length > 1 ? ` ×${edges.length}` : '';
  const lazy = edges.every((edge) => edge.lazy) ? ' (only when asked for)' : '';
  const [first, last] = [edges[0]!, edges.at(-1)!].map((edge) => (edge.rewrites ?? []).map(({ text }) => text).join(', '));
  const window = first === '' ? '' : ` in ${first}${last === first ? '' : ' …'}`;
  return `${input}${times}${lazy}: ${node.name}${window}`;
}
