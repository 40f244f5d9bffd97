/** Plain arithmetic on days; nothing here knows of models. */
import { fsum, greatest, least, mean } from 'd3-array';
import { z } from 'zod';
import { daysIn, movedByYears } from './dates.ts';
import type { Window } from './dates.ts';
import type { Day } from './load.ts';

const total = {
  days: z.number(),
  wetDays: z.number(),
  precipitation: z.number(),
  meanTemperature: z.number(),
  meanWind: z.number(),
};
/** The figures that can be compared and averaged. */
export const Totals = z.object(total);
export type Totals = z.output<typeof Totals>;

const Extreme = z.object({ date: z.date(), value: z.number() });
export type Extreme = z.output<typeof Extreme>;

export const Figures = z.object({ ...total, warmest: Extreme, coldest: Extreme, wettest: Extreme });
export type Figures = z.output<typeof Figures>;

export const YearlyAverage = z.object({ ...total, years: z.array(z.number()) });
export type YearlyAverage = z.output<typeof YearlyAverage>;

/** Null unless the data has every day of the window: a sum over part of it would look like a dry one. */
export function figuresOf(days: readonly Day[], window: Window): Figures | null {
  const inside = days.filter(({ date }) => date >= window.startDate && date <= window.endDate);
  if (inside.length < daysIn(window)) return null;
  const warmest = greatest(inside, (day) => day.temp_max)!; // the first such day where there are several
  const coldest = least(inside, (day) => day.temp_min)!;
  const wettest = greatest(inside, (day) => day.precipitation)!;
  return {
    days: inside.length,
    wetDays: inside.filter((day) => day.precipitation > 0).length,
    precipitation: fsum(inside, (day) => day.precipitation),
    meanTemperature: mean(inside, (day) => (day.temp_max + day.temp_min) / 2)!,
    meanWind: mean(inside, (day) => day.wind)!,
    warmest: { date: warmest.date, value: warmest.temp_max },
    coldest: { date: coldest.date, value: coldest.temp_min },
    wettest: { date: wettest.date, value: wettest.precipitation },
  };
}

/** The same days of the calendar, averaged over all years that have every one of them; null unless there are two such years. */
export function averageOverYears(days: readonly Day[], window: Window): YearlyAverage | null {
  const years = new Set(days.map(({ date }) => date.getUTCFullYear()));
  const yearly = [...years].flatMap((year) => {
    const figures = figuresOf(days, movedByYears(window, year - window.startDate.getUTCFullYear()));
    return figures === null ? [] : [{ year, figures }];
  });
  if (yearly.length < 2) return null;
  const average = (field: keyof Totals): number => mean(yearly, ({ figures }) => figures[field])!;
  return {
    years: yearly.map(({ year }) => year),
    days: average('days'),
    wetDays: average('wetDays'),
    precipitation: average('precipitation'),
    meanTemperature: average('meanTemperature'),
    meanWind: average('meanWind'),
  };
}

export function changes(from: Totals, to: Totals): Totals {
  return {
    days: to.days - from.days,
    wetDays: to.wetDays - from.wetDays,
    precipitation: to.precipitation - from.precipitation,
    meanTemperature: to.meanTemperature - from.meanTemperature,
    meanWind: to.meanWind - from.meanWind,
  };
}
