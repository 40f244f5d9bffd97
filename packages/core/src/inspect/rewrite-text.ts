/** What a wrapper does to the context of its branch, in words. */
import { SECRET_TEXT } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { Rewrite } from '../model/rewrites.ts';
import { cut, modelText, valueText } from './text.ts';
import type { FlowGraphRewrite } from './types.ts';

const LONGEST_TEXT = 100;

/** A wrapper's rewrites in the order of application; none of a model that is no wrapper. */
export function rewritesOf({ rewrites }: Model): FlowGraphRewrite[] {
  if (rewrites === undefined) return [];
  const list = rewrites.list.map((rewrite): FlowGraphRewrite => ({ kind: rewrite.kind, fields: rewrite.kind === 'patch' ? [...rewrite.fields] : [rewrite.field], text: cut(textOf(rewrite), LONGEST_TEXT) }));
  if (rewrites.kept === undefined) return list;
  return [{ kind: 'closed', fields: [...rewrites.kept], text: `closedContext(${[...rewrites.kept].map((field) => JSON.stringify(field)).join(', ')})` }, ...list];
}

function textOf(rewrite: Rewrite): string {
  if (rewrite.kind === 'literal') return rewrite.isSecret ? SECRET_TEXT : valueText(rewrite.value);
  return rewrite.kind === 'computed' ? `computed(${modelText(rewrite.model)})` : rewrite.transform.toString();
}
