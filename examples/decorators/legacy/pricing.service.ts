import { Injectable } from './container.ts';
import { converted, higherTax, subtotal, withTax } from './pricing.models.ts';
import type { Line } from './pricing.models.ts';
// oxlint-disable-next-line consistent-type-imports -- the container reads the constructor's types at run time
import { ExchangeRates } from './rates.ts';

export interface Quote {
  readonly price: string;
  readonly ifTaxRises: string;
}

@Injectable()
export class PricingService {
  readonly #rates: ExchangeRates;

  constructor(rates: ExchangeRates) {
    this.#rates = rates;
  }

  async quote(lines: readonly Line[], context: { readonly currency: string; readonly vat: number }): Promise<Quote> {
    const price = converted({ amount: withTax({ net: subtotal({ lines }) }) });
    const ifTaxRises = price.flow.withContext({ vat: higherTax({ points: 2 }) });
    const options = { resources: { rates: this.#rates } };
    const [now, then] = await Promise.all([price.flow.compute(context, options), ifTaxRises.flow.compute(context, options)]);
    return { price: now.value, ifTaxRises: then.value };
  }
}
