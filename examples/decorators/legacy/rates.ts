import { Injectable } from './container.ts';

@Injectable()
export class ExchangeRates {
  /** Of one euro; a stand-in for a client of a service. */
  async of(currency: string): Promise<number> {
    const rate = new Map([['EUR', 1], ['CHF', 0.95], ['SEK', 11.4]]).get(currency);
    if (rate === undefined) throw new Error(`no rate for ${currency}`);
    return rate;
  }
}
