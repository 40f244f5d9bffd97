import { Resource } from '@flowmodel/core';

/** How often each body ran. */
export class Tally {
  readonly counts = new Map<string, number>();

  ran(model: string): void {
    this.counts.set(model, (this.counts.get(model) ?? 0) + 1);
  }
}

/** As an input: bodies receive the tally of their run, as they would a logger. */
export const tally = Resource<Tally>();
