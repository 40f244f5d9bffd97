/** The result of a run as text. */
import { inspect } from 'node:util';
import type { Core } from '../load/core.ts';
import { valueAt } from '../path.ts';
import type { ValuePath } from '../path.ts';
import { hasColours } from './terminal.ts';

export interface ValueFormat {
  readonly json: boolean;
  readonly select: ValuePath;
}

/** Throws a UsageError for a path that leads nowhere, SERIALIZE for what JSON cannot say. */
export function valueText(result: unknown, { json, select }: ValueFormat, core: Core, stream: NodeJS.WriteStream): string {
  const value = valueAt(result instanceof core.GenericResult ? result.value : result, select);
  if (json) return `${JSON.stringify(core.encodeValue(value), undefined, stream.isTTY ? 2 : undefined)}\n`;
  if (typeof value === 'string') return value.endsWith('\n') ? value : `${value}\n`;
  const isTerminal = stream.isTTY; // data in a file is whole, on a screen it has to fit
  const text = inspect(value, {
    colors: hasColours(stream),
    depth: null,
    breakLength: isTerminal ? stream.columns : 120,
    maxArrayLength: isTerminal ? 100 : null,
    maxStringLength: isTerminal ? 10_000 : null,
  });
  return `${text}\n`;
}
