// Contract §8: what the whole graph still needs. The up-front check of compute says the same, as one error.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { closedContext, computed, contextTransform, flowModel, FromContext, Lazy, modelClass, ModelInput, Resource } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';
import { refusal } from './refusal.ts';

const days = flowModel({ name: 'days', inputs: { start: FromContext(z.date()), end: FromContext(z.date().optional()) } }, () => 1);
const place = flowModel({ name: 'place', inputs: { location: z.string(), start: FromContext(z.date()) } }, () => 2);
const pair = flowModel({ name: 'pair', inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => left + right);
const lazily = flowModel({ name: 'lazily', inputs: { now: z.number(), later: Lazy(z.number()) } }, ({ now }) => now);
const rate = flowModel({ name: 'rate', inputs: { currency: FromContext(z.string()) } }, () => 3);

const shift = contextTransform({ name: 'shift', inputs: { today: FromContext(z.date()), by: z.number().default(1) } }, ({ today }) => today);

describe('graph.requiredInputs', () => {
  test('each field with its type and the paths of the models that need it', () => {
    const { graph } = pair({ left: days(), right: pair({ left: place({ location: 'a' }), right: rate() }) }).flow.inspect();
    expect(graph).toEqual({
      requiredInputs: {
        start: { type: 'Date', neededBy: ['pair.left', 'pair.right.left'] },
        currency: { type: 'string', neededBy: ['pair.right.right'] },
      },
      lazyInputs: {},
    });
  });

  test('it is what compute would say is missing', () => {
    const model: CallableModel = pair({ left: days(), right: pair({ left: place({ location: 'a' }), right: rate().flow.withContext({ currency: 'EUR' }) }) });
    for (const context of [{}, { start: new Date(0) }, { start: 'no date' }]) {
      const { requiredInputs } = model.flow.inspect(context).graph;
      const told = Object.keys(requiredInputs).length === 0 && !('start' in context && typeof context.start === 'string') ? [] : refusal(() => model.flow.computeSync(context)).details['findings'];
      const missing = (told as { code: string; field: string; type: string; paths: string[] }[]).filter(({ code }) => code === 'MISSING_CONTEXT');
      expect(Object.entries(requiredInputs).map(([field, { type, neededBy }]) => ({ field, type, paths: [...neededBy].toSorted() }))).toEqual(missing.map(({ field, type, paths }) => ({ field, type, paths: [...paths].toSorted() })));
    }
  });

  test('what the context gives is not needed any more', () => {
    expect(pair({ left: days(), right: rate() }).flow.inspect({ start: new Date(0) }).graph.requiredInputs).toEqual({ currency: { type: 'string', neededBy: ['pair.right'] } });
  });

  test('a model without a name is <root>; a shared model is needed once, by its first path', () => {
    const nameless = flowModel({ inputs: { a: z.number(), b: z.number(), n: FromContext(z.number()) } }, ({ a, b }) => a + b);
    const shared = rate();
    expect(nameless({ a: shared, b: shared }).flow.inspect().graph.requiredInputs).toEqual({
      n: { type: 'number', neededBy: ['<root>'] },
      currency: { type: 'string', neededBy: ['<root>.a'] },
    });
  });

  test('behind a wrapper: not the field that it writes, but what its transforms read', () => {
    const { graph } = pair({ left: days().flow.withContext({ start: shift() }), right: 1 }).flow.inspect();
    expect(graph.requiredInputs).toEqual({ today: { type: 'Date', neededBy: ['pair.left'] } });
  });

  test('a computed field: what its model needs', () => {
    const when = flowModel({ name: 'when', inputs: { year: FromContext(z.number()) } }, ({ year }) => new Date(year, 0));
    const model: CallableModel = pair({ left: days(), right: 1 }).flow.withContext({ start: computed(when()) });
    expect(model.flow.inspect().graph.requiredInputs).toEqual({ year: { type: 'number', neededBy: ['pair.left.start'] } });
  });

  test('a field that a closed context hides cannot be given: it says so', () => {
    const model = pair({ left: days().flow.withContext(closedContext()), right: 1 });
    expect(model.flow.inspect({ start: new Date(0) }).graph.requiredInputs).toEqual({ start: { type: 'Date', neededBy: ['pair.left'], hidden: true } });
  });

  test('consumers that want different types want all of them', () => {
    const a = flowModel({ name: 'wantsNumber', inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
    const b = flowModel({ name: 'wantsText', inputs: { n: FromContext(z.string()) } }, () => 1);
    expect(pair({ left: a(), right: b() }).flow.inspect().graph.requiredInputs['n']).toEqual({ type: 'number & string', neededBy: ['pair.left', 'pair.right'] });
  });

  test('class-based models need the required fields of their context', () => {
    class Span extends modelClass({ name: 'Span', context: z.object({ from: z.number(), to: z.number().optional() }), output: z.number() }) {
      call(): number {
        return 1;
      }
    }
    expect(pair({ left: new Span(), right: 1 }).flow.inspect({ to: 2 }).graph.requiredInputs).toEqual({ from: { type: 'number', neededBy: ['pair.left'] } });
  });
});

describe('graph.lazyInputs', () => {
  test('what only lazy branches need, however deep', () => {
    const { graph } = lazily({ now: days(), later: pair({ left: days(), right: lazily({ now: 1, later: rate() }) }) }).flow.inspect();
    expect(graph.requiredInputs).toEqual({ start: { type: 'Date', neededBy: ['lazily.now'] } });
    expect(graph.lazyInputs).toEqual({ currency: { type: 'string', neededBy: ['lazily.later.right.later'] } });
  });

  test('a model that an eager edge reaches too is not lazy', () => {
    const shared = rate();
    const { graph } = lazily({ later: shared, now: shared }).flow.inspect();
    expect(graph).toEqual({ requiredInputs: { currency: { type: 'string', neededBy: ['lazily.now'] } }, lazyInputs: {} });
  });
});

describe('what else is needed', () => {
  test('unbound regular inputs, the graph’s own and those upstream, lazy branches included', () => {
    const { unboundInputs } = lazily({ now: pair({ left: place(), right: pair({ left: 1 }) }), later: place() } as never).flow.inspect();
    expect(unboundInputs).toEqual({
      location: { type: 'string', neededBy: ['lazily.now.left', 'lazily.later'] },
      right: { type: 'number', neededBy: ['lazily.now.right'] },
    });
  });

  test('resources', () => {
    const stored = flowModel({ name: 'stored', inputs: { database: Resource<object>() } }, () => 1);
    expect(pair({ left: stored(), right: stored() }).flow.inspect().resources).toEqual({ database: { type: 'resource', neededBy: ['pair.left', 'pair.right'] } });
  });

  test('what a handed-over model needs is its consumer’s business', () => {
    const handing = flowModel({ name: 'handing', inputs: { inner: ModelInput(z.number()) } }, () => 1);
    const inspection = handing({ inner: pair({ left: rate() }) } as never).flow.inspect();
    expect(inspection.graph).toEqual({ requiredInputs: {}, lazyInputs: {} });
    expect(inspection.unboundInputs).toEqual({});
  });
});
