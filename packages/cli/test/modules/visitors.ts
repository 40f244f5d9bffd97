/** The graph of the README. */
import { contextTransform, flowModel, FromContext, ModelRegistry } from '@flowmodel/core';
import { z } from 'zod';

const DAY = 86_400_000;
const window = { startDate: FromContext(z.date()), endDate: FromContext(z.date()) };

export const countVisitors = flowModel({ name: 'countVisitors', inputs: { location: z.string(), ...window } }, ({ location, startDate, endDate }) => {
  console.log(`counting in the ${location}`);
  return ((endDate.getTime() - startDate.getTime()) / DAY) * 12 + startDate.getUTCMonth();
});

export const visitorDelta = flowModel({ name: 'visitorDelta', inputs: { current: z.number(), previous: z.number() } }, ({ current, previous }) => ({ change: current - previous, counts: [previous, current] }));

const previousWindow = contextTransform(
  { name: 'previousWindow', inputs: { ...window, days: z.number() }, patches: { startDate: z.date(), endDate: z.date() } },
  ({ startDate, endDate, days }) => ({ startDate: new Date(startDate.getTime() - days * DAY), endDate: new Date(endDate.getTime() - days * DAY) }),
);

export const current = countVisitors({ location: 'library' });
export const previous = current.flow.withContext(previousWindow({ days: 30 }));
export const delta = visitorDelta({ current, previous });
export const registry = new ModelRegistry().set('/visitors/delta', delta);
