import { computed, signal } from '@preact/signals-core';
import type { ReadonlySignal } from '@preact/signals-core';
import { shift } from '../bodies.ts';
import type { Bodies } from '../bodies.ts';
import { JOIN, LITERAL, MIX, SEED, SHIFT, SOURCE, STEP, TOTAL } from '../shapes.ts';
import type { Engine } from './engine.ts';

/** Computed signals that nothing subscribes to: the seed is set, the root is read. With a subscriber it is slower. */
export const signals = ({ source, step, join, mix, total }: Bodies<number>): Engine => ({
  name: 'signals',
  says: '@preact/signals-core: computed signals; a run sets the seed and reads the root',
  build({ kinds, starts, parents, weights, root }) {
    const seed = signal(0);
    const cells: ReadonlySignal<number>[] = [];
    for (let i = 0; i < kinds.length; i++) {
      const start = starts[i]!;
      const weight = weights[i]!;
      const [a, b, c] = [cells[parents[start]!]!, cells[parents[start + 1]!]!, cells[parents[start + 2]!]!];
      switch (kinds[i]!) {
        case SEED:
          cells[i] = seed;
          break;
        case LITERAL:
          cells[i] = signal(weight);
          break;
        case SHIFT:
          cells[i] = computed(() => shift({ seed: a.value, by: weight }));
          break;
        case SOURCE:
          cells[i] = computed(() => source({ seed: a.value, weight }));
          break;
        case STEP:
          cells[i] = computed(() => step({ value: a.value, weight }));
          break;
        case JOIN:
          cells[i] = computed(() => join({ left: a.value, right: b.value, weight }));
          break;
        case MIX:
          cells[i] = computed(() => mix({ left: a.value, right: b.value, seed: c.value }));
          break;
        case TOTAL: {
          const all = Array.from(parents.subarray(start, starts[i + 1]), (parent) => cells[parent]!);
          cells[i] = computed(() => total({ values: all.map((cell) => cell.value) }));
        }
      }
    }
    return (value) => {
      seed.value = value;
      return cells[root]!.value;
    };
  },
});
