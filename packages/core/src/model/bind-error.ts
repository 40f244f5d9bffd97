import { FlowError, joinPath } from '../errors.ts';
import { labelOf } from './definition.ts';
import type { Definition, InputSpec } from './definition.ts';

export function bindError(definition: Definition, input: InputSpec | undefined, problem: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown): FlowError {
  const where = input === undefined ? labelOf(definition) : `${labelOf(definition)}, input '${input.name}'`;
  const path = input === undefined ? [labelOf(definition)] : [labelOf(definition), input.name];
  return new FlowError('BIND', `${where}: ${problem}`, { path, details: { model: definition.name, ...(input && { input: input.name }), path: joinPath(path), ...details }, cause });
}
