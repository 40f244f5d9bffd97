/**
 * How engines are timed: in alternation, round by round, each with its own number of runs per sample. The clock is the CPU time of the main
 * thread: nothing here waits for anything, and what else the machine does at the time then counts little.
 */
import type { Run } from './opponents/engine.ts';

/** Nanoseconds, per whatever the caller divides by. */
export interface Timing {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

/** A timing, or the words that stand in its place. */
export type Outcome = Timing | { readonly failed: string };

export const isTiming = (outcome: Outcome): outcome is Timing => 'median' in outcome;

export interface Effort {
  readonly rounds: number;
  /** How long a sample should take at least. Below that, runs are repeated. */
  readonly sampleMs: number;
  /** How long each engine runs before anything is measured. */
  readonly warmUpMs: number;
  /** What an engine may take in all. One that is too slow for its rounds gets fewer, and at the least one. */
  readonly budgetMs: number;
}

export interface Contender {
  readonly name: string;
  /** One unit of work; each call with another number. Returns what the check compares. */
  readonly run: Run;
}

/** A run with another seed each time, so that nothing can be remembered from the run before. */
let seeds = 0;
const nextSeed = (): number => (seeds = (seeds + 1) % 1_000_000);

/** Times every contender. `units`: by what a run's time is divided. `expected`: the right answer. */
export async function compare(contenders: readonly Contender[], units: number, expected: (seed: number) => number, effort: Effort): Promise<Map<string, Outcome>> {
  listen();
  collect(); // once, and before warming up: V8 drops optimized code whose objects went
  const outcomes = new Map<string, Outcome>();
  let samplers = contenders.map((contender) => new Sampler(contender, effort));
  const attempt = async (sampler: Sampler, work: () => Promise<void>): Promise<void> => {
    try {
      await guarded(work);
      if (sampler.isDone) outcomes.set(sampler.contender.name, summary(sampler.samples, units));
    } catch (error) {
      sampler.isDone = true;
      outcomes.set(sampler.contender.name, { failed: reason(error) });
    }
  };
  for (const sampler of samplers) await attempt(sampler, () => sampler.prepare(expected));
  for (let round = 0; round < effort.rounds; round++) {
    samplers = samplers.filter(({ isDone }) => !isDone); // lets their graphs go
    for (let i = 0; i < samplers.length; i++) {
      const sampler = samplers[(i + round) % samplers.length]!;
      await attempt(sampler, () => sampler.sample());
    }
  }
  return outcomes;
}

/** Some libraries overflow the stack where no promise is looking, and their promise then never settles, or after it has. */
let trouble = Promise.withResolvers<never>();

let isListening = false;
function listen(): void {
  if (isListening) return;
  isListening = true; // and stays so: some of it comes late
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error: unknown) => {
      if (!isOverflow(error)) console.error(error);
      trouble.reject(error);
    });
  }
}

const isOverflow = (error: unknown): boolean => error instanceof RangeError && error.message.includes('call stack');

async function guarded(work: () => Promise<void>): Promise<void> {
  trouble = Promise.withResolvers();
  trouble.promise.catch(() => {});
  const timer = setTimeout(() => trouble.reject(new Error('no answer in 30 s')), 30_000);
  try {
    await Promise.race([work(), trouble.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Milliseconds. The system brings a thread's account up to date when the thread goes to sleep, so it does, for a moment. */
export function clock(): number {
  Atomics.wait(nobody, 0, 0, 0.02);
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

export const collect = (): void => {
  if (globalThis.gc === undefined) throw new Error('Expected node --expose-gc');
  void globalThis.gc();
};

class Sampler {
  readonly contender: Contender;
  readonly samples: number[] = [];
  isDone = false;
  readonly #effort: Effort;
  #spentMs = 0;
  #runs = 1;

  constructor(contender: Contender, effort: Effort) {
    this.contender = contender;
    this.#effort = effort;
  }

  /** Checks the answers, warms up, and decides on the runs per sample. */
  async prepare(expected: (seed: number) => number): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const seed = nextSeed();
      const start = clock();
      const value = await this.contender.run(seed);
      const took = clock() - start;
      if (value !== expected(seed)) throw new Error('wrong value');
      if (took > this.#effort.budgetMs) {
        this.samples.push(took * 1e6); // it has had its share
        this.isDone = true;
        return;
      }
    }
    let runs = 0;
    let took = 0;
    const start = clock();
    do {
      const more = Math.max(1, runs); // the clock costs more than a small run
      await this.#times(more);
      runs += more;
      took = clock() - start;
    } while (took < this.#effort.warmUpMs);
    this.#runs = Math.max(1, Math.round((this.#effort.sampleMs * runs) / took));
  }

  /** One sample: nanoseconds per run. */
  async sample(): Promise<void> {
    void globalThis.gc?.({ type: 'minor' });
    const start = clock();
    await this.#times(this.#runs);
    const took = clock() - start;
    this.samples.push((took * 1e6) / this.#runs);
    this.#spentMs += took;
    this.isDone = this.#spentMs > this.#effort.budgetMs || this.samples.length >= this.#effort.rounds;
  }

  async #times(runs: number): Promise<void> {
    const { run } = this.contender;
    for (let i = 0; i < runs; i++) {
      const value = run(nextSeed());
      if (typeof value !== 'number') await value;
    }
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (isOverflow(error)) return 'stack overflow';
  return error.message.length > 40 ? error.name : error.message;
}

export function summary(samples: readonly number[], units = 1): Timing {
  const sorted = samples.map((sample) => sample / units).toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)!, rounds: sorted.length };
}
