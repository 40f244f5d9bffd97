import { FlowError } from '@flowmodel/core';
import type { ResultCache } from '@flowmodel/core';
import { assertFunction, assertKnown, assertNumber } from '@flowmodel/core/extending';
import { ruleNames, rules } from './rules.ts';
import { Subject, Violation } from './subject.ts';

export interface ConformanceOptions {
  /** How long each operation may take, in milliseconds. Default 5,000. */
  readonly timeout?: number;
}

/** The names of the rules that `cacheConformance` checks. */
export const cacheRules = ruleNames;

/**
 * Checks that a cache keeps every rule of `ResultCache`. Belongs to no test framework: it resolves, or rejects. `createCache` is called once for each rule and
 * hands over an empty cache each time, which may hold a value of a megabyte and 200 small ones; it is disposed of afterwards if it can be.
 *
 * Rejects with a CACHE error that names the first rule that is broken, also in `details.rule`; what the cache threw is its cause. With DEFINITION for what are no options.
 *
 * @example
 * ```ts
 * await cacheConformance(() => memoryCache());
 * const deaf = { get: () => undefined, set: () => {}, delete: () => {}, clear: () => {} };
 * await cacheConformance(() => deaf).catch((error: FlowError) => console.log(error.details['rule'])); // what is set is a hit
 * ```
 */
export async function cacheConformance(createCache: () => ResultCache | Promise<ResultCache>, options: ConformanceOptions = {}): Promise<void> {
  assertFunction('cacheConformance', 'createCache', createCache);
  assertKnown('cacheConformance', options, ['timeout']);
  const { timeout = 5_000 } = options;
  assertNumber('cacheConformance', 'timeout', timeout, 1);
  for (const rule of rules) {
    const cache = new Subject(await createCache(), timeout);
    try {
      await rule.check(cache);
      await cache.dispose();
    } catch (error) {
      await cache.dispose().catch(() => {}); // what was found first is told
      const name = (error instanceof Violation ? error.rule : undefined) ?? rule.name;
      const what = error instanceof Violation ? error.message : `it threw ${String(error)}`;
      throw new FlowError('CACHE', `The cache breaks the rule '${name}': ${what}.`, { details: { rule: name }, cause: error });
    }
  }
}
