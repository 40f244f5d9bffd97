/**
 * The cases of a property: the same ones in every run of the suite, so that a failure is the change's and not the day's. `FLOWMODEL_SEED=<seed>` runs those of
 * another seed (a failure prints its seed), `FLOWMODEL_SEED=random` new ones. New ones find, now and then, a count of runs or a key that is a matter of
 * definition: whether two branches whose transforms fail in different places for the same reason are the same branch; whether what a failing transform reads is
 * part of a key; and that an evaluation which took over an equal one's result, equal only by a computed value, is not kept under a key of its own.
 */
const seed = process.env['FLOWMODEL_SEED'] ?? '20261121';

export const replayed: { readonly seed?: number } = seed === 'random' ? {} : { seed: Number(seed) };
