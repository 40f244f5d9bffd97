import { inspect as show } from 'node:util';
import type { ContextOptions, ImportOptions } from '../options.ts';
import { hasColours } from '../output/terminal.ts';
import type { Session } from '../session.ts';
import { drawn } from './drawing.ts';
import type { GraphFormat } from './drawing.ts';
import { withCache } from './with-cache.ts';

export interface ExplainOptions extends ImportOptions, ContextOptions {
  readonly cache?: string;
  readonly format: 'text' | GraphFormat;
}

/** Prints what `run` would do with every node, and why. Runs no body. */
export async function explain(session: Session, target: string, pairs: readonly string[], options: ExplainOptions): Promise<void> {
  const { model, core, read, path } = await session.open(target, pairs, options);
  for (const { text } of read.refused) session.warn(text);
  const explanation = await withCache(options.cache, path, (cache) => core.explain(model, read.context, cache));
  if (options.format === 'text') return session.out(`${show(explanation, { colors: hasColours(process.stdout) })}\n`);
  return session.out(await drawn(explanation.graph, options.format, undefined, core));
}
