// What must and must not compile of positional parameters: the legacy dialect only, so it stands beside `types/` and tsc checks it with this folder.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, flowModel, FromContext, Input, Lazy, modelsOf, transformsOf } from '@flowmodel/core';
import type { GenericResult, LazyThunk, PositionalFactory } from '@flowmodel/core';

export class Positional {
  @flowModel()
  static count(place: string, @FromContext() start: Date, @Input(z.number().int()) days: number): number {
    return place.length * days + start.getTime();
  }
  @flowModel({ params: ['known', 'later', 'parts'] })
  static async either(known: number | null, @Lazy(z.number()) later: LazyThunk<number>, @Dependency() parts: number[]): Promise<number> {
    return known ?? (await later()) + parts.length;
  }
  @contextTransform({ patches: { days: z.number() } })
  static shifted(@FromContext(z.number()) days: number, by: number): { days: number } {
    return { days: days + by };
  }
}

// Names are no part of a method's type: bindings and contexts are checked at run time.
const { count, either } = modelsOf(Positional);
expectTypeOf(count).toEqualTypeOf<PositionalFactory<number, GenericResult<number>>>();
expectTypeOf(either).toEqualTypeOf<PositionalFactory<number, GenericResult<number>>>();
void count({ place: 'zoo' }).flow.compute({ start: new Date(), days: 1 });
expectTypeOf(count().flow.computeSync().value).toEqualTypeOf<number>();
const { shifted } = transformsOf(Positional);
const days = flowModel({ inputs: { days: FromContext(z.number()) } }, ({ days }) => days)();
expectTypeOf(days.flow.withContext(shifted({ by: 1 })).flow.computeSync({ days: 1 }).value).toEqualTypeOf<number>();
expectTypeOf(days.flow.withContext({ days: shifted({ by: 1 }) }).flow.computeSync({ days: 1 }).value).toEqualTypeOf<number>();
// a model that yields a number still cannot feed a string
const text = flowModel({ inputs: { text: z.string() } }, ({ text }) => text);
// @ts-expect-error a number is no string
text({ text: count({}) });

export class WrongMarkers {
  // @ts-expect-error an instance method
  instance(@FromContext() date: Date): Date {
    return date;
  }
  // @ts-expect-error a constructor
  constructor(@FromContext() date: Date) {
    void date;
  }

  @flowModel()
  static uncalled(
    // @ts-expect-error a marker is called
    @FromContext date: Date,
  ): Date {
    return date;
  }
}
// @ts-expect-error a shape needs the schema
flowModel({ inputs: { date: FromContext() } }, () => 1);
// @ts-expect-error Input is for parameters; a shape takes the schema itself
flowModel({ inputs: { date: Input(z.date()) } }, () => 1);
