/** The file, read without the models: what the figures are checked against. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const entry = createRequire(import.meta.url).resolve('vega-datasets');

export const rows = readFileSync(entry.replace('build/index.js', 'data/weather.csv'), 'utf8').trim().split('\n').slice(1).map((line) => {
  const [city = '', day = '', rain, high, low, wind] = line.split(',');
  return { city, day, rain: Number(rain), high: Number(high), low: Number(low), wind: Number(wind) };
});

/** Days are compared as text, both ends included. */
export const rowsOf = (city: string, from: string, to: string) => rows.filter((row) => row.city === city && row.day >= from && row.day <= to);

export function totalsOf(city: string, from: string, to: string) {
  const found = rowsOf(city, from, to);
  const total = (number: (row: (typeof rows)[number]) => number): number => found.reduce((sum, row) => sum + number(row), 0);
  return {
    days: found.length,
    wetDays: total((row) => (row.rain > 0 ? 1 : 0)),
    precipitation: total((row) => row.rain),
    meanTemperature: total((row) => (row.high + row.low) / 2) / found.length,
    meanWind: total((row) => row.wind) / found.length,
  };
}
