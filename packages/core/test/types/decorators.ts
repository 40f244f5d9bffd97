// Decorated classes: what modelsOf and transformsOf know, and which decorated methods do not compile. This file holds in both dialects.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { contextTransform, FlowResult, flowModel, FromContext, Lazy, ModelInput, modelsOf, Resource, transformsOf } from '@flowmodel/core';
import type { CallableModel, FieldFactory, FlowRun, GenericResult, Inputs, LazyThunk, ModelFactory, PatchFactory, PatchInputs, TransformInputs, ValueOf } from '@flowmodel/core';

const inputs = { place: z.string(), days: FromContext(z.number()) };
const others = { place: FromContext(z.string()), days: FromContext(z.number()) };
const shift = { days: FromContext(z.number()), by: z.number() };
const patches = { days: z.number() };

type VisitInputs = Inputs<typeof inputs>;
class Own extends FlowResult {
  readonly n = 1;
}

/* ---------- what the factories know ---------- */

export class Visitors {
  @flowModel({ inputs })
  static count({ place, days }: Inputs<typeof inputs>): number {
    return place.length * days;
  }
  @flowModel({ inputs, output: z.object({ n: z.number() }) })
  static async later({ place }: Inputs<typeof inputs>, run: FlowRun): Promise<{ n: number }> {
    return { n: place.length + run.attempt };
  }
  @flowModel({ inputs })
  static byAlias({ days }: VisitInputs): number {
    return days;
  }
  @flowModel({ inputs: {} })
  static nothing(): string {
    return '';
  }
  @flowModel({ inputs: {} })
  static own(): Own {
    return new Own();
  }
  @contextTransform({ inputs: shift, patches })
  static shifted({ days, by }: PatchInputs<typeof shift, typeof patches>): { days: number } {
    return { days: days + by };
  }
  @contextTransform({ inputs: shift, output: z.number() })
  static times({ days, by }: TransformInputs<typeof shift>): number {
    return days * by;
  }
}

const models = modelsOf(Visitors);
const transforms = transformsOf(Visitors);
expectTypeOf(models.count).toEqualTypeOf<ModelFactory<typeof inputs, number, GenericResult<number>>>();
expectTypeOf(models.later).toEqualTypeOf<ModelFactory<typeof inputs, { n: number }, GenericResult<{ n: number }>>>();
expectTypeOf(models.byAlias).toEqualTypeOf<ModelFactory<typeof inputs, number, GenericResult<number>>>();
expectTypeOf(models.nothing).toEqualTypeOf<ModelFactory<{}, string, GenericResult<string>>>();
expectTypeOf(models.own).toEqualTypeOf<ModelFactory<{}, Own, Own>>();
expectTypeOf(transforms.shifted).toEqualTypeOf<PatchFactory<typeof shift, { readonly days: number }>>();
expectTypeOf(transforms.times).toEqualTypeOf<FieldFactory<typeof shift, number>>();
expectTypeOf<keyof typeof models>().toEqualTypeOf<'count' | 'later' | 'byAlias' | 'nothing' | 'own'>();
expectTypeOf<Exclude<keyof typeof transforms, 'nothing' | 'own'>>().toEqualTypeOf<'shifted' | 'times'>();
expectTypeOf(Visitors.count({ place: 'zoo', days: 1 })).toEqualTypeOf<number>();

const model = models.count({ place: 'zoo' });
void model.flow.compute({ days: 1 });
void model.flow.withContext(transforms.shifted({ by: 1 })).flow.compute({ days: 1 });
void model.flow.withContext({ days: transforms.times({ by: 2 }) }).flow.compute({ days: 1 });
// @ts-expect-error days is needed
void model.flow.compute({});
// @ts-expect-error place is unbound
void models.count().flow.compute({ days: 1 });
// @ts-expect-error place is a string
models.count({ place: 7 });
// @ts-expect-error there is no input plaice
models.count({ plaice: 'zoo' });
// @ts-expect-error by is needed
transforms.shifted();
// @ts-expect-error there is no such method
void models.counts;

/* ---------- the record that a method receives ---------- */

const all = { text: z.string(), perhaps: z.number().optional(), lazy: Lazy(z.number()), each: ModelInput(z.number()), log: Resource<string[]>() };
class Receives {
  @flowModel({ inputs: all })
  static everything(received: Inputs<typeof all>): number {
    expectTypeOf(received).toEqualTypeOf<{ readonly text: string; readonly perhaps: number | undefined; readonly lazy: LazyThunk<number>; readonly each: CallableModel<number>; readonly log: string[] }>();
    return 1;
  }
}
expectTypeOf<ValueOf<ReturnType<ReturnType<typeof modelsOf<typeof Receives>>['everything']>>>().toEqualTypeOf<number>();
expectTypeOf<TransformInputs<typeof shift>>().toEqualTypeOf<{ readonly days: number; readonly by: number }>();
expectTypeOf<PatchInputs<typeof shift, typeof patches>>().toEqualTypeOf<{ readonly days: number; readonly by: number }>();

/* ---------- classes of every kind ---------- */

class Derived extends Visitors {
  @flowModel({ inputs: {} })
  static more(): number {
    return 1;
  }
}
expectTypeOf(modelsOf(Derived).count).toEqualTypeOf(models.count);
expectTypeOf(modelsOf(Derived).more().flow.computeSync().value).toEqualTypeOf<number>();

class Hidden {
  private constructor() {}
  @flowModel({ inputs: {} })
  static one(): number {
    return 1;
  }
}
void modelsOf(Hidden).one().flow.compute();
abstract class Abstract {
  abstract other(): void;
  @flowModel({ inputs: {} })
  static one(): number {
    return 1;
  }
}
void modelsOf(Abstract).one().flow.compute();
// @ts-expect-error not a class
modelsOf({ count: 1 });

/* ---------- what does not compile ---------- */

export class Wrong {
  // @ts-expect-error an instance method
  @flowModel({ inputs })
  instance({ place }: Inputs<typeof inputs>): number {
    return place.length;
  }

  // @ts-expect-error a field
  @flowModel({ inputs })
  static field = 1;

  // @ts-expect-error another shape of the same types
  @flowModel({ inputs })
  static otherShape({ place }: Inputs<typeof others>): number {
    return place.length;
  }

  // @ts-expect-error a type written out: the factory could not know which inputs are contextual
  @flowModel({ inputs })
  static writtenOut({ place }: { readonly place: string; readonly days: number }): number {
    return place.length;
  }

  // @ts-expect-error the inputs are not received
  @flowModel({ inputs })
  static ignoring(): number {
    return 1;
  }

  // @ts-expect-error the inputs of a transform
  @flowModel({ inputs: shift })
  static transformInputs({ by }: TransformInputs<typeof shift>): number {
    return by;
  }

  // @ts-expect-error the inputs of a model
  @contextTransform({ inputs: shift })
  static modelInputs({ by }: Inputs<typeof shift>): number {
    return by;
  }

  // @ts-expect-error the inputs of a field transform
  @contextTransform({ inputs: shift, patches })
  static fieldInputs({ by }: TransformInputs<typeof shift>): { days: number } {
    return { days: by };
  }

  // @ts-expect-error a patch of the wrong type
  @contextTransform({ inputs: shift, patches })
  static wrongPatch({ by }: PatchInputs<typeof shift, typeof patches>): { days: string } {
    return { days: `${by}` };
  }

  // @ts-expect-error output does not accept what the method returns
  @flowModel({ inputs, output: z.string() })
  static wrongOutput({ days }: Inputs<typeof inputs>): number {
    return days;
  }

  // @ts-expect-error output changes the type, which modelsOf could not know
  @flowModel({ inputs, output: z.number().transform(String) })
  static transformed({ days }: Inputs<typeof inputs>): number {
    return days;
  }

  // @ts-expect-error so does one that drops a field
  @flowModel({ inputs, output: z.object({ a: z.number() }) })
  static stripped({ days }: Inputs<typeof inputs>): { a: number; b: number } {
    return { a: days, b: days };
  }

  // @ts-expect-error autoUnwrap is for the function form
  @flowModel({ inputs, autoUnwrap: true })
  static unwrapped({ days }: Inputs<typeof inputs>): number {
    return days;
  }

  // @ts-expect-error params name positional parameters
  @flowModel({ inputs, params: ['place'] })
  static named({ days }: Inputs<typeof inputs>): number {
    return days;
  }

  // @ts-expect-error the options are missing
  @flowModel()
  static forgotten({ days }: Inputs<typeof inputs>): number {
    return days;
  }

  // @ts-expect-error a decorator is called
  @flowModel
  static uncalled(): number {
    return 1;
  }
}
