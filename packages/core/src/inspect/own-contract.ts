/** What a model says of the context by itself, without its upstream: what it may read from a caller, and what its wrapper supplies. */
import { runTransform } from '../context/transform.ts';
import type { ContextField } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import type { Rewrite } from '../model/rewrites.ts';

/** A field that may be read from the caller, and who reads it. */
export type Wanted = Map<string, { readonly own: ContextField | undefined; readonly transforms: ContextField[] }>;

/** The declared fields that no rewrite supplies, then what the rewrites read. A patch is known to supply a field if it can be run without a context. */
export function wantedBy(model: Model): Wanted {
  const wanted: Wanted = new Map();
  const supplied = new Set(suppliedBy(model).keys());
  for (const rewrite of model.rewrites?.list ?? []) if (rewrite.kind !== 'patch') supplied.add(rewrite.field);
  const kept = model.rewrites?.kept;
  for (const field of model.base.definition.contextFields) {
    if (!supplied.has(field.name) && kept?.has(field.name) !== false) wanted.set(field.name, { own: field, transforms: [] });
  }
  for (const rewrite of model.rewrites?.list ?? []) {
    if (rewrite.kind !== 'patch' && rewrite.kind !== 'field') continue;
    for (const field of rewrite.transform.definition.contextFields) {
      const one = wanted.get(field.name);
      if (one === undefined) wanted.set(field.name, { own: undefined, transforms: [field] });
      else one.transforms.push(field);
    }
  }
  return wanted;
}

/** The fields that a wrapper writes, with the values that are known without a context; later rewrites win. */
export function suppliedBy(model: Model): Map<string, unknown> {
  const known = new Map<string, unknown>();
  for (const rewrite of model.rewrites?.list ?? []) {
    const written = writtenBy(rewrite);
    if (written === undefined) for (const field of rewrite.kind === 'patch' ? rewrite.fields : [rewrite.field]) known.delete(field);
    else for (const [field, value] of Object.entries(written)) known.set(field, value);
  }
  return known;
}

function writtenBy(rewrite: Rewrite): Readonly<Record<string, unknown>> | undefined {
  if (rewrite.kind === 'literal') return { [rewrite.field]: rewrite.value };
  if (rewrite.kind === 'computed' || rewrite.transform.definition.contextFields.length > 0) return undefined;
  try {
    const result = runTransform(rewrite.transform, []);
    return rewrite.kind === 'field' ? { [rewrite.field]: result } : (result as Readonly<Record<string, unknown>>);
  } catch {
    return undefined; // shown where the field is
  }
}

/** The type of a field that several read: it has to be all of them. */
export function typeOf(fields: readonly ContextField[]): string {
  return joinTypes(fields.flatMap(({ schema, also }) => (also === undefined || also.type === schema.type ? [schema.type] : [schema.type, also.type])));
}

export function joinTypes(types: Iterable<string>): string {
  const distinct = [...new Set(types)];
  const known = distinct.length > 1 ? distinct.filter((type) => type !== 'unknown' && type !== 'any') : distinct;
  if (known.length === 0) return distinct[0]!;
  return known.length === 1 ? known[0]! : known.map((type) => (type.includes('|') ? `(${type})` : type)).join(' & ');
}
