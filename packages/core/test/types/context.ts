// What `compute` takes: the fields that the whole graph still needs, and what may stand beside them.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { flowModel, FlowContext, FromContext, Resource } from '@flowmodel/core';
import type { ContextOf } from '@flowmodel/core';

const visits = flowModel({ name: 'visits', inputs: { place: z.string(), start: FromContext(z.date()), end: FromContext(z.date()) } }, ({ place, start, end }) => place.length + end.getTime() - start.getTime());
const model = visits({ place: 'library' });
const start = new Date(0);
const end = new Date(1);

/* ---------- plain objects, interfaces, more than is needed ---------- */

void model.flow.compute({ start, end });
void model.flow.computeSync({ start, end });
void model.flow.compute({ start, end }, { concurrency: 2 });
void model.flow.compute({ start, end, ambient: 'ok' });
const given = { start, end, ambient: 'ok' };
void model.flow.compute(given);
interface Window {
  start: Date;
  end: Date;
  label?: string;
}
declare const window: Window;
void model.flow.compute(window);
declare const frozen: Readonly<Window>;
void model.flow.compute(frozen);
void model.flow.compute({ ...window, end: start });
class Period {
  readonly start = start;
  readonly end = end;
  get days(): number {
    return 1;
  }
}
void model.flow.compute(new Period());
declare const name: string;
void model.flow.compute({ start, end, [name]: 1 });
declare const dynamic: { [field: string]: unknown; start: Date; end: Date };
void model.flow.compute(dynamic);
declare const oneOfTwo: { start: Date; end: Date; note: string } | { start: Date; end: Date; place?: undefined };
void model.flow.compute(oneOfTwo);
declare const anything: any;
void model.flow.compute(anything);

// @ts-expect-error end is missing
void model.flow.compute({ start });
// @ts-expect-error both are missing
void model.flow.compute();
// @ts-expect-error both are missing
void model.flow.compute({ ambient: 1 });
// @ts-expect-error end is missing
void model.flow.computeSync({ start });
// @ts-expect-error wrong type
void model.flow.compute({ start, end: 'tomorrow' });
// @ts-expect-error null is a value
void model.flow.compute({ start, end: null });
// @ts-expect-error undefined means not given
void model.flow.compute({ start, end: undefined });
declare const half: { start: Date; end?: Date };
// @ts-expect-error end may be missing
void model.flow.compute(half);
declare const readsLess: { start: Date };
// @ts-expect-error end is missing
void model.flow.compute(readsLess);
declare const record: Record<string, Date>;
// @ts-expect-error nothing says that start and end are among them
void model.flow.compute(record);
// @ts-expect-error a name of another case
void model.flow.compute({ start, End: end });
// @ts-expect-error no such option
void model.flow.compute({ start, end }, { concurency: 2 });

/* ---------- what is no context ---------- */

const none = flowModel({ inputs: {} }, () => 1)();
void none.flow.compute();
void none.flow.compute({});
void none.flow.compute(undefined, { concurrency: 1 });
void none.flow.compute({ ambient: 1 });
// @ts-expect-error an array
void none.flow.compute([1]);
// @ts-expect-error a string
void none.flow.compute('x');
// @ts-expect-error null
void none.flow.compute(null);
// @ts-expect-error a Map
void none.flow.compute(new Map());
// @ts-expect-error a model
void none.flow.compute(none);
// @ts-expect-error a date
void none.flow.compute(start);

/* ---------- FlowContext ---------- */

const context = new FlowContext({ start, end });
expectTypeOf(context).toEqualTypeOf<FlowContext<{ start: Date; end: Date }>>();
void model.flow.compute(context);
void model.flow.compute(new FlowContext({ start, end, ambient: 1 }));
void model.flow.compute(new FlowContext({ start }).with({ end }));
void model.flow.compute(new FlowContext(window));
void none.flow.compute(context);
// @ts-expect-error end is missing
void model.flow.compute(new FlowContext({ start }));
// @ts-expect-error wrong type
void model.flow.compute(context.with({ end: 'tomorrow' }));
declare const unknownContext: FlowContext;
// @ts-expect-error nothing is known of it
void model.flow.compute(unknownContext);
expectTypeOf(context.get('start')).toEqualTypeOf<Date>();
expectTypeOf(context.get('other')).toEqualTypeOf<unknown>();
expectTypeOf(context.toObject()).toEqualTypeOf<{ start: Date; end: Date }>();
function withContextArgument(argument: FlowContext<ContextOf<typeof model>>) {
  return model.flow.compute(argument);
}
void withContextArgument(context);
function withPlainArgument(argument: ContextOf<typeof model>) {
  return model.flow.compute(argument);
}
void withPlainArgument({ start, end });

/* ---------- the names of the root's own inputs ---------- */

// a regular input is bound, never taken from the context
// @ts-expect-error place is an input of the root
void model.flow.compute({ start, end, place: 'park' });
void model.flow.compute({ start, end, place: undefined });
void model.flow.compute(new FlowContext({ start, end, place: 'park' }));
// @ts-expect-error place is an input of the root, defaults included
void flowModel({ inputs: { place: z.string().default('park') } }, ({ place }) => place)().flow.compute({ place: 'library' });
// the guard stays on wrappers
// @ts-expect-error place is an input of the wrapped model
void model.flow.withContext({ start }).flow.compute({ end, place: 'park' });

// a need whose name is also a regular input of the root: only a FlowContext can say which is meant
const byPlace = flowModel({ name: 'byPlace', inputs: { place: FromContext(z.string()) } }, ({ place }) => place.toUpperCase());
const ambiguous = visits({ place: byPlace() });
expectTypeOf<ContextOf<typeof ambiguous>>().toEqualTypeOf<{ place: string; start: Date; end: Date }>();
void ambiguous.flow.compute(new FlowContext({ start, end, place: 'park' }));
// @ts-expect-error is the root's place meant, or the upstream model's?
void ambiguous.flow.compute({ start, end, place: 'park' });
// @ts-expect-error place is needed upstream
void ambiguous.flow.compute({ start, end });
// @ts-expect-error place is needed upstream
void ambiguous.flow.compute(new FlowContext({ start, end }));
// one level further down the names are free again
const outer = flowModel({ inputs: { n: z.number() } }, ({ n }) => n);
void outer({ n: ambiguous }).flow.compute({ start, end, place: 'park' });
// the name of a resource is no regular input
const withResource = flowModel({ inputs: { place: Resource<object>(), text: z.string() } }, ({ text }) => text);
void withResource({ text: byPlace() }).flow.compute({ place: 'park' }, { resources: { place: {} } });

/* ---------- unbound inputs ---------- */

// @ts-expect-error place is unbound
void visits().flow.compute({ start, end });
// @ts-expect-error n is unbound
void outer().flow.compute();
// @ts-expect-error place is unbound, upstream
void outer({ n: visits() }).flow.compute({ start, end });
// @ts-expect-error place is unbound
void visits({ start }).flow.computeSync({ end });

/* ---------- defaults: of the schema, of the instance ---------- */

const defaults = flowModel(
  { inputs: { a: FromContext(z.number().default(1)), b: FromContext(z.number().optional()), c: FromContext(z.number().nullable()), d: FromContext(z.number().prefault(2)) } },
  ({ a, b, c, d }) => {
    expectTypeOf(a).toEqualTypeOf<number>();
    expectTypeOf(b).toEqualTypeOf<number | undefined>();
    expectTypeOf(c).toEqualTypeOf<number | null>();
    expectTypeOf(d).toEqualTypeOf<number>();
    return a;
  },
)();
expectTypeOf<ContextOf<typeof defaults>>().toEqualTypeOf<{ a?: number | undefined; b?: number | undefined; c: number | null; d?: number | undefined }>();
void defaults.flow.compute({ c: null });
void defaults.flow.compute({ a: undefined, b: undefined, c: 1 });
void defaults.flow.compute({ c: 1, ambient: true });
// @ts-expect-error wrong type for a field with a default
void defaults.flow.compute({ a: '1', c: 1 });
// @ts-expect-error c is required
void defaults.flow.compute({ a: 1 });
const onlyOptional = flowModel({ inputs: { a: FromContext(z.number().default(1)) } }, ({ a }) => a)();
void onlyOptional.flow.compute();
void onlyOptional.flow.compute({ ambient: 1 });
void onlyOptional.flow.compute(new FlowContext({ ambient: 1 }));
// @ts-expect-error wrong type
void onlyOptional.flow.compute({ a: 'x', ambient: 1 });
// @ts-expect-error wrong type
void onlyOptional.flow.compute(new FlowContext({ a: 'x' }));

// an instance default serves its own model, and no other
const preset = visits({ place: 'x', start });
expectTypeOf<ContextOf<typeof preset>>().toEqualTypeOf<{ start?: Date | undefined; end: Date }>();
void preset.flow.compute({ end });
const both = flowModel({ inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
// @ts-expect-error start is still needed by the second
void both({ a: preset, b: model }).flow.compute({ end });
const own = flowModel({ inputs: { n: z.number(), start: FromContext(z.date()) } }, ({ n }) => n);
// @ts-expect-error start is still needed upstream of the model that has a default for it
void own({ n: model, start }).flow.compute({ end });

/* ---------- one field, several readers ---------- */

const readsUnion = flowModel({ inputs: { id: FromContext(z.union([z.string(), z.number()])) } }, ({ id }) => String(id).length);
const readsNumber = flowModel({ inputs: { id: FromContext(z.number()) } }, ({ id }) => id);
const readsText = flowModel({ inputs: { id: FromContext(z.string().optional()) } }, ({ id }) => id?.length ?? 0);
const agree = both({ a: readsUnion(), b: readsNumber() });
expectTypeOf<ContextOf<typeof agree>>().toEqualTypeOf<{ id: number }>();
void agree.flow.compute({ id: 1 });
// @ts-expect-error one of the two reads numbers only
void agree.flow.compute({ id: 'x' });
const optionalForOne = both({ a: readsUnion(), b: readsText() });
expectTypeOf<ContextOf<typeof optionalForOne>>().toEqualTypeOf<{ id: string }>();
const clash = both({ a: readsNumber(), b: readsText() });
expectTypeOf<ContextOf<typeof clash>>().toEqualTypeOf<{ id: never }>();
// @ts-expect-error no value is both
void clash.flow.compute({ id: 1 });
const readsWhole = flowModel({ inputs: { at: FromContext(z.object({ x: z.number() })) } }, ({ at }) => at.x);
const readsPart = flowModel({ inputs: { at: FromContext(z.object({ y: z.number() })) } }, ({ at }) => at.y);
void both({ a: readsWhole(), b: readsPart() }).flow.compute({ at: { x: 1, y: 2 } });
// @ts-expect-error y is missing in at
void both({ a: readsWhole(), b: readsPart() }).flow.compute({ at: { x: 1 } });

/* ---------- schemas whose input is not their output ---------- */

const coerced = flowModel(
  { inputs: { when: FromContext(z.coerce.date()), any: FromContext(z.any()), unknown: FromContext(z.unknown()), length: FromContext(z.string().transform((text) => text.length)) } },
  ({ when, any, unknown, length }) => {
    expectTypeOf(when).toEqualTypeOf<Date>();
    expectTypeOf(any).toBeAny();
    expectTypeOf(unknown).toBeUnknown();
    expectTypeOf(length).toEqualTypeOf<number>();
    return length;
  },
)();
void coerced.flow.compute({ when: '2024-01-01', any: 1, unknown: null, length: 'four' });
// @ts-expect-error when is required, though its input is unknown
void coerced.flow.compute({ any: 1, unknown: 1, length: 'four' });
// @ts-expect-error any is required
void coerced.flow.compute({ when: 1, unknown: 1, length: 'four' });
// @ts-expect-error unknown is required
void coerced.flow.compute({ when: 1, any: 1, length: 'four' });
// @ts-expect-error the input of the transform is a string
void coerced.flow.compute({ when: 1, any: 1, unknown: 1, length: 4 });

/* ---------- readonly data ---------- */

const tags = flowModel({ inputs: { tags: FromContext(z.array(z.string())), pair: FromContext(z.tuple([z.number(), z.string()])), at: FromContext(z.object({ xs: z.array(z.number()) })) } }, ({ tags: [first] }) => first)();
void tags.flow.compute({ tags: ['a'], pair: [1, 'x'], at: { xs: [1] } });
const constant = { tags: ['a', 'b'], pair: [1, 'x'], at: { xs: [1] } } as const;
void tags.flow.compute(constant);
void tags.flow.compute(new FlowContext(constant));
// @ts-expect-error a tuple of another length
void tags.flow.compute({ ...constant, pair: [1] });
// @ts-expect-error an array of another type
void tags.flow.compute({ ...constant, tags: [1] as const });
