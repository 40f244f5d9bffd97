/** A walk through nested data without recursion, that makes something of every part before it makes something of the whole. */
import type { Meter } from './limits.ts';

/** An object on the way: the parts that it has, what was made of them so far, and what is made of them all. */
export class Opened {
  readonly parts: readonly unknown[];
  /** What was made of the parts; an array of its own, which `join` may keep. */
  readonly done: unknown[] = [];
  readonly join: (done: unknown[]) => unknown;
  /** The key of part i, for messages; its number where there is none. */
  readonly keyOf: ((i: number) => PropertyKey) | undefined;
  /** The object itself, where it may hold itself. */
  source: object | undefined = undefined;

  constructor(parts: readonly unknown[], join: (done: unknown[]) => unknown, keyOf?: (i: number) => PropertyKey) {
    this.parts = parts;
    this.join = join;
    this.keyOf = keyOf;
  }
}

/** Where a walk is: the objects that are open, the outermost first. */
export type Trail = Opened[];

/** The keys that lead to the part in work. */
export const pathOf = (trail: Trail): PropertyKey[] =>
  trail.filter(({ done, parts }) => done.length < parts.length).map(({ done, keyOf }) => keyOf?.(done.length) ?? done.length);

/** `step` makes something of a value, or opens it. */
export function fold(root: unknown, step: (value: unknown) => unknown, trail: Trail, meter: Meter): unknown {
  let result = step(root);
  if (!(result instanceof Opened)) return result;
  trail.push(result);
  for (;;) {
    const top = trail.at(-1)!;
    if (top.done.length < top.parts.length) {
      result = step(top.parts[top.done.length]);
      if (result instanceof Opened && result.parts.length > 0) {
        meter.depth(trail.length + 1);
        trail.push(result);
      } else {
        top.done.push(result instanceof Opened ? result.join(result.done) : result);
      }
    } else {
      const value = top.join(top.done);
      trail.pop();
      if (trail.length === 0) return value;
      trail.at(-1)!.done.push(value);
    }
  }
}
