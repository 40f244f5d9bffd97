/** The tools that run TypeScript with decorators, and how to run one of the `programs` beside this file through each of them. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as swc from '@swc/core';
import * as esbuild from 'esbuild';
import { rolldown } from 'rolldown';

export type Dialect = 'legacy' | 'standard';
export type Program = 'object-form' | 'positional-form' | 'explicit-schemas';

/** What a program prints. */
export interface Printed {
  readonly name: string;
  readonly values: readonly unknown[];
}

export interface Toolchain {
  readonly name: string;
  readonly version: () => Promise<string | undefined> | string | undefined;
  /** The standard output of a program. Rejects where the tool cannot compile or run it. */
  readonly run: (program: Program, dialect: Dialect) => Promise<string>;
}

export interface Workspace {
  readonly toolchains: readonly Toolchain[];
  /** Where a file is written so that it can import the core. */
  readonly folder: string;
  readonly node: (file: string) => Promise<string>;
  readonly close: () => void;
}

const SOURCES = '--conditions=@flowmodel/source';
const here = dirname(fileURLToPath(import.meta.url));
const core = join(here, '../..');
const require = createRequire(import.meta.url);
const exe = process.platform === 'win32' ? '.exe' : '';

const inPackage = (name: string, file: string): string => join(dirname(require.resolve(`${name}/package.json`)), file);
const versionOf = (name: string): string => (require(`${name}/package.json`) as { readonly version: string }).version;

/** Where a package ships its program in one optional package for each platform. */
function platformBinary(name: string, file: string): string | undefined {
  const own = createRequire(require.resolve(`${name}/package.json`));
  const { optionalDependencies } = own('./package.json') as { readonly optionalDependencies: Readonly<Record<string, string>> };
  for (const platform of Object.keys(optionalDependencies)) {
    try {
      return own.resolve(`${platform}/${file}${exe}`);
    } catch {
      // another platform's
    }
  }
  return undefined;
}

const flags = (dialect: Dialect): object => (dialect === 'legacy' ? { experimentalDecorators: true, emitDecoratorMetadata: true } : {});

/** Without what this process tells its own children. */
const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '', NODE_ENV: '', NO_COLOR: '1', FORCE_COLOR: '0', DENO_NO_UPDATE_CHECK: '1' };
for (const name of Object.keys(env)) if (name.startsWith('VITEST')) delete env[name];

/** A folder for each dialect with its tsconfig.json and the programs, where the core and what the programs need is installed. */
export function openWorkspace(): Workspace {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'flowmodel-decorators-')));
  for (const [name, target] of [['@flowmodel/core', core], ['zod', inPackage('zod', '')], ['reflect-metadata', join(core, 'node_modules/reflect-metadata')], ['vitest', inPackage('vitest', '')]] as const) {
    const path = join(folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(realpathSync(target), path, 'junction');
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies: { '@flowmodel/core': '*', zod: '*', 'reflect-metadata': '*' } }));
  for (const dialect of ['legacy', 'standard'] as const) {
    cpSync(join(here, 'programs'), join(folder, dialect), { recursive: true });
    const compilerOptions = { target: 'ES2023', module: 'NodeNext', moduleResolution: 'NodeNext', strict: true, skipLibCheck: true, types: [], lib: ['ES2023', 'DOM'], customConditions: ['@flowmodel/source'], ...flags(dialect) };
    writeFileSync(join(folder, dialect, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    writeFileSync(join(folder, dialect, 'deno.json'), JSON.stringify({ nodeModulesDir: 'manual', compilerOptions: flags(dialect) }));
  }

  async function stdoutOf(program: string, args: readonly string[], cwd: string): Promise<string> {
    const { stdout } = await promisify(execFile)(program, args, { cwd, env, timeout: 100_000 });
    return stdout;
  }
  const pinned = inPackage('nodejs', `bin/node${exe}`);
  const node = (file: string): Promise<string> => stdoutOf(pinned, [SOURCES, file], folder);
  const source = (program: Program, dialect: Dialect): string => join(folder, dialect, `${program}.ts`);
  const text = (program: Program): string => readFileSync(join(here, 'programs', `${program}.ts`), 'utf8');

  /** Runs what a compiler made. */
  async function runCode(tool: string, program: Program, dialect: Dialect, code: string): Promise<string> {
    const file = join(folder, dialect, `${program}.${tool}.js`);
    writeFileSync(file, code);
    return node(file);
  }
  /** A program that brings its own runtime. */
  async function runIn(binary: string | undefined, args: readonly string[], program: Program, dialect: Dialect): Promise<string> {
    if (binary === undefined || !existsSync(binary)) throw new Error('It is not on this machine.');
    return stdoutOf(binary, [...args, source(program, dialect)], join(folder, dialect));
  }
  const versionIn = async (binary: string | undefined): Promise<string | undefined> => (binary === undefined || !existsSync(binary) ? undefined : /\d+\.\d+\.\d+/.exec(await stdoutOf(binary, ['--version'], folder))?.[0]);
  const bun = platformBinary('bun', 'bin/bun');
  const deno = platformBinary('deno', 'deno');

  const toolchains: readonly Toolchain[] = [
    {
      name: 'tsc',
      version: () => versionOf('typescript'),
      run: async (program, dialect) => {
        const outDir = join(folder, dialect, 'tsc');
        await stdoutOf(pinned, [inPackage('typescript', 'bin/tsc'), '-p', join(folder, dialect), '--noCheck', '--rootDir', join(folder, dialect), '--outDir', outDir], folder);
        return node(join(outDir, `${program}.js`));
      },
    },
    {
      name: 'swc',
      version: () => swc.version,
      run: async (program, dialect) => {
        const transform = dialect === 'legacy' ? { legacyDecorator: true, decoratorMetadata: true } : { decoratorVersion: '2023-11' as never };
        const { code } = await swc.transform(text(program), { swcrc: false, jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, transform } });
        return runCode('swc', program, dialect, code);
      },
    },
    {
      name: 'Vitest',
      version: () => versionOf('vitest'),
      run: async (program, dialect) => {
        const cwd = join(folder, dialect);
        writeFileSync(join(cwd, 'vitest.config.mjs'), `const conditions = ['@flowmodel/source', 'module', 'node'];\nexport default { resolve: { conditions }, ssr: { resolve: { conditions } } };\n`);
        writeFileSync(join(cwd, `${program}.test.ts`), `import { test } from 'vitest';\nimport './${program}.ts';\ntest('it loads', () => {});\n`);
        return stdoutOf(pinned, [inPackage('vitest', 'vitest.mjs'), 'run', '--root', cwd, '--disable-console-intercept', '--reporter=dot', `${program}.test.ts`], cwd);
      },
    },
    {
      name: 'rolldown',
      version: () => versionOf('rolldown'),
      run: async (program, dialect) => runCode('rolldown', program, dialect, await bundled(source(program, dialect), false)),
    },
    {
      name: 'esbuild',
      version: () => esbuild.version,
      run: async (program, dialect) => {
        const { code } = await esbuild.transform(text(program), { loader: 'ts', target: 'es2022', tsconfigRaw: { compilerOptions: flags(dialect) } });
        return runCode('esbuild', program, dialect, code);
      },
    },
    {
      name: 'tsx',
      version: () => versionOf('tsx'),
      run: (program, dialect) => stdoutOf(pinned, [require.resolve('tsx/cli'), SOURCES, source(program, dialect)], join(folder, dialect)),
    },
    { name: 'Bun', version: () => versionIn(bun), run: (program, dialect) => runIn(bun, ['--no-install', SOURCES], program, dialect) },
    { name: 'Deno', version: () => versionIn(deno), run: (program, dialect) => runIn(deno, ['run', '--no-prompt', '--no-remote', '--no-lock', '--allow-env=NODE_ENV', SOURCES], program, dialect) },
    { name: "Node.js' type stripping", version: () => versionIn(pinned), run: (program, dialect) => node(source(program, dialect)) },
  ];
  return { toolchains, folder, node, close: () => rmSync(folder, { recursive: true }) };
}

/** One file for Node that imports packages by name. */
export async function bundled(input: string, minify: boolean): Promise<string> {
  const build = await rolldown({ input, external: ['@flowmodel/core', 'zod', 'reflect-metadata'], platform: 'node', tsconfig: join(dirname(input), 'tsconfig.json') });
  try {
    const { output } = await build.generate({ format: 'esm', minify });
    return output[0].code;
  } finally {
    await build.close();
  }
}
