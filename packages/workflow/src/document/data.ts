/** Plain data: what JSON and YAML can say, and what a document given as an object has to be. */
import { FORBIDDEN } from './schema.ts';

/** Deeper data is refused: nobody writes it, and everything that walks it may then be recursive. */
const DEEPEST = 100;

export type Path = readonly (string | number)[];

/** What keeps a value from being plain data. */
export interface DataProblem {
  readonly at: Path;
  readonly message: string;
  readonly isCycle: boolean;
}

export const isRecord = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
};

/** A copy of arrays and records all the way down; other values (dates, say) stay as they are. Reports the first problem. */
export function plainCopy(value: unknown, report: (problem: DataProblem) => void): unknown {
  const copy = (value: unknown, at: Path, above: readonly object[]): unknown => {
    if (typeof value === 'function' || typeof value === 'symbol') return void report({ at, message: `expected data, got a ${typeof value}`, isCycle: false });
    if (!Array.isArray(value) && !isRecord(value)) return value;
    if (above.includes(value)) return void report({ at, message: 'it holds itself', isCycle: true });
    if (above.length >= DEEPEST) return void report({ at, message: `it is nested deeper than ${DEEPEST} levels`, isCycle: false });
    const inside = [...above, value];
    if (Array.isArray(value)) return value.map((item, i) => copy(item, [...at, i], inside));
    const record: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(value)) {
      if (FORBIDDEN.has(key)) report({ at: [...at, key], message: `a key cannot be '${key}'`, isCycle: false });
      else if (field !== undefined) record[key] = copy(field, [...at, key], inside);
    }
    return record;
  };
  return copy(value, [], []);
}

/** Freezes arrays and records all the way down. */
export function frozen<T>(value: T): T {
  if ((Array.isArray(value) || isRecord(value)) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}
