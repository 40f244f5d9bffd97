import { max, nice, ticks } from 'd3-array';
import { plot } from 'simple-ascii-chart';
import type { KnownFigures } from './figures.ts';
import type { CityReport } from './report.ts';

const monthName = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' });
const precipitation = ({ totals }: KnownFigures): number => totals?.precipitation ?? 0;

/** One chart per city with a step for each month; all on one scale, so that they can be compared. */
export function precipitationCharts(cities: readonly CityReport[]): string[] {
  const highest = max(cities.flatMap(({ months }) => months.map(precipitation)))!;
  const [, top] = nice(0, Math.max(highest, 1), 4);
  return cities.map(({ city, months }) => `Precipitation in ${city}, mm\n${chart(months, top)}`);
}

function chart(months: readonly KnownFigures[], top: number): string {
  const names = months.map(({ startDate }) => monthName.format(startDate));
  const steps = [...months, months.at(-1)!].map((month, index): [number, number] => [index, precipitation(month)]); // the last step ends where another month would begin
  const levels = ticks(0, top, 4);
  const lines = plot(steps, {
    width: 72,
    height: heightFor(levels.length - 1),
    fillArea: true,
    yRange: [0, top],
    customYAxisTicks: levels,
    customXAxisTicks: names.map((_, index) => index + 0.5), // the middle of each step
    formatter: (value, { axis }) => (axis === 'x' ? (names[Math.floor(value)] ?? '') : Math.round(value)),
  }).split('\n');
  return lines.map((line) => line.trimEnd()).filter((line) => line !== '').join('\n');
}

/** About ten lines, the same number from each level to the next. */
const heightFor = (gaps: number): number => Math.round(9 / gaps) * gaps + 1;
