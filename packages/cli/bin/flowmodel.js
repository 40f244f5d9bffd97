#!/usr/bin/env node
// The built program; in a workspace that has not been built, its sources, and those of the packages beside it.
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';

if (nodeModule.registerHooks === undefined || process.features.typescript === undefined) {
  console.error(`error: flowmodel needs Node 22.18 or newer, this is ${process.version}`);
  process.exitCode = 2;
} else if (existsSync(new URL('../dist/bin.js', import.meta.url))) {
  await import('../dist/bin.js');
} else {
  nodeModule.registerHooks({ resolve: (specifier, context, next) => next(specifier, { ...context, conditions: ['@flowmodel/source', ...context.conditions] }) });
  await import('../src/bin.ts');
}
