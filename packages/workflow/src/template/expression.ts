/** A value of a document as a tree: literals, references, text, and containers of those. */
import { isRecord } from '../document/data.ts';
import type { Path } from '../document/data.ts';
import { parseTemplate } from './parse.ts';
import type { Reference, Template, TemplateOptions } from './parse.ts';

export type Expression =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'text'; readonly parts: Template }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'record'; readonly fields: Readonly<Record<string, Expression>> }
  /** `{ $value, default }`: the default stands in when something that the value refers to is missing. */
  | { readonly kind: 'default'; readonly value: Expression; readonly otherwise: unknown }
  /** `{ $ref: '/path' }`: a model of the registry. */
  | { readonly kind: 'instance'; readonly path: string };

export type Report = (at: Path, problem: string) => void;

/** Reads a value of a document; containers without a template inside are literals as a whole. */
export function parseExpression(value: unknown, options: TemplateOptions, report: Report, at: Path = []): Expression {
  if (typeof value === 'string') return ofText(parseTemplate(value, options, (problem) => report(at, problem)));
  if (Array.isArray(value)) {
    const items = value.map((item, i) => parseExpression(item, options, report, [...at, i]));
    return items.every(isLiteral) ? { kind: 'literal', value: items.map((item) => item.value) } : { kind: 'list', items };
  }
  if (!isRecord(value)) return { kind: 'literal', value };
  if (Object.hasOwn(value, '$value')) return ofDefault(value, options, report, at);
  if (options.instances === true && typeof value['$ref'] === 'string' && Object.keys(value).length === 1) return { kind: 'instance', path: value['$ref'] };
  const entries = Object.entries(value).map(([key, field]) => [key, parseExpression(field, options, report, [...at, key])] as const);
  const literals = entries.flatMap(([key, field]) => (isLiteral(field) ? [[key, field.value] as const] : []));
  return literals.length === entries.length ? { kind: 'literal', value: Object.fromEntries(literals) } : { kind: 'record', fields: Object.fromEntries(entries) };
}

const isLiteral = (expression: Expression): expression is Extract<Expression, { kind: 'literal' }> => expression.kind === 'literal';

function ofText(parts: Template): Expression {
  if (parts.length === 0) return { kind: 'literal', value: '' };
  const [only] = parts;
  if (parts.length > 1) return { kind: 'text', parts };
  return typeof only === 'string' ? { kind: 'literal', value: only } : { kind: 'reference', reference: only! };
}

function ofDefault(value: Record<string, unknown>, options: TemplateOptions, report: Report, at: Path): Expression {
  const other = Object.keys(value).filter((key) => key !== '$value' && key !== 'default');
  if (other.length > 0) report([...at, other[0]!], `beside '$value' stands 'default' and nothing else.`);
  if (!Object.hasOwn(value, 'default')) report(at, `'$value' goes with 'default': { $value: '\${a.b}', default: 5 }.`);
  return { kind: 'default', value: parseExpression(value['$value'], options, report, [...at, '$value']), otherwise: value['default'] };
}

/** References without braces in the texts of a value, where they are not read as such. */
export function* bareReferencesIn(value: unknown, at: Path = []): Generator<{ readonly at: Path; readonly reference: Reference }> {
  if (typeof value === 'string') {
    for (const part of parseTemplate(value, { bare: true }, () => {})) if (typeof part !== 'string' && !part.text.startsWith('${')) yield { at, reference: part };
  } else if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* bareReferencesIn(item, [...at, i]);
  else if (isRecord(value)) for (const [key, field] of Object.entries(value)) yield* bareReferencesIn(field, [...at, key]);
}

/** Every reference of an expression; `isOptional` under a default. */
export function* referencesIn(expression: Expression, isOptional = false): Generator<{ readonly reference: Reference; readonly isOptional: boolean }> {
  switch (expression.kind) {
    case 'literal':
    case 'instance':
      return;
    case 'reference':
      yield { reference: expression.reference, isOptional };
      return;
    case 'text':
      for (const part of expression.parts) if (typeof part !== 'string') yield { reference: part, isOptional };
      return;
    case 'list':
      for (const item of expression.items) yield* referencesIn(item, isOptional);
      return;
    case 'record':
      for (const field of Object.values(expression.fields)) yield* referencesIn(field, isOptional);
      return;
    case 'default':
      yield* referencesIn(expression.value, true);
  }
}
