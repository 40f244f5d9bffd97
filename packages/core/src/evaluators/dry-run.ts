import type { Model } from '../model/model.ts';
import { labelOf } from '../model/definition.ts';
import { Placeholder } from '../run/placeholder.ts';
import type { Evaluator } from '../run/evaluation.ts';

/**
 * Runs no bodies: the contract of the graph is checked, and each model yields a placeholder that prints as its name and type. What is made from a placeholder
 * is one too. Placeholders are not validated, and no cache keeps them.
 *
 * @example
 * ```ts
 * const send = flowModel({ name: 'send', inputs: { to: FromContext(z.string()) }, output: z.boolean() }, () => { throw new Error('sent'); });
 * const { value } = await send().flow.compute({ to: 'all' }, { evaluator: dryRun() });
 * console.log(String(value)); // <send: boolean>
 * ```
 */
export function dryRun(): Evaluator {
  return Object.freeze({
    name: 'dryRun',
    evaluate({ model }) {
      const { definition } = model as unknown as Model; // the run-time side of the same object
      return new Placeholder(labelOf(definition), definition.output?.type ?? 'unknown');
    },
  } satisfies Evaluator);
}
