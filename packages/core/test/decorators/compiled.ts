/** Classes from source text, compiled here in the dialect that a test asks for: Vitest itself compiles the legacy one only. */
import * as swc from '@swc/core';
import { z } from 'zod';
import * as core from '@flowmodel/core';
import type { Dialect } from './toolchains.ts';

export type AnyClass = (new () => object) & Readonly<Record<string, unknown>>;

export interface CompileOptions {
  /** Whether types are left for reflect-metadata; legacy only, default true. */
  readonly metadata?: boolean;
  readonly minify?: boolean;
}

/** What the text returns. It sees the exports of the core, `z`, and what `also` holds. */
export function compiled(dialect: Dialect, source: string, also: Readonly<Record<string, unknown>> = {}, { metadata = true, minify = false }: CompileOptions = {}): AnyClass {
  const transform = dialect === 'legacy' ? { legacyDecorator: true, decoratorMetadata: metadata } : { decoratorVersion: '2023-11' as never };
  const { code } = swc.transformSync(`made.value = (() => {${source}})();`, {
    swcrc: false,
    isModule: false,
    minify,
    jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, transform, ...(minify && { minify: { mangle: true, compress: true } }) },
  });
  const made: { value?: AnyClass } = {};
  const scope = { ...core, z, ...also, made };
  // oxlint-disable-next-line no-implied-eval -- the source is a test's own
  new Function(...Object.keys(scope), code)(...Object.values(scope));
  return made.value!;
}
