/** Other windows, as rewrites of the context: `model.flow.withContext(previousWindow())` is the same model in the window before. */
import { contextTransform, FromContext } from '@flowmodel/core';
import { addDays } from 'date-fns/addDays';
import { lastDayOfMonth } from 'date-fns/lastDayOfMonth';
import { startOfMonth } from 'date-fns/startOfMonth';
import { subMonths } from 'date-fns/subMonths';
import { z } from 'zod';
import { daysIn, inUtc, movedByYears, plain } from './dates.ts';

const startDate = z.date();
const endDate = z.date();

/** The window of equal length that ends the day before this one starts. */
export const previousWindow = contextTransform(
  {
    name: 'previousWindow',
    inputs: { startDate: FromContext(startDate), endDate: FromContext(endDate) },
    patches: { startDate, endDate },
  },
  (window) => ({ startDate: plain(addDays(window.startDate, -daysIn(window), inUtc)), endDate: plain(addDays(window.startDate, -1, inUtc)) }),
);

export const yearsEarlier = contextTransform(
  {
    name: 'yearsEarlier',
    inputs: { startDate: FromContext(startDate), endDate: FromContext(endDate), years: z.int() },
    patches: { startDate, endDate },
  },
  ({ years, ...window }) => movedByYears(window, -years),
);

/** A whole calendar month: the one in which the window ends (0), the one before it (1), and so on. */
export const monthBefore = contextTransform(
  {
    name: 'monthBefore',
    inputs: { endDate: FromContext(endDate), months: z.int() },
    patches: { startDate, endDate },
  },
  ({ endDate, months }) => {
    const month = subMonths(endDate, months, inUtc);
    return { startDate: plain(startOfMonth(month, inUtc)), endDate: plain(lastDayOfMonth(month, inUtc)) };
  },
);
