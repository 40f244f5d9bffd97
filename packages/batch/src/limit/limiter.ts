import { FlowError } from '@flowmodel/core';
import { assertKnown } from '@flowmodel/core/extending';
import { isRateLimit, retryAfterOf } from '../errors.ts';
import { systemClock } from './clock.ts';
import { Gate } from './gate.ts';
import type { LimiterStats } from './gate.ts';
import { assertCallback, assertClock, readLimits } from './options.ts';
import type { LimiterOptions } from './options.ts';

export interface LimiterRunOptions {
  /** Leaves the queue when it fires. What has begun is the function's own business. */
  readonly signal?: AbortSignal | undefined;
  /** What the limiter's `cost` is given. */
  readonly inputs?: unknown;
}

/** A limit that models, batches and any other code share. Made by `createLimiter`. */
export interface Limiter extends AsyncDisposable {
  /**
   * Calls a function when there is a place and the rate allows, first come first served, and yields what it yields. Rejects with the signal's reason, with
   * CANCELLED once the limiter is disposed of, with RATE_LIMIT for what costs more than a window has.
   */
  run<T>(fn: () => T | PromiseLike<T>, options?: LimiterRunOptions): Promise<T>;
  stats(): LimiterStats;
  /** Sends away who waits, lets in nobody any more, and resolves when the last one is done. */
  [Symbol.asyncDispose](): Promise<void>;
}

const gates = new WeakMap<object, Gate>();

/** The gate behind a limiter; undefined for what is none. */
export const gateOf = (limiter: unknown): Gate | undefined => (typeof limiter === 'object' && limiter !== null ? gates.get(limiter) : undefined);

const disposed = (): FlowError => new FlowError('CANCELLED', 'This limiter was disposed of and lets in nobody any more.');

/**
 * A limiter of concurrency and rate that stands outside any run. Share it by `throttle({ limiter })`, or call `run` around anything.
 *
 * Throws DEFINITION for options that make no sense.
 *
 * @example
 * ```ts
 * const limiter = createLimiter({ concurrency: 2, rate: { limit: 60, interval: '1m' } });
 * const squares = await Promise.all([1, 2, 3].map((n) => limiter.run(async () => n * n)));
 * console.log(squares, limiter.stats().admitted); // [ 1, 4, 9 ] 3
 * ```
 */
export function createLimiter(options: LimiterOptions = {}): Limiter {
  assertKnown('createLimiter', options, ['concurrency', 'rate', 'cost', 'clock', 'asOf']);
  assertClock('createLimiter', options.clock);
  const gate = new Gate(readLimits('createLimiter', options), options.clock ?? systemClock);
  const limiter = Object.freeze(new SharedLimiter(gate));
  gates.set(limiter, gate);
  return limiter;
}

const NOTHING: LimiterRunOptions = Object.freeze({});

class SharedLimiter implements Limiter {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  stats(): LimiterStats {
    return this.#gate.stats();
  }

  async run<T>(fn: () => T | PromiseLike<T>, { signal, inputs }: LimiterRunOptions = NOTHING): Promise<T> {
    assertCallback('run', 'fn', fn);
    if (signal?.aborted === true) throw signal.reason;
    const gate = this.#gate;
    const costs = gate.costsOf('createLimiter', inputs);
    if (!gate.tryEnter(costs)) await this.#wait(costs, signal);
    try {
      return await fn();
    } catch (error) {
      if (isRateLimit(error)) gate.noteRateLimit(retryAfterOf(error));
      throw error;
    } finally {
      gate.leave();
    }
  }

  #wait(costs: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal === undefined) return void this.#gate.enter({ costs, go: resolve, refuse: reject });
      const settle = (then: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        then();
      };
      const onAbort = (): void => {
        leave();
        settle(() => reject(signal.reason as Error));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const leave = this.#gate.enter({ costs, go: () => settle(resolve), refuse: (error) => settle(() => reject(error)) });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#gate.close(disposed);
  }
}
