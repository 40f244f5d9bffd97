// The samples of docs/decorators.md, which need a compiler to run: type-checked against the built package and run, each in its dialects.
// What `console.log` prints is what the comment behind it says.
import { execFileSync } from 'node:child_process';
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

test.for(cases)('sample $index compiles and prints what it says, $dialect', async ({ code, index, dialect }) => {
  const folder = join(workspace.folder, dialect);
  const name = `sample-${index}`;
  writeFileSync(join(folder, `${name}.ts`), code);
  const flags = dialect === 'legacy' ? { experimentalDecorators: true, emitDecoratorMetadata: true } : {};
  const compilerOptions = { target: 'ES2023', module: 'NodeNext', strict: true, verbatimModuleSyntax: true, skipLibCheck: true, types: [], lib: ['ES2023', 'DOM'], rootDir: '.', outDir: 'samples', ...flags };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
  execFileSync(process.execPath, [compiler, '-p', `${name}.json`], { cwd: folder, stdio: 'pipe' });
  const said = Array.from(code.matchAll(/console\.log\(.*\); \/\/ (.*)$|console\.log\(.*\)\); \/\/ (.*)$/gm), ([, one, two]) => one ?? two);
  expect(said.length).toBeGreaterThan(1);
  expect((await workspace.node(join(folder, 'samples', `${name}.js`))).trim().split('\n')).toEqual(said);
});
