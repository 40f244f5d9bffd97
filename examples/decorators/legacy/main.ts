import { Container } from './container.ts';
import { PricingService } from './pricing.service.ts';

const service = new Container().get(PricingService);
const lines = [
  { article: 'tent', price: 180, pieces: 1 },
  { article: 'peg', price: 2.5, pieces: 8 },
];
console.log(await service.quote(lines, { currency: 'EUR', vat: 0.2 }));
console.log(await service.quote(lines, { currency: 'SEK', vat: 0.25 }));
