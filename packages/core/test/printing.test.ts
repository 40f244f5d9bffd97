// Contract §2: console.log(model) prints one line.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { closedContext, computed, contextTransform, Dependency, flowModel, FromContext, Lazy, modelClass } from '@flowmodel/core';

/** What console.log would print. */
const printed = (value: unknown): string => inspect(value);

describe('printing a model', () => {
  const countVisitors = flowModel({ name: 'countVisitors', inputs: { location: z.string(), day: FromContext(z.number()) } }, ({ location }) => location.length);
  const visitorDelta = flowModel({ name: 'visitorDelta', inputs: { current: z.number(), previous: z.number() } }, ({ current, previous }) => current - previous);
  const current = countVisitors({ location: 'library' });

  it('gives its name and its inputs, upstream models in brief', () => {
    const model = visitorDelta({ current, previous: current.flow.withContext({ day: 1 }) });
    expect(printed(model)).toMatch(/^visitorDelta\(\{ current: countVisitors\(…\), previous: .*…\)?\.withContext\(…\) \}\)$/);
    expect(printed(current)).toBe("countVisitors({ location: \"library\" })");
    expect(printed(countVisitors())).toBe('countVisitors()');
  });

  it('is the same as a string, in a template, and nested in other values', () => {
    expect((current as { toString: () => string }).toString()).toBe(printed(current));
    expect(inspect({ model: current })).toContain(printed(current));
  });

  it('shows what a wrapper does', () => {
    const shift = contextTransform({ name: 'shift', inputs: { day: FromContext(z.number()), by: z.number() } }, ({ day, by }) => day + by);
    const back = contextTransform({ name: 'back', inputs: { days: z.number() }, patches: { day: z.number() } }, ({ days }) => ({ day: -days }));
    const today = flowModel({ name: 'today', inputs: {} }, () => 1);
    expect(printed(current.flow.withContext({ day: shift({ by: 30 }) }))).toMatch(/countVisitors\(.*withContext\(.*day: shift\(.*30/);
    expect(printed(current.flow.withContext(back({ days: 7 }), { day: 4 }))).toMatch(/withContext\(.*day: 4/);
    expect(printed(current.flow.withContext(back({ days: 7 })))).toMatch(/withContext\(back\(.*7/);
    expect(printed(current.flow.withContext({ day: computed(today()) }))).toMatch(/computed\(today\(/);
    expect(printed(current.flow.withContext(closedContext('day')))).toMatch(/closedContext\(.day.\)/);
  });

  it('is one short line whatever is bound', () => {
    const any = flowModel({ name: 'any', inputs: { it: z.any(), list: Dependency(z.array(z.number())), later: Lazy(z.number()) } }, () => 1);
    const loop: unknown[] = [];
    loop.push(loop);
    const values = ['two\nlines', 'x'.repeat(10_000), Array.from({ length: 10_000 }, (_, i) => i), { deep: { deep: { deep: { deep: 1 } } } }, loop, new Map([[1, 2]]), Symbol('s'), 1n, -0, NaN, new Date(NaN), () => 1, Object.create(null), new (class Odd {})()];
    for (const value of values) {
      const text = printed(any({ it: value, list: [current as never, 1], later: current }));
      expect(text).toMatch(/^any\(/);
      expect(text).not.toContain('\n');
      expect(text.length).toBeLessThan(300);
    }
  });

  it('says when a model has no name', () => {
    expect(printed(flowModel({ inputs: { n: z.number() } }, ({ n }) => n)({ n: 1 }))).toContain('n: 1');
  });

  it('class-based models print alike', () => {
    class Scale extends modelClass({ name: 'Scale', inputs: { factor: z.number() }, output: z.number() }) {
      call(): number {
        return this.inputs.factor;
      }
    }
    expect(printed(new Scale({ factor: 3 }))).toBe('Scale({ factor: 3 })');
  });

  it('does not evaluate anything', () => {
    let runs = 0;
    const counted = flowModel({ name: 'counted', inputs: {} }, () => ++runs);
    expect(printed(visitorDelta({ current: counted(), previous: counted() }))).toContain('counted()');
    expect(runs).toBe(0);
  });
});
