import { z } from 'zod';
import { contextTransform, flowModel, FromContext } from '@flowmodel/core';

export const countVisitors = flowModel(
  { name: 'countVisitors', inputs: { location: z.string(), startDate: FromContext(z.date()), endDate: FromContext(z.date()) } },
  ({ location, startDate, endDate }) => (endDate.getTime() - startDate.getTime()) * location.length,
);
export const visitorDelta = flowModel({ name: 'visitorDelta', inputs: { current: z.number(), previous: z.number() } }, ({ current, previous }) => ({ change: current - previous }));
export const previousWindow = contextTransform(
  { name: 'previousWindow', inputs: { startDate: FromContext(z.date()), endDate: FromContext(z.date()), days: z.number() }, patches: { startDate: z.date(), endDate: z.date() } },
  ({ startDate, endDate }) => ({ startDate, endDate }),
);

export const current = countVisitors({ location: 'library' });
export const previous = current.flow.withContext(previousWindow({ days: 30 }));
export const delta = visitorDelta({ current, previous });
export const result = delta.flow.compute({ startDate: new Date(0), endDate: new Date(1) });
