// Prints, as JSON, how long warm runs take in multiples of a hand-written memoized recursion over the same graph in the same process.
import { layered } from './graph.ts';

export interface Ratios {
  readonly computeSync: number;
  readonly compute: number;
  /** Of `compute` over asynchronous bodies, to a recursion that remembers promises. */
  readonly asyncBodies: number;
}

type Run = (seed: number) => number | Promise<number>;

const { root, asyncRoot, recursion, asyncRecursion } = layered(100, 100);
let seed = 0;

/** The median over rounds in which both are timed next to each other, in turns first. */
async function ratio(subject: Run, reference: Run, rounds: number, warmUp: number): Promise<number> {
  for (let i = 0; i < warmUp; i++) {
    const [found, expected] = [await subject(i), await reference(i)];
    if (found !== expected) throw new Error(`Expected ${expected}, got ${found}.`);
  }
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = round % 2 === 0 ? subject : reference;
    const second = first === subject ? reference : subject;
    const [one, two] = [await timed(first), await timed(second)];
    ratios.push(first === subject ? one / two : two / one);
  }
  return ratios.toSorted((a, b) => a - b)[rounds >> 1]!;
}

async function timed(run: Run): Promise<number> {
  const start = performance.now();
  await run((seed += 1));
  return performance.now() - start;
}

const ratios: Ratios = {
  computeSync: await ratio((given) => root.flow.computeSync({ seed: given }).value, recursion, 101, 40),
  compute: await ratio(async (given) => (await root.flow.compute({ seed: given })).value, recursion, 101, 20),
  asyncBodies: await ratio(async (given) => (await asyncRoot.flow.compute({ seed: given })).value, asyncRecursion, 31, 15),
};
console.log(JSON.stringify(ratios));
