/** Models and a transform as static methods, by standard decorators: the object form, fully typed. */
import { contextTransform, flowModel, FromContext, modelsOf, transformsOf } from '@flowmodel/core';
import type { Inputs, PatchInputs } from '@flowmodel/core';
import { z } from 'zod';

const DAY = 86_400_000;

const ofPlace = { location: z.string(), startDate: FromContext(z.date()), endDate: FromContext(z.date()) };
const both = { current: z.number(), previous: z.number() };
const window = { startDate: FromContext(z.date()), endDate: FromContext(z.date()), days: z.number().int() };
const dates = { startDate: z.date(), endDate: z.date() };

export class Visitors {
  @flowModel({ inputs: ofPlace })
  static count({ location, startDate, endDate }: Inputs<typeof ofPlace>): number {
    return this.daysBetween(startDate, endDate) * 12 + location.length;
  }

  @flowModel({ inputs: both })
  static delta({ current, previous }: Inputs<typeof both>): { change: number } {
    return { change: current - previous };
  }

  @contextTransform({ inputs: window, patches: dates })
  static earlier({ startDate, endDate, days }: PatchInputs<typeof window, typeof dates>): { startDate: Date; endDate: Date } {
    return { startDate: this.daysAfter(startDate, -2 * days), endDate: this.daysAfter(endDate, -days) };
  }

  static daysBetween(from: Date, to: Date): number {
    return (to.getTime() - from.getTime()) / DAY;
  }

  static daysAfter(date: Date, days: number): Date {
    return new Date(date.getTime() + days * DAY);
  }
}

export const { count, delta } = modelsOf(Visitors);
export const { earlier } = transformsOf(Visitors);
