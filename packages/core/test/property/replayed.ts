/** A failure of a property prints its seed; `FLOWMODEL_SEED=<seed>` runs the same cases again. */
const seed = process.env['FLOWMODEL_SEED'];

export const replayed: { readonly seed?: number } = seed === undefined ? {} : { seed: Number(seed) };
