/** The report as text, 80 columns wide. */
import Table from 'cli-table3';
import { precipitationCharts } from './chart.ts';
import { dayText, daysIn, windowText } from './dates.ts';
import type { Window } from './dates.ts';
import type { KnownFigures } from './figures.ts';
import type { CityReport, Comparison } from './report.ts';
import type { Extreme, Totals } from './statistics.ts';

const numbers = (minimumFractionDigits: 0 | 1) => ({
  plain: new Intl.NumberFormat('en', { minimumFractionDigits, maximumFractionDigits: 1 }),
  signed: new Intl.NumberFormat('en', { minimumFractionDigits, maximumFractionDigits: 1, signDisplay: 'exceptZero' }),
});
const count = numbers(0);
const decimal = numbers(1);
const list = new Intl.ListFormat('en-GB');
const monthName = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });

const measures: readonly { readonly label: string; readonly field: keyof Totals; readonly format: typeof count }[] = [
  { label: 'Days with rain or snow', field: 'wetDays', format: count },
  { label: 'Precipitation, mm', field: 'precipitation', format: decimal },
  { label: 'Mean temperature, °C', field: 'meanTemperature', format: decimal },
  { label: 'Mean wind, m/s', field: 'meanWind', format: decimal },
];

/** How a report came about. */
export interface Account {
  /** The graph. */
  readonly picture: string;
  /** What the graph needs of its context: field → type. */
  readonly needs: Readonly<Record<string, string>>;
  /** How often each body ran. */
  readonly runs: ReadonlyMap<string, number>;
}

export function printReport(window: Window, cities: readonly CityReport[], { picture, needs, runs }: Account): string {
  return [
    `Weather of ${list.format(cities.map(({ city }) => city))}, ${windowText(window)} (${daysIn(window)} days)`,
    windowTable(cities),
    ...cities.map(comparisonTable),
    monthTable(cities),
    ...precipitationCharts(cities),
    `The graph, which needs ${list.format(Object.entries(needs).map(([field, type]) => `${field} (${type})`))} of its context:`,
    picture,
    ...runsTable(runs),
  ].join('\n\n');
}

function runsTable(runs: ReadonlyMap<string, number>): string[] {
  if (runs.size === 0) return ['No body ran: the report came from the cache.'];
  const rows = [...runs].map(([model, times]) => [model, String(times)]);
  return ['How often each body ran (what several models use runs once for all of them):', table(['Body', 'Runs'], rows, [24, 8])];
}

function windowTable(cities: readonly CityReport[]): string {
  const row = (label: string, cell: (report: CityReport) => string): string[] => [label, ...cities.map(cell)];
  const extreme = ({ value, date }: Extreme): string => `${decimal.plain.format(value)} on ${dayText(date)}`;
  const rows = [
    ...measures.map(({ label, field, format }) => row(label, ({ figures }) => format.plain.format(figures[field]))),
    row('Warmest, °C', ({ figures }) => extreme(figures.warmest)),
    row('Coldest, °C', ({ figures }) => extreme(figures.coldest)),
    row('Wettest day, mm', ({ figures }) => extreme(figures.wettest)),
  ];
  return table(row('', ({ city }) => city), rows, [24, ...cities.map(() => 26)]);
}

function comparisonTable({ city, previous, yearEarlier }: CityReport): string {
  const both = [previous, yearEarlier];
  const title = (text: string, { other }: Comparison): Cell => ({ content: `${text}\n${windowText(other)}`, colSpan: 2 });
  const head = [`${city},\ncompared with`, title(`the ${daysIn(previous.other)} days before`, previous), title('a year earlier', yearEarlier)];
  const rows = measures.map(({ label, field, format }) => [
    label,
    ...both.flatMap(({ other, change }) => [
      cell(other, (totals) => format.plain.format(totals[field])),
      change === null ? '' : format.signed.format(change[field]),
    ]),
  ]);
  const notes = both.flatMap(({ other }) => standIn(other, `${windowText(other)} is not in the data.`, 'days'));
  return [table(head, rows, [24, 13, 12, 13, 12]), ...new Set(notes)].join('\n');
}

function monthTable(cities: readonly CityReport[]): string {
  const head = ['Precipitation and\nmean temperature', ...cities.map(({ city }) => ({ content: city, colSpan: 2 }))];
  const rows = cities[0]!.months.map(({ startDate }, index) => [
    monthName.format(startDate),
    ...cities.flatMap(({ months }) => [
      cell(months[index]!, ({ precipitation }) => `${decimal.plain.format(precipitation)} mm`),
      cell(months[index]!, ({ meanTemperature }) => `${decimal.plain.format(meanTemperature)} °C`),
    ]),
  ]);
  const notes = cities.flatMap(({ months }) => months.flatMap((month) => standIn(month, 'This month is not in the data.', 'month')));
  return [table(head, rows, [24, ...cities.flatMap(() => [13, 12])]), ...new Set(notes)].join('\n');
}

/** A figure of a window, with a star when it is an average that stands in for one. */
function cell({ totals, years }: KnownFigures, text: (totals: Totals) => string): string {
  if (totals === null) return 'no data';
  return years.length === 0 ? text(totals) : `${text(totals)} *`;
}

/** What the star means. */
function standIn({ years }: KnownFigures, reason: string, what: string): string[] {
  return years.length === 0 ? [] : [`* ${reason} Shown is the average of the same\n  ${what} in ${list.format(years.map(String))}.`];
}

type Cell = string | { readonly content: string; readonly colSpan: number };

function table(head: readonly Cell[], rows: readonly (readonly Cell[])[], colWidths: number[]): string {
  const drawn = new Table({
    head: head as string[], // a head may have spans, which its type does not know
    colWidths,
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}
