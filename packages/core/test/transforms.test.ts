// §1.4: context transforms, how they are defined, bound and run.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, flowModel, FromContext, Lazy, ModelInput, Resource } from '@flowmodel/core';
import { flowError, thrownBy } from './flow-error.ts';

const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value);
const pair = flowModel({ name: 'pair', inputs: { a: FromContext(z.number()), b: FromContext(z.number()) } }, ({ a, b }) => [a, b]);
const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);
const plus = contextTransform({ name: 'plus', inputs: { value: FromContext(z.number()), by: z.number() } }, ({ value, by }) => value + by);

describe('definition', () => {
  test('CC-XFORM-01 with patches it is a patch transform, without a field transform, whatever the body returns', () => {
    const patch = contextTransform({ inputs: { seed: FromContext(z.number()) }, patches: { a: z.number(), b: z.number() } }, ({ seed }) => ({ a: seed, b: seed + 1 }));
    expect(pair().flow.withContext(patch()).flow.computeSync({ seed: 2 }).value).toEqual([2, 3]);

    const record = contextTransform({ inputs: {} }, () => ({ a: 5 }));
    const reader = flowModel({ inputs: { options: FromContext(z.object({ a: z.number() })) } }, ({ options }) => options.a);
    expect(reader().flow.withContext({ options: record() }).flow.computeSync({}).value).toBe(5);
    expect(() => pair().flow.withContext(record() as never)).toThrow(flowError('WITH_CONTEXT', 'by field name'));
  });

  test('CC-XFORM-09 any function is a body, arrow functions too; what is no function is DEFINITION', () => {
    const arrow = contextTransform({ inputs: { by: z.number() } }, ({ by }) => by * 2);
    expect(source().flow.withContext({ value: arrow({ by: 4 }) }).flow.computeSync({}).value).toBe(8);
    expect(() => contextTransform({ inputs: {} }, 5 as never)).toThrow(flowError('DEFINITION', 'contextTransform', 'function'));
    expect(() => contextTransform({ inputs: {} } as never, undefined as never)).toThrow(flowError('DEFINITION', 'contextTransform'));
  });

  test.each([
    ['Lazy', Lazy(z.number())],
    ['Dependency', Dependency(z.array(z.number()))],
    ['ModelInput', ModelInput(z.number())],
    ['Resource', Resource<number>()],
  ])('CC-XFORM-08, CC-LAZY-12 a %s input is DEFINITION', (_marker, input) => {
    expect(() => contextTransform({ name: 'withMarker', inputs: { input: input as never } }, () => 1)).toThrow(flowError('DEFINITION', 'withMarker', "'input'"));
  });

  test.each([
    ['no fields', {}],
    ['a schema', z.object({ a: z.number() })],
    ['a list', ['a']],
    ['a field that is no schema', { a: 5 }],
    ['a field with a marker', { a: FromContext(z.number()) }],
  ])('patches with %s are DEFINITION', (_what, patches) => {
    expect(() => contextTransform({ inputs: {}, patches: patches as never }, () => ({}))).toThrow(flowError('DEFINITION', 'patch'));
  });

  test.each(['contextType', 'autoUnwrap', 'volatile', 'validateResult', 'freeze'])('%s is no option of a transform', (option) => {
    expect(() => contextTransform({ inputs: {}, [option]: undefined } as never, () => 1)).toThrow(flowError('DEFINITION', `'${option}'`));
  });

  test('a name is unique among all definitions, models included', () => {
    expect(() => contextTransform({ name: 'plus', inputs: {} }, () => 1)).toThrow(flowError('DUPLICATE_NAME', "'plus'"));
    expect(() => contextTransform({ name: 'source', inputs: {} }, () => 1)).toThrow(flowError('DUPLICATE_NAME', "'source'"));
    expect(() => flowModel({ name: 'plus', inputs: {} }, () => 1)).toThrow(flowError('DUPLICATE_NAME', "'plus'"));
  });
});

describe('binding', () => {
  test('CC-XFORM-02 calling the factory binds the regular inputs and runs nothing', () => {
    let runs = 0;
    const count = contextTransform({ name: 'count', inputs: { by: z.number(), value: FromContext(z.number()) } }, ({ by, value }) => {
      runs++;
      return value + by;
    });
    const bound = count({ by: 2 });
    expect(inspect(bound)).toBe('count({ by: 2 })');
    expect(runs).toBe(0);
    expect(source().flow.withContext({ value: bound }).flow.computeSync({ value: 1 }).value).toBe(3);
    expect(source().flow.withContext({ value: bound }).flow.computeSync({ value: 2 }).value).toBe(4);
  });

  test('CC-XFORM-03 a contextual input is never bound by the caller', () => {
    expect(() => plus({ by: 1, value: 2 } as never)).toThrow(flowError('BIND', 'plus', "'value'", 'context'));
  });

  test('CC-XFORM-03 a missing regular input is BIND at the call, and says how to give it', () => {
    expect(() => plus({} as never)).toThrow(flowError('BIND', 'plus', "'by'"));
    expect(() => (plus as never as () => void)()).toThrow(flowError('BIND', 'plus', "'by'"));
    expect(() => plus({ by: undefined } as never)).toThrow(flowError('BIND', 'plus', "'by'"));
  });

  test('CC-XFORM-03 an unknown name is BIND, with the nearest one', () => {
    expect(() => plus({ by: 1, bye: 2 } as never)).toThrow(flowError('BIND', 'plus', "'bye'", "'by'"));
  });

  test.each([[5], [[5]], [null], ['by']])('CC-XFORM-03 inputs are bound by name, not by position: %j', (argument) => {
    expect(() => plus(argument as never)).toThrow(flowError('BIND', 'plus'));
  });

  test('CC-XFORM-04 regular inputs are parsed at the call', () => {
    const on = contextTransform({ name: 'on', inputs: { day: z.coerce.date(), by: z.number().default(1) } }, ({ day, by }) => day.getUTCDate() + by);
    expect(source().flow.withContext({ value: on({ day: '2024-01-30' }) }).flow.computeSync({}).value).toBe(31);
    expect(() => plus({ by: null } as never)).toThrow(flowError('BIND', 'plus', "'by'", 'number', 'null'));
    expect(() => on({ day: 'no day' })).toThrow(flowError('BIND', 'on', "'day'", 'no day'));
  });

  test('CC-XFORM-05 defaults of regular and of contextual inputs hold', () => {
    const amount = contextTransform({ inputs: { by: z.number().default(5) } }, ({ by }) => by);
    const seeded = contextTransform({ inputs: { seed: FromContext(z.number().default(9)) } }, ({ seed }) => seed + 1);
    const wrapper = pair().flow.withContext({ a: amount(), b: seeded() });
    expect(wrapper.flow.computeSync({}).value).toEqual([5, 10]);
    expect(wrapper.flow.computeSync({ seed: 1 } as never).value).toEqual([5, 2]);
  });

  test('a model is no argument of a transform: BIND says computed', () => {
    expect(() => plus({ by: source() } as never)).toThrow(flowError('BIND', 'plus', 'computed('));
  });

  test('arguments are copied: the caller may change its own object', () => {
    const sum = contextTransform({ inputs: { parts: z.array(z.number()) } }, ({ parts }) => parts.reduce((a, b) => a + b, 0));
    const mine = [1, 2];
    const wrapper = source().flow.withContext({ value: sum({ parts: mine }) });
    mine.push(10);
    expect(wrapper.flow.computeSync({}).value).toBe(3);
    expect(Object.isFrozen(mine)).toBe(false);
  });
});

describe('running', () => {
  test('CC-XFORM-06 a transform reads the incoming context, not the defaults of the wrapped model', () => {
    const byInstance = source({ value: 5 }).flow.withContext({ value: plus({ by: 1 }) });
    expect(() => byInstance.flow.computeSync({} as never)).toThrow(flowError('MISSING_CONTEXT', 'value: number'));
    const defaulted = flowModel({ inputs: { value: FromContext(z.number().default(5)) } }, ({ value }) => value);
    const bySchema = defaulted().flow.withContext({ value: plus({ by: 1 }) });
    expect(() => bySchema.flow.computeSync({} as never)).toThrow(flowError('MISSING_CONTEXT', 'value: number'));
    expect(bySchema.flow.computeSync({ value: 1 }).value).toBe(2);
  });

  test('CC-XFORM-07 contextual inputs are parsed by the schemas of the transform, whatever others read of the field', () => {
    const year = contextTransform({ inputs: { day: FromContext(z.coerce.date()) } }, ({ day }) => day.getUTCFullYear());
    const both = flowModel({ inputs: { value: FromContext(z.number()), day: FromContext(z.string()) } }, ({ value, day }) => `${value} ${day}`);
    expect(both().flow.withContext({ value: year() }).flow.computeSync({ day: '2024-05-01' } as never).value).toBe('2024 2024-05-01');
  });

  test('CC-XFORM-07 a value that they reject is INVALID_CONTEXT, naming the field', () => {
    const wrapper = relay({ x: source().flow.withContext({ value: plus({ by: 1 }) }) });
    expect(() => wrapper.flow.computeSync({ value: 'five' as never })).toThrow(flowError('INVALID_CONTEXT', 'value: number', '"five"', 'relay.x'));
  });

  test('CC-XFORM-13 a transform that is not idempotent is applied exactly once to what each evaluation sees', () => {
    const wrapper = source().flow.withContext({ value: plus({ by: 1 }) });
    expect(relay({ x: wrapper }).flow.computeSync({ value: 1 }).value).toBe(2);
    expect(relay({ x: wrapper }).flow.computeSync({ value: 2 }).value).toBe(3);
  });

  test('one run runs a transform once for each incoming context that it stands in', () => {
    let runs = 0;
    const count = contextTransform({ inputs: { value: FromContext(z.number()) } }, ({ value }) => {
      runs++;
      return value + 1;
    });
    const bound = count();
    const one = contextTransform({ inputs: { value: FromContext(z.number()) }, patches: { a: z.number(), b: z.number() } }, ({ value }) => {
      runs++;
      return { a: value, b: value };
    });
    const list = flowModel({ inputs: { p: z.number(), q: z.number(), r: z.number() } }, ({ p, q, r }) => [p, q, r]);
    const twice = source().flow.withContext({ value: bound });
    const graph = list({ p: twice, q: relay({ x: twice }), r: source().flow.withContext({ value: bound }) });
    expect(graph.flow.computeSync({ value: 1 }).value).toEqual([2, 2, 2]);
    expect(runs).toBe(1);
    runs = 0;
    expect(list({ p: twice, q: twice.flow.withContext({}), r: relay({ x: twice }).flow.withContext({ value: 5 }) }).flow.computeSync({ value: 1 }).value).toEqual([2, 2, 6]);
    expect(runs).toBe(2);
    runs = 0;
    pair().flow.withContext(one()).flow.computeSync({ value: 1 });
    expect(runs).toBe(1);
  });

  test('transforms run before any body, and a failing one keeps every body from running', () => {
    const order: string[] = [];
    const first = flowModel({ inputs: {} }, () => order.push('body'));
    const noted = contextTransform({ inputs: {} }, () => {
      order.push('transform');
      return 1;
    });
    const broken = contextTransform({ inputs: {} }, (): number => {
      throw new Error('broken');
    });
    const both = flowModel({ inputs: { x: z.number(), value: FromContext(z.number()) } }, ({ value }) => value);
    both({ x: first() }).flow.withContext({ value: noted() }).flow.computeSync({});
    expect(order).toEqual(['transform', 'body']);
    expect(() => both({ x: first() }).flow.withContext({ value: broken() }).flow.computeSync({})).toThrow('broken');
    expect(order).toEqual(['transform', 'body']);
  });

  test('a lazy branch that nobody calls for runs none of its transforms', () => {
    let runs = 0;
    const count = contextTransform({ inputs: {} }, () => ++runs);
    const ignore = flowModel({ inputs: { fallback: Lazy(z.number()) } }, () => 0);
    expect(ignore({ fallback: source().flow.withContext({ value: count() }) }).flow.computeSync({}).value).toBe(0);
    expect(runs).toBe(0);
  });

  test('CC-XFORM-17 what the body throws reaches the caller as the same object', async () => {
    const failure = new TypeError('from the transform');
    const broken = contextTransform({ name: 'broken', inputs: {} }, (): number => {
      throw failure;
    });
    const graph = relay({ x: source().flow.withContext({ value: broken() }) });
    await expect(graph.flow.compute({})).rejects.toBe(failure);
    expect(thrownBy(() => graph.flow.computeSync({}))).toBe(failure);
  });

  test('a transform receives a record of its inputs and nothing else', () => {
    const seen: unknown[][] = [];
    const look = contextTransform({ inputs: { by: z.number(), seed: FromContext(z.number()), missing: FromContext(z.number().optional()) } }, (...args: unknown[]) => {
      seen.push(args);
      return 1;
    });
    source().flow.withContext({ value: look({ by: 2 }) }).flow.computeSync({ seed: 3, other: 4 });
    expect(seen.map(([inputs]) => inputs)).toEqual([{ by: 2, seed: 3, missing: undefined }]);
    expect(seen[0]?.[1]).toBeUndefined();
  });

  test('what it yields is shared by its readers: frozen, so that none of them can change it', () => {
    const field = contextTransform({ inputs: {} }, () => ({ list: [1] }));
    const patch = contextTransform({ inputs: {}, patches: { rows: z.unknown() } }, () => ({ rows: { list: [1] } }));
    const frozen = flowModel({ inputs: { rows: FromContext(z.unknown()) } }, ({ rows }) => [Object.isFrozen(rows), Object.isFrozen((rows as { list: number[] }).list)]);
    expect(frozen().flow.withContext({ rows: field() }).flow.computeSync().value).toEqual([true, true]);
    expect(frozen().flow.withContext(patch()).flow.computeSync({} as never).value).toEqual([true, true]);
  });

  test('an output schema parses the value', () => {
    const trimmed = contextTransform({ inputs: { by: z.string() }, output: z.string().trim() }, ({ by }) => by);
    const text = flowModel({ inputs: { text: FromContext(z.string()) } }, ({ text }) => text);
    expect(text().flow.withContext({ text: trimmed({ by: ' x ' }) }).flow.computeSync({}).value).toBe('x');
  });

  test('a patch schema parses the field', () => {
    const trimmed = contextTransform({ inputs: { by: z.string() }, patches: { text: z.string().trim() } }, ({ by }) => ({ text: by }));
    const text = flowModel({ inputs: { text: FromContext(z.string()) } }, ({ text }) => text);
    expect(text().flow.withContext(trimmed({ by: ' x ' })).flow.computeSync({}).value).toBe('x');
  });
});

describe('results that break the declaration are TRANSFORM', () => {
  test.each([
    ['a promise', () => Promise.resolve(1)],
    ['a failing promise', () => Promise.reject(new Error('late'))],
  ])('%s', (_what, body) => {
    const field = contextTransform({ inputs: {} }, body as never);
    expect(() => source().flow.withContext({ value: field() } as never).flow.computeSync({} as never)).toThrow(flowError('TRANSFORM', 'promise', 'computed('));
    const patch = contextTransform({ inputs: {}, patches: { a: z.number() } }, body as never);
    expect(() => pair().flow.withContext(patch()).flow.computeSync({ b: 1 })).toThrow(flowError('TRANSFORM', 'promise', 'computed('));
  });

  test.each([[null], [undefined], [5], ['a'], [[1]], [new Map([['a', 1]])], [new Date(0)]])('CC-WITH-25 a patch that is no record: %o', (result) => {
    const wrong = contextTransform({ inputs: {}, patches: { a: z.number() } }, () => result as never);
    expect(() => pair().flow.withContext(wrong()).flow.computeSync({ b: 1 })).toThrow(flowError('TRANSFORM', 'record'));
  });

  test('a patch with a field that it does not declare, although the branch reads it', () => {
    const wrong = contextTransform({ name: 'wrongField', inputs: {}, patches: { a: z.number() } }, () => ({ a: 1, b: 2 }) as never);
    expect(() => pair().flow.withContext(wrong()).flow.computeSync({ b: 1 })).toThrow(flowError('TRANSFORM', 'wrongField', "'b'", "'a'"));
  });

  test('a patch that its own schema rejects', () => {
    const wrong = contextTransform({ name: 'wrongPatch', inputs: {}, patches: { a: z.number().max(5) } }, () => ({ a: 6 }));
    expect(() => pair().flow.withContext(wrong()).flow.computeSync({ b: 1 })).toThrow(flowError('TRANSFORM', 'wrongPatch', "'a'", '6'));
  });

  test('a value that its own output schema rejects', () => {
    const wrong = contextTransform({ name: 'wrongValue', inputs: {}, output: z.number() }, () => 'six' as never);
    expect(() => source().flow.withContext({ value: wrong() }).flow.computeSync({})).toThrow(flowError('TRANSFORM', 'wrongValue', 'number', '"six"'));
    const nothing = contextTransform({ inputs: {}, output: z.number() }, () => undefined as never);
    expect(() => source().flow.withContext({ value: nothing() }).flow.computeSync({})).toThrow(flowError('TRANSFORM', 'undefined'));
  });

  test('compute rejects with it', async () => {
    const wrong = contextTransform({ inputs: {}, output: z.number() }, () => 'six' as never);
    await expect(source().flow.withContext({ value: wrong() }).flow.compute({})).rejects.toThrow(flowError('TRANSFORM', '"six"'));
  });

  test('a result that its own schema accepts and a reader rejects is INVALID_CONTEXT', () => {
    const small = flowModel({ name: 'small', inputs: { a: FromContext(z.number().max(3)) } }, ({ a }) => a);
    const patch = contextTransform({ inputs: {}, patches: { a: z.number().max(5) } }, () => ({ a: 4 }));
    expect(() => small().flow.withContext(patch()).flow.computeSync({})).toThrow(flowError('INVALID_CONTEXT', 'a: number', '4', 'small'));
  });

  test('secrets are not shown', () => {
    const secret = z.string().min(20).meta({ secret: true });
    const patch = contextTransform({ inputs: {}, patches: { token: secret } }, () => ({ token: 'open sesame' }));
    const login = flowModel({ inputs: { token: FromContext(secret) } }, ({ token }) => token.length);
    const outcome = inspect(thrownBy(() => login().flow.withContext(patch()).flow.computeSync({})), { depth: null });
    expect(outcome).toContain('TRANSFORM');
    expect(outcome).toContain('[secret]');
    expect(outcome).not.toContain('sesame');
  });
});
