/** A node that is a registered instance: its params are fields of the context that the instance reads. */
import type { CallableModel } from '@flowmodel/core';
import type { Scope } from './scope.ts';
import { reads, rewritten, unionOf } from './wiring.ts';
import type { Wiring } from './wiring.ts';
import type { Wire, Work } from './work.ts';

export function checkInstanceNode(scope: Scope, work: Work, instance: CallableModel): void {
  for (const [name, value] of work.values) {
    const at = [...work.valuesAt, name];
    scope.kindOf(value, at);
    if (!reads(instance, name)) scope.report(at, `nothing in the model at '${work.node.type}' reads '${name}' from the context, and its own inputs are bound. Register another instance, or name the flow model`);
  }
  for (const key of ['retry', 'timeout'] as const) if (work.node[key] !== undefined) scope.report([...work.at, key], `'${key}' goes with the name of a flow model; give the definition of '${work.node.type}' an evaluator`);
}

export function wireInstanceNode(wiring: Wiring, work: Work, instance: CallableModel): Wire {
  const own = wiring.instanceWire(instance);
  if (work.values.size === 0) return own;
  const supplies = [...work.values].map(([name, value]) => [name, wiring.supply(value)] as const);
  const kept = [...own.needs].filter((name) => !work.values.has(name));
  return { model: rewritten(own.model, Object.fromEntries(supplies.map(([name, { value }]) => [name, value]))), needs: unionOf([new Set(kept), ...supplies.map(([, { needs }]) => needs)]), isWrapper: true };
}
