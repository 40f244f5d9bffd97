/**
 * Evaluations that runs of one cache have in common. A body at work is a flight: other runs that come to the same key wait for it instead of
 * running theirs. A flight belongs to the run that started it and runs under that run's options; when that run is over, it goes on as
 * long as somebody waits.
 */
import type { Activation } from '../run/activation.ts';
import type { Task } from '../run/task.ts';
import type { CacheEntry, ResultCache } from './result-cache.ts';

/** Someone who waits for a flight. */
export interface Passenger {
  /** The entry, or what the body threw. */
  arrive(entry: CacheEntry): void;
  fail(error: unknown): void;
  /** The result is not for others: the evaluation has to be done once more. */
  refuse(): void;
}

export class Flight {
  readonly key: string;
  readonly source: string;
  readonly task: Task;
  readonly passengers = new Set<Passenger>();
  /** The run that started it is over. */
  isOrphan = false;

  constructor(key: string, source: string, task: Task) {
    this.key = key;
    this.source = source;
    this.task = task;
  }

  get place(): { readonly act: Activation; readonly cell: number } {
    return this.task;
  }
}

/** How many results are remembered for runs that were under way when they came. */
const RECENT = 1000;

/** What the runs of one cache share. */
export class Flights {
  readonly live = new Map<string, Flight>();
  /** Results that came while other runs were under way: those may have looked in the cache before. */
  readonly #recent = new Map<string, CacheEntry>();
  /** Results that a cache is still storing. */
  readonly #storing = new Map<string, CacheEntry>();
  #runs = 0;

  begin(): void {
    this.#runs++;
  }

  end(): void {
    if (--this.#runs === 0) this.#recent.clear();
  }

  /** Another run may have asked the cache for it too early. */
  note(key: string, entry: CacheEntry): void {
    if (this.#runs < 2) return;
    this.#recent.delete(key);
    this.#recent.set(key, entry);
    if (this.#recent.size > RECENT) this.#recent.delete(this.#recent.keys().next().value!);
  }

  /** Until a cache has stored an entry, whoever asks for it gets it from here. */
  storing(key: string, entry: CacheEntry, stored: PromiseLike<unknown>): void {
    this.#storing.set(key, entry);
    const isStored = (): void => {
      if (this.#storing.get(key) === entry) this.#storing.delete(key);
    };
    stored.then(isStored, isStored);
  }

  recent(key: string): CacheEntry | undefined {
    return this.#recent.get(key) ?? this.#storing.get(key);
  }
}

const known = new WeakMap<ResultCache, Flights>();

export function flightsOf(cache: ResultCache): Flights {
  let flights = known.get(cache);
  if (flights === undefined) known.set(cache, (flights = new Flights()));
  return flights;
}

/** How many bodies are at work under a cache. */
export const flightCount = (cache: ResultCache): number => known.get(cache)?.live.size ?? 0;
