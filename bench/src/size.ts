/** How large is what a browser has to load? */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Section } from './report.ts';

const entries = [
  { what: '`flowModel` + compute, without zod', code: "export { flowModel } from '@flowmodel/core';", external: ['zod', 'zod/*'] },
  { what: '`flowModel` + compute, and what they use of zod', code: "export { flowModel } from '@flowmodel/core';", external: [] },
  { what: 'the same, and `z.number()` by way of `zod`', code: "export { flowModel } from '@flowmodel/core'; import { z } from 'zod'; export const schema = z.number();", external: [] },
  { what: 'the same, and `z.number()` by way of `zod/mini`', code: "export { flowModel } from '@flowmodel/core'; import * as z from 'zod/mini'; export const schema = z.number();", external: [] },
  { what: 'the whole of `@flowmodel/core`, without zod', code: "export * from '@flowmodel/core';", external: ['zod', 'zod/*'] },
  { what: '`z.number()` by way of `zod` alone', code: "import { z } from 'zod'; export const schema = z.number();", external: [] },
];

export async function size(): Promise<Section> {
  const rows: string[][] = [];
  for (const { what, code, external } of entries) {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: import.meta.dirname, loader: 'js' },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2023',
      external,
      write: false,
      logLevel: 'silent',
    });
    const { contents } = outputFiles[0]!;
    rows.push([what, contents.length.toLocaleString('en-US'), gzipSync(contents, { level: 9 }).length.toLocaleString('en-US')]);
  }
  return {
    title: 'Bundle size',
    intro: 'Bundled by esbuild for the browser, in bytes.',
    tables: [{ head: ['', 'minified', 'minified and gzipped'], rows }],
    targets: [],
  };
}
