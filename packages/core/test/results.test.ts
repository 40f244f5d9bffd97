// §5: what compute resolves to, what consumers receive, validation and freezing.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FlowContext, flowModel, flowPathOf, FlowResult, FromContext, GenericResult, Lazy, modelClass } from '@flowmodel/core';
import type { FlowError } from '@flowmodel/core';
import { flowError, thrownBy } from './flow-error.ts';

class Quote extends FlowResult {
  readonly bid: number;
  readonly ask: number;
  constructor(bid: number, ask: number) {
    super();
    this.bid = bid;
    this.ask = ask;
  }
}

const quote = flowModel({ name: 'quote', inputs: { mid: FromContext(z.number()) } }, ({ mid }) => new Quote(mid - 1, mid + 1));
const seven = flowModel({ name: 'seven', inputs: {} }, () => 7);
const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);
/** A model that takes and hands on whatever it is given. */
const pass = flowModel({ name: 'pass', inputs: { x: z.unknown() } }, ({ x }) => x);

describe('the box', () => {
  test('CC-RES-01 a plain value comes in a frozen GenericResult', async () => {
    const result = await relay({ x: 15 }).flow.compute();
    expect(result).toBeInstanceOf(GenericResult);
    expect(result).toBeInstanceOf(FlowResult);
    expect(result.value).toBe(15);
    expect(Object.isFrozen(result)).toBe(true);
  });

  test('CC-RES-01 so does the value that a promise yields', async () => {
    const later = flowModel({ inputs: {} }, async () => {
      await Promise.resolve();
      return 'done';
    });
    expect(await later().flow.compute()).toEqual(new GenericResult('done'));
  });

  test.each([[null], [undefined], [0], [''], [false], [Number.NaN]])('CC-RES-06 %o is a value like any other', async (value) => {
    const model = flowModel({ inputs: {} }, () => value);
    expect(await model().flow.compute()).toEqual(new GenericResult(value));
    expect(model().flow.computeSync()).toEqual(new GenericResult(value));
    expect(pass({ x: model() }).flow.computeSync().value).toBe(value);
  });

  test('CC-RES-02 a GenericResult that the body returns is not boxed again', () => {
    const boxed = flowModel({ inputs: {} }, () => new GenericResult(5));
    expect(boxed().flow.computeSync()).toEqual(new GenericResult(5));
    expect(relay({ x: boxed() }).flow.computeSync().value).toBe(5);
  });

  test('CC-RES-02 the very object that the body returned is returned', async () => {
    const box = new GenericResult({ n: 1 });
    const own = new Quote(1, 2);
    expect(await flowModel({ inputs: {} }, () => box)().flow.compute()).toBe(box);
    expect(await flowModel({ inputs: {} }, () => own)().flow.compute()).toBe(own);
    expect(await flowModel({ inputs: {} }, () => Promise.resolve(own))().flow.compute()).toBe(own);
  });

  test('CC-RES-02 a result of its own class is returned as it is', async () => {
    const result = await quote().flow.compute({ mid: 10 });
    expect(result).toBeInstanceOf(Quote);
    expect([result.bid, result.ask]).toEqual([9, 11]);
  });

  test('a result of its own class is passed whole between models, a subclass of GenericResult unwrapped', () => {
    const spread = flowModel({ inputs: { of: z.instanceof(Quote) } }, ({ of }) => of.ask - of.bid);
    expect(spread({ of: quote() }).flow.computeSync({ mid: 10 }).value).toBe(2);
    class Noted extends GenericResult<number> {
      readonly note = 'measured';
    }
    const noted = flowModel({ inputs: {} }, () => new Noted(4));
    expect(relay({ x: noted() }).flow.computeSync().value).toBe(4);
    expect(noted().flow.computeSync()).toBeInstanceOf(Noted);
    expect(noted().flow.computeSync().note).toBe('measured');
  });

  test('what an input hands on is unwrapped once', () => {
    const outer = pass({ x: pass({ x: seven() }) });
    expect(outer.flow.computeSync()).toEqual(new GenericResult(7));
  });

  test('CC-RES-05 a body may return now a result, now a plain value; each is treated as what it is', () => {
    const either = flowModel({ inputs: { plain: FromContext(z.boolean()) } }, ({ plain }) => (plain ? 5 : new Quote(1, 2)));
    const plain: Quote | GenericResult<number> = either().flow.computeSync({ plain: true });
    const own: Quote | GenericResult<number> = either().flow.computeSync({ plain: false });
    expect(plain).toEqual(new GenericResult(5));
    expect(own).toBeInstanceOf(Quote);
    const union = flowModel({ inputs: { n: FromContext(z.number()) } }, ({ n }): number | string => (n > 0 ? n : 'none'));
    expect(union().flow.computeSync({ n: 0 }).value).toBe('none');
  });

  test('compute gives the results of class-based models in the same way', () => {
    class Count extends modelClass({ output: z.number() }) {
      call(): number {
        return 3;
      }
    }
    class Best extends modelClass({}) {
      call(): Quote {
        return new Quote(1, 2);
      }
    }
    expect(new Count().flow.computeSync()).toEqual(new GenericResult(3));
    expect(new Best().flow.computeSync()).toBeInstanceOf(Quote);
  });
});

describe('autoUnwrap', () => {
  const bare = flowModel({ name: 'bare', inputs: { b: FromContext(z.number().default(1)) }, autoUnwrap: true }, ({ b }) => b + 10);

  test('CC-RES-07 compute from outside yields the bare value, on wrappers too', async () => {
    expect(await bare().flow.compute()).toBe(11);
    expect(bare().flow.computeSync({ b: 2 })).toBe(12);
    expect(bare().flow.withContext({ b: 3 }).flow.computeSync()).toBe(13);
    expect(bare({ b: 4 }).rebind({ b: 5 }).flow.computeSync()).toBe(15);
  });

  test('CC-RES-07 inside the graph it changes nothing', async () => {
    expect(relay({ x: bare() }).flow.computeSync()).toEqual(new GenericResult(11));
    const nested = flowModel({ inputs: {} }, (_, run) => run.computeSync(bare()));
    expect(nested().flow.computeSync()).toEqual(new GenericResult(11));
    const lazy = flowModel({ inputs: { x: Lazy(z.number()) } }, async ({ x }) => (await x()) + 1);
    expect((await lazy({ x: bare() }).flow.compute()).value).toBe(12);
    const outer = flowModel({ inputs: { x: z.number() }, autoUnwrap: true }, ({ x }) => x);
    expect(outer({ x: seven() }).flow.computeSync()).toBe(7);
  });

  test('CC-RES-08 it does not touch a result that the body made', async () => {
    const own = flowModel({ inputs: {}, autoUnwrap: true }, () => new Quote(1, 2));
    expect(await own().flow.compute()).toBeInstanceOf(Quote);
    const boxed = flowModel({ inputs: {}, autoUnwrap: true }, () => new GenericResult(5));
    expect(await boxed().flow.compute()).toEqual(new GenericResult(5));
  });
});

describe('validation by output', () => {
  const count = flowModel({ name: 'count', inputs: { given: z.unknown() }, output: z.number().int() }, ({ given }) => given as number);

  test('CC-RES-03 the result is what the schema makes of it', () => {
    const coerced = flowModel({ inputs: {}, output: z.coerce.number() }, () => '3');
    expect(coerced().flow.computeSync().value).toBe(3);
    const trimmed = flowModel({ inputs: {}, output: z.string().trim() }, () => Promise.resolve(' x '));
    return expect(trimmed().flow.compute()).resolves.toEqual(new GenericResult('x'));
  });

  test('CC-RES-03 a result that it rejects is INVALID_RESULT, with the model, the value and what was expected', async () => {
    expect(() => count({ given: 'oops' }).flow.computeSync()).toThrow(flowError('INVALID_RESULT', 'count', '"oops"', 'number'));
    await expect(count({ given: 1.5 }).flow.compute()).rejects.toThrow(flowError('INVALID_RESULT', 'count', '1.5'));
    await expect(relay({ x: count({ given: null }) }).flow.compute()).rejects.toThrow(flowError('INVALID_RESULT', 'count', 'null'));
  });

  test('the error knows its path', () => {
    const error = thrownBy(() => relay({ x: count({ given: 'oops' }) }).flow.computeSync());
    expect(flowPathOf(error)).toEqual(['relay', 'x', 'count']);
    expect(error).toMatchObject({ path: ['relay', 'x', 'count'] });
  });

  test('a value is shown up to 100 characters', () => {
    const error = thrownBy(() => count({ given: 'y'.repeat(1000) }).flow.computeSync());
    expect(error).toEqual(flowError('INVALID_RESULT', 'y'.repeat(50)));
    expect(error).not.toEqual(flowError('INVALID_RESULT', 'y'.repeat(101)));
  });

  test.each([
    ['the whole result', z.string().min(50).meta({ secret: true }), 'open sesame'],
    ['a field of it', z.object({ token: z.string().min(50).meta({ secret: true }) }), { token: 'open sesame' }],
  ])('a secret is not shown: %s', (_what, output, value) => {
    const model = flowModel({ inputs: {}, output }, () => value as never);
    const error = thrownBy(() => model().flow.computeSync());
    expect(error).toEqual(flowError('INVALID_RESULT', '[secret]'));
    expect(JSON.stringify([String(error), (error as FlowError).details])).not.toContain('sesame');
  });

  test('CC-RES-04 with validateResult: false the value comes as it is', () => {
    const loose = flowModel({ inputs: {}, output: z.number(), validateResult: false }, () => 'oops' as never);
    expect(loose().flow.computeSync()).toEqual(new GenericResult('oops'));
    expect(count({ given: 'oops' }).flow.computeSync({}, { validateResult: false }).value).toBe('oops');
    expect(count({ given: 'oops' }).flow.computeSync({}, { overrides: [{ factories: [count], validateResult: false }] }).value).toBe('oops');
  });

  test('CC-RES-04 validateResult of the call holds for the whole run; an input still checks what it receives', () => {
    expect(pass({ x: count({ given: 1.5 }) }).flow.computeSync({}, { validateResult: false }).value).toBe(1.5);
    expect(() => relay({ x: count({ given: 'oops' }) }).flow.computeSync({}, { validateResult: false })).toThrow(flowError('INVALID_RESULT', 'relay', 'count', '"oops"'));
  });

  test('with a GenericResult the schema sees its value', () => {
    const boxed = flowModel({ inputs: { given: z.unknown() }, output: z.coerce.number().max(9) }, ({ given }) => new GenericResult(given as number));
    expect(boxed({ given: '5' }).flow.computeSync()).toEqual(new GenericResult(5));
    expect(relay({ x: boxed({ given: '5' }) }).flow.computeSync().value).toBe(5);
    expect(() => boxed({ given: 10 }).flow.computeSync()).toThrow(flowError('INVALID_RESULT', '10'));
  });

  test('with another result the schema sees the whole object, which is passed on as it is', () => {
    const checked = flowModel({ name: 'checked', inputs: { ask: z.number() }, output: z.instanceof(Quote).refine(({ bid, ask }) => bid <= ask, 'crossed') }, ({ ask }) => new Quote(5, ask));
    expect(checked({ ask: 6 }).flow.computeSync()).toEqual(new Quote(5, 6));
    expect(() => checked({ ask: 4 }).flow.computeSync()).toThrow(flowError('INVALID_RESULT', 'checked', 'crossed'));
  });

  test('CC-RES-10 a parsed result is the copy that the schema made, not the object of the body', () => {
    const mine = { n: 1, extra: true };
    const parsed = flowModel({ inputs: {}, output: z.object({ n: z.number() }) }, () => mine);
    expect(parsed().flow.computeSync().value).toEqual({ n: 1 });
    expect(parsed().flow.computeSync().value).not.toBe(mine);
  });

  test('CC-RES-10, CC-FCTX-12 a model may yield a context; immutable as it is, it is passed on without a copy', () => {
    const context = new FlowContext({ mid: 10 });
    const make = flowModel({ inputs: {} }, () => context);
    expect(make().flow.computeSync().value).toBe(context);
    const use = flowModel({ inputs: { context: z.instanceof(FlowContext) } }, ({ context }, run) => run.computeSync(quote(), context).bid);
    expect(use({ context: make() }).flow.computeSync().value).toBe(9);
  });

  test('an upstream result that the input rejects is INVALID_RESULT, naming both ends of the edge', () => {
    const word = flowModel({ name: 'word', inputs: {} }, () => 'many' as never);
    const error = thrownBy(() => pass({ x: relay({ x: word() }) }).flow.computeSync());
    expect(error).toEqual(flowError('INVALID_RESULT', 'relay', "'x'", 'number', 'word', '"many"'));
    expect(flowPathOf(error)?.slice(0, 3)).toEqual(['pass', 'x', 'relay']);
  });
});

describe('freezing', () => {
  const rows = () => ({ list: [{ n: 1 }, { n: 2 }], nested: { deep: { deeper: [1] } } });

  test('plain containers are frozen all the way down', () => {
    const { value } = flowModel({ inputs: {} }, rows)().flow.computeSync();
    const parts = [value, value.list, value.list[0], value.nested, value.nested.deep, value.nested.deep.deeper];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true));
  });

  test('a consumer that writes to what it received gets a TypeError', () => {
    const make = flowModel({ inputs: {} }, () => [3, 1, 2]);
    const append = flowModel({ inputs: { list: z.array(z.number()) } }, ({ list }) => list.push(4));
    expect(() => append({ list: make() }).flow.computeSync()).toThrow(TypeError);
  });

  test('so are the plain containers inside a box and inside a result of its own class', async () => {
    const box = await flowModel({ inputs: {} }, () => new GenericResult(rows()))().flow.compute();
    expect(Object.isFrozen(box.value.list[0])).toBe(true);
    class Table extends FlowResult {
      readonly rows = rows();
    }
    const table = await flowModel({ inputs: {} }, () => new Table())().flow.compute();
    expect(Object.isFrozen(table.rows.nested.deep.deeper)).toBe(true);
  });

  test('class instances and typed arrays are left as they are', () => {
    class Counter {
      n = 0;
    }
    const { value } = flowModel({ inputs: {} }, () => ({ counter: new Counter(), bytes: new Uint8Array(2), day: new Date(0) }))().flow.computeSync();
    value.counter.n = 5;
    value.bytes[0] = 5;
    expect(Object.isFrozen(value)).toBe(true);
    expect([value.counter.n, value.bytes[0]]).toEqual([5, 5]);
  });

  test('a frozen outside does not hide a mutable inside', () => {
    const { value } = flowModel({ inputs: {} }, () => Object.freeze([{ n: 1 }]))().flow.computeSync();
    expect(Object.isFrozen(value[0])).toBe(true);
  });

  test('data that holds itself, and data 100,000 levels deep, are frozen too', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(Object.isFrozen(flowModel({ inputs: {} }, () => loop)().flow.computeSync().value)).toBe(true);
    const bottom = { next: undefined as unknown };
    let top: { next: unknown } = bottom;
    for (let i = 0; i < 100_000; i++) top = { next: top };
    flowModel({ inputs: {} }, () => top)().flow.computeSync();
    expect(Object.isFrozen(bottom)).toBe(true);
  });

  test('freeze: false leaves the result as it is', () => {
    const model = flowModel({ inputs: {}, freeze: false }, rows);
    const { value } = model().flow.computeSync();
    expect([value, value.list, value.list[0]].map((part) => Object.isFrozen(part))).toEqual([false, false, false]);
    const box = flowModel({ inputs: {}, freeze: false }, () => new GenericResult(rows()));
    expect(Object.isFrozen(box().flow.computeSync().value.list)).toBe(false);
    class Open extends modelClass({ freeze: false, output: z.array(z.number()) }) {
      call(): number[] {
        return [1];
      }
    }
    expect(Object.isFrozen(new Open().flow.computeSync().value)).toBe(false);
  });
});
