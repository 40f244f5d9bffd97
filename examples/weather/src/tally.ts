import type { NodeEndEvent, RetryEvent } from '@flowmodel/core';

/** An observer that counts how often each body ran. Bodies know nothing of it; what came from a cache did not run. */
export class Tally {
  readonly counts = new Map<string, number>();
  /** What was tried again, and why. */
  readonly retries: string[] = [];

  readonly 'node:end' = ({ model, status }: NodeEndEvent): void => {
    if (status === 'computed') this.counts.set(model, (this.counts.get(model) ?? 0) + 1);
  };

  readonly retry = ({ model, attempt, error }: RetryEvent): void => {
    this.retries.push(`${model}: attempt ${attempt} failed: ${error instanceof Error ? error.message : String(error)}`);
  };
}
