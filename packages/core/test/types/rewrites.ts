// `withContext`: what it accepts, and what the rewritten branch still needs.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { closedContext, computed, contextTransform, flowModel, FlowContext, FromContext, fromField, Lazy } from '@flowmodel/core';
import type { ClosedContext, ContextOf, FieldTransform, GenericResult, Need, PatchTransform } from '@flowmodel/core';

const day = flowModel({ name: 'day', inputs: { date: FromContext(z.date()), zone: FromContext(z.enum(['utc', 'local']).default('utc')) } }, ({ date, zone }) => (zone === 'utc' ? date.getUTCDay() : date.getDay()));
const seeded = flowModel({ name: 'seeded', inputs: { n: z.number(), seed: FromContext(z.number()) } }, ({ n, seed }) => n * seed);
const sum = flowModel({ name: 'sum', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
const graph = seeded({ n: day() });
const date = new Date(0);

const shift = contextTransform({ name: 'shift', inputs: { date: FromContext(z.date()), by: z.number() }, patches: { date: z.date() } }, ({ date: from, by }) => ({ date: new Date(from.getTime() + by) }));
const today = contextTransform({ name: 'today', inputs: {} }, () => new Date());
const plus = contextTransform({ name: 'plus', inputs: { seed: FromContext(z.number()), amount: z.number().default(1) } }, ({ seed, amount }) => seed + amount);
const parsed = contextTransform({ name: 'parsed', inputs: { text: FromContext(z.string()) }, output: z.coerce.date() }, ({ text }) => text);

/* ---------- transforms themselves ---------- */

expectTypeOf(shift({ by: 1 })).toEqualTypeOf<PatchTransform<{ readonly date: Date }, Need<'date', Date, true>>>();
expectTypeOf(plus()).toEqualTypeOf<FieldTransform<number, Need<'seed', number, true>>>();
expectTypeOf(parsed()).toEqualTypeOf<FieldTransform<Date, Need<'text', string, true>>>();
expectTypeOf(fromField('at', z.date())).toEqualTypeOf<FieldTransform<Date, Need<'at', Date, true>>>();
expectTypeOf(closedContext('a', 'b')).toEqualTypeOf<ClosedContext<'a' | 'b'>>();
expectTypeOf(closedContext()).toEqualTypeOf<ClosedContext<never>>();
// @ts-expect-error by is required
shift();
// @ts-expect-error by is required
shift({});
// @ts-expect-error wrong type
shift({ by: '1' });
// @ts-expect-error no such input
shift({ by: 1, days: 2 });
// @ts-expect-error date comes from the context
shift({ by: 1, date });
// @ts-expect-error seed comes from the context
plus({ seed: 1 });
// @ts-expect-error a transform takes literals, not models
plus({ amount: graph });
plus({ amount: 3 });
plus({});
plus({ amount: undefined });
// @ts-expect-error the body returns what no consumer of `patches` could take
contextTransform({ inputs: {}, patches: { date: z.date() } }, () => ({ date: 'tomorrow' }));
contextTransform({ inputs: {}, patches: { date: z.date(), seed: z.number() } }, () => ({ date, seed: undefined }));
// @ts-expect-error the body returns what `output` rejects
contextTransform({ inputs: {}, output: z.number() }, () => 'x');
// @ts-expect-error not in a transform
contextTransform({ inputs: { later: Lazy(z.number()) } }, () => 1);

/* ---------- overrides ---------- */

const fixed = graph.flow.withContext({ date });
expectTypeOf<ContextOf<typeof fixed>>().toEqualTypeOf<{ seed: number; zone?: 'utc' | 'local' | undefined }>();
expectTypeOf(fixed.flow.compute({ seed: 1 })).toEqualTypeOf<Promise<GenericResult<number>>>();
// a rewritten field may be given all the same: it is ambient
void fixed.flow.compute({ seed: 1, date });
void graph.flow.withContext({ date, seed: 1 }).flow.compute();
void graph.flow.withContext({ zone: 'local' }).flow.compute({ date, seed: 1 });
void graph.flow.withContext({ date: undefined }).flow.compute({ date, seed: 1 });
// nor may it be rewritten from outside the consumer: nothing reads it there, as at run time
// @ts-expect-error date is rewritten below
sum({ a: fixed, b: 1 }).flow.withContext({ date });
// @ts-expect-error undefined is no rewrite
void graph.flow.withContext({ date: undefined }).flow.compute({ seed: 1 });
// @ts-expect-error seed is still needed
void fixed.flow.compute();
// @ts-expect-error nobody in the branch reads it
graph.flow.withContext({ dates: date });
// @ts-expect-error nobody in the branch reads it, beside one that is read
graph.flow.withContext({ date, dates: date });
// @ts-expect-error a regular input is bound, not rewritten
graph.flow.withContext({ n: 1 });
// @ts-expect-error wrong type
graph.flow.withContext({ seed: '1' });
// @ts-expect-error no value of the enum
graph.flow.withContext({ zone: 'mars' });
// the upstream models are rewritten, their siblings are not
const siblings = sum({ a: graph.flow.withContext({ date }), b: day() });
// @ts-expect-error date is needed by b
void siblings.flow.compute({ seed: 1 });
void siblings.flow.compute({ seed: 1, date });
void sum({ a: fixed, b: 1 }).flow.compute({ seed: 1 });

/* ---------- transforms, by name and by position ---------- */

const renamed = graph.flow.withContext({ date: fromField('at', z.date()) });
expectTypeOf<ContextOf<typeof renamed>>().toEqualTypeOf<{ at: Date; seed: number; zone?: 'utc' | 'local' | undefined }>();
void graph.flow.withContext({ date: today(), seed: plus() }).flow.compute({ seed: 1 });
void graph.flow.withContext(shift({ by: 1 })).flow.compute({ date, seed: 1 });
void graph.flow.withContext(shift({ by: 1 }), shift({ by: 2 }), { seed: 3 }).flow.compute({ date });
void graph.flow.withContext({ date: parsed() }).flow.compute({ text: '2024', seed: 1 });
const twoShifts = [shift({ by: 1 }), shift({ by: 2 })];
void graph.flow.withContext(...twoShifts).flow.compute({ date, seed: 1 });
void graph.flow.withContext(...twoShifts, { seed: 1 }).flow.compute({ date });
void graph.flow.withContext().flow.compute({ date, seed: 1 });
// @ts-expect-error the patches of the list read date
void graph.flow.withContext(...twoShifts).flow.compute({ seed: 1 });
// @ts-expect-error the patch reads date
void graph.flow.withContext(shift({ by: 1 })).flow.compute({ seed: 1 });
// @ts-expect-error the transform reads at
void renamed.flow.compute({ seed: 1, date });
// @ts-expect-error yields a number, and the field is a date
graph.flow.withContext({ date: plus() });
// @ts-expect-error a field transform goes by name
graph.flow.withContext(plus());
// @ts-expect-error a patch transform goes by position
graph.flow.withContext({ date: shift({ by: 1 }) });
// @ts-expect-error call the factory first
graph.flow.withContext(shift);
// @ts-expect-error call the factory first
graph.flow.withContext({ seed: plus });
// @ts-expect-error to use a model, write computed(model)
graph.flow.withContext({ seed: day() });
// @ts-expect-error a raw function is no value of the field
graph.flow.withContext({ seed: () => 1 });
// @ts-expect-error the patch writes a field that nobody in the branch reads
seeded({ n: 1 }).flow.withContext(shift({ by: 1 }));
// @ts-expect-error the patch writes a string, and the field is a number
graph.flow.withContext(contextTransform({ inputs: {}, patches: { seed: z.string() } }, () => ({ seed: 'x' }))());
const callback = flowModel({ inputs: { onDone: FromContext(z.custom<(n: number) => void>()) } }, ({ onDone }) => onDone(1))();
void callback.flow.withContext({ onDone: (n) => void n.toFixed() }).flow.compute();

/* ---------- renaming: two models that read one name as different types ---------- */

const dayName = flowModel({ name: 'dayName', inputs: { date: FromContext(z.string()) } }, ({ date: text }) => text.length);
const clash = sum({ a: graph, b: dayName() });
// @ts-expect-error no value is a date and a text
void clash.flow.compute({ date, seed: 1 });
const solved = sum({ a: graph, b: dayName().flow.withContext({ date: fromField('dateText', z.string()) }) });
expectTypeOf<ContextOf<typeof solved>>().toEqualTypeOf<{ date: Date; seed: number; dateText: string; zone?: 'utc' | 'local' | undefined }>();
void solved.flow.compute({ date, seed: 1, dateText: 'monday' });
void sum({ a: graph, b: dayName().flow.withContext({ date: 'monday' }) }).flow.compute({ date, seed: 1 });
void sum({ a: graph, b: dayName().flow.withContext({ date: fromField('dateText', z.string()) }).flow.withContext({ date: 'monday' }) }).flow.compute({ date, seed: 1 });
// a patch may leave its field out, so that it is still read
const patchText = contextTransform({ inputs: {}, patches: { date: z.string() } }, () => ({}))();
// @ts-expect-error so the names still clash
void sum({ a: graph, b: dayName().flow.withContext(patchText) }).flow.compute({ date, seed: 1 });
// what a closed context hides, and has a default, is out of the way too
const zoned = flowModel({ inputs: { zone: FromContext(z.number().default(1)) } }, ({ zone }) => zone)();
void sum({ a: graph, b: zoned.flow.withContext(closedContext()) }).flow.compute({ date, seed: 1, zone: 'utc' });
void zoned.flow.withContext(closedContext()).flow.withContext({ zone: 2 }).flow.compute();
// @ts-expect-error what covers a field may be rewritten again, though only with its type
dayName().flow.withContext({ date: 'monday' }).flow.withContext({ date });

/* ---------- order: a closed context, patches, overrides ---------- */

// @ts-expect-error the record of overrides comes last
graph.flow.withContext({ seed: 3 }, shift({ by: 1 }));
// @ts-expect-error one record
graph.flow.withContext({ seed: 3 }, { date });
// @ts-expect-error a closed context comes first
graph.flow.withContext(shift({ by: 1 }), closedContext('seed'));
graph.flow.withContext(closedContext('seed', 'date'), shift({ by: 1 }), { seed: 3 });
graph.flow.withContext(closedContext('seed', 'date'), ...twoShifts, { seed: 3 });

/* ---------- chaining: every rewrite reads the context that enters the wrapper ---------- */

const value = flowModel({ inputs: { value: FromContext(z.number()), other: FromContext(z.number()) } }, ({ value: v, other }) => v + other)();
const add = (amount: number) => contextTransform({ inputs: { value: FromContext(z.number()) } }, ({ value: v }) => v + amount)();
void value.flow.withContext({ value: add(2) }).flow.withContext({ value: add(10) }).flow.compute({ value: 5, other: 1 });
// @ts-expect-error the second still reads the value that enters
void value.flow.withContext({ value: add(2) }).flow.withContext({ value: add(10) }).flow.compute({ other: 1 });
// an overwritten field transform does not run, and needs nothing
void value.flow.withContext({ value: add(2) }).flow.withContext({ value: 3 }).flow.compute({ other: 1 });
void value.flow.withContext({ value: fromField('seed', z.number()) }).flow.withContext({ value: 3, other: 1 }).flow.compute();
// a later override does not feed an earlier transform
const reading = value.flow.withContext({ value: fromField('other', z.number()) }).flow.withContext({ other: 3 });
void reading.flow.compute({ other: 1 });
// @ts-expect-error the transform reads the other that enters
void reading.flow.compute();
// nesting through a model composes instead: the inner transform sees what the outer one makes
void sum({ a: value.flow.withContext({ value: fromField('other', z.number()) }), b: 1 }).flow.withContext({ other: 3 }).flow.compute();
// what only the wrapper's transforms read cannot be rewritten by the same wrapper
// @ts-expect-error seed is read by the transform, not by the branch
value.flow.withContext({ value: fromField('seed', z.number()) }).flow.withContext({ seed: 1 });
void sum({ a: value.flow.withContext({ value: fromField('seed', z.number()) }), b: 1 }).flow.withContext({ seed: 1 }).flow.compute({ other: 1 });

/* ---------- computed fields ---------- */

const byDay = seeded({ n: 2 }).flow.withContext({ seed: computed(day()) });
expectTypeOf<ContextOf<typeof byDay>>().toEqualTypeOf<{ date: Date; zone?: 'utc' | 'local' | undefined }>();
void byDay.flow.compute({ date });
// @ts-expect-error date is needed by the computed model
void byDay.flow.compute({ seed: 1 });
void byDay.flow.withContext({ seed: 1 }).flow.compute();
// @ts-expect-error the computed model has an unbound input
void seeded({ n: 2 }).flow.withContext({ seed: computed(seeded()) }).flow.compute({ seed: 1 });
// @ts-expect-error yields a number, and the field is a date
graph.flow.withContext({ date: computed(day()) });
// @ts-expect-error computed is given by name
graph.flow.withContext(computed(day()));
// @ts-expect-error no model
computed(3);

/* ---------- closed contexts ---------- */

const closed = graph.flow.withContext(closedContext('seed'), { date });
expectTypeOf<keyof ContextOf<typeof closed>>().toEqualTypeOf<'seed'>();
void closed.flow.compute({ seed: 1 });
// @ts-expect-error seed is kept, and so still needed
void closed.flow.compute();
// @ts-expect-error date is hidden, and nothing supplies it
void graph.flow.withContext(closedContext('seed')).flow.compute({ seed: 1, date });
void graph.flow.withContext(closedContext('seed')).flow.withContext({ date }).flow.compute({ seed: 1 });
void graph.flow.withContext(closedContext(), { date: fromField('start', z.date()), seed: 1 }).flow.compute({ start: date });
void day({ date }).flow.withContext(closedContext()).flow.compute();
// a consumer of the closed branch has the same contract
void sum({ a: closed, b: 1 }).flow.compute({ seed: 1 });
// @ts-expect-error hidden inside a branch
void sum({ a: graph.flow.withContext(closedContext('seed')), b: 1 }).flow.compute({ seed: 1, date });
// what the rewrites read is the context outside, which is not closed
void graph.flow.withContext({ date: fromField('start', z.date()) }).flow.withContext(closedContext('seed')).flow.compute({ start: date, seed: 1 });
void closed.flow.compute(new FlowContext({ seed: 1 }));
