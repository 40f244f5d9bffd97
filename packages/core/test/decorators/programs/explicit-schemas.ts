// Positional parameters whose markers state every schema: no types are needed at run time. Prints one line of JSON.
import { z } from 'zod';
import { flowModel, FromContext, Input, modelsOf } from '@flowmodel/core';

class Visitors {
  @flowModel()
  static count(@Input(z.string()) place: string, @FromContext(z.number()) days: number): number {
    return place.length * days;
  }
}

const model = modelsOf(Visitors).count({ place: 'zoo' });
console.log(JSON.stringify({ name: String(model), values: [Visitors.count('zoo', 2), model.flow.computeSync({ days: 2 }).value] }));
