// The two programs, compiled as their tsconfig.json says, and the parts of the legacy one, which Vitest compiles itself.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { Container } from '../legacy/container.ts';
import { Pricing, subtotal, withTax } from '../legacy/pricing.models.ts';
import { PricingService } from '../legacy/pricing.service.ts';
import { ExchangeRates } from '../legacy/rates.ts';

vi.setConfig({ testTimeout: 60_000 }); // a test that starts a compiler and a program

const example = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const SOURCES = '--conditions=@flowmodel/source';
const env = { ...process.env, NODE_OPTIONS: '' };
// below the example, so that imports of packages resolve
const folder = mkdtempSync(join(example, 'node_modules/.test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const node = (...args: string[]): string => execFileSync(process.execPath, args, { cwd: example, env, encoding: 'utf8', stdio: 'pipe' });
function compiledBy(dialect: 'legacy' | 'standard'): string {
  const outDir = join(folder, dialect);
  const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  node(compiler, '-p', dialect, '--composite', 'false', '--incremental', 'false', '--tsBuildInfoFile', 'null', '--declaration', 'false', '--declarationMap', 'false', '--sourceMap', 'false', '--outDir', outDir);
  return node(SOURCES, join(outDir, 'main.js'));
}

// (180 + 8 × 2.5) × 1.2, and × 1.22; × 1.25 × 11.4, and × 1.27 × 11.4
const legacyOutput = "{ price: '240.00 EUR', ifTaxRises: '244.00 EUR' }\n{ price: '2850.00 SEK', ifTaxRises: '2895.60 SEK' }\n";
// 30 days × 12 + 7; less 60 days × 12 + 7
const standardOutput = '367\n-360\n';

describe('the programs', () => {
  test('legacy, compiled by tsc', () => {
    expect(compiledBy('legacy')).toBe(legacyOutput);
  });

  test('standard, compiled by tsc', () => {
    expect(compiledBy('standard')).toBe(standardOutput);
  });

  test('standard, by tsx', () => {
    expect(node(require.resolve('tsx/cli'), '--tsconfig', 'standard/tsconfig.json', SOURCES, 'standard/main.ts')).toBe(standardOutput);
  });
});

describe('the service', () => {
  const lines = [{ article: 'tent', price: 100, pieces: 2 }];

  test('gets what its constructor asks for', async () => {
    const quote = await new Container().get(PricingService).quote(lines, { currency: 'EUR', vat: 0.5 });
    expect(quote).toEqual({ price: '300.00 EUR', ifTaxRises: '304.00 EUR' });
  });

  test('is tested with a stub in the place of the rates', async () => {
    const asked: string[] = [];
    const rates = Object.assign(new ExchangeRates(), {
      of: async (currency: string) => {
        asked.push(currency);
        return 2;
      },
    });
    const service = new Container().provide(ExchangeRates, rates).get(PricingService);
    expect(await service.quote(lines, { currency: 'XYZ', vat: 0 })).toEqual({ price: '400.00 XYZ', ifTaxRises: '408.00 XYZ' });
    expect(asked).toEqual(['XYZ', 'XYZ']);
  });

  test('refuses what the schemas of the parameters refuse', async () => {
    const service = new Container().get(PricingService);
    await expect(service.quote([], { currency: 'EUR', vat: 0 })).rejects.toMatchObject({ code: 'BIND' });
    await expect(service.quote(lines, { currency: 'EUR', vat: 19 })).rejects.toMatchObject({ code: 'INVALID_CONTEXT' });
    await expect(service.quote(lines, { currency: 'ABC', vat: 0 })).rejects.toThrow('no rate for ABC');
  });
});

test('the calculations are plain functions and models', () => {
  expect(Pricing.withTax(100, 0.19)).toBe(119);
  expect(withTax({ net: subtotal({ lines: [{ article: 'peg', price: 2, pieces: 3 }] }) }).flow.computeSync({ vat: 0.5 }).value).toBe(9);
});
