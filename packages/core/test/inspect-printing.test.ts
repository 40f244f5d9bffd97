// Contract §8: String(inspection) and console.log print a readable report. These are read by a person's eye.
import { inspect, stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { computed, contextTransform, flowModel, FromContext, Lazy, Resource } from '@flowmodel/core';

const countVisitors = flowModel({ name: 'countVisitors', inputs: { location: z.string(), startDate: FromContext(z.date()), endDate: FromContext(z.date()) } }, () => 12);
const visitorDelta = flowModel({ name: 'visitorDelta', inputs: { current: z.number(), previous: z.number() } }, ({ current, previous }) => current - previous);
const previousWindow = contextTransform(
  { name: 'previousWindow', inputs: { startDate: FromContext(z.date()), days: z.number() }, patches: { startDate: z.date() } },
  ({ startDate, days }) => ({ startDate: new Date(startDate.getTime() - days * 86_400_000) }),
);
const current = countVisitors({ location: 'library' });
const delta = visitorDelta({ current, previous: current.flow.withContext(previousWindow({ days: 30 })) });
const relayed = flowModel({ name: 'relayed', inputs: { x: z.number(), n: z.union([z.bigint(), z.number()]), o: FromContext(z.number()) } }, ({ x }) => x)({ x: current, n: 3 });
const startDate = new Date('2024-01-31');

const report = (text: string): string => `\n${text}\n`;

describe('the report', () => {
  test('CC-INSP-39 the model, its inputs, what is contextual, runtime, required and bound, dependencies, and the graph’s needs', () => {
    expect(report(String(delta.flow.inspect({ startDate })))).toMatchInlineSnapshot(`
      "
      visitorDelta({ current: countVisitors(…), previous: countVisitors(…).withContext(…) })
      inputs:
        current   number  countVisitors(…)                 construction
        previous  number  countVisitors(…).withContext(…)  construction
      context:  none
      runtime:  none
      required: none
      bound:    { current: countVisitors(…), previous: countVisitors(…).withContext(…) }
      dependencies:
        current   -> countVisitors({ location: "library" })                         context { startDate: 2024-01-31T00:00:00.000Z }
        previous  -> countVisitors({ location: "library" }).withContext(previousW…  context { startDate: 2024-01-31T00:00:00.000Z }
      the graph still needs:
        endDate  Date  for visitorDelta.current, visitorDelta.previous
      "
    `);
  });

  test('of a wrapper: what feeds each field', () => {
    expect(report(String(delta.flow.withContext({ endDate: new Date('2024-02-29') }).flow.inspect()))).toMatchInlineSnapshot(`
      "
      visitorDelta({ current: countVisitors(…), previous: countVisitors(…).withContext(…) }).flow.withContext({ endDate: 2024…
      inputs:
        current   number  countVisitors(…)                 construction
        previous  number  countVisitors(…).withContext(…)  construction
      context:  none
      runtime:  none
      required: none
      bound:    { current: countVisitors(…), previous: countVisitors(…).withContext(…), endDate: 2024-02-29T00:00:00.000Z }
      dependencies:
        current   -> countVisitors({ location: "library" })                         context { endDate: 2024-02-29T00:00:00.000Z }
        previous  -> countVisitors({ location: "library" }).withContext(previousW…  context { endDate: 2024-02-29T00:00:00.000Z }
      the graph still needs:
        startDate  Date  for visitorDelta.current, visitorDelta.previous
      "
    `);
    expect(report(String(current.flow.withContext(previousWindow({ days: 30 })).flow.inspect({ startDate })))).toMatchInlineSnapshot(`
      "
      countVisitors({ location: "library" }).flow.withContext(previousWindow({ days: 30 }))
      inputs:
        location            string  "library"                 construction
        startDate  context  Date    2024-01-01T00:00:00.000Z  context-transform: previousWindow({ days: 30 })
        endDate    context  Date    <unset>                   required, from runtime
      context:  startDate: Date, endDate: Date
      runtime:  startDate: Date, endDate: Date
      required: endDate: Date
      bound:    { location: "library" }
      the graph still needs:
        endDate  Date  for countVisitors
      "
    `);
  });

  test('of all kinds of inputs, of what is lazy, computed, unbound and thrown', () => {
    const broken = contextTransform({ name: 'broken', inputs: { day: FromContext(z.number()) } }, ({ day }): number => {
      throw new RangeError(`there is no day ${day}`);
    });
    const price = flowModel({ name: 'price', inputs: { day: FromContext(z.number()) } }, ({ day }) => day);
    const order = flowModel(
      { name: 'order', inputs: { price: z.number(), fallback: Lazy(z.number()), note: z.string(), vat: z.number().default(19), shop: Resource<object>(), rate: FromContext(z.number()), customer: FromContext(z.object({ id: z.number() })) } },
      () => 1,
    );
    const model = order({ price: price().flow.withContext({ day: broken() }), fallback: price() }).flow.withContext({ rate: computed(price()) });
    expect(report(String(model.flow.inspect({ day: 32 })))).toMatchInlineSnapshot(`
      "
      order({ price: price().withContext(…), fallback: price() }).flow.withContext({ rate: computed(price()) })
      inputs:
        price               number          price().withContext(…)  construction
        fallback  lazy      number          price()                 construction
        note                string          <unset>                 required, unset
        vat                 number          19                      function-default
        shop      resource  resource        <unset>                 required, from runtime
        rate      context   number          <unset>                 with-context: computed(price())
        customer  context   { id: number }  <unset>                 required, from runtime
      context:  rate: number, customer: { id: number }
      runtime:  customer: { id: number }
      required: customer: { id: number }
      bound:    { price: price().withContext(…), fallback: price() }
      dependencies:
        price     -> price().withContext({ day: broken() })        context { day: 32 }
        fallback  -> price()                                 lazy  context { day: 32 }
        rate      -> price()                                       context { day: 32 }
      the graph still needs:
        customer  { id: number }  for order
      unbound inputs:
        note  string  for order
      resources to be supplied:
        shop  resource  for order
      transforms without a value:
        day  threw RangeError: there is no day 32  for order.price
      "
    `);
  });

  test('of a model that needs nothing', () => {
    expect(report(String(flowModel({ name: 'answer', inputs: {} }, () => 42)().flow.inspect()))).toMatchInlineSnapshot(`
      "
      answer()
      context:  none
      runtime:  none
      required: none
      bound:    none
      the graph needs nothing more
      "
    `);
  });
});

describe('printing', () => {
  const inspection = delta.flow.inspect({ startDate });

  test('console.log and templates print the report', () => {
    expect(inspect(inspection)).toBe(String(inspection));
    expect(inspection.toString()).toBe(String(inspection));
  });

  test('deeper than asked for it is one line', () => {
    expect(inspect(inspection, { depth: 0 })).toBe('[FlowInspection of visitorDelta: needs endDate]');
    expect(inspect({ a: { b: { c: inspection } } })).toContain('[FlowInspection of visitorDelta: needs endDate]');
    expect(inspect({ inspection }, { depth: 0 })).toContain('[FlowInspection of visitorDelta: needs endDate]');
    expect(inspect({ inspection })).toContain('  the graph still needs:');
    expect(inspect(inspection, { depth: null })).toBe(String(inspection));
  });

  test('in colours only when the console asks for them, and then the same text', () => {
    const coloured = inspect(inspection, { colors: true });
    expect(coloured).not.toBe(String(inspection));
    expect(stripVTControlCharacters(coloured)).toBe(String(inspection));
    expect(stripVTControlCharacters(String(inspection))).toBe(String(inspection));
  });

  test('the parts of a report print as plain data', () => {
    expect(inspect(inspection.dependencies[0])).toMatchInlineSnapshot(`
      "{
        path: 'current',
        model: countVisitors({ location: "library" }),
        context: { startDate: 2024-01-31T00:00:00.000Z },
        lazy: false
      }"
    `);
    expect(inspect(inspection.inputs['current'])).toMatchInlineSnapshot(`
      "{
        kind: 'regular',
        type: 'number',
        required: false,
        default: Symbol(flowmodel.unset),
        value: countVisitors({ location: "library" }),
        source: 'construction'
      }"
    `);
    expect(inspect(inspection.graph, { depth: 5 })).toMatchInlineSnapshot(`
      "{
        requiredInputs: {
          endDate: {
            type: 'Date',
            neededBy: [ 'visitorDelta.current', 'visitorDelta.previous' ]
          }
        },
        lazyInputs: {}
      }"
    `);
  });

  test('JSON.stringify works whatever is bound: models and dates as text, what is unset left out', () => {
    expect(JSON.parse(JSON.stringify(relayed.flow.inspect({ startDate })))).toEqual({
      model: 'relayed({ x: countVisitors(…), n: 3 })',
      inputs: {
        x: { kind: 'regular', type: 'number', required: false, source: 'construction', value: 'countVisitors(…)' },
        n: { kind: 'regular', type: 'bigint | number', required: false, source: 'construction', value: 3 },
        o: { kind: 'context', type: 'number', required: true, source: 'runtime' },
      },
      contextInputs: { o: 'number' },
      runtimeInputs: { o: 'number' },
      requiredInputs: { o: 'number' },
      boundInputs: { x: 'countVisitors(…)', n: 3 },
      dependencies: [{ path: 'x', model: 'countVisitors({ location: "library" })', context: { startDate: '2024-01-31T00:00:00.000Z' }, lazy: false }],
      graph: { requiredInputs: { o: { type: 'number', neededBy: ['relayed'] }, endDate: { type: 'Date', neededBy: ['relayed.x'] } }, lazyInputs: {} },
      unboundInputs: {},
      resources: {},
      problems: [],
    });
    expect(JSON.parse(JSON.stringify(relayed.rebind({ n: 3n }).flow.inspect()))).toMatchObject({ boundInputs: { n: '3n' } });
  });

  test('columns stand under each other, whatever the width of the characters', () => {
    const wide = flowModel({ name: 'wide', inputs: { 数量: z.number(), émigré: z.string(), n: z.number() } }, () => 1);
    expect(report(String(wide({ 数量: 1, n: 2 }).flow.inspect()).split('\n').slice(1, 5).join('\n'))).toMatchInlineSnapshot(`
      "
      inputs:
        数量    number  1        construction
        émigré  string  <unset>  required, unset
        n       number  2        construction
      "
    `);
  });

  test('long values, long lists and long paths are cut; every line stays a line', () => {
    const any = flowModel({ name: 'any', inputs: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`input${i}`, z.any()])) }, () => 1);
    const texts = ['two\nlines', 'x'.repeat(10_000), '\u001b[31mred\u001b[0m', '\u202eevil', Array.from({ length: 10_000 }, (_, i) => i), { deep: { deep: { deep: { deep: 1 } } } }, new Map([[1, 2]]), () => 1, new Date(NaN)];
    for (const value of texts) {
      const lines = String(any({ input0: value, input99: 1 }).flow.inspect()).split('\n');
      expect(lines.length).toBeLessThan(140);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(260);
      expect(lines.join('')).not.toMatch(/[\p{Cc}\u202e]/u);
      expect(lines.join('\n')).toContain('… and 40 more');
    }
  });

  test('names that are no words are quoted, and cannot break out of their line', () => {
    const hostile = flowModel({ name: 'evil\n\u001b[31m(', inputs: { 'a b': z.number(), '__proto\n__': FromContext(z.number()) } }, () => 1);
    const text = String(hostile().flow.inspect());
    expect(text).toContain('"a b"');
    expect(text).toContain('evil\\n\\u001b[31m(');
    expect(text).not.toContain('\u001b');
  });
});
