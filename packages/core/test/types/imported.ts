// The declarations of a user's package, read by another: the whole contract is still there.
import { modelsOf } from '@flowmodel/core';
import type { GenericResult } from '@flowmodel/core';
import byDefault, { bound, closed, context, either, list, perhapsQuote, quote, rebound, renamed, scale, Scale, scaled, shifted, source, visitors, Visitors, windows, withModel, withNeeds, word } from './exported.js';
import type { Contract, Quote } from './exported.js';

const pending: Promise<GenericResult<number>> = bound.flow.compute({ value: 1, t: 'x', b: 2 });
void pending;
// @ts-expect-error value is needed upstream
void bound.flow.compute({ t: 'x', b: 2 });
// @ts-expect-error d is unbound
void byDefault({ a: 1 }).flow.compute({ b: 1 });
// @ts-expect-error wrong type
byDefault({ a: word() });
void rebound.flow.compute({ value: 1, b: 2 });
void bound.rebind({ a: 1, d: [] }).flow.compute({ t: 'x', b: 2 });
// @ts-expect-error l still needs t
void bound.rebind({ a: 1, d: [] }).flow.compute({ b: 2 });
void renamed.flow.compute({ b: 1, title: 'x' });
// @ts-expect-error title is read by a transform
void renamed.flow.compute({ b: 1 });
void shifted.flow.compute({ b: 1, t: 'x', value: 1 });
void closed.flow.compute({ value: 1 });
// @ts-expect-error value is kept
void closed.flow.compute();
void list[0]?.flow.compute(context);
void either.flow.withContext({ value: 1 });
void new Scale({ factor: 1, each: source() }).flow.compute({ n: 1 });
// @ts-expect-error n is needed
void scale.flow.compute();
// @ts-expect-error d is unbound
void scaled.flow.compute({ n: 1, b: 1 });
void withModel(source()).flow.compute({ value: 1, b: 1 });
// @ts-expect-error value is needed by the model given
void withModel(source()).flow.compute({ b: 1 });
void withNeeds(source()).rebind({ d: [] }).flow.compute({ value: 1, b: 1 });
const own: Promise<Quote> = quote().flow.compute();
const perhaps: Promise<Quote | GenericResult<number>> = perhapsQuote().flow.compute();
void own;
void perhaps;
const contract: Contract['context'] = { value: 1, t: 'x', b: 2 };
void bound.flow.compute(contract);

// the class itself keeps what its methods receive, so that the factories may be asked for elsewhere
for (const { count } of [visitors, modelsOf(Visitors)]) {
  const shiftedCount: Promise<GenericResult<number>> = count({ place: 'zoo' }).flow.withContext(windows.later({ place: 'park' })).flow.compute({ days: 1 });
  void shiftedCount;
  // @ts-expect-error days is needed
  void count({ place: 'zoo' }).flow.compute({});
}
