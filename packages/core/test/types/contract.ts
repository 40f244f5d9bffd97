// What must and must not compile: the cases that the design states.
import { z } from 'zod';
import { flowModel, FromContext, Lazy, contextTransform } from '@flowmodel/core';
const foo = flowModel({ name: 'foo', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
const configured = foo({ a: 11 });
const r1: Promise<{ value: number }> = configured.flow.compute({ b: 12 });
void r1;
// @ts-expect-error b is required
void configured.flow.compute({});
// @ts-expect-error a is unbound
void foo().flow.compute({ b: 12 });
const prefilled = foo({ a: 11, b: 12 });
void prefilled.flow.compute();
void prefilled.flow.compute({ b: 3 });
// @ts-expect-error wrong type
foo({ a: 'x' });
// @ts-expect-error unknown input
foo({ a: 1, zz: 3 });
const loadValue = flowModel({ name: 'loadValue', inputs: { value: FromContext(z.number()), offset: z.number() } }, ({ value, offset }) => value + offset);
const add = flowModel({ name: 'add', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
const model = add({ a: loadValue({ offset: 5 }) });
void model.flow.compute({ value: 7, b: 12 });
void model.flow.compute({ value: 7, b: 12, extra: 'ambient ok' });
// @ts-expect-error value is required upstream
void model.flow.compute({ b: 12 });
const text = flowModel({ name: 'text', inputs: { t: FromContext(z.string()) } }, ({ t }) => t);
// @ts-expect-error a string model cannot feed a number input
add({ a: text() });
const addOffset = contextTransform({ name: 'addOffset', inputs: { value: FromContext(z.number()), amount: z.number() } }, ({ value, amount }) => value + amount);
const source = flowModel({ name: 'source', inputs: { value: FromContext(z.number()) } }, ({ value }) => value);
const sum = flowModel({ name: 'sum', inputs: { left: z.number(), right: z.number(), bonus: FromContext(z.number()) } }, ({ left, right, bonus }) => left + right + bonus);
const base = source();
const m3 = sum({ left: base.flow.withContext({ value: addOffset({ amount: 1 }) }), right: base.flow.withContext({ value: addOffset({ amount: 10 }) }) });
void m3.flow.compute({ value: 5, bonus: 100 });
// @ts-expect-error value needed by the transform
void m3.flow.compute({ bonus: 100 });
const fixed = sum({ left: base.flow.withContext({ value: 3 }), right: base.flow.withContext({ value: 4 }) });
void fixed.flow.compute({ bonus: 100 });
const fromSeed = contextTransform({ name: 'fromSeed', inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed + 1);
const bound = add({ a: 10 }).flow.withContext({ b: fromSeed() });
void bound.flow.compute({ seed: 3 });
// @ts-expect-error seed needed
void bound.flow.compute({ b: 3 });
const prevWindow = contextTransform({ name: 'prev', inputs: { startDate: FromContext(z.date()), endDate: FromContext(z.date()), days: z.number() }, patches: { startDate: z.date(), endDate: z.date() } }, ({ startDate, endDate }) => ({ startDate, endDate }));
const count = flowModel({ name: 'count', inputs: { location: z.string(), startDate: FromContext(z.date()), endDate: FromContext(z.date()) } }, ({ location }) => location.length);
const prev = count({ location: 'x' }).flow.withContext(prevWindow({ days: 30 }));
void prev.flow.compute({ startDate: new Date(), endDate: new Date() });
count({ location: 'x' }).flow.withContext(prevWindow({ days: 30 }), { endDate: new Date() });
// @ts-expect-error not a contextual field
base.flow.withContext({ nope: 3 });
// @ts-expect-error wrong type for the field
base.flow.withContext({ value: 'x' });
// upstream-only field of the branch
const viaUpstream = model.flow.withContext({ value: 3 });
void viaUpstream.flow.compute({ b: 1 });
const maybe = flowModel({ name: 'maybe', inputs: { current: z.number(), fallback: Lazy(z.number()), threshold: FromContext(z.number()) } }, async ({ current, fallback, threshold }) => current > threshold ? current : await fallback());
const mm = maybe({ current: 5, fallback: loadValue({ offset: 3 }) });
void mm.flow.compute({ value: 3, threshold: 10 });
// @ts-expect-error value needed by the lazy dep
void mm.flow.compute({ threshold: 10 });

// a literal object must not pass for a model
const obj = flowModel({ name: 'obj', inputs: { o: z.object({ x: z.number() }) } }, ({ o }) => o.x);
void obj({ o: { x: 1 } }).flow.compute();
// @ts-expect-error
obj({ o: { y: 1 } });
// @ts-expect-error model of another type
obj({ o: source() });
// conflicting types of one field across the graph become never
const sText = flowModel({ name: 'sText', inputs: { value: FromContext(z.string()) } }, ({ value }) => value.length);
const clash = sum({ left: source(), right: sText() });
// @ts-expect-error number & string
void clash.flow.compute({ value: 1, bonus: 2 });
// @ts-expect-error an empty object is no model
foo({ a: {} });

// a transform without contextual input, and a field rewritten twice
const constant = contextTransform({ name: 'constant', inputs: { n: z.number() } }, ({ n }) => n);
void base.flow.withContext({ value: constant({ n: 2 }) }).flow.compute();
void base.flow.withContext({ value: 1 }).flow.withContext({ value: 2 }).flow.compute();
// an unbound input of an upstream model is unbound for the graph
const unboundUpstream = add({ a: loadValue() });
// @ts-expect-error offset of loadValue is unbound
void unboundUpstream.flow.compute({ value: 1, b: 2 });
// undefined means not given
// @ts-expect-error a is still unbound
void foo({ a: undefined }).flow.compute({ b: 1 });

// coercing and unknown schemas are required
const coerced = flowModel({ name: 'coerced', inputs: { d: FromContext(z.coerce.date()), n: z.coerce.number() } }, ({ d, n }) => d.getTime() + n);
// @ts-expect-error d is required
void coerced({ n: 1 }).flow.compute();
// @ts-expect-error n is unbound
void coerced().flow.compute({ d: '2024-01-01' });
// a literal is no lazy dependency
// @ts-expect-error
maybe({ current: 1, fallback: 5 });
// the contextual inputs of a transform are not bound by the caller
// @ts-expect-error
addOffset({ amount: 1, value: 2 });
