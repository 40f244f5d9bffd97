// The static contract, proven by the compiler itself: `tsc` runs over the files of `types/` as over a user's program, which sees
// nothing but the package's declarations. The compiler is a native program without an interface for JavaScript, hence the child processes.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const core = dirname(here);
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const timeout = 120_000;

const program = mkdtempSync(join(tmpdir(), 'flowmodel-types-'));
beforeAll(install, timeout);
afterAll(() => rmSync(program, { recursive: true }));

const ownFiles = globSync('types/*.ts', { cwd: here }).map((file) => basename(file));
const withoutVitest = ['contract.ts', 'exported.ts', 'imported.ts'];

describe('what must compile does, what must not does not', { timeout }, () => {
  test.each([{ exactOptionalPropertyTypes: false }, { exactOptionalPropertyTypes: true }])('every case holds with %o', async (option) => {
    expect(await errorsIn({ files: ownFiles, options: option })).toEqual([]);
  });

  test('the declarations of the package hold on their own: skipLibCheck may be off', async () => {
    expect(await errorsIn({ files: withoutVitest, options: { skipLibCheck: false } })).toEqual([]);
  });

  test('300 chained models with 40 context fields take fewer than 500,000 instantiations', async () => {
    writeFileSync(join(program, 'chain.ts'), chain(300, 40));
    const { output, errors } = await compile({ files: ['chain.ts'], flags: ['--extendedDiagnostics'] });
    expect(errors).toEqual([]);
    const instantiations = Number(/^Instantiations:\s+(\d+)$/m.exec(output)?.[1]);
    expect(instantiations).toBeGreaterThan(0);
    expect(instantiations).toBeLessThan(500_000);
  });
});

describe('declarations of a package that exports models', { timeout }, () => {
  test('every inferred type can be named, and another package that reads them keeps the whole contract', async () => {
    expect(await errorsIn(declarations('exported.ts', 'emitted'))).toEqual([]);
    cpSync(join(program, 'imported.ts'), join(program, 'emitted', 'imported.ts'));
    expect(await errorsIn({ files: ['emitted/imported.ts'] })).toEqual([]);
  });

  test('a model prints what it yields, what it declares, and what its bindings need', async () => {
    const example = readFileSync(join(here, 'types/messages/readable.ts'), 'utf8');
    writeFileSync(join(program, 'readable.ts'), example);
    expect(await errorsIn(declarations('readable.ts', 'emitted'))).toEqual([]);
    await expect(readFileSync(join(program, 'emitted/readable.d.ts'), 'utf8')).toMatchFileSnapshot('types/messages/readable.d.txt');
  });

  test('the type of a graph does not repeat what is upstream: 60 models that each use the two before them', async () => {
    writeFileSync(join(program, 'graph.ts'), fibonacciGraph(60));
    expect(await errorsIn(declarations('graph.ts', 'emitted'))).toEqual([]);
    const lines = readFileSync(join(program, 'emitted/graph.d.ts'), 'utf8').split(/(?=^export )/m);
    const last = lines.find((line) => line.startsWith('export declare const m60:'));
    const early = lines.find((line) => line.startsWith('export declare const m3:'));
    expect(last?.replaceAll('m60', 'm3')).toBe(early);
  });
});

/** By file in `types/messages`: what the first line of the message must name. */
const mistakes = {
  'missing-context-field': 'date',
  'unbound-input': '"place"',
  'unbound-input-upstream': '"place"',
  'upstream-of-the-wrong-type': '"title"',
  'misspelt-input': "'plaice'",
  'misspelt-input-beside-another': "'dat'",
  'literal-of-the-wrong-type': '"place"',
  'rewriting-what-nobody-reads': "'day'",
  'patch-by-name': "'date'",
  'field-transform-by-position': '"date"',
  'context-names-an-input': "'place'",
  'missing-context': 'Expected 1-2 arguments', // the count is checked before the types; the editor shows the parameter beside it
};

describe('the messages for the commonest mistakes', { timeout }, () => {
  const messages = new Map<string, string>();
  beforeAll(async () => {
    mkdirSync(join(program, 'mistakes'));
    for (const name of Object.keys(mistakes)) {
      const text = readFileSync(join(here, 'types/messages', `${name}.ts`), 'utf8');
      writeFileSync(join(program, 'mistakes', `${name}.ts`), text.replaceAll(/^\s*\/\/ @ts-expect-error.*\n/gm, ''));
    }
    for (const { file, message } of (await compile({ files: Object.keys(mistakes).map((name) => `mistakes/${name}.ts`) })).errors) {
      const name = basename(file, '.ts');
      messages.set(name, `${messages.get(name) ?? ''}${message}\n`);
    }
  }, timeout);

  test('each file holds one mistake', () => {
    const files = readdirSync(join(here, 'types/messages')).filter((file) => file.endsWith('.ts') && file !== 'readable.ts');
    expect(files.map((file) => basename(file, '.ts')).toSorted()).toEqual(Object.keys(mistakes).toSorted());
    expect([...messages.keys()].toSorted()).toEqual(Object.keys(mistakes).toSorted());
  });

  test.each(Object.entries(mistakes))('%s: the first line says %s', async (name, field) => {
    const message = messages.get(name) ?? '';
    expect(message.split('\n')[0]).toContain(field);
    await expect(message).toMatchFileSnapshot(`types/messages/${name}.txt`);
  });
});

describe('the messages of large graphs', { timeout }, () => {
  test('of 40 fields, the first line names the one that is missing', async () => {
    writeFileSync(join(program, 'large.ts'), chain(40, 40).replaceAll(/^\/\/ @ts-expect-error.*\n/gm, ''));
    const lines = (await errorsIn({ files: ['large.ts'] })).map(({ message }) => message.split('\n')[0]);
    expect(lines).toEqual([expect.stringContaining("'ContextWith<{ field39: number; }>'"), expect.stringContaining("'ContextWith<{ seed: number; }>'")]);
  });
});

/* ---------- a user's program ---------- */

interface Compilation {
  readonly files: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly flags?: readonly string[];
}
interface CompilerError {
  readonly file: string;
  readonly message: string;
}

/** A folder where '@flowmodel/core' is installed as its declarations, freshly made from the sources. */
async function install(): Promise<void> {
  const modules = join(program, 'node_modules');
  for (const [from, names] of [[core, readdirSync(join(core, 'node_modules'))], [join(core, '../..'), ['vitest', '@types']]] as const) {
    for (const name of names) link(realpathSync(join(from, 'node_modules', name)), join(modules, name));
  }
  const installed = join(modules, '@flowmodel/core');
  mkdirSync(installed, { recursive: true });
  cpSync(join(core, 'package.json'), join(installed, 'package.json'));
  const output = await tsc(['-p', core, '--emitDeclarationOnly', '--declarationMap', 'false', '--composite', 'false', '--tsBuildInfoFile', 'null', '--outDir', join(installed, 'dist')]);
  expect(output).toBe('');
  writeFileSync(join(program, 'package.json'), JSON.stringify({ type: 'module' }));
  for (const file of ownFiles) cpSync(join(here, 'types', file), join(program, file));
}

/** Scoped names are linked one by one, so that both places may add to a scope. */
function link(target: string, path: string): void {
  if (basename(path).startsWith('@')) {
    for (const name of readdirSync(target)) link(realpathSync(join(target, name)), join(path, name));
  } else if (!basename(path).startsWith('.') && !existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path, 'junction');
  }
}

const declarations = (file: string, outDir: string): Compilation => ({ files: [file], options: { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir } });

async function errorsIn(compilation: Compilation): Promise<readonly CompilerError[]> {
  return (await compile(compilation)).errors;
}

async function compile({ files, options, flags = [] }: Compilation): Promise<{ readonly output: string; readonly errors: readonly CompilerError[] }> {
  const config = join(program, `${[files[0], ...Object.values(options ?? {})].join('-').replaceAll(/\W+/g, '-')}.json`);
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023'],
    types: ['node'],
    module: 'NodeNext',
    strict: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    skipLibCheck: true,
    noEmit: true,
    ...options,
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  const output = await tsc(['-p', config, '--pretty', 'false', ...flags]);
  return { output, errors: readErrors(output) };
}

/** What the compiler prints. An exit code of its own only says that there were errors. */
function tsc(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [compiler, ...args], { cwd: program, maxBuffer: 64_000_000 }, (error, stdout, stderr) => {
      if (error !== null && (typeof error.code !== 'number' || stdout === '')) reject(new Error(`tsc: ${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

/** An error begins with its place, further lines of it are indented. Those of no file belong to `tsc`. */
function readErrors(output: string): CompilerError[] {
  const errors = /^(?:(?<file>.+?)\(\d+,\d+\): )?error (?<message>TS\d+: .*(?:\n .*)*)/gm;
  return Array.from(output.matchAll(errors), ({ groups }) => ({ file: groups?.['file'] ?? 'tsc', message: groups?.['message'] ?? '' }));
}

/* ---------- generated programs ---------- */

const imports = `import { z } from 'zod';\nimport { flowModel, FromContext } from '@flowmodel/core';\n`;

/** A chain of models; each reads one of the fields. The last is computed with all fields, and, which must not compile, without the last. */
function chain(length: number, fields: number): string {
  const names = Array.from({ length: fields }, (_, i) => `field${i}`);
  const definitions = Array.from({ length }, (_, i) => {
    const field = names[i % fields];
    return `const f${i + 1} = flowModel({ name: 'f${i + 1}', inputs: { upstream: z.number(), offset: z.number(), ${field}: FromContext(z.number()) } }, ({ upstream, offset, ${field} }) => upstream + offset + ${field});
const m${i + 1} = f${i + 1}({ upstream: m${i}, offset: ${i} });`;
  });
  const given = (some: readonly string[]): string => some.map((name) => `${name}: 1`).join(', ');
  return `${imports}
const m0 = flowModel({ name: 'f0', inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed)();
${definitions.join('\n')}
void m${length}.flow.compute({ seed: 1, ${given(names)} });
// @ts-expect-error the last field is missing
void m${length}.flow.compute({ seed: 1, ${given(names.slice(0, -1))} });
// @ts-expect-error the first model's field is missing
void m${length}.flow.compute({ ${given(names)} });
`;
}

/** Written out as a tree, the last model would hold the first more than 10^12 times. */
function fibonacciGraph(length: number): string {
  const models = Array.from({ length: length - 1 }, (_, i) => `export const m${i + 2} = pair({ left: m${i + 1}, right: m${i} });`);
  return `${imports}
export const pair = flowModel({ name: 'pair', inputs: { left: z.number(), right: z.number(), bonus: FromContext(z.number()) } }, ({ left, right, bonus }) => left + right + bonus);
export const m0 = flowModel({ name: 'source', inputs: { seed: FromContext(z.number()) } }, ({ seed }) => seed)();
export const m1 = pair({ left: m0, right: m0 });
${models.join('\n')}
`;
}
