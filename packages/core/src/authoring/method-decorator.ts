/** What `flowModel` and `contextTransform` return when they are given no body: a decorator of both dialects, told apart by its arguments. */
import { FlowError, listNames, show } from '../errors.ts';
import { define } from './define.ts';
import type { Declared, RawOptions } from './define.ts';
import { noteMethod } from './decoration.ts';
import type { Method, MethodNote, StaticSide } from './decoration.ts';

/** What a standard decorator is told of what it decorates; not every tool has all of it. */
interface StandardContext {
  readonly kind: unknown;
  readonly name: PropertyKey;
  readonly static?: boolean;
  readonly private?: boolean;
  readonly addInitializer: (initializer: (this: StaticSide) => void) => void;
}

export function methodDecorator(declared: Declared, options: object | undefined = {}): (...args: readonly unknown[]) => void {
  const kind = declared.what as MethodNote['kind'];
  checkOptions(declared, options);
  return (...args) => {
    const [target, place, descriptor] = args;
    if (isStandard(place)) return decorateStandard(kind, options, target, place);
    if (args.length >= 2 && (typeof place === 'string' || typeof place === 'symbol')) return decorateLegacy(kind, options, target, place, descriptor);
    if (typeof target === 'function' && (args.length === 1 || place === undefined)) throw notAMethod(kind, `the class ${show(target)}`);
    throw new FlowError('DEFINITION', `${kind}(options) was given no body, so it is a decorator for static methods, and it was called with ${show(target)}. For a factory pass the body too: ${kind}({ inputs: { … } }, (inputs) => …).`);
  };
}

const isStandard = (place: unknown): place is StandardContext => typeof place === 'object' && place !== null && typeof (place as Partial<StandardContext>).kind === 'string';

function decorateStandard(kind: MethodNote['kind'], options: object, method: unknown, context: StandardContext): void {
  const { name } = context;
  if (context.kind !== 'method' || typeof method !== 'function') throw notAMethod(kind, `the ${String(context.kind)} ${String(name)}`);
  if (context.static !== true) throw notAMethod(kind, `the instance method ${String(name)}`);
  if (context.private === true) throw notAMethod(kind, `the private method ${String(name)}`);
  context.addInitializer(function noteIt() {
    noteMethod(this, name, { kind, options, dialect: 'standard', method: method as Method });
  });
}

function decorateLegacy(kind: MethodNote['kind'], options: object, target: unknown, name: PropertyKey, descriptor: unknown): void {
  const method = (descriptor as PropertyDescriptor | undefined)?.value as unknown;
  if (typeof target !== 'function') throw notAMethod(kind, `${typeof method === 'function' ? 'the instance method' : 'the member'} ${String(name)}`);
  if (typeof method !== 'function') throw notAMethod(kind, `the static member ${String(name)}`);
  noteMethod(target as unknown as StaticSide, name, { kind, options, dialect: 'legacy', method: method as Method });
}

const notAMethod = (kind: string, what: string): FlowError => new FlowError('DEFINITION', `@${kind} decorates ${what}. It is for public static methods; write a static one, or ${kind}(options, body).`);

/** What can be told before the parameters are known is told where the decorator stands. */
function checkOptions(declared: Declared, options: object): void {
  const { params, ...rest } = typeof options === 'object' && options !== null ? (options as RawOptions & { readonly params?: unknown }) : ({} as { readonly params?: unknown } & RawOptions);
  const fail = (problem: string): never => {
    throw new FlowError('DEFINITION', `${declared.what}: ${problem}`);
  };
  if (typeof options !== 'object' || options === null) fail(`expected an options object, got ${show(options)}. As a decorator it is called too: @${declared.what}().`);
  if (rest.autoUnwrap === true) fail("'autoUnwrap' is for the function form, flowModel(options, body): a decorator cannot show it to the compiler. Drop it, and read .value.");
  define(declared, rest.inputs === undefined ? withoutContext(rest) : rest, () => undefined);
  if (params === undefined) return;
  if (rest.inputs !== undefined) fail("'params' names positional parameters, and 'inputs' takes one object. Drop one of the two.");
  if (!Array.isArray(params) || !params.every((name) => typeof name === 'string' && name !== '')) fail(`'params' is the list of the parameters' names, got ${show(params)}.`);
  const twice = (params as string[]).filter((name, index) => (params as string[]).indexOf(name) !== index);
  if (twice.length > 0) fail(`'params' has ${listNames(new Set(twice))} twice.`);
}

/** Where inputs come from the parameters, what is said of them together is checked when those are known. */
const withoutContext = (options: RawOptions): RawOptions => ({ ...Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'contextType' && name !== 'strictContext')), inputs: {} });

/** A decorator that was not called hands over what it decorates. */
export function refuseUncalled(what: string, options: unknown): void {
  if (typeof options === 'function') throw new FlowError('DEFINITION', `${what} expects an options object, got ${show(options)}. As a decorator it is called too: @${what}(). As a function it takes the options first: ${what}({ inputs: { … } }, (inputs) => …).`);
}
