/** What went wrong, for people: one message, where it happened, what to do. */
import { inspect } from 'node:util';
import { FlowError, flowPathOf } from '@flowmodel/core';
import { LoadError } from '../load/module.ts';
import { UsageError } from '../usage-error.ts';
import { hasColours, painter } from './terminal.ts';

/** Errors whose message says all; others are shown with their stack. */
const isPlain = (error: unknown): error is Error => error instanceof UsageError || error instanceof FlowError;

/** Ends in a newline. */
export function failureText(error: unknown, stream: NodeJS.WriteStream, pathOf: (error: unknown) => readonly string[] | undefined = flowPathOf): string {
  const title = painter(stream)(['red', 'bold'], 'error:');
  if (error instanceof LoadError) return `${title} ${error.message}\n${indented(causeText(error.cause, stream))}\n`;
  if (isPlain(error)) {
    const code = error instanceof FlowError ? `${error.code} ` : '';
    const cause = error.cause !== undefined && !isPlain(error.cause) && error instanceof FlowError && !error.message.includes(messageOf(error.cause)) ? `\n${indented(causeText(error.cause, stream))}` : '';
    return `${title} ${code}${error.message}${cause}\n`;
  }
  const path = pathOf(error);
  return `${title} ${path === undefined ? 'the run failed' : `${path.join('.')} failed`}\n${indented(causeText(error, stream))}\n`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** With the stack as far as it is the user's own: what Node and flowmodel do in between is left out. */
function causeText(error: unknown, stream: NodeJS.WriteStream): string {
  const text = isPlain(error) ? error.message : inspect(error, { colors: hasColours(stream), depth: 4 });
  return text
    .split('\n')
    .filter((line) => !/^\s*(?:\u001B\[\d+m)*\s*at .*(?:node:internal|\/@?flowmodel\/(?:core|workflow)\/|\/packages\/(?:core|workflow|cli)\/(?:src|dist)\/)/.test(line)) // oxlint-disable-line no-control-regex -- colours
    .join('\n');
}

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');
