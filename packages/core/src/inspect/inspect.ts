/** `flow.inspect`: what is bound, what feeds each field, what is still needed. */
import { fieldsIn } from '../context/flow-context.ts';
import { didYouMean, FlowError, show } from '../errors.ts';
import { asModel, UNSET } from '../model/brand.ts';
import { isSecretField } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import { resolveOptions } from '../run/options.ts';
import type { CallableModel } from '../types.ts';
import { boundInput, contextField, masked } from './fields.ts';
import type { Found } from './fields.ts';
import { Inspection } from './inspection.ts';
import { suppliedBy, typeOf } from './own-contract.ts';
import { problemsOf, requirementsOf } from './requirements.ts';
import { tellsSecret } from '../plan/secret-slots.ts';
import { Survey } from './survey.ts';
import type { SurveyEdge } from './survey.ts';
import type { FlowInspection, InspectedDependency, InspectedInput, InspectOptions } from './types.ts';

const MODES = ['direct', 'recursive', 'none'] as const;
type Mode = (typeof MODES)[number];

/** Throws INVALID_CONTEXT for what is no context at all, DEFINITION for options that do not exist. What the fields hold is not checked. */
export function inspect(model: Model, context: unknown, options: unknown): FlowInspection {
  const mode = modeOf(options);
  const survey = new Survey(model, givenFields(context, model));
  const inputs = inputsOf(survey, model);
  return new Inspection({
    model: callable(model),
    inputs,
    contextInputs: Object.freeze(Object.fromEntries(model.definition.contextFields.map((field) => [field.name, typeOf([field])]))),
    ...runtimeInputsOf(survey, model, inputs),
    boundInputs: boundInputsOf(survey, model, inputs),
    dependencies: Object.freeze(mode === 'none' ? [] : dependenciesOf(survey, mode, context !== undefined)),
    ...requirementsOf(survey, isSupplied),
    problems: problemsOf(survey),
  }, survey.labels);
}

function modeOf(options: unknown): Mode {
  if (options === undefined) return 'direct';
  if (typeof options !== 'object' || options === null) throw problem(`expected an object, got ${show(options)}. Write inspect(context, { dependencies: 'recursive' }).`);
  for (const name of Object.keys(options)) if (name !== 'dependencies') throw problem(`there is no option '${name}'.${didYouMean(name, ['dependencies'])} The only one is 'dependencies'.`);
  const { dependencies = 'direct' } = options as InspectOptions;
  if (!MODES.includes(dependencies)) throw problem(`'dependencies' is 'direct', 'recursive' or 'none', got ${show(dependencies)}.`);
  return dependencies;
}

const problem = (text: string): FlowError => new FlowError('DEFINITION', `Options of inspect: ${text}`);

/** A context's own fields, unchecked. Throws INVALID_CONTEXT for what holds none: a string, an array, a model. */
export function givenFields(context: unknown, model: Model): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (context !== undefined) for (const [name, value] of fieldsIn(context, model.definition.name ?? '<root>')) fields[name] = value;
  return fields;
}

export const callable = (model: Model): CallableModel => model as unknown as CallableModel; // the class behind the interface

/** Whether `configureFlow` supplies a resource. */
function isSupplied(name: string): boolean {
  const { resources = {} } = resolveOptions(undefined);
  return Object.hasOwn(resources, name) && resources[name] !== undefined;
}

/* ---------- the model's own inputs ---------- */

function inputsOf(survey: Survey, model: Model): Readonly<Record<string, InspectedInput>> {
  const { definition, base } = model;
  const inputs: Record<string, InspectedInput> = {};
  for (const input of definition.inputs) {
    if (input.role === 'context') continue;
    const found = boundInput(base, input, isSupplied);
    set(inputs, input.name, inspected(input.role, input.schema?.type ?? 'resource', input.schema?.schema, found));
  }
  definition.contextFields.forEach((field, k) => {
    set(inputs, field.name, inspected('context', typeOf([field]), field.schema.schema, contextField(survey, survey.plan.root, k)));
  });
  return Object.freeze(inputs);
}

function inspected(kind: InspectedInput['kind'], type: string, schema: InspectedInput['schema'], found: Found): InspectedInput {
  const { value, source, required, from, problem } = found;
  const input = { kind, type, required, default: found.default, value, source, ...(from !== undefined && { from }), ...(problem !== undefined && { problem }) };
  return Object.freeze(Object.defineProperty(input, 'schema', { value: schema })) as InspectedInput;
}

/** Whatever a field is named, also `__proto__`. */
function set<T>(record: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}

function runtimeInputsOf(survey: Survey, model: Model, inputs: Readonly<Record<string, InspectedInput>>): Pick<FlowInspection, 'runtimeInputs' | 'requiredInputs'> {
  const runtimeInputs: Record<string, string> = {};
  const requiredInputs: Record<string, string> = {};
  for (const [name, { own, transforms }] of survey.wanted(model)) {
    const type = typeOf(own === undefined ? transforms : [own, ...transforms]);
    set(runtimeInputs, name, type);
    const isLacking = survey.context[name] === undefined && transforms.some((field) => field.required);
    if (isLacking || (own !== undefined && inputs[name]!.required)) set(requiredInputs, name, type);
  }
  return { runtimeInputs: Object.freeze(runtimeInputs), requiredInputs: Object.freeze(requiredInputs) };
}

/** What was bound; of contextual defaults those that nothing stands before; what the wrapper is known to write. */
function boundInputsOf(survey: Survey, model: Model, inputs: Readonly<Record<string, InspectedInput>>): Readonly<Record<string, unknown>> {
  const { definition, base } = model;
  const bound: Record<string, unknown> = {};
  for (const { name, index, role } of definition.inputs) {
    if (base.given[index] === UNSET || (role === 'context' && !isOwnDefault(survey, definition.contextFields.findIndex((field) => field.name === name)))) continue;
    const isSecret = role === 'context' ? isSecretField(definition.contextFields.find((field) => field.name === name)!) : definition.inputs[index]!.schema?.secret === true && asModel(base.given[index]) === undefined;
    set(bound, name, role === 'context' ? masked(base.given[index], isSecret) : inputs[name]!.value);
  }
  for (const [field, value] of suppliedBy(model)) set(bound, field, masked(value, isSecretRewrite(survey, model, field)));
  return Object.freeze(bound);
}

/** Whether a contextual default can still apply: the runtime context, or nothing, stands before it. */
function isOwnDefault(survey: Survey, field: number): boolean {
  const { kind } = survey.plan.slots[survey.source(survey.plan.root, field)]!;
  return kind === 'runtime' || kind === 'absent';
}

function isSecretRewrite(survey: Survey, model: Model, field: string): boolean {
  const isSecret = model.rewrites!.list.some((rewrite) => {
    if (rewrite.kind === 'patch') return rewrite.fields.includes(field) && tellsSecret(rewrite.transform);
    return rewrite.field === field && (rewrite.kind === 'literal' ? rewrite.isSecret : rewrite.kind === 'field' && tellsSecret(rewrite.transform));
  });
  return isSecret || survey.isSecret(survey.sourceIn(survey.plan.frames[survey.plan.root]!, field));
}

/* ---------- upstream ---------- */

function dependenciesOf(survey: Survey, mode: Exclude<Mode, 'none'>, isGiven: boolean): InspectedDependency[] {
  const found: InspectedDependency[] = [];
  interface Step {
    readonly edge: SurveyEdge;
    readonly path: string;
    readonly isLazy: boolean;
  }
  const stack: Step[] = [];
  const open = (cell: number, path: string | undefined, isLazy: boolean): void => {
    for (const edge of survey.edges(cell).toReversed()) stack.push({ edge, path: path === undefined ? edge.label : `${path}.${edge.label}`, isLazy: isLazy || edge.kind === 'lazy' || edge.kind === 'model' });
  };
  const opened = { eager: new Set<number>(), lazy: new Set<number>() };
  open(survey.plan.root, undefined, false);
  while (stack.length > 0) {
    const { edge, path, isLazy } = stack.pop()!;
    found.push(Object.freeze({ path, model: callable(edge.model), context: edgeContext(survey, edge, isGiven), lazy: isLazy }));
    const before = opened[isLazy ? 'lazy' : 'eager'];
    if (mode === 'direct' || edge.kind === 'model' || before.has(edge.from)) continue;
    before.add(edge.from);
    open(edge.from, path, isLazy);
  }
  return found;
}

/** What enters an edge, cut down to what the model at its end reads by itself. */
function edgeContext(survey: Survey, { model, frame, kind }: SurveyEdge, isGiven: boolean): Readonly<Record<string, unknown>> | null {
  if (kind === 'model') return null; // its consumer's business
  const context: Record<string, unknown> = {};
  for (const [name, { own, transforms }] of survey.wanted(model)) {
    const slot = survey.sourceIn(frame, name);
    const { value } = survey.known(slot);
    const isSecret = survey.isSecret(slot) || [...(own === undefined ? [] : [own]), ...transforms].some(isSecretField);
    if (value !== UNSET) set(context, name, masked(value, isSecret));
  }
  return isGiven || Object.keys(context).length > 0 ? Object.freeze(context) : null;
}
