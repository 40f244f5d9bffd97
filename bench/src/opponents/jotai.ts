import { atom, createStore } from 'jotai/vanilla';
import type { Atom } from 'jotai/vanilla';
import { shift } from '../bodies.ts';
import type { Bodies } from '../bodies.ts';
import { JOIN, LITERAL, MIX, SEED, SHIFT, SOURCE, STEP, TOTAL } from '../shapes.ts';
import type { Graph } from '../shapes.ts';
import type { Engine } from './engine.ts';

/** One store for all runs, nothing mounted: a store per run and a mounted root were slower. */
export const jotai = (bodies: Bodies<number>): Engine => ({
  name: 'jotai',
  says: 'jotai/vanilla: derived atoms in one store that is kept; a run sets the seed and gets the root',
  build(graph) {
    const { seed, root } = atomsOf(graph, bodies);
    const store = createStore();
    return (value) => {
      store.set(seed, value);
      return store.get(root);
    };
  },
});

function atomsOf({ kinds, starts, parents, weights, root }: Graph, { source, step, join, mix, total }: Bodies<number>) {
  const seed = atom(0);
  const atoms: Atom<number>[] = [];
  for (let i = 0; i < kinds.length; i++) {
    const start = starts[i]!;
    const weight = weights[i]!;
    const [a, b, c] = [atoms[parents[start]!]!, atoms[parents[start + 1]!]!, atoms[parents[start + 2]!]!];
    switch (kinds[i]!) {
      case SEED:
        atoms[i] = seed;
        break;
      case LITERAL:
        atoms[i] = atom(weight);
        break;
      case SHIFT:
        atoms[i] = atom((get) => shift({ seed: get(a), by: weight }));
        break;
      case SOURCE:
        atoms[i] = atom((get) => source({ seed: get(a), weight }));
        break;
      case STEP:
        atoms[i] = atom((get) => step({ value: get(a), weight }));
        break;
      case JOIN:
        atoms[i] = atom((get) => join({ left: get(a), right: get(b), weight }));
        break;
      case MIX:
        atoms[i] = atom((get) => mix({ left: get(a), right: get(b), seed: get(c) }));
        break;
      case TOTAL: {
        const all = Array.from(parents.subarray(start, starts[i + 1]), (parent) => atoms[parent]!);
        atoms[i] = atom((get) => total({ values: all.map(get) }));
      }
    }
  }
  return { seed, root: atoms[root]! };
}
