// The samples of docs/decorators.md, which need a compiler to run: type-checked against the built package and run, each in its dialects.
// What `console.log` prints is what the comment behind it says.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openWorkspace } from './decorators/toolchains.ts';
import type { Dialect, Workspace } from './decorators/toolchains.ts';

vi.setConfig({ testTimeout: 60_000 }); // each test starts a compiler

const page = readFileSync(new URL('../../../docs/decorators.md', import.meta.url), 'utf8');
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

/** `no-run` says that the checker of all docs may compile a sample as it does others, with standard decorators; `ignore` that it may not. */
const samples = Array.from(page.matchAll(/^```ts (?<info>no-run|ignore)\n(?<code>[\s\S]*?)^```$/gm), ({ groups }, index) => ({ index, dialects: (groups!['info'] === 'no-run' ? ['legacy', 'standard'] : ['legacy']) as Dialect[], code: groups!['code']! }));
const cases = samples.flatMap(({ dialects, ...sample }) => dialects.map((dialect) => ({ ...sample, dialect })));

let workspace: Workspace;
beforeAll(() => (workspace = openWorkspace()));
afterAll(() => workspace.close());

test('the page has three samples, the last for the legacy dialect only', () => {
  expect(samples.map(({ dialects }) => dialects.length)).toEqual([2, 2, 1]);
});

/** Compiles a program against the built package; what the compiler prints. */
function compile(dialect: Dialect, name: string, code: string): string {
  const cwd = join(workspace.folder, dialect);
  writeFileSync(join(cwd, `${name}.ts`), code);
  const flags = dialect === 'legacy' ? { experimentalDecorators: true, emitDecoratorMetadata: true } : {};
  const compilerOptions = { target: 'ES2023', module: 'NodeNext', strict: true, verbatimModuleSyntax: true, skipLibCheck: true, types: [], lib: ['ES2023', 'DOM'], rootDir: '.', outDir: 'samples', ...flags };
  writeFileSync(join(cwd, `${name}.json`), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
  return spawnSync(process.execPath, [compiler, '-p', `${name}.json`, '--pretty', 'false'], { cwd, encoding: 'utf8' }).stdout;
}

test.for(cases)('sample $index compiles and prints what it says, $dialect', async ({ code, index, dialect }) => {
  expect(compile(dialect, `sample-${index}`, code)).toBe('');
  const said = Array.from(code.matchAll(/console\.log\(.*\); \/\/ (.*)$|console\.log\(.*\)\); \/\/ (.*)$/gm), ([, one, two]) => one ?? two);
  expect(said.length).toBeGreaterThan(1);
  expect((await workspace.node(join(workspace.folder, dialect, 'samples', `sample-${index}.js`))).trim().split('\n')).toEqual(said);
});

test.for(['legacy', 'standard'] as const)('the compiler says what a wrong method should be, %s', (dialect) => {
  const mistakes = [
    ['@flowModel({ inputs })', 'static a({ n }: { readonly n: number }): number { return n; }', "write the parameter's type as Inputs<typeof inputs>"],
    ['@flowModel({ inputs, output: z.number().transform(String) })', 'static b({ n }: Inputs<typeof inputs>): number { return n; }', 'output changes the type of the result'],
    ['@flowModel()', 'static c({ n }: Inputs<typeof inputs>): number { return n; }', 'state them in the options'],
    ['@contextTransform({ inputs })', 'static d({ n }: Inputs<typeof inputs>): number { return n; }', "write the parameter's type as TransformInputs<typeof inputs>"],
    ['@contextTransform({ inputs, patches: inputs })', 'static e({ n }: PatchInputs<typeof inputs, typeof inputs>): { n: string } { return { n: `${n}` }; }', 'the schemas in the options do not accept what the method returns'],
  ] as const;
  const code = `import { z } from 'zod';
import { contextTransform, flowModel } from '@flowmodel/core';
import type { Inputs, PatchInputs } from '@flowmodel/core';
const inputs = { n: z.number() };
export class Wrong {
${mistakes.map(([decorator, method]) => `  ${decorator}\n  ${method}`).join('\n')}
}
`;
  const errors = compile(dialect, 'mistakes', code).split(/^(?=mistakes\.ts)/m);
  expect(errors.map((text) => mistakes.map(([, , said]) => said).filter((said) => text.includes(said)))).toEqual(mistakes.map(([, , said]) => [said]));
});
