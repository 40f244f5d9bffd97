import type { CallableModel } from '../types.ts';
import { expectModel } from './expect-model.ts';
import type { Model } from './model.ts';

/** What a model is called where graphs and explanations are shown. */
export interface Label {
  readonly text: string;
  /** Whether it stands instead of the model's name and its inputs; otherwise it stands before them. */
  readonly whole: boolean;
}

/**
 * Says what a model is called where graphs and explanations are shown; returns the model. For packages that make models for their users: `raw: load` is shown for the label
 * `raw` of a model named `load`. With `whole` the label says it all, and neither the name nor the inputs of the model are shown. The last label counts.
 *
 * A wrapper is shown by the label of what it wraps. A label of its own is that of its context: what is evaluated in there and has a label is shown as `inner.raw: load`, and
 * where that label is a whole one, as `… in inner`.
 *
 * Nothing else depends on labels: no key, no plan, no document. A model that was rebound has none. Throws BIND for what is no model.
 *
 * @example
 * ```ts
 * import { setLabel } from '@flowmodel/core/extending';
 * const load = flowModel({ name: 'load', inputs: { file: z.string() } }, ({ file }) => file.length);
 * const raw = setLabel(load({ file: 'a.csv' }), 'raw');
 * console.log(toMermaid(graphOf(raw)).includes('raw: load')); // true
 * ```
 */
export function setLabel<Labelled extends CallableModel>(model: Labelled, text: string, { whole = false }: { readonly whole?: boolean | undefined } = {}): Labelled {
  const labelled = expectModel('setLabel(', model);
  (labelled.derived ??= {}).label = { text, whole };
  return model;
}

export const labelOn = (model: Model): Label | undefined => model.derived?.label;
