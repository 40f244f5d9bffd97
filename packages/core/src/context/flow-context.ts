import { FlowError, show } from '../errors.ts';
import { asModel, inspectHook } from '../model/brand.ts';
import { drafted } from '../model/draft.ts';
import { frozenCopy, isPlainObject } from '../model/frozen.ts';
import { sameValue } from './equal.ts';

const contextBrand: unique symbol = Symbol.for('flowmodel.context') as never;

/**
 * An immutable bag of context fields, compared by content. Its fields are ambient only, so that a name may be a regular
 * input of the root and contextual upstream; a plain object passed to `compute` is refused there.
 * `undefined` means "not given". Throws INVALID_CONTEXT when made from something that is no record.
 *
 * @example
 * ```ts
 * const january = new FlowContext({ month: 1, year: 2024 });
 * const february = january.with({ month: 2 });
 * console.log(february.get('year'), january.equals(new FlowContext({ year: 2024, month: 1 }))); // 2024 true
 * ```
 */
export class FlowContext<T extends object = Record<string, unknown>> {
  readonly #fields: Readonly<Record<string, unknown>>;
  /** Carries `T` for the compiler. */
  declare readonly fields?: T;

  constructor(fields: T) {
    const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [key, value] of fieldsIn(fields)) copy[key] = frozenCopy(value);
    this.#fields = Object.freeze(copy);
    Object.freeze(this);
  }

  get [contextBrand](): true {
    return true;
  }

  /** The value of a field, `undefined` where it is not given. */
  get<K extends keyof T & string>(field: K): T[K];
  get(field: string): unknown;
  get(field: string): unknown {
    return handedOut(this.#fields[field]);
  }

  /** Whether a field is given. */
  has(field: string): boolean {
    return field in this.#fields;
  }

  /** A shallow copy as a plain object. */
  toObject(): T {
    const copy: Record<string, unknown> = { ...this.#fields };
    for (const field of Object.keys(copy)) if (copy[field] instanceof Date) copy[field] = handedOut(copy[field]);
    return copy as T;
  }

  /** A new context with some fields changed; `undefined` removes one. */
  with<C extends object>(changes: C): FlowContext<Omit<T, keyof C> & C> {
    return new FlowContext({ ...this.#fields, ...changes } as unknown as Omit<T, keyof C> & C);
  }

  /** A new context, changed through an Immer draft. */
  update(recipe: (draft: { -readonly [K in keyof T]: T[K] }) => void): FlowContext<T> {
    return new FlowContext(drafted({ ...this.#fields } as { -readonly [K in keyof T]: T[K] }, recipe) as T);
  }

  /** Whether another context holds equal values; a plain object is never equal. */
  equals(other: unknown): boolean {
    return isFlowContext(other) && sameValue(this.toObject(), other.toObject());
  }

  toString(): string {
    return `FlowContext ${show(this.toObject())}`;
  }

  [inspectHook](): string {
    return this.toString();
  }
}

/** Dates cannot be frozen: whoever sets one sets a copy. */
const handedOut = (value: unknown): unknown => (value instanceof Date ? new Date(value) : value);

/** Recognises contexts of a second install too. */
export const isFlowContext = (value: unknown): value is FlowContext =>
  typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[contextBrand] === true;

const NO_RECORD = [Map, Set, Date, RegExp, Promise, WeakMap, WeakSet, Error];

/** The given fields of a context; `undefined` is not given. `reader`: the model that is computed. Throws INVALID_CONTEXT. */
export function fieldsIn(context: unknown, reader?: string): [string, unknown][] {
  if (isPlainObject(context)) return givenEntries(context);
  if (isFlowContext(context)) return Object.entries(context.toObject());
  if (typeof context !== 'object' || context === null || Array.isArray(context) || ArrayBuffer.isView(context) || NO_RECORD.some((Class) => context instanceof Class)) {
    throw problem(reader, `got ${show(context)}. Write compute({ field: value }).`);
  }
  const model = asModel(context);
  if (model !== undefined) {
    throw problem(reader, `got the model ${model.brief()}. Bind models to inputs; compute takes context fields.`);
  }
  return givenEntries(context);
}

function problem(reader: string | undefined, text: string): FlowError {
  const where = reader === undefined ? '' : `${reader}: `;
  return new FlowError('INVALID_CONTEXT', `${where}a context is a plain object or a FlowContext, ${text}`, reader === undefined ? {} : { path: [reader], details: { model: reader } });
}

const givenEntries = (context: object): [string, unknown][] => Object.entries(context).filter(([, value]) => value !== undefined);
