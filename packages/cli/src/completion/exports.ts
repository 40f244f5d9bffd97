/** The names that a module exports, read from its text: completing a word must not run anything. */
import { readFileSync } from 'node:fs';

/** None for a file that cannot be read. */
export function exportNames(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
  const names = new Set<string>();
  for (const [, name] of code.matchAll(/^\s*export\s+(?:async\s+)?(?:const|let|var|function\*?|class)\s+([\w$]+)/gm)) names.add(name!);
  for (const [, list] of code.matchAll(/^\s*export\s+\{([^}]*)\}/gm)) {
    for (const item of list!.split(',')) {
      const name = item.trim().split(/\s+/).at(-1)!;
      if (name !== '' && !item.trim().startsWith('type ')) names.add(name);
    }
  }
  if (/^\s*export\s+default\b/m.test(code)) names.add('default');
  return [...names];
}
