#!/usr/bin/env node
// The built program; in a workspace that has not been built, its sources, and those of the packages beside it.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';

if (existsSync(new URL('../dist/bin.js', import.meta.url))) {
  await import('../dist/bin.js');
} else {
  registerHooks({ resolve: (specifier, context, next) => next(specifier, { ...context, conditions: ['@flowmodel/source', ...context.conditions] }) });
  await import('../src/bin.ts');
}
