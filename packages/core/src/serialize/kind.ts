/** A kind of object that is encoded without a codec: the tag that stands for it, its parts, and how it is made of them again. */
import type { Json } from './json.ts';
import { Opened } from './fold.ts';

export interface Kind<T extends object = object> {
  /** The key that marks its encoded form. */
  readonly tag: string;
  /** What may stand beside the tag. */
  readonly fields?: readonly string[];
  readonly class: { readonly prototype: T };
  /** Parts are values; joined they are JSON. */
  encode(value: T): Opened;
  /** Parts are JSON; joined they are the value. Throws `Malformed`. */
  decode(content: Json, encoded: Readonly<Record<string, Json>>): Opened;
}

/** Kinds are looked up by class, and so are only ever given instances of their own. */
export const kindOf = <T extends object>(kind: Kind<T>): Kind => kind;

/** What has no parts. */
export const whole = (value: unknown): Opened => new Opened([], () => value);

/** An encoded form is refused: the text says what was expected. */
export class Malformed extends Error {}

export function need(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new Malformed(`expected ${expected}`);
}
