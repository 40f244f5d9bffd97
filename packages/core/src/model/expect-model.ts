import { FlowError, show } from '../errors.ts';
import { asModel } from './brand.ts';
import type { Model } from './model.ts';

/** The model that a function was given. `call` is how it is called, up to the model: `graphOf(`. Throws BIND. */
export function expectModel(call: string, value: unknown): Model {
  const model = asModel(value);
  if (model !== undefined) return model;
  const fix = typeof value === 'function' && 'definition' in value ? `Call the factory first: ${call}factory({ … })).` : 'Pass one that a factory made.';
  throw new FlowError('BIND', `${call.slice(0, call.indexOf('('))} expects a model, got ${show(value)}. ${fix}`);
}
