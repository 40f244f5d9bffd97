/** `toDot`: a graph in Graphviz' language. */
import { assertDrawable, edgeLines, nodeLines, rewriteLines } from './captions.ts';
import type { FlowGraph, FlowGraphEdge, FlowGraphStatus } from './types.ts';

export interface DotOptions {
  /** From left to right (`LR`, the default) or from top to bottom. */
  readonly direction?: 'LR' | 'TB' | undefined;
}

const STYLES: Readonly<Record<FlowGraphEdge['kind'], string>> = { input: '', lazy: 'style=dashed', model: 'style=dashed, arrowhead=odot', computed: 'style=bold', action: '' };

const COLOURS: Readonly<Record<FlowGraphStatus, string>> = {
  missing: '#fde2e1',
  failed: '#fde2e1',
  cancelled: '#eeeeee',
  waiting: '#ffffff',
  running: '#fff4d6',
  run: '#fff4d6',
  cached: '#e1edfd',
  pruned: '#eeeeee',
  lazy: '#ffffff',
  computed: '#e2f5e5',
};

/**
 * Draws a graph in Graphviz' language: `dot -Tsvg graph.dot -o graph.svg`. Values flow along the arrows; lazy edges are dashed, models that are
 * handed over end in a circle, computed fields are bold; what a wrapper rewrites stands on its edge. Any name is safe, long ones are cut.
 *
 * @example
 * ```ts
 * const price = flowModel({ name: 'price', inputs: { day: FromContext(z.number()) } }, ({ day }) => day * 2);
 * console.log(toDot(graphOf(price())));
 * ```
 */
export function toDot(graph: FlowGraph, { direction = 'LR' }: DotOptions = {}): string {
  assertDrawable('toDot', graph, direction, ['LR', 'TB']);
  const ids = new Map(graph.nodes.map(({ id }, i) => [id, `n${i}`])); // ids of other tools may be words of the language
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const lines = [
    'digraph flow {',
    `  rankdir=${direction};`,
    '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica", fontsize=11];',
    '  edge [fontname="Helvetica", fontsize=9];',
  ];
  for (const node of graph.nodes) {
    const isOnDemand = node.lazy === true || node.unevaluated === true;
    lines.push(
      `  ${ids.get(node.id)} [${listed(
        `label=${quoted(nodeLines(node))}`,
        node.kind === 'class' ? 'shape=component' : '',
        isOnDemand ? 'style="rounded,filled,dashed"' : '',
        node.status === undefined ? '' : `fillcolor="${COLOURS[node.status]}"`,
      )}];`,
    );
  }
  for (const edge of graph.edges) lines.push(`  ${ids.get(edge.from)} -> ${ids.get(edge.to)} [${listed(`label=${quoted(edgeLines(edge, byId.get(edge.from)))}`, STYLES[edge.kind])}];`);
  if (graph.rewrites !== undefined && graph.rewrites.length > 0) {
    lines.push('  context [shape=plaintext, style=""];', `  context -> ${ids.get(graph.root)} [label=${quoted(rewriteLines(graph.rewrites))}];`);
  }
  return [...lines, '}', ''].join('\n');
}

const listed = (...attributes: string[]): string => attributes.filter((attribute) => attribute !== '').join(', ');

/** Graphviz reads backslash sequences and HTML entities in labels. */
const quoted = (lines: readonly string[]): string => `"${lines.map((line) => line.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;')).join('\\n')}"`;
