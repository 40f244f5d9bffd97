/** What the compiler knows of batches. */
import { batchModel, mapFlow } from '@flowmodel/batch';
import type { BatchValue, KeyedBatchValue, SettledEntry } from '@flowmodel/batch';
import { DefinitionRegistry, flowModel, FromContext, Lazy } from '@flowmodel/core';
import type { CallableModel, ContextOf, ValueOf } from '@flowmodel/core';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const own = () => ({ definitions: new DefinitionRegistry() });
const load = flowModel({ name: 'load', ...own(), inputs: { path: z.string(), day: FromContext(z.date()), id: FromContext(z.number()), tone: FromContext(z.string().optional()) } }, ({ id }) => id);
const each = load({ path: 'x' });

describe('needs', () => {
  test('of each, less the item\'s, are the batch\'s', () => {
    const batch = batchModel({ name: 'a', ...own(), inputs: { ids: z.array(z.number()) }, item: z.object({ id: z.number() }), params: ({ ids }) => ids.map((id) => ({ id })), each });
    expectTypeOf<ContextOf<ReturnType<typeof batch>>>().toEqualTypeOf<{ day: Date; tone?: string | undefined }>();
    const model = batch({ ids: [] });
    // @ts-expect-error -- day is needed
    void (() => model.flow.compute({}));
    // @ts-expect-error -- ids are unbound
    void (() => batch().flow.compute({ day: new Date() }));
    void (() => model.flow.compute({ day: new Date(), tone: 'x' }));
  });

  test('without item the fields of what params yields are the item\'s', () => {
    const batch = batchModel({ name: 'b', ...own(), inputs: {}, params: async () => [{ id: 1, day: new Date() }], each });
    expectTypeOf<ContextOf<ReturnType<typeof batch>>>().toEqualTypeOf<{ tone?: string | undefined }>();
  });

  test('of nested batches add up, less the items of all levels', () => {
    const inner = batchModel({ name: 'c', ...own(), inputs: { user: FromContext(z.string()) }, item: z.object({ id: z.number() }), params: () => [{ id: 1 }], each });
    const outer = batchModel({ name: 'd', ...own(), inputs: {}, item: z.object({ user: z.string() }), params: () => [{ user: 'x' }], each: inner() });
    expectTypeOf<ContextOf<ReturnType<typeof outer>>>().toEqualTypeOf<{ day: Date; tone?: string | undefined }>();
  });

  test('of a batch are those of its consumer, too', () => {
    const batch = batchModel({ name: 'e', ...own(), inputs: {}, item: z.object({ id: z.number() }), params: () => [{ id: 1 }], each });
    const uses = flowModel({ name: 'uses', ...own(), inputs: { all: Lazy(z.custom<BatchValue<{ id: number }, number>>()) } }, async ({ all }) => (await all()).stats.ok);
    const model = uses({ all: batch() });
    expectTypeOf<ContextOf<typeof model>>().toEqualTypeOf<{ day: Date; tone?: string | undefined }>();
  });

  test('any model may be each; its needs are then checked at run time', () => {
    const any: CallableModel<number> = each;
    const batch = batchModel({ name: 'f', ...own(), inputs: {}, params: () => [{ id: 1 }], each: any });
    expectTypeOf<ValueOf<ReturnType<typeof batch>>>().toEqualTypeOf<BatchValue<{ id: number }, number>>();
  });
});

describe('values', () => {
  test('entries know params and value; byKey is there with keyBy only', () => {
    const plain = batchModel({ name: 'g', ...own(), inputs: {}, item: z.object({ id: z.number().default(1) }), params: () => [{}], each });
    expectTypeOf<ValueOf<ReturnType<typeof plain>>>().toEqualTypeOf<BatchValue<{ id: number }, number>>();
    const keyed = batchModel({ name: 'h', ...own(), inputs: {}, item: z.object({ id: z.number() }), params: () => [{ id: 1 }], each, keyBy: ({ id }) => id });
    expectTypeOf<ValueOf<ReturnType<typeof keyed>>>().toEqualTypeOf<KeyedBatchValue<{ id: number }, number>>();
    expectTypeOf<KeyedBatchValue<{ id: number }, number>['results'][number]>().toEqualTypeOf<SettledEntry<{ id: number }, number>>();
  });
});

describe('what does not fit', () => {
  test('is refused by the compiler', () => {
    void (() => {
      // @ts-expect-error -- each reads id as a number
      batchModel({ name: 'i', ...own(), inputs: {}, item: z.object({ id: z.string() }), params: () => [{ id: 'x' }], each });
      // @ts-expect-error -- params yields what item does not say
      batchModel({ name: 'j', ...own(), inputs: {}, item: z.object({ id: z.number() }), params: () => [{ id: 'x' }], each });
      // @ts-expect-error -- path is unbound
      batchModel({ name: 'k', ...own(), inputs: {}, item: z.object({ id: z.number() }), params: () => [{ id: 1 }], each: load() });
      // @ts-expect-error -- there is no such field
      batchModel({ name: 'l', ...own(), inputs: {}, params: () => [{ id: 1 }], each, keyBy: ({ key }) => key });
    });
  });
});

test('mapFlow asks for the context that items lack', () => {
  void (() => {
    const day = new Date();
    expectTypeOf(mapFlow(each, [{ id: 1 }], { context: { day } })).resolves.toEqualTypeOf<BatchValue<{ id: number }, number>>();
    expectTypeOf(mapFlow(each, [{ id: 1, day }])).resolves.toEqualTypeOf<BatchValue<{ id: number; day: Date }, number>>();
    expectTypeOf(mapFlow(each, [{ id: 1, day }], { keyBy: ({ id }) => id })).resolves.toEqualTypeOf<KeyedBatchValue<{ id: number; day: Date }, number>>();
    // @ts-expect-error -- day is missing
    void mapFlow(each, [{ id: 1 }]);
    // @ts-expect-error -- day is a date
    void mapFlow(each, [{ id: 1 }], { context: { day: 5 } });
    // @ts-expect-error -- id is a number
    void mapFlow(each, [{ id: '1', day }]);
  });
});
