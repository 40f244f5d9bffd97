import type { Graph } from '../shapes.ts';

/** A graph as linked objects, the way one writes it down by hand. */
export interface Node {
  readonly id: number;
  readonly kind: number;
  readonly weight: number;
  readonly parents: readonly Node[];
}

/** All nodes, in topological order; the last is the root. */
export function nodesOf({ kinds, starts, parents, weights }: Graph): readonly Node[] {
  const nodes: Node[] = [];
  for (let id = 0; id < kinds.length; id++) {
    const own: Node[] = [];
    for (let p = starts[id]!; p < starts[id + 1]!; p++) own.push(nodes[parents[p]!]!);
    nodes.push({ id, kind: kinds[id]!, weight: weights[id]!, parents: own });
  }
  return nodes;
}
