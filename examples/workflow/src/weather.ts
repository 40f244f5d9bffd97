/** The models of examples/weather, and what documents need in place of its transforms: windows as values. */
import { readFile } from 'node:fs/promises';
import { flowModel } from '@flowmodel/core';
import '@flowmodel/example-weather/src/report.ts'; // defines its models
import { daysIn, inUtc, movedByYears } from '@flowmodel/example-weather/src/dates.ts';
import { addDays } from 'date-fns/addDays';
import { lastDayOfMonth } from 'date-fns/lastDayOfMonth';
import { startOfMonth } from 'date-fns/startOfMonth';
import { subMonths } from 'date-fns/subMonths';
import { z } from 'zod';

const window = { startDate: z.date(), endDate: z.date() };
const Window = z.object(window);

flowModel({ name: 'weatherText', inputs: { file: z.string() }, output: z.string() }, ({ file }) => readFile(file, 'utf8'));

flowModel({ name: 'day', inputs: { text: z.iso.date() }, output: z.date() }, ({ text }) => new Date(text));

flowModel({ name: 'daysBefore', inputs: window, output: Window }, (window) => ({
  startDate: addDays(window.startDate, -daysIn(window), inUtc),
  endDate: addDays(window.startDate, -1, inUtc),
}));

flowModel({ name: 'yearBefore', inputs: window, output: Window }, (window) => movedByYears(window, -1));

flowModel({ name: 'monthAt', inputs: { endDate: z.date(), months: z.int() }, output: Window }, ({ endDate, months }) => {
  const month = subMonths(endDate, months, inUtc);
  return { startDate: startOfMonth(month, inUtc), endDate: lastDayOfMonth(month, inUtc) };
});
