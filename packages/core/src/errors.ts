/** The error catalogue: one class, a closed set of codes, and the wording of every message. */

/** The closed set of codes of the core. Packages add their own. */
export type FlowErrorCode =
  | 'DEFINITION'
  | 'BIND'
  | 'UNBOUND_INPUT'
  | 'REGULAR_OVERRIDE'
  | 'MISSING_CONTEXT'
  | 'MISSING_RESOURCE'
  | 'INVALID_CONTEXT'
  | 'INVALID_RESULT'
  | 'WITH_CONTEXT'
  | 'TRANSFORM'
  | 'CYCLE'
  | 'ASYNC_IN_SYNC'
  | 'CANCELLED'
  | 'TIMEOUT'
  | 'UNHASHABLE'
  | 'SERIALIZE'
  | 'DESERIALIZE'
  | 'DUPLICATE_NAME'
  | 'UNKNOWN_MODEL'
  | 'CACHE';

export interface FlowErrorOptions {
  /** What a program wants to know: fields, names, values. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Where in the graph, from the root down. */
  readonly path?: readonly string[];
  readonly cause?: unknown;
}

const errorBrand: unique symbol = Symbol.for('flowmodel.error') as never;

/**
 * Every error that flowmodel itself raises. What a body or a transform throws is never wrapped: it reaches the caller as the same object.
 *
 * @example
 * ```ts
 * const half = flowModel({ name: 'half', inputs: { n: FromContext(z.number()) } }, ({ n }) => n / 2);
 * try {
 *   half().flow.computeSync({ n: 'six' as never });
 * } catch (error) {
 *   console.log(error instanceof FlowError && error.code); // INVALID_CONTEXT
 * }
 * ```
 */
export class FlowError<Code extends string = FlowErrorCode> extends Error {
  readonly code: Code;
  readonly details: Readonly<Record<string, unknown>>;
  readonly path: readonly string[] | undefined;

  constructor(code: Code, message: string, options: FlowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = Object.freeze({ ...options.details });
    this.path = options.path;
  }

  /** Also true for errors of a second install of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== FlowError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[errorBrand] === true;
  }
}
Object.defineProperties(FlowError.prototype, { name: { value: 'FlowError', configurable: true, writable: true }, [errorBrand]: { value: true } });

/* ---------- wording ---------- */

const LONGEST_VALUE = 100;

/** A value for a message: short, on one line, never more than 100 characters. */
export function show(value: unknown): string {
  const text = describe(value, 0);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}

function describe(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > LONGEST_VALUE ? value.slice(0, LONGEST_VALUE) : value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return `function ${value.name || '(anonymous)'}`;
    case 'object':
      return value === null ? 'null' : describeObject(value, depth);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    default:
      return String(value);
  }
}

/** Models, transforms and what `computed` makes print themselves: short, and without secrets. */
const PRINTED = ['model', 'transform', 'computed'].map((name) => Symbol.for(`flowmodel.${name}`));

function describeObject(value: object, depth: number): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  const name = value.constructor?.name;
  if (Array.isArray(value)) return depth > 2 ? '[…]' : `[${value.slice(0, 20).map((item) => describe(item, depth + 1)).join(', ')}${value.length > 20 ? ', …' : ''}]`;
  if (name !== undefined && name !== 'Object') return PRINTED.some((brand) => brand in value) ? (value as { toString: () => string }).toString() : `${name} {…}`;
  if (depth > 2) return '{…}';
  const keys = Object.keys(value);
  const fields = keys.slice(0, 20).map((key) => `${key}: ${describe((value as Record<string, unknown>)[key], depth + 1)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')}${keys.length > 20 ? ', …' : ''} }`;
}

/** What a secret prints as, everywhere. */
export const SECRET_TEXT = '[secret]';

const MOST_LISTED = 20;

/** `'a', 'b' and 'c'`; at most 20, then how many more there are. */
export function listNames(names: Iterable<string>): string {
  const quoted = [...names].map((name) => `'${name}'`);
  if (quoted.length === 0) return 'none';
  if (quoted.length > MOST_LISTED) return `${quoted.slice(0, MOST_LISTED).join(', ')} and ${quoted.length - MOST_LISTED} more`;
  return quoted.length === 1 ? quoted[0]! : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

/** The known name closest to a mistyped one, if one is close. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = name.toLowerCase() === candidate.toLowerCase() ? 0 : editDistance(name, candidate, least);
    if (distance < least && candidate !== name) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours; gives up at `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

export const didYouMean = (name: string, known: Iterable<string>): string => {
  const match = nearest(name, known);
  return match === undefined ? '' : ` Did you mean '${match}'?`;
};

/** The dotted form of a path: `visitorDelta.previous`, elements as `counts[0]`. */
export const joinPath = (path: readonly string[]): string => path.join('.');

/** zod issues in words: `at rows[2].a: expected number`, or `at table.rows[2].a: …` below a name. */
export function issueText(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[], name?: string): string {
  return issues
    .slice(0, 3)
    .map((issue) => (issue.path.length === 0 ? issue.message : `at ${pathText(name === undefined ? issue.path : [name, ...issue.path])}: ${issue.message}`))
    .join('; ') + (issues.length > 3 ? `; and ${issues.length - 3} more` : '');
}

/** `a.b[0]` for `['a', 'b', 0]`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`)).join('');
}

/* ---------- where an error came from ---------- */

const paths = new WeakMap<object, readonly string[]>();

/** Remembers where in the graph an error arose; the first place wins. */
export function notePath(error: unknown, path: () => readonly string[]): void {
  if (typeof error === 'object' && error !== null && !paths.has(error)) paths.set(error, Object.freeze([...path()]));
}

/**
 * Where in the graph an error arose: the root's name, the inputs down to the failing model, and that model's name.
 * For a shared model it is the path through its first consumer. `undefined` for thrown primitives and for errors that did not come from a run.
 *
 * @example
 * ```ts
 * const broken = flowModel({ name: 'broken', inputs: {} }, (): number => { throw new Error('no data'); });
 * const report = flowModel({ name: 'report', inputs: { total: z.number() } }, ({ total }) => total);
 * try {
 *   report({ total: broken() }).flow.computeSync();
 * } catch (error) {
 *   console.log(flowPathOf(error)); // [ 'report', 'total', 'broken' ]
 * }
 * ```
 */
export function flowPathOf(error: unknown): readonly string[] | undefined {
  return typeof error === 'object' && error !== null ? paths.get(error) : undefined;
}
