// Positional parameters whose markers state every schema: no types are needed at run time. Prints one line of JSON.
import { z } from 'zod';
import { flowModel, FromContext, Input, modelsOf } from '@flowmodel/core';

class Visitors {
  @flowModel()
  static count(@Input(z.string()) place: string, @FromContext(z.number()) days: number): number {
    return place.length * days;
  }
}

const { count } = modelsOf(Visitors);
console.log(JSON.stringify({ name: count.name, values: [Visitors.count('zoo', 2), count({ place: 'zoo' }).flow.computeSync({ days: 2 }).value] }));
