/** From the file to the days of one city. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compose, flowModel, retry, timeout } from '@flowmodel/core';
import { parse } from 'csv-parse/sync';
import { compareAsc } from 'date-fns/compareAsc';
import { z } from 'zod';
import { InputError } from './input-error.ts';

/** The package keeps its data in a folder beside the one of its entry point. */
export const weatherFile = fileURLToPath(new URL('../data/weather.csv', import.meta.resolve('vega-datasets')));

/** One row of the file. Precipitation is in mm, temperatures are in °C, wind is in m/s. */
const Day = z.object({
  location: z.string().min(1),
  date: z.iso.date().transform((text) => new Date(text)), // a date alone is midnight UTC
  precipitation: z.number().nonnegative(),
  temp_max: z.number(),
  temp_min: z.number(),
  wind: z.number().nonnegative(),
  weather: z.enum(['drizzle', 'fog', 'rain', 'snow', 'sun']),
});
export type Day = z.output<typeof Day>;

/**
 * What a consumer of days declares. The rows are checked one by one where they come in, by the `output` of `parseDays`,
 * and then they are frozen; with `z.array(Day)` here every consumer would check and copy all 2,922 of them again.
 */
export const Days = z.custom<readonly Day[]>(Array.isArray, 'expected a list of days');

/** `modified` is there for caches: a text of a file that was changed since is another text. A read that fails or hangs is tried again. */
export const readText = flowModel(
  {
    name: 'readText',
    inputs: { file: z.string(), modified: z.number() },
    output: z.string(),
    evaluator: compose(retry({ attempts: 3, delay: 50 }), timeout(1000)), // the outermost comes first: each attempt has its second
  },
  ({ file }, { signal }) => readFile(file, { encoding: 'utf8', signal }),
);

export const parseDays = flowModel(
  { name: 'parseDays', inputs: { text: z.string() }, output: z.array(Day) },
  ({ text }) => parse<z.input<typeof Day>>(text, { columns: true, cast: true }),
);

/** In the order of the calendar. */
export const daysOfCity = flowModel(
  { name: 'daysOfCity', inputs: { days: Days, city: z.string() } },
  ({ days, city }) => {
    const found = days.filter(({ location }) => location.toLowerCase() === city.toLowerCase());
    if (found.length > 0) return found.toSorted((a, b) => compareAsc(a.date, b.date));
    const known = new Set(days.map(({ location }) => location));
    throw new InputError(`there is no city '${city}' in the data; it has ${[...known].toSorted().join(' and ')}`);
  },
);

/** As the file spells it. */
export const cityName = flowModel(
  { name: 'cityName', inputs: { days: Days } },
  ({ days }) => days[0]!.location,
);
