/** The printed form of an explanation. */
import { inspectHook } from '../model/brand.ts';
import { titleOf } from './captions.ts';
import { plain } from './report.ts';
import type { Paint } from './report.ts';
import { cut, oneLine, widthOf } from './text.ts';
import type { ExplainedNode, Explanation, FlowGraph, FlowGraphStatus } from './types.ts';

const MOST_ROWS = 200;
const WIDEST_NAME = 60;
const KEY_SHOWN = 12;

const STYLES: Readonly<Partial<Record<FlowGraphStatus, string>>> = { run: 'special', cached: 'string', missing: 'regexp', waiting: 'regexp', lazy: 'undefined', pruned: 'undefined' };

export class Explained implements Explanation {
  readonly nodes: readonly ExplainedNode[];
  readonly graph: FlowGraph;

  constructor(nodes: readonly ExplainedNode[], graph: FlowGraph) {
    this.nodes = Object.freeze(nodes);
    this.graph = graph;
    Object.freeze(this);
  }

  count(status: FlowGraphStatus): number {
    return this.nodes.reduce((sum, node) => sum + (node.status === status ? 1 : 0), 0);
  }

  toString(): string {
    return this.#print(plain);
  }

  [inspectHook](depth: number, options: { readonly colors?: boolean; readonly stylize?: Paint } = {}): string {
    if (depth < 0) return `[Explanation: ${this.#headline()}]`;
    return this.#print(options.colors === true && options.stylize !== undefined ? options.stylize : plain);
  }

  #headline(): string {
    const counts = (['run', 'cached', 'pruned', 'lazy', 'waiting', 'missing'] as const).map((status) => [this.count(status), status] as const);
    const texts = { run: 'would run', cached: 'cached', pruned: 'not needed', lazy: 'on demand', waiting: 'waiting', missing: 'lacking something' };
    return counts.filter(([count]) => count > 0).map(([count, status]) => `${count} ${texts[status]}`).join(', ');
  }

  /** Of a node with a label. */
  #titleOf(i: number): string | undefined {
    const node = this.graph.nodes[i]!; // in the same order
    return node.label === undefined ? undefined : titleOf(node);
  }

  #print(paint: Paint): string {
    const shown = this.nodes.slice(0, MOST_ROWS);
    const names = shown.map(({ path }, i) => cut(oneLine(this.#titleOf(i) ?? path), WIDEST_NAME));
    const widest = Math.max(...names.map(widthOf));
    const rows = shown.map(({ status, key, reason }, i) => {
      const state = paint(status.padEnd(8), STYLES[status] ?? 'name');
      const name = names[i]! + ' '.repeat(widest - widthOf(names[i]!));
      const hash = paint((key === undefined ? '' : key.slice(0, KEY_SHOWN)).padEnd(KEY_SHOWN), 'undefined');
      return `  ${state}  ${name}  ${hash}  ${oneLine(reason ?? '')}`.trimEnd();
    });
    const more = this.nodes.length - shown.length;
    return [this.#headline(), ...rows, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
  }
}
