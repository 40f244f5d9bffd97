import { seeded } from './random.ts';

/**
 * The decisions of one schedule, in order, each a number below the number of alternatives. Random ones from a seed, or those of an earlier schedule, with 0
 * for whatever that one did not decide: so any list of numbers is a schedule, and shorter lists are simpler ones.
 */
export class Choices {
  readonly made: number[] = [];
  readonly #next: (alternatives: number) => number;

  private constructor(next: (alternatives: number) => number) {
    this.#next = next;
  }

  static random(seed: number): Choices {
    const random = seeded(seed);
    return new Choices((alternatives) => Math.floor(random() * alternatives));
  }

  static replayed(list: readonly number[]): Choices {
    let at = 0;
    return new Choices((alternatives) => (list[at++] ?? 0) % alternatives);
  }

  /** A whole number from 0 to less than `alternatives`. */
  below(alternatives: number): number {
    if (alternatives <= 1) return 0; // no decision: nothing to remember
    const choice = this.#next(alternatives);
    this.made.push(choice);
    return choice;
  }
}

/** Simpler lists than a given one, the simplest first: the front part of it, the list without a part, with one decision fewer. */
export function* simplerThan(choices: readonly number[]): Generator<readonly number[]> {
  for (let length = 0; length < choices.length; length = length === 0 ? 1 : length * 2) yield choices.slice(0, length);
  for (let size = choices.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= choices.length; at += size) yield choices.toSpliced(at, size);
  }
  for (const [at, choice] of choices.entries()) if (choice !== 0) yield choices.with(at, 0);
}
