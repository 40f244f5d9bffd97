/**
 * Keys of containers: bottom up, without recursion, one hash for each that is not small. What a container holds stands in it by its own
 * text, so what is shared inside a value costs once, and is the same value as two copies of it.
 */
import { FlowError } from '../errors.ts';
import { directKey } from './direct-key.ts';
import type { Hasher } from './hasher.ts';
import { HOLE, opened } from './opened.ts';
import type { Opened } from './opened.ts';

/** What a hasher's keys of containers that can change no more are. */
interface Remembered {
  /** As they stand in other containers. */
  readonly inside: WeakMap<object, string>;
  /** Small ones, as values of their own. */
  readonly small: WeakMap<object, string>;
}

const remembered = new WeakMap<Hasher, Remembered>();

/** The text of what is no primitive and no date. Throws UNHASHABLE. */
export function structuredKey(value: unknown, hasher: Hasher, at: () => string): string {
  let fixed = remembered.get(hasher);
  if (fixed === undefined) remembered.set(hasher, (fixed = { inside: new WeakMap(), small: new WeakMap() }));
  const container = value as object; // or else it is in no map, and refused
  const text = fixed.inside.get(container) ?? new Walk(hasher, fixed.inside, at).textOf(container);
  if (!isSmall(text)) return text;
  let hashed = fixed.small.get(container);
  if (hashed === undefined) {
    hashed = hashOf(['@small', text], hasher);
    if (fixed.inside.has(container)) fixed.small.set(container, hashed);
  }
  return hashed;
}

/** Small containers stand in others as they are: hashing would take longer than all the rest of them. */
const LONGEST_INSIDE = 256;

/** Each part with its length, so that no two containers have the same text. */
function inside(parts: readonly string[], hasher: Hasher): string {
  let text = '(';
  for (const part of parts) {
    text += `${part.length}:${part}`;
    if (text.length > LONGEST_INSIDE) return hashOf(parts, hasher);
  }
  return `${text})`;
}

const isSmall = (text: string): boolean => text.startsWith('(');

const hashOf = (parts: readonly string[], hasher: Hasher): string => `#${hasher.value(parts)};`;

/** A container whose items are being keyed. */
interface Frame {
  readonly source: object;
  readonly container: Opened;
  /** Of the items so far. */
  readonly texts: string[];
  /** Nothing met in it so far can change. */
  isFixed: boolean;
}

/** In the place of a text while its container is being walked: whoever meets it there has found a cycle. */
const UNDER_WAY = '';

/** `toJSON()` and codecs may yield ever new instances. */
const MOST_NESTED_MADE = 10_000;

class Walk {
  readonly #hasher: Hasher;
  /** What outlives this walk. */
  readonly #fixed: WeakMap<object, string>;
  readonly #at: () => string;
  /** Of containers that may change after this walk, and of those under way. Not of small plain ones, which are as soon read again: a table's rows would crowd it. */
  readonly #texts = new Map<object, string>();
  /** From the root down to the container at hand. */
  readonly #frames: Frame[] = [];
  #nestedMade = 0;

  constructor(hasher: Hasher, fixed: WeakMap<object, string>, at: () => string) {
    this.#hasher = hasher;
    this.#fixed = fixed;
    this.#at = at;
  }

  textOf(root: unknown): string {
    let text = this.#enter(root);
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      if (this.#fill(frame)) text = this.#close(frame);
    }
    return text!;
  }

  /** Keys items until all are done, or one needs a frame of its own. */
  #fill(frame: Frame): boolean {
    const { items } = frame.container;
    while (frame.texts.length < items.length) {
      const index = frame.texts.length;
      const item = this.#read(items, index);
      let text = item === undefined && !(index in items) ? HOLE : directKey(item, this.#hasher);
      if (text === undefined) {
        text = this.#fixed.get(item as object);
        if (text === undefined) {
          text = this.#enter(item);
          if (text === undefined) return false;
          frame.isFixed = false;
        }
      } else if (typeof item === 'object' && item !== null) {
        frame.isFixed = false; // a date
      }
      frame.texts.push(text);
    }
    return true;
  }

  #read(items: readonly unknown[], index: number): unknown {
    try {
      return items[index];
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /** The text of a container that this walk knows; nothing when a frame was opened for it. */
  #enter(item: unknown): string | undefined {
    const known = this.#texts.get(item as object);
    if (known === UNDER_WAY) throw this.#refusal('it holds itself. Refer to what is further up by a name or a number.');
    if (known !== undefined) return known;
    const container = this.#open(item);
    if (typeof container === 'string') return container;
    if (container.isMade === true && ++this.#nestedMade > MOST_NESTED_MADE) throw this.#refusal('its toJSON() or codec yields new instances without end. Let it yield plain data.');
    const source = item as object;
    this.#texts.set(source, UNDER_WAY);
    this.#frames.push({ source, container, texts: [], isFixed: container.isFixed });
    return undefined;
  }

  #open(item: unknown): Opened | string {
    let result;
    try {
      result = opened(item);
    } catch (error) {
      throw this.#unreadable(error);
    }
    if (typeof result === 'object' && 'problem' in result) throw this.#refusal(result.problem);
    return result;
  }

  #close(frame: Frame): string {
    this.#frames.pop();
    const { source, container, texts, isFixed } = frame;
    if (container.isMade === true) this.#nestedMade--;
    const text = inside(container.assemble(texts, this.#hasher), this.#hasher);
    if (isFixed) this.#fixed.set(source, text);
    if (isFixed || (container.isPlain === true && isSmall(text))) this.#texts.delete(source);
    else this.#texts.set(source, text);
    const parent = this.#frames.at(-1);
    if (parent !== undefined) {
      parent.isFixed &&= isFixed;
      parent.texts.push(text);
    }
    return text;
  }

  #unreadable(error: unknown): FlowError {
    return this.#refusal(`reading it failed: ${error instanceof Error ? error.message : String(error)}.`, error);
  }

  #refusal(problem: string, cause?: unknown): FlowError {
    const path = this.#frames.map(({ container, texts }) => container.label(texts.length));
    const at = this.#at();
    const where = path.length === 0 ? at : `${at}, at ${shortened(path)}`;
    return new FlowError('UNHASHABLE', `${where}: ${problem}`, { details: { at, valuePath: path.join('').replace(/^\./, '') }, cause });
  }
}

const MOST_SHOWN = 20;

/** `rows[3].fn`; of a very deep place the last steps. */
const shortened = (path: readonly string[]): string => (path.length > MOST_SHOWN ? `…${path.slice(-MOST_SHOWN).join('')}` : path.join('').replace(/^\./, ''));
