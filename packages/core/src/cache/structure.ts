/** The key of a model as it stands, unevaluated: for `ModelInput`, whose consumer supplies the context. */
import { upstreamOf } from '../context/contract.ts';
import { asContainer, asModel, UNSET } from '../model/brand.ts';
import type { Model } from '../model/model.ts';
import type { Rewrite } from '../model/rewrites.ts';
import { inOrder } from './container-order.ts';
import type { ModelTexts } from './model-texts.ts';

/** A hash of definitions, literals, wiring, rewrites and opaque evaluators. Iterative, and once per model. */
export function structureText(root: Model, texts: ModelTexts): string {
  const { hasher, treated, structures: known } = texts;
  const stack = [root];
  while (stack.length > 0) {
    const model = stack[stack.length - 1]!;
    const missing = known.has(model) ? [] : partsOf(model).filter((part) => !known.has(part));
    if (missing.length > 0) {
      stack.push(...missing);
      continue;
    }
    stack.pop();
    if (!known.has(model)) known.set(model, `~${hasher.text(`${model.rewrites === undefined ? ownStructure(model, texts) : wrapperStructure(model, texts)}${treated.evaluatorText(model)}`)}`);
  }
  return known.get(root)!;
}

/** Every model that stands inside another one, `ModelInput`s included. */
function partsOf(model: Model): Model[] {
  const parts = upstreamOf(model);
  if (model.rewrites !== undefined) return parts;
  for (const { role, index } of model.definition.inputs) {
    const part = role === 'model' ? asModel(model.values[index]) : undefined;
    if (part !== undefined) parts.push(part);
  }
  return parts;
}

function ownStructure(model: Model, texts: ModelTexts): string {
  const { structures: known } = texts;
  let text = texts.ofModel(model);
  for (const { name, role, index, schema } of model.definition.inputs) {
    const value = model.values[index];
    if (role === 'context') text += value === UNSET ? '|-' : `|${texts.ofValue(value, schema?.secret === true, () => `context field '${name}'`)}`;
    else if (role !== 'model') {
      const container = asContainer(value);
      if (container !== undefined) text += `[${inOrder(container).map((i) => known.get(container.leaves[i]!.model)!).join()}]`;
      else if (asModel(value) !== undefined) text += known.get(value as Model)!;
    }
  }
  return text;
}

function wrapperStructure({ base, rewrites }: Model, texts: ModelTexts): string {
  const kept = rewrites!.kept === undefined ? '' : JSON.stringify([...rewrites!.kept].toSorted());
  return `with ${kept}|${ordered(rewrites!.list).map((rewrite) => rewriteText(rewrite, texts)).join('|')}|${texts.structures.get(base)!}`;
}

/** Between two patches the order of overrides does not count, so they stand by field; of one field the last one wins. */
function ordered(list: readonly Rewrite[]): Rewrite[] {
  const sorted: Rewrite[] = [];
  let overrides: Exclude<Rewrite, { kind: 'patch' }>[] = [];
  const flush = (): void => {
    sorted.push(...overrides.toSorted((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : 0)));
    overrides = [];
  };
  for (const rewrite of list) {
    if (rewrite.kind === 'patch') {
      flush();
      sorted.push(rewrite);
    } else overrides.push(rewrite);
  }
  flush();
  return sorted;
}

function rewriteText(rewrite: Rewrite, texts: ModelTexts): string {
  const transformed = (transform: (Rewrite & { kind: 'patch' })['transform']): string => texts.ofTransform(transform.definition, transform.values);
  switch (rewrite.kind) {
    case 'patch':
      return `p${transformed(rewrite.transform)}`;
    case 'field':
      return `f${JSON.stringify(rewrite.field)}${transformed(rewrite.transform)}`;
    case 'literal':
      return `l${JSON.stringify(rewrite.field)}${texts.ofValue(rewrite.value, rewrite.isSecret, () => `context field '${rewrite.field}'`)}`;
    case 'computed':
      return `c${JSON.stringify(rewrite.field)}${texts.structures.get(rewrite.model)!}`;
  }
}
