// Contract §1.2, positional parameters: schemas from types and markers, names from `params` or the source text. Vitest compiles this file in
// the legacy dialect and leaves the types; other builds are made by decorators/compiled.ts.
import 'reflect-metadata';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, flowModel, FromContext, Input, Lazy, ModelInput, modelsOf, Resource, transformsOf } from '@flowmodel/core';
import type { CallableModel, FlowRun, LazyThunk } from '@flowmodel/core';
import { compiled } from './decorators/compiled.ts';
import { flowError } from './flow-error.ts';

const DAY = 86_400_000;
const one = flowModel({ name: 'one', inputs: {} }, () => 1);
/** What a definition states of its inputs. */
const inputsOf = (factory: unknown): string[] =>
  (factory as { definition: { inputs: { name: string; role: string; required: boolean; schema?: { type: string } }[] } }).definition.inputs.map(
    ({ name, role, required, schema }) => `${name}${required ? '' : '?'}: ${role} ${schema?.type ?? '-'}`,
  );

describe('positional parameters', () => {
  class Visitors {
    @flowModel()
    static count(location: string, @FromContext() startDate: Date, @FromContext() endDate: Date): number {
      return ((endDate.getTime() - startDate.getTime()) / DAY) * 12 + this.lengthOf(location);
    }
    static lengthOf(text: string): number {
      return text.length;
    }
  }
  const { count } = modelsOf(Visitors);
  const [startDate, endDate] = [new Date('2024-01-01'), new Date('2024-01-31')];

  it('CC-AUTH-01 a method with marked parameters becomes a factory; binding is by name', () => {
    expect(Visitors.count('library', startDate, endDate)).toBe(367);
    expect(count({ location: 'library' }).flow.computeSync({ startDate, endDate }).value).toBe(367);
    expect(inspect(count({ location: 'library' }))).toBe('Visitors.count({ location: "library" })');
  });

  it('CC-AUTH-03 an unmarked parameter is regular', () => {
    expect(inputsOf(count)).toEqual(['location: regular string', 'startDate: context Date', 'endDate: context Date']);
  });

  it('the schemas hold: BIND, MISSING_CONTEXT, INVALID_CONTEXT', () => {
    expect(() => count({ location: 7 })).toThrow(flowError('BIND', 'Visitors.count', "'location'", 'string'));
    expect(() => count({ place: 'library' })).toThrow(flowError('BIND', "'place'", "'location'"));
    expect(() => count({ location: 'library' }).flow.computeSync({ startDate })).toThrow(flowError('MISSING_CONTEXT', 'endDate: Date'));
    expect(() => count({ location: 'library' }).flow.computeSync({ startDate, endDate: 'soon' })).toThrow(flowError('INVALID_CONTEXT', 'endDate'));
  });

  it('upstream models are wired and parsed as anywhere', () => {
    class Sums {
      @flowModel()
      static add(a: number, b: number): number {
        return a + b;
      }
    }
    const { add } = modelsOf(Sums);
    expect(add({ a: one(), b: add({ a: 2, b: 3 }) }).flow.computeSync().value).toBe(6);
  });
});

describe('schemas from types', () => {
  class Point {
    readonly x = 1;
  }
  interface Shape {
    readonly a: number;
  }
  class Types {
    @flowModel()
    static all(n: number, s: string, b: boolean, d: Date, i: bigint, list: number[], shape: Shape, point: Point, map: Map<string, number>, f: () => number, y: symbol): unknown[] {
      return [n, s, b, d, i, list, shape, point, map, f, y];
    }
  }
  const { all } = modelsOf(Types);
  const good = { n: 1, s: 'a', b: true, d: new Date(0), i: 1n, list: [1], shape: { a: 1 }, point: new Point(), map: new Map([['a', 1]]), f: () => 1, y: Symbol.iterator };

  it('are those of Number, String, Boolean, Date, BigInt, Array, Object, Function, Symbol, and of classes by instanceof', () => {
    expect(inputsOf(all)).toEqual([
      'n: regular number', 's: regular string', 'b: regular boolean', 'd: regular Date', 'i: regular bigint', 'list: regular unknown[]',
      'shape: regular unknown', 'point: regular Point', 'map: regular Map', 'f: regular unknown', 'y: regular symbol',
    ]);
    expect(all(good).flow.computeSync().value.slice(0, 5)).toEqual([1, 'a', true, new Date(0), 1n]);
  });

  test.each([
    ['n', '1'], ['n', Number.NaN], ['s', 1], ['b', 0], ['d', '2024-01-01'], ['d', new Date('never')], ['i', 1], ['list', 'ab'], ['list', { length: 0 }],
    ['point', { x: 1 }], ['map', {}], ['f', 1], ['y', 'y'],
  ])('%s does not accept %o', (name, value) => {
    expect(() => all({ ...good, [name]: value })).toThrow(flowError('BIND', `'${name}'`));
  });

  it('a type that no longer exists at run time is told, with what to add', () => {
    const Late = compiled('legacy', `class Late { @flowModel() static read(point) {} } Reflect.defineMetadata('design:paramtypes', [undefined], Late, 'read'); return Late;`);
    expect(() => modelsOf(Late)).toThrow(flowError('DEFINITION', 'Late.read', "'point'", 'does not exist at run time', '@Input(z.…) point'));
  });
});

describe('markers on parameters', () => {
  class Marked {
    @flowModel()
    static async all(
      @Input(z.number().int().default(3)) n: number,
      @FromContext(z.string().min(2)) word: string,
      @Lazy() later: LazyThunk<number>,
      @Lazy(z.number()) number: LazyThunk<number>,
      @Dependency() parts: number[],
      @Dependency(z.object({ a: z.number() })) record: { a: number },
      @ModelInput(z.number()) model: CallableModel<number>,
      @Resource() log: string[],
      run: FlowRun,
    ): Promise<unknown[]> {
      log.push(word);
      return [n, word, await later(), await number(), parts, record, await run.compute(model), run.attempt];
    }
  }
  const { all } = modelsOf(Marked);

  it('say what kind of input it is, and with a schema what its values are', async () => {
    expect(inputsOf(all)).toEqual([
      'n?: regular number', 'word: context string', 'later: lazy unknown', 'number: lazy number', 'parts: dependency unknown[]',
      'record: dependency { a: number }', 'model: model number', 'log?: resource -',
    ]);
    const log: string[] = [];
    const model = all({ later: one(), number: one(), parts: [one(), 2], record: { a: one() }, model: one() });
    expect((await model.flow.compute({ word: 'hi' }, { resources: { log } })).value).toEqual([3, 'hi', 1, 1, [1, 2], { a: 1 }, 1, 1]);
    expect(log).toEqual(['hi']);
    expect(() => all({ n: 1.5 })).toThrow(flowError('BIND', "'n'"));
    expect(() => all({ later: 1 })).toThrow(flowError('BIND', "'later'", 'Lazy'));
  });

  test.each([
    ['a constructor', 'class Visitors { constructor(@FromContext() date) {} }', 'the constructor'],
    ['an instance method', 'class Visitors { count(@FromContext() date) {} }', 'the instance method count'],
    ['two on one parameter', 'class Visitors { @flowModel() static count(@FromContext() @Lazy() date) {} }', 'parameter 1 has two markers'],
    ['one that is not called', 'class Visitors { @flowModel() static count(@FromContext date) {} }', '@FromContext()'],
    ['ModelInput without a schema', 'class Visitors { @flowModel() static count(@ModelInput() each) {} }', 'ModelInput(z.number())'],
    ['Input without a schema', 'class Visitors { @flowModel() static count(@Input() each) {} }', '@Input(z.number())'],
    ['one on a property', 'class Visitors { @FromContext() static date; }', 'parameters of static methods'],
  ])('CC-AUTH-16 %s: refused where it stands', (_what, source, said) => {
    expect(() => compiled('legacy', `${source} return Visitors;`)).toThrow(flowError('DEFINITION', said));
  });

  test.each([
    ['a method that is not decorated', 'class Visitors { static count(@FromContext() date) {} }', ['Visitors.count', '@flowModel()']],
    ['a method that states its inputs', 'class Visitors { @flowModel({ inputs: {} }) static count(@FromContext() date) {} }', ['Visitors.count', 'inputs']],
    ['the run', "class Visitors { @flowModel({ params: ['a'] }) static count(a: number, @FromContext() run: object) {} }", ['Visitors.count', 'parameter 2', 'the run']],
  ])('CC-AUTH-22 one on the parameters of %s: refused by modelsOf', (_what, source, said) => {
    expect(() => modelsOf(compiled('legacy', `${source} return Visitors;`))).toThrow(flowError('DEFINITION', ...said));
  });

  test('a transform takes regular and contextual parameters only', () => {
    const Visitors = compiled('legacy', 'class Visitors { @contextTransform() static later(@Lazy() days) {} } return Visitors;');
    expect(() => transformsOf(Visitors)).toThrow(flowError('DEFINITION', 'Visitors.later', "'days'"));
  });
});

describe('transforms', () => {
  class Windows {
    @contextTransform({ patches: { days: z.number() } })
    static later(@FromContext() days: number, by: number): { days: number } {
      return { days: days + by };
    }
    @contextTransform()
    static times(@FromContext() days: number, by: number, run: number): number {
      return days * by * run;
    }
  }
  const { later, times } = transformsOf(Windows);
  const count = flowModel({ inputs: { days: FromContext(z.number()) } }, ({ days }) => days)();

  it('by patches a patch transform, without a field transform; bodies of transforms have no run', () => {
    expect(count.flow.withContext(later({ by: 1 })).flow.computeSync({ days: 2 }).value).toBe(3);
    expect(count.flow.withContext({ days: times({ by: 10, run: 2 }) }).flow.computeSync({ days: 2 }).value).toBe(40);
    expect(() => later({})).toThrow(flowError('BIND', 'Windows.later', "'by'"));
    expect(() => later({ by: 1, days: 3 })).toThrow(flowError('BIND', "'days'", 'comes from the context'));
  });
});

describe('the run', () => {
  test('is a last parameter called run, or one more than params names', () => {
    class Runs {
      @flowModel()
      static byName(a: number, run: FlowRun): string {
        return `${a} ${run.attempt}`;
      }
      @flowModel({ params: ['a'] })
      static byParams(a: number, r: FlowRun): string {
        return `${a} ${r.attempt}`;
      }
      @flowModel()
      static alone(run: FlowRun): number {
        return run.attempt;
      }
    }
    const { byName, byParams, alone } = modelsOf(Runs);
    expect([byName({ a: 5 }).flow.computeSync().value, byParams({ a: 5 }).flow.computeSync().value, (alone as () => CallableModel<number>)().flow.computeSync().value]).toEqual(['5 1', '5 1', 1]);
  });

  test('an input may be called run where its type or marker or params says that it is one', () => {
    class Inputs {
      @flowModel()
      static byType(run: number): number {
        return run;
      }
      @flowModel()
      static byMarker(@FromContext() run: object): object {
        return run;
      }
      @flowModel({ params: ['run'] })
      static byParams(run: object): object {
        return run;
      }
    }
    const factories = modelsOf(Inputs);
    expect(Object.values(factories).map((factory) => inputsOf(factory))).toEqual([['run: regular number'], ['run: context unknown'], ['run: regular unknown']]);
  });
});

describe('names', () => {
  const make = (source: string) => compiled('legacy', `class Visitors { ${source} } return Visitors;`);
  const namesOf = (source: string): string[] => Object.values(modelsOf(make(source))).flatMap(inputsOf).map((text) => text.split(':')[0]!);

  test('params wins over the source text', () => {
    expect(namesOf("@flowModel({ name: 'n1', params: ['place', 'days'] }) static count(p: string, d: number) {}")).toEqual(['place', 'days']);
  });

  test('params name what has no name of its own', () => {
    expect(namesOf("@flowModel({ name: 'n2', params: ['window', 'place'] }) static count({ from, to }: object, place: string) {}")).toEqual(['window', 'place']);
  });

  test.each([
    ["@flowModel({ params: ['a', 'b', 'c', 'd'] }) static count(a: number, b: number) {}", "'params' names 4 parameters"],
    ["@flowModel({ params: [] }) static count(a: number, b: number) {}", 'the method has 2'],
    ["@flowModel({ params: ['a'] }) static count(a: number, b: number) {}", "'params' names 1 parameter ('a')"], // b is a number, and so no run
    ["@flowModel() static count({ from, to }: object) {}", 'has no name. Add params'],
    ["@flowModel() static count(days = 30) {}", '@Input(schema.default(…)) days'],
    ["@flowModel({ params: ['days'] }) static count(days: number = 30) {}", '@Input(schema.default(…)) days'],
    ["@flowModel() static count({ from } = { from: 1 }) {}", 'JavaScript default'],
    ["@flowModel() static count(place: string, ...days: number[]) {}", '@Input(z.array(…)) days'],
  ])('CC-AUTH-06 %s', (source, said) => {
    expect(() => modelsOf(make(source))).toThrow(flowError('DEFINITION', 'Visitors.count', said));
  });

  test('a wrapper by another decorator hides them: params is asked for, and helps', () => {
    const wrap = (_target: object, _name: string, descriptor: PropertyDescriptor): void => {
      const method = descriptor.value as (...args: unknown[]) => unknown;
      descriptor.value = (...args: unknown[]) => method.apply(undefined, args);
    };
    const wrapped = (options: string) => compiled('legacy', `class Visitors { @flowModel(${options}) @wrap static count(a: number, b: number) { return a - b; } } return Visitors;`, { wrap });
    expect(() => modelsOf(wrapped(''))).toThrow(flowError('DEFINITION', 'Visitors.count', "params: ['…', '…']"));
    const { count } = modelsOf(wrapped("{ name: 'wrapped', params: ['a', 'b'] }")) as unknown as { count: (bindings: object) => CallableModel<number> };
    expect((count({ a: 7, b: 5 }).flow.computeSync() as { value: number }).value).toBe(2);
  });
});

describe('builds that leave no types', () => {
  afterEach(() => vi.unstubAllGlobals());
  const source = 'class Visitors { @flowModel() static count(place: string, @FromContext() days: number) { return place.length * days; } } return Visitors;';

  test('without design:paramtypes, the compiler setting is named', () => {
    const Visitors = compiled('legacy', source, {}, { metadata: false });
    expect(() => modelsOf(Visitors)).toThrow(flowError('DEFINITION', 'Visitors.count', "'place'", 'design:paramtypes', 'emitDecoratorMetadata', '@Input(z.…) place'));
  });

  test('without reflect-metadata, the import is named', () => {
    vi.stubGlobal('Reflect', Object.fromEntries(Reflect.ownKeys(Reflect).filter((key) => !/etadata$|^decorate$/.test(String(key))).map((key) => [key, Reflect[key as 'get']])));
    const Visitors = compiled('legacy', source);
    expect(() => modelsOf(Visitors)).toThrow(flowError('DEFINITION', 'Visitors.count', "Import 'reflect-metadata'", 'before this class'));
  });

  test('markers with schemas need no types', () => {
    const Visitors = compiled('legacy', "class Visitors { @flowModel({ name: 'untyped' }) static count(@Input(z.string()) place, @FromContext(z.number()) days) { return place.length * days; } } return Visitors;", {}, { metadata: false });
    expect(Object.values(modelsOf(Visitors)).map(inputsOf)).toEqual([['place: regular string', 'days: context number']]);
  });

  test('the standard dialect has no parameter decorators and leaves no types: the object form is named', () => {
    const make = (parameters: string) => compiled('standard', `class Visitors { @flowModel({ name: 'standard (${parameters})' }) static count(${parameters}) { return 5; } } return Visitors;`);
    expect(() => modelsOf(make('place'))).toThrow(flowError('DEFINITION', 'Visitors.count', '@flowModel({ inputs })', 'experimentalDecorators'));
    expect(Object.keys(modelsOf(make('')))).toEqual(['count']);
    expect(Object.keys(modelsOf(make('run')))).toEqual(['count']);
  });
});
