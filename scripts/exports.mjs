// The names a built package exports: values by loading it, types by reading its declarations.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';

const known = new Map();

export async function exportsOf(directory) {
  if (!known.has(directory)) known.set(directory, await readExports(directory));
  return known.get(directory);
}

async function readExports(directory) {
  const entry = directory === undefined ? '' : join(root, directory, 'dist', 'index.js');
  if (!existsSync(entry)) return { values: [], types: [] };
  const values = Object.keys(await import(pathToFileURL(entry).href));
  const types = [...declaredNames(entry.replace(/\.js$/, '.d.ts'))].filter((name) => !values.includes(name));
  return { values, types };
}

/** All names that a declaration file exports, through `export … from` of files beside it. */
function declaredNames(path, seen = new Set()) {
  if (seen.has(path) || !existsSync(path)) return new Set();
  seen.add(path);
  const text = readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const names = new Set();
  for (const [, list] of text.matchAll(/\bexport (?:type )?\{([^}]*)\}/g)) {
    for (const item of list.split(',')) names.add(item.trim().split(/\s+/).at(-1));
  }
  for (const [, name] of text.matchAll(/\bexport (?:declare )?(?:abstract )?(?:interface|type|class|enum) ([\w$]+)/g)) names.add(name);
  for (const [, from] of text.matchAll(/\bexport (?:type )?\* from ['"](\.[^'"]+)['"]/g)) {
    const declarations = join(dirname(path), from.replace(/\.[jt]s$/, '.d.ts'));
    for (const name of declaredNames(declarations, seen)) names.add(name);
  }
  names.delete('');
  return names;
}
