/** Reading what a function, class or transform declares. Throws DEFINITION for what cannot be meant. */
import type * as core from 'zod/v4/core';
import { didYouMean, FlowError, listNames, show } from '../errors.ts';
import { checkDefaults } from '../context/context-type.ts';
import { asModel } from '../model/brand.ts';
import { recordOf } from '../model/definition.ts';
import type { Body, CodeSource, ContextField, ContextSpec, Definition, InputSpec } from '../model/definition.ts';
import { defaultDefinitions, DefinitionRegistry } from '../model/definitions.ts';
import { defOf, fieldsOf, inspectParts, isSchema, Quick, unwrapped, validatorOf } from '../model/schema.ts';
import type { Validator } from '../model/schema.ts';
import { engine } from '../engine.ts';
import type { Role } from '../types.ts';
import { asMarker, uncalledMarker } from './markers.ts';

/** Options as given, before they are read. */
export interface RawOptions {
  readonly name?: unknown;
  readonly inputs?: unknown;
  readonly output?: unknown;
  readonly patches?: unknown;
  readonly context?: unknown;
  readonly contextType?: unknown;
  readonly strictContext?: unknown;
  readonly autoUnwrap?: unknown;
  readonly validateResult?: unknown;
  readonly volatile?: unknown;
  readonly cacheable?: unknown;
  readonly version?: unknown;
  readonly codeVersion?: unknown;
  readonly codeDeps?: unknown;
  readonly freeze?: unknown;
  readonly localOnly?: unknown;
  readonly orchestrates?: unknown;
  readonly evaluator?: unknown;
  readonly description?: unknown;
  readonly definitions?: unknown;
  readonly replace?: unknown;
}

export interface Declared {
  readonly kind: Definition['kind'];
  /** What the thing is called in messages. */
  readonly what: string;
  readonly known: readonly (keyof RawOptions)[];
  readonly roles: readonly Role[];
}

export const FUNCTION: Declared = {
  kind: 'function',
  what: 'flowModel',
  known: ['name', 'inputs', 'output', 'contextType', 'strictContext', 'autoUnwrap', 'validateResult', 'volatile', 'cacheable', 'version', 'codeVersion', 'codeDeps', 'freeze', 'localOnly', 'orchestrates', 'evaluator', 'description', 'definitions', 'replace'],
  roles: ['context', 'lazy', 'dependency', 'model', 'resource'],
};
export const CLASS: Declared = {
  kind: 'class',
  what: 'modelClass',
  known: ['name', 'inputs', 'output', 'context', 'validateResult', 'volatile', 'cacheable', 'version', 'codeVersion', 'codeDeps', 'freeze', 'localOnly', 'orchestrates', 'evaluator', 'description', 'definitions', 'replace'],
  roles: ['model'],
};
export const TRANSFORM: Declared = {
  kind: 'field',
  what: 'contextTransform',
  known: ['name', 'inputs', 'output', 'patches', 'version', 'codeVersion', 'codeDeps', 'description', 'definitions', 'replace'],
  roles: ['context'],
};

export function define(declared: Declared, options: RawOptions, body: unknown, deps?: Definition['deps'], code: Definition['code'] = [body as CodeSource]): Definition {
  const label = `${declared.what}${typeof options === 'object' && options !== null && typeof options.name === 'string' ? ` '${options.name}'` : ''}`;
  const fail = (problem: string): never => {
    throw new FlowError('DEFINITION', `${label}: ${problem}`);
  };
  checkOptions(declared, options, fail);
  if (typeof body !== 'function') fail(`expected a function as the body, got ${show(body)}. Write ${declared.what}({ inputs: { … } }, (inputs) => …).`);

  const inputs = readInputs(declared, options.inputs, fail);
  const output = options.output === undefined ? undefined : readSchema('output', options.output, fail);
  if (output !== undefined && options.patches !== undefined) fail("'output' is the schema of a field transform's value; a patch transform has one schema per field, in 'patches'. Drop one of the two.");
  const patches = options.patches === undefined ? undefined : readPatches(options.patches, fail);
  const context = readContext(declared, options, inputs, fail);
  const definition: Definition = {
    name: options.name as string | undefined,
    kind: patches === undefined ? declared.kind : 'patch',
    description: options.description as string | undefined,
    inputs,
    inputIndex: new Map(inputs.map(({ name, index }) => [name, index])),
    isRegular: declared.kind === 'function' && options.evaluator === undefined && inputs.every((input) => input.role === 'regular'),
    quick: inputs.map((input) => (input.role === 'regular' || input.role === 'dependency' ? input.schema!.quick : Quick.none)),
    contextFields: declared.kind === 'class' ? classFields(context) : inputs.filter((input) => input.role === 'context').map((input) => contextField(input, context)),
    context,
    body: body as Body,
    code,
    deps,
    // A body that declares exactly one parameter gets one; rest parameters and defaults make the count 0.
    wantsRun: (body as Body).length !== 1,
    record: recordOf(inputs.map((input) => input.name)),
    output,
    patches,
    autoUnwrap: options.autoUnwrap === true,
    validateResult: options.validateResult !== false,
    volatile: options.volatile === true,
    freeze: options.freeze !== false,
    cacheable: options.cacheable !== false,
    localOnly: options.localOnly === true,
    orchestrates: options.orchestrates === true,
    version: options.version as string | undefined,
    codeVersion: options.codeVersion as Definition['codeVersion'],
    codeDeps: (options.codeDeps as Definition['codeDeps'] | undefined) ?? [],
    evaluator: options.evaluator as object | undefined,
    checkBindings: declared.kind === 'function' && context !== undefined ? checkDefaults : undefined,
    engine,
  };
  return Object.freeze(definition);
}

/** Puts a definition under its name. Throws DUPLICATE_NAME. */
export function register(definition: Definition, options: RawOptions): void {
  const registry = (options.definitions as DefinitionRegistry | undefined) ?? defaultDefinitions;
  registry.add(definition, { replace: options.replace === true });
}

type Fail = (problem: string) => never;

const FLAGS = ['strictContext', 'autoUnwrap', 'validateResult', 'volatile', 'cacheable', 'freeze', 'localOnly', 'orchestrates', 'replace'] as const;
const TEXTS = ['name', 'version', 'description'] as const;

function checkOptions(declared: Declared, options: RawOptions, fail: Fail): void {
  if (typeof options !== 'object' || options === null) fail(`expected an options object, got ${show(options)}.`);
  for (const name of Object.keys(options)) {
    if (!(declared.known as readonly string[]).includes(name)) fail(`there is no option '${name}'.${didYouMean(name, declared.known)} Options are ${listNames(declared.known)}.`);
  }
  for (const flag of FLAGS) if (options[flag] !== undefined && typeof options[flag] !== 'boolean') fail(`'${flag}' is true or false, got ${show(options[flag])}.`);
  for (const text of TEXTS) if (options[text] !== undefined && (typeof options[text] !== 'string' || (text === 'name' && options[text] === ''))) fail(`'${text}' is a string, got ${show(options[text])}.`);
  if (options.codeVersion !== undefined && options.codeVersion !== 'source' && options.codeVersion !== 'explicit') fail(`'codeVersion' is 'source' or 'explicit', got ${show(options.codeVersion)}.`);
  if (options.codeDeps !== undefined && !(Array.isArray(options.codeDeps) && options.codeDeps.every((dep) => typeof dep === 'function'))) fail("'codeDeps' is a list of functions.");
  if (options.evaluator !== undefined && !isEvaluator(options.evaluator)) fail(`'evaluator' is an Evaluator ({ name, evaluate }), got ${show(options.evaluator)}.`);
  if (options.definitions !== undefined && !(options.definitions instanceof DefinitionRegistry)) fail("'definitions' is a DefinitionRegistry.");
}

const isEvaluator = (value: unknown): boolean => typeof (value as { evaluate?: unknown } | null)?.evaluate === 'function';

function readInputs(declared: Declared, shape: unknown, fail: Fail): InputSpec[] {
  if (shape === undefined && declared.kind === 'class') return [];
  if (typeof shape !== 'object' || shape === null || Array.isArray(shape) || isSchema(shape)) fail(`'inputs' is a record of schemas by name, got ${isSchema(shape) ? 'a schema' : show(shape)}. Write inputs: { days: z.number() }.`);
  return Object.entries(shape).map(([name, field], index) => readInput(declared, name, index, field, fail));
}

function readInput(declared: Declared, name: string, index: number, field: unknown, fail: Fail): InputSpec {
  if (name === '__proto__') fail("'__proto__' cannot be the name of an input.");
  const uncalled = uncalledMarker(field);
  if (uncalled !== undefined) fail(`input '${name}': ${uncalled} is used without a schema. Write ${uncalled}(z.number()).`);
  const marker = asMarker(field);
  const role = marker?.role ?? 'regular';
  if (role !== 'regular' && !declared.roles.includes(role)) fail(`input '${name}': ${roleProblem(declared, role)}`);
  if (role === 'resource') return { name, index, role, schema: undefined, required: false };
  const schema = readSchema(`input '${name}'`, marker === undefined ? field : (marker as { schema?: unknown }).schema, fail);
  checkDefaultIsData(name, schema, fail);
  return { name, index, role, schema, required: !schema.optional };
}

function roleProblem(declared: Declared, role: Role): string {
  if (declared.kind !== 'class') return `transforms take regular and FromContext inputs, not ${role} ones. Compute the value in a model and use computed(model).`;
  return role === 'context' ? 'class-based models state their context by the option context: z.object({ … }).' : `class-based models take literals and ModelInput models, which call evaluates by run.compute. Use ModelInput, or flowModel.`;
}

function readSchema(what: string, schema: unknown, fail: Fail): Validator {
  if (!isSchema(schema)) fail(`${what} expects a zod 4 schema, got ${show(schema)}.`);
  const { foreign, async } = inspectParts(schema, (part) => asMarker(part) !== undefined || uncalledMarker(part) !== undefined);
  if (foreign) fail(`${what} has a marker inside another schema. Markers stand on the outside: FromContext(z.array(…)), Dependency(z.array(…)).`);
  if (async) fail(`${what} has a schema that validates asynchronously. Schemas are synchronous here; do the asynchronous part in a model.`);
  return validatorOf(schema);
}

/**
 * A default is read by calling it where it is a function, and that function may count or ask for the time: so only where the schema says nothing that rules out
 * a model.
 */
function checkDefaultIsData(name: string, { schema }: Validator, fail: Fail): void {
  for (let inner: unknown = schema; isSchema(inner); inner = defOf(inner)['innerType']) {
    const def = defOf(inner);
    if ((def.type === 'default' || def.type === 'prefault') && mayBeModel(schema) && asModel(def['defaultValue']) !== undefined) {
      fail(`input '${name}': a default is data, not a model. Bind the model when you call the factory; for a contextual input, rewrite the field: withContext({ ${name}: computed(model) }).`);
    }
  }
}

const DATA = new Set(['number', 'string', 'boolean', 'bigint', 'date', 'array', 'tuple', 'record', 'map', 'set', 'enum', 'literal', 'null', 'undefined', 'nan', 'symbol', 'template_literal']);

const mayBeModel = (schema: core.$ZodType): boolean => !DATA.has(defOf(unwrapped(schema)).type);

function readPatches(patches: unknown, fail: Fail): Readonly<Record<string, Validator>> {
  if (typeof patches !== 'object' || patches === null || Array.isArray(patches) || isSchema(patches)) fail(`'patches' is a record of schemas by context field, got ${show(patches)}.`);
  const entries = Object.entries(patches);
  if (entries.length === 0) fail("'patches' names the context fields that the transform may write; it names none.");
  return Object.fromEntries(entries.map(([field, schema]) => [field, readSchema(`patch '${field}'`, schema, fail)]));
}

/* ---------- the context as an object ---------- */

function readContext(declared: Declared, options: RawOptions, inputs: readonly InputSpec[], fail: Fail): ContextSpec | undefined {
  const option = declared.kind === 'class' ? 'context' : 'contextType';
  const given = declared.kind === 'class' ? options.context : options.contextType;
  if (given === undefined) {
    if (options.strictContext === true) fail("'strictContext' goes with 'contextType'.");
    return undefined;
  }
  const schema = readSchema(`'${option}'`, given, fail);
  const shape = fieldsOf(schema.schema) ?? fail(`'${option}' is an object schema, got ${schema.type}. Write ${option}: z.object({ … }).`);
  const fields = Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, validatorOf(field)]));
  const requiredFields = Object.keys(fields).filter((name) => !fields[name]!.optional);
  if (declared.kind === 'class') return { schema, fields, requiredFields, whole: true };
  const contextual = inputs.filter((input) => input.role === 'context').map((input) => input.name);
  checkContextType(contextual, fields, requiredFields, options.strictContext === true, fail);
  // A wrapper (optional, default) around the object has nothing to say here: fields are checked one by one.
  const object = validatorOf(unwrapped(schema.schema));
  return { schema: object, fields, requiredFields, whole: requiredFields.every((name) => contextual.includes(name)) };
}

function checkContextType(contextual: readonly string[], fields: Readonly<Record<string, Validator>>, requiredFields: readonly string[], isStrict: boolean, fail: Fail): void {
  if (contextual.length === 0) fail("'contextType' describes FromContext inputs, and there are none. Mark an input, or drop contextType.");
  const unknown = contextual.filter((name) => !Object.hasOwn(fields, name));
  if (unknown.length > 0) fail(`'contextType' has no field for ${listNames(unknown)}. It must define fields for all FromContext inputs.`);
  const unread = requiredFields.filter((name) => !contextual.includes(name));
  if (isStrict && unread.length > 0) fail(`'contextType' requires ${listNames(unread)}, which no FromContext input reads. Add the inputs, or drop strictContext.`);
}

const contextField = (input: InputSpec, context: ContextSpec | undefined): ContextField => ({
  name: input.name,
  schema: input.schema!,
  required: input.required,
  input,
  also: context?.fields[input.name],
});

/** A class model reads all fields of its context schema; the whole object is parsed, so that none is required on its own. */
const classFields = (context: ContextSpec | undefined): ContextField[] =>
  Object.entries(context?.fields ?? {}).map(([name, schema]) => ({ name, schema, required: !schema.optional && !context!.schema.optional, input: undefined, also: undefined }));
