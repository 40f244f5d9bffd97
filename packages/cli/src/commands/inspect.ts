import { inspect as show } from 'node:util';
import type { InspectOptions } from '@flowmodel/core';
import type { ContextOptions, ImportOptions } from '../options.ts';
import { hasColours } from '../output/terminal.ts';
import type { Session } from '../session.ts';

export interface InspectCommandOptions extends ImportOptions, ContextOptions {
  readonly dependencies?: InspectOptions['dependencies'];
  readonly json?: boolean;
}

/** Prints what is bound, what feeds each field, what is still needed. Runs no body. */
export async function inspect(session: Session, target: string, pairs: readonly string[], options: InspectCommandOptions): Promise<void> {
  const { model, read } = await session.open(target, pairs, options);
  for (const { text } of read.refused) session.warn(text);
  const isGiven = Object.keys(read.context).length > 0 || 'toObject' in read.context;
  const inspection = model.flow.inspect(isGiven ? read.context : undefined, { dependencies: options.dependencies });
  if (options.json === true) return session.out(`${JSON.stringify(inspection, undefined, 2)}\n`);
  return session.out(`${show(inspection, { colors: hasColours(process.stdout) })}\n`);
}
