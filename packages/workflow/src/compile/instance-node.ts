/** A node that is a registered instance: its params are fields of the context that the instance reads. */
import { contextFieldsOf } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { suggestion } from '../names.ts';
import { kindOf } from './kinds.ts';
import { rewritten } from './places.ts';
import type { Scope } from './scope.ts';
import { unionOf } from './wiring.ts';
import type { Wiring } from './wiring.ts';
import type { Wire, Work } from './work.ts';

export function checkInstanceNode(scope: Scope, work: Work, instance: CallableModel): void {
  const fields = contextFieldsOf(instance);
  for (const [name, value] of work.values) {
    const at = [...work.valuesAt, name];
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) {
      scope.kindOf(value, at);
      scope.report(at, `nothing in the model at '${work.node.type}' reads '${name}' from the context.${suggestion(name, Object.keys(fields), 'It reads')} Its own inputs are bound: register another instance, or name the flow model`);
    }
    for (const schema of field?.schemas ?? []) scope.check(value, at, kindOf(schema, 'input'), `'${name}' of the model at '${work.node.type}'`);
  }
  for (const key of ['retry', 'timeout'] as const) if (work.node[key] !== undefined) scope.report([...work.at, key], `'${key}' goes with the name of a flow model; give the definition of '${work.node.type}' an evaluator`);
}

export function wireInstanceNode(wiring: Wiring, work: Work, instance: CallableModel): Wire {
  const own = wiring.instanceWire(instance, work.node.id);
  if (work.values.size === 0) return own;
  const supplies = [...work.values].map(([name, value]) => [name, wiring.supply(value)] as const);
  const kept = [...own.needs].filter((name) => !work.values.has(name));
  return { model: rewritten(own.model, Object.fromEntries(supplies.map(([name, { value }]) => [name, value]))), needs: unionOf([new Set(kept), ...supplies.map(([, { needs }]) => needs)]), isWrapper: true };
}
