/** What `file#export` leads to. */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { Folder, flowmodel } from './command.ts';

vi.setConfig({ testTimeout: 60_000 });

const model = (name: string, value: string): string => `flowModel({ name: '${name}', inputs: {} }, () => '${value}')`;
const head = "import { flowModel, modelClass, ModelRegistry } from '@flowmodel/core';\nimport { z } from 'zod';\n";

const folder = new Folder({
  'default.ts': `${head}export default ${model('a', 'the default')}();\nexport const other = ${model('b', 'other')}();`,
  'only.ts': `${head}export const five = 5;\nexport const only = ${model('a', 'the only one')}();\nexport const factory = ${model('b', 'of a factory')};`,
  'factory.ts': `${head}export const make = ${model('a', 'of a factory')};`,
  'class.ts': `${head}export class Answer extends modelClass({ name: 'Answer', inputs: { n: z.number().default(42) } }) { call() { return this.inputs.n; } }`,
  'function.ts': `${head}const make = ${model('a', 'made')};\nexport default async () => make();\nexport const plain = () => make();\nexport function needs(n) { return make(); }\nexport const other = () => 5;`,
  'none.ts': 'export const five = 5;',
  'empty.ts': 'export {};',
  'registry.ts': `${head}const a = ${model('a', 'registered')}();\nexport const registry = new ModelRegistry().set('/visitors/delta', a).set('/visitors/count', a);\nexport const five = 5;`,
  'registries.ts': `${head}const a = ${model('a', 'registered')}();\nexport const one = new ModelRegistry().set('/x', a);\nexport const two = new ModelRegistry().set('/y', a);`,
  'nested.ts': `${head}export const models = { deep: { delta: ${model('a', 'deep')}() } };`,
  'transforms.ts': `import { contextTransform, FromContext } from '@flowmodel/core';\nimport { z } from 'zod';\nexport const patch = contextTransform({ name: 'patch', inputs: { a: FromContext(z.number()) }, patches: { a: z.number() } }, (x) => x);\nexport const bound = patch();\nexport const field = contextTransform({ name: 'field', inputs: { days: z.number() } }, ({ days }) => days);`,
  'beside.ts': `${head}export { patch } from './transforms.ts';\nexport const factory = ${model('a', 'no transform')};`,
  'hash#name.ts': `${head}export const delta = ${model('a', 'odd name')}();`,
  'plain.js': `${head}export const delta = ${model('a', 'javascript')}();`,
});
afterAll(() => folder.remove());
const run = (target: string) => flowmodel(['run', target], { cwd: folder.path });

describe('the model that is meant', () => {
  test.for([
    ['default.ts', 'the default'],
    ['default.ts#default', 'the default'],
    ['default.ts#other', 'other'],
    ['only.ts', 'the only one'],
    ['only.ts#', 'the only one'],
    ['only.ts#factory', 'of a factory'],
    ['factory.ts', 'of a factory'],
    ['class.ts#Answer', '42'],
    ['function.ts', 'made'],
    ['function.ts#plain', 'made'],
    ['registry.ts#/visitors/delta', 'registered'],
    ['registries.ts#two/y', 'registered'],
    ['nested.ts#models.deep.delta', 'deep'],
    ['beside.ts', 'no transform'],
    ['hash#name.ts#delta', 'odd name'],
    ['./plain.js', 'javascript'],
  ] as const)('%s', ([target, value]) => {
    expect(run(target)).toEqual({ status: 0, stdout: `${value}\n`, stderr: '' });
  });
});

describe('what cannot be meant: exit code 2, and what would be right', () => {
  test.for([
    ['visitors.ts', "visitors.ts exports several models: 'current', 'delta' and 'previous'. Say which: visitors.ts#current."],
    ['visitors.ts#delte', "visitors.ts has no export 'delte'. Did you mean 'delta'? It exports 'countVisitors', 'current', 'delta', 'previous', 'registry' and 'visitorDelta'."],
    ['visitors.ts#countVisitors', "'countVisitors' of visitors.ts makes models, and needs location: string for that. Export a model: export const myCountVisitors = countVisitors({ location: … })."],
    ['visitors.ts#/visitors/delte', `No model is registered at "/visitors/delte". Did you mean '/visitors/delta'?`],
    ['visitors.ts#registry', "'registry' of visitors.ts is a registry, with '/visitors/delta'. Say which: visitors.ts#registry/visitors/delta."],
    ['visitors.ts#delta/x', "Before the path '/x' stands no ModelRegistry."],
    ['types.ts#schemas', "'schemas' of types.ts is no model."],
  ] as const)('%s', ([target, message]) => {
    const { status, stdout, stderr } = flowmodel(['run', target]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.slice(0, 7 + message.length)).toBe(`error: ${message}`);
  });

  test.for([
    ['none.ts', "none.ts exports no model; it exports 'five'. Export one: "],
    ['empty.ts', 'empty.ts exports no model. Export one: '],
    ['registry.ts', "registry.ts exports a registry, with '/visitors/delta' and '/visitors/count'. Say which: registry.ts#/visitors/delta."],
    ['registries.ts#/y', 'registries.ts exports several registries'],
    ['none.ts#/y', 'none.ts exports no ModelRegistry'],
    ['function.ts#needs', "'needs' of function.ts is a function of 1 arguments"],
    ['function.ts#other', "'other' of function.ts is a function that does not return a model."],
    ['only.ts#nly', "only.ts has no export 'nly'. Did you mean 'only'? It exports 'factory' and 'only'."],
    ['transforms.ts#patch', "'patch' of transforms.ts is a context transform, and no model."],
    ['transforms.ts#bound', "'bound' of transforms.ts is a context transform, and no model."],
    ['transforms.ts#field', "'field' of transforms.ts is a context transform, and no model."],
    ['transforms.ts', "transforms.ts exports no model; it exports 'bound', 'field' and 'patch'."],
    ['nested.ts#models.deep.delte', "nested.ts#models.deep has no 'delte'. Did you mean 'delta'?"],
  ] as const)('%s', ([target, message]) => {
    const { status, stdout, stderr } = run(target);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.slice(0, 7 + message.length)).toBe(`error: ${message}`);
  });
});
