/** What can be said of one context field of one cell, or of one bound input, before anything runs. */
import { FlowError, SECRET_TEXT, show } from '../errors.ts';
import { asContainer, asModel, UNSET } from '../model/brand.ts';
import { isSecretField } from '../model/definition.ts';
import type { ContextField, Definition, InputSpec } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import { parseSync } from '../model/schema.ts';
import type { Slot } from '../plan/slots.ts';
import type { Problem } from '../run/problems.ts';
import type { Survey } from './survey.ts';
import { modelText } from './text.ts';
import type { InputSource } from './types.ts';

/** An input or field: what inspections and pictures share. */
export interface Found {
  readonly value: unknown;
  readonly default: unknown;
  readonly source: InputSource;
  readonly required: boolean;
  readonly from: string | undefined;
  readonly problem: string | undefined;
  /** Hidden by a closed context. */
  readonly isHidden: boolean;
}

/** A context field of a cell. Values are as they were given, not as they will be parsed. */
export function contextField(survey: Survey, cell: number, index: number): Found {
  const model = survey.plan.models[cell]!;
  const field = model.definition.contextFields[index]!;
  const source = survey.source(cell, index);
  const isSecret = isSecretField(field) || survey.isSecret(source);
  const fed = feeding(survey, source);
  const fallback = defaultOf(model.definition, field);
  const base = { default: masked(fallback, isSecret), required: false, problem: undefined, from: fed.from, isHidden: fed.isHidden };
  if (fed.value !== UNSET || fed.problem !== undefined || fed.source === 'with-context' || fed.source === 'context-transform') {
    return { ...base, value: masked(fed.value, isSecret), source: fed.source, problem: problemText(fed.problem, isSecret) };
  }
  const own = field.input === undefined ? UNSET : model.values[field.input.index];
  if (own !== UNSET) return { ...base, value: masked(own, isSecret), source: 'construction' };
  if (fallback !== UNSET) return { ...base, value: base.default, source: 'function-default' };
  return { ...base, value: UNSET, source: fed.isHidden ? 'unset' : 'runtime', required: field.required };
}

interface Feed {
  readonly source: InputSource;
  readonly value: unknown;
  readonly problem: Problem | undefined;
  readonly from: string | undefined;
  readonly isHidden: boolean;
}

/** What feeds a field: the last patch that writes it, or what stands below. */
function feeding(survey: Survey, first: number): Feed {
  const { slots } = survey.plan;
  let at = first;
  for (;;) {
    const slot = slots[at]!;
    const feed = (source: InputSource, from?: string): Feed => ({ source, ...survey.known(at), from, isHidden: slot.kind === 'absent' });
    switch (slot.kind) {
      case 'literal':
        return feed('with-context');
      case 'computed':
        return feed('with-context', `computed(${modelText(slot.model)})`);
      case 'transform':
        return feed('context-transform', slot.transform.toString());
      case 'pick': {
        const writer = slot.patches.find((patch) => mayWrite(survey, patch, slot.field));
        if (writer === undefined) {
          at = slot.otherwise;
          break;
        }
        const written = survey.known(writer).value;
        const byPatch = feed('context-transform', (slots[writer] as Slot & { kind: 'transform' }).transform.toString()); // patches are transforms
        return byPatch.problem === undefined && written !== UNSET ? { ...byPatch, value: (written as Readonly<Record<string, unknown>>)[slot.field] } : byPatch;
      }
      default:
        return feed('runtime');
    }
  }
}

/** Whether a patch writes a field, as far as that is known. */
function mayWrite(survey: Survey, patch: number, field: string): boolean {
  const { value } = survey.known(patch);
  return typeof value !== 'object' || value === null || Object.hasOwn(value, field);
}

/** A regular input, or one with a marker other than `FromContext`. */
export function boundInput(model: Model, { index, name, role, schema, required }: InputSpec, isSupplied: (resource: string) => boolean): Found {
  const value = model.values[index];
  const isGiven = model.given[index] !== UNSET;
  const isSecret = schema?.secret === true && asModel(value) === undefined;
  const byDefault = isGiven || schema === undefined ? (schema === undefined ? UNSET : parsedDefault(schema)) : value;
  return {
    value: masked(asContainer(value)?.data ?? value, isSecret),
    default: masked(byDefault, schema?.secret === true),
    source: isGiven ? 'construction' : value !== UNSET ? 'function-default' : role === 'resource' ? 'runtime' : 'unset',
    required: role === 'resource' ? !isSupplied(name) : required && value === UNSET,
    from: undefined,
    problem: undefined,
    isHidden: false,
  };
}

export const masked = (value: unknown, isSecret: boolean): unknown => (isSecret && value !== UNSET ? SECRET_TEXT : value);

type Validator = NonNullable<InputSpec['schema']>;

/** The default of a field's schema; a class model's context may have one as a whole. */
function defaultOf({ context, kind }: Definition, field: ContextField): unknown {
  const own = parsedDefault(field.schema);
  if (own !== UNSET || kind !== 'class') return own;
  const whole = parsedDefault(context!.schema);
  const value = typeof whole === 'object' && whole !== null ? (whole as Readonly<Record<string, unknown>>)[field.name] : undefined;
  return value === undefined ? UNSET : value;
}

function parsedDefault(schema: Validator): unknown {
  if (!schema.optional) return UNSET;
  try {
    const result = parseSync(schema, undefined, () => 'default');
    return result.ok && result.value !== undefined ? result.value : UNSET;
  } catch {
    return UNSET; // a default that cannot be had is none to show; computing tells
  }
}

/** Why a transform gives no value although it has its inputs. Of secrets, only that it gives none. */
export function problemText(problem: Problem | undefined, isSecret: boolean): string | undefined {
  const thrown = problem?.what.find((what) => what.kind === 'thrown');
  if (thrown !== undefined) return `threw ${isSecret ? SECRET_TEXT : errorText(thrown.error)}`;
  const refused = (problem?.what ?? []).flatMap((what) => (what.kind === 'invalid' ? [`${what.field}: ${what.schema.type}`] : []));
  return refused.length === 0 ? undefined : `does not accept what it reads as ${[...new Set(refused)].join(', ')}`;
}

const errorText = (error: unknown): string => (error instanceof FlowError ? `${error.code}: ${error.message}` : error instanceof Error ? `${error.name}: ${error.message}` : show(error));
