/** What became of a node that may fail or be skipped, as data. */
import { MISSING } from '../template/resolve.ts';

/** A routed failure, as `${node.error}` shows it. */
export interface WorkflowFailure {
  readonly message: string;
  /** As of the `WorkflowError`; `run` for what a body threw. */
  readonly phase: string;
  /** The code of a `FlowError`. */
  readonly code: string | null;
  /** Where in the graph, from the root down. */
  readonly path: readonly string[];
  /** What was thrown. */
  readonly cause: unknown;
}

export type Outcome =
  | { readonly status: 'ok'; readonly value: unknown }
  | { readonly status: 'failed'; readonly action: string; readonly error: WorkflowFailure }
  | { readonly status: 'skipped' };

/** The action of an edge that names none. */
export const DEFAULT_ACTION = 'default';

/** What `${node…}` looks into: the node's value; after a failure its `error` and `action`, and nothing else. */
export function succeeded(outcome: Outcome, path: readonly (string | number)[]): unknown {
  if (outcome.status === 'ok') return outcome.value;
  if (outcome.status === 'failed' && (path[0] === 'error' || path[0] === 'action')) return { error: outcome.error, action: outcome.action };
  return MISSING;
}

/** The action of a node: its `error_action` after a failure, else the text that it yields, or yields as `action`, else the default one. */
export function actionOf(outcome: Exclude<Outcome, { status: 'skipped' }>): string {
  if (outcome.status === 'failed') return outcome.action;
  const { value } = outcome;
  const action: unknown = typeof value === 'object' && value !== null && Object.hasOwn(value, 'action') ? (value as { action?: unknown }).action : value;
  return typeof action === 'string' && action !== '' ? action : DEFAULT_ACTION;
}
