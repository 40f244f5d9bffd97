/**
 * What decorators note while a class is made, under a symbol on the class itself: nothing can be made of it before the class is whole,
 * since some tools rename or wrap it meanwhile. `decorators/` reads the notes when `modelsOf` or `transformsOf` asks.
 */
import { FlowError } from '../errors.ts';
import type { Role } from '../types.ts';

/** A decorated static method. */
export interface MethodNote {
  readonly kind: 'flowModel' | 'contextTransform';
  readonly options: object;
  readonly dialect: 'legacy' | 'standard';
  /** As it was when the decorator ran; decorators above may have wrapped it since. */
  readonly method: Method;
}

/** A parameter's marker; `regular` and `schema` by `@Input(schema)`. */
export interface ParameterNote {
  readonly role: Role | 'regular';
  /** Undefined: derived from the parameter's type. */
  readonly schema: unknown;
}

export interface ClassNotes {
  readonly methods: Map<PropertyKey, MethodNote>;
  /** By method and position. */
  readonly parameters: Map<PropertyKey, Map<number, ParameterNote>>;
}

export type Method = (...args: unknown[]) => unknown;
/** A class, as seen by what decorates its static side. */
export type StaticSide = (abstract new (...args: never[]) => unknown) & Readonly<Record<PropertyKey, unknown>>;

// `Symbol.for`: duplicate installs read each other's notes. On the class and not in a WeakMap, so that a proxy around the class has them too.
const notesSymbol: unique symbol = Symbol.for('flowmodel.decorated') as never;

/** The notes of a class itself, not those of the classes that it extends. */
export const notesOf = (Class: object): ClassNotes | undefined => (Object.hasOwn(Class, notesSymbol) ? (Class as { readonly [notesSymbol]: ClassNotes })[notesSymbol] : undefined);

function openNotes(Class: object): ClassNotes {
  const notes = notesOf(Class) ?? { methods: new Map(), parameters: new Map() };
  if (notesOf(Class) === undefined) Object.defineProperty(Class, notesSymbol, { value: notes });
  return notes;
}

export function noteMethod(Class: StaticSide, name: PropertyKey, note: MethodNote): void {
  const { methods } = openNotes(Class);
  const earlier = methods.get(name);
  if (earlier !== undefined) throw new FlowError('DEFINITION', `${methodLabel(Class, name)}: @${earlier.kind} and @${note.kind} decorate one method. A method is one definition; drop one of the two.`);
  methods.set(name, note);
}

/** `what`: the decorator's name, for messages. Throws DEFINITION. */
export function noteParameter(what: string, note: ParameterNote, [target, name, index]: readonly unknown[]): void {
  if (typeof index !== 'number' || (typeof target !== 'function' && typeof target !== 'object')) {
    throw new FlowError('DEFINITION', `@${what}(…) decorates parameters of static methods: static load(@${what}(…) date: Date). As a marker it stands in a shape: inputs: { date: ${what}(z.date()) }.`);
  }
  if (typeof target !== 'function' || name === undefined) {
    const place = typeof target === 'function' ? 'the constructor' : `the instance method ${String(name)}`;
    throw new FlowError('DEFINITION', `@${what}(…) stands on a parameter of ${place}. It is for static methods that @flowModel() or @contextTransform() decorates: make the method static.`);
  }
  const { parameters } = openNotes(target);
  const ofMethod = parameters.get(name as PropertyKey) ?? new Map<number, ParameterNote>();
  if (ofMethod.has(index)) throw new FlowError('DEFINITION', `${methodLabel(target as StaticSide, name as PropertyKey)}: parameter ${index + 1} has two markers. An input has one marker; drop one of the two.`);
  parameters.set(name as PropertyKey, ofMethod.set(index, note));
}

/** `Visitors.count`; while a class is made, its name may not be the last one. */
export const methodLabel = (Class: StaticSide, name: PropertyKey): string => `${classNameOf(Class) ?? '<class>'}.${typeof name === 'symbol' ? `[${name.description ?? ''}]` : String(name)}`;

/** A class may hide its name behind a static member. */
export function classNameOf(Class: StaticSide): string | undefined {
  const { name } = Class as { readonly name: unknown };
  return typeof name === 'string' && name !== '' ? name : undefined;
}
