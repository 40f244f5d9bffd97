// Installs the workspace, unless the last successful install was of this very lockfile.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, root, run } from './run.mjs';

export async function installIfNeeded() {
  const stamp = join(root, 'node_modules', '.installed-lockfile');
  const lockfile = createHash('sha256').update(readFileSync(join(root, 'pnpm-lock.yaml'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfile) return true;

  const { ok } = await run([...pnpm, 'install', '--frozen-lockfile']);
  if (ok) writeFileSync(stamp, lockfile);
  return ok;
}
