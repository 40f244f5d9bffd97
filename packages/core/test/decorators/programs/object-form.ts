// The object form, in whichever dialect the tool at hand compiles it. Prints one line of JSON.
import { z } from 'zod';
import { contextTransform, flowModel, FromContext, modelsOf, transformsOf } from '@flowmodel/core';
import type { Inputs, PatchInputs, TransformInputs } from '@flowmodel/core';

const inputs = { place: z.string(), days: FromContext(z.number()) };
const shift = { days: FromContext(z.number()), by: z.number() };
const patches = { days: z.number() };

class Visitors {
  static readonly perDay = 12;

  @flowModel({ inputs })
  static count({ place, days }: Inputs<typeof inputs>): number {
    return days * Visitors.perDay + this.lengthOf(place); // its own name: some tools rename such a class
  }

  @contextTransform({ inputs: shift, patches })
  static later({ days, by }: PatchInputs<typeof shift, typeof patches>): { days: number } {
    return { days: days + by };
  }

  @contextTransform({ inputs: shift })
  static times({ days, by }: TransformInputs<typeof shift>): number {
    return days * by;
  }

  static lengthOf(place: string): number {
    return place.length;
  }
}

const { count } = modelsOf(Visitors);
const { later, times } = transformsOf(Visitors);
const model = count({ place: 'zoo' });
console.log(
  JSON.stringify({
    name: count.name,
    values: [
      Visitors.count({ place: 'zoo', days: 2 }),
      model.flow.computeSync({ days: 2 }).value,
      model.flow.withContext(later({ by: 1 })).flow.computeSync({ days: 2 }).value,
      model.flow.withContext({ days: times({ by: 10 }) }).flow.computeSync({ days: 2 }).value,
    ],
  }),
);
