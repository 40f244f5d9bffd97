/** `toMermaid`: a graph as a Mermaid flowchart. */
import { assertDrawable, edgeLines, nodeLines, rewriteLines } from './captions.ts';
import type { FlowGraph, FlowGraphEdge, FlowGraphStatus } from './types.ts';

export interface MermaidOptions {
  /** From left to right (`LR`, the default) or from top to bottom. */
  readonly direction?: 'LR' | 'TD' | undefined;
}

const ARROWS: Readonly<Record<FlowGraphEdge['kind'], string>> = { input: '-->', lazy: '-.->', model: '--o', computed: '==>', action: '-->' };

const COLOURS: Readonly<Record<FlowGraphStatus, string>> = {
  missing: 'fill:#fde2e1,stroke:#c0392b',
  failed: 'fill:#fde2e1,stroke:#c0392b',
  cancelled: 'fill:#eeeeee,stroke:#888888',
  waiting: 'fill:#ffffff,stroke:#888888',
  running: 'fill:#fff4d6,stroke:#b8860b',
  run: 'fill:#fff4d6,stroke:#b8860b',
  cached: 'fill:#e1edfd,stroke:#2f6fb5',
  pruned: 'fill:#eeeeee,stroke:#888888',
  lazy: 'fill:#ffffff,stroke:#888888',
  computed: 'fill:#e2f5e5,stroke:#2e8b57',
};

/**
 * Draws a graph as a Mermaid flowchart, for READMEs, issues and wikis. Values flow along the arrows; lazy edges are dashed, models that are handed
 * over end in a circle, computed fields are thick; what a wrapper rewrites stands on its edge. Any name is safe, long ones are cut.
 *
 * Mermaid itself draws at most 500 edges unless its `maxEdges` (and `maxTextSize`) is raised; `toDot` has no limit.
 *
 * @example
 * ```ts
 * const price = flowModel({ name: 'price', inputs: { day: FromContext(z.number()) } }, ({ day }) => day * 2);
 * console.log(toMermaid(graphOf(price())));
 * ```
 */
export function toMermaid(graph: FlowGraph, { direction = 'LR' }: MermaidOptions = {}): string {
  assertDrawable('toMermaid', graph, direction, ['LR', 'TD']);
  const ids = new Map(graph.nodes.map(({ id }, i) => [id, `n${i}`])); // ids of other tools may be words of the language
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const lines = [`flowchart ${direction}`];
  for (const node of graph.nodes) {
    const [open, close] = node.kind === 'class' ? ['[[', ']]'] : ['[', ']'];
    lines.push(`  ${ids.get(node.id)}${open}"${nodeLines(node).map(escaped).join('<br/>')}"${close}`);
  }
  for (const edge of graph.edges) {
    const label = edgeLines(edge, byId.get(edge.from)).map(escaped).join('<br/>');
    lines.push(`  ${ids.get(edge.from)} ${ARROWS[edge.kind]}${label === '' ? '' : `|"${label}"|`} ${ids.get(edge.to)}`);
  }
  if (graph.rewrites !== undefined && graph.rewrites.length > 0) {
    lines.push('  context(["context"])', `  context -->|"${rewriteLines(graph.rewrites).map(escaped).join('<br/>')}"| ${ids.get(graph.root)}`);
  }
  return [...lines, ...styles(graph, ids), ''].join('\n');
}

/** Dashed boxes for what may never run; a colour per status. */
function styles(graph: FlowGraph, ids: ReadonlyMap<string, string>): string[] {
  const classes = new Map<string, string[]>();
  const put = (name: string, id: string): void => void (classes.get(name)?.push(ids.get(id)!) ?? classes.set(name, [ids.get(id)!]));
  for (const { id, status, lazy, unevaluated } of graph.nodes) {
    if (lazy === true || unevaluated === true) put('onDemand', id);
    if (status !== undefined) put(status, id);
  }
  return [...classes].flatMap(([name, members]) => [
    `  classDef ${name} ${name === 'onDemand' ? 'stroke-dasharray:4' : COLOURS[name as FlowGraphStatus]}`, // all other names are statuses
    `  class ${members.join(',')} ${name}`,
  ]);
}

/** What quoted text may not hold as it is: quotes, markup, entities, comments, math, icons, Markdown. */
const MEANINGFUL = /["#<>&`%$\\*~|]|:(?=\S)|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** At the start of a line, Markdown's lists. */
const LIST = /^(\s*)([-+]|\d+[.)])(?=\s|$)/;

const coded = (character: string): string => `#${character.codePointAt(0)};`;

function escaped(text: string): string {
  return text.replaceAll(MEANINGFUL, coded).replace(LIST, (_, space: string, mark: string) => `${space}${mark.slice(0, -1)}${coded(mark.at(-1)!)}`);
}
