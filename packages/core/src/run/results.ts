/** What becomes of a body's return value. */
import { FlowError, issueText, notePath } from '../errors.ts';
import { labelOf, showFor } from '../model/definition.ts';
import type { Definition } from '../model/definition.ts';
import { deepFreeze } from '../model/frozen.ts';
import { GenericResult, isFlowResult, isGenericResult } from '../model/result.ts';
import { parseSync } from '../model/schema.ts';
import type { Activation } from './activation.ts';
import { fullPath } from './paths.ts';

/** Validates and freezes a result. Returns the value that consumers receive; a box of the body's own is kept for the caller. Throws INVALID_RESULT. */
export function finished(act: Activation, cell: number, result: unknown, validate: boolean): unknown {
  const { definition } = act.plan.models[cell]!;
  if (isGenericResult(result)) {
    const value = settled(act, cell, definition, result.value, validate);
    const isPlainBox = Object.getPrototypeOf(result) === GenericResult.prototype;
    act.boxes.set(cell, Object.is(value, result.value) || !isPlainBox ? result : new GenericResult(value));
    return value;
  }
  if (isFlowResult(result)) {
    if (definition.output !== undefined && validate) parsed(act, cell, definition, result);
    if (definition.freeze) for (const value of Object.values(result)) deepFreeze(value);
    return result;
  }
  return settled(act, cell, definition, result, validate);
}

function settled(act: Activation, cell: number, definition: Definition, result: unknown, validate: boolean): unknown {
  return frozenFor(definition, definition.output !== undefined && validate ? parsed(act, cell, definition, result) : result);
}

export const frozenFor = <T>(definition: Definition, value: T): T => (definition.freeze ? deepFreeze(value) : value);

function parsed(act: Activation, cell: number, definition: Definition, value: unknown): unknown {
  const output = definition.output!;
  const result = parseSync(output, value, () => `${labelOf(definition)}, output`);
  if (result.ok) return result.value;
  const path = fullPath(act, cell);
  const error = new FlowError('INVALID_RESULT', `${labelOf(definition)} returned ${showFor(output, value)}, and its output is ${output.type} (${issueText(result.issues)}). Change the body, or the output schema.`, {
    path,
    details: { model: definition.name, value: output.secret ? undefined : value, issues: result.issues },
    cause: result.error,
  });
  notePath(error, () => path);
  throw error;
}

export const isPrimitive = (value: unknown): boolean => (typeof value === 'object' ? value === null : typeof value !== 'function');

export const isPromise = <T = unknown>(value: unknown): value is PromiseLike<T> => typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/** Whatever is thenable and no promise may settle twice, or throw: a promise of it does not. */
export const settlingOnce = (thenable: PromiseLike<unknown>): Promise<unknown> => (thenable instanceof Promise ? (thenable as Promise<unknown>) : Promise.resolve(thenable));

/** What `compute` resolves to. */
export function boxed(act: Activation, cell: number): unknown {
  return boxedValue(act.plan.models[cell]!.definition, act.values[cell], act.boxOf(cell));
}

/** A value for the caller; `box`: what the body put it in, if it did. */
export function boxedValue(definition: Definition, value: unknown, box: unknown): unknown {
  if (box !== undefined) return box;
  return isFlowResult(value) || definition.autoUnwrap ? value : new GenericResult(value);
}
