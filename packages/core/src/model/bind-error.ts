import { FlowError, joinPath } from '../errors.ts';
import { labelOf } from './definition.ts';
import type { Definition, InputSpec } from './definition.ts';
import { isGenericResult } from './result.ts';

export function bindError(definition: Definition, input: InputSpec | undefined, problem: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown): FlowError {
  const where = input === undefined ? labelOf(definition) : `${labelOf(definition)}, input '${input.name}'`;
  const path = input === undefined ? [labelOf(definition)] : [labelOf(definition), input.name];
  return new FlowError('BIND', `${where}: ${problem}`, { path, details: { model: definition.name, ...(input && { input: input.name }), path: joinPath(path), ...details }, cause });
}

/** For what a computation hands out, where its value or its model was meant. */
export function resultHint(given: unknown): string | undefined {
  if (isGenericResult(given)) return 'a GenericResult, the box that compute yields. Bind its .value, or the model itself: the graph then computes it.';
  return isThenable(given) ? 'a promise. Await it first; the promise of a compute is not needed: bind the model itself, and the graph awaits it.' : undefined;
}

const isThenable = (value: unknown): boolean => typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
