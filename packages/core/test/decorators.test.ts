// Contract §1.2, the object form: decorated static methods, modelsOf and transformsOf. Vitest compiles this file in the legacy dialect;
// what depends on the dialect is compiled in both by decorators/compiled.ts.
import { inspect } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, DefinitionRegistry, FlowError, flowModel, FromContext, isModel, keyOf, Lazy, modelFromJSON, modelsOf, Resource, transformsOf } from '@flowmodel/core';
import type { CallableModel, FlowRun, Inputs, PatchInputs, TransformInputs } from '@flowmodel/core';
import { compiled } from './decorators/compiled.ts';
import { flowError } from './flow-error.ts';
import { refusal } from './refusal.ts';

const visit = { place: z.string(), days: FromContext(z.number()) };
const shift = { days: FromContext(z.number()), by: z.number() };
const patches = { days: z.number() };
const dialects = ['legacy', 'standard'] as const;

describe('a decorated static method', () => {
  class Visitors {
    static readonly perDay = 12;

    @flowModel({ inputs: visit })
    static count({ place, days }: Inputs<typeof visit>): number {
      return this.lengthOf(place) * days;
    }

    @flowModel({ inputs: visit })
    static async later({ place, days }: Inputs<typeof visit>, run: FlowRun): Promise<string> {
      await Promise.resolve();
      return `${place} ${days} ${run.attempt}`;
    }

    @flowModel({ inputs: {} })
    static nothing(): number {
      return this.perDay;
    }

    static lengthOf(text: string): number {
      return text.length;
    }
  }
  const { count, later, nothing } = modelsOf(Visitors);

  it('CC-AUTH-01 stays a plain function, and its factory makes models', async () => {
    expect(Visitors.count({ place: 'zoo', days: 2 })).toBe(6);
    expect([isModel(count), isModel(count({ place: 'zoo' }))]).toEqual([false, true]);
    expect(count({ place: 'zoo' }).flow.computeSync({ days: 2 }).value).toBe(6);
    expect((await count({ place: 'zoo' }).flow.compute({ days: 2 })).value).toBe(6);
  });

  it('calls its class by `this`', () => {
    expect(nothing().flow.computeSync().value).toBe(12);
  });

  it('may be asynchronous and receives the run', async () => {
    expect((await later({ place: 'zoo' }).flow.compute({ days: 2 })).value).toBe('zoo 2 1');
  });

  it('is wired and stubbed like any other', () => {
    const double = flowModel({ inputs: { n: z.number() } }, ({ n }) => n * 2);
    const model = double({ n: count({ place: 'zoo' }) });
    expect(model.flow.computeSync({ days: 2 }).value).toBe(12);
    expect(model.flow.computeSync({ days: 2 }, { overrides: [{ factories: [count], body: () => 50 }] }).value).toBe(100);
  });

  it('has the same contract as the function form: BIND, MISSING_CONTEXT', () => {
    expect(() => count({ place: 7 as never })).toThrow(flowError('BIND', 'Visitors.count', "'place'"));
    expect(() => count({ place: 'zoo' }).flow.computeSync({} as never)).toThrow(flowError('MISSING_CONTEXT', 'Visitors.count', 'days'));
  });

  it('takes every marker in its inputs', () => {
    const inputs = { known: z.number().nullable(), fallback: Lazy(z.number()), log: Resource<string[]>() };
    class Picks {
      @flowModel({ inputs })
      static pick({ known, fallback, log }: Inputs<typeof inputs>): number {
        log.push(`known ${known}`);
        return known ?? fallback.sync();
      }
    }
    const log: string[] = [];
    const model = modelsOf(Picks).pick({ known: null, fallback: count({ place: 'zoo' }) });
    expect(model.flow.computeSync({ days: 3 }, { resources: { log } }).value).toBe(9);
    expect(log).toEqual(['known null']);
  });

  it('takes the options of the function form', () => {
    class Strict {
      @flowModel({ inputs: visit, output: z.number().max(5), contextType: z.object({ days: z.number().min(1) }) })
      static count({ place, days }: Inputs<typeof visit>): number {
        return place.length * days;
      }
    }
    const model = modelsOf(Strict).count({ place: 'zoo' });
    expect(model.flow.computeSync({ days: 1 }).value).toBe(3);
    expect(() => model.flow.computeSync({ days: 2 })).toThrow(flowError('INVALID_RESULT', 'Strict.count'));
    expect(() => model.flow.computeSync({ days: 0 })).toThrow(flowError('INVALID_CONTEXT', 'Strict.count'));
  });
});

describe('modelsOf', () => {
  it('gives the same factories each time, in a frozen record', () => {
    class Same {
      @flowModel({ inputs: visit })
      static count({ place, days }: Inputs<typeof visit>): number {
        return place.length * days;
      }
    }
    expect(modelsOf(Same).count).toBe(modelsOf(Same).count);
    expect(Object.isFrozen(modelsOf(Same))).toBe(true);
  });

  it('lists decorated methods only, and models only', () => {
    class Mixed {
      @flowModel({ inputs: {} })
      static one(): number {
        return 1;
      }
      @contextTransform({ inputs: {} })
      static two(): number {
        return 2;
      }
      static three(): number {
        return 3;
      }
    }
    expect(Object.keys(modelsOf(Mixed))).toEqual(['one']);
    expect(Object.keys(transformsOf(Mixed))).toEqual(['two']);
  });

  it.each(dialects)('%s: definitions are called Class.method and join the registry now; a name of their own wins', (dialect) => {
    const definitions = new DefinitionRegistry();
    const Visitors = compiled(
      dialect,
      `class Visitors {
        @flowModel({ inputs: {}, definitions }) static one() { return Visitors.two(); }
        @flowModel({ inputs: {}, definitions, name: 'second' }) static two() { return 2; }
      }
      return Visitors;`,
      { definitions },
    );
    expect(definitions.names()).toEqual([]);
    modelsOf(Visitors);
    expect(definitions.names()).toEqual(['Visitors.one', 'second']);
  });

  it('reads the name of the class when it is asked, since some tools rename it while decorators run', () => {
    class Working {
      @flowModel({ inputs: {} })
      static one(): number {
        return 1;
      }
    }
    Object.defineProperty(Working, 'name', { value: 'Final' });
    expect(inspect(modelsOf(Working).one())).toBe('Final.one()');
  });

  it('a class without a name has models without a name', () => {
    class Nameless {
      @flowModel({ inputs: {} })
      static one(): number {
        return 1;
      }
    }
    Object.defineProperty(Nameless, 'name', { value: '' });
    expect(inspect(modelsOf(Nameless).one())).toBe('<unnamed>()');
  });

  it('two classes of one name are DUPLICATE_NAME, which a name or a registry solves', () => {
    const make = (options: object) =>
      compiled('legacy', `class Twin { @flowModel({ inputs: {}, ...options }) static one() { return 1; } } return Twin;`, { options });
    modelsOf(make({}));
    expect(refusal(() => modelsOf(make({})))).toMatchObject({ code: 'DUPLICATE_NAME', message: expect.stringContaining("'Twin.one'") as string });
    expect(Object.keys(modelsOf(make({ name: 'otherTwin' })))).toEqual(['one']);
    expect(Object.keys(modelsOf(make({ definitions: new DefinitionRegistry() })))).toEqual(['one']);
  });

  it('one method that fails keeps the others usable after it is mended: asking again repeats the error and nothing else', () => {
    const Broken = compiled('legacy', `class Broken { @flowModel({ inputs: {} }) static one() { return 1; } @flowModel() static two(a = 1) { return a; } } return Broken;`);
    const first = refusal(() => modelsOf(Broken));
    expect(refusal(() => modelsOf(Broken))).toMatchObject({ code: 'DEFINITION', message: first.message });
  });
});

describe('classes that extend others', () => {
  class Base {
    @flowModel({ inputs: visit })
    static count({ place, days }: Inputs<typeof visit>): number {
      return place.length * days;
    }
    @flowModel({ inputs: {} })
    static own(): string {
      return 'base';
    }
  }

  it('hand out the inherited factories, which are those of the base', () => {
    class Derived extends Base {}
    expect(modelsOf(Derived).count).toBe(modelsOf(Base).count);
    expect(inspect(modelsOf(Derived).count())).toBe('Base.count()');
  });

  it('may decorate a method anew', () => {
    class Derived extends Base {
      @flowModel({ inputs: {} })
      static override own(): string {
        return 'derived';
      }
    }
    expect([modelsOf(Base), modelsOf(Derived)].map(({ own }) => own().flow.computeSync().value)).toEqual(['base', 'derived']);
  });

  it('may not override one without a decorator: which body would run?', () => {
    class Derived extends Base {
      static override own(): string {
        return 'derived';
      }
    }
    expect(() => modelsOf(Derived)).toThrow(flowError('DEFINITION', 'Derived.own', 'Decorate it too'));
  });
});

describe('other decorators', () => {
  const shouting = (_target: object, _name: string, descriptor: TypedPropertyDescriptor<(...args: never[]) => string>): void => {
    const method = descriptor.value!;
    descriptor.value = function shout(...args) {
      return `${method.apply(this, args)}!`;
    };
  };
  const inputs = { word: z.string() };

  it('work above and below: the body is the method as it is in the end', () => {
    class Words {
      @shouting
      @flowModel({ inputs })
      static above({ word }: Inputs<typeof inputs>): string {
        return word;
      }
      @flowModel({ inputs })
      @shouting
      static below({ word }: Inputs<typeof inputs>): string {
        return word;
      }
    }
    const { above, below } = modelsOf(Words);
    expect([above, below].map((factory) => factory({ word: 'hi' }).flow.computeSync().value)).toEqual(['hi!', 'hi!']);
    expect(Words.above({ word: 'hi' })).toBe('hi!');
  });

  it('of the class may replace it by a subclass or a proxy', () => {
    const Visitors = compiled('legacy', `class Visitors { @flowModel({ inputs: {}, name: 'replaced' }) static one() { return 1; } } return Visitors;`);
    class Replaced extends (Visitors as new () => object) {}
    expect(Object.keys(modelsOf(Replaced))).toEqual(['one']);
    expect(Object.keys(modelsOf(new Proxy(Visitors, {})))).toEqual(['one']);
  });
});

describe('keys and documents', () => {
  const make = (body: string, options: object = {}) => {
    const definitions = new DefinitionRegistry();
    const Carried = compiled('standard', `class Carried { @flowModel({ ...options, inputs: { n: z.number() }, definitions }) static one({ n }) { return ${body}; } } return Carried;`, { definitions, options });
    const { one } = modelsOf(Carried) as unknown as { one: (bindings: object) => CallableModel<number> };
    return { definitions, model: one({ n: 2 }) };
  };

  it('the code of a method is part of its key, and so is its version', () => {
    const [key, same, changed, versioned] = [make('n + 1'), make('n + 1'), make('n + 2'), make('n + 1', { version: '2' })].map(({ model }) => keyOf(model));
    expect(same).toBe(key);
    expect(new Set([key, changed, versioned]).size).toBe(3);
  });

  it('so is the code that another decorator puts around it', () => {
    const wrap = (times: number) => (method: (...args: unknown[]) => number) => (times === 1 ? (...args: unknown[]) => method(...args) : (...args: unknown[]) => times * method(...args));
    const keys = [1, 2].map((times) => {
      const Carried = compiled('standard', `class Wrapped { @wrap @flowModel({ inputs: {}, definitions }) static one() { return 1; } } return Wrapped;`, { wrap: wrap(times), definitions: new DefinitionRegistry() });
      return keyOf((modelsOf(Carried) as unknown as { one: () => CallableModel<number> }).one());
    });
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('a document names Class.method, and finds it once modelsOf was asked', () => {
    const { model, definitions } = make('n + 1');
    const again = modelFromJSON(JSON.parse(JSON.stringify(model)), { definitions });
    expect(inspect(again)).toBe('Carried.one({ n: 2 })');
    expect([keyOf(again), again.flow.computeSync()]).toEqual([keyOf(model), model.flow.computeSync()]);
  });
});

describe('transforms', () => {
  class Windows {
    @contextTransform({ inputs: shift, patches })
    static later({ days, by }: PatchInputs<typeof shift, typeof patches>): { days: number } {
      return { days: days + by };
    }

    @contextTransform({ inputs: shift, output: z.number() })
    static times({ days, by }: TransformInputs<typeof shift>): number {
      return days * by;
    }
  }
  const { later, times } = transformsOf(Windows);
  const count = flowModel({ name: 'count', inputs: visit }, ({ place, days }) => place.length * days);

  it('CC-AUTH-02 with patches a method is a patch transform, without it is a field transform', () => {
    expect(count({ place: 'zoo' }).flow.withContext(later({ by: 1 })).flow.computeSync({ days: 2 }).value).toBe(9);
    expect(count({ place: 'zoo' }).flow.withContext({ days: times({ by: 10 }) }).flow.computeSync({ days: 2 }).value).toBe(60);
    expect([Windows.later({ days: 1, by: 1 }), Windows.times({ days: 2, by: 3 })]).toEqual([{ days: 2 }, 6]);
  });

  it('have the contract of the function form', () => {
    expect(() => later({} as never)).toThrow(flowError('BIND', 'Windows.later', 'by'));
    expect(() => count().flow.withContext({ days: later({ by: 1 }) } as never)).toThrow(flowError('WITH_CONTEXT', 'days'));
  });
});

describe.each(dialects)('what is refused in the %s dialect', (dialect) => {
  const make = (source: string, also: Readonly<Record<string, unknown>> = {}) => compiled(dialect, `${source} return Visitors;`, also);

  test.each([
    ['an instance method', '@flowModel({ inputs: {} }) count() {}', 'the instance method count'],
    ['a getter', '@flowModel({ inputs: {} }) static get count() { return 1; }', 'count'],
    ['a field', '@flowModel({ inputs: {} }) static count = 1;', 'count'],
    ['an instance field', '@contextTransform({ inputs: {} }) count = 1;', 'count'],
  ])('%s', (_what, member, said) => {
    expect(() => make(`class Visitors { ${member} }`)).toThrow(flowError('DEFINITION', said, 'static'));
  });

  test('a class', () => {
    expect(() => make('@flowModel({ inputs: {} }) class Visitors {}')).toThrow(flowError('DEFINITION', 'class', 'static'));
  });

  test('CC-AUTH-14 a decorator that is not called', () => {
    expect(() => make('class Visitors { @flowModel static count() {} }')).toThrow(flowError('DEFINITION', '@flowModel()'));
    expect(() => make('class Visitors { @contextTransform static count() {} }')).toThrow(flowError('DEFINITION', '@contextTransform()'));
  });

  test('two of them on one method', () => {
    expect(() => make('class Visitors { @flowModel({ inputs: {} }) @contextTransform({ inputs: {} }) static count() {} }')).toThrow(flowError('DEFINITION', 'Visitors.count', 'drop one'));
  });

  test('bad options, where the decorator stands', () => {
    expect(() => make('class Visitors { @flowModel({ input: {} }) static count() {} }')).toThrow(flowError('DEFINITION', "'input'", "'inputs'"));
    expect(() => make('class Visitors { @flowModel({ inputs: { a: 1 } }) static count() {} }')).toThrow(flowError('DEFINITION', "'a'"));
    expect(() => make('class Visitors { @flowModel({ inputs: { a: FromContext() } }) static count() {} }')).toThrow(flowError('DEFINITION', "'a'", 'FromContext(z.number())'));
    expect(() => make('class Visitors { @contextTransform({ inputs: { a: Lazy(z.number()) } }) static count() {} }')).toThrow(flowError('DEFINITION', "'a'"));
    expect(() => make('class Visitors { @flowModel(7) static count() {} }')).toThrow(flowError('DEFINITION', 'options', '7'));
    expect(() => make('class Visitors { @flowModel(null) static count() {} }')).toThrow(flowError('DEFINITION', 'options', 'null'));
  });

  test('autoUnwrap, which a decorator cannot show to the compiler', () => {
    expect(() => make('class Visitors { @flowModel({ inputs: {}, autoUnwrap: true }) static count() {} }')).toThrow(flowError('DEFINITION', 'autoUnwrap', 'flowModel(options, body)'));
    expect(Object.keys(modelsOf(make(`class Visitors { @flowModel({ inputs: {}, autoUnwrap: false, name: 'notUnwrapped ${dialect}' }) static count() {} }`)))).toEqual(['count']);
  });

  test('params beside inputs, and params that are no names', () => {
    expect(() => make("class Visitors { @flowModel({ inputs: {}, params: ['a'] }) static count(a) {} }")).toThrow(flowError('DEFINITION', "'params'", "'inputs'"));
    for (const params of ["'a'", '[1]', "['']"]) expect(() => make(`class Visitors { @flowModel({ params: ${params} }) static count(a) {} }`)).toThrow(flowError('DEFINITION', "'params'"));
    expect(() => make("class Visitors { @flowModel({ params: ['a', 'a'] }) static count(a, b) {} }")).toThrow(flowError('DEFINITION', "'params'", "'a'", 'twice'));
  });
});

test('a private method is refused; only the standard dialect can decorate one', () => {
  expect(() => compiled('standard', 'class Visitors { @flowModel({ inputs: {} }) static #count() {} } return Visitors;')).toThrow(flowError('DEFINITION', 'private', 'public'));
});

describe('calls that cannot be meant', () => {
  test('CC-AUTH-27 a forgotten body', () => {
    const decorate = flowModel({ inputs: visit }) as unknown as (bindings: object) => unknown;
    expect(() => decorate({ place: 'zoo' })).toThrow(flowError('DEFINITION', 'no body', 'flowModel({ inputs: { … } }, (inputs) => …)'));
    expect(() => flowModel({ inputs: visit }, undefined as never)).toThrow(flowError('DEFINITION', 'expected a function as the body'));
  });

  test('modelsOf and transformsOf of what is no class', () => {
    for (const value of [undefined, null, 7, {}, 'Visitors']) {
      expect(() => modelsOf(value as never)).toThrow(flowError('DEFINITION', 'expects a class'));
      expect(() => transformsOf(value as never)).toThrow(flowError('DEFINITION', 'expects a class'));
    }
  });

  test('modelsOf of a class that decorates nothing', () => {
    class Plain {
      static count(): number {
        return 1;
      }
    }
    expect(() => modelsOf(Plain)).toThrow(flowError('DEFINITION', 'Plain', '@flowModel'));
    expect(() => transformsOf(Plain)).toThrow(flowError('DEFINITION', 'Plain', '@contextTransform'));
    expect(() => modelsOf(class {})).toThrow(FlowError);
  });
});
