/** Where the core is said to run, and how to run the smoke suite there. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findChromium, runPage } from './page.ts';
import type { PageOptions, PageOutcome } from './page.ts';
import type { SmokeReport } from './smoke.ts';

export interface Runtime {
  readonly name: string;
  /** What runs, and by which means; a cell of the table in docs/runtimes.md. */
  readonly how: string;
  readonly run: () => Promise<Outcome>;
}

export interface Ran {
  readonly version: string;
  readonly report: SmokeReport;
}
/** `missing`: what is not to be had on this machine. */
export type Outcome = Ran | { readonly missing: string };

const SOURCES = '--conditions=@flowmodel/source';
const exe = process.platform === 'win32' ? '.exe' : '';
const require = createRequire(import.meta.url);
const smoke = fileURLToPath(new URL('smoke.ts', import.meta.url));
const core = fileURLToPath(new URL('../..', import.meta.url));

/** Without what this process tells its own children. */
const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '', NODE_ENV: '', NO_COLOR: '1', FORCE_COLOR: '0', DENO_NO_UPDATE_CHECK: '1' };

async function stdoutOf(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd: core, env, timeout: 100_000 });
  return stdout.trim();
}

async function ranBy(program: string | undefined, args: readonly string[], what: string): Promise<Outcome> {
  if (program === undefined || !existsSync(program)) return { missing: what };
  const version = /\d+\.\d+\.\d+/.exec(await stdoutOf(program, ['--version']))?.[0];
  if (version === undefined) throw new Error(`${program} --version tells no version.`);
  const lastLine = (await stdoutOf(program, args)).split('\n').at(-1)!;
  return { version, report: JSON.parse(lastLine) as SmokeReport };
}

const inPackage = (name: string, file: string): string => join(dirname(require.resolve(`${name}/package.json`)), file);
const pinnedNode = inPackage('nodejs', `bin/node${exe}`);

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

/** Only what the resolved version of tsx says of itself matters; the Node below it is the pinned one. */
async function ranByTsx(): Promise<Outcome> {
  const { version } = require('tsx/package.json') as { readonly version: string };
  const ran = await ranBy(pinnedNode, [require.resolve('tsx/cli'), SOURCES, smoke], 'Node.js');
  return 'missing' in ran ? ran : { ...ran, version };
}

async function ranBuilt(): Promise<Outcome> {
  await stdoutOf(pinnedNode, [inPackage('typescript', 'bin/tsc'), '-b', core]); // dist is what the sources are now
  return ranBy(pinnedNode, [smoke], 'Node.js');
}

async function ranInPage(options: PageOptions, check: (outcome: PageOutcome) => string | undefined): Promise<Outcome> {
  const chromium = findChromium();
  if (chromium === undefined) return { missing: 'chromium' };
  const outcome = await runPage(chromium, options);
  const problem = check(outcome);
  if (problem !== undefined) throw new Error(problem);
  return outcome;
}

const STRICT = "default-src 'none'; script-src 'self'";

export const runtimes: readonly Runtime[] = [
  { name: 'Node.js 24', how: 'the sources, by its own type stripping', run: () => ranBy(pinnedNode, [SOURCES, smoke], 'Node.js') },
  { name: 'Node.js 22.18', how: 'the sources, by its own type stripping', run: () => ranBy(inPackage('nodejs-22', `bin/node${exe}`), [SOURCES, smoke], 'Node.js 22.18') },
  { name: 'Node.js 24, built', how: 'the package as published: `dist`', run: ranBuilt },
  { name: 'tsx', how: 'the sources', run: ranByTsx },
  { name: 'Bun', how: 'the sources', run: () => ranBy(platformBinary('bun', 'bin/bun'), ['--no-install', SOURCES, smoke], 'the bun package of this platform') },
  {
    name: 'Deno',
    how: 'the sources, with `--allow-env=NODE_ENV`, which immer reads, and no other permission',
    run: () => ranBy(platformBinary('deno', 'deno'), ['run', '--no-prompt', '--no-remote', '--no-lock', '--allow-env=NODE_ENV', SOURCES, smoke], 'the deno package of this platform'),
  },
  {
    name: 'Chromium',
    how: 'a page, bundled and minified by rolldown',
    run: () => ranInPage({ entry: 'smoke' }, ({ generatesCode }) => (generatesCode ? undefined : 'Expected a page that may generate code.')),
  },
  {
    name: 'Chromium, strict policy',
    how: `the same under the Content-Security-Policy \`${STRICT}\`: no generated code`,
    run: () =>
      ranInPage({ entry: 'smoke', policy: STRICT }, ({ generatesCode, violations }) => {
        if (generatesCode) return 'Expected a page that may generate no code.';
        return violations > 1 ? `Expected one attempt to generate code, zod's own, got ${violations}.` : undefined;
      }),
  },
  {
    name: 'Chromium, strict policy, `jitless`',
    how: 'the same after `z.config({ jitless: true })`: no attempt that the policy would report',
    run: () => ranInPage({ entry: 'smoke-jitless', policy: STRICT }, ({ violations }) => (violations > 0 ? `Expected no attempt to generate code, got ${violations}.` : undefined)),
  },
];
