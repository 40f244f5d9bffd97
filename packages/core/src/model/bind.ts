/** Bindings: what a caller gives by name, turned into values in declaration order. Literals are parsed here, once. */
import { didYouMean, issueText, listNames, pathText } from '../errors.ts';
import { asContainer, asModel, asTransform, UNSET } from './brand.ts';
import { bindError, resultHint } from './bind-error.ts';
import { containerOf } from './container.ts';
import { labelOf, showFor } from './definition.ts';
import type { Definition, InputSpec } from './definition.ts';
import { frozenCopy } from './frozen.ts';
import { parseSync, passes } from './schema.ts';
import type { Issue, Validator } from './schema.ts';

export interface Bound {
  /** Per declared input: a model, a `Container` with models inside, a parsed literal or default, or UNSET. */
  readonly values: readonly unknown[];
  /** The literals as given, UNSET where nothing was; the same array as `values` where they do not differ. */
  readonly given: readonly unknown[];
}

const NOTHING: readonly unknown[] = Array.from({ length: 64 }, () => UNSET);

/** Reads a record of bindings. Throws BIND. */
export function bind(definition: Definition, bindings: unknown): Bound {
  const { inputs } = definition;
  // Copied, since an array that grows keeps room for 17 elements: half of a model's memory.
  const given = inputs.length <= NOTHING.length ? NOTHING.slice(0, inputs.length) : new Array<unknown>(inputs.length).fill(UNSET);
  if (bindings !== undefined) readNames(definition, bindings, given);

  let values = given;
  for (let i = 0; i < inputs.length; i++) {
    const value = valueOf(definition, inputs[i]!, given[i]);
    if (value !== given[i]) {
      if (values === given) values = given.slice();
      values[i] = value;
    }
  }
  definition.checkBindings?.(definition, values);
  return { values, given };
}

function readNames(definition: Definition, bindings: unknown, given: unknown[]): void {
  if (typeof bindings !== 'object' || bindings === null || Array.isArray(bindings) || asModel(bindings) !== undefined) {
    throw bindError(definition, undefined, `expected a record of inputs by name, got ${showFor(undefined, bindings)}. Write ${labelOf(definition)}({ name: value }).`);
  }
  for (const name of Object.keys(bindings)) {
    const index = definition.inputIndex.get(name);
    if (index === undefined) {
      const names = [...definition.inputIndex.keys()];
      throw bindError(definition, undefined, `no input is named '${name}'.${didYouMean(name, names)} Its inputs are ${listNames(names)}.`, { input: name });
    }
    const value = (bindings as Record<string, unknown>)[name];
    if (value !== undefined) given[index] = typeof value === 'object' ? frozenGiven(definition, definition.inputs[index]!, value) : value;
  }
}

/** Models stay as they are; data is copied, so that the caller's own objects are neither frozen nor aliased. */
const frozenGiven = (definition: Definition, input: InputSpec, value: object | null): unknown =>
  asModel(value) !== undefined ? value : input.role === 'dependency' ? (containerOf(definition, input, value) ?? frozenCopy(value)) : frozenCopy(value);

function valueOf(definition: Definition, input: InputSpec, given: unknown): unknown {
  const isData = given !== UNSET && (typeof given !== 'object' || asModel(given) === undefined);
  switch (input.role) {
    case 'regular':
    case 'dependency':
      if (given === UNSET) return input.required ? UNSET : defaultOf(definition, input);
      if (!isData && definition.kind === 'class') throw bindError(definition, input, 'class-based models take literals here. Mark the input ModelInput(…) and compute the model in call: run.compute(this.inputs.x).');
      return isData && asContainer(given) === undefined ? literal(definition, input, given) : given;
    case 'context':
      if (!isData) {
        if (given === UNSET) return UNSET;
        throw bindError(definition, input, 'a contextual default is data, not a model. Bind the model to a regular input, or rewrite the field: withContext({ field: computed(model) }).');
      }
      literal(definition, input, given); // checked now; each evaluation parses what the context gives
      return given;
    case 'lazy':
    case 'model':
      if (isData) throw bindError(definition, input, `expected a model, got ${showFor(input.schema, given)}. A ${input.role === 'lazy' ? 'Lazy' : 'ModelInput'} input is never a literal: bind a model, or drop the marker.`);
      return given;
    case 'resource':
      if (given !== UNSET) throw bindError(definition, input, 'a resource is supplied by the run, not bound. Pass it as compute(context, { resources: { … } }) or configureFlow({ resources: { … } }).');
      return UNSET;
  }
}

/** Parses a literal; the result is frozen. */
function literal(definition: Definition, input: InputSpec, given: unknown): unknown {
  const validator = input.schema!;
  if (passes(validator.quick, given)) return given;
  const value = parseNow(definition, input, given);
  return typeof value === 'object' && value !== given ? frozenCopy(value) : value;
}

/** What a schema makes of a missing value. Evaluated at each construction, since a default may be a function. */
function defaultOf(definition: Definition, input: InputSpec): unknown {
  const value = parseNow(definition, input, undefined);
  if (asModel(value) !== undefined) throw bindError(definition, input, 'a default is data, not a model. Bind the model when you call the factory.');
  return value === undefined ? UNSET : frozenCopy(value);
}

function parseNow(definition: Definition, input: InputSpec, given: unknown): unknown {
  const validator = input.schema!;
  const result = parseSync(validator, given, () => `${labelOf(definition)}, input '${input.name}'`);
  if (result.ok) return result.value;
  throw bindError(definition, input, literalProblem(input.name, validator, given, result.issues), { value: validator.secret ? undefined : given, issues: result.issues }, result.error);
}

function literalProblem(name: string, validator: Validator, given: unknown, issues: readonly Issue[]): string {
  const model = issues.map((issue) => ({ issue, found: asModel(at(given, issue.path)) })).find(({ found }) => found !== undefined);
  if (model?.found !== undefined) {
    return `at ${pathText([name, ...model.issue.path])} stands the model ${model.found.brief()}, and an unmarked container is a literal. Mark the input: Dependency(${validator.type === 'unknown' ? 'schema' : `z…`}).`;
  }
  const result = issues.map(({ path }) => ({ path, hint: resultHint(at(given, path)) })).find(({ hint }) => hint !== undefined);
  if (result?.hint !== undefined) return `${result.path.length === 0 ? '' : `at ${pathText([name, ...result.path])}: `}expected ${validator.type}, got ${result.hint}`;
  if (typeof given === 'function' && 'definition' in given) return `expected ${validator.type}, got a model factory. Call it first.`;
  if (asTransform(given) !== undefined) return `expected ${validator.type}, got a context transform. Transforms go to withContext.`;
  return `expected ${validator.type}, got ${showFor(validator, given)} (${issueText(issues, name)}). Bind a value of that type, or a model that yields one.`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<PropertyKey, unknown>)[key];
  }
  return found;
}
