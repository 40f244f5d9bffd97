/** Running a context transform: synchronous, pure, its result checked against what it declares. */
import { FlowError, issueText, listNames } from '../errors.ts';
import { UNSET } from '../model/brand.ts';
import { labelOf, showFor } from '../model/definition.ts';
import { deepFreeze, isPlainObject } from '../model/frozen.ts';
import { parseSync } from '../model/schema.ts';
import type { Validator } from '../model/schema.ts';
import type { BoundTransform } from '../model/transform.ts';

/**
 * Runs a bound transform. `context` holds its parsed contextual inputs, in the order of `contextFields`.
 * Throws TRANSFORM for a result that breaks its declaration; what the body throws passes through.
 */
export function runTransform(transform: BoundTransform, context: readonly unknown[]): unknown {
  const { definition } = transform;
  const values = transform.values.slice();
  for (let i = 0; i < values.length; i++) if (values[i] === UNSET) values[i] = undefined;
  for (let i = 0; i < context.length; i++) values[definition.contextFields[i]!.input!.index] = context[i];
  const result = definition.body(definition.record(values), undefined);
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    (result as Promise<unknown>).then(undefined, () => {}); // its failure is not the news
    throw problem(transform, 'it returned a promise, and transforms are synchronous. Compute the value in a model and use computed(model).');
  }
  return definition.patches === undefined ? fieldResult(transform, result) : patchResult(transform, result, definition.patches);
}

function fieldResult(transform: BoundTransform, result: unknown): unknown {
  const { output } = transform.definition;
  const value = output === undefined ? result : checked(transform, 'result', output, result);
  if (value === undefined) throw problem(transform, 'it returned undefined, which means "not given". Return a value (null is one), or declare patches: a patch may leave a field out.');
  return deepFreeze(value);
}

function patchResult(transform: BoundTransform, result: unknown, patches: Readonly<Record<string, Validator>>): Readonly<Record<string, unknown>> {
  if (!isPlainObject(result)) throw problem(transform, `a patch transform returns a record of its patches, got ${showFor(undefined, result)}. Return {} to change nothing.`);
  const values: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(result)) {
    if (value === undefined) continue;
    const validator = patches[field];
    if (validator === undefined || !Object.hasOwn(patches, field)) throw problem(transform, `it returned '${field}', which it does not declare. Its patches are ${listNames(Object.keys(patches))}.`);
    values[field] = deepFreeze(checked(transform, `'${field}'`, validator, value));
  }
  return values;
}

function checked(transform: BoundTransform, what: string, validator: Validator, value: unknown): unknown {
  const result = parseSync(validator, value, () => labelOf(transform.definition));
  if (result.ok) return result.value;
  throw problem(transform, `${what}: expected ${validator.type}, got ${showFor(validator, value)}: ${issueText(result.issues)}.`, result.error);
}

function problem(transform: BoundTransform, text: string, cause?: unknown): FlowError {
  return new FlowError('TRANSFORM', `Context transform ${labelOf(transform.definition)}: ${text}`, { details: { transform: transform.definition.name }, cause });
}
