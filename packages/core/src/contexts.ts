/** Ready-made context schemas: for `contextType`, for `context` of class-based models, and as a source of field schemas (`DateContext.shape.date`). */
import { z } from 'zod';

/**
 * One day.
 *
 * @example
 * ```ts
 * import { DateContext } from '@flowmodel/core/contexts';
 * import { flowModel, FromContext } from '@flowmodel/core';
 *
 * const weekday = flowModel({ inputs: { date: FromContext(DateContext.shape.date) }, contextType: DateContext }, ({ date }) => date.getUTCDay());
 * console.log(weekday().flow.computeSync({ date: new Date('2024-01-01') }).value); // 1
 * ```
 */
export const DateContext = z.object({ date: z.date() });

const inOrder = (start: Date, end: Date): boolean => start.getTime() <= end.getTime();

/** A window of days, both ends included; the start does not come after the end. */
export const DateRangeContext = z
  .object({ startDate: z.date(), endDate: z.date() })
  .refine(({ startDate, endDate }) => inOrder(startDate, endDate), { message: 'startDate comes after endDate', path: ['startDate'] });

/** One moment. */
export const DateTimeContext = z.object({ dateTime: z.date() });

/** A span of time; the start does not come after the end. */
export const DateTimeRangeContext = z
  .object({ startDateTime: z.date(), endDateTime: z.date() })
  .refine(({ startDateTime, endDateTime }) => inOrder(startDateTime, endDateTime), { message: 'startDateTime comes after endDateTime', path: ['startDateTime'] });

/** The seed of whatever is random. */
export const SeedContext = z.object({ seed: z.number().int() });

/** A source of data, by name. */
export const SourceContext = z.object({ source: z.string().min(1) });

/** A set of things under study, by name. */
export const UniverseContext = z.object({ universe: z.string().min(1) });

/** How often, as an ISO 8601 duration such as `P1D` or `PT15M`. */
export const FrequencyContext = z.object({ frequency: z.iso.duration() });

/** Data of one day as it was known at a later moment. */
export const VersionedDateContext = z.object({ date: z.date(), entryTime: z.date() });
