import { writeFile } from 'node:fs/promises';
import type { ContextOptions, ImportOptions } from '../options.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { drawn } from './drawing.ts';
import type { Direction, GraphFormat } from './drawing.ts';

export interface GraphOptions extends ImportOptions, ContextOptions {
  readonly format: GraphFormat;
  readonly direction?: Direction;
  readonly output?: string;
}

/** Prints a picture of a graph. Runs no body. */
export async function graph(session: Session, target: string, pairs: readonly string[], { format, direction, output, ...options }: GraphOptions): Promise<void> {
  const { model, core, read } = await session.open(target, pairs, options);
  for (const { text } of read.refused) session.warn(text);
  const text = await drawn(core.graphOf(model, read.context), format, direction, core);
  if (output === undefined) return session.out(text);
  await writeFile(output, text).catch((error: unknown) => {
    throw new UsageError(`'${output}' cannot be written: ${(error as Error).message}`, { cause: error });
  });
}
