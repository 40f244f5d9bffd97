/** Days are dates at midnight UTC; a window is two of them, both included. */
import { utc } from '@date-fns/utc';
import { addYears } from 'date-fns/addYears';
import { differenceInCalendarDays } from 'date-fns/differenceInCalendarDays';

export interface Window {
  readonly startDate: Date;
  readonly endDate: Date;
}

/** For the functions of date-fns: they reckon in UTC, whatever the machine's time zone is. Their results then are dates of a class of their own. */
export const inUtc = { in: utc };

/** A plain date, which caches know how to write. */
export const plain = (date: Date): Date => new Date(date.getTime());

export const dayText = (date: Date): string => date.toISOString().slice(0, 10);

export const windowText = ({ startDate, endDate }: Window): string => `${dayText(startDate)} to ${dayText(endDate)}`;

export const daysIn = ({ startDate, endDate }: Window): number => differenceInCalendarDays(endDate, startDate, inUtc) + 1;

/** The same days of the calendar, some years later; 29 February becomes the 28th where there is none. */
export const movedByYears = ({ startDate, endDate }: Window, years: number): Window => ({
  startDate: plain(addYears(startDate, years, inUtc)),
  endDate: plain(addYears(endDate, years, inUtc)),
});
