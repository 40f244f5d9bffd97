// Positional parameters: legacy parameter decorators, and types left for reflect-metadata. Prints one line of JSON.
import 'reflect-metadata';
import { z } from 'zod';
import { contextTransform, flowModel, FromContext, Input, Lazy, modelsOf, transformsOf } from '@flowmodel/core';
import type { FlowRun, LazyThunk } from '@flowmodel/core';

class Visitors {
  @flowModel()
  static count(place: string, @FromContext() start: Date, @FromContext(z.number().max(31)) days: number): number {
    return place.length * days + start.getUTCDate();
  }

  @flowModel()
  static async either(@Input(z.number().nullable()) known: number | null, @Lazy(z.number()) fallback: LazyThunk<number>, run: FlowRun): Promise<string> {
    return `${known ?? (await fallback())} at attempt ${run.attempt}`;
  }

  @contextTransform({ patches: { days: z.number() } })
  static later(@FromContext() days: number, by: number): { days: number } {
    return { days: days + by };
  }
}

const { count, either } = modelsOf(Visitors);
const { later } = transformsOf(Visitors);
const context = { start: new Date('2024-03-05T00:00:00Z'), days: 2 };
const model = count({ place: 'zoo' });
let refused = '';
try {
  count({ place: 7 });
} catch (error) {
  refused = (error as { code: string }).code;
}
console.log(
  JSON.stringify({
    name: count.name,
    values: [
      Visitors.count('zoo', context.start, 2),
      model.flow.computeSync(context).value,
      model.flow.withContext(later({ by: 1 })).flow.computeSync(context).value,
      (await either({ known: null, fallback: model }).flow.compute(context)).value,
      refused,
    ],
  }),
);
