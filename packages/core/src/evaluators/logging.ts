import { show } from '../errors.ts';
import { evaluationServices } from '../run/evaluation.ts';
import type { Evaluator } from '../run/evaluation.ts';
import { isPromise } from '../run/results.ts';
import { FlowError } from '../errors.ts';
import { assertKnown } from '../assert.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where lines go; `console` is one. */
export type Logger = { readonly [Level in LogLevel]: (line: string) => void };

export interface LoggingOptions {
  /** `console` by default. */
  readonly logger?: Logger;
  /** Of the lines about starts and successes; failures are errors. Default `debug`. */
  readonly level?: LogLevel;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * Writes a line when an evaluation starts and one when it ends, with its path and duration; a failure with its message. Values are not logged, so that
 * secrets are not either. A logger that throws changes nothing.
 *
 * Throws DEFINITION for a logger that lacks a level.
 *
 * @example
 * ```ts
 * const lines: string[] = [];
 * const write = (line: string): void => void lines.push(line);
 * const seven = flowModel({ name: 'seven', inputs: {} }, () => 7);
 * await seven().flow.compute({}, { evaluator: logging({ logger: { debug: write, info: write, warn: write, error: write } }) });
 * console.log(lines[0]); // seven starts
 * ```
 */
export function logging(options: LoggingOptions = {}): Evaluator {
  assertKnown('logging', options, ['logger', 'level']);
  const { logger = console, level = 'debug' } = options;
  if (!LEVELS.includes(level)) throw new FlowError('DEFINITION', `logging: expected 'level' to be one of ${LEVELS.join(', ')}, got ${show(level)}.`);
  for (const name of LEVELS) if (typeof (logger as Partial<Logger> | null)?.[name] !== 'function') throw new FlowError('DEFINITION', `logging: expected 'logger' to have the method '${name}', got ${show(logger)}.`);
  const write = (at: LogLevel, line: string): void => {
    try {
      logger[at](line);
    } catch {
      // what a logger makes of a line is its own business
    }
  };
  return Object.freeze({
    name: 'logging',
    transparent: true,
    evaluate(evaluation, next) {
      const { clock } = evaluationServices(evaluation);
      const name = evaluation.path.join('.') + (evaluation.attempt > 1 ? `, attempt ${evaluation.attempt}` : '');
      const startedAt = clock.now();
      const took = (): string => `${(clock.now() - startedAt).toFixed(1)} ms`;
      const succeeded = (value: unknown): unknown => {
        write(level, `${name} ends after ${took()}`);
        return value;
      };
      const failed = (error: unknown): never => {
        write('error', `${name} fails after ${took()}: ${error instanceof Error ? error.message : show(error)}`);
        throw error;
      };
      write(level, `${name} starts`);
      let result: unknown;
      try {
        result = next();
      } catch (error) {
        return failed(error);
      }
      return isPromise(result) ? Promise.resolve(result).then(succeeded, failed) : succeeded(result);
    },
  } satisfies Evaluator);
}
