import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of the test's own, removed after it. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'flowmodel-cache-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

let files = 0;

/** A file name of the test's own. */
export const file = (): string => join(folder(), `cache-${++files}.sqlite`);
