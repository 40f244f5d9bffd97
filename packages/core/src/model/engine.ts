import type { FlowInspection } from '../inspect/types.ts';
import type { FlowDocument } from '../serialize/document.ts';
import type { Model } from './model.ts';

/** What evaluates models. Definitions carry it, so that a model, which is plain data, knows nothing of evaluation. */
export interface Engine {
  compute(model: Model, context: unknown, options: unknown): Promise<unknown>;
  computeSync(model: Model, context: unknown, options: unknown): unknown;
  withContext(model: Model, rewrites: readonly unknown[]): Model;
  inspect(model: Model, context: unknown, options: unknown): FlowInspection;
  toJSON(model: Model, options: unknown): FlowDocument;
}
