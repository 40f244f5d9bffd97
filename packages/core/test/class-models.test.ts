// §1.3: class-based models, how they are defined, constructed, computed and derived. Their contexts stand in class-model-context.test.ts.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DefinitionRegistry, flowModel, FromContext, isModel, Lazy, Dependency, modelClass, ModelInput, registerModel, Resource } from '@flowmodel/core';
import type { FlowRun } from '@flowmodel/core';
import { flowError } from './flow-error.ts';

class Scale extends modelClass({ name: 'Scale', inputs: { factor: z.number() }, context: z.object({ value: z.number() }), output: z.number() }) {
  call({ value }: { value: number }): number {
    return this.scaled(value);
  }

  scaled(value: number): number {
    return value * this.inputs.factor;
  }
}

/** The steps that ran. */
const steps: number[] = [];
class Fibonacci extends modelClass({ name: 'Fibonacci', inputs: { salt: z.number().default(0) }, context: z.object({ n: z.number().int() }), output: z.number() }) {
  override deps({ n }: { n: number }) {
    return n <= 1 ? [] : [{ model: this, contexts: [{ n: n - 2 }, { n: n - 1 }] }];
  }

  async call({ n }: { n: number }, run: FlowRun): Promise<number> {
    steps.push(n);
    if (n <= 1) return n;
    const [a, b] = await Promise.all([run.compute(this, { n: n - 2 }), run.compute(this, { n: n - 1 })]);
    return a + b;
  }
}

describe('definition', () => {
  test('CC-CLS-01 a class with a call method, of a context and a result that its schemas state', async () => {
    const model = new Scale({ factor: 3 });
    expect(isModel(model)).toBe(true);
    expect((await model.flow.compute({ value: 14 })).value).toBe(42);
    expect(model.flow.computeSync({ value: 14 }).value).toBe(42);
  });

  test('CC-CLS-01, CC-CLS-02 a class without a call method is DEFINITION at its first construction', () => {
    const Silent = modelClass({ name: 'Silent' }) as unknown as new () => object;
    class AsField extends (modelClass({ name: 'AsField' }) as unknown as new () => { call?: unknown }) {
      override call = (): number => 1;
    }
    expect(() => new (class extends Silent {})()).toThrow(flowError('DEFINITION', 'Silent', 'call'));
    expect(() => new AsField()).toThrow(flowError('DEFINITION', 'AsField', 'call'));
  });

  test.each([
    ['a context that is no object schema', { context: z.number() }],
    ['a context that is no schema', { context: { value: 'number' } }],
    ['an output that is no schema', { output: 'number' }],
    ['contextType, which is for functions', { contextType: z.object({}) }],
    ['an unknown option', { retries: 3 }],
    ['a FromContext input', { inputs: { value: FromContext(z.number()) } }],
    ['a Lazy input', { inputs: { value: Lazy(z.number()) } }],
    ['a Dependency input', { inputs: { value: Dependency(z.array(z.number())) } }],
    ['a Resource input', { inputs: { value: Resource<number>() } }],
  ])('CC-CLS-03 %s is DEFINITION where the base is made', (_what, options) => {
    expect(() => modelClass({ name: 'Wrong', ...options } as never)).toThrow(flowError('DEFINITION', 'Wrong'));
  });

  test('without context and inputs', () => {
    class Answer extends modelClass({ output: z.number() }) {
      call(): number {
        return 42;
      }
    }
    expect(new Answer().flow.computeSync().value).toBe(42);
  });

  test('a result that the output schema rejects is INVALID_RESULT, a coercing one converts', () => {
    class Loose extends modelClass({ name: 'Loose', context: z.object({ given: z.unknown() }), output: z.coerce.number().max(9) }) {
      call({ given }: { given: unknown }): unknown {
        return given;
      }
    }
    expect(new Loose().flow.computeSync({ given: '5' }).value).toBe(5);
    expect(() => new Loose().flow.computeSync({ given: '50' })).toThrow(flowError('INVALID_RESULT', 'Loose', '"50"'));
  });
});

describe('registration', () => {
  const named = (definitions: DefinitionRegistry, name = 'Named') => {
    class Named extends modelClass({ name, definitions, output: z.number() }) {
      call(): number {
        return 1;
      }
    }
    return Named;
  };

  test('the first construction makes a class known by its name', () => {
    const definitions = new DefinitionRegistry();
    const Named = named(definitions);
    expect(definitions.has('Named')).toBe(false);
    expect(new Named().flow.computeSync().value).toBe(1);
    expect(new Named().flow.computeSync().value).toBe(1);
    expect(definitions.names()).toEqual(['Named']);
  });

  test('registerModel makes it known before, and may be called again', () => {
    const definitions = new DefinitionRegistry();
    const Named = named(definitions);
    registerModel(Named);
    registerModel(Named);
    expect(definitions.names()).toEqual(['Named']);
    expect(new Named().flow.computeSync().value).toBe(1);
  });

  test('a second class of the same name is DUPLICATE_NAME', () => {
    const definitions = new DefinitionRegistry();
    registerModel(named(definitions));
    expect(() => registerModel(named(definitions))).toThrow(flowError('DUPLICATE_NAME', "'Named'"));
    const Other = named(definitions);
    expect(() => new Other()).toThrow(flowError('DUPLICATE_NAME', "'Named'"));
  });

  test.each([['a class of its own', class {}], ['a function', () => 1], ['a number', 5], ['nothing', undefined]])('CC-CLS-08 %s is no model class: DEFINITION', (_what, Class) => {
    expect(() => registerModel(Class as never)).toThrow(flowError('DEFINITION', 'modelClass'));
  });
});

describe('inputs', () => {
  test('this.inputs holds the parsed literals and defaults, frozen', () => {
    class Range extends modelClass({ inputs: { from: z.coerce.date(), steps: z.array(z.number()).default([1]) }, output: z.number() }) {
      call(): number {
        return this.inputs.from.getUTCFullYear() + this.inputs.steps.length;
      }
    }
    const model = new Range({ from: '2024-01-01' });
    expect(model.inputs).toEqual({ from: new Date('2024-01-01'), steps: [1] });
    expect(model.flow.computeSync().value).toBe(2025);
    expect(Object.isFrozen(model.inputs)).toBe(true);
    expect(Object.isFrozen(model.inputs.steps)).toBe(true);
  });

  test('a bad literal and an unknown name are BIND', () => {
    expect(() => new Scale({ factor: 'x' as never })).toThrow(flowError('BIND', 'Scale', "'factor'", '"x"'));
    expect(() => new Scale({ factor: 1, factr: 2 } as never)).toThrow(flowError('BIND', 'Scale', "'factr'", "'factor'"));
    expect(() => new Scale(5 as never)).toThrow(flowError('BIND', 'Scale'));
  });

  test('an input left unbound is UNBOUND_INPUT when computed', () => {
    const model = new Scale({} as never);
    expect(() => model.flow.computeSync({ value: 1 })).toThrow(flowError('UNBOUND_INPUT', 'factor: number', 'Scale'));
    expect(model.rebind({ factor: 2 }).flow.computeSync({ value: 2 }).value).toBe(4);
  });

  test('its own inputs are not overridden by the context', () => {
    expect(() => new Scale({ factor: 1 }).flow.computeSync({ value: 1, factor: 2 } as never)).toThrow(flowError('REGULAR_OVERRIDE', "'factor'"));
  });

  test('a model in the place of a literal is BIND, and says ModelInput', () => {
    const bindings: object = { factor: flowModel({ inputs: {} }, () => 2)() };
    expect(() => new Scale(bindings as never)).toThrow(flowError('BIND', 'Scale', "'factor'", 'ModelInput'));
  });

  test('a ModelInput is handed over as a model, for run.compute', async () => {
    class Both extends modelClass({ name: 'Both', inputs: { each: ModelInput(z.number()) }, output: z.array(z.number()) }) {
      call(_: object, run: FlowRun): Promise<number[]> {
        return Promise.all([1, 2].map((value) => run.compute(this.inputs.each, { value })));
      }
    }
    const each = new Scale({ factor: 10 });
    const model = new Both({ each });
    expect(model.inputs.each).toBe(each);
    expect((await model.flow.compute()).value).toEqual([10, 20]);
    expect(() => new Both({ each: 5 as never })).toThrow(flowError('BIND', 'Both', "'each'", 'model'));
  });
});

describe('computing', () => {
  test('the example of the contract: recursion, with each step evaluated once', async () => {
    steps.length = 0;
    expect((await new Fibonacci({ salt: 1 }).flow.compute({ n: 30 })).value).toBe(832_040);
    expect(steps.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 31 }, (_, n) => n));
  });

  test('a deep recursion that deps tells ahead needs no deep stack', () => {
    class Sum extends modelClass({ context: z.object({ n: z.number() }), output: z.number() }) {
      override deps({ n }: { n: number }) {
        return n === 0 ? [] : [{ model: this, contexts: [{ n: n - 1 }] }];
      }
      call({ n }: { n: number }, run: FlowRun): number {
        return n === 0 ? 0 : n + run.computeSync(this, { n: n - 1 });
      }
    }
    expect(new Sum().flow.computeSync({ n: 5000 }).value).toBe(12_502_500);
  });

  test('CC-CLS-07 super.call runs the body of the base plainly, within the same evaluation', () => {
    const calls: string[] = [];
    class Base extends modelClass({ context: z.object({ value: z.number() }), output: z.number() }) {
      call({ value }: { value: number }): number {
        calls.push('base');
        return value;
      }
    }
    class Derived extends Base {
      override call(context: { value: number }): number {
        calls.push('derived');
        return super.call(context) + 100;
      }
    }
    expect(new Derived().flow.computeSync({ value: 1 }).value).toBe(101);
    expect(new Base().flow.computeSync({ value: 1 }).value).toBe(1);
    expect(calls).toEqual(['derived', 'base', 'base']);
  });

  test('its own methods and fields work, inside and outside', () => {
    class Noting extends modelClass({ inputs: { factor: z.number() }, context: z.object({ value: z.number() }), output: z.number() }) {
      readonly #label = 'noted';
      label(): string {
        return `${this.#label} ${this.inputs.factor}`;
      }
      call({ value }: { value: number }): number {
        return this.label().length * value;
      }
    }
    const model = new Noting({ factor: 3 });
    expect(model.label()).toBe('noted 3');
    expect(model.flow.computeSync({ value: 2 }).value).toBe(14);
    expect(new Scale({ factor: 2 }).scaled(4)).toBe(8);
  });

  test('the body may be called directly, as a unit test does', () => {
    expect(new Scale({ factor: 2 }).call({ value: 4 })).toBe(8);
  });

  test('one instance is one evaluation for all its consumers, two instances are two', () => {
    let runs = 0;
    class Once extends modelClass({ output: z.number() }) {
      call(): number {
        return ++runs;
      }
    }
    const pair = flowModel({ inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => [left, right]);
    const shared = new Once();
    expect(pair({ left: shared, right: shared }).flow.computeSync().value).toEqual([1, 1]);
    expect(pair({ left: new Once(), right: new Once() }).flow.computeSync().value).toEqual([2, 3]);
  });

  test('an override of the run may name the instance or the class', () => {
    const model = new Scale({ factor: 3 });
    const relay = flowModel({ inputs: { x: z.number() } }, ({ x }) => x);
    expect(relay({ x: model }).flow.computeSync({ value: 1 }, { overrides: [{ models: [model], body: () => 7 }] }).value).toBe(7);
    expect(relay({ x: model }).flow.computeSync({ value: 1 }, { overrides: [{ factories: [Scale], body: ({ value }: { value: number }) => value + 1 }] }).value).toBe(2);
  });
});

describe('derived models', () => {
  test('rebind constructs the class anew', () => {
    const model = new Scale({ factor: 3 });
    const other = model.rebind({ factor: 4 });
    expect(other).toBeInstanceOf(Scale);
    expect(other).not.toBe(model);
    expect(other.scaled(2)).toBe(8);
    expect(other.flow.computeSync({ value: 2 }).value).toBe(8);
    expect(model.flow.computeSync({ value: 2 }).value).toBe(6);
  });

  test('rebind takes a recipe, and undefined unbinds', () => {
    class Steps extends modelClass({ inputs: { steps: z.array(z.number()), label: z.string().default('none') }, output: z.string() }) {
      call(): string {
        return `${this.inputs.label} ${this.inputs.steps.join()}`;
      }
    }
    const model = new Steps({ steps: [1], label: 'a' });
    expect(model.rebind((draft) => (draft['steps'] as number[]).push(2)).flow.computeSync().value).toBe('a 1,2');
    expect(model.rebind({ label: undefined }).flow.computeSync().value).toBe('none 1');
    expect(model.inputs).toEqual({ steps: [1], label: 'a' });
  });

  test('rebind checks what it is given', () => {
    expect(() => new Scale({ factor: 3 }).rebind({ factor: 'x' })).toThrow(flowError('BIND', 'Scale', "'factor'"));
    expect(() => new Scale({ factor: 3 }).rebind({ facto: 1 })).toThrow(flowError('BIND', 'Scale', "'facto'"));
  });

  test('it prints like the models of functions', () => {
    expect(inspect(new Scale({ factor: 3 }))).toBe('Scale({ factor: 3 })');
    expect(inspect(new Scale({ factor: 3 }).flow.withContext({ value: 1 }))).toBe('Scale({ factor: 3 }).flow.withContext({ value: 1 })');
  });
});
