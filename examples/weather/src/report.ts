/** The graph: from the file to the figures of all cities. */
import { statSync } from 'node:fs';
import { Dependency, flowModel } from '@flowmodel/core';
import { range } from 'd3-array';
import { z } from 'zod';
import { chosenFigures, KnownFigures, knownFigures, usualFigures, windowFigures } from './figures.ts';
import { cityName, daysOfCity, parseDays, readText, weatherFile } from './load.ts';
import { changes, Figures, Totals } from './statistics.ts';
import { monthBefore, previousWindow, yearsEarlier } from './windows.ts';

const Comparison = z.object({ other: KnownFigures, change: Totals.nullable() });
export type Comparison = z.output<typeof Comparison>;

export const compare = flowModel(
  { name: 'compare', inputs: { figures: Totals, other: KnownFigures }, output: Comparison, codeDeps: [changes] },
  ({ figures, other }) => ({ other, change: other.totals === null ? null : changes(other.totals, figures) }),
);

const parts = { city: z.string(), figures: Figures, previous: Comparison, yearEarlier: Comparison, months: z.array(KnownFigures) };
const CityReport = z.object(parts);
export type CityReport = z.output<typeof CityReport>;

export const cityReport = flowModel(
  { name: 'cityReport', inputs: { ...parts, months: Dependency(parts.months) }, output: CityReport },
  (report) => report,
);

export const weatherReport = flowModel(
  { name: 'weatherReport', inputs: { cities: Dependency(z.array(CityReport)) } },
  ({ cities }) => cities,
);

/** Models are plain values, so plain code wires them. The graph is the same for every window: the context brings the dates. */
export function reportOn(cities: readonly string[]) {
  const allDays = parseDays({ text: readText({ file: weatherFile, modified: statSync(weatherFile).mtimeMs }) });
  return weatherReport({
    cities: cities.map((city) => {
      const days = daysOfCity({ days: allDays, city });
      const measured = windowFigures({ days });
      const figures = chosenFigures({ measured, days });
      const known = knownFigures({ measured, usual: usualFigures({ days }) });
      return cityReport({
        city: cityName({ days }),
        figures,
        previous: compare({ figures, other: known.flow.withContext(previousWindow()) }),
        yearEarlier: compare({ figures, other: known.flow.withContext(yearsEarlier({ years: 1 })) }),
        months: range(11, -1, -1).map((months) => known.flow.withContext(monthBefore({ months }))),
      });
    }),
  });
}
