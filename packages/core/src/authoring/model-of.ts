import { bind } from '../model/bind.ts';
import type { Definition } from '../model/definition.ts';
import { Model } from '../model/model.ts';
import type { CallableModel } from '../types.ts';
import { classOf } from './model-class.ts';

/**
 * A model of a definition from a `DefinitionRegistry`, as its factory (or class) would make it: for documents that name definitions. Throws BIND.
 *
 * @example
 * ```ts
 * const definitions = new DefinitionRegistry();
 * flowModel({ name: 'double', definitions, inputs: { n: z.number() } }, ({ n }) => n * 2);
 * console.log(modelOf(definitions.get('double'), { n: 21 }).flow.computeSync().value); // 42
 * ```
 */
export function modelOf(definition: Definition, bindings?: object): CallableModel {
  const Class = definition.kind === 'class' ? classOf(definition) : undefined;
  const model = Class === undefined ? new Model(definition, bind(definition, bindings)) : new Class(bindings);
  return model as unknown as CallableModel; // the definition's types are not known here
}
