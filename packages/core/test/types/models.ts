// Models in a user's program: what is inferred of them, and how they travel through functions, lists and conditions.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { Dependency, flowModel, FlowContext, FromContext, fromField, isModel, modelClass, ModelInput, Resource } from '@flowmodel/core';
import type { BindingsOf, CallableModel, ContextOf, FlowRun, GenericResult, ModelFactory, ModelYielding, Need, ValueOf } from '@flowmodel/core';

const load = flowModel({ name: 'load', inputs: { table: z.string(), year: FromContext(z.number()) } }, ({ table, year }) => `${table}-${year}`);
const count = flowModel({ name: 'count', inputs: { rows: z.string(), limit: z.number().default(10), unit: FromContext(z.enum(['one', 'ten'])) } }, ({ rows }) => rows.length);
const add = flowModel({ name: 'add', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
const none = flowModel({ name: 'none', inputs: {} }, () => 0);
declare const flag: boolean;

/* ---------- what is inferred ---------- */

const counted = count({ rows: load({ table: 'people' }) });
expectTypeOf<ValueOf<typeof counted>>().toEqualTypeOf<number>();
expectTypeOf<ContextOf<typeof counted>>().toEqualTypeOf<{ year: number; unit: 'one' | 'ten' }>();
expectTypeOf(counted.flow.compute({ year: 2024, unit: 'ten' })).toEqualTypeOf<Promise<GenericResult<number>>>();
expectTypeOf(counted.flow.computeSync({ year: 2024, unit: 'ten' })).toEqualTypeOf<GenericResult<number>>();
expectTypeOf<Awaited<ReturnType<typeof counted.flow.compute>>>().toEqualTypeOf<GenericResult<number>>();
expectTypeOf<ContextOf<ReturnType<typeof count>>>().toEqualTypeOf<{ unit: 'one' | 'ten' }>();
expectTypeOf<ContextOf<CallableModel<number>>>().toEqualTypeOf<object>();
expectTypeOf<ValueOf<CallableModel<number>>>().toEqualTypeOf<number>();
expectTypeOf<keyof BindingsOf<typeof count>>().toEqualTypeOf<'rows' | 'limit' | 'unit'>();
expectTypeOf<'x'>().toExtend<NonNullable<BindingsOf<typeof count>['rows']>>();
expectTypeOf<ReturnType<typeof load>>().toExtend<NonNullable<BindingsOf<typeof count>['rows']>>();
expectTypeOf<number>().not.toExtend<NonNullable<BindingsOf<typeof count>['rows']>>();
expectTypeOf<ReturnType<typeof add>>().not.toExtend<NonNullable<BindingsOf<typeof count>['rows']>>();
expectTypeOf<'two'>().not.toExtend<NonNullable<BindingsOf<typeof count>['unit']>>();

// the inputs of a model: literals as parsed, models as models
expectTypeOf(counted.inputs.rows).toExtend<CallableModel<string>>();
expectTypeOf<ContextOf<typeof counted.inputs.rows>>().toEqualTypeOf<{ year: number }>();
expectTypeOf(counted.inputs.limit).toEqualTypeOf<number | undefined>();
expectTypeOf(count({ rows: 'x', limit: 3 }).inputs.limit).toEqualTypeOf<number>();
// @ts-expect-error no input of that name
void counted.inputs.colums;

/* ---------- rebind ---------- */

// a new binding changes what the graph needs, in both directions
const literal = counted.rebind({ rows: 'abc' });
expectTypeOf<ContextOf<typeof literal>>().toEqualTypeOf<{ unit: 'one' | 'ten' }>();
void literal.flow.compute({ unit: 'one' });
expectTypeOf<ContextOf<ReturnType<typeof again>>>().toEqualTypeOf<{ year: number; unit: 'one' | 'ten' }>();
const again = () => literal.rebind({ rows: load({ table: 'places' }) });
const preset = counted.rebind({ unit: 'one' });
expectTypeOf<ContextOf<typeof preset>>().toEqualTypeOf<{ year: number; unit?: 'one' | 'ten' | undefined }>();
void preset.flow.compute({ year: 1 });
// @ts-expect-error the new upstream model still needs year
void again().flow.compute({ unit: 'one' });
// undefined unbinds
const unbound = counted.rebind({ rows: undefined });
// @ts-expect-error rows is unbound
void unbound.flow.compute({ unit: 'one' });
void unbound.rebind({ rows: 'x' }).flow.compute({ unit: 'one' });
// @ts-expect-error wrong type
counted.rebind({ rows: 3 });
// @ts-expect-error a number model cannot feed a string input
counted.rebind({ rows: add({ a: 1, b: 2 }) });
// @ts-expect-error unknown input
counted.rebind({ row: 'x' });
// @ts-expect-error unknown input beside a known one
counted.rebind({ rows: 'x', limits: 3 });
// a recipe edits a draft of the bindings
void counted.rebind((draft) => { draft.limit = 7; }).flow.compute({ year: 1, unit: 'one' });
counted.rebind((draft) => {
  // @ts-expect-error wrong type
  draft.limit = 'seven';
});
// rebinding a model of whatever kind, or a wrapper, is checked at run time
void counted.flow.withContext({ year: 1 }).rebind({ rows: 'x' }).flow.compute({});

/* ---------- any model that yields a number ---------- */

const one = flowModel({ name: 'one', inputs: { n: FromContext(z.number()) } }, ({ n }) => n);
const models: CallableModel<number>[] = [one(), add({ a: one(), b: 1 }), counted];
for (const model of models) {
  void model.flow.compute({ n: 1 });
  void model.flow.compute(new FlowContext({ n: 1 }));
  void model.flow.compute();
  void model.flow.withContext({ n: 1 }).flow.compute();
  void model.rebind({ a: 2 });
  expectTypeOf<ValueOf<typeof model>>().toEqualTypeOf<number>();
}
// @ts-expect-error yields a string
models.push(load());
// bound, such a model leaves the rest to run time
void add({ a: models[0]!, b: 1 }).flow.compute();

// a list of models that nobody annotated
for (const model of [one(), add({ a: one(), b: 1 }), add({ a: 1, b: 2 })]) {
  expectTypeOf(model.flow.compute({ n: 1 })).toEqualTypeOf<Promise<GenericResult<number>>>();
  // @ts-expect-error n is needed by one of them
  void model.flow.compute({});
  void model.flow.withContext({ n: 3 }).flow.compute();
}

// neither swallows the other, in whatever order
for (const model of [add({ a: 1, b: 2 }), add({ a: one(), b: 2 })]) {
  // @ts-expect-error n is needed by one of them
  void model.flow.compute({});
}

for (const model of [none(), one()]) {
  // @ts-expect-error n is needed by one of them
  void model.flow.compute({});
}
for (const model of [one().flow.withContext({ n: 1 }), one().flow.withContext({ n: fromField('seed', z.number()) })]) {
  void model.flow.compute({ seed: 1 });
  // @ts-expect-error seed is needed by one of them
  void model.flow.compute({ n: 1 });
}
// @ts-expect-error the needs of another definition
const notNone: ReturnType<typeof none> = one();
void notNone;

// a stated contract: a model may need less than that, not more
type NeedsN = CallableModel<number, Need<'n', number, true>, never>;
const stated: NeedsN = one();
void stated.flow.compute({ n: 1 });
// @ts-expect-error n is in the stated contract
void stated.flow.compute({});
const needsLess: NeedsN = add({ a: 1, b: 2 });
void needsLess;
// @ts-expect-error year is not in the stated contract
const needsMore: NeedsN = add({ a: one(), b: counted });
void needsMore;
// @ts-expect-error has an unbound input
const isUnbound: NeedsN = add({ a: one() });
void isUnbound;
// @ts-expect-error the field is read as another type
const readsText: NeedsN = flowModel({ inputs: { n: FromContext(z.string()) } }, ({ n }) => n.length)();
void readsText;
const readsMore: NeedsN = flowModel({ inputs: { n: FromContext(z.union([z.number(), z.string()]).optional()) } }, () => 1)();
void readsMore;
const wrapped: NeedsN = one().flow.withContext({ n: 1 });
void wrapped;

const something: unknown = counted;
if (isModel(something)) void something.flow.compute();

/* ---------- conditional wiring ---------- */

// either model may be the one: the needs of both
const either = add({ a: flag ? one() : counted, b: 1 });
expectTypeOf<ContextOf<typeof either>>().toEqualTypeOf<{ n: number; year: number; unit: 'one' | 'ten' }>();
// a model or a literal
const orLiteral = add({ a: flag ? one() : 3, b: 1 });
void orLiteral.flow.compute({ n: 1 });
// @ts-expect-error n may be needed
void orLiteral.flow.compute({});
// @ts-expect-error one of the two yields a string
add({ a: flag ? one() : load({ table: 'x' }) });
// a binding that may be undefined may be missing
declare const perhaps: number | undefined;
// @ts-expect-error a may be unbound
void add({ a: perhaps, b: 1 }).flow.compute();
void add({ a: perhaps ?? 0, b: 1 }).flow.compute();
declare const byName: Record<string, number>;
// @ts-expect-error a and b may be unbound
void add(byName).flow.compute();
void add({ ...byName, a: 1, b: 2 }).flow.compute();
declare const options: { a?: number; b: number };
// @ts-expect-error a may be unbound
void add(options).flow.compute();
// a model chosen before it is computed
const chosen = flag ? one() : counted;
expectTypeOf(chosen.flow.compute({ n: 1, year: 2, unit: 'one' })).toEqualTypeOf<Promise<GenericResult<number>>>();
// @ts-expect-error year and unit may be needed
void chosen.flow.compute({ n: 1 });

void chosen.flow.withContext({ year: 2, unit: 'one' });
// @ts-expect-error not a field of either
chosen.flow.withContext({ years: 2 });
// what is any is not checked
declare const anything: any;
void add({ a: anything, b: 1 }).flow.compute({ whatever: 1 });
void add({ a: anything, b: 1 }).flow.withContext({ whatever: 1 }).flow.compute();

/* ---------- functions generic in a model ---------- */

function plusOne<M extends ModelYielding<number>>(model: M) {
  return add({ a: model, b: 1 });
}
expectTypeOf<ContextOf<ReturnType<typeof plusOne<typeof counted>>>>().toEqualTypeOf<{ year: number; unit: 'one' | 'ten' }>();
void plusOne(one()).flow.compute({ n: 1 });
// @ts-expect-error n is needed by the model given
void plusOne(one()).flow.compute({});
// @ts-expect-error yields a string
plusOne(load({ table: 'x' }));
// @ts-expect-error the model given has an unbound input
void plusOne(add({ a: 1 })).flow.compute();

function twice<V, N, U>(model: CallableModel<V, N, U>): CallableModel<V, N, U>[] {
  return [model, model];
}
for (const model of twice(one())) {
  void model.flow.compute({ n: 1 });
  // @ts-expect-error n is still known to be needed
  void model.flow.compute({});
}

function renamed(model: CallableModel<number, Need<'n', number, true>, never>) {
  return model.flow.withContext({ n: fromField('title', z.string().transform(Number)) });
}
void renamed(one()).flow.compute({ title: '1' });
// @ts-expect-error title is read by the transform
void renamed(one()).flow.compute({ n: 1 });

async function valueIn<M extends CallableModel<number>>(model: M, context: ContextOf<M>): Promise<number> {
  return ((await model.flow.compute(context)) as GenericResult<number>).value;
}
void valueIn(one(), { n: 1 });
// @ts-expect-error n is needed
void valueIn(one(), {});

function summed<F extends ModelFactory<{ a: z.ZodNumber; b: z.ZodNumber }, number, GenericResult<number>>>(factory: F) {
  return factory({ a: 1, b: 2 }).flow.computeSync().value;
}
expectTypeOf(summed(add)).toEqualTypeOf<number>();

/* ---------- class-based models ---------- */

class Fibonacci extends modelClass({ name: 'Fibonacci', inputs: { salt: z.number().default(0) }, context: z.object({ n: z.number() }), output: z.number() }) {
  override deps({ n }: { n: number }) {
    return n <= 1 ? [] : [{ model: this, contexts: [{ n: n - 2 }, { n: n - 1 }] }];
  }

  async call({ n }: { n: number }, run: FlowRun): Promise<number> {
    if (n <= 1) return n;
    const [a, b] = await Promise.all([run.compute(this, { n: n - 2 }), run.compute(this, { n: n - 1 })]);
    expectTypeOf(a).toEqualTypeOf<number>();
    return a + b;
  }

  half(): Fibonacci {
    return this.rebind({ salt: this.inputs.salt / 2 });
  }
}
const fibonacci = new Fibonacci({ salt: 1 });
expectTypeOf<ValueOf<Fibonacci>>().toEqualTypeOf<number>();
expectTypeOf<ContextOf<Fibonacci>>().toEqualTypeOf<{ n: number }>();
expectTypeOf(fibonacci.flow.compute({ n: 30 })).toEqualTypeOf<Promise<GenericResult<number>>>();
expectTypeOf(fibonacci.inputs.salt).toEqualTypeOf<number>();
expectTypeOf(fibonacci.half().half()).toEqualTypeOf<Fibonacci>();
// @ts-expect-error n is needed
void fibonacci.flow.compute();
// @ts-expect-error salt is bound, not taken from the context
void fibonacci.flow.compute({ n: 1, salt: 2 });
// @ts-expect-error wrong type
void new Fibonacci({ salt: 'x' });
// @ts-expect-error no such input
void new Fibonacci({ pepper: 1 });
// a class model is a model like any other
void add({ a: fibonacci, b: 1 }).flow.compute({ n: 3 });
// @ts-expect-error n is needed
void add({ a: fibonacci, b: 1 }).flow.compute();
// @ts-expect-error yields a number
load({ table: fibonacci });
void fibonacci.flow.withContext({ n: 3 }).flow.compute();
// @ts-expect-error not a field of its context
fibonacci.flow.withContext({ m: 3 });
models.push(fibonacci);

class Defaulted extends modelClass({ context: z.object({ n: z.number() }).default({ n: 1 }) }) {
  call(): string {
    return 'x';
  }
}
void new Defaulted().flow.compute();
void new Defaulted().flow.compute({ n: 2 });
// @ts-expect-error wrong type
void new Defaulted().flow.compute({ n: '2' });
expectTypeOf<ValueOf<Defaulted>>().toEqualTypeOf<unknown>();

class Repeat extends modelClass({ inputs: { each: ModelInput(z.number()), times: z.number() }, output: z.array(z.number()) }) {
  async call(_context: object, run: FlowRun): Promise<number[]> {
    expectTypeOf(this.inputs.times).toEqualTypeOf<number>();
    return [await run.compute(this.inputs.each, { n: this.inputs.times })];
  }
}
void new Repeat({ each: one(), times: 3 }).flow.compute();
// @ts-expect-error times is required
void new Repeat({ each: one() });
// @ts-expect-error each is a model, not a literal
void new Repeat({ each: 3, times: 3 });
// @ts-expect-error both are required
void new Repeat();

class WrongResult extends modelClass({ output: z.number() }) {
  // @ts-expect-error the result is no number
  call(): string {
    return 'x';
  }
}
void WrongResult;

/* ---------- models as inputs, resources ---------- */

const apply = flowModel({ name: 'apply', inputs: { each: ModelInput(z.number()), log: Resource<(line: string) => void>(), n: FromContext(z.number()) } }, async ({ each, log, n }, run) => {
  expectTypeOf(each).toEqualTypeOf<CallableModel<number>>();
  expectTypeOf(log).toEqualTypeOf<(line: string) => void>();
  const value = await run.compute(each, { n, year: 1 });
  expectTypeOf(value).toEqualTypeOf<number>();
  return value;
});
// the needs and unbound inputs of a ModelInput are its consumer's affair
const applied = apply({ each: count() });
expectTypeOf<ContextOf<typeof applied>>().toEqualTypeOf<{ n: number }>();
void applied.flow.compute({ n: 1 }, { resources: { log: console.log } });
// @ts-expect-error a literal is no model
apply({ each: 3 });
// @ts-expect-error a model of strings
apply({ each: load() });
// @ts-expect-error each is unbound
void apply().flow.compute({ n: 1 });
// @ts-expect-error a resource is supplied by the run, not bound
apply({ each: one(), log: console.log });
const optionalModel = flowModel({ inputs: { each: ModelInput(z.number().optional()) } }, ({ each }) => {
  expectTypeOf(each).toEqualTypeOf<CallableModel<number | undefined> | undefined>();
  return each === undefined;
});
void optionalModel().flow.compute();

/* ---------- containers of models ---------- */

const total = flowModel({ name: 'total', inputs: { parts: Dependency(z.array(z.number())) } }, ({ parts }) => {
  expectTypeOf(parts).toEqualTypeOf<number[]>();
  return parts.length;
});
const mixed = total({ parts: [one(), 2, counted] });
expectTypeOf<ContextOf<typeof mixed>>().toEqualTypeOf<{ n: number; year: number; unit: 'one' | 'ten' }>();
const loop = total({ parts: Array.from({ length: 3 }, () => one()) });
expectTypeOf<ContextOf<typeof loop>>().toEqualTypeOf<{ n: number }>();
const mapped = total({ parts: [1, 2, 3].map((n) => add({ a: n, b: one() })) });
expectTypeOf<ContextOf<typeof mapped>>().toEqualTypeOf<{ n: number }>();
const tuple = [one(), 1] as const;
expectTypeOf<ContextOf<ReturnType<typeof total<{ parts: typeof tuple }>>>>().toEqualTypeOf<{ n: number }>();
void total({ parts: tuple }).flow.compute({ n: 1 });
// a model of the whole container
const whole = flowModel({ inputs: { k: FromContext(z.string()) } }, ({ k }) => [k.length]);
expectTypeOf<ContextOf<ReturnType<typeof wholeBound>>>().toEqualTypeOf<{ k: string }>();
const wholeBound = () => total({ parts: whole() });
void total({ parts: [] }).flow.compute();
void total({ parts: [1, 2] }).flow.compute();
void total({ parts: models }).flow.compute();
// @ts-expect-error b is unbound inside the container
void total({ parts: [1, add({ a: 1 })] }).flow.compute();
// @ts-expect-error n is needed inside the container
void loop.flow.compute();
// @ts-expect-error a string among numbers
total({ parts: [1, 'x'] });
// @ts-expect-error a string model among numbers
total({ parts: [1, load({ table: 'x' })] });
// @ts-expect-error parts is unbound
void total().flow.compute();

const report = flowModel(
  {
    name: 'report',
    inputs: { sections: Dependency(z.object({ title: z.string(), stats: z.object({ rows: z.number(), tags: z.array(z.string()) }), extra: z.record(z.string(), z.number()).optional() })) },
  },
  ({ sections }) => {
    expectTypeOf(sections.stats).toEqualTypeOf<{ rows: number; tags: string[] }>();
    return sections.title;
  },
);
const nested = report({ sections: { title: load({ table: 'x' }), stats: { rows: one(), tags: ['a', load({ table: 'y' })] }, extra: { p: counted, q: 2 } } });
expectTypeOf<ContextOf<typeof nested>>().toEqualTypeOf<{ n: number; year: number; unit: 'one' | 'ten' }>();
const record: Record<string, ReturnType<typeof one>> = { a: one() };
void report({ sections: { title: 't', stats: { rows: 1, tags: [] }, extra: record } }).flow.compute({ n: 1 });
// @ts-expect-error n is needed by the models of the record
void report({ sections: { title: 't', stats: { rows: 1, tags: [] }, extra: record } }).flow.compute();
// @ts-expect-error table is unbound, two levels down
void report({ sections: { title: 't', stats: { rows: 1, tags: [load()] } } }).flow.compute({ year: 1 });
// @ts-expect-error a number model where a string goes, two levels down
report({ sections: { title: 't', stats: { rows: 1, tags: [one()] } } });
// @ts-expect-error rows is missing
report({ sections: { title: 't', stats: { tags: [] } } });

// without the marker a container is a literal
const plain = flowModel({ inputs: { parts: z.array(z.number()) } }, ({ parts }) => parts.length);
void plain({ parts: [1, 2] }).flow.compute();
void plain({ parts: whole() }).flow.compute({ k: 'x' });
// @ts-expect-error a model inside an unmarked container
plain({ parts: [one()] });
