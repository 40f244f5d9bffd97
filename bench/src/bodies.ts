/**
 * What the nodes compute. Every engine calls these very function objects; the arithmetic is the same in both sets.
 * The factors are such that a change of the seed never cancels out on the way: engines that skip unchanged values have none to skip.
 */

export interface Bodies<R> {
  readonly source: (inputs: { readonly seed: number; readonly weight: number }) => R;
  readonly step: (inputs: { readonly value: number; readonly weight: number }) => R;
  readonly join: (inputs: { readonly left: number; readonly right: number; readonly weight: number }) => R;
  readonly mix: (inputs: { readonly left: number; readonly right: number; readonly seed: number }) => R;
  readonly total: (inputs: { readonly values: readonly number[] }) => R;
}

export const syncBodies: Bodies<number> = {
  source: ({ seed, weight }) => (seed * 7 + weight) | 0,
  step: ({ value, weight }) => (value * 3 + weight) | 0,
  join: ({ left, right, weight }) => (left * 2 + right * 3 + weight) | 0,
  mix: ({ left, right, seed }) => (left * 2 + right * 3 + seed) | 0,
  total: ({ values }) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum = (sum * 3 + values[i]!) | 0;
    return sum;
  },
};

export const asyncBodies: Bodies<Promise<number>> = {
  source: async ({ seed, weight }) => (seed * 7 + weight) | 0,
  step: async ({ value, weight }) => (value * 3 + weight) | 0,
  join: async ({ left, right, weight }) => (left * 2 + right * 3 + weight) | 0,
  mix: async ({ left, right, seed }) => (left * 2 + right * 3 + seed) | 0,
  total: async ({ values }) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum = (sum * 3 + values[i]!) | 0;
    return sum;
  },
};

/** The transform of the shape with dynamic rewrites: the next seed. Transforms are synchronous in both sets. */
export const shift = ({ seed, by }: { readonly seed: number; readonly by: number }): number => (seed + by) | 0;
