/**
 * For authors of packages on the core: how its messages are worded, how options are checked, what it takes for plain data and for a promise, and what
 * pictures call a model, so that a package speaks and decides as the core does.
 *
 * @example
 * ```ts
 * import { assertKnown, show } from '@flowmodel/core/extending';
 * assertKnown('myCache', { max: 1 }, ['max', 'ttl']); // DEFINITION for anything else, with the nearest name
 * console.log(show({ days: [1, 2] })); // { days: [1, 2] }
 * ```
 */
export { assertFunction, assertKnown, assertNumber, assertWhole } from './assert.ts';
export { didYouMean, editDistance, issueText, listNames, nearest, notePath, pathText, show } from './errors.ts';
export { frozenCopy, isPlainObject } from './model/frozen.ts';
export { setLabel } from './model/label.ts';
export { hasDefaults } from './run/options.ts';
export { computeInto } from './run/flow-run.ts';
export type { Receiver } from './run/flow-run.ts';
export { isPromise } from './run/results.ts';
