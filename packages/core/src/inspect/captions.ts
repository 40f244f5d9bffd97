/** What pictures say of nodes and edges, before a language of pictures spells it. */
import { FlowError, listNames, show } from '../errors.ts';
import { cut, nameText, oneLine } from './text.ts';
import type { FlowGraph, FlowGraphEdge, FlowGraphInput, FlowGraphNode, FlowGraphRewrite } from './types.ts';

const LONGEST_NAME = 60;
const LONGEST_LINE = 60;
const MOST_LINES = 12;

const short = (text: string, most = LONGEST_LINE): string => cut(oneLine(cut(text, most)), most);

/** `raw: load`, or the label alone where it says it all; the name of a model without label. */
export function titleOf({ label, name }: Pick<FlowGraphNode, 'label' | 'name'>): string {
  if (label === undefined) return name;
  return label.whole === true || label.text === name ? label.text : `${label.text}: ${name}`;
}

/** The title, then a line for each input that is no edge, for each field, and for what became of it. */
export function nodeLines(node: FlowGraphNode): string[] {
  const details = node.label?.whole === true ? node.fields.flatMap(valueLine) : [...node.inputs.map(inputLine), ...node.fields.map((field) => fieldLine(field, node.unevaluated === true))];
  const shown = details.slice(0, MOST_LINES);
  if (details.length > MOST_LINES) shown.push(`and ${details.length - MOST_LINES} more`);
  const status = node.status === undefined ? [] : [node.reason === undefined ? node.status : `${node.status}: ${node.reason}`];
  return [short(titleOf(node), LONGEST_NAME), ...shown, ...status].map((line) => short(line));
}

/** `location = "library"`, `location: string (required)` */
function inputLine({ name, text, required, type }: FlowGraphInput): string {
  if (text !== undefined) return `${nameText(name)} = ${text}`;
  return `${nameText(name)}: ${type}${required ? ' (required)' : ''}`;
}

/** `day ← context`, `day ← previousWindow({ days: 30 }) = 7` */
function fieldLine({ name, text, source, from, required, problem }: FlowGraphInput, isUnevaluated: boolean): string {
  if (problem !== undefined) return `${nameText(name)} ← ${from ?? source} ${problem}`;
  const where = from ?? (isUnevaluated && source === 'unset' ? 'its consumer' : SOURCES[source]);
  return `${nameText(name)} ← ${where}${text === undefined ? (required ? ' (required)' : '') : ` = ${text}`}`;
}

/** Of a field whose name and source the label of its node stands for: `= 7`. */
function valueLine({ text, from, problem }: FlowGraphInput): string[] {
  if (problem !== undefined) return [`${from ?? ''} ${problem}`.trim()];
  return text === undefined ? [] : [`= ${text}`];
}

const SOURCES: Readonly<Record<FlowGraphInput['source'], string>> = {
  runtime: 'context',
  construction: 'default',
  'function-default': 'default',
  'with-context': 'withContext',
  'context-transform': 'transform',
  unset: 'nothing',
};

/** The input, the action, and what is rewritten on the way to the node upstream, unless the label of that node says what its fields are. */
export function edgeLines({ input, action, rewrites = [] }: FlowGraphEdge, upstream: FlowGraphNode | undefined): string[] {
  const shown = upstream?.label?.whole === true ? beyond(rewrites, new Set(upstream.fields.map(({ name }) => name))) : rewrites;
  return [short(action ?? input), ...rewriteLines(shown)].filter((line) => line !== '');
}

/** The rewrites of more than some fields. */
const beyond = (rewrites: readonly FlowGraphRewrite[], told: ReadonlySet<string>): FlowGraphRewrite[] => rewrites.filter(({ kind, fields }) => kind === 'closed' || !fields.every((field) => told.has(field)));

/** `startDate, endDate ← previousWindow({ days: 30 })` */
export function rewriteLines(rewrites: readonly FlowGraphRewrite[]): string[] {
  const lines = rewrites.slice(0, MOST_LINES).map(({ kind, fields, text }) => short(kind === 'closed' ? text : `${fields.map(nameText).join(', ')} ← ${text}`));
  return rewrites.length > MOST_LINES ? [...lines, `and ${rewrites.length - MOST_LINES} more`] : lines;
}

/** Throws DEFINITION for what is no graph, such as a model, and for a direction that there is none of. */
export function assertDrawable(who: string, graph: unknown, direction: string, directions: readonly string[]): asserts graph is FlowGraph {
  const { nodes, edges } = (graph ?? {}) as Partial<FlowGraph>;
  if (!Array.isArray(nodes) || !Array.isArray(edges)) throw new FlowError('DEFINITION', `${who} draws graphs, got ${show(graph)}. Make one first: ${who}(graphOf(model)).`);
  if (!directions.includes(direction)) throw new FlowError('DEFINITION', `${who}: expected 'direction' to be one of ${listNames(directions)}, got ${show(direction)}.`);
}
