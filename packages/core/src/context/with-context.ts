/** `withContext`: a caller's arguments, checked against the branch and turned into rewrites. Throws WITH_CONTEXT. */
import { didYouMean, FlowError, issueText, listNames, SECRET_TEXT, show } from '../errors.ts';
import { asClosed, asComputed, asModel, asTransform } from '../model/brand.ts';
import { isSecretField, labelOf } from '../model/definition.ts';
import { frozenCopy, isPlainObject } from '../model/frozen.ts';
import { wrap } from '../model/model.ts';
import type { Model } from '../model/model.ts';
import type { Rewrite } from '../model/rewrites.ts';
import { isUntyped, parseSync, passes } from '../model/schema.ts';
import type { BoundTransform } from '../model/transform.ts';
import { checkWhatIsKnown } from './context-type.ts';
import { readsOf } from './contract.ts';
import type { Reads } from './contract.ts';

export function withContext(model: Model, args: readonly unknown[]): Model {
  const { base } = model;
  const reads = readsOf(base);
  const added: Rewrite[] = [];
  let kept = model.rewrites?.kept;
  let mayCover = model.rewrites !== undefined; // the fields of one record are different ones
  for (let position = 0; position < args.length; position++) {
    const arg = args[position];
    const closed = asClosed(arg);
    if (closed !== undefined) {
      if (position > 0) throw problem(base, 'closedContext(…) is the first positional argument. Move it to the front.');
      const before = kept;
      kept = new Set(closed.kept.filter((field) => before?.has(field) !== false));
    } else if (position === args.length - 1 && isPlainObject(arg)) {
      for (const field of Object.keys(arg)) {
        const value = arg[field];
        if (value !== undefined) added.push(override(base, reads, field, value));
      }
    } else {
      added.push(patch(base, reads, arg));
      mayCover = true;
    }
  }
  const list = mayCover ? alive([...(model.rewrites?.list ?? []), ...added]) : added;
  checkWhatIsKnown(base, list);
  return wrap(base, { list, kept });
}

/** A rewrite as documents hold it: a patch transform, or a field with a literal, a field transform or a computed override. */
export type GivenRewrite = { readonly patch: BoundTransform } | { readonly field: string; readonly value: unknown };

/** `withContext` with rewrites one by one, in their order; `closed` are the fields that a closed context keeps. Throws WITH_CONTEXT. */
export function rewrite(model: Model, closed: readonly string[] | undefined, rewrites: readonly GivenRewrite[]): Model {
  const { base } = model;
  const reads = readsOf(base);
  const before = model.rewrites?.kept;
  const kept = closed === undefined ? before : new Set(closed.filter((field) => before?.has(field) !== false));
  const added = rewrites.map((each) => ('patch' in each ? patch(base, reads, each.patch) : override(base, reads, each.field, each.value)));
  const list = alive([...(model.rewrites?.list ?? []), ...added]);
  checkWhatIsKnown(base, list);
  return wrap(base, { list, kept });
}

function patch(base: Model, reads: Reads, arg: unknown): Rewrite {
  const transform = asTransform(arg);
  if (transform === undefined) {
    const fix = isFactory(arg) ? 'Call the transform factory first.'
      : asModel(arg) !== undefined ? 'Bind a model to a regular input, or give it by field name: { field: computed(model) }.'
      : asComputed(arg) !== undefined ? 'Give it by field name: { field: computed(model) }.'
      : isPlainObject(arg) ? 'The record of overrides comes last, and there is one.'
      : 'Define one: contextTransform({ inputs, patches }, body).';
    const got = isPlainObject(arg) ? `{ ${Object.keys(arg).map((key) => `${key}: …`).join(', ')} }` : show(arg); // values may be secrets
    throw problem(base, `positional arguments are bound patch transforms, got ${got}. ${fix}`);
  }
  const { patches } = transform.definition;
  if (patches === undefined) throw problem(base, `${transform.toString()} is a field transform, and those are passed by field name. Write withContext({ field: ${labelOf(transform.definition)}(…) }).`);
  const fields = Object.keys(patches);
  for (const field of fields) checkTarget(base, reads, field, ` (written by ${labelOf(transform.definition)})`);
  return { kind: 'patch', transform, fields };
}

function override(base: Model, reads: Reads, field: string, value: unknown): Rewrite {
  checkTarget(base, reads, field, '');
  const computed = asComputed(value);
  if (computed !== undefined) return { kind: 'computed', field, model: computed.model };
  const transform = asTransform(value);
  if (transform !== undefined) {
    if (transform.definition.patches !== undefined) throw problem(base, `'${field}': ${transform.toString()} is a patch transform, and those are passed positionally. Write withContext(${labelOf(transform.definition)}(…)).`, { field });
    return { kind: 'field', field, transform };
  }
  if (isFactory(value)) throw problem(base, `'${field}': got a factory. Call it first: ${field}: ${(value as { name?: string }).name || 'transform'}(…).`, { field });
  let isSecret = false;
  for (const reader of reads.get(field)!) isSecret ||= isSecretField(reader.field);
  return { kind: 'literal', field, value: checkedLiteral(base, reads, field, value, isSecret), isSecret };
}

function checkTarget(base: Model, reads: Reads, field: string, writer: string): void {
  if (reads.has(field)) return;
  const legal = [...reads.keys()];
  const bound = base.definition.inputs.find((input) => input.name === field && input.role !== 'context');
  const why = bound === undefined ? `nothing in this branch reads it.${didYouMean(field, legal)}`
    : bound.role === 'resource' ? `it is a resource, which the run supplies: compute(context, { resources: { ${field}: … } }).`
    : `it is a regular input, which is bound and not taken from the context: model.rebind({ ${field}: … }), or where the factory is called.`;
  throw problem(base, `'${field}'${writer} is not a contextual field of this branch: ${why} This branch reads ${legal.length === 0 ? 'none' : listNames(legal)}.`, { field, legal });
}

/** A literal must satisfy every consumer in the branch. It is kept as given, and each consumer parses it. */
function checkedLiteral(base: Model, reads: Reads, field: string, value: unknown, isSecret: boolean): unknown {
  for (const { definition, field: { schema, also } } of reads.get(field)!) {
    if (also === undefined && typeof value !== 'function' && passes(schema.quick, value)) continue;
    if (typeof value === 'function' && isUntyped(schema)) {
      throw problem(base, `'${field}': expected ${schema.type}, got ${show(value)}. A function is a literal only for a field whose schema accepts functions; to compute the field, define a contextTransform.`, { field });
    }
    for (const validator of also === undefined ? [schema] : [schema, also]) {
      const result = parseSync(validator, value, () => `${labelOf(definition)}, context field '${field}'`);
      if (result.ok) continue;
      const hint = asModel(value) !== undefined ? ' To use the value of a model, write computed(model).' : typeof value === 'function' ? ' To compute the field, define a contextTransform.' : '';
      throw problem(base, `'${field}': expected ${validator.type} (as ${labelOf(definition)} reads it), got ${isSecret ? SECRET_TEXT : show(value)}: ${issueText(result.issues)}.${hint}`, {
        field,
        consumer: definition.name,
        issues: result.issues,
      }, result.error);
    }
  }
  return frozenCopy(value);
}

/** Leaves out rewrites that a later override covers whole. A later patch covers nothing, since it may omit its fields. */
function alive(list: readonly Rewrite[]): Rewrite[] {
  const overridden = new Set<string>();
  const kept: Rewrite[] = [];
  for (let i = list.length - 1; i >= 0; i--) {
    const rewrite = list[i]!;
    const fields = rewrite.kind === 'patch' ? rewrite.fields : [rewrite.field];
    if (fields.length > 0 && fields.every((field) => overridden.has(field))) continue;
    kept.push(rewrite);
    if (rewrite.kind !== 'patch') overridden.add(rewrite.field);
  }
  return kept.toReversed();
}

const isFactory = (value: unknown): boolean => typeof value === 'function' && 'definition' in value;

function problem(base: Model, text: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown): FlowError {
  return new FlowError('WITH_CONTEXT', `${labelOf(base.definition)}.flow.withContext: ${text}`, { details: { model: base.definition.name, ...details }, cause });
}

