/** Options of limiters, read and checked. Throws DEFINITION for what cannot be meant. */
import { FlowError } from '@flowmodel/core';
import type { Clock } from '@flowmodel/core';
import { assertFunction, assertKnown, assertWhole, show } from '@flowmodel/core/extending';

/** Milliseconds, or a number with a unit. */
export type Interval = number | `${number}ms` | `${number}s` | `${number}m` | `${number}h`;

/** What an attempt takes of a rate, by the inputs that its body receives. */
export type Cost = (inputs: never) => number;

/** So many in each interval, which slides: at no time are there more in the interval that ends there. */
export interface Rate {
  readonly limit: number;
  readonly interval: Interval;
  /** What one attempt takes of the limit; 1 by default. For budgets of tokens. State the type of the inputs: `({ prompt }: { prompt: string }) => prompt.length`. */
  readonly cost?: Cost | undefined;
}

export interface LimiterOptions {
  /** How many may be at work at once. No limit by default. */
  readonly concurrency?: number | undefined;
  /** One rate, or several that must all be kept. */
  readonly rate?: Rate | readonly Rate[] | undefined;
  /** What one attempt takes of each rate that does not state its own `cost`. */
  readonly cost?: Cost | undefined;
  /** The system's by default; a throttle that lives in a run goes by the run's. */
  readonly clock?: Clock | undefined;
}

/** A rate as it was read. */
export interface ReadRate {
  readonly limit: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly cost: Cost | undefined;
}

export interface ReadOptions {
  readonly concurrency: number;
  readonly rates: readonly ReadRate[];
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds. Throws DEFINITION. */
export function readInterval(who: string, interval: unknown): number {
  const text = typeof interval === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(interval.trim()) : null;
  const ms = text === null ? interval : Number(text[1]) * UNITS[text[2]!]!;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms <= 0) throw problem(who, `expected 'interval' to be a number of milliseconds above 0, or '500ms', '1s', '1m', '2h', got ${show(interval)}`);
  return ms;
}

/** Throws DEFINITION. */
export function readLimits(who: string, options: LimiterOptions): ReadOptions {
  const { concurrency = Infinity, rate, cost } = options;
  assertWhole(who, 'concurrency', concurrency, 1);
  assertCallback(who, 'cost', cost);
  if (cost !== undefined && rate === undefined) throw problem(who, "'cost' is taken of a rate, and there is none: give 'rate: { limit, interval }' too");
  const rates = rate === undefined ? [] : Array.isArray(rate) ? (rate as readonly Rate[]) : [rate as Rate];
  return { concurrency, rates: rates.map((one) => readRate(who, one, cost)) };
}

function readRate(who: string, rate: Rate, cost: LimiterOptions['cost']): ReadRate {
  assertKnown(`${who}, rate`, rate, ['limit', 'interval', 'cost']);
  if (typeof rate.limit !== 'number' || !(rate.limit > 0)) throw problem(who, `expected 'rate.limit' to be a number above 0, got ${show(rate.limit)}`);
  const own = rate.cost ?? cost;
  assertCallback(who, 'rate.cost', rate.cost);
  if (own === undefined) assertWhole(who, 'rate.limit', rate.limit, 1);
  return { limit: rate.limit, interval: readInterval(who, rate.interval), cost: own };
}

export const problem = (who: string, text: string): FlowError => new FlowError('DEFINITION', `${who}: ${text}.`);

/** Throws DEFINITION for an option that is given and is no function. */
export function assertCallback(who: string, name: string, value: unknown): void {
  if (value !== undefined) assertFunction(who, name, value);
}

/** Throws DEFINITION for what keeps no time. */
export function assertClock(who: string, clock: unknown): void {
  const one = clock as Partial<Clock> | null | undefined;
  if (one === undefined || (one !== null && [one.now, one.setTimeout, one.clearTimeout].every((method) => typeof method === 'function'))) return;
  throw problem(who, `'clock' has now, setTimeout and clearTimeout, got ${show(clock)}`);
}
