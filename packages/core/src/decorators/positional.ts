/** A method with positional parameters, read as a shape and a body that takes one record. */
import type { MethodNote, ParameterNote, StaticSide } from '../authoring/decoration.ts';
import { FromContext, Lazy, Dependency, ModelInput, Resource } from '../authoring/markers.ts';
import { listNames } from '../errors.ts';
import type { Role } from '../types.ts';
import { designTypes, hasReflection, schemaOfType } from './design-types.ts';
import { parametersIn } from './parameter-names.ts';
import type { Parameters } from './parameter-names.ts';

export interface Positional {
  readonly note: MethodNote;
  readonly Class: StaticSide;
  readonly name: PropertyKey;
  readonly params: readonly string[] | undefined;
  readonly marks: ReadonlyMap<number, ParameterNote> | undefined;
  /** Throws DEFINITION. */
  readonly fail: (problem: string) => never;
}

export interface ReadParameters {
  readonly names: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The last parameter is the run. */
  readonly wantsRun: boolean;
}

export function readParameters(of: Positional): ReadParameters {
  const { note, Class, name, marks = new Map<number, ParameterNote>() } = of;
  const text = parametersIn(Function.prototype.toString.call(note.method), name);
  const types = note.dialect === 'legacy' ? designTypes(Class, name) : undefined;
  const count = countOf(of, text, types);
  if (text !== undefined) checkText(of, text);
  const names = namesOf(of, text, types, count);
  if (note.dialect === 'standard' && names.length > 0) {
    of.fail('positional parameters need the legacy dialect: this class was compiled with standard decorators. State the inputs and take one object: @flowModel({ inputs }) with the parameter { … }: Inputs<typeof inputs>; or set experimentalDecorators and emitDecoratorMetadata.');
  }
  const misplaced = [...marks.keys()].find((index) => index >= names.length);
  if (misplaced !== undefined) of.fail(`parameter ${misplaced + 1} is marked, and it is the run. Drop the marker, or name the parameter in params.`);
  const inputs = Object.fromEntries(names.map((input, index) => [input, fieldOf(of, input, marks.get(index), types, index)]));
  return { names, inputs, wantsRun: names.length < count };
}

/** How many parameters the method has, as far as can be told. */
function countOf(of: Positional, text: Parameters | undefined, types: readonly unknown[] | undefined): number {
  return text?.list.length ?? types?.length ?? Math.max(of.note.method.length, of.params?.length ?? 0);
}

/** What cannot be an input, however it is named. */
function checkText({ note, fail }: Positional, { list }: Parameters): void {
  for (const { kind, text } of list) {
    if (kind === 'rest') fail(`the rest parameter ${text} is no input. Take an array: @Input(z.array(…)) ${text.slice(3)}.`);
    if (kind === 'default') fail(`the parameter '${text}' has a JavaScript default, which ${note.kind} cannot see. Put it into the schema: @Input(schema.default(…)) ${/^[\p{ID_Continue}$]*/u.exec(text)![0] || '…'}.`);
  }
}

/* ---------- names ---------- */

function namesOf(of: Positional, text: Parameters | undefined, types: readonly unknown[] | undefined, count: number): readonly string[] {
  const { note, params, fail } = of;
  // The run's type is an interface, of which compilers leave `Object`.
  const mayTakeRun = note.kind === 'flowModel' && (types === undefined || types[count - 1] === Object || types[count - 1] === undefined);
  if (params !== undefined) {
    if (params.length !== count && !(mayTakeRun && params.length === count - 1)) {
      fail(`'params' names ${params.length} parameter${params.length === 1 ? '' : 's'} (${listNames(params)}), and the method has ${count}${mayTakeRun ? ', of which the last may be the run' : ''}.`);
    }
    return params;
  }
  const example = `params: [${Array.from({ length: count }, (_, index) => `'${text?.list[index]?.kind === 'plain' && !text.looksMinified ? text.list[index].text : '…'}'`).join(', ')}]`;
  if (text === undefined) return count === 0 && note.method.length === 0 && types !== undefined ? [] : fail(`the names of its parameters cannot be read from its source text; another decorator may have wrapped it. Add ${example}.`);
  const unnamed = text.list.find(({ kind }) => kind !== 'plain');
  if (unnamed !== undefined) fail(`the parameter ${unnamed.text} has no name. Add ${example}.`);
  if (text.looksMinified) fail(`its parameters are called ${listNames(text.list.map((each) => each.text))}, which looks like the work of a minifier. Add ${example}, and name: '…', which minifiers leave as they are.`);
  const names = text.list.map((each) => each.text);
  const isRun = mayTakeRun && names.at(-1) === 'run' && !of.marks?.has(count - 1);
  return isRun ? names.slice(0, -1) : names;
}

/* ---------- schemas ---------- */

const MARKERS: Readonly<Record<Exclude<Role, 'resource'>, (schema: never) => unknown>> = { context: FromContext, lazy: Lazy, dependency: Dependency, model: ModelInput };

/** The entry of a shape that says what the parameter's marker and type say. */
function fieldOf(of: Positional, input: string, mark: ParameterNote | undefined, types: readonly unknown[] | undefined, index: number): unknown {
  const role = mark?.role ?? 'regular';
  if (role === 'resource') return Resource();
  // The type of a lazy parameter is that of the thunk.
  const schema = mark?.schema ?? (role === 'lazy' ? schemaOfType(Object) : typeSchema(of, input, role, types, index));
  return role === 'regular' ? schema : MARKERS[role](schema as never);
}

function typeSchema({ fail }: Positional, input: string, role: string, types: readonly unknown[] | undefined, index: number): unknown {
  const marker = role === 'context' ? 'FromContext' : role === 'dependency' ? 'Dependency' : 'Input';
  const byHand = `give the schema: @${marker}(z.…) ${input}`;
  if (types === undefined) {
    if (!hasReflection()) return fail(`the type of '${input}' is not known at run time. Import 'reflect-metadata' once, before this class is loaded, and compile with emitDecoratorMetadata; or ${byHand}.`);
    return fail(`the type of '${input}' is not known at run time: there is no design:paramtypes. Compile with emitDecoratorMetadata, by a tool that has it (esbuild and tsx do not), and import 'reflect-metadata' before this class is loaded; or ${byHand}.`);
  }
  return schemaOfType(types[index]) ?? fail(`the type of '${input}' does not exist at run time (an import that is used before its module is ready, say). Import it otherwise, or ${byHand}.`);
}
