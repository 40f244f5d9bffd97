/** Nodes that may fail or be skipped: their models become lazy branches, and their outcomes values. */
import type { CallableModel } from '@flowmodel/core';
import { attempt, gate, settle } from './control.ts';
import { called } from './labels.ts';
import { needsOf } from './order.ts';
import type { Scope } from './scope.ts';
import { unionOf } from './wiring.ts';
import type { Wiring } from './wiring.ts';
import type { Wire, Work } from './work.ts';

/** Puts around a node's model what makes an outcome of it. */
export function withOutcome(scope: Scope, wiring: Wiring, work: Work, wire: Wire): Wire {
  if (!work.isOutcome) return wire;
  let { model } = wire;
  const { errorAction, gates, node: { id } } = work;
  if (errorAction !== undefined) model = called(`outcome of ${id}`, settle({ attempt: called(`try ${id}`, attempt({ node: model, action: errorAction })) }));
  if (gates === undefined) return { model, needs: wire.needs };
  const needs = [wire.needs];
  const from = (node: Work): CallableModel => {
    const found = wiring.nodeWire(node);
    needs.push(found.needs);
    return found.model;
  };
  const gated = called(`gate of ${id}`, gate({
    id,
    edges: gates.map((edge) => ({ from: from(edge.from), isOutcome: edge.from.isOutcome, action: edge.action, others: [...edge.others] })),
    needs: needsOf(scope, work).map((need) => ({ from: from(need.work) as CallableModel<never>, reference: need.reference, after: need.after })),
    node: model,
    isOutcome: errorAction !== undefined,
  }));
  return { model: gated, needs: unionOf(needs) };
}
