import { contextTransform, Dependency, flowModel, FromContext } from '@flowmodel/core';
import type { CallableModel, ModelYielding } from '@flowmodel/core';
import { z } from 'zod';
import { shift } from '../bodies.ts';
import type { Bodies } from '../bodies.ts';
import { JOIN, literalSeed, SOURCE, STEP, TOTAL, weightOf } from '../shapes.ts';
import type { Graph, Lattice } from '../shapes.ts';
import type { Engine, Run, Value } from './engine.ts';

type Numbers = CallableModel<number>;

const number = z.number();
const nextSeed = contextTransform({ inputs: { seed: FromContext(number), by: number } }, shift);

/** Inputs and contexts are validated, as always. */
export function flowmodel(bodies: Bodies<Value>, isSync: boolean): Engine {
  const factories = factoriesOf(bodies);
  return {
    name: 'flowmodel',
    says: isSync ? '`computeSync`, validation on' : '`compute`, validation on',
    build(graph): Run {
      const model = modelOf(factories, graph);
      return isSync ? (seed) => model.flow.computeSync({ seed }).value : async (seed) => (await model.flow.compute({ seed })).value;
    },
  };
}

type Computed = CallableModel<number, any, any, { readonly value: number }>; // any: what it needs is checked at run time

export type Factories = ReturnType<typeof factoriesOf>;

export function factoriesOf(bodies: Bodies<Value>) {
  return {
    source: flowModel({ inputs: { seed: FromContext(number), weight: number } }, bodies.source),
    step: flowModel({ inputs: { value: number, weight: number } }, bodies.step),
    join: flowModel({ inputs: { left: number, right: number, weight: number } }, bodies.join),
    mix: flowModel({ inputs: { left: number, right: number, seed: FromContext(number) } }, bodies.mix),
    total: flowModel({ inputs: { values: Dependency(z.array(number)) } }, bodies.total),
  };
}

/** The root model of a graph. */
export function modelOf(factories: Factories, graph: Graph): Computed {
  return graph.lattice === undefined ? plain(factories, graph) : rewritten(factories, graph.lattice);
}

function plain({ source, step, join, total }: Factories, { kinds, starts, parents, weights, root }: Graph): Computed {
  const models: Numbers[] = [];
  for (let i = 0; i < kinds.length; i++) {
    const start = starts[i]!;
    const weight = weights[i]!;
    switch (kinds[i]!) {
      case SOURCE:
        models[i] = source({ weight });
        break;
      case STEP:
        models[i] = step({ value: models[parents[start]!]!, weight });
        break;
      case JOIN:
        models[i] = join({ left: models[parents[start]!]!, right: models[parents[start + 1]!]!, weight });
        break;
      case TOTAL:
        models[i] = total({ values: Array.from(parents.subarray(start, starts[i + 1]), (parent) => models[parent]!) });
    }
  }
  return models[root]! as Computed;
}

function rewritten({ source, mix, total }: Factories, { width, rows, rewrite }: Lattice): Computed {
  let row: Numbers[] = [];
  for (let column = 0; column < width; column++) row.push(source({ weight: weightOf(column) }));
  for (let r = 1; r < rows; r++) {
    const before = row;
    row = before.map((left, column) => {
      const right = (column + 1) % width;
      const seed = rewrite === 'literal' ? literalSeed(right) : nextSeed({ by: 1 });
      return mix({ left, right: before[right]!.flow.withContext({ seed }) as ModelYielding<number> as Numbers });
    });
  }
  return total({ values: row }) as Computed;
}
