// §3: the ready-made context schemas of @flowmodel/core/contexts.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, flowModel, FromContext, modelClass } from '@flowmodel/core';
import * as contexts from '@flowmodel/core/contexts';
import { DateContext, DateRangeContext, DateTimeContext, DateTimeRangeContext, FrequencyContext, SeedContext, SourceContext, UniverseContext, VersionedDateContext } from '@flowmodel/core/contexts';
import { flowError } from './flow-error.ts';

const monday = new Date('2024-01-01T00:00:00Z');
const tuesday = new Date('2024-01-02T00:00:00Z');

test.each(Object.entries(contexts))('%s is an object schema, so that contextType and context take it', (_name, schema) => {
  const [field, fieldSchema] = Object.entries(schema.shape)[0]!;
  expect(() => flowModel({ inputs: { [field]: FromContext(fieldSchema) }, contextType: schema }, () => 1)).not.toThrow();
  expect(() => modelClass({ context: schema })).not.toThrow();
});

describe('what they accept', () => {
  test.each([
    ['DateContext', DateContext, { date: monday }],
    ['DateRangeContext', DateRangeContext, { startDate: monday, endDate: tuesday }],
    ['DateRangeContext of one day', DateRangeContext, { startDate: monday, endDate: new Date(monday) }],
    ['DateTimeContext', DateTimeContext, { dateTime: monday }],
    ['DateTimeRangeContext', DateTimeRangeContext, { startDateTime: monday, endDateTime: tuesday }],
    ['SeedContext', SeedContext, { seed: 42 }],
    ['SourceContext', SourceContext, { source: 'census' }],
    ['UniverseContext', UniverseContext, { universe: 'cities' }],
    ['FrequencyContext', FrequencyContext, { frequency: 'PT15M' }],
    ['VersionedDateContext', VersionedDateContext, { date: monday, entryTime: tuesday }],
  ])('%s', (_name, schema, value) => {
    expect(schema.parse(value)).toEqual(value);
    expect(schema.parse({ ...value, more: 1 })).toEqual(value);
    expect(schema.safeParse({}).success).toBe(false);
  });
});

describe('what they refuse', () => {
  test.each([
    ['a date that is text', DateContext, { date: '2024-01-01' }],
    ['an invalid date', DateContext, { date: new Date('nonsense') }],
    ['a range that runs backwards', DateRangeContext, { startDate: tuesday, endDate: monday }],
    ['a range of moments that runs backwards', DateTimeRangeContext, { startDateTime: tuesday, endDateTime: monday }],
    ['half a range', DateRangeContext, { startDate: monday }],
    ['a seed with a fraction', SeedContext, { seed: 1.5 }],
    ['an empty source', SourceContext, { source: '' }],
    ['an empty universe', UniverseContext, { universe: '' }],
    ['a frequency in words', FrequencyContext, { frequency: 'daily' }],
  ])('%s', (_what, schema, value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});

describe('in use', () => {
  const days = (start: Date, end: Date): number => (end.getTime() - start.getTime()) / 86_400_000;

  test('as contextType, with its field schemas behind the markers', () => {
    const { startDate, endDate } = DateRangeContext.shape;
    const span = flowModel({ name: 'span', inputs: { startDate: FromContext(startDate), endDate: FromContext(endDate) }, contextType: DateRangeContext }, ({ startDate, endDate }) => days(startDate, endDate));
    expect(span().flow.computeSync({ startDate: monday, endDate: tuesday }).value).toBe(1);
    expect(() => span().flow.computeSync({ startDate: tuesday, endDate: monday })).toThrow(flowError('INVALID_CONTEXT', 'startDate comes after endDate'));
  });

  test('as the context of a class-based model', () => {
    class Span extends modelClass({ name: 'Span', context: DateRangeContext, output: z.number() }) {
      call({ startDate, endDate }: z.output<typeof DateRangeContext>): number {
        return days(startDate, endDate);
      }
    }
    expect(new Span().flow.computeSync({ startDate: monday, endDate: tuesday }).value).toBe(1);
    expect(() => new Span().flow.computeSync({ startDate: tuesday, endDate: monday })).toThrow(flowError('INVALID_CONTEXT', 'startDate comes after endDate'));
  });

  test('as the patches of a transform', () => {
    const day = contextTransform({ inputs: { date: FromContext(DateContext.shape.date) }, patches: DateRangeContext.shape }, ({ date }) => ({ startDate: date, endDate: date }));
    const span = flowModel({ inputs: { startDate: FromContext(z.date()), endDate: FromContext(z.date()) } }, ({ startDate, endDate }) => days(startDate, endDate));
    expect(span().flow.withContext(day()).flow.computeSync({ date: monday }).value).toBe(0);
  });
});
