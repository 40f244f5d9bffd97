/** Map and reduce: the mean body mass of 344 penguins by species, chunk by chunk, all chunks at once. */
import { Flow, Node, ParallelBatchNode } from '@flowmodel/store';
import { z } from 'zod';
import { readData } from './data.ts';

const Penguins = z.array(z.object({ Species: z.string(), 'Body Mass (g)': z.number().nullable() }).transform((row) => ({ species: row.Species, grams: row['Body Mass (g)'] })));
type Penguin = z.output<typeof Penguins>[number];

export interface Colony {
  readonly chunkSize: number;
  penguins: Penguin[];
  partial: Partial[];
  means: Record<string, number>;
}

/** Per species: how many were weighed, and what they weigh together. */
type Partial = Record<string, { count: number; grams: number }>;

class Load extends Node<Colony, Record<string, unknown>, unknown, Penguin[]> {
  override async exec(): Promise<Penguin[]> {
    return Penguins.parse(JSON.parse(await readData('penguins.json')));
  }

  override post(shared: Colony, _: unknown, penguins: Penguin[]): void {
    shared.penguins = penguins;
  }
}

class Weigh extends ParallelBatchNode<Colony, Record<string, unknown>, Penguin[], Partial> {
  override *prep({ penguins, chunkSize }: Colony): Generator<Penguin[]> {
    for (let i = 0; i < penguins.length; i += chunkSize) yield penguins.slice(i, i + chunkSize);
  }

  override exec(chunk: Penguin[]): Partial {
    const sums: Partial = {};
    for (const { species, grams } of chunk) {
      if (grams === null) continue; // two were not weighed
      const sum = (sums[species] ??= { count: 0, grams: 0 });
      sum.count++;
      sum.grams += grams;
    }
    return sums;
  }

  override post(shared: Colony, _chunks: Penguin[][], partial: Partial[]): void {
    shared.partial = partial;
  }
}

class Mean extends Node<Colony, Record<string, unknown>, Partial[], Record<string, number>> {
  override prep({ partial }: Colony): Partial[] {
    return partial;
  }

  override exec(partial: Partial[]): Record<string, number> {
    const all: Partial = {};
    for (const [species, { count, grams }] of partial.flatMap((sums) => Object.entries(sums))) {
      const sum = (all[species] ??= { count: 0, grams: 0 });
      sum.count += count;
      sum.grams += grams;
    }
    return Object.fromEntries(Object.entries(all).map(([species, { count, grams }]) => [species, grams / count]));
  }

  override post(shared: Colony, _partial: Partial[], means: Record<string, number>): void {
    shared.means = means;
  }
}

export async function meanMasses(chunkSize: number): Promise<Record<string, number>> {
  const load = new Load();
  load.next(new Weigh()).next(new Mean());
  const shared: Colony = { chunkSize, penguins: [], partial: [], means: {} };
  await new Flow(load).run(shared);
  return shared.means;
}
