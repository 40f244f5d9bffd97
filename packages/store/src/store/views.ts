/** Views on drafts that note what is read and written, so that a write can be told to rest on something outdated. */
import { FlowError } from '@flowmodel/core';
import { isPlainObject } from '@flowmodel/core/extending';
import { isDraft, original } from 'immer';
import type { Path } from './paths.ts';

/** What was read, as a tree along the state. `whole`: this place and all below it. */
export class Reads {
  whole = false;
  #children: Map<unknown, Reads> | undefined = undefined;

  at(key: unknown): Reads {
    this.#children ??= new Map();
    const known = typeof key === 'number' ? String(key) : key;
    let child = this.#children.get(known);
    if (child === undefined) this.#children.set(known, (child = new Reads()));
    return child;
  }

  /** Whether anything at, above or below a place was read. */
  touches(path: Path): boolean {
    // oxlint-disable-next-line typescript/no-this-alias -- walks down from here
    let node: Reads | undefined = this;
    for (const key of path) {
      if (node.whole) return true;
      node = node.#children?.get(typeof key === 'number' ? String(key) : key);
      if (node === undefined) return false;
    }
    return node.#hasAny();
  }

  #hasAny(): boolean {
    if (this.whole) return true;
    for (const child of this.#children?.values() ?? []) if (child.#hasAny()) return true;
    return false;
  }
}

/** What is noted of the work on one draft. */
export interface Noted {
  /** Undefined where nobody will ask. */
  readonly reads: Reads | undefined;
  /** Places that were given the value that they had. Immer sees no change in that, but it is a write all the same. */
  readonly idleWrites: Path[];
  /** The phase that has ended, `Load.post`, and its draft with it; undefined as long as it goes on. */
  readonly ended: string | undefined;
}

/** Answered by views only: their traps. */
const traps: unique symbol = Symbol('traps');

/** A view on a draft that notes what is read and written. Changes go through to the draft. */
export const noting = <T extends object>(draft: T, noted: Noted): T => viewOf(draft, undefined, undefined, noted.reads, { known: undefined, noted }) as T;

/** All views on one draft tree. The same draft is the same view however often it is read. */
interface Views {
  known: Map<object, object> | undefined;
  readonly noted: Noted;
}

function viewOf(draft: object, parent: Traps | undefined, key: unknown, reads: Reads | undefined, views: Views): object {
  const known = views.known?.get(draft);
  if (known !== undefined) return known;
  const handler = draft instanceof Map ? new MapTraps(draft, parent, key, reads, views) : draft instanceof Set ? new SetTraps(draft, parent, key, reads, views) : new ObjectTraps(draft, parent, key, reads, views);
  const view = new Proxy(draft, handler); // each kind is for its own kind of draft
  if (parent !== undefined) (views.known ??= new Map()).set(draft, view);
  return view;
}

/** A view is a proxy with one of these as its handler: methods, and not closures, since there is one for each phase. */
class Traps {
  readonly draft: object;
  readonly reads: Reads | undefined;
  protected readonly views: Views;
  readonly #parent: Traps | undefined;
  readonly #key: unknown;

  constructor(draft: object, parent: Traps | undefined, key: unknown, reads: Reads | undefined, views: Views) {
    this.draft = draft;
    this.#parent = parent;
    this.#key = key;
    this.reads = reads;
    this.views = views;
  }

  protected child(draft: object, key: unknown): object {
    return viewOf(draft, this, key, this.reads?.at(key), this.views);
  }

  /** Throws DEFINITION: whoever keeps the store of a phase beyond it would otherwise be told of a revoked proxy. */
  protected assertOpen(): void {
    const { ended } = this.views.noted;
    if (ended === undefined) return;
    throw new FlowError('DEFINITION', `${ended} has ended, and what it was given of the store is closed. Do this before the phase returns (it may await what it likes), or read store.state.`, { path: [ended] });
  }

  protected noteRead(key: unknown): void {
    if (this.reads !== undefined) this.reads.at(key).whole = true;
  }

  noteAll(): void {
    if (this.reads !== undefined) this.reads.whole = true;
  }

  protected noteIdle(...key: unknown[]): void {
    const path = key;
    // oxlint-disable-next-line typescript/no-this-alias -- walks up from here
    for (let one: Traps = this; one.#parent !== undefined; one = one.#parent) path.unshift(one.#key);
    this.views.noted.idleWrites.push(path);
  }
}

type Fields = Record<PropertyKey, unknown>;

class ObjectTraps extends Traps {
  get(target: Fields, key: PropertyKey): unknown {
    if (key === traps) return this;
    this.assertOpen();
    const value = target[key];
    if (typeof key === 'symbol' || (typeof value === 'function' && !Object.hasOwn(target, key))) return value;
    if (typeof value === 'object' && isDraft(value)) return this.child(value as object, key);
    if (key === 'length' && Array.isArray(target)) this.noteAll(); // who asks how many there are asks for all
    else this.noteRead(key);
    return value;
  }

  set(target: Fields, key: PropertyKey, value: unknown): boolean {
    this.assertOpen();
    const next = asDrafts(value);
    if (isIdle(original(target)?.[key], next)) this.noteIdle(key);
    target[key] = next;
    return true;
  }

  has(target: Fields, key: PropertyKey): boolean {
    this.assertOpen();
    if (typeof key === 'string') this.noteRead(key);
    return key in target;
  }

  ownKeys(target: Fields): (string | symbol)[] {
    this.assertOpen();
    this.noteAll();
    return Reflect.ownKeys(target);
  }
}

const isIdle = (before: unknown, next: unknown): boolean => Object.is(before, isDraft(next) ? original(next) : next);

/** The methods of Maps and Sets need the draft itself. */
class MapTraps extends Traps {
  get(target: Map<unknown, unknown>, name: PropertyKey, view: unknown): unknown {
    if (name !== traps) this.assertOpen();
    switch (name) {
      case 'get':
        return (key: unknown) => {
          const value = target.get(key);
          if (isDraft(value)) return this.child(value as object, key);
          this.noteRead(key);
          return value;
        };
      case 'has':
        return (key: unknown) => {
          this.noteRead(key);
          return target.has(key);
        };
      case 'set':
        return (key: unknown, value: unknown) => {
          const next = asDrafts(value);
          if (isIdle(original(target)?.get(key), next)) this.noteIdle(key);
          target.set(key, next);
          return view;
        };
      default:
        return wholeOf(this, target, name);
    }
  }
}

class SetTraps extends Traps {
  get(target: Set<unknown>, name: PropertyKey, view: unknown): unknown {
    if (name !== traps) this.assertOpen();
    if (name !== 'add') return wholeOf(this, target, name);
    return (item: unknown) => {
      const next = asDrafts(item);
      if (target.has(next)) this.noteIdle();
      target.add(next);
      return view;
    };
  }
}

function wholeOf(own: Traps, target: object, name: PropertyKey): unknown {
  if (name === traps) return own;
  const value: unknown = Reflect.get(target, name, target);
  if (typeof name === 'symbol' && name !== Symbol.iterator) return value; // Immer's own
  if (name !== 'delete' && name !== 'clear') own.noteAll();
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}

const trapsOf = (object: object): Traps | undefined => (object as { readonly [traps]?: Traps })[traps];

/** A value with every view replaced by its draft; what was handed on counts as read. */
export const asDrafts = (value: unknown): unknown => replaced(value, (object) => {
  const own = trapsOf(object);
  own?.noteAll();
  return own?.draft;
});

/**
 * A value with the objects in it for which `other` has something else replaced, looked for in plain containers. What needs no replacement
 * stays the same object; what does is copied.
 */
export function replaced(value: unknown, other: (object: object) => unknown, known?: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const instead = other(value);
  if (instead !== undefined) return instead;
  if (isDraft(value) || !isContainer(value)) return value;
  const seen = known ?? new Map<object, unknown>();
  if (seen.has(value)) return seen.get(value);
  seen.set(value, value); // a cycle stays as it is
  const result = copied(value, (item) => replaced(item, other, seen));
  seen.set(value, result);
  return result;
}

const isContainer = (value: object): boolean => Array.isArray(value) || isPlainObject(value) || value instanceof Map || value instanceof Set;

/** The container itself where no item changes. */
function copied(container: object, change: (item: unknown) => unknown): object {
  if (Array.isArray(container)) {
    let copy: unknown[] | undefined;
    container.forEach((item: unknown, i) => {
      const next = change(item);
      if (next !== item) (copy ??= [...(container as unknown[])])[i] = next;
    });
    return copy ?? container;
  }
  const entries: (readonly [unknown, unknown])[] = container instanceof Map ? [...container] : container instanceof Set ? [...container].map((item) => [item, item]) : Object.entries(container);
  let isSame = true;
  const changed = entries.map(([key, item]) => {
    const next = change(item);
    if (next !== item) isSame = false;
    return [key, next] as const;
  });
  if (isSame) return container;
  if (container instanceof Map) return new Map(changed);
  if (container instanceof Set) return new Set(changed.map(([, item]) => item));
  return Object.assign(Object.create(Object.getPrototypeOf(container) as object | null) as object, Object.fromEntries(changed as [string, unknown][]));
}
