/** The figures of one city in the window of the context. */
import { flowModel, FromContext, Lazy } from '@flowmodel/core';
import { DateRangeContext } from '@flowmodel/core/contexts';
import { z } from 'zod';
import { windowText } from './dates.ts';
import { InputError } from './input-error.ts';
import { Days } from './load.ts';
import { averageOverYears, Figures, figuresOf, Totals, YearlyAverage } from './statistics.ts';

const window = { startDate: FromContext(z.date()), endDate: FromContext(z.date()) };

/** `codeDeps`: the function that does the work is part of what a cached result depends on. */
export const windowFigures = flowModel(
  { name: 'windowFigures', inputs: { days: Days, ...window }, contextType: DateRangeContext, output: Figures.nullable(), codeDeps: [figuresOf] },
  ({ days, startDate, endDate }) => figuresOf(days, { startDate, endDate }),
);

/** The figures of the window that the user chose. There must be some. */
export const chosenFigures = flowModel(
  { name: 'chosenFigures', inputs: { measured: Figures.nullable(), days: Days, ...window } },
  ({ measured, days, startDate, endDate }) => {
    if (measured !== null) return measured;
    const data = { startDate: days[0]!.date, endDate: days.at(-1)!.date };
    throw new InputError(`${windowText({ startDate, endDate })} is not in the data, which goes from ${windowText(data)}`);
  },
);

/** The same days of the calendar, averaged over the years. */
export const usualFigures = flowModel(
  { name: 'usualFigures', inputs: { days: Days, ...window }, output: YearlyAverage.nullable(), codeDeps: [averageOverYears] },
  ({ days, startDate, endDate }) => averageOverYears(days, { startDate, endDate }),
);

/** What is known of a window: its measured totals, or else the usual ones with their `years`, or else no totals at all. */
export const KnownFigures = z.object({ startDate: z.date(), endDate: z.date(), totals: Totals.nullable(), years: z.array(z.number()) });
export type KnownFigures = z.output<typeof KnownFigures>;

/** `usual` is lazy: it is computed only for a window that the data does not have. */
export const knownFigures = flowModel(
  { name: 'knownFigures', inputs: { measured: Totals.nullable(), usual: Lazy(YearlyAverage.nullable()), ...window }, output: KnownFigures },
  async ({ measured, usual, startDate, endDate }) => {
    if (measured !== null) return { startDate, endDate, totals: measured, years: [] };
    const average = await usual();
    return { startDate, endDate, totals: average, years: average?.years ?? [] };
  },
);
