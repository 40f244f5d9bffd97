/**
 * The models that a compiled document has beside those that it names: they hand inputs on, look into values, fill templates and collect outputs.
 * None of them computes another model: the graph is static.
 */
import { Dependency, flowModel, FromContext } from '@flowmodel/core';
import { z } from 'zod';
import { WorkflowError } from '../errors.ts';
import type { WorkflowIssue, WorkflowPhase } from '../errors.ts';
import { suggestion } from '../names.ts';
import { fill, lookUp, MISSING } from '../template/resolve.ts';
import type { Form } from '../template/resolve.ts';
import { succeeded } from './outcome.ts';
import type { Outcome } from './outcome.ts';

/** A form is made by the compiler; there is nothing to check. */
const AnyForm = z.custom<Form>();
const Path = z.array(z.union([z.string(), z.number()]));

/** The value of a context field as the value of a model. */
export const handOn = flowModel({ name: 'workflow.value', replace: true, inputs: { value: FromContext(z.unknown()) } }, ({ value }) => value);

/** Stands between two contexts. */
export const pass = flowModel({ name: 'workflow.pass', replace: true, inputs: { value: z.unknown() } }, ({ value }) => value);

const lookUpInputs = {
  from: z.unknown(),
  path: Path,
  /** As it stands in the document. */
  reference: z.string(),
  /** Whether `from` is the outcome of a node that may fail or be skipped. */
  isOutcome: z.boolean().default(false),
};

/** The value that a reference stands for. */
export const pick = flowModel({ name: 'workflow.pick', replace: true, inputs: lookUpInputs }, ({ from, path, reference, isOutcome }) => {
  const root = isOutcome ? reached(from as Outcome, path, reference) : from;
  const value = lookUp(root, path);
  if (value === MISSING) throw missing(root, path, reference);
  return value;
});

/** The same in a list, which is empty when there is no such value; with `onlyWhenSkipped` only when its node did not get to it. */
export const find = flowModel(
  { name: 'workflow.find', replace: true, inputs: { ...lookUpInputs, onlyWhenSkipped: z.boolean().default(false) } },
  ({ from, path, reference, isOutcome, onlyWhenSkipped }): readonly unknown[] => {
    const root = isOutcome ? succeeded(from as Outcome, path) : from;
    if (root === MISSING) return [];
    const value = lookUp(root, path);
    if (value !== MISSING) return [value];
    if (onlyWhenSkipped) throw missing(root, path, reference);
    return [];
  },
);

/** Text and containers with values in their places. */
export const template = flowModel(
  { name: 'workflow.template', replace: true, inputs: { form: AnyForm, values: Dependency(z.array(z.unknown())) } },
  ({ form, values }) => fill(form, values),
);

/** The same over what `find` yields: in a list, which is empty when one of the values is missing. */
export const tentative = flowModel(
  { name: 'workflow.tentative', replace: true, inputs: { form: AnyForm, found: Dependency(z.array(z.custom<readonly unknown[]>())) } },
  ({ form, found }): readonly unknown[] => (found.every((each) => each.length === 1) ? [fill(form, found.map(([value]) => value))] : []),
);

/** What was found, or else the default. */
export const otherwise = flowModel(
  { name: 'workflow.otherwise', replace: true, inputs: { found: z.custom<readonly unknown[]>(), otherwise: z.unknown() } },
  ({ found, otherwise }) => (found.length === 0 ? otherwise : found[0]),
);

/**
 * The document itself: the record of its outputs. `optional` names those that stand in lists, and are left out when the list is empty.
 * `also` holds what has to run or to be there although no output needs it.
 */
export const collect = flowModel(
  {
    name: 'workflow',
    replace: true,
    inputs: { outputs: Dependency(z.record(z.string(), z.unknown())), optional: z.array(z.string()).default([]), also: Dependency(z.array(z.unknown()).default([])) },
  },
  ({ outputs, optional }): Readonly<Record<string, unknown>> => {
    if (optional.length === 0) return outputs;
    return Object.fromEntries(
      Object.entries(outputs).flatMap(([name, value]) => {
        if (!optional.includes(name)) return [[name, value]];
        const found = value as readonly unknown[];
        return found.length === 0 ? [] : [[name, found[0]]];
      }),
    );
  },
);

/** Stands for a child that could not be compiled and whose failure is routed. */
export const fail = flowModel(
  { name: 'workflow.fail', replace: true, inputs: { phase: z.custom<WorkflowPhase>(), message: z.string(), issues: z.array(z.custom<WorkflowIssue>()) } },
  ({ phase, message, issues }): never => {
    throw new WorkflowError(phase, message, { issues });
  },
);

/** The value of a node that has to have one. */
function reached(outcome: Outcome, path: readonly (string | number)[], reference: string): unknown {
  const value = succeeded(outcome, path);
  if (value !== MISSING) return value;
  const why = outcome.status === 'failed' ? `its node failed: ${outcome.error.message}` : 'its node did not run: no edge led to it';
  throw new WorkflowError('resolve', `${reference} has no value, since ${why}. ${adviceOn(reference)}`, { details: { reference } });
}

const adviceOn = (reference: string): string =>
  reference.startsWith('${') ? `Give it a default: { $value: '${reference}', default: … }.` : 'Change the output_mapping, or give the child an output that has it.';

function missing(root: unknown, path: readonly (string | number)[], reference: string): WorkflowError {
  let held = root;
  let i = 0;
  for (; i < path.length; i++) {
    const next = lookUp(held, [path[i]!]);
    if (next === MISSING) break;
    held = next;
  }
  const part = path[i] ?? '';
  return new WorkflowError('resolve', `${reference} has no value: ${typeof part === 'number' ? `there is no element ${part}` : `there is no '${part}'`} in ${held === null ? 'null.' : described(held, part)} ${adviceOn(reference)}`, { details: { reference } });
}

/** What stands there, by its keys: values may be secrets. */
function described(value: unknown, part: string | number): string {
  if (Array.isArray(value)) return `a list of ${value.length}.`;
  if (typeof value !== 'object' || value === null) return `a ${typeof value}.`;
  return typeof part === 'number' ? 'a record.' : `a record.${suggestion(part, Object.keys(value), 'Its keys are')}`;
}
