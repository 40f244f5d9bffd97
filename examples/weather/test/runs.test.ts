import { FlowError } from '@flowmodel/core';
import { describe, expect, test } from 'vitest';
import { InputError } from '../src/input-error.ts';
import { readText } from '../src/load.ts';
import { report } from './report.ts';

const both = ['New York', 'Seattle'];

describe('how often bodies run', () => {
  test('the file is read and parsed once, whatever is made of it', async () => {
    const { runs } = await report(both, '2015-10-01', '2015-12-31');
    expect(runs).toEqual({
      readText: 1,
      parseDays: 1,
      daysOfCity: 2,
      cityName: 2,
      windowFigures: 2 * (1 + 2 + 12), // the window, the two it is compared with, the months
      chosenFigures: 2,
      knownFigures: 2 * (2 + 12),
      compare: 2 * 2,
      cityReport: 2,
      weatherReport: 1,
    });
  });

  test('equal windows are one evaluation: the window is a month of its own table, and the one before it another', async () => {
    const { runs } = await report(both, '2015-12-01', '2015-12-31');
    expect(runs['windowFigures']).toBe(2 * (2 + 12));
    const { runs: march } = await report(both, '2014-03-01', '2014-03-31'); // the 31 days before are no month
    expect(march['windowFigures']).toBe(2 * (2 + 12));
  });

  test('averages are computed only for windows that the data does not have', async () => {
    const { runs } = await report(['Seattle'], '2012-11-01', '2012-12-31');
    expect(runs['usualFigures']).toBe(1); // a year earlier
    const { runs: later } = await report(['Seattle'], '2014-11-01', '2014-12-31');
    expect(later).not.toHaveProperty('usualFigures');
  });
});

describe('with another file', () => {
  const csv = (...lines: readonly string[]): string => ['location,date,precipitation,temp_max,temp_min,wind,weather', ...lines].join('\n');
  const withText = (text: string) => ({ overrides: [{ factories: [readText], body: () => text }] });

  test('the loader is replaced by overrides, and everything downstream follows', async () => {
    const text = csv('Oslo,2020-01-01,0,1,-3,2,sun', 'Oslo,2020-01-02,4.5,2,-2,3,snow', 'Oslo,2020-01-03,0.3,3,-1,4,rain', 'Oslo,2020-01-04,0,4,0,5,fog');
    const { cities, runs } = await report(['Oslo'], '2020-01-03', '2020-01-04', withText(text));
    expect(cities[0]).toMatchObject({
      city: 'Oslo',
      figures: { days: 2, wetDays: 1, precipitation: 0.3, meanTemperature: 1.5, meanWind: 4.5 },
      previous: { other: { totals: { days: 2, wetDays: 1, precipitation: 4.5, meanTemperature: -0.5, meanWind: 2.5 } } },
    });
    expect(runs['readText']).toBe(1); // in its place
  });

  test('a row that is none fails with its place, before anything is computed from it', async () => {
    const text = csv('Oslo,2020-01-01,0,1,-3,2,sun', 'Oslo,2020-01-02,-1,1,-3,2,sun');
    const error = await report(['Oslo'], '2020-01-01', '2020-01-01', withText(text)).catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code: 'INVALID_RESULT', message: expect.stringMatching(/parseDays.*\[1\]\.precipitation/s) });
  });

  test('rows may stand in any order', async () => {
    const text = csv('Oslo,2020-01-02,0,2,-2,3,sun', 'Oslo,2020-01-03,0,2,-1,4,sun', 'Oslo,2020-01-01,0,2,-3,2,sun');
    const { cities } = await report(['Oslo'], '2020-01-01', '2020-01-03', withText(text));
    expect(cities[0]!.figures.warmest).toEqual({ date: new Date('2020-01-01'), value: 2 }); // the first of the three
    await expect(report(['Oslo'], '2020-01-01', '2020-01-04', withText(text))).rejects.toThrow('the data, which goes from 2020-01-01 to 2020-01-03');
  });

  test('what the data does not have is an InputError', async () => {
    await expect(report(['Oslo', 'Bergen'], '2015-01-01', '2015-01-31')).rejects.toThrow(new InputError("there is no city 'Oslo' in the data; it has New York and Seattle"));
    await expect(report(both, '2015-12-31', '2016-01-01')).rejects.toThrow(
      new InputError('2015-12-31 to 2016-01-01 is not in the data, which goes from 2012-01-01 to 2015-12-31'),
    );
  });
});
