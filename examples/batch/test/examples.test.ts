import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { throttle } from '@flowmodel/batch';
import { expect, test, vi } from 'vitest';
import { measure, measureAdaptive } from '../src/adaptive.ts';

vi.setConfig({ testTimeout: 60_000 });

test.for(['documents', 'model-per-item', 'user-tiers', 'jobs', 'regions', 'adaptive'])('%s', async (name) => {
  const program = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@flowmodel/source', '--disable-warning=ExperimentalWarning', program], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  await expect(stdout).toMatchFileSnapshot(fileURLToPath(new URL(`golden/${name}.txt`, import.meta.url)));
});

test('the adaptive limit is done before the careful fixed one, with far fewer requests than the greedy one', async () => {
  const [careful, greedy, adaptive] = [await measure(throttle({ concurrency: 4 })), await measure(throttle({ concurrency: 16 })), await measureAdaptive()];
  expect(adaptive.seconds).toBeLessThan(careful.seconds);
  expect(adaptive.seconds).toBeLessThan(greedy.seconds);
  expect(adaptive.requests).toBeLessThan(greedy.requests / 2);
  expect([careful, greedy, adaptive].map(({ requests, refused }) => requests - refused)).toEqual([600, 600, 600]);
  const levels = adaptive.levels.map(([, level]) => level);
  expect([Math.min(...levels) >= 1, Math.max(...levels) <= 40]).toEqual([true, true]);
});
