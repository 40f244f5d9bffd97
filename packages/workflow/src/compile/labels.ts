/** What the models of a compiled document are called where graphs and explanations are shown: nodes by their ids, what stands between them by what it is in the document. */
import type { CallableModel } from '@flowmodel/core';
import { setLabel, show } from '@flowmodel/core/extending';
import type { Expression } from '../template/expression.ts';
import type { Reference } from '../template/parse.ts';

/** A model of the compiler's own: its name and inputs say nothing to the author of a document. */
export const called = <Model extends CallableModel>(text: string, model: Model): Model => setLabel(model, text, { whole: true });

/** What yields a list of one value or none. */
export const calledIfAny = <Model extends CallableModel>(text: string, model: Model): Model => called(`${text}, if any`, model);

/** The canonical text of a reference, so that `$a` and `${a}` are one. */
export const bracesOf = ({ name, path }: Pick<Reference, 'name' | 'path'>): string => `\${${name}${path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')}}`;

/** A value of a document, about as it stands there: `fixed ${file}`, `{ rows: ${raw.rows} }`. */
export function textOf(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return show(expression.value);
    case 'reference':
      return bracesOf(expression.reference);
    case 'text':
      return expression.parts.map((part) => (typeof part === 'string' ? part : bracesOf(part))).join('');
    case 'list':
      return `[${expression.items.map(textOf).join(', ')}]`;
    case 'record':
      return `{ ${Object.entries(expression.fields).map(([name, field]) => `${name}: ${textOf(field)}`).join(', ')} }`;
    case 'default':
      return `${textOf(expression.value)} or ${show(expression.otherwise)}`;
    case 'instance':
      return expression.path;
  }
}
