import { FlowError } from '@flowmodel/core';
import { assertKnown } from '@flowmodel/core/extending';
import { createLimiter } from './limiter.ts';
import type { Limiter } from './limiter.ts';
import type { LimiterOptions } from './options.ts';

export interface RegisterOptions extends LimiterOptions {
  /** Takes the name over from an earlier limiter. Who holds or waits for that one stays with it. */
  readonly replace?: boolean | undefined;
}

const known = new Map<string, Limiter>();

function register(name: string, options: RegisterOptions = {}): Limiter {
  if (typeof name !== 'string' || name === '') throw new FlowError('DEFINITION', "limiters.register: the name is a string that is not empty. Write limiters.register('openai', { concurrency: 5 }).");
  assertKnown('limiters.register', options, ['concurrency', 'rate', 'cost', 'clock', 'asOf', 'replace']);
  const { replace = false, ...limits } = options;
  if (known.has(name) && !replace) throw new FlowError('DUPLICATE_NAME', `There is a limiter '${name}' already. Use limiters.get('${name}'), or register with replace: true.`);
  const limiter = createLimiter(limits);
  known.set(name, limiter);
  return limiter;
}

function get(name: string): Limiter {
  const limiter = known.get(name);
  if (limiter !== undefined) return limiter;
  const names = known.size === 0 ? 'none yet' : [...known.keys()].map((one) => `'${one}'`).join(', ');
  throw new FlowError('DEFINITION', `There is no limiter '${name}'. Known are: ${names}. Make one by limiters.register('${name}', { concurrency: 5 }).`, { details: { name, known: [...known.keys()] } });
}

/**
 * Limiters by name, for the process: who uses one name shares one limit. `register` throws DUPLICATE_NAME for a taken name unless `replace` is given, and DEFINITION
 * for options that make no sense; `get` throws DEFINITION for an unknown name, and tells the known ones; `getOrCreate` makes one only where there is none.
 *
 * @example
 * ```ts
 * limiters.register('openai', { concurrency: 5, rate: { limit: 60, interval: '1m' } });
 * const ask = flowModel({ name: 'ask', inputs: { question: z.string() }, evaluator: throttle({ limiter: 'openai' }) }, async ({ question }) => question.length);
 * console.log((await ask({ question: 'why?' }).flow.compute()).value, limiters.get('openai').stats().admitted); // 4 1
 * ```
 */
export const limiters = Object.freeze({
  register,
  get,
  getOrCreate: (name: string, options?: LimiterOptions): Limiter => known.get(name) ?? register(name, options),
  has: (name: string): boolean => known.has(name),
  /** The names, in the order of registration. */
  list: (): readonly string[] => [...known.keys()],
  /** Whether there was one. Who holds or waits for it stays with it. */
  remove: (name: string): boolean => known.delete(name),
});
