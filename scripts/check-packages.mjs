// Packs every public package as it would be published, and looks at the result with publint and arethetypeswrong.
// Also sees that `tsc -b` reaches every TypeScript project of the workspace.
import { globSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pnpm, root, run } from './run.mjs';

const destination = mkdtempSync(join(tmpdir(), 'flowmodel-pack-'));
let failures = 0;

const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
const unreached = globSync('{packages/*,packages/*/test,examples/*,bench}/tsconfig.json', { cwd: root })
  .map((path) => dirname(path).replaceAll('\\', '/'))
  .filter((project) => !references.some(({ path }) => path === project));
check('tsconfig.json references every project', { ok: unreached.length === 0, output: `without: ${unreached.join(', ')}` });

for (const folder of readdirSync(join(root, 'packages'))) {
  const cwd = join(root, 'packages', folder);
  const { name, private: unpublished } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  if (unpublished) continue;

  const packed = await run([...pnpm, 'pack', '--json', '--pack-destination', destination], { cwd, capture: true });
  check(`${name}: pack`, packed);
  if (!packed.ok) continue;

  const { filename, files } = JSON.parse(packed.stdout);
  const tarball = join(destination, filename.replace(/^.*[/\\]/, ''));
  const stray = files.map(({ path }) => path).filter((path) => /(^|\/)test\/|\.tsbuildinfo$/.test(path));
  check(`${name}: ${files.length} files`, { ok: stray.length === 0, output: `not for publishing: ${stray.join(', ')}` });
  check(`${name}: publint`, await run(['publint', 'run', tarball, '--strict'], { capture: true }));
  check(`${name}: attw`, await run(['attw', tarball, '--profile', 'esm-only'], { capture: true }));
}
rmSync(destination, { recursive: true });
process.exitCode = failures === 0 ? 0 : 1;

function check(title, { ok, output }) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${title}`);
  if (ok) return;
  failures += 1;
  console.log(output);
}
