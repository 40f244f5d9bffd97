/** The models of documents with actions: a node that may fail or be skipped is a lazy branch, and its outcome is a value. */
import { Dependency, FlowError, flowModel, flowPathOf, Lazy } from '@flowmodel/core';
import { z } from 'zod';
import { WorkflowError } from '../errors.ts';
import { actionOf, DEFAULT_ACTION } from './outcome.ts';
import type { Outcome, WorkflowFailure } from './outcome.ts';

const AnyOutcome = z.custom<Outcome>();

/**
 * Runs a branch and turns its failure into a value. It is volatile: whether it fails is no function of its inputs, so nothing downstream of it
 * is stored in a cache. What is upstream of it is.
 */
export const attempt = flowModel(
  { name: 'workflow.attempt', replace: true, volatile: true, orchestrates: true, inputs: { node: Lazy(z.unknown()), action: z.string() } },
  async ({ node, action }, run): Promise<Outcome> => {
    try {
      return { status: 'ok', value: await node() };
    } catch (error) {
      if (run.signal.aborted || (error instanceof FlowError && error.code === 'CANCELLED')) throw error; // cancelling is no failure of the node
      return { status: 'failed', action, error: failureOf(error) };
    }
  },
);

function failureOf(error: unknown): WorkflowFailure {
  return {
    message: error instanceof Error ? error.message : String(error),
    phase: error instanceof WorkflowError ? error.phase : 'run',
    code: error instanceof FlowError ? error.code : null,
    path: flowPathOf(error) ?? [],
    cause: error,
  };
}

/** One attempt for all its consumers: a volatile model itself is evaluated for each. */
export const settle = flowModel({ name: 'workflow.settle', replace: true, inputs: { attempt: AnyOutcome } }, ({ attempt }) => attempt);

/** Follows the edges that lead to a node. */
export const gate = flowModel(
  {
    name: 'workflow.gate',
    replace: true,
    orchestrates: true,
    inputs: {
      id: z.string(),
      /** The edges of the document; the node runs when one of them is taken. */
      edges: Dependency(z.array(z.object({ from: z.unknown(), isOutcome: z.boolean(), action: z.string(), others: z.array(z.string()) }))),
      /** What the node's own templates refer to; it cannot run without. */
      needs: Dependency(z.array(z.object({ from: AnyOutcome, reference: z.string(), after: z.enum(['success', 'failure', 'both']) }))),
      node: Lazy(z.unknown()),
      /** Whether the node may fail, and so is an outcome already. */
      isOutcome: z.boolean(),
    },
  },
  async ({ id, edges, needs, node, isOutcome }): Promise<Outcome> => {
    if (edges.length > 0 && !edges.some(isTaken)) return { status: 'skipped' };
    const lacking = needs.find(({ from, after }) => (from.status === 'ok' ? after === 'failure' : from.status === 'skipped' || after === 'success'));
    if (lacking !== undefined) {
      if (edges.length === 0) return { status: 'skipped' };
      const why = lacking.from.status === 'failed' ? 'failed' : lacking.from.status === 'ok' ? 'did not fail' : 'was skipped';
      throw new WorkflowError('resolve', `node '${id}' was reached, but ${lacking.reference} has no value: its node ${why}. Give it a default: { $value: '${lacking.reference}', default: … }.`, { details: { node: id, reference: lacking.reference } });
    }
    const value = await node();
    return isOutcome ? (value as Outcome) : { status: 'ok', value };
  },
);

interface TakenEdge {
  readonly from: unknown;
  readonly isOutcome: boolean;
  /** `default` for an edge that names none. */
  readonly action: string;
  /** The actions of the other edges that leave the same node: the default edge is for everything else. */
  readonly others: readonly string[];
}

function isTaken({ from, isOutcome, action, others }: TakenEdge): boolean {
  const outcome = isOutcome ? (from as Outcome) : ({ status: 'ok', value: from } as const);
  if (outcome.status === 'skipped') return false;
  const taken = actionOf(outcome);
  if (taken === action) return true;
  return action === DEFAULT_ACTION && outcome.status === 'ok' && !others.includes(taken);
}
