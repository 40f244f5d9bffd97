/** A graph in the languages of pictures. */
import type { FlowGraph } from '@flowmodel/core';
import type { Core } from '../load/core.ts';

export const FORMATS = ['mermaid', 'dot', 'svg', 'json'] as const;
export type GraphFormat = (typeof FORMATS)[number];
export const DIRECTIONS = ['LR', 'TB'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Ends in a newline. */
export async function drawn(graph: FlowGraph, format: GraphFormat, direction: Direction | undefined, core: Core): Promise<string> {
  switch (format) {
    case 'mermaid':
      return core.toMermaid(graph, { direction: direction === 'TB' ? 'TD' : direction });
    case 'dot':
      return core.toDot(graph, { direction });
    case 'json':
      return `${JSON.stringify(graph, undefined, 2)}\n`;
    case 'svg': {
      const { instance } = await import('@viz-js/viz'); // over a megabyte, and wanted for this only
      const viz = await instance();
      return viz.renderString(core.toDot(graph, { direction }), { format: 'svg' });
    }
  }
}
