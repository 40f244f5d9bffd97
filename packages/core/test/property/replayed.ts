/**
 * The cases of a property: the same ones in every run of the suite, so that a failure is the change's and not the day's. `FLOWMODEL_SEED=<seed>` runs those of
 * another seed (a failure prints its seed), `FLOWMODEL_SEED=random` new ones. New ones find, about once in 50,000 graphs, a count of runs that is a matter of
 * definition: whether two branches whose transforms fail in different places for the same reason are the same branch.
 */
const seed = process.env['FLOWMODEL_SEED'] ?? '20261121';

export const replayed: { readonly seed?: number } = seed === 'random' ? {} : { seed: Number(seed) };
