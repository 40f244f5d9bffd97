/** What a graph may read from its context, with the schemas that read it. */
import { closedContext, contextFieldsOf, contextTransform, flowModel, FromContext, Lazy, modelClass, ModelInput } from '@flowmodel/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const day = z.date();
const count = z.number().min(1);
const readsDay = flowModel({ name: 'readsDay', inputs: { day: FromContext(day) } }, ({ day }) => day.getTime());
const readsBoth = flowModel({ name: 'readsBoth', inputs: { upstream: z.number(), day: FromContext(z.date().optional()), count: FromContext(count) } }, ({ upstream }) => upstream);

describe('contextFieldsOf', () => {
  test('names every field of the graph once, with the schema of each of its readers', () => {
    const fields = contextFieldsOf(readsBoth({ upstream: readsDay() }));
    expect(Object.keys(fields).toSorted()).toEqual(['count', 'day']);
    expect(fields['day']?.schemas).toHaveLength(2);
    expect(fields['day']?.schemas).toContain(day);
    expect(fields['day']?.readBy.toSorted()).toEqual(['readsBoth', 'readsDay']);
    expect(fields['count']).toEqual({ type: 'number', schemas: [count], readBy: ['readsBoth'], secret: false });
  });

  test('has the fields of lazy branches, of transforms and of class models', () => {
    const lazy = flowModel({ inputs: { other: Lazy(z.number()) } }, async ({ other }) => other());
    expect(Object.keys(contextFieldsOf(lazy({ other: readsDay() })))).toEqual(['day']);

    const tomorrow = contextTransform({ name: 'tomorrow', inputs: { today: FromContext(z.date()) }, output: z.date() }, ({ today }) => today);
    const moved = contextFieldsOf(readsDay().flow.withContext({ day: tomorrow() }));
    expect(Object.keys(moved)).toEqual(['today']); // the day itself is written by the override
    expect(moved['today']?.readBy).toEqual(['tomorrow']);

    class Reads extends modelClass({ context: z.object({ n: count }) }) {
      call({ n }: { n: number }): number {
        return n;
      }
    }
    expect(contextFieldsOf(new Reads())['n']?.schemas).toEqual([count]);
  });

  test('keeps a field that a patch rewrites, since the patch may leave it out; not one that a closed context hides', () => {
    const patch = contextTransform({ name: 'maybe', inputs: {}, patches: { day: z.date() } }, () => ({}));
    expect(Object.keys(contextFieldsOf(readsDay().flow.withContext(patch())))).toEqual(['day']);
    expect(contextFieldsOf(readsDay().flow.withContext(closedContext(), { day: new Date(0) }))).toEqual({});
  });

  test('leaves out what a ModelInput needs, which its consumer supplies', () => {
    const consumer = flowModel({ inputs: { model: ModelInput(z.number()) } }, () => 1);
    expect(contextFieldsOf(consumer({ model: readsDay() }))).toEqual({});
  });

  test('tells secrets, and the schema that contextType adds', () => {
    const secret = flowModel({ inputs: { token: FromContext(z.string().meta({ secret: true })) } }, () => 1);
    expect(contextFieldsOf(secret())['token']?.secret).toBe(true);
    const also = z.number().max(9);
    const narrowed = flowModel({ inputs: { n: FromContext(z.number()) }, contextType: z.object({ n: also }) }, ({ n }) => n);
    expect(contextFieldsOf(narrowed())['n']?.schemas).toContain(also);
  });

  test('refuses what is no model', () => {
    expect(() => contextFieldsOf(readsDay as never)).toThrow('Call the factory first');
  });
});
