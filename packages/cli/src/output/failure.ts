/** What went wrong, for people: one message, where it happened, what to do. */
import { inspect } from 'node:util';
import { FlowError, flowPathOf } from '@flowmodel/core';
import { LoadError } from '../load/module.ts';
import { PlacedError } from './placed.ts';
import { StallError } from '../stall.ts';
import { UsageError } from '../usage-error.ts';
import { hasColours, painter, printable } from './terminal.ts';

/** Errors whose message says all; others are shown with their stack. */
const isPlain = (error: unknown): error is Error => error instanceof UsageError || error instanceof StallError || error instanceof FlowError;

/** What packages say of a definition that is not known, with how to do it on the command line. */
export const withImportOption = (message: string): string => message.replaceAll('Import the module that defines it', 'Import the module that defines it: --import <module>');

/** Ends in a newline. */
export function failureText(error: unknown, stream: NodeJS.WriteStream, pathOf: (error: unknown) => readonly string[] | undefined = flowPathOf): string {
  const title = painter(stream)(['red', 'bold'], 'error:');
  if (error instanceof PlacedError) return `${title} ${error.where} failed${error.around}\n${indented(causeText(error.cause, stream))}\n`;
  if (error instanceof LoadError || isPlain(error)) return `${title} ${problemText(error, stream)}\n`;
  const path = pathOf(error);
  return `${title} ${path === undefined ? 'the run failed' : `${path.join('.')} failed`}\n${indented(causeText(error, stream))}\n`;
}

/** Of what no model failed of: it was thrown in a callback, or in a promise that nobody awaits. */
export const uncaughtText = (error: unknown, stream: NodeJS.WriteStream): string =>
  `${painter(stream)(['red', 'bold'], 'error:')} thrown where nobody could catch it, in a callback or a promise that is not awaited:\n${indented(causeText(error, stream))}\n`;

/** The message, with the cause where it adds something. */
export function problemText(error: Error, stream: NodeJS.WriteStream): string {
  const message = error instanceof FlowError ? `${error.code} ${withImportOption(error.message)}` : error.message;
  const { cause } = error;
  const isTold = cause === undefined || isPlain(cause) || isOfSchema(cause) || error instanceof UsageError || message.includes(messageOf(cause));
  return isTold && !(error instanceof LoadError) ? message : `${message}\n${indented(causeText(cause, stream))}`;
}

/** What a schema says stands in the message, issue by issue. */
const isOfSchema = (error: unknown): boolean => error instanceof Error && Array.isArray((error as { readonly issues?: unknown }).issues);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const MOST_CAUSES = 8;

/** With the stack as far as it is the user's own: what Node and flowmodel do in between is left out. */
function causeText(error: unknown, stream: NodeJS.WriteStream, depth = 0): string {
  if (isPlain(error)) return error.message;
  if (!(error instanceof Error) || depth > MOST_CAUSES) return inspect(error, { colors: hasColours(stream), depth: 4 });
  const stack = (error.stack ?? '').split('\n');
  const frames = stack.filter((line) => /^\s+at /.test(line) && !isBetween(line));
  const parts = (error instanceof AggregateError ? (error.errors as unknown[]) : []).map((part, i) => `[${i}]: ${causeText(part, stream, depth + 1)}`);
  const details = Object.entries(error).filter(([name]) => !['name', 'message', 'stack', 'cause', 'errors'].includes(name)).map(([name, value]) => `${name}: ${inspect(value, { colors: hasColours(stream), depth: 2 })}`);
  const cause = error.cause === undefined ? [] : [`[cause]: ${causeText(error.cause, stream, depth + 1)}`];
  return [...placeIn(stack), printable(`${error.name}: ${error.message}`), ...frames, ...[...details, ...parts, ...cause].map(indented)].join('\n');
}

/** Of text that is no code Node says, before anything else, where it stands: the file, the line, and a mark below it. */
const placeIn = (stack: readonly string[]): readonly string[] => (/^(?:file:|\/|\w:\\).*:\d+$/.test(stack[0] ?? '') ? stack.slice(0, 3) : []);

const isBetween = (frame: string): boolean => /\bnode:\w|\/@flowmodel\/[^/]+\/|\/packages\/(?:core|workflow|cache|batch|store|cli)\/(?:src|dist)\//.test(frame);

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');
