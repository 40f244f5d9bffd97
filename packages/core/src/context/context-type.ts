/** `contextType`: what can be known of a context before anything runs is checked then, with the code of that moment. */
import { FlowError, issueText, SECRET_TEXT, show } from '../errors.ts';
import { UNSET } from '../model/brand.ts';
import { bindError } from '../model/bind-error.ts';
import { isSecretField, labelOf } from '../model/definition.ts';
import type { ContextField, ContextSpec, Definition } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import type { Rewrite } from '../model/rewrites.ts';
import { parseSync } from '../model/schema.ts';
import type { Issue, Validator } from '../model/schema.ts';
import { readsContextType, readsOf, upstreamOf } from './contract.ts';
import { runTransform } from './transform.ts';

export interface ContextProblem {
  readonly field: string;
  /** The value for a message. */
  readonly shown: string;
  readonly issues: readonly Issue[];
}

/** Checks known field values, and the whole object once every field that it requires is known. */
export function contextProblem(definition: Definition, known: ReadonlyMap<string, unknown>): ContextProblem | undefined {
  const spec = definition.context;
  if (spec === undefined || definition.kind === 'class') return undefined;
  for (const field of definition.contextFields) {
    if (!known.has(field.name) || field.also === undefined) continue;
    const found = fieldProblem(definition, field, field.also, known.get(field.name));
    if (found !== undefined) return found;
  }
  return wholeProblem(definition, spec, known);
}

function fieldProblem(definition: Definition, field: ContextField, validator: Validator, value: unknown): ContextProblem | undefined {
  const result = parseSync(validator, value, () => labelOf(definition));
  return result.ok ? undefined : { field: field.name, shown: isSecretField(field) ? SECRET_TEXT : show(value), issues: result.issues };
}

function wholeProblem(definition: Definition, spec: ContextSpec, known: ReadonlyMap<string, unknown>): ContextProblem | undefined {
  if (!spec.whole || !definition.contextFields.every((field) => known.has(field.name) || !spec.requiredFields.includes(field.name))) return undefined;
  const value = Object.fromEntries(definition.contextFields.filter((field) => known.has(field.name)).map((field) => [field.name, known.get(field.name)]));
  const result = parseSync(spec.schema, value, () => labelOf(definition));
  if (result.ok) return undefined;
  return { field: String(result.issues[0]?.path[0] ?? definition.contextFields.map((field) => field.name).join(', ')), shown: definition.contextFields.some(isSecretField) ? SECRET_TEXT : show(value), issues: result.issues };
}

/** Checks the contextual defaults that a construction gives. Throws BIND. */
export function checkDefaults(definition: Definition, values: readonly unknown[]): void {
  const known = new Map(definition.contextFields.filter((field) => values[field.input!.index] !== UNSET).map((field) => [field.name, values[field.input!.index]]));
  if (known.size === 0) return;
  const found = contextProblem(definition, known);
  if (found === undefined) return;
  const input = definition.inputs.find(({ name }) => name === found.field);
  throw bindError(definition, input, `contextType does not accept ${found.shown}: ${issueText(found.issues)}.`, { issues: found.issues });
}

/** Checks the literals and the static transforms of a wrapper against every `contextType` that meets them as they are. Throws WITH_CONTEXT. */
export function checkWhatIsKnown(base: Model, list: readonly Rewrite[]): void {
  if (!readsContextType(readsOf(base))) return;
  const definitions = contextTypesIn(base);
  const known = knownFields(list);
  if (known.size === 0) return;
  for (const definition of definitions) {
    const found = contextProblem(definition, known);
    if (found === undefined) continue;
    throw new FlowError('WITH_CONTEXT', `${labelOf(base.definition)}.flow.withContext: '${found.field}': contextType of ${labelOf(definition)} does not accept ${found.shown}: ${issueText(found.issues)}.`, {
      details: { model: base.definition.name, field: found.field, issues: found.issues },
    });
  }
}

/** The definitions with a `contextType` in a branch that no other wrapper stands before. */
function contextTypesIn(base: Model): ReadonlySet<Definition> {
  const found = new Set<Definition>();
  const seen = new Set<Model>([base]);
  for (const model of seen) {
    if (model.definition.kind === 'function' && model.definition.context !== undefined) found.add(model.definition);
    for (const upstream of upstreamOf(model)) if (upstream.rewrites === undefined) seen.add(upstream);
  }
  return found;
}

/** What a list of rewrites makes of the fields, as far as that needs no context. */
function knownFields(list: readonly Rewrite[]): Map<string, unknown> {
  const known = new Map<string, unknown>();
  for (const rewrite of list) {
    const isStatic = rewrite.kind === 'literal' || (rewrite.kind !== 'computed' && rewrite.transform.definition.contextFields.length === 0);
    if (!isStatic) for (const field of rewrite.kind === 'patch' ? rewrite.fields : [rewrite.field]) known.delete(field);
    else if (rewrite.kind === 'literal') known.set(rewrite.field, rewrite.value);
    else if (rewrite.kind === 'field') known.set(rewrite.field, runTransform(rewrite.transform, []));
    else for (const [field, value] of Object.entries(runTransform(rewrite.transform, []) as object)) known.set(field, value);
  }
  return known;
}
