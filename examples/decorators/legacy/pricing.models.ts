/** The calculations, as plain static methods: unit tests call them as they are. */
import 'reflect-metadata';
import { contextTransform, flowModel, FromContext, Input, modelsOf, Resource, transformsOf } from '@flowmodel/core';
import { z } from 'zod';
import type { ExchangeRates } from './rates.ts';

const Line = z.object({ article: z.string(), price: z.number().positive(), pieces: z.number().int().positive() });
export type Line = z.infer<typeof Line>;

export class Pricing {
  @flowModel()
  static subtotal(@Input(z.array(Line).min(1)) lines: Line[]): number {
    return lines.reduce((sum, { price, pieces }) => sum + price * pieces, 0);
  }

  @flowModel()
  static withTax(net: number, @FromContext(z.number().min(0).max(1)) vat: number): number {
    return net * (1 + vat);
  }

  @flowModel()
  static async converted(amount: number, @FromContext() currency: string, @Resource() rates: ExchangeRates): Promise<string> {
    return `${(amount * (await rates.of(currency))).toFixed(2)} ${currency}`;
  }

  /** What the price would be, were the tax some points higher. */
  @contextTransform()
  static higherTax(@FromContext() vat: number, points: number): number {
    return vat + points / 100;
  }
}

export const { subtotal, withTax, converted } = modelsOf(Pricing);
export const { higherTax } = transformsOf(Pricing);
