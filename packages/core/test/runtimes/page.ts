/** The smoke suite as a page: bundled for browsers, served from this process, opened in a headless Chromium. */
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { rolldown } from 'rolldown';
import type { SmokeReport } from './smoke.ts';

export interface PageOptions {
  readonly entry: 'smoke' | 'smoke-jitless';
  /** Sent with the page, so that it may run no generated code. */
  readonly policy?: string;
}

export interface PageOutcome {
  readonly version: string;
  readonly report: SmokeReport;
  /** Whether `new Function` works there. */
  readonly generatesCode: boolean;
  /** How often the page tried what its policy forbids, our own look at it aside. */
  readonly violations: number;
}

/** The first Chromium or Chrome of the PATH. */
export function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const paths = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => paths.map((path) => join(path, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** One minified file. A part that only Node has would be an import left over. */
async function bundle(entry: string): Promise<string> {
  const input = fileURLToPath(new URL(`${entry}.ts`, import.meta.url));
  const build = await rolldown({
    input,
    platform: 'browser',
    resolve: { conditionNames: ['@flowmodel/source'] },
    treeshake: { moduleSideEffects: [{ test: /[\\/]test[\\/]/, sideEffects: true }] }, // the package has none, the suite is nothing but
  });
  try {
    const { output } = await build.generate({ format: 'esm', minify: true });
    if (output.length > 1 || output[0].imports.length > 0) throw new Error(`Expected one file without imports, got ${JSON.stringify(output.map(({ fileName }) => fileName))}, importing ${JSON.stringify(output[0].imports)}.`);
    return output[0].code;
  } finally {
    await build.close();
  }
}

const HTML = '<!doctype html><meta charset="utf-8"><title>smoke</title><script src="/watch.js"></script><script type="module" src="/smoke.js"></script>';
const WATCH = `
  var violations = 0;
  addEventListener('securitypolicyviolation', ({ sourceFile }) => { if (!sourceFile.endsWith('/watch.js')) violations++; });
  var generatesCode = true;
  try { new Function(''); } catch { generatesCode = false; }
`;

export async function runPage(executablePath: string, { entry, policy }: PageOptions): Promise<PageOutcome> {
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/': ['text/html', HTML],
    '/watch.js': ['text/javascript', WATCH],
    '/smoke.js': ['text/javascript', await bundle(entry)],
  };
  const server = createServer(({ url = '' }, response) => {
    const file = files[url];
    if (file === undefined) return response.writeHead(204).end();
    return response.writeHead(200, { 'content-type': file[0], ...(policy !== undefined && { 'content-security-policy': policy }) }).end(file[1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const isRoot = process.getuid?.() === 0;
  const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const browser = await chromium.launch({ executablePath, args: isRoot ? [...quiet, '--no-sandbox'] : quiet });
  try {
    const page = await browser.newPage();
    const thrown = new Promise<never>((_, reject) => page.on('pageerror', reject));
    const line = page.waitForEvent('console', { predicate: (message) => message.text().startsWith('{"smoke"'), timeout: 90_000 });
    const [printed] = await Promise.all([Promise.race([line, thrown]), page.goto(`http://127.0.0.1:${port}/`)]);
    const report = JSON.parse(printed.text()) as SmokeReport;
    await page.evaluate('new Promise((resolve) => setTimeout(resolve))'); // violations are told in a later turn
    const watched = await page.evaluate<Pick<PageOutcome, 'generatesCode' | 'violations'>>('({ generatesCode, violations })');
    return { version: browser.version(), report, ...watched };
  } finally {
    await browser.close();
    server.close();
  }
}
