/** The context that a caller gives to `compute`. */
import { readsOf } from '../context/contract.ts';
import { fieldsIn, isFlowContext } from '../context/flow-context.ts';
import { FlowError, listNames } from '../errors.ts';
import { UNSET } from '../model/brand.ts';
import { labelOf } from '../model/definition.ts';
import { isPlainObject } from '../model/frozen.ts';
import type { InputSpec } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import { optionsIn } from './options.ts';

/** Has no prototype of its own to read from, like `Object.create(null)`, but V8 keeps objects of a class in a faster form. */
class Fields {
  [name: string]: unknown;
}
Object.setPrototypeOf(Fields.prototype, null);
delete (Fields.prototype as { constructor?: unknown }).constructor;

/**
 * The given fields. In a plain object a name of the root's own regular inputs is a mistake; a FlowContext is ambient only.
 * Throws INVALID_CONTEXT, UNBOUND_INPUT, REGULAR_OVERRIDE.
 */
export function contextFor(model: Model, given: unknown): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = new Fields();
  if (given === undefined) return fields;
  let isAmbient = true;
  const source = isPlainObject(given) ? given : Object.fromEntries(fieldsIn(given, model.definition.name ?? '<root>'));
  for (const name of Object.keys(source)) {
    const value = source[name];
    if (value === undefined) continue;
    fields[name] = value;
    const index = model.definition.inputIndex.get(name);
    if (index !== undefined && isBindable(model.definition.inputs[index]!)) isAmbient = false;
  }
  if (!isAmbient && !isFlowContext(given)) checkNames(model, Object.keys(fields));
  return fields;
}

const isBindable = ({ role }: InputSpec): boolean => role !== 'context' && role !== 'resource';

/** Options in the place of the context would be fields that nobody reads, and change nothing. Throws INVALID_CONTEXT. */
export function refuseOptions(model: Model, context: unknown): void {
  if (!isPlainObject(context)) return;
  const names = optionsIn(context);
  if (names === undefined || names.some((name) => readsOf(model).has(name) || model.definition.inputIndex.has(name))) return;
  const name = labelOf(model.definition);
  throw new FlowError('INVALID_CONTEXT', `${name}: ${listNames(names)} ${names.length === 1 ? 'is an option' : 'are options'}, and nothing here reads a context field of that name. Options come second: compute({}, { ${names.join(', ')} }).`, { path: [model.definition.name ?? '<root>'], details: { options: names } });
}

function checkNames(model: Model, names: readonly string[]): void {
  const { definition, values } = model;
  const regular = names.filter((name) => {
    const index = definition.inputIndex.get(name);
    return index !== undefined && isBindable(definition.inputs[index]!);
  });
  const unbound = regular.filter((name) => values[definition.inputIndex.get(name)!] === UNSET);
  const name = labelOf(definition);
  const path = [definition.name ?? '<root>'];
  if (unbound.length > 0) {
    throw new FlowError('UNBOUND_INPUT', `${name}: ${listNames(unbound)} cannot come from the context: regular inputs are bound where the model is made. Write ${name}({ ${unbound[0]}: … }).`, { path, details: { inputs: unbound } });
  }
  throw new FlowError(
    'REGULAR_OVERRIDE',
    `${name}: ${listNames(regular)} cannot be overridden by the context: regular inputs are bound where the model is made. Use rebind({ ${regular[0]}: … }); for a contextual field of that name upstream, pass new FlowContext({ … }).`,
    { path, details: { inputs: regular } },
  );
}
