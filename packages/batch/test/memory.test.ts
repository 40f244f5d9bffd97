import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 120_000 });

test('100,000 items are iterated within 64 MB over what was in use before', () => {
  const program = fileURLToPath(new URL('programs/iterate.ts', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--conditions=@flowmodel/source', program], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const { read, sum, megabytes } = JSON.parse(stdout) as { read: number; sum: number; megabytes: number };
  expect([read, sum]).toEqual([100_000, 9_999_900_000]);
  expect(megabytes).toBeLessThan(64);
});
