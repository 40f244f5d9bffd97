/**
 * Errors of JavaScript's own classes and `FlowError`: message, cause, the errors of an AggregateError and own fields (`code`, `details`).
 * Stacks stay behind: they belong to the process, and name its files.
 */
import { FlowError } from '../errors.ts';
import { isPlainObject } from '../model/frozen.ts';
import { Opened } from './fold.ts';
import { kindOf, need } from './kind.ts';
import type { Kind } from './kind.ts';

type ErrorClass = { readonly name: string; readonly prototype: Error };
type Make = (message: string, options: { readonly cause?: unknown } | undefined) => Error;

const HIDDEN = ['cause', 'errors'] as const;

function errorKind(Class: ErrorClass, make: Make): Kind {
  const tag = `$${Class.name}`;
  return kindOf<Error>({
    tag,
    class: Class,
    fields: [...HIDDEN, 'fields'],
    encode: (error) => {
      const own: Record<string, unknown> = Object.fromEntries(Object.entries(error));
      const parts: Record<string, unknown> = { [tag]: error.message };
      for (const key of HIDDEN) {
        if (Object.hasOwn(error, key)) parts[key] = (error as unknown as Record<string, unknown>)[key];
        delete own[key];
      }
      if (Object.keys(own).length > 0) parts['fields'] = own;
      const keys = Object.keys(parts);
      return new Opened(Object.values(parts), (done) => Object.fromEntries(keys.map((key, i) => [key, done[i]])), (i) => keys[i]!);
    },
    decode: (message, encoded) => {
      need(typeof message === 'string', 'a message');
      const keys = Object.keys(encoded).filter((key) => key !== tag);
      const join = (done: unknown[]): Error => {
        const parts = Object.fromEntries(keys.map((key, i) => [key, done[i]]));
        const error = make(message, 'cause' in parts ? { cause: parts['cause'] } : undefined);
        const { fields = {} } = parts;
        need(isPlainObject(fields), "a record in 'fields'");
        if ('errors' in parts) define(error, 'errors', parts['errors'], false);
        for (const [key, value] of Object.entries(fields)) define(error, key, value, true);
        define(error, 'stack', `${error.name}: ${message}`, false);
        return error;
      };
      return new Opened(keys.map((key) => encoded[key]), join, (i) => keys[i]!);
    },
  });
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

const OWN = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];

export const errorKinds: readonly Kind[] = [
  ...OWN.map((Class) => errorKind(Class, (message, options) => new Class(message, options))),
  errorKind(AggregateError, (message, options) => new AggregateError([], message, options)),
  errorKind(FlowError, (message, options) => new FlowError<string>('', message, options)),
];
