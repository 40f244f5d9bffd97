import { describe, expect, test } from 'vitest';
import { dayText, windowText } from '../src/dates.ts';
import type { KnownFigures } from '../src/figures.ts';
import { Totals } from '../src/statistics.ts';
import { reportOnCity } from './report.ts';
import { rows, rowsOf, totalsOf } from './rows.ts';

const fields = ['days', 'wetDays', 'precipitation', 'meanTemperature', 'meanWind'] as const;

/** Sums of the same numbers in another order may differ in the last of 16 digits. */
const rounded = (totals: Totals | null) => totals && Object.fromEntries(fields.map((field) => [field, Number(totals[field].toFixed(9))]));

function averageOf(all: readonly Totals[]): Totals {
  const average = (field: (typeof fields)[number]): number => all.reduce((sum, totals) => sum + totals[field], 0) / all.length;
  return Totals.parse(Object.fromEntries(fields.map((field) => [field, average(field)])));
}

const difference = (a: Totals, b: Totals): Totals => Totals.parse(Object.fromEntries(fields.map((field) => [field, a[field] - b[field]])));

describe('the chosen window', () => {
  test.for([
    ['Seattle', '2014-06-01', '2014-08-31'],
    ['New York', '2012-12-20', '2013-03-05'],
    ['Seattle', '2012-02-29', '2012-02-29'],
    ['New York', '2012-01-01', '2015-12-31'],
  ] as const)('%s, %s to %s: the figures are those of the rows', async ([city, from, to]) => {
    const { figures } = await reportOnCity(city, from, to);
    expect(rounded(figures)).toEqual(rounded(totalsOf(city, from, to)));
  });

  test('extremes have the date of the first day on which they occur', async () => {
    const { figures } = await reportOnCity('Seattle', '2014-06-01', '2014-08-31');
    const days = rowsOf('Seattle', '2014-06-01', '2014-08-31');
    const high = Math.max(...days.map((row) => row.high));
    const low = Math.min(...days.map((row) => row.low));
    const rain = Math.max(...days.map((row) => row.rain));
    const extremes = [figures.warmest, figures.coldest, figures.wettest].map(({ value, date }) => [value, dayText(date)]);
    expect(extremes).toEqual([
      [high, days.find((row) => row.high === high)!.day],
      [low, days.find((row) => row.low === low)!.day],
      [rain, days.find((row) => row.rain === rain)!.day],
    ]);
  });

  test('the four years hold every row of the city', async () => {
    const { figures } = await reportOnCity('Seattle', '2012-01-01', '2015-12-31');
    expect(figures.days).toBe(rows.filter((row) => row.city === 'Seattle').length);
  });

  test('a city is found in any case, and spelled as in the file', async () => {
    expect((await reportOnCity('nEW yORK', '2015-01-01', '2015-01-31')).city).toBe('New York');
  });
});

describe('comparisons', () => {
  test('the window before ends the day before and is as long', async () => {
    const { figures, previous } = await reportOnCity('Seattle', '2014-06-01', '2014-08-31');
    const expected = totalsOf('Seattle', '2014-03-01', '2014-05-31');
    expect(windowText(previous.other)).toBe('2014-03-01 to 2014-05-31');
    expect(rounded(previous.other.totals)).toEqual(rounded(expected));
    expect(rounded(previous.change)).toEqual(rounded(difference(figures, expected)));
  });

  test('a year earlier are the same days of the calendar', async () => {
    const { figures, yearEarlier } = await reportOnCity('New York', '2014-11-15', '2015-01-10');
    const expected = totalsOf('New York', '2013-11-15', '2014-01-10');
    expect(windowText(yearEarlier.other)).toBe('2013-11-15 to 2014-01-10');
    expect(rounded(yearEarlier.other.totals)).toEqual(rounded(expected));
    expect(rounded(yearEarlier.change)).toEqual(rounded(difference(figures, expected)));
  });

  test('across a leap day: the window before counts it, and a year earlier it is the 28th', async () => {
    const { previous } = await reportOnCity('Seattle', '2012-03-01', '2012-03-31');
    expect(windowText(previous.other)).toBe('2012-01-30 to 2012-02-29');
    const { yearEarlier } = await reportOnCity('Seattle', '2012-02-01', '2012-02-29');
    expect(windowText(yearEarlier.other)).toBe('2011-02-01 to 2011-02-28');
  });
});

describe('months', () => {
  test('are the twelve whole ones up to that in which the window ends', async () => {
    const { months } = await reportOnCity('Seattle', '2014-01-15', '2014-03-31');
    expect(months.map(windowText)).toEqual([
      '2013-04-01 to 2013-04-30',
      '2013-05-01 to 2013-05-31',
      '2013-06-01 to 2013-06-30',
      '2013-07-01 to 2013-07-31',
      '2013-08-01 to 2013-08-31',
      '2013-09-01 to 2013-09-30',
      '2013-10-01 to 2013-10-31',
      '2013-11-01 to 2013-11-30',
      '2013-12-01 to 2013-12-31',
      '2014-01-01 to 2014-01-31',
      '2014-02-01 to 2014-02-28',
      '2014-03-01 to 2014-03-31',
    ]);
    for (const month of months) expect(rounded(month.totals)).toEqual(rounded(totalsOf('Seattle', dayText(month.startDate), dayText(month.endDate))));
  });
});

describe('windows that the data does not have', () => {
  const years = ['2012', '2013', '2014', '2015'];
  const notMeasured = (known: KnownFigures): boolean => known.years.length > 0;

  test('are averaged over all years, and say so', async () => {
    const { yearEarlier, figures } = await reportOnCity('Seattle', '2012-06-01', '2012-08-31');
    const expected = averageOf(years.map((year) => totalsOf('Seattle', `${year}-06-01`, `${year}-08-31`)));
    expect(yearEarlier.other.years).toEqual([2012, 2013, 2014, 2015]);
    expect(rounded(yearEarlier.other.totals)).toEqual(rounded(expected));
    expect(rounded(yearEarlier.change)).toEqual(rounded(difference(figures, expected)));
  });

  test('a window of which the data has a part counts as one that it does not have', async () => {
    const { previous } = await reportOnCity('New York', '2012-01-11', '2012-02-09');
    expect(windowText(previous.other)).toBe('2011-12-12 to 2012-01-10');
    expect(previous.other.years).toEqual([2012, 2013, 2014]); // the turn of 2015 is not in the data either
    expect(rounded(previous.other.totals)).toEqual(rounded(averageOf([2012, 2013, 2014].map((year) => totalsOf('New York', `${year}-12-12`, `${year + 1}-01-10`)))));
  });

  test('months too, each on its own', async () => {
    const { months } = await reportOnCity('Seattle', '2012-03-01', '2012-03-31');
    expect(months.map(notMeasured)).toEqual([...Array<boolean>(9).fill(true), false, false, false]);
  });

  test('one year is no average: then there is nothing to compare with', async () => {
    const { previous, yearEarlier } = await reportOnCity('Seattle', '2012-03-01', '2015-12-31');
    const nothing = { other: { totals: null, years: [] }, change: null };
    expect(windowText(yearEarlier.other)).toBe('2011-03-01 to 2014-12-31'); // from 2012 on these days are the window itself
    expect({ previous, yearEarlier }).toMatchObject({ previous: nothing, yearEarlier: nothing });
  });
});
