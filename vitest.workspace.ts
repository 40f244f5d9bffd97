import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Tests run the sources: this condition comes before every `exports` entry that points at dist.
const conditions = ['@flowmodel/source', 'module', 'node', 'development|production'];

const folders = ['packages', 'examples']
  .filter((parent) => existsSync(parent))
  .flatMap((parent) => readdirSync(parent).map((name) => ({ name: parent === 'packages' ? name : `${parent}/${name}`, root: `${parent}/${name}` })))
  .filter(({ root }) => existsSync(`${root}/package.json`));

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: folders.map(({ name, root }) => ({
      extends: true as const,
      root,
      test: { name, include: ['test/**/*.test.ts'], testTimeout: 30_000 }, // only where one that hangs is given up: no test has a time to keep
    })),
  },
});
