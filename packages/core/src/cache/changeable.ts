/**
 * What is bound somewhere and may change all the same: class instances and typed arrays. Models keep these as they were given, so no hash of
 * them is remembered. Plain data, dates, Maps and Sets are copied when they are bound.
 */
import { asContainer, asModel } from '../model/brand.ts';
import { isPlainObject } from '../model/frozen.ts';
import type { Model } from '../model/model.ts';

/** Those among some values, at any depth; models among them are looked at by themselves. */
export function changeableAmong(values: Iterable<unknown>): object[] {
  const found: object[] = [];
  const seen = new Set<object>();
  const look = (value: unknown): void => {
    if (typeof value === 'object' && value !== null && !(value instanceof Date) && asModel(value) === undefined) seen.add(value);
  };
  for (const value of values) look(value);
  for (const value of seen) { // grows under way
    const container = asContainer(value);
    if (container !== undefined) look(container.data);
    else if (Array.isArray(value)) value.forEach(look);
    else if (value instanceof Map) value.forEach((item, key) => (look(key), look(item)));
    else if (value instanceof Set) value.forEach(look);
    else if (isPlainObject(value)) Object.values(value).forEach(look);
    else found.push(value);
  }
  return found;
}

/** Those anywhere in a graph, models that bodies evaluate themselves included. */
export const changeableIn = (root: Model): object[] => changeableAmong(boundIn(modelsIn(root)));

const fixed = new WeakSet<Model>();

/** Whether there are none of them in a graph. What is known of its parts is not looked at again. */
export function isFixed(root: Model): boolean {
  const models = modelsIn(root, (model) => fixed.has(model));
  if (changeableAmong(boundIn(models)).length > 0) return false;
  for (const model of models) fixed.add(model);
  return true;
}

/** Every model of a graph, those included that bodies evaluate themselves. */
export function modelsIn(root: Model, isKnown: (model: Model) => boolean = () => false): ReadonlySet<Model> {
  const models = new Set<Model>();
  const add = (model: Model): unknown => !isKnown(model) && models.add(model);
  const look = (value: unknown): void => {
    const model = asModel(value);
    if (model !== undefined) add(model);
    else for (const leaf of asContainer(value)?.leaves ?? NONE) add(leaf.model);
  };
  add(root);
  for (const { rewrites, base, values } of models) { // grows under way
    if (rewrites === undefined) values.forEach(look);
    else add(base);
    for (const rewrite of rewrites?.list ?? NONE) if (rewrite.kind === 'computed') add(rewrite.model);
  }
  return models;
}

const NONE: readonly never[] = [];

/** Literals, contextual defaults and rewrites; not primitives. */
function boundIn(models: Iterable<Model>): unknown[] {
  const bound: unknown[] = [];
  const look = (value: unknown): unknown => typeof value === 'object' && value !== null && asModel(value) === undefined && bound.push(value);
  for (const { rewrites, values } of models) {
    if (rewrites === undefined) values.forEach(look);
    for (const rewrite of rewrites?.list ?? NONE) {
      if (rewrite.kind === 'literal') look(rewrite.value);
      else if (rewrite.kind !== 'computed') rewrite.transform.values.forEach(look);
    }
  }
  return bound;
}
