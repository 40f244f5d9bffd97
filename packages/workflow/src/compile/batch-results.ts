/** The value of a batch node, as the reference has it. */
import type { BatchValue } from '@flowmodel/batch';
import { flowModel } from '@flowmodel/core';
import { z } from 'zod';
import { isRecord } from '../document/data.ts';

export interface BatchOutput {
  /** In the order of the items; null for one that failed. Records get their `item`; other values are `{ item, value }`. */
  readonly results: readonly (Readonly<Record<string, unknown>> | null)[];
  readonly count: number;
  readonly success_count: number;
  readonly error_count: number;
  /** What failed, or null: also records whose `error` says so. */
  readonly errors: readonly { readonly index: number; readonly item: unknown; readonly error: unknown }[] | null;
  readonly batch_metadata: Readonly<Record<string, unknown>>;
}

export const batchResults = flowModel(
  { name: 'workflow.batch', replace: true, inputs: { batch: z.custom<BatchValue<Record<string, unknown>, unknown>>(), items: z.array(z.unknown()), metadata: z.record(z.string(), z.unknown()) } },
  ({ batch, items, metadata }): BatchOutput => {
    const errors: { readonly index: number; readonly item: unknown; readonly error: unknown }[] = [];
    const results = batch.results.map((entry, index) => {
      const item = items[index];
      if (entry.status === 'error') {
        errors.push({ index, item, error: entry.error instanceof Error ? entry.error.message : String(entry.error) });
        return null;
      }
      const { value } = entry;
      if (!isRecord(value)) return { item, value };
      if (value['error']) errors.push({ index, item, error: value['error'] });
      return { ...value, item };
    });
    const count = results.length;
    return { results, count, success_count: count - errors.length, error_count: errors.length, errors: errors.length === 0 ? null : errors, batch_metadata: metadata };
  },
);
