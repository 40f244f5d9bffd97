import { z } from 'zod';
import { closedContext, contextTransform, DefinitionRegistry, flowModel, FromContext, graphOf } from '@flowmodel/core';
import type { CallableModel, FlowGraph } from '@flowmodel/core';

/** A graph that has a name wherever a graph can have one: models, inputs, fields, values, transforms, edges. `n1` is the model of this name. */
export function hostileGraph(name: string): FlowGraph {
  const named = () => ({ name, definitions: new DefinitionRegistry() });
  const leaf = flowModel({ ...named(), inputs: { [name]: z.any(), [`${name}.`]: FromContext(z.any()) } }, () => 1);
  const root = flowModel({ inputs: { [name]: z.number(), b: z.number() } }, () => 1);
  const transform = contextTransform({ ...named(), inputs: {} }, () => name);
  const bound: CallableModel = leaf({ [name]: name });
  return graphOf(root({ [name]: bound.flow.withContext(closedContext(name), { [`${name}.`]: transform() }), b: bound } as never));
}

/** Names that languages of pictures could take for something else. */
export const hostileNames: readonly string[] = [
  'end',
  'graph',
  'subgraph',
  'node',
  'digraph',
  'style',
  'class',
  'click',
  'default',
  'a"b',
  "a'b",
  'a`b`',
  'two\nlines',
  'two\r\nlines',
  'a\\',
  'a\\N\\G',
  '[x](y){z}',
  ']] --> n0',
  '"]; evil [label="',
  '"] --> n0 %% ',
  '%%{init: {}}%%',
  '---\ntitle: x\n---',
  '<b>bold</b>',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '&amp; &lt; &#34; #quot; #35;',
  'style x:#fff;',
  'classDef a fill:#f9f;',
  'fa:fa-ban',
  'javascript:alert(1)',
  '$$x^2$$',
  '1. first',
  '- item',
  '_a_ *b* ~c~',
  'a|b|c',
  'a; b',
  '数量',
  '👩‍👩‍👧 émigré',
  '\u202eevil',
  '\u0000\u0007\u001b[31m',
  '\ud800 alone',
  '   ',
  'x'.repeat(10_000),
  '"'.repeat(10_000),
  '\n'.repeat(10_000),
  'o-->x',
  'x --o y',
  '@{ shape: circle }',
  ':::danger',
];
