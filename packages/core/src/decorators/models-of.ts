/** The factories that decorated static methods define, made when they are first asked for: only then is a class whole and rightly named. */
import { makeTransforms } from '../authoring/context-transform.ts';
import { classNameOf, methodLabel, notesOf } from '../authoring/decoration.ts';
import type { ClassNotes, Method, MethodNote, StaticSide } from '../authoring/decoration.ts';
import { makeFactory } from '../authoring/flow-model.ts';
import { FlowError, show } from '../errors.ts';
import { readParameters } from './positional.ts';
import type { ModelsOf, TransformsOf } from './types.ts';

/**
 * The factories of the static methods that `@flowModel(…)` decorates, by method name, those of extended classes included. Typed through
 * the methods' parameters: `Inputs<typeof inputs>` gives what `flowModel(options, body)` gives; with positional parameters bindings and
 * contexts are checked at run time only. Definitions without a name are called `Class.method`. Their names join the registry now, so
 * call it where the class is defined if documents shall find them. Asking again gives the same factories.
 *
 * Throws DEFINITION, DUPLICATE_NAME.
 *
 * @example
 * ```ts no-run
 * const inputs = { place: z.string(), days: FromContext(z.number()) };
 * class Visitors {
 *   @flowModel({ inputs })
 *   static count({ place, days }: Inputs<typeof inputs>): number {
 *     return place.length * days;
 *   }
 * }
 * const { count } = modelsOf(Visitors);
 * console.log(Visitors.count({ place: 'zoo', days: 2 })); // 6
 * console.log(count({ place: 'zoo' }).flow.computeSync({ days: 2 }).value); // 6
 * ```
 */
export function modelsOf<C extends { readonly prototype: object }>(Class: C): ModelsOf<C> {
  return factoriesOf(Class as unknown as StaticSide, 'flowModel') as ModelsOf<C>; // the static contract is proven by the type tests
}

/**
 * The factories of the static methods that `@contextTransform(…)` decorates; as {@link modelsOf}, by `TransformInputs` and `PatchInputs`.
 *
 * Throws DEFINITION, DUPLICATE_NAME.
 *
 * @example
 * ```ts no-run
 * const inputs = { celsius: FromContext(z.number()) };
 * class Units {
 *   @contextTransform({ inputs })
 *   static fahrenheit({ celsius }: TransformInputs<typeof inputs>): number {
 *     return celsius * 1.8 + 32;
 *   }
 * }
 * const { fahrenheit } = transformsOf(Units);
 * const show = flowModel({ inputs: { degrees: FromContext(z.number()) } }, ({ degrees }) => `${degrees} degrees`);
 * console.log(show().flow.withContext({ degrees: fahrenheit() }).flow.computeSync({ celsius: 20 }).value); // 68 degrees
 * ```
 */
export function transformsOf<C extends { readonly prototype: object }>(Class: C): TransformsOf<C> {
  return factoriesOf(Class as unknown as StaticSide, 'contextTransform') as TransformsOf<C>; // the static contract is proven by the type tests
}

function factoriesOf(Class: StaticSide, kind: MethodNote['kind']): object {
  const what = kind === 'flowModel' ? 'modelsOf' : 'transformsOf';
  if (typeof Class !== 'function') throw new FlowError('DEFINITION', `${what} expects a class, got ${show(Class)}.`);
  const factories: Record<PropertyKey, unknown> = {};
  const overriding = new Map<PropertyKey, StaticSide>();
  // From the class to those that it extends: what is nearer wins.
  for (let owner = Class; typeof owner === 'function'; owner = Object.getPrototypeOf(owner) as StaticSide) {
    const notes = notesOf(owner);
    if (notes !== undefined) checkMarks(owner, notes);
    for (const [name, note] of notes?.methods ?? []) {
      if (Object.hasOwn(factories, name)) continue;
      const by = overriding.get(name);
      if (by !== undefined) throw new FlowError('DEFINITION', `${methodLabel(by, name)} overrides a method that @${note.kind} decorates, and is not decorated itself. Decorate it too, or give it another name.`);
      if (note.kind === kind) Object.defineProperty(factories, name, { value: factoryOf(owner, name, note, notes!), enumerable: true });
    }
    for (const name of Reflect.ownKeys(owner)) if (notes?.methods.has(name) !== true && !overriding.has(name)) overriding.set(name, owner);
  }
  if (Reflect.ownKeys(factories).length === 0) {
    throw new FlowError('DEFINITION', `${what}(${classNameOf(Class) ?? show(Class)}): no static method is decorated. Put @${kind}({ inputs: { … } }) before one.`);
  }
  return Object.freeze(factories);
}

function checkMarks(owner: StaticSide, { methods, parameters }: ClassNotes): void {
  for (const name of parameters.keys()) {
    if (!methods.has(name)) throw new FlowError('DEFINITION', `${methodLabel(owner, name)}: its parameters are marked, but the method is not decorated. Put @flowModel() or @contextTransform() before it.`);
  }
}

/** By the note: asking again, also after another method failed, gives the same definition. */
const made = new WeakMap<MethodNote, unknown>();

function factoryOf(Class: StaticSide, name: PropertyKey, note: MethodNote, notes: ClassNotes): unknown {
  let factory = made.get(note);
  if (factory === undefined) made.set(note, (factory = makeFrom(Class, name, note, notes)));
  return factory;
}

type Options = Readonly<Record<string, unknown>> & { readonly params?: readonly string[] };

function makeFrom(Class: StaticSide, name: PropertyKey, note: MethodNote, notes: ClassNotes): unknown {
  const label = methodLabel(Class, name);
  const fail = (problem: string): never => {
    throw new FlowError('DEFINITION', `${label}: ${problem}`);
  };
  const { params, ...options } = note.options as Options;
  const marks = notes.parameters.get(name);
  const method = Object.getOwnPropertyDescriptor(Class, name)?.value as unknown;
  if (typeof method !== 'function') return fail('it is no method any more; a decorator has put something else in its place.');
  const named = { ...options, name: options['name'] ?? (classNameOf(Class) === undefined ? undefined : label) };
  // What other decorators wrapped around it is code, too.
  const code = note.method === method ? [note.method] : [note.method, method as Method];
  const make = note.kind === 'flowModel' ? makeFactory : makeTransforms;

  if (options['inputs'] !== undefined) {
    if (marks !== undefined) fail('its parameters are marked, and inputs are given. Put the markers into the shape: inputs: { date: FromContext(z.date()) }; or drop inputs.');
    return make(named, bodyOf(Class, method as Method, method.length === 1), code);
  }
  const { names, inputs, wantsRun } = readParameters({ note, Class, name, params, marks, fail });
  return make({ ...named, inputs }, positionalBody(Class, method as Method, names, wantsRun), code);
}

/** Methods call each other by `this`. */
const bodyOf = (Class: StaticSide, method: Method, isUnary: boolean): Method =>
  isUnary ? (inputs: unknown) => method.call(Class, inputs) : (inputs: unknown, run: unknown) => method.call(Class, inputs, run);

const positionalBody = (Class: StaticSide, method: Method, names: readonly string[], wantsRun: boolean): Method => {
  const read = (inputs: unknown): unknown[] => names.map((name) => (inputs as Readonly<Record<string, unknown>>)[name]);
  return wantsRun ? (inputs: unknown, run: unknown) => method.apply(Class, [...read(inputs), run]) : (inputs: unknown) => method.apply(Class, read(inputs));
};
