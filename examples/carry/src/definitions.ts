/** What both processes know: definitions by name, and how money travels. */
import { contextTransform, flowModel, FromContext, registerCodec } from '@flowmodel/core';
import { z } from 'zod';

const DAY = 24 * 60 * 60 * 1000;

export class Money {
  readonly cents: bigint;
  readonly currency: string;

  constructor(cents: bigint, currency: string) {
    this.cents = cents;
    this.currency = currency;
  }

  times(factor: number): Money {
    return new Money((this.cents * BigInt(Math.round(factor * 1000))) / 1000n, this.currency);
  }

  toString(): string {
    const cents = this.cents < 0n ? -this.cents : this.cents;
    return `${this.cents < 0n ? '-' : ''}${cents / 100n}.${String(cents % 100n).padStart(2, '0')} ${this.currency}`;
  }
}

const moneyData = z.object({ cents: z.bigint(), currency: z.string() });
registerCodec({
  name: 'Money',
  class: Money,
  encode: ({ cents, currency }) => ({ cents, currency }),
  decode: (data) => {
    const { cents, currency } = moneyData.parse(data);
    return new Money(cents, currency);
  },
});

/** The kilowatt hours of a meter in a window of days; stands in for a database. */
export const usage = flowModel(
  { name: 'carry.usage', inputs: { meter: z.number().int(), from: FromContext(z.coerce.date()), to: FromContext(z.coerce.date()) } },
  ({ meter, from, to }) => Math.round(((to.getTime() - from.getTime()) / DAY) * (12 + ((meter + from.getUTCFullYear()) % 5) * 0.2)),
);

export const yearEarlier = contextTransform(
  {
    name: 'carry.yearEarlier',
    inputs: { from: FromContext(z.coerce.date()), to: FromContext(z.coerce.date()), years: z.number().int().default(1) },
    patches: { from: z.date(), to: z.date() },
  },
  ({ from, to, years }) => ({ from: back(from, years), to: back(to, years) }),
);

function back(date: Date, years: number): Date {
  const earlier = new Date(date);
  earlier.setUTCFullYear(date.getUTCFullYear() - years);
  return earlier;
}

export const bill = flowModel({ name: 'carry.bill', inputs: { usage: z.number(), usageBefore: z.number(), price: z.instanceof(Money) } }, ({ usage: now, usageBefore, price }) => {
  const change = now - usageBefore;
  return `${price.times(now).toString()} for ${now} kWh, ${Math.abs(change)} kWh ${change < 0 ? 'less' : 'more'} than a year earlier`;
});
